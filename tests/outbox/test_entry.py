"""The table of states is the protocol, so it is written here once more."""

from __future__ import annotations

import pytest

from pdu.enums import MessageState
from smsc_async.outbox import OutboxState
from smsc_async.outbox.entry import TRANSITIONS, as_message_state, overall_state, sources_of

DELIVERED, EXPIRED = int(MessageState.DELIVERED), int(MessageState.EXPIRED)


def test_nothing_is_sent_from_unknown() -> None:
    """A user's hand is needed first: it goes by way of QUEUED."""
    assert (OutboxState.QUEUED,) == sources_of(OutboxState.SENDING)


def test_finished_states_are_the_ones_that_may_be_purged() -> None:
    """What waits for somebody is never deleted by age."""
    assert {OutboxState.ACCEPTED, OutboxState.REFUSED, OutboxState.DISCARDED} == {
        state for state in OutboxState if state.is_finished
    }


def test_every_state_can_be_reached() -> None:
    """Also the first one: entries are born in it, and come back to it."""
    assert set(OutboxState) == set().union(*TRANSITIONS.values())


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([], None),
        ([None], None),
        ([DELIVERED], DELIVERED),
        ([DELIVERED, None], None),
        ([DELIVERED, DELIVERED], DELIVERED),
        ([None, EXPIRED], EXPIRED),
        ([DELIVERED, 99], 99),
    ],
)
def test_state_of_a_whole_message(parts: list[int | None], whole: int | None) -> None:
    """One part that will not arrive decides; that all have arrived is known with the last."""
    assert whole == overall_state(parts)


def test_states_without_a_name_stay_numbers() -> None:
    """A gateway may have states of its own."""
    assert MessageState.DELIVERED is as_message_state(DELIVERED)
    assert (99, None) == (as_message_state(99), as_message_state(None))
