"""At most fifty messages in a streak to one subscriber.

Rule: a streak goes on while the gaps are short, and only a gap ends it. Parts count singly. A held
attempt isn't in the streak and doesn't lengthen it.

«Сервер также блокирует отправку более 50 сообщений одному абоненту, которые были отправлены с
перерывом между сообщениями менее 30-ти секунд, для защиты от флуда и лишнего списания средств…»
Whether refused attempts count there isn't written, nor whether parts count singly.
"""

from __future__ import annotations

from typing import Final, cast

from smsc_async.rules.verdict import Held

Streak = tuple[float, int, float]
"""Messages to one subscriber with short gaps between them: the instant of the first one; how many,
parts counted singly, those that were given back not counted; the instant of the last one, given
back or not. Every message makes one, and a named tuple takes four times as long to make."""

_ANY_LENGTH: Final = float("inf")


def decide(  # noqa: PLR0917 - called for every message, and keywords cost time
    streak: Streak | None,
    parts: int,
    at: float,
    last_at: float,
    length: float,
    gap: float,
    is_counted: bool = False,  # noqa: FBT001, FBT002 - as above
) -> Held | Streak:
    """Say whether a message may join the streak, and what the streak is then.

    Args:
        streak: What is remembered of this subscriber.
        parts: How many it counts as.
        at: Instant of the first part's write.
        last_at: Instant of the last part's write.
        length: Messages of the longest streak; infinite for any number.
        gap: Seconds without a message that end the streak, ours.
        is_counted: It is sent again, and the streak has it already.

    Returns:
        The streak with the message in it, to be remembered; or `Held`, and nothing is.
    """
    if streak is None:
        return at, parts, last_at
    began_at, joined, row_last_at = streak
    # The same sum decides and is told, or rounding could hold a message at that very instant.
    retry_at = row_last_at + gap
    if at >= retry_at:
        return at, parts, last_at
    if not is_counted:
        joined += parts
        if joined > length:
            return Held("flood", retry_at)
    return began_at, joined, max(last_at, row_last_at)


def join(  # noqa: PLR0917 - as decide
    streak: Streak | None,
    parts: int,
    at: float,
    last_at: float,
    gap: float,
    is_counted: bool,  # noqa: FBT001 - as decide
) -> Streak:
    """Return the streak with a message in it that is sent in any case.

    Arguments are those of `decide`.
    """
    return cast("Streak", decide(streak, parts, at, last_at, _ANY_LENGTH, gap, is_counted))


def is_in(streak: Streak | None, at: float) -> bool:
    """Whether the message that was admitted for *at* is in this streak, not in an earlier one."""
    return streak is not None and streak[0] <= at


def give_back(streak: Streak, parts: int, at: float) -> Streak:
    """Return the streak without a message that the gateway refused or that was never written.

    Its instant stays: whether the gateway counts gaps from refused messages isn't written, and
    so we do.

    Args:
        streak: What is remembered of this subscriber.
        parts: How many the message counted as.
        at: What it was admitted for.
    """
    began_at, length, last_at = streak
    return (began_at, length - parts, last_at) if is_in(streak, at) else streak
