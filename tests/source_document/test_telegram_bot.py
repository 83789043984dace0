r"""«Отправка сообщения в чат-бот Telegram»: `__BOT__: <message>\nbot:@<bot_name>`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from smsc_async import Coding, InvalidMessageError, SmscClient, TelegramBot

if TYPE_CHECKING:
    from tests.source_document.conftest import Reader, RecordingSmsc, Sender

TO = "79991234567"


@pytest.mark.parametrize("name", ["shop_bot", "@shop_bot"])
async def test_bot_on_the_wire(smsc: RecordingSmsc, said: Reader, name: str) -> None:
    r"""Word, colon, space, text, line break, "bot", colon, "@" once, name.

    «Для отправки сообщения в чат-бот Telegram используйте команду SUBMIT_SM с текстом "__BOT__:
    <message>\nbot:@<bot_name>" (текст "__BOT__", двоеточие, пробел, текст сообщения, перевод
    строки, текст "bot", двоеточие, имя бота).»
    """
    async with SmscClient(smsc.url) as client:
        await client.send(TelegramBot(to=TO, text="Заказ готов", bot=name))

    (submit,) = smsc.submits
    assert "__BOT__: Заказ готов\nbot:@shop_bot" == said(submit)


@pytest.mark.parametrize(
    ("markup", "data_coding", "octets"),
    [
        (Coding.GSM, 0x00, b"\x11\x11BOT\x11\x11: Hi\nbot:\x00a\x11b"),
        (Coding.LATIN1, 0x04, b"__BOT__: Hi\nbot:@a_b"),
        (Coding.UCS2, 0x08, "__BOT__: Hi\nbot:@a_b".encode("utf-16-be")),
    ],
)
def test_bot_in_each_coding(sent: Sender, markup: Coding, data_coding: int, octets: bytes) -> None:
    r"""The document defines characters, and "_" and "@" have other octets in GSM.

    «Для отправки сообщения в чат-бот Telegram используйте команду SUBMIT_SM с текстом "__BOT__:
    <message>\nbot:@<bot_name>" (текст "__BOT__", двоеточие, пробел, текст сообщения, перевод
    строки, текст "bot", двоеточие, имя бота).»
    """
    (submit,) = sent(TelegramBot(to=TO, text="Hi", bot="a_b"), markup=markup)

    assert (data_coding, octets) == (submit.data_coding, submit.short_message)


@given(text=st.text(min_size=1, max_size=200), markup=st.sampled_from(Coding))
def test_bot_text_of_any_letters(sent: Sender, said: Reader, text: str, markup: Coding) -> None:
    r"""Decoded by the coding of its parts, the text is the document's form.

    «Для отправки сообщения в чат-бот Telegram используйте команду SUBMIT_SM с текстом "__BOT__:
    <message>\nbot:@<bot_name>" (текст "__BOT__", двоеточие, пробел, текст сообщения, перевод
    строки, текст "bot", двоеточие, имя бота).»
    """
    assume("\nbot:" not in text)
    assume("\n~~~\n" not in f"{text}\n")

    parts = sent(TelegramBot(to=TO, text=text, bot="shop_bot"), markup=markup)

    assert "__BOT__: " + text + "\nbot:@shop_bot" == "".join(map(said, parts))


@pytest.mark.parametrize(("text", "bot"), [("a\nbot:@b", "c"), ("a", ""), ("a", "b\nc")])
def test_bot_message_that_would_be_read_otherwise_is_refused(text: str, bot: str) -> None:
    r"""A second "bot:" would be another bot, and a name has one line.

    «Для отправки сообщения в чат-бот Telegram используйте команду SUBMIT_SM с текстом "__BOT__:
    <message>\nbot:@<bot_name>" (текст "__BOT__", двоеточие, пробел, текст сообщения, перевод
    строки, текст "bot", двоеточие, имя бота).»
    """
    with pytest.raises(InvalidMessageError):
        TelegramBot(to=TO, text=text, bot=bot)
