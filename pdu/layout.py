"""A declaration read into a flat list of steps, which is all that the writer of code needs.

Rule: a construct this file doesn't know raises `Unsupported` when its PDU is first used. There is
no silent way round: either a field is walked, or it says that it isn't.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pdu.fields import Body, COctetString, Counted, Field, Integer, OctetString
from pdu.tlvs import TlvList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Unsupported(TypeError):  # noqa: N818 - said of a declaration, not of a run
    """A declared field that no step stands for; names the field and its construct."""


class Number(NamedTuple):
    """An unsigned integer of 1, 2 or 4 octets, and what its number becomes."""

    name: str
    octets: int
    values: Callable[[int], int]


class Text(NamedTuple):
    """Characters and a NUL; `takes` tells which lengths may go out."""

    name: str
    takes: Callable[[int], bool]
    steady: bool


class Octets(NamedTuple):
    """Octets behind a length octet."""

    name: str
    max_octets: int


class Nested(NamedTuple):
    """A list of records: rare, so it is left to its own construct."""

    name: str
    field: Field[Any]


class Tlvs(NamedTuple):
    """The optional parameters, up to the end."""

    name: str


class Constant(NamedTuple):
    """Octets that are the same in every PDU of a template; they have no name."""

    name: str
    octets: bytes


Step = Number | Text | Octets | Nested | Tlvs | Constant


def walk(body: Body) -> list[Step]:
    """Return the steps of a PDU's body, in wire order.

    Raises:
        Unsupported: A field of a kind that no step stands for.
    """
    return list(_steps(body))


def _steps(body: Body) -> Iterator[Step]:
    """Yield the step of each field."""
    for renamed in body.subcons:
        name, field = renamed.name, renamed.subcon
        match field:
            case Integer() if field.octets in {1, 2, 4}:
                yield Number(name, field.octets, field.values)
            case COctetString():
                yield Text(name, field.takes, field.steady)
            case OctetString():
                yield Octets(name, field.max_octets)
            case Counted():
                yield Nested(name, field)
            case TlvList():
                yield Tlvs(name)
            case _:
                raise Unsupported(f"{name}: no step stands for a {type(field).__name__}")
