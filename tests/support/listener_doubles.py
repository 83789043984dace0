"""A handler that accepts every bind, and clients on loopback sockets."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Self

import pytest

from pdu import (
    BindTransceiver,
    BindTransceiverResp,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    decode,
    encode,
)
from smsc_async.session import (
    BindRequested,
    Event,
    LinkEnded,
    RequestReceived,
    ResponseReceived,
    SessionLimits,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from smsc_async.listener import Accepted
    from smsc_async.session import Session

SUBMIT = SubmitSm(destination_addr="79991234567", short_message=b"Code 4821")


class Link:
    """What the handler keeps for a connection."""

    def __init__(self, session: Session, host: str) -> None:
        self.session = session
        self.host = host
        self.requests: list[Pdu] = []
        self.answers: list[int] = []
        self.end: LinkEnded | None = None

    def __repr__(self) -> str:
        return f"<Link {self.host}>"


class Handler:
    """Accepts binds, and notes requests without an answer.

    Attributes:
        on_accepted: Called with each new link.
    """

    def __init__(self) -> None:
        self.limits = SessionLimits(enquire_link_interval=None)
        self.links: list[Link] = []
        self.disconnected: list[Link] = []
        self.advanced: list[float] = []
        self.deadline: float | None = None
        self.changed: list[Link] = []
        self.flushed = 0
        self.calls = 0
        self.on_accepted: Callable[[Link, float], object] = lambda _link, _now: None

    @property
    def link(self) -> Link:
        """The newest link."""
        return self.links[-1]

    def session_limits(self) -> SessionLimits:
        """Return the limits."""
        return self.limits

    def on_connected(self, accepted: Accepted, now: float) -> Link:
        """Note the link."""
        self.links.append(Link(accepted.session, accepted.host))
        self.on_accepted(self.link, now)
        return self.link

    def on_events(self, link: Link, events: Iterable[Event], now: float) -> None:
        """Accept binds; note requests and the end."""
        self.calls += 1
        for event in events:
            match event:
                case BindRequested(pdu=pdu):
                    link.session.respond(pdu, BindTransceiverResp(system_id="SMSC"), now)
                case RequestReceived(pdu=pdu):
                    link.requests.append(pdu)
                case ResponseReceived(response=response):
                    link.answers.append(response.command_status)
                case LinkEnded():
                    link.end = event
                case _:
                    pytest.fail(f"unexpected {event!r}")

    def on_disconnected(self, link: Link, now: float) -> None:
        """Note it."""
        assert now
        self.disconnected.append(link)

    def answer(self, link: Link, now: float) -> None:
        """Answer all requests of a link."""
        for request in link.requests:
            link.session.respond(request, SubmitSmResp(message_id="1"), now)
        link.requests.clear()
        self.changed.append(link)

    def advance(self, now: float) -> None:
        """Answer all requests."""
        self.advanced.append(now)
        self.deadline = None
        for link in self.links:
            self.answer(link, now)

    def next_deadline(self) -> float | None:
        """Return the time of the answers."""
        return self.deadline

    def take_changed_links(self) -> list[Link]:
        """Return the links with answers."""
        changed, self.changed = self.changed, []
        return changed

    def on_flushed(self) -> None:
        """Count."""
        self.flushed += 1


class Wire:
    """A client's socket: sends PDUs, reads PDUs."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._number = 0

    @classmethod
    @asynccontextmanager
    async def open(cls, port: int) -> AsyncIterator[Self]:
        """Connect to a port of this machine."""
        async with cls(*await asyncio.open_connection("127.0.0.1", port))._closed() as wire:
            yield wire

    @classmethod
    @asynccontextmanager
    async def open_unix(cls, path: str) -> AsyncIterator[Self]:
        """Connect to a UNIX socket."""
        async with cls(*await asyncio.open_unix_connection(path))._closed() as wire:
            yield wire

    @asynccontextmanager
    async def _closed(self) -> AsyncIterator[Self]:
        """Close it at the end."""
        try:
            yield self
        finally:
            self.writer.close()
            with suppress(ConnectionError):
                await self.writer.wait_closed()

    async def send(self, *pdus: Pdu) -> None:
        """Write requests in one piece."""
        octets = b""
        for pdu in pdus:
            self._number += 1
            octets += encode(pdu, sequence_number=self._number)
        self.writer.write(octets)
        await self.writer.drain()

    async def read(self) -> Pdu:
        """Read one PDU."""
        head = await self.reader.readexactly(4)
        return decode(head + await self.reader.readexactly(int.from_bytes(head, "big") - 4))

    async def bind(self) -> None:
        """Bind as a transceiver."""
        await self.send(BindTransceiver(system_id="shop"))
        assert isinstance(await self.read(), BindTransceiverResp)

    async def is_closed(self) -> bool:
        """Wait for the end of the connection; return whether nothing came before it."""
        try:
            return not await self.reader.read()
        except ConnectionError:
            return True
