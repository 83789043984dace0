"""All rules of one message, decided together.

Rule: all or nothing. Either every rule admits the message and each counts it, or one holds it and
no state changes. `RuleEngine` turns a message into a `Step`; `decide` is a function of a step, the
stored state and *now*. The store owns the state and the clock.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pdu.half_made import shows_half_made
from smsc_async.errors import InvalidMessageError
from smsc_async.rules import duplicates, flood, rate
from smsc_async.rules.duplicates import Fingerprint
from smsc_async.rules.verdict import ANY_TIME, Admitted, Held, Token

if TYPE_CHECKING:
    from smsc_async.messages import Message
    from smsc_async.rules.flood import Streak
    from smsc_async.rules.limits import GatewayLimits
    from smsc_async.rules.verdict import Verdict

_new = tuple.__new__  # hot path


class Rules(NamedTuple):
    """The gateway's limits as the client keeps them: with margins, a neutral number for no rule.

    Args:
        repeat_window: Seconds in which an identical request isn't sent again; 0 for no rule.
        flood_length: Messages of the longest streak; infinite for no rule.
        flood_gap: Seconds that end a streak; 0 for no rule.
        multipart_window: Seconds for all parts; infinite for no rule.
        interval: Seconds between two writes of one account; 0 for no rule.
        lateness: Seconds by which a write may be late without a call of the store's `postpone`.
        memory: Seconds for which the store needs an admission after its last write.
    """

    repeat_window: float = 0.0
    flood_length: float = inf
    flood_gap: float = 0.0
    multipart_window: float = inf
    interval: float = 0.0
    lateness: float = 0.0
    memory: float = 0.0

    @classmethod
    def of(cls, limits: GatewayLimits) -> Self:
        """Add the safety margin to every window.

        The gateway counts from arrival and the client from the write: a minimum distance becomes
        longer, a maximum time shorter.
        """
        margin, has_flood = limits.margin, None not in {limits.flood_length, limits.flood_gap}
        window = _plus(limits.repeat_window, margin)
        gap = _plus(limits.flood_gap, margin) if has_flood else 0.0
        return cls(
            repeat_window=window,
            flood_length=(limits.flood_length or inf) if has_flood else inf,
            flood_gap=gap,
            multipart_window=(limits.multipart_window or inf) - margin,
            interval=rate.interval(limits.rate),
            # One half of the margin covers a late write, the other half the network.
            lateness=margin / 2,
            memory=max(window, gap),
        )

    def share(self, workers: int, reserved: float = 0.0) -> Self:
        """Return the rules of one of several workers that see only their own messages.

        Each takes its part of the rate and of a streak, so together they keep both. A repeat of
        another worker's message can't be seen.

        Args:
            workers: Their number, 1 or more.
            reserved: Part of the rate that they leave to others, 0 to 1.
        """
        length = self.flood_length
        if length < inf:
            length = max(1, length // workers)
        return self._replace(
            interval=rate.share(self.interval, workers, reserved), flood_length=length
        )


def _plus(window: float | None, margin: float) -> float:
    """Return a window with its margin; 0 for no rule."""
    return 0.0 if window is None else window + margin


Step = tuple[Rules, Fingerprint, str, int, Token | None]
"""The question whether a message may be sent; it holds no text.

The rules that decide it; the fingerprint of the request; the recipient, as it is on the wire; the
number of parts (submit_sm); the token of the reservation that it replaces, if a message whose
outcome is unknown is resent. A plain tuple: hot path."""


@shows_half_made
class RuleEngine:
    """Turns messages into steps, which a rule store answers.

    ::

        engine = RuleEngine(GatewayLimits(), key=store.key)
        verdict = await store.apply(engine.step(message, len(pdus), identity))

    Args:
        limits: The gateway's numbers.
        key: The store's key, see `duplicates.fingerprints`.
    """

    def __init__(self, limits: GatewayLimits, key: bytes | None = None) -> None:
        self.limits = limits
        self.rules = Rules.of(limits)
        self._fingerprint = duplicates.fingerprints(key)

    @property
    def is_off(self) -> bool:
        """Whether no message needs a verdict. The link keeps the time limit for parts itself."""
        rules = self.rules
        return not (rules.repeat_window or rules.flood_gap or rules.interval)

    def step(
        self, message: Message[Any], parts: int, identity: str, token: Token | None = None
    ) -> Step:
        """Return the step of a message.

        Args:
            message: Of any kind.
            parts: Number of submit_sm; 1 where the gateway splits the text.
            identity: What makes two messages to one recipient identical, as
                `gateway.compose.identity_of` returns it.
            token: Of the failed send whose unknown outcome this one replaces.

        Raises:
            InvalidMessageError: It has so many parts that it could never pass.
        """
        if parts > 1:
            self._check(parts)
        to = message.to
        return self.rules, self._fingerprint((message.sender, to, identity)), to, parts, token

    def _check(self, parts: int) -> None:
        """Refuse a message that no rule would ever let pass."""
        rules, cure = self.rules, "shorten it, or let the gateway cut it with LongText.PAYLOAD"
        if parts > rules.flood_length:
            raise InvalidMessageError(
                "text",
                f"{parts} parts",
                f"needs {parts} parts, and the gateway blocks more than {rules.flood_length}"
                f" messages in a streak to one subscriber; {cure}",
            )
        seconds = (parts - 1) * rules.interval
        if seconds > rules.multipart_window:
            raise InvalidMessageError(
                "text",
                f"{parts} parts",
                f"needs {parts} parts, which take {seconds:.1f} s at this rate and must be in"
                f" within {rules.multipart_window:g} s; {cure}",
            )

    def __repr__(self) -> str:
        return f"RuleEngine({self.limits!r})"


def decide(  # noqa: PLR0917 - hot path
    step: Step,
    previous: Admitted | None,
    streak: Streak | None,
    free_at: float,
    now: float,
    token: Token,
) -> tuple[Verdict, Streak | None, float]:
    """Decide all rules of one message.

    Args:
        step: The question.
        previous: The newest admission of the same request, None if the store has none.
        streak: The recipient's streak, None if the store has none.
        free_at: The account's next free time.
        now: The current time.
        token: For the reservation, if there is one. A step that replaces a valid reservation keeps
            that one's token.

    Returns:
        The verdict, and what to store in place of *streak* and *free_at*; the `Admitted` itself is
        stored for the request. A held message leaves both unchanged.
    """
    rules, _, _, parts, replaced = step
    repeat_window, flood_length, flood_gap, _, interval, _, _ = rules  # hot path
    at, next_free_at = rate.decide(free_at, parts, now, interval)
    last_at = at if parts == 1 else at + (parts - 1) * interval
    held: Held | None = None
    joined: Streak | None = None
    is_counted = False
    if previous is not None:
        repeated = duplicates.decide(previous, at, repeat_window, replaced)
        if type(repeated) is Held:
            held = repeated
        elif repeated is not None:
            token, is_counted = previous.token, flood.is_in(streak, previous.not_before)
    if flood_gap:
        flooded = flood.decide(streak, parts, at, last_at, flood_length, flood_gap, is_counted)
        if type(flooded) is not Held:
            joined = flooded
        elif held is None or flooded.retry_at > held.retry_at:
            held = flooded
    if held is not None:
        return held, streak, free_at
    earliest = ANY_TIME
    if at > now:
        earliest = _earliest(step, previous, streak, at)
    return _new(Admitted, (token, at, interval, earliest)), joined, next_free_at


def _earliest(step: Step, previous: Admitted | None, streak: Streak | None, at: float) -> float:
    """Return the latest end of a window that is over when an admitted message is written at *at*.

    It may get an earlier turn that is given back, but none before that.
    """
    rules, replaced = step[0], step[4]
    earliest = ANY_TIME
    if previous is not None and rules.repeat_window and previous.token != replaced:
        earliest = previous.not_before + rules.repeat_window
    if streak is not None and rules.flood_gap and at >= (end := streak[2] + rules.flood_gap):
        earliest = max(earliest, end)
    return earliest


def replaces(step: Step, admitted: Admitted) -> bool:
    """Return whether an admission replaces an earlier one whose outcome is unknown.

    It is never given back: that would forget the earlier one, too.
    """
    replaced = step[4]
    return replaced is not None and admitted.token == replaced
