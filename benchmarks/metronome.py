"""Tells whoever reads its output when a call is due: one octet each, at an even pace.

    python benchmarks/metronome.py RATE SECONDS

Rule: a process of its own. A timer of asyncio ends at whole milliseconds, so that calls at its
pace come by the dozen, and a thread would take the interpreter from what is measured.
"""

from __future__ import annotations

import os
import sys
import time

TICK = 0.0001  # seconds at most between two looks at the clock
OUT = 1


def main() -> None:
    """Beat until the time is over."""
    rate, seconds = (float(argument) for argument in sys.argv[1:])
    began, told = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < seconds:
        due = int(elapsed * rate)
        if due > told:
            os.write(OUT, b"." * (due - told))
            told = due
        time.sleep(TICK)


if __name__ == "__main__":
    main()
