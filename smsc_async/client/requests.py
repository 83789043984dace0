"""Requests other than a send: which of them may be sent.

Rule: a request that the gateway documents as unsupported is refused here with its sentence, before
an octet leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pdu import GenericNack, QuerySm, SubmitMulti, SubmitSm
from pdu.names import command_name
from smsc_async._base_errors import check_kind
from smsc_async.errors import (
    LocalProtocolError,
    RemoteProtocolError,
    RequestRefusedError,
    SendError,
)

if TYPE_CHECKING:
    from pdu import Pdu
    from smsc_async.client.submission import Submission
    from smsc_async.gateway.compose import Addressing
    from smsc_async.rules.verdict import Token


def query_of(message: str | Submission[Any], sender: str, addressing: Addressing) -> QuerySm:
    """Return the query_sm of a message.

    Args:
        message: Its id, or the submission itself, of which the first part is queried.
        sender: With an id: the sender as it was submitted; empty if it was.
        addressing: Types of number and numbering plans, those it was submitted with.
    """
    if not isinstance(message, str):
        sender = message.message.sender
        message = message.message_id
    ton, npi = addressing.of_sender(sender)
    return QuerySm(message_id=message, source_addr_ton=ton, source_addr_npi=npi, source_addr=sender)


def reservation_of(error: SendError) -> Token | None:
    """Return what the failed attempt has reserved with the rules, for `retry_of`.

    Raises:
        ConfigError: It is no error of a send.
    """
    check_kind("retry_of", error, SendError)
    return error.reservation


def check_response(request: Pdu, response: Pdu) -> Pdu:
    """Return a response, if its status is ESME_ROK.

    Raises:
        RequestRefusedError: It has another status.
        RemoteProtocolError: It is a generic_nack with ESME_ROK, which says neither yes nor no.
    """
    name = command_name(request.command_id)
    if response.command_status:
        raise RequestRefusedError(name, response.command_status)
    if isinstance(response, GenericNack):
        raise RemoteProtocolError(f"{name} was answered by generic_nack with ESME_ROK")
    return response


def check_request(request: Pdu) -> None:
    """Refuse submit_sm, which `send` sends, and submit_multi, which the gateway doesn't support.

    «Команда SUBMIT_MULTI для множественной рассылки пока не реализована.»

    Raises:
        LocalProtocolError: With the remedy.
    """
    if isinstance(request, SubmitMulti):
        raise LocalProtocolError(
            "submit_multi is not implemented by the gateway; "
            "send one text to many with send_many, a message for each recipient"
        )
    if isinstance(request, SubmitSm):
        raise LocalProtocolError("submit_sm goes through send, which keeps the gateway's rules")
