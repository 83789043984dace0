"""Plain signs for typographic ones: on request, all or none, and never a letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.text.coding import TextCoding
from smsc_async import Sms
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.compose import submits_of
from smsc_async.gateway.plan import plan
from smsc_async.gateway.typography import PLAIN_SIGNS, smartened
from smsc_async.messages import Coding

SMART = TextSettings(smart=True)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Order 17 — ready", "Order 17 - ready"),
        ("“Shop”: it’s ready…", '"Shop": it\'s ready...'),
        ("a\u00a0b\u200b`c`", "a b'c'"),
        ("Zakaz №17:\t5·3 ₽", "Zakaz No17: 5*3 RUB"),
        ("plain", "plain"),
        ("20 °C", "20 °C"),
        ("Grüße, ça va", "Grüße, ça va"),
        ("Заказ — готов", "Заказ — готов"),
        ("", ""),
    ],
)
def test_only_what_saves_the_text_from_ucs2_is_replaced(text: str, plain: str) -> None:
    """Where one letter needs UCS-2 anyway, the typography stays."""
    assert plain == smartened(text)


@pytest.mark.parametrize("sign", PLAIN_SIGNS)
def test_each_sign_of_the_table_is_worth_replacing(sign: str) -> None:
    """Outside the GSM alphabet before, inside it afterwards."""
    assert not TextCoding.GSM.fits(sign)
    assert f"a{PLAIN_SIGNS[sign]}b" == smartened(f"a{sign}b")


def test_a_text_that_fits_stays_as_it_is() -> None:
    """Latin-1 holds guillemets, so on such a bind nothing is gained."""
    assert "«ok»" == smartened("«ok»", TextCoding.LATIN1)


@given(st.text())
def test_the_result_fits_or_is_the_text_itself(text: str) -> None:
    """A text that needs UCS-2 anyway loses nothing: no sign of it is replaced."""
    result = smartened(text)

    assert TextCoding.GSM.fits(result) or text == result


def test_it_is_off_by_default() -> None:
    """A text is never changed without the user's consent."""
    message = Sms(to="79991234567", text="17 — ready")

    assert Coding.UCS2 is plan(message).coding
    assert Coding.GSM is plan(message, SMART).coding
    assert b"17 - ready" == submits_of(message, settings=SMART)[0].short_message


def test_a_coding_by_hand_keeps_the_text() -> None:
    """The coding of the message takes precedence over the setting of the client."""
    message = Sms(to="79991234567", text="17 — ready", coding=Coding.UCS2)

    assert "17 — ready".encode("utf-16-be") == submits_of(message, settings=SMART)[0].short_message
