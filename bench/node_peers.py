"""Peers in Node, and uWebSockets, which `./dev bench` has npm put into build/npm."""

import pathlib

from measuring import Server

HERE = pathlib.Path(__file__).resolve().parent
MODULES = HERE.parent / "build" / "npm" / "node_modules"
PACKAGE = MODULES / "@trufflesuite" / "uws-js-unofficial"

ABOUT_UWS = (
    "uWebSockets: Debian has none; npm has the C++ source of version 0.14, and version 20 as a module that Node calls."
)
UWS_CPP = Server("uWebSockets 0.14", "peer_uws_cpp", "@port", needs="npm's @discordjs/uws, with ./dev bench")
UWS_NODE = Server(
    "uWebSockets.js 20",
    "node",
    str(HERE / "peers" / "uws_node.js"),
    str(PACKAGE),
    needs="Node, with npm's @trufflesuite/uws-js-unofficial",
)
NODE_WS = Server(
    "Node ws",
    "env",
    "NODE_PATH=/usr/share/nodejs",
    "node",
    str(HERE / "peers" / "websocket_node.js"),
    needs="Node, with its module ws (Debian: nodejs, node-ws)",
)
