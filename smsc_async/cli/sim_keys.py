"""The keys of `smsc sim`: they decide what becomes of a message, hold, release, move the clock.

Rule: a key does what its row in the table says, and shows one line of what it did. A letter is that
of the English or the Russian layout of the same key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rich.text import Text

from pdu.enums import MessageState
from smsc_async.cli.console import label_grid
from smsc_async.cli.formatting import MESSAGES, PARTS, display_number
from smsc_async.cli.i18n import _
from smsc_async.errors import SmscError
from smsc_async.simulator import Fate, MessageFilter

if TYPE_CHECKING:
    import asyncio

    from smsc_async.cli.console import Screen
    from smsc_async.simulator import GatewayClock, Simulator, SubmittedMessage
    from smsc_async.simulator.fates import HoldMode

STEP: Final = 61.0
"""Seconds by which a key moves the clock: a repeat is accepted after 60."""
_LATER: Final = 30.0


class _Outcome(NamedTuple):
    """What a key makes of a message, and the text that says it."""

    text: str
    fate: Fate


OUTCOMES: Final = {
    "1": _Outcome(_("delivered"), Fate(state=MessageState.DELIVERED)),
    "2": _Outcome(
        _("not delivered, error 6"), Fate(state=MessageState.UNDELIVERABLE, error_code=6)
    ),
    "3": _Outcome(_("expired"), Fate(state=MessageState.EXPIRED)),
    "4": _Outcome(_("rejected"), Fate(state=MessageState.REJECTED)),
    "5": _Outcome(_("its receipt never comes"), Fate(receipt="never")),
    "6": _Outcome(_("delivered in 30 s"), Fate(state=MessageState.DELIVERED, after=_LATER)),
}
"""By the digit."""

_HELD: Final = MessageFilter(status="held")
_HOLD: Final[dict[str, HoldMode]] = {"h": "receipt", "H": "answer"}
_HOLD_TEXTS: Final[dict[HoldMode, str]] = {
    "off": _("new messages aren't held; what is held stays so until r"),
    "receipt": _("receipts of new messages are held until r"),
    "answer": _("responses to new messages are held until r, and their receipts"),
}
_LAYOUT: Final = str.maketrans("рРкКеЕйЙ,", "hHrRtTqQ?")
"""Characters of the Russian layout, and those of the English one on the same keys."""
_RUSSIAN: Final = {"h": "р", "H": "Р", "r": "к", "t": "е", "q": "й"}
"""Letters of the Russian layout that the list of the keys shows in Russian."""

_FOR_ALL: Final = (
    ("h", _("hold receipts of new messages, on or off")),
    ("H", _("hold responses to new messages, on or off")),
    ("r", _("release everything that is held")),
    ("t", _("move the gateway's clock forward by 61 s")),
    ("?, F1", _("show the keys")),
    ("q, Ctrl-C", _("end")),
)
"""The other keys, and what they do."""


class SimKeys:
    """Does what keys say.

    Args:
        simulator: Runs.
        clock: Its clock.
        screen: For the output.
        stopped: Set to end the command.
        is_full: Show complete numbers.
    """

    def __init__(
        self,
        simulator: Simulator,
        clock: GatewayClock,
        screen: Screen,
        stopped: asyncio.Event,
        *,
        is_full: bool,
    ) -> None:
        self._simulator = simulator
        self._clock = clock
        self._screen = screen
        self._stopped = stopped
        self._is_full = is_full

    def press(self, key: str) -> None:
        """Do what a key says; others do nothing."""
        match key.translate(_LAYOUT):
            case "q" | "Q":
                self._stopped.set()
            case "?" | "F1":
                self._help()
            case "h" | "H" as letter:
                self._hold(_HOLD[letter])
            case "r" | "R":
                self._release()
            case "t" | "T":
                self._move()
            case digit if digit in OUTCOMES:
                self._decide(OUTCOMES[digit])

    def _help(self) -> None:
        """Show the keys."""
        translate = self._screen.translate
        rows = [(key, outcome.text) for key, outcome in OUTCOMES.items()]
        self._screen.show_text(_("Keys 1 to 6 decide the newest message that isn't final:"))
        self._screen.show(
            label_grid(
                *((self._label(key), Text(translate(text))) for key, text in [*rows, *_FOR_ALL])
            )
        )

    def _label(self, keys: str) -> str:
        """Return keys as they are shown: in Russian with the letters of that layout."""
        if self._screen.translate.language == "en":
            return keys
        return ", ".join(
            f"{key} ({_RUSSIAN[key]})" if key in _RUSSIAN else key for key in keys.split(", ")
        )

    def _hold(self, mode: HoldMode) -> None:
        """Hold receipts or responses, or no longer."""
        simulator = self._simulator
        simulator.hold = "off" if simulator.hold == mode else mode
        self._say(_HOLD_TEXTS[simulator.hold])

    def _release(self) -> None:
        """Release everything."""
        messages = len(self._simulator.find(_HELD, limit=None))
        parts, count = self._simulator.release(), self._screen.translate.count
        if not parts:
            self._say(_("nothing is held"))
        elif messages in {0, parts}:
            # Parts alone are those of a message that isn't complete.
            text = count(MESSAGES, messages) if messages else count(PARTS, parts)
            self._say(_("released: {count}"), count=text)
        else:
            self._say(
                _("released: {messages} ({parts})"),
                messages=count(MESSAGES, messages),
                parts=count(PARTS, parts),
            )

    def _move(self) -> None:
        """Move the clock."""
        self._clock.advance(STEP)
        self._say(
            _("the gateway's clock moved forward by {step} s, by {total} s in all"),
            step=f"{STEP:.0f}",
            total=f"{self._clock.shift:.0f}",
        )

    def _decide(self, outcome: _Outcome) -> None:
        """Decide what becomes of the newest message that isn't final."""
        message = self._newest()
        if message is None:
            text = _("nothing to decide: every accepted message is final")
            if self._simulator.hold == "off":
                text = _(
                    "nothing to decide: every accepted message is final; h holds those that come"
                )
            self._say(text)
            return
        try:
            self._simulator.decide(message, outcome.fate)
        except SmscError:
            self._say(_("{id} is final already"), id=message.id)
            return
        self._say(
            _("{id} to {to}: {outcome}"),
            id=message.id,
            to=display_number(message.recipient, is_full=self._is_full),
            outcome=self._screen.translate(outcome.text),
        )

    def _newest(self) -> SubmittedMessage | None:
        """Return the newest accepted message that isn't final."""
        messages = self._simulator.find(limit=None)
        return next((one for one in messages if one.refusal is None and not one.is_final), None)

    def _say(self, text: str, **values: object) -> None:
        """Show a line."""
        self._show(self._screen.translate(text, **values))

    def _show(self, text: str) -> None:
        """Show a translated line."""
        self._screen.show(Text(f"> {text}", style="bold magenta"), wrap=False)
