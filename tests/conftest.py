"""What every test gets: asyncio's debug mode, settled hypothesis, and one second.

Rule: a test's call works a second at most, in processor time, and waits for timers a second at
most; one that needs more says how much and why, with `@pytest.mark.takes_up_to(seconds,
reason=...)`. Neither depends on how busy the machine is: asynchronous tests run on a loop whose
clock runs only while it waits, and a test that works too long is judged by a reference measured
at that moment, since a processor that is shared works more slowly.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from idle_clock import IdleClockLoop, IdleSelector
from log_watch import LogWatch, attach, name_of, proofs_of_faults
from postgres_server import postgres  # noqa: F401 - a fixture of several rooms

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Generator, Iterator

# Event loops read it when they are made, also those on other threads and in child processes.
os.environ.setdefault("PYTHONASYNCIODEBUG", "1")

# A shared machine may stall any example: the limit below is the one clock of the suite.
settings.register_profile(
    "suite",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
# Branches covered by luck aren't covered: few examples, and always the same.
settings.register_profile(
    "coverage", settings.get_profile("suite"), max_examples=10, derandomize=True
)
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `-o test_time_limit=0` lift the limit where something slows every test down."""
    parser.addini("test_time_limit", "seconds a test's call may take; 0 for no limit", default="1")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, since markers are strict; let what is started here be interrupted.

    A shell that runs the tests in the background has them ignore Ctrl+C, and their children too.
    """
    line = "takes_up_to(seconds, *, reason): the test may work longer than a second, and why"
    config.addinivalue_line("markers", line)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Draw up hypothesis's tables of Unicode now, or the first test with a text pays for it."""
    st.text().validate()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Search the log of every test of the fault matrix, wherever it stands."""
    proofs = proofs_of_faults()
    for item in items:
        if name_of(item) in proofs:
            item.fixturenames.insert(0, "watched_log")  # type: ignore[attr-defined]  # of a function


@pytest.fixture
def watched_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogWatch]:
    """All loggers at DEBUG; no line may hold a text, a number or a password of the test."""
    root, watch = logging.getLogger(), LogWatch()
    attach(watch, monkeypatch)
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(watch)
    yield watch
    root.removeHandler(watch)
    root.setLevel(level)
    assert [] == watch.leaks()


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run tests on a loop for which a busy machine makes nothing late."""
    return {"idle_clock": IdleClockLoop}


def time_limit(item: pytest.Item) -> float:
    """Return the seconds of processor time a test may take, 0 for any number."""
    limit = float(item.config.getini("test_time_limit"))
    marker = item.get_closest_marker("takes_up_to")
    if marker is None or not limit:
        return limit
    if not marker.kwargs.get("reason"):
        pytest.fail("takes_up_to without a reason", pytrace=False)
    return float(marker.args[0])


def processor_seconds() -> float:
    """Return the processor time of this process and of the children it has waited for.

    Time on the clock would tell how busy the machine is.
    """
    return sum(os.times()[:4])


REFERENCE = 0.012
"""Seconds of processor time that `measure_reference` takes on the machine the limits are for."""


def measure_reference() -> float:
    """Return the processor time of a fixed piece of work, now."""
    began = time.process_time()
    for number in range(20_000):
        {"number": str(number), "squares": [number * n for n in range(3)]}.items()
    return time.process_time() - began


def scaled(limit: float) -> float:
    """Return a limit for the speed that the processor has now: at least twice the limit."""
    measured = sorted(measure_reference() for _ in range(5))
    return 2 * limit * max(1.0, measured[2] / REFERENCE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fail a test that passed, but worked, or waited for timers, longer than it may."""
    limit = time_limit(item)
    began, slept = processor_seconds(), IdleSelector.slept
    yield
    took, slept = processor_seconds() - began, IdleSelector.slept - slept
    if limit and (slept > limit or (took > limit and took > scaled(limit))):
        said = f"worked {took:.2f} s and slept {slept:.2f} s, a test takes at most {limit:g} s"
        pytest.fail(said, pytrace=False)
