"""The result of `smsc bulk`: of each row, then in total.

Rule: what a row becomes is read from the outbox. A row that another process handles has no result
here: it is neither unknown nor rejected.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.text import Text

from pdu.enums import MessageState
from smsc_async.cli.bulk_reasons import RESOLVE, RESOLVE_LATE, reason_of
from smsc_async.cli.bulk_rejected import rejected_path
from smsc_async.cli.console import Screen, label_grid
from smsc_async.cli.csv_input import write_rejected
from smsc_async.cli.failures import ExitCode
from smsc_async.cli.formatting import display_number, state_name
from smsc_async.cli.i18n import _
from smsc_async.cli.sentences import in_language
from smsc_async.cli.statuses import state_in_words
from smsc_async.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType

    from smsc_async.cli.bulk_plan import PlannedRows
    from smsc_async.cli.bulk_result import ResultFile
    from smsc_async.cli.csv_input import CsvRow
    from smsc_async.cli.i18n import Translator
    from smsc_async.outbox import OutboxEntry

_ROW_UNKNOWN: Final = _("row {number} to {to}: unknown, may have been sent")
_WAIT_AGAIN: Final = _(
    "run the command again later with --wait-receipts (nothing is sent twice), or ask for one:"
    " smsc query {id}"
)
_HANDLED_ELSEWHERE: Final = (OutboxState.QUEUED, OutboxState.CLAIMED, OutboxState.SENDING)
"""States of an entry that another process sends: this one sent all that it could claim, and the
entries of ended processes were taken back."""


def is_awaited(entry: OutboxEntry) -> bool:
    """Whether an accepted message has no final receipt yet; one without an id gets none."""
    return entry.receipt is None and any(entry.message_ids)


def show_rejected(rows: list[CsvRow], screen: Screen) -> None:
    """Show rejected rows, one per line; their reasons stay in the language of the output."""
    for row in rows:
        text = _("row {number}: {reason}")
        row.reason = in_language(row.reason, screen.translate)
        screen.show_text(text, "red", number=row.number, reason=row.reason)
        screen.write_json({"row": row.number, "outcome": "rejected", "reason": row.reason})


class BulkReport:
    """The results of all rows.

    Args:
        planned: The rows of the file.
        entries: The entries of the outbox, by key.
        withheld: Keys of rows that aren't sent again, because that may be charged twice.
        earlier: Keys of rows that an earlier run has sent: they were accepted before this one.
        translate: The texts of the user's language.
    """

    def __init__(
        self,
        planned: PlannedRows,
        entries: Mapping[str | None, OutboxEntry],
        withheld: frozenset[str],
        earlier: frozenset[str] = frozenset(),
        *,
        translate: Translator,
    ) -> None:
        self._translate = translate
        self._earlier = len(earlier)
        self._withheld = withheld
        self._accepted: list[OutboxEntry] = []
        self._unknown: list[tuple[CsvRow, str]] = []
        self._in_progress: list[CsvRow] = []
        self._rejected = list(planned.rejected)
        for row in planned.valid:
            self._sort_in(row, entries[row.key])
        self._rejected.sort(key=lambda row: row.number)

    def _sort_in(self, row: CsvRow, entry: OutboxEntry) -> None:
        """Add the result of a row."""
        if entry.state is OutboxState.ACCEPTED:
            self._accepted.append(entry)
        elif entry.state in _HANDLED_ELSEWHERE:
            self._in_progress.append(row)
        elif entry.state is OutboxState.UNKNOWN or self._is_withheld(entry):
            self._unknown.append((row, reason_of(entry, self._translate)))
        else:
            row.reason = reason_of(entry, self._translate)
            self._rejected.append(row)

    def _is_withheld(self, entry: OutboxEntry) -> bool:
        """Whether an entry's row was restored, but an earlier attempt may have been accepted."""
        return entry.state is OutboxState.DISCARDED and entry.key in self._withheld

    def show(self, result: ResultFile, screen: Screen, *, is_waiting: bool) -> int:
        """Show all of it, write the file of the rejected rows, and return the exit code.

        Args:
            result: The result file, which is written already.
            screen: For the output.
            is_waiting: Whether receipts were waited for: one that is to come counts then.
        """
        csv_file = result.csv_file
        for row, reason in self._unknown:
            to = "" if row.message is None else display_number(row.message.to, is_full=False)
            screen.show_text(_ROW_UNKNOWN, "yellow", number=row.number, to=to)
            screen.write_json({"row": row.number, "outcome": "unknown", "reason": reason})
        for row in self._in_progress:
            screen.write_json({"row": row.number, "outcome": "in_progress"})
        show_rejected(self._rejected, screen)
        rejected = rejected_path(csv_file)
        write_rejected(rejected, csv_file, self._rejected)
        parts = sum(len(entry.message_ids) for entry in self._accepted)
        lines = self._lines(screen, parts, rejected.name, is_waiting=is_waiting)
        lines.append((screen.translate("results"), Text(result.path.name)))
        screen.show(label_grid(*lines))
        screen.write_json(
            {
                "rows": len(csv_file.rows),
                "accepted": len(self._accepted),
                "accepted_earlier": self._earlier,
                "parts": parts,
                "unknown": len(self._unknown),
                "in_progress": len(self._in_progress),
                "withheld": len(self._withheld),
                "rejected": len(self._rejected),
                "states": self._states,
                "awaited": self._awaited,
                "rejected_file": str(rejected) if self._rejected else None,
                "result_file": str(result.path),
            }
        )
        if self._unknown or self._in_progress:
            return ExitCode.UNKNOWN
        # What is known counts, whichever run has waited for it.
        is_undelivered = any(state != MessageState.DELIVERED.name for state in self._states)
        if self._rejected or is_undelivered:
            return ExitCode.REFUSED
        return ExitCode.NO_RECEIPT if is_waiting and self._awaited else ExitCode.DONE

    @property
    def _states(self) -> dict[str, int]:
        """The number of messages by their final states, in the order of SMPP."""
        found = Counter(entry.receipt for entry in self._accepted if entry.receipt is not None)
        return {state_name(state): found[state] for state in sorted(found)}

    @property
    def _awaited(self) -> int:
        """The number of accepted messages whose final receipt is to come."""
        return len([entry for entry in self._accepted if is_awaited(entry)])

    def _lines(
        self, screen: Screen, parts: int, rejected: str, *, is_waiting: bool
    ) -> list[tuple[str, RenderableType]]:
        """Return the totals and the next steps."""
        translate = screen.translate
        total = len(self._accepted)
        sent = translate("{count}, in parts: {parts}", count=total, parts=parts)
        if self._earlier:
            now = translate(
                "now {now}, earlier {earlier}", now=total - self._earlier, earlier=self._earlier
            )
            sent = f"{sent}; {now}"
        lines: list[tuple[str, RenderableType]] = [
            (translate("accepted"), Text(sent, style="bold"))
        ]
        states = [
            f"{state_in_words(state, translate)}: {number}"
            for state, number in self._states.items()
        ]
        if self._awaited and (is_waiting or states):
            states.append(translate("none yet: {count}", count=self._awaited))
        if states:
            lines.append((translate("receipts"), Text("; ".join(states))))
        if is_waiting and self._awaited:
            awaited = next(entry for entry in self._accepted if is_awaited(entry))
            message_id = next(filter(None, awaited.message_ids))
            lines.append((translate("next step"), translate(_WAIT_AGAIN, id=message_id)))
        if self._rejected:
            text = translate(
                "{count}, see {name} for the reasons", count=len(self._rejected), name=rejected
            )
            lines.append((translate("rejected"), Text(text, style="bold red")))
        if self._in_progress:
            text = translate("{count}: another process sends them", count=len(self._in_progress))
            lines.append((translate("in progress"), Text(text, style="bold yellow")))
            advice = _("run the command again when the other process has ended")
            lines.append((translate("next step"), translate(advice)))
        if self._unknown:
            lines.append((translate("unknown"), Text(str(len(self._unknown)), style="bold yellow")))
        if self._withheld:
            text = translate("{count}: they may be charged twice", count=len(self._withheld))
            lines.append((translate("not sent again"), Text(text, style="bold yellow")))
            lines.append((translate("next step"), translate(RESOLVE_LATE)))
        elif self._unknown:
            lines.append((translate("next step"), translate(RESOLVE)))
        return lines
