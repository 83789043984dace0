"""How many workers share an account, as this one has learned it from the server.

Rule: what this worker takes without the server is its share by the last count. It takes the share
of one among many while another worker may not have counted it yet.
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

WORKER_TTL: Final = 10.0
"""Seconds after its last call in which a worker counts. It calls every `HEARTBEAT` seconds, so one
that is forgotten is dead, or its event loop is held up for that long."""

HEARTBEAT: Final = 0.25
"""Seconds between two calls of a worker without messages. What the server assigns to other workers
between the last call and a failover is unknown to this one, and comes on top of its share."""

RESERVED: Final = 0.1
"""Part of the rate that counted workers leave without the server, for workers that start then."""

ASSUMED_WORKERS: Final = 10
"""Workers that one without a count assumes. It can't know: ten that start while the server is down
share what the others leave to them, a hundredth of the rate each."""


class Count(NamedTuple):
    """The server's count of an account's workers.

    Args:
        server_now: The server's time, microseconds.
        is_new: Whether this worker wasn't counted before this call.
        workers: All that have called within `WORKER_TTL` seconds, this one included; 0 if it has
            left.
        present: Of those, how many have called since `Workers.since`.
    """

    server_now: int
    is_new: bool
    workers: int
    present: int


class Workers:
    """The workers of an account, counted by the server with every call.

    Args:
        configured: Their number if the user gave it; it is the least that is assumed.

    Attributes:
        since: Server's time of this worker's first call, and of its first one after each failover,
            microseconds. Others that have called since then count this worker, and share the
            rules.
        learned: The last count that all workers agree on; None if there was none.
    """

    def __init__(self, configured: int | None) -> None:
        self._configured = configured
        self._id, self._process = "", 0
        self.since = 0
        self.learned: int | None = None
        self._last = Count(0, is_new=True, workers=0, present=0)
        # Workers that may still decide without the server, and until when that is assumed.
        self._missing_of = 0
        self._missing_until = 0.0
        self._is_recovering = False

    @property
    def id(self) -> str:
        """This worker's name at the server: another one after a fork."""
        if self._process != os.getpid():
            self._id, self._process = os.urandom(6).hex(), os.getpid()
        return self._id

    @property
    def is_counted(self) -> bool:
        """Whether the server counts this worker."""
        return self._last.workers > 0

    @property
    def is_certain(self) -> bool:
        """Whether the share is of a number that was learned or configured."""
        return self.learned is not None or self._configured is not None

    @property
    def reserved(self) -> float:
        """The part of the rate that is left to others: to newcomers, or by one to all but those."""
        if self._configured is not None:
            return 0.0
        return 1.0 - RESERVED if self.learned is None else RESERVED

    @property
    def assumed(self) -> int:
        """The number of workers that share the rate without the server."""
        if self.is_certain:
            return max(self._configured or 1, self.learned or 1)
        return max(ASSUMED_WORKERS, self._last.workers)

    def describe(self) -> str:
        """Return what this worker takes without the server, for the log."""
        share = f"this worker takes 1/{self.assumed} of the account's limits"
        if not self.is_certain:
            return (
                f"{share} and a tenth of that of its rate, since the number of workers isn't known"
                "; set workers= to be sure of it"
            )
        left = "; a tenth of the rate is left to workers that start meanwhile"
        return f"{share}, by the number of workers{left if self.reserved else ''}"

    def interval_factor(self, now: float) -> float:
        """Return by how much the interval between two writes is longer after a failover.

        As long as other workers may still take their shares without the server, those that are
        back share what remains.

        Args:
            now: The current time, of this worker's clock.
        """
        count = self._last
        if now >= self._missing_until or not count.present:
            return 1.0
        return max(1.0, max(self._missing_of, count.workers) / count.present)

    def on_failover(self) -> None:
        """Record that the server can't be reached."""
        self._is_recovering = True

    def on_count(self, count: Count, now: float) -> None:
        """Record the server's count.

        Args:
            count: Of the last call.
            now: The current time, of this worker's clock.
        """
        if self._is_recovering or (count.is_new and not self.is_counted):
            # The next count has the present ones since now; until then it is this worker alone.
            count = count._replace(present=min(1, count.workers))
            self.since = count.server_now
        if self._is_recovering:
            self._is_recovering = False
            # Counted workers may still take all that they don't reserve.
            unknown = 0 if self.is_certain else round(1 / RESERVED)
            self._missing_of, self._missing_until = self.learned or unknown, now + WORKER_TTL
        self._last = count
        # A server that lost its state counts anew, and some may not be back yet.
        least = self._missing_of if now < self._missing_until else 1
        if count.workers and count.present >= count.workers:
            self.learned = max(count.workers, least)
