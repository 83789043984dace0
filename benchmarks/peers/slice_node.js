// npm's `smpp` (JavaScript) as a contestant of ratio.py; drive_slices.py documents the protocol.
//
//     NODE_PATH=.cache/node/node_modules node benchmarks/peers/slice_node.js PORT --window 100
//
// Rule: the warm-up lasts a second, after which V8 has compiled the hot functions.
'use strict';
const smpp = require('smpp');
const { createInterface } = require('readline');
const { performance } = require('perf_hooks');

const port = process.argv[2];
const window = Number(process.argv[process.argv.indexOf('--window') + 1]);
const WARM_UP = 1;
const LEAD_IN = 0.005;
const REST = 'er 4711 has been sent and will arrive tomorrow between 10 and 12. ' + 'x'.repeat(46);
const session = smpp.connect({ url: `smpp://127.0.0.1:${port}` });
let number = 0;

function message() {
  const own = String(number++).padStart(8, '0');
  return {
    source_addr_ton: 5,
    source_addr: 'Shop',
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: `7916${own.slice(-7)}`,
    short_message: Buffer.from(own + REST),
  };
}

function work(seconds, done) {
  const end = performance.now() + seconds * 1e3;
  let messages = 0;
  let underWay = window;
  function answered() {
    messages++;
    if (performance.now() < end) session.submit_sm(message(), answered);
    else if (!--underWay) done(messages);
  }
  for (let i = 0; i < window; i++) session.submit_sm(message(), answered);
}

session.on('error', (error) => {
  console.error(String(error));
  process.exit(1);
});
session.bind_transceiver({ system_id: 'bench', password: 'secret' }, () => {
  work(WARM_UP, () => {
    console.log('ready');
    const lines = createInterface({ input: process.stdin });
    lines.on('line', (line) => work(LEAD_IN, () => {
      const wall = performance.now();
      const cpu = process.cpuUsage();
      work(Number(line), (messages) => {
        const { user, system } = process.cpuUsage(cpu);
        console.log(JSON.stringify([(user + system) / 1e6, (performance.now() - wall) / 1e3, messages]));
      });
    }));
    lines.on('close', () => process.exit(0));
  });
});
