"""Checks of single settings: their limits, and that no error shows a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from smsc_async._config_checks import (
    check_ascii,
    check_choice,
    check_host_name,
    check_integer,
    check_number,
)
from smsc_async.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "hunter2"


@pytest.mark.parametrize(
    "name",
    [
        "smpp.smsc.ru", "smpp.smsc.ru.", "localhost", "127.0.0.1", "::1", "fe80::1%eth0",
        "пример.рф", "a" * 63, ".".join(["a" * 49] * 5), "x_y", "1",
    ],
)  # fmt: skip
def test_host_names(name: str) -> None:
    """Names, addresses of both kinds, names that are encoded."""
    check_host_name("host", name)


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "a..b", "a" * 64, ".".join(["a" * 49] * 6), "a b", "a\0b", "a\nb", "a/b", "[::1]",
        "::g", "a@b", 'a"b', None, 5, b"localhost",
    ],
)  # fmt: skip
def test_what_is_no_host_name(name: Any) -> None:  # noqa: ANN401 - wrong on purpose
    """Refused before a resolver is asked, which raises anything."""
    with pytest.raises(ConfigError, match=r"^host: "):
        check_host_name("host", name)


@pytest.mark.parametrize(
    "check",
    [
        lambda: check_ascii("password", SECRET, 3),
        lambda: check_ascii("password", f"{SECRET}ж", 30),
        lambda: check_integer("port", SECRET, 1, 9),
        lambda: check_number("timeout", SECRET, 1, 9, "seconds"),
        lambda: check_choice("mode", SECRET, ("a", "b")),
        lambda: check_host_name("host", f"{SECRET} {SECRET}"),
    ],
)
def test_value_is_never_shown(check: Callable[[], None]) -> None:
    """A password may stand in any place."""
    with pytest.raises(ConfigError) as caught:
        check()

    assert SECRET not in f"{caught.value} {caught.value!r} {caught.value.args}"


def test_values_in_the_range_pass() -> None:
    """The ends belong to it."""
    check_ascii("system_id", "abc", 3)
    for number in (1, 9):
        check_integer("window", number, 1, 9)
        check_number("timeout", float(number), 1, 9, "seconds")
    check_choice("mode", "a", ("a", "b"))
    for wrong in (True, 0, 10, 1.0):
        with pytest.raises(ConfigError, match="a whole number 1 to 9"):
            check_integer("window", wrong, 1, 9)
