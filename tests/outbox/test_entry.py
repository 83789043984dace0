"""The state machine of an entry."""

from __future__ import annotations

import pytest

from pdu.enums import MessageState
from smsc_async.outbox import OutboxState
from smsc_async.outbox.entry import TRANSITIONS, as_message_state, overall_state, sources_of

DELIVERED, EXPIRED = int(MessageState.DELIVERED), int(MessageState.EXPIRED)


def test_nothing_is_sent_from_unknown() -> None:
    """A user has to queue it again first."""
    assert (OutboxState.CLAIMED,) == sources_of(OutboxState.SENDING)
    assert (OutboxState.QUEUED,) == sources_of(OutboxState.CLAIMED)


def test_finished_states_are_the_ones_that_may_be_purged() -> None:
    """An entry that awaits a decision is never deleted by age."""
    assert {OutboxState.ACCEPTED, OutboxState.REFUSED, OutboxState.DISCARDED} == {
        state for state in OutboxState if state.is_finished
    }


def test_every_state_can_be_reached() -> None:
    """Entries return to QUEUED, where they started, when they weren't sent."""
    assert set(OutboxState) == set().union(*TRANSITIONS.values())


@pytest.mark.parametrize(
    ("parts", "overall"),
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
def test_state_of_a_whole_message(parts: list[int | None], overall: int | None) -> None:
    """A failed part decides; DELIVERED is known with the last part."""
    assert overall == overall_state(parts)


def test_states_without_a_name_stay_numbers() -> None:
    """A gateway may have states of its own."""
    assert MessageState.DELIVERED is as_message_state(DELIVERED)
    assert (99, None) == (as_message_state(99), as_message_state(None))
