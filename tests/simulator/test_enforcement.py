"""The gateway's rules in the simulator: its own numbers, and times of arrival."""

from __future__ import annotations

import pytest

from smsc_async import GatewayLimits
from smsc_async.simulator import SubmitView
from smsc_async.simulator.enforcement import RuleEnforcement

TO = "79991234567"
PUBLISHED = GatewayLimits()


@pytest.fixture
def enforcement() -> RuleEnforcement:
    """Rules that remember nothing yet."""
    return RuleEnforcement()


def submit(text: str, to: str = TO, sender: str = "Shop") -> SubmitView:
    """Make what a submit_sm says."""
    return SubmitView("shop", sender, to, text, text.encode("ascii"), 4)


def test_repeat_is_one_within_the_minute(enforcement: RuleEnforcement) -> None:
    """A minute without a margin: that is the client's caution."""
    assert enforcement.check(PUBLISHED, submit("Hi"), 0.0) is None

    assert "repeat" == enforcement.check(PUBLISHED, submit("Hi"), 59.99)
    assert pytest.approx(0.01) == enforcement.retry_after
    assert enforcement.check(PUBLISHED, submit("Hi"), 60.0) is None


@pytest.mark.parametrize(
    "other", [submit("Ho"), submit("Hi", to="79990000001"), submit("Hi", TO, "")]
)
def test_what_differs_is_no_repeat(enforcement: RuleEnforcement, other: SubmitView) -> None:
    """Sender, recipient and text have to be the same."""
    enforcement.check(PUBLISHED, submit("Hi"), 0.0)

    assert enforcement.check(PUBLISHED, other, 1.0) is None


def test_fifty_first_in_a_streak_is_a_flood(enforcement: RuleEnforcement) -> None:
    """Until a gap of half a minute; a stopped message doesn't lengthen the streak."""
    for number in range(50):
        assert enforcement.check(PUBLISHED, submit(str(number)), number * 29.9) is None
    last = 49 * 29.9

    assert "flood" == enforcement.check(PUBLISHED, submit("50"), last + 29.9)
    assert pytest.approx(0.1) == enforcement.retry_after
    assert enforcement.check(PUBLISHED, submit("50"), last + 30.0) is None


def test_parts_count_singly_for_a_flood(enforcement: RuleEnforcement) -> None:
    """As the client counts; how the gateway does isn't documented."""
    for place in range(50):
        assert enforcement.check(PUBLISHED, submit(str(place)), 0.0, is_part=True) is None

    assert "flood" == enforcement.check(PUBLISHED, submit("50"), 1.0, is_part=True)


def test_message_in_parts_is_compared_by_its_joined_text(enforcement: RuleEnforcement) -> None:
    """Long texts may begin alike. The minute counts from the first part, as in the client."""
    for began_at, text in ((0.0, "a long text"), (1.0, "another long text")):
        for place in (1, 2):
            part = submit(f"{text} {place}")
            assert enforcement.check(PUBLISHED, part, began_at + 20, is_part=True) is None
        assert enforcement.check_joined(PUBLISHED, submit(text), began_at, began_at + 20) is None

    assert "repeat" == enforcement.check_joined(PUBLISHED, submit("a long text"), 59.9, 70.0)
    assert enforcement.check_joined(PUBLISHED, submit("a long text"), 60.0, 70.0) is None


def test_rate_is_so_many_in_any_second(enforcement: RuleEnforcement) -> None:
    """A burst up to the rate passes; what is refused doesn't count."""
    limits = GatewayLimits(rate=10.0)
    burst = [enforcement.check(limits, submit(str(number)), 0.5) for number in range(12)]

    assert [None] * 10 + ["rate"] * 2 == burst
    assert "rate" == enforcement.check(limits, submit("10"), 1.49)
    assert enforcement.check(limits, submit("10"), 1.5) is None


def test_slow_rate_is_one_in_so_many_seconds(enforcement: RuleEnforcement) -> None:
    """Half a message a second is one in two."""
    limits = GatewayLimits(rate=0.5)
    enforcement.check(limits, submit("1"), 0.0, is_part=True)

    assert "rate" == enforcement.check(limits, submit("2"), 1.9, is_part=True)
    assert enforcement.check(limits, submit("2"), 2.0, is_part=True) is None


def test_throttled_message_is_no_repeat_afterwards(enforcement: RuleEnforcement) -> None:
    """It wasn't accepted, so it may be sent again."""
    limits = GatewayLimits(rate=1.0)
    enforcement.check(limits, submit("1"), 0.0)

    assert "rate" == enforcement.check(limits, submit("2"), 0.5)
    assert enforcement.check(limits, submit("2"), 1.0) is None


def test_new_limits_apply_to_the_next_message(enforcement: RuleEnforcement) -> None:
    """A scenario may be replaced while the simulator runs."""
    enforcement.check(PUBLISHED, submit("Hi"), 0.0)

    assert "repeat" == enforcement.check(GatewayLimits(repeat_window=3.0), submit("Hi"), 2.0)
    assert (
        enforcement.check_joined(GatewayLimits(repeat_window=2.0), submit("Hi"), 2.0, 2.0) is None
    )
    assert enforcement.check(GatewayLimits.off(), submit("Hi"), 3.0) is None


def test_memory_is_that_of_the_last_minute(enforcement: RuleEnforcement) -> None:
    """The records of the minute before count too, in which a message in parts may have begun."""
    for second in range(600):
        enforcement.check(PUBLISHED, submit("Hi", to=str(second)), float(second))

    assert "<RuleEnforcement, 120 requests, 120 recipients>" == repr(enforcement)


def test_repr_shows_no_text(enforcement: RuleEnforcement) -> None:
    """It is printed in logs of test runs."""
    enforcement.check(PUBLISHED, submit("Hi"), 0.0)

    assert "<RuleEnforcement, 1 requests, 1 recipients>" == repr(enforcement)


def test_subscriber_of_new_messages_is_not_forgotten(enforcement: RuleEnforcement) -> None:
    """A streak may last for hours."""
    for number in range(50):
        enforcement.check(PUBLISHED, submit("Hi"), number * 60.0)
        enforcement.check(PUBLISHED, submit(str(number)), number * 60.0 + 59.0)

    assert "repeat" == enforcement.check(PUBLISHED, submit("Hi"), 49 * 60.0 + 59.5)
    assert "<RuleEnforcement, 3 requests, 1 recipients>" == repr(enforcement)
