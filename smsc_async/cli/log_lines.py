"""The log lines of the library on standard error, for `-v` and `-vv`.

Rule: a log line has no secret and no text of a message; that is the library's rule. Here only what
steers a terminal is escaped. Without `-v` there are no log lines: a command reports what fails.
"""

from __future__ import annotations

import logging
import sys
from typing import Final

from pdu.escaping import escape

_LEVELS: Final = {1: logging.INFO, 2: logging.DEBUG}
_FORMAT: Final = "%(asctime)s %(levelname)-7s %(name)s %(message)s"


class _OneLine(logging.Formatter):
    """A formatter whose records are one line each."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return escape(super().format(record), letters=True)


def log_to_stderr(verbosity: int) -> None:
    """Write log lines to standard error.

    Args:
        verbosity: 0 for none, 1 for INFO, 2 and more for DEBUG.
    """
    logger = logging.getLogger("smsc_async")
    for handler in logger.handlers[:]:
        if isinstance(handler.formatter, _OneLine):  # of an earlier call in this process
            logger.removeHandler(handler)
            logger.setLevel(logging.NOTSET)
    if not verbosity:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine(_FORMAT, "%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(_LEVELS[min(verbosity, 2)])
