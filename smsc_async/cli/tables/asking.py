"""The question whether a guessed encoding is right.

Rule: it is asked on a terminal only, with some words as they look in that encoding.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from smsc_async.cli.console import Screen
    from smsc_async.cli.tables.decoding import Confirm

_YES: Final = frozenset({"y", "yes", "д", "да"})


def encoding_question(screen: Screen) -> Confirm | None:
    """Return a function that asks whether an encoding is right; None if it can't be asked."""
    if screen.is_json or not sys.stdin.isatty():
        return None

    def confirm(encoding: str, sample: str) -> bool:
        """Show some words of the file and ask."""
        text = _("The file isn't in UTF-8. In {encoding} its words are: {sample}")
        screen.show_text(text, encoding=encoding, sample=sample)
        question = screen.translate(_("Is that right? yes/no:"))
        return screen.out.input(f"{question} ").strip().lower() in _YES

    return confirm
