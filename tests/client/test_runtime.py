"""What exists from entering a client to leaving it: its counters, its loop, its outcomes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from scripted import Gateway, nothing, receipt_fields, refusing, turns, until

from pdu import CommandStatus, DeliverSm
from smsc_async import (
    ClientClosedError,
    ConfigError,
    FailedSubmission,
    GatewayLimits,
    Hold,
    LinkLostError,
    LinkState,
    MemoryRuleStore,
    Outcome,
    ResponseTimeoutError,
    SendError,
    Sms,
    SmscClient,
    SmscConfig,
    Stats,
    SubmitRefusedError,
)
from smsc_async.client.bulk import BulkSend
from smsc_async.client.runtime import ClientRuntime, not_sent
from smsc_async.client.wakeups import Waiter
from smsc_async.instrumentation import Hooks

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from smsc_async.client.submission import MessageJob

SMS = Sms(to="79991234567", text="a secret of ours")


def runtime_of(config: SmscConfig) -> ClientRuntime:
    """Make a runtime with rules in memory."""
    return ClientRuntime(config, GatewayLimits(rate=None), MemoryRuleStore(), Hooks())


@pytest.fixture
async def gateway() -> AsyncGenerator[Gateway]:
    """An SMSC that behaves unless a test replaces its hooks."""
    async with Gateway() as running:
        yield running


@pytest.fixture
async def runtime(gateway: Gateway) -> AsyncGenerator[ClientRuntime]:
    """A client in use."""
    runtime = runtime_of(gateway.config())
    await runtime.open()
    yield runtime
    await runtime.close(drain=0)


def submit(runtime: ClientRuntime, message: Sms = SMS) -> MessageJob[Any]:
    """Submit a message as `send` does."""
    now = runtime.now()
    job, blocked = runtime.prepare(message, None, now, None)
    assert blocked is None
    job.waiter = Waiter(runtime.wakeups)
    runtime.dispatcher.submit(job, now)
    return job


async def test_accepted_message_is_counted_and_wakes_its_caller(runtime: ClientRuntime) -> None:
    """Its id is registered before, so no receipt is missed."""
    job = submit(runtime)
    assert job.waiter is not None
    await job.waiter

    assert ("1",) == job.message_ids
    assert (1, 0) == (runtime.stats().accepted, runtime.stats().failed)
    assert 1 == runtime.inbound.correlator.expected


async def test_failed_message_gives_its_reservation_back(
    gateway: Gateway, runtime: ClientRuntime
) -> None:
    """The gateway refused it, so the same message may be sent again."""
    gateway.on_submit = lambda peer, request: peer.answer(request, 0x45)
    job = submit(runtime)
    assert job.waiter is not None
    await job.waiter

    assert job.failure is not None
    assert (0, 1) == (runtime.stats().accepted, runtime.stats().failed)
    submit(runtime)


async def test_cancelled_waiter_is_left_alone(gateway: Gateway, runtime: ClientRuntime) -> None:
    """The response comes after the caller has been cancelled."""
    gateway.on_submit = nothing
    job = submit(runtime)
    assert job.waiter is not None
    job.waiter.cancel()
    (request,) = await gateway.submitted()
    gateway.accept(gateway.peer, request)
    await until(lambda: job.is_finished)

    assert 1 == runtime.stats().accepted
    assert 1 == runtime.stats().abandoned


async def test_outcome_that_came_too_late_for_its_caller_is_abandoned(
    gateway: Gateway, runtime: ClientRuntime
) -> None:
    """It was known, and the caller was cancelled before it could be woken."""
    for cancelled in (False, True):
        job = submit(runtime, Sms(to="79991234567", text=f"hello {cancelled}"))
        assert job.waiter is not None
        if cancelled:
            job.waiter.cancel()
        await until(lambda job=job: job.is_finished)  # type: ignore[misc]
        runtime.withdraw(job)

    assert 2 == len(gateway.submits)
    assert 2 == runtime.stats().abandoned


async def test_message_without_a_caller_is_abandoned_once(runtime: ClientRuntime) -> None:
    """What was never written isn't: the caller lost nothing that matters."""
    runtime.count_abandoned(("1",), None)
    message = Sms(to="79991234567", text="hello")
    runtime.count_abandoned((), ResponseTimeoutError(message, timeout=1.0))
    runtime.count_abandoned((), not_sent(message, 1.0, "no link is bound"))

    assert 2 == runtime.stats().abandoned


async def test_expiry_of_an_outcome_changes_nothing(runtime: ClientRuntime) -> None:
    """The timer may fire in the turn in which the outcome came."""
    job = submit(runtime)
    assert job.waiter is not None
    await job.waiter
    runtime.expire(job, 1.0)

    assert (1, 0) == (runtime.stats().accepted, runtime.stats().failed)


async def test_early_receipt_finds_its_message(gateway: Gateway, runtime: ClientRuntime) -> None:
    """It came in a read of its own, before the response that names its id."""
    gateway.on_submit = nothing
    job = submit(runtime)
    (request,) = await gateway.submitted()
    gateway.peer.write(DeliverSm(sequence_number=1, **receipt_fields("1")))
    await until(lambda: runtime.stats().receipts)
    gateway.accept(gateway.peer, request)
    await until(lambda: job.is_finished)

    assert job.final_receipt() is not None
    assert 0 == runtime.stats().unread_receipts


async def test_withdrawn_message_gives_its_reservation_back(gateway: Gateway) -> None:
    """No link: it was never written."""
    runtime = runtime_of(gateway.config("open=eventually"))
    gateway.on_bind = nothing
    await runtime.open()
    job = submit(runtime)
    runtime.withdraw(job)
    again = submit(runtime)
    await runtime.close(drain=0)

    assert not job.is_finished
    assert again.is_finished


async def test_timeout_that_is_no_duration_is_refused(runtime: ClientRuntime) -> None:
    """Zero, negative or NaN: before anything is reserved."""
    for timeout in (0.0, -1.0, float("nan")):
        with pytest.raises(ConfigError, match="timeout"):
            runtime.prepare(SMS, timeout, runtime.now(), None)
    submit(runtime)


async def test_messages_in_parts_get_references_in_turn(runtime: ClientRuntime) -> None:
    """From 0 to 255 and round again; a message of one part takes none."""
    runtime._reference = 255
    long = Sms(to="79991234567", text="x" * 200)
    runtime.prepare(SMS, None, runtime.now(), None)
    references = [runtime._reference]
    runtime.prepare(long, None, runtime.now(), None)
    references.append(runtime._reference)

    assert [255, 0] == references


async def test_failed_open_closes_everything(gateway: Gateway) -> None:
    """No task, no link and no reader is left."""
    gateway.on_bind = lambda peer, bind: peer.answer(bind, 0x0E)
    runtime = runtime_of(gateway.config())
    with pytest.raises(ConnectionError):
        await runtime.open()
    await turns()

    assert LinkState.CLOSED is runtime.pool.state
    assert 1 == len(asyncio.all_tasks())
    assert [] == [receipt async for receipt in runtime.inbound.receipts.read()]
    with pytest.raises(ClientClosedError):
        runtime.check_loop()


@pytest.mark.parametrize("after", range(1, 12))
async def test_client_left_while_its_simulator_starts_is_not_entered(after: int) -> None:
    """Leaving found no link to close yet; in whichever turn it comes, nothing is left running."""
    smsc = SmscClient("sim://")
    entering = asyncio.create_task(smsc.__aenter__())
    await turns(after)
    await smsc.aclose(0)
    with pytest.raises((ClientClosedError, LinkLostError)):
        await entering
    await turns()

    assert LinkState.CLOSED is smsc.health().state
    assert {asyncio.current_task()} == asyncio.all_tasks()


async def test_client_left_while_its_simulator_starts_never_connects() -> None:
    """Leaving has returned: nothing new begins."""
    runtime = runtime_of(SmscConfig.from_url("sim://"))
    opening = asyncio.create_task(runtime.open())
    await turns(1)
    await runtime.close(drain=0.0)
    with pytest.raises(ClientClosedError):
        await opening

    assert 0 == runtime.pool.connects


async def test_client_left_in_the_turn_of_its_first_bind_is_not_entered(gateway: Gateway) -> None:
    """It couldn't be used."""
    runtime = runtime_of(gateway.config())
    leaving: list[asyncio.Task[None]] = []
    on_room = runtime.dispatcher.on_room

    def leave() -> None:
        """Leave when the link is bound, before the caller of `open` is woken."""
        runtime.is_leaving = True
        leaving.append(asyncio.ensure_future(runtime.close(drain=0.0)))
        on_room()

    runtime.dispatcher.on_room = leave  # type: ignore[method-assign]
    with pytest.raises(ClientClosedError):
        await runtime.open()
    await asyncio.wait(leaving)

    assert LinkState.CLOSED is runtime.pool.state


async def test_leaving_a_client_without_a_link_ends_its_send_many(gateway: Gateway) -> None:
    """No response and no lost link wakes it, and its iterable would never end."""

    async def never() -> AsyncGenerator[Sms]:
        """Never yield."""
        await asyncio.Event().wait()
        yield SMS

    gateway.on_bind = nothing
    runtime = runtime_of(gateway.config("open=eventually"))
    await runtime.open()
    outcomes = BulkSend(runtime, None, Hold.fail()).run(never())
    reading = asyncio.ensure_future(anext(outcomes))
    await turns()
    await runtime.close(drain=0)
    await turns()

    assert reading.done()
    assert isinstance(reading.exception(), ClientClosedError)


async def test_runtime_belongs_to_its_loop(runtime: ClientRuntime) -> None:
    """Its futures and timers would never wake in another loop."""
    runtime.check_loop()

    async def check() -> None:
        """Check in another loop."""
        with pytest.raises(ClientClosedError, match="another event loop"):
            runtime.check_loop()

    await asyncio.to_thread(asyncio.run, check())


async def test_new_runtime_has_counted_nothing(gateway: Gateway) -> None:
    """Counters begin anew each time a client is entered."""
    assert Stats() == runtime_of(gateway.config()).stats()


async def test_repr_shows_no_password_and_no_text(runtime: ClientRuntime) -> None:
    """A repr appears in logs and debuggers."""
    submit(runtime)
    shown = repr(runtime)

    assert shown.startswith("<ClientRuntime <LinkPool bound, 1 of 1 links bound>, <Dispatcher 1 ")
    for secret in ("secret", "79991234567"):
        assert secret not in shown


class FailingStore(MemoryRuleStore):
    """A store of a user, of which nothing works."""

    error: BaseException = OSError("down")

    def apply_now(self, step: Any, now: float) -> None:  # type: ignore[override]  # noqa: ANN401 - a Step
        """Have no verdict at once."""

    async def apply(self, _step: Any) -> Any:  # noqa: ANN401 - a Step and a Verdict
        """Fail."""
        raise self.error


class Careless(BaseException):
    """What a careless library raises."""


async def test_send_many_ends_when_the_store_fails(gateway: Gateway) -> None:
    """Each message has its outcome, NOT_SENT."""
    messages = [Sms(to=f"7999123456{digit}", text="hi") for digit in range(3)]
    async with SmscClient(gateway.config(), store=FailingStore()) as client:
        outcomes = [outcome async for outcome in client.send_many(messages)]

    assert 3 == len(outcomes)
    for outcome in outcomes:
        assert isinstance(outcome, FailedSubmission)
        assert isinstance(outcome.error, SendError)
        assert Outcome.NOT_SENT is outcome.error.outcome
        assert isinstance(outcome.error.__cause__, OSError)


async def test_send_many_raises_what_is_no_exception(gateway: Gateway) -> None:
    """It ends, rather than wait for a task that has ended."""
    store = FailingStore()
    store.error = Careless()
    async with SmscClient(gateway.config(), store=store) as client:
        with pytest.raises(Careless):
            [outcome async for outcome in client.send_many([SMS, SMS])]


async def test_failed_release_does_not_end_the_link(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The send has the gateway's answer, and the next one is sent over the same link."""
    store = MemoryRuleStore()

    def fail(*_: object) -> None:
        """Fail."""
        raise Careless

    monkeypatch.setattr(store, "release", fail)
    gateway.on_submit = refusing(CommandStatus.ESME_RSUBMITFAIL)
    async with SmscClient(gateway.config(), store=store) as client:
        with pytest.raises(SubmitRefusedError):
            await client.send(SMS)
        with pytest.raises(SubmitRefusedError):
            await client.send(Sms(to="79991234568", text="hi"))
        assert 1 == client.stats().connects
