"""Capture files, pcap and pcapng, read by scapy.

Rule: scapy comes with the extra `pcap` and is imported only when a capture is read; it reads the
blocks of the file, nothing of the packets in them.
"""

from __future__ import annotations

import gzip
import logging
import zlib
from collections import Counter
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal

from smsc_async.cli.dumps.conversation import Note
from smsc_async.cli.dumps.frames import Segment, is_known, may_hide_tcp, read_frame
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scapy.utils import RawPcapReader

_PCAPNG: Final = b"\x0a\x0d\x0d\x0a"
_GZIP: Final = b"\x1f\x8b"
_MAGIC: Final = (
    _PCAPNG,
    _GZIP,
    b"\xa1\xb2\xc3\xd4",  # pcap, microseconds
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",  # pcap, nanoseconds
    b"\x4d\x3c\xb2\xa1",
)
_FILE_HEADER, _PACKET_HEADER = 24, 16
_BLOCK = 12
"""Octets of a pcapng block without contents."""
_SECRETS = 10
"""The type of a block with keys."""
_BYTE_ORDER: Final = b"\x1a\x2b\x3c\x4d"
_LARGEST = 1 << 18


def is_capture(data: bytes) -> bool:
    """Tell whether a file is a capture."""
    return data.startswith(_MAGIC)


def read_capture(data: bytes) -> tuple[list[tuple[int, Segment]], list[Note]]:
    """Return the TCP segments of a capture, with the number of each packet from 0, and remarks.

    Raises:
        Failure: scapy isn't installed, or the file is no capture.
    """
    packets, notes = _packets(data)
    segments: list[tuple[int, Segment]] = []
    unknown: Counter[int] = Counter()
    hidden: list[int] = []
    for number, (frame, link_type) in enumerate(packets):
        segment = read_frame(frame, link_type)
        if segment is not None:
            segments.append((number, segment))
        elif not is_known(link_type):
            unknown[link_type] += 1
        elif may_hide_tcp(frame, link_type):
            hidden.append(number + 1)
    for link_type, count in unknown.items():
        text = _("packets of link type {link_type}, which can't be read: {packets}")
        notes.append(Note(text, {"link_type": link_type, "packets": count}, is_error=True))
    if hidden:
        text = _(
            "packets that can't be read: {packets} (fragments, tunnels, or cut off in the "
            "headers); the first is packet {packet}"
        )
        values: dict[str, object] = {"packets": len(hidden), "packet": hidden[0]}
        notes.append(Note(text, values, is_error=True))
    return segments, notes


def _packets(data: bytes) -> tuple[list[tuple[bytes, int]], list[Note]]:
    """Return the frames of a capture with their link types, and remarks."""
    try:
        from scapy.error import Scapy_Exception  # noqa: PLC0415 -- an extra
        from scapy.utils import RawPcapReader  # noqa: PLC0415
    except ImportError:
        raise _not_installed() from None
    packets: list[tuple[bytes, int]] = []
    try:
        data = gzip.decompress(data) if data.startswith(_GZIP) else data
        are_whole = [_read(part, RawPcapReader, packets) for part in _sections(data)]
    except (Scapy_Exception, EOFError, OSError, ValueError, zlib.error) as error:
        raise Failure(
            ExitCode.USAGE_ERROR,
            "bad_pcap",
            _("the capture file can't be read"),
            advice=_("open it in Wireshark and save it again"),
            detail=type(error).__name__,  # what other libraries say is in English
        ) from error
    if not all(are_whole):
        text = _("the capture file is cut off or damaged behind packet {packets}")
        return packets, [Note(text, {"packets": len(packets)}, is_error=True)]
    return packets, []


def _sections(data: bytes) -> Iterator[bytes]:
    """Yield the sections of a pcapng file, each with interfaces of its own; a pcap file is one.

    scapy would read all of them with the interfaces of the first. Blocks with keys of TLS are left
    out: scapy complains of them.
    """
    section, at = bytearray(), 0
    order: Literal["big", "little"] = "big"
    while data.startswith(_PCAPNG) and at + _BLOCK <= len(data):
        if data.startswith(_PCAPNG, at):
            if section:
                yield bytes(section)
            section.clear()
            order = "big" if data[at + 8 : at + _BLOCK] == _BYTE_ORDER else "little"
        kind, length = (int.from_bytes(data[at + n : at + n + 4], order) for n in (0, 4))
        end = at + max(length, _BLOCK)
        if kind != _SECRETS:
            section += data[at:end]
        at = end
    yield bytes(section + data[at:])


def _read(data: bytes, read: type[RawPcapReader], packets: list[tuple[bytes, int]]) -> bool:
    """Add the frames of a section to *packets*; False if it is cut off or damaged."""
    file: Any = BytesIO(data)  # it is annotated as a name, and documented as either
    with _warnings() as warnings, read(file) as reader:
        file_type = getattr(reader, "linktype", 0)
        size = _FILE_HEADER
        # Iteration would cut packets at 65 535 octets.
        while (packet := _next(reader)) is not None:
            frame, about = packet
            packets.append((frame, getattr(about, "linktype", file_type) & 0xFFFF))
            size += _PACKET_HEADER + getattr(about, "caplen", 0)
        is_read = file.tell() == len(data)
    if data.startswith(_PCAPNG):
        return is_read and not warnings and not len(data) % 4
    return not warnings and size == len(data)


def _next(reader: RawPcapReader) -> tuple[bytes, object] | None:
    """Return the next packet of a file; None behind the last."""
    try:
        return reader._read_packet(size=_LARGEST)  # noqa: SLF001 -- no public method takes a size
    except EOFError:
        return None


@contextmanager
def _warnings() -> Iterator[list[logging.LogRecord]]:
    """Collect what scapy logs, which would be printed, instead of raising it."""
    logger, records = logging.getLogger("scapy.runtime"), list[logging.LogRecord]()

    def collect(record: logging.LogRecord) -> bool:
        records.append(record)
        return False

    # Before scapy's own filter, which drops what was logged before.
    logger.filters.insert(0, collect)
    try:
        yield records
    finally:
        logger.removeFilter(collect)


def _not_installed() -> Failure:
    """Return the failure of a capture without the library that reads it."""
    return Failure(
        ExitCode.USAGE_ERROR,
        "no_pcap",
        _("capture files need scapy, which isn't installed"),
        advice=_(
            "pip install 'smsc-async[pcap]'; without it: tshark -r FILE -q -z "
            "follow,tcp,hex,0 | smsc decode -"
        ),
    )
