// Small reads of files in Node: microseconds of CPU time each, as JSON.
//
//     files_node.js READS

"use strict";

const fs = require("node:fs/promises");
const os = require("node:os");
const path = require("node:path");

const FILES = 200;

const cpuTime = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const ways = {
  async read_files_in_turn(files, reads) {
    for (let i = 0; i < reads; ++i) await fs.readFile(files[i % FILES]);
  },
  async read_files_at_once(files, reads) {
    let next = 0;
    const reader = async () => {
      while (next < reads) await fs.readFile(files[next++ % FILES]);
    };
    await Promise.all(Array.from({ length: 16 }, reader));
  },
  async read_at(files, reads) {
    const file = await fs.open(files[0]);
    const room = Buffer.alloc(512);
    for (let i = 0; i < reads; ++i) await file.read(room, 0, 512, (i % 8) * 512);
    await file.close();
  },
};

const main = async (reads) => {
  const place = await fs.mkdtemp(path.join(os.tmpdir(), "files-"));
  const files = Array.from({ length: FILES }, (_, i) => path.join(place, String(i)));
  for (const file of files) await fs.writeFile(file, "x".repeat(4096));
  const each = {};
  for (const [name, way] of Object.entries(ways)) {
    await way(files, reads / 10); // to warm up
    const begin = cpuTime();
    await way(files, reads);
    each[name] = (cpuTime() - begin) / reads;
  }
  await fs.rm(place, { recursive: true });
  console.log(JSON.stringify(each));
};

main(Number(process.argv[2]));
