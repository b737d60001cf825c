#!/usr/bin/env python3
"""WebSocket echo with websockets, on uvloop.

    websocket_python.py PORT
"""

import asyncio
import sys

import uvloop
import websockets


async def echo(socket):
    try:
        async for message in socket:
            await socket.send(message)
    except websockets.ConnectionClosed:
        pass  # without a closing handshake


async def main():
    async with websockets.serve(echo, "127.0.0.1", int(sys.argv[1]), compression=None, ping_interval=None):
        await asyncio.Future()


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(main())
