// What weft's HTTP client is measured against: the same work with undici, Node's own HTTP client, in its fastest form.
// Reads URLs of one server from a file, fetches them over a number of keep-alive connections, discards the bodies.
//
//     undici_fetch.js FILE [CONNECTIONS]

"use strict";

const fs = require("node:fs");
const { Pool } = require("undici");

const main = async (path, connections) => {
  const urls = fs.readFileSync(path, "utf8").trimEnd().split("\n");
  const { origin } = new URL(urls[0]);
  const pool = new Pool(origin, { connections });
  const totals = { answered: 0, failed: 0, bytes: 0 };
  let next = 0;
  const work = async () => {
    while (next < urls.length) {
      try {
        const { body } = await pool.request({ path: urls[next++].slice(origin.length), method: "GET" });
        totals.bytes += (await body.arrayBuffer()).byteLength;
        ++totals.answered;
      } catch {
        ++totals.failed;
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  await pool.close();
  console.log(`${totals.answered} answered, ${totals.failed} failed, ${totals.bytes} bytes`);
  process.exitCode = totals.failed === 0 ? 0 : 1;
};

main(process.argv[2], Number(process.argv[3] ?? 64));
