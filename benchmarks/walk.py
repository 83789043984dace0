"""The walk of a message: the Python calls of one send with its response, and of one receipt.

Run it as `python benchmarks/walk.py [-v]`; -v lists the calls. A call is a Python frame of `pdu`,
`smsc_async` or of their generated functions; a change of file is a call in another file than the
call before it. Both ends run in one process, the gateway's end outside of the profile.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pdu
import smsc_async
from pdu import RESPONSES, DeliverSm, FrameBuffer, SubmitSm, SubmitSmResp, decode, encode
from smsc_async import GatewayLimits, Sms, SmscClient

if TYPE_CHECKING:
    from types import FrameType

ROOTS = tuple(str(Path(str(package.__file__)).parent) for package in (pdu, smsc_async))
WARM_UP = 300
"""Messages before the one that is counted: everything that is made once is made."""

RECEIPT = "id:{} sub:001 dlvrd:001 submit date:2611291200 done date:2611291201 stat:DELIVRD err:000"


class Gateway(asyncio.Protocol):
    """Accepts every message; the profile is off while it works."""

    def __init__(self) -> None:
        self._buffer = FrameBuffer()
        self._transport: asyncio.Transport | None = None
        self.ids = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Respond to every request."""
        profile = sys.getprofile()
        sys.setprofile(None)
        for frame in self._buffer.feed(data):
            request = decode(frame)
            number = request.sequence_number
            if isinstance(request, SubmitSm):
                self.ids += 1
                self.write(encode(SubmitSmResp(sequence_number=number, message_id=str(self.ids))))
            elif type(request) in RESPONSES:
                self.write(encode(RESPONSES[type(request)](), sequence_number=number))
        sys.setprofile(profile)

    def write(self, octets: bytes) -> None:
        """Write octets to the client."""
        assert self._transport is not None
        self._transport.write(octets)

    def receipt(self) -> bytes:
        """Return the receipt of the newest message."""
        text = RECEIPT.format(self.ids).encode()
        return encode(DeliverSm(sequence_number=self.ids, esm_class=4, short_message=text))


class Walk:
    """Counts calls while it is entered."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def __enter__(self) -> None:
        sys.setprofile(self._on_event)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _on_event(self, frame: FrameType, event: str, _: object) -> None:
        """Note a call."""
        file = frame.f_code.co_filename
        is_generated = file.startswith("<") and not file.startswith("<frozen")
        if event == "call" and (is_generated or file.startswith(ROOTS)):
            self.calls.append((file, frame.f_code.co_qualname))

    def report(self, name: str, *, is_verbose: bool) -> None:
        """Print the figures, and the calls if asked for."""
        files = [file for file, _ in self.calls]
        changes = sum(one != other for one, other in pairwise(files))
        print(f"{name}: {len(files)} calls, {len(set(files))} files, {changes} changes of file")
        for file, function in self.calls if is_verbose else ():
            print(f"    {file.removeprefix(str(Path(ROOTS[0]).parent))}  {function}")


def message(number: int) -> Sms:
    """Return a message; all have the same lengths."""
    return Sms(to=f"7999{number:07d}", text=f"Your code is {number:06d}", sender="Shop")


async def main() -> None:
    """Warm up, then walk once with each."""
    is_verbose = "-v" in sys.argv[1:]
    gateway = Gateway()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: gateway, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"smpp://shop:secret@127.0.0.1:{port}?window=100"
    async with SmscClient(url, limits=GatewayLimits(rate=None)) as smsc:
        for number in range(WARM_UP):
            sent = await smsc.send(message(number))
            gateway.write(gateway.receipt())
            await sent.receipt(timeout=10)
        sending, last = Walk(), message(WARM_UP)
        with sending:
            sent = await smsc.send(last)
        waiting = asyncio.ensure_future(sent.receipt(timeout=10))
        octets = gateway.receipt()
        await asyncio.sleep(0.01)
        receiving = Walk()
        with receiving:
            gateway.write(octets)
            await waiting
    server.close()
    sending.report("a send with its response", is_verbose=is_verbose)
    receiving.report("a receipt", is_verbose=is_verbose)


if __name__ == "__main__":
    asyncio.run(main())
