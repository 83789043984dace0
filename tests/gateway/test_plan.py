"""What a message becomes on the wire."""

from __future__ import annotations

import traceback

import pytest

from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.plan import plan
from smsc_async.messages import (
    Coding,
    Sms,
)

TO = "79991234567"


@pytest.mark.parametrize(
    ("text", "octets", "room"),
    [
        ("x" * 160, (160,), 0),
        ("x" * 161, (153, 8), 145),
        ("x" * 141, (141,), 19),
        ("€" * 80, (160,), 0),
        ("€" * 81, (152, 10), 143),
        ("Я" * 70, (140,), 0),
        ("Я" * 71, (134, 8), 126),
        ("😀" * 35, (140,), 0),
        ("😀" * 36, (132, 12), 122),
        ("Я" * 68 + "😀", (140,), 0),
        ("Я" * 69 + "😀", (134, 8), 126),
    ],
)
def test_sizes_of_parts(text: str, octets: tuple[int, ...], room: int) -> None:
    """160 and 153, 70 and 67; no escape and no surrogate pair is cut."""
    planned = plan(Sms(to=TO, text=text))

    assert (octets, room) == (planned.octets, planned.room)
    assert planned.parts == planned.pdus == len(octets)


def test_plan_names_what_forced_ucs2() -> None:
    """One dash doubles the price of a Latin text."""
    planned = plan(Sms(to=TO, text="Price — 5 `units`" + "." * 70))

    assert ("—", "`") == planned.forced_by
    assert (Coding.UCS2, 0x08, 2, 87) == (
        planned.coding,
        planned.data_coding,
        planned.parts,
        planned.units,
    )
    assert "Plan(UCS2, parts=2, octets=[134, 40], room=94, forced_by=[U+2014, U+0060])" == repr(
        planned
    )


def test_nothing_forced_what_needed_no_forcing() -> None:
    """A text in GSM, or one with an explicit UCS-2 coding."""
    assert () == plan(Sms(to=TO, text="Hi")).forced_by
    assert () == plan(Sms(to=TO, text="Hi", coding=Coding.UCS2)).forced_by
    assert ("—",) == plan(Sms(to=TO, text="ça —"), TextSettings(latin1=True)).forced_by


def test_plan_of_what_cannot_travel() -> None:
    """It is refused as a send would be, and no variable on the way holds the text."""
    with pytest.raises(InvalidMessageError, match="needs 256 parts") as caught:
        plan(Sms(to=TO, text="Я" * (255 * 67 + 1)))

    shown = traceback.StackSummary.extract(
        traceback.walk_tb(caught.value.__traceback__), capture_locals=True
    )
    assert not [frame for frame in shown if "text" in (frame.locals or {})]
