"""The question about a guessed encoding."""

from __future__ import annotations

import io
import sys

import pytest

from smsc_async.cli.console import Screen
from smsc_async.cli.i18n import Translator
from smsc_async.cli.tables.asking import encoding_question


class Terminal(io.StringIO):
    """Standard input that is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@pytest.mark.parametrize(
    ("answer", "is_right"),
    [("y\n", True), ("ДА\n", True), (" yes \n", True), ("n\n", False), ("\n", False)],
)
def test_words_of_the_file_are_shown_and_confirmed(
    answer: str,
    is_right: bool,  # noqa: FBT001 - a table's column
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Anything but a yes is a no."""
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    confirm = encoding_question(Screen(Translator("en")))

    assert confirm is not None
    assert is_right == confirm("koi8-r", "Привет\x1b[2J")
    output = capsys.readouterr().out
    assert "In koi8-r its words are: Привет" in output
    assert "\x1b" not in output


@pytest.mark.parametrize(("stdin", "is_json"), [(io.StringIO(), False), (Terminal(), True)])
def test_without_a_terminal_there_is_no_question(
    stdin: io.StringIO,
    is_json: bool,  # noqa: FBT001 - a table's column
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A program can't answer."""
    monkeypatch.setattr(sys, "stdin", stdin)

    assert None is encoding_question(Screen(Translator("en"), is_json=is_json))
