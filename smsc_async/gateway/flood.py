"""At most fifty messages in a row to one subscriber.

Rule: a row goes on while the gaps are short, and only a gap ends it. Parts count singly. A held
attempt isn't in the row and doesn't lengthen it.

«Сервер также блокирует отправку более 50 сообщений одному абоненту, которые были отправлены с
перерывом между сообщениями менее 30-ти секунд, для защиты от флуда и лишнего списания средств…»
Whether refused attempts count there isn't written, nor whether parts count singly.
"""

from __future__ import annotations

from typing import Final, cast

from smsc_async.gateway.verdict import Held

Row = tuple[float, int, float]
"""Messages to one subscriber with short gaps between them: the instant of the first one; how many,
parts counted singly, those that were given back not counted; the instant of the last one, given
back or not. Every message makes one, and a named tuple takes four times as long to make."""

_ANY_LENGTH: Final = float("inf")


def decide(  # noqa: PLR0917 - called for every message, and keywords cost time
    row: Row | None,
    parts: int,
    at: float,
    last_at: float,
    length: float,
    gap: float,
    is_counted: bool = False,  # noqa: FBT001, FBT002 - as above
) -> Held | Row:
    """Say whether a message may join the row, and what the row is then.

    Args:
        row: What is remembered of this subscriber.
        parts: How many it counts as.
        at: Instant of the first part's write.
        last_at: Instant of the last part's write.
        length: Messages of the longest row; infinite for any number.
        gap: Seconds without a message that end the row, ours.
        is_counted: It is sent again, and the row has it already.

    Returns:
        The row with the message in it, to be remembered; or `Held`, and nothing is.
    """
    if row is None:
        return at, parts, last_at
    began_at, joined, row_last_at = row
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
    row: Row | None,
    parts: int,
    at: float,
    last_at: float,
    gap: float,
    is_counted: bool,  # noqa: FBT001 - as decide
) -> Row:
    """Return the row with a message in it that is sent in any case.

    Arguments are those of `decide`.
    """
    return cast("Row", decide(row, parts, at, last_at, _ANY_LENGTH, gap, is_counted))


def is_in(row: Row | None, at: float) -> bool:
    """Whether the message that was admitted for *at* is in this row, not in an earlier one."""
    return row is not None and row[0] <= at


def give_back(row: Row, parts: int, at: float) -> Row:
    """Return the row without a message that the gateway refused or that was never written.

    Its instant stays: whether the gateway counts gaps from refused messages isn't written, and
    so we do.

    Args:
        row: What is remembered of this subscriber.
        parts: How many the message counted as.
        at: What it was admitted for.
    """
    began_at, length, last_at = row
    return (began_at, length - parts, last_at) if is_in(row, at) else row
