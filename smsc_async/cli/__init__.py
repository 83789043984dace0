"""The command line: `smsc`.

Rule: every failure ends with an exit code and a short message that says what happened, whether
anything was sent, and what to do. A traceback is printed only with `--debug`.

`smsc --version` needs neither the client nor an extra. The command NAME is the function
`NAME_command` of the module NAME, imported on use. cyclopts and rich come with the extra `cli` and
are imported only when another command runs.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from smsc_async import __version__
from smsc_async.cli.common_options import read_common_options
from smsc_async.cli.i18n import Translator, _, environment_language

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_USAGE_ERROR = 2
_NO_EXTRA = _("""\
smsc: the command line needs the package {missing}, which isn't installed
      nothing was sent
      install it: pip install 'smsc-async[cli]'
""")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Without the program's name; None means those of the process.

    Returns:
        The exit code, see `smsc --help`.
    """
    given = sys.argv[1:] if arguments is None else arguments
    common = read_common_options(given)
    if common.is_version and common.bad_language is None:
        return _show_version(is_json=common.is_json)
    try:
        from smsc_async.cli.run import run  # noqa: PLC0415 -- needs the extra
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {
            "cyclopts",
            "docstring_parser",
            "rich",
        }:
            raise
        sys.stderr.write(Translator(environment_language())(_NO_EXTRA, missing=error.name))
        return _USAGE_ERROR
    return run(given)


def _show_version(*, is_json: bool) -> int:
    """Show the version; a closed pipe is no failure."""
    record = json.dumps({"name": "smsc-async", "version": __version__})
    with suppress(BrokenPipeError):
        sys.stdout.write(f"{record}\n" if is_json else f"smsc-async {__version__}\n")
        sys.stdout.flush()
    return 0
