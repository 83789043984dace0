"""What an incoming message is, by its esm_class: a text, an acknowledgement, an abort.

Rule: the names are those of SMPP 3.4 §5.2.12; a message type that it doesn't name is RESERVED.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from pdu.enums import EsmClass


class IncomingKind(Enum):
    """What an incoming message is (v3.4 §5.2.12). A receipt is a `Receipt`, unless none was read.

    Acknowledgements come from the phone: they answer a message that asked for them by its
    registered_delivery.
    """

    MESSAGE = "message"
    DELIVERY_RECEIPT = "delivery receipt"
    DELIVERY_ACKNOWLEDGEMENT = "delivery acknowledgement"
    """The phone has the message."""
    USER_ACKNOWLEDGEMENT = "user acknowledgement"
    """The subscriber answered it."""
    CONVERSATION_ABORT = "conversation abort"
    """Korean CDMA: the subscriber ended an interactive session."""
    INTERMEDIATE_NOTIFICATION = "intermediate notification"
    RESERVED = "reserved"
    """A message type that the specification doesn't name."""


_KINDS: Final = {
    0: IncomingKind.MESSAGE,
    EsmClass.DELIVERY_RECEIPT: IncomingKind.DELIVERY_RECEIPT,
    EsmClass.DELIVERY_ACKNOWLEDGEMENT: IncomingKind.DELIVERY_ACKNOWLEDGEMENT,
    EsmClass.USER_ACKNOWLEDGEMENT: IncomingKind.USER_ACKNOWLEDGEMENT,
    EsmClass.CONVERSATION_ABORT: IncomingKind.CONVERSATION_ABORT,
    EsmClass.INTERMEDIATE_NOTIFICATION: IncomingKind.INTERMEDIATE_NOTIFICATION,
}


def kind_of(esm_class: int) -> IncomingKind:
    """Return what bits 5 to 2 of an esm_class say."""
    return _KINDS.get(esm_class & 0x3C, IncomingKind.RESERVED)
