"""Numbers, states and texts, as one line of a terminal shows them.

Rule: a number is masked unless somebody asked for all of it, and no text leaves its line or does
anything to the terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdu.enums import MessageState
from pdu.masking import mask_address

if TYPE_CHECKING:
    from smsc_async.cli.i18n import Say
    from smsc_async.receipts import DeliveryError, HlrReceipt

_SHOWN = {"\n": "⏎ ", "\t": " "}


def number(address: str, *, is_full: bool) -> str:
    """Mask a number; a name stays."""
    return address if is_full else mask_address(address)


def one_line(text: str) -> str:
    """Keep a text in its line, and from doing anything to the terminal."""
    return "".join(
        _SHOWN.get(char) or (char if char.isprintable() else f"\\x{ord(char):02x}")
        for char in text
        if char != "\r"
    )


def state_name(state: MessageState | int | None) -> str:
    """Return a state as the specification spells it, a number without a name as it is."""
    return state.name if isinstance(state, MessageState) else str(state)


def cause(error: DeliveryError | None, say: Say) -> str:
    """Explain a delivery error; empty where there is none."""
    if not error:
        return ""
    return say("receipt.error", code=int(error), explained=error.explain(say.language))


def subscriber(receipt: HlrReceipt) -> dict[str, str]:
    """Return what an HLR receipt tells about the subscriber, by the names of its fields."""
    return {
        "imsi": receipt.imsi,
        "msc": receipt.msc,
        "mcc": receipt.mcc,
        "mnc": receipt.mnc,
        "country": receipt.country,
        "network": receipt.network,
        "roaming_country": receipt.roaming_country,
        "roaming_network": receipt.roaming_network,
    }
