"""Driver of smpplib (Python, blocking sockets).

    PYTHONPATH=benchmarks python benchmarks/peers/drive_smpplib.py PORT [--window N]

Rule: smpplib has no window, but separate calls for sending and reading. The driver sends until the
window is full, then reads one response for each message that it sends.
"""

from __future__ import annotations

import logging
import sys
import time

import smpplib.client
from measuring import LOGIN, PASSWORD, SENDER, TEXT, WARM_UP, Clock, arguments, recipient

ASKED = arguments(__doc__).parse_args()


def main() -> None:
    """Measure and print the figures."""
    logging.disable(logging.CRITICAL)
    client = smpplib.client.Client("127.0.0.1", ASKED.port, timeout=5)
    clock = Clock("smpplib", ASKED.window)
    called: dict[int, float] = {}

    def answered(pdu: smpplib.client.smpp.pdu.PDU, **_: object) -> None:
        """Process a response."""
        clock.latencies.append(time.perf_counter() - called.pop(pdu.sequence))

    client.set_message_sent_handler(answered)
    client.connect()
    client.bind_transceiver(system_id=LOGIN, password=PASSWORD)

    def run(first: int, count: int) -> None:
        """Send *count* messages, at most *window* of them in flight."""
        end = time.perf_counter() + ASKED.seconds
        for number in range(first, first + count):
            while len(called) >= ASKED.window:
                client.read_once()
            began = time.perf_counter()
            pdu = client.send_message(
                source_addr_ton=5,
                source_addr=SENDER,
                dest_addr_ton=1,
                dest_addr_npi=1,
                destination_addr=recipient(number),
                short_message=TEXT.encode(),
            )
            called[pdu.sequence] = began
            if began > end:
                break
        while called:
            client.read_once()

    run(0, WARM_UP)
    clock.restart()
    run(WARM_UP, ASKED.count)
    clock.figures().show()
    client.unbind()
    client.disconnect()


if __name__ == "__main__":
    if ASKED.rate:
        sys.exit("a blocking client has no calls under way that could be paced")
    main()
