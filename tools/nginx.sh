# shellcheck shell=bash
# Starts an nginx of one's own. To be sourced, in a program that has a function die().

# require_nginx: finds the program.
require_nginx() {
  nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || die "nginx is missing: ./dev setup installs it (Debian: nginx-light)"
}

# start_nginx PLACE ROOT: serves the files below ROOT; sets port. PLACE is a directory for what nginx writes.
# Another program may take the port in between, so it tries again.
start_nginx() {
  local place=$1 root=$2 try
  for try in 1 2 3 4 5; do
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    cat >"$place/nginx.conf" <<CONF
daemon off;
master_process off;
pid $place/nginx.pid;
error_log $place/error.log warn;
events { worker_connections 1024; }
http {
  access_log off;
  default_type text/plain;
  keepalive_requests 1000000;
  client_body_temp_path $place/t1;
  proxy_temp_path $place/t2;
  fastcgi_temp_path $place/t3;
  uwsgi_temp_path $place/t4;
  scgi_temp_path $place/t5;
  server {
    listen 127.0.0.1:$port;
    root "$root";
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
    stop_nginx
    echo "nginx did not start on port $port (try $try)" >&2
  done
  cat "$place/start.log" "$place/error.log" >&2 2>/dev/null || true
  die "nginx did not start"
}

# stop_nginx: ends it, if it runs.
server=
stop_nginx() {
  if [[ -z $server ]]; then return; fi
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}
