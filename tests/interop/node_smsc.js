// An SMSC on npm's `smpp`, for one test: it prints what it receives, one JSON object per line.
//
// Rule: it lives no longer than its standard input, nor than LIFE seconds. The first line
// is {"listening": port}. The password "bad" is refused; a message that asks for a receipt
// gets one after its response. It listens at PORT, or where there is room.
'use strict';
const smpp = require('smpp');

const LIFE = Number(process.env.LIFE || 60);
const tell = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const hex = (octets) => Buffer.from(octets).toString('hex');
let accepted = 0;

function bind(session, pdu) {
  tell({ event: pdu.command, system_id: pdu.system_id, system_type: pdu.system_type });
  if (pdu.password === 'bad') {
    session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
    return;
  }
  session.send(pdu.response({ system_id: 'NODE', sc_interface_version: 0x34 }));
}

function receipt(session, pdu, id) {
  session.deliver_sm({
    esm_class: 4,
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    receipted_message_id: id,
    message_state: 2,
    short_message: Buffer.from(
      `id:${id} sub:001 dlvrd:001 submit date:2611221200 ` +
      'done date:2611221201 stat:DELIVRD err:000 text:'),
  }, (response) => tell({ event: response.command, command_status: response.command_status }));
}

function submit(session, pdu) {
  const id = String(100 + ++accepted);
  const { message, udh } = pdu.short_message;
  tell({
    event: pdu.command,
    message_id: id,
    source_addr: pdu.source_addr,
    destination_addr: pdu.destination_addr,
    data_coding: pdu.data_coding,
    esm_class: pdu.esm_class,
    text: Buffer.isBuffer(message) ? null : message,
    udh: (udh || []).map(hex),
  });
  session.send(pdu.response({ message_id: id }));
  if (pdu.registered_delivery & 1) setTimeout(receipt, 20, session, pdu, id);
}

const server = smpp.createServer({}, (session) => {
  session.on('error', (error) => tell({ event: 'error', reason: String(error) }));
  session.on('close', () => tell({ event: 'close' }));
  for (const mode of ['bind_transceiver', 'bind_receiver', 'bind_transmitter']) {
    session.on(mode, (pdu) => bind(session, pdu));
  }
  session.on('submit_sm', (pdu) => submit(session, pdu));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    tell({ event: pdu.command });
    session.send(pdu.response());
    session.close();
  });
});

process.stdin.resume().on('end', () => process.exit(0));
setTimeout(() => process.exit(0), 1000 * LIFE);
server.listen(Number(process.env.PORT || 0), '127.0.0.1', () => tell({ listening: server.address().port }));
