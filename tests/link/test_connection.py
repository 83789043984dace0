"""One link on a real socket: what it writes, when, and how it ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from idle_clock import pass_time
from scripted import Gateway, Nobody, Peer, nothing, parts_of, turns, until

from pdu import (
    AlertNotification,
    BindTransceiver,
    DeliverSm,
    EnquireLink,
    Pdu,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    encode,
)
from smsc_async import (
    BindRefusedError,
    LinkLostError,
    RequestTimeoutError,
    Sms,
)
from smsc_async.config import Host
from smsc_async.link import connection
from smsc_async.link.connection import Link
from smsc_async.link.submit_job import PendingRequest, SubmitJob
from smsc_async.session import EndReason, LinkEnded, SessionLimits

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

BIND = BindTransceiver(system_id="shop", password="secret")
SMS = Sms(to="79991234567", text="hello")


class Noted:
    """A receiver that notes what it is told."""

    def __init__(self) -> None:
        self.requests: list[Pdu] = []
        self.unexpected_events: list[object] = []
        self.throttled_messages: list[tuple[SubmitJob[Any], int]] = []
        self.rooms = 0
        self.end: LinkEnded | None = None

    def requested(self, _link: Link, request: Pdu) -> None:
        """Note a request."""
        self.requests.append(request)

    def has_room(self, _link: Link) -> None:
        """Count."""
        self.rooms += 1

    def throttled(self, _link: Link, job: SubmitJob[Any], command_status: int) -> None:
        """Note what came too fast."""
        self.throttled_messages.append((job, command_status))

    def unexpected(self, _link: Link, event: object) -> None:
        """Note an event."""
        self.unexpected_events.append(event)

    def ended(self, _link: Link, end: LinkEnded) -> None:
        """Note the end; there is only one."""
        assert self.end is None
        self.end = end


class Wired:
    """A link, its receiver and the gateway it leads to."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.noted = Noted()

    async def link(self, **limits: float) -> Link:
        """Connect."""
        loop = asyncio.get_running_loop()
        _, link = await loop.create_connection(
            lambda: Link(
                Host("127.0.0.1", self.gateway.port),
                SessionLimits(**limits),  # type: ignore[arg-type]
                self.noted,
                loop.time,
            ),
            "127.0.0.1",
            self.gateway.port,
        )
        await until(lambda: self.gateway.peers)
        return link

    async def bound(self, **limits: float) -> tuple[Link, Peer]:
        """Connect and bind."""
        link = await self.link(**limits)
        await link.bind(BIND, "shop")
        return link, self.gateway.peer


@pytest.fixture
async def wired() -> AsyncGenerator[Wired]:
    """A gateway that behaves, and who makes links to it."""
    async with Gateway() as gateway:
        yield Wired(gateway)


def now() -> float:
    """Return the instant, of the links' clock."""
    return asyncio.get_running_loop().time()


def job(parts: int = 1) -> SubmitJob[Any]:
    """Make a message."""
    return SubmitJob(SMS, parts_of(parts), None, Nobody())


async def test_all_pdus_of_one_turn_leave_in_one_write(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write for each PDU is a system call for each PDU."""
    link, peer = await wired.bound()
    transport = link._transport
    assert transport is not None
    writes: list[bytes] = []
    write = transport.write

    def noted(data: bytes) -> None:
        """Note a write."""
        writes.append(data)
        write(data)

    monkeypatch.setattr(transport, "write", noted)
    message = job(3)
    while message.has_unsent_parts:
        link.submit(message, now())
    await until(lambda: message.is_finished)

    assert 1 == len(writes)
    assert 3 == len(peer.all(SubmitSm))
    assert ("1", "2", "3") == message.message_ids
    link.abort()
    await link.wait_closed()


async def test_refused_bind_is_told_with_its_status(wired: Wired) -> None:
    """A refusal isn't a timeout."""
    wired.gateway.on_bind = lambda peer, bind: peer.answer(bind, 0x0D)
    link = await wired.link()
    with pytest.raises(BindRefusedError) as caught:
        await link.bind(BIND, "shop")
    link.abort()
    await link.wait_closed()

    assert 0x0D == caught.value.command_status
    assert not link.is_bound


async def test_link_that_ended_before_the_bind_is_lost(wired: Wired) -> None:
    """Garbage came with the first octets; that is the gateway's mistake, not ours."""
    wired.gateway.on_connect = lambda peer: peer.raw(bytes(16))
    link = await wired.link()
    await until(lambda: wired.noted.end)
    with pytest.raises(LinkLostError, match="broke the protocol: command_length 0"):
        await link.bind(BIND, "shop")
    await link.wait_closed()


async def test_link_that_ended_in_the_read_of_its_bind_is_lost(wired: Wired) -> None:
    """Bound for no time at all: a keeper must not take it for a link."""

    def yes_and_goodbye(peer: Peer, bind: Pdu) -> None:
        """Say yes and goodbye in one breath."""
        peer.answer(bind)
        peer.write(Unbind(sequence_number=1))

    wired.gateway.on_bind = yes_and_goodbye
    link = await wired.link()
    with pytest.raises(LinkLostError, match="unbound by the peer"):
        await link.bind(BIND, "shop")
    await link.wait_closed()


async def test_what_comes_behind_the_bind_response_is_taken(wired: Wired) -> None:
    """In one segment with it: others closed the session, or never saw it."""

    def yes_and_deliver(peer: Peer, bind: Pdu) -> None:
        """Say yes and bring something."""
        peer.answer(bind)
        peer.write(DeliverSm(sequence_number=5, source_addr="79991234567"))

    wired.gateway.on_bind = yes_and_deliver
    link, _ = await wired.bound()
    await until(lambda: wired.noted.requests)
    link.abort()
    await link.wait_closed()

    assert [5] == [request.sequence_number for request in wired.noted.requests]


async def test_octets_that_trickle_make_no_difference(wired: Wired) -> None:
    """One octet at a time, a turn of the loop between them."""
    link, peer = await wired.bound()
    from pdu import encode  # noqa: PLC0415 - beside its only use

    for octet in encode(AlertNotification(sequence_number=3, source_addr="1", esme_addr="2")):
        peer.raw(bytes([octet]))
        await asyncio.sleep(0)
    await until(lambda: wired.noted.requests)
    link.abort()
    await link.wait_closed()

    assert isinstance(wired.noted.requests[0], AlertNotification)


async def test_loss_tells_every_waiter_once(wired: Wired) -> None:
    """Those in flight are UNKNOWN at once; a query gets a lost link."""
    wired.gateway.on_submit = nothing
    link, peer = await wired.bound()
    message = job(2)
    while message.has_unsent_parts:
        link.submit(message, now())
    future: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
    link.request(QuerySm(message_id="1"), PendingRequest("query_sm", future, None))
    await peer.got(QuerySm)
    peer.drop()
    await link.wait_closed()

    assert message.is_finished
    with pytest.raises(LinkLostError):
        await future
    assert wired.noted.end is not None
    assert EndReason.LOST is wired.noted.end.reason
    assert 0 == link.in_flight


async def test_query_is_answered_or_overdue(wired: Wired) -> None:
    """Its own timeout counts, and is named; a late response is noted, no more."""
    link, peer = await wired.bound()
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(2)]
    link.request(QuerySm(message_id="1"), PendingRequest("query_sm", futures[0], None))
    (query,) = await peer.got(QuerySm)
    peer.answer(query, message_id="1")
    assert isinstance(await futures[0], QuerySmResp)

    link.request(QuerySm(message_id="2"), PendingRequest("query_sm", futures[1], 0.01))
    with pytest.raises(RequestTimeoutError, match=r"query_sm got no response in 0\.0 s"):
        await futures[1]
    peer.answer(peer.all(QuerySm)[1], message_id="2")
    await until(lambda: wired.noted.unexpected_events)
    link.abort()
    await link.wait_closed()


async def test_garbled_response_ends_its_request_alone(wired: Wired) -> None:
    """A body that can't be read: what the gateway did is unknown, the link lives."""
    wired.gateway.on_submit = nothing
    link, peer = await wired.bound()
    message = job()
    link.submit(message, now())
    (submit,) = await peer.got(SubmitSm)
    # submit_sm_resp whose message_id never ends
    body = b"\xff" * 3
    peer.raw(
        (16 + len(body)).to_bytes(4, "big")
        + bytes.fromhex("80000004 00000000")
        + submit.sequence_number.to_bytes(4, "big")
        + body
    )
    await until(lambda: message.is_finished)

    assert link.is_bound
    assert message.failure is not None
    assert "could not be read" in str(message.failure)
    link.abort()
    await link.wait_closed()


async def test_unexpected_response_is_noted(wired: Wired) -> None:
    """An answer to nothing is harmless."""
    link, peer = await wired.bound()
    peer.write(SubmitSmResp(sequence_number=4242, message_id="x"))
    await until(lambda: wired.noted.unexpected_events)

    assert link.is_bound
    assert 0 == link.in_flight
    link.abort()
    await link.wait_closed()


async def test_socket_that_takes_no_more_stops_segments_not_the_session(wired: Wired) -> None:
    """It says so by pause_writing; what is written then waits in memory, so nothing is."""
    link, _ = await wired.bound()
    link.pause_writing()

    could = [link.room > 0]
    before = wired.noted.rooms
    link.resume_writing()
    could.append(link.room > 0)

    assert [False, True] == could
    assert before + 1 == wired.noted.rooms
    link.abort()
    await link.wait_closed()


@pytest.mark.takes_up_to(10, reason="thousands of requests are answered, in debug mode")
async def test_gateway_that_reads_no_answer_is_left(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its questions are answered into memory, up to a limit; then the link is lost, typed."""
    monkeypatch.setattr(connection, "MAX_UNREAD", 100_000)
    link, peer = await wired.bound()
    message = job()
    wired.gateway.on_submit = nothing
    link.submit(message, now())
    await wired.gateway.submitted()
    peer.transport.pause_reading()
    while not link.session.is_over:
        if not peer.transport.get_write_buffer_size():
            peer.raw(encode(EnquireLink(sequence_number=1)) * 4000)
        await turns(2)

    assert wired.noted.end is not None
    assert EndReason.LOST is wired.noted.end.reason
    assert message.failure is not None
    assert "the gateway reads none of our answers" == str(message.failure.__cause__)
    await link.wait_closed()


async def test_full_window_takes_nothing(wired: Wired) -> None:
    """`room` is what the manager asks before each part."""
    wired.gateway.on_submit = nothing
    link, _ = await wired.bound(window=1)
    link.submit(job(), now())

    assert 0 == link.room
    assert 1 == link.in_flight
    link.abort()
    await link.wait_closed()


async def test_answers_after_the_end_are_dropped(wired: Wired) -> None:
    """Whoever asked is gone and will ask again."""
    link, peer = await wired.bound()
    peer.deliver(source_addr="79991234567")
    await until(lambda: wired.noted.requests)
    link.abort()
    await link.wait_closed()
    request = wired.noted.requests[0]
    from smsc_async.client.inbound import PendingDelivery  # noqa: PLC0415 - beside its only use

    PendingDelivery(link, request).answer()
    link.unbind()
    await turns()

    assert wired.noted.end is not None


async def test_closing_socket_that_hangs_is_cut(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peer unbinds and reads no more: the last octets can't leave, and nobody waits long."""
    monkeypatch.setattr(connection, "CLOSING_TIMEOUT", 0.01)
    link, peer = await wired.bound()
    assert link._transport is not None
    closed: list[bool] = []
    monkeypatch.setattr(link._transport, "close", lambda: closed.append(True))
    peer.write(Unbind(sequence_number=1))
    await link.wait_closed()

    assert [True] == closed


async def test_enquire_link_is_asked_and_its_silence_ends_the_link(wired: Wired) -> None:
    """Set by the session's timers, run by the link's one."""
    wired.gateway.on_enquire_link = nothing
    link, peer = await wired.bound(enquire_link_interval=0.01, enquire_link_timeout=0.01)
    await link.wait_closed()

    assert 1 == len(peer.all(EnquireLink))
    assert wired.noted.end is not None
    assert EndReason.ENQUIRE_LINK_OVERDUE is wired.noted.end.reason


async def test_response_in_the_socket_is_read_before_anything_is_overdue(wired: Wired) -> None:
    """The loop was held up, the answer lay there, and some loops ring their timers first."""
    wired.gateway.on_submit = nothing
    link, peer = await wired.bound(response_timeout=0.02)
    message = job()
    link.submit(message, now())
    (submit,) = await wired.gateway.submitted()
    peer.answer(submit, message_id="7")
    asyncio.get_running_loop().call_soon(pass_time, 0.03)
    await asyncio.sleep(0)
    link._tick()
    await until(lambda: message.is_finished)

    assert (None, ("7",)) == (message.failure, message.message_ids)
    link.abort()
    await link.wait_closed()


@pytest.mark.parametrize(
    ("late", "made_good"), [(0.0, 0.001), (0.25, 0.25), (60.0, connection.HELD_UP_AT_MOST)]
)
async def test_time_in_which_the_loop_was_held_up_is_made_good(
    wired: Wired, late: float, made_good: float
) -> None:
    """What was to be written left late, too; but who blocks for longer, blocks often."""
    link, _ = await wired.bound()
    now = asyncio.get_running_loop().time()
    link._timer_at = now - late
    link._tick()

    assert link._timer is not None
    assert made_good == pytest.approx(link._timer.when() - now, abs=0.1)
    link.abort()
    await link.wait_closed()


async def test_one_timer_follows_the_next_deadline(wired: Wired) -> None:
    """However many requests are in flight, and only ever moved to the front."""
    wired.gateway.on_submit = nothing
    link, _ = await wired.bound()
    first = link._timer
    link.submit(job(), now())
    await turns()

    assert first is link._timer

    hurried = SubmitJob(SMS, parts_of(1), 0.02, Nobody())
    link.submit(hurried, now())
    await until(lambda: hurried.is_finished)

    assert first is not None
    assert first.cancelled()
    assert "got no response in 0.0 s" in str(hurried.failure)
    link.abort()
    await link.wait_closed()


async def test_end_of_file_is_the_end_at_once(wired: Wired) -> None:
    """A message given in that very turn must not be counted as written: it waits for a link."""
    link, _ = await wired.bound()
    link.eof_received()

    assert 0 == link.room
    assert wired.noted.end is not None
    assert EndReason.LOST is wired.noted.end.reason
    await link.wait_closed()


async def test_repr_names_host_and_state(wired: Wired) -> None:
    """What one reads in a debugger."""
    link, _ = await wired.bound()

    assert f"<Link 127.0.0.1:{wired.gateway.port}, <Session ESME BOUND_TRX" in repr(link)
    link.abort()
    await link.wait_closed()
