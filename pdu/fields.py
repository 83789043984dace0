"""The wire alphabet: each kind of field the specification knows, as a construct.

Rule: every limit is a public attribute, so that the declaration is the only place that states
it and a walker can read it. Reading is lenient (over-long and 8-bit strings come through as
they are), writing is strict. This is the only file that subclasses construct.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import IO, Any, Generic, NamedTuple, SupportsIndex, TypeVar

import construct

from pdu.enums import TlvTag
from pdu.masking import shown_type
from pdu.tlvs import Tlv, limits

T = TypeVar("T")

Shown = Callable[[Any], str]
"""How a value appears in a repr or an error: as it is, masked, or only its size."""


def shown_number(value: object) -> str:
    """Show an integer."""
    return repr(value) if isinstance(value, int) else shown_type(value)


def shown_items(classes: tuple[type, ...]) -> Shown:
    """Return what shows items of *classes*, which hide their own secrets."""

    def shown(value: object) -> str:
        known = isinstance(value, tuple | list) and all(isinstance(n, classes) for n in value)
        return repr(value) if known else shown_type(value)

    return shown


Context = Any
"""construct's own untyped context; no field here looks into it."""


class FieldError(construct.ConstructError):  # type: ignore[misc]  # construct has no types
    """A field that can't be read or written; becomes a DecodeError or an EncodeError above."""

    def __init__(self, reason: str, path: str, offset: int = 0) -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.offset = offset


class Field(construct.Construct, Generic[T]):  # type: ignore[misc]  # construct has no types
    """A construct that knows the Python type of its value, for the type checker's sake."""

    shown: Shown = repr
    classes: tuple[type, ...] = (int,)
    """What values of this field are made of, where they are items of a list."""

    def read(self, stream: IO[bytes], path: str) -> T:
        """Read the value at the stream's place; FieldError if it can't be."""
        value: T = self._parse(stream, None, path)
        return value

    def write(self, value: object, stream: IO[bytes], path: str) -> None:
        """Write *value* at the stream's end; FieldError if the field doesn't take it."""
        self._build(value, stream, None, path)

    def _sizeof(self, _context: Context, path: str) -> int:
        """Say that the size depends on the value, as that of most fields does."""
        raise construct.SizeofError(path=path)


def _take(stream: IO[bytes], size: int, path: str) -> bytes:
    """Read exactly *size* octets."""
    at = stream.tell()
    octets = stream.read(size)
    if len(octets) < size:
        raise FieldError(f"expected {size} octets, found {len(octets)}", path, at)
    return octets


class Integer(Field[int]):
    """An unsigned integer, most significant octet first (v3.4 §3.1).

    Args:
        octets: 1, 2 or 4.
        values: Turns a number into what users see: an enumeration's `of`, an int subclass.
    """

    def __init__(self, octets: int, values: Callable[[int], int] = int) -> None:
        super().__init__()
        self.octets = octets
        self.maximum = (1 << 8 * octets) - 1
        self.values = values
        self.shown = shown_number

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> int:
        """Read the number and turn it into what users see."""
        return self.values(int.from_bytes(_take(stream, self.octets, path), "big"))

    def _build(self, obj: object, stream: IO[bytes], _context: Context, path: str) -> object:
        """Write the number, if it is one and fits."""
        if not isinstance(obj, SupportsIndex):
            raise FieldError(f"takes an integer, got {type(obj).__name__}", path)
        number = operator.index(obj)
        if not 0 <= number <= self.maximum:
            raise FieldError(f"{number:d} is outside 0 to {self.maximum}", path)
        stream.write(number.to_bytes(self.octets, "big"))
        return obj

    def _sizeof(self, _context: Context, _path: str) -> int:
        """Return the octets of the number."""
        return self.octets


class COctetString(Field[str]):
    """ASCII ended by one NUL (v3.4 §3.1).

    Args:
        max_octets: The most octets, the NUL included.
        exact: Whether it is either empty or exactly of that size, as times are.
        steady: Whether it is mostly the same in PDU after PDU of a session; only a hint to the
            fast way.
        shown: How the value appears in a repr or an error.
    """

    def __init__(
        self,
        max_octets: int,
        *,
        exact: bool = False,
        steady: bool = False,
        shown: Shown = repr,
    ) -> None:
        super().__init__()
        self.max_octets = max_octets
        self.exact = exact
        self.steady = steady
        self.shown = shown

    def takes(self, length: int) -> bool:
        """Whether an outgoing string may have *length* characters."""
        return length < self.max_octets and (not self.exact or length in {0, self.max_octets - 1})

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> str:
        """Read up to the NUL, whatever the octets are."""
        at = stream.tell()
        octets, nul, _ = stream.read().partition(b"\0")
        if not nul:
            raise FieldError(f"no NUL within the {len(octets)} octets that are left", path, at)
        stream.seek(at + len(octets) + 1)
        return octets.decode("latin-1")

    def _build(self, obj: object, stream: IO[bytes], _context: Context, path: str) -> object:
        """Write ASCII and the NUL, if the length is allowed."""
        if not isinstance(obj, str):
            raise FieldError(f"takes text, got {type(obj).__name__}", path)
        shown = self.shown(obj)
        if "\0" in obj:
            raise FieldError(f"NUL inside a C-octet string ({shown})", path)
        if not obj.isascii():
            raise FieldError(f"takes ASCII only, got {shown}", path)
        if not self.takes(len(obj)):
            limit = f"0 or {self.max_octets - 1}" if self.exact else f"{self.max_octets - 1}"
            raise FieldError(f"takes {limit} characters, got {len(obj)} ({shown})", path)
        stream.write(obj.encode("ascii") + b"\0")
        return obj


class OctetString(Field[bytes]):
    """Octets behind a one-octet length, as short_message behind sm_length.

    Args:
        length_name: Name of the length field, as the specification has it.
        max_octets: The most octets that are sent.
        shown: How the value appears in a repr or an error.
    """

    def __init__(self, length_name: str, max_octets: int, *, shown: Shown = repr) -> None:
        super().__init__()
        self.length_name = length_name
        self.max_octets = max_octets
        self.shown = shown

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> bytes:
        """Read as many octets as the first one says."""
        return _take(stream, _take(stream, 1, path)[0], path)

    def _build(self, obj: object, stream: IO[bytes], _context: Context, path: str) -> object:
        """Write the length and the octets, if there are not too many."""
        if not isinstance(obj, bytes | bytearray):
            raise FieldError(f"takes octets, got {type(obj).__name__}; encode it first", path)
        if len(obj) > self.max_octets:
            reason = f"takes {self.max_octets} octets, got {len(obj)}; use message_payload or parts"
            raise FieldError(reason, path)
        stream.write(bytes([len(obj)]) + obj)
        return obj


class Counted(Field[tuple[T, ...]]):
    """Items behind a one-octet count, as the destinations of submit_multi.

    Args:
        count_name: Name of the count, as the specification has it.
        item: Construct of one item.
        max_items: The most items that are sent.
        min_items: The least items that are sent.
    """

    def __init__(
        self, count_name: str, item: Field[T], max_items: int, *, min_items: int = 0
    ) -> None:
        super().__init__()
        self.count_name = count_name
        self.item = item
        self.max_items = max_items
        self.min_items = min_items
        self.shown = shown_items(item.classes)

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> tuple[T, ...]:
        """Read as many items as the first octet says."""
        count = _take(stream, 1, path)[0]
        return tuple(self.item.read(stream, f"{path}[{n}]") for n in range(count))

    def _build(self, obj: object, stream: IO[bytes], _context: Context, path: str) -> object:
        """Write the count and the items, if there are not too many."""
        if not isinstance(obj, tuple | list):
            raise FieldError(f"takes a tuple of items, got {type(obj).__name__}", path)
        if not self.min_items <= len(obj) <= self.max_items:
            reason = f"takes {self.min_items} to {self.max_items} items, got {len(obj)}"
            raise FieldError(reason, path)
        stream.write(bytes([len(obj)]))
        for n, item in enumerate(obj):
            self.item.write(item, stream, f"{path}[{n}]")
        return obj


class Record(Field[T]):
    """Some fields in a row that make one value of a NamedTuple class.

    Args:
        cls: The NamedTuple class.
        fields: A construct for each of its fields, in order.
    """

    def __init__(self, cls: type[T], *fields: Field[Any]) -> None:
        super().__init__()
        self.cls = cls
        self.classes = (cls,)
        self.fields = tuple(zip(cls._fields, fields, strict=True))  # type: ignore[attr-defined]

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> T:
        """Read the fields in a row."""
        return self.cls(*(field.read(stream, f"{path}.{name}") for name, field in self.fields))

    def _build(self, obj: T, stream: IO[bytes], _context: Context, path: str) -> object:
        """Write the fields in a row."""
        if not isinstance(obj, self.cls):
            raise FieldError(f"takes {self.cls.__name__}, got {type(obj).__name__}", path)
        for name, field in self.fields:
            field.write(getattr(obj, name), stream, f"{path}.{name}")
        return obj


class Tagged(Field[Any]):
    """A one-octet flag that says which record follows it, as dest_flag does.

    Args:
        records: The record behind each flag.
    """

    def __init__(self, records: dict[int, Record[Any]]) -> None:
        super().__init__()
        self.records = records
        self.classes = tuple(record.cls for record in records.values())

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> object:
        """Read the flag and the record it announces."""
        at = stream.tell()
        flag = _take(stream, 1, path)[0]
        if flag not in self.records:
            raise FieldError(f"flag {flag} is none of {sorted(self.records)}", path, at)
        return self.records[flag].read(stream, path)

    def _build(self, obj: object, stream: IO[bytes], _context: Context, path: str) -> object:
        """Write the flag of the record, and the record."""
        for flag, record in self.records.items():
            if isinstance(obj, record.cls):
                stream.write(bytes([flag]))
                record.write(obj, stream, path)
                return obj
        known = " or ".join(record.cls.__name__ for record in self.records.values())
        raise FieldError(f"takes {known}, got {type(obj).__name__}", path)


class TlvList(Field[tuple[Tlv, ...]]):
    """Optional parameters up to the end of the PDU (v3.4 §3.2.4).

    Unknown tags are kept. A length that runs past the PDU is an error; one to three octets at
    the end, which can't be a TLV, are passed over.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shown = shown_items((Tlv,))

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> tuple[Tlv, ...]:
        """Read TLVs to the end."""
        found: list[Tlv] = []
        while len(head := stream.read(4)) == 4:
            tag, length = int.from_bytes(head[:2], "big"), int.from_bytes(head[2:], "big")
            where = f"{path}[{len(found)}].value(tag 0x{tag:04X})"
            found.append(Tlv(TlvTag.of(tag), _take(stream, length, where)))
        return tuple(found)

    def _build(self, obj: object, stream: IO[bytes], _context: Context, path: str) -> object:
        """Write the TLVs, each within its limits."""
        if not isinstance(obj, tuple | list):
            raise FieldError(f"takes a tuple of Tlv, got {type(obj).__name__}", path)
        for n, tlv in enumerate(obj):
            if not isinstance(tlv, Tlv):
                raise FieldError(f"takes Tlv, got {type(tlv).__name__}", f"{path}[{n}]")
            tag, value = tlv
            if not isinstance(tag, int) or not 0 <= tag <= 0xFFFF:
                reason = f"takes 0 to 65535, got {shown_number(tag)}"
                raise FieldError(reason, f"{path}[{n}].tag")
            where = f"{path}[{n}].value(tag 0x{tag:04X})"
            if not isinstance(value, bytes | bytearray):
                reason = f"takes octets, got {type(value).__name__}; Tlv.of takes typed values"
                raise FieldError(reason, where)
            least, most = limits(tag)
            if not least <= len(value) <= most:
                raise FieldError(f"takes {least} to {most} octets, got {len(value)}", where)
            stream.write(tag.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value)
        return obj


class Span(NamedTuple):
    """Where a field was found in a frame; `end` is the octet behind it."""

    name: str
    start: int
    end: int
    value: object


class Body(construct.Struct):  # type: ignore[misc]  # construct has no types
    """All fields of one PDU behind its header: a construct.Struct that also tells where each lies.

    Args:
        fields: The named fields.
        defaults: Value of each field that needn't be given.
        may_end_early: Whether octets may end before any field, as in responses they do.
    """

    def __init__(
        self, fields: dict[str, Field[Any]], defaults: dict[str, object], *, may_end_early: bool
    ) -> None:
        super().__init__(*(name / field for name, field in fields.items()))
        self.fields = fields
        self.defaults = defaults
        self.may_end_early = may_end_early

    def spans(self, stream: IO[bytes], path: str) -> Iterator[Span]:
        """Read field after field and tell where each lies; raises FieldError where one breaks."""
        for name, field in self.fields.items():
            start = stream.tell()
            if self.may_end_early:
                if not stream.read(1):
                    return
                stream.seek(start)
            value = field.read(stream, f"{path}.{name}")
            yield Span(name, start, stream.tell(), value)

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> construct.Container:
        """Read all fields; those behind an early end get their defaults."""
        found = {span.name: span.value for span in self.spans(stream, path)}
        return construct.Container(self.defaults | found)

    def _build(self, obj: Any, stream: IO[bytes], _context: Context, path: str) -> object:  # noqa: ANN401 - a mapping of any values
        """Write all fields, by default those that are not given."""
        for name, field in self.fields.items():
            value = obj[name] if name in obj else self.defaults[name]
            field.write(value, stream, f"{path}.{name}")
        return obj
