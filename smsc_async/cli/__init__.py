"""The command line: `smsc`.

Rule: every failure ends with an exit code and a short message that says what happened, whether
anything was sent, and what to do. A traceback is printed only with `--debug`.

The command NAME is the function `NAME_command` of the module NAME, imported on use. cyclopts and
rich come with the extra `cli` and are imported only when `main` runs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

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
    return run(sys.argv[1:] if arguments is None else arguments)
