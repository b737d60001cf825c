#!/usr/bin/env python3
"""Small reads of files with asyncio, on threads: microseconds of CPU time each, as JSON.

    files_asyncio.py READS
"""

import asyncio
import json
import os
import pathlib
import sys
import tempfile
import time

FILES = 200


async def read_files_in_turn(files, reads):
    for i in range(reads):
        await asyncio.to_thread(files[i % FILES].read_bytes)


async def read_files_at_once(files, reads):
    numbers = iter(range(reads))

    async def reader():
        for i in numbers:
            await asyncio.to_thread(files[i % FILES].read_bytes)

    await asyncio.gather(*(reader() for _ in range(16)))


async def read_at(files, reads):
    with open(files[0], "rb") as file:
        for i in range(reads):
            await asyncio.to_thread(os.pread, file.fileno(), 512, i % 8 * 512)


async def main(reads):
    each = {}
    with tempfile.TemporaryDirectory() as place:
        files = [pathlib.Path(place) / str(i) for i in range(FILES)]
        for file in files:
            file.write_bytes(b"x" * 4096)
        for way in (read_files_in_turn, read_files_at_once, read_at):
            await way(files, reads // 10)  # to warm up
            begin = time.process_time()
            await way(files, reads)
            each[way.__name__] = (time.process_time() - begin) / reads * 1e6
    print(json.dumps(each))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
