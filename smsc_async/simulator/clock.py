"""The time of the simulated gateway, which a test can move.

Rule: it moves forward only, and from any thread. The links of client and simulator keep the event
loop's time, so that moving the clock cuts none.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from math import isfinite
from time import monotonic
from typing import TYPE_CHECKING, Final

from pdu.half_made import shows_half_made
from smsc_async._base_errors import is_number, shown

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_SHIFT: Final = 315_576_000
"""Seconds by which a clock can be moved in all: 10 years. Dates end with year 9999."""


@shows_half_made
class GatewayClock:
    """Seconds of the gateway's clock: those of its source, and by how much it was moved.

        async with Simulator() as simulator:
            async with SmscClient(simulator.url, clock=simulator.clock) as smsc:
                await smsc.send(Sms(to="79991234567", text="Code: 4821"))
                simulator.clock.advance(61)  # the same message may be sent again
                await smsc.send(Sms(to="79991234567", text="Code: 4821"))

    The client's rules and the simulator count by it: repeats, floods, the rate, the minute of a
    message's parts, held messages, delays of receipts and the dates in them. All methods may be
    called from any thread.

    Args:
        source: Returns seconds that never go back. If it isn't the default, the simulator looks at
            it when it reads, and at `advance` and `Simulator.tick`. More than 10 years since the
            start count as 10 years.
    """

    __slots__ = ("_callbacks", "_lock", "_shift", "_source")

    def __init__(self, source: Callable[[], float] = monotonic) -> None:
        self._source = source
        self._shift = 0.0
        self._callbacks: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Return the current time, in seconds."""
        return self._source() + self._shift

    @property
    def has_own_source(self) -> bool:
        """Whether its time passes in another way than that of the event loop."""
        return self._source is not monotonic

    @property
    def shift(self) -> float:
        """By how many seconds it was moved in all."""
        return self._shift

    def advance(self, seconds: float) -> None:
        """Move the clock forward; what is due by then happens at once, in order.

        A simulator and clients of the calling thread's event loop act before it returns or in the
        next iteration of their loop, those of other threads as soon as they can. An error of one
        subscriber is raised after all of them were called.

        Args:
            seconds: 0 or more; all moves together at most 10 years, 315 576 000 s.

        Raises:
            ValueError: A negative number, or none: the gateway's clock is never set back; or the
                clock would be moved by more than 10 years in all, and isn't moved.
        """
        if not (is_number(seconds) and seconds >= 0 and isfinite(seconds)):
            raise ValueError(
                f"seconds takes 0 or more, got {shown(seconds)}: the clock moves forward only"
            )
        with self._lock:
            if self._shift + seconds > LONGEST_SHIFT:
                most = LONGEST_SHIFT - self._shift
                raise ValueError(
                    f"seconds takes {most:.0f} at most, got {shown(seconds)}: a clock is moved by"
                    f" 10 years in all ({LONGEST_SHIFT} s); make a new one"
                )
            self._shift += seconds
            callbacks = tuple(self._callbacks)
        errors: list[Exception] = []
        for callback in callbacks:
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - the others are called all the same
                errors.append(error)
        if errors:
            raise errors[0]

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call a function after each move, in the thread that moves; return what ends that.

        A running simulator subscribes, and a client whose rules count by this clock.

        Args:
            callback: Mustn't wait: other subscribers are called after it.
        """
        with self._lock:
            self._callbacks.append(callback)
        return lambda: self._unsubscribe(callback)

    def _unsubscribe(self, callback: Callable[[], None]) -> None:
        """End a subscription; twice does no harm."""
        with self._lock, suppress(ValueError):
            self._callbacks.remove(callback)

    def __repr__(self) -> str:
        return f"<GatewayClock, moved by {self._shift:g} s>"
