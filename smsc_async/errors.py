"""What can go wrong for a user of the client, and whether it cost anything.

Rule: every error of sending answers "did it go?" (`SendError.outcome`), because someone pays
per message. No error shows a message text or a password, and phone numbers are masked.

All of them pickle and copy with every field, so they may cross a process border.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from pdu.enums import CommandStatus
from pdu.masking import mask_number
from pdu.names import status_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsc_async.messages import Message

_WRONG_CREDENTIALS = frozenset(
    {
        CommandStatus.ESME_RINVPASWD,
        CommandStatus.ESME_RINVSYSID,
        CommandStatus.ESME_RINVSYSTYP,
    }
)


class Outcome(Enum):
    """What became of a message whose sending failed."""

    NOT_SENT = "not sent"
    """No octet of it left; nothing is paid, sending it again is safe."""
    REFUSED = "refused"
    """The gateway answered no; what it refused isn't paid."""
    UNKNOWN = "unknown"
    """It may have been accepted, delivered and paid; sending it again may pay twice."""


def _restore(
    kind: type[SmscError], args: tuple[object, ...], state: Mapping[str, Any]
) -> SmscError:
    """Put an error together again without calling its class."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class SmscError(Exception):
    """Whatever this package raises on purpose. `except SmscError` catches it all."""

    def __reduce__(self) -> tuple[object, ...]:
        # Exception's own way calls the class with `args`, which here is the finished sentence.
        return _restore, (type(self), self.args, self.__dict__)


class InvalidMessageError(SmscError, ValueError):
    """A message that can't be sent as it is. Raised by the message itself, before any I/O.

    Nothing was sent and nothing was paid. Mend the field that is named.

    Args:
        field: The field of the message, as it is spelled there.
        value: The offending value, or where that is a text or a number a description of it.
        reason: What is wrong, the limit, and the way out.
    """

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.value = value
        self.reason = reason


class ConfigError(SmscError, ValueError):
    """A setting or a URL that makes no sense. Raised before any I/O; nothing was paid.

    Args:
        name: The setting, or the part of the URL.
        value: The offending value, or a description of it where it is a secret.
        reason: What is wrong, what is allowed, and the way out.
    """

    def __init__(self, name: str, value: object, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.value = value
        self.reason = reason


class LinkError(SmscError, ConnectionError):
    """There is no link to the gateway. Of any message in flight a `SendError` tells."""


class ConnectFailedError(LinkError):
    """No host took the connection: no TCP, or no TLS. Chained to the `OSError`.

    Nothing was sent and nothing was paid. Check host and port, and that the account lists
    the address one connects from.

    Args:
        reason: What the operating system said.
        hosts: Every "host:port" that was tried.
    """

    def __init__(self, reason: str, *, hosts: tuple[str, ...] = ()) -> None:
        super().__init__(f"no connection to {', '.join(hosts) or 'the gateway'}: {reason}")
        self.hosts = hosts


class BindRefusedError(LinkError):
    """The gateway took the connection and refused the bind. Nothing was sent or paid.

    Args:
        command_status: The number in the bind response.
        bind: Name of the request ("bind_transceiver").
        system_id: Who asked.
    """

    def __init__(
        self, command_status: int, *, bind: str = "bind_transceiver", system_id: str = ""
    ) -> None:
        super().__init__(
            f"{bind} refused: {status_label(command_status)} for system_id {system_id!r}"
        )
        self.command_status = command_status
        self.system_id = system_id

    @property
    def is_fatal(self) -> bool:
        """Wrong credentials: asking again is useless, and soon blocks the address."""
        return self.command_status in _WRONG_CREDENTIALS


class LinkLostError(LinkError):
    """The link was up and went away; it reconnects by itself.

    Args:
        reason: Who ended it, and how.
    """

    def __init__(self, reason: str = "the connection was closed by the gateway") -> None:
        super().__init__(f"link lost: {reason}")


class ClientClosedError(LinkError):
    """The client was used before `async with` was entered or after it was left.

    Nothing was sent and nothing was paid.
    """

    def __init__(self, reason: str = "use it inside `async with`") -> None:
        super().__init__(f"the client is closed: {reason}")


class SendError(SmscError):
    """A message that wasn't accepted, or perhaps wasn't. `outcome` tells which.

    Args:
        reason: What happened, in a sentence that holds no text and no whole number.
        message: The message as the user made it. Its `repr` shows no text.
        outcome: Whether it went, as far as is known.
        message_ids: The gateway's ids of the parts it did accept, in order of acceptance.
            These are paid, whatever the outcome of the whole.

    Attributes:
        reservation: Names the place that a message of unknown outcome keeps in the rules, for
            `send(…, retry_of=error)`.
    """

    reservation: float | str | None = None

    def __init__(
        self,
        reason: str,
        *,
        message: Message[Any],
        outcome: Outcome,
        message_ids: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{reason} (outcome={outcome.name})")
        self.message = message
        self.outcome = outcome
        self.message_ids = message_ids


class HeldByRuleError(SendError):
    """Held on our side by a rule, before the gateway could refuse it. Free of charge.

    Wait `retry_after` seconds and send again, or let `send(…, hold=Hold.wait(…))` wait.

    Args:
        message: The message that is held.
        retry_after: Seconds until the rule lets it pass, if nothing else is sent.
        reason: Which rule, with its numbers.
    """

    _reason = "a rule of the gateway would refuse it"

    def __init__(
        self, message: Message[Any], *, retry_after: float, reason: str | None = None
    ) -> None:
        super().__init__(
            f"message to {mask_number(message.to)} is held: {reason or self._reason}"
            f"; send it after the wait (retry_after={retry_after:.1f})",
            message=message,
            outcome=Outcome.NOT_SENT,
        )
        self.retry_after = retry_after


class RepeatedMessageError(HeldByRuleError):
    """The same message was sent a moment ago, and the gateway takes no repeat that soon.

    Nothing was sent and nothing was paid.
    """

    _reason = "the same message was sent a moment ago, and the gateway takes no repeat that soon"


class FloodLimitError(HeldByRuleError):
    """Too many messages in a row to one subscriber; the gateway would block the next.

    Nothing was sent and nothing was paid. Only a pause ends the row.
    """

    _reason = "too many messages in a row to one subscriber, only a pause ends the row"


class SubmitRefusedError(SendError):
    """The gateway answered a submit_sm with an error. What it refused isn't paid.

    Of a message in several parts some may have been accepted before: `message_ids`.

    Args:
        message: The message that was refused.
        command_status: The number in the response.
        message_ids: Ids of the parts accepted before the refusal.
    """

    def __init__(
        self, message: Message[Any], *, command_status: int, message_ids: tuple[str, ...] = ()
    ) -> None:
        super().__init__(
            f"submit_sm to {mask_number(message.to)} refused: {status_label(command_status)}",
            message=message,
            outcome=Outcome.REFUSED,
            message_ids=message_ids,
        )
        self.command_status = command_status


class ThrottledError(SubmitRefusedError):
    """Too fast for the gateway, or its queue is full, and our patience ended.

    What it refused isn't paid. Send it again after `retry_after` seconds, and slower.

    Args:
        message: The message that was refused.
        command_status: The number in the last response.
        retry_after: Seconds after which another attempt makes sense.
        message_ids: Ids of the parts accepted before the refusal.
    """

    def __init__(
        self,
        message: Message[Any],
        *,
        command_status: int,
        retry_after: float,
        message_ids: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, command_status=command_status, message_ids=message_ids)
        self.retry_after = retry_after


class ResponseTimeoutError(SendError, TimeoutError):
    """The gateway gave no response in time. The message may have been delivered and paid.

    Look for its receipt, or send it again on purpose with `send(…, retry_of=error)`: inside
    the minute the gateway's own repeat rule makes that safe, later it may be paid twice.

    Args:
        message: The message whose response is missing.
        timeout: Seconds that were waited.
        message_ids: Ids of the parts that were answered.
    """

    def __init__(
        self, message: Message[Any], *, timeout: float, message_ids: tuple[str, ...] = ()
    ) -> None:
        super().__init__(
            f"submit_sm to {mask_number(message.to)} got no response in {timeout:.1f} s"
            "; it may have been delivered",
            message=message,
            outcome=Outcome.UNKNOWN,
            message_ids=message_ids,
        )
        self.timeout = timeout


class SubmitInterruptedError(SendError):
    """The link was lost while the message was on its way.

    `NOT_SENT` if no octet of it was written: send it again. `UNKNOWN` otherwise: it may have
    been delivered and paid, see `ResponseTimeoutError` for the way on.

    Args:
        message: The message that was interrupted.
        outcome: `NOT_SENT` before the write, `UNKNOWN` after it.
        message_ids: Ids of the parts that were answered before.
        reason: What ended the link.
    """

    def __init__(
        self,
        message: Message[Any],
        *,
        outcome: Outcome,
        message_ids: tuple[str, ...] = (),
        reason: str = "the link was lost",
    ) -> None:
        super().__init__(
            f"submit_sm to {mask_number(message.to)} interrupted: {reason}",
            message=message,
            outcome=outcome,
            message_ids=message_ids,
        )


class PartsOverdueError(SendError):
    """The time for all parts of one message is over, and the rest wasn't sent.

    The accepted parts are paid; the operator may still reject the torso. `NOT_SENT` if not
    one was accepted, else `UNKNOWN`. A slow link or a full window is the usual cause.

    Args:
        message: The message that stayed incomplete.
        accepted: How many parts the gateway accepted.
        total: How many there are.
        message_ids: Ids of the accepted parts.
    """

    def __init__(
        self,
        message: Message[Any],
        *,
        accepted: int,
        total: int,
        message_ids: tuple[str, ...] = (),
    ) -> None:
        super().__init__(
            f"{accepted} of {total} parts to {mask_number(message.to)} were accepted in time"
            "; the rest isn't sent",
            message=message,
            outcome=Outcome.UNKNOWN if accepted else Outcome.NOT_SENT,
            message_ids=message_ids,
        )
        self.accepted = accepted
        self.total = total


class ReceiptTimeoutError(SmscError, TimeoutError):
    """Waiting for a receipt ended. The message itself is accepted, paid, and fine.

    Wait again, or read the receipt from `receipts()` when it comes.

    Args:
        message_id: The gateway's id of the message.
        timeout: Seconds that were waited.
    """

    def __init__(self, message_id: str, *, timeout: float) -> None:
        super().__init__(
            f"no final receipt for message_id {message_id!r} in {timeout:.1f} s"
            "; the message itself is accepted"
        )
        self.message_id = message_id
        self.timeout = timeout


class RequestRefusedError(SmscError):
    """The gateway answered another request than a submit with an error. Nothing was paid.

    Args:
        request: Name of the request ("query_sm").
        command_status: The number in the response.
    """

    def __init__(self, request: str, command_status: int) -> None:
        super().__init__(f"{request} refused: {status_label(command_status)}")
        self.request = request
        self.command_status = command_status


class RequestTimeoutError(SmscError, TimeoutError):
    """Another request than a submit got no response in time. Asking again is safe.

    Args:
        request: Name of the request ("query_sm").
        timeout: Seconds that were waited.
    """

    def __init__(self, request: str, *, timeout: float) -> None:
        super().__init__(f"{request} got no response in {timeout:.1f} s")
        self.request = request
        self.timeout = timeout


class ProtocolError(SmscError):
    """Somebody broke SMPP. Which side, the two classes below tell."""


class LocalProtocolError(ProtocolError):
    """Something illegal in this state was asked of the session: a mistake on our side.

    No octet of it was written.
    """


class RemoteProtocolError(ProtocolError):
    """The gateway sent something undecodable or out of turn. Chained to the `PduError`.

    Args:
        reason: What was wrong with it.
        frame: The octets, where there are any. They may hold texts and numbers, so neither
            `str` nor `repr` shows them.
    """

    def __init__(self, reason: str, frame: bytes = b"") -> None:
        super().__init__(reason)
        self.frame = frame
