"""The gateway's list of delivery errors."""

from __future__ import annotations

import pickle

from smsc_async.gateway.delivery_errors import DELIVERY_ERRORS, SMS_ERRORS, SmscRuDeliveryError
from smsc_async.receipts import DeliveryError


def test_every_code_of_the_published_list_is_known() -> None:
    """Both languages, and each in its own letters."""
    published = {0, 1, 2, 3, 4, 6, 11, 12, 13, 21, 200, 219, 220, *range(237, 256)}

    assert published == set(DELIVERY_ERRORS)
    assert published == {code for code in range(1000) if SmscRuDeliveryError(code).is_known}
    assert all(english.isascii() for _, english in DELIVERY_ERRORS.values())
    assert not any(russian.isascii() for russian, _ in DELIVERY_ERRORS.values())


def test_sms_have_no_error_of_mailboxes_and_calls() -> None:
    """The sentence would make no sense to the reader of a receipt."""
    others = set(DELIVERY_ERRORS) - set(SMS_ERRORS)

    assert {0, 2, 3, 4, 237, 240, 241, 242} == others
    assert {1, 6, 13, 255} < set(SMS_ERRORS)


def test_list_belongs_to_its_own_class() -> None:
    """A code 6 of another SMSC must not be explained by this list."""
    assert not DeliveryError(6).is_known
    assert "code 6, not listed" == DeliveryError(6).explain()


def test_explained_error_pickles() -> None:
    """Processes pass receipts on, and the list must not travel with each."""
    octets = pickle.dumps(SmscRuDeliveryError(6))

    assert len(octets) < 200
    assert "DeliveryError(6: the phone is off or out of coverage)" == repr(pickle.loads(octets))  # noqa: S301 - our own octets
