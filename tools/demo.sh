#!/usr/bin/env bash
# Serves this machine's documentation with `weft serve`, fetches all of it with `weft fetch`, and shows what came of it.
# usage: tools/demo.sh BUILD_DIRECTORY
set -euo pipefail

tree=${WEFT_DEMO_TREE:-/usr/share/doc}

die() {
  echo "demo: $*" >&2
  exit 1
}

(($# == 1)) || die "usage: tools/demo.sh BUILD_DIRECTORY"
weft=$1/bin/weft
[[ -x $weft ]] || die "$weft is missing: build it first (./dev demo does)"
[[ -d $tree ]] || die "$tree is missing"

place=$(mktemp -d)
server=
clean_up() {
  if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; fi
  wait
  rm -rf "$place"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# What the server shows: no hidden files, and nothing that only its owner may read.
find "$tree" -name '.?*' -prune -o -type f -perm -004 -printf '%P\n' >"$place/files"
[[ -s $place/files ]] || die "no readable files in $tree"

"$weft" serve "$tree" --port 0 >"$place/access.log" 2>"$place/server" &
server=$!
url=
for _ in {1..100}; do
  url=$(grep -oP 'at \Khttp://[^ ]*/' "$place/server" || true)
  if [[ -n $url ]]; then break; fi
  kill -0 "$server" 2>/dev/null || die "weft serve: $(<"$place/server")"
  sleep 0.05
done
[[ -n $url ]] || die "weft serve does not say where it serves"

# A file name may hold what a URL may not.
python3 - "$place/files" "$url" >"$place/urls" <<'PYTHON'
import sys, urllib.parse
with open(sys.argv[1], "rb") as files:
    for line in files:
        print(sys.argv[2] + urllib.parse.quote(line.rstrip(b"\n")))
PYTHON

echo "Fetching $(wc -l <"$place/urls") files of $tree:"
echo
echo "  weft serve $tree --port 0"
echo "  weft fetch -i urls -o records.ndjson"
echo
status=0
"$weft" fetch -i "$place/urls" -o "$place/records.ndjson" || status=$?

echo
echo "One record:"
head -n 1 "$place/records.ndjson" || true
exit "$status"
