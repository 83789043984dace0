// Driver of npm's `smpp` (JavaScript).
//
//     NODE_PATH=.cache/node/node_modules node benchmarks/peers/drive_node.js PORT --window 100
//
// Rule: the load of every driver: *window* requests in flight, each callback sends the next one.
'use strict';
const smpp = require('smpp');

const [port, ...words] = process.argv.slice(2);
const asked = { window: 100, count: 20000, seconds: 10 };
for (let i = 0; i + 1 < words.length; i += 2) asked[words[i].replace('--', '')] = Number(words[i + 1]);
if (asked.rate) {
  console.error('this driver has no even pace');
  process.exit(1);
}

const WARM_UP = 1000;
const text = Buffer.from(
  'Your order 4711 has been sent and will arrive tomorrow between 10 and 12. ' + 'x'.repeat(46));
const session = smpp.connect({ url: `smpp://127.0.0.1:${port}` });
let number = 0;

function message() {
  return {
    source_addr_ton: 5,
    source_addr: 'Shop',
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: `7916${String(number++ % 1e7).padStart(7, '0')}`,
    short_message: text,
  };
}

function run(count, done) {
  const latencies = [];
  const end = process.hrtime.bigint() + BigInt(asked.seconds * 1e9);
  let left = count;
  let underWay = 0;
  function next() {
    if (left <= 0) return;
    left--;
    underWay++;
    const began = process.hrtime.bigint();
    session.submit_sm(message(), () => {
      const ended = process.hrtime.bigint();
      latencies.push(Number(ended - began) / 1e6);
      underWay--;
      if (ended > end) left = 0;
      next();
      if (!underWay) done(latencies);
    });
  }
  for (let i = 0; i < asked.window; i++) next();
}

function show(latencies, wall, cpu) {
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(Math.floor(latencies.length * share), latencies.length - 1)];
  console.log(JSON.stringify({
    peer: 'node smpp',
    window: asked.window,
    rate: latencies.length / wall,
    cpu_us: (cpu.user + cpu.system) / latencies.length,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    count: latencies.length,
    note: '',
    version: process.version,
  }));
}

session.on('error', (error) => {
  console.error(String(error));
  process.exit(1);
});
session.bind_transceiver({ system_id: 'bench', password: 'secret' }, () => {
  run(WARM_UP, () => {
    const wall = process.hrtime.bigint();
    const cpu = process.cpuUsage();
    run(asked.count, (latencies) => {
      show(latencies, Number(process.hrtime.bigint() - wall) / 1e9, process.cpuUsage(cpu));
      session.unbind(() => process.exit(0));
    });
  });
});
