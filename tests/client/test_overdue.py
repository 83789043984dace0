"""Messages that have missed their turns: where workers share a rate, they take other turns."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from idle_clock import pass_time
from rules_world import most_in_a_second
from scripted import Gateway, RecordingTraffic, parts_of, until

from smsc_async import GatewayLimits, MemoryRuleStore, Sms, SmscClient, Submission
from smsc_async.client.overdue import OverdueTurns
from smsc_async.client.submission import MessageJob
from smsc_async.client.turns import TurnSchedule

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from smsc_async.client.runtime import ClientRuntime
    from smsc_async.rules.engine import Step
    from smsc_async.rules.verdict import Admitted

RATE = 40
LIMITS = GatewayLimits(rate=RATE)
pytestmark = pytest.mark.takes_up_to(5, reason="messages are written at a rate of 40 a second")


class SharedStore(MemoryRuleStore):
    """A store that several workers share.

    Attributes:
        taken: The turns that were taken anew.
        error: Raised instead.
        may_answer: Set while it answers.
    """

    shares_rate = True

    def __init__(self) -> None:
        super().__init__(asyncio.get_running_loop().time)
        self.taken: list[float] = []
        self.returned: list[float] = []
        self.error: Exception | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def take_turn(self, step: Step, admitted: Admitted) -> Admitted:
        """Take the next turn, for all workers."""
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        moved = self.move(step, self.now(), admitted.token)
        self.taken.append(moved.not_before)
        return moved

    def give_back_turn(self, at: float, interval: float) -> None:
        """Record it."""
        self.returned.append(at)
        super().give_back_turn(at, interval)


class Ticket:
    """A message of a sender that is asked before the write."""

    replaces: Any = None
    reservation: Any = None
    is_written = False
    message_ids: tuple[str, ...] = ()

    def remaining(self) -> float:
        """Return for how long it may be written."""
        return float("inf")


class Bench:
    """A gateway that records when it was written to, and workers of one account."""

    def __init__(self, gateway: Gateway, store: SharedStore) -> None:
        self.gateway = gateway
        self.store = store
        self.times: list[float] = []
        self.numbers = iter(range(10_000))
        gateway.on_submit = self.record

    def record(self, peer: Any, pdu: Any) -> None:  # noqa: ANN401 - of the scripted gateway
        """Record the time of a submit_sm and accept it."""
        self.times.append(asyncio.get_running_loop().time())
        self.gateway.accept(peer, pdu)

    def client(self) -> SmscClient:
        """Return a worker."""
        return SmscClient(self.gateway.url(), limits=LIMITS, store=self.store)

    def sms(self, text: str = "Hi") -> Sms:
        """Return a message to a number of its own."""
        return Sms(to=f"7916{next(self.numbers):07d}", text=text)

    def send(self, smsc: SmscClient, count: int) -> list[asyncio.Task[Submission[Any]]]:
        """Send messages at once."""
        return [asyncio.create_task(smsc.send(self.sms())) for _ in range(count)]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Yield the gateway and the store of two workers."""
    async with Gateway() as gateway:
        yield Bench(gateway, SharedStore())


def runtime_of(smsc: SmscClient) -> ClientRuntime:
    """Return what a client consists of."""
    assert smsc._runtime is not None
    return smsc._runtime


def poke(*clients: SmscClient) -> None:
    """Let clients look at what is due, as a response or a timer does."""
    for smsc in clients:
        runtime_of(smsc).dispatcher.on_room()


async def test_two_workers_that_catch_up_keep_the_rate(bench: Bench) -> None:
    """Each at the account's rate was twice that; their loops were held up for half a second."""
    async with bench.client() as first, bench.client() as second:
        sent = [*bench.send(first, 15), *bench.send(second, 15)]
        await until(lambda: len(bench.times) >= 2)
        pass_time(2.0)
        poke(first, second)
        outcomes = await asyncio.gather(*sent)

    assert 30 == len(bench.times) == len({one.message_id for one in outcomes})
    assert 20 <= len(bench.store.taken) <= 28
    late = sorted(bench.times)[2:]
    gaps = [after - at for at, after in pairwise(late)]
    assert sum(gaps) >= 26 * 1.05 / RATE
    assert RATE >= most_in_a_second(bench.times)


async def test_message_in_time_keeps_its_turn(bench: Bench) -> None:
    """Nothing is asked anew while messages are written in their turns."""
    async with bench.client() as smsc:
        await asyncio.gather(*bench.send(smsc, 5))

    assert [] == bench.store.taken == bench.store.returned


async def test_messages_that_are_not_overdue_go_on(bench: Bench) -> None:
    """While a slow store looks for turns of the overdue ones."""
    async with bench.client() as smsc:
        sent = bench.send(smsc, 20)
        await until(lambda: len(bench.times) >= 2)
        bench.store.may_answer.clear()
        pass_time(0.2)
        poke(smsc)
        await until(lambda: len(runtime_of(smsc).admission.overdue) >= 4)
        waiting = len(runtime_of(smsc).admission.overdue)
        await until(lambda: len(bench.times) >= 20 - waiting)
        assert f"<OverdueTurns, {waiting} messages>" == repr(runtime_of(smsc).admission.overdue)
        bench.store.may_answer.set()
        await asyncio.gather(*sent)

    assert waiting == len(bench.store.taken)


async def test_store_that_fails_does_not_stop_overdue_messages(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """They are written an interval apart, as in a client that shares nothing."""
    bench.store.error = OSError("a secret of ours")
    async with bench.client() as smsc:
        sent = bench.send(smsc, 10)
        await until(lambda: len(bench.times) >= 2)
        pass_time(1.0)
        poke(smsc)
        await asyncio.gather(*sent)

    assert "! RuleStore.take_turn failed: OSError at " in caplog.text
    assert "a secret" not in caplog.text
    times = sorted(bench.times)[2:]
    assert times[-1] - times[0] >= 5 * 1.05 / RATE


async def test_turn_of_a_message_that_has_ended_is_given_back(bench: Bench) -> None:
    """Its caller was cancelled while the store looked for a turn."""
    async with bench.client() as smsc:
        sent = bench.send(smsc, 6)
        await until(lambda: len(bench.times) >= 2)
        bench.store.may_answer.clear()
        pass_time(0.5)
        poke(smsc)
        await until(lambda: len(runtime_of(smsc).admission.overdue) >= 3)
        for task in sent:
            task.cancel()
        await asyncio.wait(sent)
        bench.store.may_answer.set()
        await until(lambda: not len(runtime_of(smsc).admission.overdue))

    assert len(bench.store.taken) >= 3
    assert sorted(bench.store.taken) == sorted(bench.store.returned)[-len(bench.store.taken) :]


async def test_message_that_waited_for_a_link_takes_another_turn(bench: Bench) -> None:
    """It was admitted at once, so its turn was when it began to wait."""
    async with bench.client() as smsc:
        await smsc.send(bench.sms())
        bench.gateway.peer.transport.abort()
        await until(lambda: not smsc.health().bound)
        sent = bench.send(smsc, 1)
        await asyncio.sleep(0)
        pass_time(0.5)
        await asyncio.gather(*sent)

    assert 1 >= len(bench.store.taken)
    assert 2 == len(bench.times)


async def test_queue_that_asks_before_the_write_takes_other_turns_first(bench: Bench) -> None:
    """Its sender agrees to a group once, so the turns are found before it is asked."""
    groups: list[int] = []

    async def agree(tickets: Any) -> set[Ticket]:  # noqa: ANN401 - any sequence
        """Agree to all of a group."""
        groups.append(len(tickets))
        return set(tickets)

    async with bench.client() as smsc:
        queue = smsc.write_queue(agree)
        sent = [asyncio.create_task(queue.send(bench.sms(), Ticket())) for _ in range(12)]
        await until(lambda: len(bench.times) >= 2)
        pass_time(1.0)
        poke(smsc)
        await asyncio.gather(*sent)
        queue.close()

    assert len(bench.store.taken) >= 8
    assert 12 == len(bench.times) == sum(groups)
    times = sorted(bench.times)
    assert times[-1] - times[2] >= 8 * 1.05 / RATE


async def test_message_takes_another_turn_once() -> None:
    """Where the clocks of store and links differ by much, it would miss each of them."""
    store = SharedStore()
    overdue = OverdueTurns(store, TurnSchedule(store, store.now), store.now)
    overdue.dispatcher = Mock()
    overdue.dispatcher.submit_queue.suspend_overdue.return_value = []
    first, second = (
        MessageJob(Sms(to="79991234567", text="x"), parts_of(1), None, RecordingTraffic())
        for _ in range(2)
    )

    assert [True, False, True] == [overdue.retake(job) for job in (first, first, second)]
    overdue._jobs.clear()
