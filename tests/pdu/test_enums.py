"""Numbers by their names, and numbers that have none."""

from __future__ import annotations

import copy
import pickle

import pytest

from pdu.enums import (
    BindMode,
    CommandId,
    CommandStatus,
    DataCoding,
    EsmClass,
    MessageState,
    Npi,
    OpenIntEnum,
    RegisteredDelivery,
    TlvTag,
    Ton,
)


@pytest.mark.parametrize(
    ("member", "number", "unknown"),
    [
        (CommandId.SUBMIT_SM, 0x4, 0x10203),
        (CommandId.CANCEL_BROADCAST_SM_RESP, 0x8000_0113, 0x8001_0203),
        (CommandStatus.ESME_RTHROTTLED, 0x58, 0x400),
        (CommandStatus.ESME_RINVBCASTCHANIND, 0x112, 0xFFFF_FFFF),
        (TlvTag.RECEIPTED_MESSAGE_ID, 0x1E, 0x2000),
        (TlvTag.ITS_SESSION_INFO, 0x1383, 0x60C),
        (Ton.ABBREVIATED, 6, 9),
        (Npi.WAP_CLIENT_ID, 18, 2),
        (DataCoding.UCS2, 8, 0xF5),
        (MessageState.REJECTED, 8, 10),
    ],
)
def test_unknown_number_stays_a_number(member: OpenIntEnum, number: int, unknown: int) -> None:
    """A gateway's own numbers are values, never exceptions."""
    assert member is type(member).of(number)
    assert unknown == type(member).of(unknown)
    assert int is type(type(member).of(unknown))


@pytest.mark.parametrize(
    ("number", "name", "alias"),
    [
        (0xC0, "ESME_RINVOPTPARSTREAM", "ESME_RINVTLVSTREAM"),
        (0xC1, "ESME_ROPTPARNOTALLWD", "ESME_RTLVNOTALLWD"),
        (0xC2, "ESME_RINVPARLEN", "ESME_RINVTLVLEN"),
        (0xC3, "ESME_RMISSINGOPTPARAM", "ESME_RMISSINGTLV"),
        (0xC4, "ESME_RINVOPTPARAMVAL", "ESME_RINVTLVVAL"),
    ],
)
def test_statuses_that_version_5_renamed(number: int, name: str, alias: str) -> None:
    """Both names mean the number; it is shown by that of v3.4."""
    assert CommandStatus[name] is CommandStatus[alias] is CommandStatus(number)
    assert name == CommandStatus[alias].name


def test_responses_are_requests_with_bit_31() -> None:
    """v3.4 §5.1.2.1; only generic_nack answers no request of its own."""
    responses = {member for member in CommandId if member & 0x8000_0000}

    for response in responses - {CommandId.GENERIC_NACK}:
        assert response.name == f"{CommandId(response & 0x7FFF_FFFF).name}_RESP"


@pytest.mark.parametrize(
    ("octet", "kind", "marks"),
    [
        (0x00, 0x00, ""),
        (0x04, 0x04, "is_receipt"),
        (0x07, 0x04, "is_receipt"),
        (0x44, 0x04, "is_receipt has_udh"),
        (0x20, 0x20, "is_intermediate"),
        (0x24, 0x24, ""),
        (0x43, 0x00, "has_udh"),
        (0xC0, 0x00, "has_udh has_reply_path"),
        (0xFF, 0x3C, "has_udh has_reply_path"),
    ],
)
def test_esm_class_is_read_by_masks(octet: int, kind: int, marks: str) -> None:
    """v3.4 §5.2.12: 0x44 and 0x07 are receipts too; all eight bits survive."""
    value = EsmClass(octet)
    questions = ("is_receipt", "is_intermediate", "has_udh", "has_reply_path")

    assert (octet, kind) == (value, value.message_type)
    assert marks.split() == [question for question in questions if getattr(value, question)]
    assert f"EsmClass(0x{octet:02X})" == repr(value)


@pytest.mark.parametrize(
    ("octet", "receipt", "marks"),
    [
        (0x00, 0, ""),
        (0x01, 1, "wants_receipt"),
        (0x02, 2, "wants_receipt"),
        (0x13, 3, "wants_receipt wants_intermediate"),
        (0xFC, 0, "wants_intermediate"),
    ],
)
def test_registered_delivery_is_read_by_masks(octet: int, receipt: int, marks: str) -> None:
    """v3.4 §5.2.17; all eight bits survive."""
    value = RegisteredDelivery(octet)
    questions = ("wants_receipt", "wants_intermediate")

    assert (octet, receipt) == (value, value.receipt)
    assert marks.split() == [question for question in questions if getattr(value, question)]
    assert f"RegisteredDelivery(0x{octet:02X})" == repr(value)


@pytest.mark.parametrize("value", [EsmClass(0xFF), RegisteredDelivery(0x13), TlvTag.SOURCE_PORT])
def test_numbers_with_names_pickle_and_copy(value: int) -> None:
    """They lie in outboxes and cross processes with the PDUs they are in."""
    for twin in (pickle.loads(pickle.dumps(value)), copy.copy(value)):  # noqa: S301 - our own
        assert (type(value), value) == (type(twin), twin)


def test_bind_modes_are_the_words_of_a_setting() -> None:
    """A configuration file says `mode = "transceiver"`."""
    assert BindMode.TRANSCEIVER is BindMode("transceiver")
    assert {"transmitter", "receiver", "transceiver"} == {mode.value for mode in BindMode}
