"""«Отправка SMS-сообщения»: submit_sm, three codings, "ISO", long texts, no submit_multi."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pdu import BindTransceiver, CommandId, SmeAddress, SubmitMulti, SubmitMultiResp, TlvTag
from pdu.text import Joined, Reassembler, read_segment
from smsc_async import (
    Coding,
    Email,
    HlrQuery,
    LongText,
    Ping,
    Sms,
    SmscClient,
    Social,
    TelegramBot,
    TelegramCode,
    Viber,
    VoiceCall,
)
from smsc_async.errors import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from pdu import Pdu, SubmitSm
    from smsc_async.messages import Message
    from tests.source_document.conftest import Reader, RecordingSmsc, Sender

TO = "79991234567"
RECIPIENT = SmeAddress(dest_addr_ton=1, dest_addr_npi=1, destination_addr=TO)

KINDS: dict[str, Message[Any]] = {
    "Код: 4821\n~~~\norder 17": Sms(to=TO, text="Код: 4821", comment="order 17"),
    "__MAIL__: Ваш заказ\nsubj:Заказ 17": Email(
        to="ivan@example.com", text="Ваш заказ", subject="Заказ 17"
    ),
    "__CALL__: Ваш код 48 21\nvoice:w": VoiceCall(to=TO, text="Ваш код 48 21", voice="w"),  # type: ignore[arg-type]  # also by its name
    "__VIBER__: Привет": Viber(to=TO, text="Привет"),
    "__SOC__: Привет": Social(to=TO, text="Привет"),
    "__TGM__: 4821": TelegramCode(to=TO, code="4821"),
    "__BOT__: Привет\nbot:@shop_bot": TelegramBot(to=TO, text="Привет", bot="shop_bot"),
    "__HLR__": HlrQuery(to=TO),
    "__PING__": Ping(to=TO),
}


async def test_every_kind_leaves_as_one_submit_sm(smsc: RecordingSmsc, said: Reader) -> None:
    """The kinds differ in their texts; command, addresses and fields are the specification's.

    «Для отправки SMS-сообщения используйте команду SUBMIT_SM согласно спецификации.»
    """
    async with SmscClient(smsc.url) as client:
        for message in KINDS.values():
            await client.send(message)

    assert list(KINDS) == [said(submit) for submit in smsc.submits]
    assert {CommandId.SUBMIT_SM} == {submit.command_id for submit in smsc.submits}
    assert [message.to for message in KINDS.values()] == [
        submit.destination_addr for submit in smsc.submits
    ]


async def test_submit_sm_to_the_octet(smsc: RecordingSmsc) -> None:
    """A complete PDU, field by field: a text with a sender and a requested receipt.

    «Для отправки SMS-сообщения используйте команду SUBMIT_SM согласно спецификации.»
    """
    async with SmscClient(smsc.url) as client:
        await client.send(Sms(to=TO, sender="Shop", text="Да"))

    drawn = bytes.fromhex(
        "00000034"  # command_length 52
        "00000004"  # command_id submit_sm
        "00000000"  # command_status
        "00000002"  # sequence_number, the bind had 1
        "00"  # service_type ""
        "05"  # source_addr_ton, alphanumeric
        "01"  # source_addr_npi
        "53686F7000"  # source_addr "Shop"
        "01"  # dest_addr_ton, international
        "01"  # dest_addr_npi
        "373939393132333435363700"  # destination_addr "79991234567"
        "00"  # esm_class
        "00"  # protocol_id
        "00"  # priority_flag
        "00"  # schedule_delivery_time ""
        "00"  # validity_period ""
        "01"  # registered_delivery, a final receipt
        "00"  # replace_if_present_flag
        "08"  # data_coding, 2 * 4
        "00"  # sm_default_msg_id
        "04"  # sm_length
        "04140430"  # "Да"
    )
    assert drawn == smsc.frames[1]


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("Hello", b"Hello"),
        ("@$_", b"\x00\x02\x11"),
        ("àèéìòùÄÖÑÜäöñü", bytes.fromhex("7F04050708065B5C5D5E7B7C7D7E")),
        ("ß§¿¡£¥", bytes.fromhex("1E5F60400103")),
        ("Øø", b"\x0b\x0c"),
        ("5 €", b"5 \x1be"),
        ("[a]", b"\x1b<a\x1b>"),
    ],
)
def test_latin_text_is_gsm(sent: Sender, text: str, octets: bytes) -> None:
    """GSM has septets for European letters, so they need no other coding.

    «7-битная GSM для латинского текста с поддержкой европейских символов − (coding = 0);»
    """
    (submit,) = sent(Sms(to=TO, text=text))

    assert (0, octets) == (submit.data_coding, submit.short_message)


def test_latin1_by_choice(sent: Sender) -> None:
    """Characters that GSM doesn't have take one octet each.

    «8-битная ISO-8859-1 (ASCII) для латинского текста или бинарных данных − (coding = 1);»
    """
    (submit,) = sent(Sms(to=TO, text="@ç 20°", coding=Coding.LATIN1))

    assert (4, b"@\xe7 20\xb0") == (submit.data_coding, submit.short_message)


def test_binary_data(sent: Sender) -> None:
    """Any octet can be sent: ISO-8859-1 has a character for each of the 256.

    «8-битная ISO-8859-1 (ASCII) для латинского текста или бинарных данных − (coding = 1);»
    """
    octets = bytes(range(256))
    one, two = sent(Sms(to=TO, text=octets.decode("latin-1"), coding=Coding.LATIN1))

    assert (4, 4) == (one.data_coding, two.data_coding)
    assert octets == one.short_message[6:] + two.short_message[6:]


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("Да", "04140430"),
        ("ё—№", "045120142116"),
        ("ไทย", "0E440E170E22"),
        ("😀", "D83DDE00"),
        ("a`", "00610060"),
    ],
)
def test_national_alphabets_are_ucs2(sent: Sender, text: str, octets: str) -> None:
    """Big-endian, a pair of units above U+FFFF, and no byte order mark.

    «UCS2 (UCS-2BE или UTF-16BE) для национальных алфавитов (например, русского) − (coding = 2).»
    """
    (submit,) = sent(Sms(to=TO, text=text))

    assert (8, bytes.fromhex(octets)) == (submit.data_coding, submit.short_message)


@pytest.mark.parametrize(("coding", "data_coding"), [(0, 0x00), (1, 0x04), (2, 0x08)])
async def test_data_coding_is_coding_times_four(
    smsc: RecordingSmsc, coding: int, data_coding: int
) -> None:
    """Two bits of the octet; on the wire it stands before sm_default_msg_id and sm_length.

    «Поле coding кодируется двумя битами в составном поле data_coding, поэтому data_coding = coding
    * 4.»
    """
    async with SmscClient(smsc.url) as client:
        await client.send(Sms(to=TO, text="Hi", coding=Coding(coding)))

    text = "Hi".encode("utf-16-be") if coding == 2 else b"Hi"
    assert bytes((data_coding, 0, len(text))) + text == smsc.frames[1][-3 - len(text) :]


def test_flash_leaves_the_two_bits_alone(sent: Sender, said: Reader) -> None:
    """The class of a message is in other bits of the same octet.

    «Поле coding кодируется двумя битами в составном поле data_coding, поэтому data_coding = coding
    * 4.»
    """
    for coding in Coding:
        (submit,) = sent(Sms(to=TO, text="Hi", coding=coding, flash=True))

        assert coding == submit.data_coding >> 2 & 3
        assert "Hi" == said(submit)


async def test_iso_is_said_at_the_bind(smsc: RecordingSmsc) -> None:
    """Three letters in system_type; texts are then sent as ISO-8859-1 with coding 1.

    «Для использования кодировки ISO-8859-1 (ASCII) вместо GSM при подключении нужно указать:
    system-type = "ISO"»
    """
    async with SmscClient(f"{smsc.url}?system_type=ISO") as client:
        await client.send(Sms(to=TO, text="a@ç"))

    drawn = bytes.fromhex(
        "00000024"  # command_length 36
        "00000009"  # command_id bind_transceiver
        "00000000"  # command_status
        "00000001"  # sequence_number
        "73686F7000"  # system_id "shop"
        "73656372657400"  # password "secret"
        "49534F00"  # system_type "ISO"
        "34"  # interface_version 3.4
        "00"  # addr_ton
        "00"  # addr_npi
        "00"  # address_range ""
    )
    assert drawn == smsc.frames[0]
    (submit,) = smsc.submits
    assert (4, b"a@\xe7") == (submit.data_coding, submit.short_message)


async def test_without_iso_system_type_is_empty(smsc: RecordingSmsc) -> None:
    """Without system_type the gateway reads GSM.

    «Для использования кодировки ISO-8859-1 (ASCII) вместо GSM при подключении нужно указать:
    system-type = "ISO"»
    """
    async with SmscClient(smsc.url) as client:
        await client.send(Sms(to=TO, text="a@"))

    bind = smsc.requests[0]
    assert isinstance(bind, BindTransceiver)
    assert "" == bind.system_type
    assert (0, b"a\x00") == (smsc.submits[0].data_coding, smsc.submits[0].short_message)


def test_iso_leaves_other_alphabets_alone(sent: Sender) -> None:
    """ISO-8859-1 replaces GSM, not UCS-2.

    «Для использования кодировки ISO-8859-1 (ASCII) вместо GSM при подключении нужно указать:
    system-type = "ISO"»
    """
    (submit,) = sent(Sms(to=TO, text="Да"), latin1=True)

    assert (8, b"\x04\x14\x04\x30") == (submit.data_coding, submit.short_message)


async def test_submit_multi_is_refused_before_it_leaves(smsc: RecordingSmsc) -> None:
    """The error says why and what to do instead; the gateway never sees the command.

    «Команда SUBMIT_MULTI для множественной рассылки пока не реализована.»
    """
    multi = SubmitMulti(dest_address=(RECIPIENT,), short_message=b"Hi")
    async with SmscClient(smsc.url) as client:
        with pytest.raises(LocalProtocolError, match=r"not implemented.*send_many"):
            await client.request(multi)

    assert not [pdu for pdu in smsc.requests if pdu.command_id == CommandId.SUBMIT_MULTI]


def test_simulator_refuses_submit_multi(simulated: Callable[..., list[Pdu]]) -> None:
    """A client that sends it to the simulator gets an error too.

    «Команда SUBMIT_MULTI для множественной рассылки пока не реализована.»
    """
    multi = SubmitMulti(dest_address=(RECIPIENT,), short_message=b"Hi")
    _, refusal = simulated(multi)

    assert isinstance(refusal, SubmitMultiResp)
    assert 0 != refusal.command_status


# Any text arrives complete.


def long_ones(letters: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    """Texts of these characters, of up to a dozen parts."""
    pieces = st.text(letters, min_size=1, max_size=20)
    return st.builds(
        lambda piece, times, tail: piece * times + tail, pieces, st.integers(1, 60), pieces
    )


SENDABLE = (
    st.tuples(long_ones(st.characters(codec="utf-8")), st.sampled_from([None, Coding.UCS2]))
    | st.tuples(long_ones("aZ 09@_{}~€^\\[]|\f\r\nàÉßΩ"), st.sampled_from([None, Coding.GSM]))
    | st.tuples(long_ones(st.characters(max_codepoint=0xFF)), st.just(Coding.LATIN1))
)


def joined(submits: list[SubmitSm], order: Random) -> Joined:
    """Join the parts of one message, arriving in any order."""
    order.shuffle(submits)
    reassembler = Reassembler(timeout=60.0)
    whole: list[Joined] = []
    for submit in submits:
        assert not whole, "it was whole before its last part came"
        payload = submit.tlv(TlvTag.MESSAGE_PAYLOAD)
        sar = tuple(
            submit.tlv(tag)
            for tag in (
                TlvTag.SAR_MSG_REF_NUM,
                TlvTag.SAR_TOTAL_SEGMENTS,
                TlvTag.SAR_SEGMENT_SEQNUM,
            )
        )
        segment = read_segment(
            payload if isinstance(payload, bytes) else submit.short_message,
            has_udh=submit.esm_class & 0x40 != 0,
            sar=None if None in sar else sar,
        )
        whole += reassembler.add(
            segment, sender="", recipient=TO, data_coding=submit.data_coding, now=0.0
        )
    (message,) = whole
    return message


@pytest.mark.parametrize("long_text", LongText)
@settings(max_examples=50)
@given(sendable=SENDABLE, flash=st.booleans(), order=st.randoms(use_true_random=False))
def test_any_text_that_can_be_sent_arrives_whole(
    *,
    sent: Sender,
    decoded: Callable[[bytes, int], str],
    long_text: LongText,
    sendable: tuple[str, Coding | None],
    flash: bool,
    order: Random,
) -> None:
    """Cut, written, shuffled, read, joined and decoded, the text is the same."""
    text, coding = sendable
    assume("\n~~~\n" not in f"{text}\n")
    message = Sms(to=TO, text=text, coding=coding, long_text=long_text, flash=flash)
    whole = joined(sent(message), order)

    assert text == decoded(whole.octets, whole.data_coding)
    assert () == whole.missing


LONG = "Очень длинное сообщение. " * 4  # 100 units: parts of 67 and 33


async def test_parts_with_headers_on_the_wire(smsc: RecordingSmsc, said: Reader) -> None:
    """esm_class marks the header; the header has reference, number of parts and part number."""
    async with SmscClient(smsc.url) as client:
        await client.send(Sms(to=TO, text=LONG))

    one, two = smsc.submits
    assert [(0x40, 8), (0x40, 8)] == [(pdu.esm_class, pdu.data_coding) for pdu in (one, two)]
    reference = one.short_message[3:4]
    assert b"\x05\x00\x03" + reference + b"\x02\x01" == one.short_message[:6]
    assert b"\x05\x00\x03" + reference + b"\x02\x02" == two.short_message[:6]
    assert LONG == said(one) + said(two)


async def test_parts_with_tlvs_on_the_wire(smsc: RecordingSmsc, said: Reader) -> None:
    """The three numbers of the header are in TLVs, without a header."""
    async with SmscClient(smsc.url) as client:
        await client.send(Sms(to=TO, text=LONG, long_text=LongText.SAR))

    one, two = smsc.submits
    assert one.tlvs[0] == two.tlvs[0]
    assert [(0x020E, b"\x02"), (0x020F, b"\x01")] == [tuple(tlv) for tlv in one.tlvs[1:]]
    assert [(0x020E, b"\x02"), (0x020F, b"\x02")] == [tuple(tlv) for tlv in two.tlvs[1:]]
    assert LONG == said(one) + said(two)


async def test_whole_text_in_message_payload_on_the_wire(smsc: RecordingSmsc) -> None:
    """One PDU whose short_message is empty."""
    async with SmscClient(smsc.url) as client:
        await client.send(Sms(to=TO, text=LONG, long_text=LongText.PAYLOAD))

    (submit,) = smsc.submits
    assert (b"", 0) == (submit.short_message, submit.esm_class)
    assert [(0x0424, LONG.encode("utf-16-be"))] == [tuple(tlv) for tlv in submit.tlvs]
