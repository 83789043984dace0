"""Chaos: faults drawn by chance, stage by stage, for a limited time or number of messages.

Rule: the same seed draws the same faults for the same sequence of messages. Each message takes as
many draws as any other, whatever comes of them, so a stage that is changed doesn't change what the
others draw; binds have draws of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from random import Random
from typing import TYPE_CHECKING, Any, Final

from pdu._tracebacks import hides_arguments
from pdu.enums import CommandStatus, MessageState
from pdu.half_made import shows_half_made
from smsc_async._base_errors import is_number, shown
from smsc_async.gateway.delivery_errors import SMS_ERRORS
from smsc_async.simulator.fates import Fate

if TYPE_CHECKING:
    from collections.abc import Mapping

LATE: Final = 5.0
"""Seconds from a submit_sm to a late response."""
LONGEST_DISORDER: Final = 10
"""Most seconds from a response to an outcome, where receipts come out of order."""
LONGEST: Final = 3600.0
"""Most seconds of a run."""
MOST_MESSAGES: Final = 1_000_000
"""Most messages of a run."""
DEFAULT_SECONDS: Final = 300.0
"""Of a run that is given no limit."""
LARGEST_SEED: Final = 2**53 - 1
"""The largest integer that JSON carries everywhere."""

STAGES: Final = (
    "connect",
    "answer_late",
    "answer_never",
    "throttled",
    "link_breaks",
    "receipts",
    "outcome",
)
"""Fields of `Chaos` that are percentages."""

_PERCENT: Final = 100


@hides_arguments(ValueError)
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Chaos:
    """Which faults are drawn, how often, and for how long.

    ::

        Chaos(answer_never=5, outcome=20, seed=17)  # for five minutes
        Chaos(throttled=50, messages=1000)

    A message gets one of the faults of its response at most; a refused one no other fault.

    Args:
        connect: Percent of the connections that are refused. All percentages are 0 to 100.
        answer_late: Percent of the messages that are answered 5 s late.
        answer_never: Percent of the messages that are accepted without a response.
        throttled: Percent of the messages that are refused with ESME_RTHROTTLED.
        link_breaks: Percent of the messages at which the link breaks, without a response.
        receipts: Percent of the messages whose receipt is sent twice, before the response, or 1
            to 10 s after it, which mixes up the order of receipts.
        outcome: Percent of the messages that are undeliverable, with a delivery error of the
            gateway's list that an SMS may have.
        seed: 0 or more, up to 2^53 - 1; None draws one, see `ChaosRun.seed`.
        seconds: How long, above 0 and up to 3600 seconds of the gateway's clock. The default is
            300, unless *messages* is given.
        messages: How many messages, 1 to 1 000 000, in place of *seconds*.

    Raises:
        ValueError: A value out of its range, or both limits.
    """

    connect: float = 0
    answer_late: float = 0
    answer_never: float = 0
    throttled: float = 0
    link_breaks: float = 0
    receipts: float = 0
    outcome: float = 0
    seed: int | None = None
    seconds: float | None = None
    messages: int | None = None

    def __post_init__(self) -> None:
        for name in STAGES:
            _check_percent(name, getattr(self, name))
        if self.seed is not None:
            _check_integer("seed", self.seed, 0, LARGEST_SEED)
        if self.messages is None:
            self._check_seconds()
        elif self.seconds is None:
            _check_integer("messages", self.messages, 1, MOST_MESSAGES)
        else:
            raise ValueError("messages excludes seconds; keep one of them")

    def _check_seconds(self) -> None:
        """Refuse seconds out of their range; None becomes the default."""
        seconds = self.seconds
        if seconds is None:
            object.__setattr__(self, "seconds", DEFAULT_SECONDS)
        elif not (is_number(seconds) and 0 < seconds <= LONGEST):
            raise ValueError(
                f"seconds takes more than 0 and up to {LONGEST:g}, got {shown(seconds)}"
            )


@hides_arguments(TypeError)
@shows_half_made
class ChaosRun:
    """Draws the faults of `Chaos` until its seconds or messages are over.

    Args:
        chaos: What is drawn.
        at: The time of the gateway's clock at which it begins.

    Raises:
        TypeError: A value of another kind.

    Attributes:
        chaos: As given.
        seed: As given, or as drawn: with it the run can be repeated.
        messages: Messages that it has drawn for.
    """

    __slots__ = ("_connects", "_end", "_fates", "chaos", "messages", "seed")

    def __init__(self, chaos: Chaos, at: float) -> None:
        given: tuple[object, object] = (chaos, at)
        if not (isinstance(given[0], Chaos) and is_number(given[1])):
            raise TypeError(f"takes a Chaos and seconds, got {shown(chaos)} and {shown(at)}")
        self.chaos = chaos
        self.seed = _new_seed() if chaos.seed is None else chaos.seed
        self.messages = 0
        self._end = None if chaos.seconds is None else at + chaos.seconds
        # By texts, as `Random` mixes their octets: the draws of neighbouring seeds differ.
        self._fates = Random(f"fates {self.seed}")  # noqa: S311 - faults, no secrets
        self._connects = Random(f"connects {self.seed}")  # noqa: S311 - as above

    def refuses_connect(self) -> bool:
        """Draw whether a connection is refused. It isn't when the messages are used up."""
        is_drawn = self._connects.random() * _PERCENT < self.chaos.connect
        return is_drawn and not self._is_used_up

    def fate(self) -> Fate | None:
        """Draw the fate of one message; None if no fault is drawn, or the messages are used up."""
        if self._is_used_up:
            return None
        self.messages += 1
        chaos, draw = self.chaos, self._fates
        breaks = draw.random() * _PERCENT < chaos.link_breaks
        is_never = draw.random() * _PERCENT < chaos.answer_never
        is_throttled = draw.random() * _PERCENT < chaos.throttled
        is_late = draw.random() * _PERCENT < chaos.answer_late
        has_odd_receipt = draw.random() * _PERCENT < chaos.receipts
        fails = draw.random() * _PERCENT < chaos.outcome
        receipt = draw.randrange(3)
        after = draw.randint(1, LONGEST_DISORDER)
        error = draw.choice(SMS_ERRORS)
        if is_throttled and not (breaks or is_never):
            return _THROTTLED
        fields: dict[str, Any] = {}
        if has_odd_receipt:
            fields.update(_odd_receipt(receipt, after))
        if fails:
            fields.update(state=MessageState.UNDELIVERABLE, error_code=error)
        if breaks or is_never:
            fields["answer"] = "break" if breaks else "never"
        elif is_late:
            # Its seconds are those until the response, so it replaces an outcome out of order.
            fields.update(answer="late", after=LATE)
        return Fate(**fields) if fields else None

    def is_over(self, at: float) -> bool:
        """Whether the seconds or messages are over, at a time of the gateway's clock."""
        return self._is_used_up if self._end is None else at >= self._end

    def left(self, at: float) -> float:
        """Return the seconds or messages that are left, at a time of the gateway's clock."""
        if self._end is None:
            return (self.chaos.messages or 0) - self.messages
        return max(0.0, self._end - at)

    @property
    def _is_used_up(self) -> bool:
        """Whether as many messages as were given have been drawn for."""
        return self.messages == self.chaos.messages

    def __repr__(self) -> str:
        chaos = self.chaos
        limit = f"{chaos.seconds:g} s" if self._end is not None else f"{chaos.messages} messages"
        return f"<ChaosRun, seed {self.seed}, {self.messages} messages, limit {limit}>"


_THROTTLED: Final = Fate(answer="refuse", command_status=CommandStatus.ESME_RTHROTTLED)


def _odd_receipt(number: int, after: int) -> Mapping[str, Any]:
    """Return the fields of one of three faults of a receipt."""
    return ({"receipt": "twice"}, {"receipt": "early"}, {"after": after})[number]


def _new_seed() -> int:
    """Draw a seed: short enough to be typed."""
    return Random().randrange(2**32)  # noqa: S311 - faults, no secrets


def _check_percent(name: str, value: object) -> None:
    """Refuse anything but 0 to 100."""
    if not (is_number(value) and 0 <= value <= _PERCENT and isfinite(value)):
        raise ValueError(f"{name} takes 0 to {_PERCENT} percent, got {shown(value)}")


def _check_integer(name: str, value: object, least: int, most: int) -> None:
    """Refuse anything but the integers of a range."""
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name} takes a whole number {least} to {most}, got {shown(value)}")
