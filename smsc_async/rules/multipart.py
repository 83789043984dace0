"""All parts of one message within a minute.

Rule: the time runs from the write of the first part, and whoever writes the next one asks here
first. What is late isn't sent: the torso would be paid and rejected.

«При отправке составного сообщения все SMS-части должны быть переданы на сервер в течение минуты.
В противном случае оператор может отклонить сообщение, так как для проверки на фильтры и шаблоны
все SMS-части предварительно необходимо склеить, и большинство операторов ожидает не более
минуты.»
"""

from __future__ import annotations


def deadline(first_at: float, window: float) -> float:
    """Return the last instant at which a part may be written.

    Args:
        first_at: Instant of the first part's write.
        window: Seconds for all parts, ours; infinite for no such rule.
    """
    return first_at + window


def is_in_time(first_at: float, now: float, window: float) -> bool:
    """Whether there is still time for a further part."""
    return now <= deadline(first_at, window)


def fits(parts: int, interval: float, window: float) -> bool:
    """Whether a message of so many parts can be in time at all.

    Args:
        parts: How many submit_sm it is.
        interval: Seconds between the writes of two parts.
        window: Seconds for all parts, ours.
    """
    return (parts - 1) * interval <= window
