"""The lab, once on time and then with random timing, as often as one likes.

`FAULTS_REPEAT` says how often each test runs, the first time on time; `FAULTS_SEED` changes all
that is random. `make faults` sets both.
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
    """What is random in this run; None in the first one, which is punctual."""
    if not repetition:
        return None
    return Random(f"{SEED} {request.node.name}")  # noqa: S311 - no secret


@pytest.fixture
async def lab(monkeypatch: pytest.MonkeyPatch, chance: Random | None) -> AsyncGenerator[Lab]:
    """A lab whose account is made up at the end."""
    async with Lab(monkeypatch, chance) as laboratory:
        yield laboratory
