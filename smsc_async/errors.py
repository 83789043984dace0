"""All errors of the client.

Rule: every error of sending says whether the message was sent (`SendError.outcome`), because
each message is charged. No error shows a message text or a password; phone numbers are masked.

Errors pickle and copy with all their fields, so they may be passed between processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pdu.masking import mask_address
from pdu.names import status_label
from smsc_async._base_errors import (
    ConfigError,
    InvalidMessageError,
    NoReceiptError,
    Outcome,
    ReceiptTimeoutError,
    SmscError,
)
from smsc_async._bind_refusals import WRONG_CREDENTIALS, remedy_of

if TYPE_CHECKING:
    from smsc_async.messages import Message

__all__ = [
    "BindRefusedError", "ClientClosedError", "ConfigError", "ConnectFailedError",
    "FloodLimitError", "HeldByRuleError", "InvalidMessageError", "LinkError", "LinkLostError",
    "LocalProtocolError", "NoReceiptError", "Outcome", "PartsOverdueError", "ProtocolError",
    "ReceiptTimeoutError", "RemoteProtocolError", "RepeatedMessageError", "RequestRefusedError",
    "RequestTimeoutError", "ResponseTimeoutError", "SendError", "SmscError",
    "SubmitInterruptedError", "SubmitRefusedError", "ThrottledError",
]  # fmt: skip

# A traceback names the module that users import.
for _name in (
    SmscError,
    ConfigError,
    InvalidMessageError,
    NoReceiptError,
    Outcome,
    ReceiptTimeoutError,
):
    _name.__module__ = __name__


class LinkError(SmscError, ConnectionError):
    """There is no link to the gateway. A message in flight fails with a `SendError`."""


class ConnectFailedError(LinkError):
    """No TCP or TLS connection to any host. Chained to the `OSError`.

    Nothing was sent and nothing was charged. Check host and port, and that the account allows
    the IP address of this machine.

    Args:
        reason: The operating system's message.
        hosts: Every "host:port" that was tried.
    """

    def __init__(self, reason: str, *, hosts: tuple[str, ...] = ()) -> None:
        super().__init__(f"no connection to {', '.join(hosts) or 'the gateway'}: {reason}")
        self.hosts = hosts


class BindRefusedError(LinkError):
    """The connection was made, and the gateway refused the bind. Nothing was sent or charged.

    Args:
        command_status: Of the bind response.
        bind: Name of the request ("bind_transceiver").
        system_id: The login.
        host: "host:port" that refused it.
    """

    def __init__(
        self,
        command_status: int,
        *,
        bind: str = "bind_transceiver",
        system_id: str = "",
        host: str = "",
    ) -> None:
        at = f" at {host}" if host else ""
        super().__init__(
            f"{bind} refused: {status_label(command_status)} for system_id {system_id!r}{at}"
            f"; {remedy_of(command_status)}"
        )
        self.command_status = command_status
        self.system_id = system_id
        self.host = host

    @property
    def is_fatal(self) -> bool:
        """Whether the credentials are wrong: repeated attempts get the IP address blocked."""
        return self.command_status in WRONG_CREDENTIALS


class LinkLostError(LinkError):
    """A bound link was lost; it reconnects by itself.

    Args:
        reason: Which side ended it, and how.
    """

    def __init__(self, reason: str = "the connection was closed by the gateway") -> None:
        super().__init__(f"link lost: {reason}")


class ClientClosedError(LinkError):
    """The client was used outside of `async with`.

    Nothing was sent and nothing was charged.
    """

    def __init__(self, reason: str = "use it inside `async with`") -> None:
        super().__init__(f"the client is closed: {reason}")


class SendError(SmscError):
    """A message wasn't accepted, or it is unknown whether it was: see `outcome`.

    Args:
        reason: What happened, without the message text and with numbers masked.
        message: The message as the user made it. Its `repr` shows no text.
        outcome: Whether it was sent, as far as is known.
        message_ids: The gateway's ids of the accepted parts, in order of acceptance. These
            are charged, whatever the outcome of the whole message.

    Attributes:
        reservation: Id of the reservation that a message of unknown outcome keeps in the
            rules, for `send(…, retry_of=error)`.
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
    """A rule or a check held the message on our side, before the gateway could refuse it.

    Nothing was sent and nothing was charged. Wait `retry_after` seconds and send it again, or let
    `send(…, hold=Hold.wait(…))` wait.

    Args:
        message: The held message.
        retry_after: Seconds until the rule admits it, if nothing else is sent.
        reason: Which rule, with its numbers.
    """

    _reason = "a rule of the gateway would refuse it"

    def __init__(
        self, message: Message[Any], *, retry_after: float, reason: str | None = None
    ) -> None:
        super().__init__(
            f"message to {mask_address(message.to)} is held: {reason or self._reason}"
            f"; send it after the wait (retry_after={retry_after:.1f})",
            message=message,
            outcome=Outcome.NOT_SENT,
        )
        self.retry_after = retry_after


class RepeatedMessageError(HeldByRuleError):
    """The same message was sent within the repeat window; the gateway would refuse it.

    Nothing was sent and nothing was charged.
    """

    _reason = "the same message was sent a moment ago, and the gateway takes no repeat that soon"


class FloodLimitError(HeldByRuleError):
    """Too many messages in a row to one subscriber; the gateway would block the next.

    Nothing was sent and nothing was charged. Only a pause ends the streak.
    """

    _reason = "too many messages in a row to one subscriber, only a pause ends the row"


class SubmitRefusedError(SendError):
    """The gateway answered a submit_sm with an error. What it refused isn't charged.

    Some parts of a long message may have been accepted before: `message_ids`. `status_text` has the
    gateway's own words as it wrote them, from the TLV additional_status_info_text.

    Args:
        message: The refused message.
        command_status: Of the response.
        outcome: `REFUSED`; for `ThrottledError` see there.
        message_ids: Ids of the parts accepted before the refusal.
    """

    status_text: str = ""

    def __init__(
        self,
        message: Message[Any],
        *,
        command_status: int,
        outcome: Outcome = Outcome.REFUSED,
        message_ids: tuple[str, ...] = (),
    ) -> None:
        what = "refused" if outcome is Outcome.REFUSED else "not written, the gateway is refusing"
        super().__init__(
            f"submit_sm to {mask_address(message.to)} {what}: {status_label(command_status)}",
            message=message,
            outcome=outcome,
            message_ids=message_ids,
        )
        self.command_status = command_status


class ThrottledError(SubmitRefusedError):
    """The gateway throttled the message, or its queue was full, until the send ended.

    `REFUSED` if the message itself was refused; `NOT_SENT` if it was never written, since it waited
    behind others that were. Neither is charged. Send it again after `retry_after` seconds, and
    slower.

    Args:
        message: The refused message.
        command_status: Of the last response, to this message or another.
        retry_after: Seconds to wait before another attempt.
        outcome: `REFUSED`, `NOT_SENT`, or `UNKNOWN` if other parts of it may have been accepted.
        message_ids: Ids of the parts accepted before the refusal.
    """

    def __init__(
        self,
        message: Message[Any],
        *,
        command_status: int,
        retry_after: float,
        outcome: Outcome = Outcome.REFUSED,
        message_ids: tuple[str, ...] = (),
    ) -> None:
        super().__init__(
            message, command_status=command_status, outcome=outcome, message_ids=message_ids
        )
        self.retry_after = retry_after


class ResponseTimeoutError(SendError, TimeoutError):
    """No response in time. The message may have been delivered and charged.

    Look for its receipt, or send it again on purpose with `send(…, retry_of=error)`: within
    a minute the gateway's own repeat rule makes that safe, later it may be charged twice.

    Args:
        message: The message without a response.
        timeout: How long the response was awaited, seconds; or the `within` of the whole send.
        message_ids: Ids of the accepted parts.
    """

    def __init__(
        self, message: Message[Any], *, timeout: float, message_ids: tuple[str, ...] = ()
    ) -> None:
        super().__init__(
            f"submit_sm to {mask_address(message.to)} got no response in {timeout:.1f} s"
            "; it may have been delivered",
            message=message,
            outcome=Outcome.UNKNOWN,
            message_ids=message_ids,
        )
        self.timeout = timeout


class SubmitInterruptedError(SendError):
    """The link was lost, the client was left, or `within` ended while the message was being sent.

    `NOT_SENT` if no octet of it was written: send it again. `UNKNOWN` otherwise: it may have
    been delivered and charged; proceed as after a `ResponseTimeoutError`.

    Args:
        message: The interrupted message.
        outcome: `NOT_SENT` before the write, `UNKNOWN` after it.
        message_ids: Ids of the parts accepted before.
        reason: What ended the attempt.
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
            f"submit_sm to {mask_address(message.to)} interrupted: {reason}",
            message=message,
            outcome=outcome,
            message_ids=message_ids,
        )


class PartsOverdueError(SendError):
    """The time for sending all parts of a message ended, and the rest wasn't sent.

    The accepted parts are charged; the operator may still reject the incomplete message.
    `NOT_SENT` if no part was accepted, else `UNKNOWN`. The usual cause is a slow link or a
    full window.

    Args:
        message: The incomplete message.
        accepted: Number of parts the gateway accepted.
        total: Number of all parts.
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
            f"{accepted} of {total} parts to {mask_address(message.to)} were accepted in time"
            "; the rest isn't sent",
            message=message,
            outcome=Outcome.UNKNOWN if accepted else Outcome.NOT_SENT,
            message_ids=message_ids,
        )
        self.accepted = accepted
        self.total = total


class RequestRefusedError(SmscError):
    """The gateway answered a request other than a submit with an error. Nothing was charged.

    Args:
        request: Name of the request ("query_sm").
        command_status: Of the response.
    """

    def __init__(self, request: str, command_status: int) -> None:
        super().__init__(f"{request} refused: {status_label(command_status)}")
        self.request = request
        self.command_status = command_status


class RequestTimeoutError(SmscError, TimeoutError):
    """A request other than a submit got no response in time. Repeating it is safe.

    Args:
        request: Name of the request ("query_sm").
        timeout: How long the response was awaited, seconds.
    """

    def __init__(self, request: str, *, timeout: float) -> None:
        super().__init__(f"{request} got no response in {timeout:.1f} s")
        self.request = request
        self.timeout = timeout


class ProtocolError(SmscError):
    """SMPP was violated: by us (`LocalProtocolError`) or the gateway (`RemoteProtocolError`)."""


class LocalProtocolError(ProtocolError):
    """A request is illegal in the session's state: a mistake on our side.

    No octet was written.
    """


class RemoteProtocolError(ProtocolError):
    """The gateway sent something undecodable or out of turn. Chained to the `PduError`.

    Args:
        reason: What is wrong with it.
        frame: The octets, where there are any. They may hold texts and numbers, so `str` and
            `repr` don't show them.
    """

    def __init__(self, reason: str, frame: bytes = b"") -> None:
        super().__init__(reason)
        self.frame = frame
