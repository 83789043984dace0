"""A metronome: writes one octet for each call that is due, at an even pace.

    python benchmarks/metronome.py RATE SECONDS

Rule: it is a process of its own. asyncio's timers fire at whole milliseconds, so that calls would
come in groups, and a thread would compete with the measured code for the interpreter.
"""

from __future__ import annotations

import os
import sys
import time

TICK = 0.0001  # longest sleep between two readings of the clock, seconds
OUT = 1


def main() -> None:
    """Write octets until the time is over."""
    rate, seconds = (float(argument) for argument in sys.argv[1:])
    began, written = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < seconds:
        due = int(elapsed * rate)
        if due > written:
            os.write(OUT, b"." * (due - written))
            written = due
        time.sleep(TICK)


if __name__ == "__main__":
    main()
