"""An annotated dump of PDUs: every field with its offset, its octets and their meaning.

Rule: any octets can be explained, decodable or not; nothing is ever raised. Texts are shown, since
the caller has the octets anyway; a password never is.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from pdu._tracebacks import hides_locals
from pdu.enums import DataCoding, EsmClass
from pdu.errors import PduError
from pdu.escaping import escape
from pdu.fields import FieldError, OctetString
from pdu.names import command_name, status_label
from pdu.schema import HEADER_LENGTH, PDUS, Pdu
from pdu.text.coding import TextCoding
from pdu.tlvs import Tlv, VendorTlv, name_of, read_tlv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OCTETS_A_ROW = 16
_NO_TLVS: Final[Mapping[int, VendorTlv]] = {}


class Line(NamedTuple):
    """One field of a frame.

    `octets` is empty for remarks; `note` says what is wrong, if anything.
    """

    offset: int
    octets: bytes
    field: str
    meaning: str
    note: str = ""


class Explanation(str):
    """An annotated dump as text, with its `lines` for other layouts."""

    __slots__ = ("lines",)

    lines: tuple[Line, ...]

    @classmethod
    @hides_locals(PduError)
    def of(cls, lines: list[Line]) -> Self:
        """Lay out *lines* as text."""
        self = cls("\n".join(row for line in lines for row in _rows(line)))
        self.lines = tuple(lines)
        return self


@hides_locals(PduError, octets=(bytes, bytearray, memoryview))
def explain(octets: bytes, *, vendor_tlvs: Mapping[int, VendorTlv] = _NO_TLVS) -> Explanation:
    """Explain the octets of one PDU, or of several in a row.

    Args:
        octets: As on the wire; convert hexadecimal text with `bytes.fromhex` first.
        vendor_tlvs: The SMSC's own TLVs by tag; they go before those of the specification.

    Raises:
        TypeError: *octets* are something else.
    """
    lines: list[Line] = []
    at = 0
    while at < len(octets):
        at += _frame(octets[at:], at, lines, vendor_tlvs)
    return Explanation.of(lines or [Line(0, b"", "nothing", "no octets at all")])


def _frame(
    octets: bytes, base: int, lines: list[Line], vendor_tlvs: Mapping[int, VendorTlv]
) -> int:
    """Explain the first PDU of *octets*; return how many of them it took."""
    if len(octets) < HEADER_LENGTH:
        note = f"a header has {HEADER_LENGTH} octets, here are {len(octets)}"
        lines.append(Line(base, octets, "cut off", "", note))
        return len(octets)
    header: tuple[int, int, int, int] = struct.unpack_from(">IIII", octets)
    size, command_id, status, sequence_number = header
    cls = PDUS.get(command_id)
    lines.append(Line(base, octets[:4], "command_length", str(size), _length_note(size, octets)))
    lines.append(Line(base + 4, octets[4:8], "command_id", command_name(command_id)))
    lines.append(Line(base + 8, octets[8:12], "command_status", status_label(status)))
    lines.append(Line(base + 12, octets[12:16], "sequence_number", str(sequence_number)))
    if size < HEADER_LENGTH:
        return len(octets)
    body = octets[HEADER_LENGTH:size]
    if cls is None:
        lines.append(Line(base + HEADER_LENGTH, body, "body", "a command without a declaration"))
    else:
        _body(cls, body, base + HEADER_LENGTH, lines, vendor_tlvs)
    return min(size, len(octets))


def _length_note(size: int, octets: bytes) -> str:
    """Return what is wrong with a command_length; empty if nothing is."""
    if size < HEADER_LENGTH:
        return f"a PDU has at least {HEADER_LENGTH} octets"
    if size > len(octets):
        return f"only {len(octets)} octets are here"
    return ""


def _body(
    cls: type[Pdu],
    body: bytes,
    base: int,
    lines: list[Line],
    vendor_tlvs: Mapping[int, VendorTlv],
) -> None:
    """Explain the fields of a body, as far as they can be read."""
    values: dict[str, Any] = {}
    for span in cls.construct.spans(BytesIO(body), ""):
        values[span.name] = span.value
        start = span.start
        if span.name == "tlvs":
            tail = body[start : span.end if span.error else None]
            lines.extend(_tlvs(tail, base + start, values, vendor_tlvs))
        if span.error is not None:
            lines.append(_broken(span.error, body, base))
            continue
        if span.name == "tlvs":
            continue
        if isinstance(field := cls.fields[span.name], OctetString):
            length = body[start : start + 1]
            lines.append(Line(base + start, length, field.length_name, str(length[0])))
            start += 1
        octets = b"" if span.name == "password" else body[start : span.end]
        meaning = _meaning(cls, span.name, values)
        lines.append(Line(base + start, octets, span.name, meaning))


def _broken(error: FieldError, body: bytes, base: int) -> Line:
    """Explain the octets from which on nothing can be read."""
    name = str(error.path).lstrip(".")
    at = min(error.offset, len(body))
    octets = b"" if name == "password" else body[at:]
    return Line(base + at, octets, name, "", f"broken: {error.reason}")


def _tlvs(
    tail: bytes, base: int, values: dict[str, Any], vendor_tlvs: Mapping[int, VendorTlv]
) -> Iterator[Line]:
    """Explain the TLVs, and a rest that is too short to be one."""
    at = 0
    for tlv in values["tlvs"]:
        end = at + 4 + len(tlv.value)
        name, meaning = _tlv_meaning(tlv, values, vendor_tlvs.get(tlv.tag))
        yield Line(base + at, tail[at:end], f"tlv {name}", meaning)
        at = end
    if at < len(tail):
        note = "too short for a TLV, ignored"
        yield Line(base + at, tail[at:], "trailing", "", note)


def _meaning(cls: type[Pdu], name: str, values: dict[str, Any]) -> str:
    """Return the meaning of a field's value."""
    value = values[name]
    if name == "password":
        return cls.fields[name].shown(value)
    if isinstance(value, bytes):
        return _text(value, values)
    if isinstance(value, int):
        return _number(value)
    return ascii(value)


def _number(value: int) -> str:
    """Return the meaning of a number: its name or its bits."""
    name = getattr(value, "name", None)
    if name is not None:
        return f"{int(value)} {name}"
    flags = [
        flag
        for flag in ("is_receipt", "is_intermediate", "has_udh", "wants_receipt")
        if getattr(value, flag, False)
    ]
    return " ".join([str(int(value)), *(flag.replace("_", " ") for flag in flags)])


def _tlv_meaning(tlv: Tlv, values: dict[str, Any], vendor: VendorTlv | None) -> tuple[str, str]:
    """Return the name of a TLV and the meaning of its value."""
    if vendor is not None:
        return vendor.name, _value_meaning(vendor.type.read(tlv.value))
    name = name_of(tlv.tag)
    if name == "message_payload":
        return name, _text(tlv.value, values)
    return name, _value_meaning(read_tlv(tlv.tag, tlv.value))


def _value_meaning(value: object) -> str:
    """Return the meaning of a TLV's value."""
    if isinstance(value, int):
        return _number(value)
    if isinstance(value, bytes):
        return _printable(value)
    return ascii(value)


def _text(octets: bytes, values: dict[str, Any]) -> str:
    """Show a text by its esm_class and data_coding; octets that don't fit are replaced."""
    prefix = ""
    if values.get("esm_class", 0) & EsmClass.UDHI and octets:
        size = octets[0] + 1
        prefix, octets = f"[UDH {octets[:size].hex(' ')}] ", octets[size:]
    if values.get("data_coding", 0) & 0x0C == DataCoding.UCS2:
        return prefix + escape(repr(TextCoding.UCS2.decode(octets)), letters=True)
    return prefix + _printable(octets)


def _printable(octets: bytes) -> str:
    """Show octets as text if all of it is printable."""
    text = octets.decode("latin-1")
    return repr(text) if text.isprintable() or text.replace("\n", "").isprintable() else "octets"


def _rows(line: Line) -> list[str]:
    """Lay out one line in rows of at most sixteen octets."""
    pieces = [
        line.octets[n : n + OCTETS_A_ROW] for n in range(0, len(line.octets), OCTETS_A_ROW)
    ] or [b""]
    text = " ".join(part for part in (line.meaning, f"! {line.note}" if line.note else "") if part)
    first = f"{line.offset:04x}  {pieces[0].hex(' '):<47}  {line.field:<24} {text}".rstrip()
    rest = (
        f"{line.offset + OCTETS_A_ROW * n:04x}  {piece.hex(' ')}"
        for n, piece in enumerate(pieces[1:], start=1)
    )
    return [first, *rest]
