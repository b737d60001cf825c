#!/usr/bin/python3
"""The same by asyncpg on uvloop: `postgres_asyncpg.py WORK COUNT`, where PG... says, prints the seconds it took."""

import asyncio
import datetime
import sys
import time

import asyncpg
import uvloop

BY_KEY = "select id, name, score from bench_rows where id = $1"


async def by_key(db, count):
    for i in range(count):
        row = await db.fetchrow(BY_KEY, i % 1000)
        assert row["id"] == i % 1000


async def rows(db, count):
    seen = 0
    async with db.transaction():
        async for row in db.cursor(f"select id, name, score, at from bench_rows limit {count}", prefetch=1000):
            seen += 1
    assert seen == count


async def fetched(db, count):
    assert len(await db.fetch(f"select id, name, score, at from bench_rows limit {count}")) == count


async def copy(db, count):
    await db.execute("truncate bench_copy")
    start = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
    lines = ((i, f"row {i}", i * 0.5, start + datetime.timedelta(seconds=i)) for i in range(count))
    await db.copy_records_to_table("bench_copy", records=lines)


async def main(work, count):
    db = await asyncpg.connect()
    begin = time.monotonic()
    await globals()[work](db, count)
    print(time.monotonic() - begin)
    await db.close()


uvloop.install()
asyncio.run(main(sys.argv[1], int(sys.argv[2])))
