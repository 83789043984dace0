"""Rule state in Redis (or Valkey), shared by all workers of one account.

Rule: one script decides a whole message on the server's clock, and no send waits for it longer than
the budget. Each worker also records what it has admitted itself. So when the server can't be
reached, it falls back to local rules: its share of the rate, and no repeat of its own messages.
"""

from __future__ import annotations

import asyncio
import os
import time
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Literal

from smsc_async.errors import ConfigError
from smsc_async.rules.engine import Rules, replaces
from smsc_async.rules.verdict import ANY_TIME, Admitted, Held
from smsc_async.stores._redis_batch import Batcher
from smsc_async.stores._redis_failover import Failover
from smsc_async.stores._redis_script import MICROSECONDS, RuleScript, ScriptCall, microseconds
from smsc_async.stores.base import RuleStore, StoreHealth
from smsc_async.stores.memory import MemoryRuleStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis.asyncio import Redis

    from smsc_async.rules.engine import Step
    from smsc_async.rules.limits import GatewayLimits
    from smsc_async.rules.verdict import Token, Verdict

OnFailure = Literal["open", "closed"]

_HELD_BY: Final[dict[int, Literal["repeat", "flood"]]] = {1: "repeat", 2: "flood"}


class RedisRuleStore(RuleStore):
    """Rule state in Redis, shared by all workers of one account.

    ::

        store = RedisRuleStore("redis://127.0.0.1", account="shop", workers=4)
        async with SmscClient(url, store=store) as smsc: ...

    Times are the server's: the clocks of workers may differ. The server's clock shouldn't be set
    back while it is in use. Keys are `smsc:{account}:…`, one slot of a cluster; recipients and
    texts are hashed, and each key has a time to live.

    No send waits longer than *budget* for the server. If it doesn't answer in time, or answers with
    an error, the store decides without it and tries it again every *probe_every* seconds; until
    then no send waits for it at all. `health()` and the logger `smsc_async.rules` report that. A
    burst that the server can't decide within the budget counts as a failure, too.

    Belongs to one event loop while it is in use.

    Args:
        redis: A client of redis-py (asyncio), or a URL for one that the store makes and closes.
        account: Name of the account; the same in all its workers. No braces.
        limits: The account's, in place of those of each client that asks.
        secret: Keys the hashes of this account. Without it, short texts such as one-time codes can
            be found by trial from the keys in Redis.
        workers: Number of workers of the account. Without the server, each takes its share of the
            rate.
        budget: Seconds that a send waits at most, 0.15 to 0.25 in a local network.
        on_failure: Without the server, "open" decides by what this worker has sent itself; "closed"
            holds every message (`HeldByRuleError`).
        probe_every: Seconds between two attempts to reach the server again.
        clock: Seconds of a clock that never goes back; verdicts use it.
        on_change: Called with the health when it becomes degraded and when that ends.

    Raises:
        ImportError: redis-py isn't installed: `pip install 'smsc-async[redis]'`.
        ConfigError: A setting that makes no sense.
    """

    key: bytes

    def __init__(
        self,
        redis: Redis | str,
        *,
        account: str = "default",
        limits: GatewayLimits | None = None,
        secret: str | bytes = b"",
        workers: int = 1,
        budget: float = 0.2,
        on_failure: OnFailure = "open",
        probe_every: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[StoreHealth], None] | None = None,
    ) -> None:
        _check_settings(account, workers, budget, on_failure, probe_every)
        library = _library()
        self._is_owner = isinstance(redis, str)
        self._redis: Any = library.asyncio.Redis.from_url(redis) if self._is_owner else redis
        self.key = _key(account, secret)
        self.now = clock
        self._rules = None if limits is None else Rules.of(limits)
        self._workers = workers
        self._on_failure = on_failure
        # What this worker has admitted itself.
        self._own = MemoryRuleStore(clock, key=self.key)
        self._worker = os.urandom(6).hex()
        self._tokens = 0
        # Turns to come, of this worker's clock, as the server knows them.
        self._turns: dict[float, int] = {}
        self._script = RuleScript(
            self._redis, library.exceptions.NoScriptError, f"smsc:{{{account}}}:", self.key, clock
        )
        self._batcher = Batcher(
            self._script.run, budget, on_answer=self._settle, on_failure=self._fail_over
        )
        self._failover = Failover(self._batcher, probe_every, clock, on_change)

    def __repr__(self) -> str:
        state = "degraded" if self.health().is_degraded else "shared"
        queued, missed = len(self._batcher), len(self._failover.backlog)
        return (
            f"<RedisRuleStore {self._script.prefix}*, {state}, {len(self._own)} entries of its own,"
            f" {queued} calls queued, {missed} missed by the server>"
        )

    def health(self) -> StoreHealth:
        """Return whether the rules are shared now."""
        return self._failover.health

    async def apply(self, step: Step) -> Verdict:
        """Decide all rules of a message for all workers, within the budget.

        Cancelling is safe: what was reserved for a cancelled caller is given back.
        """
        # What this worker's own messages hold needs no call, also after the server lost its state.
        held = self.peek(step, self.now())
        if held is not None:
            return held
        step = self._under_rules(step)
        if self.health().is_degraded:
            return self._decide_locally(step, self._next_token())
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._batcher.enqueue(ScriptCall("apply", step, self._next_token(), future=future))
        try:
            return await future
        except asyncio.CancelledError:
            if not future.cancelled() and isinstance(verdict := future.result(), Admitted):
                self._undo(step, verdict)
            raise

    def peek(self, step: Step, now: float) -> Held | None:
        """Return what would hold the message, by this worker's own messages only."""
        return self._own.peek(self._under_rules(step), now)

    def release(self, step: Step, admitted: Admitted) -> None:
        """Give a reservation back: in this worker at once, on the server with the next batch.

        Cancelling the caller doesn't cancel that. It waits while the server can't be reached.
        """
        if replaces(step, admitted):
            return
        self._own.release(step, admitted)
        self._tell(ScriptCall("release", step, admitted.token))

    def give_back_turn(self, at: float, interval: float) -> None:
        """Give back a turn in which no message is written, as `release` does a reservation."""
        server_at = self._turns.pop(at, None)
        if server_at is None:
            self._own.give_back_turn(at, interval)
        else:
            step: Step = (Rules(interval=interval), b"", "", 1, None)
            self._tell(ScriptCall("return", step, server_at))

    def postpone(self, step: Step, admitted: Admitted, index: int = 0) -> Admitted:
        """Record that a part is written only now; return the admission that replaces *admitted*."""
        step = self._under_rules(step)
        later = self._own.postpone(step, admitted, index)
        self._tell(ScriptCall("remember", step, later.token, at=later.not_before))
        return later

    async def flush(self) -> None:
        """Wait until the server has answered all calls; return at once while it can't be reached.

        Cancelling is safe.
        """
        await self._batcher.flush()

    async def aclose(self) -> None:
        """Flush, stop probing the server, and close the client if the store made it.

        Takes twice the budget at most, whatever the server does.
        """
        await self.flush()
        self._failover.stop()
        if self._is_owner:
            self._batcher.detach(asyncio.create_task(self._redis.aclose()))
        await self._batcher.aclose()

    def _under_rules(self, step: Step) -> Step:
        """Return the step under the account's rules.

        Raises:
            TypeError: It was made without the store's key: no other worker would recognise it.
        """
        _, request, to, parts, token = step
        if not isinstance(request, bytes):
            raise TypeError("the step was made by a RuleEngine without key=store.key")
        return step if self._rules is None else (self._rules, request, to, parts, token)

    def _next_token(self) -> str:
        """Make a token unlike that of any other worker."""
        self._tokens += 1
        return f"{self._worker}-{self._tokens}"

    def _tell(self, call: ScriptCall) -> None:
        """Send a call without a caller, now or when the server is reachable again."""
        if self.health().is_degraded:
            self._failover.backlog.append(call)
        else:
            self._batcher.enqueue(call)

    def _settle(self, calls: list[ScriptCall], answer: list[Any]) -> None:
        """Give each caller its verdict, on this worker's clock."""
        now, server_now = self.now(), int(answer[0])
        for index, call in enumerate(calls):
            if call.future is None:
                continue
            number, server_at, has_replaced, earliest = answer[4 * index + 1 : 4 * index + 5]
            # Never too early: the answer took a while, and this counts from its arrival.
            at = now + (int(server_at) - server_now) / MICROSECONDS
            verdict: Verdict
            if number:
                verdict = Held(_HELD_BY[number], at)
            else:
                rules, _, _, _, replaced = call.step
                token = replaced if has_replaced else call.token
                after = int(earliest) - int(server_at)
                passes_at = at + after / MICROSECONDS if int(earliest) else ANY_TIME
                verdict = Admitted(token or call.token, at, rules.interval, passes_at)
                self._own.remember(call.step, verdict, now)
                if at > now and rules.interval:
                    self._keep_turns(call.step, at, int(server_at), now)
            self._hand_over(call, verdict)

    def _hand_over(self, call: ScriptCall, verdict: Verdict) -> None:
        """Give a caller its verdict; what was reserved for a cancelled one is given back."""
        if call.future is not None and not call.future.done():
            call.future.set_result(verdict)
        elif isinstance(verdict, Admitted):
            self._undo(call.step, verdict)

    def _keep_turns(self, step: Step, at: float, server_at: int, now: float) -> None:
        """Keep how the server knows the turns of a message that waits for them."""
        turns, (rules, _, _, parts, _) = self._turns, step
        while turns and (first := next(iter(turns))) <= now:
            del turns[first]
        server_interval = microseconds(rules.interval)
        for index in range(parts):
            turns[at + index * rules.interval] = server_at + index * server_interval

    def _undo(self, step: Step, admitted: Admitted) -> None:
        """Give back all that was reserved for a cancelled caller."""
        self.release(step, admitted)
        for index in reversed(range(step[3])):
            self.give_back_turn(admitted.not_before + index * admitted.interval, admitted.interval)

    def _decide_locally(self, step: Step, token: Token) -> Verdict:
        """Decide by this worker's own messages, or hold everything."""
        if self._on_failure == "closed":
            return Held("store", self._failover.probe_at)
        rules, request, to, parts, replaced = step
        share = rules._replace(interval=rules.interval * self._workers)
        verdict = self._own.decide((share, request, to, parts, replaced), self.now(), token)
        if isinstance(verdict, Admitted):
            # The other workers see it once the server is reachable again.
            self._tell(ScriptCall("remember", step, verdict.token, at=verdict.not_before))
        return verdict

    def _fail_over(self, calls: list[ScriptCall], error: BaseException) -> None:
        """Decide locally what the server didn't, and from now on everything."""
        self._failover.degrade(error)
        for call in calls:
            if call.future is None:
                self._failover.backlog.append(call)
                continue
            if call.future.done() and not call.is_cancelled:
                continue
            # A server that only stalled may still carry the call out.
            self._failover.backlog.append(ScriptCall("release", call.step, call.token))
            if not call.future.done():
                self._hand_over(call, self._decide_locally(call.step, call.token))


def _key(account: str, secret: str | bytes) -> bytes:
    """Derive the key of the hashes, the same in every worker of the account."""
    octets = secret.encode() if isinstance(secret, str) else secret
    inner = blake2b(octets, digest_size=64).digest()
    return blake2b(account.encode(), key=inner, digest_size=16).digest()


def _library() -> Any:  # noqa: ANN401 - a module of an extra
    """Import redis-py, or say how to get it."""
    try:
        import redis.asyncio  # noqa: PLC0415 - an extra, imported when it is used
    except ImportError:
        raise ImportError(
            "RedisRuleStore needs redis-py, which isn't installed: pip install 'smsc-async[redis]'"
        ) from None
    return redis


def _check_settings(
    account: str, workers: int, budget: float, on_failure: str, probe_every: float
) -> None:
    """Refuse settings that make no sense."""
    if not account or "{" in account or "}" in account:
        raise ConfigError("account", account, f"a name without braces, got {account!r}")
    if on_failure not in {"open", "closed"}:
        raise ConfigError("on_failure", on_failure, f"'open' or 'closed', got {on_failure!r}")
    for name, value in (("workers", workers), ("budget", budget), ("probe_every", probe_every)):
        if not value > 0:
            raise ConfigError(name, value, f"above 0, got {value!r}")
