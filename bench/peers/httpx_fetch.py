#!/usr/bin/env python3
"""What weft's HTTP client is measured against: the same work with httpx.

Reads URLs from a file, fetches them over a number of keep-alive connections, discards the bodies.

    httpx_fetch.py FILE [CONNECTIONS]
"""

import asyncio
import sys

import httpx


async def work(client, urls, totals):
    for url in urls:
        try:
            answer = await client.get(url)
            totals["bytes"] += len(answer.content)
            totals["answered"] += 1
        except httpx.HTTPError:
            totals["failed"] += 1


async def work_all(path, connections):
    totals = {"answered": 0, "failed": 0, "bytes": 0}
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    with open(path) as file:
        urls = (line.rstrip("\n") for line in file)
        async with httpx.AsyncClient(limits=limits) as client:
            await asyncio.gather(*(work(client, urls, totals) for _ in range(connections)))
    print(", ".join(f"{totals[what]} {what}" for what in ("answered", "failed", "bytes")))
    return totals["failed"]


if __name__ == "__main__":
    failed = asyncio.run(work_all(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 64))
    sys.exit(1 if failed else 0)
