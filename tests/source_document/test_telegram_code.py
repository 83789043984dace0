"""«Отправка сообщения в Telegram»: `__TGM__: <code>`, 4 to 8 digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async import Coding, InvalidMessageError, SmscClient, TelegramCode

if TYPE_CHECKING:
    from tests.source_document.conftest import Reader, RecordingSmsc, Sender

TO = "79991234567"


async def test_code_on_the_wire(smsc: RecordingSmsc, said: Reader) -> None:
    """Word, colon, space, code.

    «Для отправки кода подтверждения в Telegram используйте команду SUBMIT_SM с текстом "__TGM__:
    <code>" (текст "__TGM__", двоеточие, пробел, код подтверждения).»
    """
    async with SmscClient(smsc.url) as client:
        await client.send(TelegramCode(to=TO, code="0042"))

    (submit,) = smsc.submits
    assert "__TGM__: 0042" == said(submit)


@pytest.mark.parametrize(
    ("markup", "data_coding", "octets"),
    [
        (Coding.GSM, 0x00, b"\x11\x11TGM\x11\x11: 4821"),
        (Coding.LATIN1, 0x04, b"__TGM__: 4821"),
        (Coding.UCS2, 0x08, "__TGM__: 4821".encode("utf-16-be")),
    ],
)
def test_code_in_each_coding(sent: Sender, markup: Coding, data_coding: int, octets: bytes) -> None:
    """The document defines characters, and "_" has another octet in GSM.

    «Для отправки кода подтверждения в Telegram используйте команду SUBMIT_SM с текстом "__TGM__:
    <code>" (текст "__TGM__", двоеточие, пробел, код подтверждения).»
    """
    (submit,) = sent(TelegramCode(to=TO, code="4821"), markup=markup)

    assert (data_coding, octets) == (submit.data_coding, submit.short_message)


@given(code=st.text("0123456789", min_size=4, max_size=8))
def test_every_code_of_four_to_eight_digits(sent: Sender, said: Reader, code: str) -> None:
    """Including leading zeros: a code is a text, not a number.

    «К отправке принимаются только числовые коды длиной от 4 до 8 цифр.»
    """
    (submit,) = sent(TelegramCode(to=TO, code=code))

    assert f"__TGM__: {code}" == said(submit)


@pytest.mark.parametrize(
    "code",
    ["", "1", "123", "123456789", "12a4", "12 34", " 1234", "1234\n", "-1234", "12.34", "+1234"],
)
def test_other_codes_are_refused_at_birth(code: str) -> None:
    """Before anything is sent; the error has the limit, but not the code.

    «К отправке принимаются только числовые коды длиной от 4 до 8 цифр.»
    """
    with pytest.raises(InvalidMessageError, match="4 to 8 digits") as caught:
        TelegramCode(to=TO, code=code)

    assert f"{code!r}" not in str(caught.value)


@pytest.mark.parametrize("code", ["١٢٣٤", "１２３４", "²³¹⁴", "१२३४"])
def test_digits_of_other_scripts_are_refused(code: str) -> None:
    """For Python they are digits, for a reader and for the gateway they aren't.

    «К отправке принимаются только числовые коды длиной от 4 до 8 цифр.»
    """
    with pytest.raises(InvalidMessageError, match="4 to 8 digits"):
        TelegramCode(to=TO, code=code)


def test_number_is_refused() -> None:
    """4821 would work, but 0042 would become 42, so a code is a text.

    «К отправке принимаются только числовые коды длиной от 4 до 8 цифр.»
    """
    with pytest.raises(InvalidMessageError, match="a str is needed"):
        TelegramCode(to=TO, code=4821)  # type: ignore[arg-type]  # refused just for that
