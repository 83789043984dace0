"""What earlier runs of `smsc bulk` have done with the rows of a file.

Rule: it is read before the rows are stored, and changes nothing: a dry run reads it, too.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.text import Text

from smsc_async.cli.bulk_keys import outbox_path
from smsc_async.cli.i18n import _n
from smsc_async.outbox import Outbox, OutboxState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from smsc_async.cli.console import Screen
    from smsc_async.cli.csv_input import CsvRow
    from smsc_async.outbox import OutboxEntry

_MAY_HAVE_ARRIVED: Final = frozenset(
    {OutboxState.ACCEPTED, OutboxState.SENDING, OutboxState.UNKNOWN}
)
_UNSENT: Final = (OutboxState.QUEUED, OutboxState.CLAIMED, OutboxState.DISCARDED)
_NEW_ROWS: Final = _n(
    "{number} new row goes to a number that an earlier run of this file has sent a message to",
    "{number} new rows go to numbers that an earlier run of this file has sent a message to",
)


class EarlierRuns(NamedTuple):
    """What earlier runs have done.

    Args:
        accepted: Keys of the rows that are accepted already.
        to_same: New rows to recipients of messages that may have arrived.
        states: States of the rows that the outbox has, by their keys.
    """

    accepted: frozenset[str] = frozenset()
    to_same: int = 0
    states: Mapping[str, OutboxState] = MappingProxyType({})

    def to_send(self, rows: Iterable[CsvRow], resent: Collection[OutboxState] = ()) -> list[CsvRow]:
        """Return the rows that a run sends.

        Args:
            rows: Of the file.
            resent: States of those that are sent again.
        """
        sent = {*_UNSENT, *resent}
        return [row for row in rows if self.states.get(row.key, OutboxState.QUEUED) in sent]

    def show(self, screen: Screen) -> None:
        """Show a note on the new rows, if there are any."""
        if self.to_same:
            screen.show(Text(screen.translate.count(_NEW_ROWS, self.to_same), style="yellow"))


def earlier_runs(entries: Iterable[OutboxEntry], rows: Iterable[CsvRow]) -> EarlierRuns:
    """Compare the rows of a file with the entries of its outbox."""
    states, recipients = {}, set()
    for entry in entries:
        states[entry.key] = entry.state
        if entry.state in _MAY_HAVE_ARRIVED and entry.message is not None:
            recipients.add(entry.message.to)
    accepted, to_same, known = set(), 0, {}
    for row in rows:
        state = next((states[key] for key in (row.key, *row.old_keys) if key in states), None)
        if state is OutboxState.ACCEPTED:
            accepted.add(row.key)
        if state is not None:
            known[row.key] = state
        elif row.message is not None:
            to_same += row.message.to in recipients
    return EarlierRuns(frozenset(accepted), to_same, known)


async def read_entries(file: Path) -> list[OutboxEntry]:
    """Return the entries of the outbox beside a file; none without one.

    Raises:
        OutboxError: It can't be used.
    """
    path = outbox_path(file)
    if not path.is_file():
        return []
    async with Outbox(path) as outbox:
        return [entry async for entry in outbox.entries()]
