"""The rules as one client meets them: what the links are told."""

from __future__ import annotations

from time import monotonic

import pytest

from smsc_async import GatewayLimits, MemoryRuleStore
from smsc_async.client.admission import AdmissionControl


@pytest.mark.parametrize(
    ("limits", "lateness"),
    [
        (GatewayLimits(), 0.5),
        (GatewayLimits(margin=0.0), 0.0),
        (GatewayLimits.off(), float("inf")),
    ],
    ids=["margin", "no margin", "no rule"],
)
async def test_wait_of_a_message_is_told_beyond_half_the_margin(
    limits: GatewayLimits, lateness: float
) -> None:
    """The gateway counts from arrival: without a margin every wait matters, without a rule none."""
    gate = AdmissionControl(limits, MemoryRuleStore(), monotonic)

    assert lateness == gate.lateness
