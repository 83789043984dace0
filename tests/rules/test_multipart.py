"""All parts of one message within a minute.

«При отправке составного сообщения все SMS-части должны быть переданы на сервер в течение минуты.»
"""

from __future__ import annotations

from smsc_async.rules.multipart import deadline, fits, is_in_time

WINDOW = 59.0


def test_parts_have_a_minute_from_the_first_one() -> None:
    """«…в течение минуты.»: and a second on the safe side, which here is less."""
    assert 159.0 == deadline(100.0, WINDOW)
    assert is_in_time(100.0, 100.0, WINDOW)
    assert is_in_time(100.0, 159.0, WINDOW)
    assert not is_in_time(100.0, 159.1, WINDOW)


def test_no_rule_has_no_deadline() -> None:
    """A window without an end is no rule."""
    assert is_in_time(100.0, 1e12, float("inf"))


def test_message_that_could_never_be_in_time_does_not_fit() -> None:
    """At one a second sixty parts take 59 seconds: that many fit, and no more."""
    assert fits(1, 1000.0, WINDOW)
    assert fits(60, 1.0, WINDOW)
    assert not fits(61, 1.0, WINDOW)
