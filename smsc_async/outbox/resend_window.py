"""How long sending a message again can't be charged twice.

Rule: the gateway refuses a repeat for as long as its repeat window lasts, counted from the first
attempt. An entry is sent again only while every clock that knows of the first attempt agrees that
the window is open. A wall clock that was set back can't reopen it: the time since the machine's
boot must be known too, and on another machine, or after a reboot, it isn't.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from smsc_async.client.write_queue import boot_seconds
from smsc_async.rules.limits import GatewayLimits

if TYPE_CHECKING:
    from collections.abc import Callable

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@cache
def boot_id() -> str:
    """Return what identifies this boot of this machine; elsewhere than on Linux this process."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return f"process {secrets.token_hex(16)}"


@dataclass(frozen=True, slots=True)
class FirstWrite:
    """When the first octet of an attempt that may have been accepted could leave at the earliest.

    Args:
        age: Seconds since then by the clock of the database, which may have been set meanwhile.
        boot: Of the machine that wrote it, see `boot_id`; None if that isn't known.
        boot_at: The instant, in seconds of that boot.
    """

    age: float
    boot: str | None
    boot_at: float | None

    def elapsed(self) -> float | None:
        """Return the seconds since then; None if no clock of this machine can prove it."""
        if self.boot != boot_id() or self.boot_at is None:
            return None
        return max(self.age, boot_seconds() - self.boot_at)

    def may_be_within(self, seconds: float) -> bool:
        """Return whether that was less than *seconds* ago, as far as is known here.

        On another machine only the database's clock says so; the worker's machine decides.
        """
        elapsed = self.elapsed()
        if elapsed is not None:
            return elapsed < seconds
        return self.boot is not None and 0.0 <= self.age < seconds


def window_of(limits: GatewayLimits) -> float:
    """Return the seconds after a first attempt in which the gateway certainly refuses a repeat.

    0 where the limits name no repeat window.
    """
    return max(0.0, (limits.repeat_window or 0.0) - limits.margin)


PUBLISHED_WINDOW: Final = window_of(GatewayLimits())
"""The window of the gateway's published limits."""


class WriteLimit:
    """The latest instant of a write, on all clocks at once.

    Args:
        seconds: Seconds from now on.
        clock: Of the client's rules, beside those of the system.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clocks = (clock, boot_seconds, time.monotonic, time.time)
        self._began = [read() for read in self._clocks]

    def remaining(self) -> float:
        """Return the seconds that are left by the clock that has advanced most; below 0: none."""
        advances = [read() - began for read, began in zip(self._clocks, self._began, strict=True)]
        return self._seconds - max(advances)

    def __repr__(self) -> str:
        return f"<WriteLimit {self.remaining():.1f} s left>"
