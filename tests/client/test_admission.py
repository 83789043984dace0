"""Admission control: a message waits for the rules, and its outcome is reported to them."""

from __future__ import annotations

import asyncio
import logging
import traceback
from datetime import UTC, datetime, timedelta, timezone
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from scripted import RecordingTraffic, parts_of, turns

from pdu import SubmitSmResp
from smsc_async import (
    Check,
    ClientClosedError,
    GatewayLimits,
    HeldByRuleError,
    Hold,
    MemoryRuleStore,
    Outcome,
    RepeatedMessageError,
    SendError,
    Sms,
    SubmitInterruptedError,
)
from smsc_async.client.admission import FAIL_AT_ONCE, AdmissionControl, Blocked, Pending, utc_now
from smsc_async.client.submission import MessageJob
from smsc_async.rules.verdict import Admitted, Held, HeldByCheck

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = "a secret of ours"
SMS = Sms(to="79991234567", text=TEXT)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


class AwaitedStore(MemoryRuleStore):
    """A store whose verdicts have to be awaited, as a shared one's."""

    def apply_now(self, step: Any, now: float) -> None:  # type: ignore[override]  # noqa: ANN401 - a Question
        """Have no verdict at once."""


class SharedRateStore(MemoryRuleStore):
    """A store that leaves a worker a share of the rate, as one that lost its server does."""

    def apply_now(self, _step: Any, now: float) -> Admitted:  # noqa: ANN401 - a Step
        """Admit with a longer interval than that of the limits."""
        return Admitted("token", now, 2.0)


def job(parts: int = 1) -> MessageJob[Any]:
    """Make a message."""
    return MessageJob(SMS, parts_of(parts), None, RecordingTraffic())


class Ruled:
    """Admission control with a clock that is moved by hand.

    Args:
        limits: The gateway's limits.
        store: Makes the store.
        ahead: Seconds by which the store's clock is ahead of the links'.
        checks: Asked before the rules.
        wall_clock: Time of day, UTC.
    """

    def __init__(
        self,
        limits: GatewayLimits | None = None,
        store: type[MemoryRuleStore] = MemoryRuleStore,
        ahead: float = 0.0,
        checks: tuple[Check, ...] = (),
        wall_clock: Callable[[], datetime] = lambda: NOON,
    ) -> None:
        self.now = 1000.0
        self.store = store(clock=lambda: self.now + ahead)
        self.admission = AdmissionControl(
            limits or GatewayLimits(rate=None),
            self.store,
            lambda: self.now,
            checks=checks,
            wall_clock=wall_clock,
        )

    def try_admit(self, message: MessageJob[Any], replaces: Any = None) -> Blocked | None:  # noqa: ANN401 - a Token
        """Ask for a message."""
        return self.admission.try_admit(message, TEXT, self.now, replaces)

    def admitted(self, message: MessageJob[Any] | None = None) -> MessageJob[Any]:
        """Return a message that was admitted."""
        message = message or job()
        assert self.try_admit(message) is None
        return message


def pending_job(ruled: Ruled) -> MessageJob[Any]:
    """Return a message whose verdict has to be awaited."""
    message = job()
    assert ruled.try_admit(message) is Pending.PENDING
    return message


@pytest.mark.parametrize(
    ("limits", "lateness"),
    [
        (GatewayLimits(), 0.5),
        (GatewayLimits(margin=0.0), 0.0),
        (GatewayLimits.off(), float("inf")),
    ],
    ids=["margin", "no margin", "no rule"],
)
async def test_message_is_late_after_half_the_margin(
    limits: GatewayLimits, lateness: float
) -> None:
    """The gateway counts from arrival: without a margin every wait matters, without a rule none."""
    admission = AdmissionControl(limits, MemoryRuleStore(), monotonic)

    assert lateness == admission.lateness


async def test_admitted_message_has_a_reservation() -> None:
    """The repeat is held until the window is over."""
    ruled = Ruled()
    first = ruled.admitted()
    held = ruled.try_admit(job())

    assert first.reservation is not None
    assert Held("repeat", 1061.0) == held


async def test_without_rules_nothing_is_reserved() -> None:
    """A message has no reservation and no fingerprint then."""
    ruled = Ruled(GatewayLimits.off())
    first, second = ruled.admitted(), ruled.admitted()

    assert [None, None] == [first.reservation, second.reservation]
    assert ruled.admission.peek(SMS, 1, TEXT) is None
    ruled.admission.postpone(first)
    ruled.admission.release(first)
    assert 0 == len(ruled.store)


async def test_pace_delays_the_write_in_instants_of_the_links_clock() -> None:
    """The store may have a clock of its own; the pace is a little below the gateway's."""
    ruled = Ruled(GatewayLimits(rate=2.0, repeat_window=None), ahead=500.0)
    first, second = ruled.admitted(), ruled.admitted()

    assert 0.0 == first.write_at
    assert pytest.approx(1000.525) == second.write_at
    assert pytest.approx(1500.525) == second.admitted_at


async def test_parts_get_their_interval_and_their_window() -> None:
    """«…все SMS-части должны быть переданы на сервер в течение минуты…», less the margin."""
    ruled = Ruled(GatewayLimits(rate=2.0))
    message = ruled.admitted(job(3))

    assert (0.525, 59.0) == (message.interval, message.parts_window)


async def test_parts_keep_the_interval_of_the_store() -> None:
    """Of several workers each has a share of the account's rate."""
    ruled = Ruled(GatewayLimits(rate=2.0), SharedRateStore)

    assert 2.0 == ruled.admitted(job(3)).interval


async def test_store_that_has_to_be_awaited_is_pending() -> None:
    """`admit` awaits its verdict."""
    ruled = Ruled(store=AwaitedStore)
    message = job()
    blocked = ruled.try_admit(message)
    assert blocked is Pending.PENDING
    await ruled.admission.admit(message, blocked, FAIL_AT_ONCE)

    assert message.reservation is not None
    with pytest.raises(RepeatedMessageError) as caught:
        await ruled.admission.admit(pending_job(ruled), Pending.PENDING, FAIL_AT_ONCE)
    assert 61.0 == caught.value.retry_after


class SilentStore(AwaitedStore):
    """A store whose verdict never comes."""

    async def apply(self, step: Any) -> Any:  # noqa: ANN401 - a Step and a Verdict
        """Wait for ever."""
        del step
        await asyncio.Event().wait()


@pytest.mark.parametrize("cancelled_by", ["shutdown", "caller", "caller, shutdown", "both"])
async def test_wait_for_the_store_ends_by_shutdown_or_by_its_own_caller(cancelled_by: str) -> None:
    """Leaving the client is an error that says so, and hides no cancel of the caller."""
    ruled = Ruled(store=SilentStore)
    admission = ruled.admission
    task = asyncio.create_task(admission.admit(pending_job(ruled), Pending.PENDING, FAIL_AT_ONCE))
    await turns()
    if cancelled_by.startswith("caller"):
        task.cancel()
    if "shutdown" in cancelled_by or cancelled_by == "both":
        admission.shutdown()
        admission.shutdown()
    if cancelled_by == "both":
        task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)

    if cancelled_by == "shutdown":
        assert isinstance(outcome, SubmitInterruptedError)
        assert Outcome.NOT_SENT is outcome.outcome
        assert 0 == task.cancelling()
    else:
        assert isinstance(outcome, asyncio.CancelledError)
    assert 0 == admission.waiting


async def test_held_message_waits_as_long_as_it_may() -> None:
    """It is admitted when the rule lets it pass."""
    ruled = Ruled()
    ruled.admitted()
    message = job()
    blocked = ruled.try_admit(message)
    assert isinstance(blocked, Held)
    with pytest.raises(RepeatedMessageError):
        await ruled.admission.admit(message, blocked, Hold.wait(at_most=60))
    waiting = asyncio.create_task(
        ruled.admission.admit(message, Held("repeat", ruled.now), Hold.wait(at_most=61))
    )
    ruled.now = 1061.0
    await waiting

    assert message.reservation is not None


class LateStore(MemoryRuleStore):
    """A store that holds every message until a time that has passed."""

    def apply_now(self, _step: Any, now: float) -> Held:  # noqa: ANN401 - a Step
        """Hold it."""
        return Held("store", now - 1.0)


class LateAwaitedStore(LateStore):
    """Such a store that has to be awaited, and decides without a pause."""

    def apply_now(self, _step: Any, _now: float) -> None:  # type: ignore[override]  # noqa: ANN401 - a Step
        """Have no verdict at once."""

    async def apply(self, _step: Any) -> Held:  # noqa: ANN401 - a Step
        """Hold it."""
        return Held("store", self.now() - 1.0)


@pytest.mark.parametrize("store", [LateStore, LateAwaitedStore])
@pytest.mark.parametrize("hold", [FAIL_AT_ONCE, Hold.wait(at_most=3)])
async def test_time_that_has_passed_ends_the_wait_and_lets_the_loop_go_on(
    store: type[MemoryRuleStore], hold: Hold
) -> None:
    """A store whose server is late asks to try again at once, for as long as it is late."""
    ruled, message = Ruled(store=store), job()
    blocked = ruled.try_admit(message)
    assert blocked is not None
    waiting = asyncio.create_task(ruled.admission.admit(message, blocked, hold))
    await turns()
    assert not waiting.done()
    ruled.now += 3.001
    with pytest.raises(HeldByRuleError) as caught:
        async with asyncio.timeout(5):
            await waiting

    assert 0.0 == caught.value.retry_after


async def test_shutdown_ends_the_waits_of_held_messages() -> None:
    """They were not sent; the cause is the closed client."""
    ruled = Ruled()
    ruled.admitted()
    message = job()
    blocked = ruled.try_admit(message)
    assert isinstance(blocked, Held)
    waiting = asyncio.create_task(ruled.admission.admit(message, blocked, Hold.wait()))
    await turns()
    ruled.admission.shutdown()
    ruled.admission.shutdown()
    with pytest.raises(SubmitInterruptedError) as caught:
        await waiting

    assert Outcome.NOT_SENT is caught.value.outcome
    assert isinstance(caught.value.__cause__, ClientClosedError)


async def test_held_message_passes_while_the_client_is_left_if_it_may_in_time() -> None:
    """Leaving waits for what was given to `send` before; what can't pass in time ends at once."""
    ruled = Ruled()
    ruled.admitted()
    messages = [job(), job()]
    waits = []
    for message in messages:
        blocked = ruled.try_admit(message)
        assert isinstance(blocked, Held)
        waits.append(
            asyncio.create_task(ruled.admission.admit(message, blocked, Hold.wait(at_most=62)))
        )
    await turns()
    ruled.now += 60.98
    ruled.admission._held.move(0.0)  # the timer counted by the clock as it was
    draining = [asyncio.create_task(ruled.admission.drain()) for _ in range(2)]
    await turns()
    draining[0].cancel()
    assert 2 == ruled.admission.waiting
    ruled.admission.shutdown(after=0.03)
    await turns()
    ruled.now += 0.03
    await draining[1]
    results = await asyncio.gather(*waits, return_exceptions=True)

    assert results[0] is None
    assert isinstance(results[1], RepeatedMessageError)
    assert 0 == ruled.admission.waiting
    await ruled.admission.drain()


async def test_peek_remembers_nothing() -> None:
    """A plan may be made any number of times."""
    ruled = Ruled()
    assert ruled.admission.peek(SMS, 1, TEXT) is None
    assert ruled.admission.peek(SMS, 1, TEXT) is None
    ruled.admitted()
    ruled.now += 1.0

    assert (Held("repeat", 1061.0), 60.0) == ruled.admission.peek(SMS, 1, TEXT)


async def test_reservation_of_an_unsent_message_is_given_back() -> None:
    """What the gateway refused or never got doesn't count against the next attempt."""
    ruled = Ruled()
    message = ruled.admitted()
    message.give_up("no link")
    ruled.admission.record_outcome(message)

    assert message.reservation is None
    assert ruled.try_admit(job()) is None


async def test_reservation_of_an_unknown_outcome_is_kept_in_the_error() -> None:
    """A deliberate retry replaces it; any other message with that text is held."""
    ruled = Ruled()
    message = ruled.admitted()
    message.next_part(ruled.now)
    message.on_timeout(0, 30.0)
    ruled.admission.record_outcome(message)
    assert message.failure is not None
    assert message.reservation == message.failure.reservation

    assert isinstance(ruled.try_admit(job()), Held)
    assert ruled.try_admit(job(), message.failure.reservation) is None


async def test_message_of_which_a_part_was_accepted_keeps_its_reservation() -> None:
    """The accepted part is paid: only a deliberate retry may send the whole text again."""
    ruled = Ruled()
    message = ruled.admitted(job(2))
    for _ in range(2):
        message.next_part(ruled.now)
    message.on_response(0, SubmitSmResp(message_id="1"))
    message.on_response(1, SubmitSmResp(command_status=0x45))
    ruled.admission.record_outcome(message)
    assert message.failure is not None

    assert Outcome.REFUSED is message.failure.outcome
    assert message.reservation == message.failure.reservation
    assert isinstance(ruled.try_admit(job()), Held)


async def test_accepted_message_keeps_its_reservation() -> None:
    """Its repeat is held."""
    ruled = Ruled()
    message = ruled.admitted()
    message.next_part(ruled.now)
    message.on_response(0, SubmitSmResp(message_id="1"))
    ruled.admission.record_outcome(message)

    assert isinstance(ruled.try_admit(job()), Held)


async def test_reservation_is_given_back_once() -> None:
    """A second release could free the place of the next message."""
    ruled = Ruled()
    message = ruled.admitted()
    ruled.admission.release(message)
    ruled.admitted()
    ruled.admission.release(message)

    assert isinstance(ruled.try_admit(job()), Held)


async def test_postponed_message_holds_its_repeat_for_longer() -> None:
    """The gateway counts from the arrival, and the message is written only now."""
    ruled = Ruled()
    message = ruled.admitted()
    ruled.now += 5.0
    ruled.admission.postpone(message)

    assert 1005.0 == message.admitted_at
    assert Held("repeat", 1066.0) == ruled.try_admit(job())


async def test_repr_shows_no_text_and_no_number() -> None:
    """A repr appears in logs and debuggers."""
    ruled = Ruled()
    ruled.admitted()
    shown = repr(ruled.admission)

    assert shown.startswith("<AdmissionControl RuleEngine(")
    for secret in ("secret", "79991234567", "9991234"):
        assert secret not in shown


# Checks.


def waiting(seconds: Any) -> Check:  # noqa: ANN401 - nonsense, too
    """Make a check that always gives the same answer."""
    return lambda _message, _now: seconds


class RecordingCheck:
    """A check that records what it was asked, and gives prepared answers; None in the end."""

    def __init__(self, *answers: float | None) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[Any, datetime]] = []

    def __call__(self, message: Any, now: datetime) -> float | None:  # noqa: ANN401 - of any kind
        """Give the next answer."""
        self.asked.append((message, now))
        return self._answers.pop(0) if self._answers else None


@pytest.mark.parametrize("limits", [None, GatewayLimits.off()], ids=["rules", "no rules"])
async def test_held_by_a_check_leaves_no_trace(limits: GatewayLimits | None) -> None:
    """A held attempt counts nowhere, and the rules aren't asked."""
    ruled = Ruled(limits, checks=(waiting(60.0),))
    message = job()
    held = ruled.try_admit(message)

    assert isinstance(held, HeldByCheck)
    assert (60.0, 1060.0) == (held.wait, held.retry_at)
    assert message.reservation is None
    assert 0 == len(ruled.store)


@pytest.mark.parametrize("limits", [None, GatewayLimits.off()], ids=["rules", "no rules"])
@pytest.mark.parametrize("answer", [None, 0, -1.5])
async def test_message_that_no_check_holds_is_admitted(
    limits: GatewayLimits | None, answer: float | None
) -> None:
    """As without checks."""
    ruled = Ruled(limits, checks=(waiting(answer), waiting(None)))

    assert (limits is None) is (ruled.admitted().reservation is not None)


async def test_check_gets_the_message_and_the_time_in_utc() -> None:
    """Whatever zone the wall clock has."""
    check = RecordingCheck()
    moscow = timezone(timedelta(hours=3))
    ruled = Ruled(checks=(check,), wall_clock=lambda: NOON.astimezone(moscow))
    ruled.admitted()

    ((message, now),) = check.asked
    assert message is SMS
    assert (NOON, UTC) == (now, now.tzinfo)


async def test_wall_clock_is_the_systems_by_default() -> None:
    """Aware, so that nothing is in whose zone it is."""
    before = datetime.now(UTC)

    assert before <= utc_now() <= datetime.now(UTC)
    assert timedelta(0) == utc_now().utcoffset()


async def test_longest_wait_decides() -> None:
    """Waits don't add up: each check is asked for itself."""

    def slow(_message: object, _now: datetime) -> float:
        """Hold for long."""
        return 90.0

    ruled = Ruled(checks=(waiting(60), slow, waiting(30)))
    blocked = ruled.try_admit(job())
    assert blocked is not None
    with pytest.raises(HeldByRuleError) as caught:
        await ruled.admission.admit(job(), blocked, FAIL_AT_ONCE)

    assert HeldByRuleError is type(caught.value)
    assert 90.0 == caught.value.retry_after
    assert Outcome.NOT_SENT is caught.value.outcome
    assert "7999***67 is held: the check test_longest_wait_decides.<locals>.slow holds it" in str(
        caught.value
    )


async def test_after_a_wait_for_a_check_all_are_asked_again() -> None:
    """And then the rules, for the first time."""
    first, second = RecordingCheck(0.01), RecordingCheck(None, 0.02)
    ruled = Ruled(checks=(first, second))
    message = job()
    blocked = ruled.try_admit(message)
    assert isinstance(blocked, HeldByCheck)
    await ruled.admission.admit(message, blocked, Hold.wait(at_most=1))

    assert [3, 3] == [len(check.asked) for check in (first, second)]
    assert message.reservation is not None


async def test_after_a_wait_for_a_rule_the_checks_are_asked_again() -> None:
    """The night may have begun meanwhile."""
    night = RecordingCheck(None, None, 3600.0)
    ruled = Ruled(checks=(night,))
    ruled.admitted()
    message = job()
    blocked = ruled.try_admit(message)
    assert isinstance(blocked, Held)
    assert "repeat" == blocked.rule
    ruled.now = 1061.0
    with pytest.raises(HeldByRuleError) as caught:
        await ruled.admission.admit(message, blocked, Hold.wait(at_most=61))

    assert 3600.0 == caught.value.retry_after
    assert message.reservation is None
    assert 3 == len(night.asked)


async def test_wait_for_a_check_needs_no_rules() -> None:
    """Limits that are off have no step."""
    ruled = Ruled(GatewayLimits.off(), checks=(RecordingCheck(0.01),))
    message = job()
    blocked = ruled.try_admit(message)
    assert blocked is not None
    await ruled.admission.admit(message, blocked, Hold.wait())

    assert message.step is None


async def test_wait_for_a_check_is_followed_by_a_shared_store() -> None:
    """Its verdict has to be awaited; the checks aren't asked once more for that."""
    check = RecordingCheck(0.01)
    ruled = Ruled(store=AwaitedStore, checks=(check,))
    message = job()
    blocked = ruled.try_admit(message)
    assert isinstance(blocked, HeldByCheck)
    await ruled.admission.admit(message, blocked, Hold.wait())

    assert message.reservation is not None
    assert 2 == len(check.asked)


async def test_message_that_is_held_for_ever_can_be_cancelled() -> None:
    """Nothing is reserved, and no task is left."""
    ruled = Ruled(checks=(waiting(float("inf")),))
    message = job()
    blocked = ruled.try_admit(message)
    assert isinstance(blocked, HeldByCheck)
    task = asyncio.create_task(ruled.admission.admit(message, blocked, Hold.wait()))
    await turns()
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert 0 == len(ruled.store)


async def test_leaving_the_client_ends_the_wait_for_a_check() -> None:
    """As that for a rule."""
    ruled = Ruled(checks=(waiting(3600.0),))
    message = job()
    blocked = ruled.try_admit(message)
    assert isinstance(blocked, HeldByCheck)
    task = asyncio.create_task(ruled.admission.admit(message, blocked, Hold.wait()))
    await turns()
    ruled.admission.shutdown()
    with pytest.raises(SubmitInterruptedError) as caught:
        await task

    assert Outcome.NOT_SENT is caught.value.outcome


def dividing(message: Any, _now: datetime) -> float:  # noqa: ANN401 - of any kind
    """Fail, and quote the message."""
    raise ZeroDivisionError(message.text)


@pytest.mark.parametrize(
    ("more", "cause", "said"),
    [
        ({"checks": (dividing,)}, ZeroDivisionError, "the check dividing failed"),
        ({"checks": (waiting("1"),)}, TypeError, "<lambda> failed with TypeError"),
        ({"checks": (waiting(10**400),)}, OverflowError, "<lambda> failed with OverflowError"),
        ({"checks": (waiting(float("nan")),)}, ValueError, "<lambda> failed with ValueError"),
        (
            {"checks": (waiting(90), waiting(seconds=True))},
            TypeError,
            "<lambda> failed with TypeError",
        ),
        (
            {"checks": (waiting(0),), "wall_clock": lambda: datetime(2026, 3, 10, 12)},  # noqa: DTZ001 - naive
            TypeError,
            "wall_clock failed with TypeError",
        ),
        (
            {"checks": (waiting(0),), "wall_clock": lambda: 1.5},
            TypeError,
            "wall_clock failed with TypeError",
        ),
        (
            {"checks": (waiting(0),), "wall_clock": lambda: 1 / 0},
            ZeroDivisionError,
            "wall_clock failed with ZeroDivisionError",
        ),
    ],
)
@pytest.mark.parametrize("limits", [None, GatewayLimits.off()], ids=["rules", "no rules"])
async def test_failed_check_fails_the_message(
    limits: GatewayLimits | None,
    more: dict[str, Any],
    cause: type[Exception],
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """NOT_SENT, with the cause; neither log nor error shows a text."""
    ruled = Ruled(limits, **more)
    message = job()
    blocked = ruled.try_admit(message)
    assert isinstance(blocked, SendError)
    with pytest.raises(SendError, match=said) as caught:
        await ruled.admission.admit(message, blocked, Hold.wait())
    await turns(1)

    error = caught.value
    assert not isinstance(error, HeldByRuleError)
    assert (Outcome.NOT_SENT, SMS) == (error.outcome, error.message)
    assert cause is type(error.__cause__)
    assert TEXT not in f"{error} {error!r} {caplog.text}"
    ((_, level, line),) = caplog.record_tuples
    assert (logging.ERROR, True) == (level, " failed: " in line)
    # The text of the check's own exception is the check's, and stands in no frame of ours.
    frames = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert not [frame for frame in frames.stack if TEXT in str(frame.locals)]
    assert 0 == len(ruled.store)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, asyncio.CancelledError, SystemExit])
async def test_interrupt_is_no_failure_of_a_check(stop: type[BaseException]) -> None:
    """It ends the program or the task, as anywhere else."""

    def stopping(_message: object, _now: datetime) -> float:
        """Be interrupted."""
        raise stop

    with pytest.raises(stop):
        Ruled(checks=(stopping,)).try_admit(job())


async def test_without_checks_the_wall_clock_is_not_read() -> None:
    """What isn't used costs nothing."""
    ruled = Ruled(wall_clock=lambda: 1 / 0)  # type: ignore[arg-type,return-value]
    ruled.admitted()

    assert ruled.admission.ask_checks(SMS) is None


class BrokenError(BaseException):
    """What a careless library raises."""


@pytest.mark.parametrize("is_awaited", [False, True])
async def test_failed_store_fails_the_message(
    is_awaited: bool,  # noqa: FBT001 - a parameter of pytest
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """NOT_SENT, with the cause: the message left no octet."""
    ruled = Ruled(store=AwaitedStore if is_awaited else MemoryRuleStore)

    def fail(_step: object, _now: float = 0.0) -> None:
        """Fail."""
        raise OSError(TEXT)

    monkeypatch.setattr(ruled.store, "apply" if is_awaited else "apply_now", fail)
    message = job()
    blocked = ruled.try_admit(message)
    assert blocked is not None
    with pytest.raises(SendError, match=r"RuleStore\.apply failed with OSError") as caught:
        await ruled.admission.admit(message, blocked, Hold.wait())
    await turns(1)

    assert (Outcome.NOT_SENT, OSError) == (caught.value.outcome, type(caught.value.__cause__))
    assert "RuleStore.apply failed: OSError at " in caplog.text
    assert TEXT not in f"{caught.value} {caplog.text}"
    await ruled.admission.drain()


async def test_store_that_fails_after_a_wait_fails_the_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The wait ends as the first question does."""
    ruled = Ruled(checks=(RecordingCheck(0.001, None),))
    message = job()
    blocked = ruled.try_admit(message)
    assert blocked is not None
    monkeypatch.setattr(ruled.store, "apply_now", lambda _step, _now: 1 / 0)
    ruled.now += 1.0
    with pytest.raises(SendError, match="ZeroDivisionError"):
        await ruled.admission.admit(message, blocked, Hold.wait())


class ClocklessStore(MemoryRuleStore):
    """A store whose clock can fail."""

    fails = False

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.clock = clock
        self.now = self.read

    def read(self) -> float:
        """Return the time, or fail."""
        if self.fails:
            raise OSError(TEXT)
        return self.clock()


async def test_store_whose_clock_fails_fails_the_message(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Wherever it is read: asked first, while the message is held, and for what is reported."""
    ruled = Ruled(store=ClocklessStore)
    ruled.admitted()
    blocked = ruled.try_admit(job())
    assert isinstance(blocked, Held)
    monkeypatch.setattr(ruled.store, "fails", True)
    errors = [ruled.try_admit(job()), ruled.admission.held_error(SMS, blocked)]
    with pytest.raises(SendError) as caught:
        await ruled.admission.admit(job(), blocked, Hold.wait())
    with pytest.raises(SendError) as planned:
        ruled.admission.peek(SMS, 1, TEXT)
    holding = Ruled(store=ClocklessStore, checks=(RecordingCheck(5.0),))
    monkeypatch.setattr(holding.store, "fails", True)
    errors += [caught.value, planned.value, holding.try_admit(job())]

    for error in errors:
        assert isinstance(error, SendError)
        assert (Outcome.NOT_SENT, OSError) == (error.outcome, type(error.__cause__))
        assert TEXT not in str(error)
    ruled.admission.shutdown(after=60.0)
    assert not ruled.admission.waiting
    await turns(1)
    assert "! RuleStore.now failed: OSError at " in caplog.text
    assert TEXT not in caplog.text


async def test_clock_that_fails_while_a_message_is_held_ends_its_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After the client is left, no message waits for a time that can't be read."""
    ruled = Ruled(store=ClocklessStore)
    ruled.admitted()
    message = job()
    blocked = ruled.try_admit(message)
    assert blocked is not None
    waiting = asyncio.create_task(ruled.admission.admit(message, blocked, Hold.wait()))
    await asyncio.sleep(0)
    monkeypatch.setattr(ruled.store, "fails", True)
    ruled.admission.shutdown(after=3600.0)

    with pytest.raises(SendError):
        await waiting


async def test_peek_that_fails_is_a_typed_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """`plan` raises what `send` would."""
    ruled = Ruled()
    monkeypatch.setattr(ruled.store, "peek", lambda _step, _now: 1 / 0)

    with pytest.raises(SendError, match=r"RuleStore\.peek failed with ZeroDivisionError"):
        ruled.admission.peek(SMS, 1, TEXT)


@pytest.mark.parametrize("error", [OSError(TEXT), ValueError(TEXT), RuntimeError(TEXT)])
async def test_store_that_cannot_count_or_share_is_logged(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A client opens and closes all the same."""
    ruled = Ruled()

    def fail() -> None:
        """Fail."""
        raise error

    async def fail_later() -> None:
        """Fail, as a coroutine."""
        raise error

    for name in ("attach", "detach"):
        monkeypatch.setattr(ruled.store, name, fail)
    monkeypatch.setattr(ruled.store, "flush", fail_later)
    ruled.admission.open()
    ruled.admission.close()
    await ruled.admission.flush()
    await turns(1)

    for name in ("attach", "detach", "flush"):
        assert f"! RuleStore.{name} failed: {type(error).__name__} at " in caplog.text
    assert TEXT not in caplog.text


@pytest.mark.parametrize("error", [OSError(TEXT), BrokenError(TEXT), asyncio.CancelledError()])
async def test_what_a_store_raises_outside_of_a_send_is_logged(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It would end the link that the response came from, and the send would never end."""
    ruled = Ruled(GatewayLimits(rate=1.0))

    def fail(*_: object) -> None:
        """Fail."""
        raise error

    for name in ("release", "postpone", "give_back_turn"):
        monkeypatch.setattr(ruled.store, name, fail)
    ruled.admitted()
    message = ruled.admitted(
        MessageJob(Sms(to="79990000001", text="b"), parts_of(1), None, RecordingTraffic())
    )
    reservation = message.reservation
    ruled.admission.postpone(message)
    assert reservation == message.reservation
    ruled.admission.release(message)
    await turns(1)

    assert message.reservation is None
    for name in ("release", "postpone", "give_back_turn"):
        assert f"! RuleStore.{name} failed: {type(error).__name__} at " in caplog.text
    assert TEXT not in caplog.text


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
async def test_interrupt_in_a_store_ends_the_program(
    stop: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As anywhere else."""
    ruled = Ruled()

    def fail(*_: object) -> None:
        """Fail."""
        raise stop

    monkeypatch.setattr(ruled.store, "release", fail)
    with pytest.raises(stop):
        ruled.admission.release(ruled.admitted())


async def test_store_is_detached_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second close does nothing, also after one that failed."""
    ruled, calls = Ruled(), list[str]()
    ruled.admission.open()

    def fail() -> None:
        """Fail."""
        calls.append("detach")
        raise OSError

    monkeypatch.setattr(ruled.store, "detach", fail)
    ruled.admission.close()
    ruled.admission.close()

    assert ["detach"] == calls
