"""What `smsc sim` shows: messages, why one was refused, and what becomes of them later.

Rule: a message is shown once, with its id; each later line has that id and says what is new. Texts
are shown, as that is the purpose; numbers are masked unless `--full` is given. What has come is
read by the cursor of the simulator's log, so that what was forgotten in between is counted.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from math import ceil
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from rich.text import Text

from pdu.escaping import escape
from pdu.names import status_label
from smsc_async.cli.formatting import MESSAGES, PARTS, cause, display_number, one_line, state_name
from smsc_async.cli.i18n import _, _n
from smsc_async.cli.sim_json import (
    change_as_json,
    message_as_json,
    refusal_as_json,
    stop_error_of,
)
from smsc_async.cli.sim_start import show_start
from smsc_async.gateway.delivery_errors import SmscRuDeliveryError
from smsc_async.simulator.records import SubmittedMessage
from smsc_async.simulator.refusals import PROTOCOL_ERROR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from smsc_async.cli.console import Screen
    from smsc_async.simulator import RefusedRequest, RuleStop, Simulator, TimelineEntry
    from smsc_async.simulator.chaos import ChaosRun
    from smsc_async.simulator.refusals import Refusal

_COLUMNS: Final = "{:8}  {:6} {:12} {:12}  {:12} {:5}  {}"
_TITLES: Final = (
    _("time"), _("id"), _("from"), _("to"), _("kind"), _("parts"), _("text"),
)  # fmt: skip
_NOT_KEPT: Final = _n(
    "{number} message isn't shown: more have come at once than --keep {keep}",
    "{number} messages aren't shown: more have come at once than --keep {keep}",
)
_STOPPED: Final = _("a rule stops it, it ends as UNDELIVERABLE; {cause}")
_RULES: Final = {"rate": _("rate"), "repeat": _("repeat"), "flood": _("flood")}
"""The gateway's rules by name."""
_EVENTS: Final = {
    "answered": _("answered"),
    "unanswered": _("it is never answered"),
    "held": _("its receipt is held until it is released"),
    "fate": _("decided"),
    "acknowledged": _("receipt acknowledged"),
    "reply": _("the subscriber replied"),
}
_HIDDEN: Final = frozenset({"receipt"})
_AT_FIRST: Final = _HIDDEN | {"answered"}
"""What most messages have that were just received."""
_SEPARATOR: Final = "[ \u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013-]?"
"""What a code in a text may have between its digits."""


@dataclass(slots=True, eq=False)
class _Shown:
    """A message that was shown, and how much of what happened to it.

    Args:
        message: The message.
        seen: Entries shown, of what happened to each part after it was received.
        total: Their sum.
    """

    message: SubmittedMessage
    seen: list[int]
    total: int = 0

    @property
    def has_open_receipts(self) -> bool:
        """Whether a receipt isn't acknowledged."""
        events = [entry.event for part in self.message.submits for entry in part.later]
        return events.count("receipt") > events.count("acknowledged")

    def take(self) -> list[TimelineEntry]:
        """Return what has happened since the last call, in order."""
        parts = self.message.submits
        total = sum(len(part.later) for part in parts)
        if total == self.total:
            return []
        new = [
            entry
            for part, count in zip(parts, self.seen, strict=True)
            for entry in part.later[count:]
        ]
        self.total, self.seen = total, [len(part.later) for part in parts]
        return sorted(new, key=attrgetter("at"))


class SimView:
    """Shows what a simulator receives.

    Args:
        simulator: Runs.
        screen: For the output.
        is_full: Show complete numbers.
        fates: How many numbers have a fate at the start.
    """

    def __init__(
        self, simulator: Simulator, screen: Screen, *, is_full: bool, fates: int = 0
    ) -> None:
        self._simulator = simulator
        self._screen = screen
        self._is_full = is_full
        self._fates = fates
        self._chaos: ChaosRun | None = None
        self._cursor = 0
        self._refusals = 0
        self._shown: deque[_Shown] = deque(maxlen=simulator.scenario.keep)

    def greet(self, *, has_keys: bool) -> None:
        """Show how the simulator starts, and the header."""
        self._chaos = self._simulator.chaos
        show_start(self._simulator, self._screen, fates=self._fates, has_keys=has_keys)
        header = _COLUMNS.format(*map(self._screen.translate, _TITLES))
        self._screen.show("", Text(header, style="dim"), wrap=False)

    def update(self) -> None:
        """Show what has come and what has become of it since the last call."""
        messages, skipped = self._new_messages()
        if skipped:
            self._show_skipped(skipped)
        came: list[SubmittedMessage | RefusedRequest] = [*reversed(messages)]
        came += self._other_refusals()
        for one in sorted(came, key=attrgetter("received_at")):
            if isinstance(one, SubmittedMessage):
                self._show_message(one)
            else:
                self._show_refusal(one)
        self._show_changes()
        self._show_end_of_chaos()

    def sum_up(self, took: float) -> None:
        """Show the number of messages, accepted and refused."""
        screen, stats = self._screen, self._simulator.stats
        translate, accepted = screen.translate, stats.submits - stats.refused
        template = _("{messages}, {parts} in {seconds} s")
        if stats.refused:
            template = _("accepted: {messages}, {parts}; refused: {refused}; {seconds} s in all")
        text = translate(
            template,
            messages=translate.count(MESSAGES, stats.messages),
            parts=translate.count(PARTS, accepted),
            refused=translate.count(PARTS, stats.refused),
            seconds=f"{took:.0f}",
        )
        screen.show("", Text(text, style="bold"))
        screen.write_json(
            {
                "event": "summary",
                "messages": stats.messages,
                "parts": accepted,
                "refused": stats.refused,
                "seconds": round(took, 1),
            }
        )

    def _new_messages(self) -> tuple[list[SubmittedMessage], int]:
        """Return the messages since the last call, and how many more aren't kept any more."""
        find = self._simulator.find
        # The newest alone, since a search goes through all of them.
        if not any(one.number > self._cursor for one in find(limit=1)):
            return [], 0
        messages = find(after=self._cursor, limit=None)
        skipped = messages[0].number - self._cursor - len(messages)
        self._cursor = messages[0].number
        return messages, skipped

    def _other_refusals(self) -> Iterator[RefusedRequest]:
        """Yield the refused requests since the last call that are no messages."""
        count = self._simulator.stats.refusals - self._refusals
        self._refusals += count
        for request in self._simulator.refusals[-count:] if count else ():
            if not _is_message(request):
                yield request

    def _show_skipped(self, count: int) -> None:
        """Say how many messages can't be shown."""
        keep = self._simulator.scenario.keep
        text = self._screen.translate.count(_NOT_KEPT, count, keep=keep)
        self._screen.show(Text(text, style="yellow"))
        self._screen.write_json({"event": "skipped", "messages": count})

    def _show_message(self, message: SubmittedMessage) -> None:
        """Show a message, accepted or refused."""
        sender, recipient = self._addresses(message)
        if self._screen.is_json:
            self._screen.write_json(message_as_json(message, sender, recipient))
        else:
            self._print_message(message, sender, recipient)
        if message.refusal is None:
            shown = _Shown(message, [0] * len(message.submits))
            if not self._show_change(shown, _AT_FIRST):
                self._shown.append(shown)

    def _print_message(self, message: SubmittedMessage, sender: str, recipient: str) -> None:
        """Show the line of a message, and below it the rule or error that stops it."""
        translate, at = self._screen.translate, message.received_at
        parts = str(message.total) if message.is_complete else f"{message.parts}/{message.total}"
        addresses = escape(sender), escape(recipient)
        head = _COLUMNS.format(_time(at), message.id, *addresses, message.kind, parts, "")
        self._screen.show(Text.assemble((head, "cyan"), _text_of(message)), wrap=False)
        stop_error = stop_error_of(message)
        if message.refusal is not None:
            self._show_note(self._refused(message.refusal, message.stop))
        elif stop_error:
            # Accepted, and yet a rule of the gateway stops it: only the receipt says so.
            stopped = cause(SmscRuDeliveryError(stop_error), translate)
            note = translate(_STOPPED, cause=stopped)
            if message.stop is not None:
                note = f"{note}; {self._rule(message.stop)}"
            self._show_note(note)

    def _show_note(self, text: str) -> None:
        """Show a line below a message."""
        indent = _COLUMNS.format("", "", "", "", "", "", "")
        self._screen.show(Text.assemble(indent, (text, "yellow")), wrap=False)

    def _refused(self, refusal: Refusal, stop: RuleStop | None = None) -> str:
        """Return why a message was refused."""
        translate, status = self._screen.translate, status_label(refusal.command_status)
        reason = one_line(translate(refusal.text, **refusal.values))
        if stop is None:
            return f"{status}: {reason}"
        rule = self._rule(stop)
        # The sentence of a repeat says no more than its rule.
        return f"{status}, {rule}: {reason}" if stop.twin is None else f"{status}: {rule}"

    def _rule(self, stop: RuleStop) -> str:
        """Return the rule that stopped a message, and when it lets the message pass."""
        translate, time = self._screen.translate, _time(stop.retry_at)
        if stop.twin is None:
            rule = translate(_RULES[stop.rule])
            return translate(_("{rule}, passes at {time}"), rule=rule, time=time)
        return translate(
            _("repeat of {twin}, passes in {seconds} s, at {time}"),
            twin=f"m-{stop.twin}",
            # A float may be a little more than the seconds of the rule.
            seconds=ceil(round(stop.retry_after, 3)),
            time=time,
        )

    def _show_refusal(self, request: RefusedRequest) -> None:
        """Show one refused request that isn't a message: its status and the reason."""
        sender, recipient = self._addresses(request)
        at, addresses = _time(request.received_at), (escape(sender), escape(recipient))
        head = _COLUMNS.format(at, "", *addresses, request.command, "", "")
        reason = self._refused(request.refusal)
        self._screen.show(Text.assemble((head, "cyan"), (reason, "yellow")), wrap=False)
        self._screen.write_json(refusal_as_json(request, sender, recipient))

    def _show_changes(self) -> None:
        """Show what has become of messages that were shown before."""
        over = {id(one) for one in self._shown if self._show_change(one)}
        if over:
            still = (one for one in self._shown if id(one) not in over)
            self._shown = deque(still, self._shown.maxlen)

    def _show_end_of_chaos(self) -> None:
        """Show that chaos is over, once."""
        run, simulator = self._chaos, self._simulator
        # The simulator itself ends it no sooner than with the next message.
        if run is None or (run is simulator.chaos and not run.is_over(simulator.clock())):
            return
        self._chaos = None
        drawn = self._screen.translate.count(MESSAGES, run.messages)
        text = self._screen.translate(
            _("chaos with the seed {seed} is over: {drawn}"), seed=run.seed, drawn=drawn
        )
        self._screen.show(Text(text, style="yellow"), wrap=False)
        self._screen.write_json(
            {"event": "chaos_ended", "seed": run.seed, "messages": run.messages}
        )

    def _show_change(self, shown: _Shown, hidden: frozenset[str] = _HIDDEN) -> bool:
        """Show what is new of a message; return whether nothing more is to come.

        Args:
            shown: The message.
            hidden: What isn't worth a line.
        """
        new = shown.take()
        if not new:
            return False
        has_open_receipts, message = shown.has_open_receipts, shown.message
        entries = [one for one in new if _key(one) not in hidden]
        if self._screen.is_json and entries:
            self._screen.write_json(change_as_json(message, entries))
        elif entries:
            self._print_change(message, entries, has_open_receipts=has_open_receipts)
        return message.is_final and not has_open_receipts

    def _print_change(
        self, message: SubmittedMessage, entries: list[TimelineEntry], *, has_open_receipts: bool
    ) -> None:
        """Show the line of what is new of a message."""
        words = dict.fromkeys(
            self._event(one, message)
            for one in entries
            # Of a long message, or of one with two receipts, the last one is shown.
            if not (has_open_receipts and _key(one) == "acknowledged")
        )
        if words:
            at = _time(entries[-1].at)
            head = _COLUMNS.format(at, message.id, "", "", "", "", "").rstrip()
            line = Text.assemble((head, "cyan"), "  ", (", ".join(words), "dim"))
            self._screen.show(line, wrap=False)

    def _event(self, entry: TimelineEntry, message: SubmittedMessage) -> str:
        """Return what happened, in the user's language."""
        translate = self._screen.translate
        match entry.event:
            case "answered" if entry.value:
                return translate(_("refused: {status}"), status=status_label(entry.value))
            case "held" if any(part.command_status is None for part in message.submits):
                return translate(_("its response is held until it is released"))
            case "acknowledged" if entry.value:
                return translate(
                    _("the client refused the receipt: {status}"), status=status_label(entry.value)
                )
            case "outcome":
                state, error = state_name(entry.value), SmscRuDeliveryError(message.error_code)
                return f"{state} ({cause(error, translate)})" if error else state
        return translate(_EVENTS[entry.event])

    def _addresses(self, one: SubmittedMessage | RefusedRequest) -> tuple[str, str]:
        """Return sender and recipient as they are shown."""
        return (
            display_number(one.sender, is_full=self._is_full),
            display_number(one.recipient, is_full=self._is_full),
        )


def _is_message(request: RefusedRequest) -> bool:
    """Whether a refused request is in the log of messages: a submit_sm that could be read."""
    return request.command == "submit_sm" and request.refusal.text != PROTOCOL_ERROR


def _key(entry: TimelineEntry) -> str:
    """Return the kind of an entry, with a mark for what is refused."""
    is_refused = entry.event in {"answered", "acknowledged"} and entry.value
    return f"{entry.event} no" if is_refused else entry.event


def _time(at: datetime) -> str:
    """Return the time of day."""
    return at.astimezone().strftime("%H:%M:%S")


def _text_of(message: SubmittedMessage) -> Text:
    """Return a text with its one-time codes in bold, or octets."""
    if message.text is None:
        return Text(message.octets.hex(" "))
    text = Text(one_line(message.text))
    for code in message.codes.codes:
        digits = _SEPARATOR.join(map(re.escape, code))
        text.highlight_regex(rf"(?<!\w){digits}(?!\w)", "bold")
    return text
