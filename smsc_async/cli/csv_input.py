"""Messages from a CSV file, and the rows that are rejected.

Rule: every row is validated before the first message is sent. An unknown column is a usage error,
never ignored: the author of the file relies on it. An invalid row is kept with the reason and
doesn't stop the others.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from dataclasses import MISSING, dataclass, field, fields
from enum import Enum
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from smsc_async.cli.arguments import closest_match
from smsc_async.cli.failures import (
    PARTLY_SENT,
    ExitCode,
    Failure,
    failure_before_sending,
)
from smsc_async.cli.i18n import _
from smsc_async.cli.kinds import DEFAULT_KIND, MessageKind, make_message
from smsc_async.errors import InvalidMessageError
from smsc_async.messages import Coding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from smsc_async.cli.i18n import Translator
    from smsc_async.messages import Message
    from smsc_async.receipts import Receipt

COLUMNS: Final = (
    "to", "text", "sender", "comment", "kind", "subject", "voice", "language", "bot", "coding",
)  # fmt: skip
NEEDED: Final = ("to", "text")
REASON: Final = "reason"
"""The column added to rejected rows, ignored when they are read again."""

KEY_VERSION: Final = "2:"
"""Begins the keys of this version; those of 0.1.0 begin with a hexadecimal digit."""

_DELIMITERS: Final = (";", ",")


class Encoding(Enum):
    """Encoding of the file; UTF-8 with or without a byte order mark."""

    UTF_8 = "utf-8-sig"
    CP1251 = "cp1251"


@dataclass(slots=True)
class CsvRow:
    """One record of the file.

    Args:
        number: Number of its last line, from 1.
        values: Its fields, in the order of the columns.
        old_key: The key that 0.1.0 made of its raw fields.
        key: Its key in the outbox: a hash of its own columns, parsed and without defaults, and its
            ordinal among equal rows; empty for an invalid row. Neither its line number nor the
            order of the columns nor what the command line fills in is part of it.
        message: The message; None if the row is invalid.
        reason: Why it is invalid or rejected.
    """

    number: int
    values: list[str]
    old_key: str
    key: str = ""
    message: Message[Receipt] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file that was read.

    Args:
        path: Of the file.
        encoding: Of the file.
        delimiter: Between the fields.
        columns: Names from the header, in lower case.
        rows: All records below the header, in order.
    """

    path: Path
    encoding: Encoding
    delimiter: str
    columns: list[str]
    rows: list[CsvRow] = field(default_factory=list)


def read_csv(
    path: Path, encoding: Encoding, *, kind: MessageKind, sender: str, translate: Translator
) -> CsvFile:
    """Read a file and build its messages.

    Args:
        path: Of the file.
        encoding: Of the file.
        kind: For rows without a kind.
        sender: For rows without a sender.
        translate: Language of the reasons.

    Raises:
        Failure: The file can't be read, has another encoding, or an invalid header.
    """
    text = _text(path, encoding)
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    records = _records(text, delimiter)
    _number, names = next(records, (0, []))
    columns = [name.strip().lower() for name in names]
    _check_header(columns)
    csv_file = CsvFile(path, encoding, delimiter, columns)
    seen: Counter[str] = Counter()
    old_seen: Counter[str] = Counter()
    for number, values in records:
        row = CsvRow(number, values, _ordinal_key("\0".join(values), old_seen))
        own = _set_message(row, columns, kind=kind, sender=sender, translate=translate)
        if row.message is not None:
            row.key = KEY_VERSION + _ordinal_key(_content(own, row.message), seen)
        csv_file.rows.append(row)
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
        codec = csv_file.encoding.value
        # The encoding may lack a character of the reason.
        with path.open("w", encoding=codec, errors="backslashreplace", newline="") as file:
            writer = csv.writer(file, delimiter=csv_file.delimiter)
            writer.writerow([*_without_reason(csv_file.columns, csv_file.columns), REASON])
            for row in rejected:
                writer.writerow([*_without_reason(csv_file.columns, row.values), row.reason])
    except OSError as error:
        raise Failure(
            ExitCode.USAGE_ERROR,
            "bulk.cannot_write",
            _("can't write {name}: {reason}"),
            advice=_("free some space and run the command again; nothing is sent twice"),
            outcome=PARTLY_SENT,
            name=path.name,
            reason=error.strerror or type(error).__name__,
        ) from error


def _without_reason(columns: list[str], values: list[str]) -> list[str]:
    """Return the values without the reason of an earlier run."""
    at = columns.index(REASON) if REASON in columns else len(values)
    return [*values[:at], *values[at + 1 :]]


def _text(path: Path, encoding: Encoding) -> str:
    """Return the decoded content of the file."""
    try:
        return path.read_bytes().decode(encoding.value)
    except OSError as error:
        failure = unreadable_file(path.name, error.strerror or type(error).__name__)
    except UnicodeDecodeError as error:
        failure = failure_before_sending(
            "bulk.encoding",
            _("the file isn't in UTF-8 or the given encoding (byte {position})"),
            advice=_("for a file from Excel: --encoding cp1251"),
            position=error.start,
        )
    # Outside of the handler: the error above contains the text.
    raise failure


def unreadable_file(name: str, reason: str) -> Failure:
    """Return the failure for a file that can't be read."""
    text, advice = _("can't read {name}: {reason}"), _("check the path: smsc bulk FILE.csv")
    return failure_before_sending("bulk.cannot_read", text, advice=advice, name=name, reason=reason)


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and fields of each record, without empty lines."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for values in reader:
            if values:
                yield reader.line_num, values
    except csv.Error as error:
        fault = str(error)
    else:
        return
    # Outside of the handler: no context that could contain the text.
    raise failure_before_sending(
        "bulk.broken",
        _("the file isn't valid CSV, line {number}: {reason}"),
        advice=_("put a text with quotes or line breaks in quotes; double the quotes inside"),
        number=reader.line_num,
        reason=fault,
    )


def _check_header(columns: list[str]) -> None:
    """Reject a header with a missing, unknown or repeated column."""
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise _wrong_header("bulk.no_column", _("the header has no column {name}"), missing[0])
    for name in columns:
        if name not in {*COLUMNS, REASON}:
            raise _unknown_column(closest_match(name, COLUMNS))
        if columns.count(name) > 1:
            raise _wrong_header("bulk.twice", _("the header has {name} twice"), name)


def _unknown_column(near: str) -> Failure:
    """Return the failure; the column isn't repeated, it may be a subscriber's data."""
    if near:
        text = _("the header has an unknown column; did you mean {name}?")
        return _wrong_header("bulk.unknown_column.near", text, near)
    return _wrong_header("bulk.unknown_column", _("the header has an unknown column"), "")


def _wrong_header(key: str, text: str, name: str) -> Failure:
    """Return the failure for a header."""
    advice = _("the first line must name the columns; known are: {columns}")
    return failure_before_sending(key, text, advice=advice, name=name, columns=",".join(COLUMNS))


def _ordinal_key(content: str, seen: Counter[str]) -> str:
    """Return a hash of the content of a row, and its ordinal among equal rows."""
    octets = content.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(octets).hexdigest()[:32]
    seen[digest] += 1
    return f"{digest}/{seen[digest]}"


def _content(own: Mapping[str, str], message: Message[Receipt]) -> str:
    """Return what a row itself says, however it is written: its columns as they were parsed.

    A column with the default says as little as an empty one or none.
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
        return _member(MessageKind, value, name)
    return getattr(message, name, value)


def _set_message(
    row: CsvRow, columns: list[str], *, kind: MessageKind, sender: str, translate: Translator
) -> Mapping[str, str]:
    """Set the message of a row, or the reason why it is invalid; return its fields by column."""
    if len(row.values) != len(columns):
        row.reason = translate(
            "{found} values, the header has {needed}", found=len(row.values), needed=len(columns)
        )
        return {}
    values = dict(zip(columns, row.values, strict=True))
    values.pop(REASON, None)
    try:
        row.message = _message(values, kind, sender)
    except InvalidMessageError as error:
        row.reason = str(error)
    except Failure as failure:
        row.reason = translate(failure.text, **failure.values)
    return values


def _message(values: Mapping[str, str], kind: MessageKind, sender: str) -> Message[Receipt]:
    """Build the message of a row; an empty field counts as not given."""
    given: dict[str, Any] = {name: value for name, value in values.items() if value}
    coding = _member(Coding, given.pop("coding", ""), "coding")
    return make_message(
        "smsc bulk",
        kind=_member(MessageKind, given.pop("kind", ""), "kind") or kind,
        to=given.pop("to", "").strip(),
        text=given.pop("text", ""),
        sender=given.pop("sender", sender),
        coding=coding,
        **given,
    )


def _member(kind: type[Enum], value: str, name: str) -> Any:  # noqa: ANN401 - a member of *kind*
    """Return the member of *kind* with the name *value*; None if that is empty."""
    if not value:
        return None
    # Case, "_" and "-" are as good as on the command line.
    members = {one.lower().replace("_", "-"): member for one, member in kind.__members__.items()}
    found = members.get(value.strip().lower().replace("_", "-"))
    if found is None:
        raise InvalidMessageError(
            name, f"{len(value)} characters", f"one of {', '.join(members)} is needed"
        )
    return found
