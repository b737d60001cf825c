// WebSocket peers for the tests: Node's ws, both ends.
//
// usage: websocket_peer.js serve      says "port:PORT", and echoes
//        websocket_peer.js talk URL   tries an echo, and says "well" or what was wrong
// With "plain" as the last argument, without compression.

const { WebSocket, WebSocketServer } = require("ws");

const compressed = process.argv.at(-1) !== "plain";
const deflate = compressed ? { threshold: 0 } : false;

function serve() {
  const options = { host: "127.0.0.1", port: 0, perMessageDeflate: deflate, handleProtocols: (wanted) => [...wanted][0] };
  const server = new WebSocketServer(options, () => console.log(`port:${server.address().port}`));
  server.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
}

function talk(url) {
  const end = (how) => {
    console.log(`ended:${how}`);
    process.exit();
  };
  const messages = ["", "hello", "snowm\u2603n", Buffer.from([0, 255]), "x".repeat(125), "x".repeat(126),
                    "y".repeat(65535), "y".repeat(65536), Buffer.alloc(1000000, "z"), "in three pieces"];
  const socket = new WebSocket(url, ["chat"], { perMessageDeflate: deflate });
  let next = 0;
  const send = () => {
    if (next === messages.length - 1) {
      socket.send("in ", { fin: false });
      socket.send("three ", { fin: false });
      socket.send("pieces", { fin: true });
    } else {
      socket.send(messages[next]);
    }
  };
  socket.on("open", () => {
    if (socket.protocol !== "chat") end(`sub-protocol ${socket.protocol}`);
    if ((socket.extensions !== "") !== compressed) end(`extensions ${socket.extensions}`);
    send();
  });
  socket.on("message", (data, binary) => {
    const wanted = messages[next];
    const same = binary ? Buffer.compare(data, wanted) === 0 : data.toString() === wanted;
    if (!same) end(`message ${next} came back otherwise`);
    if (++next < messages.length) {
      send();
    } else {
      socket.ping("there?");
    }
  });
  socket.on("pong", () => socket.close(1000));
  socket.on("close", (code) => end(code === 1000 ? "well" : `code ${code}`));
  socket.on("error", (error) => end(error.message));
}

if (process.argv[2] === "serve") {
  serve();
} else {
  talk(process.argv[3]);
}
