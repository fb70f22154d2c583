#!/bin/sh
# Generates the secrets of a deployment into a folder. Only the owner can read the files:
#
#   secrets.sh FOLDER [OWNER]
#
# api-secret: the secret that all APIs share. worker-key.pem: the private key of the workers.
# worker-public-key.pem: its public part, for the APIs. redis-password-api, redis-password-worker: their Redis passwords.
# redis.conf: the one of this repository with the hashes of these passwords. OWNER, such as 10001:10001, owns the files.
# Run it again to replace all of them. Then restart Redis, API and workers; running jobs are lost.
set -eu

repository=$(cd "$(dirname "$0")/.." && pwd)
umask 077
mkdir -p "$1"
cd "$1"

if ! command -v openssl >/dev/null; then
  echo "openssl is needed to draw the key of the workers. Install it, for example: apt-get install openssl" >&2
  exit 1
fi

random() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
hash_of() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }

drawn='api-secret worker-key.pem worker-public-key.pem redis-password-api redis-password-worker redis.conf'
# shellcheck disable=SC2086 # The names have no spaces.
rm -f $drawn
api=$(random)
worker=$(random)
head -c 32 /dev/urandom >api-secret
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out worker-key.pem
openssl pkey -in worker-key.pem -pubout -out worker-public-key.pem
printf %s "$api" >redis-password-api
printf %s "$worker" >redis-password-worker
sed -e "s/^user api on nopass /user api on #$(hash_of "$api") /" \
  -e "s/^user worker on nopass /user worker on #$(hash_of "$worker") /" "$repository/redis.conf" >redis.conf

# shellcheck disable=SC2086
chmod 400 $drawn
# shellcheck disable=SC2086
if [ $# -gt 1 ]; then chown "$2" $drawn; fi
