// A client on npm's `smpp`, for one test: it prints what it does, one JSON object per line.
//
// Rule: it lives no longer than LIFE seconds. It binds to PORT with PASSWORD, submits what each line
// of its standard input describes, answers DELIVERIES deliver_sm, and unbinds.
'use strict';
const readline = require('readline');
const smpp = require('smpp');

const LIFE = Number(process.env.LIFE || 60);
const DELIVERIES = Number(process.env.DELIVERIES);
const report = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const request = (session, command, fields) =>
  new Promise((answered) => session[command](fields, answered));
let delivered = 0;
let everythingDelivered = () => {};

function deliver(session, pdu) {
  const { message, udh } = pdu.short_message;
  report({
    event: pdu.command,
    esm_class: pdu.esm_class,
    source_addr: pdu.source_addr,
    destination_addr: pdu.destination_addr,
    data_coding: pdu.data_coding,
    text: String(message),
    parts: (udh || []).length,
    receipted_message_id: pdu.receipted_message_id || null,
    message_state: pdu.message_state === undefined ? null : pdu.message_state,
  });
  session.send(pdu.response());
  delivered += 1;
  if (delivered >= DELIVERIES) everythingDelivered();
}

async function run(session) {
  const login = { system_id: 'shop', password: process.env.PASSWORD, interface_version: 0x34 };
  const bound = await request(session, 'bind_transceiver', login);
  report({ event: 'bind', command_status: bound.command_status, system_id: bound.system_id });
  if (bound.command_status) { session.close(); return; }
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const fields = JSON.parse(line);
    fields.short_message = Buffer.from(fields.short_message, 'hex');
    const response = await request(session, 'submit_sm', fields);
    report({
      event: response.command,
      command_status: response.command_status,
      message_id: response.message_id || '',
    });
  }
  if (delivered < DELIVERIES) await new Promise((resolve) => { everythingDelivered = resolve; });
  const unbound = await request(session, 'unbind', {});
  report({ event: unbound.command, command_status: unbound.command_status });
  session.close();
}

const session = smpp.connect({ url: `smpp://127.0.0.1:${process.env.PORT}` }, () => run(session));
session.on('deliver_sm', (pdu) => deliver(session, pdu));
session.on('close', () => process.exit(0));
session.on('error', (error) => { report({ event: 'error', reason: String(error) }); process.exit(1); });
setTimeout(() => process.exit(0), 1000 * LIFE);
