#!/usr/bin/env bash
# Fetches every page of this machine's documentation from an nginx of its own, and shows what came of it.
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
nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || die "nginx is missing: ./dev setup installs it (Debian: nginx-light)"
[[ -d $tree ]] || die "$tree is missing"

place=$(mktemp -d)
server=
clean_up() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$place"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The files that the server will be able to read, whoever it runs as: everybody's.
find "$tree" -type f -perm -004 -printf '%P\n' >"$place/files"
[[ -s $place/files ]] || die "no readable files in $tree"

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_server: another program may take the port in between, so it tries again.
start_server() {
  local try
  for try in 1 2 3 4 5; do
    port=$(free_port)
    cat >"$place/nginx.conf" <<CONF
daemon off;
master_process off;
pid $place/nginx.pid;
error_log $place/error.log warn;
events { worker_connections 512; }
http {
  access_log off;
  default_type text/plain;
  keepalive_requests 100000;
  client_body_temp_path $place/t1;
  proxy_temp_path $place/t2;
  fastcgi_temp_path $place/t3;
  uwsgi_temp_path $place/t4;
  scgi_temp_path $place/t5;
  server {
    listen 127.0.0.1:$port;
    root "$tree";
    disable_symlinks off;
  }
}
CONF
    "$nginx" -p "$place" -c "$place/nginx.conf" 2>"$place/start.log" &
    server=$!
    for _ in {1..100}; do
      if ! kill -0 "$server" 2>/dev/null; then break; fi
      if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
      sleep 0.05
    done
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
    echo "demo: nginx did not start on port $port (try $try)" >&2
  done
  cat "$place/start.log" "$place/error.log" >&2 2>/dev/null || true
  die "nginx did not start"
}
start_server

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
