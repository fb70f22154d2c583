#!/usr/bin/env bash
# Submit an image, then wait for its result with long-polling.
#   usage: long-poll.sh photo.jpg cutout.png
set -euo pipefail
api=${API:-http://localhost:3000}
part=$2.part
trap 'rm -f "$part"' EXIT
field() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }

job=$(curl -sS --fail-with-body -F "image=@$1" "$api/v1/jobs") || { echo "$job" >&2 && exit 1; }
id=$(field id <<<"$job")
token=$(field token <<<"$job")

while true; do
  status=$(curl -sS -o "$part" -w '%{http_code}' -H "Authorization: Bearer $token" \
    "$api/v1/jobs/$id/result?wait=30")
  case $status in
  200) mv "$part" "$2" && exit 0 ;; # the image; the server has purged it
  202) ;;                           # not finished: repeat
  *) cat "$part" >&2 && exit 1 ;;   # the reason as JSON
  esac
done
