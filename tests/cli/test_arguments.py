"""Options of all commands, taken out before a command is looked at."""

from __future__ import annotations

import pytest

from smsc_async.cli.arguments import STANDARD_INPUT, read_common_options


@pytest.fixture(autouse=True)
def _quiet(quiet: None) -> None:
    """The environment decides nothing here."""


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
def test_the_rest_is_left_for_the_command(arguments: list[str], rest: list[str]) -> None:
    """In its order; nothing behind `--` is ours."""
    assert rest == read_common_options(arguments).rest


def test_each_option_is_found() -> None:
    """Wherever it stands."""
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
def test_unspoken_language_is_kept_for_the_complaint(arguments: list[str], bad: str | None) -> None:
    """The complaint itself is in the environment's language."""
    common = read_common_options(arguments)

    assert ("en", bad) == (common.language, common.bad_language)
