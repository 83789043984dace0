"""What an incoming message is, by its esm_class."""

from __future__ import annotations

import pytest

from smsc_async import IncomingKind
from smsc_async._incoming_kind import kind_of


@pytest.mark.parametrize(
    ("esm_class", "kind"),
    [
        (0x00, IncomingKind.MESSAGE),
        (0xC3, IncomingKind.MESSAGE),
        (0x04, IncomingKind.DELIVERY_RECEIPT),
        (0x08, IncomingKind.DELIVERY_ACKNOWLEDGEMENT),
        (0x10, IncomingKind.USER_ACKNOWLEDGEMENT),
        (0x18, IncomingKind.CONVERSATION_ABORT),
        (0x20, IncomingKind.INTERMEDIATE_NOTIFICATION),
        (0x3C, IncomingKind.RESERVED),
        (0x0C, IncomingKind.RESERVED),
    ],
)
def test_bits_5_to_2_say_what_it_is(esm_class: int, kind: IncomingKind) -> None:
    """The others are messaging mode and GSM features (v3.4 §5.2.12)."""
    assert kind is kind_of(esm_class)
