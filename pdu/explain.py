"""Octets as people read them: every field with its place, its octets and what they mean.

Rule: anything can be explained, also what can't be decoded, and nothing is ever raised. Texts are
shown, since whoever asks has the octets anyway; a password never is.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any, NamedTuple, Self

from pdu.enums import DataCoding, EsmClass
from pdu.fields import FieldError, OctetString
from pdu.names import command_name, status_label
from pdu.schema import HEADER_LENGTH, PDUS, Pdu
from pdu.tlvs import Tlv, name_of, read_tlv

OCTETS_A_ROW = 16


class Line(NamedTuple):
    """One field of a frame.

    `octets` is empty for remarks; `note` says what is wrong where something is.
    """

    offset: int
    octets: bytes
    field: str
    meaning: str
    note: str = ""


class Explanation(str):
    """An annotated dump; the text itself, and its `lines` for whoever colours them."""

    __slots__ = ("lines",)

    lines: tuple[Line, ...]

    @classmethod
    def of(cls, lines: list[Line]) -> Self:
        """Lay out *lines* as text."""
        self = cls("\n".join(row for line in lines for row in _rows(line)))
        self.lines = tuple(lines)
        return self


def explain(octets: bytes) -> Explanation:
    """Explain the octets of one PDU, or of several in a row.

    Args:
        octets: As they were on the wire; hexadecimal text isn't taken, see `bytes.fromhex`.
    """
    lines: list[Line] = []
    at = 0
    while at < len(octets):
        at += _frame(octets[at:], at, lines)
    return Explanation.of(lines or [Line(0, b"", "nothing", "no octets at all")])


def _frame(octets: bytes, base: int, lines: list[Line]) -> int:
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
        lines.append(Line(base + HEADER_LENGTH, body, "body", "nobody declared this command"))
    else:
        _body(cls, body, base + HEADER_LENGTH, lines)
    return min(size, len(octets))


def _length_note(size: int, octets: bytes) -> str:
    """Say what is wrong with a command_length."""
    if size < HEADER_LENGTH:
        return f"a PDU has at least {HEADER_LENGTH} octets"
    if size > len(octets):
        return f"only {len(octets)} octets are here"
    return ""


def _body(cls: type[Pdu], body: bytes, base: int, lines: list[Line]) -> None:
    """Explain the fields of a body, as far as they can be read."""
    stream = BytesIO(body)
    values: dict[str, Any] = {}
    try:
        for span in cls.construct.spans(stream, ""):
            values[span.name] = span.value
            if span.name == "tlvs":
                _tlvs(body[span.start :], base + span.start, values, lines)
                continue
            start = span.start
            if isinstance(field := cls.fields[span.name], OctetString):
                length = body[start : start + 1]
                lines.append(Line(base + start, length, field.length_name, str(length[0])))
                start += 1
            octets = body[start : span.end]
            if span.name == "password":
                octets = b""
            meaning = _meaning(cls, span.name, values)
            lines.append(Line(base + start, octets, span.name, meaning))
    except FieldError as error:
        broken = str(error.path).lstrip(".")
        at = min(error.offset, len(body))
        octets = b"" if broken == "password" else body[at:]
        lines.append(Line(base + at, octets, broken, "", f"broken: {error.reason}"))


def _tlvs(tail: bytes, base: int, values: dict[str, Any], lines: list[Line]) -> None:
    """Explain the TLVs, and what is too short to be one."""
    at = 0
    for tlv in values["tlvs"]:
        end = at + 4 + len(tlv.value)
        meaning = _tlv_meaning(tlv, values)
        lines.append(Line(base + at, tail[at:end], f"tlv {name_of(tlv.tag)}", meaning))
        at = end
    if at < len(tail):
        note = "too short for a TLV, passed over"
        lines.append(Line(base + at, tail[at:], "trailing", "", note))


def _meaning(cls: type[Pdu], name: str, values: dict[str, Any]) -> str:
    """Say what the value of a field means."""
    value = values[name]
    if name == "password":
        return cls.fields[name].shown(value)
    if isinstance(value, bytes):
        return _text(value, values)
    if isinstance(value, int):
        return _number(value)
    return repr(value)


def _number(value: int) -> str:
    """Say what a number means, by its name or its bits."""
    name = getattr(value, "name", None)
    if name is not None:
        return f"{int(value)} {name}"
    marks = [
        mark
        for mark in ("is_receipt", "is_intermediate", "has_udh", "wants_receipt")
        if getattr(value, mark, False)
    ]
    return " ".join([str(int(value)), *(mark.replace("_", " ") for mark in marks)])


def _tlv_meaning(tlv: Tlv, values: dict[str, Any]) -> str:
    """Say what the value of a TLV means."""
    value = read_tlv(tlv.tag, tlv.value)
    if name_of(tlv.tag) == "message_payload":
        return _text(tlv.value, values)
    if isinstance(value, int):
        return _number(value)
    if isinstance(value, bytes):
        return _printable(value)
    return repr(value)


def _text(octets: bytes, values: dict[str, Any]) -> str:
    """Show a text as its esm_class and data_coding say, without believing them too much."""
    prefix = ""
    if values.get("esm_class", 0) & EsmClass.UDHI and octets:
        size = octets[0] + 1
        prefix, octets = f"[UDH {octets[:size].hex(' ')}] ", octets[size:]
    if values.get("data_coding", 0) & 0x0C == DataCoding.UCS2:
        return prefix + repr(octets.decode("utf-16-be", "replace"))
    return prefix + _printable(octets)


def _printable(octets: bytes) -> str:
    """Show octets as text where all of it can be seen."""
    text = octets.decode("latin-1")
    return repr(text) if text.isprintable() or text.replace("\n", "").isprintable() else "octets"


def _rows(line: Line) -> list[str]:
    """Lay one line out as rows of at most sixteen octets."""
    pieces = [
        line.octets[n : n + OCTETS_A_ROW] for n in range(0, len(line.octets), OCTETS_A_ROW)
    ] or [b""]
    said = " ".join(part for part in (line.meaning, f"! {line.note}" if line.note else "") if part)
    first = f"{line.offset:04x}  {pieces[0].hex(' '):<47}  {line.field:<24} {said}".rstrip()
    rest = (
        f"{line.offset + OCTETS_A_ROW * n:04x}  {piece.hex(' ')}"
        for n, piece in enumerate(pieces[1:], start=1)
    )
    return [first, *rest]
