"""What one line of a terminal shows, and what it hides."""

from __future__ import annotations

import pytest

from pdu import DeliverSm, EsmClass
from pdu.enums import MessageState
from smsc_async.cli.formatting import cause, display_number, one_line, state_name, subscriber_fields
from smsc_async.cli.i18n import Translator
from smsc_async.gateway.delivery_errors import SmscRuDeliveryError
from smsc_async.gateway.receipts import read_receipt
from smsc_async.receipts import DeliveryError, HlrReceipt

# The gateway's own example, from abroad.
HLR = (
    b"id:855469 stat:DELIVRD err:000 imsi:250023012345678 msc:79232510066 mcc:250 mnc:02"
    b" cn:Russian+Federation net:MegaFON rcn:Finland rnet:"
)


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("79991234567", "7999***67"),
        ("+79991234567", "7999***67"),
        ("Shop", "Shop"),
        ("", ""),
        ("a@example.com", "a***@***.com"),
    ],
)
def test_numbers_are_masked_and_names_are_not(address: str, masked: str) -> None:
    """Screens are shown to others; the name of a sender is public."""
    assert (masked, address) == (
        display_number(address, is_full=False),
        display_number(address, is_full=True),
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Код 4821", "Код 4821"),
        ("one\r\ntwo\tthree", "one⏎ two three"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\u202eback", "\\u202eback"),
        ("one\rtwo\u2028three\x85", "one\\rtwo\\u2028three\\x85"),
        ("\ufeff\u200bz\ud800", "\\ufeff\\u200bz\\ud800"),
        ("👋 1\u00a0₽", "👋 1\u00a0₽"),
    ],
)
def test_text_stays_on_its_line(text: str, shown: str) -> None:
    """A subscriber's text must not clear the terminal."""
    assert shown == one_line(text)


def test_states_have_the_names_of_the_specification() -> None:
    """An unknown number is shown as it is."""
    names = [state_name(state) for state in (MessageState.DELIVERED, 77, None)]

    assert ["DELIVERED", "77", "None"] == names


@pytest.mark.parametrize("language", ["en", "ru"])
def test_cause_is_explained(language: str) -> None:
    """The number for a search engine, the words for the user."""
    translate = Translator("ru" if language == "ru" else "en")

    assert f"6: {SmscRuDeliveryError(6).explain(translate.language)}" == cause(
        SmscRuDeliveryError(6), translate
    )
    assert ["", ""] == [cause(error, translate) for error in (None, DeliveryError(0))]


def test_subscriber_has_every_hlr_field() -> None:
    """As text, also where it looks like a number: "02" isn't "2"."""
    esm_class = EsmClass(EsmClass.DELIVERY_RECEIPT)
    receipt = read_receipt(DeliverSm(esm_class=esm_class, short_message=HLR))
    assert isinstance(receipt, HlrReceipt)

    assert {
        "imsi": "250023012345678",
        "msc": "79232510066",
        "mcc": "250",
        "mnc": "02",
        "country": "Russian Federation",
        "network": "MegaFON",
        "roaming_country": "Finland",
        "roaming_network": "",
    } == subscriber_fields(receipt)
