"""At most fifty messages in a row to one subscriber.

Rule: a row goes on while the gaps are short, and only a gap ends it. Parts count singly. A held
attempt isn't in the row and doesn't lengthen it.

«Сервер также блокирует отправку более 50 сообщений одному абоненту, которые были отправлены с
перерывом между сообщениями менее 30-ти секунд, для защиты от флуда и лишнего списания средств…»
Whether refused attempts count there isn't written, nor whether parts count singly.
"""

from __future__ import annotations

from typing import NamedTuple

from smsc_async.gateway.verdict import Held


class Row(NamedTuple):
    """Messages to one subscriber with short gaps between them.

    Args:
        began_at: Instant of the first one.
        length: How many, parts counted singly, those that were given back not counted.
        last_at: Instant of the last one, given back or not.
    """

    began_at: float
    length: int
    last_at: float


_make = tuple.__new__  # half the time of `Row(…)`


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
        length: Messages of the longest row.
        gap: Seconds without a message that end the row, ours.
        is_counted: It is sent again, and the row has it already.

    Returns:
        The row with the message in it, to be remembered; or `Held`, and nothing is.
    """
    if row is None or at >= (retry_at := row.last_at + gap):
        return _make(Row, (at, parts, last_at))
    if not is_counted and row.length + parts > length:
        return Held("flood", retry_at)
    return join(row, parts, at, last_at, gap, is_counted)


def join(  # noqa: PLR0917 - as decide
    row: Row | None,
    parts: int,
    at: float,
    last_at: float,
    gap: float,
    is_counted: bool = False,  # noqa: FBT001, FBT002 - as above
) -> Row:
    """Return the row with a message in it that was admitted, whatever its length.

    Arguments are those of `decide`.
    """
    if row is None or at >= row.last_at + gap:
        return _make(Row, (at, parts, last_at))
    counted = row.length if is_counted else row.length + parts
    return _make(Row, (row.began_at, counted, max(last_at, row.last_at)))


def is_in(row: Row | None, at: float) -> bool:
    """Whether the message that was admitted for *at* is in this row, not in an earlier one."""
    return row is not None and row.began_at <= at


def give_back(row: Row | None, parts: int, at: float) -> Row | None:
    """Return the row without a message that the gateway refused or that was never written.

    Its instant stays: whether the gateway counts gaps from refused messages isn't written, and
    so we do.

    Args:
        row: What is remembered of this subscriber.
        parts: How many the message counted as.
        at: What it was admitted for.
    """
    if row is None or not is_in(row, at):
        return row
    return row._replace(length=row.length - parts)


def postpone(  # noqa: PLR0917 - as decide
    row: Row | None, parts: int, was_at: float, at: float, last_at: float, gap: float
) -> Row:
    """Return the row after a message of it turned out to be written later.

    Args:
        row: What is remembered of this subscriber.
        parts: How many the message counts as.
        was_at: What it was admitted for.
        at: Instant of the first part's write.
        last_at: Instant of the last part's write.
        gap: Seconds without a message that end the row, ours.
    """
    if row is None or at >= row.last_at + gap:
        return Row(at, parts, last_at)
    length = row.length if is_in(row, was_at) else row.length + parts
    return Row(row.began_at, length, max(row.last_at, last_at))
