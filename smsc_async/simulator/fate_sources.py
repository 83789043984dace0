"""Where the fate of a message comes from when it arrives.

Rule: the first source that says something wins: the fate of its number, a magic number, hold,
chaos; without any, the scenario. A fate that is given to the message itself afterwards wins over
all of them, see `outcomes`. No clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from smsc_async._base_errors import shown
from smsc_async.simulator.chaos import ChaosRun
from smsc_async.simulator.fates import NOTHING_GIVEN, ORDINARY, Given, HoldMode
from smsc_async.simulator.magic import MAGIC_PREFIX, check_prefix, magic_fate, magic_suffix
from smsc_async.simulator.message_log import normal_number
from smsc_async.simulator.message_text import parse_message, subscriber_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsc_async.simulator.chaos import Chaos
    from smsc_async.simulator.fates import Fate


class FateSources:
    """Fates of numbers, the prefix of magic numbers, hold and chaos.

    Args:
        magic_prefix: What magic numbers begin with; None for none.
        hold: What is held.

    Attributes:
        hold: What is held of messages that come from now on.
        chaos: What is drawn for each message; None for nothing.
    """

    def __init__(self, *, magic_prefix: str | None = MAGIC_PREFIX, hold: HoldMode = "off") -> None:
        check_prefix(magic_prefix)
        self.magic_prefix = magic_prefix
        self.hold: HoldMode = check_hold(hold)
        self.chaos: ChaosRun | None = None
        self._by_number: dict[str, Fate] = {}

    @property
    def by_number(self) -> Mapping[str, Fate]:
        """The fates of numbers."""
        return dict(self._by_number)

    def set_for(self, number: str, fate: Fate | None) -> None:
        """Set the fate of the messages to a number that come from now on; None removes it."""
        if fate is None:
            self._by_number.pop(normal_number(number), None)
        else:
            self._by_number[normal_number(number)] = fate

    def start_chaos(self, chaos: Chaos, at: float) -> ChaosRun:
        """Begin to draw fates, in place of any that were drawn before.

        Args:
            chaos: What is drawn, how often and for how long.
            at: The gateway's time.
        """
        self.chaos = run = ChaosRun(chaos, at)
        return run

    def of(self, recipient: str, text: str | None, at: float) -> Given:
        """Return what is said of a message that arrives.

        Args:
            recipient: Its number.
            text: Its text, or that of its first part, as it was received.
            at: The gateway's time.
        """
        if self._by_number and (fate := self._by_number.get(normal_number(recipient))):
            return Given(fate)
        if magic_suffix(recipient, self.magic_prefix) is not None:
            fate = self.magic(recipient, text)
            if fate is not None:
                return Given(fate, is_magic=True)
        if self.hold != "off":
            return Given(hold=self.hold)
        return NOTHING_GIVEN if self.chaos is None else Given(self.drawn(at))

    def magic(self, recipient: str, text: str | None) -> Fate | None:
        """Return the fate of a magic number; None for any other number."""
        shown_text = subscriber_text(parse_message(text, recipient, ""), text)
        return magic_fate(recipient, shown_text, self.magic_prefix)

    def drawn(self, at: float) -> Fate:
        """Return what chaos makes of a message, or the ordinary fate."""
        chaos = self._running_chaos(at)
        return ORDINARY if chaos is None else chaos.fate() or ORDINARY

    def refuses_connection(self, at: float) -> bool:
        """Whether chaos refuses a connection."""
        chaos = self._running_chaos(at)
        return chaos is not None and chaos.refuses_connect()

    def _running_chaos(self, at: float) -> ChaosRun | None:
        """Return the chaos unless it is over."""
        if self.chaos is not None and self.chaos.is_over(at):
            self.chaos = None
        return self.chaos

    def __repr__(self) -> str:
        return f"<FateSources, {len(self._by_number)} numbers, hold {self.hold}, {self.chaos!r}>"


def check_hold(hold: HoldMode) -> HoldMode:
    """Return a mode of hold.

    Raises:
        ValueError: It is none.
    """
    if hold not in get_args(HoldMode):
        raise ValueError(f"hold takes one of {', '.join(get_args(HoldMode))}, got {shown(hold)}")
    return hold
