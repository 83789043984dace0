"""Octets to PDUs and back: generated functions first, the declaration when they miss.

Rule: the declaration is the authority. What the generated functions don't take is parsed or built
by the construct they were generated from, which names field, offset and reason if it fails. Only a
`PduError` is ever raised here. `pdu.codegen` explains the fast path.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
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
from pdu._tracebacks import hide_frames, hides_locals
from pdu.codegen import (
    STATUSES,
    FastPathMiss,
    decode_tlvs,
    decoder_source,
    encode_tlvs,
    packer_source,
)
from pdu.enums import CommandStatus
from pdu.errors import DecodeError, EncodeError, PduError
from pdu.fields import Body, COctetString, Field, FieldError, Integer
from pdu.layout import Constant, Step, steps_of
from pdu.masking import shown_number, shown_type
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
_MISSES = (FastPathMiss, AttributeError, TypeError, ValueError, struct.error)


def decode(frame: bytes) -> Pdu:
    """Decode one frame.

    Lenient: unknown numbers, tags and commands are values, over-long and 8-bit strings are kept as
    they are; responses may end after any field. Of a response with octets that can't be read, and
    of any PDU with such optional parameters, what stands before them is kept, and `Pdu.fault` says
    what is wrong.

    Args:
        frame: Octets from command_length to the end, as `FrameBuffer` returns them.

    Raises:
        DecodeError: The frame can't be read; the stream it came from is still in step.
    """
    try:
        size, command_id, command_status, sequence_number = _unpack_header(frame)
        if size == len(frame):
            return _decoders[command_id](frame, command_status, sequence_number)
    except (FastPathMiss, struct.error, TypeError):
        pass
    except BaseException as error:
        hide_frames(error, DecodeError)
        raise
    try:
        return _interpret(frame)
    except BaseException as error:
        hide_frames(error, DecodeError)
        raise


def encode(pdu: Pdu, *, sequence_number: int | None = None) -> bytes:
    """Encode a PDU, its `command_length` included.

    Args:
        pdu: Any declared PDU, or an `UnknownPdu`.
        sequence_number: Sent instead of the PDU's own.

    Raises:
        EncodeError: A field doesn't take its value; nothing is cut or replaced.
    """
    try:
        encode_pdu = _encoders[type(pdu)]
        number = pdu.sequence_number if sequence_number is None else sequence_number
        return encode_pdu(pdu, number)
    except BaseException as error:
        hide_frames(error, EncodeError)
        raise


@hides_locals(PduError, cls=type)
def packer(cls: type[Pdu]) -> Pack:
    """Return `pack(sequence_number, *, field=value, …) -> bytes` for a PDU class.

    The fastest way to encode when no PDU object is needed; checks and errors are those of
    `encode`.
    """
    return _packers[cls]


@hides_locals(PduError, cls=type, vary=tuple)
def make_template(
    cls: type[Pdu],
    *,
    vary: tuple[str, ...],
    longest: Mapping[str, int] | None = None,
    **constant: object,
) -> Pack:
    """Return `fill(sequence_number, *values) -> bytes` for PDUs that differ in few fields.

    The constant fields are encoded once, by the declaration; a call checks and encodes only the
    others. Results and errors equal those of `packer(cls)` with the same fields.

    Args:
        cls: The PDU class; its TLVs can't vary.
        vary: Names of the C-octet strings and octet strings that are the arguments of a call, in
            this order.
        longest: Characters that a C-octet string takes instead of its own limit, by its name, for
            a peer that takes more than the specification has.
        constant: The other fields.

    Raises:
        EncodeError: A field doesn't take its constant.
        TypeError: A name that isn't a field of that kind.
    """
    unknown = {*vary, *constant} - {*cls.fields}
    if unknown or "tlvs" in vary:
        # A value in the wrong place may be a text or a number.
        names = sorted(name if name.isidentifier() else "<no name>" for name in map(str, unknown))
        raise TypeError(f"{cls.__name__} has no field {', '.join(names) or 'tlvs to vary'}")
    constant = cls.defaults | constant
    body = _longer_body(cls, longest) if longest else cls.construct
    steps = list(_template_steps(cls, body, vary, constant))
    is_empty = all(constant[name] == cls.defaults.get(name) for name in constant)
    source, scope = packer_source(
        cls.command_id,
        steps,
        {},
        order=vary,
        body_optional=cls.body_optional and is_empty,
    )
    scope |= _scope(lambda number, values: _build_declared(cls, number, constant | values, body))
    fill: Pack = run(source, f"<{cls.__name__} template>", scope)["pack"]
    return fill


def _longer_body(cls: type[Pdu], longest: Mapping[str, int]) -> Body:
    """Return the body of a PDU class with C-octet strings of more characters."""
    fields = dict(cls.fields)
    for name, characters in longest.items():
        field = fields.get(name)
        if not isinstance(field, COctetString):
            raise TypeError(f"{cls.__name__} has no C-octet string {name}")
        fields[name] = COctetString(characters + 1, steady=field.steady, shown=field.shown)
    return Body(fields, cls.defaults, may_end_early=cls.is_response)


def _template_steps(
    cls: type[Pdu], body: Body, vary: tuple[str, ...], constant: dict[str, object]
) -> Iterator[Step]:
    """Yield the steps of a template: fields that vary, and the encoded octets between them."""
    octets = b""
    for step in steps_of(body):
        if step.name not in vary:
            octets += _constant(cls, body, step.name, constant)
            continue
        if octets:
            yield Constant("", octets)
        yield step
        octets = b""
    if octets:
        yield Constant("", octets)


def _constant(cls: type[Pdu], body: Body, name: str, constant: dict[str, object]) -> bytes:
    """Encode a constant field by its own construct."""
    if name not in constant:
        raise TypeError(f"{cls.__name__}.{name} must be given, as a constant or in vary")
    stream = BytesIO()
    try:
        body.fields[name].write(constant[name], stream, f".{name}")
    except FieldError as error:
        raise _encode_error(cls, constant, error) from None
    return stream.getvalue()


def _interpret(frame: bytes) -> Pdu:
    """Decode a frame by its declaration; raise what is wrong with it."""
    if not isinstance(frame, bytes | bytearray):
        raise DecodeError("Pdu", "frame", 0, f"takes octets, got {type(frame).__name__}")
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
    head = command_id, sequence_number
    try:
        values, error = cls.construct.read_lenient(frame[HEADER_LENGTH:])
    except FieldError as failed:
        raise _decode_error(name, failed, *head) from None
    read = cls(command_status=status, sequence_number=sequence_number, **values)
    if error is not None:
        read.note_fault(_decode_error(name, error, *head))
    return read


def _decode_error(
    name: str, error: FieldError, command_id: int, sequence_number: int
) -> DecodeError:
    """Make the error that users see of a field's own."""
    at = HEADER_LENGTH + error.offset
    return DecodeError(name, _path(error), at, error.reason, command_id, sequence_number)


def _path(error: FieldError) -> str:
    """Return the field's path without construct's own prefix."""
    return str(error.path).partition(".")[2]


def _build_declared(
    cls: type[Pdu], sequence_number: int, values: dict[str, Any], longer: Body | None = None
) -> bytes:
    """Encode a PDU by its declaration; raise what is wrong with it."""
    head = {
        "command_status": values.pop("command_status"),
        "sequence_number": sequence_number,
    }
    _check_header(cls.__name__, head)
    try:
        body = (longer or cls.construct).build(values)
    except FieldError as error:
        raise _encode_error(cls, values, error) from None
    return _frame(cls.command_id, head["command_status"], sequence_number, body)


def _encode_error(cls: type[Pdu], values: dict[str, Any], error: FieldError) -> EncodeError:
    """Make the error that users see of a field's own."""
    path = _path(error)
    name = path.partition("[")[0]
    field, value = cls.fields[name], values[name]
    is_number = isinstance(field, Integer) and isinstance(value, int)
    return EncodeError(cls.__name__, path, value if is_number else field.shown(value), error.reason)


def _check_header(name: str, fields: dict[str, Any]) -> None:
    """Refuse a header field that four octets can't hold."""
    for field, value in fields.items():
        if not isinstance(value, SupportsIndex) or not 0 <= index(value) <= 0xFFFF_FFFF:
            reason = f"takes 0 to 4294967295, got {shown_number(value)}"
            raise EncodeError(name, field, value, reason) from None


def _encode_unknown(pdu: Any, sequence_number: int) -> bytes:  # noqa: ANN401 - an UnknownPdu
    """Encode a PDU that has no declaration."""
    head = {"command_id": pdu.command_id, "command_status": pdu.command_status}
    _check_header("UnknownPdu", head | {"sequence_number": sequence_number})
    if not isinstance(pdu.body, bytes | bytearray):
        raise EncodeError("UnknownPdu", "body", shown_type(pdu.body), "takes octets") from None
    return _frame(pdu.command_id, pdu.command_status, sequence_number, bytes(pdu.body))


def _frame(command_id: int, command_status: int, sequence_number: int, body: bytes) -> bytes:
    """Return the frame of a body."""
    size = HEADER_LENGTH + len(body)
    return _HEADER.pack(size, command_id, command_status, sequence_number) + body


def _decode_nested(field: Field[Any], frame: bytes, at: int) -> tuple[Any, int]:
    """Decode a list of records by its own construct; return it and where it ends."""
    stream = BytesIO(frame)
    stream.seek(at)
    try:
        value = field.read(stream, "")
    except FieldError:
        raise FastPathMiss from None
    return value, stream.tell()


def _encode_nested(field: Field[Any], value: object) -> bytes:
    """Encode a list of records by its own construct."""
    stream = BytesIO()
    try:
        field.write(value, stream, "")
    except construct.ConstructError:
        raise FastPathMiss from None
    return stream.getvalue()


class _Decoders(dict[int, Decode]):
    """Generated decoders by command_id, each made at the first use of its command."""

    def __missing__(self, command_id: int) -> Decode:
        cls = PDUS.get(command_id)
        if cls is None:
            raise FastPathMiss
        source, scope = decoder_source(steps_of(cls.construct), may_end_early=cls.is_response)
        scope |= {
            "FastPathMiss": FastPathMiss,
            "cls": cls,
            "new": object.__new__,
            "ok": CommandStatus.ESME_ROK,
            "statuses": STATUSES,
            "decode_tlvs": decode_tlvs,
            "decode_nested": _decode_nested,
            "early": lambda status, number: cls(
                command_status=STATUSES[status], sequence_number=number
            ),
        }
        made: Decode = run(source, f"<{cls.__name__}.decode>", scope)["decode"]
        self[command_id] = made
        return made


def _compile_encoders(cls: type[Pdu]) -> tuple[Pack, Encode]:
    """Generate both functions that encode a PDU class."""
    source, scope = packer_source(
        cls.command_id, steps_of(cls.construct), cls.defaults, body_optional=cls.body_optional
    )
    scope |= _scope(partial(_build_declared, cls))
    made = run(source, f"<{cls.__name__}.encode>", scope)
    made["pack"].__doc__ = f"Encode a {cls.__name__} without making one, see `pdu.packer`."
    return made["pack"], made["encode"]


def _scope(declared: Callable[[int, dict[str, Any]], bytes]) -> dict[str, Any]:
    """Return the globals of generated encoders."""
    return {
        "FastPathMiss": FastPathMiss,
        "misses": _MISSES,
        "declared": declared,
        "refusal": EncodeError,
        "hide_frames": hide_frames,
        "encode_tlvs": encode_tlvs,
        "encode_nested": _encode_nested,
    }


def _check_class(cls: object) -> None:
    """Refuse what is no class of a PDU."""
    if not (isinstance(cls, type) and issubclass(cls, Pdu)):
        name = getattr(cls, "__name__", type(cls).__name__)
        raise EncodeError("Pdu", "type", name, f"takes an object of a PDU class, got {name}")


class _Encoders(dict[type[Pdu], Encode]):
    """Generated encoders by class, each made at the first use of its class."""

    def __missing__(self, cls: type[Any]) -> Encode:
        _check_class(cls)
        if cls is UnknownPdu:
            self[cls] = _encode_unknown
        else:
            _packers[cls], self[cls] = _compile_encoders(cls)
        return self[cls]


class _Packers(dict[type[Pdu], Pack]):
    """Generated packers by class, made together with the encoders."""

    def __missing__(self, cls: type[Pdu]) -> Pack:
        _check_class(cls)
        self[cls], _encoders[cls] = _compile_encoders(cls)
        return self[cls]


_decoders = _Decoders()
_encoders = _Encoders()
_packers = _Packers()

RESPONSES: dict[type[Pdu], type[Pdu]] = {
    cls: PDUS[command_id | RESPONSE_BIT]
    for command_id, cls in PDUS.items()
    if not cls.is_response and command_id | RESPONSE_BIT in PDUS
}
"""The response class of each request class; outbind and alert_notification have none."""

pack_submit_sm: Pack = packer(pdu.submit.SubmitSm)
"""`pack_submit_sm(sequence_number, destination_addr=…, …) -> bytes`, see `packer`."""
