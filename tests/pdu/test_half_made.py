"""`repr` of public objects whose constructor hasn't ended."""

from __future__ import annotations

import enum
import inspect
from importlib import import_module
from typing import Any

import pytest

from pdu.half_made import shows_half_made

ROOMS = [
    "pdu",
    "pdu.text",
    "smsc_async",
    "smsc_async.contrib.callback",
    "smsc_async.outbox",
    "smsc_async.simulator",
    "smsc_async.stores",
]
CLASSES = {
    shown
    for room in ROOMS
    for name in import_module(room).__all__
    if inspect.isclass(shown := getattr(import_module(room), name))
    and not issubclass(shown, (enum.Enum, tuple, BaseException))
    and not inspect.isabstract(shown)
}


@pytest.mark.parametrize("shown", sorted(CLASSES, key=str))
def test_half_made_object_can_be_shown(shown: Any) -> None:  # noqa: ANN401 - any class
    """A crash reporter walks the frames of a constructor that raised."""
    half_made = shown.__new__(shown)

    assert isinstance(repr(half_made), str)
    assert isinstance(str(half_made), str)


def test_all_public_classes_are_looked_at() -> None:
    """Names that are imported lazily as well."""
    names = {cls.__name__ for cls in CLASSES}

    assert {"SmscClient", "SubmitSm", "Sms", "RedisRuleStore", "Outbox", "Simulator"} <= names


def test_whole_object_is_shown_as_ever() -> None:
    """A missing attribute says that it is half made; any other error, that it can't be shown."""

    @shows_half_made
    class Fraction:
        """An object with a `repr` that may fail."""

        def __init__(self, number: int) -> None:
            self.number = number

        def __repr__(self) -> str:
            return f"Fraction({1 // self.number})"

    assert "Fraction(1)" == repr(Fraction(1))
    assert "<Fraction, uninitialized>" == repr(object.__new__(Fraction))
    assert "<Fraction, not showable>" == repr(Fraction(0))


def test_attribute_that_another_object_lacks_is_not_a_half_made_object() -> None:
    """A mistake in a `__repr__` isn't shown as an unfinished object, and a log goes on."""

    @shows_half_made
    class Holder:
        """An object that reads what a number doesn't have."""

        number = 5

        def __repr__(self) -> str:
            return f"Holder({self.number.missing})"  # type: ignore[attr-defined]  # the mistake

    assert "<Holder, not showable>" == repr(Holder())
