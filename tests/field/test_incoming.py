"""Incoming messages as real gateways deliver them: acknowledgements, aborts, odd esm_class."""

from __future__ import annotations

import pickle

import pytest
from scripted import Gateway, turns

from pdu import DataSm, DeliverSm, EsmClass, Tlv
from smsc_async import IncomingKind, IncomingMessage, SmscClient

PARTS = [
    DeliverSm(
        sequence_number=number,
        source_addr="79991234567",
        esm_class=EsmClass(esm_class),
        tlvs=(Tlv(0x1400 + number, b"x"),),
        short_message=bytes([5, 0, 3, 7, 2, number]) + text,
    )
    for number, esm_class, text in ((1, 0x50, b"yes, "), (2, 0x40, b"please"))
]


async def received(*pdus: DeliverSm | DataSm) -> IncomingMessage:
    """Return the message that a gateway delivers in these PDUs."""
    async with Gateway() as gateway, SmscClient(gateway.url()) as smsc:
        gateway.peer.write(*pdus)
        return await anext(smsc.incoming())


@pytest.mark.parametrize(
    ("esm_class", "kind"),
    [
        (0x08, IncomingKind.DELIVERY_ACKNOWLEDGEMENT),
        (0x10, IncomingKind.USER_ACKNOWLEDGEMENT),
        (0x18, IncomingKind.CONVERSATION_ABORT),
        (0x00, IncomingKind.MESSAGE),
        (0x03, IncomingKind.MESSAGE),
        (0x80, IncomingKind.MESSAGE),
        (0x90, IncomingKind.USER_ACKNOWLEDGEMENT),
        (0x0C, IncomingKind.RESERVED),
    ],
)
async def test_acknowledgement_differs_from_a_text(esm_class: int, kind: IncomingKind) -> None:
    """It comes as a deliver_sm with a text, and only its esm_class says what it is."""
    deliver = DeliverSm(
        sequence_number=1,
        source_addr="79991234567",
        esm_class=EsmClass(esm_class),
        short_message=b"yes",
    )

    message = await received(deliver)

    assert (kind, esm_class, "yes") == (message.kind, message.esm_class, message.text)
    assert deliver == message.pdu


async def test_user_acknowledgement_has_its_response_code() -> None:
    """What the subscriber chose is in TLVs of the PDU (v3.4 §5.3.2.18)."""
    data = DataSm(
        sequence_number=1,
        destination_addr="Shop",
        esm_class=EsmClass(0x10),
        tlvs=(Tlv(0x0205, b"\x07"),),
    )

    message = await received(data)

    assert IncomingKind.USER_ACKNOWLEDGEMENT is message.kind
    assert isinstance(message.pdu, DataSm)
    assert 7 == message.pdu.tlv(0x0205)


@pytest.mark.parametrize("order", [PARTS, PARTS[::-1]], ids=["in order", "reversed"])
async def test_joined_message_has_the_pdu_of_its_first_part(order: list[DeliverSm]) -> None:
    """In order, not in time: as `data_coding` is."""
    message = await received(*order)

    assert "yes, please" == message.text
    assert (0x50, PARTS[0]) == (message.esm_class, message.pdu)
    assert ((0x1401, b"x"),) == message.tlvs
    assert IncomingKind.USER_ACKNOWLEDGEMENT is message.kind


async def test_incomplete_message_has_the_pdu_of_the_first_part_that_came() -> None:
    """Its first part never came."""
    async with Gateway() as gateway:
        async with SmscClient(gateway.url()) as smsc:
            gateway.peer.write(PARTS[1])
            await turns()
        (message,) = [message async for message in smsc.incoming()]

    assert not message.is_complete
    assert PARTS[1] == message.pdu


async def test_pdu_is_neither_shown_nor_compared() -> None:
    """It holds number and text, and a sequence number that a repetition doesn't share."""
    deliver = DeliverSm(sequence_number=1, source_addr="79991234567", short_message=b"yes")
    first = await received(deliver)
    again = IncomingMessage(
        sender="79991234567",
        recipient="",
        text="yes",
        octets=b"yes",
        received_at=first.received_at,
    )

    assert first == again
    assert hash(first) == hash(again)
    assert "yes" not in repr(first)
    assert "79991234567" not in repr(first)
    assert deliver == pickle.loads(pickle.dumps(first)).pdu  # noqa: S301 - just made
