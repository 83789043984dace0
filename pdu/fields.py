"""The kinds of fields in the specification, each as a construct.

Rule: every limit is a public attribute, so that the declaration alone states it and code can be
generated from it. Reading is lenient (over-long and 8-bit strings are kept as they are), writing is
strict.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO, Any, Generic, NamedTuple, SupportsIndex, TypeVar

import construct

from pdu.masking import shown_number, shown_type

T = TypeVar("T")

Shown = Callable[[Any], str]
"""How a value appears in a repr or an error: as it is, masked, or only its size."""


def shown_items(classes: tuple[type, ...]) -> Shown:
    """Return a function that shows items of *classes*, whose reprs hide secrets."""

    def shown(value: object) -> str:
        known = isinstance(value, tuple | list) and all(isinstance(n, classes) for n in value)
        return repr(value) if known else shown_type(value)

    return shown


Context = Any
"""The untyped context of construct, which no field here uses."""


class FieldError(construct.ConstructError):  # type: ignore[misc]  # construct has no types
    """A field that can't be read or written; the codec turns it into a PduError.

    Args:
        reason: What is wrong.
        path: Of the field.
        offset: Octet of the body where reading failed.
        partial: What of the field was read before, if that is of use; None for nothing.
    """

    def __init__(self, reason: str, path: str, offset: int = 0, *, partial: object = None) -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.offset = offset
        self.partial = partial


class Field(construct.Construct, Generic[T]):  # type: ignore[misc]  # construct has no types
    """A construct with the Python type of its value, for type checkers."""

    shown: Shown = repr
    classes: tuple[type, ...] = (int,)
    """The types of the value, where it is an item of a list."""

    def read(self, stream: IO[bytes], path: str) -> T:
        """Read the value at the stream's position; FieldError if that fails."""
        value: T = self._parse(stream, None, path)
        return value

    def write(self, value: object, stream: IO[bytes], path: str) -> None:
        """Write *value*; FieldError if the field doesn't take it."""
        self._build(value, stream, None, path)

    def _sizeof(self, _context: Context, path: str) -> int:
        """Raise: the size depends on the value, except for integers."""
        raise construct.SizeofError(path=path)


def take(stream: IO[bytes], size: int, path: str) -> bytes:
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
        values: Converts the number: an enumeration's `of`, an int subclass.
    """

    def __init__(self, octets: int, values: Callable[[int], int] = int) -> None:
        super().__init__()
        self.octets = octets
        self.maximum = (1 << 8 * octets) - 1
        self.values = values
        self.shown = shown_number

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> int:
        """Read the number and convert it."""
        return self.values(int.from_bytes(take(stream, self.octets, path), "big"))

    def _build(self, obj: object, stream: IO[bytes], _context: Context, path: str) -> object:
        """Write the number, if it is in range."""
        if not isinstance(obj, SupportsIndex):
            raise FieldError(f"takes an integer, got {type(obj).__name__}", path)
        number = operator.index(obj)
        if not 0 <= number <= self.maximum:
            raise FieldError(f"{shown_number(number)} is outside 0 to {self.maximum}", path)
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
        steady: Whether it mostly repeats from PDU to PDU of a session; a hint to the fast path.
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
        """Whether a string of *length* characters may be sent."""
        return length < self.max_octets and (not self.exact or length in {0, self.max_octets - 1})

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> str:
        """Read up to the NUL, whatever the octets are."""
        at = stream.tell()
        octets, nul, _ = stream.read().partition(b"\0")
        if not nul:
            left = "octet that is" if len(octets) == 1 else "octets that are"
            reason = f"no NUL within the {len(octets)} {left} left"
            raise FieldError(reason, path, at, partial=octets.decode("latin-1"))
        stream.seek(at + len(octets) + 1)
        return octets.decode("latin-1")

    def _build(self, obj: object, stream: IO[bytes], _context: Context, path: str) -> object:
        """Write ASCII and the NUL, if the length is allowed."""
        if not isinstance(obj, str):
            raise FieldError(f"takes text, got {type(obj).__name__}", path)
        if "\0" in obj:
            raise FieldError(f"NUL inside a C-octet string{self._masked(obj)}", path)
        if not obj.isascii():
            got = f"{len(obj)} characters"
            raise FieldError(f"takes ASCII only, got {got}{self._masked(obj)}", path)
        if not self.takes(len(obj)):
            limit = f"0 or {self.max_octets - 1}" if self.exact else f"{self.max_octets - 1}"
            got = f"{len(obj)}{self._masked(obj)}"
            raise FieldError(f"takes {limit} characters, got {got}", path)
        stream.write(obj.encode("ascii") + b"\0")
        return obj

    def _masked(self, value: str) -> str:
        """Return a refused string if the field masks it, else nothing: it may be a text."""
        shown = self.shown(value)
        return "" if shown == repr(value) else f" ({shown})"


class OctetString(Field[bytes]):
    """Octets after a one-octet length, as short_message after sm_length.

    Args:
        length_name: Name of the length field, as the specification has it.
        max_octets: The most octets that may be sent.
        shown: How the value appears in a repr or an error.
    """

    def __init__(self, length_name: str, max_octets: int, *, shown: Shown = repr) -> None:
        super().__init__()
        self.length_name = length_name
        self.max_octets = max_octets
        self.shown = shown

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> bytes:
        """Read the length and the octets."""
        return take(stream, take(stream, 1, path)[0], path)

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
    """Items after a one-octet count, as the destinations of submit_multi.

    Args:
        count_name: Name of the count, as the specification has it.
        item: Construct of one item.
        max_items: The most items that may be sent.
        min_items: The least items that may be sent.
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
        """Read the count and the items."""
        count = take(stream, 1, path)[0]
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
    """A sequence of fields that makes one value of a NamedTuple class.

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
        """Read the fields in order."""
        return self.cls(*(field.read(stream, f"{path}.{name}") for name, field in self.fields))

    def _build(self, obj: T, stream: IO[bytes], _context: Context, path: str) -> object:
        """Write the fields in order."""
        if not isinstance(obj, self.cls):
            raise FieldError(f"takes {self.cls.__name__}, got {type(obj).__name__}", path)
        for name, field in self.fields:
            field.write(getattr(obj, name), stream, f"{path}.{name}")
        return obj


class Tagged(Field[Any]):
    """A one-octet flag and the record it announces, as dest_flag does.

    Args:
        records: The record of each flag.
    """

    def __init__(self, records: dict[int, Record[Any]]) -> None:
        super().__init__()
        self.records = records
        self.classes = tuple(record.cls for record in records.values())

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> object:
        """Read the flag and the record it announces."""
        at = stream.tell()
        flag = take(stream, 1, path)[0]
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


class Span(NamedTuple):
    """Where a field lies in a frame: octets *start* to *end*, *end* excluded.

    With an *error* the value is what was read before it, None for nothing, and no span follows.
    """

    name: str
    start: int
    end: int
    value: object
    error: FieldError | None = None


class Body(construct.Struct):  # type: ignore[misc]  # construct has no types
    """The body of a PDU, all fields after its header: a construct.Struct that also has `spans`.

    Args:
        fields: The named fields.
        defaults: Values of fields that may be omitted.
        may_end_early: Whether the body may end before any field, as that of a response may. Then
            octets that can't be read are an early end as well.
    """

    def __init__(
        self, fields: dict[str, Field[Any]], defaults: dict[str, object], *, may_end_early: bool
    ) -> None:
        super().__init__(*(name / field for name, field in fields.items()))
        self.fields = fields
        self.defaults = defaults
        self.may_end_early = may_end_early

    def spans(self, stream: IO[bytes], path: str) -> Iterator[Span]:
        """Yield where each field lies, with its value; one that can't be read is the last."""
        for name, field in self.fields.items():
            start = stream.tell()
            if self.may_end_early:
                if not stream.read(1):
                    return
                stream.seek(start)
            try:
                value = field.read(stream, f"{path}.{name}")
            except FieldError as error:
                yield Span(name, start, error.offset, error.partial, error)
                return
            yield Span(name, start, stream.tell(), value)

    def read_lenient(self, octets: bytes) -> tuple[dict[str, Any], FieldError | None]:
        """Read all fields; those after an early end get their defaults.

        Returns:
            The values, and the error that ended the reading early: in a response anywhere, because
            its header tells what became of the request; elsewhere among the optional parameters.

        Raises:
            FieldError: Another field of a request can't be read.
        """
        found, error = dict(self.defaults), None
        for name, _, _, value, error in self.spans(BytesIO(octets), ""):
            if error is not None and not (self.may_end_early or name == "tlvs"):
                raise error
            if value is not None:
                found[name] = value
        return found, error

    def _parse(self, stream: IO[bytes], _context: Context, path: str) -> construct.Container:
        """Read all fields strictly; those after an early end get their defaults."""
        found = dict(self.defaults)
        for span in self.spans(stream, path):
            if span.error is not None:
                raise span.error
            found[span.name] = span.value
        return construct.Container(found)

    def _build(self, obj: Any, stream: IO[bytes], _context: Context, path: str) -> object:  # noqa: ANN401 - a mapping of any values
        """Write all fields, with the default of those not given."""
        for name, field in self.fields.items():
            value = obj[name] if name in obj else self.defaults[name]
            field.write(value, stream, f"{path}.{name}")
        return obj
