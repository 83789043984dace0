"""Calls that wait for their turn while workers don't share their rules.

Rule: no time is assigned further ahead than `HORIZON`. What waits longer is asked once all workers
share the rules again, so shares of the rate that were assigned meanwhile end soon after that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.stores._redis_script import ScriptCall

HORIZON: Final = 1.0
"""Seconds ahead for which times are assigned."""


class FallbackQueue:
    """Decides calls in the order in which they were made, each when its turn is near.

    Args:
        decide: Gives a call its verdict.
        ahead: Returns the seconds until the next time that isn't assigned.
    """

    def __init__(self, decide: Callable[[ScriptCall], None], ahead: Callable[[], float]) -> None:
        self._decide = decide
        self._ahead = ahead
        self._calls: deque[ScriptCall] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """Return the number of calls that wait."""
        return len(self._calls)

    def put(self, call: ScriptCall) -> None:
        """Decide a call after those that wait."""
        self._calls.append(call)
        if self._timer is None:
            self._run()

    def take(self) -> list[ScriptCall]:
        """Return the calls that wait, in order, and forget them."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        calls = [call for call in self._calls if not call.is_cancelled]
        self._calls.clear()
        return calls

    def resume(self) -> None:
        """Look again at what waits: the server is back, or has answered."""
        if self._timer is not None:
            self._timer.cancel()
            self._run()

    def _run(self) -> None:
        """Decide the calls whose turn is near; a timer decides the next ones."""
        self._timer = None
        while self._calls:
            if self._calls[0].is_cancelled:
                self._calls.popleft()
                continue
            wait = self._ahead() - HORIZON
            if wait > 0:
                self._timer = asyncio.get_running_loop().call_later(wait, self._run)
                return
            self._decide(self._calls.popleft())
