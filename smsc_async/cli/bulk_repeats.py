"""Identical rows of a file: messages with one recipient and one text, as they are sent.

Rule: they may be meant, so they are sent; how often a recipient gets the text, and how long that
takes, is said before. The gateway takes a repeat only after its window, so each of them waits.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.text import Text

from smsc_async.cli.i18n import _, _n
from smsc_async.gateway.compose import identity_of, wire_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smsc_async.cli.console import Screen
    from smsc_async.cli.csv_input import CsvRow
    from smsc_async.cli.i18n import Translator
    from smsc_async.gateway.coding import TextSettings
    from smsc_async.rules.limits import GatewayLimits

_ROWS: Final = _n("{number} identical row ({rows})", "{number} identical rows ({rows})")
_TIMES: Final = _n("{number} time", "{number} times")
_UP_TO: Final = _n("up to {number} time", "up to {number} times")
_MINUTES: Final = _n("about {number} minute", "about {number} minutes")
_HOURS: Final = _n("about {number} hour", "about {number} hours")
_ONE: Final = _("{identical}: the recipient gets the text {times}")
_SEVERAL: Final = _("{identical} to {recipients} recipients: one gets the same text {times}")
_WAIT: Final = _(
    "the gateway takes a repeat after {window} s at the earliest, so sending takes {time}"
)
_MOST_ROWS: Final = 10
"""Rows that are listed; further ones are only counted."""
_MOST_MINUTES: Final = 120
"""Minutes that aren't hours yet."""


class Repeats(NamedTuple):
    """Identical rows.

    Args:
        rows: Their numbers, also those of the first ones.
        recipients: Recipients of several identical messages.
        times: How often one of them gets a text, at most.
        window: Seconds after which the gateway takes a repeat, margin included; 0 for no rule.
    """

    rows: tuple[int, ...] = ()
    recipients: int = 0
    times: int = 0
    window: float = 0.0

    @property
    def wait(self) -> float:
        """Seconds from the first to the last of the identical messages."""
        return max(self.times - 1, 0) * self.window

    def show(self, screen: Screen) -> None:
        """Show a note, if there are identical rows."""
        if self.rows:
            screen.show(Text("; ".join(self._sentences(screen.translate)), style="yellow"))
            screen.write_json({"repeats": self.as_json()})

    def as_json(self) -> dict[str, Any]:
        """Return them as a JSON object."""
        return {
            "rows": list(self.rows),
            "recipients": self.recipients,
            "times": self.times,
            "wait": self.wait,
        }

    def _sentences(self, translate: Translator) -> list[str]:
        """Return how often a text is sent, and how long that takes."""
        more = ", …" * (len(self.rows) > _MOST_ROWS)
        listed = ", ".join(map(str, self.rows[:_MOST_ROWS])) + more
        is_one = self.recipients == 1
        found = translate(
            _ONE if is_one else _SEVERAL,
            identical=translate.count(_ROWS, len(self.rows), rows=listed),
            times=translate.count(_TIMES if is_one else _UP_TO, self.times),
            recipients=self.recipients,
        )
        if not self.window:
            return [found]
        window = translate.decimal(f"{self.window:g}")
        return [found, translate(_WAIT, window=window, time=_about(self.wait, translate))]


def _about(seconds: float, translate: Translator) -> str:
    """Return a duration in minutes or hours."""
    minutes = max(round(seconds / 60), 1)
    if minutes <= _MOST_MINUTES:
        return translate.count(_MINUTES, minutes)
    return translate.count(_HOURS, round(minutes / 60))


def find_repeats(rows: Iterable[CsvRow], settings: TextSettings, limits: GatewayLimits) -> Repeats:
    """Find the identical rows among those that are sent.

    Args:
        rows: Rows to send.
        settings: Of the client, which may change the text.
        limits: Of the gateway: its window for repeats.
    """
    groups: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row in rows:
        message = row.message
        if message is not None:
            text = identity_of(message, wire_text(message, settings))
            groups[message.sender, message.to, text].append(row.number)
    repeated = {key: numbers for key, numbers in groups.items() if len(numbers) > 1}
    if not repeated:
        return Repeats()
    return Repeats(
        rows=tuple(sorted(number for numbers in repeated.values() for number in numbers)),
        recipients=len({to for _sender, to, _text in repeated}),
        times=max(map(len, repeated.values())),
        window=0.0 if limits.repeat_window is None else limits.repeat_window + limits.margin,
    )
