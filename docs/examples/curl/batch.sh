#!/usr/bin/env bash
# A batch: add photos one by one and fetch results as they finish.
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

# Fetches the next finished image. Fails when there are no more.
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
  # 429: the limit of images in flight is reached. Fetch one, then retry.
  while status=$(curl -sS -o "$out/.answer" -w '%{http_code}' -H "$auth" \
    -F "custom_id=$name" -F "image=@$photo" "$batch/jobs") && [ "$status" = 429 ]; do fetch; done
  [ "$status" = 202 ] || { echo "$photo: $(cat "$out/.answer")" >&2 && failed=1; }
done
curl -sS --fail-with-body -o "$out/.answer" -X POST -H "$auth" "$batch/close"
while fetch; do :; done
exit $failed
