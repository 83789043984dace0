"""SMSC.ru's receipts, HLR results and query results: reading never raises."""

from __future__ import annotations

import copy
import pickle
import random
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdu.deliver import DeliverSm
from pdu.enums import MessageState, TlvTag
from pdu.query import QuerySmResp
from pdu.submit import DataSm
from pdu.text.packed import pack
from pdu.tlvs import Tlv
from smsc_async.gateway.receipts import (
    is_receipt,
    read_generic_receipt,
    read_query_result,
    read_receipt,
)
from smsc_async.receipts import COST, FLAGS, HlrReceipt, QueryResult, Receipt

PLAIN = (
    b"id:855469 sub:001 dlvrd:001 submit date:2611231030 done date:261123103159"
    b" stat:DELIVRD err:000 text:Kod 4821"
)
HLR = (
    b"id:855469 stat:DELIVRD err:000 imsi:250023012345678 msc:79232510066 mcc:250 mnc:02"
    b" cn:Russian+Federation net:MegaFON+open+Joint+Stock+Company rcn: rnet:"
)


def deliver(text: bytes, *tlvs: tuple[int, bytes], **fields: Any) -> DeliverSm:  # noqa: ANN401 - of any field
    """Make the deliver_sm of a receipt."""
    usual: dict[str, Any] = {
        "source_addr": "79991234567",
        "destination_addr": "Shop",
        "esm_class": 0x04,
        "short_message": text,
        "tlvs": tuple(Tlv(tag, value) for tag, value in tlvs),
    }
    return DeliverSm(**(usual | fields))


def test_hlr_result_of_the_source_document() -> None:
    """«Пример результата HLR-запроса: id:855469 stat:DELIVRD err:000 imsi:…»."""
    receipt = read_receipt(deliver(HLR))

    assert isinstance(receipt, HlrReceipt)
    assert "855469" == receipt.message_id
    assert MessageState.DELIVERED is receipt.state
    assert 0 == receipt.error_code
    assert "250023012345678" == receipt.imsi
    assert "79232510066" == receipt.msc
    assert "250" == receipt.mcc
    assert "02" == receipt.mnc
    assert "Russian Federation" == receipt.country
    assert "MegaFON open Joint Stock Company" == receipt.network
    assert "" == receipt.roaming_country
    assert "" == receipt.roaming_network
    assert HLR.decode() == receipt.raw


def test_hlr_result_without_its_text_is_known_by_its_flags() -> None:
    """Bits 3-0 of the gateway's TLV 0x2001 tell the kind of message."""
    query = read_receipt(deliver(b"id:1 stat:UNDELIV err:006", (FLAGS, b"\x00\x04")))
    sms = read_receipt(deliver(b"id:1 stat:UNDELIV err:006", (FLAGS, b"\x00\x20")))

    assert HlrReceipt is type(query)
    assert Receipt is type(sms)


def test_quoted_text_makes_no_hlr_result() -> None:
    """A receipt may quote any text."""
    assert Receipt is type(read_receipt(deliver(b"id:1 stat:DELIVRD text:an imsi:1")))


def test_plain_receipt() -> None:
    """The usual text, without any TLV."""
    receipt = read_receipt(deliver(PLAIN))

    assert Receipt is type(receipt)
    assert ("855469", MessageState.DELIVERED, 0) == (
        receipt.message_id,
        receipt.state,
        receipt.error_code,
    )
    assert ("79991234567", "Shop") == (receipt.to, receipt.sender)
    assert datetime(2026, 11, 23, 10, 30) == receipt.submitted_at  # noqa: DTZ001 - zone unknown
    assert datetime(2026, 11, 23, 10, 31, 59) == receipt.done_at  # noqa: DTZ001 - the same
    assert "001" == receipt.fields["dlvrd"]
    assert receipt.is_final


def test_tlvs_win_over_the_text() -> None:
    """The text is vendor prose, the TLVs are the standard."""
    receipt = read_receipt(
        deliver(
            PLAIN,
            (TlvTag.RECEIPTED_MESSAGE_ID, b"00ABC\0"),
            (TlvTag.MESSAGE_STATE, b"\x05"),
            (TlvTag.NETWORK_ERROR_CODE, b"\x03\x00\xfb"),
            (TlvTag.MESSAGE_STATE, b"\x02"),
        )
    )

    assert "00ABC" == receipt.message_id
    assert MessageState.UNDELIVERABLE is receipt.state
    assert 251 == receipt.error_code


def test_text_fills_in_what_no_tlv_says() -> None:
    """A receipt with some of the TLVs: its id must be the one that the response had."""
    receipt = read_receipt(deliver(PLAIN, (TlvTag.RECEIPTED_MESSAGE_ID, b"00ABC\0")))

    assert "00ABC" == receipt.message_id
    assert MessageState.DELIVERED is receipt.state


def test_what_is_not_said_is_none() -> None:
    """A guess would be taken for the gateway's word."""
    receipt = read_receipt(deliver(b""))

    assert ("", None, None, None) == (
        receipt.message_id,
        receipt.state,
        receipt.error_code,
        receipt.error,
    )
    assert (None, None, None, None) == (
        receipt.cost,
        receipt.flags,
        receipt.parts,
        receipt.operator,
    )
    assert (None, None) == (receipt.submitted_at, receipt.done_at)
    assert not receipt.is_final


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"\x03\x00\x06", 6),
        (b"\x00\x06", 6),
        (b"\x03\x00\x00\x06", 6),
        (b"006", 6),
        (b"06", 6),
        (b"", None),
        (b"\x06", None),
        (b"\0\0\0\0\0", None),
    ],
)
def test_network_error_code_in_many_shapes(value: bytes, code: int | None) -> None:
    """Three octets by the specification; two, four and digits occur."""
    assert code == read_receipt(deliver(b"", (TlvTag.NETWORK_ERROR_CODE, value))).error_code


@pytest.mark.parametrize(
    ("err", "code"), [(b"006", 6), (b"", None), (b"0A1", None), (b"-1", None), (b"9" * 10, None)]
)
def test_error_of_the_text(err: bytes, code: int | None) -> None:
    """Digits are a code; anything else is only in `fields`."""
    receipt = read_receipt(deliver(b"id:1 stat:UNDELIV err:" + err))

    assert code == receipt.error_code
    assert err.decode() == receipt.fields["err"]


@pytest.mark.parametrize(
    ("stat", "state"),
    [
        (b"DELIVRD", MessageState.DELIVERED),
        (b"delivrd", MessageState.DELIVERED),
        (b"ENROUTE", MessageState.ENROUTE),
        (b"SCHEDLD", MessageState.SCHEDULED),
        (b"REJECTD", MessageState.REJECTED),
        (b"MYSTERY", MessageState.UNKNOWN),
        (b"", MessageState.UNKNOWN),
    ],
)
def test_states_of_the_text(stat: bytes, state: MessageState) -> None:
    """Seven letters in any case; an unlisted word is UNKNOWN."""
    assert state is read_receipt(deliver(b"id:1 stat:" + stat)).state


def test_state_without_a_name_is_kept_as_a_number() -> None:
    """Unknown numbers are values, as long as the text doesn't know a final state."""
    receipt = read_receipt(deliver(b"id:1", (TlvTag.MESSAGE_STATE, b"\x63")))

    assert 0x63 == receipt.state
    assert not receipt.is_final
    assert "state=99" in repr(receipt)


def test_receipt_in_the_payload_and_in_data_sm() -> None:
    """Some gateways use the TLV message_payload, or data_sm."""
    payload = deliver(b"", (TlvTag.MESSAGE_PAYLOAD, PLAIN))
    data = DataSm(
        destination_addr="Shop", esm_class=0x04, tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, PLAIN),)
    )

    assert "855469" == read_receipt(payload).message_id
    assert "855469" == read_receipt(data).message_id
    assert "" == read_receipt(DataSm(destination_addr="Shop")).message_id


def test_receipt_in_utf_16() -> None:
    """A gateway that quotes Cyrillic texts may send the whole receipt in UTF-16BE."""
    wide = deliver("id:7 stat:DELIVRD err:000 text:Код".encode("utf-16-be"), data_coding=8)
    ascii_all_the_same = deliver(PLAIN, data_coding=8)

    assert "7" == read_receipt(wide).message_id
    assert "Код" == read_receipt(wide).fields["text"]
    assert "855469" == read_receipt(ascii_all_the_same).message_id


@pytest.mark.parametrize(
    ("pdu", "yes"),
    [
        (deliver(PLAIN), True),
        (deliver(PLAIN, esm_class=0x20), True),
        (deliver(PLAIN, esm_class=0x44), True),
        (deliver(PLAIN, (TlvTag.RECEIPTED_MESSAGE_ID, b"1\0"), esm_class=0), True),
        (deliver(PLAIN, esm_class=0), False),
        (deliver(b"hi", (0x2000, b"1"), esm_class=0x40), False),
        (deliver(b"hi", esm_class=0x08), False),
    ],
)
def test_receipts_are_distinguished_from_messages(pdu: DeliverSm, yes: bool) -> None:  # noqa: FBT001 - a table's column
    """By esm_class or by the id in the TLVs; never by the text, which a subscriber may forge."""
    assert yes is is_receipt(pdu)


@given(
    text=st.binary(max_size=254) | st.just(PLAIN) | st.just(HLR),
    tlvs=st.lists(
        st.tuples(
            st.sampled_from([0x1E, 0x427, 0x423, 0x424, 0x2000, 0x2001, 0x2002, 0x2003])
            | st.integers(0, 0xFFFF),
            st.binary(max_size=70),
        ),
        max_size=6,
    ),
    numbers=st.tuples(st.integers(0, 255), st.integers(0, 255)),
    address=st.text(max_size=20),
)
@settings(deadline=None, max_examples=60)
def test_reading_never_raises(
    text: bytes, tlvs: list[tuple[int, bytes]], numbers: tuple[int, int], address: str
) -> None:
    """A receipt that can't be read would be redelivered for ever."""
    pdu = deliver(text, *tlvs, esm_class=numbers[0], data_coding=numbers[1], source_addr=address)

    assert isinstance(is_receipt(pdu), bool)
    read_everything(read_receipt(pdu))
    read_everything(HlrReceipt.of(read_receipt(pdu)))


def read_everything(receipt: Receipt) -> None:
    """Read every property."""
    for kind in type(receipt).__mro__:
        for name in vars(kind):
            if not name.startswith("_") and isinstance(vars(kind)[name], property):
                getattr(receipt, name)
    assert isinstance(repr(receipt), str)
    assert receipt == copy.copy(receipt)
    assert isinstance(hash(receipt), int)


@pytest.mark.parametrize("seed", range(10))
def test_mangled_receipts_are_read(seed: int) -> None:
    """Ten thousand in all, each with a few octets changed, added or lost."""
    dice = random.Random(seed)  # noqa: S311 - the same ones each time

    for _ in range(1_000):
        text = bytearray(dice.choice((PLAIN, HLR)))
        for _ in range(dice.randrange(1, 8)):
            at = dice.randrange(len(text))
            match dice.randrange(3):
                case 0:
                    text[at] = dice.randrange(256)
                case 1:
                    text.insert(at, dice.choice(b" :\0%+d"))
                case _:
                    del text[at : at + dice.randrange(20)]
        receipt = read_receipt(deliver(bytes(text)))

        assert isinstance(receipt.message_id, str)
        assert receipt.done_at is None or receipt.done_at.tzinfo is None
        assert bytes(text) == receipt.raw.encode("latin-1")


@pytest.mark.parametrize(
    ("final_date", "final_at"),
    [("000001000000000R", None), ("", None), ("2611231031", datetime(2026, 11, 23, 10, 31))],  # noqa: DTZ001 - zone unknown
)
def test_query_result_has_the_values_of_the_response(
    final_date: str, final_at: datetime | None
) -> None:
    """A final_date that is no absolute time means that the state isn't final."""
    response = QuerySmResp(
        message_id="7",
        final_date=final_date,
        message_state=MessageState.UNDELIVERABLE,
        error_code=6,
    )

    assert ("7", MessageState.UNDELIVERABLE, 6, final_at) == read_query_result(response)


def test_receipt_of_smsc_ru_explains_its_error() -> None:
    """By the list that it publishes; after a conversion to an HLR result too."""
    receipt = read_receipt(deliver(b"id:1 stat:UNDELIV err:006"))

    assert receipt.error is not None
    assert "the phone is off or out of coverage" == receipt.error.explain()
    assert repr(receipt.error) == repr(HlrReceipt.of(receipt).error)


def test_query_result_is_explained_by_the_list_of_smsc_ru_only_there() -> None:
    """Another SMSC's code 6 means something else. Both are the same values otherwise."""
    response = QuerySmResp(message_id="7", message_state=MessageState.UNDELIVERABLE, error_code=6)
    ours, other = (read_query_result(response, is_smsc_ru=yes) for yes in (True, False))

    assert "the phone is off or out of coverage" == ours.error.explain()
    assert "code 6, not listed" == other.error.explain()
    assert ours == other == pickle.loads(pickle.dumps(ours))  # noqa: S301 - our own octets
    assert repr(ours) == repr(other)
    assert QueryResult is type(other)


def test_generic_receipt_has_nothing_of_smsc_ru() -> None:
    """Tag 0x2000 and error 6 mean something else at another SMSC. What came is in `tlvs`."""
    receipt = read_generic_receipt(deliver(HLR, (COST, b"1.5"), (FLAGS, b"\x00\x04")))

    assert Receipt is type(receipt)
    assert ("855469", MessageState.DELIVERED, 0) == (
        receipt.message_id,
        receipt.state,
        receipt.error_code,
    )
    assert (None, None, None, None) == (
        receipt.cost,
        receipt.flags,
        receipt.parts,
        receipt.operator,
    )
    assert {COST: b"1.5", FLAGS: b"\x00\x04"} == receipt.tlvs
    assert receipt.error is not None
    assert ("no error", "ошибки нет") == (receipt.error.explain(), receipt.error.explain("ru"))
    assert HlrReceipt.of(receipt).cost is None


def test_generic_receipt_is_read_from_the_standard_tlvs() -> None:
    """They go before the text, as in a receipt of SMSC.ru."""
    receipt = read_generic_receipt(
        deliver(
            PLAIN,
            (TlvTag.RECEIPTED_MESSAGE_ID, b"00ABC\0"),
            (TlvTag.MESSAGE_STATE, b"\x05"),
            (TlvTag.NETWORK_ERROR_CODE, b"\x03\x00\xfb"),
        )
    )

    assert ("00ABC", MessageState.UNDELIVERABLE, 251) == (
        receipt.message_id,
        receipt.state,
        receipt.error_code,
    )
    assert datetime(2026, 11, 23, 10, 30) == receipt.submitted_at  # noqa: DTZ001 - zone unknown


def test_hlr_result_in_utf_16_is_known() -> None:
    """The IMSI is looked for in the decoded text."""
    wide = deliver(HLR.decode().encode("utf-16-be"), data_coding=8)

    assert HlrReceipt is type(read_receipt(wide))


@pytest.mark.parametrize(
    ("stat", "expected"),
    [(b"DELIVRD", MessageState.DELIVERED), (b"ENROUTE", 0x63), (b"", 0x63), (b"?", 0x63)],
)
def test_final_state_of_the_text_replaces_a_number_without_a_name(
    stat: bytes, expected: int
) -> None:
    """The number says nothing, and another receipt may never come."""
    receipt = read_receipt(deliver(b"id:1 stat:" + stat, (TlvTag.MESSAGE_STATE, b"\x63")))

    assert expected == receipt.state


@pytest.mark.parametrize(
    ("text", "message_id", "error_code"),
    [
        (b'{"id":"7","stat":"UNDELIV","err":"13"}', "7", 13),
        (b"[id:{7}] [stat:UNDELIV] [err:(13)]", "{7}", 13),
        (b"id:)) stat:UNDELIV err:))", "))", None),
        (b"id:7 stat:UNDELIV err:-13", "7", None),
    ],
)
def test_brackets_around_fields_are_no_part_of_them(
    text: bytes, message_id: str, error_code: int | None
) -> None:
    """Those of an id are."""
    receipt = read_generic_receipt(DeliverSm(esm_class=4, short_message=text))

    assert (message_id, MessageState.UNDELIVERABLE, error_code) == (
        receipt.message_id,
        receipt.state,
        receipt.error_code,
    )


def test_state_without_a_word_is_unknown() -> None:
    """The label is there."""
    receipt = read_generic_receipt(DeliverSm(esm_class=4, short_message=b"id:7 stat:--"))

    assert MessageState.UNKNOWN is receipt.state


def test_packed_text_is_unpacked_where_nothing_else_is_a_receipt() -> None:
    """And kept as it is if that isn't one either."""
    text = b"id:7 stat:DELIVRD err:000"

    receipt = read_generic_receipt(DeliverSm(esm_class=4, short_message=pack(text)))
    nothing = read_generic_receipt(DeliverSm(esm_class=4, short_message=b"\xff\xfe\xfd\xfc"))

    assert ("7", text.decode()) == (receipt.message_id, receipt.raw)
    assert "\xff\xfe\xfd\xfc" == nothing.raw
