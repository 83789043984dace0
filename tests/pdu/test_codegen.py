"""The functions generated from a declaration, and their caches."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from fast_path import no_fallback

from pdu import (
    PDUS,
    DeliverSm,
    DistributionList,
    EncodeError,
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
    decode_tlvs,
    decoder_source,
    encode_tlvs,
    packer_source,
)
from pdu.fields import Body
from pdu.layout import UnsupportedFieldError, steps_of
from pdu.schema import c_octet_string, octet

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def empty_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin as a new process does; the caches of other tests are untouched."""
    for module, name in [
        (codec, "_decoders"),
        (codec, "_encoders"),
        (codec, "_packers"),
        (codegen, "_layouts"),
        (codegen, "_misses"),
    ]:
        monkeypatch.setattr(module, name, type(getattr(module, name))())


@pytest.mark.usefixtures("empty_caches")
@pytest.mark.parametrize("cls", PDUS.values(), ids=lambda cls: cls.__name__)
def test_generated_functions_use_no_names_but_the_reserved(cls: Any) -> None:  # noqa: ANN401
    """Otherwise a vendor's field of the same name would be overwritten, silently."""
    functions = [codec._decoders[cls.command_id], codec._encoders[cls], packer(cls)]
    used = {name for function in functions for name in function.__code__.co_varnames}

    assert not used - RESERVED - {*cls.fields} - {f"octets_{n}" for n in range(12)}


@pytest.mark.parametrize("name", ["text", "size", "frame", "pack", "sequence_number"])
def test_field_with_a_reserved_name_is_refused(name: str) -> None:
    """It says so, instead of writing other octets."""
    steps = steps_of(Body({name: octet(), "id": c_octet_string(9)}, {}, may_end_early=False))

    with pytest.raises(
        UnsupportedFieldError, match=f"{name}: the generated functions need that name"
    ):
        packer_source(5, steps, {})
    with pytest.raises(UnsupportedFieldError, match=name):
        decoder_source(steps, may_end_early=False)


# --- caches ---


def test_cache_is_emptied_when_it_is_full() -> None:
    """Memory is bounded; a key that is too long to repeat is never cached."""
    read: list[bytes] = []

    def measure(octets: bytes) -> int:
        read.append(octets)
        return len(octets)

    cache = BoundedCache(measure, max_key=3, size=2)

    assert [1, 2, 1, 4, 4] == [cache[o] for o in (b"a", b"ab", b"a", b"long", b"long")]
    assert [b"a", b"ab", b"long", b"long"] == read
    assert {b"a": 1, b"ab": 2} == cache
    assert 3 == cache[b"abc"]
    assert {b"abc": 3} == cache


def receipts() -> Iterator[DeliverSm]:
    """Return receipts that differ in everything that is cached, in random order."""
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


@pytest.mark.usefixtures("empty_caches")
def test_caches_never_change_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small here that they are emptied again and again."""
    for name in ("MAX_LAYOUTS", "RUN_CACHE_SIZE", "TLV_CACHE_SIZE", "MAX_PACKERS"):
        monkeypatch.setattr(codegen, name, 3)

    for receipt in receipts():
        with no_fallback():
            octets = encode(receipt)
        assert receipt == decode(octets) == codec._interpret(octets)
    assert len(codegen._layouts) <= 3
    assert len(codegen._misses) <= 3
    scope = codec._decoders[DeliverSm.command_id].__globals__
    caches = [value for value in scope.values() if isinstance(value, BoundedCache)]
    assert len(caches) == 2
    assert all(len(cache) <= 3 for cache in caches)
    packers = codec._encoders[DeliverSm].__globals__["packers"]
    assert len(packers) <= 3


@pytest.mark.usefixtures("empty_caches")
def test_layouts_that_alternate_are_compiled_ever_more_rarely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two gateways behind one address must not cost a compilation for every receipt."""
    compiled: list[tuple[Tlv, ...]] = []
    compile_layout = codegen._compile_layout

    def counted(found: tuple[Tlv, ...]) -> codegen.DecodeTlvs:
        compiled.append(found)
        return compile_layout(found)

    monkeypatch.setattr(codegen, "_compile_layout", counted)
    tails = [b"\x02\x04\0\2ab", b"\x02\x0c\0\2ab"]

    for n in range(1000):
        (tlv,) = decode_tlvs(tails[n % 2], 0)
        assert tails[n % 2] == encode_tlvs((tlv,))
    assert len(compiled) <= 11


@pytest.mark.usefixtures("empty_caches")
def test_long_lists_of_tlvs_are_decoded_one_by_one() -> None:
    """They are too rare to generate a decoder for them."""
    tlvs = tuple(Tlv(0x2000 + n, b"x") for n in range(17))

    assert tlvs == decode_tlvs(encode_tlvs(tlvs), 0)
    assert {} == codegen._layouts
    assert tlvs[:16] == decode_tlvs(encode_tlvs(tlvs[:16]), 0)
    assert [80] == [*codegen._layouts]


@pytest.mark.usefixtures("empty_caches")
def test_layout_is_used_only_for_its_tags_and_lengths() -> None:
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
        found = decode_tlvs(b"before" + tail, 6)
        assert tlvs == found
        assert [type(tlv.tag) for tlv in found] == [type(TlvTag.of(tlv.tag)) for tlv in tlvs]
    with pytest.raises(FastPathMiss):
        decode_tlvs(b"\x04\x27\0\2\2", 0)


def test_packers_are_made_once_for_each_combination_of_lengths() -> None:
    """The lengths are checked only then: a cached packer proves that they are allowed."""
    packers = Packers(SubmitSmResp.command_id, steps_of(SubmitSmResp.construct))

    made = packers[6,]
    assert made is packers[6,]
    assert (b"\0\0\0\x17\x80\0\0\x04", 23) == made[1:]
    with pytest.raises(FastPathMiss):
        packers[65,]
    assert [(6,)] == [*packers]


def test_every_kind_of_field_is_encoded_by_every_kind_of_function() -> None:
    """Numbers, texts, octets, lists, TLVs, and the constants of a template."""
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
def test_value_that_is_not_taken_goes_to_the_declaration(fields: dict[str, Any]) -> None:
    """A generated function has no error texts of its own."""
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
def test_frame_that_is_broken_is_a_miss(octets: str) -> None:
    """The generated function doesn't look why: the declaration names the reason."""
    frame = bytes.fromhex(octets)
    read = codec._decoders[int.from_bytes(frame[4:8], "big")]

    with pytest.raises(FastPathMiss):
        read(frame, 0, 1)


def test_refusal_without_a_body_is_decoded_by_the_generated_function() -> None:
    """Gateways refuse with sixteen octets, and thousands of them when they throttle."""
    with no_fallback():
        refused = decode(bytes.fromhex("00000010 80000004 00000058 00000001"))
        unknown = decode(bytes.fromhex("00000010 80000004 00000401 00000001"))

    assert SubmitSmResp(command_status=0x58, sequence_number=1) == refused
    assert 0x401 == unknown.command_status


def test_repr_of_a_cache_shows_no_keys() -> None:
    """Addresses may be among them, and a repr ends in a log."""
    cache = BoundedCache(str, max_key=20, size=4)
    assert "79991234567" == cache["79991234567"]

    assert "<BoundedCache, 1 of 4>" == repr(cache)
