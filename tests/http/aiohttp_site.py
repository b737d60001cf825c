"""What the HTTP client's tests talk to: a server of aiohttp's. Arguments: a file with a certificate and its key."""

import asyncio
import ssl
import sys
import zlib

import brotli
import zstandard
from aiohttp import hdrs, web

LINES = "".join("line %d\n" % i for i in range(20_000)).encode()

CODINGS = {
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "raw-deflate": lambda data: zlib.compress(data)[2:-4],
}

routes = web.RouteTableDef()


@routes.route("*", "/echo")
async def echo(request):
    """What came, as JSON."""
    return web.json_response(
        {
            "method": request.method,
            "target": request.path_qs,
            "fields": [[name.lower(), value] for name, value in request.headers.items()],
            "body": (await request.read()).decode(),
            "connection": id(request.transport),
        }
    )


@routes.route("*", "/back")
async def back(request):
    """The body, piece by piece as it comes."""
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    await response.prepare(request)
    async for piece in request.content.iter_any():
        await response.write(piece)
    await response.write_eof()
    return response


@routes.get("/chunks")
async def chunks(request):
    """All lines, in chunks of many sizes."""
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    await response.prepare(request)
    at = 0
    size = 1
    while at < len(LINES):
        await response.write(LINES[at : at + size])
        at += size
        size = size * 3 % 9973 + 1
    await response.write_eof()
    return response


@routes.get("/to-the-end")
async def to_the_end(request):
    """All lines, without a length: the connection's end is theirs."""
    response = web.StreamResponse()
    response.force_close()
    await response.prepare(request)
    await response.write(LINES)
    return response


@routes.get("/coded/{coding}")
async def coded(request):
    """All lines, compressed."""
    coding = request.match_info["coding"]
    if coding in CODINGS:
        return web.Response(
            body=CODINGS[coding](LINES), headers={"Content-Encoding": coding.removeprefix("raw-")}
        )
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    response.enable_compression(web.ContentCoding(coding))
    await response.prepare(request)
    for at in range(0, len(LINES), 10_000):
        await response.write(LINES[at : at + 10_000])
    await response.write_eof()
    return response


@routes.post("/form")
async def form(request):
    """The form's fields and files, as JSON."""
    found = []
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            found.append([name, value.filename, value.content_type, value.file.read().decode()])
        else:
            found.append([name, value])
    return web.json_response(found)


@routes.get("/login")
async def login(request):
    response = web.HTTPFound("/cookies")
    response.set_cookie("session", "a b;c", httponly=True, max_age=3600)
    response.set_cookie("theme", "dark", path="/cookies")
    response.set_cookie("elsewhere", "1", path="/elsewhere")
    response.set_cookie("foreign", "1", domain="example.org")
    raise response


@routes.get("/logout")
async def logout(request):
    response = web.Response()
    response.del_cookie("session")
    return response


@routes.get("/cookies")
async def cookies(request):
    return web.json_response(dict(request.cookies))


@routes.route("*", "/moved/{status}")
async def moved(request):
    classes = {
        301: web.HTTPMovedPermanently,
        302: web.HTTPFound,
        303: web.HTTPSeeOther,
        307: web.HTTPTemporaryRedirect,
        308: web.HTTPPermanentRedirect,
    }
    raise classes[int(request.match_info["status"])]("../echo?from=%s" % request.match_info["status"])


@routes.get("/private")
async def private(request):
    if request.headers.get(hdrs.AUTHORIZATION) == "Basic YW5uOnPDqWNyZXQ=":  # ann:sécret
        return web.Response(text="welcome")
    raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="here", charset="UTF-8"'})


@routes.get("/breaks-off")
async def breaks_off(request):
    response = web.StreamResponse()
    response.content_length = 1000
    await response.prepare(request)
    await response.write(b"not all of it")
    request.transport.abort()
    return response


@routes.get("/fails")
async def fails(request):
    raise RuntimeError("on purpose")


async def refuse(request):
    raise web.HTTPExpectationFailed(text="not today")


routes.put("/unwanted", expect_handler=refuse)(echo)


async def main():
    app = web.Application(client_max_size=1_000_000)
    app.add_routes(routes)
    runner = web.AppRunner(app)
    await runner.setup()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    for name, tls in ("plain", None), ("tls", context):
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        print("%s:%d" % (name, port), flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
