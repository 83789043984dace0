"""The base of all errors, and the two that values raise."""

from __future__ import annotations

import functools
import pickle
from decimal import Decimal
from fractions import Fraction

import pytest

from smsc_async import errors
from smsc_async._base_errors import check_duration, check_function, check_kind, refused, shown
from smsc_async.errors import (
    ConfigError,
    InvalidMessageError,
    NoReceiptError,
    ReceiptTimeoutError,
    SmscError,
)


@pytest.mark.parametrize(
    ("error", "fields"),
    [
        (
            InvalidMessageError("code", "3 characters", "4 to 8 digits"),
            {"field": "code", "value": "3 characters", "reason": "4 to 8 digits"},
        ),
        (
            ConfigError("window", 0, "1 or more"),
            {"name": "window", "value": 0, "reason": "1 or more"},
        ),
    ],
    ids=["message", "config"],
)
def test_error_names_its_field_and_pickles(error: SmscError, fields: dict[str, object]) -> None:
    """Processes hand errors over by pickle, which would lose what isn't in `args`."""
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own octets

    assert fields == vars(arrived)
    assert str(error) == str(arrived)
    assert str(error).endswith(str(fields["reason"]))


@pytest.mark.parametrize("kind", [SmscError, ConfigError, InvalidMessageError])
def test_error_is_shown_under_the_module_that_users_import(kind: type[SmscError]) -> None:
    """A traceback names the module, and `smsc_async.errors` is the public one."""
    assert "smsc_async.errors" == kind.__module__
    assert kind is getattr(errors, kind.__name__)


def test_missing_receipt_names_its_message() -> None:
    """By the id a caller goes on waiting; an id is a peer's text, so it is escaped."""
    late = ReceiptTimeoutError("1\n2", timeout=5)
    misspelt = ReceiptTimeoutError("1", timeout=5, unknown=3)
    never = NoReceiptError("12", 0)

    assert ("1\n2", 5) == (late.message_id, late.timeout)
    assert "message_id '1\\n2' in 5.0 s" in str(late)
    assert (0, 3) == (late.unknown, misspelt.unknown)
    assert "message_ids" not in str(late)
    assert str(misspelt).endswith("wait again; receipts of unknown ids: 3, see message_ids")
    assert ("12", 0) == (never.message_id, never.registered_delivery)
    assert "send with registered_delivery=True" in str(never)


def plain(_: object) -> None:
    """A function."""


async def awaited(_: object) -> None:
    """A function that would have to be awaited."""


@pytest.mark.parametrize("function", [plain, str, "".join, functools.partial(plain, 1)])
def test_whatever_can_be_called_is_a_function(function: object) -> None:
    """Classes, methods and partial functions are called as functions are."""
    check_function("hook", function)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (None, "hook: takes a function, got NoneType"),
        (awaited, "hook: takes a plain function, got an async one; it isn't awaited"),
        (functools.partial(awaited, 1), "hook: takes a plain function, got an async one"),
    ],
)
def test_function_that_cannot_be_called_at_once_is_refused(function: object, said: str) -> None:
    """A coroutine that nothing awaits does nothing, and would be taken for an answer."""
    with pytest.raises(ConfigError, match=said):
        check_function("hook", function)


NO_DURATIONS = [
    -1,
    float("nan"),
    float("inf"),
    31_536_001,
    1e300,
    10**400,
    10**5000,
    -(10**5000),
    "5",
    True,
    None,
    Decimal(1),
    Fraction(1, 2),
]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("hun7er-2", "8 characters"),
        (b"hun7er-2", "bytes"),
        ({"text": "hun7er-2"}, "dict"),
        (79161239876, "an integer of 37 bits"),
        (79161239876.0, "8e+10"),
        (999_999_999, "999999999"),
        (float("inf"), "inf"),
        (True, "True"),
        (None, "None"),
    ],
)
def test_value_in_a_wrong_place_is_not_repeated(value: object, said: str) -> None:
    """It may be a password, a text or a phone number; a small number is none of them."""
    error = refused("wait", value, "takes a week")

    assert said == shown(value)
    assert f"wait: takes a week, got {said}" == str(error)
    assert error.value is value or said == error.value


@pytest.mark.parametrize("value", NO_DURATIONS, ids=range(len(NO_DURATIONS)))
@pytest.mark.parametrize("may_be_zero", [False, True])
def test_no_duration_is_refused(value: object, *, may_be_zero: bool) -> None:
    """A timer would take it for another time, or raise in the middle of other work."""
    with pytest.raises(ConfigError, match=r"^wait: takes .* a year at most, got "):
        check_duration("wait", value, may_be_zero=may_be_zero)


@pytest.mark.parametrize("value", [0.001, 1, 60.0, 31_536_000])
def test_seconds_up_to_a_year_are_a_duration(value: float) -> None:
    """Integers and floats."""
    check_duration("wait", value)


def test_zero_is_a_duration_where_it_means_something() -> None:
    """To leave a client at once, for example."""
    check_duration("wait", 0, may_be_zero=True)
    with pytest.raises(ConfigError, match="more than 0 seconds"):
        check_duration("wait", 0)


def test_argument_of_another_kind_is_refused() -> None:
    """Named, with its own kind; its value may be a secret."""
    check_kind("text", "", str)
    with pytest.raises(ConfigError, match=r"^text: takes a str, got int$"):
        check_kind("text", 4821, str)


def test_error_is_shown_as_one_line() -> None:
    """What a peer wrote may be a part of its sentence; letters stay."""
    error = SmscError("отказ\n\x1b[2J\u202e")

    assert "отказ\\n\\x1b[2J\\u202e" == str(error)
    assert "SmscError('отказ\\n\\x1b[2J\\u202e')" == repr(error)
