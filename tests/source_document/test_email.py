r"""«Отправка e-mail сообщения»: `__MAIL__: <message>\nsubj:<subject>`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from smsc_async import Coding, Email, InvalidMessageError, SmscClient

if TYPE_CHECKING:
    from tests.source_document.conftest import Reader, RecordingSmsc, Sender

TO = "ivan@example.com"


async def test_email_on_the_wire(smsc: RecordingSmsc, said: Reader) -> None:
    r"""Word, colon, space, text, line break, "subj", colon, subject; no space before the subject.

    «Для отправки e-mail сообщения используйте команду SUBMIT_SM с текстом "__MAIL__:
    <message>\nsubj:<subject>" (текст "__MAIL__", двоеточие, пробел, текст сообщения, перевод
    строки, слово "subj", двоеточие, тема e-mail сообщения).»
    """
    async with SmscClient(smsc.url) as client:
        await client.send(Email(to=TO, text="Ваш заказ\nготов.", subject="Заказ: 17"))

    (submit,) = smsc.submits
    assert "__MAIL__: Ваш заказ\nготов.\nsubj:Заказ: 17" == said(submit)
    assert TO == submit.destination_addr


@pytest.mark.parametrize(
    ("markup", "data_coding", "octets"),
    [
        (Coding.GSM, 0x00, b"\x11\x11MAIL\x11\x11: \x00\nsubj:\x1be"),
        (Coding.LATIN1, 0x08, "__MAIL__: @\nsubj:€".encode("utf-16-be")),
        (Coding.UCS2, 0x08, "__MAIL__: @\nsubj:€".encode("utf-16-be")),
    ],
)
def test_email_in_each_coding(
    sent: Sender, markup: Coding, data_coding: int, octets: bytes
) -> None:
    r"""The document defines characters, so the octets depend on the coding; ISO-8859-1 has no "€".

    «Для отправки e-mail сообщения используйте команду SUBMIT_SM с текстом "__MAIL__:
    <message>\nsubj:<subject>" (текст "__MAIL__", двоеточие, пробел, текст сообщения, перевод
    строки, слово "subj", двоеточие, тема e-mail сообщения).»
    """
    (submit,) = sent(Email(to=TO, text="@", subject="€"), markup=markup)

    assert (data_coding, octets) == (submit.data_coding, submit.short_message)


@given(text=st.text(min_size=1), subject=st.text(min_size=1), markup=st.sampled_from(Coding))
def test_email_of_any_letters(
    sent: Sender, said: Reader, text: str, subject: str, markup: Coding
) -> None:
    r"""Decoded by the coding of its parts, the text is the document's form.

    «Для отправки e-mail сообщения используйте команду SUBMIT_SM с текстом "__MAIL__:
    <message>\nsubj:<subject>" (текст "__MAIL__", двоеточие, пробел, текст сообщения, перевод
    строки, слово "subj", двоеточие, тема e-mail сообщения).»
    """
    assume("\nsubj:" not in text)
    assume("\n~~~\n" not in f"{text}\n")
    assume(not {"\n", "\r"} & set(subject))

    parts = sent(Email(to=TO, text=text, subject=subject), markup=markup)

    assert "__MAIL__: " + text + "\nsubj:" + subject == "".join(map(said, parts))


@pytest.mark.parametrize(
    ("text", "subject"), [("a\nsubj:b", "c"), ("a", "b\nc"), ("a", "b\r"), ("a", ""), ("", "b")]
)
def test_email_that_would_be_read_otherwise_is_refused(text: str, subject: str) -> None:
    r"""A second "subj:" would be another subject, and a subject has one line.

    «Для отправки e-mail сообщения используйте команду SUBMIT_SM с текстом "__MAIL__:
    <message>\nsubj:<subject>" (текст "__MAIL__", двоеточие, пробел, текст сообщения, перевод
    строки, слово "subj", двоеточие, тема e-mail сообщения).»
    """
    with pytest.raises(InvalidMessageError):
        Email(to=TO, text=text, subject=subject)
