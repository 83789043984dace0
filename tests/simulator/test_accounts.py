"""Links of the simulated gateway, and the accounts they belong to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from pdu import DeliverSm
from smsc_async.simulator import Scenario
from smsc_async.simulator.accounts import (
    MAX_ACCOUNTS,
    Account,
    ClientLink,
    PartialMessage,
    QueuedDelivery,
)
from smsc_async.simulator.state import SmscState

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.conftest import Harness

    MakeHarness = Callable[..., Harness]


def test_link_without_room_is_not_free(make_harness: MakeHarness) -> None:
    """deliver_sm without a response fill the window."""
    harness = make_harness(receipt_window=1)
    client = harness.client()
    account = client.link.account

    assert client.link is account.free_link()
    harness.smsc.deliver("79991234567", "Shop", "Hi", harness.now)
    assert account.free_link() is None


def test_link_with_the_fewest_in_flight_is_next(make_harness: MakeHarness) -> None:
    """Two connections of one login share its deliver_sm."""
    harness = make_harness(receipt_window=3)
    first, second = harness.client(), harness.client()
    for _ in range(4):
        harness.smsc.deliver("79991234567", "Shop", "Hi", harness.now)

    assert (2, 2) == (len(first.read()), len(second.read()))


def test_reprs_show_numbers_and_no_text(harness: Harness) -> None:
    """Debuggers, logs and failed tests show them; a person's number is masked."""
    account = Account("shop")
    delivery = QueuedDelivery(DeliverSm(source_addr="79991234567", short_message=b"Hi"), account)

    assert "<Account 'shop', 0 receiving links, 0 deliver_sm waiting, 0 partial messages>" == repr(
        account
    )
    assert "79991234567" not in repr(delivery)
    assert repr(delivery).startswith("<QueuedDelivery DeliverSm(")
    assert "<PartialMessage, 0 parts>" == repr(PartialMessage(0.0, is_outcome_deferred=True))
    assert repr(harness.connect().link).startswith(
        "<ClientLink '', 0 submits, 0 unanswered, <Session SMSC OPEN"
    )


def test_logins_are_forgotten() -> None:
    """Any name may bind: a simulator that runs for months keeps the newest and those in use."""
    state = SmscState(Scenario(), now=0.0, wall=datetime(2026, 11, 23, tzinfo=UTC))
    linked, waiting = state.account("linked"), state.account("waiting")
    linked.links.append(ClientLink(cast("Any", None)))
    waiting.waiting.append(cast("Any", None))
    for number in range(2 * MAX_ACCOUNTS):
        state.account(f"login {number}")

    assert MAX_ACCOUNTS == len(state.accounts)
    assert state.account("linked") is linked
    assert state.account("waiting") is waiting
    assert f"login {2 * MAX_ACCOUNTS - 1}" in state.accounts
    # Where all have something waiting, the oldest without a link goes.
    for account in state.accounts.values():
        account.waiting.append(cast("Any", None))
    state.account("one more")
    assert "waiting" not in state.accounts
    # Those with links are never forgotten: their number is bounded by the connections.
    for account in state.accounts.values():
        account.links.append(ClientLink(cast("Any", None)))
    state.account("beyond")
    assert MAX_ACCOUNTS + 1 == len(state.accounts)
