"""Driver of rusmppyc (Rust behind Python's asyncio).

    PYTHONPATH=benchmarks python benchmarks/peers/drive_rusmppyc.py PORT [--window N] [--rate N]

Rule: rusmppyc has no window, so the number of callers limits the requests in flight. A call without
an answer ends by rusmppyc's own timeout, which ends the run, and the table shows that.
"""

from __future__ import annotations

import asyncio

from measuring import LOGIN, PASSWORD, SENDER, TEXT, Clock, arguments, measure, recipient, start
from rusmppyc import Client, InterfaceVersion, Npi, Ton

ASKED = arguments(__doc__).parse_args()


async def main() -> None:
    """Measure as the options say and print the figures."""
    client, events = await Client.connect(
        f"smpp://127.0.0.1:{ASKED.port}", interface_version_check=False
    )

    async def read() -> None:
        """Read its events, as its manual requires."""
        async for _ in events:
            pass

    reading = asyncio.create_task(read())
    await client.bind_transceiver(
        system_id=LOGIN, password=PASSWORD, interface_version=InterfaceVersion.Smpp3_4()
    )
    name, number_, isdn = Ton.Alphanumeric(), Ton.International(), Npi.Isdn()

    async def send(number: int) -> None:
        """Send one message."""
        await client.submit_sm(
            destination_addr=recipient(number),
            short_message=TEXT.encode(),
            source_addr=SENDER,
            source_addr_ton=name,
            dest_addr_ton=number_,
            dest_addr_npi=isdn,
        )

    (await measure(send, Clock("rusmppyc", ASKED.window), ASKED)).show()
    await client.unbind()
    reading.cancel()


if __name__ == "__main__":
    start(main)
