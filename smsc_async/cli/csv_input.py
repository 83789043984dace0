"""A CSV file as messages, and the rows that can't be any.

Rule: every row is read and judged before the first message leaves. A column that isn't known is
wrong use and never ignored, for whoever wrote it counted on it; a row that makes no message is
kept with the reason, and the others go on.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from smsc_async.cli.arguments import closest_match
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.kinds import MessageKind, make_message
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
"""The column that is added to rejected rows, and passed over when they are read again."""

_DELIMITERS: Final = (";", ",")


class Encoding(Enum):
    """Of the file. The first one takes a byte order mark, and does without."""

    UTF_8 = "utf-8-sig"
    CP1251 = "cp1251"


@dataclass(slots=True)
class CsvRow:
    """A row of the file.

    Args:
        number: Line on which it ends, as editors count them.
        values: What stands in it, in the order of the columns.
        key: Names it in the outbox: its content, and which of the rows with that content it is.
            Not its place: a row that is put in above must not make all others new.
        message: What it says; None if that is no message.
        reason: Why it isn't.
    """

    number: int
    values: list[str]
    key: str
    message: Message[Receipt] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """The file, read.

    Args:
        path: Where it is.
        encoding: Of its text.
        delimiter: Between the values.
        columns: Their names.
        rows: All of them, in order.
    """

    path: Path
    encoding: Encoding
    delimiter: str
    columns: list[str]
    rows: list[CsvRow] = field(default_factory=list)


def read_csv(
    path: Path, encoding: Encoding, *, kind: MessageKind, sender: str, translate: Translator
) -> CsvFile:
    """Read a file and make its messages.

    Args:
        path: Of the file.
        encoding: Of its text.
        kind: Of messages whose row doesn't say.
        sender: Of messages whose row names none.
        say: The language of the reasons.

    Raises:
        Failure: It can't be read, is in another encoding, or its header makes no sense.
    """
    text = _text(path, encoding)
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    records = _records(text, delimiter)
    _, names = next(records, (0, []))
    columns = [name.strip().lower() for name in names]
    _check_header(columns)
    csv_file = CsvFile(path, encoding, delimiter, columns)
    seen: Counter[str] = Counter()
    for number, values in records:
        row = CsvRow(number, values, _key(values, seen))
        _set_message(row, columns, kind=kind, sender=sender, translate=translate)
        csv_file.rows.append(row)
    return csv_file


def write_rejected(path: Path, csv_file: CsvFile, rejected: Sequence[CsvRow]) -> None:
    """Write the rejected rows with their reasons, in the way of the file they came from.

    Mended, that file may be sent as it is. Without any rows the file of an earlier run is removed.

    Raises:
        Failure: It can't be written.
    """
    try:
        if not rejected:
            path.unlink(missing_ok=True)
            return
        codec = csv_file.encoding.value
        # A reason may hold what the encoding doesn't.
        with path.open("w", encoding=codec, errors="backslashreplace", newline="") as file:
            writer = csv.writer(file, delimiter=csv_file.delimiter)
            writer.writerow([*_without_reason(csv_file.columns, csv_file.columns), REASON])
            for row in rejected:
                writer.writerow([*_without_reason(csv_file.columns, row.values), row.reason])
    except OSError as error:
        raise _file_failure("bulk.cannot_write", path, error) from error


def _without_reason(columns: list[str], values: list[str]) -> list[str]:
    """Leave the reason of an earlier run out."""
    if REASON not in columns:
        return values
    at = columns.index(REASON)
    return [*values[:at], *values[at + 1 :]]


def _text(path: Path, encoding: Encoding) -> str:
    """Return the text of the file."""
    try:
        return path.read_bytes().decode(encoding.value)
    except OSError as error:
        failure = _file_failure("bulk.cannot_read", path, error)
    except UnicodeDecodeError as error:
        failure = Failure(
            ExitCode.USAGE_ERROR, "bulk.encoding", outcome="outcome.not_sent", position=error.start
        )
    # Outside of the handler: the error above holds the text.
    raise failure


def _file_failure(key: str, path: Path, error: OSError) -> Failure:
    """Make the failure for a file that can't be used."""
    reason = error.strerror or type(error).__name__
    outcome = "outcome.not_sent" if key == "bulk.cannot_read" else "outcome.bulk"
    return Failure(ExitCode.USAGE_ERROR, key, outcome=outcome, name=path.name, reason=reason)


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the values of each record; empty lines are none."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for values in reader:
            if values:
                yield reader.line_num, values
    except csv.Error as error:
        fault = str(error)
    else:
        return
    # Outside of the handler: only the reader's own words.
    raise Failure(
        ExitCode.USAGE_ERROR,
        "bulk.broken",
        outcome="outcome.not_sent",
        number=reader.line_num,
        reason=fault,
    )


def _check_header(columns: list[str]) -> None:
    """Refuse a header that isn't one."""
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise _wrong_header("bulk.no_column", missing[0])
    for name in columns:
        if name not in {*COLUMNS, REASON}:
            near = closest_match(name, COLUMNS)
            raise _wrong_header("bulk.unknown_column.near" if near else "bulk.unknown_column", near)
        if columns.count(name) > 1:
            raise _wrong_header("bulk.twice", name)


def _wrong_header(key: str, name: str) -> Failure:
    """Make the failure for a header; a foreign name may be somebody's data and isn't repeated."""
    return Failure(
        ExitCode.USAGE_ERROR,
        key,
        outcome="outcome.not_sent",
        advice="bulk.header.do",
        name=name,
        columns=",".join(COLUMNS),
    )


def _key(values: list[str], seen: Counter[str]) -> str:
    """Return the key of a row: a hash of its content, and the how-manieth of that it is."""
    content = "\0".join(values).encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(content).hexdigest()[:32]
    seen[digest] += 1
    return f"{digest}/{seen[digest]}"


def _set_message(
    row: CsvRow, columns: list[str], *, kind: MessageKind, sender: str, translate: Translator
) -> None:
    """Make the message of a row, or note why there is none."""
    if len(row.values) != len(columns):
        row.reason = translate("bulk.fields", found=len(row.values), needed=len(columns))
        return
    values = dict(zip(columns, row.values, strict=True))
    values.pop(REASON, None)
    try:
        row.message = _message(values, kind, sender)
    except InvalidMessageError as error:
        row.reason = str(error)
    except Failure as failure:
        row.reason = translate(failure.key, **failure.values)


def _message(values: Mapping[str, str], kind: MessageKind, sender: str) -> Message[Receipt]:
    """Make a message of the values of a row; empty ones were not given."""
    given: dict[str, Any] = {name: value for name, value in values.items() if value}
    chosen = _chosen(MessageKind, given.pop("kind", ""), "kind") or kind
    coding = _chosen(Coding, given.pop("coding", ""), "coding")
    return make_message(
        chosen,
        "smsc bulk",
        to=given.pop("to", "").strip(),
        text=given.pop("text", ""),
        sender=given.pop("sender", sender),
        coding=coding,
        **given,
    )


def _chosen(kind: type[Enum], value: str, name: str) -> Any:  # noqa: ANN401 - a member of *kind*
    """Return the member that a value names, None for an empty one."""
    if not value:
        return None
    members = {one.lower().replace("_", "-"): member for one, member in kind.__members__.items()}
    found = members.get(value.strip().lower())
    if found is None:
        raise InvalidMessageError(name, value, f"one of {', '.join(members)} is needed")
    return found
