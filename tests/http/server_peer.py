"""HTTP clients for the tests of the server: Python's http.client and aiohttp, and a plain socket that pipelines.

usage: server_peer.py http_client|aiohttp|socket URL   says "ended:well" or what was wrong
"""

import asyncio
import http.client
import socket
import sys
from urllib.parse import urlsplit

LARGE = b"".join(b"line %d\n" % i for i in range(200_000))


def pieces(size=9999):
    for begin in range(0, len(LARGE), size):
        yield LARGE[begin : begin + size]


def http_client(url):
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)

    def ask(method, path, body=None, **fields):
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
        response = connection.getresponse()
        return response.status, response.read()

    connection.connect()
    kept = connection.sock
    for _ in range(3):
        assert ask("GET", "/text") == (200, b"text")
        assert ask("HEAD", "/lines") == (200, b"")
        assert ask("GET", "/absent") == (404, b"not here")
        assert ask("POST", "/seen?q", b"body") == (200, b"POST q 4 4")
        assert ask("PATCH", "/seen", pieces()) == (200, b"PATCH  chunked %d" % len(LARGE))
        assert ask("PUT", "/echo", LARGE) == (200, LARGE)
        assert ask("GET", "/files/f.txt", Range="bytes=2-4") == (206, b"234")
        status, lines = ask("GET", "/lines")
        assert status == 200 and lines.startswith(b"line 0\nline 1\n") and lines.endswith(b"\n")
    assert connection.sock is kept, "not kept alive"
    assert ask("GET", "/text", Connection="close") == (200, b"text")
    assert connection.sock is None, "not closed"


def aiohttp(url):
    asyncio.run(asyncio.wait_for(talk_aiohttp(url), 30))


async def talk_aiohttp(url):
    import aiohttp

    async def chunks():
        for piece in pieces():
            yield piece

    peers = set()
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=1)) as session:
        for expect in (False, True):
            for path in ("/echo", "/back"):
                async with session.post(path, data=LARGE, expect100=expect) as response:
                    assert await response.read() == LARGE
                async with session.post(path, data=chunks(), expect100=expect) as response:
                    assert await response.read() == LARGE
            async with session.get("/lines") as response:
                assert len(await response.read()) > 1_000_000
            async with session.head("/lines") as response:
                assert response.status == 200 and await response.read() == b""
            async with session.get("/peer") as response:
                peers.add(await response.text())
        assert len(peers) == 1, peers
    async with aiohttp.ClientSession(url) as session:

        async def one():
            async with session.get("/lines") as response:
                return len(await response.read())

        assert len(set(await asyncio.gather(*(one() for _ in range(50))))) == 1


def answers(read):
    """The statuses and bodies of answers with a Content-Length."""
    while line := read.readline():
        status = int(line.split()[1])
        fields = http.client.parse_headers(read)
        if status >= 200:
            yield status, read.read(int(fields["content-length"]))


def plain_socket(url):
    place = urlsplit(url)
    text = b"GET /text HTTP/1.1\r\nHost: a\r\n\r\n"
    post = b"POST /seen?%d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    last = b"GET /text HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    requests = b"".join(text + post % i for i in range(500)) + last
    expected = [each for i in range(500) for each in ((200, b"text"), (200, b"POST %d chunked 3" % i))]
    # All at once, in pieces of an odd size, and each byte of some by itself.
    for size, some in ((len(requests), requests), (1009, requests), (1, b"".join((text, post % 0, text, last)))):
        with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for begin in range(0, len(some), size):
                connection.sendall(some[begin : begin + size])
            got = list(answers(connection.makefile("rb")))
        if some is requests:
            assert got == expected + [(200, b"text")], got
        else:
            assert got == expected[:2] + [(200, b"text")] * 2, got


def main():
    name, url = sys.argv[1:]
    try:
        {"http_client": http_client, "aiohttp": aiohttp, "socket": plain_socket}[name](url)
    except Exception as error:
        print(f"ended:{type(error).__name__}: {error}", flush=True)
    else:
        print("ended:well", flush=True)


main()
