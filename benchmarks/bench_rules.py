"""Benchmark of the gateway's rules: time for one message, and memory after a million.

    PYTHONPATH=. python benchmarks/bench_rules.py [--rounds N] [--messages N]

Rule: a whole check is timed, from the rendered message to the verdict, with a new object for each
message, in a store as full as that of an account at its full rate. Times are processor times in
nanoseconds a message: the median of many short repeats of all cases in turn. The exit code is 1 if
a target is missed.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from smsc_async import GatewayLimits, MemoryRuleStore, Sms
from smsc_async.gateway.markup import render
from smsc_async.rules.engine import RuleEngine
from smsc_async.rules.verdict import Admitted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smsc_async.rules.verdict import Verdict

ROUNDS = 1000
MESSAGES = 1_000_000
AT_ONCE = 100  # messages of one repeat, made just before it
GAP = 0.0106  # seconds between messages: an account at its full rate, so no message waits
TARGET_NS = 2_000
EARLY = 50_000  # messages after which the store doesn't grow any more
GROWTH = 1.05  # largest ratio of the memory after a million to that after the first 50 000

Request = tuple[Sms, str]


class Moving:
    """A store and its engine, with a clock of their own."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.store = MemoryRuleStore(lambda: self.now)
        self.engine = RuleEngine(GatewayLimits(), self.store.key)

    def check(self, requests: list[Request]) -> Verdict | float | None:
        """Check messages in order; return the last verdict."""
        step, apply_now, now = self.engine.step, self.store.apply_now, self.now
        verdict: Verdict | float | None = None
        for message, text in requests:
            now += GAP
            verdict = apply_now(step(message, 1, text), now)
        self.now = now
        return verdict

    def time(self, requests: list[Request]) -> float:
        """Return the nanoseconds of one check."""
        began = time.process_time_ns()
        self.check(requests)
        return (time.process_time_ns() - began) / len(requests)


def messages(first: int = 0) -> Iterator[Request]:
    """Yield different messages; each subscriber gets another one after a while."""
    for number in count(first):
        message = Sms(to=f"79{number * 7919 % 10**9:09d}", text=f"Code: {number}", sender="Shop")
        yield message, render(message)


def same_subscriber() -> Iterator[Request]:
    """Yield different messages to one subscriber, in streaks of forty."""
    for number in count():
        message = Sms(to=f"7999{number // 40:07d}", text=f"Code: {number}", sender="Shop")
        yield message, render(message)


def repeats() -> Iterator[Request]:
    """Yield the same message again and again: all but the first are held for a minute."""
    message = Sms(to="79991234567", text="Code: 4821", sender="Shop")
    while True:
        yield message, render(message)


CASES: dict[str, tuple[Callable[[], Iterator[Request]], float | None]] = {
    "a new message to another subscriber": (messages, TARGET_NS),
    "a new message in a subscriber's streak": (same_subscriber, TARGET_NS),
    "a repeat, held": (repeats, TARGET_NS),
}


Rows = dict[str, dict[str, float]]


def measure(rounds: int) -> tuple[bool, Rows]:
    """Time all cases in turn, print them, and return whether the targets are met."""
    contests = {name: (Moving(), make(), list[float]()) for name, (make, _) in CASES.items()}
    for moving, made, _ in contests.values():
        moving.check(list(islice(messages(10**8), 20_000)))
        assert isinstance(moving.check([next(made)]), Admitted | float)
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for moving, made, times in contests.values():
            times.append(moving.time(list(islice(made, AT_ONCE))))
    gc.enable()
    met, rows = True, Rows()
    print(
        "RuleEngine.step + MemoryRuleStore.apply_now, ns a message: median (least),"
        f" {rounds} rounds"
    )
    for name, (_, _, times) in contests.items():
        target = CASES[name][1]
        is_met = target is None or median(times) <= target
        said = "" if target is None else f"{'met' if is_met else 'MISSED'}, target {target}"
        print(f"{name:<38}{median(times):>8.0f} ({min(times):.0f})  {said}")
        met &= is_met
        rows[name] = {"median, ns": round(median(times)), "least, ns": round(min(times))}
    return met, rows


def resident() -> int:
    """Return the resident memory of the process, octets; 0 without /proc."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * 4096


def remember(total: int) -> bool:
    """Check many messages, print entries and memory, and return whether they stay constant."""
    moving, made, early = Moving(), messages(), (0, 0)
    print(f"\nmemory of one store: {total} different messages, {1 / GAP:.0f} a second")
    peak = 0
    for done in range(1000, total + 1, 1000):
        assert isinstance(moving.check(list(islice(made, 1000))), Admitted | float)
        peak = max(peak, len(moving.store))
        if done in {EARLY, total // 2, total}:
            print(f"{done:>9} messages: {len(moving.store):>6} entries, at most {peak}, "
                  f"{resident() / 2**20:.1f} MiB resident")  # fmt: skip
        if done == EARLY:
            early = peak, resident()
    is_met = peak <= early[0] * GROWTH and resident() <= early[1] * GROWTH
    print("flat" if is_met else f"GREW by more than {GROWTH - 1:.0%}")
    return is_met


def main() -> int:
    """Measure time, then memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the times there too")
    options = parser.parse_args()
    is_fast, rows = measure(options.rounds)
    if options.json:
        options.json.write_text(json.dumps({"rows": rows}, indent=2) + "\n", encoding="utf-8")
    is_flat = remember(max(options.messages, EARLY) // 1000 * 1000)
    return 0 if is_fast and is_flat else 1


if __name__ == "__main__":
    sys.exit(main())
