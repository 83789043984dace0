r"""«Комментарии в SMS-сообщениях»: what follows a line "~~~" is for the sender's history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pdu import DeliverSm
from smsc_async import (
    Coding,
    Email,
    InvalidMessageError,
    LongText,
    Sms,
    SmscClient,
    Social,
    TelegramBot,
    Viber,
)
from smsc_async.gateway.markup import parse
from smsc_async.gateway.receipts import read_receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdu import Pdu
    from smsc_async.messages import Message
    from tests.source_document.conftest import Reader, RecordingSmsc, Sender

TO = "79991234567"

COMMENTED: dict[str, Message[Any]] = {
    "Код: 4821\n~~~\norder 17": Sms(to=TO, text="Код: 4821", comment="order 17"),
    "__MAIL__: Привет\nsubj:Заказ\n~~~\norder 17": Email(
        to="ivan@example.com", text="Привет", subject="Заказ", comment="order 17"
    ),
    "__VIBER__: Привет\n~~~\norder 17": Viber(to=TO, text="Привет", comment="order 17"),
    "__SOC__: Привет\n~~~\norder 17": Social(to=TO, text="Привет", comment="order 17"),
    "__BOT__: Привет\nbot:@shop_bot\n~~~\norder 17": TelegramBot(
        to=TO, text="Привет", bot="shop_bot", comment="order 17"
    ),
}


async def test_comment_stands_at_the_end_of_every_kind(smsc: RecordingSmsc, said: Reader) -> None:
    r"""Line break, three tildes, line break, comment: after the rest of the text.

    «Для добавления комментария необходимо в конце текста SMS-сообщения, предназначенного для
    отправки, указать специальную комбинацию "\n~~~\n" (перевод строки, 3 символа тильды и снова
    перевод строки), и после этого любой текст, который будет считаться комментарием, не будет
    отправлен абоненту, но отобразится в истории.»
    """
    async with SmscClient(smsc.url) as client:
        for message in COMMENTED.values():
            await client.send(message)

    assert list(COMMENTED) == [said(submit) for submit in smsc.submits]


@pytest.mark.parametrize(
    ("coding", "octets"),
    [
        (Coding.GSM, b"Hi\n\x1b=\x1b=\x1b=\n17"),
        (Coding.LATIN1, b"Hi\n~~~\n17"),
        (Coding.UCS2, b"\0H\0i\0\n\0~\0~\0~\0\n\x001\x007"),
    ],
)
def test_mark_in_each_coding(sent: Sender, coding: Coding, octets: bytes) -> None:
    r"""The tilde takes two septets in GSM, an octet in ISO-8859-1, two octets in UCS-2.

    «Для добавления комментария необходимо в конце текста SMS-сообщения, предназначенного для
    отправки, указать специальную комбинацию "\n~~~\n" (перевод строки, 3 символа тильды и снова
    перевод строки), и после этого любой текст, который будет считаться комментарием, не будет
    отправлен абоненту, но отобразится в истории.»
    """
    (submit,) = sent(Sms(to=TO, text="Hi", comment="17", coding=coding))

    assert octets == submit.short_message


@pytest.mark.parametrize("long_text", LongText)
@given(comment=st.text(min_size=1, max_size=40))
def test_any_comment_may_be_added(
    sent: Sender, said: Reader, long_text: LongText, comment: str
) -> None:
    """Of any characters, in one part or several; only a second mark is refused, see below.

    «При отправке SMS-сообщений можно добавлять в конец текста любой комментарий, уточняющий либо
    дополняющий SMS-сообщение для отправителя.»
    «В текст SMS-сообщения можно добавлять комментарии, предназначенные для просмотра отправителем
    истории сообщений в личном кабинете.»
    """
    assume("\n~~~\n" not in f"\n{comment}\n")
    message = Sms(to=TO, text="Очень длинный текст " * 4, comment=comment, long_text=long_text)

    text = "".join(map(said, sent(message)))

    assert "Очень длинный текст " * 4 + "\n~~~\n" + comment == text


@pytest.mark.parametrize("comment", ["~~~", "a\n~~~\nb", "a\n~~~"])
def test_second_mark_is_refused(comment: str) -> None:
    """The document doesn't say which of two marks counts; by the last one "a" would be sent.

    «Данный текст не будет отправляться абонентам и влиять на стоимость SMS и доступен для просмотра
    и фильтрации в списке отправленных сообщений в личном кабинете.»
    """
    with pytest.raises(InvalidMessageError, match="comment: "):
        Sms(to=TO, text="Hi", comment=comment)


@pytest.mark.parametrize("kind", [Sms, Viber, Social])
@pytest.mark.parametrize("text", ["a\n~~~\nb", "a\n~~~", "a\n~~~\n"])
def test_mark_in_a_text_is_refused(kind: type[Message[Any]], text: str) -> None:
    """The subscriber wouldn't get the rest of the text.

    «Данный текст не будет отправляться абонентам и влиять на стоимость SMS и доступен для просмотра
    и фильтрации в списке отправленных сообщений в личном кабинете.»
    """
    with pytest.raises(InvalidMessageError, match="text: "):
        kind(to=TO, text=text)  # type: ignore[call-arg]  # these three have one


@pytest.mark.parametrize("whole", COMMENTED)
def test_simulator_keeps_the_comment_from_the_subscriber(whole: str) -> None:
    """Its record has text and comment apart.

    «Данный текст не будет отправляться абонентам и влиять на стоимость SMS и доступен для просмотра
    и фильтрации в списке отправленных сообщений в личном кабинете.»
    """
    read: Any = parse(whole, to=COMMENTED[whole].to)

    assert "~" not in read.text
    assert "order 17" == read.comment


@pytest.mark.parametrize("long_text", LongText)
def test_simulator_charges_nothing_for_the_comment(
    simulated: Callable[..., list[Pdu]], sent: Sender, long_text: LongText
) -> None:
    """Seventy letters are one part, with any comment.

    «Данный текст не будет отправляться абонентам и влиять на стоимость SMS и доступен для просмотра
    и фильтрации в списке отправленных сообщений в личном кабинете.»
    """
    submits = sent(Sms(to=TO, text="я" * 70, comment="order 17", long_text=long_text))

    charged = [read_receipt(pdu).parts for pdu in simulated(*submits) if isinstance(pdu, DeliverSm)]

    assert 1 == sum(parts or 0 for parts in charged)
