"""The gateway's rules on its own side: its numbers as they are, its instants those of arrival."""

from __future__ import annotations

import pytest

from smsc_async import GatewayLimits
from smsc_async.simulator.enforcement import RuleEnforcement

TO = "79991234567"
PUBLISHED = GatewayLimits()


@pytest.fixture
def referee() -> RuleEnforcement:
    """Nothing has come yet."""
    return RuleEnforcement()


def asked(text: str, to: str = TO, sender: str = "Shop") -> tuple[str, str, str]:
    """What a repeat has in common."""
    return sender, to, text


def test_repeat_is_one_within_the_minute(referee: RuleEnforcement) -> None:
    """A minute and no margin: caution is the client's."""
    assert referee.judge(PUBLISHED, asked("Hi"), 0.0) is None

    assert "repeat" == referee.judge(PUBLISHED, asked("Hi"), 59.99)
    assert referee.judge(PUBLISHED, asked("Hi"), 60.0) is None


@pytest.mark.parametrize("other", [asked("Ho"), asked("Hi", to="79990000001"), asked("Hi", TO, "")])
def test_what_differs_is_no_repeat(referee: RuleEnforcement, other: tuple[str, str, str]) -> None:
    """Sender, recipient and text have to be the same."""
    referee.judge(PUBLISHED, asked("Hi"), 0.0)

    assert referee.judge(PUBLISHED, other, 1.0) is None


def test_fifty_first_in_a_row_is_a_flood(referee: RuleEnforcement) -> None:
    """And stays one until half a minute without any; what is stopped doesn't lengthen the row."""
    for number in range(50):
        assert referee.judge(PUBLISHED, asked(str(number)), number * 29.9) is None
    last = 49 * 29.9

    assert "flood" == referee.judge(PUBLISHED, asked("50"), last + 29.9)
    assert referee.judge(PUBLISHED, asked("50"), last + 30.0) is None


def test_parts_count_singly_for_a_flood(referee: RuleEnforcement) -> None:
    """Whether the gateway counts so isn't written; the client does."""
    for place in range(50):
        assert referee.judge_part(PUBLISHED, TO, place, 0.0) is None

    assert "flood" == referee.judge_part(PUBLISHED, TO, 50, 1.0)


def test_message_in_parts_is_a_repeat_as_a_whole(referee: RuleEnforcement) -> None:
    """Long texts begin alike; counted from the first part, as the client counts."""
    for began_at, text in ((0.0, "a long text"), (1.0, "another long text")):
        for place in (1, 2):
            assert referee.judge_part(PUBLISHED, TO, (began_at, place), began_at + 20) is None
        assert referee.judge_whole(PUBLISHED, asked(text), began_at, began_at + 20) is None

    assert "repeat" == referee.judge_whole(PUBLISHED, asked("a long text"), 59.9, 70.0)
    assert referee.judge_whole(PUBLISHED, asked("a long text"), 60.0, 70.0) is None


def test_rate_is_so_many_in_any_second(referee: RuleEnforcement) -> None:
    """A burst passes as long as it is no more; what is refused doesn't count."""
    limits = GatewayLimits(rate=10.0)
    burst = [referee.judge(limits, asked(str(number)), 0.5) for number in range(12)]

    assert [None] * 10 + ["rate"] * 2 == burst
    assert "rate" == referee.judge(limits, asked("10"), 1.49)
    assert referee.judge(limits, asked("10"), 1.5) is None


def test_slow_rate_is_one_in_so_many_seconds(referee: RuleEnforcement) -> None:
    """Half a message a second is one in two."""
    limits = GatewayLimits(rate=0.5)
    referee.judge_part(limits, TO, 1, 0.0)

    assert "rate" == referee.judge_part(limits, TO, 2, 1.9)
    assert referee.judge_part(limits, TO, 2, 2.0) is None


def test_throttled_message_is_no_repeat_afterwards(referee: RuleEnforcement) -> None:
    """It wasn't taken, so it may come again."""
    limits = GatewayLimits(rate=1.0)
    referee.judge(limits, asked("1"), 0.0)

    assert "rate" == referee.judge(limits, asked("2"), 0.5)
    assert referee.judge(limits, asked("2"), 1.0) is None


def test_limits_may_change(referee: RuleEnforcement) -> None:
    """From the next message on; without any rule nothing is stopped and nothing remembered."""
    referee.judge(PUBLISHED, asked("Hi"), 0.0)

    assert "repeat" == referee.judge(GatewayLimits(repeat_window=3.0), asked("Hi"), 2.0)
    assert referee.judge_whole(GatewayLimits(repeat_window=2.0), asked("Hi"), 2.0, 2.0) is None
    assert referee.judge(GatewayLimits.off(), asked("Hi"), 3.0) is None


def test_memory_is_that_of_the_last_minute(referee: RuleEnforcement) -> None:
    """And of the one before, from which a message in parts may still come."""
    for second in range(600):
        referee.judge(PUBLISHED, asked("Hi", to=str(second)), float(second))

    assert "<RuleEnforcement, 120 requests, 120 recipients>" == repr(referee)


def test_repr_shows_no_text(referee: RuleEnforcement) -> None:
    """It ends up in logs of test runs."""
    referee.judge(PUBLISHED, asked("Hi"), 0.0)

    assert "<RuleEnforcement, 1 requests, 1 recipients>" == repr(referee)


def test_who_comes_again_is_not_forgotten(referee: RuleEnforcement) -> None:
    """The row of a subscriber may go on for hours."""
    for number in range(50):
        referee.judge(PUBLISHED, asked("Hi"), number * 60.0)
        referee.judge(PUBLISHED, asked(str(number)), number * 60.0 + 59.0)

    assert "repeat" == referee.judge(PUBLISHED, asked("Hi"), 49 * 60.0 + 59.5)
    assert "<RuleEnforcement, 3 requests, 1 recipients>" == repr(referee)
