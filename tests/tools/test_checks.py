"""What the checks rely on."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from checks import FLOORS, own_tests
from environment import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOCKS = {"anyio", "asyncio", "select", "signal", "socket", "subprocess", "threading", "time"}


def imported(source: str) -> Iterator[str]:
    """Yield the top packages that a module imports anywhere."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("floor", FLOORS)
def test_tests_of_floors_0_to_2_have_nothing_to_sleep_with(floor: str) -> None:
    """Their time is moved; the limit of processor time doesn't see a test that sleeps."""
    path = Path(floor)
    tests = ROOT / (own_tests(path) if path.suffix else own_tests(path / "any.py").parent)
    modules = [tests] if path.suffix else sorted(tests.rglob("*.py"))

    assert modules
    assert {} == {
        str(module): found
        for module in modules
        if (found := CLOCKS & set(imported(module.read_text(encoding="utf-8"))))
    }
