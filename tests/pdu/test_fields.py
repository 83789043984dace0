"""Each kind of field by itself."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import construct
import pytest

from pdu import DistributionList, SmeAddress, Ton
from pdu.fields import (
    Body,
    COctetString,
    Counted,
    Field,
    FieldError,
    Integer,
    OctetString,
    Record,
    Span,
    Tagged,
)
from pdu.masking import shown_type
from pdu.tlvs import Tlv, TlvList

ADDRESS = Record(SmeAddress, Integer(1, Ton.of), Integer(1), COctetString(5))
DESTINATION = Tagged({1: ADDRESS, 2: Record(DistributionList, COctetString(5))})

KINDS: list[tuple[Field[Any], Any, bytes]] = [
    (Integer(1), 255, b"\xff"),
    (Integer(2), 0x0102, b"\1\2"),
    (Integer(4), 0x0102_0304, b"\1\2\3\4"),
    (COctetString(5), "", b"\0"),
    (COctetString(5), "shop", b"shop\0"),
    (COctetString(5, exact=True), "", b"\0"),
    (COctetString(5, exact=True), "shop", b"shop\0"),
    (OctetString("sm_length", 254), b"", b"\0"),
    (OctetString("sm_length", 254), b"\0\xff", b"\2\0\xff"),
    (ADDRESS, SmeAddress(1, 9, "79"), b"\1\x0979\0"),
    (DESTINATION, SmeAddress(1, 9, "79"), b"\1\1\x0979\0"),
    (DESTINATION, DistributionList("all"), b"\2all\0"),
    (Counted("n", Integer(2), 3), (), b"\0"),
    (Counted("n", Integer(2), 3), (1, 2), b"\2\0\1\0\2"),
    (Counted("n", DESTINATION, 3), (DistributionList("a"),), b"\1\2a\0"),
]


@pytest.mark.parametrize(("field", "value", "octets"), KINDS, ids=repr)
def test_each_kind_both_ways(field: Field[Any], value: object, octets: bytes) -> None:
    """By its own read and write, and as the construct that it is."""
    stream = BytesIO()
    field.write(value, stream, "")

    assert octets == stream.getvalue() == field.build(value)
    assert value == field.read(BytesIO(octets), "") == field.parse(octets)


REFUSED: list[tuple[Field[Any], Any, str]] = [
    (Integer(1), 256, "256 is outside 0 to 255"),
    (Integer(2), -1, "-1 is outside 0 to 65535"),
    (Integer(1), "1", "takes an integer, got str"),
    (COctetString(5), "shops", "takes 4 characters, got 5"),
    (COctetString(5), "a\0b", "NUL inside a C-octet string"),
    (COctetString(5), "я", "takes ASCII only, got 1 characters"),
    (COctetString(5), b"shop", "takes text, got bytes"),
    (COctetString(5, exact=True), "sho", "takes 0 or 4 characters, got 3"),
    (COctetString(5, shown=shown_type), "shops", "takes 4 characters, got 5 (<str>)"),
    (OctetString("sm_length", 2), b"abc", "takes 2 octets, got 3"),
    (OctetString("sm_length", 2), "ab", "takes octets, got str; encode it first"),
    (ADDRESS, (1, 9, "79"), "takes SmeAddress, got tuple"),
    (DESTINATION, "79", "takes SmeAddress or DistributionList, got str"),
    (Counted("n", Integer(2), 3), (1, 2, 3, 4), "takes 0 to 3 items, got 4"),
    (Counted("n", Integer(2), 3, min_items=1), (), "takes 1 to 3 items, got 0"),
    (Counted("n", Integer(2), 3), {1, 2}, "takes a tuple of items, got set"),
    (Counted("n", Integer(2), 3), (1, 70_000), "70000 is outside 0 to 65535"),
]


@pytest.mark.parametrize(("field", "value", "reason"), REFUSED, ids=repr)
def test_each_kind_refuses_what_it_does_not_take(
    field: Field[Any], value: object, reason: str
) -> None:
    """What is wrong and the limit; nothing is cut or replaced."""
    with pytest.raises(FieldError) as caught:
        field.write(value, BytesIO(), ".field")
    assert caught.value.reason.startswith(reason)
    assert str(caught.value.path).startswith(".field")


@pytest.mark.parametrize(
    ("field", "octets", "offset", "path", "reason"),
    [
        (Integer(4), b"\0\0\0", 0, ".f", "expected 4 octets, found 3"),
        (COctetString(5), b"shop", 0, ".f", "no NUL within the 4 octets that are left"),
        (OctetString("n", 9), b"", 0, ".f", "expected 1 octets, found 0"),
        (OctetString("n", 9), b"\5shop", 1, ".f", "expected 5 octets, found 4"),
        (DESTINATION, b"\3", 0, ".f", "flag 3 is none of [1, 2]"),
        (ADDRESS, b"\1\1no", 2, ".f.destination_addr", "no NUL within the 2 octets"),
        (Counted("n", Integer(2), 3), b"\2\0\1\0", 3, ".f[1]", "expected 2 octets, found 1"),
    ],
)
def test_each_kind_says_where_it_broke(
    field: Field[Any], octets: bytes, offset: int, path: str, reason: str
) -> None:
    """Offset and path are what people look for in a dump."""
    with pytest.raises(FieldError) as caught:
        field.read(BytesIO(octets), ".f")
    error = caught.value
    assert (offset, path) == (error.offset, str(error.path))
    assert error.reason.startswith(reason)


def test_reading_has_no_limits() -> None:
    """Lenient in: over-long and 8-bit strings and more items than may be sent are taken."""
    assert "shops" == COctetString(3).parse(b"shops\0")
    assert "é" == COctetString(3).parse(b"\xe9\0")
    assert b"abc" == OctetString("n", 2).parse(b"\3abc")
    assert (1, 2) == Counted("n", Integer(1), 1).parse(b"\2\1\2")


def test_sizes_are_known_where_they_are_fixed() -> None:
    """Only an integer has a fixed size; the others raise construct's own error."""
    assert 4 == Integer(4).sizeof()
    for field in (COctetString(5), OctetString("n", 9), ADDRESS, DESTINATION):
        with pytest.raises(construct.SizeofError):
            field.sizeof()
    with pytest.raises(construct.SizeofError):
        Counted("n", Integer(1), 3).sizeof()


def test_wrong_values_are_shown_by_their_type_only() -> None:
    """A wrong value may hold a text or a password."""
    destinations = Counted("n", DESTINATION, 3)

    assert ["5", "<str>"] == [Integer(1).shown(5), Integer(1).shown("a text")]
    assert "<str>" == destinations.shown("a text")
    assert "(SmeAddress('7916***67'),)" == destinations.shown((SmeAddress(1, 1, "79161234567"),))
    assert "<tuple>" == destinations.shown(("79161234567",))


BODY: dict[str, Field[Any]] = {"id": COctetString(9), "state": Integer(1), "tlvs": TlvList()}
DEFAULTS = {"id": "", "state": 7, "tlvs": ()}


def test_spans_of_a_body_are_where_its_fields_lie() -> None:
    """`explain` makes a dump of them."""
    body = Body(BODY, DEFAULTS, may_end_early=False)

    assert [
        Span("id", 0, 3, "55"),
        Span("state", 3, 4, 2),
        Span("tlvs", 4, 9, (Tlv(0x0427, b"\2"),)),
    ] == [*body.spans(BytesIO(b"55\0\2\4\x27\0\1\2"), "")]


def test_body_of_a_response_may_end_before_any_field() -> None:
    """Missing fields have their defaults; a request must be complete."""
    response = Body(BODY, DEFAULTS, may_end_early=True)

    assert ["", 7] == [response.parse(b"").id, response.parse(b"").state]
    assert ["55", 7] == [response.parse(b"55\0").id, response.parse(b"55\0").state]
    assert 2 == response.parse(b"55\0\2").state
    with pytest.raises(FieldError, match="expected 1 octets, found 0"):
        Body(BODY, DEFAULTS, may_end_early=False).parse(b"55\0")


def test_body_fills_in_defaults_when_it_is_built() -> None:
    """It is a construct.Struct: `parse` and `build` work as everywhere."""
    body = Body(BODY, DEFAULTS, may_end_early=False)

    assert isinstance(body, construct.Struct)
    assert b"55\0\7" == body.build({"id": "55"})
    assert {"id": "55", "state": 1, "tlvs": ()} == dict(
        body.parse(body.build({"id": "55", "state": 1}))
    )


def test_lenient_reading_keeps_what_stands_before_a_fault() -> None:
    """Anywhere in a response; in a request only among the optional parameters."""
    response = Body(BODY, DEFAULTS, may_end_early=True)
    request = Body(BODY, DEFAULTS, may_end_early=False)

    assert ({"id": "55", "state": 2, "tlvs": ()}, None) == response.read_lenient(b"55\0\2")
    values, error = response.read_lenient(b"55")
    assert ({"id": "55", "state": 7, "tlvs": ()}, "id") == (values, _field_of(error))
    values, error = request.read_lenient(b"55\0\2\4\x27\0\1\2\4\x28\0\7")
    assert ((Tlv(0x0427, b"\2"),), 9) == (values["tlvs"], error.offset if error else None)
    values, error = Body({"n": Integer(2)}, {"n": 3}, may_end_early=True).read_lenient(b"\1")
    assert ({"n": 3}, "n") == (values, _field_of(error))
    with pytest.raises(FieldError, match="no NUL"):
        request.read_lenient(b"55")


def _field_of(error: FieldError | None) -> str:
    """Return the field of an error."""
    return "" if error is None else str(error.path).lstrip(".")
