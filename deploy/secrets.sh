#!/bin/sh
# Generates the secrets of a deployment into a folder. Only the owner can read the files:
#
#   secrets.sh FOLDER [OWNER]
#
# kek: the key that API and workers share. redis-password-api, redis-password-worker: their Redis passwords.
# redis.conf: the one of this repository with the hashes of these passwords. OWNER, such as 10001:10001, owns the files.
# Run it again to replace all of them. Then restart Redis, API and workers; running jobs are lost.
set -eu

repository=$(cd "$(dirname "$0")/.." && pwd)
umask 077
mkdir -p "$1"
cd "$1"

random() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
hash_of() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }

rm -f kek redis-password-api redis-password-worker redis.conf
api=$(random)
worker=$(random)
head -c 32 /dev/urandom >kek
printf %s "$api" >redis-password-api
printf %s "$worker" >redis-password-worker
sed -e "s/^user api on nopass /user api on #$(hash_of "$api") /" \
  -e "s/^user worker on nopass /user worker on #$(hash_of "$worker") /" "$repository/redis.conf" >redis.conf

chmod 400 kek redis-password-api redis-password-worker redis.conf
if [ $# -gt 1 ]; then chown "$2" kek redis-password-api redis-password-worker redis.conf; fi
