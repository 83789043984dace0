"""Rule state in Redis (or Valkey), shared by all workers of one account.

Rule: one script decides a whole message on the server's clock, and no call to it takes longer than
the budget. Each worker also records what it has admitted itself, and how many workers there are. So
when the server can't be reached, it falls back to local rules: its share of the rate and of each
streak, and no repeat of its own messages.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Literal, cast

from pdu._tracebacks import hides_locals
from pdu.half_made import shows_half_made
from smsc_async.errors import ConfigError
from smsc_async.rules.engine import Rules, replaces
from smsc_async.rules.verdict import Admitted, Held
from smsc_async.stores._redis_batch import Batcher
from smsc_async.stores._redis_failover import Failover
from smsc_async.stores._redis_fallback import HORIZON, FallbackQueue
from smsc_async.stores._redis_heartbeat import Heartbeat
from smsc_async.stores._redis_script import PAUSED, RuleScript, ScriptCall
from smsc_async.stores._redis_settings import check_settings, connect, derive_key, import_library
from smsc_async.stores._redis_turns import MICROSECONDS, AccountTurns
from smsc_async.stores._redis_workers import Count, Workers
from smsc_async.stores.base import RuleStore, StoreHealth
from smsc_async.stores.memory import MemoryRuleStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis.asyncio import Redis

    from smsc_async.rules.engine import Step
    from smsc_async.rules.limits import GatewayLimits
    from smsc_async.rules.verdict import Token, Verdict
    from smsc_async.stores._redis_script import Answer, AnswerHead

OnFailure = Literal["open", "closed"]


@shows_half_made
class RedisRuleStore(RuleStore):
    """Rule state in Redis, shared by all workers of one account.

    ::

        store = RedisRuleStore("redis://127.0.0.1", account="shop")
        async with SmscClient(url, store=store) as smsc: ...

    Times are the server's: the clocks of workers may differ. The server's clock shouldn't be set
    back while it is in use. Keys are `smsc:{account}:…`, one slot of a cluster; recipients and
    texts are hashed, and each key has a time to live.

    No call to the server takes longer than *budget*; a burst is several calls, one after the
    other, of up to 50 messages. If a call isn't answered in time, or with an error, the store
    decides without the server and tries it again every *probe_every* seconds; until then no send
    waits for it. `health()` and the logger `smsc_async.rules` report that.

    The server counts the workers: those with an open client, and those that have asked in the last
    10 s. Without the server each takes its share of the rate and of a streak by the last count. Of
    the rate they leave a tenth to workers that haven't reached the server yet, or that others may
    not have counted; each of these takes a tenth of that, unless *workers* is given.

    Belongs to one event loop while it is in use.

    Args:
        redis: A client of redis-py (asyncio), or a URL for one that the store makes and closes.
        account: Name of the account; the same in all its workers. No braces.
        limits: The account's, in place of those of each client that asks.
        secret: Keys the hashes of this account. Without it, short texts such as one-time codes can
            be found by trial from the keys in Redis.
        workers: Number of workers of the account, the least that is assumed without the server.
            None relies on the server's count. Give it if workers may start while the server is
            down, or if some use a version that isn't counted.
        budget: Seconds for one call to the server, 0.15 to 0.25 in a local network.
        on_failure: Without the server, "open" decides by what this worker has sent itself; "closed"
            holds every message (`HeldByRuleError`).
        probe_every: Seconds between two attempts to reach the server again.
        clock: Seconds of a clock that never goes back; verdicts use it.
        on_change: Called with the health when it becomes degraded and when that ends.

    Raises:
        ImportError: redis-py isn't installed: `pip install 'smsc-async[redis]'`.
        ConfigError: A setting can't be used.
    """

    key: bytes
    shares_rate = True

    @hides_locals(ConfigError)
    def __init__(
        self,
        redis: Redis | str,
        *,
        account: str = "default",
        limits: GatewayLimits | None = None,
        secret: str | bytes = b"",
        workers: int | None = None,
        budget: float = 0.2,
        on_failure: OnFailure = "open",
        probe_every: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[StoreHealth], None] | None = None,
    ) -> None:
        check_settings(account, limits, workers, budget, on_failure, probe_every, clock, on_change)
        library = import_library()
        self._is_owner = isinstance(redis, str)
        self._redis: Any = connect(library, redis)
        self.key = derive_key(account, secret)
        self.now = clock
        self._rules = None if limits is None else Rules.of(limits)
        self._workers = Workers(workers)
        self._on_failure = on_failure
        # What this worker has admitted itself.
        self._own = MemoryRuleStore(clock, key=self.key)
        self._tokens = 0
        self._turns = AccountTurns()
        self._script = RuleScript(
            self._redis,
            library.exceptions.NoScriptError,
            f"smsc:{{{account}}}:",
            self.key,
            clock,
            self._workers,
            self._turns,
            self._on_lost,
            self._assigned_until,
        )
        self._batcher = Batcher(
            self._script.run, budget, on_answer=self._settle, on_failure=self._fail_over
        )
        self._fallback = FallbackQueue(self._on_turn, self._ahead)
        self._failover = Failover(
            self._batcher,
            probe_every,
            clock,
            on_unreachable=self._on_unreachable,
            on_probe=lambda answer: self._on_head(answer.head, clock()),
            on_reachable=self._fallback.resume,
            on_change=None if on_change is None else lambda: on_change(self.health()),
        )
        self._heartbeat = Heartbeat(self._batcher, self._script, self._workers, self._failover)

    def __repr__(self) -> str:
        state = "degraded" if self.health().is_degraded else "shared"
        queued = len(self._batcher) + len(self._fallback)
        missed = len(self._failover.backlog)
        return (
            f"<RedisRuleStore {self._script.prefix}*, {state}, {len(self._own)} entries of its own,"
            f" {queued} calls queued, {missed} missed by the server>"
        )

    def health(self) -> StoreHealth:
        """Return whether the rules are shared now, and by how many workers."""
        return self._failover.health._replace(workers=self._workers.assumed)

    def attach(self) -> None:
        """Count this worker from now on, also while it has no messages."""
        self._heartbeat.attach()

    def detach(self) -> None:
        """Undo one `attach`; without any, this worker is counted no more. Doesn't wait."""
        self._heartbeat.detach()

    async def apply(self, step: Step) -> Verdict:
        """Decide all rules of a message for all workers.

        Without the server it waits until the message's turn is less than a second away.
        Cancelling is safe: what was reserved for a cancelled caller is given back.
        """
        # What this worker's own messages hold needs no call, also after the server lost its state.
        step = self._under_rules(step)
        held = self._own.peek(step, self.now())
        if held is not None:
            return held
        call, future = self._put("apply", step, self._next_token())
        # The frame of a cancelled wait may be shown, and a step holds the recipient.
        del step
        try:
            return await future
        except asyncio.CancelledError:
            self._on_cancelled(call, future)
            raise

    async def take_turn(self, step: Step, admitted: Admitted) -> Admitted:
        """Give an admitted message another turn. Cancelling is safe: the turn is given back."""
        call, future = self._put("turn", self._under_rules(step), admitted.token)
        del step
        try:
            return cast("Admitted", await future)  # no rule holds it
        except asyncio.CancelledError:
            self._on_cancelled(call, future)
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
        server_at = self._turns.take(at)
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

        The worker is counted no more. Takes twice the budget at most if the server doesn't answer.
        """
        await self.flush()
        self._heartbeat.leave()
        await self.flush()
        self._failover.stop()
        for call in self._fallback.take():
            self._decide_locally(call)
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

    def _put(
        self, name: Literal["apply", "turn"], step: Step, token: Token
    ) -> tuple[ScriptCall, asyncio.Future[Verdict]]:
        """Make a call and its future, and ask the server, now or when it shares the rules."""
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        call = ScriptCall(name, step, token, future=future)
        now, (is_degraded, _, _, _) = self.now(), self._failover.health
        waits = now < self._turns.paused_until or self._workers.interval_factor(now) > 1
        self._fallback.put(call) if is_degraded or waits else self._batcher.enqueue(call)
        return call, future

    def _on_cancelled(self, call: ScriptCall, future: asyncio.Future[Verdict]) -> None:
        """Give back what was reserved for a caller that was cancelled behind its verdict."""
        if not future.cancelled() and isinstance(verdict := future.result(), Admitted):
            self._undo(call, verdict)

    def _next_token(self) -> str:
        """Make a token unlike that of any other worker."""
        self._tokens += 1
        return f"{self._workers.id}-{self._tokens}"

    def _tell(self, call: ScriptCall) -> None:
        """Send a call without a caller, now or when the server is reachable again."""
        is_degraded = self._failover.health.is_degraded
        self._failover.backlog.append(call) if is_degraded else self._batcher.enqueue(call)

    def _settle(self, calls: list[ScriptCall], answer: Answer) -> None:
        """Give each caller its verdict, on this worker's clock."""
        now, server_now = self.now(), answer.head.server_now
        ran_at, paused = self._on_head(answer.head, now), list[ScriptCall]()
        for call, of_call in zip(calls, answer.of_calls, strict=True):
            if call.future is None:
                continue
            at = ran_at + (of_call.at - server_now) / MICROSECONDS
            if of_call.held_by == PAUSED:
                self._turns.paused_until = at
                paused.append(call)
                continue
            verdict = call.verdict(of_call, at)
            if isinstance(verdict, Admitted):
                self._own.remember(call.step, verdict, now)
                if call.interval and (at > now or call.parts > 1):
                    self._turns.keep(at, of_call.at, call.parts, call.interval, now)
            self._hand_over(call, verdict)
        for call in paused:
            self._fallback.put(call)
        self._fallback.resume()

    def _hand_over(self, call: ScriptCall, verdict: Verdict) -> None:
        """Give a caller its verdict; what was reserved for a cancelled one is given back."""
        if call.future is not None and not call.future.done():
            call.future.set_result(verdict)
        elif isinstance(verdict, Admitted):
            self._undo(call, verdict)

    def _undo(self, call: ScriptCall, admitted: Admitted) -> None:
        """Give back all that was reserved for a cancelled caller."""
        if call.name == "apply":
            self.release(call.step, admitted)
        for index in reversed(range(call.parts)):
            self.give_back_turn(admitted.not_before + index * admitted.interval, admitted.interval)

    def _decide_locally(self, call: ScriptCall) -> None:
        """Decide by this worker's own messages and its share of the rules, or hold everything."""
        now, (rules, request, to, parts, replaced) = self.now(), call.step
        verdict: Verdict
        share = rules.share(self._workers.assumed, self._workers.reserved)
        if call.name == "turn":
            verdict = self._own.move((share, request, to, parts, None), now, call.token)
        elif self._on_failure == "closed":
            verdict = Held("store", self._failover.retry_at(now))
        else:
            verdict = self._own.decide((share, request, to, parts, replaced), now, call.token)
        if isinstance(verdict, Admitted):
            # The other workers see it once the server is reachable again.
            self._tell(ScriptCall("remember", call.step, verdict.token, at=verdict.not_before))
        self._hand_over(call, verdict)

    def _ahead(self) -> float:
        """Return the seconds until the next time that isn't assigned, while that matters."""
        now = self.now()
        if self._failover.health.is_degraded:
            return 0.0 if self._on_failure == "closed" else self._own.free_at - now
        if now < self._turns.paused_until:
            return self._turns.paused_until - now + HORIZON
        return self._turns.free_at - now if self._workers.interval_factor(now) > 1.0 else 0.0

    def _on_turn(self, call: ScriptCall) -> None:
        """Decide a call of the fallback's queue, or ask the server if it is back."""
        if self._failover.health.is_degraded:
            self._decide_locally(call)
            return
        now, (rules, _, _, parts, _) = self.now(), call.step
        seconds = parts * rules.interval * self._workers.interval_factor(now)
        # An estimate, until the answer comes.
        self._turns.free_at = max(now, self._turns.free_at) + seconds
        self._batcher.enqueue(call)

    def _fail_over(
        self, calls: list[ScriptCall], queued: list[ScriptCall], error: BaseException
    ) -> None:
        """Decide locally what the server didn't, and from now on everything."""
        self._failover.degrade(error)
        for call in calls:
            if call.may_reserve:
                # A server that only stalled may still carry the call out.
                self._failover.backlog.append(ScriptCall("release", call.step, call.token))
        for call in (*calls, *queued):
            if call.future is None:
                self._failover.backlog.append(call)
            elif not call.future.done():
                self._fallback.put(call)

    def _on_head(self, head: AnswerHead, now: float) -> float:
        """Record the account's next free time and its workers; return when the script ran."""
        count = Count(head.server_now, bool(head.is_new), head.workers, head.present)
        self._workers.on_count(count, now)
        return self._turns.on_answer(head.server_now, head.free_at, now)

    def _on_lost(self) -> None:
        """Share the rate as after a failover, until the other workers have called again."""
        self._failover.report_loss()
        self._workers.on_failover()

    def _assigned_until(self) -> float:
        """Return until when this worker has assigned times that the server doesn't know."""
        is_local = self._failover.health.is_degraded and self._on_failure == "open"
        return self._own.free_at if is_local else 0.0

    def _on_unreachable(self) -> str:
        """Begin behind the times that the server has assigned; return what follows, as text."""
        self._workers.on_failover()
        if self._on_failure == "closed":
            return "every message is held"
        if self._turns.free_at > self._turns.answered_at:
            # The account is at its rate, and other workers may have been admitted since then.
            self._own.assign_after(self._turns.free_at + self.now() - self._turns.answered_at)
        return self._workers.describe()
