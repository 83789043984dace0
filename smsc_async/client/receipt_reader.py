"""Reads receipts and compares ids as a dialect says, and survives a dialect that fails.

Rule: what a dialect raises or wrongly returns is logged and never raised, and no receipt is lost by
it. A log line names the function and the place of the failure, nothing of the message. The
dialects of this package never fail, so their functions are called directly.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from logging import ERROR
from typing import TYPE_CHECKING, Any

from smsc_async.client.dedup import report_of
from smsc_async.gateway.dialect import GENERIC, SMSC_RU, id_normalizers
from smsc_async.instrumentation import LOG, log, place_of
from smsc_async.receipts import DeliveryError, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdu.deliver import DeliverSm
    from pdu.submit import DataSm
    from smsc_async.config import MessageIds
    from smsc_async.gateway.dialect import Dialect

_OWN = (SMSC_RU.is_receipt, SMSC_RU.read_receipt, GENERIC.is_receipt, GENERIC.read_receipt)

_REMEMBERED_IDS = 4096  # an id is compared several times, and a dialect's function may be slow


class ReceiptReader:
    """Reads the receipts of one client.

    Args:
        dialect: How the SMSC writes them.
        message_ids: The setting of the config.

    Attributes:
        is_receipt: Whether a PDU is a receipt.
        read_receipt: Reads a receipt; None if the dialect couldn't.
        response_key: Makes ids of responses comparable; None compares them as they are.
        receipt_key: Makes ids of receipts comparable; None as above.
    """

    __slots__ = ("is_receipt", "read_receipt", "receipt_key", "response_key")

    def __init__(
        self, dialect: Dialect, message_ids: MessageIds | Callable[[str], str] | None
    ) -> None:
        self.is_receipt: Callable[[DeliverSm | DataSm], bool] = dialect.is_receipt
        if not _is_own(dialect.is_receipt):
            self.is_receipt = _deciding(dialect.is_receipt)
        self.read_receipt: Callable[[DeliverSm | DataSm], Receipt | None] = dialect.read_receipt
        if not _is_own(dialect.read_receipt):
            self.read_receipt = _reading(dialect.read_receipt)
        self.response_key, self.receipt_key = id_keys(dialect, message_ids)


def id_keys(
    dialect: Dialect, message_ids: MessageIds | Callable[[str], str] | None
) -> tuple[Callable[[str], str] | None, Callable[[str], str] | None]:
    """Return the functions of `id_normalizers`, made so that they never raise.

    An id that can't be normalised is compared as it is, and an empty one stays empty.

    Args:
        dialect: How the SMSC writes them.
        message_ids: The setting of the config.

    Returns:
        A function for each of the two. None leaves the ids as they are.
    """
    of_response, of_receipt = id_normalizers(dialect, message_ids)
    return (
        None if of_response is None else lru_cache(_REMEMBERED_IDS)(_normalizing(of_response)),
        None if of_receipt is None else lru_cache(_REMEMBERED_IDS)(_normalizing(of_receipt)),
    )


def _is_own(function: object) -> bool:
    """Whether a function is one of this package, which never fails."""
    return any(function is own for own in _OWN)


def _deciding(is_receipt: Callable[[DeliverSm | DataSm], object]) -> Callable[..., bool]:
    """Return `is_receipt` that never raises: if it fails, `GENERIC` decides."""

    def decide(pdu: DeliverSm | DataSm) -> bool:
        try:
            decided = is_receipt(pdu)
            if isinstance(decided, int):  # flags of an esm_class are true or false as well
                return bool(decided)
        except Exception as error:  # noqa: BLE001 - logged
            _log("is_receipt", f"raised {place_of(error)}")
        else:
            _log("is_receipt", f"returned {type(decided).__name__}, not a bool")
        return GENERIC.is_receipt(pdu)

    return decide


def _reading(read_receipt: Callable[[DeliverSm | DataSm], object]) -> Callable[..., Receipt | None]:
    """Return `read_receipt` that never raises: if it fails, it returns None."""

    def read(pdu: DeliverSm | DataSm) -> Receipt | None:
        try:
            receipt = read_receipt(pdu)
            if isinstance(receipt, Receipt) and _is_sound(receipt):
                return receipt
        except Exception as error:  # noqa: BLE001 - logged
            _log("read_receipt", f"raised {place_of(error)}")
        else:
            _log("read_receipt", f"returned {type(receipt).__name__}, not a sound Receipt")
        return None

    return read


def _normalizing(normalize_id: Callable[[str], object]) -> Callable[[str], str]:
    """Return `normalize_id` that never raises: if it fails, it returns the id as it is."""

    def normalize(message_id: str) -> str:
        if not message_id:
            return message_id
        try:
            normalized = normalize_id(message_id)
            # Of a subclass the plain text: ids are keys, and it may have no hash.
            key = str.__str__(normalized) if isinstance(normalized, str) else ""
        except Exception as error:  # noqa: BLE001 - logged
            _log("normalize_id", f"raised {place_of(error)}")
        else:
            if key:
                return key
            _log("normalize_id", f"returned {type(normalized).__name__}, not a text with an id")
        return message_id

    return normalize


def _is_sound(receipt: Any) -> bool:  # noqa: ANN401 - a user's
    """Whether correlation, readers and de-duplication can rely on a receipt.

    Raises:
        Exception: What a subclass raises where it is read.
    """
    has_types = (
        type(receipt.message_id) is str
        and all(isinstance(text, str) for text in (receipt.to, receipt.sender, receipt.raw))
        and all(isinstance(n, int | None) for n in (receipt.state, receipt.error_code))
        and isinstance(receipt.tlvs, Mapping)
        and isinstance(receipt.is_intermediate, bool)
        and issubclass(receipt.error_type, DeliveryError)
    )
    if not has_types:
        return False
    for name in Receipt.__slots__:
        getattr(receipt, name)
    hash(report_of(receipt))
    return isinstance(receipt.is_final, bool)


def _log(function: str, failure: str) -> None:
    """Log a failure of the dialect."""
    log(LOG, ERROR, "! the dialect's %s %s", function, failure)
