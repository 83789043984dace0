"""Receipts as real SMSCs write them: codings, headers, labels, dates, states and ids.

Each kind of oddity was reported by people who run SMPP links. Nothing raises, and what can be read
is read.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import pytest
from scripted import Gateway

from pdu import DataSm, DeliverSm, DeliverSmResp, MessageState, Tlv, TlvTag
from pdu.text.packed import pack
from smsc_async import GENERIC, SMSC_RU, GatewayLimits, Sms, SmscClient
from smsc_async.gateway.receipts import read_generic_receipt, read_receipt

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from smsc_async import Dialect, Receipt

TEXT = "id:7f sub:001 dlvrd:001 submit date:1801222309 done date:1801222310 stat:UNDELIV err:255"
WIDE = TEXT.encode("utf-16-be")


def at(*numbers: int) -> datetime:
    """Return a time without a zone: receipts don't say in which one theirs are."""
    return datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - see above


def read(octets: bytes, *, data_coding: int = 0, esm_class: int = 4, **tlvs: bytes) -> Receipt:
    """Read a receipt; TLVs by their names."""
    found = tuple(Tlv(TlvTag[name.upper()], value) for name, value in tlvs.items())
    pdu = DeliverSm(short_message=octets, data_coding=data_coding, esm_class=esm_class, tlvs=found)
    assert read_receipt(pdu).message_id == read_generic_receipt(pdu).message_id
    return read_generic_receipt(pdu)


@pytest.mark.parametrize(
    ("octets", "data_coding"),
    [
        (TEXT.encode(), 0),
        (TEXT.encode(), 8),
        (TEXT.replace("id:", "ID:").encode(), 8),
        (TEXT.upper().encode(), 8),
        (f" {TEXT}".encode(), 8),
        (WIDE, 8),
        (WIDE, 0),
        (WIDE, 4),
        (b"\xfe\xff" + WIDE, 8),
        (b"\xfe\xff" + WIDE, 3),
        (TEXT.encode("utf-16-le"), 8),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), 8),
        (b"\xef\xbb\xbf" + TEXT.encode(), 0),
        (TEXT.encode(), 0xF5),
        ("sub:001 dlvrd:001 id:7f stat:UNDELIV err:255".encode("utf-16-be"), 0),
    ],
)
def test_octets_decide_over_data_coding(octets: bytes, data_coding: int) -> None:
    """Many SMSCs send every receipt under the coding of the message, or under a fixed one."""
    receipt = read(octets, data_coding=data_coding)

    assert ("7f", MessageState.UNDELIVERABLE, 255) == (
        receipt.message_id.lower(),
        receipt.state,
        receipt.error_code,
    )


@pytest.mark.parametrize("data_coding", [0, 3, 8, 0xFF])
@pytest.mark.parametrize(
    "octets", [b"", b"\0", b"\xff", b"id", b"\xd8\0", b"\xfe\xff", "Ура".encode()]
)
def test_octets_that_are_no_receipt_are_none(octets: bytes, data_coding: int) -> None:
    """Reading never raises."""
    receipt = read(octets, data_coding=data_coding)

    assert ("", None, None) == (receipt.message_id, receipt.state, receipt.error_code)


@pytest.mark.parametrize(
    "header",
    [
        b"\5\0\3\x07\2\1",
        b"\6\x08\4\0\x07\2\1",
        b"\6\5\4\x0b\x84\x23\xf0",
        b"\x0b\5\4\x0b\x84\x23\xf0\0\3\x07\1\1",
        b"\0",
    ],
)
@pytest.mark.parametrize("esm_class", [0x44, 0x60, 0x64])
def test_header_is_cut(header: bytes, esm_class: int) -> None:
    """Esm_class says that there is one."""
    receipt = read(header + TEXT.encode(), esm_class=esm_class)

    assert ("7f", MessageState.UNDELIVERABLE) == (receipt.message_id, receipt.state)


@pytest.mark.parametrize("state", [b"\0", b"\x00\x00", b"\x63", b"\xff", b"", b"\x09"])
def test_state_that_says_nothing_does_not_beat_the_text(state: bytes) -> None:
    """0 is SCHEDULED in 5.0 and nothing in 3.4; such receipts were never final."""
    receipt = read(TEXT.encode(), message_state=state)

    assert MessageState.UNDELIVERABLE is receipt.state
    assert receipt.is_final


@pytest.mark.parametrize(
    ("state", "stat", "expected"),
    [
        (b"\1", "DELIVRD", MessageState.ENROUTE),
        (b"\2", "UNDELIV", MessageState.DELIVERED),
        (b"\7", "DELIVRD", MessageState.UNKNOWN),
        (b"\0", "ENROUTE", MessageState.SCHEDULED),
        (b"\0", "SOMETHING", MessageState.SCHEDULED),
        (b"\x09", "", MessageState.SKIPPED),
    ],
)
def test_state_of_3_4_beats_the_text(state: bytes, stat: str, expected: MessageState) -> None:
    """The text is made for people, the parameter for programs."""
    assert expected is read(f"id:1 stat:{stat}".encode(), message_state=state).state


@pytest.mark.parametrize(
    ("stat", "tlv", "expected"),
    [("UNDELIV", b"\3\0\0", 255), ("UNDELIV", b"\3\0\7", 7), ("DELIVRD", b"\3\0\0", 0)],
)
def test_error_of_zero_does_not_beat_that_of_a_failure(
    stat: str, tlv: bytes, expected: int
) -> None:
    """A message that failed has an error."""
    text = f"id:1 stat:{stat} err:255".encode()

    assert expected == read(text, network_error_code=tlv).error_code


@pytest.mark.parametrize(
    ("label", "value", "expected"),
    [
        ("submit date", "1801222309", at(2018, 1, 22, 23, 9)),
        ("submitdate", "2018-01-22 23:09:57", at(2018, 1, 22, 23, 9, 57)),
        ("Submit_Date", "201801222309", at(2018, 1, 22, 23, 9)),
        ("submit date", "201906191234", at(2019, 6, 19, 12, 34)),
        ("submit-date", "180122230957", at(2018, 1, 22, 23, 9, 57)),
        ("SUBMIT  DATE", "20180122230957", at(2018, 1, 22, 23, 9, 57)),
        ("submitDate", "2018/01/22 23:09", at(2018, 1, 22, 23, 9)),
        ("submit date", "18-01-22T23:09:57", at(2018, 1, 22, 23, 9, 57)),
        ("submit date", "20180122 230957", at(2018, 1, 22, 23, 9, 57)),
        ("submit date", "2018.01.22_23:09:57.25", at(2018, 1, 22, 23, 9, 57, 250_000)),
    ],
)  # fmt: skip
def test_labels_and_dates_as_they_occur(label: str, value: str, expected: datetime) -> None:
    """Appendix B is only an example, and SMSCs vary it."""
    done = label.replace("ubmit", "one").replace("UBMIT", "ONE").replace("s", "d", 1)
    done = done.replace("S", "D", 1) if done[0] == "S" else done
    receipt = read(f"id:7 sub:001 dlvrd:001 {label}:{value} {done}:{value} stat:DELIVRD".encode())

    assert (expected, expected) == (receipt.submitted_at, receipt.done_at)
    assert MessageState.DELIVERED is receipt.state


@pytest.mark.parametrize(
    "value", ["", "yesterday", "2018-13-22 23:09:57", "1", "0" * 16, "20180122"]
)
def test_what_is_no_date_is_none(value: str) -> None:
    """The other fields are read."""
    receipt = read(f"id:7 submit date:{value} stat:DELIVRD err:000".encode())

    assert (None, "7", MessageState.DELIVERED) == (
        receipt.submitted_at,
        receipt.message_id,
        receipt.state,
    )


@pytest.mark.parametrize(
    "text",
    [
        "id:7f stat:UNDELIV err:255 extra words",
        "id:7f (main) stat:UNDELIV (absent) err:255, absent subscriber",
        "id:7f,sub:001,dlvrd:000,stat:UNDELIV,err:255,text:a,b",
        "id:7f;stat:UNDELIV;err:255;",
        "id:7f|stat:UNDELIV|err:255",
        "id:7f, stat:UNDELIV, err:255.",
        "id:'7f' stat:\"UNDELIV\" err:255",
        "message_id:7f status:UNDELIV error:255",
        "msgid:7f state:UNDELIVERABLE errcode:255",
        "err:255\nstat:UNDELIV\nid:7f",
        "id: 7f stat: UNDELIV err: 255",
    ],
)
def test_first_word_of_a_value_counts(text: str) -> None:
    """Words behind it, quotes around it and signs between fields are the SMSC's own."""
    receipt = read(text.encode())

    assert ("7f", MessageState.UNDELIVERABLE, 255) == (
        receipt.message_id,
        receipt.state,
        receipt.error_code,
    )


@pytest.mark.parametrize(
    "text",
    [
        "(id:7f stat:UNDELIV err:255)",
        "[id:7f] [stat:UNDELIV] [err:255]",
        "<id:7f> <stat:UNDELIV> <err:255>",
        '{"id":"7f","stat":"UNDELIV","err":"255"}',
        "'id':'7f', 'stat':'UNDELIV', 'err':'255'",
        "id:7f stat:UNDELIV. err:255.",
        "id:7f stat:UNDELIV(5) err:255(absent)",
        "id:7f stat:Undelivered err:[255]",
        "Message ID: 7f, Message State: UNDELIV, Error Code: 255",
        "message-id:7f message-status:FAILED error-code:255",
        "MSG ID:7f\nSTATE:UNDELIVRD\nERR CODE:255",
        "messageId:7f messageState:UNDELIV errorCode:255",
    ],
)
def test_signs_around_labels_and_values(text: str) -> None:
    """Brackets, quotes, two words for one label."""
    receipt = read(text.encode())

    assert ("7f", MessageState.UNDELIVERABLE, 255) == (
        receipt.message_id,
        receipt.state,
        receipt.error_code,
    )


@pytest.mark.parametrize(
    "message_id", ["{550e8400}", "a(1)", "[7f]b", "7f-(x)", "f:7", "7f.", "7f_1/2", "<7f>"]
)
def test_brackets_of_an_id_are_its_own(message_id: str) -> None:
    """It has to be equal to that of the response."""
    assert message_id == read(f"id:{message_id} stat:DELIVRD".encode()).message_id


@pytest.mark.parametrize("stat", ["DELIVERY-FAILED", "NOT DELIVERED", "2", "-", "DELIVRD/FAILED"])
def test_state_that_is_not_certain_is_unknown(stat: str) -> None:
    """A message that failed never looks delivered."""
    assert MessageState.UNKNOWN is read(f"id:7 stat:{stat} err:001".encode()).state


@pytest.mark.parametrize("err", ["-1", "+5", "0x0B", "E12", "12.5", "1234567890", "12a", ""])
def test_error_that_is_no_number_is_none(err: str) -> None:
    """Another number would be wrong."""
    assert read(f"id:7 stat:UNDELIV err:{err} more".encode()).error_code is None


@pytest.mark.parametrize("header", [b"\5\0\3\x07\2\1", b"\6\x08\4\0\x07\2\1", b"\5\0\3\xff\1\1"])
def test_header_that_esm_class_does_not_announce(header: bytes) -> None:
    """Its last octet, the number of the part, stands before the first label."""
    receipt = read(header + TEXT.encode(), esm_class=4)

    assert ("7f", MessageState.UNDELIVERABLE, 255) == (
        receipt.message_id,
        receipt.state,
        receipt.error_code,
    )


@pytest.mark.parametrize("header", [b"", b"\6\5\4\x0b\x84\x23\xf0", b"\5\0\3\x07\1\1"])
def test_packed_receipt(header: bytes) -> None:
    """An SMSC that packs texts may pack its receipts, whatever the setting for texts is."""
    packed = pack(TEXT.encode(), header_octets=len(header))
    receipt = read(header + packed, esm_class=0x44 if header else 4)

    assert ("7f", MessageState.UNDELIVERABLE, 255) == (
        receipt.message_id,
        receipt.state,
        receipt.error_code,
    )
    assert receipt.raw == TEXT


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1801222309 UTC", at(2018, 1, 22, 23, 9)),
        ("1801222309 (local time)", at(2018, 1, 22, 23, 9)),
        ("'1801222309'", at(2018, 1, 22, 23, 9)),
        ("2018-01-22, 23:09:57", at(2018, 1, 22, 23, 9, 57)),
        ("2018-01-22 23:09:57 MSK", at(2018, 1, 22, 23, 9, 57)),
        ("2018-01-22 11:09:57 PM", None),
        ("1801221109 am", None),
        ("22.01.2018 23:09:57", at(2018, 1, 22, 23, 9, 57)),
        ("22.01.2018 23:09 (MSK)", at(2018, 1, 22, 23, 9)),
        ("22/01/2018 23:09", None),  # or the other way round
        ("soon 1801222309", None),
        ("'2018-01-22 23:09:57 Z' (UTC)", datetime(2018, 1, 22, 23, 9, 57, tzinfo=UTC)),
    ],
)
def test_words_behind_a_date(value: str, expected: datetime | None) -> None:
    """They are passed over, unless the hour means another one with them."""
    receipt = read(f"id:7 submit date:{value} stat:DELIVRD".encode())

    assert expected == receipt.submitted_at
    assert MessageState.DELIVERED is receipt.state


# --- through a client ---


@pytest.fixture
async def gateway() -> AsyncGenerator[Gateway]:
    """Run a scripted SMSC."""
    async with Gateway() as gateway:
        yield gateway


STATES = ("text", "tlv", "both", "tlv 0", "other label")
CODINGS = ("latin-1", "latin-1 under 8", "utf-16-be", "utf-16-be under 0", "mark", "little endian")
HEADERS = ("none", "ports", "two parts")
LABELS = ("usual", "capitals", "signs", "words behind")
DATES = ("usual", "seconds", "separated", "none", "year of four")
IDS = ("tlv", "text", "upper", "padded")


class Shape(NamedTuple):
    """How a receipt is written."""

    state: str
    coding: str
    header: str
    label: str
    date: str
    id: str

    @property
    def text(self) -> str:
        """The text."""
        number = {"upper": "7F3A", "padded": "007f3a", "text": "7f3a", "tlv": ""}[self.id]
        date = {
            "usual": "1801222309", "seconds": "180122230957", "separated": "2018-01-22 23:09:57",
            "year of four": "201801222309", "none": "",
        }[self.date]  # fmt: skip
        fields = {"id": number, "sub": "001", "dlvrd": "001", "submit date": date}
        fields |= {"done date": date}
        if self.state != "tlv":
            fields["status" if self.state == "other label" else "stat"] = "UNDELIV"
        fields["err"] = "255"
        behind = " (s)" if self.label == "words behind" else ""
        found = [f"{label}:{value}{behind}" for label, value in fields.items() if value]
        text = ("," if self.label == "signs" else " ").join(found)
        return (
            text.replace("stat", "STAT").replace("id:", "ID:") if self.label == "capitals" else text
        )

    @property
    def octets(self) -> bytes:
        """The text's octets."""
        if self.coding == "mark":
            return b"\xfe\xff" + self.text.encode("utf-16-be")
        if self.coding == "little endian":
            return b"\xff\xfe" + self.text.encode("utf-16-le")
        return self.text.encode(self.coding.partition(" under")[0])

    @property
    def tlvs(self) -> tuple[Tlv, ...]:
        """The parameters."""
        found = [Tlv(TlvTag.RECEIPTED_MESSAGE_ID, b"7f3a\0")] if self.id == "tlv" else []
        if self.state in {"tlv", "both", "tlv 0"}:
            state = b"\0" if self.state == "tlv 0" else b"\5"
            found.append(Tlv(TlvTag.MESSAGE_STATE, state))
        return tuple(found)

    def pdus(self) -> list[DeliverSm | DataSm]:
        """The PDUs on the wire."""
        under = 8 if self.coding in {"latin-1 under 8", "utf-16-be", "mark", "little endian"} else 0
        octets, esm_class = self.octets, 0x04
        bodies = [octets]
        if self.header == "ports":
            bodies, esm_class = [b"\6\5\4\x0b\x84\x23\xf0" + octets], 0x44
        if self.header == "two parts":
            half = len(octets) // 4 * 2
            halves, esm_class = (octets[:half], octets[half:]), 0x44
            bodies = [bytes((5, 0, 3, 9, 2, n)) + part for n, part in enumerate(halves, 1)]
        return [
            DeliverSm(
                source_addr="79991234567",
                destination_addr="Shop",
                esm_class=esm_class,
                data_coding=under,
                short_message=body if len(body) <= 254 else b"",
                tlvs=self.tlvs + ((Tlv(TlvTag.MESSAGE_PAYLOAD, body),) if len(body) > 254 else ()),
                sequence_number=100 + number,
            )
            for number, body in enumerate(bodies)
        ]


SHAPES = [
    Shape(
        STATES[n % 5], CODINGS[n % 6], HEADERS[n // 2 % 3], LABELS[n // 3 % 4], DATES[n // 5 % 5],
        IDS[n // 7 % 4],
    )
    for n in range(72)
]  # fmt: skip


def test_no_two_shapes_are_equal() -> None:
    """Each is another way to write a receipt, and each value of each property occurs."""
    assert 60 <= len(SHAPES) == len(set(SHAPES))
    for values, known in zip(
        zip(*SHAPES, strict=True), (STATES, CODINGS, HEADERS, LABELS, DATES, IDS), strict=True
    ):
        assert set(known) == set(values)


@pytest.mark.parametrize("dialect", [SMSC_RU, GENERIC], ids=["smsc.ru", "generic"])
async def test_every_shape_ends_the_wait_for_the_receipt(
    gateway: Gateway, dialect: Dialect
) -> None:
    """Through a real client over a socket: the final state is right, and all is acknowledged."""
    gateway.on_submit = lambda peer, submit: peer.answer(submit, message_id="7f3a")
    url = gateway.url("message_ids=hex")
    for shape in SHAPES:
        async with SmscClient(url, limits=GatewayLimits.off(), dialect=dialect) as smsc:
            sent = await smsc.send(Sms(to="79991234567", text="hello"))
            pdus = shape.pdus()
            for pdu in pdus:
                gateway.peer.write(pdu)
            receipt = await sent.receipt(timeout=5)
            answers = await gateway.peer.got(DeliverSmResp, len(pdus))

        assert receipt.state is MessageState.UNDELIVERABLE, shape
        assert 255 == receipt.error_code, shape
        assert [0] * len(pdus) == [answer.command_status for answer in answers], shape


HALVES = (TEXT[:40], TEXT[40:])


def sar_part(number: int, text: bytes) -> DeliverSm:
    """Return a part of a receipt that is numbered by TLVs."""
    numbers = (
        (TlvTag.SAR_MSG_REF_NUM, 7),
        (TlvTag.SAR_TOTAL_SEGMENTS, 2),
        (TlvTag.SAR_SEGMENT_SEQNUM, number),
    )
    tlvs = tuple(Tlv.of(tag, value) for tag, value in numbers)
    return DeliverSm(sequence_number=number, esm_class=4, short_message=text, tlvs=tlvs)


def udh_part(number: int, text: bytes, data_coding: int = 0) -> DeliverSm:
    """Return a part of a receipt that is numbered by its header."""
    return DeliverSm(
        sequence_number=number,
        esm_class=0x44,
        data_coding=data_coding,
        short_message=bytes((5, 0, 3, 9, 2, number)) + text,
    )


def wide(text: str) -> bytes:
    """Return a text in two octets a character."""
    return text.encode("utf-16-be")


PARTS = {
    "TLVs": [sar_part(1, HALVES[0].encode()), sar_part(2, HALVES[1].encode())],
    "TLVs, UCS-2": [sar_part(1, wide(HALVES[0])), sar_part(2, wide(HALVES[1]))],
    "UCS-2, then ASCII": [udh_part(1, wide(HALVES[0]), 8), udh_part(2, HALVES[1].encode())],
    "ASCII, then UCS-2": [udh_part(1, HALVES[0].encode()), udh_part(2, wide(HALVES[1]), 8)],
    "ASCII that is called UCS-2": [
        udh_part(1, HALVES[0].encode(), 8),
        udh_part(2, HALVES[1].encode(), 0),
    ],
    "a mark in each": [
        udh_part(1, b"\xff\xfe" + TEXT[:71].encode("utf-16-le"), 8),
        udh_part(2, b"\xff\xfe" + TEXT[71:].encode("utf-16-le"), 8),  # begins with "stat:"
    ],
}


@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("is_reversed", [False, True])
async def test_receipt_in_parts_ends_the_wait(
    gateway: Gateway, parts: list[DeliverSm], *, is_reversed: bool
) -> None:
    """Numbered by TLVs, or under different codings; no part is a receipt of nothing."""
    gateway.on_submit = lambda peer, submit: peer.answer(submit, message_id="7f")
    async with SmscClient(gateway.url(), limits=GatewayLimits.off()) as smsc:
        sent = await smsc.send(Sms(to="79991234567", text="hello"))
        gateway.peer.write(*(parts[::-1] if is_reversed else parts))
        receipt = await sent.receipt(timeout=5)
        answers = await gateway.peer.got(DeliverSmResp, 2)

    assert (MessageState.UNDELIVERABLE, 255) == (receipt.state, receipt.error_code)
    assert receipt.raw == TEXT
    assert [0, 0] == [answer.command_status for answer in answers]
    assert 1 == smsc.stats().receipts


async def test_part_that_is_a_receipt_by_itself_does_not_wait(gateway: Gateway) -> None:
    """It has the id and the state, so the other part is of no use."""
    gateway.on_submit = lambda peer, submit: peer.answer(submit, message_id="7f")
    async with SmscClient(gateway.url(), limits=GatewayLimits.off()) as smsc:
        sent = await smsc.send(Sms(to="79991234567", text="hello"))
        gateway.peer.write(sar_part(1, TEXT.encode()))
        receipt = await sent.receipt(timeout=5)

    assert MessageState.UNDELIVERABLE is receipt.state


async def test_receipts_that_repeat_the_header_of_their_part(gateway: Gateway) -> None:
    """Each has an id of its own, so they aren't parts of one receipt."""
    async with SmscClient(gateway.url(), limits=GatewayLimits.off()) as smsc:
        sent = await smsc.send(Sms(to="79991234567", text="a" * 200))
        for number, message_id in enumerate(sent.message_ids, 1):
            text = TEXT.replace("id:7f", f"id:{message_id}").encode()
            gateway.peer.write(udh_part(number, text))
        receipt = await sent.receipt(timeout=5)
        await gateway.peer.got(DeliverSmResp, 2)

    assert MessageState.UNDELIVERABLE is receipt.state
    assert (2, 2) == (len(sent.receipts), smsc.stats().receipts)


def unreadable(_: object) -> Receipt:
    """Fail as a user's function may."""
    raise ValueError


@pytest.mark.parametrize("has_header", [False, True])
async def test_parts_that_a_dialect_cannot_read_are_passed_on_once(
    gateway: Gateway, *, has_header: bool
) -> None:
    """Receipts of their own, numbered by TLVs, and by a header as well."""
    dialect = replace(GENERIC, read_receipt=unreadable)
    async with SmscClient(gateway.url(), dialect=dialect, limits=GatewayLimits.off()) as smsc:
        for number in (1, 2):
            text = TEXT.replace("id:7f", f"id:{number}").encode()
            header = bytes((5, 0, 3, 9, 2, number)) if has_header else b""
            part = sar_part(number, header + text)
            gateway.peer.write(
                DeliverSm(
                    sequence_number=number,
                    esm_class=0x44 if has_header else 4,
                    short_message=part.short_message,
                    tlvs=part.tlvs,
                )
            )
        answers = await gateway.peer.got(DeliverSmResp, 2)
    receipts = [receipt async for receipt in smsc.receipts()]

    assert [0, 0] == [answer.command_status for answer in answers]
    assert ["1", "2"] == [receipt.message_id for receipt in receipts]
