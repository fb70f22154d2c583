#!/usr/bin/env bash
# Removes the background of every photo of a folder as one batch. It recovers from failures of the network, the API, a
# worker and Redis. It needs bash and curl 7.76 or newer. Run it again to continue.
#
#   usage: [API=http://localhost:3000] [KEY=rb_...] folder.sh FOLDER-OF-PHOTOS FOLDER-OF-CUTOUTS
set -u
api=${API:-http://localhost:3000}
photos=${1:?usage: folder.sh FOLDER-OF-PHOTOS FOLDER-OF-CUTOUTS}
cutouts=${2:?usage: folder.sh FOLDER-OF-PHOTOS FOLDER-OF-CUTOUTS}
key=(${KEY:+-H "X-Api-Key: $KEY"})
mkdir -p "$cutouts"
work=$(mktemp -d "$cutouts/.batch.XXXXXX")
submitter=
trap '[ -n "$submitter" ] && kill "$submitter" 2>/dev/null; rm -rf "$work"' EXIT
: >"$work/failed"

# Photos without a result that have not failed permanently.
remaining() {
  for photo in "$photos"/*.{jpg,jpeg,png,webp,gif,bmp,avif,tif,tiff,JPG,JPEG,PNG}; do
    name=${photo##*/}
    [ -f "$photo" ] && [ ! -f "$cutouts/${name%.*}.png" ] && ! grep -qxF "$name" "$work/failed" && echo "$name"
  done
}

field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
header() { sed -n "s/^$1: *//Ip" "$work/head" | tr -d '\r' | tail -n 1; }
decode() { printf '%b' "${1//%/\\x}"; }

# Sends the remaining photos. A repeated custom_id is accepted once, so a retry is safe. curl obeys Retry-After.
submit() {
  remaining >"$work/todo"
  while IFS= read -r name; do
    until status=$(curl -s -o "$work/answer" -w '%{http_code}' --retry 8 --retry-connrefused --max-time 300 \
      -H "Authorization: Bearer $token" "${key[@]}" \
      -F "custom_id=$name" -F "image=@\"$photos/$name\"" "$api/v1/batches/$batch/jobs") &&
      [[ $status != 429 && $status != 5* ]]; do sleep 1; done
    case $status in
    200 | 202) ;;
    404 | 409 | 410) return ;; # The batch no longer exists.
    *) echo "$name: $(field title <"$work/answer")" >&2 && echo "$name" >>"$work/failed" ;;
    esac
  done <"$work/todo"
  curl -s -o /dev/null --retry 8 --retry-connrefused -X POST -H "Authorization: Bearer $token" \
    "$api/v1/batches/$batch/close"
}

# Fetches each result when it is finished, until the batch is complete (0) or no longer exists (1).
receive() {
  while true; do
    status=$(curl -s -D "$work/head" -o "$work/image" -w '%{http_code}' --max-time 120 \
      -H "Authorization: Bearer $token" "$api/v1/batches/$batch/results?wait=30") || status=broken
    case $status in
    200)
      name=$(decode "$(header X-Custom-Id)")
      mv "$work/image" "$cutouts/${name%.*}.png"
      echo "$name"
      ;;
    204) [ "$(header X-Batch-Status)" = complete ] && return 0 ;;
    404 | 410) return 1 ;;
    *) sleep 1 ;;
    esac
  done
}

while [ -n "$(remaining)" ]; do
  answer=$(curl -s --retry 8 --retry-connrefused -X POST "${key[@]}" "$api/v1/batches") || { sleep 1 && continue; }
  batch=$(field id <<<"$answer") token=$(field token <<<"$answer")
  [ -n "$token" ] || { echo "no batch: $answer" >&2 && sleep 5 && continue; }
  submit &
  submitter=$!
  if receive; then
    # Failed images: reported by name, not retried.
    curl -s -H "Authorization: Bearer $token" "$api/v1/batches/$batch" |
      grep -o '"custom_id":"[^"]*"' | cut -d '"' -f 4 | tee -a "$work/failed" | sed 's/$/: failed/' >&2
  else
    echo "the batch was lost: opening another one for the remaining photos" >&2
  fi
  kill "$submitter" 2>/dev/null
  wait "$submitter" 2>/dev/null
done
[ ! -s "$work/failed" ]
