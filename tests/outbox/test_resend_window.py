"""The window in which a repeat is refused, on every clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from smsc_async import GatewayLimits
from smsc_async.client.write_queue import boot_seconds
from smsc_async.outbox import resend_window
from smsc_async.outbox.resend_window import (
    FirstWrite,
    WriteLimit,
    boot_id,
    window_of,
)

if TYPE_CHECKING:
    from pathlib import Path


def written(seconds_ago: float, age: float | None = None, boot: str | None = None) -> FirstWrite:
    """Make the first write of some seconds ago."""
    boot = boot_id() if boot is None else boot
    return FirstWrite(seconds_ago if age is None else age, boot, boot_seconds() - seconds_ago)


@pytest.mark.parametrize("age", [-3600.0, 0.0, 50.0])
def test_time_since_the_boot_outweighs_a_wall_clock(age: float) -> None:
    """It can't be set; a wall clock that is behind says nothing."""
    first = written(50.0, age)

    assert 50.0 == pytest.approx(first.elapsed(), abs=1.0)
    assert first.may_be_within(59.0)
    assert not first.may_be_within(49.0)


def test_wall_clock_that_says_later_is_believed() -> None:
    """An error in this direction costs a question, the other one money."""
    assert not written(1.0, age=100.0).may_be_within(59.0)


@pytest.mark.parametrize(("age", "is_within"), [(5.0, True), (60.0, False), (-5.0, False)])
def test_other_machines_have_the_clock_of_the_database(age: float, is_within: bool) -> None:  # noqa: FBT001 - a parameter
    """They may ask for a resend; the machine of the first attempt proves that it is in time."""
    first = written(5.0, age, boot="another")

    assert first.elapsed() is None
    assert is_within is first.may_be_within(59.0)
    assert not FirstWrite(5.0, None, None).may_be_within(59.0)


@pytest.mark.parametrize(
    ("limits", "window"),
    [
        (GatewayLimits(), 59.0),
        (GatewayLimits(repeat_window=10.0, margin=2.0), 8.0),
        (GatewayLimits(repeat_window=1.0, margin=2.0), 0.0),
        (GatewayLimits.off(), 0.0),
    ],
)
def test_window_is_a_margin_shorter(limits: GatewayLimits, window: float) -> None:
    """The gateway counts from the arrival of the first attempt, and the second one takes time."""
    assert window == window_of(limits)


@pytest.mark.parametrize("clock", ["client", "boot_seconds", "monotonic", "time"])
def test_limit_ends_when_any_clock_says_so(monkeypatch: pytest.MonkeyPatch, clock: str) -> None:
    """A suspended machine advances one, a moved clock of a test another."""
    now = 0.0
    if clock == "boot_seconds":
        monkeypatch.setattr(resend_window, "boot_seconds", lambda: now)
    elif clock != "client":
        monkeypatch.setattr(time, clock, lambda: now)
    limit = WriteLimit(10.0, (lambda: now) if clock == "client" else (lambda: 0.0))
    assert 0.0 < limit.remaining() <= 10.0
    assert "s left" in repr(limit)
    now = 10.0

    assert limit.remaining() <= 0.0


def test_wall_clock_that_is_set_back_extends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other clocks go on."""
    now = 0.0
    limit = WriteLimit(10.0, lambda: now)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    now = 10.0

    assert limit.remaining() <= 0.0


def test_system_without_a_boot_id_knows_this_process_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Then a resend after a restart of the worker needs consent."""
    monkeypatch.setattr(resend_window, "_BOOT_ID", tmp_path / "nothing")
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    made = {boot_id.__wrapped__() for _ in range(2)}

    assert 2 == len(made)
    assert all(one.startswith("process ") for one in made)
    assert boot_seconds() == pytest.approx(time.monotonic(), abs=1.0)
