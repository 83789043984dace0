"""Common options are separated from the arguments of a command."""

from __future__ import annotations

import pytest
from cyclopts import CycloptsError

from smsc_async.cli.arguments import failure_of_arguments, fill_optional_values
from smsc_async.cli.common_options import STANDARD_INPUT, read_common_options


@pytest.fixture(autouse=True)
def _quiet(quiet: None) -> None:
    """Without variables that affect the output."""


@pytest.mark.parametrize(
    ("arguments", "rest"),
    [
        (["plan", "hi"], ["plan", "hi"]),
        (["--json", "plan", "--debug", "hi"], ["plan", "hi"]),
        (["plan", "--lang", "ru", "hi"], ["plan", "hi"]),
        (["plan", "--lang=ru", "hi"], ["plan", "hi"]),
        (["plan", "--", "--json", "-"], ["plan", "--", "--json", "-"]),
        (["send", "7", "-"], ["send", "7", STANDARD_INPUT]),
        (["plan", "--json=1"], ["plan", "--json=1"]),
    ],
)
def test_other_arguments_are_left_for_the_command(arguments: list[str], rest: list[str]) -> None:
    """In their order; everything after `--` belongs to the command."""
    assert rest == read_common_options(arguments).rest


def test_each_option_is_found() -> None:
    """At any position."""
    common = read_common_options(
        ["--help", "plan", "--json", "--version", "--debug", "--lang", "ru"]
    )

    assert (True, True, True, True, "ru") == (
        common.is_help,
        common.is_json,
        common.is_version,
        common.is_debug,
        common.language,
    )


@pytest.mark.parametrize(
    ("arguments", "bad"),
    [(["--lang", "de"], "de"), (["--lang"], ""), (["--lang="], ""), (["--lang", "en"], None)],
)
def test_unsupported_language_is_kept_for_the_message(
    arguments: list[str], bad: str | None
) -> None:
    """The message itself is in the language of the environment."""
    common = read_common_options(arguments)

    assert ("en", bad) == (common.language, common.bad_language)


@pytest.mark.parametrize(
    ("arguments", "filled"),
    [
        (["--wait-receipts"], ["--wait-receipts=5m"]),
        (["--wait-receipts", "90"], ["--wait-receipts", "90"]),
        (["--wait-receipts", "2h", "a.csv"], ["--wait-receipts", "2h", "a.csv"]),
        (["--wait-receipts", "a.csv"], ["--wait-receipts=5m", "a.csv"]),
        (["--wait-receipts", "--rate", "5"], ["--wait-receipts=5m", "--rate", "5"]),
        (["--wait-receipts=1s", "a.csv"], ["--wait-receipts=1s", "a.csv"]),
        (["--", "--wait-receipts"], ["--", "--wait-receipts"]),
        ([], []),
    ],
)
def test_value_may_be_left_out(arguments: list[str], filled: list[str]) -> None:
    """What follows is the value only if it is a duration: the file may stand there."""
    assert filled == fill_optional_values(arguments)


@pytest.mark.parametrize(
    ("arguments", "verbosity"),
    [([], 0), (["-v"], 1), (["-v", "plan", "-v"], 2), (["-vv"], 2), (["--verbose"], 1),
     (["--", "-v"], 0)],
)  # fmt: skip
def test_verbosity_adds_up(arguments: list[str], verbosity: int) -> None:
    """As in ssh and pip."""
    assert verbosity == read_common_options(arguments).verbosity


def test_error_of_a_later_parser_is_a_usage_error() -> None:
    """It has no text of its own yet; no argument is repeated, it may be a message."""
    failure = failure_of_arguments(CycloptsError(msg="secret words"), "smsc plan", [])

    assert ("use.wrong", "invalid arguments") == (failure.key, failure.text)
    assert "secret" not in str(failure.values)
