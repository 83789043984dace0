"""Flood protection: at most `flood_length` messages in a streak to one subscriber.

Rule: a streak lasts while the gaps between messages are short; only a gap ends it. Each part counts
as a message. A held attempt isn't part of the streak and doesn't prolong it.

«Сервер также блокирует отправку более 50 сообщений одному абоненту, которые были отправлены с
перерывом между сообщениями менее 30-ти секунд, для защиты от флуда и лишнего списания средств…»
The document says neither whether refused attempts count nor whether parts count singly.
"""

from __future__ import annotations

from typing import Final, cast

from smsc_async.rules.verdict import Held

Streak = tuple[float, int, float]
"""Messages to one subscriber with short gaps between them: the time of the first; their number,
parts counted singly, without those given back; the time of the last, those given back included. A
plain tuple: hot path."""

_ANY_LENGTH: Final = float("inf")


def decide(  # noqa: PLR0917 - hot path
    streak: Streak | None,
    parts: int,
    at: float,
    last_at: float,
    length: float,
    gap: float,
    is_counted: bool = False,  # noqa: FBT001, FBT002 - hot path
) -> Held | Streak:
    """Decide whether a message may join the subscriber's streak.

    Args:
        streak: The subscriber's streak, None if the store has none.
        parts: Number of messages that it counts as.
        at: Time of the first part's write.
        last_at: Time of the last part's write.
        length: Most messages in a streak; infinite for any number.
        gap: Seconds without a message that end the streak, margin included.
        is_counted: The message is a resend that the streak counts already.

    Returns:
        The streak with the message in it, for the store to keep; or `Held`.
    """
    if streak is None:
        return at, parts, last_at
    began_at, count, streak_last_at = streak
    # The time that is compared is the one that is returned: computed twice, rounding could
    # hold a message at its own `retry_at`.
    retry_at = streak_last_at + gap
    if at >= retry_at:
        return at, parts, last_at
    if not is_counted:
        count += parts
        if count > length:
            return Held("flood", retry_at)
    return began_at, count, max(last_at, streak_last_at)


def join(  # noqa: PLR0917 - as decide
    streak: Streak | None,
    parts: int,
    at: float,
    last_at: float,
    gap: float,
    is_counted: bool,  # noqa: FBT001 - as decide
) -> Streak:
    """Return the streak with a message in it that is sent in any case; arguments as in `decide`."""
    return cast("Streak", decide(streak, parts, at, last_at, _ANY_LENGTH, gap, is_counted))


def is_in(streak: Streak | None, at: float) -> bool:
    """Return whether the message admitted for *at* is in this streak, not in an earlier one."""
    return streak is not None and streak[0] <= at


def give_back(streak: Streak, parts: int, at: float) -> Streak:
    """Return the streak without a message that the gateway refused or that was never written.

    The time of that message stays: the document doesn't say whether the gateway measures gaps
    from refused messages, so they are measured from it, which is the safe side.

    Args:
        streak: The subscriber's streak.
        parts: Number of messages that it counted as.
        at: Time that it was admitted for.
    """
    began_at, count, last_at = streak
    return (began_at, count - parts, last_at) if is_in(streak, at) else streak
