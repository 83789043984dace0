"""The performance targets, and whether a run meets them.

Rule: a target is checked within one run, by the ratios within rounds, never against figures of
another day. A target that couldn't be measured isn't met. Rates are shown without a verdict: beside
a client with threads they vary by a factor of two from machine to machine, for the same commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench_client import middle, ratio
from bench_stalls import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers import Result

# Rows of `history.measure`.
MOST = {
    "`send`, one part of 120 octets: CPU / floor": 3.6,
    "`send_many`: CPU / floor": 2.9,
    "`send`, and the receipt awaited: CPU / floor": 2.5,
    "`import smsc_async`: CPU / its imports": 1.6,
    "`from smsc_async import SmscClient, Sms`: CPU / its imports": 1.6,
    "`smsc --version`: CPU / bare Python": 6.0,
}
SETTLED = 50_000  # messages after which memory no longer grows
# The tables are rebuilt from time to time, and the allocator keeps some of their memory.
ALLOWED_GROWTH = 1.10


@dataclass(frozen=True, slots=True)
class Target:
    """One target.

    Args:
        claim: The target with its number.
        measured: The result in words, or why it wasn't measured.
        holds: Whether it is met; None if it wasn't measured.
        is_judged: Whether it has a bound; otherwise it is a figure without a verdict.
    """

    claim: str
    measured: str
    holds: bool | None
    is_judged: bool = True

    @property
    def verdict(self) -> str:
        """Return the verdict in a word or two; a dash for a mere figure."""
        if not self.is_judged:
            return "–"
        return {True: "holds", False: "doesn't hold", None: "not measured"}[self.holds]


def at_least(claim: str, value: float | None, least: float, form: str) -> Target:
    """Return a target with a lower bound."""
    if value is None:
        return Target(claim, "–", None)
    return Target(claim, form.format(value), value >= least)


def at_most(claim: str, value: float | None, most: float, form: str) -> Target:
    """Return a target with an upper bound."""
    if value is None:
        return Target(claim, "–", None)
    return Target(claim, form.format(value), value <= most)


def shown(claim: str, value: float | None, form: str) -> Target:
    """Return a figure without a verdict."""
    said = "–" if value is None else form.format(value)
    return Target(claim, said, None, is_judged=False)


def all_targets(data: dict[str, Any]) -> list[Target]:
    """Return all targets with their results in *data* of a whole run."""
    race: dict[str, list[Result]] = data["race"].get("100", {})
    taken = data.get("receipts", {}).get("ours receipts", [])
    return [
        *_compared(data.get("compared", {})),
        *_codec(data.get("codec", {})),
        *_growth(data.get("growth", {})),
        *_latency(data.get("half_load", {})),
        *_speed(race),
        shown("receipts received", middle(taken, "rate"), "{:,.0f} a second"),
    ]


def _compared(found: dict[str, Any]) -> Iterator[Target]:
    """Yield the targets by the method of `ratio.py`, of starts, and of stalls."""
    ratios = found.get("ratios", {})
    for name, most in MOST.items():
        value = ratios.get(name, [None])[0]
        yield at_most(f"{name}: at most {most:g}", value, most, "{:.2f}")
    for case in CASES:
        stall = middle(found.get("stalls", {}).get(case.name, {}).get("ours", []), "stall")
        claim = f"{case.name}: longest stall of the loop at most {case.limit:g} s"
        yield at_most(claim, stall, case.limit, "{:.2f} s")


def _speed(race: dict[str, list[Result]]) -> Iterator[Target]:
    """Yield the figures of sending at window 100; they have no bounds."""
    smpp34 = race.get("smpp34", [])
    for name in ("send", "send_many"):
        found = race.get(f"ours {name}", [])
        yield shown(f"{name}, window 100: rate / smpp34's", ratio(found, smpp34, "rate"), "{:.2f}")
        cost = middle(found, "cpu_us")
        yield shown(f"{name}, window 100: CPU of a message", cost, "{:.1f} µs")


def _codec(codec: dict[str, Any]) -> Iterator[Target]:
    """Yield the targets of the codec, judged by its own benchmark."""
    for found in codec.get("targets", []):
        claim = f"{found['row']}: at most {found['target']:.3f} × {found['peer']}"
        yield Target(claim, f"{found['ratio']:.3f} ×", found["met"])
    if not codec.get("targets"):
        yield Target("the codec's ratios to smpp34 and construct", "–", None)


def _growth(growth: dict[str, Any]) -> Iterator[Target]:
    """Yield the targets of memory and of concurrent callers."""
    yield _flat([line for line in growth.get("sent", {}).get("rules off", []) if "sent" in line])
    waiting = growth.get("waiting", {})
    ours = waiting.get("ours", {})
    many = ours.get(100_000, [])
    done = [line.get("completed", 0) for line in many]
    claim = "100 000 sends at once complete, first come first served"
    if done:
        in_order = all(line.get("in_order") for line in many)
        holds = in_order and all(number == 100_000 for number in done)
        said = f"{min(done):,} completed, {'in order' if in_order else 'out of order'}"
        yield Target(claim, said, holds)
    else:
        yield Target(claim, "–", None)
    for way in ("", " tuned"):
        bare = _slowed(waiting.get(f"bare tasks{way}", {}))
        said = "" if bare is None else f" (tasks of asyncio alone: {bare:.2f} ×)"
        yield at_least(
            f"their rate{way and ', collector tuned'}: at least 0.8 × that of 1000 callers",
            _slowed(waiting.get(f"ours{way}", {})), 0.8, "{:.2f} ×" + said,
        )  # fmt: skip
    # Below a few thousand callers the allocator's steps exceed what is measured.
    per_caller = ratio(many, ours.get(10_000, []), "octets")
    yield at_most(
        "their memory is linear: a caller takes at most 1.2 × that of 10 000",
        per_caller, 1.2, "{:.2f} ×",
    )  # fmt: skip


def _slowed(counts: dict[int, list[dict[str, Any]]]) -> float | None:
    """Return the rate of 100 000 callers divided by that of 1000."""
    return ratio(counts.get(100_000, []), counts.get(1000, []), "rate")


def _flat(lines: list[dict[str, Any]]) -> Target:
    """Return whether memory stays constant after the first messages."""
    claim = "memory is flat from 50 000 to 1 000 000 sends (10 % more at most; rules off)"
    settled = [line for line in lines if line["sent"] >= SETTLED]
    if not settled or lines[-1]["sent"] < 1_000_000:
        return Target(claim, "–", None)
    first, last = settled[0]["resident"], settled[-1]["resident"]
    said = f"{first / 2**20:.1f} MiB, then {last / 2**20:.1f} MiB"
    return Target(claim, said, last <= first * ALLOWED_GROWTH)


def _latency(half_load: dict[str, list[Result]]) -> Iterator[Target]:
    """Yield the targets of latency at half load, relative to the floor."""
    for way, what in (("", ""), (", tasks", ", each a task of its own")):
        ours, floor = half_load.get(f"ours send{way}", []), half_load.get(f"floor{way}", [])
        yield at_most(
            f"send at half load{what}: p99 is at most 3 × the floor's",
            ratio(ours, floor, "p99_ms"), 3, "{:.2f} ×",
        )  # fmt: skip
