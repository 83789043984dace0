"""Admission control: a message waits for the rules, and its outcome is reported to them."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import pytest
from scripted import RecordingTraffic, parts_of, turns

from pdu import SubmitSmResp
from smsc_async import (
    ClientClosedError,
    GatewayLimits,
    Hold,
    MemoryRuleStore,
    Outcome,
    RepeatedMessageError,
    Sms,
    SubmitInterruptedError,
)
from smsc_async.client.admission import FAIL_AT_ONCE, AdmissionControl, Blocked, Pending
from smsc_async.client.submission import MessageJob
from smsc_async.rules.verdict import Admitted, Held

TEXT = "a secret of ours"
SMS = Sms(to="79991234567", text=TEXT)


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
    """

    def __init__(
        self,
        limits: GatewayLimits | None = None,
        store: type[MemoryRuleStore] = MemoryRuleStore,
        ahead: float = 0.0,
    ) -> None:
        self.now = 1000.0
        self.store = store(clock=lambda: self.now + ahead)
        self.admission = AdmissionControl(
            limits or GatewayLimits(rate=None), self.store, lambda: self.now
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
    assert 1001.0 == ruled.admission.now()


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
