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


class OutboxUnavailableError(OutboxError):
    """The database can't be reached now. Calling again later is safe with a key."""


class OutboxLockedError(OutboxUnavailableError):
    """Another process held the database for longer than *patience*. Calling again is safe."""


class OutboxMovedError(OutboxError):
    """The file was moved, deleted or replaced while it was open. The call changed nothing."""


class OutboxVersionError(OutboxError):
    """Another version of this library made the tables or is using them. Nothing was changed."""


class OperationError(OutboxError):
    """One operation can't be done, whatever the state of the database; others can.

    Not public: callers get it as an `OutboxError`.
    """


class OutboxKeyError(OutboxError):
    """The idempotency key belongs to another message. The new one wasn't queued."""


class OutboxStateError(OutboxError):
    """The entry's state doesn't allow this. Nothing was changed."""


class OutboxConsentError(OutboxError):
    """Sending the entry again may be charged twice, and the caller didn't allow that.

    Nothing was changed. `resend(entry, may_pay_twice=True)` sends it nevertheless.
    """
