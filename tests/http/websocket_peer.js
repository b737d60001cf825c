// WebSocket peers for the tests: Node's ws, both ends.
//
// usage: websocket_peer.js serve      says "port:PORT", and echoes
//        websocket_peer.js talk URL   tries an echo, and says "well" or what was wrong
//        websocket_peer.js serve_all       says "ports:PORT ...": a server for each way to compress
//        websocket_peer.js talk_all URL... tries all ways to compress with each, and says "well COUNT"
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

// Whose messages must stand alone, and the windows: of the server, of the client.
function ways() {
  const all = [];
  for (const serverNoContextTakeover of [undefined, true])
    for (const clientNoContextTakeover of [undefined, true])
      for (const serverMaxWindowBits of [undefined, 9])
        for (const clientMaxWindowBits of [undefined, 9]) {
          all.push({
            threshold: 0,
            serverNoContextTakeover,
            clientNoContextTakeover,
            serverMaxWindowBits,
            clientMaxWindowBits,
          });
        }
  return all;
}

const paragraph = Array.from({ length: 2000 }, (_, i) => `word ${i * i}`).join(" ");

function serveAll() {
  const ports = [];
  const all = ways();
  const serveNext = () => {
    if (ports.length === all.length) return console.log(`ports:${ports.join(" ")}`);
    const options = { host: "127.0.0.1", port: 0, perMessageDeflate: all[ports.length] };
    const server = new WebSocketServer(options, () => {
      ports.push(server.address().port);
      serveNext();
    });
    server.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
  };
  serveNext();
}

function talkOnce(url, way) {
  return new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`${url} ${JSON.stringify(way)}: ${why}`));
    const messages = ["short", paragraph, paragraph.slice(1000), "", paragraph];
    const socket = new WebSocket(url, { perMessageDeflate: way });
    let next = 0;
    socket.on("open", () => {
      if (socket.extensions === "") fail("no compression");
      socket.send(messages[0]);
    });
    socket.on("message", (data) => {
      if (data.toString() !== messages[next]) fail(`message ${next} came back otherwise`);
      if (++next < messages.length) socket.send(messages[next]);
      else socket.close(1000);
    });
    socket.on("close", (code) => (code === 1000 ? resolve() : fail(`code ${code}`)));
    socket.on("error", (error) => fail(error.message));
  });
}

async function talkAll(urls) {
  let count = 0;
  for (const url of urls) {
    for (const way of ways()) {
      await talkOnce(url, way);
      ++count;
    }
  }
  return count;
}

if (process.argv[2] === "serve_all") {
  serveAll();
} else if (process.argv[2] === "talk_all") {
  talkAll(process.argv.slice(3)).then(
    (count) => console.log(`ended:well ${count}`),
    (error) => console.log(`ended:${error.message}`),
  );
} else if (process.argv[2] === "serve") {
  serve();
} else {
  talk(process.argv[3]);
}
