"""The commands by name.

Rule: the signature of a command's function is its command line, read by cyclopts; only the module
of the command in use is imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from cyclopts import App

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS: Final = (
    "demo", "sim", "send", "hlr", "ping", "query", "tail", "plan", "decode", "bulk", "bench",
    "completion",
)  # fmt: skip


def load_command(name: str) -> Callable[..., int]:
    """Import the function of a command."""
    module = import_module(f"smsc_async.cli.{name}")
    command: Callable[..., int] = getattr(module, f"{name}_command")
    return command


def make_parser(name: str) -> App:
    """Return the parser of a command's arguments."""
    parser = App(name=name, help_flags=(), version_flags=())
    parser.default(load_command(name))
    return parser
