"""Octets to PDUs and back: generated functions and declarations, with equal results."""

from __future__ import annotations

import contextlib
import random
import traceback
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from fast_path import no_fallback
from hypothesis import given, settings
from hypothesis import strategies as st

from pdu import (
    PDUS,
    RESPONSES,
    BindTransceiver,
    BindTransceiverResp,
    CommandStatus,
    DecodeError,
    DeliverSm,
    DeliverSmResp,
    EncodeError,
    EnquireLink,
    LongPasswordBindReceiver,
    LongPasswordBindTransceiver,
    LongPasswordBindTransmitter,
    MessageState,
    Outbind,
    Pdu,
    PduError,
    QuerySmResp,
    SmeAddress,
    SubmitMulti,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    TlvTag,
    UnknownPdu,
    codec,
    decode,
    encode,
    explain,
    make_template,
    pack_submit_sm,
    packer,
)
from pdu.fields import (
    COctetString,
    Counted,
    Field,
    Integer,
    OctetString,
    Record,
    Tagged,
)
from pdu.tlvs import TLVS, TlvList, limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CLASSES: list[type[Pdu]] = [
    *PDUS.values(),
    LongPasswordBindTransmitter,
    LongPasswordBindReceiver,
    LongPasswordBindTransceiver,
]
TAGS = [*TLVS, 0x2000, 0x2001, 0x3FFF, 0xFFFF]
EVERY_CLASS = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


# --- any value that a declaration allows, by hypothesis or by a seeded random ---


class Source(Protocol):
    """A source of values for fields."""

    def number(self, least: int, most: int) -> int:
        """Return an integer within both bounds."""

    def text(self, least: int, most: int) -> str:
        """Return ASCII without NUL, its length within both bounds."""

    def octets(self, least: int, most: int) -> bytes:
        """Return octets, their number within both bounds."""


class Drawn:
    """Values that hypothesis draws, and shrinks."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw

    def number(self, least: int, most: int) -> int:
        """Draw an integer."""
        number: int = self.draw(st.integers(least, most))
        return number

    def text(self, least: int, most: int) -> str:
        """Draw a text."""
        characters = st.characters(min_codepoint=1, max_codepoint=127)
        text: str = self.draw(st.text(characters, min_size=least, max_size=most))
        return text

    def octets(self, least: int, most: int) -> bytes:
        """Draw octets."""
        octets: bytes = self.draw(st.binary(min_size=least, max_size=most))
        return octets


class Seeded:
    """Seeded: a hundred thousand reproducible values in seconds."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - nothing secret is made of it

    def number(self, least: int, most: int) -> int:
        """Return the next integer."""
        return self.random.randint(least, most)

    def text(self, least: int, most: int) -> str:
        """Return the next text."""
        letters = "79161234567 @shopSHOP~\x01\x7f"
        return "".join(self.random.choices(letters, k=self.number(least, most)))

    def octets(self, least: int, most: int) -> bytes:
        """Return the next octets."""
        return self.random.randbytes(self.number(least, most))


def any_value(field: Field[Any], source: Source) -> Any:  # noqa: ANN401, PLR0911 - one line a kind
    """Return some value that *field* takes."""
    match field:
        case Integer():
            return field.values(source.number(0, field.maximum))
        case COctetString(exact=True):
            least = most = source.number(0, 1) * (field.max_octets - 1)
            return source.text(least, most)
        case COctetString():
            return source.text(0, field.max_octets - 1)
        case OctetString():
            return source.octets(0, field.max_octets)
        case Counted():
            count = source.number(field.min_items, 4)
            return tuple(any_value(field.item, source) for _ in range(count))
        case Tagged():
            records = list(field.records.values())
            return any_value(records[source.number(0, len(records) - 1)], source)
        case Record():
            return field.cls(*(any_value(part, source) for _, part in field.fields))
        case TlvList():
            return tuple(any_tlv(source) for _ in range(source.number(0, 4)))
    raise AssertionError(field)


def any_tlv(source: Source) -> Tlv:
    """Return some TLV that may go out."""
    tag = TAGS[source.number(0, len(TAGS) - 1)]
    least, most = limits(tag)
    return Tlv(tag, source.octets(least, min(most, least + 20)))


def any_fields(cls: type[Pdu], source: Source) -> dict[str, Any]:
    """Return some value for every field of a PDU, sequence_number and all."""
    return {name: any_value(wire.field, source) for name, wire in cls.wires.items()}


def any_pdu(cls: type[Pdu], source: Source) -> Pdu:
    """Return some PDU of a class."""
    return cls(**any_fields(cls, source))


def as_registered(pdu: Pdu) -> Pdu:
    """Return what *pdu* comes back as: a long password is no class of its own on the wire."""
    values = {name: getattr(pdu, name) for name in type(pdu).wires}
    return PDUS[pdu.command_id](**values)


# --- both ways ---


@EVERY_CLASS
@given(data=st.data())
@settings(max_examples=40)
def test_generated_functions_decode_what_they_encode(cls: type[Pdu], data: st.DataObject) -> None:
    """All fields, TLVs included; falling back on the declaration would be a failure here."""
    pdu = any_pdu(cls, Drawn(data.draw))

    with no_fallback():
        assert as_registered(pdu) == decode(encode(pdu))


@EVERY_CLASS
@given(data=st.data())
@settings(max_examples=15)
def test_packer_and_template_write_what_encode_writes(cls: type[Pdu], data: st.DataObject) -> None:
    """Three functions encode the same PDU; their octets must be equal."""
    fields = any_fields(cls, Drawn(data.draw))
    octets = encode(cls(**fields))
    number, status = fields.pop("sequence_number"), fields.pop("command_status")
    strings = [n for n in cls.fields if isinstance(cls.fields[n], COctetString | OctetString)]
    vary = tuple(data.draw(st.permutations(strings))[: data.draw(st.integers(0, len(strings)))])
    constant = {name: value for name, value in fields.items() if name not in vary}
    fill = make_template(cls, vary=vary, **constant)

    assert octets == packer(cls)(number, **fields, command_status=status)
    assert octets == fill(number, *(fields[name] for name in vary), command_status=status)


def test_template_takes_its_arguments_in_the_order_they_were_named() -> None:
    """In wire order the recipient would become the sender."""
    fill = make_template(SubmitSm, vary=("destination_addr", "source_addr"))

    assert SubmitSm(destination_addr="7", source_addr="shop") == decode(fill(0, "7", "shop"))


def test_sequence_number_given_to_encode_wins() -> None:
    """A session numbers the PDUs of its users."""
    assert b"\0\0\0\x09" == encode(EnquireLink(sequence_number=1), sequence_number=9)[12:]
    assert b"\0\0\0\0" == encode(EnquireLink(sequence_number=1), sequence_number=0)[12:]
    assert b"\0\0\0\x09" == encode(UnknownPdu(5), sequence_number=9)[12:]


def test_pack_submit_sm_is_the_packer_of_submit_sm() -> None:
    """The most used packer has a name."""
    assert packer(SubmitSm) is pack_submit_sm
    assert pack_submit_sm.__doc__ == "Encode a SubmitSm without making one, see `pdu.packer`."
    assert encode(SubmitSm(destination_addr="7", sequence_number=4)) == pack_submit_sm(
        4, destination_addr="7"
    )


def test_packers_and_encoders_are_made_once_in_either_order() -> None:
    """Both are generated from one source."""
    codec._packers.pop(EnquireLink, None)
    codec._encoders.pop(EnquireLink, None)
    pack = packer(EnquireLink)
    made = codec._encoders[EnquireLink]

    encode(EnquireLink())
    assert pack is packer(EnquireLink)
    assert made is codec._encoders[EnquireLink]

    codec._packers.pop(EnquireLink)
    codec._encoders.pop(EnquireLink)
    encode(EnquireLink())
    assert EnquireLink in codec._packers


def test_every_request_but_two_has_a_response() -> None:
    """No response answers outbind or alert_notification."""
    requests = {cls for cls in PDUS.values() if not cls.is_response}

    assert {"Outbind", "AlertNotification"} == {cls.__name__ for cls in requests - {*RESPONSES}}
    assert RESPONSES[SubmitSm] is SubmitSmResp


# --- the fast way against the declaration ---


def seen(read: Callable[[bytes], Pdu], frame: bytes) -> Any:  # noqa: ANN401 - anything comparable
    """Return what reading came to, types of the values included."""
    try:
        pdu = read(frame)
    except DecodeError as error:
        return str(error), error.command_id
    values = pdu._values()
    tags = [type(tlv.tag) for tlv in pdu.tlvs]
    return type(pdu), pdu.command_id, values, [type(value) for value in values], tags


def mutated(frame: bytes, source: Seeded) -> bytes:
    """Return *frame* with something done to it: flipped, cut, stretched, or its length changed."""
    octets = bytearray(frame)
    for _ in range(source.number(1, 3)):
        at = source.number(4, len(octets))
        match source.number(0, 6):
            case 0:
                octets[at : at + 1] = source.octets(1, 1)
            case 1:
                octets[at : at + 1] = b"\0"
            case 2:
                del octets[at : at + source.number(1, 12)]
            case 3:
                octets[at:at] = source.octets(1, 12)
            case 4:
                octets[at:at] = b"\0" * source.number(1, 3)
            case 5:
                octets += source.octets(1, 5)
            case 6:
                octets[16:17] = source.octets(0, 2)
    if source.number(0, 9):
        octets[:4] = len(octets).to_bytes(4, "big")
    return bytes(octets)


@pytest.mark.takes_up_to(120, reason="a hundred thousand frames, each read twice")
def test_generated_functions_equal_the_declaration_on_mutated_frames() -> None:
    """Accepted or refused alike, value for value; classes are mixed, so that caches are too."""
    under_coverage = settings.default is not None and settings.default.max_examples < 100
    source = Seeded(3_4)
    left = 3_000 if under_coverage else 100_000
    while left:
        frames = [encode(any_pdu(cls, source)) for cls in CLASSES]
        for frame in source.random.choices(frames, k=min(left, 500)):
            broken = mutated(frame, source)
            assert seen(codec._interpret, broken) == seen(decode, broken), broken.hex()
            left -= 1


@given(st.binary(max_size=200))
def test_any_octets_give_a_pdu_or_an_error_of_ours(octets: bytes) -> None:
    """A session has to answer any frame, so it must get a PDU or a PduError."""
    with contextlib.suppress(PduError):
        assert isinstance(decode(octets), Pdu)


@given(st.sampled_from([*PDUS, 0x0102_0304]), st.binary(max_size=200))
def test_any_body_gives_what_the_declaration_gives(command_id: int, body: bytes) -> None:
    """Random octets behind a valid header reach the fields."""
    header = (16 + len(body)).to_bytes(4, "big") + command_id.to_bytes(4, "big") + bytes(8)

    assert seen(codec._interpret, header + body) == seen(decode, header + body)


# --- what is taken although it isn't tidy ---


@pytest.mark.parametrize("cls", [c for c in PDUS.values() if c.is_response], ids=repr)
@pytest.mark.parametrize("status", [0x0E, 0x401, 0])
def test_responses_are_taken_in_all_four_shapes(cls: type[Pdu], status: int) -> None:
    """No body, one NUL, a full body, a body with TLVs: all of them occur in the field."""
    head = cls.command_id.to_bytes(4, "big") + status.to_bytes(4, "big") + b"\0\0\0\x07"
    full = encode(cls())[16:]
    empty = cls(command_status=CommandStatus.of(status), sequence_number=7)
    text_tlv = Tlv(TlvTag.ADDITIONAL_STATUS_INFO_TEXT, b"why\0")
    with_tlv = cls(command_status=CommandStatus.of(status), sequence_number=7, tlvs=(text_tlv,))

    for body, expected in [
        (b"", empty),
        (b"\0", empty),
        (full, empty),
        (full + b"\0\x1d\0\x04why\0", with_tlv),
    ]:
        frame = (16 + len(body)).to_bytes(4, "big") + head + body
        assert expected == decode(frame)
        assert expected == codec._interpret(frame)
        assert type(expected.command_status) is type(decode(frame).command_status)


def test_response_may_end_after_any_field() -> None:
    """Missing fields have their defaults."""
    octets = bytes.fromhex(
        "00000014"  # command_length  20
        "80000003"  # command_id      query_sm_resp
        "00000067"  # command_status  ESME_RQUERYFAIL
        "00000001"  # sequence_number 1
        "353500"  # message_id      "55"
        "00"  # final_date      ""; here it ends
    )

    answer = decode(octets)

    assert isinstance(answer, QuerySmResp)
    assert ("55", "", MessageState.SCHEDULED, 0) == (
        answer.message_id,
        answer.final_date,
        answer.message_state,
        answer.error_code,
    )


@EVERY_CLASS
@pytest.mark.parametrize("junk", [b"\0", b"\x04\x27", b"\xff\xff\xff"])
def test_up_to_three_octets_behind_the_end_are_ignored(cls: type[Pdu], junk: bytes) -> None:
    """They can't be a TLV; the message is complete without them."""
    pdu = any_pdu(cls, Seeded(1))
    octets = bytearray(encode(pdu) + junk)
    octets[:4] = len(octets).to_bytes(4, "big")

    assert as_registered(pdu) == decode(bytes(octets))
    assert as_registered(pdu) == codec._interpret(bytes(octets))


def test_over_long_and_8_bit_strings_are_taken() -> None:
    """Real SMSCs send both; losing the message would be worse."""
    long = SubmitSmResp(message_id="x" * 100)
    octets = b"\0\0\0\x75\x80\0\0\x04" + bytes(8) + b"x" * 100 + b"\0"
    eight_bit = b"\0\0\0\x13\x80\0\0\x04" + bytes(8) + b"\xe9\xff\0"

    assert long == decode(octets)
    assert SubmitSmResp(message_id="éÿ") == decode(eight_bit)


@pytest.mark.parametrize("wrong", ["frame", None, 17, {"a": 1}], ids=repr)
def test_anything_but_octets_and_pdus_is_refused_with_its_type(wrong: Any) -> None:  # noqa: ANN401 - anything
    """A caller's mistake is a typed error too, and shows nothing of the value."""
    kind = type(wrong).__name__
    with pytest.raises(DecodeError, match=f"takes octets, got {kind}"):
        decode(wrong)
    with pytest.raises(EncodeError, match=f"takes an object of a PDU class, got {kind}"):
        encode(wrong)


def test_unknown_command_is_a_value() -> None:
    """The session answers it with a generic_nack and goes on."""
    octets = bytes.fromhex(
        "00000013"  # command_length  19
        "00010203"  # command_id      a vendor's
        "00000401"  # command_status  a vendor's
        "0000004D"  # sequence_number 77
        "616263"  # body
    )

    unknown = decode(octets)

    assert UnknownPdu(0x10203, b"abc", 0x401, 77) == unknown
    assert octets == encode(unknown)


def test_unknown_numbers_and_tags_are_values() -> None:
    """TON 9, data_coding 0xF5, a vendor's TLV, a known tag of an odd length: nothing is lost."""
    octets = bytes.fromhex(
        "0000002F"  # command_length          47
        "00000005"  # command_id              deliver_sm
        "00000000"  # command_status          ESME_ROK
        "00000001"  # sequence_number         1
        "00"  # service_type            ""
        "09 63 3700"  # source_addr_ton 9, _npi 99, source_addr "7"
        "00 00 00"  # dest_addr_ton, _npi, destination_addr
        "FF"  # esm_class               all bits
        "00 00 00 00"  # protocol_id, priority_flag, times
        "FF"  # registered_delivery     all bits
        "00"  # replace_if_present_flag
        "F5"  # data_coding
        "00 00"  # sm_default_msg_id, sm_length
        "2000 0002 FF00"  # a vendor's
        "0427 0003 000002"  # message_state of three octets
    )

    delivered = decode(octets)

    assert isinstance(delivered, DeliverSm)
    assert (9, 99, 0xFF, 0xFF, 0xF5) == (
        delivered.source_addr_ton,
        delivered.source_addr_npi,
        delivered.esm_class,
        delivered.registered_delivery,
        delivered.data_coding,
    )
    assert b"\xff\0" == delivered.tlv(0x2000)
    assert b"\0\0\2" == delivered.tlv(TlvTag.MESSAGE_STATE)
    assert delivered.tlv(TlvTag.MESSAGE_PAYLOAD) is None


# --- what is refused on the way in ---


@pytest.mark.parametrize("status", [0, 0x0B, 0x58, 0x400])
@pytest.mark.parametrize(
    ("command_id", "body", "kept", "field", "offset", "reason"),
    [
        (
            "80000004", "616263", {"message_id": "abc"},
            "message_id", 16, "no NUL within the 3 octets that are left",
        ),
        (
            "80000004", "00 001E0001 61 04270002",
            {"message_id": "", "tlvs": (Tlv(TlvTag.RECEIPTED_MESSAGE_ID, b"a"),)},
            "tlvs[1].value(tag 0x0427)", 22, "expected 2 octets, found 0",
        ),
        (
            "80000004", "001D0005 6869", {"message_id": "", "tlvs": ()},
            "tlvs[0].value(tag 0x1D00)", 17, "expected 1384 octets, found 1",
        ),
        (
            "80000009", "00 0210 0009 34", {"system_id": "", "tlvs": ()},
            "tlvs[0].value(tag 0x0210)", 17, "expected 9 octets, found 1",
        ),
        (
            "80000003", "613700 323031", {"message_id": "a7", "final_date": "201"},
            "final_date", 19, "no NUL within the 3 octets that are left",
        ),
        (
            "80000021", "6100 02 0101 3700 00000045 02", {"message_id": "a"},
            "unsuccess_sme[1].dest_addr_npi", 28, "expected 1 octets, found 0",
        ),
        (
            "00000005",
            "00 0101 373900 0000 536800 04 0000 0000 00000000 02 6869 001E0002 6100 04270003 02",
            {"short_message": b"hi", "tlvs": (Tlv(TlvTag.RECEIPTED_MESSAGE_ID, b"a\0"),)},
            "tlvs[1].value(tag 0x0427)", 45, "expected 3 octets, found 1",
        ),
    ],
)  # fmt: skip
def test_what_stands_before_octets_that_cannot_be_read_is_kept(  # noqa: PLR0917 - a table
    status: int,
    command_id: str,
    body: str,
    kept: dict[str, object],
    field: str,
    offset: int,
    reason: str,
) -> None:
    """The status of a response is in its header; a receipt's text is before its parameters."""
    octets = bytes.fromhex(f"00000000 {command_id} {status:08x} 00000007 {body}")
    octets = len(octets).to_bytes(4, "big") + octets[4:]

    read = decode(octets)

    assert kept == {name: getattr(read, name) for name in kept}
    assert (status, 7) == (read.command_status, read.sequence_number)
    fault = read.fault
    assert fault is not None
    assert (field, offset, reason) == (fault.field, fault.offset, fault.reason)
    assert int(command_id, 16) == fault.command_id
    assert reason in str(explain(octets))


def test_whole_pdu_has_no_fault() -> None:
    """Neither one that was read nor one that was made; one with a fault is no other value."""
    made = SubmitSmResp(message_id="abc", sequence_number=7)
    cut = decode(bytes.fromhex("00000013 80000004 00000000 00000007 616263"))

    assert made.fault is None
    assert decode(encode(made)).fault is None
    assert made == cut


@pytest.mark.parametrize(
    ("frame", "pdu", "field", "offset", "reason"),
    [
        ("", "Pdu", "header", 0, "expected 16 octets, found 0"),
        ("00000010000000150000000000000A", "Pdu", "header", 0, "expected 16 octets, found 15"),
        (
            "00000011 00000015 00000000 00000007",
            "EnquireLink", "command_length", 0, "says 17, the frame has 16 octets",
        ),
        (
            "0000000F 00010203 00000000 00000007",
            "UnknownPdu", "command_length", 0, "says 15, the frame has 16 octets",
        ),
        (
            "00000015 00000003 00000000 00000007 616200 0501",
            "QuerySm", "source_addr", 21, "no NUL within the 0 octets that are left",
        ),
        (
            "00000014 00000003 00000000 00000007 616200 05",
            "QuerySm", "source_addr_npi", 20, "expected 1 octets, found 0",
        ),
        (
            "0000001D 00000007 00000000 00000007 00 0000 00 00 00 00 00 05 61626364",
            "ReplaceSm", "short_message", 25, "expected 5 octets, found 4",
        ),
        (
            "00000014 00000005 00000000 00000007 00 00 00 37",
            "DeliverSm", "source_addr", 19, "no NUL within the 1 octet that is left",
        ),
    ],
)  # fmt: skip
def test_broken_frame_is_refused_by_field_and_place(
    frame: str, pdu: str, field: str, offset: int, reason: str
) -> None:
    """With the header's numbers, so that the session can answer it."""
    octets = bytearray.fromhex(frame)
    if field != "command_length" and octets:
        octets[:4] = len(octets).to_bytes(4, "big")

    with pytest.raises(DecodeError) as caught:
        decode(bytes(octets))
    error = caught.value
    assert (pdu, field, offset, reason) == (error.pdu, error.field, error.offset, error.reason)
    if len(octets) >= 16:
        assert int.from_bytes(octets[4:8], "big") == error.command_id
        assert 7 == error.sequence_number


# --- values that are refused ---

REFUSED: list[tuple[str, Any, str]] = [
    ("service_type", "sixsix", "takes 5 characters, got 6"),
    ("service_type", b"", "takes text, got bytes"),
    ("source_addr", "x" * 21, "takes 20 characters, got 21"),
    ("source_addr", None, "takes text, got NoneType"),
    ("source_addr", "Магазин", "takes ASCII only, got 7 characters"),
    ("source_addr", "\ud800", "takes ASCII only"),
    ("destination_addr", "7916\x001234567", "NUL inside a C-octet string ('7916***67')"),
    ("destination_addr", 79161234567, "takes text, got int"),
    ("destination_addr", "791612345678901234567", "got 21 ('7916***67')"),
    ("schedule_delivery_time", "261123103000", "takes 0 or 16 characters, got 12"),
    ("short_message", "text", "takes octets, got str; encode it first"),
    ("short_message", None, "takes octets, got NoneType"),
    ("short_message", b"x" * 255, "takes 254 octets, got 255"),
    ("esm_class", 256, "256 is outside 0 to 255"),
    ("priority_flag", -1, "-1 is outside 0 to 255"),
    ("data_coding", "8", "takes an integer, got str"),
    ("protocol_id", 1.0, "takes an integer, got float"),
    ("tlvs", None, "takes a tuple of Tlv, got NoneType"),
    ("tlvs", 5, "takes a tuple of Tlv, got int"),
    ("tlvs", ((0x0427, b"\2"),), "takes Tlv, got tuple"),
    ("tlvs", (Tlv(0x0427, b""),), "takes 1 octet, got 0"),
    ("tlvs", (Tlv(0x0424, "text"),), "takes octets, got str"),  # type: ignore[arg-type]
    ("tlvs", (Tlv(0x10000, b""),), "takes 0 to 65535, got 65536"),
    ("tlvs", (Tlv("a", b""),), "takes 0 to 65535, got <str>"),  # type: ignore[arg-type]
    ("tlvs", (Tlv(0x2000, bytes(65_536)),), "takes 0 to 65535 octets, got 65536"),
]  # fmt: skip


def refusal(write: Callable[[], object]) -> tuple[str, str, object, str]:
    """Return what an EncodeError says."""
    with pytest.raises(EncodeError) as caught:
        write()
    error = caught.value
    assert str(error) == f"{error.pdu}.{error.field}: {error.reason}"
    return error.pdu, error.field, error.value, error.reason


@pytest.mark.parametrize(("field", "value", "reason"), REFUSED, ids=lambda value: repr(value)[:30])
def test_every_encoder_refuses_alike(field: str, value: Any, reason: str) -> None:  # noqa: ANN401
    """Error of encode, packer and template are equal: PDU, field, value and limit."""
    fields = {"destination_addr": "7", field: value}
    said = refusal(lambda: encode(SubmitSm(**fields)))

    assert "SubmitSm" == said[0]
    assert field == said[1].partition("[")[0]
    assert reason in said[3]
    assert said == refusal(lambda: packer(SubmitSm)(1, **fields))
    if field != "destination_addr":
        assert said == refusal(
            lambda: make_template(SubmitSm, vary=("destination_addr",), **fields)
        )
    if field != "tlvs":
        del fields[field]
        fill = make_template(SubmitSm, vary=(field,), **fields or {"destination_addr": "7"})
        assert said == refusal(lambda: fill(1, value))


@pytest.mark.parametrize("field", ["sequence_number", "command_status"])
@pytest.mark.parametrize("value", [-1, 1 << 32, "1", None])
def test_header_fields_have_limits_too(field: str, value: Any) -> None:  # noqa: ANN401
    """Four octets each."""
    said = refusal(lambda: encode(EnquireLink(**{field: value})))
    unknown = refusal(lambda: encode(UnknownPdu(5, **{field: value})))

    assert ("EnquireLink", field) == said[:2]
    assert ("UnknownPdu", field, *said[2:]) == unknown
    assert said[3].startswith("takes 0 to 4294967295, got ")


@pytest.mark.parametrize(
    ("pdu", "field"),
    [
        (UnknownPdu(1 << 32), "command_id"),
        (UnknownPdu(5, "text"), "body"),  # type: ignore[arg-type]  # that's the point
    ],
)
def test_unknown_pdu_is_checked_too(pdu: Pdu, field: str) -> None:
    """Nothing but EncodeError is raised by encode."""
    assert ("UnknownPdu", field) == refusal(lambda: encode(pdu))[:2]


def test_any_integer_type_is_taken() -> None:
    """Both encoders take a numpy integer."""

    class Number:
        """Something with an index, and no int."""

        def __index__(self) -> int:
            return 8

    fields: dict[str, Any] = {"destination_addr": "7", "data_coding": Number()}
    expected = encode(SubmitSm(destination_addr="7", data_coding=8))

    assert expected == encode(SubmitSm(**fields))
    assert expected == make_template(SubmitSm, vary=("source_addr",), **fields)(0, "")
    assert expected == codec._build_declared(
        SubmitSm, 0, SubmitSm.defaults | fields | {"command_status": 0}
    )


def test_octets_may_be_a_bytearray() -> None:
    """A caller that assembled a text in a bytearray needs no copy."""
    pdu = SubmitSm(
        destination_addr="7",
        short_message=bytearray(b"Hi"),  # type: ignore[arg-type]  # works all the same
        tlvs=(Tlv(0x2000, bytearray(b"ab")),),  # type: ignore[arg-type]  # the same
    )

    assert encode(
        SubmitSm(destination_addr="7", short_message=b"Hi", tlvs=(Tlv(0x2000, b"ab"),))
    ) == encode(pdu)
    assert b"\0\0\0\x12" == encode(UnknownPdu(5, bytearray(b"ab")))[:4]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("vary", "constant", "reason"),
    [
        (("sender",), {}, "SubmitSm has no field sender"),
        ((), {"destination_addr": "7", "sender": "x"}, "SubmitSm has no field sender"),
        (("tlvs",), {"destination_addr": "7"}, "SubmitSm has no field tlvs to vary"),
        (("command_status",), {"destination_addr": "7"}, "has no field command_status"),
        (("source_addr",), {}, "SubmitSm.destination_addr must be given"),
    ],
)
def test_template_of_names_that_are_none(
    vary: tuple[str, ...], constant: dict[str, Any], reason: str
) -> None:
    """A misspelt field is an error when the template is made, not at its first use."""
    with pytest.raises(TypeError, match=reason):
        make_template(SubmitSm, vary=vary, **constant)


@pytest.mark.parametrize("length", [0, 20, 21, 60])
def test_template_takes_longer_strings_on_demand(length: int) -> None:
    """Some peers take more than the specification has; the field stays what it is for others."""
    address = "a" * length
    vary, longest = (
        ("destination_addr", "short_message"),
        {"source_addr": 21, "destination_addr": 60},
    )
    constants = {name: value for name, value in SubmitSm.defaults.items() if name not in vary}
    fill = make_template(
        SubmitSm, vary=vary, longest=longest, **constants | {"source_addr": "s" * 21}
    )

    read = decode(fill(7, address, b"Hi"))
    assert isinstance(read, SubmitSm)
    assert (address, "s" * 21, b"Hi") == (
        read.destination_addr,
        read.source_addr,
        read.short_message,
    )
    with pytest.raises(EncodeError, match="takes 60 characters, got 61"):
        fill(7, "a" * 61, b"Hi")
    with pytest.raises(EncodeError, match="takes 21 characters, got 22"):
        make_template(SubmitSm, vary=vary, longest=longest, **constants | {"source_addr": "s" * 22})
    with pytest.raises(EncodeError, match="takes 20 characters, got 21"):
        encode(SubmitSm(destination_addr="a" * 21))


@pytest.mark.parametrize("name", ["sender", "short_message", "esm_class"])
def test_only_strings_are_longer_on_demand(name: str) -> None:
    """Numbers and octets have no limit of characters."""
    with pytest.raises(TypeError, match=f"no C-octet string {name}"):
        make_template(SubmitSm, vary=("destination_addr",), longest={name: 30})


def test_template_in_which_nothing_varies() -> None:
    """The whole body is constant; a call only numbers it."""
    fill = make_template(DeliverSmResp, vary=())

    assert encode(DeliverSmResp(sequence_number=9)) == fill(9)
    assert encode(DeliverSmResp(sequence_number=9, command_status=100)) == fill(
        9, command_status=100
    )


# --- secrets ---

TEXT = "a text that only its reader may see"
PASSWORD = "pa55wordpa55word"
NUMBER = "79161234567"
SECRETS = (TEXT, TEXT.encode().hex(), PASSWORD, NUMBER, "a text", "pa55")


@pytest.mark.parametrize(
    "pdu",
    [
        BindTransceiver(system_id="shop", password=PASSWORD),
        BindTransceiver(system_id="shop", password=PASSWORD[:8] + "я"),
        BindTransceiver(system_id="shop", password=PASSWORD.encode()),  # type: ignore[arg-type]
        LongPasswordBindTransceiver(system_id="shop", password=PASSWORD * 5),
        Outbind(system_id="shop", password=PASSWORD),
        SubmitSm(destination_addr=NUMBER, short_message=TEXT),  # type: ignore[arg-type]
        SubmitSm(destination_addr=NUMBER, short_message=TEXT.encode() * 9),
        SubmitSm(destination_addr=NUMBER + NUMBER),
        SubmitSm(destination_addr=NUMBER + "\0"),
        SubmitSm(destination_addr=NUMBER + "\ud800"),
        SubmitSm(destination_addr=int(NUMBER)),  # type: ignore[arg-type]
        SubmitSm(destination_addr=NUMBER.encode()),  # type: ignore[arg-type]
        SubmitSm(destination_addr=NUMBER, data_coding=TEXT),  # type: ignore[arg-type]
        SubmitSm(destination_addr=NUMBER, tlvs=TEXT),  # type: ignore[arg-type]
        SubmitSm(
            destination_addr=NUMBER,
            tlvs=((0x0424, TEXT),),  # type: ignore[arg-type]
        ),
        SubmitSm(
            destination_addr=NUMBER,
            tlvs=(Tlv(0x0424, TEXT),),  # type: ignore[arg-type]
        ),
        SubmitMulti(dest_address=((1, 1, NUMBER),)),  # type: ignore[arg-type]
        SubmitMulti(dest_address=(SmeAddress(1, 1, NUMBER * 2),)),
        SubmitMulti(dest_address=(SmeAddress(1, 1, int(NUMBER)),)),  # type: ignore[arg-type]
        UnknownPdu(5, TEXT),  # type: ignore[arg-type]
    ],
    ids=lambda pdu: type(pdu).__name__,
)
def test_errors_and_reprs_show_no_secret(pdu: Pdu) -> None:
    """They end in logs and in trackers: no password, no text, no whole number."""
    with pytest.raises(EncodeError) as caught:
        encode(pdu)
    error = caught.value
    everything = [repr(pdu), str(error), repr(error), str(error.value)]
    # The lines of this very file are shown too; only what the error itself adds counts.
    everything += traceback.format_exception_only(error)
    for secret in SECRETS:
        assert not [said for said in everything if secret in said]
    assert error.__suppress_context__
    assert error.__cause__ is None


def test_decode_errors_show_no_secret() -> None:
    """A bind cut in its password names the field and the place, not the octets."""
    octets = bytearray(encode(BindTransceiver(system_id="shop", password=PASSWORD[:8])))[:29]
    octets[:4] = len(octets).to_bytes(4, "big")

    with pytest.raises(DecodeError) as caught:
        decode(bytes(octets))
    said = "".join(traceback.format_exception(caught.value))
    assert "BindTransceiver.password at octet 21: no NUL within the 8 octets" in said
    assert "pa55" not in said


# --- other people's codecs ---


@given(data=st.data())
@settings(max_examples=50)
def test_smpp34_writes_and_reads_the_same_submit_sm(data: st.DataObject) -> None:
    """An independent implementation of the specification, in Rust."""
    smpp34 = pytest.importorskip("smpp34", reason="pip install smpp34==1.5.0")
    fields = any_fields(SubmitSm, Drawn(data.draw))
    del fields["command_status"]
    ours = encode(SubmitSm(**fields))
    tlvs = fields.pop("tlvs")
    theirs = smpp34.SubmitSm(**fields, tlvs=[smpp34.Tlv(int(t), v) for t, v in tlvs])

    assert ours == theirs.encode()
    read = smpp34.decode(ours)
    assert fields == {name: getattr(read, name) for name in fields}


def test_smpplib_reads_what_is_written() -> None:
    """An independent implementation of the specification, in Python."""
    smpp = pytest.importorskip("smpplib.smpp", reason="pip install smpplib==2.2.4")
    bind = BindTransceiver(
        system_id="shop", password="secret1", system_type="ISO", addr_ton=1, sequence_number=3
    )
    submit = SubmitSm(
        source_addr_ton=5,
        source_addr="shop",
        destination_addr=NUMBER,
        data_coding=8,
        short_message=b"\x04\x16",
        tlvs=(Tlv(TlvTag.USER_MESSAGE_REFERENCE, b"\0\7"),),
    )
    answer = BindTransceiverResp(system_id="SMSC")

    def numbered(pdu: Pdu) -> dict[str, bool]:
        return {} if pdu.is_response else {"need_sequence": False}

    def names_read(pdu: Pdu, names: Sequence[str]) -> list[object]:
        theirs = smpp.parse_pdu(encode(pdu), client=None, **numbered(pdu))
        return [getattr(theirs, name) for name in names]

    assert [b"shop", b"secret1", b"ISO", 0x34, 1, 3] == names_read(
        bind,
        ["system_id", "password", "system_type", "interface_version", "addr_ton", "sequence"],
    )
    assert [5, b"shop", NUMBER.encode(), 8, b"\x04\x16", 7] == names_read(
        submit,
        [
            "source_addr_ton",
            "source_addr",
            "destination_addr",
            "data_coding",
            "short_message",
            "user_message_reference",
        ],
    )
    assert [b"SMSC"] == names_read(answer, ["system_id"])


class UnreadableOctets(bytes):
    """Octets whose length can't be told."""

    def __len__(self) -> int:
        """Fail."""
        raise RuntimeError


def test_failing_octets_leave_no_frame_of_ours() -> None:
    """A crash reporter sends the variables of each; the note says where they were read."""
    with pytest.raises(RuntimeError) as caught:
        decode(UnreadableOctets(encode(EnquireLink())))

    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert ["test_failing_octets_leave_no_frame_of_ours", "__len__"] == names
    assert "pdu.codec:" in caught.value.__notes__[0]
