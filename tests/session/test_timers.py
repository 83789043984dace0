"""Timers of a session: bind, enquire_link, unbind, inactivity, incomplete PDU."""

from __future__ import annotations

import pytest

from smsc_async.session import Role, SessionLimits, SessionState
from smsc_async.session.timers import STARTED_IN, Timer, Timers

S = SessionState
LIMITS = SessionLimits(
    bind_timeout=1.0,
    enquire_link_interval=2.0,
    enquire_link_timeout=3.0,
    unbind_timeout=4.0,
    inactivity_timeout=5.0,
    pdu_timeout=6.0,
)


@pytest.mark.parametrize(
    ("timer", "expected"),
    [
        (Timer.BIND, 101.0),
        (Timer.ENQUIRE_LINK, 102.0),
        (Timer.ENQUIRE_LINK_RESP, 103.0),
        (Timer.UNBIND, 104.0),
        (Timer.INACTIVITY, 105.0),
        (Timer.PDU, 106.0),
    ],
)
def test_each_timer_runs_as_long_as_its_limit(timer: Timer, expected: float) -> None:
    """A setting that does nothing is the commonest fault of all."""
    timers = Timers(LIMITS)
    timers.start(timer, 100.0)

    assert expected == timers.next_deadline()
    assert timers.is_running(timer)


def test_timer_without_a_limit_never_runs() -> None:
    """None means never, as for the gateway's own cut."""
    timers = Timers(SessionLimits(inactivity_timeout=None))
    timers.start(Timer.INACTIVITY, 100.0)

    assert timers.next_deadline() is None
    assert timers.pop_expired(1e9) is None


def test_timers_expire_in_the_order_of_their_deadlines() -> None:
    """After a long pause the one that came first decides how the link ended."""
    timers = Timers(LIMITS)
    timers.start(Timer.PDU, 100.0)
    timers.start(Timer.BIND, 104.0)

    assert timers.pop_expired(104.9) is None
    assert Timer.BIND is timers.pop_expired(105.0)
    assert [Timer.PDU, None] == [timers.pop_expired(200.0) for _ in range(2)]


def test_activity_postpones_only_a_running_timer() -> None:
    """A response must not start an enquire_link timer while another enquire_link is unanswered."""
    timers = Timers(LIMITS)
    timers.answered_at = 100.0
    assert timers.next_deadline() is None

    timers.start(Timer.ENQUIRE_LINK, 100.0)
    timers.answered_at = 101.0

    assert 103.0 == timers.next_deadline()
    assert timers.pop_expired(102.9) is None


def test_request_of_the_peer_postpones_inactivity_alone() -> None:
    """A peer that sends but never answers is asked for a sign of life all the same."""
    timers = Timers(LIMITS)
    timers.start(Timer.ENQUIRE_LINK, 100.0)
    timers.start(Timer.INACTIVITY, 100.0)
    timers.received_at = 101.0

    assert [Timer.ENQUIRE_LINK, None] == [timers.pop_expired(at) for at in (102.0, 105.9)]
    assert Timer.INACTIVITY is timers.pop_expired(106.0)


def test_activity_before_the_start_shortens_nothing() -> None:
    """A timer that starts later than the last response runs its whole length."""
    timers = Timers(LIMITS)
    timers.answered_at = 90.0
    timers.start(Timer.ENQUIRE_LINK, 100.0)

    assert 102.0 == timers.next_deadline()


def test_end_of_a_session_is_timed_from_the_first_unbind() -> None:
    """Its response begins no second wait; without one before, the timer starts with it."""
    ours, peers = Timers(LIMITS), Timers(LIMITS)
    ours.enter(Role.ESME, S.UNBINDING, 100.0)
    ours.enter(Role.ESME, S.UNBOUND, 103.0)
    peers.enter(Role.ESME, S.UNBOUND, 103.0)

    assert ours.next_deadline() == 100.0 + LIMITS.unbind_timeout
    assert peers.next_deadline() == 103.0 + LIMITS.unbind_timeout


def test_stopping_twice_does_no_harm() -> None:
    """The caller need not check whether the timer is running."""
    timers = Timers(LIMITS)
    timers.start(Timer.UNBIND, 100.0)
    timers.stop(Timer.UNBIND)
    timers.stop(Timer.UNBIND)
    assert timers.next_deadline() is None

    timers.start(Timer.PDU, 100.0)
    timers.stop_all()
    assert timers.next_deadline() is None


@pytest.mark.parametrize(
    ("role", "state", "expected"),
    [
        (Role.ESME, S.OPEN, ()),
        (Role.SMSC, S.OPEN, (Timer.BIND,)),
        (Role.ESME, S.OUTBOUND, ()),
        (Role.SMSC, S.OUTBOUND, (Timer.BIND,)),
        (Role.ESME, S.BINDING, (Timer.BIND,)),
        (Role.SMSC, S.BINDING, ()),
        (Role.ESME, S.BOUND_TX, (Timer.ENQUIRE_LINK, Timer.INACTIVITY)),
        (Role.SMSC, S.BOUND_RX, (Timer.ENQUIRE_LINK, Timer.INACTIVITY)),
        (Role.ESME, S.BOUND_TRX, (Timer.ENQUIRE_LINK, Timer.INACTIVITY)),
        (Role.ESME, S.UNBINDING, (Timer.UNBIND,)),
        (Role.SMSC, S.UNBINDING, (Timer.UNBIND,)),
        (Role.ESME, S.UNBOUND, (Timer.UNBIND,)),
        (Role.SMSC, S.UNBOUND, (Timer.UNBIND,)),
        (Role.SMSC, S.CLOSED, ()),
    ],
)
def test_what_starts_in_a_state(
    role: Role, state: SessionState, expected: tuple[Timer, ...]
) -> None:
    """The ESME waits for the bind response, the SMSC for the request; each state has an end."""
    assert expected == STARTED_IN.get((role, state), ())


def test_new_state_drops_the_waits_of_the_old_one_but_half_a_pdu() -> None:
    """A slow-loris must not win time by being bound meanwhile."""
    timers = Timers(LIMITS)
    timers.start(Timer.BIND, 100.0)
    timers.start(Timer.PDU, 100.0)
    timers.enter(Role.ESME, S.BOUND_TRX, 101.0)

    assert [Timer.ENQUIRE_LINK, Timer.INACTIVITY, Timer.PDU] == sorted(
        timer for timer in Timer if timers.is_running(timer)
    )
    assert 103.0 == timers.next_deadline()


def test_repr_shows_the_running_timers() -> None:
    """They show why a link hangs."""
    timers = Timers(LIMITS)
    timers.start(Timer.UNBIND, 100.0)

    assert "Timers(UNBIND=104.0)" == repr(timers)
