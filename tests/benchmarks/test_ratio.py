"""`make ratio`: figures that decide about a change of a few per cent."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from itertools import pairwise

import pytest
import ratio
from ratio import Slice
from surroundings import MissingError, program

NAMES = ["floor", "1aa20ef", "."]


def test_cost_is_compared_within_a_round() -> None:
    """A processor that halves its speed between two rounds leaves every ratio as it was."""
    fast = {"floor": Slice(0.01, 0.02, 1000), ".": Slice(0.04, 0.08, 1000)}
    slow = {name: Slice(2 * cpu, 2 * wall, done) for name, (cpu, wall, done) in fast.items()}

    found = ratio.ratios([fast, slow, fast], "floor")

    assert {
        "floor": {"cost": (1, 1, 1), "rate": (1, 1, 1)},
        ".": {"cost": (4, 4, 4), "rate": (0.25, 0.25, 0.25)},
    } == found


def test_spread_is_the_median_and_its_quartiles() -> None:
    """One slice that another process interrupts must not move the figure."""
    assert (3, 2, 4) == ratio.spread([1, 4, 1000, 2, 3])


def test_each_contestant_works_once_a_round() -> None:
    """Ratios within a round need a slice of each."""
    assert all(sorted(NAMES) == sorted(ratio.order(NAMES, number)) for number in range(100))


def test_each_contestant_follows_each_other_one_about_as_often() -> None:
    """The predecessor leaves its data in the caches; that must not favour one revision."""
    rounds = [ratio.order(NAMES, number) for number in range(100)]

    pairs = Counter(pair for turns in rounds for pair in pairwise(turns))

    assert 6 == len(pairs)
    assert all(20 < often < 46 for often in pairs.values())


@pytest.mark.skipif(shutil.which("cc") is None, reason="the sink needs a C compiler")
@pytest.mark.parametrize("shape", ratio.SHAPES)
@pytest.mark.takes_up_to(
    30, reason="starts three processes, two of which warm up for half a second"
)
def test_floor_and_client_work_by_turns(shape: str, request: pytest.FixtureRequest) -> None:
    """The drivers are no part of the packages, so nothing else would notice that one broke."""
    contestants = [
        ratio.python_contestant("floor", "floor", sys.executable),
        ratio.python_contestant(".", "ours", sys.executable),
    ]

    postgres = request.getfixturevalue("postgres") if shape == "postgres" else ""
    try:
        rounds = ratio.race(
            shape, contestants, rounds=2, seconds=0.001, window=10, postgres=postgres
        )
    except MissingError as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))

    assert 2 == len(rounds)
    assert all(each.cpu > 0 and each.messages > 0 for one in rounds for each in one.values())


def test_contestant_that_fails_is_an_error() -> None:
    """A table without it would be read as if it had taken part."""
    broken = ratio.Contestant("broken", (sys.executable, "-c", "raise SystemExit(1)"))

    with (
        ratio.Process(broken, []) as process,
        pytest.raises(ratio.RatioError, match="broken ended"),
    ):
        process.answer()


def test_program_that_is_missing_is_named_with_its_remedy() -> None:
    """A shape is never measured without what it is about."""
    with pytest.raises(MissingError, match="no-such-server isn't installed: apt install it"):
        program("no-such-server", "apt install it")
