"""Driver of smpp34 (Rust behind Python's asyncio).

    PYTHONPATH=benchmarks python benchmarks/peers/drive_smpp34.py PORT [--window N] [--rate N]

Rule: written as in its manual; smpp34 itself keeps the window.
"""

from __future__ import annotations

from measuring import LOGIN, PASSWORD, SENDER, TEXT, Clock, arguments, measure, recipient, start
from smpp34 import Client

ASKED = arguments(__doc__).parse_args()


async def main() -> None:
    """Measure as the options say and print the figures."""
    smsc = await Client(
        "127.0.0.1", ASKED.port, LOGIN, PASSWORD, bind_type="TRX", window_size=ASKED.window
    ).connect()

    async def send(number: int) -> None:
        """Send one message."""
        await smsc.submit_sm(
            recipient(number),
            TEXT.encode(),
            source_addr=SENDER,
            source_addr_ton=5,
            dest_addr_ton=1,
            dest_addr_npi=1,
        )

    (await measure(send, Clock("smpp34", ASKED.window), ASKED)).show()
    await smsc.unbind()


if __name__ == "__main__":
    start(main)
