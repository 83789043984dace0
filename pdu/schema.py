"""How PDU classes are declared: one line a field, from which a construct is made.

    class CancelSm(Pdu, command_id=CommandId.CANCEL_SM):
        service_type: str = wire(c_octet_string(6), default="")

Rule: a class declares each field once, with its limits; constructor, construct, fast path and dump
are derived from that line. Instances are values: frozen for type checkers, plain slots at run time
(hot path).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform, overload

from pdu._exec import run
from pdu._tracebacks import hides_locals
from pdu.enums import CommandId, CommandStatus
from pdu.errors import PduError
from pdu.escaping import escape
from pdu.fields import Body, COctetString, Counted, Field, Integer, OctetString
from pdu.half_made import shows_half_made
from pdu.masking import shown_number, shown_size
from pdu.names import RESPONSE_BIT, status_label
from pdu.tlvs import Tlv, TlvList, read_tlv

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdu.errors import DecodeError

T = TypeVar("T")

HEADER_LENGTH = 16

_REQUIRED: Any = object()
_HEADER = ("command_status", "sequence_number")


class Wire:
    """A field in the body of a PDU class, before the class is created."""

    def __init__(self, field: Field[Any], default: object) -> None:
        self.field = field
        self.default = default


@overload
def wire(field: Field[T]) -> T: ...
@overload
def wire(field: Field[T], *, default: T) -> T: ...
def wire(field: Field[Any], *, default: Any = _REQUIRED) -> Any:
    """Declare one field of a PDU: its construct, and its value when none is given."""
    return Wire(field, default)


class PduType(type):
    """Creates a PDU class: slots from its fields, and a constructor with keyword arguments.

    A class without a `command_id` is only a base of others. One declared with `registered=False`
    can be encoded, but frames of its command_id decode to the registered class. A response that
    is a refusal with empty fields is sent without a body, unless `body_optional=False`.
    """

    wires: dict[str, Wire]

    def __new__(
        cls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        command_id: int | None = None,
        *,
        registered: bool = True,
        body_optional: bool | None = None,
    ) -> PduType:
        """Create a slots class from the `wire` fields of the class body."""
        wires = {key: value for key, value in namespace.items() if isinstance(value, Wire)}
        plain = {key: value for key, value in namespace.items() if key not in wires}
        inherited = getattr(bases[0], "wires", {}) if bases else {}
        plain.setdefault("__slots__", tuple(key for key in wires if key not in inherited))
        self = super().__new__(cls, name, bases, plain)
        self.wires = inherited | wires
        if command_id is not None:
            _declare(self, command_id, body_optional=body_optional)
            if registered:
                PDUS[command_id] = self  # type: ignore[assignment]  # a Pdu
        return self

    def __init__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: object
    ) -> None:
        """Drop the keywords of the class statement, which `type` doesn't take."""
        super().__init__(name, bases, namespace)


def _declare(cls: Any, command_id: int, *, body_optional: bool | None) -> None:  # noqa: ANN401 - a class being made
    """Set the fields, the construct and the constructor of a class."""
    behind_header = [name for name in cls.wires if name not in _HEADER]
    order = sorted(behind_header, key=lambda name: name == "tlvs")
    cls.command_id = CommandId.of(command_id)
    cls.is_response = bool(command_id & RESPONSE_BIT)
    cls.body_optional = cls.is_response if body_optional is None else body_optional
    cls.fields = {name: cls.wires[name].field for name in order}
    cls.defaults = {
        name: cls.wires[name].default for name in order if cls.wires[name].default is not _REQUIRED
    }
    cls.construct = Body(cls.fields, cls.defaults, may_end_early=cls.is_response)
    cls.__init__ = _constructor(cls)


def _constructor(cls: type[Pdu]) -> Callable[..., None]:
    """Generate `__init__`, as dataclasses do."""
    given = {
        name: wire.default for name, wire in cls.wires.items() if wire.default is not _REQUIRED
    }
    required = [name for name in cls.wires if name not in given]
    signature = [*required, *(f"{name}=_{name}" for name in given)]
    lines = [f"def __init__(self, *, {', '.join(signature)}):"]
    lines += [f"    self.{name} = {name}" for name in cls.wires]
    defaults = {f"_{name}": value for name, value in given.items()}
    made: Callable[..., None] = run("\n".join(lines), f"<{cls.__name__}.__init__>", defaults)[
        "__init__"
    ]
    made.__qualname__ = f"{cls.__name__}.__init__"
    return made


_ROK = CommandStatus.ESME_ROK

PDUS: dict[int, type[Pdu]] = {}
"""Every declared PDU by its command_id, vendors' PDUs included."""


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(wire,))
class _Declared(metaclass=PduType):
    """Declares for type checkers that the constructor takes the `wire` fields."""

    __slots__ = ()


@shows_half_made
class Pdu(_Declared):
    """One SMPP protocol data unit.

    Args:
        command_status: Result code of a response; 0 (ESME_ROK) in requests.
        sequence_number: 0 to 0xFFFFFFFF; a session numbers its requests itself.
        tlvs: Optional parameters, in the order they have on the wire.
    """

    command_id: ClassVar[int]
    is_response: ClassVar[bool]
    body_optional: ClassVar[bool]
    fields: ClassVar[dict[str, Field[Any]]]
    defaults: ClassVar[dict[str, object]]
    construct: ClassVar[Body]

    # Set only where octets can't be read, so that PDUs without a fault pay nothing for it.
    __slots__ = ("_fault", "command_status", "sequence_number", "tlvs")

    command_status: int = wire(Integer(4, CommandStatus.of), default=_ROK)
    sequence_number: int = wire(Integer(4), default=0)
    tlvs: tuple[Tlv, ...] = wire(TlvList(), default=())

    @property
    def fault(self) -> DecodeError | None:
        """What is wrong with the octets after the fields that could be read; None for nothing."""
        fault: DecodeError | None = getattr(self, "_fault", None)
        return fault

    def note_fault(self, fault: DecodeError) -> None:
        """Keep what is wrong with the octets that this PDU was read from."""
        self._fault = fault

    def tlv(self, tag: int) -> Any:  # noqa: ANN401 - the type depends on the tag
        """Return the typed value of the first TLV with *tag*, or None if there is none.

        Text is returned without its NUL, a number as an int. A value that doesn't fit its tag, or
        whose tag is unknown, is returned as octets.
        """
        for tlv in self.tlvs:
            if tlv.tag == tag:
                return read_tlv(tag, tlv.value)
        return None

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((self.command_id, self._values()))

    def _values(self) -> tuple[object, ...]:
        """Return the values that two equal PDUs of a class share."""
        return tuple(getattr(self, name) for name in type(self).wires)

    def __repr__(self) -> str:
        shown = [f"sequence_number={shown_number(self.sequence_number)}"]
        if self.command_status:
            shown.append(f"command_status={status_label(self.command_status)}")
        for name, field in self.fields.items():
            value = getattr(self, name)
            if name not in self.defaults or value != self.defaults[name]:
                shown.append(f"{name}={field.shown(value)}")
        return escape(f"{type(self).__name__}({', '.join(shown)})")


@shows_half_made
class UnknownPdu(Pdu):
    """A PDU without a declaration: its header, and its body as octets.

    Args:
        command_id: As received.
        body: Everything after the header.
        command_status: As received.
        sequence_number: As received.
    """

    __slots__ = ("body", "command_id", "is_response")

    fields: ClassVar[dict[str, Field[Any]]] = {}

    command_id: int  # type: ignore[misc]  # of the instance here, of the class elsewhere
    is_response: bool  # type: ignore[misc]  # the same
    body: bytes

    @hides_locals(PduError, command_id=int)
    def __init__(
        self,
        command_id: int,
        body: bytes = b"",
        command_status: int = _ROK,
        sequence_number: int = 0,
    ) -> None:
        self.command_id = command_id  # type: ignore[misc]  # values are frozen for readers only
        self.is_response = bool(command_id & RESPONSE_BIT)  # type: ignore[misc]
        self.body = body  # type: ignore[misc]
        self.command_status = command_status  # type: ignore[misc]
        self.sequence_number = sequence_number  # type: ignore[misc]
        self.tlvs = ()  # type: ignore[misc]

    def _values(self) -> tuple[object, ...]:
        """Return the values that two equal ones share."""
        return self.command_id, self.body, self.command_status, self.sequence_number

    def __repr__(self) -> str:
        return (
            f"UnknownPdu(command_id=0x{self.command_id:08X}, "
            f"sequence_number={shown_number(self.sequence_number)}, body={shown_size(self.body)})"
        )


def c_octet_string(
    max_octets: int, *, steady: bool = False, shown: Callable[[Any], str] = repr
) -> Field[str]:
    """A C-octet string of at most *max_octets*, its NUL included.

    *steady* hints that it mostly repeats from PDU to PDU, as a service_type does.
    """
    return COctetString(max_octets, steady=steady, shown=shown)


def octet(values: Callable[[int], int] = int) -> Field[int]:
    """A one-octet integer; *values* converts the number, to a member of an enumeration for one."""
    return Integer(1, values)


def integer(octets: int, values: Callable[[int], int] = int) -> Field[int]:
    """An unsigned integer of 2 or 4 octets."""
    return Integer(octets, values)


def octet_string(length_name: str, max_octets: int) -> Field[bytes]:
    """Octets after a one-octet length called *length_name*; never shown."""
    return OctetString(length_name, max_octets, shown=shown_size)


def counted(
    count_name: str, item: Field[T], max_items: int, *, min_items: int = 0
) -> Field[tuple[T, ...]]:
    """*min_items* to *max_items* items after a one-octet count called *count_name*."""
    return Counted(count_name, item, max_items, min_items=min_items)


def time_string() -> Field[str]:
    """An SMPP time: empty, or 16 characters (v3.4 §7.1.1)."""
    return COctetString(17, exact=True, steady=True)
