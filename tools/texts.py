"""Collect the texts of the command line, and compile their Russian translations.

A text is extracted where it is marked: `_("…")`, `_n("…", "…")`, `translate("…")`; those of the
help pages are recorded while the pages are rendered, since they stand in docstrings, and those of
the magic numbers while these are listed. `make texts`
adds new ones to `smsc.po`, without a translation, and removes those that are gone.
"""

from __future__ import annotations

import ast
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from smsc_async import cli
from smsc_async.cli.commands import COMMANDS
from smsc_async.cli.help_pages import help_page
from smsc_async.cli.i18n import DOMAIN, LOCALE, Translator
from smsc_async.cli.sim_magic import magic_rows

LANGUAGE: Final = "ru"
PO: Final = LOCALE / LANGUAGE / "LC_MESSAGES" / f"{DOMAIN}.po"
MO: Final = PO.with_suffix(".mo")

_MARKS: Final = {"_": 1, "translate": 1, "_n": 2}
"""Functions that mark a text, and the number of their texts."""
_PACKAGE: Final = Path(cli.__file__).parent.parent
_SOURCES: Final = (
    *sorted((_PACKAGE / "cli").rglob("*.py")),
    _PACKAGE / "simulator" / "refusals.py",
)
_DATE: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""In the header, which has no other date, so that the same texts give the same files."""
_HEADER: Final = (
    "# Russian texts of the command `smsc`. `make texts` updates and compiles this file."
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Key = str | tuple[str, str]


class Recorder(Translator):
    """English texts, recorded when they are used."""

    def __init__(self) -> None:
        super().__init__("en")
        self.texts: list[str] = []

    def __call__(self, text: str, /, **values: object) -> str:
        """Record a text and fill its placeholders."""
        if text:
            self.texts.append(text)
        return super().__call__(text, **values)


def marked_texts(source: str) -> Iterator[Key]:
    """Yield the texts that a module marks, in order."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        function = call.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        texts = [
            argument.value
            for argument in call.args[: _MARKS.get(name, 0)]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
        if texts:
            yield (texts[0], texts[1]) if name == "_n" else texts[0]


def collect() -> dict[Key, list[str]]:
    """Return the texts of the sources, each with the paths of the modules that use it."""
    found: dict[Key, list[str]] = {}
    for path in _SOURCES:
        for text in marked_texts(path.read_text(encoding="utf-8")):
            name = path.relative_to(_PACKAGE.parent).as_posix()
            found.setdefault(text, []).append(name)
    for name in ("smsc", *COMMANDS):
        recorder = Recorder()
        help_page(name, recorder)
        for text in recorder.texts:
            modules = found.setdefault(text, [])
            modules += [] if modules else [f"smsc_async/cli/{name}.py"]
    recorder = Recorder()
    for _row in magic_rows("", recorder):
        pass
    for text in recorder.texts:
        found.setdefault(text, ["smsc_async/simulator/magic.py"])
    return found


def read() -> Catalog:
    """Return the translations of `smsc.po`."""
    with PO.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def update(old: Catalog) -> Catalog:
    """Return the texts of the sources with the translations of *old*."""
    new = Catalog(
        LANGUAGE,
        project="smsc-async",
        version="1",
        msgid_bugs_address="smsc-async",
        last_translator="smsc-async",
        language_team="smsc-async",
        header_comment=_HEADER,
        fuzzy=False,
        creation_date=_DATE,
        revision_date=_DATE,
    )
    for key, modules in collect().items():
        known = old.get(key)
        where = [(name, 0) for name in dict.fromkeys(modules)]
        new.add(key, known.string if known is not None else "", where)
    return new


def compiled(catalog: Catalog) -> bytes:
    """Return the content of an `.mo` file."""
    output = BytesIO()
    write_mo(output, catalog)
    return output.getvalue()


def _is_translated(message: Message) -> bool:
    """Whether a text has its translation, a noun all of its forms."""
    forms = message.string
    return bool(forms) if isinstance(forms, str) else all(forms or [""])


def main() -> int:
    """Update and compile the translations; the exit code is 1 if one is missing."""
    catalog = update(read())
    with PO.open("wb") as file:
        write_po(file, catalog, width=100, include_lineno=False, ignore_obsolete=True)
    MO.write_bytes(compiled(catalog))
    missing = [message.id for message in catalog if message.id and not _is_translated(message)]
    for text in missing:
        print(f"not translated: {text!r}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
