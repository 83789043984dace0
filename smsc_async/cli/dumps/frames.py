"""Frames of a network, down to the TCP segment in them.

Ethernet with VLAN tags, PPPoE or MPLS, Linux cooked captures, loopback, raw IP; IPv4 and IPv6.

Rule: a frame without a whole TCP header is no segment. What the capture cut off behind the header
is counted.
"""

from __future__ import annotations

import struct
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10

_IPV4, _IPV6 = 0x0800, 0x86DD
_ARP: Final = bytes.fromhex("000108000604")
_OTHER_TYPES: Final = frozenset({b"\x08\x06", b"\x88\xcc", b"\x88\x8e"})  # ARP, LLDP, 802.1X
_VLAN: Final = frozenset({0x8100, 0x88A8, 0x9100})
_PPPOE, _MPLS = 0x8864, 0x8847
_TCP = 6
_TUNNELS: Final = frozenset({4, 41, 47})  # IPv4, IPv6, GRE
_ETHERNET = 1
# IPv6 headers that may stand before TCP; the size of each is in its second octet.
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _OPTIONS = 0, 43, 44, 51, 60


class Endpoint(NamedTuple):
    """An address and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{address}:{self.port}"


class Segment(NamedTuple):
    """A TCP segment.

    Args:
        source: Who sent it.
        target: Who gets it.
        sequence: The sequence number of its first octet.
        flags: FIN, SYN, RST, ACK and others.
        payload: What was captured.
        missing: Octets of the payload that weren't captured.
        acknowledged: The sequence number that is expected next; None without ACK, or in a reset.
    """

    source: Endpoint
    target: Endpoint
    sequence: int
    flags: int
    payload: bytes
    missing: int
    acknowledged: int | None = None


def read_frame(frame: bytes, link_type: int) -> Segment | None:
    """Return the TCP segment in a frame; None if there is none.

    Args:
        frame: As captured, perhaps cut off.
        link_type: The number of LINKTYPE_… that the capture file has.
    """
    packet = _LINKS[link_type](frame) if link_type in _LINKS else b""
    return _packet(packet)


def is_known(link_type: int) -> bool:
    """Tell whether frames of a link type can be read."""
    return link_type in _LINKS


def may_hide_tcp(frame: bytes, link_type: int) -> bool:
    """Tell whether TCP may be in a frame without a readable segment.

    It is so in a fragment, in a tunnel, and where the headers are cut off.
    """
    packet = _LINKS[link_type](frame)
    version = packet[0] >> 4 if packet else 0
    if not frame:
        return True
    if version == 4:
        return len(packet) < 20 or packet[9] == _TCP or packet[9] in _TUNNELS
    if version == 6:
        kind = _upper_layer(packet)[0]
        return kind in {None, _TCP} or kind in _TUNNELS
    return False


def guess_frame(frame: bytes) -> Segment | None:
    """Return the TCP segment in a frame of any link type; None if there is none.

    A dump as text doesn't say where its frames begin. The IPv4 header must have its checksum.
    """
    packets = (unwrap(frame) for unwrap in _LINKS.values())
    return next((found for one in packets if _is_sound(one) and (found := _packet(one))), None)


def trailer(frame: bytes) -> int:
    """Return the octets behind the IP packet in a frame of any link type: padding, a checksum."""
    packet = next((one for unwrap in _LINKS.values() if _is_sound(one := unwrap(frame))), b"")
    if not packet:
        return 0
    size = int.from_bytes(packet[2:4] if packet[0] >> 4 == 4 else packet[4:6], "big")
    header = 0 if packet[0] >> 4 == 4 else 40
    return max(len(packet) - header - size, 0) if size else 0


def is_other(frame: bytes) -> bool:
    """Tell whether a frame has no TCP segment because it is something else: ARP, UDP, ICMP."""
    for link_type, unwrap in _LINKS.items():
        if _is_sound(unwrap(frame)):
            return not may_hide_tcp(frame, link_type)
        if link_type == _ETHERNET and frame[12:14] in _OTHER_TYPES:
            return True
    return frame.startswith(_ARP)


def _is_sound(packet: bytes) -> bool:
    """Tell whether octets begin with an IP header: IPv4 with its checksum, or IPv6."""
    if packet[:1] >= b"\x60":
        return packet[0] >> 4 == 6 and len(packet) >= 40
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return False
    header = packet[: (packet[0] & 0x0F) * 4]
    if len(header) < 20 or len(header) % 4:
        return False
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    folded = (total & 0xFFFF) + (total >> 16)
    return folded in {0xFFFF, 0x1FFFE} or header[10:12] == b"\0\0"


def _length6(packet: bytes) -> int:
    """Return the octets of an IPv6 packet."""
    return 40 + int.from_bytes(packet[4:6], "big")


def _packet(packet: bytes) -> Segment | None:
    """Return the TCP segment in an IP packet."""
    version = packet[0] >> 4 if packet else 0
    if version == 4:
        return _version4(packet)
    if version == 6:
        return _version6(packet)
    return None


def _version4(packet: bytes) -> Segment | None:
    """Return the TCP segment in an IPv4 packet; None for a fragment."""
    if len(packet) < 20:
        return None
    header, total = (packet[0] & 0x0F) * 4, int.from_bytes(packet[2:4], "big")
    is_fragment = int.from_bytes(packet[6:8], "big") & 0x3FFF
    if header < 20 or is_fragment or packet[9] != _TCP:
        return None
    # 0: the network card cuts a large packet later.
    total = total or len(packet)
    addresses = packet[12:16], packet[16:20]
    return _tcp(packet[header:total], total - header, addresses)


def _version6(packet: bytes) -> Segment | None:
    """Return the TCP segment in an IPv6 packet; None for a fragment."""
    kind, at, is_fragment = _upper_layer(packet)
    if kind != _TCP or is_fragment:
        return None
    total = _length6(packet) if packet[4:6] != b"\0\0" else len(packet)
    return _tcp(packet[at:total], total - at, (packet[8:24], packet[24:40]))


def _upper_layer(packet: bytes) -> tuple[int | None, int, bool]:
    """Return what an IPv6 packet carries, its offset, and whether it is a fragment of it.

    What it carries is None if the headers are cut off.
    """
    if len(packet) < 40:
        return None, 0, False
    kind, at, is_fragment = packet[6], 40, False
    while kind in {_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _OPTIONS}:
        if len(packet) < at + 8:
            return None, 0, False
        size = 8 * (packet[at + 1] + 1)
        if kind == _FRAGMENT:
            is_fragment = bool(int.from_bytes(packet[at + 2 : at + 4], "big") & 0xFFF9)
            size = 8
        elif kind == _AUTHENTICATION:
            size = 4 * (packet[at + 1] + 2)
        kind, at = packet[at], at + size
        if is_fragment:
            break
    return kind, at, is_fragment


def _tcp(octets: bytes, size: int, addresses: tuple[bytes, bytes]) -> Segment | None:
    """Return a segment of *size* octets, of which *octets* were captured."""
    if len(octets) < 20:
        return None
    source_port, target_port, sequence, acknowledgement = struct.unpack_from(">HHII", octets)
    header = (octets[12] >> 4) * 4
    if header < 20 or header > size:
        return None
    source, target = (str(_address(octets)) for octets in addresses)
    return Segment(
        Endpoint(source, source_port),
        Endpoint(target, target_port),
        sequence,
        octets[13],
        octets[header:],
        size - max(len(octets), header),
        acknowledgement if octets[13] & (ACK | RST) == ACK else None,
    )


def _address(octets: bytes) -> object:
    """Return an address; IPv4 in IPv6 as IPv4."""
    address = ip_address(octets)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _after_type(at: int, size: int) -> Callable[[bytes], bytes]:
    """Return a function for link layers with an EtherType: at offset *at*, of *size* octets."""

    def unwrap(frame: bytes) -> bytes:
        kind, start = int.from_bytes(frame[at : at + 2], "big"), size
        while kind in _VLAN:
            kind, start = int.from_bytes(frame[start + 2 : start + 4], "big"), start + 4
        if kind == _PPPOE:
            is_ip = frame[start + 6 : start + 8] in {b"\0\x21", b"\0\x57"}
            return frame[start + 8 :] if is_ip else b""
        if kind == _MPLS:
            return _below_labels(frame[start:])
        return frame[start:] if kind in {_IPV4, _IPV6} else b""

    return unwrap


def _below_labels(octets: bytes) -> bytes:
    """Return what follows the labels of MPLS; the last one is marked."""
    for at in range(2, len(octets), 4):
        if octets[at] & 1:
            return octets[at + 2 :]
    return b""


def _loopback(frame: bytes) -> bytes:
    """Unwrap BSD loopback: an address family in the byte order of some machine."""
    families = {int.from_bytes(frame[:4], order) for order in ("big", "little")}
    return frame[4:] if families & {2, 10, 24, 28, 30} else b""


def _raw(frame: bytes) -> bytes:
    """Unwrap nothing."""
    return frame


_LINKS: Final[Mapping[int, Callable[[bytes], bytes]]] = {
    _ETHERNET: _after_type(12, 14),
    113: _after_type(14, 16),  # Linux cooked capture
    276: _after_type(0, 20),  # its second version
    0: _loopback,
    108: _loopback,
    12: _raw,
    14: _raw,
    101: _raw,
    228: _raw,
    229: _raw,
}
