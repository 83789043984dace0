"""Arguments of the client's methods, and requests other than a send: which may be sent.

Rule: a request that the gateway documents as unsupported is refused here with its sentence, before
an octet leaves.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING, Any

from pdu import GenericNack, Pdu, QuerySm, QuerySmResp, SubmitMulti, SubmitSm
from pdu.names import command_name
from smsc_async._base_errors import ConfigError, check_duration, check_function, check_kind, refused
from smsc_async.client.submission import Submission
from smsc_async.config import SmscConfig
from smsc_async.errors import (
    LocalProtocolError,
    RemoteProtocolError,
    RequestRefusedError,
    SendError,
)
from smsc_async.rules.verdict import Hold

if TYPE_CHECKING:
    from smsc_async.gateway.addressing import Addressing
    from smsc_async.rules.verdict import Token


def query_of(message: str | Submission[Any], sender: str, addressing: Addressing) -> QuerySm:
    """Return the query_sm of a message.

    Args:
        message: Its id, or the submission itself, of which the first part is queried.
        sender: With an id: the sender as it was submitted; empty if it was.
        addressing: Types of number and numbering plans, those it was submitted with.

    Raises:
        ConfigError: *message* or *sender* is of another type.
    """
    check_kind("sender", sender, str)
    if not isinstance(message, str):
        check_kind("message", message, Submission)
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


def check_bulk(messages: object, timeout: float | None, hold: Hold | None) -> None:
    """Refuse arguments of `send_many` that can't be used.

    Raises:
        ConfigError: With the name of the argument.
    """
    if timeout is not None:
        check_duration("timeout", timeout)
    if hold is not None:
        check_kind("hold", hold, Hold)
    if not isinstance(messages, Iterable | AsyncIterable):
        raise refused("messages", messages, "takes an iterable or async iterable of messages")


def check_clocks(clock: object, wall_clock: object) -> None:
    """Refuse clocks that aren't functions.

    Raises:
        ConfigError: With the name of the argument.
    """
    for name, function in (("clock", clock), ("wall_clock", wall_clock)):
        if function is not None:
            check_function(name, function)


def config_of(url_or_config: str | SmscConfig, connector: object) -> SmscConfig:
    """Return a config, or read the URL of one; refuse a connector that doesn't go with it.

    Raises:
        ConfigError: It is neither, or the URL or the connector is invalid.
    """
    config = SmscConfig.from_url(url_or_config) if isinstance(url_or_config, str) else url_or_config
    check_kind("url_or_config", config, SmscConfig)
    if connector is not None:
        _check_connector(connector, config)
    return config


def _check_connector(connector: object, config: SmscConfig) -> None:
    """Refuse a connector that isn't a function, or that would never be called.

    Whether its result can be awaited shows at the first call: a partial or a lambda doesn't say.
    """
    kind = type(connector).__name__
    if not callable(connector):
        raise ConfigError(
            "connector", kind, f"takes an async function of host and port, got {kind}"
        )
    if config.is_simulated:
        raise ConfigError("connector", kind, "sim:// connects to nothing; use smpp://")
    if config.local_addr is not None:
        raise ConfigError("connector", kind, "binds its socket itself; leave out local_addr")


def check_response(request: Pdu, response: Pdu) -> Pdu:
    """Return a response, if its status is ESME_ROK.

    Raises:
        RequestRefusedError: It has another status.
        RemoteProtocolError: It is a generic_nack with ESME_ROK, which says neither yes nor no, or
            answers a query without a state.
    """
    name = command_name(request.command_id)
    if response.command_status:
        raise RequestRefusedError(name, response.command_status)
    if isinstance(response, GenericNack):
        raise RemoteProtocolError(f"{name} was answered by generic_nack with ESME_ROK")
    if isinstance(response, QuerySmResp) and not (response.message_id or response.message_state):
        raise RemoteProtocolError(f"{name} was answered with ESME_ROK and no state")
    return response


def check_request(request: Pdu) -> None:
    """Refuse submit_sm, which `send` sends, and submit_multi, which the gateway doesn't support.

    «Команда SUBMIT_MULTI для множественной рассылки пока не реализована.»

    Raises:
        LocalProtocolError: With the remedy.
        ConfigError: It is no PDU.
    """
    check_kind("request", request, Pdu)
    if isinstance(request, SubmitMulti):
        raise LocalProtocolError(
            "submit_multi is not implemented by the gateway; "
            "send one text to many with send_many, a message for each recipient"
        )
    if isinstance(request, SubmitSm):
        raise LocalProtocolError("submit_sm goes through send, which keeps the gateway's rules")
