#!/bin/sh
# Generates the secrets of an overlay into its folder `secrets`, which git ignores:
#
#   secrets.sh OVERLAY SHARDS
#
# The files of deploy/secrets.sh, and the addresses of Redis with the passwords in them, one for each application. Run
# it again to replace all of them. Running jobs then fail with `queue-lost`.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
overlay=$1
shards=$2
umask 077
"$here/../secrets.sh" "$overlay/secrets"
cd "$overlay/secrets"
api=$(cat redis-password-api)
worker=$(cat redis-password-worker)

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
