#!/usr/bin/env python3
"""What weft's HTTP client is measured against: the same work with aiohttp, on uvloop if there is one.

Reads URLs from a file, fetches them over a number of keep-alive connections, discards the bodies.

    aiohttp_fetch.py FILE [CONNECTIONS]
"""

import asyncio
import sys

import aiohttp

try:
    import uvloop
except ImportError:
    uvloop = None


async def work(session, urls, totals):
    for url in urls:
        try:
            async with session.get(url) as answer:
                totals["bytes"] += len(await answer.read())
            totals["answered"] += 1
        except aiohttp.ClientError:
            totals["failed"] += 1


async def work_all(path, connections):
    totals = {"answered": 0, "failed": 0, "bytes": 0}
    with open(path) as file:
        urls = (line.rstrip("\n") for line in file)
        connector = aiohttp.TCPConnector(limit=connections)
        async with aiohttp.ClientSession(connector=connector) as session:
            await asyncio.gather(*(work(session, urls, totals) for _ in range(connections)))
    print(", ".join(f"{totals[what]} {what}" for what in ("answered", "failed", "bytes")))
    return totals["failed"]


if __name__ == "__main__":
    if uvloop:
        uvloop.install()
    failed = asyncio.run(work_all(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 64))
    sys.exit(1 if failed else 0)
