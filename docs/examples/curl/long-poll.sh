#!/usr/bin/env bash
# Submit, then ask for the result: the answer comes when there is something to say.
#   usage: long-poll.sh photo.jpg cutout.png
set -euo pipefail
api=${API:-http://localhost:3000}
field() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }

job=$(curl -sSf -F "image=@$1" "$api/v1/jobs")
id=$(field id <<<"$job")
token=$(field token <<<"$job")

while true; do
  status=$(curl -sS -o "$2" -w '%{http_code}' -H "Authorization: Bearer $token" \
    "$api/v1/jobs/$id/result?wait=30")
  case $status in
  200) exit 0 ;; # the image; it is purged on the server now
  202) ;;        # not yet: ask again
  *) cat "$2" >&2 && rm "$2" && exit 1 ;;
  esac
done
