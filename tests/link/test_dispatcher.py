"""Links kept up and turns given, without a client around them."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from scripted import Gateway, Nobody, nothing, parts_of, refusing, turns, until

from pdu import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    LongPasswordBindTransceiver,
    Pdu,
    QuerySm,
    QuerySmResp,
    Unbind,
)
from smsc_async import (
    BindRefusedError,
    ClientClosedError,
    ConfigError,
    LinkLostError,
    LinkState,
    Outcome,
    PartsOverdueError,
    Sms,
    SmscConfig,
)
from smsc_async.instrumentation import ConnectFailed, Hooks, LinkBound, LinkDown
from smsc_async.link import Dispatcher, SubmitJob
from smsc_async.link.dispatcher import Requests

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from scripted import Peer

SMS = Sms(to="79991234567", text="hello")


@pytest.fixture
async def gateway() -> AsyncGenerator[Gateway]:
    """An SMSC that behaves until told otherwise."""
    async with Gateway() as running:
        yield running


class Made(Dispatcher):
    """A manager that notes what it tells."""

    def __init__(self, config: SmscConfig, lateness: float = math.inf) -> None:
        self.told: list[Any] = []
        self.rooms = 0
        super().__init__(
            config,
            Requests(nothing, nothing, self._room),
            hooks=Hooks([self.told.append]),
            clock=asyncio.get_running_loop().time,
            lateness=lateness,
        )

    def give(self, message: SubmitJob[Any]) -> None:
        """Submit a message now."""
        self.submit(message, asyncio.get_running_loop().time())

    def _room(self) -> None:
        """Count."""
        self.rooms += 1


def outgoing(parts: int = 1) -> SubmitJob[Any]:
    """Make a message."""
    return SubmitJob(SMS, parts_of(parts), None, Nobody())


async def opened(gateway: Gateway, query: str = "") -> Made:
    """Open a manager's links."""
    manager = Made(gateway.config(query))
    await manager.open()
    return manager


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("mode=transceiver", BindTransceiver),
        ("mode=transmitter", BindTransmitter),
        ("mode=receiver", BindReceiver),
    ],
)
async def test_bind_says_who_and_how(gateway: Gateway, query: str, kind: type[Any]) -> None:
    """The request follows the mode."""
    manager = await opened(gateway, query)
    await manager.close(drain=True)
    (bind,) = gateway.peer.all(kind)

    assert ("shop", "secret", 0x34) == (bind.system_id, bind.password, bind.interface_version)


async def test_long_password_goes_out_uncut(gateway: Gateway) -> None:
    """Where the gateway issued one, and only if so configured."""
    url = gateway.url("long_password=1").replace("secret", "secret-and-long")
    manager = Made(SmscConfig.from_url(url))
    gateway.on_other = nothing
    gateway.on_bind = lambda peer, bind: peer.answer(bind)
    await manager.open()
    await manager.close(drain=True)

    assert b"secret-and-long" in gateway.peer.received[0].password.encode()  # type: ignore[attr-defined]
    assert issubclass(LongPasswordBindTransceiver, BindTransceiver)


async def test_life_of_a_link_is_told(gateway: Gateway) -> None:
    """Hooks see it bound and down, the state follows."""
    manager = Made(gateway.config())
    states = [manager.state]
    await manager.open()
    states.append(manager.state)
    assert manager.bound_at is not None
    await manager.close(drain=True)
    states.append(manager.state)

    assert [LinkBound, LinkDown] == [type(event) for event in manager.told]
    assert [LinkState.CLOSED, LinkState.BOUND, LinkState.CLOSED] == states
    assert 1 == manager.connects


async def test_closing_what_was_never_opened_does_nothing(gateway: Gateway) -> None:
    """Idempotent, also from the other side."""
    manager = Made(gateway.config())
    await manager.close(drain=True)
    await manager.open()
    await manager.close(drain=True)
    await manager.close(drain=True)

    assert LinkState.CLOSED is manager.state


async def test_wrong_certificate_file_is_told_by_open(gateway: Gateway) -> None:
    """Before any connection."""
    url = gateway.url("ca_file=/nowhere/ca.pem").replace("smpp://", "smpps://")
    manager = Made(SmscConfig.from_url(url))
    with pytest.raises(ConfigError, match="ca_file"):
        await manager.open()

    assert [] == gateway.peers


async def test_message_taken_while_closing_is_given_back(gateway: Gateway) -> None:
    """NOT_SENT: it may go elsewhere."""
    gateway.on_submit = nothing
    manager = await opened(gateway, "window=1")
    first, second = outgoing(), outgoing()
    manager.give(first)
    closing = asyncio.create_task(manager.close(drain=True))
    await gateway.submitted()
    manager.give(second)

    assert manager.is_closing
    assert 0 == manager.room
    assert second.failure is not None
    assert Outcome.NOT_SENT is second.failure.outcome
    assert isinstance(second.failure.__cause__, ClientClosedError)
    gateway.accept(gateway.peer, gateway.submits[0])
    await closing
    assert ("1",) == first.message_ids


async def test_query_takes_a_slot_and_gets_its_response(gateway: Gateway) -> None:
    """Like any request; without a free slot it doesn't wait."""
    gateway.on_other = lambda peer, pdu: peer.answer(pdu, message_id="7")
    manager = await opened(gateway, "window=1")
    response = await manager.request(QuerySm(message_id="7"), None)
    gateway.on_submit = nothing
    manager.give(outgoing())
    with pytest.raises(LinkLostError, match="no bound link has a free slot"):
        await manager.request(QuerySm(message_id="7"), None)
    await manager.close(drain=False)

    assert isinstance(response, QuerySmResp)


async def test_cancelled_query_frees_no_slot(gateway: Gateway) -> None:
    """Its response is still owed."""
    manager = await opened(gateway)
    asking = asyncio.create_task(manager.request(QuerySm(message_id="7"), None))
    (query,) = await gateway.peer.got(QuerySm)
    asking.cancel()
    await asyncio.wait([asking])

    assert 1 == manager.in_flight
    gateway.peer.answer(query, message_id="7")
    await until(lambda: manager.in_flight == 0)
    await manager.close(drain=True)


async def test_begun_message_is_finished_before_the_next(gateway: Gateway) -> None:
    """A short one never slips between the parts of a long one, though it would fit."""
    gateway.on_submit = nothing
    manager = await opened(gateway, "window=2")
    messages = [outgoing(3), outgoing()]
    for message in messages:
        manager.give(message)
    assert 2 == manager.waiting
    for number in range(4):
        await gateway.submitted(number + 1)
        gateway.accept(gateway.peer, gateway.submits[number])
    await until(lambda: all(message.is_finished for message in messages))
    await manager.close(drain=True)

    assert [("1", "2", "3"), ("4",)] == [message.message_ids for message in messages]


async def test_message_in_parts_begins_when_all_of_them_have_a_slot(gateway: Gateway) -> None:
    """They leave back to back; and a short one that would fit meanwhile doesn't overtake it."""
    gateway.on_submit = nothing
    manager = await opened(gateway, "window=3")
    messages = [outgoing(), outgoing(), outgoing(2), outgoing()]
    for message in messages:
        manager.give(message)
    await gateway.submitted(2)
    await turns()
    assert (2, 2) == (len(gateway.submits), manager.waiting)
    for number in range(5):
        await gateway.submitted(number + 1)
        gateway.accept(gateway.peer, gateway.submits[number])
    await until(lambda: all(message.is_finished for message in messages))
    await manager.close(drain=True)

    assert [("1",), ("2",), ("3", "4"), ("5",)] == [message.message_ids for message in messages]


async def test_part_that_would_come_too_late_is_not_written(gateway: Gateway) -> None:
    """The torso would be paid and rejected; the error says how much of it the gateway has."""
    gateway.on_submit = nothing
    manager, message = await opened(gateway, "window=1"), outgoing(2)
    message.parts_window = 0.01
    manager.give(message)
    (first,) = await gateway.submitted()
    gateway.on_submit = gateway.accept
    loop = asyncio.get_running_loop()
    await until(lambda: loop.time() > message.parts_deadline)
    gateway.accept(gateway.peer, first)
    await until(lambda: message.is_finished)
    await manager.close(drain=True)

    assert isinstance(message.failure, PartsOverdueError)
    assert (1, 2) == (message.failure.accepted, message.failure.total)
    assert [first] == gateway.submits


async def test_message_is_not_written_before_its_instant(gateway: Gateway) -> None:
    """The rate gave it; what comes earlier is throttled. Those behind it wait as well."""
    manager = await opened(gateway)
    first, second = outgoing(), outgoing()
    at = first.write_at = asyncio.get_running_loop().time() + 0.02
    manager.give(first)
    manager.give(second)
    assert 2 == manager.waiting
    await until(lambda: second.is_finished)
    await manager.close(drain=True)

    assert asyncio.get_running_loop().time() >= at
    assert ("1",) == first.message_ids


@pytest.mark.parametrize(("lateness", "is_late"), [(60.0, False), (0.0, True)])
async def test_write_that_is_later_than_the_rules_know_is_reported(
    gateway: Gateway, lateness: float, *, is_late: bool
) -> None:
    """The gateway counts from the arrival: a minute that begins later ends later."""
    gateway.on_submit = nothing
    manager, observer = Made(gateway.config("window=1"), lateness), Nobody()
    await manager.open()
    manager.give(outgoing())
    message = SubmitJob(SMS, parts_of(1), None, observer)
    manager.give(message)
    (submit,) = await gateway.submitted()
    gateway.on_submit = gateway.accept
    gateway.accept(gateway.peer, submit)
    await until(lambda: message.is_finished)
    await manager.close(drain=True)

    assert [message] * is_late == observer.late_ones


async def test_rest_of_a_begun_message_survives_the_loss(gateway: Gateway) -> None:
    """Its first part was answered, so nothing of it is in doubt."""
    gateway.on_submit = nothing
    manager = await opened(gateway, "window=1")
    long, other = outgoing(2), outgoing()
    manager.give(long)
    await gateway.submitted()
    first = gateway.peer

    def answer_and_drop() -> None:
        """Answer the first part and hang up."""
        gateway.accept(first, gateway.submits[0])
        first.transport.close()

    for link in manager.links:
        link.pause_writing()
    answer_and_drop()
    gateway.on_submit = gateway.accept
    manager.give(other)
    await until(lambda: long.is_finished and other.is_finished)
    await manager.close(drain=True)

    assert ("1", "2") == long.message_ids
    assert 2 == len(gateway.peers)


async def test_withdrawn_message_leaves_the_queue(gateway: Gateway) -> None:
    """One that has begun doesn't, and one that is finished is no matter."""
    gateway.on_submit = nothing
    manager = await opened(gateway, "window=1")
    begun, waiting = outgoing(2), outgoing()
    manager.give(begun)
    manager.give(waiting)
    manager.withdraw(waiting)
    manager.withdraw(begun)

    assert 1 == manager.waiting
    assert begun.wants_slot
    await manager.close(drain=False)


async def test_second_link_refused_for_good_leaves_the_first(gateway: Gateway) -> None:
    """An account may allow one session only: the first goes on."""
    binds = 0

    def first_only(peer: Peer, bind: Pdu) -> None:
        """Accept one bind."""
        nonlocal binds
        binds += 1
        peer.answer(bind, 0 if binds == 1 else 0x0E)

    gateway.on_bind = first_only
    manager = await opened(gateway, "binds=2")
    await until(lambda: any(isinstance(event, ConnectFailed) for event in manager.told))
    message = outgoing()
    manager.give(message)
    await until(lambda: message.is_finished)

    assert LinkState.BOUND is manager.state
    assert ("1",) == message.message_ids
    await manager.close(drain=True)


async def test_link_that_binds_after_all_ends_the_refusal(gateway: Gateway) -> None:
    """Two keepers, one refused for good, the other bound a moment later: sends work again."""
    manager = await opened(gateway, "binds=2")
    await until(lambda: len(manager.links) == 2)
    held: list[tuple[Peer, Any]] = []
    gateway.on_bind = lambda peer, bind: held.append((peer, bind))
    for peer in list(gateway.peers):
        peer.drop()
    await until(lambda: len(held) == 2)
    refusing(0x0E)(*held[0])
    await until(lambda: manager.state is LinkState.FAILED)
    held[1][0].answer(held[1][1])
    await until(lambda: manager.state is LinkState.BOUND)
    message = outgoing()
    manager.give(message)
    await until(lambda: message.is_finished)

    assert message.failure is None
    await manager.close(drain=True)


async def test_refusal_says_more_than_a_loss(gateway: Gateway) -> None:
    """Of two hosts' answers the one that helps is raised."""
    async with Gateway() as other:
        other.on_bind = refusing(0x0D)
        gateway.on_bind = lambda peer, _: peer.drop()
        url = gateway.url().replace("@", f"@127.0.0.1:{other.port},")
        manager = Made(SmscConfig.from_url(url))
        with pytest.raises(BindRefusedError, match="ESME_RBINDFAIL"):
            await manager.open()
        await manager.close(drain=False)


async def test_of_two_refusals_the_last_is_raised(gateway: Gateway) -> None:
    """A refusal for good ends the round: it says more than the busy host before it."""
    async with Gateway() as busy:
        busy.on_bind = refusing(0x0D)
        gateway.on_bind = refusing(0x0E)
        url = gateway.url().replace("@", f"@127.0.0.1:{busy.port},")
        manager = Made(SmscConfig.from_url(url))
        with pytest.raises(BindRefusedError, match="ESME_RINVPASWD"):
            await manager.open()
        await manager.close(drain=False)


async def test_wrong_password_is_not_tried_at_the_spare(gateway: Gateway) -> None:
    """Both count refused binds, and block the address."""
    async with Gateway() as other:
        other.on_bind = refusing(0x0E)
        url = gateway.url().replace("@", f"@127.0.0.1:{other.port},")
        manager = Made(SmscConfig.from_url(url))
        with pytest.raises(BindRefusedError):
            await manager.open()
        await manager.close(drain=False)

    assert [] == gateway.peers


async def test_eventually_gives_up_wrong_credentials_too(gateway: Gateway) -> None:
    """Keeping on would block the address; what waits is told at once."""
    gateway.on_bind = nothing
    manager = await opened(gateway, "open=eventually")
    message = outgoing()
    manager.give(message)
    await gateway.bound()
    refusing(0x0E)(gateway.peer, gateway.peer.received[0])
    await until(lambda: message.is_finished)

    assert LinkState.FAILED is manager.state
    assert isinstance(message.failure.__cause__, BindRefusedError)  # type: ignore[union-attr]
    await manager.close(drain=True)


async def test_patience_is_counted_from_the_message_and_from_the_loss(gateway: Gateway) -> None:
    """Two messages, one after the other: each gets its own time; an early timer rings in vain."""
    gateway.on_bind = lambda peer, _: peer.drop()
    manager = await opened(gateway, "open=eventually&link_timeout=0.04")
    loop = asyncio.get_running_loop()
    began = loop.time()
    first, second = outgoing(), outgoing()
    manager.give(first)
    await until(lambda: loop.time() > began + 0.02)
    manager.give(second)
    await until(lambda: first.is_finished)

    assert not second.is_finished
    await until(lambda: second.is_finished)
    assert loop.time() >= began + 0.06
    assert "no link for 0.0 s" in str(second.failure)
    await manager.close(drain=True)


async def test_patience_ends_for_nobody_while_a_link_is_up(gateway: Gateway) -> None:
    """The window is full for longer than the patience: that is another wait."""
    gateway.on_submit = nothing
    manager = await opened(gateway, "window=1&link_timeout=0.01")
    messages = [outgoing(), outgoing()]
    for message in messages:
        manager.give(message)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await until(lambda: loop.time() > began + 0.03)

    assert not messages[1].is_finished
    await manager.close(drain=False)


async def test_pause_of_the_gateway_is_no_wait_for_a_link(gateway: Gateway) -> None:
    """Throttled for longer than a message waits for a link: the link was up all the time."""
    throttled = refusing(0x58)
    manager = await opened(gateway, "window=1&link_timeout=0.01")
    messages = [outgoing(), outgoing()]
    gateway.on_submit = throttled
    for message in messages:
        manager.give(message)
    await gateway.submitted()
    gateway.on_submit = gateway.accept
    await until(lambda: all(message.is_finished for message in messages))
    await manager.close(drain=True)

    assert [("1",), ("2",)] == [message.message_ids for message in messages]


async def test_keepers_build_nothing_while_the_client_is_left(gateway: Gateway) -> None:
    """Of two links one is unbound quickly: it must not be built again while the other waits."""
    answers: list[tuple[Peer, Any]] = []
    gateway.on_unbind = lambda peer, unbind: answers.append((peer, unbind))
    manager = await opened(gateway, "binds=2")
    await until(lambda: len(manager.links) == 2)
    closing = asyncio.create_task(manager.close(drain=True))
    await until(lambda: len(answers) == 2)
    answers[0][0].answer(answers[0][1])
    loop = asyncio.get_running_loop()
    began = loop.time()
    await until(lambda: loop.time() > began + 0.02)

    assert 2 == len(gateway.peers)
    answers[1][0].answer(answers[1][1])
    await closing


async def test_fault_of_ours_in_a_keeper_is_logged_and_leaves_nobody_waiting(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It can't happen; if it does, it is seen."""
    manager = await opened(gateway)

    async def broken() -> None:
        """Fail."""
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(manager, "_connect_any", broken)
    gateway.on_submit = nothing
    messages = [outgoing(), outgoing()]
    manager.give(messages[0])
    await gateway.submitted()
    gateway.peer.drop()
    await until(lambda: messages[0].is_finished)
    manager.give(messages[1])
    await until(lambda: messages[1].is_finished)

    assert "a fault of ours" in caplog.text
    with pytest.raises(ExceptionGroup):
        await manager.close(drain=False)


async def test_deadline_around_the_leave_leaves_nothing_behind(gateway: Gateway) -> None:
    """A cancel scope cancels every await inside it, those of cleaning up too."""
    gateway.on_unbind = nothing
    manager = await opened(gateway)
    with anyio.move_on_after(0.01):
        await manager.close(drain=True)
    await until(lambda: gateway.peer.is_closed)
    await turns()
    loop: Any = asyncio.get_running_loop()

    assert LinkState.CLOSED is manager.state
    assert 1 == len(asyncio.all_tasks())
    assert [] == [timer for timer in loop._scheduled if not timer.cancelled()]
    assert gateway.peer.all(Unbind)


@pytest.mark.parametrize("cancelled", [0, 1, None])
async def test_several_may_wait_for_the_leave(gateway: Gateway, cancelled: int | None) -> None:
    """One more who leaves, or one who gives that up, takes nobody's waking away."""
    gateway.on_submit = nothing
    manager = await opened(gateway)
    message = outgoing()
    manager.give(message)
    (submit,) = await gateway.submitted()
    leaving = [asyncio.create_task(manager.close(drain=True)) for _ in range(2)]
    await turns()
    if cancelled is not None:
        leaving[cancelled].cancel()
        await turns()
    gateway.peer.answer(submit, message_id="1")
    await until(lambda: all(leave.done() for leave in leaving))

    assert message.is_finished
    assert [n == cancelled for n in range(2)] == [leave.cancelled() for leave in leaving]
    assert {None} == {leave.exception() for leave in leaving if not leave.cancelled()}
    assert LinkState.CLOSED is manager.state
