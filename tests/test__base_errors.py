"""The base of all errors, and the two that values raise."""

from __future__ import annotations

import functools
import pickle

import pytest

from smsc_async import errors
from smsc_async._base_errors import check_function
from smsc_async.errors import ConfigError, InvalidMessageError, SmscError


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
