"""Where a command speaks: people read the terminal, programs read JSON.

Rule: with `--json` standard output holds JSON lines and nothing else, without it what is said to
people; failures always go to standard error. A reader who goes away ends the talking, never the
command, so its exit code stays true.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager, nullcontext
from typing import IO, TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from rich.console import RenderableType

    from smsc_async.cli.i18n import Translator

WIDEST = 100
"""Columns. Wider lines are harder to read, so the rest of a wide terminal stays empty."""


class Screen:
    """Standard output and standard error of one command.

    Args:
        say: The texts of the reader's language.
        is_json: Standard output is for a program.
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
        """Show something to people; with `--json` it isn't shown."""
        if not self.is_json:
            with self._ignore_broken_pipe(sys.stdout):
                for one in what:
                    self.out.print(one, soft_wrap=not wrap)

    def write_json(self, value: Mapping[str, Any]) -> None:
        """Write one JSON object in a line; without `--json` nothing is written."""
        if self.is_json:
            with self._ignore_broken_pipe(sys.stdout):
                sys.stdout.write(_to_json(value, sys.stdout) + "\n")
                sys.stdout.flush()

    def show_error(self, *what: RenderableType) -> None:
        """Show a failure."""
        with self._ignore_broken_pipe(sys.stderr):
            for one in what:
                self.err.print(one)

    def spinner(self, key: str) -> AbstractContextManager[object]:
        """Show on a terminal that something is going on, for as long as the block takes."""
        if self.is_json or not self.err.is_terminal:
            return nullcontext()
        return self.err.status(Text(self.translate(key), style="dim"))

    @contextmanager
    def _ignore_broken_pipe(self, stream: IO[str]) -> Iterator[None]:
        """Go on in silence where the reader of *stream* went away (`… | head -1`)."""
        try:
            yield
        except BrokenPipeError:
            self.is_closed = True
            _redirect_to_null(stream)


class _Console(Console):
    """A console that survives its reader."""

    def on_broken_pipe(self) -> None:
        """Leave it to the screen; rich would end the process."""
        raise BrokenPipeError


def _console(stream: IO[str]) -> Console:
    """Make a console that shows texts as they are."""
    # Texts of users aren't markup, and their numbers aren't to be coloured.
    console = _Console(file=stream, markup=False, highlight=False, emoji=False)
    console.width = min(console.width, WIDEST)
    return console


def _to_json(value: Mapping[str, Any], stream: TextIO) -> str:
    """Return JSON in characters that *stream* can carry."""
    is_unicode = (stream.encoding or "").lower().replace("-", "").startswith("utf")
    return json.dumps(value, ensure_ascii=not is_unicode, separators=(", ", ": "))


def _redirect_to_null(stream: IO[str]) -> None:
    """Let what is still buffered, and all that follows, go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def label_grid(*rows: tuple[str, RenderableType], width: int = 0) -> Table:
    """Lay out rows of a label and what belongs to it.

    Args:
        rows: Labels with what stands beside them.
        width: Of the labels at least, where several such tables stand below each other.
    """
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True, min_width=width)
    table.add_column(overflow="fold")
    for label, what in rows:
        table.add_row(label, what)
    return table
