"""Output to terminals and files that aren't Unicode: cp866, cp1251, KOI8-R, ASCII.

Rule: no character ends a command. A sign that an encoding lacks becomes a plain one, any other
character an escape; where no Russian letter can be written, texts are in English.
"""

from __future__ import annotations

import codecs
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from smsc_async.cli.i18n import Language

PLAIN_SIGNS: Final = {
    "…": "...", "–": "-", "—": "-", "«": '"', "»": '"', "“": '"', "”": '"', "„": '"', "‘": "'",
    "’": "'", "№": "No.", "×": "x", "→": "->", "⏎": "|", "·": "*", "•": "*", "━": "-", "╸": "-",
    "╺": "-", "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ", "\N{THIN SPACE}": " ",
    "⇄": "<->",
}  # fmt: skip
_LETTERS: Final = {"en": "a", "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюяЖЯ"}
_HANDLER: Final = "smsc.plain"


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Replace what can't be encoded, as an error handler of `codecs`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    signs = (
        PLAIN_SIGNS.get(sign) or sign.encode("ascii", "backslashreplace").decode()
        for sign in missing
    )
    return "".join(signs), error.end


codecs.register_error(_HANDLER, _plain)


def use_plain_signs(stream: IO[str]) -> None:
    """Let a stream replace what its encoding lacks, instead of raising."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors=_HANDLER)


def can_write(language: Language, stream: IO[str]) -> bool:
    """Return whether a stream's encoding has the letters of a language."""
    try:
        _LETTERS[language].encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    except LookupError:
        return True
    return True
