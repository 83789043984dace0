"""Errors say whether a message was sent, and show no secret."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

from pdu.enums import CommandStatus
from smsc_async import errors
from smsc_async.errors import (
    BindRefusedError,
    ClientClosedError,
    ConfigError,
    ConnectFailedError,
    FloodLimitError,
    HeldByRuleError,
    InvalidMessageError,
    LinkError,
    LinkLostError,
    LocalProtocolError,
    NoReceiptError,
    Outcome,
    PartsOverdueError,
    ProtocolError,
    ReceiptTimeoutError,
    RemoteProtocolError,
    RepeatedMessageError,
    RequestRefusedError,
    RequestTimeoutError,
    ResponseTimeoutError,
    SendError,
    SmscError,
    SubmitInterruptedError,
    SubmitRefusedError,
    ThrottledError,
)
from smsc_async.messages import Sms

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = "Код входа: 4821"
SMS = Sms(to="79991234567", text=CODE, comment="заказ 17")

EVERY: list[SmscError] = [
    InvalidMessageError("code", "3 characters", "4 to 8 digits"),
    ConfigError("window", 0, "a whole number 1 to 100000, got 0"),
    ConnectFailedError("refused", hosts=("smpp.smsc.ru:3443",)),
    BindRefusedError(CommandStatus.ESME_RINVPASWD, system_id="shop"),
    LinkLostError(),
    ClientClosedError(),
    SendError("anything", message=SMS, outcome=Outcome.UNKNOWN, message_ids=("1",)),
    HeldByRuleError(SMS, retry_after=1.0),
    RepeatedMessageError(SMS, retry_after=47.64),
    FloodLimitError(SMS, retry_after=30.0, reason="50 in a row"),
    SubmitRefusedError(SMS, command_status=0x400, message_ids=("1", "2")),
    ThrottledError(SMS, command_status=CommandStatus.ESME_RTHROTTLED, retry_after=1.0),
    ResponseTimeoutError(SMS, timeout=10.0),
    SubmitInterruptedError(SMS, outcome=Outcome.NOT_SENT),
    PartsOverdueError(SMS, accepted=2, total=5, message_ids=("1", "2")),
    ReceiptTimeoutError("855469", timeout=30.0),
    NoReceiptError("855469", 0),
    RequestRefusedError("query_sm", CommandStatus.ESME_RQUERYFAIL),
    RequestTimeoutError("query_sm", timeout=30.0),
    LocalProtocolError("submit_sm is illegal in OPEN"),
    RemoteProtocolError("undecodable", b"\x00\x01"),
]


def ids(error: SmscError) -> str:
    """Name a case by its class."""
    return type(error).__name__


def test_every_error_has_a_case_here() -> None:
    """A new error needs a case above."""
    grouping = {SmscError, LinkError, ProtocolError}
    declared = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, SmscError)
    }

    assert declared - grouping == {type(error) for error in EVERY}


def pickled(error: SmscError) -> SmscError:
    """Return an error as another process gets it."""
    arrived: SmscError = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own octets
    return arrived


@pytest.mark.parametrize("error", EVERY, ids=ids)
@pytest.mark.parametrize("travel", [copy.copy, copy.deepcopy, pickled])
def test_errors_keep_their_fields_when_copied_or_pickled(
    error: SmscError, travel: Callable[[SmscError], SmscError]
) -> None:
    """Processes pass errors by pickle; an error that loses its outcome costs money."""
    error.add_note("seen in worker 2")

    arrived = travel(error)

    assert type(error) is type(arrived)
    assert str(error) == str(arrived)
    assert vars(error) == vars(arrived)


@pytest.mark.parametrize("error", EVERY, ids=ids)
def test_no_error_shows_a_text_or_a_number(error: SmscError) -> None:
    """Errors end in logs, and the text is a one-time code."""
    shown = f"{error} {error!r} {vars(error)!r}"

    assert "4821" not in shown
    assert "заказ" not in shown
    assert "79991234567" not in shown


@pytest.mark.parametrize("error", EVERY, ids=ids)
def test_messages_of_errors_read_as_sentences_do_in_a_log(error: SmscError) -> None:
    """Lower case and no full stop: they stand in the middle of a log line."""
    assert not str(error).endswith(".")
    assert str(error)[0].islower() or str(error)[0].isdigit()


@pytest.mark.parametrize("error", EVERY, ids=ids)
def test_every_error_says_when_and_what_to_do(error: SmscError) -> None:
    """Users look an error up in its docstring."""
    assert len(type(error).__doc__ or "") > 60


@pytest.mark.parametrize(
    ("kind", "standard"),
    [
        (InvalidMessageError, ValueError),
        (ConfigError, ValueError),
        (LinkError, ConnectionError),
        (ResponseTimeoutError, TimeoutError),
        (ReceiptTimeoutError, TimeoutError),
    ],
)
def test_errors_are_what_the_standard_library_calls_them(
    kind: type[Exception], standard: type[Exception]
) -> None:
    """Code that catches the standard error catches ours."""
    assert issubclass(kind, standard)


def test_wrong_credentials_are_fatal() -> None:
    """Asking again with a wrong password blocks the address after five times."""
    fatal = [
        status
        for status in (0x0D, 0x0E, 0x0F, 0x53, 0x05, 0x400)
        if BindRefusedError(status).is_fatal
    ]

    assert [0x0E, 0x0F, 0x53] == fatal


@pytest.mark.parametrize(("host", "at"), [("gw:2775", " at gw:2775; check login"), ("", "; check")])
def test_refused_bind_names_bind_status_login_host_and_remedy(host: str, at: str) -> None:
    """The first part is what users search the web for."""
    error = BindRefusedError(0x0E, system_id="shop", host=host)

    line = f"bind_transceiver refused: ESME_RINVPASWD (0x0000000E) for system_id 'shop'{at}"
    assert str(error).startswith(line)
    assert host == error.host


def test_held_message_says_when_to_come_back() -> None:
    """A held attempt is free of charge, and the wait is in the error."""
    error = RepeatedMessageError(SMS, retry_after=47.64)

    assert Outcome.NOT_SENT is error.outcome
    assert 47.64 == error.retry_after
    assert "7999***67" in str(error)
    assert "retry_after=47.6" in str(error)


def test_reason_of_a_rule_wins_over_the_general_one() -> None:
    """The rule has the numbers of the source document."""
    assert "50 in a row" in str(FloodLimitError(SMS, retry_after=30.0, reason="50 in a row"))


def test_refusal_keeps_an_unlisted_status_as_a_number() -> None:
    """0x400 to 0x4FF are the vendor's, and the number is all there is."""
    error = SubmitRefusedError(SMS, command_status=0x4AB)

    assert Outcome.REFUSED is error.outcome
    assert 0x4AB == error.command_status
    assert "0x000004AB" in str(error)


def test_throttled_message_is_a_refused_one() -> None:
    """Nothing was accepted, and it says after which wait another attempt makes sense."""
    error = ThrottledError(SMS, command_status=0x58, retry_after=1.5)

    assert isinstance(error, SubmitRefusedError)
    assert Outcome.REFUSED is error.outcome
    assert 1.5 == error.retry_after


def test_timeout_is_unknown() -> None:
    """No response isn't a refusal: it may have been delivered and charged."""
    error = ResponseTimeoutError(SMS, timeout=10.0, message_ids=("7",))

    assert Outcome.UNKNOWN is error.outcome
    assert ("7",) == error.message_ids
    assert "in 10.0 s" in str(error)


@pytest.mark.parametrize(("accepted", "outcome"), [(0, Outcome.NOT_SENT), (2, Outcome.UNKNOWN)])
def test_incomplete_message_is_unknown_unless_no_part_was_accepted(
    accepted: int, outcome: Outcome
) -> None:
    """The operator may deliver the accepted parts or reject them."""
    assert outcome is PartsOverdueError(SMS, accepted=accepted, total=5).outcome


def test_failed_connection_names_every_host() -> None:
    """The first thing to check is the spelling of the host."""
    error = ConnectFailedError("timed out", hosts=("a:1", "b:2"))

    assert "no connection to a:1, b:2: timed out" == str(error)
    assert "no connection to the gateway: timed out" == str(ConnectFailedError("timed out"))


def test_frame_of_a_protocol_error_is_kept_and_not_shown() -> None:
    """It may hold a text and a number."""
    error = RemoteProtocolError("undecodable", b"4821")

    assert b"4821" == error.frame
    assert "4821" not in repr(error)
