"""The commands by name.

Rule: the signature of a command's function is its command line, read by cyclopts; only the module
of the command in use is imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from cyclopts import App

from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMMANDS: Final[Mapping[str, str]] = {
    "demo": _("Send a first message through the simulator: no account, no network."),
    "sim": _("Run the simulator and show the messages it receives."),
    "send": _("Send a message of any kind and wait for its delivery receipt (DLR)."),
    "hlr": _("Look up the network of numbers and whether they are reachable."),
    "ping": _("Check whether phones are reachable now."),
    "query": _("Query the state of a message by its id."),
    "tail": _("Show delivery receipts (DLRs) and incoming messages until Ctrl-C."),
    "plan": _("Show coding, parts and octets of a text; send nothing."),
    "decode": _("Explain PDUs, field by field, with their direction."),
    "bulk": _("Send the messages of a CSV or .xlsx file, each of them once."),
    "bench": _("Measure throughput and latency of a link."),
    "completion": _("Print a script that completes commands and options in a shell."),
}
"""What each does: the first line of its docstring. The main page imports no command for it."""


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
