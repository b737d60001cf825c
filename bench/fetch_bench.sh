#!/usr/bin/env bash
# CPU time per request of `weft fetch` and of a plain Boost.Beast client (bench/peers/beast_fetch.cpp): an nginx of its
# own with many small files, both clients by turns, several rounds.
# usage: bench/fetch_bench.sh [BUILD_DIRECTORY [FILES [ROUNDS]]]
set -euo pipefail

build=${1:-build/release} files=${2:-50000} rounds=${3:-10}

die() {
  echo "fetch_bench: $*" >&2
  exit 1
}

# shellcheck source=tools/nginx.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tools/nginx.sh"

weft=$build/bin/weft beast=$build/bin/peer_beast_fetch
for program in "$weft" "$beast"; do [[ -x $program ]] || die "$program is missing: ./dev bench builds it"; done
require_nginx

place=$(mktemp -d)
clean_up() {
  stop_nginx
  rm -rf "$place"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

chmod 755 "$place"
mkdir "$place/www"
start_nginx "$place" "$place/www"
python3 - "$place" "$port" "$files" <<'PYTHON'
import os, sys
place, port, files = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(f"{place}/urls", "w") as urls:
    for i in range(files):
        directory = f"{place}/www/{i // 1000}"
        if i % 1000 == 0:
            os.makedirs(directory)
        with open(f"{directory}/{i}.txt", "w") as file:
            file.write(f"file {i}\n" * 40)
        urls.write(f"http://127.0.0.1:{port}/{i // 1000}/{i}.txt\n")
PYTHON

python3 - "$place" "$weft" "$beast" "$files" "$rounds" <<'PYTHON'
import os, random, resource, statistics, subprocess, sys
place, weft, beast, files, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
weft_fetch = [weft, "fetch", "-q", "-c", "64", "-i", f"{place}/urls", "-o", f"{place}/records.ndjson"]
clients = {
    "weft, epoll": ["env", "WEFT_BACKEND=epoll", *weft_fetch],
    "weft, io_uring": ["env", "WEFT_BACKEND=io_uring", *weft_fetch],
    "Boost.Beast": [beast, f"{place}/urls", "64"],
}


def cpu(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used / files * 1e6, (after.ru_utime - before.ru_utime) / files * 1e6


for command in clients.values():  # warms up the server's caches
    cpu(command)
seen = {name: [] for name in clients}
for _ in range(rounds):
    for name in random.sample(list(clients), len(clients)):
        seen[name].append(cpu(clients[name]))
print(f"{files} files, 64 connections, {rounds} rounds; CPU time per request, median (lowest to highest)")
for name, times in seen.items():
    total = [t for t, _ in times]
    user = statistics.median(u for _, u in times)
    print(f"  {name:14} {statistics.median(total):6.2f} us ({min(total):.2f} to {max(total):.2f}), {user:.2f} us of it in user space")
for name in ("weft, epoll", "weft, io_uring"):
    ratios = sorted(a[0] / b[0] for a, b in zip(seen[name], seen["Boost.Beast"]))
    print(f"  {name} / Beast {statistics.median(ratios):6.2f}    ({ratios[0]:.2f} to {ratios[-1]:.2f})")
PYTHON
