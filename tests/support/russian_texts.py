"""The texts of a run of the command line that have no Russian translation.

Rule: a text is looked up when it is shown, in whatever language, so a test that runs a command in
English also says whether a Russian user could read it. A text that is built, a variable or another
library's is found like any other, which reading the sources can't do.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from smsc_async.cli.i18n import Translator
from smsc_async.cli.sentences import in_language, read_sentence

if TYPE_CHECKING:
    import pytest

    from smsc_async.cli.i18n import Noun

_CATALOG = Translator("ru")._catalog._catalog  # type: ignore[attr-defined]
_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_WORD = re.compile("[a-z]{2}", re.IGNORECASE)
_OF_OTHERS = re.compile(r"[A-Z0-9_ -]+|PROTOCOL_\w+|\w*Error|as another system says")
"""Words of OpenSSL, names of fields and classes, and what tests put in their place."""


_LONG = 20
"""Characters of a text that stands in another one, which is put together of translated ones."""


def untranslated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets each text that is shown and has no Russian translation."""
    found: list[str] = []
    shown: set[str] = set()
    translate, count = Translator.__call__, Translator.count

    def translating(self: Translator, text: str, /, **values: object) -> str:
        """Look a text up."""
        words = _PLACEHOLDER.sub("", text)
        if _WORD.search(words) and text not in _CATALOG and not _OF_OTHERS.fullmatch(text):
            found.append(text)
        shown.add(output := translate(self, text, **values))
        return output

    def counting(self: Translator, noun: Noun, number: int, **values: object) -> str:
        """Look a noun up."""
        if (noun[0], 0) not in _CATALOG:
            found.append(noun[0])
        return count(self, noun, number, **values)

    def reading(text: str, translator: Translator) -> str:
        """Look a sentence of the library up."""
        is_known = not isinstance(read_sentence(text), str) or text in {"", *shown}
        is_made_of_known = any(len(one) > _LONG and one in text for one in shown)
        if not (is_known or is_made_of_known or _OF_OTHERS.fullmatch(text)):
            found.append(text)
        return in_language(text, translator)

    monkeypatch.setattr(Translator, "__call__", translating)
    monkeypatch.setattr(Translator, "count", counting)
    for name, module in list(sys.modules.items()):
        if name.startswith("smsc_async.cli.") and getattr(module, "in_language", None):
            monkeypatch.setattr(module, "in_language", reading)
    return found
