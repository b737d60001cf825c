#!/usr/bin/env python3
"""What asyncio's tasks, timers, queues and locks cost on uvloop.

    micro_uvloop.py TASK N
"""

import micro_asyncio
import uvloop

if __name__ == "__main__":
    uvloop.install()
    micro_asyncio.main()
