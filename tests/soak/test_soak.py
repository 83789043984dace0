"""A few seconds of the soak test in every run; `make soak` runs longer."""

from __future__ import annotations

import pytest
from chaos import Odds
from soak import soak

ROUGH = Odds(
    throttled=0.001,
    refused=0.01,
    unanswered=0.001,
    doubled=0.02,
    dropped=0.002,
    cut=0.001,
    garbled=0.001,
    garbage=0.001,
    unbound=0.001,
    stalled=0.005,
    strange=0.01,
)
"""Some five times as much of everything, since there are so few messages."""


@pytest.mark.takes_up_to(20, reason="thousands of messages, dozens of links, in debug mode")
@pytest.mark.parametrize("seed", [1, 2])
async def test_accounts_agree_after_chaos(seed: int) -> None:
    """None lost, doubled or silent; the window is empty, and every outcome is reported once."""
    account, chaos = await soak(3000, seed=seed, odds=ROUGH)

    faults = {name: count for name, count in account.verdict(chaos).items() if count}
    assert {} == faults
    assert account.links > 4
    assert 3000 == account.messages
