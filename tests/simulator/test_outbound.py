"""The deliver_sm queue: windows, redelivery, subscribers' messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pdu import (
    CommandId,
    CommandStatus,
    DeliverSm,
    Pdu,
    encode,
)
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.compose import submits_of
from smsc_async.gateway.receipts import read_receipt
from smsc_async.messages import Sms

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.receipts import Receipt
    from tests.simulator.conftest import Client, Harness

    MakeHarness = Callable[..., Harness]

STATUS = CommandStatus
TO = "79991234567"
LONG = "Очень длинное сообщение. " * 6


def test_window_of_receipts_is_five(harness: Harness, client: Client) -> None:
    """The gateway sends at most that many deliver_sm without a response."""
    for number in range(7):
        client.submit(str(number))
    client.read()
    harness.advance(0.2)
    first = client.read()

    assert (5, 2) == (len(first), harness.smsc.stats().waiting)
    assert 2 == len(client.answer(*first[:2]))
    assert 2 == harness.smsc.stats().delivered


def test_receipts_wait_for_a_receiving_bind(harness: Harness) -> None:
    """Of the same login; a transmitter never receives them."""
    sending = harness.client("transmitter")
    sending.submit()
    harness.advance(0.2)
    assert [] == sending.receipts()

    assert [] == harness.client("receiver", system_id="bank").receipts()
    receiving = harness.connect()
    pdus = receiving.bind("receiver")
    assert [CommandId.BIND_RECEIVER_RESP, CommandId.DELIVER_SM] == [p.command_id for p in pdus]


def test_queue_of_receipts_is_bounded(make_harness: MakeHarness) -> None:
    """Over the limit the oldest is dropped."""
    harness = make_harness(receipt_queue=2)
    sending = harness.client("transmitter")
    for code in "123":
        sending.submit(code)
    harness.advance(0.2)

    assert ["855470", "855471"] == [r.message_id for r in _receipts_of(harness.connect())]
    assert 1 == harness.smsc.stats().dropped


def _receipts_of(client: Client) -> list[Receipt]:
    """Bind a client as receiver and return the receipts that waited for it."""
    return [read_receipt(pdu) for pdu in client.bind("receiver") if isinstance(pdu, DeliverSm)]


def test_receipt_refused_temporarily_is_sent_again(harness: Harness, client: Client) -> None:
    """ESME_RX_T_APPN: after `redelivery_delay`."""
    client.submit()
    harness.advance(0.2)
    (first,) = client.read()
    assert [] == client.answer(first, status=STATUS.ESME_RX_T_APPN)
    harness.advance(0.9)
    assert [] == client.read()

    harness.advance(0.1)
    assert ["855469"] == [receipt.message_id for receipt in client.receipts()]
    assert 1 == harness.smsc.stats().redelivered


@pytest.mark.parametrize("status", [STATUS.ESME_RX_P_APPN, STATUS.ESME_RX_R_APPN])
def test_receipt_refused_for_good_is_not_sent_again(
    harness: Harness, client: Client, status: CommandStatus
) -> None:
    """The permanent errors of a receiving application."""
    client.submit()
    harness.advance(0.2)
    client.answer(*client.read(), status=status)
    harness.advance(60.0)

    assert [] == client.read()
    assert (1, 0) == (harness.smsc.stats().dropped, harness.smsc.stats().waiting)


def test_receipt_without_a_response_is_sent_again(make_harness: MakeHarness) -> None:
    """The client may have crashed while it handled the receipt."""
    harness = make_harness(deliver_timeout=30.0, inactivity_timeout=None)
    client = harness.client()
    client.submit()
    harness.advance(0.2)
    client.read()
    harness.now += 30.0
    client.advance()

    assert ["855469"] == [receipt.message_id for receipt in client.receipts()]


def test_receipt_with_a_garbled_response_is_acknowledged(harness: Harness, client: Client) -> None:
    """The header of the deliver_sm_resp says all."""
    client.submit()
    harness.advance(0.2)
    (pdu,) = client.read()
    number = pdu.sequence_number.to_bytes(4, "big")
    # Its TLV is longer than the PDU.
    garbled = bytes.fromhex("00000015 80000005 00000000") + number + bytes.fromhex("00 1403 00FF")

    assert [] == client.send_octets(garbled)
    assert 0 == harness.smsc.stats().redelivered


def test_receipts_of_a_lost_link_are_sent_over_the_next(harness: Harness, client: Client) -> None:
    """In their first order."""
    for number in range(3):
        client.submit(str(number))
    client.read()
    harness.advance(0.2)
    assert 3 == len(client.read())
    client.lose()

    came = _receipts_of(harness.connect())
    assert ["855469", "855470", "855471"] == [receipt.message_id for receipt in came]
    assert 3 == harness.smsc.stats().redelivered


def test_receipts_of_a_lost_link_are_sent_over_another_at_once(
    harness: Harness, client: Client
) -> None:
    """Another connection of the login is bound already."""
    client.submit()
    other = harness.client()
    harness.advance(0.2)
    assert 1 == len(client.read())
    client.lose()

    assert ["855469"] == [receipt.message_id for receipt in other.receipts()]


def test_address_that_cannot_be_encoded_loses_only_its_receipt(make_harness: MakeHarness) -> None:
    """8-bit addresses are read leniently, and never written."""
    harness = make_harness(strict=False)
    client = harness.client()
    octets = bytearray(encode(_submit_of("Sh0p"), sequence_number=9))
    octets[octets.index(b"Sh0p")] = 0xD8
    client.send_octets(bytes(octets))
    client.submit()
    client.read()
    harness.advance(0.2)

    assert ["855470"] == [receipt.message_id for receipt in client.receipts()]
    assert 1 == harness.smsc.stats().dropped


def _submit_of(sender: str) -> Pdu:
    """Return a submit_sm that requests a receipt."""
    (pdu,) = submits_of(Sms(to=TO, sender=sender, text="x"))
    return pdu


def test_subscribers_message_ends_with_the_clients_response(
    harness: Harness, client: Client
) -> None:
    """`Simulator.deliver` waits for that."""
    (delivery,) = harness.smsc.deliver(TO, "Shop", "Привет", harness.now)
    (pdu,) = client.read()

    assert isinstance(pdu, DeliverSm)
    assert (TO, "Shop", 8) == (pdu.source_addr, pdu.destination_addr, pdu.data_coding)
    assert "Привет".encode("utf-16-be") == pdu.short_message
    assert [] == harness.state.ended
    client.answer(pdu)
    assert [delivery] == harness.state.ended
    assert 0 == delivery.command_status


def test_long_messages_of_subscribers_have_different_references(
    harness: Harness, client: Client
) -> None:
    """Otherwise the client would mix their parts."""
    harness.smsc.deliver(TO, "Shop", "x" * 161, harness.now)
    harness.smsc.deliver(TO, "Shop", "x" * 161, harness.now)
    references = [pdu.short_message[3] for pdu in client.read() if isinstance(pdu, DeliverSm)]

    assert [1, 1, 2, 2] == references


def test_subscribers_message_waits_for_the_first_receiving_bind(harness: Harness) -> None:
    """A test may send one before the client connects."""
    harness.smsc.deliver(TO, "Shop", "Hi", harness.now)
    assert 1 == harness.smsc.stats().waiting

    sending = harness.client("transmitter")
    assert [] == sending.read()
    assert 2 == len(harness.connect().bind("receiver"))
    assert 0 == harness.smsc.stats().waiting


def test_subscribers_message_goes_to_an_account_that_can_receive(harness: Harness) -> None:
    """Or to the account that is named, even if that can't receive now."""
    sending, receiving = harness.client("transmitter"), harness.client("receiver", system_id="bank")
    harness.smsc.deliver(TO, "Shop", "Hi", harness.now)
    harness.smsc.deliver(TO, "Shop", "Hi", harness.now, system_id="shop")

    assert (0, 1) == (len(sending.read()), len(receiving.read()))
    assert 1 == harness.smsc.stats().waiting


@pytest.mark.parametrize("esm_class", [0, 0x04, 0x08, 0x10, 0x20, 0x84])
def test_delivery_has_the_given_esm_class(harness: Harness, client: Client, esm_class: int) -> None:
    """Another SMSC's receipts have bit 2; each part has the bit of its user data header as well."""
    harness.smsc.deliver(TO, "Shop", "id:1", harness.now, esm_class=esm_class)
    harness.smsc.deliver(TO, "Shop", "x" * 161, harness.now, esm_class=esm_class)

    classes = [pdu.esm_class for pdu in client.read() if isinstance(pdu, DeliverSm)]
    assert [esm_class, esm_class | 0x40, esm_class | 0x40] == classes


@pytest.mark.parametrize("esm_class", [-1, 256])
def test_esm_class_that_is_no_octet_is_refused(harness: Harness, esm_class: int) -> None:
    """At once, as every field that no deliver_sm holds."""
    with pytest.raises(InvalidMessageError, match="esm_class"):
        harness.smsc.deliver(TO, "Shop", "hunter2", harness.now, esm_class=esm_class)


def test_subscribers_message_that_fits_no_deliver_sm_is_refused(harness: Harness) -> None:
    """At once, and without the text in the error."""
    with pytest.raises(InvalidMessageError, match="source_addr") as caught:
        harness.smsc.deliver("7" * 21, "Shop", "hunter2", harness.now)

    assert "hunter2" not in f"{caught.value!r} {caught.value}"
    assert caught.value.__context__ is None
