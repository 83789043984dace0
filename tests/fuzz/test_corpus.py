"""Every input that was ever interesting, run again.

Rule: the corpus only shrinks by something that covers as much. An input that once failed stays.
"""

from __future__ import annotations

import pytest
from fuzz import TARGETS as NAMES
from fuzz import inputs
from fuzzed import TARGETS


def test_every_target_has_a_corpus() -> None:
    """Each is fuzzed, and each is replayed."""
    assert set(TARGETS) == set(NAMES)
    assert all(len(inputs(target)) >= 20 for target in NAMES)


@pytest.mark.takes_up_to(20, reason="a whole client for each input, in debug mode")
@pytest.mark.parametrize("target", NAMES)
def test_no_input_does_more_than_fail_typed(target: str) -> None:
    """Sessions settle with everybody, gateway and client end with nothing left."""
    for octets in inputs(target):
        TARGETS[target](octets)
