"""One connection: what is read and written, and how it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from idle_clock import pass_time
from listener_doubles import SUBMIT, Handler, Link, Wire
from scripted import turns, until

from pdu import (
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    encode,
)
from smsc_async.listener import Connection, Listener
from smsc_async.listener.connection import MAX_UNREAD
from smsc_async.session import EndReason, SessionLimits

ENQUIRE_LINK = bytes.fromhex(
    "00000010"  # command_length 16
    "00000015"  # command_id     enquire_link
    "00000000"  # command_status ESME_ROK
    "00000009"  # sequence_number 9
)


def now() -> float:
    """Return the time of the loop."""
    return asyncio.get_running_loop().time()


def _only(listener: Listener[Link]) -> Any:  # noqa: ANN401 - with its private names
    """Return the one connection of a listener."""
    (connection,) = listener.connections.values()
    return connection


class Writes:
    """Notes what a transport writes, and passes nothing on."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - as above
        self.written: list[bytes] = []
        self.buffered = 0
        self.is_aborted = False
        self._transport = connection._transport
        connection._transport = self

    def write(self, octets: bytes) -> None:
        """Note it."""
        self.written.append(octets)

    def get_write_buffer_size(self) -> int:
        """Return what the test says."""
        return self.buffered

    def abort(self) -> None:
        """Abort the real transport."""
        self.is_aborted = True
        self._transport.abort()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - of the transport
        return getattr(self._transport, name)


async def test_answer_may_come_at_any_time(
    listener: Listener[Link], handler: Handler, wire: Wire
) -> None:
    """A handler holds an answer by not giving it; enquire_link isn't held up by that."""
    await wire.send(SUBMIT, EnquireLink())
    assert isinstance(await wire.read(), EnquireLinkResp)
    handler.answer(handler.link, now())
    listener.plan_flush()

    assert isinstance(await wire.read(), SubmitSmResp)


async def test_all_answers_of_one_iteration_leave_in_one_write(
    listener: Listener[Link], handler: Handler, wire: Wire
) -> None:
    """Those to a read, and those that the handler gives by itself: one system call."""
    await wire.send(SUBMIT)
    await until(lambda: handler.link.requests)
    connection = _only(listener)
    writes = Writes(connection)
    handler.answer(handler.link, now())
    connection.data_received(ENQUIRE_LINK)
    connection.data_received(ENQUIRE_LINK)
    await turns(2)

    assert [18 + 16 + 16] == [len(octets) for octets in writes.written]


async def test_handler_may_refuse_a_connection(listener: Listener[Link], handler: Handler) -> None:
    """It closes the session at once: the client sees a connection that ends."""
    handler.on_accepted = lambda link, at: link.session.close(at)
    async with Wire.open(listener.port) as wire:
        assert await wire.is_closed()
    await until(lambda: handler.disconnected)

    assert not listener.connections


async def test_handler_may_cut_a_connection(
    listener: Listener[Link], handler: Handler, wire: Wire
) -> None:
    """At any time; what it has answered before still arrives."""
    await wire.send(SUBMIT)
    await until(lambda: handler.link.requests)
    handler.answer(handler.link, now())
    handler.link.session.close(now())
    listener.plan_flush()

    assert isinstance(await wire.read(), SubmitSmResp)
    assert await wire.is_closed()


async def test_unbound_client_gets_its_answer_and_the_end(wire: Wire) -> None:
    """The connection is closed after unbind_resp, by us."""
    await wire.send(Unbind())

    assert isinstance(await wire.read(), UnbindResp)
    assert await wire.is_closed()


async def test_lost_client_ends_its_session(
    listener: Listener[Link], handler: Handler, wire: Wire
) -> None:
    """Without an unbind: the handler learns what wasn't answered."""
    wire.writer.transport.abort()
    await until(lambda: handler.disconnected)

    assert handler.link.end is not None
    assert EndReason.LOST is handler.link.end.reason
    assert not listener.connections


async def test_client_that_does_not_read_is_not_read(
    listener: Listener[Link], handler: Handler, wire: Wire
) -> None:
    """Otherwise answers to it would fill the memory; a client that reads again is read again."""
    connection = _only(listener)
    connection.pause_writing()
    assert not connection._transport.is_reading()
    await wire.send(SUBMIT)
    await turns(20)
    assert not handler.link.requests
    connection.resume_writing()

    await until(lambda: handler.link.requests)


@pytest.mark.parametrize(("unread", "is_cut"), [(MAX_UNREAD, False), (MAX_UNREAD + 1, True)])
@pytest.mark.usefixtures("wire")
async def test_client_that_reads_nothing_at_all_is_cut(
    listener: Listener[Link], handler: Handler, unread: int, *, is_cut: bool
) -> None:
    """Answers that were held may be more than the octets it is paused at."""
    connection = _only(listener)
    writes = Writes(connection)
    writes.buffered = unread
    connection.data_received(ENQUIRE_LINK)
    await turns(5)

    assert (is_cut, is_cut) == (writes.is_aborted, bool(handler.disconnected))
    if handler.link.end is not None:
        assert EndReason.LOST is handler.link.end.reason
        assert "reads none of our answers" in str(handler.link.end.error)


async def test_unread_answer_is_not_overdue(listener: Listener[Link], handler: Handler) -> None:
    """The loop was held up; the answer is in the socket, behind more than one read returns."""
    handler.limits = SessionLimits(enquire_link_interval=None, response_timeout=1.0)
    async with Wire.open(listener.port) as wire:
        await wire.bind()
        connection = _only(listener)
        connection._transport.max_size = 16
        number = handler.link.session.request(DeliverSm(), now())
        connection.flush()
        answer = encode(DeliverSmResp(), sequence_number=number)
        wire.writer.write(ENQUIRE_LINK * 1500 + answer)
        pass_time(2.0)
        await until(lambda: handler.link.session.window.in_flight == 0)

    # An overdue answer fails in the handler.
    assert [0] == handler.link.answers


@pytest.mark.usefixtures("wire")
async def test_closing_has_an_end(
    listener: Listener[Link], handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that reads nothing would keep its socket open for ever."""
    connection = _only(listener)
    monkeypatch.setattr("smsc_async.listener.connection.CLOSING_TIMEOUT", 0.05)
    transport = connection._transport
    transport.pause_reading()
    transport.write(bytes(30_000_000))
    began = now()
    handler.link.session.close(began)
    connection.flush()
    connection.flush()
    assert transport.is_closing()
    await until(lambda: handler.disconnected, seconds=1.0)

    assert 0.05 <= now() - began


async def test_idle_client_is_cut_by_its_timer(listener: Listener[Link], handler: Handler) -> None:
    """The session has the limit, and the connection its one timer."""
    handler.limits = SessionLimits(enquire_link_interval=None, inactivity_timeout=0.05)
    async with Wire.open(listener.port) as wire:
        await wire.bind()
        assert await wire.is_closed()

    assert handler.link.end is not None
    assert EndReason.IDLE is handler.link.end.reason


async def test_client_is_read_before_it_is_called_idle(
    listener: Listener[Link], handler: Handler
) -> None:
    """The loop was held up, and what the client has sent in time is in the socket."""
    handler.limits = SessionLimits(enquire_link_interval=None, inactivity_timeout=10.0)
    async with Wire.open(listener.port) as wire:
        await wire.bind()
        wire.writer.write(ENQUIRE_LINK)
        pass_time(11.0)
        assert isinstance(await wire.read(), EnquireLinkResp)
        await turns(20)

        assert handler.link.end is None


async def test_tap_sees_all_octets(listener: Listener[Link], handler: Handler, wire: Wire) -> None:
    """In both directions, with the link and the time; without one nothing is noted."""
    seen: list[tuple[str, Link, int]] = []

    class Tap:
        """Notes lengths."""

        def on_received(self, link: Link, octets: bytes, at: float) -> None:
            """Note it."""
            assert at <= now()
            seen.append(("<", link, len(octets)))

        def on_sent(self, link: Link, octets: bytes, at: float) -> None:
            """Note it."""
            assert at <= now()
            seen.append((">", link, len(octets)))

        def on_closed(self, link: Link, at: float) -> None:
            """Note it."""
            assert at <= now()
            seen.append(("=", link, 0))

    tap = Tap()
    listener.tap = tap
    await wire.send(EnquireLink())
    await wire.read()
    listener.tap = None
    await wire.send(EnquireLink())
    await wire.read()
    listener.tap = tap
    await listener.close()

    assert [("<", handler.link, 16), (">", handler.link, 16), ("=", handler.link, 0)] == seen


@pytest.mark.usefixtures("wire")
async def test_connection_that_failed_while_it_was_made_has_a_repr(
    listener: Listener[Link],
) -> None:
    """Asyncio logs it, for instance after a TLS handshake that failed."""
    assert "<Connection None, <DeadlineTimer at inf>>" == repr(Connection(listener))
    assert repr(_only(listener)).startswith("<Connection <Link 127.0.0.1>, <DeadlineTimer at ")
