"""A conversation from whatever holds it: a text, a capture file, the octets themselves.

Rule: frames in a text are read as those of a capture file, and need no library.
"""

from __future__ import annotations

from pdu.framing import MAX_LENGTH, MIN_LENGTH
from smsc_async.cli.dumps import read_dump
from smsc_async.cli.dumps.blocks import Block, Place, refusal
from smsc_async.cli.dumps.captures import is_capture, read_capture
from smsc_async.cli.dumps.conversation import Conversation, Note, read_conversation, stream_of
from smsc_async.cli.dumps.frames import guess_frame, is_other, trailer
from smsc_async.cli.dumps.headers import find_header, is_header
from smsc_async.cli.dumps.streams import put_together
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.i18n import _
from smsc_async.cli.marks import split_mark

_PADDING = 10
"""Octets that may follow a TCP segment in a frame: up to the least size of Ethernet, a checksum."""


def read_text(text: str) -> Conversation:
    """Read a text.

    Raises:
        Failure: It isn't understood as a whole; the failure names line and column.
    """
    blocks = read_dump(text)
    octets = b"".join(block.octets for block in blocks)
    if is_capture(octets):  # a capture file, shown by xxd
        return read_file(octets)
    segments = [(order, guess_frame(block.octets)) for order, block in enumerate(blocks)]
    found = [(order, segment) for order, segment in segments if segment is not None]
    if not found:
        return read_conversation([stream_of(blocks)], is_capture=False)
    _refuse_trailers([blocks[order] for order, _segment in found])
    others = [blocks[order] for order, segment in segments if segment is None]
    _refuse_mixture(others)
    notes = []
    if known := [block for block in others if is_other(block.octets)]:
        notes.append(Note(_("frames without a TCP segment: {others}"), {"others": len(known)}))
    if damaged := [block for block in others if not is_other(block.octets)]:
        text = _("frames that can't be read: {others}; the first is at line {line}")
        values: dict[str, object] = {"others": len(damaged), "line": damaged[0].line}
        notes.append(Note(text, values, is_error=True))
    return _captured(read_conversation(put_together(found), is_capture=True), notes)


def read_file(data: bytes) -> Conversation:
    """Read a file: a capture, a text, or octets as they were on the wire.

    Raises:
        Failure: It isn't understood as a whole.
    """
    if is_capture(data):
        segments, notes = read_capture(data)
        return _captured(read_conversation(put_together(segments), is_capture=True), notes)
    if is_header(data) or _is_binary(data):
        return read_conversation([stream_of([Block(data)])], is_capture=False)
    return read_text(decode_text(data))


def _is_binary(data: bytes) -> bool:
    """Tell whether a file is octets from a PDU on, though its command or its status is odd.

    Raises:
        Failure: It is neither that nor a text.
    """
    # A text has no NUL, unless it is in UTF-16 or UTF-32; then it has a mark.
    if b"\0" not in data or split_mark(data)[1] != "utf-8":
        return False
    if MIN_LENGTH <= int.from_bytes(data[:4], "big") <= MAX_LENGTH:
        return True
    text = _("the file isn't a text or a capture, and doesn't begin with a PDU")
    first = find_header(data)
    if first is not None:
        text = _("the file doesn't begin with a PDU; the first one is at 0x{offset:04x}")
    raise Failure(
        ExitCode.USAGE_ERROR,
        "bad_binary",
        text,
        advice=_("cut off what is before the first PDU; a text must be in UTF-8, or have a mark"),
        offset=first or 0,
    )


def decode_text(data: bytes) -> str:
    """Return octets as text."""
    octets, encoding = split_mark(data)
    # What isn't UTF-8 isn't a digit either, and is reported as such.
    return octets.decode(encoding, "replace")


def _captured(conversation: Conversation, notes: list[Note]) -> Conversation:
    """Return what a capture contains, with remarks on its packets.

    Raises:
        Failure: It has no PDU.
    """
    notes = [*notes, *conversation.notes]
    if not conversation.pdus:
        found = Note(_("no SMPP was found in the capture"), {})
        reason = next((note for note in notes if note.is_error), found)
        failure = Failure(
            ExitCode.USAGE_ERROR,
            "no_smpp",
            reason.text,
            advice=_(
                "a connection over TLS, in a tunnel or in fragments can't be read; captured are "
                "all ports that the filter let in"
            ),
        )
        failure.values |= reason.values
        raise failure
    return conversation._replace(notes=notes)


def _refuse_trailers(frames: list[Block]) -> None:
    """Refuse octets behind a packet that are more than padding: another packet, run together."""
    odd = next((block for block in frames if trailer(block.octets) > _PADDING), None)
    if odd is not None:
        raise refusal(
            "mixed_hex",
            Place(odd.line, 1),
            _("line {line}, column {column}: {size} octets follow the packet that begins here"),
            advice=_("put each packet on a line of its own, or an empty line between two"),
            size=trailer(odd.octets),
        )


def _refuse_mixture(blocks: list[Block]) -> None:
    """Refuse PDUs among frames: the dump was put together from two."""
    odd = next((block for block in blocks if is_header(block.octets)), None)
    if odd is not None:
        raise refusal(
            "mixed_hex",
            Place(odd.line, 1),
            _("line {line}, column {column}: a PDU without the frame that the others are in"),
            advice=_("decode the two dumps one by one"),
        )
