"""The public names are fixed: code of users depends on them."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

PUBLIC = {
    "smsc_async": """
        SmscClient SmscConfig Timeouts ReconnectPolicy GatewayLimits Hold
        QuietHours Check RuleStore Dialect SMSC_RU GENERIC
        Sms Email VoiceCall Voice Viber Social TelegramCode TelegramBot HlrQuery Ping Submit
        Coding LongText
        Submission FailedSubmission Receipt HlrReceipt IncomingMessage
        MessageState Outcome CommandStatus
        MemoryRuleStore RedisRuleStore
        SmscError InvalidMessageError
        LinkError ConnectFailedError BindRefusedError LinkLostError ClientClosedError
        SendError HeldByRuleError RepeatedMessageError FloodLimitError
        SubmitRefusedError ThrottledError
        ResponseTimeoutError SubmitInterruptedError PartsOverdueError
        ReceiptTimeoutError NoReceiptError ProtocolError LocalProtocolError RemoteProtocolError
    """,
    "smsc_async.outbox": """
        Outbox PostgresOutbox OutboxEntry OutboxState
        OutboxError OutboxFullError OutboxKeyError OutboxLockedError OutboxStateError
        OutboxConsentError OutboxVersionError OutboxUnavailableError OutboxMovedError
    """,
    "pdu": """
        encode decode explain FrameBuffer Tlv RESPONSES
        PduError EncodeError DecodeError FramingError
        CommandId CommandStatus Ton Npi EsmClass RegisteredDelivery DataCoding MessageState
        TlvTag BindMode
        GenericNack UnknownPdu Outbind AlertNotification
        BindReceiver BindReceiverResp BindTransmitter BindTransmitterResp
        BindTransceiver BindTransceiverResp
        Unbind UnbindResp EnquireLink EnquireLinkResp
        SubmitSm SubmitSmResp SubmitMulti SubmitMultiResp DeliverSm DeliverSmResp
        DataSm DataSmResp QuerySm QuerySmResp ReplaceSm ReplaceSmResp CancelSm CancelSmResp
        BroadcastSm BroadcastSmResp QueryBroadcastSm QueryBroadcastSmResp
        CancelBroadcastSm CancelBroadcastSmResp
    """,
}


@pytest.mark.parametrize("package", PUBLIC)
def test_fixed_names_are_public(package: str) -> None:
    """A name that goes missing breaks its users at import, at best."""
    public = importlib.import_module(package).__all__

    assert set() == set(PUBLIC[package].split()) - set(public)


@pytest.mark.parametrize("package", PUBLIC)
def test_public_names_are_there_once(package: str) -> None:
    """`__all__` is written by hand, in groups: nothing twice, nothing that isn't there."""
    module = importlib.import_module(package)

    assert len(module.__all__) == len(set(module.__all__))
    assert [] == [name for name in module.__all__ if not hasattr(module, name)]


@pytest.mark.parametrize("package", PUBLIC)
def test_public_names_have_a_docstring(package: str) -> None:
    """What an editor shows about a name is the first documentation that a user reads."""
    module = importlib.import_module(package)
    speaking = [name for name in module.__all__ if callable(getattr(module, name))]

    assert [] == [name for name in speaking if not getattr(module, name).__doc__]


def test_submission_shows_these_names_and_no_others() -> None:
    """What a user reads of a submission is fixed; its job is private and may change."""
    submission = importlib.import_module("smsc_async").Submission
    shown = [name for name in dir(submission) if not name.startswith("_")]

    assert [
        "message",
        "message_id",
        "message_ids",
        "parts",
        "receipt",
        "receipts",
        "state",
    ] == shown


def test_shared_rules_cost_nothing_until_they_are_used() -> None:
    """Neither the library of the extra nor the store that needs it is imported in advance."""
    question = "import sys, smsc_async; print([n for n in sys.modules if 'redis' in n])"

    done = subprocess.run(  # noqa: S603 - a fixed list of arguments
        [sys.executable, "-c", question], capture_output=True, text=True, check=True
    )

    assert "[]" == done.stdout.strip()


def test_unknown_name_is_an_error() -> None:
    """As of any other module."""
    with pytest.raises(AttributeError, match="no attribute 'RedisStore'"):
        importlib.import_module("smsc_async").RedisStore  # noqa: B018 - asking is the test


def test_errors_are_what_the_standard_library_calls_them() -> None:
    """Code that catches `ValueError`, `ConnectionError` or `TimeoutError` catches ours as well."""
    smsc_async = importlib.import_module("smsc_async")

    assert issubclass(smsc_async.InvalidMessageError, ValueError)
    assert issubclass(smsc_async.LinkError, ConnectionError)
    assert issubclass(smsc_async.ResponseTimeoutError, TimeoutError)
    assert issubclass(smsc_async.ReceiptTimeoutError, TimeoutError)


def test_pdu_errors_do_not_reach_users_of_the_client() -> None:
    """The session is the border: no error of the codec is an error of the client."""
    smsc_async = importlib.import_module("smsc_async")

    assert not issubclass(importlib.import_module("pdu").PduError, smsc_async.SmscError)
    assert "PduError" not in smsc_async.__all__
