#!/bin/sh
# Collects programs and every library that they, or the native modules in a folder, load:
#
#   closure.sh DESTINATION FOLDER|- PROGRAM ...
#
# An image made of the result has no shell, no package manager and no other program. Programs are copied to
# DESTINATION/usr/bin, libraries keep their path. FOLDER is searched for native modules (*.node, *.so*).
set -eu

destination=$1
folder=$2
shift 2

# The paths that the loader finds for one file; a static file has none.
libraries_of() {
  ldd "$1" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/.*ld-linux/ { print $1 }'
}

keep() {
  mkdir -p "$destination$(dirname "$1")"
  # -L: the target of a link, under the name of the link.
  [ -e "$destination$1" ] || cp -L "$1" "$destination$1"
}

mkdir -p "$destination/usr/bin"
for name in "$@"; do
  program=$(command -v "$name")
  cp -L "$program" "$destination/usr/bin/$(basename "$name")"
  for library in $(libraries_of "$program"); do keep "$library"; done
done

[ "$folder" = - ] && exit 0
find "$folder" -type f \( -name '*.node' -o -name '*.so*' \) | while read -r module; do
  # Libraries beside the modules are there already.
  for library in $(libraries_of "$module"); do
    case $library in /lib/* | /lib64/* | /usr/lib/*) keep "$library" ;; esac
  done
done
