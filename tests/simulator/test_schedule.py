"""What is done later, by the gateway's clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smsc_async.simulator.schedule import Schedule


def test_actions_are_done_in_the_order_of_their_times() -> None:
    """Those of one time in the order of the calls."""
    schedule, done = Schedule(), list[str]()
    for at, name in ((2.0, "b"), (1.0, "a"), (2.0, "c"), (3.0, "d")):
        schedule.call_at(at, lambda name, _now: done.append(name), name)
    schedule.run_due(2.0)

    assert (["a", "b", "c"], 3, 3.0) == (done, schedule.ran, schedule.next_deadline())


def test_move_does_each_action_at_its_own_instant() -> None:
    """A receipt that was due after a minute has that date, also if an hour passes at once."""
    schedule, seen = Schedule(), list[tuple[float, float]]()

    def note(now: float) -> None:
        seen.append((now, schedule.time(now)))

    for at in (70.0, 110.0, 4000.0):
        schedule.call_at(at, note)
    schedule.move(3600.0, 10.0)

    assert [(10.0, 70.0), (10.0, 110.0)] == seen
    assert (3600.0, 400.0) == (schedule.shift, schedule.next_deadline())


def test_action_that_an_action_schedules_is_done_in_the_same_move() -> None:
    """An hour holds both the response and the receipt that is planned with it."""
    schedule, seen = Schedule(), list[float]()

    def respond(now: float) -> None:
        schedule.call_at(schedule.time(now) + 5.0, lambda now: seen.append(schedule.time(now)))

    schedule.call_at(60.0, respond)
    schedule.move(64.0, 0.0)
    assert [] == seen
    schedule.move(1.0, 0.0)
    assert [65.0] == seen


def test_cancelled_action_is_never_done_and_wakes_no_one() -> None:
    """The timer is set for the next action that is left."""
    schedule, done = Schedule(), list[float]()
    first = schedule.call_at(1.0, done.append)
    schedule.call_at(2.0, done.append)
    schedule.cancel(schedule.call_at(3.0, done.append))
    schedule.cancel(first)

    assert 2.0 == schedule.next_deadline()
    schedule.run_due(5.0)
    schedule.cancel(first)
    assert ([5.0], 1, None) == (done, schedule.ran, schedule.next_deadline())


def test_overdue_action_does_not_set_the_clock_back() -> None:
    """A move while an action is late begins at the present."""
    schedule, seen = Schedule(), list[float]()
    schedule.call_at(1.0, lambda now: seen.append(schedule.time(now)))
    schedule.move(10.0, 5.0)

    assert [5.0] == seen


@given(
    times=st.lists(st.floats(0, 100), max_size=20),
    moves=st.lists(st.floats(0, 50), min_size=1, max_size=6),
)
def test_moves_do_what_waiting_would_do(times: list[float], moves: list[float]) -> None:
    """In the same order, and everything that is due by then."""
    waited, moved = Schedule(), Schedule()
    by_waiting, by_moving = list[int](), list[int]()
    for index, at in enumerate(times):
        waited.call_at(at, lambda index, _now: by_waiting.append(index), index)
        moved.call_at(at, lambda index, _now: by_moving.append(index), index)
    for seconds in moves:
        moved.move(seconds, 0.0)
    waited.run_due(moved.shift)

    assert by_waiting == by_moving


def test_cancelled_actions_are_dropped() -> None:
    """A fate that is given again and again leaves no trace."""
    schedule, done = Schedule(), list[float]()
    schedule.call_at(1.0, done.append)
    for _ in range(5000):
        schedule.cancel(schedule.call_at(86_400.0, done.append))
    schedule.call_at(2.0, done.append)

    assert len(schedule) < 2100
    schedule.run_due(86_400.0)
    assert ([86_400.0] * 2, 0) == (done, len(schedule))


def test_clock_may_be_slower_than_that_of_the_links() -> None:
    """One that a test moves stands still in between; what was done stays done."""
    schedule, done = Schedule(), list[float]()
    schedule.call_at(1.0, done.append)
    schedule.run_due(1.0)
    schedule.move(-1.0, 1.0)

    assert ([1.0], 0.0) == (done, schedule.time(1.0))
    schedule.call_at(0.5, done.append)
    schedule.move(0.5, 1.0)
    assert [1.0, 1.0] == done


def test_repr_says_what_waits() -> None:
    """For the debugger."""
    schedule = Schedule()
    action = schedule.call_at(1.0, lambda _now: None)
    schedule.move(0.5, 0.0)
    schedule.cancel(action)

    assert "<Schedule, 1 actions, 0.5 s ahead>" == repr(schedule)
    assert "<ScheduledAction at 1, over>" == repr(action)
