"""Packed GSM text: eight septets in seven octets, as on air.

Rule: packing is a layer below the alphabet; everywhere else a septet takes an octet. Unpacking
never raises.

Octets don't tell how many septets they hold: seven octets are eight septets, or seven and seven
spare bits. A short message counts septets (TP-UDL), SMPP counts octets, so the spare bits decide.
Packing fills seven spare bits with a carriage return, which shows nothing (3GPP TS 23.038
§6.1.2.3.1); unpacking skips that, and the zeros of senders that pack as for a short message
(§6.1.2.1.1).
"""

from __future__ import annotations

from typing import Final

from pdu.errors import EncodeError

PADDING: Final = b"\r\0"
"""Septets that are no text if they end with the last octet: what fills seven spare bits."""

_PAD: Final = b"\r"


def fill_bits(header_octets: int) -> int:
    """Return the bits between a user data header and the first septet, 0 to 6.

    Text begins at a multiple of seven bits (3GPP TS 23.040 §9.2.3.24): after 6 octets at bit 49.
    """
    return -8 * header_octets % 7


def pack(septets: bytes, *, header_octets: int = 0) -> bytes:
    """Pack septets: the octets that follow a header of *header_octets*.

    Args:
        septets: One an octet, as `gsm_encode` makes them.
        header_octets: Octets of the user data header in front, its length octet included.

    Raises:
        EncodeError: An octet is above 0x7F.

    See 3GPP TS 23.038 §6.1.2.
    """
    if not septets.isascii():
        high = max(septets)
        reason = f"takes septets, 0x00 to 0x7F, got 0x{high:02X}; encode the text as GSM first"
        raise EncodeError("text", "septets", high, reason)
    fill = fill_bits(header_octets)
    if (fill + 7 * len(septets)) % 8 == 1:
        septets += _PAD
    digits = "".join([f"{septet:07b}" for septet in reversed(septets)])
    size = (fill + 7 * len(septets) + 7) // 8
    return (int(digits or "0", 2) << fill).to_bytes(size, "little")


def unpack(
    octets: bytes,
    *,
    header_octets: int = 0,
    septets: int | None = None,
    padding: bytes = PADDING,
) -> bytes:
    """Unpack octets: septets, one an octet. Never raises.

    Args:
        octets: What follows the header.
        header_octets: Octets of the user data header in front, its length octet included.
        septets: How many septets there are, if that is known; None is as many as fit, less
            *padding*.
        padding: Septets that are dropped where the last one ends with the last octet. A text
            that ends there in "@" (septet 0) loses it by default: more senders fill up with
            zeros. A part that others follow is full, so `read_segment` keeps its "@".

    See 3GPP TS 23.038 §6.1.2.
    """
    fill = fill_bits(header_octets)
    count, spare = divmod(max(0, 8 * len(octets) - fill), 7)
    if count == 0:
        return b""
    number = int.from_bytes(octets, "little") >> fill
    digits = f"{number & (1 << 7 * count) - 1:0{7 * count}b}"
    found = bytes([int(digits[at : at + 7], 2) for at in range(7 * (count - 1), -1, -7)])
    if septets is not None:
        return found[:septets]
    return found[:-1] if spare == 0 and found[-1] in padding else found
