"""All rules of one message, decided together.

Rule: all or nothing. Either every rule lets the message pass and each remembers it, or one holds
it and nothing is remembered anywhere. No clock: a `RuleEngine` makes the question, `decide` is a
function of what is remembered, the question and *now*; where the memory is and what time it is
are a store's to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pdu.masking import mask_number
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.markup import render
from smsc_async.rules import duplicates, flood, multipart, rate
from smsc_async.rules.verdict import Admitted, Held

if TYPE_CHECKING:
    from smsc_async.messages import Message
    from smsc_async.rules.duplicates import Fingerprint
    from smsc_async.rules.flood import Streak
    from smsc_async.rules.limits import GatewayLimits
    from smsc_async.rules.verdict import Token, Verdict

_NEVER = float("inf")
_INTERVAL = 4  # by number, in half the time
_make = tuple.__new__  # half the time of calling the named tuple


class Rules(NamedTuple):
    """The gateway's limits as we keep them: margins added, and a neutral number for no rule.

    Args:
        repeat_window: Seconds in which an identical request isn't sent again; 0 for no rule.
        flood_length: Messages of the longest streak; infinite for no rule.
        flood_gap: Seconds that end a streak; 0 for no rule.
        multipart_window: Seconds for all parts; infinite for no rule.
        interval: Seconds between two writes of one account; 0 for no rule.
        lateness: Seconds after its instant at which a write must be told to the store.
        memory: Seconds after its last write in which an admission matters.
    """

    repeat_window: float = 0.0
    flood_length: float = _NEVER
    flood_gap: float = 0.0
    multipart_window: float = _NEVER
    interval: float = 0.0
    lateness: float = 0.0
    memory: float = 0.0

    @classmethod
    def of(cls, limits: GatewayLimits) -> Self:
        """Stand a margin on the safe side of each window.

        The gateway counts from arrival and we from the write: what it wants apart is sent
        further apart, what it wants together is sent within less.
        """
        margin, has_flood = limits.margin, None not in {limits.flood_length, limits.flood_gap}
        window = _plus(limits.repeat_window, margin)
        gap = _plus(limits.flood_gap, margin) if has_flood else 0.0
        return cls(
            repeat_window=window,
            flood_length=(limits.flood_length or _NEVER) if has_flood else _NEVER,
            flood_gap=gap,
            multipart_window=(limits.multipart_window or _NEVER) - margin,
            interval=rate.interval(limits.rate),
            # Half of the margin is for being late unnoticed, the other half for the network.
            lateness=margin / 2,
            memory=max(window, gap),
        )


def _plus(window: float | None, margin: float) -> float:
    """Return a window with its margin; 0 for no rule."""
    return 0.0 if window is None else window + margin


class Step(NamedTuple):
    """The question whether a message may go. Holds no text.

    Args:
        rules: By which it is decided.
        request: Stands for sender, recipient and text.
        to: Recipient, as it is on the wire.
        parts: How many submit_sm it is.
        token: The reservation that it replaces, if an unknown outcome is sent again.
    """

    rules: Rules
    request: Fingerprint
    to: str
    parts: int = 1
    token: Token | None = None

    def last_at(self, at: float) -> float:
        """Return the instant of the last part's write if the first is written at *at*."""
        return at + (self.parts - 1) * self.rules.interval

    def __repr__(self) -> str:
        return f"Step(to={mask_number(self.to)!r}, parts={self.parts}, token={self.token!r})"


Question = tuple[Rules, "Fingerprint", str, int, "Token | None"]
"""A `Step`, or the same as a plain tuple: it is made for every message, and a named one takes four
times as long."""


class RuleEngine:
    """Makes the question of each message.

    ::

        engine = RuleEngine(GatewayLimits(), key=store.key)
        verdict = await store.apply(engine.step(message, parts=len(pdus)))

    Args:
        limits: The gateway's numbers.
        key: Of the store that is asked, see `duplicates.fingerprints`.
    """

    def __init__(self, limits: GatewayLimits, key: bytes | None = None) -> None:
        self.limits = limits
        self.rules = Rules.of(limits)
        self._fingerprint = duplicates.fingerprints(key)

    @property
    def is_off(self) -> bool:
        """Whether no message needs to be asked for at all; the parts' minute is the link's."""
        rules = self.rules
        return not (rules.repeat_window or rules.flood_gap or rules.interval)

    def step(
        self,
        message: Message[Any],
        parts: int = 1,
        text: str | None = None,
        token: Token | None = None,
    ) -> Step:
        """Return the question of a message by name; see `question`."""
        text = render(message) if text is None else text
        return _make(Step, self.question(message, parts, text, token))

    def question(
        self, message: Message[Any], parts: int, text: str, token: Token | None = None
    ) -> Question:
        """Ask for a message.

        Args:
            message: Of any kind.
            parts: How many submit_sm it is; 1 where the gateway does the cutting.
            text: The message rendered.
            token: Of the failed send whose unknown outcome this one replaces.

        Raises:
            InvalidMessageError: It has so many parts that it could never pass.
        """
        if parts > 1:
            self._check(parts)
        to = message.to
        return self.rules, self._fingerprint((message.sender, to, text)), to, parts, token

    def _check(self, parts: int) -> None:
        """Refuse what no waiting would let pass."""
        rules, cure = self.rules, "shorten it, or let the gateway cut it with LongText.PAYLOAD"
        if parts > rules.flood_length:
            raise InvalidMessageError(
                "text",
                f"{parts} parts",
                f"needs {parts} parts, and the gateway blocks more than {rules.flood_length}"
                f" messages in a streak to one subscriber; {cure}",
            )
        if not multipart.fits(parts, rules.interval, rules.multipart_window):
            raise InvalidMessageError(
                "text",
                f"{parts} parts",
                f"needs {parts} parts, which take {(parts - 1) * rules.interval:.1f} s at this"
                f" rate and must be in within {rules.multipart_window:g} s; {cure}",
            )

    def __repr__(self) -> str:
        return f"RuleEngine({self.limits!r})"


def decide(  # noqa: PLR0917 - called for every message, and keywords cost time
    step: Step,
    known: Admitted | None,
    streak: Streak | None,
    free_at: float,
    now: float,
    token: Token,
) -> tuple[Verdict, Streak | None, float]:
    """Decide all rules of one message.

    Args:
        step: The question.
        known: The newest admission of the same request, as far as is remembered.
        streak: The streak of its recipient.
        free_at: The account's next free instant.
        now: The instant of asking.
        token: Names the reservation, if there will be one. A step that replaces a living one
            keeps that one's name.

    Returns:
        The verdict, and what to remember in place of *streak* and *free_at*; of the request itself
        the `Admitted` is remembered. A held message leaves both as they are.
    """
    rules, _, _, parts, replaced = step
    window, length, gap, _, interval, _, _ = rules
    at, next_free_at = rate.decide(free_at, parts, now, interval)
    last_at = at if parts == 1 else at + (parts - 1) * interval
    held: Held | None = None
    decided: Streak | None = None
    is_counted = False
    if known is not None:
        repeated = duplicates.decide(known, at, window, replaced)
        if type(repeated) is Held:
            held = repeated
        elif repeated is not None:
            token, is_counted = known.token, flood.is_in(streak, known.not_before)
    if gap:
        joined = flood.decide(streak, parts, at, last_at, length, gap, is_counted)
        if type(joined) is Held:
            held = joined if held is None else max(held, joined, key=_until)
        else:
            decided = joined
    if held is not None:
        return held, streak, free_at
    return _make(Admitted, (token, at, interval)), decided, next_free_at


def _until(held: Held) -> float:
    """Until when it holds."""
    return held.retry_at


def replaces(step: Step, admitted: Admitted) -> bool:
    """Whether an admission stands in an earlier one's place, whose outcome is unknown.

    Giving it back would forget that one too, so it isn't given back.
    """
    return step.token is not None and admitted.token == step.token
