"""All rules of one message, decided together: all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsc_async import GatewayLimits, InvalidMessageError, Sms, Viber
from smsc_async.rules.engine import RuleEngine, Rules, decide, replaces
from smsc_async.rules.verdict import ANY_TIME, Admitted, Held

if TYPE_CHECKING:
    from smsc_async.rules.engine import Step
    from smsc_async.rules.flood import Streak

LONG_AGO = float("-inf")
TEXT = "Код входа: 4821"
MESSAGE = Sms(to="79991234567", text=TEXT, sender="Shop")
RULES = Rules.of(GatewayLimits(rate=None))
PACED = Rules.of(GatewayLimits(rate=1.05))  # an interval of one second


def step(rules: Rules = RULES, parts: int = 1, token: str | None = None) -> Step:
    """Make a step."""
    return rules, b"request", MESSAGE.to, parts, token


# Steps.


def test_every_window_has_its_margin_on_the_safe_side() -> None:
    """A minimum distance becomes longer, a maximum time shorter."""
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


def test_admission_is_needed_for_the_longer_of_both_windows() -> None:
    """Without a rule for repeats the store still has to keep the streaks."""
    assert 31.0 == Rules.of(GatewayLimits(repeat_window=None)).memory
    assert 121.0 == Rules.of(GatewayLimits(flood_gap=120.0)).memory


def test_engine_without_rules_is_off() -> None:
    """Then a client asks no store at all."""
    assert RuleEngine(GatewayLimits.off()).is_off
    assert not RuleEngine(GatewayLimits()).is_off


def test_step_identifies_a_request_by_its_rendered_text() -> None:
    """Two kinds with the same words are two requests; the text itself isn't in the step."""
    engine = RuleEngine(GatewayLimits(), key=b"key")
    viber = Viber(to=MESSAGE.to, text=TEXT, sender="Shop")

    rules, request, *rest = engine.step(MESSAGE, 2, TEXT, "a-1")

    assert engine.rules is rules
    assert [MESSAGE.to, 2, "a-1"] == rest
    assert request == engine.step(MESSAGE, 1, TEXT)[1]
    assert request == engine.step(viber, 1, TEXT)[1]
    assert request != engine.step(viber, 1, f"__VIBER__: {TEXT}")[1]


def test_engine_shows_its_limits() -> None:
    """A debugger shows the numbers, and not the key."""
    limits = GatewayLimits()

    assert f"RuleEngine({limits!r})" == repr(RuleEngine(limits, b"secret"))


def test_more_parts_than_a_streak_allows_are_refused() -> None:
    """«…блокирует отправку более 50 сообщений одному абоненту…»: no waiting would help."""
    engine = RuleEngine(GatewayLimits())

    engine.step(MESSAGE, 50, TEXT)
    with pytest.raises(InvalidMessageError, match=r"needs 51 parts.*more than 50.*PAYLOAD"):
        engine.step(MESSAGE, 51, TEXT)


def test_more_parts_than_a_minute_has_room_for_are_refused() -> None:
    """«…все SMS-части должны быть переданы на сервер в течение минуты.»: these never would be."""
    engine = RuleEngine(GatewayLimits(rate=1.05, flood_gap=None))  # an interval of one second

    engine.step(MESSAGE, 60, TEXT)  # these take 59 s
    with pytest.raises(InvalidMessageError, match=r"needs 61 parts, which take 60.0 s.*in 59 s"):
        engine.step(MESSAGE, 61, TEXT)


def test_new_message_is_admitted_and_counted() -> None:
    """It is due at once, begins a streak, and takes the account's next times."""
    verdict, streak, free_at = decide(step(PACED, parts=3), None, None, LONG_AGO, 100.0, 1)

    assert Admitted(1, 100.0, PACED.interval) == verdict
    assert (100.0, 3, 102.0) == streak
    assert 103.0 == pytest.approx(free_at)


def test_without_a_flood_rule_there_is_no_streak() -> None:
    """No rule would need it."""
    rules = Rules.of(GatewayLimits(flood_gap=None, rate=None))
    previous = Admitted(1, 100.0)

    assert (Admitted(1, 100.0), None, 100.0) == decide(step(rules), None, None, LONG_AGO, 100.0, 1)
    assert (Admitted(2, 161.0), None, 161.0) == decide(step(rules), previous, None, 100.0, 161.0, 2)


def test_repeat_is_held_and_leaves_no_trace() -> None:
    """«Сервер не принимает более одного одинакового запроса…»: the second one isn't sent."""
    streak: Streak = (100.0, 1, 100.0)
    decided = decide(step(PACED), Admitted(1, 100.0, 1.0), streak, 101.0, 110.0, 2)

    assert (Held("repeat", 161.0), streak, 101.0) == decided


def test_flood_is_held_and_leaves_no_trace() -> None:
    """«…блокирует отправку более 50 сообщений одному абоненту…»: the 51st waits."""
    streak: Streak = (100.0, 50, 149.0)
    decided = decide(step(PACED), None, streak, 150.0, 160.0, 2)

    assert (Held("flood", 180.0), streak, 150.0) == decided


@pytest.mark.parametrize(
    ("previous_at", "last_at", "held"),
    [
        (149.0, 149.0, Held("repeat", 210.0)),
        (120.0, 155.0, Held("flood", 186.0)),
        (125.0, 155.0, Held("repeat", 186.0)),
    ],
)
def test_of_two_rules_the_one_that_holds_longest_is_named(
    previous_at: float, last_at: float, held: Held
) -> None:
    """A sender that waited for the other one would be held again."""
    streak: Streak = (100.0, 50, last_at)

    verdict, _, _ = decide(step(), Admitted(1, previous_at), streak, LONG_AGO, 160.0, 2)

    assert held == verdict


def test_rules_are_decided_for_the_instant_of_the_write() -> None:
    """With a backlog of a minute, nothing is held for a window that is over by then."""
    previous = Admitted(1, 100.0, 1.0)

    verdict, _, _ = decide(step(PACED), previous, (100.0, 50, 149.0), 180.0, 150.0, 2)

    assert Admitted(2, 180.0, PACED.interval, earliest=180.0) == verdict


@pytest.mark.parametrize(
    ("previous", "streak", "earliest"),
    [
        (None, None, ANY_TIME),
        (Admitted(1, 110.0), None, 171.0),
        (None, (100.0, 50, 149.0), 180.0),
        (None, (100.0, 1, 149.1), ANY_TIME),  # it has joined the streak
        (Admitted(1, 110.0), (100.0, 50, 149.0), 180.0),
        (Admitted("own", 110.0), None, ANY_TIME),
    ],
)
def test_earlier_turn_is_not_before_the_windows_that_its_own_is_after(
    previous: Admitted | None, streak: Streak | None, earliest: float
) -> None:
    """What passes because of a backlog doesn't pass when the backlog is gone."""
    verdict, _, _ = decide(step(PACED, token="own"), previous, streak, 180.0, 150.0, 2)

    assert Admitted(2, 180.0, PACED.interval, earliest=earliest) == verdict


def test_message_without_repeat_and_flood_rule_may_have_any_turn() -> None:
    """The store may remember others all the same."""
    rules = PACED._replace(repeat_window=0.0, flood_gap=0.0)

    verdict, _, _ = decide(step(rules), Admitted(1, 175.0), (100.0, 50, 149.0), 180.0, 150.0, 2)

    assert Admitted(2, 180.0, PACED.interval) == verdict


def test_unknown_outcome_that_is_sent_again_keeps_its_reservation() -> None:
    """It is counted once, and its minute begins anew."""
    previous, full = Admitted("a-1", 100.0), (100.0, 50, 149.0)

    verdict, streak, _ = decide(step(token="a-1"), previous, full, LONG_AGO, 150.0, "a-2")

    assert Admitted("a-1", 150.0) == verdict
    assert (100.0, 50, 150.0) == streak


def test_resend_of_an_earlier_streaks_message_is_counted_in_this_one() -> None:
    """The streak that counted it is over."""
    previous, full = Admitted("a-1", 100.0), (140.0, 49, 149.0)

    verdict, streak, _ = decide(step(token="a-1"), previous, full, LONG_AGO, 150.0, "a-2")

    assert Admitted("a-1", 150.0) == verdict
    assert (140.0, 50, 150.0) == streak


def test_unknown_outcome_of_long_ago_gets_a_reservation_of_its_own() -> None:
    """The gateway takes it as a new message, and it may be charged twice."""
    previous = Admitted("a-1", 100.0)

    verdict, _, _ = decide(step(token="a-1"), previous, None, LONG_AGO, 161.0, "a-2")

    assert Admitted("a-2", 161.0) == verdict


def test_only_an_admission_with_the_steps_token_replaces_another() -> None:
    """Giving that back would forget the unknown outcome."""
    assert replaces(step(token="a-1"), Admitted("a-1", 100.0))
    assert not replaces(step(token="a-1"), Admitted("a-2", 100.0))
    assert not replaces(step(), Admitted("a-1", 100.0))


def test_share_of_a_worker_is_of_rate_and_streak() -> None:
    """What each worker counts alone is divided; windows are the same for all."""
    rules = Rules.of(GatewayLimits())
    share = rules.share(4)

    assert (61.0, 12, 31.0, 59.0) == share[:4]
    assert 0.042 == pytest.approx(share.interval)
    assert 1 == rules.share(80).flood_length
    assert float("inf") == Rules().share(4).flood_length
