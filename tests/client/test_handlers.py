"""Handlers of receipts and of incoming messages, alone and in a client."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any
from unittest.mock import AsyncMock

import anyio
import pytest
from scripted import Gateway, nothing, receipt_fields, turns, until

from pdu import DeliverSm, DeliverSmResp, MessageState
from smsc_async import (
    ClientClosedError,
    ConfigError,
    GatewayLimits,
    IncomingMessage,
    Receipt,
    Sms,
    SmscClient,
    SmscConfig,
)
from smsc_async.client import handlers
from smsc_async.client.delivery_queue import MAX_UNACKNOWLEDGED
from smsc_async.client.handlers import CallResult, HandlerCall, HandlerRunner

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from scripted import Peer

RETRY = 0x64  # ESME_RX_T_APPN


def sms(number: int = 0) -> Sms:
    """Make a message."""
    return Sms(to=f"7999{number:07d}", text="hello")


@pytest.fixture
async def gateway() -> AsyncGenerator[Gateway]:
    """An SMSC that behaves unless a test replaces its hooks."""
    async with Gateway() as running:
        yield running


class Recording:
    """A handler that records what it gets.

    Args:
        fails: Raise for the first so many.
        is_open: Return at once; else wait for `go_on`.
    """

    def __init__(self, fails: int = 0, *, is_open: bool = True) -> None:
        self.fails = fails
        self.got: list[str] = []
        self.running = 0
        self.most_running = 0
        self.cancelled = 0
        self.go_on = asyncio.Event()
        if is_open:
            self.go_on.set()

    async def __call__(self, item: Receipt | IncomingMessage) -> None:
        """Record, wait, raise."""
        shown = item.message_id if isinstance(item, Receipt) else item.text
        self.got.append(f"{shown}")
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        if self.fails:
            self.fails -= 1
            raise ValueError("a secret of theirs")


def client(
    gateway: Gateway,
    settings: str = "",
    *,
    on_receipt: Callable[[Receipt], Awaitable[object]] | None = None,
    on_incoming: Callable[[IncomingMessage], Awaitable[object]] | None = None,
) -> SmscClient:
    """Make a client that no rule holds."""
    return SmscClient(
        gateway.url(settings),
        limits=GatewayLimits.off(),
        on_receipt=on_receipt,
        on_incoming=on_incoming,
    )


def part(sequence: int, total: int = 3, text: bytes = b"part %d ") -> dict[str, Any]:
    """Make the fields of a part."""
    octets = bytes([5, 0, 3, 42, total, sequence]) + text % sequence
    return {"source_addr": "7999", "esm_class": 0x40, "short_message": octets}


async def statuses(peer: Peer, number: int) -> list[int]:
    """Return the statuses of so many responses."""
    return [each.command_status for each in await peer.got(DeliverSmResp, number)]


# The runner.


class Ended:
    """Calls, and how each ended."""

    def __init__(self) -> None:
        self.results: list[tuple[str, CallResult]] = []

    def call(
        self,
        item: str,
        handler: Callable[[Any], Awaitable[object]],
        key: str | None = None,
        *,
        is_due: bool = True,
        is_last_chance: bool = False,
    ) -> HandlerCall:
        """Make a call."""

        def on_end(result: CallResult) -> None:
            """Record."""
            self.results.append((item, result))

        return HandlerCall("h", handler, item, key, lambda: is_due, on_end, is_last_chance)


async def test_calls_of_one_key_follow_each_other_and_others_pass() -> None:
    """The first of "a" waits; "b" doesn't wait for it, the second of "a" does."""
    runner, ended, go_on = HandlerRunner(16), Ended(), asyncio.Event()
    began: list[str] = []

    async def handle(item: str) -> None:
        """Wait at the first."""
        began.append(item)
        if item == "a1":
            await go_on.wait()

    runner.open()
    for item in ("a1", "a2", "b1", "none"):
        runner.submit(ended.call(item, handle, item[0] if item != "none" else None))
    await turns()
    before = list(began)
    go_on.set()
    await turns()
    await runner.close(1)

    assert ["a1", "b1", "none"] == before
    assert ["b1", "none", "a1", "a2"] == [item for item, _ in ended.results]
    assert {CallResult.RETURNED} == {result for _, result in ended.results}
    assert not runner._behind


async def test_no_more_calls_run_than_allowed_and_each_ends_once() -> None:
    """Of 20 calls 3 at once; the order of the calls is kept."""
    runner, ended, recording = HandlerRunner(3), Ended(), Recording(is_open=False)
    runner.open()

    async def handle(item: str) -> None:
        """Record."""
        await recording(Receipt(message_id=item))

    for number in range(20):
        runner.submit(ended.call(str(number), handle))
    await turns()
    before, shown = runner.active, repr(runner)
    recording.go_on.set()
    await until(lambda: len(ended.results) == 20)
    await runner.close(1)

    assert (3, 3) == (before, recording.most_running)
    assert "<HandlerRunner 3 of 3 run, 17 wait>" == shown
    assert [str(number) for number in range(20)] == recording.got


async def test_call_that_is_not_due_is_skipped() -> None:
    """Its link was lost, or another delivery was handled meanwhile."""
    runner, ended = HandlerRunner(1), Ended()
    runner.open()
    handle = AsyncMock()
    runner.submit(ended.call("skipped", handle, "a", is_due=False))
    runner.submit(ended.call("next", handle, "a"))
    await until(lambda: ended.results)
    await runner.close(0)

    assert [("next", CallResult.RETURNED)] == ended.results
    handle.assert_awaited_once_with("next")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a secret of theirs"),
        asyncio.CancelledError(),
        TimeoutError(),
        BaseExceptionGroup("a secret", [asyncio.CancelledError()]),
        StopAsyncIteration(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_a_handler_raises_is_survived(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged with its kind and place, without its text; other calls go on."""
    runner, ended = HandlerRunner(1), Ended()

    async def handle(item: str) -> None:
        """Raise at the first."""
        if item == "first":
            raise error

    runner.open()
    runner.submit(ended.call("first", handle, "a"))
    runner.submit(ended.call("second", handle, "a"))
    await until(lambda: len(ended.results) == 2)
    await runner.close(1)
    (line,) = [record.getMessage() for record in caplog.records]

    assert [CallResult.RAISED, CallResult.RETURNED] == [result for _, result in ended.results]
    assert line.startswith(f"! h raised {type(error).__name__} at ")
    assert "secret" not in line
    assert "test_handlers.py" in line


async def test_close_waits_and_then_cancels() -> None:
    """Two calls run, one of them for ever; what has not begun is given up."""
    runner, ended, quick, slow = HandlerRunner(2), Ended(), asyncio.Event(), asyncio.Event()
    runner.open()
    runner.submit(ended.call("quick", lambda _: quick.wait()))
    runner.submit(ended.call("slow", lambda _: slow.wait(), "a"))
    runner.submit(ended.call("behind", lambda _: slow.wait(), "a"))
    runner.submit(ended.call("ready", lambda _: slow.wait()))
    await turns()
    closing = asyncio.create_task(runner.close(0.02))
    await turns()
    quick.set()
    runner.submit(ended.call("late", lambda _: slow.wait()))
    await closing

    assert {
        ("ready", CallResult.GIVEN_UP),
        ("behind", CallResult.GIVEN_UP),
        ("quick", CallResult.RETURNED),
        ("slow", CallResult.GIVEN_UP),
    } == set(ended.results)
    assert 1 == len(asyncio.all_tasks())


async def test_last_chance_is_taken_while_the_client_is_left() -> None:
    """The gateway won't deliver it again; without time it is given up."""
    runner, ended, go_on = HandlerRunner(1), Ended(), asyncio.Event()
    runner.open()
    runner.submit(ended.call("first", lambda _: go_on.wait()))
    runner.submit(ended.call("second", lambda _: go_on.wait(), is_last_chance=True))
    await turns()
    closing = asyncio.create_task(runner.close(1))
    await turns()
    go_on.set()
    await closing
    assert [CallResult.RETURNED] * 2 == [result for _, result in ended.results]

    runner, go_on = HandlerRunner(1), asyncio.Event()
    runner.open()
    for item in ("third", "fourth"):
        runner.submit(ended.call(item, lambda _: go_on.wait(), is_last_chance=True))
    await turns()
    await runner.close(0)

    assert [CallResult.GIVEN_UP] * 2 == [result for _, result in ended.results[2:]]


async def test_last_chance_after_the_end_of_the_handlers_is_given_up() -> None:
    """The links read on for a while: what comes then is reported, too, and with its key."""
    runner, ended = HandlerRunner(1), Ended()
    runner.open()
    await runner.close(0)
    for key in (None, "a", "a"):
        runner.submit(ended.call("late", lambda _: turns(), key, is_last_chance=True))
    runner.submit(ended.call("repeated", lambda _: turns()))

    assert [("late", CallResult.GIVEN_UP)] * 3 == ended.results


async def test_last_chance_while_others_are_cancelled_is_given_up() -> None:
    """No call begins once the time of the handlers is over."""
    runner, ended, go_on = HandlerRunner(2), Ended(), asyncio.Event()

    async def handle(_: str) -> None:
        """Take a while to end after a cancellation."""
        try:
            await go_on.wait()
        finally:
            await go_on.wait()

    runner.open()
    runner.submit(ended.call("slow", handle))
    await turns()
    closing = asyncio.create_task(runner.close(0))
    await turns()
    runner.submit(ended.call("late", lambda _: turns(), is_last_chance=True))
    await turns()
    assert [("late", CallResult.GIVEN_UP)] == ended.results
    go_on.set()
    await closing

    assert ("slow", CallResult.GIVEN_UP) == ended.results[1]


@pytest.mark.parametrize("kind", [GeneratorExit, asyncio.CancelledError, StopAsyncIteration])
async def test_exception_of_the_event_loop_that_a_handler_raises_ends_nothing_else(
    kind: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    """A handler may close a generator wrongly, or pass on what a library raised."""
    runner, ended = HandlerRunner(1), Ended()
    runner.open()
    runner.submit(ended.call("bad", AsyncMock(side_effect=kind)))
    runner.submit(ended.call("good", AsyncMock()))
    await turns()
    await runner.close(1)

    assert [("bad", CallResult.RAISED), ("good", CallResult.RETURNED)] == ended.results
    assert f"h raised {kind.__name__}" in caplog.text


async def test_handler_that_ignores_its_cancellation_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is waited for a little longer, and then left alone."""
    monkeypatch.setattr(handlers, "GRACE", 0.01)
    runner, ended, go_on = HandlerRunner(1), Ended(), asyncio.Event()

    async def handle(_: str) -> None:
        """Go on after a cancellation."""
        try:
            await go_on.wait()
        except asyncio.CancelledError:
            await go_on.wait()

    runner.open()
    runner.submit(ended.call("stuck", handle))
    await turns()
    await runner.close(0)
    assert "1 handlers don't end though they were cancelled" in caplog.text
    go_on.set()
    await until(lambda: len(asyncio.all_tasks()) == 1)

    assert [("stuck", CallResult.RETURNED)] == ended.results


async def test_cancelled_close_cancels_the_calls_at_once() -> None:
    """As everything that is left by a cancellation."""
    runner, ended = HandlerRunner(1), Ended()
    runner.open()
    runner.submit(ended.call("running", lambda _: asyncio.Event().wait()))
    await turns()
    with anyio.move_on_after(0.01):
        await runner.close(1000)
    await until(lambda: ended.results)

    assert [("running", CallResult.GIVEN_UP)] == ended.results


async def test_runner_that_was_never_opened_is_closed_at_once() -> None:
    """A client without handlers has no task for them."""
    await HandlerRunner(1).close(1000)

    assert 1 == len(asyncio.all_tasks())


# What is a handler.


class AsyncCallable:
    """An object that is called like an async function."""

    async def __call__(self, item: object) -> None:
        """Do nothing."""

    async def method(self, item: object) -> None:
        """Do nothing."""


async def function(_: object, **__: object) -> None:
    """Do nothing."""


@pytest.mark.parametrize(
    "handler",
    [
        None,
        function,
        functools.partial(function, option=1),
        AsyncCallable(),
        AsyncCallable().method,
        AsyncMock(),
    ],
)
def test_async_callables_are_handlers(handler: Any) -> None:  # noqa: ANN401 - of any kind
    """Functions, methods, partial ones, objects, mocks."""
    SmscClient("sim://", on_receipt=handler, on_incoming=handler)


async def generator(_: object) -> AsyncGenerator[None]:
    """Yield nothing; it is no coroutine."""
    yield


@pytest.mark.parametrize("name", ["on_receipt", "on_incoming"])
@pytest.mark.parametrize(
    "handler",
    [print, lambda _: None, 42, "function", AsyncCallable, generator, asyncio.Queue(), []],
)
def test_anything_else_is_refused_at_the_door(name: str, handler: Any) -> None:  # noqa: ANN401 - of any kind
    """A function that returns at once would lose receipts."""
    with pytest.raises(ConfigError, match=rf"{name}: takes an async function"):
        SmscClient("sim://", **{name: handler})


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "100001"])
def test_concurrency_is_a_positive_number(value: str) -> None:
    """In a URL and in a config; 16 by default."""
    with pytest.raises(ConfigError, match="handler_concurrency"):
        SmscConfig.from_url(f"sim://?handler_concurrency={value}")

    assert 16 == SmscConfig.from_url("sim://").handler_concurrency
    assert 4 == SmscConfig.from_url("sim://?handler_concurrency=4").handler_concurrency


# Receipts in a client.


async def test_receipt_is_answered_when_its_handler_returned(gateway: Gateway) -> None:
    """Its submission gets it at once; it isn't unread, and no reader is needed."""
    handler = Recording(is_open=False)
    async with client(gateway, on_receipt=handler) as smsc:
        sent = await smsc.send(sms())
        gateway.peer.deliver_receipt("1")
        receipt = await sent.receipt(timeout=5)
        await until(lambda: handler.got)
        await turns()
        before = list(gateway.peer.all(DeliverSmResp))
        handler.go_on.set()
        after = await statuses(gateway.peer, 1)

        assert MessageState.DELIVERED is receipt.state
        assert ([], [0], ["1"]) == (before, after, handler.got)
        assert 0 == smsc.stats().unread_receipts


async def test_handler_sees_every_receipt(gateway: Gateway) -> None:
    """Awaited, of a dropped submission, of another process, early, without an id."""
    handler = Recording()
    async with client(gateway, on_receipt=handler) as smsc:
        peer = gateway.peer
        sent = await smsc.send(sms(1))
        await smsc.send(sms(2))
        for message_id in ("1", "2", "other"):
            peer.deliver_receipt(message_id)
        await sent.receipt(timeout=5)
        peer.deliver(esm_class=4, short_message=b"what is this")
        gateway.on_submit = nothing
        sending = asyncio.create_task(smsc.send(sms(3)))
        submits = await gateway.submitted(3)
        peer.deliver_receipt("3")
        await statuses(peer, 5)
        gateway.accept(peer, submits[2])
        early = await (await sending).receipt(timeout=5)
        stats = smsc.stats()

    assert ["1", "2", "other", "", "3"] == handler.got
    assert "3" == early.message_id
    assert (0, 0) == (stats.unread_receipts, stats.dropped_receipts)
    assert [] == [receipt async for receipt in smsc.receipts()]


async def test_receipt_whose_handler_raised_is_handled_again(gateway: Gateway) -> None:
    """The gateway delivers it again; then it is handled, and a third one is a repetition."""
    handler = Recording(fails=1)
    async with client(gateway, on_receipt=handler) as smsc:
        for number in range(1, 4):
            gateway.peer.deliver_receipt("1")
            await statuses(gateway.peer, number)

        assert [RETRY, 0, 0] == await statuses(gateway.peer, 3)
        assert ["1", "1"] == handler.got
        assert 1 == smsc.stats().repeated_receipts


@pytest.mark.parametrize("way", ["submission", "id", "both"])
async def test_receipt_that_is_asked_for_is_still_handled_again(gateway: Gateway, way: str) -> None:
    """What `receipt` returned isn't what the handler has done."""
    handler = Recording(fails=1)
    async with client(gateway, on_receipt=handler) as smsc:
        sent = await smsc.send(sms())
        gateway.peer.deliver_receipt(sent.message_id)
        await statuses(gateway.peer, 1)
        if way != "id":
            await sent.receipt(timeout=10)
        if way != "submission":
            await smsc.receipt(sent.message_id, timeout=10)
        gateway.peer.deliver_receipt(sent.message_id)

        assert [RETRY, 0] == await statuses(gateway.peer, 2)
    assert [sent.message_id] * 2 == handler.got


async def test_receipt_that_is_repeated_while_it_is_handled_is_handled_once(
    gateway: Gateway,
) -> None:
    """The gateway was impatient: both deliveries are answered by the one call."""
    handler = Recording(is_open=False)
    async with client(gateway, on_receipt=handler) as smsc:
        for _ in range(3):
            gateway.peer.deliver_receipt("1")
        await until(lambda: smsc.stats().receipts == 3)
        await turns()
        handler.go_on.set()

        assert [0, 0, 0] == await statuses(gateway.peer, 3)
        assert ["1"] == handler.got


async def test_receipts_of_one_id_are_handled_in_order(gateway: Gateway) -> None:
    """ENROUTE, then DELIVRD; another id overtakes them."""
    seen: list[tuple[str, object]] = []
    go_on = asyncio.Event()

    async def handle(receipt: Receipt) -> None:
        """Take long for what is on its way."""
        if not receipt.is_final:
            await go_on.wait()
        seen.append((receipt.message_id, receipt.is_final))

    async with client(gateway, on_receipt=handle):
        peer = gateway.peer
        peer.deliver_receipt("1", "ENROUTE")
        peer.deliver_receipt("1")
        peer.deliver_receipt("2")
        await statuses(peer, 1)
        go_on.set()
        await statuses(peer, 3)

    assert [("2", True), ("1", False), ("1", True)] == seen


async def test_no_more_handlers_run_than_configured(gateway: Gateway) -> None:
    """Of receipts and messages together."""
    handler = Recording(is_open=False)
    url = "handler_concurrency=3"
    async with client(gateway, url, on_receipt=handler, on_incoming=handler) as smsc:
        for number in range(5):
            gateway.peer.deliver_receipt(str(number))
            gateway.peer.deliver(source_addr="7999", short_message=b"hi")
        await until(lambda: smsc.stats().receipts + smsc.stats().incoming == 10)
        await turns()
        before = handler.running
        handler.go_on.set()
        answers = await statuses(gateway.peer, 10)

    assert (3, 3, 10) == (before, handler.most_running, len(handler.got))
    assert {0} == set(answers)


async def test_too_many_deliveries_for_handlers_are_refused(gateway: Gateway) -> None:
    """Nothing grows without limit: the gateway delivers them again later."""
    handler = Recording(is_open=False)
    url = "handler_concurrency=1"
    async with client(gateway, url, on_receipt=handler, on_incoming=handler) as smsc:
        peer = gateway.peer
        peer.deliver_receipt("first")
        await until(lambda: handler.running)
        number = MAX_UNACKNOWLEDGED
        peer.write(*(DeliverSm(sequence_number=n, **receipt_fields(str(n))) for n in range(2, 900)))
        for _ in range(number - 898):
            peer.deliver(source_addr="7999", short_message=b"hi")
        await until(lambda: smsc.stats().receipts + smsc.stats().incoming == 1 + number)
        peer.deliver_receipt("last")
        peer.deliver(source_addr="7999", short_message=b"last")

        assert [RETRY, RETRY] == await statuses(peer, 2)
        handler.go_on.set()
        assert 3 + number == len(await statuses(peer, 3 + number))


async def test_receipt_of_a_lost_link_is_not_answered_and_not_handled_twice(
    gateway: Gateway,
) -> None:
    """One runs when the link is lost, one waits; the gateway delivers both again."""
    handler = Recording(is_open=False)
    async with client(gateway, "handler_concurrency=1", on_receipt=handler) as smsc:
        gateway.peer.deliver_receipt("runs")
        gateway.peer.deliver_receipt("waits")
        await until(lambda: smsc.stats().receipts == 2)
        gateway.peer.drop()
        await until(lambda: smsc.stats().connects == 2)
        handler.go_on.set()
        await turns()
        gateway.peer.deliver_receipt("runs")
        gateway.peer.deliver_receipt("waits")

        assert [0, 0] == await statuses(gateway.peer, 2)
        assert ["runs", "waits"] == handler.got


async def test_reader_beside_a_handler_gets_what_was_handled(gateway: Gateway) -> None:
    """While it reads; a reader that stopped holds nothing up."""
    handler = Recording()
    async with client(gateway, "receipts=1", on_receipt=handler) as smsc:
        receipts = smsc.receipts()
        reading = asyncio.ensure_future(anext(receipts))
        await turns()
        gateway.peer.deliver_receipt("1")
        assert "1" == (await reading).message_id
        await receipts.aclose()
        for number in range(2, 6):
            gateway.peer.deliver_receipt(str(number))

        assert [0] * 5 == await statuses(gateway.peer, 5)
        assert ["1", "2", "3", "4", "5"] == handler.got


async def test_receipt_over_http_is_handled_too(gateway: Gateway) -> None:
    """The webhook answers when the handler has; after an error the gateway calls again."""
    handler = Recording(fails=1)
    async with client(gateway, on_receipt=handler, on_incoming=handler) as smsc:
        with pytest.raises(asyncio.QueueFull, match="handler raised"):
            await smsc.take(Receipt(message_id="1", state=MessageState.DELIVERED))
        await smsc.take(Receipt(message_id="1", state=MessageState.DELIVERED))
        await smsc.take(IncomingMessage(sender="7999", recipient="Shop", text="hi"))

    assert ["1", "1", "hi"] == handler.got


async def test_webhook_that_waits_when_the_client_is_left_gets_an_error(gateway: Gateway) -> None:
    """Whether a handler or a reader was missing: it doesn't wait for ever."""
    handler = Recording(is_open=False)
    smsc = client(gateway, on_receipt=handler)
    await smsc.__aenter__()
    taking = asyncio.create_task(smsc.take(Receipt(message_id="1")))
    await until(lambda: handler.running)
    await smsc.__aexit__(ValueError, None, None)

    with pytest.raises(ClientClosedError):
        await taking


# What a handler may do.


async def test_handler_may_send_and_await_its_receipt(gateway: Gateway) -> None:
    """All handlers at once: receipts reach submissions without a handler's turn."""

    def with_receipt(peer: Peer, submit: Any) -> None:  # noqa: ANN401 - a submit_sm
        """Accept and report."""
        gateway.accept(peer, submit)
        peer.deliver_receipt(str(gateway._ids))

    gateway.on_submit = with_receipt
    states: list[object] = []

    async def answer(message: IncomingMessage) -> None:
        """Answer a message."""
        sent = await smsc.send(Sms(to=message.sender, text=f"got {message.text}"))
        states.append((await sent.receipt(timeout=5)).state)
        states.append((await smsc.receipt(sent.message_id, timeout=5)).state)

    handled = Recording()
    url = "handler_concurrency=2"
    async with client(gateway, url, on_receipt=handled, on_incoming=answer) as smsc:
        for number in range(4):
            gateway.peer.deliver(source_addr="79991234567", short_message=b"%d" % number)
        await statuses(gateway.peer, 8)

    assert [MessageState.DELIVERED] * 8 == states
    assert ["1", "2", "3", "4"] == sorted(handled.got)


@pytest.mark.parametrize("number", [1, 2])
async def test_handler_may_leave_the_client(gateway: Gateway, number: int) -> None:
    """It isn't waited for, nor cancelled; its delivery isn't answered, so it comes again."""
    ended: list[str] = []
    smsc = client(gateway, on_receipt=leaving_handler(lambda: smsc, ended))
    async with smsc:
        for n in range(number):
            gateway.peer.deliver_receipt(str(n))
        await until(lambda: len(ended) == number)
        with pytest.raises(ClientClosedError):
            await smsc.send(sms())
    await until(lambda: len(asyncio.all_tasks()) == 1)

    assert [] == gateway.peer.all(DeliverSmResp)


def leaving_handler(
    smsc: Callable[[], SmscClient], ended: list[str]
) -> Callable[[Receipt], Awaitable[None]]:
    """Make a handler that leaves the client."""

    async def leave(receipt: Receipt) -> None:
        """Leave."""
        await smsc().__aexit__(None, None, None)
        ended.append(receipt.message_id)

    return leave


async def test_leaving_waits_for_handlers_and_their_answers_are_written(gateway: Gateway) -> None:
    """A send that a handler begins then is refused as any other."""
    handler = Recording(is_open=False)
    smsc = client(gateway, on_receipt=handler)
    await smsc.__aenter__()
    gateway.peer.deliver_receipt("1")
    await until(lambda: handler.running)
    leaving = asyncio.create_task(smsc.__aexit__(None, None, None))
    await turns()
    before = leaving.done()
    gateway.peer.deliver_receipt("2")
    await until(lambda: smsc.stats().receipts == 2)
    handler.go_on.set()
    await leaving

    assert not before
    assert [0] == await statuses(gateway.peer, 1)
    assert ["1"] == handler.got


@pytest.mark.parametrize("way", ["drain", "exception", "cancellation"])
async def test_handler_that_never_returns_is_cancelled_in_the_end(
    gateway: Gateway, way: str
) -> None:
    """After the drain, or at once; its delivery isn't answered."""
    settings = f"drain_timeout={0.02 if way == 'drain' else 1000}"
    handler = Recording(is_open=False)
    smsc = client(gateway, settings, on_receipt=handler)
    await smsc.__aenter__()
    gateway.peer.deliver_receipt("1")
    await until(lambda: handler.running)
    leaving = asyncio.create_task(
        smsc.__aexit__(ValueError if way == "exception" else None, None, None)
    )
    if way == "cancellation":
        await turns()
        leaving.cancel()
    await asyncio.wait([leaving])

    assert (1, 0) == (handler.cancelled, handler.running)
    assert [] == gateway.peer.all(DeliverSmResp)
    assert 1 == len(asyncio.all_tasks())


# Incoming messages.


async def test_message_in_parts_is_answered_by_its_last_part(gateway: Gateway) -> None:
    """The other parts at once; the one that completes it when the handler returned."""
    handler = Recording(is_open=False)
    async with client(gateway, on_incoming=handler) as smsc:
        for sequence in (3, 1, 2):
            gateway.peer.deliver(**part(sequence))
        await until(lambda: handler.running)
        await turns()
        before = len(gateway.peer.all(DeliverSmResp))
        handler.go_on.set()

        assert [0, 0, 0] == await statuses(gateway.peer, 3)
        assert (2, ["part 1 part 2 part 3 "]) == (before, handler.got)
        assert 0 == smsc.stats().unread_incoming


async def test_set_is_kept_for_the_redelivery_if_the_handler_raised(gateway: Gateway) -> None:
    """The gateway repeats the last part alone; twice."""
    handler = Recording(fails=2)
    async with client(gateway, on_incoming=handler):
        for sequence in (1, 2, 3):
            gateway.peer.deliver(**part(sequence))
        await statuses(gateway.peer, 3)
        for number in (4, 5):
            gateway.peer.deliver(**part(3))
            await statuses(gateway.peer, number)

        assert [0, 0, RETRY, RETRY, 0] == await statuses(gateway.peer, 5)
    assert ["part 1 part 2 part 3 "] * 3 == handler.got


async def test_set_that_is_never_completed_again_is_handled_incomplete(gateway: Gateway) -> None:
    """Until `reassembly`: the redelivery doesn't come."""
    seen: list[tuple[int, int]] = []

    async def handle(message: IncomingMessage) -> None:
        """Raise at a complete message."""
        seen.append((message.parts, message.total))
        if message.is_complete:
            raise ValueError

    async with client(gateway, "reassembly_timeout=0.05", on_incoming=handle):
        for sequence in (1, 2, 3):
            gateway.peer.deliver(**part(sequence))
        await until(lambda: len(seen) == 2)

    assert [(3, 3), (2, 3)] == seen


async def test_part_that_is_repeated_while_the_set_is_handled_shares_its_answer(
    gateway: Gateway,
) -> None:
    """On another link, too: answered at once it would never come again if the handler raises."""
    handler = Recording(fails=1, is_open=False)
    async with client(gateway, on_incoming=handler) as smsc:
        for sequence in (1, 2, 3):
            gateway.peer.deliver(**part(sequence))
        await until(lambda: handler.running)
        gateway.peer.drop()
        await until(lambda: smsc.stats().connects == 2)
        gateway.peer.deliver(**part(3))
        gateway.peer.deliver(**part(3, text=b"another %d"))
        await until(lambda: smsc.stats().incoming == 5)
        handler.go_on.set()
        first = await statuses(gateway.peer, 2)
        gateway.peer.deliver(**part(3))
        await statuses(gateway.peer, 3)

        assert {0, RETRY} == set(first)
    assert ["part 1 part 2 part 3 "] * 2 == handler.got[:2]


async def test_incomplete_message_is_handled_when_the_client_is_left(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Its parts were answered. If the handler raises, readers can still read it."""
    for fails in (0, 1):
        handler = Recording(fails=fails)
        async with client(gateway, on_incoming=handler) as smsc:
            gateway.peer.deliver(**part(1))
            gateway.peer.deliver(**part(3))
            await statuses(gateway.peer, 2)
        left = [message.text async for message in smsc.incoming()]

        assert ["part 1 part 3 "] == handler.got
        assert ["part 1 part 3 "] * fails == left
    assert 1 == caplog.text.count("the client was left with 1 incoming unread")


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_message_in_parts_that_comes_after_the_end_of_the_handlers_is_kept(
    gateway: Gateway, number: int
) -> None:
    """The link waits for a response: parts come, are answered, complete a message or time out."""
    gateway.on_submit = nothing
    handler = Recording()
    smsc = client(gateway, "reassembly_timeout=0.05", on_incoming=handler)
    await smsc.__aenter__()
    sending = asyncio.create_task(smsc.send(sms()))
    await gateway.submitted()
    leaving = asyncio.create_task(smsc.aclose(0.2))
    await turns(50)
    for sequence in range(1, number + 1):
        gateway.peer.deliver(**part(sequence))
    await until(lambda: smsc.stats().incoming == number)
    await leaving
    await asyncio.gather(sending, return_exceptions=True)

    text = "".join(f"part {sequence} " for sequence in range(1, number + 1))
    assert [text] == [message.text async for message in smsc.incoming()]
    assert [] == handler.got


async def test_set_whose_handler_is_cancelled_at_leaving_is_kept(gateway: Gateway) -> None:
    """Two of its parts were answered, so they won't come again."""
    handler = Recording(is_open=False)
    smsc = client(gateway, on_incoming=handler)
    await smsc.__aenter__()
    for sequence in (1, 2, 3):
        gateway.peer.deliver(**part(sequence))
    gateway.peer.deliver(source_addr="7999", short_message=b"single")
    await until(lambda: handler.running == 2)
    await smsc.__aexit__(ValueError, None, None)

    assert ["part 1 part 2 part 3 "] == [message.text async for message in smsc.incoming()]
    assert 2 == len(gateway.peer.all(DeliverSmResp))


async def test_single_message_whose_handler_raised_is_refused(gateway: Gateway) -> None:
    """It comes again as a whole; a reader gets what was handled."""
    handler = Recording(fails=1)
    async with client(gateway, on_incoming=handler) as smsc:
        incoming = smsc.incoming()
        reading = asyncio.ensure_future(anext(incoming))
        await turns()
        for number in (1, 2):
            gateway.peer.deliver(source_addr="7999", short_message=b"hi")
            await statuses(gateway.peer, number)

        assert [RETRY, 0] == await statuses(gateway.peer, 2)
        assert "hi" == (await reading).text
    assert ["hi", "hi"] == handler.got


async def test_client_with_handlers_that_cannot_bind_leaves_no_task(gateway: Gateway) -> None:
    """The task of the handlers ends with the failed entry; the client can be entered later."""
    handler = Recording()
    smsc = client(gateway, on_receipt=handler)
    gateway.on_bind = lambda peer, bind: peer.answer(bind, 0x0E)
    with pytest.raises(ConnectionError):
        await smsc.__aenter__()
    await turns()
    assert 1 == len(asyncio.all_tasks())
    gateway.on_bind = lambda peer, bind: peer.answer(bind)
    async with smsc:
        gateway.peer.deliver_receipt("1")
        await statuses(gateway.peer, 1)

    assert ["1"] == handler.got


async def test_receipt_in_parts_is_handled_again_whole(gateway: Gateway) -> None:
    """Of a receipt whose handler raised the gateway repeats the last part alone."""
    handler = Recording(fails=1)
    halves = b"id:1 sub:001 dlvrd:001 ", b"stat:DELIVRD err:000"
    answers: list[int] = []
    async with client(gateway, on_receipt=handler) as smsc:
        sent = await smsc.send(sms())
        for answered, number in enumerate((1, 2, 2), 1):
            octets = bytes((5, 0, 3, 7, 2, number)) + halves[number - 1]
            gateway.peer.deliver(esm_class=0x44, short_message=octets)
            answers = await statuses(gateway.peer, answered)
        receipt = await sent.receipt(timeout=5)

        assert [0, RETRY, 0] == answers
    assert (["1", "1"], MessageState.DELIVERED) == (handler.got, receipt.state)


async def test_receipt_of_which_a_part_is_missing_is_read_at_the_end(gateway: Gateway) -> None:
    """Its first part was acknowledged."""
    async with client(gateway) as smsc:
        octets = bytes((5, 0, 3, 7, 2, 1)) + b"id:4 stat:DELIVRD"
        gateway.peer.deliver(esm_class=0x44, short_message=octets)
        await statuses(gateway.peer, 1)

    assert ["4"] == [receipt.message_id async for receipt in smsc.receipts()]
