"""Numbers, states and texts formatted for one line of a terminal.

Rule: numbers are masked unless the user asks for complete ones. A text stays on its line, and what
steers a terminal never reaches it: see `pdu.escaping`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdu.enums import MessageState
from pdu.escaping import escape
from pdu.masking import mask_address
from smsc_async.cli.i18n import _, _n

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smsc_async.cli.i18n import Translator
    from smsc_async.receipts import DeliveryError, HlrReceipt

PARTS: Final = _n("{number} part", "{number} parts")
OCTETS: Final = _n("{number} octet", "{number} octets")
MESSAGES: Final = _n("{number} message", "{number} messages")
FINAL_STATE: Final = _("the state is final: the gateway doesn't try again")


def display_number(address: str, *, is_full: bool) -> str:
    """Return a number, masked unless *is_full*; an alphanumeric sender stays."""
    return address if is_full else mask_address(address)


def one_line(text: str) -> str:
    """Return a text on one line, as a person reads it; what steers a terminal is escaped."""
    return escape(text.replace("\r\n", "\n").replace("\n", "⏎ ").replace("\t", " "), letters=True)


def ids(message_ids: Iterable[str]) -> str:
    """Return ids of messages, in ASCII."""
    return ", ".join(map(escape, message_ids))


def state_name(state: MessageState | int | None) -> str:
    """Return the specification's name of a state; an unknown one as its number."""
    return state.name if isinstance(state, MessageState) else str(state)


def cause(error: DeliveryError | None, translate: Translator) -> str:
    """Return the code and the meaning of a delivery error; empty if there is none."""
    if not error:
        return ""
    return f"{int(error)}: {error.explain(translate.language)}"


def subscriber_fields(receipt: HlrReceipt) -> dict[str, str]:
    """Return the subscriber's data of an HLR receipt, by field name."""
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
