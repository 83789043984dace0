"""Messages from a table, and the rows that are rejected.

Rule: every row is validated before the first message is sent. An invalid row is kept with the
reason and doesn't stop the others. `smsc_async.cli.tables` reads the file.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from dataclasses import MISSING, dataclass, field, fields
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from pdu.masking import mask_address
from smsc_async.cli.blank import is_filled
from smsc_async.cli.failures import (
    PARTLY_SENT,
    ExitCode,
    Failure,
    failure_before_sending,
)
from smsc_async.cli.i18n import TextWithValues, _
from smsc_async.cli.kinds import DEFAULT_KIND, MessageKind, make_message
from smsc_async.cli.sentences import in_language, os_reason
from smsc_async.cli.tables.canonical import canonical
from smsc_async.cli.tables.columns import REASON, plain_name
from smsc_async.cli.tables.garbled import check_cell, check_lines, check_text_cell
from smsc_async.cli.tables.members import member_of
from smsc_async.cli.tables.notes import TableNotes
from smsc_async.cli.tables.numbers import clean_number, is_local
from smsc_async.cli.tables.table import Row, Table, TableOptions, read_table
from smsc_async.cli.tables.templates import Template, parse_template
from smsc_async.errors import InvalidMessageError
from smsc_async.messages import Coding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from smsc_async.cli.i18n import Translator
    from smsc_async.cli.tables.decoding import Confirm
    from smsc_async.messages import Message
    from smsc_async.receipts import Receipt

KEY_VERSION: Final = "2:"
"""Begins the keys of this version; those of 0.1.0 begin with a hexadecimal digit."""

_TEXTS: Final = frozenset({"text", "comment", "subject"})
"""Fields whose cells may be numbers or dates."""
_FEW_CELLS: Final = _("{found} values, the header has {needed}; add the cells that are missing")
_MANY_CELLS: Final = _(
    "{found} values, the header has {needed}; put a text that has the separator in it in quotes"
)
_BRACES: Final = re.compile(r"\{[^{}]*[^\W\d][^{}]*\}")
"""What a template would fill."""


@dataclass(slots=True)
class CsvRow:
    """One row of the file.

    Args:
        number: Of the row, from 1, as a spreadsheet program shows it.
        values: Its cells, in the order of the columns.
        old_keys: Those that earlier versions made of it: 0.1.0 of its raw fields, later ones
            without `canonical`, and of cells like ="text" as they are written.
        key: Its key in the outbox: a hash of what its own columns say, however they are written
            and without defaults, and its ordinal among equal rows; empty for an invalid row. Of
            the command line only the text of a template is part of it; the line number, the order
            of the columns and the format of the file aren't.
        message: The message; None if the row is invalid.
        reason: Why it is invalid or rejected.
    """

    number: int
    values: list[str]
    old_keys: tuple[str, ...]
    key: str = ""
    message: Message[Receipt] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file that was read.

    Args:
        path: Of the file.
        notes: What was found in it, and changed on the way in.
        columns: Names from the header.
        to_at: Place of the column of recipients.
        reason_at: Place of the column of reasons of an earlier run; None without one.
        rows: All rows with a value below the header, in order.
    """

    path: Path
    notes: TableNotes
    columns: list[str]
    to_at: int
    reason_at: int | None
    rows: list[CsvRow] = field(default_factory=list)


def read_csv(
    path: Path,
    options: TableOptions,
    *,
    kind: MessageKind,
    sender: str,
    translate: Translator,
    confirm: Confirm | None = None,
) -> CsvFile:
    """Read a file and build its messages.

    Args:
        path: Of the file.
        options: How the file is read.
        kind: For rows without a kind.
        sender: For rows without a sender.
        translate: Language of the reasons.
        confirm: Asks about a guessed encoding; None if there is no terminal.

    Raises:
        Failure: The file can't be read, isn't a table, or has an invalid header or template.
    """
    template = None if options.text is None else parse_template(options.text)
    names = template.names if template else ()
    table = read_table(_octets(path), options, template_names=names, confirm=confirm)
    reader = _RowReader(table, template, kind=kind, sender=sender, translate=translate)
    places = table.columns.fields
    csv_file = CsvFile(path, table.notes, table.columns.names, places["to"], places.get(REASON))
    csv_file.rows.extend(reader.read(row) for row in table.rows)
    recipients = Counter(row.message.to for row in csv_file.rows if row.message is not None)
    table.notes.repeated = sum(times > 1 for times in recipients.values())
    return csv_file


def write_rejected(path: Path, csv_file: CsvFile, rejected: Sequence[CsvRow]) -> None:
    """Write the rejected rows with their reasons, in the format of the original file.

    Once corrected, the file can be sent. Without rejected rows, the file of an earlier run is
    removed.

    Raises:
        Failure: The file can't be written.
    """
    try:
        if not rejected:
            path.unlink(missing_ok=True)
            return
        notes, at = csv_file.notes, csv_file.reason_at
        # The encoding may lack a character of the reason.
        with path.open("w", encoding=notes.encoding, errors="backslashreplace", newline="") as file:
            writer = csv.writer(file, delimiter=notes.separator or ";")
            writer.writerow([*_without_reason(csv_file.columns, at), REASON])
            for row in rejected:
                reason = unmasked(row.reason, row, csv_file.to_at)
                writer.writerow([*_without_reason(row.values, at), reason])
    except OSError as error:
        raise Failure(
            ExitCode.USAGE_ERROR,
            "bulk.cannot_write",
            _("can't write {name}: {reason}"),
            advice=_("free some space and run the command again; nothing is sent twice"),
            outcome=PARTLY_SENT,
            name=str(path),
            reason=os_reason(error),
        ) from error


def unmasked(reason: str, row: CsvRow, to_at: int) -> str:
    """Return the reason of a row for a file of its owner, which has the number anyway."""
    cell = row.values[to_at] if to_at < len(row.values) else ""
    numbers = [cell] if row.message is None else [cell, row.message.to]
    for number in numbers:
        mask = mask_address(number)
        if "***" in mask:
            # Of a short number it is nothing but stars, as in other masks.
            old, new = (repr(mask), repr(number)) if mask == "***" else (mask, number)
            reason = reason.replace(old, new)
    return reason


def _without_reason(values: list[str], at: int | None) -> list[str]:
    """Return the values without the reason of an earlier run."""
    return values if at is None else [*values[:at], *values[at + 1 :]]


def _octets(path: Path) -> bytes:
    """Return the content of the file."""
    try:
        return path.read_bytes()
    except OSError as error:
        failure = unreadable_file(str(path), os_reason(error))
    raise failure


def unreadable_file(name: str, reason: TextWithValues | str) -> Failure:
    """Return the failure for a file that can't be read."""
    text, advice = _("can't read {name}: {reason}"), _("check the path: smsc bulk FILE.csv")
    return failure_before_sending("bulk.cannot_read", text, advice=advice, name=name, reason=reason)


def _ordinal_key(content: str, seen: Counter[str]) -> str:
    """Return a hash of the content of a row, and its ordinal among equal rows."""
    octets = content.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(octets).hexdigest()[:32]
    seen[digest] += 1
    return f"{digest}/{seen[digest]}"


def _content(own: Mapping[str, str], message: Message[Receipt]) -> str:
    """Return what a row itself says, however it is written: its columns as they were parsed.

    A column with the default says as little as an empty one or none.

    Args:
        own: Its cells by field; of its texts what `canonical` returns.
        message: Made of them.
    """
    defaults: dict[str, object] = {one.name: one.default for one in fields(message)}
    defaults["kind"] = DEFAULT_KIND
    parsed = {name: _parsed(name, value, message) for name, value in own.items() if value}
    said = {
        name: value.name if isinstance(value, Enum) else str(value)
        for name, value in parsed.items()
        if value != defaults.get(name, MISSING)
    }
    return json.dumps(said, sort_keys=True)


def _parsed(name: str, value: str, message: Message[Receipt]) -> object:
    """Return the value of a column as its message has it."""
    if name == "kind":
        return member_of(MessageKind, value, name)
    return value if name in _TEXTS else getattr(message, name, value)


class _RowReader:
    """Makes the messages of the rows of a table.

    Args:
        table: The table.
        template: The text of all rows, if the command line has one.
        kind: For rows without a kind.
        sender: For rows without a sender.
        translate: Language of the reasons.
    """

    def __init__(
        self,
        table: Table,
        template: Template | None,
        *,
        kind: MessageKind,
        sender: str,
        translate: Translator,
    ) -> None:
        self._table = table
        self._template = template
        self._kind = kind
        self._sender = sender
        self._translate = translate
        self._places: dict[str, int] = {}
        self._templates: dict[str, Template] = {}
        self._seen: Counter[str] = Counter()
        self._seen_as_written: Counter[str] = Counter()
        self._seen_formulas: Counter[str] = Counter()
        self._old_seen: Counter[str] = Counter()
        if template is not None:
            self._find_places(template)
        if (at := table.columns.fields.get("template")) is not None:
            self._read_templates({row.cells[at] for row in table.rows if row.is_complete})

    def read(self, row: Row) -> CsvRow:
        """Return a row with its message, or with the reason why it has none."""
        oldest = _ordinal_key("\0".join(row.raw), self._old_seen)
        made = CsvRow(row.number, row.cells, (oldest,))
        if not row.is_complete:
            found, needed = len(row.cells), self._table.width
            text = _FEW_CELLS if found < needed else _MANY_CELLS
            made.reason = self._translate(text, found=found, needed=needed)
            return made
        try:
            message, values = self._read(made, self._table.notes)
        except InvalidMessageError as error:
            made.reason = in_language(str(error), self._translate)
        except Failure as failure:
            made.reason = self._translate(failure.text, **failure.values)
        else:
            made.message = message
            said, written = (_content(one, message) for one in values)
            made.key = KEY_VERSION + _ordinal_key(said, self._seen)
            key_as_written = KEY_VERSION + _ordinal_key(written, self._seen_as_written)
            made.old_keys = (oldest, key_as_written, *self._key_of_formulas(row))
        return made

    def _key_of_formulas(self, row: Row) -> tuple[str, ...]:
        """Return the key that an earlier version made of a row with cells like ="text"."""
        if row.written is None:
            return ()
        try:
            own = CsvRow(row.number, row.written, ())
            message, (said, _written) = self._read(own, TableNotes())
        except (InvalidMessageError, Failure):
            return ()  # that version rejected it
        return (KEY_VERSION + _ordinal_key(_content(said, message), self._seen_formulas),)

    def _read(
        self, row: CsvRow, notes: TableNotes
    ) -> tuple[Message[Receipt], tuple[Mapping[str, str], Mapping[str, str]]]:
        """Return the message of a row, and its cells by field: what they say, and as written.

        Args:
            row: Its values are read.
            notes: Get what is changed.
        """
        places = self._table.columns.fields
        values = {name: row.values[at] for name, at in places.items() if name != REASON}
        for name, cell in values.items():
            check_cell(cell)
            check_lines(cell, self._table.notes.separator, self._table.width)
            if name in _TEXTS:
                check_text_cell(cell)
        template = self._templates.get(values.pop("template", ""), self._template)
        said = {name: canonical(cell) if name in _TEXTS else cell for name, cell in values.items()}
        if template is not None:
            cells = {name: self._cell(row, name) for name in template.names}
            values["text"] = template.fill(cells.__getitem__)
            said["text"] = template.fill(lambda name: canonical(cells[name]))
        elif _BRACES.search(values.get("text", "")):
            notes.braces += 1
        if "@" not in values["to"]:
            values["to"], changes = clean_number(values["to"])
            notes.changes.update(changes)
            if is_local(values["to"]):
                notes.local_rows.append(row.number)
        return _message(values, self._kind, self._sender), (said, values)

    def _cell(self, row: CsvRow, name: str) -> str:
        """Return the cell of a column that a template names; refuse an empty one."""
        cell = row.values[self._places[plain_name(name)]].strip()
        check_cell(cell)
        check_text_cell(cell)
        if not is_filled(cell):
            raise InvalidMessageError("text", "empty", f"needs the column {name}, which is empty")
        return cell

    def _read_templates(self, texts: set[str]) -> None:
        """Read the templates of a column, before any row."""
        for text in sorted(texts - {""}):
            self._templates[text] = parse_template(text)
            self._find_places(self._templates[text])

    def _find_places(self, template: Template) -> None:
        """Find the columns that a template names.

        Raises:
            Failure: There is no such column, or several of that name.
        """
        for name in template.names:
            place = self._table.columns.place_of(name)
            if place is None:
                raise failure_before_sending(
                    "bulk.template.name",
                    _("a template needs {name!r}, and the header has no such column, or several"),
                    advice=_("its columns: {columns}; braces of the text itself are doubled"),
                    name=name,
                    columns=", ".join(self._table.columns.names),
                )
            self._places[plain_name(name)] = place


def _message(values: Mapping[str, str], kind: MessageKind, sender: str) -> Message[Receipt]:
    """Build the message of a row; an empty field counts as not given."""
    given: dict[str, Any] = {name: value for name, value in values.items() if value}
    coding = member_of(Coding, given.pop("coding", ""), "coding")
    text = given.pop("text", "")
    return make_message(
        "smsc bulk",
        kind=member_of(MessageKind, given.pop("kind", ""), "kind") or kind,
        to=given.pop("to", "").strip(),
        text=text,
        sender=given.pop("sender", sender),
        coding=coding,
        **given,
    )
