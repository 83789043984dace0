"""«Отправка viber-сообщения»: `__VIBER__: <message>`, macros untouched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from smsc_async import Coding, SmscClient, Viber

if TYPE_CHECKING:
    from tests.source_document.conftest import Reader, RecordingSmsc, Sender

TO = "79991234567"


async def test_viber_on_the_wire(smsc: RecordingSmsc, said: Reader) -> None:
    """Word, colon, space, text.

    «Для отправки viber-сообщения используйте команду SUBMIT_SM с текстом "__VIBER__: <message>"
    (текст "__VIBER__", двоеточие, пробел, текст сообщения).»
    """
    async with SmscClient(smsc.url) as client:
        await client.send(Viber(to=TO, text="Скидка 10 %"))

    (submit,) = smsc.submits
    assert "__VIBER__: Скидка 10 %" == said(submit)


@pytest.mark.parametrize(
    ("markup", "data_coding", "octets"),
    [
        (Coding.GSM, 0x00, b"\x11\x11VIBER\x11\x11: Hi"),
        (Coding.LATIN1, 0x04, b"__VIBER__: Hi"),
        (Coding.UCS2, 0x08, "__VIBER__: Hi".encode("utf-16-be")),
    ],
)
def test_viber_in_each_coding(
    sent: Sender, markup: Coding, data_coding: int, octets: bytes
) -> None:
    """The document defines characters, and "_" has another octet in GSM.

    «Для отправки viber-сообщения используйте команду SUBMIT_SM с текстом "__VIBER__: <message>"
    (текст "__VIBER__", двоеточие, пробел, текст сообщения).»
    """
    (submit,) = sent(Viber(to=TO, text="Hi"), markup=markup)

    assert (data_coding, octets) == (submit.data_coding, submit.short_message)


@given(text=st.text(min_size=1, max_size=200), markup=st.sampled_from(Coding))
def test_macros_pass_untouched(sent: Sender, said: Reader, text: str, markup: Coding) -> None:
    """The document doesn't define the macros, so no character of a text is interpreted or changed.

    «При формировании текста сообщения можно использовать специальные макросы для создания кнопки,
    при нажатии на которую будет происходить открытие браузера и переход по указанной в макросе
    ссылке, а также прикреплять файлы.»
    """
    assume("\n~~~\n" not in f"{text}\n")

    parts = sent(Viber(to=TO, text=text), markup=markup)

    assert "__VIBER__: " + text == "".join(map(said, parts))
