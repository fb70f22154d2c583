#!/bin/sh
# Removes from ./node_modules every package that a list does not name:
#
#   packages.sh LIST
#
# LIST has one name a line; * stands for a platform. Nested packages are removed with their parent.
set -euf

list=$(cat "$1")
cd node_modules

is_listed() {
  for pattern in $list; do
    # shellcheck disable=SC2254 # the unquoted pattern is intended
    case $1 in $pattern) return 0 ;; esac
  done
  return 1
}

find . -mindepth 1 -maxdepth 2 \( -path './@*/*' -o -path './[!@]*' -prune \) | sed 's|^\./||' | while read -r name; do
  is_listed "$name" || rm -rf "./$name"
done
find . -mindepth 1 -maxdepth 1 -name '@*' -type d -empty -delete
