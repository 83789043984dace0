"""The gateway's numbers, each beside its sentence."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from smsc_async.errors import ConfigError
from smsc_async.rules.limits import GatewayLimits


def test_numbers_are_the_gateways_own() -> None:
    """«…одного одинакового запроса … в течение минуты», «более 50», «менее 30-ти секунд»."""
    limits = GatewayLimits()

    assert (60.0, 50, 30.0, 60.0, 100.0, 1.0) == dataclasses.astuple(limits)


def test_each_number_stands_beside_its_sentence() -> None:
    """A reader who doubts a number finds its source."""
    text = " ".join((GatewayLimits.__doc__ or "").split())

    assert "не принимает более одного одинакового запроса" in text
    assert "блокирует отправку более 50 сообщений одному абоненту" in text
    assert "с перерывом между сообщениями менее 30-ти секунд" in text
    assert "все SMS-части должны быть переданы на сервер в течение минуты" in text
    assert "большинство операторов ожидает не более минуты" in text


def test_off_is_no_rule_at_all() -> None:
    """For another SMSC, or to see the gateway itself refuse."""
    assert (None, None, None, None, None, 0.0) == dataclasses.astuple(GatewayLimits.off())


def test_one_rule_may_be_switched_off() -> None:
    """rate=None switches pacing off; the other rules stay."""
    limits = GatewayLimits(rate=None)

    assert None is limits.rate
    assert 50 == limits.flood_length


@pytest.mark.parametrize(
    ("number", "name", "reason"),
    [
        ({"rate": 0}, "rate", "above 0, or None to switch the rule off, got 0"),
        ({"repeat_window": -1.0}, "repeat_window", "got -1.0"),
        ({"flood_gap": float("nan")}, "flood_gap", "got nan"),
        ({"margin": -1.0}, "margin", "0 s or more"),
        ({"margin": 60.0}, "margin", "below multipart_window, got 60.0"),
        ({"multipart_window": None, "margin": float("inf")}, "margin", "got inf"),
    ],
)
def test_impossible_limits_are_refused(number: dict[str, Any], name: str, reason: str) -> None:
    """Nothing could ever be sent, or the margin would take up the window."""
    with pytest.raises(ConfigError) as caught:
        GatewayLimits(**number)

    assert name == caught.value.name
    assert reason in str(caught.value)
