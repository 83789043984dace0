"""The functions that are written out of a declaration, and what they keep."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from pdu import (
    PDUS,
    DeliverSm,
    DistributionList,
    EncodeError,
    QuerySm,
    SubmitMulti,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    TlvTag,
    codec,
    codegen,
    decode,
    encode,
    make_template,
    packer,
)
from pdu.codegen import (
    RESERVED,
    BoundedCache,
    FastPathMiss,
    Packers,
    decoder_source,
    give_tlvs,
    packer_source,
    take_tlvs,
)
from pdu.fields import Body
from pdu.layout import Unsupported, walk
from pdu.schema import c_octet_string, octet

if TYPE_CHECKING:
    from collections.abc import Iterator

DECODER_OF_QUERY_SM = """\
def decode(frame, command_status, sequence_number):
    at, size = 16, len(frame)
    found = match_0(frame.decode('latin-1'), at)
    if found is None: raise FastPathMiss
    message_id, octets_0, source_addr, = found.groups()
    source_addr_ton, source_addr_npi, = kept_octets_0[octets_0]
    at = found.end()
    self = new(cls)
    self.command_status = statuses[command_status] if command_status else ok
    self.sequence_number = sequence_number
    self.message_id = message_id
    self.source_addr_ton = source_addr_ton
    self.source_addr_npi = source_addr_npi
    self.source_addr = source_addr
    self.tlvs = take_tlvs(frame, at) if size - at > 3 else ()
    return self"""

PACKER_OF_SUBMIT_SM_RESP = """\
def pack(sequence_number, message_id=default_message_id, tlvs=default_tlvs, command_status=0):
    try:
        text = message_id
        if not text.isascii() or '\\0' in text: raise FastPathMiss
        pack, head, size = packers[len(message_id),]
        if not len(tlvs): return pack(head, command_status, sequence_number, \
message_id.encode() if message_id else b'')
        tail = give_tlvs(tlvs)
        head = pack_head(size + len(tail), command_id)
        return pack(head, command_status, sequence_number, \
message_id.encode() if message_id else b'') + tail
    except doubts:
        return declared(sequence_number, dict(message_id=message_id, tlvs=tlvs, \
command_status=command_status))
"""


@pytest.fixture
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin as a new process does, and leave what was kept elsewhere alone."""
    for module, name in [
        (codec, "_decoders"),
        (codec, "_encoders"),
        (codec, "_packers"),
        (codegen, "_layouts"),
        (codegen, "_misses"),
    ]:
        monkeypatch.setattr(module, name, type(getattr(module, name))())


def test_written_out_text_is_as_drawn() -> None:
    """A change of the writer is seen here, and read by somebody."""
    decoder, _ = decoder_source(walk(QuerySm.construct), may_end_early=False)
    writer, _ = packer_source(
        SubmitSmResp.command_id, walk(SubmitSmResp.construct), SubmitSmResp.defaults
    )

    assert DECODER_OF_QUERY_SM == decoder
    assert PACKER_OF_SUBMIT_SM_RESP == writer.partition("\ndef encode")[0]


@pytest.mark.usefixtures("nothing_kept")
@pytest.mark.parametrize("cls", PDUS.values(), ids=lambda cls: cls.__name__)
def test_written_out_functions_have_no_names_but_the_reserved(cls: Any) -> None:  # noqa: ANN401
    """Otherwise a vendor's field of the same name would be overwritten, silently."""
    functions = [codec._decoders[cls.command_id], codec._encoders[cls], packer(cls)]
    used = {name for function in functions for name in function.__code__.co_varnames}

    assert not used - RESERVED - {*cls.fields} - {f"octets_{n}" for n in range(12)}


@pytest.mark.parametrize("name", ["text", "size", "frame", "pack", "sequence_number"])
def test_field_with_a_name_of_the_functions_own_is_refused(name: str) -> None:
    """It says so, instead of writing other octets."""
    steps = walk(Body({name: octet(), "id": c_octet_string(9)}, {}, may_end_early=False))

    with pytest.raises(Unsupported, match=f"{name}: the written-out functions need that name"):
        packer_source(5, steps, {})
    with pytest.raises(Unsupported, match=name):
        decoder_source(steps, may_end_early=False)


# --- what is kept ---


def test_readings_are_kept_while_there_is_room() -> None:
    """Then all are forgotten at once; what is too long to come again is never kept."""
    read: list[bytes] = []

    def measure(octets: bytes) -> int:
        read.append(octets)
        return len(octets)

    kept = BoundedCache(measure, longest=3, room=2)

    assert [1, 2, 1, 4, 4] == [kept[o] for o in (b"a", b"ab", b"a", b"long", b"long")]
    assert [b"a", b"ab", b"long", b"long"] == read
    assert {b"a": 1, b"ab": 2} == kept
    assert 3 == kept[b"abc"]
    assert {b"abc": 3} == kept


def receipts() -> Iterator[DeliverSm]:
    """Return receipts that differ in everything that is kept, in no order."""
    source = random.Random(5)  # noqa: S311 - nothing secret is made of it
    tags = [TlvTag.MESSAGE_STATE, TlvTag.MORE_MESSAGES_TO_SEND, TlvTag.PAYLOAD_TYPE, 0x2000]
    for _ in range(1500):
        tlvs = [Tlv(source.choice(tags), source.randbytes(1)) for _ in range(source.randint(0, 4))]
        if source.random() < 0.5:
            tlvs.append(Tlv(0x2001, source.randbytes(source.randint(0, 9))))
        yield DeliverSm(
            service_type=source.choice(["", "CMT"]),
            source_addr=str(source.randint(0, 10**11)),
            destination_addr=source.choice(["shop", "bank", "79990000000"]),
            esm_class=source.randint(0, 255),
            data_coding=source.randint(0, 255),
            short_message=source.randbytes(source.randint(0, 9)),
            tlvs=tuple(tlvs),
        )


@pytest.mark.usefixtures("nothing_kept")
def test_what_is_kept_never_changes_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for so little that everything is forgotten again and again."""
    for name in ("MAX_LAYOUTS", "MAX_KEPT", "MAX_KEPT_TLVS", "MAX_PACKERS"):
        monkeypatch.setattr(codegen, name, 3)
    before = dict(codec.fallbacks)

    for receipt in receipts():
        octets = encode(receipt)
        assert receipt == decode(octets) == codec._interpret(octets)
    assert before["encode"] == codec.fallbacks["encode"]
    assert len(codegen._layouts) <= 3
    assert len(codegen._misses) <= 3
    scope = codec._decoders[DeliverSm.command_id].__globals__
    kept = [value for value in scope.values() if isinstance(value, BoundedCache)]
    assert len(kept) == 2
    assert all(len(each) <= 3 for each in kept)
    packers = codec._encoders[DeliverSm].__globals__["packers"]
    assert len(packers) <= 3


@pytest.mark.usefixtures("nothing_kept")
def test_layouts_that_alternate_are_written_out_ever_more_rarely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two gateways behind one address must not cost a compilation for every receipt."""
    written: list[tuple[Tlv, ...]] = []
    write_out = codegen._write_out_layout

    def counted(found: tuple[Tlv, ...]) -> codegen.TakeTlvs:
        written.append(found)
        return write_out(found)

    monkeypatch.setattr(codegen, "_write_out_layout", counted)
    tails = [b"\x02\x04\0\2ab", b"\x02\x0c\0\2ab"]

    for n in range(1000):
        (tlv,) = take_tlvs(tails[n % 2], 0)
        assert tails[n % 2] == give_tlvs((tlv,))
    assert len(written) <= 11


@pytest.mark.usefixtures("nothing_kept")
def test_many_tlvs_come_one_by_one() -> None:
    """Nobody sends so many often enough for a reader of their own."""
    tlvs = tuple(Tlv(0x2000 + n, b"x") for n in range(17))

    assert tlvs == take_tlvs(give_tlvs(tlvs), 0)
    assert {} == codegen._layouts
    assert tlvs[:16] == take_tlvs(give_tlvs(tlvs[:16]), 0)
    assert [80] == [*codegen._layouts]


@pytest.mark.usefixtures("nothing_kept")
def test_layout_is_tried_and_given_up_by_what_the_heads_say() -> None:
    """As many octets, other tags; other lengths; a trailing octet; a value of any size."""
    for tail, tlvs in [
        (b"\x04\x27\0\1\2", (Tlv(0x0427, b"\2"),)),
        (b"\x04\x27\0\1\3", (Tlv(0x0427, b"\3"),)),
        (b"\x04\x26\0\1\1", (Tlv(0x0426, b"\1"),)),
        (b"\x04\x26\0\0\1", (Tlv(0x0426, b""),)),
        (b"\x04\x27\0\1\2", (Tlv(0x0427, b"\2"),)),
        (b"\x20\0\0\x06abcdef", (Tlv(0x2000, b"abcdef"),)),
        (b"\x20\0\0\x06ghijkl", (Tlv(0x2000, b"ghijkl"),)),
    ]:
        found = take_tlvs(b"before" + tail, 6)
        assert tlvs == found
        assert [type(tlv.tag) for tlv in found] == [type(TlvTag.of(tlv.tag)) for tlv in tlvs]
    with pytest.raises(FastPathMiss):
        take_tlvs(b"\x04\x27\0\2\2", 0)


def test_packers_are_made_once_for_each_combination_of_lengths() -> None:
    """Only then the lengths are checked: that one is kept proves that it is allowed."""
    packers = Packers(SubmitSmResp.command_id, walk(SubmitSmResp.construct))

    made = packers[6,]
    assert made is packers[6,]
    assert (b"\0\0\0\x17\x80\0\0\x04", 23) == made[1:]
    with pytest.raises(FastPathMiss):
        packers[65,]
    assert [(6,)] == [*packers]


def test_every_kind_of_field_is_written_by_every_kind_of_function() -> None:
    """Numbers, texts, octets, lists, TLVs, and what a template has encoded before."""
    pdu = SubmitMulti(
        dest_address=(DistributionList("x"),), short_message=b"Hi", tlvs=(Tlv(0x0204, b"\0\1"),)
    )
    fill = make_template(SubmitMulti, vary=("dest_address", "short_message"), tlvs=pdu.tlvs)

    assert pdu == decode(encode(pdu))
    assert encode(pdu) == fill(0, pdu.dest_address, b"Hi")
    assert encode(pdu) == make_template(
        SubmitMulti, vary=("short_message",), dest_address=pdu.dest_address, tlvs=pdu.tlvs
    )(0, b"Hi")


@pytest.mark.parametrize(
    "fields",
    [
        {"destination_addr": "x" * 21},
        {"destination_addr": "я"},
        {"short_message": b"x" * 255},
        {"tlvs": (Tlv(0x0427, b""),)},
        {"tlvs": (Tlv(0x0427, "2"),)},  # type: ignore[arg-type]
    ],
)
def test_any_doubt_goes_to_the_declaration(fields: dict[str, Any]) -> None:
    """No error text of its own may ever appear in a written-out function."""
    with pytest.raises(EncodeError):
        encode(SubmitSm(**{"destination_addr": "7", **fields}))


@pytest.mark.parametrize(
    "octets",
    [
        "00000013 80000004 00000000 00000001 353535",  # no NUL in a single string
        "00000012 00000003 00000000 00000001 3500",  # a run that ends early
        "0000001D 00000007 00000000 00000001 00 0000 00 00 00 00 00 05 61626364",  # cut octets
        "00000018 00000021 00000000 00000001 00 00 00 00 01 03 0000",  # an unknown flag
        "00000015 00000015 00000000 00000001 0427 0002 02",  # a cut TLV
    ],
)
def test_any_doubt_in_reading_goes_there_too(octets: str) -> None:
    """The written-out function gives up without looking why."""
    frame = bytes.fromhex(octets)
    read = codec._decoders[int.from_bytes(frame[4:8], "big")]

    with pytest.raises(FastPathMiss):
        read(frame, 0, 1)


def test_early_end_of_a_response_is_written_out() -> None:
    """A refusal of sixteen octets is the one that every gateway sends."""
    before = dict(codec.fallbacks)

    refused = decode(bytes.fromhex("00000010 80000004 00000058 00000001"))

    assert SubmitSmResp(command_status=0x58, sequence_number=1) == refused
    assert 0x401 == decode(bytes.fromhex("00000010 80000004 00000401 00000001")).command_status
    assert before == codec.fallbacks


def test_what_is_kept_is_not_shown() -> None:
    """Addresses may be among it, and a repr ends in a log."""
    kept = BoundedCache(str, longest=20, room=4)
    assert "79991234567" == kept["79991234567"]

    assert "<BoundedCache, 1 of 4>" == repr(kept)
