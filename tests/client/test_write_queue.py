"""A sender is asked just before the first octet of each message, and nothing is written before."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from idle_clock import pass_time
from scripted import until

from smsc_async import (
    ClientClosedError,
    CommandStatus,
    GatewayLimits,
    LocalProtocolError,
    MemoryRuleStore,
    Outcome,
    RepeatedMessageError,
    Sms,
    SmscClient,
    SubmitInterruptedError,
    ThrottledError,
)
from smsc_async.client import write_queue
from smsc_async.rules.verdict import Admitted
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from smsc_async import Submission
    from smsc_async.client.write_queue import WriteQueue

NEVER = float("inf")
NO_RULES = GatewayLimits.off()


@dataclass(eq=False)
class Ticket:
    """A message of the sender.

    Args:
        seconds: For how long it may be written.
    """

    seconds: float = NEVER
    replaces: Any = None
    reservation: Any = None
    is_written: bool = False
    message_ids: tuple[str, ...] = ()

    def remaining(self) -> float:
        """Return the seconds in which it may still be written."""
        return self.seconds


@dataclass
class Sender:
    """What is asked before each group.

    Args:
        groups: The groups that it was asked about.
        may_go_on: Set once it may answer.
        refused: Tickets that it doesn't agree to.
        error: What it raises.
    """

    groups: list[list[Ticket]] = field(default_factory=list)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    refused: set[Ticket] = field(default_factory=set)
    error: Exception | None = None

    async def __call__(self, tickets: Sequence[Ticket]) -> set[Ticket]:
        """Answer when it may."""
        self.groups.append(list(tickets))
        await self.may_go_on.wait()
        if self.error is not None:
            raise self.error
        return set(tickets) - self.refused


def sms(number: int = 0, text: str = "hi") -> Sms:
    """Make a message to a recipient of its own."""
    return Sms(to=f"7999{number:07d}", text=text)


@pytest.fixture
async def gateway() -> AsyncGenerator[Simulator]:
    """Run a gateway."""
    async with Simulator(Scenario(receipts=False, rules=None)) as simulator:
        yield simulator


@pytest.fixture
async def smsc(gateway: Simulator) -> AsyncGenerator[SmscClient]:
    """Give a client with a window of 3 and no rules."""
    async with SmscClient(f"{gateway.url}?window=3&timeout=1", limits=NO_RULES) as client:
        yield client


@pytest.fixture
def sender() -> Sender:
    """Give a sender that doesn't answer until a test lets it."""
    return Sender()


@pytest.fixture
async def queue(smsc: SmscClient, sender: Sender) -> WriteQueue[Ticket]:
    """Give the sender's queue."""
    return smsc.write_queue(sender)


def start(
    queue: WriteQueue[Ticket], *tickets: Ticket, text: str = "hi"
) -> list[asyncio.Task[Submission[Any]]]:
    """Send a message for each ticket."""
    return [
        asyncio.create_task(queue.send(sms(number, text), ticket))
        for number, ticket in enumerate(tickets)
    ]


async def test_nothing_is_written_before_the_sender_agrees(
    queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator
) -> None:
    """However long that takes; then it is written at once."""
    tickets = [Ticket(), Ticket()]
    sends = start(queue, *tickets)
    await until(lambda: sender.groups)
    pass_time(5.0)
    assert [] == gateway.messages
    assert [False, False] == [ticket.is_written for ticket in tickets]
    sender.may_go_on.set()
    done = await asyncio.gather(*sends)

    assert [tickets] == sender.groups
    assert all(ticket.is_written for ticket in tickets)
    assert 2 == len({submission.message_id for submission in done})


@pytest.mark.parametrize(
    "standstill", [("loop", 10.5), ("loop", 36_000.0), ("boot", 10.5), ("boot", 60.0)]
)
async def test_nothing_is_written_long_after_the_sender_agreed(
    queue: WriteQueue[Ticket],
    sender: Sender,
    gateway: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    standstill: tuple[str, float],
) -> None:
    """A process may be stopped, or its machine suspended; others send its messages meanwhile."""
    clock, seconds = standstill
    tickets = [Ticket(), Ticket()]
    sends = start(queue, *tickets)
    await until(lambda: sender.groups)
    if clock == "loop":
        pass_time(seconds)
    else:
        later = write_queue.boot_seconds() + seconds
        monkeypatch.setattr(write_queue, "boot_seconds", lambda: later)
    sender.may_go_on.set()
    done = await asyncio.gather(*sends, return_exceptions=True)

    assert [Outcome.NOT_SENT] * 2 == [getattr(error, "outcome", None) for error in done]
    assert all("stood still" in str(error) for error in done)
    assert [False, False] == [ticket.is_written for ticket in tickets]
    monkeypatch.undo()
    await start(queue, Ticket())[0]
    assert 1 == len(gateway.messages)


async def test_group_is_what_there_is_room_for(
    queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator
) -> None:
    """The others aren't asked for before they have a slot."""
    gateway.scenario = Scenario(receipts=False, rules=None, response_delay=0.1)
    tickets = [Ticket() for _ in range(5)]
    sends = start(queue, *tickets)
    await until(lambda: sender.groups)
    sender.may_go_on.set()
    await asyncio.gather(*sends)

    assert tickets[:3] == sender.groups[0]
    assert tickets == [ticket for group in sender.groups for ticket in group]


async def test_one_group_at_a_time(queue: WriteQueue[Ticket], sender: Sender) -> None:
    """A crash leaves no more in doubt than one group."""
    one, two = Ticket(), Ticket()
    sends = start(queue, one)
    await until(lambda: sender.groups)
    sends += start(queue, two)
    await asyncio.sleep(0.1)
    assert [[one]] == sender.groups
    sender.may_go_on.set()
    await asyncio.gather(*sends)

    assert [[one], [two]] == sender.groups


async def test_message_waits_for_its_time_unasked(gateway: Simulator, sender: Sender) -> None:
    """At 10 a second the second one is due 0.1 s later."""
    sender.may_go_on.set()
    limits = GatewayLimits(rate=10.0)
    async with SmscClient(gateway.url, limits=limits) as smsc:
        queue = smsc.write_queue(sender)
        tickets = [Ticket(), Ticket()]
        sends = start(queue, *tickets)
        await until(sends[0].done)
        assert [tickets[:1]] == sender.groups
        await asyncio.gather(*sends)

    assert [tickets[:1], tickets[1:]] == sender.groups


async def test_message_that_the_sender_refuses_is_not_sent(
    queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator
) -> None:
    """Another process has it, for example."""
    tickets = [Ticket(), Ticket()]
    sender.refused = {tickets[0]}
    sender.may_go_on.set()
    sends = start(queue, *tickets)
    with pytest.raises(SubmitInterruptedError, match="another process") as caught:
        await sends[0]
    await sends[1]

    assert Outcome.NOT_SENT is caught.value.outcome
    assert 1 == len(gateway.messages)


async def test_error_of_the_sender_is_raised_by_all_of_the_group(
    queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator
) -> None:
    """Nothing of it is written, and the next group is asked for."""
    sender.error = ZeroDivisionError()
    sender.may_go_on.set()
    sends = start(queue, Ticket(), Ticket())
    done = await asyncio.gather(*sends, return_exceptions=True)
    assert [ZeroDivisionError] * 2 == [type(one) for one in done]
    sender.error = None
    await start(queue, Ticket())[0]

    assert 1 == len(gateway.messages)


async def test_message_that_is_too_late_is_not_written(
    queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator
) -> None:
    """The time is looked at when the sender has agreed, just before the write."""
    ticket = Ticket(seconds=1.0)
    (send,) = start(queue, ticket)
    await until(lambda: sender.groups)
    ticket.seconds = 0.0
    sender.may_go_on.set()
    with pytest.raises(SubmitInterruptedError, match="too late"):
        await send

    assert [] == gateway.messages
    assert not ticket.is_written


async def test_parts_after_the_limit_are_not_written(gateway: Simulator, sender: Sender) -> None:
    """A part of a repeat that comes too late would be charged again, too."""
    sender.may_go_on.set()
    async with SmscClient(gateway.url, limits=GatewayLimits(rate=10.0)) as smsc:
        queue = smsc.write_queue(sender)
        (send,) = start(queue, Ticket(seconds=0.15), text="x" * 400)
        with pytest.raises(Exception, match="parts"):
            await send

    assert 3 > len(gateway.messages)


async def test_throttled_message_ends_at_once(
    queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator
) -> None:
    """Its sender stores that it isn't on its way; the pause holds the others up."""
    sender.may_go_on.set()
    gateway.scenario = Scenario(
        receipts=False, rules=None, submit_status=CommandStatus.ESME_RTHROTTLED
    )
    with pytest.raises(ThrottledError):
        await start(queue, Ticket())[0]
    gateway.scenario = Scenario(receipts=False, rules=None)
    sends = start(queue, Ticket())
    assert [] == gateway.messages
    async with asyncio.timeout(10):
        await sends[0]

    assert 1 == len(gateway.messages)


@pytest.mark.parametrize("seconds", [NEVER, 30.0])
async def test_message_that_is_accepted_in_part_is_finished(
    queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator, seconds: float
) -> None:
    """Its throttled part is written again; a part of a repeat isn't, since it may be too late."""
    sender.may_go_on.set()
    statuses = [0, CommandStatus.ESME_RTHROTTLED, 0, 0]
    gateway.scenario = Scenario(receipts=False, rules=None, submit_status=lambda _: statuses.pop(0))
    (send,) = start(queue, Ticket(seconds=seconds), text="x" * 400)
    await asyncio.wait([send])

    if seconds == NEVER:
        assert 3 == len(send.result().message_ids)
    else:
        assert isinstance(send.exception(), ThrottledError)


async def test_stopped_queue_ends_what_waits(
    queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator
) -> None:
    """Also what its sender has just agreed to; nothing of it was written."""
    sends = start(queue, *(Ticket() for _ in range(5)))
    await until(lambda: sender.groups)
    assert "2 waiting" in repr(queue)
    queue.close()
    sender.may_go_on.set()
    done = await asyncio.gather(*sends, return_exceptions=True)

    assert [SubmitInterruptedError] * 5 == [type(one) for one in done]
    assert [] == gateway.messages


async def test_messages_may_be_given_back_without_a_stop(
    queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator
) -> None:
    """Those that wait end, later ones are written."""
    sends = start(queue, *(Ticket() for _ in range(4)))
    await until(lambda: sender.groups)
    queue.give_back("no link")
    with pytest.raises(SubmitInterruptedError, match="no link"):
        await sends[3]
    sender.may_go_on.set()
    await asyncio.gather(*sends[:3], *start(queue, Ticket()))

    assert 4 == len(gateway.messages)


async def test_messages_in_flight_go_on_after_a_stop(
    queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator
) -> None:
    """Their outcome is still to come."""
    gateway.scenario = Scenario(receipts=False, rules=None, response_delay=0.2)
    sender.may_go_on.set()
    ticket = Ticket()
    (send,) = start(queue, ticket)
    await until(lambda: ticket.is_written)
    queue.stop()

    assert "hi" == (await send).message.text  # type: ignore[attr-defined]  # it is an Sms


async def test_cancelled_send_is_not_written(
    queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator
) -> None:
    """While its sender is asked, or while it waits for a slot."""
    tickets = [Ticket() for _ in range(4)]
    sends = start(queue, *tickets)
    await until(lambda: sender.groups)
    sends[0].cancel()
    sends[3].cancel()
    await asyncio.wait([sends[0], sends[3]])
    sender.may_go_on.set()
    await asyncio.gather(*sends[1:3])

    assert 2 == len(gateway.messages)
    assert [False, True, True, False] == [ticket.is_written for ticket in tickets]


async def test_cancelled_send_in_flight_may_have_been_sent(
    queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator
) -> None:
    """The ticket says so."""
    gateway.scenario = Scenario(silent=True, receipts=False, rules=None)
    sender.may_go_on.set()
    ticket = Ticket()
    (send,) = start(queue, ticket)
    await until(lambda: gateway.messages)
    send.cancel()
    await asyncio.wait([send])

    assert send.cancelled()
    assert ticket.is_written


async def test_slot_that_was_taken_meanwhile_is_not_waited_for(
    smsc: SmscClient, queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator
) -> None:
    """What its sender agreed to is written at once or not at all."""
    gateway.scenario = Scenario(receipts=False, rules=None, response_delay=0.3)
    ticket = Ticket()
    (send,) = start(queue, ticket)
    await until(lambda: sender.groups)
    direct = [asyncio.create_task(smsc.send(sms(number + 50))) for number in range(4)]
    await until(lambda: 3 == len(gateway.messages))
    sender.may_go_on.set()
    with pytest.raises(SubmitInterruptedError, match="slot"):
        await send
    assert not ticket.is_written
    await asyncio.gather(*direct)

    assert 4 == len(gateway.messages)


async def test_rules_hold_a_repeat_but_not_a_resend(gateway: Simulator, sender: Sender) -> None:
    """A ticket names the reservation that its message replaces; a message given back has none."""
    sender.may_go_on.set()
    async with SmscClient(gateway.url) as smsc:
        queue = smsc.write_queue(sender)
        first = Ticket()
        await start(queue, first)[0]
        with pytest.raises(RepeatedMessageError):
            await start(queue, Ticket())[0]
        await start(queue, Ticket(replaces=first.reservation))[0]
        sender.refused = {other := Ticket()}
        with pytest.raises(SubmitInterruptedError):
            await queue.send(sms(7), other)
        await queue.send(sms(7), Ticket())

    assert 3 == len(gateway.messages)


async def test_client_that_is_left_ends_what_waits(gateway: Simulator, sender: Sender) -> None:
    """It would wait forever."""
    async with SmscClient(f"{gateway.url}?window=1", limits=NO_RULES) as smsc:
        queue = smsc.write_queue(sender)
        sends = start(queue, Ticket(), Ticket())
        await until(lambda: sender.groups)
    sender.may_go_on.set()
    done = await asyncio.gather(*sends, return_exceptions=True)

    assert [SubmitInterruptedError] * 2 == [type(one) for one in done]
    with pytest.raises(ClientClosedError):
        smsc.write_queue(sender)


async def test_receiver_has_no_queue(gateway: Simulator, sender: Sender) -> None:
    """It can't send."""
    async with SmscClient(f"{gateway.url}?mode=receiver") as smsc:
        with pytest.raises(LocalProtocolError):
            smsc.write_queue(sender)


async def test_message_in_parts_begins_when_all_have_a_slot(
    queue: WriteQueue[Ticket], sender: Sender, gateway: Simulator
) -> None:
    """With more parts than the window has slots, when the window is empty."""
    sender.may_go_on.set()
    await start(queue, Ticket(), text="x" * 300)[0]
    await start(queue, Ticket(), text="x" * 900)[0]

    assert [2, 6] == [message.parts for message in gateway.messages]


async def test_message_that_is_given_back_leaves_its_turn_to_others(gateway: Simulator) -> None:
    """A stopped sender delays no other: its messages end NOT_SENT, those that wait move up."""
    limits = GatewayLimits(rate=10.5)  # a tenth of a second apart
    asked = Sender()
    asked.may_go_on.set()
    now = asyncio.get_running_loop().time
    store = MemoryRuleStore(now)
    async with SmscClient(gateway.url, limits=limits, store=store) as smsc:
        queue = smsc.write_queue(asked)
        stopped = [asyncio.create_task(queue.send(sms(n), Ticket())) for n in range(50)]
        await asyncio.sleep(0)
        behind = asyncio.create_task(smsc.send(sms(100)))
        await asyncio.sleep(0.01)
        began = now()
        queue.give_back("it was stopped")
        await behind
        await queue.send(sms(101), Ticket())
        await asyncio.gather(*stopped, return_exceptions=True)

        assert now() - began < 0.3
    assert ["79990000100", "79990000101"] == [m.recipient for m in gateway.messages[-2:]]


async def test_message_with_an_earlier_turn_is_written_before_others(gateway: Simulator) -> None:
    """Another worker has given that turn back, and an older message may not have it."""
    asked = Sender()
    asked.may_go_on.set()
    now = asyncio.get_running_loop().time

    class TurnsStore(MemoryRuleStore):
        """Assigns these turns, in seconds from now."""

        turns: ClassVar[list[float]] = [0.3, 0.1, 0.2]

        def apply_now(self, step: Any, now: float) -> Admitted:  # noqa: ANN401, ARG002 - a Step
            """Assign the next turn, which isn't to be moved."""
            at = now + self.turns.pop(0)
            return Admitted("token", at, 0.1, at)

    limits = GatewayLimits(rate=10.5)
    async with SmscClient(gateway.url, limits=limits, store=TurnsStore(now)) as smsc:
        queue = smsc.write_queue(asked)
        await asyncio.gather(*(queue.send(sms(n), Ticket()) for n in range(3)))

    assert ["79990000001", "79990000002", "79990000000"] == [m.recipient for m in gateway.messages]
