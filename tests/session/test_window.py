"""The window: requests awaiting a response, and their deadlines."""

from __future__ import annotations

import pickle
import random
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdu import CommandId
from smsc_async.errors import LocalProtocolError
from smsc_async.session import Window, WindowFullError
from smsc_async.session.window import NO_SLOT

if TYPE_CHECKING:
    from smsc_async.session.window import Slot

SUBMIT_SM = CommandId.SUBMIT_SM
SUBMIT_SM_RESP = CommandId.SUBMIT_SM_RESP


def window(size: int = 3, response_timeout: float = 10.0) -> Window:
    """A window small enough to fill by hand."""
    return Window(size, response_timeout)


def contexts(slots: list[Slot]) -> list[object]:
    """What the callers gave, in the order of *slots*."""
    return [slot.context for slot in slots]


def open_first(slots: Window, *, is_usual: bool, now: float = 0.0) -> None:
    """Open a slot under the number 1, as of a submit_sm with the default timeout or of any."""
    if is_usual:
        assert 1 == slots.open_submit("a", now)
    else:
        slots.open_slot(1, SUBMIT_SM, "a", now)


both = pytest.mark.parametrize("is_usual", [False, True], ids=["any request", "usual submit"])


def test_a_response_frees_its_slot_and_gives_the_context_back() -> None:
    """The context is what the caller recognises its request by."""
    slots = window()
    slots.open_slot(7, SUBMIT_SM, "order 17", now=0.0)

    slot = slots.close_slot(7, SUBMIT_SM_RESP)

    assert slot is not None
    assert "order 17" == slot.context
    assert 0 == slots.in_flight


def test_window_is_enforced() -> None:
    """The setting did nothing in eight clients of eight."""
    slots = window(size=2)
    slots.open_slot(1, SUBMIT_SM, None, now=0.0)
    slots.open_slot(2, SUBMIT_SM, None, now=0.0, timeout=99.0)

    with pytest.raises(WindowFullError, match="2 of 2 requests await a response") as caught:
        slots.open_slot(3, SUBMIT_SM, None, now=0.0)

    assert 2 == caught.value.size
    assert slots.is_full
    assert 2 == slots.in_flight


def test_full_window_is_our_own_error() -> None:
    """A caller looks for a free slot first; nothing came from the peer."""
    assert issubclass(WindowFullError, LocalProtocolError)
    assert 5 == pickle.loads(pickle.dumps(WindowFullError(5))).size  # noqa: S301 - our own octets


@both
@pytest.mark.parametrize("response_id", [SUBMIT_SM_RESP, CommandId.GENERIC_NACK])
def test_own_response_and_generic_nack_free_a_slot(response_id: int, *, is_usual: bool) -> None:
    """SMPP v3.4 §4.3: a request that wasn't understood is answered by generic_nack."""
    slots = window()
    open_first(slots, is_usual=is_usual)

    assert slots.close_slot(1, response_id) is not None
    assert 0 == slots.in_flight


@both
def test_wrong_type_of_response_frees_nothing(*, is_usual: bool) -> None:
    """Taking a deliver_sm_resp for a submit_sm_resp reported a message that was never accepted."""
    slots = window()
    open_first(slots, is_usual=is_usual)

    assert slots.close_slot(1, CommandId.DELIVER_SM_RESP) is None
    assert 1 == slots.in_flight


def test_second_response_finds_nothing() -> None:
    """Duplicates are harmless."""
    slots = window()
    slots.open_slot(1, SUBMIT_SM, None, now=0.0)
    slots.close_slot(1, SUBMIT_SM_RESP)

    assert slots.close_slot(1, SUBMIT_SM_RESP) is None


def test_usual_submit_gives_its_context_once() -> None:
    """None is a context like any other."""
    slots = window()
    slots.open_submit(None, now=0.0)

    assert slots.close_submit(1) is None
    assert slots.close_submit(1) is NO_SLOT
    assert 0 == slots.in_flight


@both
def test_deadline_frees_a_slot_and_not_before(*, is_usual: bool) -> None:
    """A slot that leaks when its request times out strangles the link after a day."""
    slots = window(response_timeout=10.0)
    open_first(slots, is_usual=is_usual, now=100.0)

    assert [] == slots.expire(109.999)
    assert ["a"] == contexts(slots.expire(110.0))
    assert 0 == slots.in_flight


def test_earliest_deadline_comes_first_whatever_the_timeouts() -> None:
    """Requests with their own timeout neither hide behind the others nor hold them up."""
    slots = window(size=9, response_timeout=10.0)
    slots.open_slot(1, SUBMIT_SM, "at 50", now=0.0, timeout=50.0)
    slots.open_slot(2, SUBMIT_SM, "at 11", now=1.0)
    slots.open_slot(3, SUBMIT_SM, "at 5", now=2.0, timeout=3.0)
    slots.open_slot(4, SUBMIT_SM, "at 13", now=3.0, timeout=10.0)

    assert 5.0 == slots.next_deadline()
    assert ["at 5", "at 11"] == contexts(slots.expire(12.0))
    assert 13.0 == slots.next_deadline()
    assert ["at 13", "at 50"] == contexts(slots.expire(60.0))
    assert slots.next_deadline() is None


def test_usual_submit_hides_no_shorter_timeout() -> None:
    """A caller that gives a request two seconds gets its error after two seconds."""
    slots = window(response_timeout=10.0)
    slots.open_submit("at 10", now=0.0)
    slots.open_slot(2, SUBMIT_SM, "at 3", now=1.0, timeout=2.0)

    assert 3.0 == slots.next_deadline()
    assert ["at 3"] == contexts(slots.expire(3.0))
    assert 10.0 == slots.next_deadline()


def test_answered_request_leaves_no_deadline_behind() -> None:
    """A timer that fires for nothing costs a wake-up for every message."""
    slots = window()
    slots.open_slot(1, SUBMIT_SM, None, now=0.0, timeout=1.0)
    slots.open_slot(2, SUBMIT_SM, None, now=0.0, timeout=2.0)
    slots.close_slot(1, SUBMIT_SM_RESP)

    assert 2.0 == slots.next_deadline()
    assert [] == slots.expire(1.5)


def test_number_used_again_has_its_new_deadline() -> None:
    """After a wrap the heap still holds the old one."""
    slots = window()
    slots.open_slot(1, SUBMIT_SM, "old", now=0.0, timeout=1.0)
    slots.close_slot(1, SUBMIT_SM_RESP)
    slots.open_slot(1, SUBMIT_SM, "new", now=0.0, timeout=5.0)

    assert [] == slots.expire(4.0)
    assert ["new"] == contexts(slots.expire(5.0))


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan")])
def test_timeout_is_a_duration(timeout: float) -> None:
    """A NaN would upset the order of all deadlines."""
    slots = window()

    with pytest.raises(LocalProtocolError, match="timeout takes more than 0 seconds"):
        slots.open_slot(1, SUBMIT_SM, None, now=0.0, timeout=timeout)

    assert 0 == slots.in_flight


def test_long_timeouts_quickly_answered_pile_up_nowhere() -> None:
    """An hour's timeout on every message must not keep an hour of answered messages."""
    slots = window(size=5)
    for number in range(1, 1001):
        slots.open_slot(number, SUBMIT_SM, None, now=0.0, timeout=3600.0)
        if number > 4:
            slots.close_slot(number - 4, SUBMIT_SM_RESP)

    assert len(slots._own_order) <= 10
    assert 4 == slots.in_flight


def test_overdue_number_is_remembered() -> None:
    """A late response carries the id of a message that is charged."""
    slots = window()
    slots.open_slot(1, SUBMIT_SM, "order 17", now=0.0)
    slots.expire(10.0)

    assert 1 in slots
    assert slots.close_slot(1, SUBMIT_SM_RESP) is None
    assert slots.close_overdue(1, CommandId.QUERY_SM_RESP) is None
    slot = slots.close_overdue(1, SUBMIT_SM_RESP)
    assert slot is not None
    assert "order 17" == slot.context
    assert 1 not in slots
    assert slots.close_overdue(1, SUBMIT_SM_RESP) is None


def test_overdue_numbers_are_bounded() -> None:
    """A peer that never answers must not fill the memory."""
    slots = window(size=2, response_timeout=1.0)
    for number in range(1, 101):
        slots.open_slot(number, SUBMIT_SM, None, now=float(number))
        slots.expire(number + 1.0)

    assert [number for number in range(1, 101) if number in slots] == list(range(81, 101))


def test_window_knows_every_number_that_may_still_be_answered() -> None:
    """A new request under any of these could be taken for the old one."""
    slots = window(response_timeout=10.0)
    slots.open_slot(1, SUBMIT_SM, None, now=0.0)
    slots.open_slot(2, SUBMIT_SM, None, now=0.0, timeout=20.0)
    slots.open_slot(3, SUBMIT_SM, None, now=0.0, timeout=1.0)
    slots.track_control_request(4, CommandId.ENQUIRE_LINK)
    slots.expire(1.0)

    assert [1, 2, 3, 4] == [number for number in range(10) if number in slots]


def test_numbers_in_use_are_skipped_after_the_first_lap() -> None:
    """The responses to two requests under one number could not be distinguished."""
    slots = window()
    for _ in range(2):
        slots.open_submit(None, now=0.0)
    slots.close_submit(1)
    slots.last_number = 0x7FFFFFFF

    assert [1, 3] == [slots.take_number() for _ in range(2)]


def test_numbers_of_submits_and_of_others_are_one_sequence() -> None:
    """Also where the highest number is followed by the lowest that isn't in use."""
    slots = Window(10, 1.0)
    numbers = [slots.take_number(), slots.open_submit("a", 0.0), slots.take_number()]
    slots.last_number = 0x7FFFFFFE
    numbers += [slots.open_submit("b", 0.0), slots.open_submit("c", 0.0), slots.take_number()]

    assert [1, 2, 3, 0x7FFFFFFF, 1, 3] == numbers


def test_requests_of_the_link_take_no_slot() -> None:
    """enquire_link must go out just when the window is full and nothing comes back."""
    slots = window(size=1)
    slots.open_slot(1, SUBMIT_SM, None, now=0.0)
    slots.track_control_request(2, CommandId.ENQUIRE_LINK)

    assert 1 == slots.in_flight
    assert 2 in slots
    assert 10.0 == slots.next_deadline()
    assert slots.close_slot(2, CommandId.ENQUIRE_LINK_RESP) is not None
    assert 2 not in slots


def test_loss_of_the_link_frees_everything() -> None:
    """Every request that was written is of unknown outcome then, at once."""
    slots = window(size=4, response_timeout=10.0)
    slots.open_slot(1, SUBMIT_SM, "overdue", now=0.0)
    slots.expire(10.0)
    slots.open_slot(2, SUBMIT_SM, "at 20", now=10.0)
    slots.open_slot(3, SUBMIT_SM, "at 15", now=10.0, timeout=5.0)
    slots.track_control_request(4, CommandId.UNBIND)

    assert ["at 15", "at 20"] == contexts(slots.drain())
    assert not any(number in slots for number in range(1, 5))
    assert slots.next_deadline() is None
    assert [] == slots.drain()
    assert (0, slots.size) == (slots.in_flight, slots.free)


def test_repr_shows_the_debts_and_no_context() -> None:
    """A context may hold a message text."""
    slots = window()
    slots.open_slot(1, SUBMIT_SM, "secret", now=0.0)
    slot = slots.close_slot(1, SUBMIT_SM_RESP)

    assert "Window(0/3 in flight, 0 overdue)" == repr(slots)
    assert "Slot(sequence_number=1, command_id=submit_sm, deadline=10.0)" == repr(slot)


@settings(max_examples=30)
@given(st.randoms(use_true_random=False), st.integers(1, 20))
def test_no_fate_leaks_a_slot(rng: random.Random, size: int) -> None:
    """Answered, overdue, answered late, refused: the count is right after each of them."""
    slots, now, awaited = window(size=size, response_timeout=5.0), 0.0, set[int]()
    for number in range(1, 41):
        now += rng.choice([0.0, 0.1, 3.0])
        timeout = rng.choice([None, 0.5, 20.0])
        if len(awaited) < size:
            if timeout is None:
                slots.last_number = number - 1
                slots.open_submit(number, now)
            else:
                slots.open_slot(number, SUBMIT_SM, number, now=now, timeout=timeout)
            awaited.add(number)
        if awaited and rng.random() < 0.5:
            answered = rng.choice(sorted(awaited))
            assert slots.close_slot(answered, SUBMIT_SM_RESP) is not None
            awaited.remove(answered)
        awaited -= {slot.sequence_number for slot in slots.expire(now)}
        assert len(awaited) == slots.in_flight
        deadline = slots.next_deadline()
        assert (deadline is None) == (not awaited)
        assert deadline is None or deadline > now

    assert awaited == {slot.sequence_number for slot in slots.drain()}


def test_ten_thousand_requests_leave_the_window_empty() -> None:
    """The leak that is one slot in a thousand shows itself after a day."""
    rng = random.Random(1)  # noqa: S311 - a fixed course of fates
    slots = window(size=100, response_timeout=5.0)
    for number in range(1, 10_001):
        slots.expire(number * 0.1)
        slots.open_slot(
            number, SUBMIT_SM, None, now=number * 0.1, timeout=rng.choice([None, 1.0, 9.0])
        )
        slots.close_slot(rng.randint(max(1, number - 80), number), SUBMIT_SM_RESP)

    slots.expire(2000.0)

    assert 0 == slots.in_flight
    assert not re.search(r"[1-9]/", repr(slots))


def test_full_window_says_so_before_anything_is_opened() -> None:
    """A caller checks before it takes a number."""
    window = Window(1, 30.0)
    window.check_free()
    window.open_slot(1, CommandId.SUBMIT_SM, None, 0.0)

    assert 0 == window.free
    with pytest.raises(WindowFullError):
        window.check_free()
