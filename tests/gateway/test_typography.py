"""Typographic signs may cost double; letters are never touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.text.coding import TextCoding
from smsc_async import Sms
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.compose import submits_of
from smsc_async.gateway.plan import plan
from smsc_async.gateway.typography import smartened
from smsc_async.messages import Coding

SMART = TextSettings(smart=True)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Order 17 — ready", "Order 17 - ready"),
        ("“Shop”: it’s ready…", '"Shop": it\'s ready...'),
        ("a\u00a0b\u200b`c`", "a b'c'"),
        ("plain", "plain"),
        ("Grüße, ça va", "Grüße, ça va"),
        ("Заказ — готов", "Заказ — готов"),
        ("", ""),
    ],
)
def test_only_what_saves_the_text_from_ucs2_is_replaced(text: str, plain: str) -> None:
    """Where one letter needs UCS-2 anyway, the typography stays."""
    assert plain == smartened(text)


def test_a_text_that_fits_stays_as_it_is() -> None:
    """Latin-1 holds guillemets, so on such a bind nothing is gained."""
    assert "«ok»" == smartened("«ok»", TextCoding.LATIN1)


@given(st.text())
def test_the_result_fits_or_is_the_text_itself(text: str) -> None:
    """No half-way: a text in UCS-2 arrives as it was written."""
    result = smartened(text)

    assert TextCoding.GSM.fits(result) or text == result


def test_it_is_off_unless_asked_for() -> None:
    """Nobody's text is changed silently."""
    message = Sms(to="79991234567", text="17 — ready")

    assert Coding.UCS2 is plan(message).coding
    assert Coding.GSM is plan(message, SMART).coding
    assert b"17 - ready" == submits_of(message, settings=SMART)[0].short_message


def test_a_coding_by_hand_keeps_the_text() -> None:
    """Whoever names the coding has decided."""
    message = Sms(to="79991234567", text="17 — ready", coding=Coding.UCS2)

    assert "17 — ready".encode("utf-16-be") == submits_of(message, settings=SMART)[0].short_message
