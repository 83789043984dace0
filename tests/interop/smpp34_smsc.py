"""An SMSC on PyPI's `smpp34` for one test; it prints what it receives as lines of JSON.

Rule: it ends when its standard input is closed, or after LIFE seconds. Its first line is
`{"listening": port}`. It accepts any password, responds with hexadecimal ids, and writes the same
ids in decimal into receipts, which sometimes overtake the responses.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import threading

import smpp34

LIFE = float(os.environ.get("LIFE", "60"))
RECEIPT = (
    "id:{id} sub:001 dlvrd:001 submit date:2611221200 done date:2611221201 "
    "stat:DELIVRD err:000 text:"
)


def tell(**line: object) -> None:
    """Print one line for the test to read."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def end_with_stdin() -> None:
    """End the process when the test that started it has ended."""
    sys.stdin.read()
    os._exit(0)


def free_port() -> int:
    """Return a free port; the server can't choose one itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def answer(session: smpp34.Esme, submit: smpp34.SubmitSmEvent, number: int) -> None:
    """Accept one message and send its receipt, if it requests one."""
    message_id = f"{number:08X}"
    tell(
        event="submit_sm",
        message_id=message_id,
        destination_addr=submit.destination_addr,
        data_coding=submit.data_coding,
        esm_class=submit.esm_class,
        short_message=submit.short_message.hex(),
    )
    submit.accept(message_id=message_id)
    if submit.registered_delivery & 1:
        response = await session.deliver_sm(
            source_addr=submit.destination_addr,
            destination_addr=submit.source_addr,
            esm_class=4,
            short_message=RECEIPT.format(id=number).encode(),
        )
        tell(event="deliver_sm_resp", command_status=response.command_status)


async def serve() -> None:
    """Serve clients until the process ends."""
    port = free_port()
    server = smpp34.Server(host="127.0.0.1", port=port, system_id="SMPP34")
    await server.start()
    tell(listening=port)
    sessions: dict[str, smpp34.Esme] = {}
    number = 0x1F  # the first id is 00000020, which is 32 in decimal: they do differ
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            sessions[event.session_id] = event
            tell(event="bound")
        elif isinstance(event, smpp34.SubmitSmEvent):
            number += 1
            await answer(sessions[event.session_id], event, number)
        else:
            tell(event=type(event).__name__.lower())


if __name__ == "__main__":
    threading.Thread(target=end_with_stdin, daemon=True).start()
    asyncio.run(asyncio.wait_for(serve(), LIFE))
