// What promises, timers and time limits cost in Node.
//
//     micro_node.js TASK N

"use strict";

const fs = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");

const HOUR = 3_600_000;

const one = async () => 1;
const nothing = async () => {};
const yieldOften = async (n) => {
  for (let i = 0; i < n; ++i) await null;
};

const underTimeout = async (operation) => {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("too late")), 1000);
  });
  try {
    return await Promise.race([operation, limit]);
  } finally {
    clearTimeout(timer);
  }
};

// Nanoseconds of CPU time.
const cpuTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
};

const memory = () => Number(fs.readFileSync("/proc/self/statm", "utf8").split(" ")[1]) * 4096;

const tasks = {
  async spawn(n) {
    const started = [];
    for (let i = 0; i < n; ++i) started.push(yieldOften(1));
    await Promise.all(started);
  },
  // An async function runs at once; then() makes it begin beside its caller, as other tasks do.
  async create_join(n) {
    for (let i = 0; i < n; ++i) await Promise.resolve().then(nothing);
  },
  async yield(n) {
    await Promise.all([yieldOften(n / 2), yieldOften(n / 2)]);
  },
  async await(n) {
    let sum = 0;
    for (let i = 0; i < n; ++i) sum += await one();
    return sum;
  },
  async clock(n) {
    let latest = 0;
    for (let i = 0; i < n; ++i) latest = performance.now();
    return latest;
  },
  async timer(n) {
    for (let i = 0; i < n; ++i) clearTimeout(setTimeout(() => {}, HOUR));
  },
  async timers(n) {
    const armed = [];
    for (let i = 0; i < n; ++i) armed.push(setTimeout(() => {}, HOUR));
    for (const timer of armed) clearTimeout(timer);
  },
  async armed_timers(n, watch) {
    const before = memory();
    const armed = [];
    for (let i = 0; i < n; ++i) armed.push(setTimeout(() => {}, HOUR));
    watch.bytes = memory() - before;
    return armed;
  },
  async timeout(n) {
    for (let i = 0; i < n; ++i) await underTimeout(yieldOften(1));
  },
  async timeout_ready(n) {
    for (let i = 0; i < n; ++i) await underTimeout(one());
  },
  async cancel(n, watch) {
    const sleepers = [];
    for (let i = 0; i < n; ++i) {
      const controller = new AbortController();
      sleepers.push([controller, sleep(HOUR, null, { signal: controller.signal })]);
    }
    const ended = Promise.allSettled(sleepers.map(([, sleeper]) => sleeper));
    await null;
    watch.begin();
    for (const [controller] of sleepers) controller.abort();
    await ended;
  },
  async sleeping(n, watch) {
    const before = memory();
    const sleepers = [];
    for (let i = 0; i < n; ++i) sleepers.push((async () => await sleep(HOUR))());
    await null;
    watch.bytes = memory() - before;
    return sleepers;
  },
};

const run = async (task, n) => {
  let start;
  const watch = {
    begin() {
      start = cpuTime();
    },
  };
  watch.begin();
  watch.result = await tasks[task](n, watch);
  watch.nanoseconds = cpuTime() - start;
  return watch;
};

const main = async (task, count) => {
  const n = Number(count);
  if (!(n > 0)) throw new Error("usage: micro_node.js TASK N");
  if (!(task in tasks)) process.exit(3);
  if (task !== "sleeping" && task !== "armed_timers") await run(task, n); // to warm up
  const all = await run(task, n);
  const bytes = all.bytes === undefined ? "" : ` ${(all.bytes / n).toFixed(1)}`;
  fs.writeSync(1, `${(all.nanoseconds / n).toFixed(3)}${bytes}\n`);
  process.exit(0); // what still sleeps is not waited for
};

main(process.argv[2], process.argv[3]);
