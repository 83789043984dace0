"""What can go wrong with an outbox, apart from the sending itself.

Rule: whatever the database says arrives as one of these. What was put before stays put; what
was asked for by the call that raised didn't happen.
"""

from __future__ import annotations

from smsc_async.errors import SmscError


class OutboxError(SmscError):
    """The outbox couldn't do what was asked. Nothing that it holds is lost.

    Args:
        reason: What happened, and the way out; no text of a message.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"outbox: {reason}")


class OutboxFullError(OutboxError):
    """There is no room left on the disk. Make room and do it again."""


class OutboxLockedError(OutboxError):
    """Somebody else held the database for longer than our patience. Doing it again is safe."""


class OutboxKeyError(OutboxError):
    """A key was used again for another message, which wasn't taken."""


class OutboxStateError(OutboxError):
    """An entry isn't in a state in which this may be done with it. Nothing was changed."""
