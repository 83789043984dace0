"""Octets to PDUs and back: the written-out functions first, the declaration on any doubt.

Rule: the declaration is the authority. What the fast functions don't take is run through the
construct they were derived from; it either takes the PDU after all, or names the field, the place
and the reason. Nothing else is ever raised here than a PduError.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from operator import index
from typing import Any, SupportsIndex

import construct

import pdu.bind
import pdu.broadcast
import pdu.control
import pdu.deliver
import pdu.query
import pdu.submit
from pdu._exec import run
from pdu.codegen import STATUSES, FastPathMiss, decoder_source, give_tlvs, packer_source, take_tlvs
from pdu.enums import CommandStatus
from pdu.errors import DecodeError, EncodeError
from pdu.fields import Field, FieldError, Integer, shown_number
from pdu.layout import Constant, Step, walk
from pdu.masking import shown_type
from pdu.names import RESPONSE_BIT
from pdu.schema import HEADER_LENGTH, PDUS, Pdu, UnknownPdu

Decode = Callable[[bytes, int, int], Pdu]
Pack = Callable[..., bytes]
Part = tuple[Callable[[int, str, bytes], bytes], bytes]
"""A submit_sm that lacks its sequence_number: `pack(sequence_number, destination_addr,
short_message)` and the short_message."""
Encode = Callable[[Pdu, int], bytes]

_HEADER = struct.Struct(">IIII")
_unpack_header = _HEADER.unpack_from
_DOUBTS = (FastPathMiss, AttributeError, TypeError, ValueError, struct.error)

fallbacks = {"decode": 0, "encode": 0}
"""How often the declaration took what the fast functions had not. Well-formed PDUs never add."""


def decode(frame: bytes) -> Pdu:
    """Read one whole frame.

    Lenient: unknown numbers, tags and commands come through as values, over-long and 8-bit
    strings as they are; responses may end after any field.

    Args:
        frame: Octets from command_length to the end, as `FrameBuffer` gives them.

    Raises:
        DecodeError: The frame is broken inside; the stream it came from is still in step.
    """
    try:
        size, command_id, command_status, sequence_number = _unpack_header(frame)
        if size == len(frame):
            return _decoders[command_id](frame, command_status, sequence_number)
    except (FastPathMiss, struct.error):
        pass
    return _interpret(frame)


def encode(pdu: Pdu, *, sequence_number: int | None = None) -> bytes:
    """Write a PDU as octets, its `command_length` included.

    Args:
        pdu: Any declared PDU, or an `UnknownPdu`.
        sequence_number: Goes on the wire instead of the PDU's own.

    Raises:
        EncodeError: A value that its field doesn't take; nothing is cut or replaced.
    """
    number = pdu.sequence_number if sequence_number is None else sequence_number
    return _encoders[type(pdu)](pdu, number)


def packer(cls: type[Pdu]) -> Pack:
    """Return `pack(sequence_number, *, field=value, …) -> bytes` for a PDU class.

    The quickest way to octets when no PDU object is needed; checks and errors are those of
    `encode`.
    """
    return _packers[cls]


def make_template(cls: type[Pdu], *, vary: tuple[str, ...], **constant: object) -> Pack:
    """Return `fill(sequence_number, *values) -> bytes` for PDUs that differ in few fields.

    Everything that stays the same is encoded once, by the declaration; a call only checks
    and puts in what varies. The result equals `packer(cls)` with the same fields, errors too.

    Args:
        cls: The PDU class; it has no TLVs that vary.
        vary: Names of the C-octet strings and octet strings that each call gives, in the order
            of the call's arguments.
        constant: The other fields.

    Raises:
        EncodeError: A constant that its field doesn't take.
        TypeError: A name that isn't a field of that kind.
    """
    unknown = {*vary, *constant} - {*cls.fields}
    if unknown or "tlvs" in vary:
        raise TypeError(
            f"{cls.__name__} has no field {', '.join(sorted(unknown)) or 'tlvs to vary'}"
        )
    constant = cls.defaults | constant
    steps = list(_constants(cls, vary, constant))
    says_nothing = all(constant[name] == cls.defaults.get(name) for name in constant)
    source, scope = packer_source(
        cls.command_id,
        steps,
        {},
        order=vary,
        body_optional=cls.body_optional and says_nothing,
    )
    scope |= _scope(lambda number, values: _declared(cls, number, constant | values))
    fill: Pack = run(source, f"<{cls.__name__} template>", scope)["pack"]
    return fill


def _constants(
    cls: type[Pdu], vary: tuple[str, ...], constant: dict[str, object]
) -> Iterator[Step]:
    """Yield the steps of a template: what varies as it is, all between as encoded octets."""
    octets = b""
    for step in walk(cls.construct):
        if step.name not in vary:
            octets += _constant(cls, step.name, constant)
            continue
        if octets:
            yield Constant("", octets)
        yield step
        octets = b""
    if octets:
        yield Constant("", octets)


def _constant(cls: type[Pdu], name: str, constant: dict[str, object]) -> bytes:
    """Encode one field that stays the same, by its own construct."""
    if name not in constant:
        raise TypeError(f"{cls.__name__}.{name} must be given, as a constant or in vary")
    stream = BytesIO()
    try:
        cls.fields[name].write(constant[name], stream, f".{name}")
    except FieldError as error:
        raise _refused(cls, constant, error) from None
    return stream.getvalue()


def _interpret(frame: bytes) -> Pdu:
    """Read a frame by its declaration; say what is wrong where that fails."""
    if len(frame) < HEADER_LENGTH:
        reason = f"expected {HEADER_LENGTH} octets, found {len(frame)}"
        raise DecodeError("Pdu", "header", 0, reason)
    size, command_id, command_status, sequence_number = _unpack_header(frame)
    cls = PDUS.get(command_id)
    name = cls.__name__ if cls else "UnknownPdu"
    if size != len(frame):
        reason = f"says {size}, the frame has {len(frame)} octets"
        raise DecodeError(name, "command_length", 0, reason, command_id, sequence_number)
    status = STATUSES[command_status]
    if cls is None:
        return UnknownPdu(command_id, frame[HEADER_LENGTH:], status, sequence_number)
    try:
        values = cls.construct.parse(frame[HEADER_LENGTH:])
    except FieldError as error:
        field = _path(error)
        at = HEADER_LENGTH + error.offset
        raise DecodeError(name, field, at, error.reason, command_id, sequence_number) from None
    fallbacks["decode"] += 1
    return cls(command_status=status, sequence_number=sequence_number, **values)


def _path(error: FieldError) -> str:
    """Return the field's path without construct's own prefix."""
    return str(error.path).partition(".")[2]


def _declared(cls: type[Pdu], sequence_number: int, values: dict[str, Any]) -> bytes:
    """Build by the declaration what the fast way refused; say what is wrong with it."""
    head = {
        "command_status": values.pop("command_status"),
        "sequence_number": sequence_number,
    }
    _check_header(cls.__name__, head)
    try:
        body = cls.construct.build(values)
    except FieldError as error:
        raise _refused(cls, values, error) from None
    fallbacks["encode"] += 1
    return _whole(cls.command_id, head["command_status"], sequence_number, body)


def _refused(cls: type[Pdu], values: dict[str, Any], error: FieldError) -> EncodeError:
    """Turn what a field said into the error users see."""
    path = _path(error)
    name = path.partition("[")[0]
    field, value = cls.fields[name], values[name]
    as_it_is = isinstance(field, Integer) and isinstance(value, int)
    return EncodeError(cls.__name__, path, value if as_it_is else field.shown(value), error.reason)


def _check_header(name: str, fields: dict[str, Any]) -> None:
    """Refuse a header that four octets each do not hold."""
    for field, value in fields.items():
        if not isinstance(value, SupportsIndex) or not 0 <= index(value) <= 0xFFFF_FFFF:
            reason = f"takes 0 to 4294967295, got {shown_number(value)}"
            raise EncodeError(name, field, value, reason) from None


def _encode_unknown(pdu: Any, sequence_number: int) -> bytes:  # noqa: ANN401 - an UnknownPdu
    """Write a PDU that nobody declared."""
    head = {"command_id": pdu.command_id, "command_status": pdu.command_status}
    _check_header("UnknownPdu", head | {"sequence_number": sequence_number})
    if not isinstance(pdu.body, bytes | bytearray):
        raise EncodeError("UnknownPdu", "body", shown_type(pdu.body), "takes octets") from None
    return _whole(pdu.command_id, pdu.command_status, sequence_number, bytes(pdu.body))


def _whole(command_id: int, command_status: int, sequence_number: int, body: bytes) -> bytes:
    """Put a header before a body."""
    size = HEADER_LENGTH + len(body)
    return _HEADER.pack(size, command_id, command_status, sequence_number) + body


def _take_nested(field: Field[Any], frame: bytes, at: int) -> tuple[Any, int]:
    """Read a list of records by its own construct; return it and the octet behind it."""
    stream = BytesIO(frame)
    stream.seek(at)
    try:
        value = field.read(stream, "")
    except FieldError:
        raise FastPathMiss from None
    return value, stream.tell()


def _give_nested(field: Field[Any], value: object) -> bytes:
    """Write a list of records by its own construct."""
    stream = BytesIO()
    try:
        field.write(value, stream, "")
    except construct.ConstructError:
        raise FastPathMiss from None
    return stream.getvalue()


class _Decoders(dict[int, Decode]):
    """Written-out readers by command_id, each made when its command is first met."""

    def __missing__(self, command_id: int) -> Decode:
        cls = PDUS.get(command_id)
        if cls is None:
            raise FastPathMiss
        source, scope = decoder_source(walk(cls.construct), may_end_early=cls.is_response)
        scope |= {
            "FastPathMiss": FastPathMiss,
            "cls": cls,
            "new": object.__new__,
            "ok": CommandStatus.ESME_ROK,
            "statuses": STATUSES,
            "take_tlvs": take_tlvs,
            "take_nested": _take_nested,
            "early": lambda status, number: cls(
                command_status=STATUSES[status], sequence_number=number
            ),
        }
        made: Decode = run(source, f"<{cls.__name__}.decode>", scope)["decode"]
        self[command_id] = made
        return made


def _write_out(cls: type[Pdu]) -> tuple[Pack, Encode]:
    """Write out both functions that encode a PDU class."""
    source, scope = packer_source(
        cls.command_id, walk(cls.construct), cls.defaults, body_optional=cls.body_optional
    )
    scope |= _scope(partial(_declared, cls))
    made = run(source, f"<{cls.__name__}.encode>", scope)
    made["pack"].__doc__ = f"Write a {cls.__name__} without making one, see `pdu.packer`."
    return made["pack"], made["encode"]


def _scope(declared: Callable[[int, dict[str, Any]], bytes]) -> dict[str, Any]:
    """Return what the written-out functions refer to."""
    return {
        "FastPathMiss": FastPathMiss,
        "doubts": _DOUBTS,
        "declared": declared,
        "give_tlvs": give_tlvs,
        "give_nested": _give_nested,
    }


class _Encoders(dict[type[Pdu], Encode]):
    """Written-out writers by class, each made when its class is first met."""

    def __missing__(self, cls: type[Pdu]) -> Encode:
        if cls is UnknownPdu:
            self[cls] = _encode_unknown
        else:
            _packers[cls], self[cls] = _write_out(cls)
        return self[cls]


class _Packers(dict[type[Pdu], Pack]):
    """The same writers without a PDU object."""

    def __missing__(self, cls: type[Pdu]) -> Pack:
        self[cls], _encoders[cls] = _write_out(cls)
        return self[cls]


_decoders = _Decoders()
_encoders = _Encoders()
_packers = _Packers()

RESPONSES: dict[type[Pdu], type[Pdu]] = {
    cls: PDUS[command_id | RESPONSE_BIT]
    for command_id, cls in PDUS.items()
    if not cls.is_response and command_id | RESPONSE_BIT in PDUS
}
"""The class that answers each request class. outbind and alert_notification have none."""

pack_submit_sm: Pack = packer(pdu.submit.SubmitSm)
"""`pack_submit_sm(sequence_number, destination_addr=…, …) -> bytes`, see `packer`."""
