"""The file of the rejected rows: where it is, and whether it may be replaced.

Rule: as the result file, it is replaced only by what it is made of. Rows that only it has, since
they were corrected there, are never overwritten before they were sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsc_async.cli.bulk_keys import content_of, corrected_entries
from smsc_async.cli.csv_input import unmasked
from smsc_async.cli.failures import Failure, failure_before_sending
from smsc_async.cli.i18n import _
from smsc_async.cli.tables.columns import REASON
from smsc_async.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from smsc_async.cli.csv_input import CsvFile, CsvRow
    from smsc_async.outbox import OutboxEntry

    ReadTable = Callable[[Path, str], CsvFile]
    """Reads a file in an encoding, with the options of the command."""

_UNSENT: Final = frozenset({OutboxState.QUEUED, OutboxState.CLAIMED, OutboxState.DISCARDED})


def rejected_path(csv_file: CsvFile) -> Path:
    """Return the path of the file of the rejected rows."""
    return csv_file.path.with_name(f"{csv_file.path.stem}.rejected.csv")


async def check_rejected(
    csv_file: CsvFile, entries: Iterable[OutboxEntry], read_table: ReadTable
) -> None:
    """Refuse to replace a file of rejected rows that has corrections which weren't sent.

    Args:
        csv_file: The input.
        entries: Those of its outbox.
        read_table: Reads the file as this command would if it were the input.

    Raises:
        Failure: It has a row that neither the input nor an outbox has, or can't be read.
        OutboxError: Its outbox can't be read.
    """
    path = rejected_path(csv_file)
    if not path.exists():
        return
    corrected = await corrected_entries(path)
    known = {content_of(one.key) for one in entries}
    known |= {content_of(one.key) for one in corrected if one.state not in _UNSENT}
    try:
        rejected = read_table(path, csv_file.notes.encoding)
    except Failure:  # saved in another encoding or form, so not as it was written
        rejected = None
    if rejected is None or _has_corrections(rejected, csv_file, known):
        raise failure_before_sending(
            "bulk.rejected_exists",
            _("{name} has rows that were changed and not sent; it isn't overwritten"),
            advice=_("send it first (smsc bulk {path}), or move it away"),
            name=path.name,
            path=str(path),
        )


def _has_corrections(rejected: CsvFile, csv_file: CsvFile, known: Collection[str]) -> bool:
    """Whether a row of the file would be lost with it."""
    # Since it was written, columns may have been added to the input.
    names = [name for name in rejected.columns if name in csv_file.columns and name != REASON]
    has_numbers = rejected.columns[rejected.to_at] in names
    of_input = set(_cells(csv_file, names)) if has_numbers else set()
    uncorrected = {_to_of(row, csv_file) for row in csv_file.rows if row.message is None}
    return any(
        cells not in of_input
        and content_of(row.key) not in known
        and (_to_of(row, rejected) in uncorrected or not _is_still_invalid(row, rejected))
        for row, cells in zip(rejected.rows, _cells(rejected, names), strict=True)
    )


def _to_of(row: CsvRow, csv_file: CsvFile) -> str:
    """Return the recipient of a row as it is written."""
    return "".join(row.values[csv_file.to_at : csv_file.to_at + 1])


def _cells(csv_file: CsvFile, names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each row in the columns of these names; of a row too short, all it has."""
    places = [csv_file.columns.index(name) for name in names]
    for row in csv_file.rows:
        yield tuple(row.values[at] for at in places if at < len(row.values))


def _is_still_invalid(row: CsvRow, rejected: CsvFile) -> bool:
    """Whether a row is rejected for the reason beside it, so it was corrected in the input."""
    at, encoding = rejected.reason_at, rejected.notes.encoding
    reason = unmasked(row.reason, row, rejected.to_at)
    written = reason.encode(encoding, "backslashreplace").decode(encoding)
    return (
        row.message is None
        and at is not None
        and at < len(row.values)
        and (row.values[at] == written)
    )
