"""A test lab with faulty links; each test must leave no task, socket or timer behind.

Rule: whatever a test does in here, at its end no slot is taken, no task runs, no socket is open,
no timer would ring and the event loop has nothing to complain of.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scripted import Gateway, Peer, until

from smsc_async import GatewayLimits, SendError, Sms, SmscClient
from smsc_async.link import Link
from smsc_async.link import connect as transport

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Callable
    from random import Random
    from types import TracebackType

    import pytest

    from smsc_async import Receipt, Submission

LONGEST_PAUSE = 0.003
"""Seconds that a restless gateway waits at most between two pieces of what it writes."""

PATIENCE = 30.0
"""Seconds that a client may be in use: a test that hangs is a test that fails."""


def sms(number: int = 0, text: str = "hello") -> Sms:
    """Make a message; its recipient contains *number*."""
    return Sms(to=f"7999{number:07d}", text=text)


def client_of(url: str, **settings: Any) -> SmscClient:  # noqa: ANN401 - what a client takes
    """Make a client that no rule of the gateway holds back: those have tests of their own."""
    return SmscClient(url, limits=GatewayLimits.off(), **settings)


def frame(
    command_id: int, status: int, number: int, body: bytes = b"", *, length: int | None = None
) -> bytes:
    """Draw a PDU; *length* is what its `command_length` says where that isn't true."""
    size = 16 + len(body) if length is None else length
    return b"".join(field.to_bytes(4, "big") for field in (size, command_id, status, number)) + body


def open_sockets() -> int:
    """Count the open sockets of this process; 0 on systems without /proc."""
    found = 0
    with suppress(FileNotFoundError):
        for entry in os.scandir("/proc/self/fd"):
            with suppress(OSError):
                found += str(Path(entry.path).readlink()).startswith("socket:")
    return found


def other_tasks() -> set[asyncio.Task[Any]]:
    """Return the tasks of the loop but the one that asks."""
    current = asyncio.current_task()
    return {task for task in asyncio.all_tasks() if task is not current}


def timers() -> list[Any]:
    """Return the timers of the loop that would still ring."""
    loop: Any = asyncio.get_running_loop()
    return [handle for handle in loop._scheduled if not handle.cancelled()]


class RestlessPeer(Peer):
    """Writes its octets in pieces of any size, with pauses of any length between them."""

    def __init__(self, gateway: Gateway, chance: Random) -> None:
        super().__init__(gateway)
        self._chance = chance
        self._pieces: deque[bytes] = deque()
        self._next: asyncio.TimerHandle | None = None
        self._hangs_up = False

    def raw(self, octets: bytes) -> None:
        """Queue any octets."""
        while octets:
            cut = self._chance.choice((1, 4, 16, 17, len(octets), len(octets)))
            self._pieces.append(octets[:cut])
            octets = octets[cut:]
        self._plan()

    def hang_up(self) -> None:
        """Close the connection when all that was written has left."""
        self._hangs_up = True
        if not self._pieces:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Write no more."""
        super().connection_lost(exc)
        self._pieces.clear()
        if self._next is not None:
            self._next.cancel()

    def _plan(self) -> None:
        """Write the next piece after a pause, unless that is planned."""
        if self._next is None and not self.is_closed:
            # Short pauses more often than long ones, or a hundred rounds take an hour.
            pause = LONGEST_PAUSE * self._chance.random() ** 4
            self._next = asyncio.get_running_loop().call_later(pause, self._write_piece)

    def _write_piece(self) -> None:
        """Write one piece; hang up behind the last one if that is wanted."""
        self._next = None
        for _ in range(self._chance.randrange(1, 4)):
            if self._pieces:
                self.transport.write(self._pieces.popleft())
        if self._pieces:
            self._plan()
        elif self._hangs_up:
            self.transport.close()


class LabGateway(Gateway):
    """An SMSC that is punctual, or restless where it is given a chance."""

    def __init__(self, chance: Random | None, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls=tls)
        self._chance = chance

    def connected(self) -> Peer:
        """Make the other side of a connection."""
        return Peer(self) if self._chance is None else RestlessPeer(self, self._chance)


class Lab:
    """A scripted SMSC, clients of it, and the account at the end.

    Args:
        monkeypatch: Lets the lab see every link that is made.
        chance: For random timing; None is punctual.
        tls: A server's context.
    """

    several = False
    """Whether links may overlap: of several clients, or of one with several binds."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        chance: Random | None = None,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.gateway = LabGateway(chance, tls=tls)
        self.links: list[Link] = []
        self.complaints: list[dict[str, Any]] = []
        links = self.links
        self._monkeypatch = monkeypatch

        class NotedLink(Link):
            """A link that is registered in the lab."""

            def __init__(self, *args: Any) -> None:  # noqa: ANN401 - whatever a link takes
                super().__init__(*args)
                links.append(self)

        monkeypatch.setattr(transport, "Link", NotedLink)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._tasks, self._timers = other_tasks(), set(timers())
        self._sockets = open_sockets()
        self._connect = loop.create_connection
        self._monkeypatch.setattr(loop, "create_connection", self._connecting)
        loop.set_exception_handler(lambda _, context: self.complaints.append(context))
        await self.gateway.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.gateway.__aexit__(exc_type, exc, traceback)
        if exc_type is None:
            await self.account()

    async def _connecting(self, *args: Any, **settings: Any) -> Any:  # noqa: ANN401 - what a loop takes and gives
        """Connect; by now the socket of the link before must be closed."""
        assert all(link._closed.done() for link in self.links) or self.several
        return await self._connect(*args, **settings)

    @asynccontextmanager
    async def client(self, query: str = "", **settings: Any) -> AsyncGenerator[SmscClient]:  # noqa: ANN401 - what a client takes
        """Use a client; all that it owes must be settled before it is left, and in time."""
        async with (
            asyncio.timeout(PATIENCE),
            client_of(self.gateway.url(query), **settings) as smsc,
        ):
            yield smsc
            await until(lambda: (0, 0) == smsc.stats()[2:4])

    async def lives(self, smsc: SmscClient, *, links: int = 1) -> Submission[Receipt]:
        """Assert that a message is accepted on the link of this number, counted from 1."""
        submission = await smsc.send(sms(9_999_999))
        assert links == smsc.stats().connects
        return submission

    async def account(self) -> None:
        """Assert that nothing is left."""
        with suppress(TimeoutError):
            await until(lambda: self._sockets == open_sockets() and self._tasks == other_tasks())
        assert [] == [context.get("message") for context in self.complaints]
        assert [] == [peer.garbage for peer in self.gateway.peers if peer.garbage]
        assert [] == [link for link in self.links if link.session.window.in_flight]
        assert [] == [link for link in self.links if link.session.window._control]
        assert self._tasks == other_tasks()
        assert self._sockets == open_sockets()
        assert set() == set(timers()) - self._timers


async def fate(smsc: SmscClient, message: Sms) -> SendError | str:
    """Send a message; return its id, or the error that tells its outcome."""
    try:
        return (await smsc.send(message)).message_id
    except SendError as error:
        return error


def answering(octets: Callable[[int], bytes]) -> Callable[[Peer, Any], None]:
    """Make a hook that answers with octets drawn for the request's number."""
    return lambda peer, request: peer.raw(octets(request.sequence_number))
