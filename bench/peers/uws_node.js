// WebSocket echo, GET /plaintext and GET /json with uWebSockets.js: the present uWebSockets, called by Node.
//
// usage: uws_node.js PACKAGE

const { existsSync } = require("fs");

const binary = `${process.argv[2]}/binaries/uws_linux_${process.arch}_${process.versions.modules}.node`;
if (!existsSync(binary)) process.exit(1);  // the benchmark says what it needs
const uws = require(binary);

const answer = (type, text) => (response) => response.writeHeader("content-type", type).end(text);

uws
  .App()
  .get("/plaintext", answer("text/plain; charset=utf-8", "Hello, World!"))
  .get("/json", (response) =>
    response.writeHeader("content-type", "application/json").end(JSON.stringify({ message: "Hello, World!" })),
  )
  .ws("/*", { idleTimeout: 0, message: (socket, data, binary) => socket.send(data, binary) })
  .listen("127.0.0.1", 0, (socket) => console.log(`listening ${uws.us_socket_local_port(socket)}`));
