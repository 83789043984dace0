"""The fault lab: each test runs once without delays, then any number of times with random timing.

`FAULTS_REPEAT` is the number of runs of each test, the first one without delays; `FAULTS_SEED` is
the seed of all randomness. `make faults` sets both.
"""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest
from faultlab import Lab

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

REPEAT = int(os.environ.get("FAULTS_REPEAT", "2"))
SEED = os.environ.get("FAULTS_SEED", "0")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat each test that breaks links."""
    if "repetition" in metafunc.fixturenames:
        metafunc.parametrize("repetition", range(REPEAT), ids=lambda number: f"run{number}")


@pytest.fixture
def chance(repetition: int, request: pytest.FixtureRequest) -> Random | None:
    """The randomness of this run; None in the first one, which has no delays."""
    if not repetition:
        return None
    return Random(f"{SEED} {request.node.name}")  # noqa: S311 - no secret


@pytest.fixture
async def lab(monkeypatch: pytest.MonkeyPatch, chance: Random | None) -> AsyncGenerator[Lab]:
    """A lab whose records are compared at the end."""
    async with Lab(monkeypatch, chance) as laboratory:
        yield laboratory
