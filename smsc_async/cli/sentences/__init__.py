"""Sentences of the library in the user's language.

Rule: the library writes its errors and events in English, since programs log them. Its sentences
stand here as templates, which are the keys of their translations; what no template matches is shown
as the library wrote it. A test compares the templates with the sources of the library.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from smsc_async.cli.i18n import Counted, TextWithValues, _n
from smsc_async.cli.sentences.links import LINKS
from smsc_async.cli.sentences.messages import MESSAGES
from smsc_async.cli.sentences.outbox import OUTBOX
from smsc_async.cli.sentences.settings import SETTINGS

if TYPE_CHECKING:
    from smsc_async.cli.i18n import Translator

TEMPLATES: Final = (*MESSAGES, *SETTINGS, *LINKS, *OUTBOX)

_NESTED: Final = frozenset({"got", "reason", "remedy"})
"""Names of values that are sentences or sizes themselves."""
_PATTERNS: Final = {
    **dict.fromkeys(("bind", "field", "name", "request", "to"), r"\S+"),
    "status": r"\w+ \(0x[0-9A-F]+\)",
}
"""Patterns of values by name; of any other a value is as short as possible."""
_SIZES: Final = {
    "characters": _n("{number} character", "{number} characters"),
    "octets": _n("{number} octet", "{number} octets"),
}
_SIZE: Final = re.compile(r"([0-9]+) (characters|octets)( \(.+\))?")
_PLACEHOLDER: Final = re.compile(r"\\{(\w+)\\}")
_FIELD: Final = re.compile(r"(-{0,2}\w[\w.\[\]-]*): (.+)")
_HOST: Final = re.compile(r"(?:^|; )(\S+:[0-9]+): ")


class _Template(NamedTuple):
    """A template and what finds it."""

    text: str
    literal: str
    """Its longest piece without values."""
    pattern: re.Pattern[str]


def in_language(text: str, translate: Translator) -> str:
    """Return a sentence of the library in the language of *translate*.

    Args:
        text: As the library wrote it, on one line.
        translate: The texts of the language.
    """
    known = text if translate.language == "en" else read_sentence(text)
    return known if isinstance(known, str) else translate(known.text, **known.values)


def read_sentence(text: str) -> TextWithValues | str:
    """Return a sentence of the library as a value of another text; one that isn't known stays."""
    return _of_field(text) or _of_template(text) or _of_hosts(text) or text


def os_reason(error: Exception) -> TextWithValues | str:
    """Return what the system says of a file or a socket, or the class of the error."""
    return read_sentence(getattr(error, "strerror", None) or type(error).__name__)


def _of_template(text: str) -> TextWithValues | None:
    """Return the template that a sentence was made from, with its values."""
    for template in _templates():
        found = template.pattern.fullmatch(text) if template.literal in text else None
        values = None if found is None else _nested(found.groupdict())
        if values is not None:
            return TextWithValues(template.text, values)
    return None


def _nested(values: dict[str, str]) -> dict[str, object] | None:
    """Return values with the sentences among them read; None if a remedy isn't one."""
    read: dict[str, object] = {
        name: _read_value(value) if name in _NESTED else value for name, value in values.items()
    }
    return None if isinstance(read.get("remedy"), str) else read


def _read_value(value: str) -> object:
    """Return a size with its noun, or a sentence."""
    size = _SIZE.fullmatch(value)
    if size is None:
        return read_sentence(value)
    counted = Counted(_SIZES[size[2]], int(size[1]))
    return TextWithValues("{size}{shown}", {"size": counted, "shown": size[3] or ""})


def _of_hosts(text: str) -> TextWithValues | None:
    """Return the reasons of several hosts: "a:2775: …; b:2775: …"."""
    before, *pairs = _HOST.split(text)
    if before or len(pairs) < 2:
        return None
    names, reasons = pairs[::2], pairs[1::2]
    shown = "; ".join(f"{{host{n}}}: {{reason{n}}}" for n in range(len(names)))
    values: dict[str, object] = {f"host{n}": name for n, name in enumerate(names)}
    return TextWithValues(
        shown, values | {f"reason{n}": read_sentence(one) for n, one in enumerate(reasons)}
    )


def _of_field(text: str) -> TextWithValues | None:
    """Return the reason of a field, "to: …"; None if it isn't known."""
    found = _FIELD.fullmatch(text)
    reason = None if found is None else _of_template(found[2])
    if found is None or reason is None:
        return None
    return TextWithValues("{field}: {reason}", {"field": found[1], "reason": reason})


@cache
def _templates() -> tuple[_Template, ...]:
    """Return the templates, those with the most literal characters first."""
    ordered = sorted(TEMPLATES, key=lambda text: len(_PLACEHOLDER.sub("", re.escape(text))))
    return tuple(_template(text) for text in reversed(ordered))


def _group(found: re.Match[str]) -> str:
    """Return the pattern of a value."""
    return f"(?P<{found[1]}>{_PATTERNS.get(found[1], '.+?')})"


def _template(text: str) -> _Template:
    """Return a template with its pattern."""
    pattern = _PLACEHOLDER.sub(_group, re.escape(text))
    return _Template(text, max(re.split(r"\{\w+\}", text), key=len), re.compile(pattern))
