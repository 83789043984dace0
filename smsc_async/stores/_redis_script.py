"""The rules in Lua, and calls of them.

Rule: `rules.lua` decides on the server what `rules.engine` decides in Python; the tests ask both
the same questions. Its keys and arguments are made here, its answers are read in `stores.redis`.
"""

from __future__ import annotations

import json
from hashlib import blake2b, sha1
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from smsc_async.stores._redis_turns import microseconds
from smsc_async.stores._redis_workers import LIFE

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from smsc_async.rules.engine import Step
    from smsc_async.rules.verdict import Token, Verdict
    from smsc_async.stores._redis_turns import AccountTurns
    from smsc_async.stores._redis_workers import Workers

SCRIPT: Final = files("smsc_async.stores").joinpath("rules.lua").read_text("utf-8")
HEAD: Final = 6
"""Numbers of the answer before those of the calls."""
_LIFE: Final = microseconds(LIFE)
_SHA: Final = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()  # the server's name for it


class ScriptCall:
    """One call of the script, and the future of the caller that awaits its verdict.

    Args:
        name: "apply" asks, "turn" asks for another turn of an admitted message, "release" gives
            back, "remember" records a message that is sent in any case, "return" gives back the
            turn of one part.
        step: The question.
        token: Of the reservation; of "return" the turn, in microseconds of the server's clock.
        at: Time of the first part's write, of this worker's clock; only for "remember".
        future: For the verdict; None if no caller awaits it.

    Attributes:
        interval: Seconds between two writes that the server was asked with.
    """

    __slots__ = ("at", "future", "interval", "name", "step", "token")

    def __init__(
        self,
        name: Literal["apply", "turn", "release", "remember", "return"],
        step: Step,
        token: Token,
        *,
        at: float = 0.0,
        future: asyncio.Future[Verdict] | None = None,
    ) -> None:
        self.name = name
        self.step = step
        self.token = token
        self.at = at
        self.future = future
        self.interval = step[0].interval

    @property
    def is_cancelled(self) -> bool:
        """Whether its caller was cancelled."""
        return self.future is not None and self.future.cancelled()

    @property
    def may_reserve(self) -> bool:
        """Whether the server may reserve something for it that no verdict reports."""
        future = self.future
        return (
            self.name == "apply"
            and future is not None
            and (not future.done() or future.cancelled())
        )

    def arguments(self, now: float, stretch: float) -> tuple[object, ...]:
        """Return its list of arguments, as the head of `rules.lua` describes it.

        Args:
            now: The current time, of this worker's clock.
            stretch: By how much the interval is longer, see `Workers.stretch`.
        """
        rules, _, _, parts, replaced = self.step
        if self.future is not None:
            self.interval = rules.interval * stretch
        return (
            self.name,
            self.token,
            "" if replaced is None else replaced,
            parts,
            microseconds(now - self.at) if self.name == "remember" else 0,
            microseconds(rules.repeat_window),
            rules.flood_length if rules.flood_gap else 0,
            microseconds(rules.flood_gap),
            microseconds(self.interval),
        )


class RuleScript:
    """The script on one server, for one account.

    Args:
        redis: A client of redis-py.
        no_script: The error of a server that hasn't loaded the script yet.
        prefix: Of all keys.
        key: Of the hashes of recipients.
        clock: Of this worker.
        workers: Of the account.
        turns: Of the account, and of this worker.
        on_lost: Called when the server has lost its state, or a part of it.
        assigned_until: Returns until when this worker has assigned times without the server, of its
            own clock.

    Attributes:
        is_leaving: Whether a call without messages ends the count of this worker.
    """

    def __init__(  # noqa: PLR0917 - made in one place
        self,
        redis: Any,  # noqa: ANN401 - a client of an extra
        no_script: type[Exception],
        prefix: str,
        key: bytes,
        clock: Callable[[], float],
        workers: Workers,
        turns: AccountTurns,
        on_lost: Callable[[], None],
        assigned_until: Callable[[], float],
    ) -> None:
        self._redis = redis
        self._no_script = no_script
        self.prefix = prefix
        self._key = key
        self._clock = clock
        self._workers = workers
        self._turns = turns
        self._on_lost = on_lost
        self._assigned_until = assigned_until
        self.is_leaving = False
        # Tests move time with it: a time in place of the server's, in microseconds.
        self.frozen_at: int | None = None

    async def run(self, calls: list[ScriptCall]) -> list[Any]:
        """Run the script and return its answer; without a call that is the server's time."""
        frozen_at = "" if self.frozen_at is None else self.frozen_at
        now = self._clock()
        self._turns.called_at = now
        keys = [f"{self.prefix}rate", f"{self.prefix}workers"]
        for call in calls:
            keys += self._keys(call.step)
        keys.append(f"{self.prefix}returned")
        stretch, turns = self._workers.stretch(now), self._turns
        life = 0 if self.is_leaving and not calls else _LIFE
        assigned = microseconds(max(0.0, self._assigned_until() - now))
        answered_at = turns.server_answered_at if self._workers.is_counted else 0
        # Nearly all is one argument: hot path.
        worker = f"{life},{self._workers.since},{assigned},{answered_at}"
        asked = json.dumps([call.arguments(now, stretch) for call in calls])
        told = f"[[{worker},{turns.last},{turns.assigned_until}],{asked}]"
        arguments = (frozen_at, self._workers.id, told)
        try:
            answer = await self._redis.evalsha(_SHA, len(keys), *keys, *arguments)
        except self._no_script:
            answer = await self._redis.eval(SCRIPT, len(keys), *keys, *arguments)
        if int(answer[HEAD - 1]):
            self._on_lost()
        return list(answer)

    def _keys(self, step: Step) -> tuple[str, str]:
        """Return the keys of a request and of its recipient's streak."""
        _, request, to, _, _ = step
        digest = blake2b(to.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16)
        fingerprint = cast("bytes", request).hex()
        return f"{self.prefix}request:{fingerprint}", f"{self.prefix}row:{digest.hexdigest()}"
