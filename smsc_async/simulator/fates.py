"""What becomes of a message, in place of what the scenario says.

Rule: a fate is a value and names no message. `magic` reads one from a number, `chaos` draws one,
a click on the simulator's page or a key of `smsc sim` makes one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from pdu._tracebacks import hides_arguments
from pdu.half_made import shows_half_made
from pdu.masking import shown_size
from smsc_async._base_errors import SmscError, is_number, shown
from smsc_async.simulator.scenario import HlrAnswer

if TYPE_CHECKING:
    from pdu.enums import MessageState

AnswerFate = Literal["refuse", "never", "break", "late"]
ReceiptFate = Literal["never", "twice", "early", "intermediate"]

HoldMode = Literal["off", "receipt", "answer"]
"""What is held of a message until it is released: nothing, its outcome and receipt, or its response
too."""


@hides_arguments(ValueError)
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fate:
    """What becomes of one message. What is None is as the scenario has it.

    ::

        Fate(state=MessageState.UNDELIVERABLE, error_code=6)
        Fate(receipt="twice")
        Fate(answer="refuse", command_status=CommandStatus.ESME_RTHROTTLED)
        Fate(answer="late", after=5)

    Args:
        state: Its final state, a `MessageState`.
        error_code: The gateway's delivery error in its receipt, 0 to 999; 0 if there is only a
            *state*. Without a *state* any other than 0 is UNDELIVERABLE.
        after: Seconds of the gateway's clock: with *answer* "late" from the submit_sm to its
            response, else from the response to the outcome. None is the scenario's
            `receipt_delay`, and 0 for a fate that is given to a message afterwards.
        receipt: "never" sends none, "twice" sends it again at once, "early" lets it overtake the
            response, "intermediate" sends a receipt ENROUTE first, to those who request it.
        answer: "refuse" answers with *command_status*; "never" accepts it without a response;
            "break" accepts it, and closes the link without a response; "late" responds after
            *after* seconds.
        command_status: Of a refusal.
        hlr: The answer to an HLR query.
        reply: What the subscriber answers to the message's sender after its outcome.

    Raises:
        ValueError: A value out of its range, or two that exclude each other.
    """

    state: MessageState | int | None = None
    error_code: int | None = None
    after: float | None = None
    receipt: ReceiptFate | None = None
    answer: AnswerFate | None = None
    command_status: int | None = None
    hlr: HlrAnswer | None = None
    reply: str | None = None

    def __post_init__(self) -> None:
        _check_range("state", self.state, 0, 255)
        _check_range("error_code", self.error_code, 0, 999)
        _check_range("command_status", self.command_status, 1, 0xFFFF_FFFF)
        _check_choice("receipt", self.receipt, get_args(ReceiptFate))
        _check_choice("answer", self.answer, get_args(AnswerFate))
        _check_kind("hlr", self.hlr, HlrAnswer)
        _check_kind("reply", self.reply, str)
        after = self.after
        if after is not None and not (is_number(after) and after >= 0 and isfinite(after)):
            raise ValueError(f"after takes 0 seconds or more, got {shown(after)}")
        if not isinstance(self.hlr, HlrAnswer | None):
            raise ValueError(f"hlr takes an HlrAnswer, got {shown(self.hlr)}")  # noqa: TRY004 - as the others
        if not isinstance(self.reply, str | None):
            raise ValueError(f"reply takes a text, got {shown(self.reply)}")  # noqa: TRY004 - as the others
        if (self.answer == "refuse") != (self.command_status is not None):
            raise ValueError("answer='refuse' and command_status need each other")
        if self.answer == "late" and not after:
            raise ValueError("answer='late' needs after, the seconds until the response")
        if self.answer == "refuse" and self.has_outcome:
            raise ValueError("a refused message has no outcome: no state, receipt, hlr or reply")

    @property
    def has_outcome(self) -> bool:
        """Whether it says something of the outcome or its receipt."""
        outcome = (self.state, self.error_code, self.receipt, self.hlr, self.reply)
        return any(value is not None for value in outcome)

    def __repr__(self) -> str:
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        shown_values = (
            f"{name}={shown_size(value) if name == 'reply' else repr(value)}"
            for name, value in given.items()
            if value is not None
        )
        return f"Fate({', '.join(shown_values)})"


class AlreadyFinalError(SmscError):
    """A fate comes too late: the message has its answer, or its outcome, already."""


class UnknownMessageError(SmscError, LookupError):
    """The simulator has no such message, or no longer."""


def _check_range(name: str, value: int | None, least: int, most: int) -> None:
    """Refuse anything but None and the integers of a range."""
    if value is None:
        return
    if not (is_number(value) and isinstance(value, int) and least <= value <= most):
        raise ValueError(f"{name} takes {least} to {most}, got {shown(value)}")


def _check_kind(name: str, value: object, kind: type) -> None:
    """Refuse anything but None and one kind of values."""
    if not isinstance(value, kind | None):
        raise ValueError(f"{name} takes a {kind.__name__}, got {shown(value)}")  # noqa: TRY004 - as the others


def _check_choice(name: str, value: str | None, known: tuple[str, ...]) -> None:
    """Refuse anything but None and a few names."""
    if value is not None and value not in known:
        raise ValueError(f"{name} takes one of {', '.join(known)}, got {shown(value)}")


ORDINARY: Final = Fate()
"""All is as the scenario has it."""


class Given(NamedTuple):
    """What the sources of fates say of a message when it arrives.

    Args:
        fate: What becomes of it.
        hold: What is held of it.
        is_magic: Whether the fate is that of a magic number, and may depend on the whole text.
    """

    fate: Fate = ORDINARY
    hold: HoldMode = "off"
    is_magic: bool = False


NOTHING_GIVEN: Final = Given()
