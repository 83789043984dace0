"""Errors of octets and values: they say where, and they travel."""

from __future__ import annotations

import copy
import pickle

import pytest

from pdu.errors import DecodeError, EncodeError, FramingError, PduError

ERRORS = [
    PduError("something"),
    EncodeError("SubmitSm", "source_addr", "'x'", "takes 20 characters, got 21"),
    DecodeError("DeliverSm", "source_addr", 19, "no NUL", 5, 900),
    FramingError(15, 16),
    FramingError(0x48545450, 70_000, "HTTP", (b"\0\0\0\x10",)),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_pickle_and_copy(error: PduError) -> None:
    """Task queues pass them between processes; no field may be lost."""
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
        assert type(error) is type(twin)
        assert str(error) == str(twin)
        assert vars(error) == vars(twin)


def test_errors_say_what_and_where() -> None:
    """One line that can be searched for: PDU, field, offset, reason."""
    foreign = "command_length 1213486160, a PDU has at most 70000 octets;"
    assert [
        "something",
        "SubmitSm.source_addr: takes 20 characters, got 21",
        "DeliverSm.source_addr at octet 19: no NUL (seq=900)",
        "command_length 15, a PDU has at least 16 octets",
        f"{foreign} the octets look like HTTP, not SMPP",
    ] == [str(error) for error in ERRORS]


def test_errors_are_value_errors_too() -> None:
    """A caller without knowledge of SMPP may catch a bad value as ValueError."""
    assert issubclass(EncodeError, ValueError)
    assert issubclass(DecodeError, ValueError)
    assert issubclass(FramingError, ValueError)


def test_decode_error_without_a_header_has_zeros() -> None:
    """A session must not answer a PDU whose number it doesn't know."""
    error = DecodeError("Pdu", "header", 0, "expected 16 octets, found 3")

    assert (0, 0) == (error.command_id, error.sequence_number)
