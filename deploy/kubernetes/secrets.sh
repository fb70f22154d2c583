#!/bin/sh
# Draws what an overlay's secrets are made of, into its folder `secrets`, which git ignores:
#
#   secrets.sh OVERLAY SHARDS
#
# redis.conf with a password for each application (as a hash), the addresses with these passwords in them, and the key
# that API and workers share. Run again to replace all of them: jobs that are under way then end as `queue-lost`.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
overlay=$1
shards=$2
umask 077
mkdir -p "$overlay/secrets"
cd "$overlay/secrets"

random() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
hash_of() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }

api=$(random)
worker=$(random)
head -c 32 /dev/urandom >kek
sed -e "s/^user api on nopass /user api on #$(hash_of "$api") /" \
  -e "s/^user worker on nopass /user worker on #$(hash_of "$worker") /" "$here/../../redis.conf" >redis.conf

# name=address,… of all shards for one user.
payload() {
  list=
  number=0
  while [ "$number" -lt "$shards" ]; do
    list="$list,p$number=redis://$1:$2@removebg-payload-$number.removebg-payload:6379"
    number=$((number + 1))
  done
  printf %s "${list#,}"
}

{
  echo "API_REDIS_URL=redis://api:$api@removebg-control:6379"
  echo "WORKER_REDIS_URL=redis://worker:$worker@removebg-control:6379"
  if [ "$shards" -gt 0 ]; then
    echo "API_PAYLOAD_REDIS_URLS=$(payload api "$api")"
    echo "WORKER_PAYLOAD_REDIS_URLS=$(payload worker "$worker")"
  fi
} >addresses.env
