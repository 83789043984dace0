"""`smsc plan`: coding, parts and octets of a text, and what makes it expensive.

Rule: it sends nothing and needs no gateway. The plan is that of `smsc_async.gateway.plan`; only its
output is here, and what would make the text shorter.
"""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from pdu.text import TextCoding, gsm_septets
from smsc_async.cli.common_options import STANDARD_INPUT
from smsc_async.cli.console import Screen, label_grid
from smsc_async.cli.failures import ExitCode, failure_before_sending, failure_of
from smsc_async.cli.formatting import OCTETS, PARTS
from smsc_async.cli.i18n import _, _n
from smsc_async.cli.kinds import (
    DEFAULT_OPTIONS,
    MessageOptions,
    make_message,
    text_of,
)
from smsc_async.cli.marks import split_mark
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.coding import DEFAULT_SETTINGS, TextSettings
from smsc_async.gateway.plan import Plan, plan
from smsc_async.gateway.typography import PLAIN_SIGNS
from smsc_async.messages import Coding, Email, LongText, Message, Sms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType

    from smsc_async.cli.i18n import Translator
    from smsc_async.receipts import Receipt

_CODINGS: Final = {
    Coding.GSM: _("GSM 7-bit"),
    Coding.LATIN1: _("ISO-8859-1"),
    Coding.UCS2: _("UCS-2"),
}
_UNITS: Final = {
    Coding.GSM: _n("{number} septet", "{number} septets"),
    Coding.LATIN1: OCTETS,
    Coding.UCS2: _n("{number} unit of 16 bits", "{number} units of 16 bits"),
}
_SPLITTING: Final = {
    LongText.UDH: _("by the client; each part has a UDH"),
    LongText.SAR: _("by the client; parts have sar_* TLVs"),
    LongText.PAYLOAD: _("by the gateway; the text is sent in message_payload"),
}
_LETTERS: Final = _n("{number} distinct Cyrillic letter", "{number} distinct Cyrillic letters")
_OTHERS: Final = _n("{number} other distinct character", "{number} other distinct characters")
_CHARACTERS: Final = _n("{number} distinct character", "{number} distinct characters")
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
    """Show coding, parts and octets of a text; send nothing.

    Characters that require UCS-2 are listed.

    Args:
        text: Text, in quotes; - reads it from standard input.
        options: Of the message.
        screen: For the output.

    Examples:
        smsc plan "Your code: 4821"
        smsc plan "Don’t forget — tomorrow…" --smart
        smsc plan "Ваш код: 4821" --comment "order 17" --json
    """
    is_email = options.kind.row.message_class is Email
    to = _PLACEHOLDER_EMAIL if is_email else _PLACEHOLDER_NUMBER
    try:
        message = make_message("smsc plan", to=to, text=read_text(text), **asdict(options))
        show_plan(message, screen, TextSettings(smart=options.smart))
    except InvalidMessageError as error:
        failure = failure_of(error)
    else:
        return ExitCode.DONE
    failure.outcome, failure.advice = "", _("correct it ({field})")
    raise failure


def read_text(text: str) -> str:
    """Return *text*, or the content of standard input without its last line break.

    Raises:
        Failure: Standard input is empty or isn't UTF-8.
    """
    if text != STANDARD_INPUT:
        return text
    octets, encoding = split_mark(sys.stdin.buffer.read())
    try:
        read = octets.decode(encoding)
    except UnicodeDecodeError:
        read = None
    # Outside of the handler: the error above contains the text.
    if read is None:
        raise failure_before_sending(
            "bad_bytes",
            _("standard input isn't UTF-8 text"),
            advice=_("convert it: iconv -f cp1251 -t utf-8"),
        )
    read = read.replace("\r\n", "\n").removesuffix("\n")
    if not read:
        raise failure_before_sending(
            "no_text",
            _("standard input is empty"),
            advice=_("pipe a text: echo hello | smsc send 79991234567 -"),
        )
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
        text = translate(
            _("With the replacements: GSM 7-bit, still {parts}.")
            if cheaper.parts == made.parts
            else _("With the replacements: GSM 7-bit, {parts} instead of {now}."),
            parts=translate.count(PARTS, cheaper.parts),
            now=made.parts,
        )
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
        if not saved:
            return ""
        return translate(
            "With --smart (or smart_text=1 in the URL): {parts}, not {now}.",
            parts=translate.count(PARTS, smart.parts),
            now=plain.parts,
        )
    if plain == smart:
        return translate("--smart makes no difference here.")
    parts = translate.count(PARTS, plain.parts)
    if saved:
        return translate("Without --smart: {parts}.", parts=parts)
    return translate("Without --smart: UCS-2, also {parts}.", parts=parts)


def plan_rows(
    message: Message[Receipt], made: Plan, translate: Translator
) -> list[tuple[str, RenderableType]]:
    """Return the plan as labels and values."""
    name = translate(_CODINGS[made.coding])
    units = translate.count(_UNITS[made.coding], made.units)
    octets = translate.count(OCTETS, sum(made.octets))
    # An Sms is charged by parts; the price of other kinds doesn't depend on them.
    parts = translate("charged") if isinstance(message, Sms) else translate("sent as")
    found: list[tuple[str, RenderableType]] = [
        (translate("coding"), Text(f"{name}, data_coding 0x{made.data_coding:02X}", style="bold")),
        (translate("reason"), _why(message, made, translate)),
        (
            parts,
            Text(translate.count(PARTS, made.parts), style="bold"),
        ),
        (translate("size"), f"{units}, {octets}"),
    ]
    # The first part is full, the last has room: the others are like the first.
    capacity = made.octets[-1] + made.room
    for number in sorted({1, made.parts}):
        used = made.octets[number - 1]
        bar = "█" * round(20 * used / capacity)
        room = max(capacity - used, 0)
        counted = translate(
            "{used} of {capacity} octets, {room} left", used=used, capacity=capacity, room=room
        )
        fill = Text.assemble((f"{bar:░<20}", "cyan"), "  ", counted)
        found.append((translate("part {number}", number=number), fill))
    if made.parts > 1:
        found.append((translate("splitting"), translate(_SPLITTING[made.long_text])))
    return found


def _why(message: Message[Receipt], made: Plan, translate: Translator) -> str:
    """Return the reason for the coding."""
    if not isinstance(message, Sms):
        return translate("other kinds than SMS are sent as markup, which is unambiguous in UCS-2")
    if message.coding is not None:
        return translate("set by --coding")
    if made.coding is not Coding.UCS2:
        is_plain = TextCoding.GSM.fits(message.text + (message.comment or ""))
        if is_plain:
            return translate("all characters are in the GSM alphabet")
        return translate("typographic signs are replaced by plain ones")
    cyrillic = sum(map(_is_cyrillic, made.forced_by))
    others = len(made.forced_by) - cyrillic
    counted = [translate.count(_LETTERS, cyrillic)] if cyrillic else []
    others_noun = _OTHERS if cyrillic else _CHARACTERS
    counted += [translate.count(others_noun, others)] if others else []
    return translate("{letters} outside the GSM alphabet", letters=", ".join(counted))


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
        title=translate("Characters that force UCS-2"),
        title_justify="left",
        title_style="bold",
    )
    for title in (_("character"), _("code point"), _("name"), _("in GSM")):
        table.add_column(translate(title), overflow="fold")
    letters = [char for char in replaced if _is_cyrillic(char) and replaced[char] is None]
    chars = [char for char in replaced if char not in letters]
    for char in chars[:_MOST_LISTED]:
        table.add_row(*_character(char, replaced[char], translate))
    if len(chars) > _MOST_LISTED:
        table.add_row("…", f"+{len(chars) - _MOST_LISTED}")
    if letters:
        none = Text(translate("none"), style="dim")
        first, last = ord(min(letters)), ord(max(letters))
        code_points = f"U+{first:04X}" if first == last else f"U+{first:04X}…{last:04X}"
        name = Text("cyrillic", style="dim")
        table.add_row(Text(" ".join(letters), style="bold"), code_points, name, none)
    return table


def _character(char: str, replacement: str | None, translate: Translator) -> tuple[Text, ...]:
    """Return the cells of one character."""
    shown = char if char.isprintable() and not unicodedata.combining(char) else "·"
    if replacement is None:
        instead = Text(translate("none"), style="dim")
    elif _is_cyrillic(char):
        instead = Text(translate("{replacement} (Latin)", replacement=replacement), style="green")
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
