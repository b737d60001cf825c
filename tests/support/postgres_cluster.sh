#!/usr/bin/env bash
# A private PostgreSQL cluster: `postgres_cluster.sh PORT` says "ready DIRECTORY" when it answers on that port of the
# loopback and on a Unix socket in that directory, starts it again for each line "restart", and removes it when its
# standard input ends. It knows TLS; DIRECTORY/root.crt is what its certificate is signed by.
set -euo pipefail
port=$1

programs=$(pg_config --bindir || true)
[[ -x $programs/initdb ]] || programs=$(compgen -G "/usr/lib/postgresql/*/bin" | tail -1 || true)
[[ -x $programs/initdb ]] || { echo missing; exit 1; }
directory=$(mktemp -d "${TMPDIR:-/tmp}/weft-postgres-XXXXXX")
as=()
if ((EUID == 0)); then  # which the server refuses to run as
  chown postgres "$directory"
  as=(runuser -u postgres --)
fi

clean_up() {
  "${as[@]}" "$programs/pg_ctl" -D "$directory/data" -m immediate stop &>/dev/null || true
  rm -rf "$directory"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

cd "$directory"
"${as[@]}" "$programs/initdb" -D data -U postgres -A trust -E UTF8 --no-locale -N &>initdb.log || { cat initdb.log >&2; exit 1; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout data/server.key -out data/server.crt &>openssl.log ||
  { cat openssl.log >&2; exit 1; }
cp data/server.crt root.crt
if ((EUID == 0)); then chown postgres data/server.key data/server.crt; fi
chmod 600 data/server.key
chmod 755 .  # whoever tests reads the certificate
printf '%s\n' 'local all all trust' 'hostssl all tls_only all trust' 'hostnossl all tls_only all reject' \
  'host all secretive all scram-sha-256' 'host all all all trust' >data/pg_hba.conf
control() {
  "${as[@]}" "$programs/pg_ctl" -D data -w -t 60 -l "$directory/log" -o "-c listen_addresses=127.0.0.1 -c port=$port \
    -c unix_socket_directories=$directory -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c ssl=on \
    -c timezone=UTC -c password_encryption=scram-sha-256" "$@" </dev/null &>start.log ||
    { cat start.log "$directory/log" >&2; exit 1; }
}
control start
echo "ready $directory"
while read -r line; do
  if [[ $line == restart ]]; then
    control -m immediate restart
    echo ready
  fi
done
