"""Texts of refusals: filled with their values, translated, and without anything private."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from smsc_async.cli.i18n import Translator
from smsc_async.rules.limits import GatewayLimits
from smsc_async.simulator import refusals
from smsc_async.simulator.refusals import of_rule, refuse

if TYPE_CHECKING:
    from smsc_async.simulator.scenario import StoppedBy

TEXTS = [
    value for name, value in vars(refusals).items() if name.isupper() and isinstance(value, str)
]


def test_refusal_says_its_text_with_its_values() -> None:
    """Field, limit, value."""
    refusal = refuse(6, refusals.OUT_OF_RANGE, field="priority_flag", least=0, most=3, value=9)

    assert "priority_flag takes 0 to 3, got 9" == str(refusal)
    assert 6 == refusal.command_status


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("rate", "more than 100 messages a second"),
        (
            "repeat",
            "the same message was accepted less than 60 s ago; it is accepted again in 12.3 s",
        ),
        (
            "flood",
            (
                "over 50 messages to one number with less than 30 s between them; the next is"
                " accepted in 12.3 s"
            ),
        ),
    ],
)
def test_refusal_by_a_rule_has_the_rules_numbers(rule: StoppedBy, text: str) -> None:
    """Those of the scenario, not the published ones."""
    assert text == str(of_rule(rule, GatewayLimits(), 0x45, 12.34))


def test_reason_fits_into_a_response() -> None:
    """The TLV takes 255 characters and a NUL; a reason of the protocol may hold any character."""
    assert "?" * 255 == refuse(8, "{reason}", reason="ы" * 300).reason


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_translated_with_the_same_placeholders(text: str) -> None:
    """`smsc sim --lang ru` shows them."""
    russian = Translator("ru")(text)

    assert text != russian
    assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", russian))


def test_no_two_texts_are_equal() -> None:
    """Each refusal has a text of its own."""
    assert len(TEXTS) == len(set(TEXTS))
