"""Links of the simulated gateway, and the accounts they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdu import DeliverSm
from smsc_async.simulator.accounts import Account, Delivery, PartialMessage

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.conftest import Desk

    MakeDesk = Callable[..., Desk]


def test_link_without_room_is_not_free(make_desk: MakeDesk) -> None:
    """A window of deliver_sm that nobody answered is full."""
    desk = make_desk(receipt_window=1)
    client = desk.client()
    account = client.link.account

    assert account is not None
    assert client.link is account.free_link()
    desk.brain.deliver("79991234567", "Shop", "Hi", desk.now)
    assert account.free_link() is None


def test_link_with_the_fewest_in_flight_is_next(make_desk: MakeDesk) -> None:
    """Two connections of one login share what comes for it."""
    desk = make_desk(receipt_window=3)
    first, second = desk.client(), desk.client()
    for _ in range(4):
        desk.brain.deliver("79991234567", "Shop", "Hi", desk.now)

    assert (2, 2) == (len(first.read()), len(second.read()))


def test_reprs_say_who_and_how_much(desk: Desk) -> None:
    """And no text and no number of a person."""
    account = Account("shop")
    delivery = Delivery(DeliverSm(source_addr="79991234567", short_message=b"Hi"), account)

    assert "<Account 'shop', 0 receiving links, 0 deliver_sm waiting>" == repr(account)
    assert "79991234567" not in repr(delivery)
    assert repr(delivery).startswith("<Delivery DeliverSm(")
    assert "<PartialMessage, 0 parts>" == repr(PartialMessage(0.0, waits=True))
    assert repr(desk.connect().link).startswith("<Link None, <Session SMSC OPEN")
