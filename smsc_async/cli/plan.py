"""`smsc plan`: coding, parts and octets of a text, and what makes it expensive. Sends nothing."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from pdu.text import TextCoding, gsm_septets
from smsc_async.cli.arguments import STANDARD_INPUT
from smsc_async.cli.console import Screen, label_grid
from smsc_async.cli.failures import ExitCode, failure_before_sending
from smsc_async.cli.kinds import (
    DEFAULT_OPTIONS,
    MessageOptions,
    make_message,
    text_of,
)
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.coding import DEFAULT_SETTINGS, TextSettings
from smsc_async.gateway.plan import Plan, plan
from smsc_async.gateway.typography import PLAIN_SIGNS
from smsc_async.messages import Coding, Email, Message, Sms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType

    from smsc_async.cli.i18n import Translator
    from smsc_async.receipts import Receipt

_PLACEHOLDER_NUMBER = "70000000000"
_PLACEHOLDER_EMAIL = "someone@example.com"
_MOST_LISTED = 12
"""Maximum number of characters listed; the others are counted."""

# Cyrillic letters that look like Latin ones: typed by mistake, they force UCS-2.
_LOOKALIKES: Final = dict(zip("АВЕКМНОРСТХаеорсухІіЅѕ", "ABEKMHOPCTXaeopcyxIiSs", strict=True))


def plan_command(
    text: str,
    *,
    options: Annotated[MessageOptions, Parameter(name="*")] = DEFAULT_OPTIONS,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Show the plan of a message.

    Args:
        text: The text; "-" reads standard input.
        options: Of the message.
        screen: For the output.
    """
    is_email = options.kind.row.message_class is Email
    to = _PLACEHOLDER_EMAIL if is_email else _PLACEHOLDER_NUMBER
    message = make_message("smsc plan", to=to, text=read_text(text), **asdict(options))
    show_plan(message, screen, TextSettings(smart=options.smart))
    return ExitCode.DONE


def read_text(text: str) -> str:
    """Return *text*, or the content of standard input without its last line break.

    Raises:
        Failure: Standard input is empty or isn't UTF-8.
    """
    if text != STANDARD_INPUT:
        return text
    try:
        read = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        read = None
    # Outside of the handler: the error above contains the text.
    if read is None:
        raise failure_before_sending("bad_bytes")
    read = read.replace("\r\n", "\n").removesuffix("\n")
    if not read:
        raise failure_before_sending("no_text")
    return read


def show_plan(
    message: Message[Receipt], screen: Screen, settings: TextSettings = DEFAULT_SETTINGS
) -> None:
    """Show the plan of *message*, and what smart text changes."""
    plain, smart = (plan(message, replace(settings, smart=on)) for on in (False, True))
    is_smart, translate = settings.smart, screen.translate
    made = smart if is_smart else plain
    replaced = replacements(text_of(message), made) if isinstance(message, Sms) else {}
    cheaper = _cheaper(message, replaced)
    screen.show(label_grid(*plan_rows(message, made, translate)))
    if replaced:
        screen.show("", _forcing(replaced, translate))
    if cheaper is not None:
        key = "same_parts" if cheaper.parts == made.parts else "instead"
        text = translate(key, parts=translate.count("parts", cheaper.parts), now=made.parts)
        screen.show("", Text(text, style="green"))
    if text := _smart(plain, smart, translate, is_smart=is_smart):
        screen.show("", Text(text, style="green" if plain != smart else "dim"))
    screen.write_json(
        {
            **_as_json(message, made, replaced, cheaper),
            "smart_text": is_smart,
            "smart": {"coding": smart.coding.name.lower(), "parts": smart.parts},
        }
    )


def _smart(plain: Plan, smart: Plan, translate: Translator, *, is_smart: bool) -> str:
    """Return what smart text saves, or would save; empty without a difference worth showing."""
    saved = plain.parts - smart.parts
    if not is_smart:
        parts = translate.count("parts", smart.parts)
        return translate("smart.would", parts=parts, now=plain.parts) if saved else ""
    if plain == smart:
        return translate("smart.nothing")
    parts = translate.count("parts", plain.parts)
    return translate("smart.saves" if saved else "smart.same", parts=parts)


def plan_rows(
    message: Message[Receipt], made: Plan, translate: Translator
) -> list[tuple[str, RenderableType]]:
    """Return the plan as labels and values."""
    name = translate(f"coding.{made.coding.value}")
    units = translate.count(f"{made.coding.name.lower()}_units", made.units)
    octets = translate.count("octets", sum(made.octets))
    # An Sms is charged by parts; the price of other kinds doesn't depend on them.
    parts = translate("charged" if isinstance(message, Sms) else "goes_as")
    found: list[tuple[str, RenderableType]] = [
        (translate("coding"), Text(f"{name}, data_coding 0x{made.data_coding:02X}", style="bold")),
        (translate("why"), _why(message, made, translate)),
        (parts, Text(translate.count("parts", made.parts), style="bold")),
        (translate("size"), translate("size.of", units=units, octets=octets)),
    ]
    # The first part is full, the last has room: the others are like the first.
    capacity = made.octets[-1] + made.room
    for number in sorted({1, made.parts}):
        used = made.octets[number - 1]
        bar = "█" * round(20 * used / capacity)
        room = max(capacity - used, 0)
        counted = translate("used", used=used, capacity=capacity, room=room)
        fill = Text.assemble((f"{bar:░<20}", "cyan"), "  ", counted)
        found.append((translate("part", number=number), fill))
    if made.parts > 1:
        found.append((translate("travels"), translate(f"travels.{made.long_text.value}")))
    return found


def _why(message: Message[Receipt], made: Plan, translate: Translator) -> str:
    """Return the reason for the coding."""
    if not isinstance(message, Sms):
        return translate("why.markup")
    if message.coding is not None:
        return translate("why.asked")
    if made.coding is not Coding.UCS2:
        is_plain = TextCoding.GSM.fits(message.text + (message.comment or ""))
        return translate("why.gsm" if is_plain else "why.smart")
    cyrillic = sum(map(_is_cyrillic, made.forced_by))
    others = len(made.forced_by) - cyrillic
    counted = [translate.count("letters", cyrillic)] if cyrillic else []
    counted += [translate.count("others" if cyrillic else "characters", others)] if others else []
    return translate("why.forced", letters=", ".join(counted))


def _is_cyrillic(char: str) -> bool:
    """Whether *char* is in the Cyrillic blocks."""
    return "\u0400" <= char <= "\u052f"


def replacements(text: str, made: Plan) -> dict[str, str | None]:
    """Return a replacement in the GSM alphabet for each character that forces UCS-2, or None.

    A Latin look-alike is proposed for a Cyrillic letter only in a text that is mostly Latin,
    where the letter is a typing error. Russian words aren't to be spelled with Latin letters.
    """
    latin = sum(char.isascii() and char.isalpha() for char in text)
    is_latin = latin > sum(map(_is_cyrillic, text))
    return {char: _replacement(char, is_latin=is_latin) for char in made.forced_by}


def _replacement(char: str, *, is_latin: bool) -> str | None:
    """Return the replacement of one character; for an accented letter, the bare letter."""
    if char in PLAIN_SIGNS:
        return PLAIN_SIGNS[char]
    if _is_cyrillic(char):
        return _LOOKALIKES.get(char) if is_latin else None
    if unicodedata.combining(char):
        return ""
    bare = "".join(
        part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)
    )
    return bare if bare and gsm_septets(bare) is not None else None


def _cheaper(message: Message[Receipt], replaced: Mapping[str, str | None]) -> Plan | None:
    """Return the plan of the text with all replacements; None if a character has none."""
    if not isinstance(message, Sms) or message.coding is not None:
        return None
    if not replaced or None in replaced.values():
        return None
    if not TextCoding.GSM.fits(message.comment or ""):
        return None
    text = "".join(replaced.get(char, char) or "" for char in message.text)
    try:
        return plan(Sms(to=message.to, text=text, comment=message.comment))
    except InvalidMessageError:  # the text has become empty, or markup
        return None


def _forcing(replaced: Mapping[str, str | None], translate: Translator) -> Table:
    """Return a table of the characters that force UCS-2; Cyrillic letters share one row."""
    table = Table(
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
        header_style="dim",
        title=translate("forcing"),
        title_justify="left",
        title_style="bold",
    )
    for key in ("character", "code_point", "name", "in_gsm"):
        table.add_column(translate(key), overflow="fold")
    letters = [char for char in replaced if _is_cyrillic(char) and replaced[char] is None]
    chars = [char for char in replaced if char not in letters]
    for char in chars[:_MOST_LISTED]:
        table.add_row(*_character(char, replaced[char], translate))
    if len(chars) > _MOST_LISTED:
        table.add_row("…", f"+{len(chars) - _MOST_LISTED}")
    if letters:
        none = Text(translate("no_gsm"), style="dim")
        first, last = ord(min(letters)), ord(max(letters))
        code_points = f"U+{first:04X}" if first == last else f"U+{first:04X}…{last:04X}"
        name = Text("cyrillic", style="dim")
        table.add_row(Text(" ".join(letters), style="bold"), code_points, name, none)
    return table


def _character(char: str, replacement: str | None, translate: Translator) -> tuple[Text, ...]:
    """Return the cells of one character."""
    shown = char if char.isprintable() and not unicodedata.combining(char) else "·"
    if replacement is None:
        instead = Text(translate("no_gsm"), style="dim")
    elif _is_cyrillic(char):
        instead = Text(translate("lookalike", replacement=replacement), style="green")
    else:
        instead = Text(repr(replacement), style="green")
    return (
        Text(shown, style="bold"),
        Text(f"U+{ord(char):04X}"),
        Text(unicodedata.name(char, "").lower(), style="dim"),
        instead,
    )


def _as_json(
    message: Message[Receipt],
    made: Plan,
    replaced: Mapping[str, str | None],
    cheaper: Plan | None,
) -> dict[str, Any]:
    """Return the plan as a JSON object."""
    return {
        "coding": made.coding.name.lower(),
        "data_coding": made.data_coding,
        "parts": made.parts,
        "units": made.units,
        "octets": list(made.octets),
        "room": made.room,
        "long_text": made.long_text.value,
        "submit_sms": made.pdus,
        "characters": len(text_of(message)),
        "forced_by": [
            {
                "character": char,
                "code_point": f"U+{ord(char):04X}",
                "name": unicodedata.name(char, ""),
                "replacement": replacement,
            }
            for char, replacement in replaced.items()
        ],
        "replaced": None
        if cheaper is None
        else {"coding": cheaper.coding.name.lower(), "parts": cheaper.parts},
    }
