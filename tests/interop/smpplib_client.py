"""A client on PyPI's `smpplib`, for one test; it prints what it does as lines of JSON.

Rule: it lives no longer than LIFE seconds. It binds to PORT with PASSWORD, submits what each line
of its standard input describes, answers DELIVERIES deliver_sm, and unbinds.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

import smpplib.client
import smpplib.command
import smpplib.exceptions

LIFE = float(os.environ.get("LIFE", "60"))
DELIVERIES = int(os.environ["DELIVERIES"])


def report(**line: object) -> None:
    """Print one line for the test to read."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


class Customer:
    """The client and what it has received.

    Args:
        port: Of the SMSC on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.client = smpplib.client.Client("127.0.0.1", port, allow_unknown_opt_params=True)
        self.client.set_message_sent_handler(self.responded)
        # It raises by default; the handler above is called all the same.
        self.client.set_error_pdu_handler(lambda _: None)
        self.client.set_message_received_handler(self.received)
        self.responses = self.deliveries = 0

    def responded(self, pdu: Any) -> None:  # noqa: ANN401 - smpplib has no types
        """Report a submit_sm_resp."""
        message_id = getattr(pdu, "message_id", None) or b""
        report(
            event=pdu.command,
            command_status=pdu.status,
            message_id=message_id.decode("ascii"),
        )
        self.responses += 1

    def received(self, pdu: Any) -> int:  # noqa: ANN401 - smpplib has no types
        """Report a deliver_sm; smpplib answers it."""
        receipted = getattr(pdu, "receipted_message_id", None)
        report(
            event="deliver_sm",
            esm_class=pdu.esm_class,
            source_addr=pdu.source_addr.decode("ascii"),
            destination_addr=pdu.destination_addr.decode("ascii"),
            data_coding=pdu.data_coding,
            short_message=pdu.short_message.hex(),
            receipted_message_id=receipted.decode("ascii") if receipted else None,
        )
        self.deliveries += 1
        return 0

    def run(self) -> None:
        """Bind, submit, wait, unbind."""
        self.client.connect()
        try:
            bound = self.client.bind_transceiver(
                system_id="shop", password=os.environ["PASSWORD"], interface_version=0x34
            )
        except smpplib.exceptions.PDUError as error:
            report(event="bind", command_status=error.args[1], system_id=None)
            return
        report(event="bind", command_status=0, system_id=bound.system_id.decode("ascii"))
        for number, line in enumerate(sys.stdin, start=1):
            fields = json.loads(line)
            fields["short_message"] = bytes.fromhex(fields["short_message"])
            self.client.send_message(**fields)
            while self.responses < number:
                self.client.read_once()
        while self.deliveries < DELIVERIES:
            self.client.read_once()
        unbound = self.client.unbind()
        report(event="unbind_resp", command_status=unbound.status)
        self.client.disconnect()


if __name__ == "__main__":
    timer = threading.Timer(LIFE, os._exit, [0])
    timer.daemon = True
    timer.start()
    Customer(int(os.environ["PORT"])).run()
