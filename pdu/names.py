"""Names of commands and statuses, as the specification spells them and people search for them.

Rule: a number without a name is shown as eight hexadecimal digits; nothing here raises for it.
"""

from __future__ import annotations

from typing import Final

from pdu.enums import CommandId, CommandStatus
from pdu.masking import shown_type

RESPONSE_BIT: Final = 0x8000_0000
"""Bit 31 of `command_id`, which marks a response (v3.4 §5.1.2)."""


def command_name(command_id: int) -> str:
    """Return `submit_sm` for 4, `0x00010200` for a command without a name."""
    known = CommandId.of(command_id)
    return known.name.lower() if isinstance(known, CommandId) else f"0x{command_id:08X}"


def status_name(command_status: int) -> str:
    """Return `ESME_RTHROTTLED` for 0x58, `0x00000400` for a status without a name."""
    known = CommandStatus.of(command_status)
    return known.name if isinstance(known, CommandStatus) else f"0x{command_status:08X}"


def status_label(command_status: object) -> str:
    """Return name and number, for errors: `ESME_RTHROTTLED (0x00000058)`."""
    if not isinstance(command_status, int):
        return shown_type(command_status)
    known = CommandStatus.of(command_status)
    name = known.name if isinstance(known, CommandStatus) else "status"
    return f"{name} (0x{command_status:08X})"
