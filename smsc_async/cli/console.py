"""Output of a command: text for a terminal, or JSON lines for a program.

Rule: with `--json` standard output carries JSON lines only, without it text only; errors go to
standard error. Nothing but our own styles steers the terminal: control characters, bidi controls
and invisible marks are escaped here, and a JSON object is one line. A closed pipe ends the output,
never the command, so the exit code stays true.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager, nullcontext
from shutil import get_terminal_size
from typing import IO, TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pdu.escaping import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from rich.console import ConsoleOptions, RenderableType
    from rich.segment import Segment

    from smsc_async.cli.i18n import Translator

WIDEST = 100
"""Columns used at most, also on a wider terminal: longer lines are harder to read."""


class Screen:
    """Standard output and standard error of one command.

    Args:
        translate: The texts of the user's language.
        is_json: Write JSON to standard output instead of text.
        is_debug: Show tracebacks.
    """

    def __init__(
        self, translate: Translator, *, is_json: bool = False, is_debug: bool = False
    ) -> None:
        self.translate = translate
        self.is_json = is_json
        self.is_debug = is_debug
        self.is_closed = False
        self.out = _console(sys.stdout)
        self.err = _console(sys.stderr)

    def show(self, *what: RenderableType, wrap: bool = True) -> None:
        """Print text; with `--json` do nothing."""
        if not self.is_json:
            self._print(self.out, what, wrap=wrap)

    def show_text(self, text: str, /, style: str = "", **values: object) -> None:
        """Print a translated text with its placeholders filled; with `--json` do nothing."""
        self.show(Text(self.translate(text, **values), style=style))

    def write_json(self, value: Mapping[str, Any]) -> None:
        """Write one JSON object on a line; without `--json` do nothing."""
        if self.is_json:
            text = _json_line(value)
            with self._ignore_broken_pipe(sys.stdout):
                sys.stdout.write(f"{text}\n")
                sys.stdout.flush()

    def show_error(self, *what: RenderableType) -> None:
        """Print to standard error."""
        self._print(self.err, what)

    def _print(
        self, console: Console, what: Iterable[RenderableType], *, wrap: bool = True
    ) -> None:
        """Print each of *what*, until the reader closes the pipe."""
        with self._ignore_broken_pipe(console.file):
            for one in what:
                console.print(one, soft_wrap=not wrap)

    def spinner(self, text: str) -> AbstractContextManager[object]:
        """Show a spinner with a text while the block runs, if standard error is a terminal."""
        if self.is_json or not self.err.is_terminal:
            return nullcontext()
        # The default one is of braille signs, which only Unicode has.
        is_unicode = (self.err.encoding or "").startswith("utf")
        name = "dots" if is_unicode else "line"
        return self.err.status(Text(self.translate(text), style="dim"), spinner=name)

    @contextmanager
    def _ignore_broken_pipe(self, stream: IO[str]) -> Iterator[None]:
        """Discard the output from now on if the reader of *stream* is gone (`… | head -1`)."""
        try:
            yield
        except BrokenPipeError:
            self.is_closed = True
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())  # for what is still buffered, too
            os.close(null)


class _Console(Console):
    """A console that leaves a broken pipe to its screen, and escapes what isn't to be seen."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """Yield the segments with their texts escaped, but for line ends, which are the layout."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                lines = segment.text.split("\n")
                text = "\n".join(escape(line, letters=True) for line in lines)
                yield segment._replace(text=text)

    def on_broken_pipe(self) -> None:
        """Raise again; rich would exit the process."""
        raise BrokenPipeError


def _console(stream: IO[str]) -> Console:
    """Return a console that prints texts unchanged."""
    # Users' texts aren't rich's markup, and their digits need no colour.
    size = get_terminal_size()  # 80 columns for a COLUMNS that is no number above 0
    return _Console(
        file=stream,
        markup=False,
        highlight=False,
        emoji=False,
        width=min(size.columns, WIDEST),
        height=size.lines,
    )


def _json_line(value: Mapping[str, Any]) -> str:
    """Return an object as one line of JSON; letters stay where the output is Unicode."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    text = json.dumps(value, ensure_ascii=not is_unicode)
    if text.isascii() and text.isprintable():
        return text
    # Also what JSON allows as it is, but ends or turns a line: U+2028, bidi controls, DEL.
    return "".join(
        char if char <= "\uffff" and char == escape(char, letters=True) else _json_escape(char)
        for char in text
    )


def _json_escape(char: str) -> str:
    """Return the escape of a character in JSON, which is that of its UTF-16."""
    octets = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{octets[at : at + 4]}" for at in range(0, len(octets), 4))


def label_grid(*rows: tuple[str, RenderableType], width: int = 0) -> Table:
    """Return a grid of labels and values.

    Args:
        rows: Label and value of each.
        width: Minimum of the label column, so that several grids line up.
    """
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True, min_width=width)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
