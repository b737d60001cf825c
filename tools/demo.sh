#!/usr/bin/env bash
# Fetches every page of this machine's documentation from an nginx of its own, and shows what came of it.
# usage: tools/demo.sh BUILD_DIRECTORY
set -euo pipefail

tree=${WEFT_DEMO_TREE:-/usr/share/doc}

die() {
  echo "demo: $*" >&2
  exit 1
}

# shellcheck source=tools/nginx.sh
source "$(dirname "${BASH_SOURCE[0]}")/nginx.sh"

(($# == 1)) || die "usage: tools/demo.sh BUILD_DIRECTORY"
weft=$1/bin/weft
[[ -x $weft ]] || die "$weft is missing: build it first (./dev demo does)"
require_nginx
[[ -d $tree ]] || die "$tree is missing"

place=$(mktemp -d)
clean_up() {
  stop_nginx
  rm -rf "$place"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The files that the server will be able to read, whoever it runs as: everybody's.
find "$tree" -type f -perm -004 -printf '%P\n' >"$place/files"
[[ -s $place/files ]] || die "no readable files in $tree"

start_nginx "$place" "$tree"

# A file name may hold what a URL may not.
python3 - "$place/files" "http://127.0.0.1:$port/" >"$place/urls" <<'PYTHON'
import sys, urllib.parse
with open(sys.argv[1], "rb") as files:
    for line in files:
        print(sys.argv[2] + urllib.parse.quote(line.rstrip(b"\n")))
PYTHON

echo "Fetching $(wc -l <"$place/urls") files of $tree from an nginx on port $port:"
echo
echo "  weft fetch -i urls -o records.ndjson"
echo
status=0
"$weft" fetch -i "$place/urls" -o "$place/records.ndjson" || status=$?

echo
echo "One record:"
head -n 1 "$place/records.ndjson" || true
exit "$status"
