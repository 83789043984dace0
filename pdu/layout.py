"""The declaration of a PDU as a flat list of steps, from which code is generated.

Rule: a construct that no step stands for raises `UnsupportedFieldError` when its PDU is first used;
no field is skipped silently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pdu.fields import Body, COctetString, Counted, Field, Integer, OctetString
from pdu.tlvs import TlvList

if TYPE_CHECKING:
    from collections.abc import Callable


class UnsupportedFieldError(TypeError):
    """A declared field that no step stands for; names the field and its construct."""


class Number(NamedTuple):
    """An unsigned integer of 1, 2 or 4 octets; `values` turns it into what users see."""

    name: str
    octets: int
    values: Callable[[int], int]


class Text(NamedTuple):
    """Characters and a NUL; `takes` tells whether a length may be sent."""

    name: str
    takes: Callable[[int], bool]
    steady: bool


class Octets(NamedTuple):
    """Octets after a length octet."""

    name: str
    max_octets: int


class Nested(NamedTuple):
    """A list of records: rare, so its own construct reads and writes it."""

    name: str
    field: Field[Any]


class Tlvs(NamedTuple):
    """The optional parameters, up to the end."""

    name: str


class Constant(NamedTuple):
    """Octets that are the same in every PDU of a template; their name is empty."""

    name: str
    octets: bytes


Step = Number | Text | Octets | Nested | Tlvs | Constant


def steps_of(body: Body) -> list[Step]:
    """Return the steps of a PDU's body, in wire order.

    Raises:
        UnsupportedFieldError: A field of a kind that no step stands for.
    """
    return [_step(renamed.name, renamed.subcon) for renamed in body.subcons]


def _step(name: str, field: Field[Any]) -> Step:
    """Return the step of one field."""
    match field:
        case Integer() if field.octets in {1, 2, 4}:
            return Number(name, field.octets, field.values)
        case COctetString():
            return Text(name, field.takes, field.steady)
        case OctetString():
            return Octets(name, field.max_octets)
        case Counted():
            return Nested(name, field)
        case TlvList():
            return Tlvs(name)
        case _:
            raise UnsupportedFieldError(f"{name}: no step stands for a {type(field).__name__}")
