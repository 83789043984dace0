"""Errors of the outbox, apart from those of sending.

Rule: a database error is raised as one of these. What is stored stays stored; what the failed
call asked for didn't happen.
"""

from __future__ import annotations

from smsc_async.errors import SmscError


class OutboxError(SmscError):
    """The outbox couldn't do what the call asked for. No stored entry is lost.

    Args:
        reason: What happened and how to recover; never a message's text.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"outbox: {reason}")


class OutboxFullError(OutboxError):
    """The disk is full. Make room and call again."""


class OutboxLockedError(OutboxError):
    """Another process held the database for longer than *patience*. Calling again is safe."""


class OutboxKeyError(OutboxError):
    """The idempotency key belongs to another message. The new one wasn't queued."""


class OutboxStateError(OutboxError):
    """The entry's state doesn't allow this. Nothing was changed."""
