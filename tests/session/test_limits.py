"""The settings of one session."""

from __future__ import annotations

import pytest

from smsc_async.config import SmscConfig
from smsc_async.session import SessionLimits

DURATIONS = (
    "response_timeout",
    "bind_timeout",
    "enquire_link_interval",
    "enquire_link_timeout",
    "unbind_timeout",
    "inactivity_timeout",
    "pdu_timeout",
)


def test_every_wait_has_an_end_by_default() -> None:
    """A client without a default timeout hangs; only the gateway's own cut is off."""
    limits = SessionLimits()

    assert (10, 30.0, 10.0, 30.0) == (
        limits.window,
        limits.response_timeout,
        limits.bind_timeout,
        limits.enquire_link_interval,
    )
    assert (10.0, 5.0, None, 30.0, 70_000) == (
        limits.enquire_link_timeout,
        limits.unbind_timeout,
        limits.inactivity_timeout,
        limits.pdu_timeout,
        limits.max_length,
    )


def test_config_of_a_client_sets_the_limits_of_its_sessions() -> None:
    """A setting that isn't handed on would silently keep its default."""
    waits = "timeout=1&bind_timeout=2&enquire_link_interval=3&enquire_link_timeout=4"
    url = f"smpp://shop:secret@localhost?window=7&{waits}&unbind_timeout=5&frame_timeout=6"

    assert SessionLimits(
        window=7,
        response_timeout=1.0,
        bind_timeout=2.0,
        enquire_link_interval=3.0,
        enquire_link_timeout=4.0,
        unbind_timeout=5.0,
        pdu_timeout=6.0,
    ) == SessionLimits.from_config(SmscConfig.from_url(url))


def test_none_switches_the_enquiry_off() -> None:
    """A silent test double needs a peer that never asks."""
    assert SessionLimits(enquire_link_interval=None).enquire_link_interval is None


@pytest.mark.parametrize("name", DURATIONS)
def test_shortest_timeout_is_the_least_of_all(name: str) -> None:
    """The timer of a link is never later than that, so no deadline is missed."""
    limits = SessionLimits(**{name: 0.01})  # type: ignore[arg-type]  # the names are all of floats

    assert 0.01 == limits.shortest_timeout
    assert 5.0 == SessionLimits().shortest_timeout


@pytest.mark.parametrize("name", ["window", "max_length"])
def test_a_count_that_lets_nothing_happen_is_refused(name: str) -> None:
    """A window of 0 would wait for ever, a PDU of 15 octets can't exist."""
    with pytest.raises(ValueError, match=f"{name} takes .* or more, got 0"):
        SessionLimits(**{name: 0})


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
@pytest.mark.parametrize("name", DURATIONS)
def test_a_duration_is_positive(name: str, value: float) -> None:
    """With 0 every request would be overdue at birth, and an enquiry would follow an enquiry."""
    with pytest.raises(ValueError, match=f"{name} takes more than 0 seconds"):
        SessionLimits(**{name: value})  # type: ignore[arg-type]  # the names are all of floats
