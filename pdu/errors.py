"""Errors of encoding, decoding and framing.

Rule: an error names the PDU, the field and the offset, and never holds a secret: a password, a text
or an address is masked (`pdu.masking`) before it is passed to an error.
"""

from __future__ import annotations


class PduError(Exception):
    """Base of the errors of this package: octets that are no PDU, a value that no PDU can carry."""


class EncodeError(PduError, ValueError):
    """A value that can't be encoded. Raised before any octet is produced.

    Args:
        pdu: Name of the PDU class, or what else was encoded ("text", "UDH", "time", "Tlv").
        field: Name of the field, as the specification spells it.
        value: The wrong value, masked or described if it is a secret.
        reason: What is wrong, with the limit and the remedy.
    """

    def __init__(self, pdu: str, field: str, value: object, reason: str) -> None:
        super().__init__(f"{pdu}.{field}: {reason}")
        self.pdu = pdu
        self.field = field
        self.value = value
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.pdu, self.field, self.value, self.reason)


class DecodeError(PduError, ValueError):
    """A complete frame that can't be decoded. The stream is still in step.

    Args:
        pdu: Name of the PDU class, or "Pdu" where the header itself is broken.
        field: Path of the field that couldn't be read.
        offset: Octet of the frame where decoding failed.
        reason: What was expected and what was found.
        command_id: From the header, 0 if there was none; a session needs it to answer.
        sequence_number: From the header, 0 if there was none.
    """

    def __init__(  # noqa: PLR0917 - pickled by position
        self,
        pdu: str,
        field: str,
        offset: int,
        reason: str,
        command_id: int = 0,
        sequence_number: int = 0,
    ) -> None:
        super().__init__(f"{pdu}.{field} at octet {offset}: {reason} (seq={sequence_number})")
        self.pdu = pdu
        self.field = field
        self.offset = offset
        self.reason = reason
        self.command_id = command_id
        self.sequence_number = sequence_number

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (
            self.pdu,
            self.field,
            self.offset,
            self.reason,
            self.command_id,
            self.sequence_number,
        )


class FramingError(PduError, ValueError):
    """An impossible `command_length`. The stream is lost: nothing after it can be read.

    Args:
        length: The `command_length` that was read.
        limit: The limit it breaks: the least (16) or the most octets of a PDU.
        looks_like: The protocol of the first octets, if it isn't SMPP ("HTTP", "TLS").
        frames: The frames that were complete before the impossible length; they are valid.
    """

    def __init__(
        self,
        length: int,
        limit: int,
        looks_like: str | None = None,
        frames: tuple[bytes, ...] = (),
    ) -> None:
        bound = "at least" if length < limit else "at most"
        hint = f"; the octets look like {looks_like}, not SMPP" if looks_like else ""
        super().__init__(f"command_length {length}, a PDU has {bound} {limit} octets{hint}")
        self.length = length
        self.limit = limit
        self.looks_like = looks_like
        self.frames = frames

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.length, self.limit, self.looks_like, self.frames)
