r"""«Отправка HLR-запроса»: the text `__HLR__`, and the result in a receipt of a special format.

The document has two examples in PHP that read such a line. Both are here in Python, as close to the
original as possible, and must agree with our reader.
"""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote_plus, unquote_plus, urlencode

import pytest

from pdu import DeliverSm, SubmitSm
from smsc_async import Coding, HlrQuery, HlrReceipt, MessageState, SmscClient
from smsc_async.gateway.receipts import read_receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdu import Pdu
    from tests.source_document.conftest import Reader, RecordingSmsc, Sender

TO = "79232510066"
EXAMPLE = (
    "id:855469 stat:DELIVRD err:000 imsi:250023012345678 msc:79232510066 mcc:250 mnc:02"
    " cn:Russian+Federation net:MegaFON+open+Joint+Stock+Company rcn: rnet:"
)
PHP = re.compile(
    r"^id:(\d+) stat:(\w+) err:(\d+) imsi:(\d*) msc:(\d*) mcc:(\d*) mnc:(\d*) cn:([^ ]*)"
    r" net:([^ ]*) rcn:([^ ]*) rnet:([^ ]*)",
    re.ASCII,
)
LABELS = ("id", "stat", "err", "imsi", "msc", "mcc", "mnc", "cn", "net", "rcn", "rnet")


def read(line: str) -> HlrReceipt:
    """Read a line from the short_message of a receipt."""
    receipt = read_receipt(DeliverSm(esm_class=0x04, short_message=line.encode("ascii")))
    assert isinstance(receipt, HlrReceipt)
    return receipt


def fields_of(receipt: HlrReceipt) -> tuple[str, ...]:
    """Return the fields of a receipt in the order of the document's line."""
    return (
        receipt.message_id,
        receipt.fields["stat"],
        receipt.fields["err"],
        receipt.imsi,
        receipt.msc,
        receipt.mcc,
        receipt.mnc,
        receipt.country,
        receipt.network,
        receipt.roaming_country,
        receipt.roaming_network,
    )


async def test_query_and_its_result_on_the_wire(smsc: RecordingSmsc, said: Reader) -> None:
    """The text is the word alone; the result is requested as a receipt and matched to the query.

    «Для отправки HLR-запроса используйте команду SUBMIT_SM с текстом __HLR__.»
    «Пример результата HLR-запроса: id:855469 stat:DELIVRD err:000 imsi:250023012345678
    msc:79232510066 mcc:250 mnc:02 cn:Russian+Federation net:MegaFON+open+Joint+Stock+Company rcn:
    rnet:»
    """
    smsc.receipt = EXAMPLE.replace("855469", "{}")
    async with SmscClient(smsc.url) as client:
        query = await client.send(HlrQuery(to=TO))
        receipt = await query.receipt(timeout=1)

    (submit,) = smsc.submits
    assert "__HLR__" == said(submit)
    assert (TO, 1) == (submit.destination_addr, submit.registered_delivery)
    assert EXAMPLE == receipt.raw
    assert "Russian Federation" == receipt.country


@pytest.mark.parametrize(
    ("markup", "data_coding", "octets"),
    [
        (Coding.GSM, 0x00, b"\x11\x11HLR\x11\x11"),
        (Coding.LATIN1, 0x04, b"__HLR__"),
        (Coding.UCS2, 0x08, b"\0_\0_\0H\0L\0R\0_\0_"),
    ],
)
def test_query_in_each_coding(
    sent: Sender, markup: Coding, data_coding: int, octets: bytes
) -> None:
    """The document defines characters, and "_" has another octet in GSM.

    «Для отправки HLR-запроса используйте команду SUBMIT_SM с текстом __HLR__.»
    """
    (submit,) = sent(HlrQuery(to=TO), markup=markup)

    assert (data_coding, octets) == (submit.data_coding, submit.short_message)


def test_example_of_the_document() -> None:
    """Each value has the meaning of the document's table; "02" stays a text, since it isn't 2.

    «Пример результата HLR-запроса: id:855469 stat:DELIVRD err:000 imsi:250023012345678
    msc:79232510066 mcc:250 mnc:02 cn:Russian+Federation net:MegaFON+open+Joint+Stock+Company rcn:
    rnet:»
    «Описание параметров:» «id Идентификатор сообщения.» «status Статус сообщения.»
    «err Код ошибки, если абонент недоступен (список).» «imsi Уникальный код IMSI SIM-карты
    абонента.» «msc Номер сервис-центра оператора, в сети которого находится абонент.»
    «mcc Числовой код страны абонента.» «mnc Числовой код оператора абонента.»
    «cn Название страны регистрации абонента.» «net Название оператора регистрации абонента.»
    """
    receipt = read(EXAMPLE)

    assert "855469" == receipt.message_id
    assert MessageState.DELIVERED is receipt.state
    assert 0 == receipt.error_code
    assert "250023012345678" == receipt.imsi
    assert "79232510066" == receipt.msc
    assert "250" == receipt.mcc
    assert "02" == receipt.mnc
    assert "Russian Federation" == receipt.country
    assert "MegaFON open Joint Stock Company" == receipt.network
    assert ("", "") == (receipt.roaming_country, receipt.roaming_network)


def test_subscriber_abroad() -> None:
    """The two values that are empty in the document's example.

    «rcn Название роуминговой страны абонента при нахождении в чужой сети.»
    «rnet Название роумингового оператора абонента при нахождении в чужой сети.»
    """
    receipt = read(EXAMPLE.replace("rcn: rnet:", "rcn:Turkey rnet:Turk+Telekom"))

    assert ("Turkey", "Turk Telekom") == (receipt.roaming_country, receipt.roaming_network)


def test_subscriber_out_of_reach() -> None:
    """The receipt has an error code and no data of the SIM card.

    «err Код ошибки, если абонент недоступен (список).»
    """
    receipt = read("id:7 stat:UNDELIV err:006 imsi: msc: mcc: mnc: cn: net: rcn: rnet:")

    assert (MessageState.UNDELIVERABLE, 6) == (receipt.state, receipt.error_code)
    assert ("", "", "", "") == (receipt.imsi, receipt.msc, receipt.mcc, receipt.country)


@pytest.mark.parametrize(
    ("quoted", "name"),
    [
        ("Russian+Federation", "Russian Federation"),
        ("%D0%A0%D0%BE%D1%81%D1%81%D0%B8%D1%8F", "Россия"),
        ("AT%26T", "AT&T"),
        ("a%3Ab%3Dc%2Bd%25", "a:b=c+d%"),
        ("net%3Ax+mcc%3A1", "net:x mcc:1"),
    ],
)
def test_names_are_urlencoded(quoted: str, name: str) -> None:
    """Names may contain blanks and look like labels.

    «Строковые данные, например, страна и оператор, закодированы через функцию urlencode.»
    """
    receipt = read(
        f"id:1 stat:DELIVRD err:000 imsi: msc: mcc: mnc:1 cn:{quoted} net:{quoted} rcn: rnet:"
    )

    assert (name, name, "1") == (receipt.country, receipt.network, receipt.mnc)


def random_line(random: Random) -> str:
    """Make a line of the document's format; any value except id may be empty."""

    def digits(most: int, least: int = 0) -> str:
        return "".join(random.choices("0123456789", k=random.randint(least, most)))

    def name() -> str:
        letters = "aZ 09-+&=:%/?#.,\"'_~яЖёñ中😀\n\t"
        return quote_plus("".join(random.choices(letters, k=random.choice((0, 0, 3, 20)))))

    stat = random.choice(("DELIVRD", "UNDELIV", "EXPIRED", "REJECTD", "UNKNOWN", "NEW_1", "x"))
    return (
        f"id:{digits(18, 1)} stat:{stat} err:{digits(3, 1)} imsi:{digits(15)} msc:{digits(15)}"
        f" mcc:{digits(3)} mnc:{digits(3)} cn:{name()} net:{name()} rcn:{name()} rnet:{name()}"
    )


def test_php_regular_expression_agrees_on_random_lines() -> None:
    r"""The PHP loop skips groups 10 and 11, which another sentence says are urlencoded too.

    «Формат статуса с результатом HLR-запроса, возвращаемого по SMPP: id:<id> stat:<status>
    err:<err> imsi:<imsi> msc:<msc> mcc:<mcc> mnc:<mnc> cn:<cn> net:<net> rcn:<rcn> rnet:<rnet>»
    «Пример разбора через регулярные выражения: preg_match("/^id:(\d+) stat:(\w+) err:(\d+)
    imsi:(\d*) msc:(\d*) mcc:(\d*) mnc:(\d*) cn:([^ ]*) net:([^ ]*) rcn:([^ ]*) rnet:([^ ]*)/",
    $dlr, $m); // $dlr - строка статуса for ($i = 6; $i <= 9; $i++) $m[$i] = urldecode($m[$i]); //
    $m - массив параметров, $m[1] = id, $m[2] = status, $m[3] = err и тд.»
    """
    random = Random(250_02)  # noqa: S311 - no secret
    for _ in range(1_000):
        line = random_line(random)
        found = PHP.match(line)
        assert found is not None, line
        m = dict(enumerate(found.groups(), 1))
        for i in (6, 7, 8, 9):
            m[i] = unquote_plus(m[i])
        m |= {10: unquote_plus(m[10]), 11: unquote_plus(m[11])}

        assert tuple(m.values()) == fields_of(read(line)), line
        assert int(m[3]) == read(line).error_code


def test_php_parse_str_agrees_on_random_lines() -> None:
    """With "=" for colons and "&" for blanks the line is a query string.

    «Пример кода на PHP для разбора строки с результатом HLR-запроса: $dlr = strtr($dlr, ": ",
    "=&"); // $dlr - строка статуса parse_str($dlr, $m); // $m - массив параметров, $m["id"],
    $m["err"], $m["imsi"] и тд.»
    """
    random = Random(855_469)  # noqa: S311 - no secret
    for _ in range(1_000):
        line = random_line(random)
        m = parse_qs(line.translate({ord(":"): "=", ord(" "): "&"}), keep_blank_values=True)

        assert tuple(m[label][0] for label in LABELS) == fields_of(read(line)), line


def test_simulator_answers_in_the_same_format(simulated: Callable[..., list[Pdu]]) -> None:
    """The document's own regular expression reads the simulator's line.

    «Формат статуса с результатом HLR-запроса, возвращаемого по SMPP: id:<id> stat:<status>
    err:<err> imsi:<imsi> msc:<msc> mcc:<mcc> mnc:<mnc> cn:<cn> net:<net> rcn:<rcn> rnet:<rnet>»
    """
    query = SubmitSm(
        destination_addr=TO,
        registered_delivery=1,
        data_coding=4,
        short_message=b"__HLR__",
    )
    (answer,) = (pdu for pdu in simulated(query) if isinstance(pdu, DeliverSm))

    assert EXAMPLE.encode("ascii") == answer.short_message
    assert PHP.match(answer.short_message.decode("ascii"))


async def test_result_comes_by_smpp_and_by_http_alike() -> None:
    """The webhook makes an equal receipt from the same values.

    «Результат запроса приходит в обычном статусе (Delivery Report), который можно получить как по
    SMPP-подключению, так и по HTTP на свой обработчик.»
    """
    callback = pytest.importorskip("smsc_async.contrib.callback")
    events: list[Any] = []

    async def keep(event: object) -> None:
        """Keep it."""
        events.append(event)

    m = parse_qs(EXAMPLE.translate({ord(":"): "=", ord(" "): "&"}), keep_blank_values=True)
    form = {label: m[label][0] for label in LABELS if label != "stat"}
    form |= {"phone": TO, "status": "1", "type": "4"}
    handler = callback.StatusCallback(keep, secret="", unsigned=True)

    assert 200 == (await handler.answer(method="POST", body=urlencode(form).encode())).status
    (by_http,) = events
    by_smpp = read(EXAMPLE)
    assert isinstance(by_http, HlrReceipt)
    assert (by_smpp.message_id, by_smpp.state, by_smpp.error_code) == (
        by_http.message_id,
        by_http.state,
        by_http.error_code,
    )
    names = (
        "imsi", "msc", "mcc", "mnc", "country", "network", "roaming_country", "roaming_network",
    )  # fmt: skip
    for name in names:
        assert getattr(by_smpp, name) == getattr(by_http, name), name
