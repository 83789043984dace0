"""One link on a real socket: what it writes and when, its timer, and how it ends."""

from __future__ import annotations

import asyncio
from socket import SO_RCVBUF, SO_SNDBUF, SOL_SOCKET
from typing import TYPE_CHECKING, Any

import pytest
from idle_clock import pass_time
from scripted import (
    Gateway,
    Peer,
    RecordingLinkHandler,
    RecordingTraffic,
    nothing,
    parts_of,
    receipt_fields,
    refusing,
    response_to,
    turns,
    until,
)

from pdu import (
    AlertNotification,
    BindTransceiver,
    CommandStatus,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    FrameBuffer,
    Pdu,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    decode,
    encode,
)
from smsc_async import (
    BindRefusedError,
    LinkLostError,
    RemoteProtocolError,
    RequestTimeoutError,
    ResponseTimeoutError,
    Sms,
)
from smsc_async.config import Host
from smsc_async.link import connection
from smsc_async.link.connection import Link
from smsc_async.link.pending_request import PendingRequest
from smsc_async.link.submit_job import SubmitJob
from smsc_async.session import EndReason, SessionLimits

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

BIND = BindTransceiver(system_id="shop", password="secret")
SMS = Sms(to="79991234567", text="hello")


class Connector:
    """Connects links to a gateway; they share the handlers."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.handler = RecordingLinkHandler()
        self.traffic = RecordingTraffic()
        # Seconds by which the links' clock is ahead of the event loop's.
        self.ahead = 0.0

    async def link(self, **limits: float) -> Link:
        """Connect."""
        loop = asyncio.get_running_loop()
        _, link = await loop.create_connection(
            lambda: Link(
                Host("127.0.0.1", self.gateway.port),
                SessionLimits(**limits),  # type: ignore[arg-type]
                self.handler,
                self.traffic,
                lambda: loop.time() + self.ahead,
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
async def connector() -> AsyncGenerator[Connector]:
    """A gateway that behaves, and what connects to it."""
    async with Gateway() as gateway:
        yield Connector(gateway)


def now() -> float:
    """Return the time of the links' clock."""
    return asyncio.get_running_loop().time()


def job(parts: int = 1) -> SubmitJob[Any]:
    """Make a message."""
    return SubmitJob(SMS, parts_of(parts), None, RecordingTraffic())


async def test_all_pdus_of_one_turn_leave_in_one_write(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write for each PDU is a system call for each PDU."""
    link, peer = await connector.bound()
    transport = link._transport
    assert transport is not None
    writes: list[bytes] = []
    write = transport.write

    def recorded(data: bytes) -> None:
        """Record a write."""
        writes.append(data)
        write(data)

    monkeypatch.setattr(transport, "write", recorded)
    message = job(3)
    while message.has_unsent_parts:
        link.submit(message, now())
    await until(lambda: message.is_finished)

    assert 1 == len(writes)
    assert 3 == len(peer.all(SubmitSm))
    assert ("1", "2", "3") == message.message_ids
    link.abort()
    await link.wait_closed()


async def test_refused_bind_raises_its_status(connector: Connector) -> None:
    """A refused bind is neither a timeout nor a lost link."""
    connector.gateway.on_bind = lambda peer, bind: peer.answer(bind, 0x0D)
    link = await connector.link()
    with pytest.raises(BindRefusedError) as caught:
        await link.bind(BIND, "shop")
    link.abort()
    await link.wait_closed()

    assert 0x0D == caught.value.command_status
    assert not link.is_bound


async def test_link_that_ended_before_the_bind_is_lost(connector: Connector) -> None:
    """The gateway broke the protocol with its first octets, before the bind request."""
    connector.gateway.on_connect = lambda peer: peer.raw(bytes(16))
    link = await connector.link()
    await until(lambda: connector.handler.end)
    with pytest.raises(LinkLostError, match="broke the protocol: command_length 0"):
        await link.bind(BIND, "shop")
    await link.wait_closed()


async def test_link_that_ended_in_the_read_of_its_bind_is_lost(connector: Connector) -> None:
    """Bound and unbound in one read: the pool must not use it as a link."""

    def accept_and_unbind(peer: Peer, bind: Pdu) -> None:
        """Accept the bind and unbind, in one write."""
        peer.answer(bind)
        peer.write(Unbind(sequence_number=1))

    connector.gateway.on_bind = accept_and_unbind
    link = await connector.link()
    with pytest.raises(LinkLostError, match="unbound by the peer"):
        await link.bind(BIND, "shop")
    await link.wait_closed()


async def test_request_behind_the_bind_response_is_processed(connector: Connector) -> None:
    """It is in the read of the bind response, before `bind` has returned."""

    def accept_and_deliver(peer: Peer, bind: Pdu) -> None:
        """Accept the bind and deliver a message, in one write."""
        peer.answer(bind)
        peer.write(DeliverSm(sequence_number=5, source_addr="79991234567"))

    connector.gateway.on_bind = accept_and_deliver
    link, _ = await connector.bound()
    await until(lambda: connector.traffic.requests)
    link.abort()
    await link.wait_closed()

    assert [5] == [request.sequence_number for request in connector.traffic.requests]


async def test_pdu_may_arrive_octet_by_octet(connector: Connector) -> None:
    """How TCP cuts the stream makes no difference."""
    link, peer = await connector.bound()
    for octet in encode(AlertNotification(sequence_number=3, source_addr="1", esme_addr="2")):
        peer.raw(bytes([octet]))
        await asyncio.sleep(0)
    await until(lambda: connector.traffic.requests)
    link.abort()
    await link.wait_closed()

    assert isinstance(connector.traffic.requests[0], AlertNotification)


async def test_loss_of_the_link_ends_every_pending_request(connector: Connector) -> None:
    """Messages in flight have an unknown outcome at once; a query fails with LinkLostError."""
    connector.gateway.on_submit = nothing
    link, peer = await connector.bound()
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
    assert connector.handler.end is not None
    assert EndReason.LOST is connector.handler.end.reason
    assert 0 == link.in_flight


async def test_query_gets_its_response_or_is_overdue(
    connector: Connector, caplog: pytest.LogCaptureFixture
) -> None:
    """Its own timeout counts and stands in the error; a late response is logged, no more."""
    caplog.set_level("DEBUG")
    link, peer = await connector.bound()
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(2)]
    link.request(QuerySm(message_id="1"), PendingRequest("query_sm", futures[0], None))
    (query,) = await peer.got(QuerySm)
    peer.answer(query, message_id="1")
    assert isinstance(await futures[0], QuerySmResp)

    link.request(QuerySm(message_id="2"), PendingRequest("query_sm", futures[1], 0.01))
    with pytest.raises(RequestTimeoutError, match=r"query_sm got no response in 0\.0 s"):
        await futures[1]
    late = peer.all(QuerySm)[1]
    peer.answer(late, message_id="2")
    await until(lambda: f"< late response seq={late.sequence_number}" in caplog.messages)
    link.abort()
    await link.wait_closed()


async def test_late_response_of_a_message_adds_its_id(connector: Connector) -> None:
    """The message has failed, but its receipt is matched by that id."""
    connector.gateway.on_submit = nothing
    link, peer = await connector.bound(response_timeout=0.01)
    message = job()
    link.submit(message, now())
    (submit,) = await connector.gateway.submitted()
    await until(lambda: message.is_finished)
    peer.answer(submit, message_id="late")
    await until(lambda: message.message_ids)

    assert ("late",) == message.message_ids
    assert isinstance(message.failure, ResponseTimeoutError)
    link.abort()
    await link.wait_closed()


async def test_throttled_part_is_reported_to_the_link_handler(connector: Connector) -> None:
    """The job takes the part back, the dispatcher queues the message again."""
    connector.gateway.on_submit = refusing(CommandStatus.ESME_RTHROTTLED)
    link, _ = await connector.bound()
    message = job()
    link.submit(message, now())
    await until(lambda: connector.handler.throttled)
    link.abort()
    await link.wait_closed()

    assert [(message, CommandStatus.ESME_RTHROTTLED)] == connector.handler.throttled
    assert message.has_unsent_parts


async def test_responses_of_a_read_are_processed_before_its_requests(
    connector: Connector,
) -> None:
    """A receipt in front of the response that names its id, in one read, isn't an early one."""
    order: list[str] = []

    class Ordered(RecordingTraffic):
        """Records the order of the calls as well."""

        def on_request(self, link: object, request: Pdu) -> None:
            """Record a request."""
            order.append("request")
            super().on_request(link, request)

    connector.traffic = traffic = Ordered(lambda *_: order.append("accepted"))
    connector.gateway.on_submit = nothing
    link, peer = await connector.bound()
    link.submit(SubmitJob(SMS, parts_of(1), None, traffic), now())
    (submit,) = await connector.gateway.submitted()
    receipt = DeliverSm(sequence_number=1, **receipt_fields("1"))
    peer.write(receipt, response_to(submit, message_id="1"))
    await until(lambda: traffic.requests)
    link.abort()
    await link.wait_closed()

    assert ["accepted", "request"] == order


async def test_undecodable_response_fails_its_request_alone(connector: Connector) -> None:
    """A query has no answer then; the framing is intact, so the link stays."""
    link, peer = await connector.bound()
    answer: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
    link.request(QuerySm(message_id="17"), PendingRequest("query_sm", answer, None))
    (query,) = await peer.got(QuerySm)
    # query_sm_resp whose final_date never ends
    body = b"17\0" + b"\xff" * 3
    peer.raw(
        (16 + len(body)).to_bytes(4, "big")
        + bytes.fromhex("80000003 00000000")
        + query.sequence_number.to_bytes(4, "big")
        + body
    )
    with pytest.raises(RemoteProtocolError, match="no NUL"):
        await answer

    assert link.is_bound
    link.abort()
    await link.wait_closed()


async def test_unexpected_response_is_logged(
    connector: Connector, caplog: pytest.LogCaptureFixture
) -> None:
    """A response to no request changes nothing."""
    caplog.set_level("DEBUG")
    link, peer = await connector.bound()
    peer.write(SubmitSmResp(sequence_number=4242, message_id="x"))
    await until(lambda: "< unexpected: UnexpectedResponseReceived" in caplog.messages)

    assert link.is_bound
    assert 0 == link.in_flight
    link.abort()
    await link.wait_closed()


async def test_paused_socket_stops_messages_not_the_session(connector: Connector) -> None:
    """After `pause_writing` octets would wait in memory, so the link has no room."""
    link, _ = await connector.bound()
    link.pause_writing()

    could = [link.room > 0]
    before = connector.handler.rooms
    link.resume_writing()
    could.append(link.room > 0)

    assert [False, True] == could
    assert before + 1 == connector.handler.rooms
    link.abort()
    await link.wait_closed()


@pytest.mark.takes_up_to(10, reason="thousands of requests are answered, in debug mode")
async def test_gateway_that_reads_no_response_loses_its_link(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Responses to its requests wait in memory up to MAX_UNREAD; then the link ends."""
    monkeypatch.setattr(connection, "MAX_UNREAD", 100_000)
    link, peer = await connector.bound()
    message = job()
    connector.gateway.on_submit = nothing
    link.submit(message, now())
    await connector.gateway.submitted()
    peer.transport.pause_reading()
    # Sockets that hold little: of megabytes each response would be logged.
    peer.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
    assert link._transport is not None
    link._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
    while not link.session.is_over:
        if not peer.transport.get_write_buffer_size():
            peer.raw(encode(EnquireLink(sequence_number=1)) * 4000)
        await turns(2)

    assert connector.handler.end is not None
    assert EndReason.LOST is connector.handler.end.reason
    assert message.failure is not None
    assert "the gateway reads none of our answers" == str(message.failure.__cause__)
    await link.wait_closed()


async def test_full_window_has_no_room(connector: Connector) -> None:
    """The dispatcher reads `room` before each part."""
    connector.gateway.on_submit = nothing
    link, _ = await connector.bound(window=1)
    link.submit(job(), now())

    assert 0 == link.room
    assert 1 == link.in_flight
    link.abort()
    await link.wait_closed()


async def test_response_after_the_end_is_dropped(connector: Connector) -> None:
    """The gateway repeats on its next link what was not answered."""
    link, peer = await connector.bound()
    peer.deliver(source_addr="79991234567")
    await until(lambda: connector.traffic.requests)
    link.abort()
    await link.wait_closed()
    request = connector.traffic.requests[0]
    link.respond(request, DeliverSmResp())
    link.unbind()
    await turns()

    assert connector.handler.end is not None


async def test_closing_socket_that_hangs_is_aborted(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peer unbinds and reads no more: the last octets get CLOSING_TIMEOUT to leave."""
    monkeypatch.setattr(connection, "CLOSING_TIMEOUT", 0.01)
    link, peer = await connector.bound()
    assert link._transport is not None
    closed: list[bool] = []
    monkeypatch.setattr(link._transport, "close", lambda: closed.append(True))
    peer.write(Unbind(sequence_number=1))
    await link.wait_closed()

    assert [True] == closed


async def test_unanswered_enquire_link_ends_the_link(connector: Connector) -> None:
    """The session sets the deadlines, the one timer of the link meets them."""
    connector.gateway.on_enquire_link = nothing
    link, peer = await connector.bound(enquire_link_interval=0.01, enquire_link_timeout=0.01)
    await link.wait_closed()

    assert 1 == len(peer.all(EnquireLink))
    assert connector.handler.end is not None
    assert EndReason.ENQUIRE_LINK_OVERDUE is connector.handler.end.reason


async def test_response_in_the_socket_is_read_before_anything_is_overdue(
    connector: Connector,
) -> None:
    """The event loop was blocked, the response is in the socket, and uvloop runs timers first."""
    connector.gateway.on_submit = nothing
    link, peer = await connector.bound(response_timeout=0.02)
    message = job()
    link.submit(message, now())
    (submit,) = await connector.gateway.submitted()
    peer.answer(submit, message_id="7")
    asyncio.get_running_loop().call_soon(pass_time, 0.03)
    await asyncio.sleep(0)
    link._tick()
    await until(lambda: message.is_finished)

    assert (None, ("7",)) == (message.failure, message.message_ids)
    link.abort()
    await link.wait_closed()


@pytest.mark.parametrize(
    ("late", "extension"), [(0.0, 0.001), (0.25, 0.25), (60.0, connection.LONGEST_EXTENSION)]
)
async def test_deadline_is_extended_by_the_time_the_loop_was_blocked(
    connector: Connector, late: float, extension: float
) -> None:
    """Requests were written late as well; a longer block isn't made up for in full."""
    connector.gateway.on_submit = nothing
    link, _ = await connector.bound(response_timeout=5.0)
    link.submit(SubmitJob(SMS, parts_of(1), 1.0, RecordingTraffic()), now())
    connector.ahead = link._timer_at + late - now()
    link._tick()

    assert link._timer is not None
    assert extension == pytest.approx(link._timer.when() - now(), abs=0.1)
    link.abort()
    await link.wait_closed()


async def test_one_timer_serves_all_requests(connector: Connector) -> None:
    """Only a request with a shorter timeout of its own starts it anew."""
    connector.gateway.on_submit = nothing
    link, _ = await connector.bound()
    first = link._timer
    link.submit(job(), now())
    await turns()

    assert first is link._timer

    urgent = SubmitJob(SMS, parts_of(1), 0.02, RecordingTraffic())
    link.submit(urgent, now())
    await until(lambda: urgent.is_finished)

    assert first is not None
    assert first.cancelled()
    assert "got no response in 0.0 s" in str(urgent.failure)
    link.abort()
    await link.wait_closed()


async def test_timeout_below_all_limits_is_met(connector: Connector) -> None:
    """The timer, armed for the limits of the session, starts anew for an earlier deadline."""
    connector.gateway.on_submit = nothing
    link, _ = await connector.bound()
    began = now()
    messages = [
        SubmitJob(SMS, parts_of(1), timeout, RecordingTraffic()) for timeout in (0.05, 0.01)
    ]
    for message in messages:
        link.submit(message, began)
    await until(lambda: messages[1].is_finished)

    assert not messages[0].is_finished
    await until(lambda: messages[0].is_finished)
    assert 0.05 <= now() - began < 0.5
    assert ["0.1 s", "0.0 s"] == [str(message.failure).split(" in ")[1][:5] for message in messages]
    link.abort()
    await link.wait_closed()


async def test_response_timeout_of_the_link_is_met(connector: Connector) -> None:
    """The timer of an idle link is no later than that: a message has no need to start it anew."""
    connector.gateway.on_submit = nothing
    link, _ = await connector.bound(response_timeout=0.01)
    message, began = job(), now()
    link.submit(message, began)
    await until(lambda: now() > began + 0.1)

    assert message.is_finished
    link.abort()
    await link.wait_closed()


async def test_request_in_every_turn_postpones_no_deadline(connector: Connector) -> None:
    """Requests with a short timeout of their own never delay the report of an overdue one."""
    connector.gateway.on_submit = nothing
    link, _ = await connector.bound(window=100_000)
    first = SubmitJob(SMS, parts_of(1), 0.01, RecordingTraffic())
    link.submit(first, now())
    began = now()
    while not first.is_finished and now() < began + 0.5:
        link.submit(SubmitJob(SMS, parts_of(1), 0.5, RecordingTraffic()), now())
        pass_time(0.0005)
        await asyncio.sleep(0)

    assert first.is_finished
    link.abort()
    await link.wait_closed()


async def test_timer_without_a_due_deadline_starts_anew(connector: Connector) -> None:
    """On an idle link it only looks at the clock: no handler is called, nothing is written."""
    link, peer = await connector.bound(pdu_timeout=0.01, enquire_link_interval=60.0)
    await turns()
    rooms, began = connector.handler.rooms, now()
    await until(lambda: now() > began + 0.05)

    assert rooms == connector.handler.rooms
    assert [] == peer.all(EnquireLink)
    assert link._timer is not None
    assert not link._timer.cancelled()
    link.abort()
    await link.wait_closed()


async def test_blocked_loop_fails_no_request_whose_response_arrived(connector: Connector) -> None:
    """A second without an iteration of the event loop: the response is read first."""
    link, peer = await connector.bound(response_timeout=0.02)
    connector.gateway.on_submit = nothing
    message = job()
    link.submit(message, now())
    (submit,) = await connector.gateway.submitted()
    peer.answer(submit, message_id="7")
    pass_time(1.0)
    await until(lambda: message.is_finished)

    assert (None, ("7",)) == (message.failure, message.message_ids)
    link.abort()
    await link.wait_closed()


async def test_what_a_read_causes_leaves_in_one_write(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers, and what callers send once all of the read is processed; also if one exits."""
    link, peer = await connector.bound()
    follower = job()
    writes: list[bytes] = []
    processed: list[int] = []
    assert link._transport is not None
    monkeypatch.setattr(link, "_transport", Recorded(link._transport, writes))

    def on_request(link: Link, request: Pdu) -> None:
        """Answer a delivery."""
        link.respond(request, DeliverSmResp())
        processed.append(request.sequence_number)

    def on_read_done() -> None:
        """Send something once both are answered."""
        if processed and not follower.written:
            assert [1, 2] == processed
            link.submit(follower, now())
            raise SystemExit

    monkeypatch.setattr(connector.traffic, "on_request", on_request)
    monkeypatch.setattr(connector.traffic, "on_read_done", on_read_done)
    octets = b"".join(encode(DeliverSm(sequence_number=number)) for number in (1, 2))
    with pytest.raises(SystemExit):
        link.data_received(octets)

    assert [[0x80000005, 0x80000005, 0x00000004]] == [
        [decode(frame).command_id for frame in FrameBuffer().feed(write)] for write in writes
    ]
    del peer
    link.abort()
    await link.wait_closed()


class Recorded:
    """A transport that records what is written instead of writing it."""

    def __init__(self, transport: asyncio.Transport, writes: list[bytes]) -> None:
        self._transport, self.write = transport, writes.append

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)


async def test_end_of_file_ends_the_link_at_once(connector: Connector) -> None:
    """A message submitted in the same iteration isn't counted as written: it waits for a link."""
    link, _ = await connector.bound()
    link.eof_received()

    assert 0 == link.room
    assert connector.handler.end is not None
    assert EndReason.LOST is connector.handler.end.reason
    await link.wait_closed()


async def test_repr_names_host_and_state(connector: Connector) -> None:
    """A repr appears in logs and debuggers."""
    link, _ = await connector.bound()

    assert f"<Link 127.0.0.1:{connector.gateway.port}, <Session ESME BOUND_TRX" in repr(link)
    link.abort()
    await link.wait_closed()
