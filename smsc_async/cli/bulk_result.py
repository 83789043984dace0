"""The result file of `smsc bulk`: what became of each row, beside the input.

Rule: the file is replaced in one step, so a reader finds the old content or the new one. A file
that isn't the result of the same rows is never replaced.
"""

from __future__ import annotations

import csv
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pdu.enums import MessageState
from smsc_async.cli.bulk_reasons import reason_of
from smsc_async.cli.csv_input import unmasked
from smsc_async.cli.failures import NOT_SENT, ExitCode, Failure, failure_before_sending
from smsc_async.cli.formatting import state_name
from smsc_async.cli.i18n import _
from smsc_async.cli.sentences import in_language, os_reason
from smsc_async.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from smsc_async.cli.csv_input import CsvFile, CsvRow
    from smsc_async.cli.i18n import Translator
    from smsc_async.outbox import OutboxEntry

STALE: Final = _(
    "{stale} is out of date: it is written again when the command is run again; until then the"
    " .outbox file has the state of each row"
)
COLUMNS: Final = ("row", "to", "id", "state", "error")
INVALID: Final = "invalid"
"""State of a row that isn't sent. The other states are those of an outbox, in small letters, and
from the delivery receipt on those of SMPP, in capitals."""
UNKNOWN: Final = OutboxState.UNKNOWN.value
_ENCODING: Final = "utf-8-sig"
"""Whatever the input has: it may be saved in another encoding before the next run. The mark is for
Excel."""
_DELIMITERS: Final = (";", ",", "\t", "|")
_FINAL: Final = frozenset(state.name for state in MessageState)
_ACCEPTED: Final = _FINAL | {OutboxState.ACCEPTED.value}


def result_path(csv_file: Path, chosen: Path | None) -> Path:
    """Return the path of the result: the *chosen* one, or "clients.result.csv"."""
    return csv_file.with_name(f"{csv_file.stem}.result.csv") if chosen is None else chosen


@dataclass(slots=True)
class ResultFile:
    """The result file of one run.

    Args:
        path: Of the file: where a link leads, or the link would be replaced.
        csv_file: The input, whose separator it gets; of a workbook ";".
        translate: The texts of the user's language.
        response_key: Makes ids of responses comparable with those of receipts; None leaves them.
        part_errors: Delivery errors in words of this run, by the comparable ids of parts.
        earlier_errors: Those of an earlier run, by the ids of a message as the file has them.
    """

    path: Path
    csv_file: CsvFile
    translate: Translator
    response_key: Callable[[str], str] | None = None
    part_errors: dict[str, str] = field(default_factory=dict)
    earlier_errors: dict[str, str] = field(default_factory=dict)
    name: str = field(init=False)
    """Its path as the user gave it."""

    def __post_init__(self) -> None:
        self.name, self.path = str(self.path), Path(os.path.realpath(self.path))

    def read_earlier(self, entries: Iterable[OutboxEntry]) -> None:
        """Take over the delivery errors of an earlier run: the outbox stores states only.

        Args:
            entries: Those of the outbox: an earlier result has no other accepted messages.

        Raises:
            Failure: The file isn't such a result, or it can't be read.
        """
        if self.path.exists() and not self.path.is_file():
            raise self._unusable(None)
        try:
            records = list(self._records())
        except FileNotFoundError:
            return
        except (OSError, ValueError, csv.Error) as error:
            reason = getattr(error, "strerror", None)
            raise self._unusable(reason) from None
        ids = {_ids_of(entry) for entry in entries}
        is_result = all(len(record) == len(COLUMNS) for record in records)
        if records[:1] != [list(COLUMNS)] or not is_result:
            raise self._unusable(None)
        for _row, _to, message_ids, state, fault in records[1:]:
            if state in _ACCEPTED and message_ids not in ids:
                raise self._unusable(None)
            if fault and state in _FINAL:
                self.earlier_errors[message_ids] = fault

    def _records(self) -> Iterator[list[str]]:
        """Yield the records of the file; the input may have had another delimiter then."""
        with self.path.open(encoding=_ENCODING, errors="replace", newline="") as file:
            header = file.readline()
            delimiter = max(_DELIMITERS, key=header.count)
            yield from csv.reader(chain((header,), file), delimiter=delimiter, strict=True)

    def _unusable(self, reason: str | None) -> Failure:
        """Return the failure for a file that stands in the way."""
        if reason is not None:
            return failure_before_sending(
                "bulk.result_unreadable",
                _("can't use {name} for the results: {reason}"),
                advice=_("name another file: --result FILE"),
                name=self.name,
                reason=reason,
            )
        return failure_before_sending(
            "bulk.result_exists",
            _("{name} exists and isn't the result of these rows; it isn't overwritten"),
            advice=_("name another file (--result FILE), or move this one away"),
            name=self.name,
        )

    def check_name(self, others: Iterable[Path]) -> None:
        """Refuse the path of another file of the command.

        Args:
            others: Their paths.

        Raises:
            Failure: It is one of them.
        """
        if any(os.path.realpath(other) == str(self.path) for other in others):
            raise self._unusable(None)

    def check_writable(self) -> None:
        """Find out before anything is sent that the file can't be written.

        Raises:
            Failure: It can't.
        """
        with self._temporary(NOT_SENT):
            pass

    def write(
        self,
        rows: Sequence[CsvRow],
        entries: Mapping[str | None, OutboxEntry],
        *,
        outcome: str,
    ) -> None:
        """Write the results of all rows.

        Args:
            rows: The rows of the input.
            entries: The entries of the outbox, by key.
            outcome: A key of `failures.OUTCOMES`, for the failure.

        Raises:
            Failure: The file can't be written; the one of an earlier run stays.
        """
        with self._temporary(outcome) as temporary:
            with temporary.open("w", encoding=_ENCODING, newline="") as file:
                writer = csv.writer(file, delimiter=self.csv_file.notes.separator or ";")
                writer.writerow(COLUMNS)
                writer.writerows(self._values(row, entries.get(row.key)) for row in rows)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)

    @contextmanager
    def _temporary(self, outcome: str) -> Iterator[Path]:
        """Make an empty file beside this one, to write to and to put in its place.

        Raises:
            Failure: That, or what is done with it, fails.
        """
        temporary = self.path.with_name(f".smsc-{os.getpid()}.tmp")
        try:
            # As readable as the input, which has the same numbers.
            mode = self.csv_file.path.stat().st_mode & 0o666
            temporary.unlink(missing_ok=True)
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
            try:
                yield temporary
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise Failure(
                ExitCode.USAGE_ERROR,
                "bulk.no_result",
                _("can't write the results to {name}: {reason}"),
                advice=_("name another file (--result FILE); nothing is sent twice"),
                outcome=outcome,
                name=self.name,
                reason=os_reason(error),
            ) from error

    def _error_of(self, entry: OutboxEntry) -> str:
        """Return the delivery error of a message: that of its first part with one."""
        key = self.response_key or str
        parts = (self.part_errors.get(key(part), "") for part in entry.message_ids)
        return next(filter(None, parts), self.earlier_errors.get(_ids_of(entry), ""))

    def _values(self, row: CsvRow, entry: OutboxEntry | None) -> tuple[object, ...]:
        """Return the record of a row."""
        at = self.csv_file.to_at
        to = row.values[at] if at < len(row.values) else ""
        if row.message is None or entry is None:
            state = INVALID if row.message is None else OutboxState.QUEUED.value
            reason = in_language(row.reason, self.translate)
            return row.number, to, "", state, unmasked(reason, row, at)
        message_ids = _ids_of(entry)
        if entry.receipt is not None and entry.state is OutboxState.ACCEPTED:
            return row.number, to, message_ids, state_name(entry.receipt), self._error_of(entry)
        state = UNKNOWN if entry.state is OutboxState.DISCARDED else entry.state.value
        error = ""
        if entry.state is not OutboxState.ACCEPTED:
            error = reason_of(entry, self.translate)
        return row.number, to, message_ids, state, error


def _ids_of(entry: OutboxEntry) -> str:
    """Return the ids of a message, one for each part, as the file has them."""
    return " ".join(filter(None, entry.message_ids))
