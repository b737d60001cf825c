#!/usr/bin/env python3
"""What asyncio's tasks, timers, queues and locks cost.

    micro_asyncio.py TASK N
"""

import asyncio
import os
import sys
import time

HOUR = 3600


async def one():
    return 1


async def yield_often(n):
    for _ in range(n):
        await asyncio.sleep(0)


async def lock_often(lock, n):
    for _ in range(n):
        async with lock:
            await asyncio.sleep(0)


class Watch:
    def __init__(self):
        self.start()
        self.bytes = None

    def start(self):
        self.begin = time.process_time_ns()

    def stop(self):
        self.nanoseconds = time.process_time_ns() - self.begin

    def tell(self, n):
        more = "" if self.bytes is None else f" {self.bytes / n:.1f}"
        print(f"{self.nanoseconds / n:.3f}{more}", flush=True)


def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


async def spawn(n, watch):
    async with asyncio.TaskGroup() as group:
        for _ in range(n):
            group.create_task(yield_often(1))


async def create_join(n, watch):
    for _ in range(n):
        await asyncio.create_task(one())


async def yield_(n, watch):
    await asyncio.gather(yield_often(n // 2), yield_often(n // 2))


async def await_(n, watch):
    for _ in range(n):
        await one()


async def queue(n, watch):
    items = asyncio.Queue(64)

    async def consume():
        for _ in range(n):
            await items.get()

    consumer = asyncio.create_task(consume())
    for i in range(n):
        await items.put(i)
    await consumer


async def clock(n, watch):
    loop = asyncio.get_running_loop()
    for _ in range(n):
        loop.time()


async def timer(n, watch):
    loop = asyncio.get_running_loop()
    for _ in range(n):
        loop.call_later(HOUR, print).cancel()


async def rearm(n, watch):
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as limit:
        for _ in range(n):
            limit.reschedule(loop.time() + HOUR)
            limit.reschedule(None)


async def timers(n, watch):
    loop = asyncio.get_running_loop()
    armed = [loop.call_later(HOUR, print) for _ in range(n)]
    for handle in armed:
        handle.cancel()


async def armed_timers(n, watch):
    loop = asyncio.get_running_loop()
    before = memory()
    armed = [loop.call_later(HOUR, print) for _ in range(n)]
    watch.bytes = memory() - before
    return armed


async def timeout(n, watch):
    for _ in range(n):
        async with asyncio.timeout(1):
            await asyncio.sleep(0)


async def timeout_ready(n, watch):
    for _ in range(n):
        async with asyncio.timeout(1):
            await one()


async def cancel(n, watch):
    tasks = [asyncio.create_task(asyncio.sleep(HOUR)) for _ in range(n)]
    await asyncio.sleep(0)
    watch.start()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def sleeping(n, watch):
    before = memory()
    tasks = [asyncio.create_task(asyncio.sleep(HOUR)) for _ in range(n)]
    await asyncio.sleep(0)
    watch.stop()
    watch.bytes = memory() - before
    watch.tell(n)
    os._exit(0)  # the tasks that sleep are not waited for


async def lock(n, watch):
    mutex = asyncio.Lock()
    for _ in range(n):
        async with mutex:
            pass


async def contended(n, watch):
    mutex = asyncio.Lock()
    await asyncio.gather(*(lock_often(mutex, n // 10) for _ in range(10)))


TASKS = {
    "spawn": spawn,
    "create_join": create_join,
    "yield": yield_,
    "await": await_,
    "queue": queue,
    "clock": clock,
    "timer": timer,
    "rearm": rearm,
    "timers": timers,
    "armed_timers": armed_timers,
    "timeout": timeout,
    "timeout_ready": timeout_ready,
    "cancel": cancel,
    "sleeping": sleeping,
    "lock": lock,
    "contended": contended,
}


async def run(task, n):
    watch = Watch()
    await task(n, watch)
    watch.stop()
    return watch


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: micro_asyncio.py TASK N")
    task, n = TASKS[sys.argv[1]], int(sys.argv[2])
    if task not in (sleeping, armed_timers):
        asyncio.run(run(task, n))  # to warm up
    asyncio.run(run(task, n)).tell(n)


if __name__ == "__main__":
    main()
