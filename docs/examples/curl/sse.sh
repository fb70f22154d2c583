#!/usr/bin/env bash
# One request: events of the job, then the result in the same stream.
#   usage: sse.sh photo.jpg cutout.png
set -euo pipefail
api=${API:-http://localhost:3000}
part=$2.part
trap 'rm -f "$part"' EXIT

curl -sSN --fail-with-body -H 'Accept: text/event-stream' -F "image=@$1" "$api/v1/jobs" |
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
    'event: '*) event=${line#event: } ;;
    'data: '*)
      if [ "$event" = chunk ]; then
        sed 's/.*"data":"\([^"]*\)".*/\1/' <<<"$line" | base64 -d >>"$part"
      else
        echo "$event ${line#data: }" >&2
      fi
      ;;
    '{'*) echo "$line" >&2 ;; # rejected: the reason as JSON
    esac
  done
mv "$part" "$2"
