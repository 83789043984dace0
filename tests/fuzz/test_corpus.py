"""Replay of the fuzzing corpus.

Rule: an input leaves the corpus only if the others cover as much. An input that failed stays.
"""

from __future__ import annotations

import pytest
from fuzz import TARGETS as NAMES
from fuzz import inputs
from fuzzed import TARGETS


def test_every_target_has_a_corpus() -> None:
    """Each target is fuzzed and replayed."""
    assert set(TARGETS) == set(NAMES)
    assert all(len(inputs(target)) >= 20 for target in NAMES)


@pytest.mark.takes_up_to(20, reason="a whole client for each input, in debug mode")
@pytest.mark.parametrize("target", NAMES)
def test_no_input_raises_anything_but_typed_errors(target: str) -> None:
    """No request, task or link is left at the end."""
    for octets in inputs(target):
        TARGETS[target](octets)
