"""Dialects: how an SMSC writes its delivery receipts (DLR) and its message_ids.

Rule: a dialect is a value of plain functions, so that another SMSC needs no change here. A function
gets octets of the SMSC and returns values; what happens when it raises is the client's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from pdu._tracebacks import hides_arguments, hides_locals
from pdu.half_made import shows_half_made
from smsc_async._base_errors import ConfigError, check_function
from smsc_async.gateway.receipts import is_receipt, read_generic_receipt, read_receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pdu.deliver import DeliverSm
    from pdu.submit import DataSm
    from smsc_async.config import MessageIds
    from smsc_async.receipts import Receipt

    Normalizers = tuple[Callable[[str], str] | None, Callable[[str], str] | None]


@hides_arguments(ConfigError)
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How an SMSC writes receipts and ids, for `SmscClient(…, dialect=…)`.

    ::

        acme = dataclasses.replace(GENERIC, normalize_id=str.upper)

    The functions are called in the event loop for each deliver_sm and data_sm, so they must return
    quickly and can't await. One that raises an `Exception`, or returns anything but what is said
    here, is logged without the content of the message, and the client goes on as said here.

    Args:
        is_receipt: Whether a PDU is a receipt; anything else is an incoming message. If it fails,
            `GENERIC` decides.
        read_receipt: Reads a receipt. `message_id` must be the id that the response had, as far as
            `normalize_id` makes them equal, and `state` a `MessageState` where there is one. If it
            fails, the receipt as `GENERIC` reads it goes to `receipts()`, not to its submission.
        normalize_id: Makes the ids of responses and of receipts comparable: called with each
            that isn't empty, it returns a text that isn't empty. Users see the ids as they were
            written. If it fails, the id is compared as it is. Not used if
            `SmscConfig.message_ids` is given.

    Raises:
        ConfigError: One of them isn't a function, or is an async one.
    """

    is_receipt: Callable[[DeliverSm | DataSm], bool]
    read_receipt: Callable[[DeliverSm | DataSm], Receipt]
    normalize_id: Callable[[str], str]

    def __post_init__(self) -> None:
        for field in fields(self):
            check_function(field.name, getattr(self, field.name))


def opaque_id(message_id: str) -> str:
    """Return an id as it is: equal ids are equal texts."""
    return message_id


SMSC_RU: Final = Dialect(is_receipt=is_receipt, read_receipt=read_receipt, normalize_id=opaque_id)
"""SMSC.ru: its own TLVs, its list of delivery errors and HLR results. The default."""

GENERIC: Final = Dialect(
    is_receipt=is_receipt, read_receipt=read_generic_receipt, normalize_id=opaque_id
)
"""SMPP 3.4: the standard TLVs, then the text of Appendix B."""


@hides_locals(ConfigError)
def dialect_of(value: object) -> Dialect:
    """Return the dialect of a setting.

    Raises:
        ConfigError: It isn't a dialect.
    """
    if not isinstance(value, Dialect):
        kind = type(value).__name__
        raise ConfigError("dialect", kind, f"takes a Dialect as GENERIC, got {kind}")
    return value


def is_smsc_ru(dialect: Dialect) -> bool:
    """Whether receipts are SMSC.ru's; then its list also explains the errors of query_sm."""
    return dialect.read_receipt is read_receipt


def id_normalizers(
    dialect: Dialect, message_ids: MessageIds | Callable[[str], str] | None
) -> Normalizers:
    """Return the functions that make ids of responses and of receipts comparable.

    The one of a dialect may raise; the client uses them through `id_keys`, which doesn't.

    Args:
        dialect: Compares the ids, unless the setting does.
        message_ids: As in `SmscConfig`.

    Returns:
        A function for ids of responses and one for ids of receipts. None leaves them as they are.
    """
    if isinstance(message_ids, str):
        return _NORMALIZERS[message_ids]
    normalize_id = dialect.normalize_id if message_ids is None else message_ids
    return (None, None) if normalize_id is opaque_id else (normalize_id, normalize_id)


def _from_hex(message_id: str) -> str:
    """Return the number that an id is in hexadecimal, in decimal; any other id unchanged."""
    digits = message_id.strip()
    return str(int(digits, 16)) if _HEX.fullmatch(digits) else message_id


def _from_decimal(message_id: str) -> str:
    """Return the number that an id is in decimal, without zeros before it; any other unchanged."""
    digits = message_id.strip()
    return str(int(digits)) if _DECIMAL.fullmatch(digits) else message_id


# Longer than any id of SMPP (65 octets); Python refuses to convert very long numbers.
_HEX: Final = re.compile(r"(?:0[xX])?[0-9A-Fa-f]{1,128}", re.ASCII)
_DECIMAL: Final = re.compile(r"[0-9]{1,128}", re.ASCII)
_NORMALIZERS: Final[Mapping[MessageIds, Normalizers]] = {
    "opaque": (None, None),
    "response_hex": (_from_hex, _from_decimal),
    "receipt_hex": (_from_decimal, _from_hex),
    "hex": (_from_hex, _from_hex),
    "decimal": (_from_decimal, _from_decimal),
    "caseless": (str.casefold, str.casefold),
}
