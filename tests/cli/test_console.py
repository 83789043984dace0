"""What reaches standard output, and what standard error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from rich.text import Text

from smsc_async.cli.console import Screen, label_grid
from smsc_async.cli.i18n import Translator

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def screen(quiet: None) -> Callable[[bool], Screen]:
    """Make a screen for people, or one for programs."""
    del quiet
    return lambda is_json: Screen(Translator("en"), is_json=is_json)


def test_people_get_no_json(
    screen: Callable[[bool], Screen], capsys: pytest.CaptureFixture[str]
) -> None:
    """What is written for programs isn't shown to them."""
    shown = screen(False)  # noqa: FBT003 - what the fixture takes
    shown.show("for people")
    shown.write_json({"for": "programs"})

    assert "for people\n" == capsys.readouterr().out


def test_programs_get_json_only(
    screen: Callable[[bool], Screen], capsys: pytest.CaptureFixture[str]
) -> None:
    """One object a line, in the characters it has."""
    written = screen(True)  # noqa: FBT003 - what the fixture takes
    with written.spinner("waiting"):
        written.show("for people")
    written.write_json({"text": "Код"})
    said = capsys.readouterr()

    assert {"text": "Код"} == json.loads(said.out)
    assert "Код" in said.out
    assert not said.err


def test_texts_are_no_markup(
    screen: Callable[[bool], Screen], capsys: pytest.CaptureFixture[str]
) -> None:
    """A text in brackets or between colons is shown as it is."""
    shown = screen(False)  # noqa: FBT003 - what the fixture takes
    shown.show("[bold]x[/bold] :smile:", label_grid(("a", Text("[red]b"))))

    assert ["[bold]x[/bold]", ":smile:", "a", "[red]b"] == capsys.readouterr().out.split()
