"""The gateway's list of delivery errors."""

from __future__ import annotations

from smsc_async.gateway.delivery_errors import DELIVERY_ERRORS
from smsc_async.receipts import DeliveryError


def test_every_code_of_the_published_list_is_known() -> None:
    """Both languages, and each in its own letters."""
    published = {0, 1, 2, 3, 4, 6, 11, 12, 13, 21, 200, 219, 220, *range(237, 256)}

    assert published == set(DELIVERY_ERRORS)
    assert published == {code for code in range(1000) if DeliveryError(code).is_known}
    assert all(english.isascii() for _, english in DELIVERY_ERRORS.values())
    assert not any(russian.isascii() for russian, _ in DELIVERY_ERRORS.values())
