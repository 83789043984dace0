"""Headers of PDUs: whether octets look like SMPP.

Rule: this only chooses between readings of octets, or finds the first PDU in a stream that was
captured from the middle; what is wrong in a PDU is explained elsewhere.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from pdu.framing import MAX_LENGTH, MIN_LENGTH
from pdu.schema import PDUS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEADER = struct.Struct(">IIII")
_RESPONSE = 0x80000000
_CANDIDATE = re.compile(rb"(?=\0[\0\1]..[\0\x80]\0)", re.DOTALL)
"""What lengths up to 70 000 and all commands have in common: a capture may have gigabytes."""


def is_header(octets: bytes, at: int = 0) -> bool:
    """Tell whether the header of a PDU is at offset *at*: a length, a command, a status of it."""
    if len(octets) - at < MIN_LENGTH:
        return False
    length, command_id, status, _sequence_number = _HEADER.unpack_from(octets, at)
    if not MIN_LENGTH <= length <= MAX_LENGTH or command_id not in PDUS:
        return False
    return bool(command_id & _RESPONSE) or status == 0


def frames(octets: bytes, starts: Iterable[int] = ()) -> Iterator[tuple[int, int]]:
    """Yield the offset and the end of each PDU by `command_length`; the last may be cut off.

    After an impossible length the rest is one PDU: nothing shows where the next begins.

    Args:
        octets: From the beginning of a PDU.
        starts: Ascending offsets at which a PDU begins for certain: one that goes on there is cut
            off.
    """
    at, end = 0, len(octets)
    for known in (*starts, end):
        while at < known:
            length = int.from_bytes(octets[at : at + 4], "big")
            following = at + length if known - at >= MIN_LENGTH <= length else known
            yield at, min(following, known)
            at = min(following, known)


def is_framed(octets: bytes) -> bool:
    """Tell whether the lengths of PDUs, of any command, lead from the first octet to the last."""
    return all(int.from_bytes(octets[at : at + 4], "big") == end - at for at, end in frames(octets))


def fits(octets: bytes) -> bool:
    """Tell whether the octets are complete PDUs from the first to the last."""
    return bool(octets) and all(
        is_header(octets, at) and int.from_bytes(octets[at : at + 4], "big") == end - at
        for at, end in frames(octets)
    )


def find_header(octets: bytes) -> int | None:
    """Return the offset of the first PDU in octets that begin inside of one; None if there is none.

    What follows the PDU is a PDU too, or its first octets, or nothing.
    """
    for candidate in _CANDIDATE.finditer(octets):
        at = candidate.start()
        if is_header(octets, at):
            following = at + int.from_bytes(octets[at : at + 4], "big")
            if following > len(octets) - MIN_LENGTH or is_header(octets, following):
                return at
    return None


def _begins_with_pdu(octets: bytes) -> bool:
    """Tell whether the first PDU is complete."""
    return is_header(octets) and int.from_bytes(octets[:4], "big") <= len(octets)


def only_plausible(readings: Iterable[bytes]) -> bytes | None:
    """Return the one of several readings that is SMPP; None if that is true of none, or of two."""
    distinct = list(dict.fromkeys(readings))
    for test in (fits, _begins_with_pdu, is_header):
        plausible = [octets for octets in distinct if test(octets)]
        if plausible:
            return plausible[0] if len(plausible) == 1 else None
    return distinct[0] if len(distinct) == 1 else None
