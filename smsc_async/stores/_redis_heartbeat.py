"""The calls that let the server count a worker without messages.

Rule: a worker counts while one of its clients is open. It calls the server at regular intervals,
also without a message, and once more when it leaves, since that ends its count at once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from smsc_async.stores._redis_workers import HEARTBEAT

if TYPE_CHECKING:
    from smsc_async.stores._redis_batch import Batcher
    from smsc_async.stores._redis_failover import Failover
    from smsc_async.stores._redis_script import RuleScript
    from smsc_async.stores._redis_workers import Workers


class Heartbeat:
    """Calls the server while clients of this worker are open.

    Args:
        batcher: Makes the calls.
        script: What is called.
        workers: Whether this worker is counted.
        failover: Whether the server can be reached.
    """

    def __init__(
        self, batcher: Batcher, script: RuleScript, workers: Workers, failover: Failover
    ) -> None:
        self._batcher = batcher
        self._script = script
        self._workers = workers
        self._failover = failover
        self._clients = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_on(self) -> bool:
        """Whether it calls the server."""
        return self._timer is not None

    def attach(self) -> None:
        """Count one client more."""
        self._clients += 1
        self._script.is_leaving = False
        if self._timer is None:
            self._beat()

    def detach(self) -> None:
        """Count one client less; without any, this worker leaves."""
        self._clients -= 1
        if not self._clients:
            self.leave()

    def leave(self) -> None:
        """End the count of this worker, if there is one and the server can be reached."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._script.is_leaving = True
        if self._workers.is_counted and not self._failover.health.is_degraded:
            self._batcher.beat()

    def _beat(self) -> None:
        """Call the server once every `HEARTBEAT` seconds."""
        self._timer = asyncio.get_running_loop().call_later(HEARTBEAT, self._beat)
        if not self._failover.health.is_degraded:
            self._batcher.beat()

    def __repr__(self) -> str:
        return f"<Heartbeat, {self._clients} clients>"
