"""What is written to standard output, and what to standard error."""

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
    """Return a screen for text or for JSON."""
    del quiet
    return lambda is_json: Screen(Translator("en"), is_json=is_json)


def test_text_output_has_no_json(
    screen: Callable[[bool], Screen], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without `--json`, objects aren't written."""
    shown = screen(False)  # noqa: FBT003 - what the fixture takes
    shown.show("for people")
    shown.write_json({"for": "programs"})

    assert "for people\n" == capsys.readouterr().out


def test_json_output_has_no_text(
    screen: Callable[[bool], Screen], capsys: pytest.CaptureFixture[str]
) -> None:
    """One object a line, in characters the encoding supports."""
    written = screen(True)  # noqa: FBT003 - what the fixture takes
    with written.spinner("waiting"):
        written.show("for people")
    written.write_json({"text": "Код"})
    output = capsys.readouterr()

    assert {"text": "Код"} == json.loads(output.out)
    assert "Код" in output.out
    assert not output.err


def test_texts_are_not_markup(
    screen: Callable[[bool], Screen], capsys: pytest.CaptureFixture[str]
) -> None:
    """Brackets and colons in a text are printed unchanged."""
    shown = screen(False)  # noqa: FBT003 - what the fixture takes
    shown.show("[bold]x[/bold] :smile:", label_grid(("a", Text("[red]b"))))

    assert ["[bold]x[/bold]", ":smile:", "a", "[red]b"] == capsys.readouterr().out.split()
