"""«Отправка soc-сообщения»: `__SOC__: <message>`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from smsc_async import Coding, SmscClient, Social

if TYPE_CHECKING:
    from tests.source_document.conftest import Reader, RecordingSmsc, Sender

TO = "79991234567"


async def test_social_on_the_wire(smsc: RecordingSmsc, said: Reader) -> None:
    """Word, colon, space, text.

    «Для отправки soc-сообщения, отправляемого пользователям социальных сетей "Одноклассники",
    "ВКонтакте" или пользователям "Mail.Ru Агент", используйте команду SUBMIT_SM с текстом "__SOC__:
    <message>" (текст "__SOC__", двоеточие, пробел, текст сообщения).»
    """
    async with SmscClient(smsc.url) as client:
        await client.send(Social(to=TO, text="Заказ готов"))

    (submit,) = smsc.submits
    assert "__SOC__: Заказ готов" == said(submit)


@pytest.mark.parametrize(
    ("markup", "data_coding", "octets"),
    [
        (Coding.GSM, 0x00, b"\x11\x11SOC\x11\x11: Hi"),
        (Coding.LATIN1, 0x04, b"__SOC__: Hi"),
        (Coding.UCS2, 0x08, "__SOC__: Hi".encode("utf-16-be")),
    ],
)
def test_social_in_each_coding(
    sent: Sender, markup: Coding, data_coding: int, octets: bytes
) -> None:
    """The document defines characters, and "_" has another octet in GSM.

    «Для отправки soc-сообщения, отправляемого пользователям социальных сетей "Одноклассники",
    "ВКонтакте" или пользователям "Mail.Ru Агент", используйте команду SUBMIT_SM с текстом "__SOC__:
    <message>" (текст "__SOC__", двоеточие, пробел, текст сообщения).»
    """
    (submit,) = sent(Social(to=TO, text="Hi"), markup=markup)

    assert (data_coding, octets) == (submit.data_coding, submit.short_message)


@given(text=st.text(min_size=1, max_size=200), markup=st.sampled_from(Coding))
def test_social_of_any_letters(sent: Sender, said: Reader, text: str, markup: Coding) -> None:
    """Decoded by the coding of its parts, the text is the document's form.

    «Для отправки soc-сообщения, отправляемого пользователям социальных сетей "Одноклассники",
    "ВКонтакте" или пользователям "Mail.Ru Агент", используйте команду SUBMIT_SM с текстом "__SOC__:
    <message>" (текст "__SOC__", двоеточие, пробел, текст сообщения).»
    """
    assume("\n~~~\n" not in f"{text}\n")

    parts = sent(Social(to=TO, text=text), markup=markup)

    assert "__SOC__: " + text == "".join(map(said, parts))
