"""Verdicts, their errors, and how long a sender waits."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import pytest

from smsc_async import (
    ConfigError,
    FloodLimitError,
    HeldByRuleError,
    Hold,
    Outcome,
    RepeatedMessageError,
    Sms,
)
from smsc_async.rules.verdict import Admitted, Held, HeldByCheck, RuleName, held_error

MESSAGE = Sms(to="79991234567", text="Код входа: 4821")


def test_postponed_part_is_due_now() -> None:
    """The parts keep their distance: the first one counts as written two intervals earlier."""
    admitted = Admitted("a-1", not_before=100.0, interval=0.5)

    assert Admitted("a-1", not_before=119.0, interval=0.5) == admitted.postponed(120.0, 2)


def test_hold_fails_at_once_by_default() -> None:
    """Waiting is the sender's choice: a one-time code is worth nothing after a minute."""
    held = Held("repeat", retry_at=100.1)

    assert not Hold().allows(held, since=100.0)
    assert Hold() == Hold.fail()


def test_hold_waits_only_if_that_is_enough() -> None:
    """A wait that would end with the same error isn't begun."""
    hold = Hold.wait(at_most=35)

    assert hold.allows(Held("flood", retry_at=135.0), since=100.0)
    assert not hold.allows(Held("flood", retry_at=135.1), since=100.0)


def test_hold_waits_for_ever_by_default() -> None:
    """Every message passes in the end."""
    assert Hold.wait().allows(Held("repeat", retry_at=1e9), since=0.0)


@pytest.mark.parametrize("at_most", [0, -1.0, float("nan")])
def test_wait_of_no_time_is_refused(at_most: float) -> None:
    """It looks like waiting and would fail at once."""
    with pytest.raises(
        ConfigError, match="at_most: takes more than 0 seconds, a year at most, got"
    ):
        Hold.wait(at_most=at_most)


@pytest.mark.parametrize("at_most", ["5", True, None, 10**400, 1e300, Decimal(5)])
def test_patience_is_a_number_of_seconds(at_most: Any) -> None:  # noqa: ANN401 - anything
    """Infinite is one: without a limit."""
    with pytest.raises(
        ConfigError, match="at_most: takes more than 0 seconds, a year at most, got"
    ):
        Hold.wait(at_most=at_most)
    with pytest.raises(ConfigError, match="at_most"):
        Hold(at_most)


@pytest.mark.parametrize(
    ("rule", "kind"),
    [("repeat", RepeatedMessageError), ("flood", FloodLimitError), ("store", HeldByRuleError)],
)
def test_each_rule_has_its_error(rule: RuleName, kind: type[HeldByRuleError]) -> None:
    """It says when to try again, and that nothing was sent."""
    error = held_error(MESSAGE, Held(rule, retry_at=147.6), now=100.0)

    assert kind is type(error)
    assert 47.6 == pytest.approx(error.retry_after)
    assert Outcome.NOT_SENT is error.outcome
    assert "4821" not in str(error)
    assert "79991234567" not in str(error)


def test_error_after_its_retry_instant_says_at_once() -> None:
    """`retry_after` is never negative."""
    error = held_error(MESSAGE, Held("repeat", retry_at=99.0), now=100.0)

    assert 0.0 == error.retry_after


def test_verdicts_pickle() -> None:
    """A token may cross a process border with the error that holds it."""
    for verdict in (Admitted("a-1", 1.0, 0.5), Held("flood", 2.0)):
        assert verdict == pickle.loads(pickle.dumps(verdict))  # noqa: S301 - our own octets


def test_error_of_a_check_names_it_and_its_wait() -> None:
    """To the second that the check asked for, however long ago that was."""
    held = HeldByCheck("the check QuietHours", wait=36_000.0, retry_at=37_000.0)
    error = held_error(MESSAGE, held, now=1000.5)

    assert HeldByRuleError is type(error)
    assert (36_000.0, Outcome.NOT_SENT) == (error.retry_after, error.outcome)
    assert "7999***67 is held: the check QuietHours holds it" in str(error)


def test_hold_waits_for_a_check_as_for_a_rule() -> None:
    """As long as it may."""
    hold = Hold.wait(at_most=35)

    assert hold.allows(HeldByCheck("a check", 35.0, retry_at=135.0), since=100.0)
    assert not hold.allows(HeldByCheck("a check", 36.0, retry_at=136.0), since=100.0)
