"""WebSocket peers for the tests: Python's websockets and aiohttp, both ends.

usage: websocket_peer.py websockets|aiohttp serve      says "port:PORT", and echoes
       websocket_peer.py websockets|aiohttp talk URL   tries an echo, and says "well" or what was wrong
       websocket_peer.py websockets serve_all          says "ports:PORT ...": a server for each way to compress
       websocket_peer.py websockets talk_all URL...    tries all ways to compress with each, and says "well COUNT"
With "plain" as the last argument, without compression.
"""

import asyncio
import itertools
import sys

# Whose messages must stand alone, and the windows: of the server, of the client.
WAYS = list(itertools.product([False, True], [False, True], [None, 9], [None, 9]))
PARAGRAPH = " ".join(f"word {i * i}" for i in range(2000))

MESSAGES = ["", "hello", "snowm\u2603n", b"", b"\x00\xff", "x" * 125, "x" * 126, "y" * 65535, "y" * 65536, b"z" * 1_000_000]


async def serve_websockets(compressed):
    import websockets

    async def echo(socket, *_):
        async for message in socket:
            await socket.send(message)

    compression = "deflate" if compressed else None
    async with websockets.serve(echo, "127.0.0.1", 0, compression=compression, subprotocols=["chat"]) as server:
        print(f"port:{server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.Future()


async def talk_websockets(url, compressed):
    import websockets

    compression = "deflate" if compressed else None
    async with websockets.connect(url, compression=compression, subprotocols=["chat"]) as socket:
        for message in MESSAGES:
            await socket.send(message)
            assert await socket.recv() == message
        await socket.send(["in ", "three ", "pieces"])
        assert await socket.recv() == "in three pieces"
        await asyncio.wait_for(await socket.ping(), 10)
        assert socket.subprotocol == "chat", socket.subprotocol
        assert bool(socket.extensions) == compressed, socket.extensions
    assert socket.close_code == 1000, socket.close_code
    async with websockets.connect(url, compression=compression) as socket:
        await socket.send("close me")
        try:
            await socket.recv()
        except websockets.ConnectionClosed as closed:
            assert closed.code == 4000 and closed.reason == "as you like", closed
        else:
            raise AssertionError("not closed")


async def serve_all():
    import websockets
    from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

    async def echo(socket, *_):
        async for message in socket:
            await socket.send(message)

    ports = []
    for way in WAYS:
        server = await websockets.serve(
            echo, "127.0.0.1", 0, compression=None, extensions=[ServerPerMessageDeflateFactory(*way)]
        )
        ports.append(str(server.sockets[0].getsockname()[1]))
    print(f"ports:{' '.join(ports)}", flush=True)
    await asyncio.Future()


async def talk_all(urls):
    import websockets
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

    count = 0
    for url, way in itertools.product(urls, WAYS):
        offer = ClientPerMessageDeflateFactory(*way[:3], way[3] or True)
        async with websockets.connect(url, compression=None, extensions=[offer]) as socket:
            assert socket.extensions, way
            for message in ["short", PARAGRAPH, PARAGRAPH[1000:], b"", PARAGRAPH]:
                await socket.send(message)
                assert await socket.recv() == message, way
        count += 1
    return count


async def serve_aiohttp(compressed):
    from aiohttp import WSMsgType, web

    async def echo(request):
        socket = web.WebSocketResponse(compress=compressed, protocols=["chat"])
        await socket.prepare(request)
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                await socket.send_str(message.data)
            elif message.type == WSMsgType.BINARY:
                await socket.send_bytes(message.data)
        return socket

    app = web.Application()
    app.router.add_get("/", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"port:{site._server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Future()


async def talk_aiohttp(url, compressed):
    import aiohttp

    async with aiohttp.ClientSession() as session:
        compress = 15 if compressed else 0
        async with session.ws_connect(url, compress=compress, protocols=["chat"]) as socket:
            for message in MESSAGES:
                if isinstance(message, str):
                    await socket.send_str(message)
                else:
                    await socket.send_bytes(message)
                got = await socket.receive()
                assert got.data == message, got.type
            await socket.ping(b"there?")
            assert socket.protocol == "chat", socket.protocol
            assert bool(socket.compress) == compressed, socket.compress
        assert socket.close_code == 1000, socket.close_code


def main():
    library, what = sys.argv[1:3]
    if what == "serve_all":
        asyncio.run(serve_all())
        return
    if what == "talk_all":
        try:
            print(f"ended:well {asyncio.run(talk_all(sys.argv[3:]))}", flush=True)
        except Exception as error:
            print(f"ended:{type(error).__name__}: {error}", flush=True)
        return
    compressed = sys.argv[-1] != "plain"
    if what == "serve":
        asyncio.run({"websockets": serve_websockets, "aiohttp": serve_aiohttp}[library](compressed))
        return
    talk = {"websockets": talk_websockets, "aiohttp": talk_aiohttp}[library]
    try:
        asyncio.run(asyncio.wait_for(talk(sys.argv[3], compressed), 30))
    except Exception as error:
        print(f"ended:{type(error).__name__}: {error}", flush=True)
    else:
        print("ended:well", flush=True)


main()
