"""The list of magic numbers that `smsc sim --magic` shows.

Rule: the rows are those of the simulator's table, which decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from smsc_async.cli.console import label_grid
from smsc_async.cli.i18n import _
from smsc_async.simulator.magic import MAGIC_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsc_async.cli.console import Screen
    from smsc_async.cli.i18n import Translator


def show_magic_numbers(prefix: str | None, screen: Screen) -> None:
    """Show the numbers with a prefix; without one, that there are none."""
    if prefix is None:
        screen.show_text(_("there are no magic numbers: the prefix is none"))
        screen.write_json({"prefix": None, "numbers": []})
        return
    rows = list(magic_rows(prefix, screen.translate))
    screen.show_text(_("A message to one of these numbers ends as the number says:"))
    screen.show(label_grid(*((number, Text(text)) for number, text in rows)))
    numbers = [{"number": number, "text": text} for number, text in rows]
    screen.write_json({"prefix": prefix, "numbers": numbers})


def magic_rows(prefix: str, translate: Translator) -> Iterator[tuple[str, str]]:
    """Yield the numbers, "70000000006" or "70000000001-255", and what becomes of a message."""
    for row in MAGIC_NUMBERS:
        yield f"{prefix}{row.what}{row.which}", translate(row.description)
