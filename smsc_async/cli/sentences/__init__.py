"""Sentences of the library in the user's language.

Rule: the library writes its errors and events in English, since programs log them. Its sentences
stand here as templates, which are the keys of their translations; what no template matches is shown
as the library wrote it. A test compares the templates with the sources of the library.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from smsc_async.cli.i18n import Counted, NumberText, TextWithValues, _, _n
from smsc_async.cli.sentences.dumps import DUMPS, FLAGS
from smsc_async.cli.sentences.links import LINKS
from smsc_async.cli.sentences.messages import MESSAGES
from smsc_async.cli.sentences.outbox import OUTBOX
from smsc_async.cli.sentences.scenario import SCENARIO
from smsc_async.cli.sentences.settings import SETTINGS
from smsc_async.cli.sentences.system import SYSTEM

if TYPE_CHECKING:
    from smsc_async.cli.i18n import Translator

TEMPLATES: Final = (*MESSAGES, *SETTINGS, *SCENARIO, *LINKS, *OUTBOX, *SYSTEM, *DUMPS)

_NESTED: Final = frozenset({"got", "reason", "remedy"})
"""Names of values that are sentences or sizes themselves."""
_DECIMALS: Final = re.compile(r"-?[0-9]+\.[0-9]+")
_DURATION: Final = re.compile(r"(-?[0-9.]+) (h|min|s)")
_DURATIONS: Final = {"h": _("{number} h"), "min": _("{number} min"), "s": _("{number} s")}
_PATTERNS: Final = {
    **dict.fromkeys(("bind", "field", "name", "request", "to"), r"\S+"),
    **dict.fromkeys(("seconds", "wait", "within"), "[0-9.]+"),
    "status": r"\w+ \(0x[0-9A-F]+\)",
}
"""Patterns of values by name; of any other a value is as short as possible."""
_SIZES: Final = {
    "characters": _n("{number} character", "{number} characters"),
    "octets": _n("{number} octet", "{number} octets"),
}
_SIZE: Final = re.compile(r"([0-9]+) (characters|octets)( \(.+\))?")
_HIDDEN: Final = re.compile("<([0-9]+) (characters|octets)>")
_FLAGS: Final = re.compile("|".join(FLAGS))
_PLACEHOLDER: Final = re.compile(r"\\{(\w+)\\}")
_FIELD: Final = re.compile(r"(?!broken: )(-{0,2}\w[\w.\[\]-]*): (.+)")
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


def meaning_in_language(text: str, translate: Translator) -> str:
    """Return the meaning of a field in the language of *translate*; what it quotes stays.

    Args:
        text: As `pdu.explain` writes it: "4 wants receipt", "<4 characters>", "1 UCS2", a text.
        translate: The texts of the language.
    """
    if translate.language == "en":
        return text
    if hidden := _HIDDEN.fullmatch(text):
        return f"<{translate.count(_SIZES[hidden[2]], int(hidden[1]))}>"
    number, _space, flags = text.partition(" ")
    if number.isdigit() and (found := _FLAGS.findall(flags)) and " ".join(found) == flags:
        return f"{number} {', '.join(translate(FLAGS[flag]) for flag in found)}"
    return translate(text) if text in DUMPS else text


def read_number(value: str) -> object:
    """Return a number with decimals, or a duration, as people of the language write it."""
    if _DECIMALS.fullmatch(value):
        return NumberText(value)
    found = _DURATION.fullmatch(value)
    if found is None:
        return value
    return TextWithValues(_DURATIONS[found[2]], {"number": read_number(found[1])})


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
        name: _read_value(value) if name in _NESTED else read_number(value)
        for name, value in values.items()
    }
    return None if isinstance(read.get("remedy"), str) else read


def _read_value(value: str) -> object:
    """Return a size with its noun, or a sentence."""
    size = _SIZE.fullmatch(value)
    if size is None:
        number = read_number(value)
        return read_sentence(value) if number is value else number
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
