"""Ports, their connections, and how they close."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme
from listener_doubles import SUBMIT, Handler, Link, Wire
from scripted import turns, until

from pdu import SubmitSmResp, Unbind, UnbindResp, encode
from smsc_async.listener import Listener
from smsc_async.listener.connection import Connection
from smsc_async.session import EndReason

if TYPE_CHECKING:
    from pathlib import Path


def now() -> float:
    """Return the time of the loop."""
    return asyncio.get_running_loop().time()


async def test_clients_have_a_session_each(
    listener: Listener[Link], handler: Handler, wire: Wire
) -> None:
    """Requests of one don't reach the link of another."""
    async with Wire.open(listener.port) as other:
        await other.bind()
        await other.send(SUBMIT)
        await until(lambda: handler.links[1].requests)

        assert f"<Listener port {listener.port}, 2 connections>" == repr(listener)
    assert [] == handler.links[0].requests
    assert ["127.0.0.1"] * 2 == [link.host for link in handler.links]
    await wire.send(Unbind())
    assert isinstance(await wire.read(), UnbindResp)


async def test_tls_is_served(handler: Handler) -> None:
    """The context is the caller's."""
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    listener = Listener(handler, now)
    await listener.listen("127.0.0.1", 0, server)
    wire = Wire(*await asyncio.open_connection("127.0.0.1", listener.port, ssl=client))
    await wire.bind()
    await listener.close()

    assert await wire.is_closed()
    wire.writer.close()


async def test_unix_socket_is_served_beside_a_port(
    listener: Listener[Link], handler: Handler, tmp_path: Path
) -> None:
    """Its clients have no address; its file goes with it."""
    path = tmp_path / "smsc.sock"
    await listener.listen_unix(str(path))
    async with Wire.open_unix(str(path)) as wire, Wire.open(listener.port) as other:
        await wire.bind()
        await other.bind()
        assert {"", "127.0.0.1"} == {link.host for link in handler.links}
        assert 0o600 == path.stat().st_mode & 0o777
        await listener.close()

    assert not path.exists()


async def test_connection_beyond_the_limit_is_closed_at_once(handler: Handler) -> None:
    """The handler never hears of it; when one has gone, the next is served."""
    listener = Listener(handler, now, max_connections=1)
    await listener.listen("127.0.0.1", 0)
    async with Wire.open(listener.port) as first:
        await first.bind()
        async with Wire.open(listener.port) as second:
            assert await second.is_closed()
        assert 1 == len(handler.links)
    await until(lambda: handler.disconnected)
    async with Wire.open(listener.port) as third:
        await third.bind()
    await listener.close()


async def test_handler_acts_by_its_deadline(
    listener: Listener[Link], handler: Handler, wire: Wire
) -> None:
    """The deadline is read after every flush."""
    await wire.send(SUBMIT)
    await until(lambda: handler.link.requests)
    handler.deadline = due = now() + 0.02
    listener.plan_flush()

    assert isinstance(await wire.read(), SubmitSmResp)
    assert due <= handler.advanced[0]


async def test_tick_runs_what_is_due_by_a_clock_of_ones_own(handler: Handler) -> None:
    """Sessions and handler alike; no timer of the loop is near."""
    at = 1.0
    listener = Listener(handler, lambda: at)
    await listener.listen("127.0.0.1", 0)
    async with Wire.open(listener.port) as wire:
        await until(lambda: handler.links)
        at += 11.0
        listener.tick()
        assert await wire.is_closed()
    await listener.close()

    assert [12.0] == handler.advanced
    assert handler.link.end is not None
    assert EndReason.BIND_OVERDUE is handler.link.end.reason


async def test_observer_is_called_once_after_the_writes(
    listener: Listener[Link], handler: Handler, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Callers that wait go on when the client has its answers."""
    await wire.send(SUBMIT)
    await until(lambda: handler.link.requests)
    await turns(2)
    order: list[str] = []
    flush, on_flushed = Connection.flush, handler.on_flushed

    def recorded_flush(connection: Connection[Link]) -> None:
        """Note the flush of a connection."""
        flush(connection)
        order.append("written")

    def recorded_on_flushed() -> None:
        """Note the call of the observer."""
        on_flushed()
        order.append("observed")

    monkeypatch.setattr(Connection, "flush", recorded_flush)
    monkeypatch.setattr(handler, "on_flushed", recorded_on_flushed)
    handler.answer(handler.link, now())
    listener.plan_flush()
    listener.plan_flush()
    await turns(2)

    assert ["written", "observed"] == order


async def test_link_that_has_gone_may_still_be_named(
    listener: Listener[Link], handler: Handler, wire: Wire
) -> None:
    """A delayed answer of a handler comes too late: its link isn't open any more."""
    await wire.send(SUBMIT)
    await until(lambda: handler.link.requests)
    wire.writer.transport.abort()
    await until(lambda: handler.disconnected)
    handler.answer(handler.link, now())
    before = handler.flushed
    listener.plan_flush()
    await turns(2)

    assert before + 1 == handler.flushed


async def test_drained_clients_are_unbound_and_answered(
    listener: Listener[Link], handler: Handler, wire: Wire
) -> None:
    """Requests that are on their way when the unbind comes are still processed."""
    async with Wire.open(listener.port) as unbound:
        await until(lambda: len(handler.links) == 2)
        drained = asyncio.create_task(listener.drain(5.0))
        assert await unbound.is_closed()
    unbind = await wire.read()
    assert isinstance(unbind, Unbind)
    await wire.send(SUBMIT)
    await until(lambda: handler.links[0].requests)
    handler.answer(handler.links[0], now())
    listener.plan_flush()
    assert isinstance(await wire.read(), SubmitSmResp)
    assert not drained.done()
    wire.writer.write(encode(UnbindResp(), sequence_number=unbind.sequence_number))
    await drained

    assert await wire.is_closed()
    assert not listener.connections
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", listener.port)


async def test_drain_waits_no_longer_than_it_may(
    listener: Listener[Link], handler: Handler, wire: Wire
) -> None:
    """A client that doesn't answer the unbind is left for `close`."""
    began = now()
    await listener.drain(0.05)

    assert 0.05 <= now() - began < 1.0
    assert 1 == len(listener.connections)
    await listener.close()
    assert not listener.connections
    assert [handler.link] == handler.disconnected
    assert isinstance(await wire.read(), Unbind)


async def test_closing_writes_what_is_ready(
    listener: Listener[Link], handler: Handler, wire: Wire
) -> None:
    """And nothing afterwards; closing twice does no harm."""
    await wire.send(SUBMIT)
    await until(lambda: handler.link.requests)
    handler.answer(handler.link, now())
    await listener.close()
    before = handler.flushed
    listener.plan_flush()
    await listener.close()
    await turns(2)

    assert isinstance(await wire.read(), SubmitSmResp)
    assert await wire.is_closed()
    assert before == handler.flushed
