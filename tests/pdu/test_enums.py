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


def test_responses_are_requests_with_bit_31() -> None:
    """v3.4 §5.1.2.1; only generic_nack answers no request of its own."""
    responses = {member for member in CommandId if member & 0x8000_0000}

    for response in responses - {CommandId.GENERIC_NACK}:
        assert response.name == f"{CommandId(response & 0x7FFF_FFFF).name}_RESP"


@pytest.mark.parametrize(
    ("octet", "kind", "receipt", "intermediate", "udh", "reply_path"),
    [
        (0x00, 0x00, False, False, False, False),
        (0x04, 0x04, True, False, False, False),
        (0x07, 0x04, True, False, False, False),
        (0x44, 0x04, True, False, True, False),
        (0x20, 0x20, False, True, False, False),
        (0x24, 0x24, False, False, False, False),
        (0x43, 0x00, False, False, True, False),
        (0xC0, 0x00, False, False, True, True),
        (0xFF, 0x3C, False, False, True, True),
    ],
)
def test_esm_class_is_read_by_masks(  # noqa: PLR0917 - the columns of a table
    octet: int, kind: int, receipt: bool, intermediate: bool, udh: bool, reply_path: bool
) -> None:
    """v3.4 §5.2.12: 0x44 and 0x07 are receipts too; all eight bits survive."""
    value = EsmClass(octet)

    assert octet == value
    assert (kind, receipt, intermediate, udh, reply_path) == (
        value.message_type,
        value.is_receipt,
        value.is_intermediate,
        value.has_udh,
        value.has_reply_path,
    )
    assert f"EsmClass(0x{octet:02X})" == repr(value)


@pytest.mark.parametrize(
    ("octet", "receipt", "wants", "intermediate"),
    [
        (0x00, 0, False, False),
        (0x01, 1, True, False),
        (0x02, 2, True, False),
        (0x13, 3, True, True),
        (0xFC, 0, False, True),
    ],
)
def test_registered_delivery_is_read_by_masks(
    octet: int, receipt: int, wants: bool, intermediate: bool
) -> None:
    """v3.4 §5.2.17; all eight bits survive."""
    value = RegisteredDelivery(octet)

    assert octet == value
    assert (receipt, wants, intermediate) == (
        value.receipt,
        value.wants_receipt,
        value.wants_intermediate,
    )
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
