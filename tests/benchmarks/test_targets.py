"""`benchmarks/targets.py`: what has a verdict, and what is only shown."""

from __future__ import annotations

import pytest
import ratio
from history import SHAPES
from targets import MOST, Target, all_targets

SEND = "`send`, one part of 120 octets: CPU / floor"


def run_with(**data: object) -> dict[str, Target]:
    """Return the targets of a run by their claims."""
    return {each.claim: each for each in all_targets({"race": {}} | data)}


@pytest.mark.parametrize(("value", "verdict"), [(3.6, "holds"), (3.61, "doesn't hold")])
def test_cost_of_a_send_is_judged_beside_the_floor(value: float, verdict: str) -> None:
    """Processor time beside bare asyncio in the same round is what machines agree on."""
    found = run_with(compared={"ratios": {SEND: [value, value, value]}})

    assert verdict == found[f"{SEND}: at most 3.6"].verdict


@pytest.mark.parametrize("rate", [1.0, 30_000.0, 1e9])
def test_rates_have_no_verdict(rate: float) -> None:
    """Beside a client with threads they vary twofold from machine to machine."""
    race = {"ours send": [{"rate": rate, "cpu_us": 99.0}], "smpp34": [{"rate": 20_000.0}]}
    found = run_with(race={"100": race}, receipts={"ours receipts": [{"rate": rate}]})

    rates = [
        each for each in found.values() if "smpp34" in each.claim and "codec" not in each.claim
    ]
    assert {"–"} == {each.verdict for each in [*rates, found["receipts received"]]}
    assert f"{rate / 20_000:.2f}" in [each.measured for each in rates]


def test_what_was_not_measured_is_not_met() -> None:
    """A probe that fails must not pass for a stall of no length."""
    found = run_with(compared={"ratios": {}, "stalls": {}})

    stalls = [each for each in found.values() if "stall" in each.claim]
    assert 3 == len(stalls)
    assert {"not measured"} == {each.verdict for each in stalls}


def test_stall_is_judged_as_processor_time() -> None:
    """Seconds of the loop's thread: another process of the machine doesn't lengthen them."""
    name = "4 000 throttled in flight"
    found = run_with(compared={"stalls": {name: {"ours": [{"stall": 0.25}, {"stall": 0.19}]}}})

    (each,) = [each for each in found.values() if each.claim.startswith(name)]
    assert ("0.22 s", "doesn't hold") == (each.measured, each.verdict)


def test_each_bound_belongs_to_a_row_that_is_measured() -> None:
    """A row that is renamed would leave its target unmeasured for ever."""
    rows = {f"{ratio.SHAPES[shape]}: CPU / floor" for shape in SHAPES}

    assert {name for name in MOST if name.endswith("floor")} <= rows
