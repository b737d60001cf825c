#!/usr/bin/python3
"""The same by psycopg 3: `postgres_psycopg.py WORK COUNT`, where PG... says, prints the seconds it took."""

import sys
import time

import psycopg

BY_KEY = "select id, name, score from bench_rows where id = %s"


def by_key(db, count):
    cursor = db.cursor(binary=True)
    for i in range(count):
        row = cursor.execute(BY_KEY, (i % 1000,), prepare=True).fetchone()
        assert row[0] == i % 1000


def pipeline(db, count):
    for _ in range(0, count, 1000):
        with db.pipeline():
            cursors = [db.execute(BY_KEY, (i,), prepare=True, binary=True) for i in range(1000)]
        for i, cursor in enumerate(cursors):
            assert cursor.fetchone()[0] == i


with psycopg.connect("", autocommit=True) as connection:
    begin = time.monotonic()
    globals()[sys.argv[1]](connection, int(sys.argv[2]))
    print(time.monotonic() - begin)
