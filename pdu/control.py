"""Keeping and closing a session: enquire_link, unbind, generic_nack (v3.4 §4.2, §4.3, §4.11).

All are header-only: exactly 16 octets without TLVs, since strict servers refuse one octet more.
"""

from __future__ import annotations

from pdu.enums import CommandId
from pdu.schema import Pdu


class EnquireLink(Pdu, command_id=CommandId.ENQUIRE_LINK):
    """Asks whether the peer is alive (v3.4 §4.11.1)."""


class EnquireLinkResp(Pdu, command_id=CommandId.ENQUIRE_LINK_RESP):
    """Answers enquire_link (v3.4 §4.11.2)."""


class Unbind(Pdu, command_id=CommandId.UNBIND):
    """Asks to end the session (v3.4 §4.2)."""


class UnbindResp(Pdu, command_id=CommandId.UNBIND_RESP):
    """Answers unbind (v3.4 §4.2)."""


class GenericNack(Pdu, command_id=CommandId.GENERIC_NACK):
    """Refuses a PDU that can't be read (v3.4 §4.3)."""
