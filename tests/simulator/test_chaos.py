"""Chaos: the same faults with the same seed, as often as it says, until its limit."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import FrozenInstanceError, fields, replace
from itertools import starmap
from typing import TYPE_CHECKING, Any

import pytest

from pdu import CommandStatus, MessageState
from smsc_async.gateway.delivery_errors import SMS_ERRORS
from smsc_async.simulator.chaos import STAGES, Chaos, ChaosRun

if TYPE_CHECKING:
    from smsc_async.simulator.fates import Fate

ALL: dict[str, Any] = dict.fromkeys(STAGES, 30.0)
DRAWS = 10_000
MOST = 2**53 - 1


def drawn(chaos: Chaos, count: int = DRAWS) -> list[Fate | None]:
    """Draw the fates of some messages."""
    run = ChaosRun(chaos, 0.0)
    return [run.fate() for _ in range(count)]


def share(fates: list[Fate | None], **wanted: object) -> float:
    """Return the percentage of the fates that have these fields."""
    hits = sum(
        fate is not None and all(getattr(fate, name) == value for name, value in wanted.items())
        for fate in fates
    )
    return 100 * hits / len(fates)


def test_same_seed_draws_the_same_fates() -> None:
    """A failure that chaos has found can be repeated."""
    chaos = Chaos(**ALL, seed=17)

    assert drawn(chaos, 500) == drawn(chaos, 500)
    assert drawn(chaos, 500) != drawn(replace(chaos, seed=18), 500)


def test_binds_draw_apart_from_messages() -> None:
    """How often a client connects depends on time, the fates of its messages must not."""
    one, other = (ChaosRun(Chaos(**ALL, seed=17), 0.0) for _ in range(2))
    refused = [one.refuses_connect() for _ in range(100)]

    assert {True, False} == set(refused)
    assert [one.fate() for _ in range(100)] == [other.fate() for _ in range(100)]
    assert refused == [other.refuses_connect() for _ in range(100)]


def test_changed_stage_leaves_the_draws_of_the_others() -> None:
    """So one stage can be switched off while a failure is narrowed down."""
    both = drawn(Chaos(answer_never=50, outcome=20, seed=17), 500)
    alone = drawn(Chaos(outcome=20, seed=17), 500)

    assert [fate and fate.error_code for fate in both] == [
        fate and fate.error_code for fate in alone
    ]


def test_seed_is_shown_where_none_was_given() -> None:
    """With it the run is repeated; two runs differ."""
    chaos = Chaos(**ALL, messages=500)
    run = ChaosRun(chaos, 0.0)
    again = ChaosRun(replace(chaos, seed=run.seed), 0.0)

    assert [run.fate() for _ in range(500)] == [again.fate() for _ in range(500)]
    assert ChaosRun(chaos, 0.0).seed != run.seed


@pytest.mark.takes_up_to(3, reason="ten thousand draws")
@pytest.mark.parametrize("percent", [1, 25.5, 90])
@pytest.mark.parametrize(
    ("stage", "fields"),
    [
        ("answer_late", {"answer": "late", "after": 5.0}),
        ("answer_never", {"answer": "never"}),
        ("throttled", {"answer": "refuse", "command_status": CommandStatus.ESME_RTHROTTLED}),
        ("link_breaks", {"answer": "break"}),
        ("outcome", {"state": MessageState.UNDELIVERABLE}),
    ],
)
def test_faults_come_as_often_as_it_says(
    stage: str, fields: dict[str, object], percent: float
) -> None:
    """Within 2 of 100, four times the standard deviation of ten thousand draws."""
    fates = drawn(Chaos(**{stage: percent}, seed=5))  # type: ignore[arg-type]  # by name

    assert percent == pytest.approx(share(fates, **fields), abs=2)
    assert percent == pytest.approx(100 - 100 * fates.count(None) / DRAWS, abs=2)


def test_connects_are_refused_as_often_as_it_says() -> None:
    """Within 2 of 100."""
    run = ChaosRun(Chaos(connect=30, seed=5), 0.0)

    refused = sum(run.refuses_connect() for _ in range(DRAWS))
    assert 3_000 == pytest.approx(refused, abs=200)


def test_receipts_have_three_faults_in_equal_shares() -> None:
    """Twice, early, or after 1 to 10 seconds, which mixes up their order."""
    fates = [fate for fate in drawn(Chaos(receipts=100, seed=5)) if fate is not None]
    kinds = Counter(fate.receipt or "after" for fate in fates)
    after = {fate.after for fate in fates if fate.receipt is None}

    assert DRAWS == len(fates)
    assert {"twice", "early", "after"} == set(kinds)
    assert all(DRAWS / 3 == pytest.approx(count, abs=200) for count in kinds.values())
    assert set(range(1, 11)) == after


def test_outcomes_have_errors_of_the_gateways_list() -> None:
    """All that an SMS may have: none of e-mail and calls."""
    errors = {fate.error_code for fate in drawn(Chaos(outcome=100, seed=5)) if fate is not None}

    assert set(SMS_ERRORS) == errors
    assert not errors & {0, 2, 3, 4, 237, 240, 242}


def test_zero_is_never_and_hundred_is_always() -> None:
    """The ends of the scale are exact."""
    assert {None} == set(drawn(Chaos(seed=5), 1_000))
    assert not ChaosRun(Chaos(), 0.0).refuses_connect()
    assert ChaosRun(Chaos(connect=100), 0.0).refuses_connect()
    assert 100 == share(drawn(Chaos(outcome=100), 1_000), state=MessageState.UNDELIVERABLE)


@pytest.mark.parametrize(
    ("stages", "answer"),
    [
        (STAGES, "break"),
        (("answer_never", "throttled", "answer_late", "receipts"), "never"),
        (("throttled", "answer_late", "receipts", "outcome"), "refuse"),
        (("answer_late", "receipts", "outcome"), "late"),
        (("receipts", "outcome"), None),
    ],
)
def test_one_fault_of_the_answer_at_most(stages: tuple[str, ...], answer: str | None) -> None:
    """The gravest one; a refused message has no outcome."""
    fates = drawn(Chaos(**dict.fromkeys(stages, 100), seed=5), 200)

    assert {answer} == {fate.answer for fate in fates if fate is not None}
    assert 200 == len([fate for fate in fates if fate is not None])


def test_late_answer_keeps_its_seconds() -> None:
    """`Fate.after` is one number: of a late answer it is the time until the response."""
    fates = drawn(Chaos(answer_late=100, receipts=100, seed=5), 200)

    assert {5.0} == {fate.after for fate in fates if fate is not None}


def test_messages_end_a_run() -> None:
    """Then nothing fails any more, even before the simulator looks."""
    run = ChaosRun(Chaos(outcome=100, connect=100, messages=3), 0.0)

    assert [3, False] == [run.left(99.0), run.is_over(9_999.0)]
    assert [True, True, True, False] == [run.fate() is not None for _ in range(4)]
    assert [0, True] == [run.left(0.0), run.is_over(0.0)]
    assert 3 == run.messages
    assert not run.refuses_connect()


def test_seconds_of_the_gateways_clock_end_a_run() -> None:
    """Five minutes by default; at the last instant it is over."""
    run = ChaosRun(Chaos(outcome=100), 1_000.0)

    assert [(300.0, False), (0.5, False), (0.0, True), (0.0, True)] == [
        (run.left(now), run.is_over(now)) for now in (1_000.0, 1_299.5, 1_300.0, 2_000.0)
    ]
    assert run.fate() is not None


def test_limit_is_one_of_two() -> None:
    """Chaos that is forgotten ends by itself."""
    assert (300.0, None) == (Chaos().seconds, Chaos().messages)
    assert (None, 10) == (Chaos(messages=10).seconds, Chaos(messages=10).messages)
    assert 3_600 == Chaos(seconds=3_600).seconds
    with pytest.raises(ValueError, match="messages excludes seconds; keep one"):
        Chaos(seconds=1, messages=1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        *((({name: -1}, f"{name} takes 0 to 100 percent, got -1")) for name in STAGES),
        ({"outcome": 100.1}, "outcome takes 0 to 100 percent, got 100.1"),
        ({"outcome": float("nan")}, "outcome takes 0 to 100 percent, got nan"),
        ({"outcome": True}, "outcome takes 0 to 100 percent, got True"),
        ({"outcome": "20"}, "outcome takes 0 to 100 percent, got 2 characters"),
        ({"seed": -1}, f"seed takes a whole number 0 to {MOST}, got -1"),
        ({"seed": 2**53}, f"seed takes a whole number 0 to {MOST}, got an integer of 54 bits"),
        ({"seed": 1.0}, f"seed takes a whole number 0 to {MOST}, got 1.0"),
        ({"seconds": 0}, "seconds takes more than 0 and up to 3600, got 0"),
        ({"seconds": 3_601}, "seconds takes more than 0 and up to 3600, got 3601"),
        ({"seconds": float("nan")}, "seconds takes more than 0 and up to 3600, got nan"),
        ({"seconds": False}, "seconds takes more than 0 and up to 3600, got False"),
        ({"messages": 0}, "messages takes a whole number 1 to 1000000, got 0"),
        ({"messages": 1_000_001}, "messages takes a whole number 1 to 1000000, got 1000001"),
        ({"messages": True}, "messages takes a whole number 1 to 1000000, got True"),
    ],
)
def test_values_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    """A mistake in a test's chaos must not look like a fault of the client."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Chaos(**settings)


def test_stages_are_the_percentages() -> None:
    """The REST interface and the scenario's file list them."""
    assert STAGES == tuple(one.name for one in fields(Chaos))[: len(STAGES)]


def test_chaos_is_frozen() -> None:
    """A run draws by it until its end."""
    with pytest.raises(FrozenInstanceError):
        Chaos().outcome = 100  # type: ignore[misc]  # the claim itself


def test_run_shows_seed_and_limit() -> None:
    """What a failed test prints is what repeats it."""
    timed, counted = starmap(ChaosRun, [(Chaos(seed=17), 0.0), (Chaos(seed=17, messages=9), 0.0)])
    counted.fate()

    assert "<ChaosRun, seed 17, 0 messages, limit 300 s>" == repr(timed)
    assert "<ChaosRun, seed 17, 1 messages, limit 9 messages>" == repr(counted)
