"""All rules of one message, decided together: all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsc_async import GatewayLimits, InvalidMessageError, Sms, Viber
from smsc_async.rules.engine import RuleEngine, Rules, Step, decide, replaces
from smsc_async.rules.verdict import Admitted, Held

if TYPE_CHECKING:
    from smsc_async.rules.flood import Streak

LONG_AGO = float("-inf")
MESSAGE = Sms(to="79991234567", text="Код входа: 4821", sender="Shop")
RULES = Rules.of(GatewayLimits(rate=None))
PACED = Rules.of(GatewayLimits(rate=1.05))  # an interval of one second


def step(rules: Rules = RULES, parts: int = 1, token: str | None = None) -> Step:
    """Ask for a message."""
    return Step(rules, b"request", "79991234567", parts, token)


# What is asked.


def test_every_window_has_its_margin_on_the_safe_side() -> None:
    """What the gateway wants apart is further apart, what it wants together is closer."""
    rules = Rules.of(GatewayLimits())

    assert (61.0, 50, 31.0, 59.0) == rules[:4]
    assert 0.0105 == pytest.approx(rules.interval)
    assert 0.5 == rules.lateness
    assert 61.0 == rules.memory


def test_rules_that_are_off_are_neutral() -> None:
    """No rule holds nothing, takes no time and is no reason to refuse."""
    assert Rules() == Rules.of(GatewayLimits.off())


@pytest.mark.parametrize(
    "limits", [GatewayLimits(flood_length=None), GatewayLimits(flood_gap=None)]
)
def test_half_a_flood_rule_is_none(limits: GatewayLimits) -> None:
    """A length without a gap says nothing, nor a gap without a length."""
    rules = Rules.of(limits)

    assert (float("inf"), 0.0) == (rules.flood_length, rules.flood_gap)


def test_rulebook_knows_when_nothing_is_asked() -> None:
    """Then a client needs no store at all."""
    assert RuleEngine(GatewayLimits.off()).is_off
    assert not RuleEngine(GatewayLimits()).is_off


def test_step_stands_for_what_the_user_wrote() -> None:
    """The rendered text decides, whoever renders it."""
    engine = RuleEngine(GatewayLimits(), key=b"key")

    asked = engine.step(MESSAGE)

    assert asked == engine.step(MESSAGE, 1, "Код входа: 4821")
    assert (MESSAGE.to, 1, None) == (asked.to, asked.parts, asked.token)
    viber = Viber(to=MESSAGE.to, text=MESSAGE.text, sender="Shop")
    assert asked.request != engine.step(viber).request


def test_step_shows_neither_text_nor_number() -> None:
    """It may stand in a log or a traceback."""
    said = repr(RuleEngine(GatewayLimits()).step(MESSAGE, 2, token="a-1"))

    assert "Step(to='7999***4567', parts=2, token='a-1')" == said


def test_last_part_is_due_an_interval_after_the_one_before_it() -> None:
    """Gaps are counted from it."""
    assert 102.0 == pytest.approx(step(PACED, parts=3).last_at(100.0))


def test_rulebook_shows_its_limits() -> None:
    """And not its key."""
    limits = GatewayLimits()

    assert f"RuleEngine({limits!r})" == repr(RuleEngine(limits, b"secret"))


def test_more_parts_than_a_row_has_are_refused() -> None:
    """«…блокирует отправку более 50 сообщений одному абоненту…»: no waiting would help."""
    engine = RuleEngine(GatewayLimits())

    engine.step(MESSAGE, 50)
    with pytest.raises(InvalidMessageError, match=r"needs 51 parts.*more than 50.*PAYLOAD"):
        engine.step(MESSAGE, 51)


def test_more_parts_than_a_minute_has_room_for_are_refused() -> None:
    """«…все SMS-части должны быть переданы на сервер в течение минуты.» - these never would."""
    engine = RuleEngine(GatewayLimits(rate=0.1))  # an interval of 10.5 s

    engine.step(MESSAGE, 6)
    with pytest.raises(InvalidMessageError, match=r"needs 7 parts, which take 63.0 s.*within 59 s"):
        engine.step(MESSAGE, 7)


def test_new_message_is_admitted_and_remembered() -> None:
    """It goes at once, in a row of its own, and the account's next instant is taken."""
    verdict, row, free_at = decide(step(PACED, parts=3), None, None, LONG_AGO, 100.0, 1)

    assert Admitted(1, 100.0, PACED.interval) == verdict
    assert (100.0, 3, 102.0) == row
    assert 103.0 == pytest.approx(free_at)


def test_without_a_flood_rule_no_row_is_remembered() -> None:
    """Nobody would ask for it."""
    rules = Rules.of(GatewayLimits(flood_gap=None, rate=None))
    known = Admitted(1, 100.0)

    assert (Admitted(1, 100.0), None, 100.0) == decide(step(rules), None, None, LONG_AGO, 100.0, 1)
    assert (Admitted(2, 161.0), None, 161.0) == decide(step(rules), known, None, 100.0, 161.0, 2)


def test_repeat_is_held_and_leaves_no_trace() -> None:
    """«Сервер не принимает более одного одинакового запроса…»: nor do we ask it to."""
    row: Streak = (100.0, 1, 100.0)
    decided = decide(step(PACED), Admitted(1, 100.0, 1.0), row, 101.0, 110.0, 2)

    assert (Held("repeat", 161.0), row, 101.0) == decided


def test_flood_is_held_and_leaves_no_trace() -> None:
    """«…блокирует отправку более 50 сообщений одному абоненту…»: the 51st waits."""
    row: Streak = (100.0, 50, 149.0)
    decided = decide(step(PACED), None, row, 150.0, 160.0, 2)

    assert (Held("flood", 180.0), row, 150.0) == decided


@pytest.mark.parametrize(
    ("known_at", "last_at", "held"),
    [
        (149.0, 149.0, Held("repeat", 210.0)),
        (120.0, 155.0, Held("flood", 186.0)),
        (125.0, 155.0, Held("repeat", 186.0)),
    ],
)
def test_of_two_rules_the_one_that_holds_longest_tells(
    known_at: float, last_at: float, held: Held
) -> None:
    """Or the sender would wait in vain, and be told of the other one then."""
    row: Streak = (100.0, 50, last_at)

    verdict, _, _ = decide(step(), Admitted(1, known_at), row, LONG_AGO, 160.0, 2)

    assert held == verdict


def test_rules_are_asked_for_the_instant_of_the_write() -> None:
    """An account with a backlog of a minute holds nothing that is over by then."""
    known = Admitted(1, 100.0, 1.0)

    verdict, _, _ = decide(step(PACED), known, (100.0, 50, 149.0), 180.0, 150.0, 2)

    assert Admitted(2, 180.0, PACED.interval) == verdict


def test_unknown_outcome_that_is_sent_again_keeps_its_reservation() -> None:
    """It is counted once, and its minute begins anew."""
    known, full = Admitted("a-1", 100.0), (100.0, 50, 149.0)

    verdict, row, _ = decide(step(token="a-1"), known, full, LONG_AGO, 150.0, "a-2")

    assert Admitted("a-1", 150.0) == verdict
    assert (100.0, 50, 150.0) == row


def test_unknown_outcome_of_an_earlier_row_is_counted_in_this_one() -> None:
    """The row that had it is over."""
    known, full = Admitted("a-1", 100.0), (140.0, 49, 149.0)

    verdict, row, _ = decide(step(token="a-1"), known, full, LONG_AGO, 150.0, "a-2")

    assert Admitted("a-1", 150.0) == verdict
    assert (140.0, 50, 150.0) == row


def test_unknown_outcome_of_long_ago_gets_a_reservation_of_its_own() -> None:
    """The gateway takes it for a new message, and it may be paid twice."""
    known = Admitted("a-1", 100.0)

    verdict, _, _ = decide(step(token="a-1"), known, None, LONG_AGO, 161.0, "a-2")

    assert Admitted("a-2", 161.0) == verdict


def test_only_an_admission_in_anothers_place_replaces_it() -> None:
    """Giving it back would forget the unknown outcome."""
    assert replaces(step(token="a-1"), Admitted("a-1", 100.0))
    assert not replaces(step(token="a-1"), Admitted("a-2", 100.0))
    assert not replaces(step(), Admitted("a-1", 100.0))
