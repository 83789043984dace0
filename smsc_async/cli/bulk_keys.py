"""Finds the outbox of a file, and in it the entries of the file's rows.

Rule: a row that may have been sent is never taken for a new one. A row is found by its key, else by
its message; one that was sent from the file of the rejected rows isn't sent again. Earlier versions
made a row's key of its fields as they are written, 0.1.0 in the order of the columns; their entries
get the key of today. If an entry of 0.1.0 isn't found by its message either, the command stops
before it sends.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from smsc_async.cli.csv_input import KEY_VERSION
from smsc_async.outbox import Outbox, OutboxError, OutboxState
from smsc_async.outbox.liveness import lock_path

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from smsc_async.cli.bulk_plan import PlannedRows
    from smsc_async.cli.csv_input import CsvRow
    from smsc_async.outbox import OutboxEntry

_TABLES: Final = (".csv", ".txt", ".tsv", ".tab", ".xlsx")
"""How the names of files end that are one sheet, saved in several formats."""
_UNSENT = frozenset({OutboxState.QUEUED, OutboxState.CLAIMED, OutboxState.DISCARDED})


def outbox_path(file: Path) -> Path:
    """Return the path of the outbox of a file: one for all links and paths to it.

    A file without an outbox that differs from one with an outbox in its ending only is the same
    sheet, saved in another format: clients.xlsx beside clients.csv.outbox.

    Raises:
        OutboxError: An earlier run stored rows of the file under the name of a link to it, several
            formats of the file have outboxes of their own, or the system takes no such names.
    """
    try:
        return _found_path(file)
    except OSError as error:
        raise OutboxError(
            f"the files beside {file.name} can't be used: {error.strerror}; their names are up to"
            " 30 octets longer than its own"
        ) from error


def _found_path(file: Path) -> Path:
    """Do so; see `outbox_path`."""
    target = _beside(Path(os.path.realpath(file)))
    other = _beside(file)
    for longest in {lock_path(target, 0), lock_path(other, 0)}:
        longest.exists()  # raises if the name is too long, before anything is sent
    if other.exists() and not (target.exists() and other.samefile(target)):
        raise OutboxError(
            f"{file.name} is a link, and an earlier run stored the state of its rows in"
            f" {other.name}; nothing is sent now. Move that file to {target}"
            + (", which exists; first remove the one whose rows weren't sent" * target.exists())
        )
    return target if target.exists() else _of_other_format(target)


def _of_other_format(target: Path) -> Path:
    """Return the outbox of the same sheet in another format, if there is one."""
    file = target.with_suffix("")
    if file.suffix.lower() not in _TABLES:
        return target
    names = (f"{file.stem}{suffix}.outbox" for suffix in _TABLES)
    found = [path for path in map(file.with_name, names) if path.exists()]
    if len(found) > 1:
        raise OutboxError(
            f"{file.name} has no outbox, but {' and '.join(path.name for path in found)} exist;"
            " nothing is sent now. Keep the one whose rows this file has"
        )
    return found[0] if found else target


def _beside(file: Path) -> Path:
    """Return the path of the outbox beside a file."""
    return file.with_name(f"{file.name}.outbox")


async def hold_corrected(file: Path, entries: Iterable[OutboxEntry], planned: PlannedRows) -> None:
    """Reject rows that were sent from the file of the rejected rows, once they were corrected.

    They may be corrected in both files, or be sent again with --resend-refused. Rows of equal
    content are counted, since their keys aren't the same in both files.

    Args:
        file: The file of the rejected rows.
        entries: Those of the outbox of the input.
        planned: The rows of the input, which are sorted anew.

    Raises:
        OutboxError: The outbox of that file can't be read.
    """
    corrected = await corrected_entries(file)
    if not corrected:
        return
    taken = Counter([content_of(one.key) for one in corrected if _is_taken(one)])
    known = {entry.key: entry for entry in entries}
    valid, planned.valid = planned.valid, []
    for row in valid:
        content, entry = content_of(row.key), known.get(row.key)
        if taken[content] and (entry is None or not _is_taken(entry)):
            taken[content] -= 1
            row.message, row.reason = None, f"sent from {file.name} already; remove the row here"
            planned.rejected.append(row)
        else:
            planned.valid.append(row)


async def corrected_entries(file: Path) -> list[OutboxEntry]:
    """Return the entries of the outbox of the file of the rejected rows; none if it wasn't sent.

    Raises:
        OutboxError: It can't be read.
    """
    path = _corrected_outbox(file)
    if path is None:
        return []
    async with Outbox(path) as corrected:
        return [entry async for entry in corrected.entries()]


def _corrected_outbox(file: Path) -> Path | None:
    """Return the outbox of the file of the rejected rows, if it was sent."""
    path = _beside(Path(os.path.realpath(file)))
    return path if path.exists() else None


def content_of(key: str | None) -> str:
    """Return the key of an entry without the ordinal among rows of equal content."""
    return (key or "").rpartition("/")[0]


def _is_taken(entry: OutboxEntry) -> bool:
    """Whether an entry was sent, or will be."""
    return entry.state not in {OutboxState.REFUSED, OutboxState.DISCARDED}


def is_old(entry: OutboxEntry) -> bool:
    """Whether 0.1.0 made the key of an entry."""
    return entry.key is not None and not entry.key.startswith(KEY_VERSION)


async def adopt_entries(outbox: Outbox, rows: Sequence[CsvRow]) -> None:
    """Give the entries whose rows are written in another way the keys of these rows.

    That is, those that 0.1.0 stored, and those that are in the file under no key, but as a message:
    `--sender Shop` may have become a column.

    Args:
        outbox: The outbox of the file.
        rows: The valid rows of the file.

    Raises:
        OutboxError: A row can't be distinguished from an entry that may have been sent.
    """
    entries = {entry.key: entry async for entry in outbox.entries()}
    in_file = {row.key for row in rows}
    left = [entry for key, entry in entries.items() if key is not None and key not in in_file]
    new = [row for row in rows if row.key not in entries]
    if not left or not new:
        return
    found: list[tuple[OutboxEntry, CsvRow]] = []
    for of_entry, of_row in _IN_COMMON:
        pairs, left, new = _matched(left, new, of_entry, of_row)
        found += pairs
    _check_rest([entry for entry in left if is_old(entry)], new)
    for entry, row in found:
        await outbox.rename(entry, row.key)


def _matched(
    entries: Iterable[OutboxEntry],
    rows: Iterable[CsvRow],
    of_entry: Callable[[OutboxEntry], Hashable],
    of_row: Callable[[CsvRow], Hashable],
) -> tuple[list[tuple[OutboxEntry, CsvRow]], list[OutboxEntry], list[CsvRow]]:
    """Match entries and rows that have something in common, each once, in order.

    Returns:
        The pairs, and the entries and rows that are left.
    """
    waiting: defaultdict[Hashable, list[CsvRow]] = defaultdict(list)
    for row in rows:
        waiting[of_row(row)].append(row)
    pairs, left = [], []
    for entry in entries:
        found = waiting.get(of_entry(entry))
        if found:
            pairs.append((entry, found.pop(0)))
        else:
            left.append(entry)
    return pairs, left, [row for found in waiting.values() for row in found]


_IN_COMMON: Final[tuple[tuple[Callable[..., Hashable], Callable[..., Hashable]], ...]] = (
    (lambda entry: entry.key, lambda row: row.old_keys[0]),
    (lambda entry: entry.key, lambda row: row.old_keys[1]),
    (lambda entry: entry.key, lambda row: row.old_keys[-1]),
    (lambda entry: entry.message, lambda row: row.message),
)
"""What an entry of an earlier run and a row may have in common, in the order of their weight."""


def _check_rest(old: Iterable[OutboxEntry], new: Iterable[CsvRow]) -> None:
    """Stop if a new row may be one that 0.1.0 has sent.

    Raises:
        OutboxError: It goes to the recipient of an entry whose row isn't in the file any more.
    """
    sent = [entry for entry in old if entry.state not in _UNSENT]
    recipients = {entry.message.to for entry in sent if entry.message is not None}
    is_unreadable = any(entry.message is None for entry in sent)
    for row in new:
        if row.message is not None and (is_unreadable or row.message.to in recipients):
            raise OutboxError(
                f"version 0.1.0 has sent a message to the recipient of row {row.number}, and the"
                " row was changed since; nothing is sent now. Restore the row, or remove the rows"
                " that were sent and use the file under another name"
            )
