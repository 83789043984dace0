"""Texts as they arrive from other gateways, and leave for them, by a client over a socket.

Each group is a kind; the first case of a group is one that was reported.
"""

from __future__ import annotations

import asyncio
import struct
from itertools import starmap
from typing import TYPE_CHECKING, Any

import pytest
from scripted import Gateway

from pdu import CommandStatus, DeliverSm, EsmClass, SubmitSm, Tlv, TlvTag, decode, encode, explain
from pdu.text import Language, ShiftTables, TextCoding, read_segment, split
from smsc_async import (
    Coding,
    GatewayLimits,
    InvalidMessageError,
    LongText,
    Sms,
    SmscClient,
    Submit,
)
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from smsc_async import IncomingMessage
    from smsc_async.gateway.plan import Plan

PARTED = EsmClass(EsmClass.UDHI)


def part(octets: str, data_coding: int = 0, *, of: str = "0201") -> dict[str, Any]:
    """Return a part of a message in two parts, its header a concatenation and what *of* adds."""
    header = bytes.fromhex("00032A" + of)
    message = bytes((len(header),)) + header + bytes.fromhex(octets)
    return {"esm_class": PARTED, "data_coding": data_coding, "short_message": message}


def two(first: tuple[int, str], second: tuple[int, str]) -> list[dict[str, Any]]:
    """Return both parts of a message, each given as data_coding and octets."""
    return [part(first[1], first[0], of="0201"), part(second[1], second[0], of="0202")]


def sar(total: bytes, sequence: bytes, octets: bytes, reference: bytes = b"\0\7") -> dict[str, Any]:
    """Return a part that is numbered by TLVs."""
    numbers = (
        (TlvTag.SAR_MSG_REF_NUM, reference),
        (TlvTag.SAR_TOTAL_SEGMENTS, total),
        (TlvTag.SAR_SEGMENT_SEQNUM, sequence),
    )
    return {"short_message": octets, "tail": b"".join(starmap(raw_tlv, numbers))}


def raw_tlv(tag: int, value: bytes) -> bytes:
    """Return a TLV of any width, which no encoder of ours would write."""
    return struct.pack("!HH", tag, len(value)) + value


def one(octets: str, data_coding: int = 0, **fields: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - fields of a PDU
    """Return a message of one part."""
    return [{"short_message": bytes.fromhex(octets), "data_coding": data_coding, **fields}]


async def receive(
    deliveries: list[dict[str, Any]], settings: str = "", count: int = 1
) -> list[IncomingMessage]:
    """Deliver PDUs; return *count* messages that the client reads. All are acknowledged."""
    async with Gateway() as gateway, SmscClient(gateway.url(settings)) as smsc:
        for number, fields in enumerate(deliveries, 1):
            values = {"source_addr": "79991234567", "destination_addr": "Shop", **fields}
            tail: bytes = values.pop("tail", b"")
            octets = encode(DeliverSm(sequence_number=number, **values)) + tail
            gateway.peer.raw(struct.pack("!I", len(octets)) + octets[4:])
        messages = smsc.incoming()
        return [await anext(messages) for _ in range(count)]


async def send(message: Sms, settings: str = "") -> tuple[list[SubmitSm], Plan]:
    """Send a message; return what the SMSC got, and the plan."""
    async with (
        Gateway() as gateway,
        SmscClient(gateway.url(settings), limits=GatewayLimits.off()) as smsc,
    ):
        planned = smsc.plan(message)
        await smsc.send(message)
        return list(gateway.submits), planned


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (two((0, "68656C6C6F20"), (8, "043C04380440")), "hello мир"),
        (two((8, "043C04380440"), (0, "2068690A")), "мир hi\n"),
        (two((0, "1B65"), (3, "E9")), "€é"),
        (two((1, "61"), (4, "E9")), "aé"),
        (two((8, "FFFE3C04"), (8, "FFFE3804")), "ми"),
        (two((8, "043C04"), (8, "38")), "ми"),  # one coding: a unit cut in two
        (two((0x10, "00"), (0x18, "043C")), "@м"),
        ([*reversed(two((0, "61"), (8, "043C")))], "aм"),  # the second part came first
    ],
)
async def test_parts_under_different_codings(parts: list[dict[str, Any]], text: str) -> None:
    """Decoded run by run; the message has the coding of its first part, and all octets."""
    (message,) = await receive(parts)
    first = min(parts, key=lambda fields: fields["short_message"][5])

    assert text == message.text
    assert first["data_coding"] == message.data_coding
    assert 2 == message.parts == message.total


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (two((0, "6869"), (2, "FF00")), "hi\ufffd"),
        (two((0xF5, "FF00"), (8, "043C")), "\ufffdм"),
        (two((2, "FF"), (2, "00")), None),
        (two((4, "68"), (2, "00")), "h\ufffd"),
    ],
)
async def test_binary_part_among_text(parts: list[dict[str, Any]], text: str | None) -> None:
    """What is text is shown; a message without any is none."""
    (message,) = await receive(parts)

    assert text == message.text
    assert b"".join(fields["short_message"][6:] for fields in parts) == message.octets


@pytest.mark.parametrize("data_coding", [0x08, 0x18, 0xE0])
@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("FEFF043C04380440", "мир"),
        ("FFFE3C0438044004", "мир"),
        ("FFFE", ""),
        ("FEFF", ""),
        ("FFFE3C0438", "м\ufffd"),
        ("FEFFD83DDE00", "😀"),
        ("FFFE3DD800DE", "😀"),
        ("043CFEFF", "м\ufeff"),  # no mark at the end
    ],
)
async def test_byte_order_marks(octets: str, data_coding: int, text: str) -> None:
    """Obeyed and dropped, in either order."""
    (message,) = await receive(one(octets, data_coding))

    assert text == message.text
    assert bytes.fromhex(octets) == message.octets


@pytest.mark.parametrize(
    ("parts", "texts"),
    [
        ([sar(b"\0\2", b"\0\1", b"a"), sar(b"\0\2", b"\0\2", b"b")], ["ab"]),
        ([sar(b"\0\0\0\2", b"\1", b"a"), sar(b"\2", b"\0\0\0\2", b"b")], ["ab"]),
        ([sar(b"\2", b"\1", b"a", b"\7"), sar(b"\2", b"\2", b"b", b"\0\0\0\7")], ["ab"]),
        ([sar(b"\0\2", b"\2", b"b"), sar(b"\0\2", b"\1", b"a")], ["ab"]),
        ([sar(b"", b"\1", b"a"), sar(b"", b"\2", b"b")], ["a", "b"]),
        ([sar(b"\1\0", b"\1", b"a")], ["a"]),  # 256 parts: nothing to wait for
        ([sar(b"\0\0\2", b"\1", b"a")], ["a"]),
    ],
)
async def test_sar_numbers_in_other_widths(parts: list[dict[str, Any]], texts: list[str]) -> None:
    """One message, where the numbers are numbers."""
    messages = await receive(parts, count=len(texts))

    assert texts == [message.text for message in messages]


@pytest.mark.parametrize(
    ("alphabet", "octets", "text"),
    [
        ("latin1", "E9405F7E", "é@_~"),
        ("latin1", "00", "\0"),
        ("ascii", "405F7E60", "@_~`"),
        ("ascii", "61E9", "a\ufffd"),
        ("gsm", "00111B3D", "@_~"),
    ],
)
async def test_incoming_texts_in_the_smscs_alphabet(alphabet: str, octets: str, text: str) -> None:
    """What data_coding 0 means is a setting; the header's bits don't change it."""
    (message,) = await receive(one(octets), f"default_alphabet={alphabet}")

    assert text == message.text


@pytest.mark.parametrize(
    ("settings", "text", "data_coding", "octets"),
    [
        ("default_alphabet=latin1", "é@_", 0, b"\xe9@_"),
        ("default_alphabet=latin1", "5 €", 8, "5 €".encode("utf-16-be")),
        ("default_alphabet=ascii", "`@_~{", 0, b"`@_~{"),
        ("default_alphabet=ascii", "é", 8, b"\0\xe9"),
        ("default_alphabet=gsm", "é@_", 0, b"\x05\x00\x11"),
        ("system_type=ISO", "é@_", 4, b"\xe9@_"),  # SMSC.ru's way, as ever
        ("system_type=ISO&default_alphabet=latin1", "é@_", 0, b"\xe9@_"),
        ("system_type=ISO&default_alphabet=gsm", "é@_", 0, b"\x05\x00\x11"),
        ("", "é@_", 0, b"\x05\x00\x11"),
    ],
)
async def test_texts_are_sent_in_the_smscs_alphabet(
    settings: str, text: str, data_coding: int, octets: bytes
) -> None:
    """Chosen by itself; what doesn't fit goes in UCS-2."""
    (submit,), plan = await send(Sms(to="79991234567", text=text), settings)

    assert (data_coding, octets) == (submit.data_coding, submit.short_message)
    assert data_coding == plan.data_coding


@pytest.mark.parametrize(
    ("alphabet", "text", "sizes", "units", "room"),
    [
        ("latin1", "é" * 140, (140,), 140, 0),
        ("latin1", "é" * 141, (134, 7), 141, 127),
        ("ascii", "a" * 160, (160,), 160, 0),
        ("ascii", "a" * 161, (153, 8), 161, 145),
        ("ascii", "{" * 80, (80,), 160, 0),  # two septets each on air
        ("ascii", "{" * 81, (76, 5), 162, 143),
        ("ascii", "a" * 150 + "[~]" + "`" * 9, (151, 11), 165, 140),
        ("gsm", "{" * 81, (152, 10), 162, 143),
    ],
)
async def test_parts_in_the_smscs_alphabet(
    alphabet: str, text: str, sizes: tuple[int, ...], units: int, room: int
) -> None:
    """140 octets of Latin-1, 160 septets of ASCII, since the SMSC makes GSM of it."""
    submits, plan = await send(Sms(to="79991234567", text=text), f"default_alphabet={alphabet}")

    assert sizes == plan.octets
    assert (units, room) == (plan.units, plan.room)
    header = 6 if len(sizes) > 1 else 0
    assert text == "".join(
        plain(alphabet).decode(submit.short_message[header:]) for submit in submits
    )


def plain(alphabet: str) -> TextCoding:
    """Return a coding by its name in the URL."""
    return TextCoding[alphabet.upper()]


async def test_coding_0_that_cannot_hold_a_text_is_refused() -> None:
    """The user chose it; the SMSC's alphabet doesn't have the sign."""
    with pytest.raises(InvalidMessageError, match="is not in ISO-8859-1"):
        await send(Sms(to="79991234567", text="5 €", coding=Coding.GSM), "default_alphabet=latin1")


async def test_typographic_signs_become_plain_where_that_keeps_the_alphabet() -> None:
    """`smart_text` keeps a text in what the SMSC has, not in GSM."""
    settings = "smart_text=1&default_alphabet=latin1"
    (submit,), _ = await send(Sms(to="79991234567", text="ça—ok…"), settings)

    assert (0, "ça-ok...".encode("latin-1")) == (submit.data_coding, submit.short_message)


@pytest.mark.parametrize(
    ("deliveries", "text"),
    [
        (one("E8329BFD06"), "hello"),
        (one("E8329BFD4697D9EC37"), "hellohello"),
        (one("31D98C56B3DD1A"), "1234567"),
        (one("31D98C56B3DD00"), "1234567"),
        (one("9B32"), "€"),
        (one("E8329BFD06", 0xC8), "hello"),
        (one("E8329BFD06", 0x10), "hello"),
        (one("043C", 8), "м"),  # UCS-2 isn't packed
        (one("68656C6C6F", 3), "hello"),
        ([part("D06536FB0D", of="0101")], "hello"),  # behind a header, one fill bit
        ([part("D06536FB0D", of="0201"), part("D06536FB0D", of="0202")], "hellohello"),
        (two((0, "D06536FB0D"), (8, "043C")), "helloм"),
    ],
)
async def test_packed_texts(deliveries: list[dict[str, Any]], text: str) -> None:
    """Eight septets in seven octets, for an SMSC that packs."""
    (message,) = await receive(deliveries, "packed_gsm=1")

    assert text == message.text


@pytest.mark.parametrize("long_text", LongText)
@pytest.mark.parametrize("flash", [False, True])
@pytest.mark.parametrize(
    "text", ["hello", "1234567", "5 € {ok}", "a" * 160, "a" * 152 + "@" + "b" * 9, "€" * 100]
)
async def test_packed_texts_are_sent(text: str, long_text: LongText, flash: bool) -> None:  # noqa: FBT001 - a table's column
    """No part has over 140 octets, and the SMSC reads what was written."""
    message = Sms(to="79991234567", text=text, long_text=long_text, flash=flash)
    submits, plan = await send(message, "packed_gsm=1")
    found = b""
    for submit in submits:
        payload = submit.tlv(TlvTag.MESSAGE_PAYLOAD)
        octets = payload or submit.short_message
        has_udh = bool(submit.esm_class & EsmClass.UDHI)
        assert payload or len(octets) <= 140
        total = submit.tlv(TlvTag.SAR_TOTAL_SEGMENTS)
        numbers = (1, total, submit.tlv(TlvTag.SAR_SEGMENT_SEQNUM)) if total else None
        found += read_segment(octets, has_udh=has_udh, sar=numbers, packed=True).payload
        assert (0x10 if flash else 0) == submit.data_coding

    assert text == TextCoding.GSM.decode(found)
    assert len(found) == plan.units


async def test_ucs2_is_not_packed() -> None:
    """Only GSM has septets."""
    (submit,), _ = await send(Sms(to="79991234567", text="мир"), "packed_gsm=1")

    assert (8, "мир".encode("utf-16-be")) == (submit.data_coding, submit.short_message)


@pytest.mark.parametrize(
    ("deliveries", "text"),
    [
        (one("03240101 1B73 1B69", esm_class=PARTED), "şı"),
        (one("03250101 0B07", esm_class=PARTED), "Ğı"),
        (one("03240102 1B61 7D", esm_class=PARTED), "áñ"),
        (one("03250103 7B0F1618", esm_class=PARTED), "ãá^€"),
        (one("03240103 1B7B", esm_class=PARTED), "ã"),
        (one("06250101 240103 1B7B07", esm_class=PARTED), "ãı"),
        (one("0324010D 1B65", esm_class=PARTED), "€"),  # Urdu isn't here: the default tables
        (one("03240101 1B73", 0xC0, esm_class=PARTED), "ş"),
        (one("03240101 043C", 8, esm_class=PARTED), "м"),  # UCS-2 has no tables
        (
            [part("1B73", of="0201240101"), part("1B61", of="0202240102")],
            "şá",  # each part has tables of its own
        ),
        ([part("07", of="0201250101"), part("07", of="0202")], "ıì"),
        (
            [part("1B", of="0201240101"), part("73", of="0202240101")],
            "ş",  # a pair cut in two
        ),
    ],
)
async def test_national_tables(deliveries: list[dict[str, Any]], text: str) -> None:
    """Turkish, Spanish, Portuguese: the header of each part says which."""
    (message,) = await receive(deliveries)

    assert text == message.text


async def test_packed_text_with_a_national_table() -> None:
    """Behind a header of four octets there are three fill bits."""
    turkish = ShiftTables(single=Language.TURKISH)
    (segment,) = split("ışık", turkish)
    (message,) = await receive(
        [{"esm_class": PARTED, "short_message": segment.packed_message}], "packed_gsm=1"
    )

    assert "ışık" == message.text


@pytest.mark.parametrize(
    ("tag", "value", "shown"),
    [
        (TlvTag.DELIVERY_FAILURE_REASON, b"\2", "2 PERMANENT_NETWORK_ERROR"),
        (TlvTag.DPF_RESULT, b"\1", "1 SET"),
        (TlvTag.MS_AVAILABILITY_STATUS, b"\2", "2 UNAVAILABLE"),
        (TlvTag.PAYLOAD_TYPE, b"\1", "1 WCMP"),
        (TlvTag.PRIVACY_INDICATOR, b"\3", "3 SECRET"),
        (TlvTag.LANGUAGE_INDICATOR, b"\5", "5 PORTUGUESE"),
        (TlvTag.DEST_ADDR_SUBUNIT, b"\3", "3 SMART_CARD_1"),
        (TlvTag.SOURCE_BEARER_TYPE, b"\4", "4 USSD"),
        (TlvTag.USSD_SERVICE_OP, b"\x11", "17 PSSR_RESPONSE"),
        (TlvTag.MS_VALIDITY, b"\3", "3 DISPLAY_ONLY"),
        (TlvTag.MS_VALIDITY, b"\0\3", "octets"),
        (TlvTag.PRIVACY_INDICATOR, b"\x77", "119"),
    ],
)
def test_values_of_tlvs_are_named(tag: int, value: bytes, shown: str) -> None:
    """Where the specification has a name; a number else."""
    explained = explain(encode(SubmitSm(destination_addr="1", tlvs=(Tlv(tag, value),))))

    assert explained.lines[-1].meaning == shown


@pytest.mark.parametrize("value", [b"\3", b"\0\3", b"\4\x0a\0\2"])
def test_ms_validity_of_each_width_is_written(value: bytes) -> None:
    """v3.4 has one octet, v5.0 four, and some SMSCs want two."""
    submit = SubmitSm(destination_addr="1", tlvs=(Tlv(TlvTag.MS_VALIDITY, value),))
    assert submit == decode(encode(submit))
    assert Tlv(TlvTag.MS_VALIDITY, value) == Tlv.of(
        TlvTag.MS_VALIDITY, submit.tlv(TlvTag.MS_VALIDITY)
    )


@pytest.mark.parametrize(
    ("number", "old", "new"),
    [
        (0xC0, "ESME_RINVOPTPARSTREAM", "ESME_RINVTLVSTREAM"),
        (0xC1, "ESME_ROPTPARNOTALLWD", "ESME_RTLVNOTALLWD"),
        (0xC2, "ESME_RINVPARLEN", "ESME_RINVTLVLEN"),
        (0xC3, "ESME_RMISSINGOPTPARAM", "ESME_RMISSINGTLV"),
        (0xC4, "ESME_RINVOPTPARAMVAL", "ESME_RINVTLVVAL"),
    ],
)
def test_statuses_have_the_names_of_both_versions(number: int, old: str, new: str) -> None:
    """v5.0 renamed five."""
    assert CommandStatus(number) is CommandStatus[old] is CommandStatus[new]
    assert old == CommandStatus(number).name


ALPHABETS: dict[str, tuple[str, dict[str, Any]]] = {
    "gsm": ("default_alphabet=gsm", {"default_alphabet": "gsm"}),
    "packed": ("packed_gsm=1", {"packed_gsm": True}),
    "latin1": ("default_alphabet=latin1", {"default_alphabet": "latin1"}),
    "ascii": ("default_alphabet=ascii", {"default_alphabet": "ascii"}),
    "ISO": ("system_type=ISO", {}),
    "ISO, but GSM": (
        "system_type=ISO&default_alphabet=gsm",
        {"default_alphabet": "gsm"},
    ),
}
TEXTS = (
    "plain @_$ {curly} 5~",
    "façade é@_",
    "5 €",
    "мир",
    "{" * 81,
    "é" * 141,
    "a" * 152 + "@" + "b" * 160,
    "~" * 153 + "é",
)


@pytest.mark.parametrize("settings", ALPHABETS.values(), ids=ALPHABETS)
async def test_simulator_has_the_alphabet_of_its_scenario(
    settings: tuple[str, dict[str, Any]],
) -> None:
    """What a client sends is what the simulator reads and charges, and the other way round."""
    url, scenario = settings
    async with (
        Simulator(Scenario(rules=None, receipt_delay=0.0, **scenario)) as simulator,
        SmscClient(f"{simulator.url}?{url}", limits=GatewayLimits.off()) as smsc,
    ):
        messages = smsc.incoming()
        for text in TEXTS:
            message = Sms(to="79991234567", text=text)
            sent = await smsc.send(message)
            receipt = await sent.receipt(timeout=5)
            delivery = asyncio.create_task(simulator.deliver("79991234567", "Shop", text))
            answered = await anext(messages)
            await delivery

            assert text == simulator.messages[-1].text
            assert text == answered.text
            charged = smsc.plan(message).parts if sent.parts == 1 else 1
            assert charged == receipt.parts


async def test_embedded_simulator_has_the_alphabet_of_the_url() -> None:
    """It stands for the SMSC that the URL describes."""
    text = "façade @_{"
    for url in ("sim://?default_alphabet=latin1", "sim://?packed_gsm=1", "sim://"):
        async with SmscClient(url) as smsc:
            await smsc.send(Sms(to="79991234567", text=text))

            assert smsc.simulator is not None
            assert text == smsc.simulator.messages[-1].text


@pytest.mark.parametrize(
    ("alphabet", "octets", "charged"),
    [
        ("latin1", b"a" * 140, 1),
        ("latin1", b"a" * 141, 2),
        ("ascii", b"a" * 160, 1),
        ("ascii", b"{" * 80, 1),
        ("ascii", b"{" * 81, 2),
        ("gsm", b"a" * 160, 1),
        ("gsm", b"a" * 161, 2),
    ],
)
async def test_simulator_charges_by_its_alphabet(
    alphabet: Any,  # noqa: ANN401 - a name of the setting
    octets: bytes,
    charged: int,
) -> None:
    """A payload is charged by the parts that the SMSC makes of it."""
    message = Submit(to="79991234567", tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, octets),))
    scenario = Scenario(default_alphabet=alphabet, receipt_delay=0.0)
    async with Simulator(scenario) as simulator, SmscClient(simulator.url) as smsc:
        receipt = await (await smsc.send(message)).receipt(timeout=5)

    assert charged == receipt.parts
