#!/usr/bin/env bash
# Many photos under one token: added one by one, fetched as they are finished.
#   usage: batch.sh photo.jpg … cutouts/
set -euo pipefail
api=${API:-http://localhost:3000}
out=${@: -1}
photos=("${@:1:$#-1}")
mkdir -p "$out"
field() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }
header() { sed -n "s/^$1: *//Ip" "$out/.head" | tr -d '\r'; }
trap 'rm -f "$out"/.head "$out"/.next "$out"/.answer' EXIT

opened=$(curl -sS --fail-with-body -X POST "$api/v1/batches") || { echo "$opened" >&2 && exit 1; }
batch=$api/v1/batches/$(field id <<<"$opened")
auth="Authorization: Bearer $(field token <<<"$opened")"
failed=0

# The next finished image, if there is one in time. Fails when none will come any more.
fetch() {
  status=$(curl -sS -D "$out/.head" -o "$out/.next" -w '%{http_code}' -H "$auth" "$batch/results?wait=30")
  if [ "$status" = 200 ]; then
    mv "$out/.next" "$out/$(header X-Custom-Id).png"
  else
    [ "$status" = 204 ] && [ "$(header X-Batch-Status)" != complete ]
  fi
}

for photo in "${photos[@]}"; do
  name=$(basename "${photo%.*}")
  # 429: as many images are in work as may be. Fetch one, then go on.
  while status=$(curl -sS -o "$out/.answer" -w '%{http_code}' -H "$auth" \
    -F "custom_id=$name" -F "image=@$photo" "$batch/jobs") && [ "$status" = 429 ]; do fetch; done
  [ "$status" = 202 ] || { echo "$photo: $(cat "$out/.answer")" >&2 && failed=1; }
done
curl -sS --fail-with-body -o "$out/.answer" -X POST -H "$auth" "$batch/close"
while fetch; do :; done
exit $failed
