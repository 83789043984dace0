"""Which column of a table is which field of a message.

Rule: a column is taken by its name, in English or Russian, or because `--map` says so. One that
isn't known is an error: the author of the file relies on it. Only where `--map` or a template says
what is taken, other columns are passed over, and named; one that is nearly a known name is still an
error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from smsc_async.cli.failures import Failure, failure_before_sending
from smsc_async.cli.i18n import TextWithValues, _

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

COLUMNS: Final = (
    "to", "text", "template", "sender", "comment", "kind", "subject", "voice", "language", "bot",
    "coding",
)  # fmt: skip
REASON: Final = "reason"
"""The column added to rejected rows, ignored when they are read again."""

_NAMES: Final[Mapping[str, str]] = {
    "to": (
        "phone, phonenumber, mobile, msisdn, recipient, телефон, номер, номертелефона, получатель,"
        " телефонполучателя, номерполучателя, кому, мобильный, мобильныйтелефон, мобильныйномер,"
        " сотовый, сотовыйтелефон, контактныйтелефон, абонент, номерабонента, тел, тел., моб.,"
        " моб.телефон, №телефона, номертел."
    ),
    "text": "message, sms, текст, сообщение, текстсообщения, смс, текстсмс, текстsms",
    "template": "шаблон, шаблонтекста, шаблонсообщения",
    "sender": "from, отправитель, имяотправителя, подпись",
    "comment": "комментарий",
    "kind": "type, тип, типсообщения, вид, видсообщения",
    "subject": "тема, темаписьма",
    "voice": "голос",
    "language": "язык",
    "bot": "бот",
    "coding": "кодировка",
    REASON: "причина",
}
FIELDS: Final[Mapping[str, str]] = {
    name: column
    for column in (*COLUMNS, REASON)
    for name in (column, *filter(None, map(str.strip, _NAMES.get(column, "").split(","))))
}
"""The field by each name of its column, as `plain_name` writes it."""

KNOWN_COLUMNS: Final = TextWithValues(
    _(
        "to (phone, mobile, recipient), text (message, sms), template, sender (from), comment,"
        " kind (type), subject, voice, language, bot, coding"
    ),
    {},
)
"""The columns with some of their names, for people."""

_TIMES: Final = frozenset({
    "time", "date", "schedule", "время", "дата", "времяотправки", "датаотправки", "датаивремя",
})  # fmt: skip
_TEXTS: Final = frozenset({"text", "template"})
_SIMILAR: Final = 0.8
_DATA: Final = re.compile(r"[0-9].*[0-9].*[0-9].*[0-9]|@")
"""What a header without names may hold: a number, an address."""
_LATIN: Final = re.compile("[a-z]")
_LONGEST_NAME: Final = 40


def plain_name(name: str) -> str:
    """Return the name of a column without case, spaces and the dots of ё."""
    return "".join(name.casefold().replace("ё", "е").split())


@dataclass(slots=True)
class Columns:
    """The columns of a table.

    Args:
        names: Of the columns that have a name, as the file writes them, in their order.
        fields: Place in *names* of the column of each field.
        unused: Names of columns that are passed over.
        replaced: Name of a column of texts that `--text` replaces; empty without one.
    """

    names: list[str]
    fields: dict[str, int] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    replaced: str = ""

    def place_of(self, name: str) -> int | None:
        """Return the place of the only column with a name; None if there is none, or several."""
        wanted = plain_name(name)
        places = [at for at, one in enumerate(self.names) if plain_name(one) == wanted]
        if not places and wanted in self.fields:
            return self.fields[wanted]
        return places[0] if len(places) == 1 else None


def count_known(names: Iterable[str], mapping: Mapping[str, str]) -> int:
    """Return how many names of a first row are known, or in `--map`."""
    known = {*FIELDS, *map(plain_name, mapping.values())}
    return sum(plain_name(name) in known for name in names)


def read_mapping(option: str) -> dict[str, str]:
    """Return the columns that `--map to=Телефон,text=Текст` names, by field.

    Raises:
        Failure: It isn't of that form, or names a field that messages don't have, or one twice.
    """
    mapping: dict[str, str] = {}
    last = ""
    for piece in option.split(",") if option else ():
        name, sign, column = piece.partition("=")
        if not sign and last:
            mapping[last] += f",{piece}"  # a comma of the column's own name
            continue
        last = FIELDS.get(plain_name(name), "")
        if not (sign and last and column.strip()) or last in mapping or last == REASON:
            raise _map_failure()
        mapping[last] = column
    return mapping


def _map_failure() -> Failure:
    """Return the failure for the option `--map`."""
    return failure_before_sending(
        "bulk.map",
        _("--map takes field=column, separated by commas, each field and column once"),
        advice=_("for example --map to=Телефон,text=Текст; fields: {columns}"),
        columns=KNOWN_COLUMNS,
    )


def find_columns(
    names: Sequence[str],
    mapping: Mapping[str, str],
    *,
    template_names: Collection[str],
    has_text: bool,
) -> Columns:
    """Return which column is which field.

    Args:
        names: Of the columns, none empty.
        mapping: The column that is to be taken, by field.
        template_names: Of the columns that the option `--text` needs.
        has_text: Whether there is that option, so that no column of a text is needed.

    Raises:
        Failure: A column is missing, unknown or taken twice.
    """
    columns = Columns(list(names))
    needed = set(map(plain_name, template_names))
    for name, column in mapping.items():
        place = _mapped(columns, column)
        if place in columns.fields.values():
            raise _map_failure()
        columns.fields[name] = place
    _check_mapping(mapping, has_text=has_text)
    taken = set(columns.fields.values())
    for at, name in enumerate(names):
        known = FIELDS.get(plain_name(name))
        if at in taken or known is None or known in mapping:
            continue
        if has_text and known in _TEXTS:
            _set_aside(columns, name, known, is_data=plain_name(name) in needed)
            continue
        if known in columns.fields:
            raise _twice(known, columns.names[columns.fields[known]], name)
        columns.fields[known] = at
    _check_needed(columns, has_text=has_text)
    is_free = bool(mapping) or has_text or "template" in columns.fields
    taken = set(columns.fields.values())
    for at, name in enumerate(names):
        if name == columns.replaced:
            columns.unused.append(name)
        elif at not in taken and plain_name(name) not in needed:
            _pass_over(columns, name, is_free=is_free)
    return columns


def _check_mapping(mapping: Mapping[str, str], *, has_text: bool) -> None:
    """Refuse a column of texts that `--map` names although `--text` is the text."""
    for name in sorted(_TEXTS & mapping.keys()) if has_text else ():
        raise _text_and_map(name, mapping[name])


def _set_aside(columns: Columns, name: str, known: str, *, is_data: bool) -> None:
    """Pass over a column of texts that `--text` replaces, unless that needs its cells."""
    if not is_data and known == "template":
        raise _text_twice()
    if not is_data:
        columns.replaced = name


def _mapped(columns: Columns, column: str) -> int:
    """Return the place of a column that `--map` names."""
    place = columns.place_of(column)
    if place is None:
        raise failure_before_sending(
            "bulk.map.missing",
            _("--map: the header has no column {name!r}, or several"),
            advice=_("write the name as it is in the first row; case and spaces don't count"),
            name=column.strip(),
        )
    return place


def _check_needed(columns: Columns, *, has_text: bool) -> None:
    """Refuse a table without recipients or without texts, and one with two kinds of text."""
    if "to" not in columns.fields:
        raise wrong_header("bulk.no_column", _("the header has no column {name}"), "to")
    texts = _TEXTS & columns.fields.keys()
    if not texts and not has_text:
        raise wrong_header("bulk.no_column", _("the header has no column {name}"), "text")
    if len(texts) > 1:
        raise _text_twice()


def _pass_over(columns: Columns, name: str, *, is_free: bool) -> None:
    """Note a column that no field has; refuse it where it may have been meant for one."""
    plain = plain_name(name)
    if plain in _TIMES and not is_free:
        text = _("the header has a column of times, and messages are sent at once")
        raise _unknown(columns, "bulk.unknown_column.time", text, name)
    near = _near(plain)
    if near and FIELDS[near] not in columns.fields:
        text = _("unknown column '{name}'; did you mean '{near}'?")
        if is_free:
            advice = _("rename it, or name its field: --map {near}={name}")
            values = {"near": near, "name": _shown_name(columns, name)}
            key = "bulk.unknown_column.near"
            raise failure_before_sending(key, text, advice=advice, **values)
        raise _unknown(columns, "bulk.unknown_column.near", text, name, near)
    if not is_free:
        raise _unknown(columns, "bulk.unknown_column", _("unknown column '{name}'"), name)
    columns.unused.append(name)


def _near(plain: str) -> str:
    """Return the known name that an unknown one nearly is, in its alphabet; empty without one."""
    is_latin = bool(_LATIN.search(plain))
    same = [known for known in FIELDS if bool(_LATIN.search(known)) == is_latin]
    return next(iter(get_close_matches(plain, same, n=1, cutoff=_SIMILAR)), "")


def _shown_name(columns: Columns, name: str) -> str:
    """Return the name of a column, or its place: a name may be a subscriber's data."""
    if len(name) > _LONGEST_NAME or _DATA.search(name):
        return str(columns.names.index(name) + 1)
    return name


def _unknown(columns: Columns, key: str, text: str, name: str, near: str = "") -> Failure:
    """Return the failure for a column that no field has, with the options that ignore it."""
    mapping = ",".join(
        f"{field}={_shown_name(columns, columns.names[at])}"
        for field, at in columns.fields.items()
        if field != REASON
    )
    return failure_before_sending(
        key,
        text,
        advice=_("to ignore it: --map {mapping}; the known columns: {columns}"),
        name=_shown_name(columns, name),
        near=near,
        mapping=f"'{mapping}'" if " " in mapping else mapping,
        columns=KNOWN_COLUMNS,
    )


def _twice(field: str, first: str, second: str) -> Failure:
    """Return the failure for two columns of one field."""
    if plain_name(first) == plain_name(second):
        return failure_before_sending(
            "bulk.twice",
            _("the header has the column '{name}' twice"),
            advice=_("rename one of them, or remove it"),
            name=first.strip(),
        )
    return failure_before_sending(
        "bulk.twice",
        _("the header has two columns for {field}: '{first}' and '{second}'"),
        advice=_("choose one: --map {field}={second}"),
        field=field,
        first=first.strip(),
        second=second.strip(),
    )


def _text_twice() -> Failure:
    """Return the failure for several texts of one row."""
    return failure_before_sending(
        "bulk.two_texts",
        _("the text is given twice: by a column text, a column template, or the option --text"),
        advice=_("keep one of them"),
    )


def _text_and_map(name: str, column: str) -> Failure:
    """Return the failure for a column that `--map` names, although `--text` is the text."""
    return failure_before_sending(
        "bulk.two_texts",
        _("the text is given twice: by --map {field}={name} and by --text"),
        advice=_("leave out one of them; with --text, a cell is put into it by {{{name}}}"),
        field=name,
        name=column.strip(),
    )


def wrong_header(key: str, text: str, name: str, **values: object) -> Failure:
    """Return the failure for a header, or for a file without one."""
    advice = _(
        "the first row must name the columns, in English or Russian: {columns}; others by"
        " --map to=Телефон,text=Текст"
    )
    return failure_before_sending(
        key, text, advice=advice, name=name, columns=KNOWN_COLUMNS, **values
    )
