"""The rules' memory in Redis (or Valkey), shared by all workers of one account.

Rule: one script decides a whole message on the server's own clock, and no send waits longer for it
than the budget. What this worker has admitted it remembers itself as well; so when the server is
out of reach it goes on alone, with its own share of the rate, and nobody repeats himself.

All calls of one turn of the event loop go in one call of the script, and those that come while it
is under way in the next: so they are decided in the order in which they came.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import time
from collections import deque
from hashlib import blake2b, sha1
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from smsc_async.errors import ConfigError
from smsc_async.rules.engine import Rules, replaces
from smsc_async.rules.verdict import Admitted, Held
from smsc_async.stores.base import RuleStore, StoreHealth
from smsc_async.stores.memory import MemoryRuleStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis.asyncio import Redis

    from smsc_async.rules.engine import Step
    from smsc_async.rules.limits import GatewayLimits
    from smsc_async.rules.verdict import Token, Verdict

LOG = logging.getLogger("smsc_async.rules")

CALLS_AT_ONCE: Final = 100
"""Messages of one call of the script. It takes some 10 µs for each and blocks the server."""

CALLS_OWED: Final = 10_000
"""Calls that wait for the server to return, more than an account's rate makes in a minute. Of more
the oldest are left out: they matter least, and what they reserved has a time to live."""

_MICROSECONDS: Final = 1_000_000
_HELD_BY: Final[dict[int, Literal["repeat", "flood"]]] = {1: "repeat", 2: "flood"}

SCRIPT: Final = """
-- KEYS: the account's next free instant, then for each call: its request, its recipient's row.
-- ARGV: the instant, or empty for the server's own; then JSON, a list for each call: name, token,
--       the token it replaces, parts, how long ago its first part was written, and the rules:
--       window, length, gap, interval. All times in microseconds; 0 is no rule.
-- Answer: the instant, then for each call: 0 and when to write, and whether it replaced another;
--         or 1 (repeat) or 2 (flood) and when to try again.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local function text(number)
  return string.format('%.0f', number)
end

local function live_until(key, instant)
  redis.call('PEXPIRE', key, text(math.ceil((instant - now) / 1000) + 1000))
end

local function read_request(key)
  local known = redis.call('GET', key)
  if not known then return nil end
  local at, token = string.match(known, '^(%d+) (.*)$')
  return tonumber(at), token
end

local function read_row(key)
  local row = redis.call('HMGET', key, 'began_at', 'length', 'last_at')
  return tonumber(row[1]), tonumber(row[2]), tonumber(row[3])
end

local function write_request(key, at, token, window)
  redis.call('SET', key, text(at) .. ' ' .. token)
  live_until(key, at + window)
end

-- Each message of a row stands in it under its token, so that giving back twice does nothing.
local function write_row(key, token, parts, last_at, gap)
  redis.call('HSET', key, 'last_at', text(last_at), 'm' .. token, parts)
  live_until(key, last_at + gap)
end

local function begin_row(key, at)
  redis.call('DEL', key)
  redis.call('HSET', key, 'began_at', text(at), 'length', 0)
end

local function apply(request, row, token, replaced, parts, window, length, gap, interval)
  local free_at = tonumber(redis.call('GET', KEYS[1])) or 0
  local at = math.max(now, free_at)
  local last_at = at + (parts - 1) * interval
  local held, retry_at, again, counted = 0, 0, false, false

  if window > 0 then
    local known_at, known_token = read_request(request)
    if known_at and at < known_at + window then
      if replaced ~= '' and known_token == replaced then
        again, token = true, replaced
      else
        held, retry_at = 1, known_at + window
      end
    end
  end

  local goes_on = false
  if gap > 0 then
    local _, row_length, row_last_at = read_row(row)
    goes_on = row_last_at and at < row_last_at + gap
    if goes_on then
      counted = again and redis.call('HEXISTS', row, 'm' .. token) == 1
      local joined = row_length + (counted and 0 or parts)
      if joined > length and row_last_at + gap > retry_at then
        held, retry_at = 2, row_last_at + gap
      end
      last_at = math.max(last_at, row_last_at)
    end
  end
  if held > 0 then return {held, text(retry_at), 0} end

  if interval > 0 then
    redis.call('SET', KEYS[1], text(at + parts * interval))
    live_until(KEYS[1], at + parts * interval)
  end
  if window > 0 then write_request(request, at, token, window) end
  if gap > 0 then
    if not goes_on then begin_row(row, at) end
    if not counted then redis.call('HINCRBY', row, 'length', parts) end
    write_row(row, token, parts, last_at, gap)
  end
  return {0, text(at), again and 1 or 0}
end

local function release(request, row, token)
  local _, known_token = read_request(request)
  if known_token == token then redis.call('DEL', request) end
  local parts = redis.call('HGET', row, 'm' .. token)
  if parts then
    redis.call('HINCRBY', row, 'length', -parts)
    redis.call('HDEL', row, 'm' .. token)
  end
end

-- What was written or will be, whatever the rules say of it.
local function remember(request, row, token, parts, at, window, gap, interval)
  local last_at = at + (parts - 1) * interval
  if window > 0 and at + window > now then write_request(request, at, token, window) end
  if gap > 0 and last_at + gap > now then
    local _, _, row_last_at = read_row(row)
    if not row_last_at or at >= row_last_at + gap then begin_row(row, at) end
    if redis.call('HEXISTS', row, 'm' .. token) == 0 then
      redis.call('HINCRBY', row, 'length', parts)
    end
    write_row(row, token, parts, math.max(last_at, row_last_at or 0), gap)
  end
end

local answers = {text(now)}
for index, call in ipairs(cjson.decode(ARGV[2])) do
  local request, row = KEYS[2 * index], KEYS[2 * index + 1]
  local name, token, replaced, parts, ago, window, length, gap, interval = unpack(call)
  local answer = {0, '0', 0}
  if name == 'apply' then
    answer = apply(request, row, token, replaced, parts, window, length, gap, interval)
  elseif name == 'release' then
    release(request, row, token)
  else
    remember(request, row, token, parts, now - ago, window, gap, interval)
  end
  for place = 1, 3 do answers[#answers + 1] = answer[place] end
end
return answers
"""


OnFailure = Literal["open", "closed"]


class _Call:
    """One call of the script, and who waits for its answer.

    Args:
        name: "apply" asks, "release" gives back, "remember" tells of a message that is sent in
            any case.
        step: The question.
        token: Names the reservation.
        at: Instant of the first part's write, of this worker's clock; only to remember.
        asked_at: When it was asked, of the event loop's clock.
        answer: For the verdict; None if nobody waits.
    """

    __slots__ = ("answer", "asked_at", "at", "name", "step", "token")

    def __init__(
        self,
        name: Literal["apply", "release", "remember"],
        step: Step,
        token: Token,
        *,
        at: float = 0.0,
        asked_at: float = 0.0,
        answer: asyncio.Future[Verdict] | None = None,
    ) -> None:
        self.name = name
        self.step = step
        self.token = token
        self.at = at
        self.asked_at = asked_at
        self.answer = answer

    @property
    def is_in_vain(self) -> bool:
        """Whether whoever asked has gone."""
        return self.answer is not None and self.answer.cancelled()

    def arguments(self, now: float) -> tuple[object, ...]:
        """Return what the script takes of it."""
        step, rules = self.step, self.step.rules
        return (
            self.name,
            self.token,
            "" if step.token is None else step.token,
            step.parts,
            _microseconds(now - self.at) if self.name == "remember" else 0,
            _microseconds(rules.repeat_window),
            rules.flood_length if rules.flood_gap else 0,
            _microseconds(rules.flood_gap),
            _microseconds(rules.interval),
        )


class RedisRuleStore(RuleStore):
    """The rules' memory in Redis, shared by all workers of one account.

    ::

        store = RedisRuleStore("redis://127.0.0.1", account="shop", workers=4)
        async with SmscClient(url, store=store) as smsc: ...

    Times are the server's: clocks of workers may differ as they like, the server's own shouldn't
    be set back while it is in use. Keys are `smsc:{account}:…`, one slot of a cluster; recipients
    and texts are hashed, and each key has a time to live.

    No send waits longer than *budget* for it. If the server doesn't answer in time, or with an
    error, then the store decides without it and tries it again every *probe_every* seconds; until
    it is back nobody waits for it at all. `health()` and the logger `smsc_async.rules` tell so.
    A burst that the server can't decide within the budget counts as a failure too.

    Belongs to one event loop while it is in use.

    Args:
        redis: A client of redis-py (asyncio), or a URL of which the store makes and closes one.
        account: Whose rules these are; workers of one account have the same. No braces.
        limits: The account's, in place of those of each client that asks.
        secret: Makes the hashes this account's own. Without it whoever can read the keys can try
            out texts; one-time codes are short.
        workers: How many share the account. Alone, each takes its share of the rate.
        budget: Seconds that a send waits at most, 0.15 to 0.25 in a local network.
        on_failure: Without the server, "open" decides by what this worker knows itself; "closed"
            holds every message (`HeldByRuleError`).
        probe_every: Seconds between two attempts to reach the server again.
        clock: Seconds of a clock that never goes back; verdicts are told in it.
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
        self._no_script: type[Exception] = library.exceptions.NoScriptError
        self.key = _key(account, secret)
        self._prefix = f"smsc:{{{account}}}:"
        self._rules = None if limits is None else Rules.of(limits)
        self._workers = workers
        self._budget = budget
        self._on_failure = on_failure
        self._probe_every = probe_every
        self._clock = clock
        self._on_change = on_change
        # What this worker itself has admitted.
        self._own = MemoryRuleStore(clock, key=self.key)
        self._worker = os.urandom(8).hex()
        self._tokens = 0
        self._queue: deque[_Call] = deque()
        self._flight: asyncio.Task[None] | None = None
        self._owed: deque[_Call] = deque(maxlen=CALLS_OWED)
        self._health = StoreHealth()
        self._probe_at = 0.0
        self._probe_timer: asyncio.TimerHandle | None = None
        self._probe: asyncio.Task[None] | None = None
        self._abandoned: set[asyncio.Task[Any]] = set()
        # Tests move the time with it: an instant in place of the server's, in microseconds.
        self._frozen_at: int | None = None

    def __repr__(self) -> str:
        state = "alone" if self._health.is_degraded else "shared"
        return f"<RedisRuleStore {self._prefix}*, {state}>"

    def now(self) -> float:
        """Return the instant, of this worker's clock."""
        return self._clock()

    def health(self) -> StoreHealth:
        """Return whether the rules are shared now."""
        return self._health

    async def apply(self, step: Step) -> Verdict:
        """Decide all rules of a message for all workers, within the budget.

        Cancelling is safe: what was reserved for a caller that has gone is given back.
        """
        # What this worker knows to be held needs no asking; it knows it also after the server
        # has lost its memory.
        held = self.peek(step, self._clock())
        if held is not None:
            return held
        step = self._under_rules(step)
        if self._health.is_degraded:
            return self._decide_alone(step, self._next_token())
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Verdict] = loop.create_future()
        call = _Call("apply", step, self._next_token(), asked_at=loop.time(), answer=answer)
        self._enqueue(call)
        try:
            return await answer
        except asyncio.CancelledError:
            if not answer.cancelled() and isinstance(verdict := answer.result(), Admitted):
                self.release(step, verdict)
            raise

    def peek(self, step: Step, now: float) -> Held | None:
        """Say whether the message is held by what this worker itself has admitted."""
        return self._own.peek(self._under_rules(step), now)

    def release(self, step: Step, admitted: Admitted) -> None:
        """Give a reservation back: at once here, with the next call there.

        The call isn't the caller's, so cancelling him doesn't stop it. While the server is out
        of reach it waits.
        """
        if replaces(step, admitted):
            return
        self._own.release(step, admitted)
        self._tell(_Call("release", step, admitted.token))

    def postpone(self, step: Step, admitted: Admitted, index: int = 0) -> Admitted:
        """Tell that a part is written only now; return the admission that holds from now on."""
        step = self._under_rules(step)
        later = self._own.postpone(step, admitted, index)
        self._tell(_Call("remember", step, later.token, at=later.not_before))
        return later

    async def flush(self) -> None:
        """Wait until all calls are answered; at once while the server is out of reach.

        Cancelling is safe.
        """
        while self._flight is not None:
            await asyncio.wait([self._flight])

    async def aclose(self) -> None:
        """Flush, stop trying to reach the server, and close the client if the store made it.

        Takes twice the budget at most, whatever the server does.
        """
        await self.flush()
        if self._probe_timer is not None:
            self._probe_timer.cancel()
        if self._probe is not None and not self._probe.done():
            self._abandon(self._probe)
        if self._is_owner:
            self._leave_alone(asyncio.create_task(self._redis.aclose()))
        if self._abandoned:
            await asyncio.wait(self._abandoned, timeout=self._budget)

    # Asking.

    def _under_rules(self, step: Step) -> Step:
        """Return the step under the account's rules.

        Raises:
            TypeError: It was made without the store's key, and no other worker would know it.
        """
        if not isinstance(step.request, bytes):
            raise TypeError(f"{step!r} was made by a RuleEngine without key=store.key")
        return step if self._rules is None else step._replace(rules=self._rules)

    def _next_token(self) -> str:
        """Name a reservation, unlike any other worker's."""
        self._tokens += 1
        return f"{self._worker}-{self._tokens}"

    def _tell(self, call: _Call) -> None:
        """Call the script for nobody's answer, now or when the server is back."""
        if self._health.is_degraded:
            self._owed.append(call)
        else:
            call.asked_at = asyncio.get_running_loop().time()
            self._enqueue(call)

    def _enqueue(self, call: _Call) -> None:
        """Let a call go with all others of this turn of the loop."""
        self._queue.append(call)
        if self._flight is None:
            self._flight = asyncio.get_running_loop().create_task(self._fly())

    async def _fly(self) -> None:
        """Ask for all that wait, in their order."""
        try:
            while self._queue:
                calls = self._take_calls()
                try:
                    self._settle(calls, await self._run_until(self._deadline(calls), calls))
                except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - or callers would wait for ever
                    self._lose(calls, error)
                    return
        finally:
            self._flight = None

    def _take_calls(self) -> list[_Call]:
        """Take the next calls from the queue, those of cancelled callers left out."""
        count = min(CALLS_AT_ONCE, len(self._queue))
        taken = [self._queue.popleft() for _ in range(count)]
        return [call for call in taken if not call.is_in_vain]

    def _deadline(self, calls: list[_Call]) -> float:
        """Return until when the one who waits longest may wait."""
        asked_at = calls[0].asked_at if calls else asyncio.get_running_loop().time()
        return asked_at + self._budget

    async def _run_until(self, deadline: float, calls: list[_Call]) -> list[Any]:
        """Run the script, and leave it alone if it takes too long.

        It isn't waited for that the client of Redis takes notice of being cancelled.

        Raises:
            TimeoutError: It took too long.
        """
        running = asyncio.create_task(self._run(calls))
        try:
            await asyncio.wait([running], timeout=deadline - asyncio.get_running_loop().time())
            if not running.done():
                raise TimeoutError
            return running.result()
        finally:
            if not running.done():
                self._abandon(running)

    def _abandon(self, running: asyncio.Task[Any]) -> None:
        """Cancel a task that nobody waits for."""
        self._leave_alone(running)
        running.cancel()

    def _leave_alone(self, running: asyncio.Task[Any]) -> None:
        """Keep a task until it ends; whatever becomes of it, nobody wants to know."""
        self._abandoned.add(running)
        running.add_done_callback(self._forget)

    def _forget(self, running: asyncio.Task[Any]) -> None:
        """Let go of a task that has ended."""
        self._abandoned.discard(running)
        if not running.cancelled():
            running.exception()  # looked at, or asyncio would complain

    async def _run(self, calls: list[_Call]) -> list[Any]:
        """Run the script; without a call it only tells the time."""
        instant = "" if self._frozen_at is None else self._frozen_at
        now = self._clock()
        keys = [f"{self._prefix}rate"]
        for call in calls:
            keys += self._keys(call.step)
        # As one argument: the client takes longer for many than the server for all the rest.
        told = (instant, json.dumps([call.arguments(now) for call in calls]))
        try:
            answer = await self._redis.evalsha(_SHA, len(keys), *keys, *told)
        except self._no_script:
            answer = await self._redis.eval(SCRIPT, len(keys), *keys, *told)
        return list(answer)

    def _keys(self, step: Step) -> tuple[str, str]:
        """Return the keys of a request and of its recipient's row."""
        to = blake2b(step.to.encode("utf-8", "surrogatepass"), key=self.key, digest_size=16)
        request = cast("bytes", step.request).hex()
        return f"{self._prefix}request:{request}", f"{self._prefix}row:{to.hexdigest()}"

    def _settle(self, calls: list[_Call], answer: list[Any]) -> None:
        """Tell each caller his verdict, in the instants of this worker's clock."""
        now, server_now = self._clock(), int(answer[0])
        for index, call in enumerate(calls):
            if call.answer is None:
                continue
            number, instant, has_replaced = answer[3 * index + 1 : 3 * index + 4]
            # Never too early: the answer took a while, and we count from its arrival.
            at = now + (int(instant) - server_now) / _MICROSECONDS
            verdict: Verdict
            if number:
                verdict = Held(_HELD_BY[number], at)
            else:
                token = call.step.token if has_replaced else call.token
                verdict = Admitted(token or call.token, at, call.step.rules.interval)
                self._own.remember(call.step, verdict, now)
            self._hand_over(call, verdict)

    def _hand_over(self, call: _Call, verdict: Verdict) -> None:
        """Tell a caller; what was reserved for one that has gone is given back."""
        if call.answer is not None and not call.answer.done():
            call.answer.set_result(verdict)
        elif isinstance(verdict, Admitted):
            self.release(call.step, verdict)

    # Without the server.

    def _decide_alone(self, step: Step, token: Token) -> Verdict:
        """Decide by what this worker knows itself, or hold everything."""
        if self._on_failure == "closed":
            return Held("store", self._probe_at)
        # Its share of the rate.
        rules = step.rules._replace(interval=step.rules.interval * self._workers)
        verdict = self._own.decide(step._replace(rules=rules), self._clock(), token)
        if isinstance(verdict, Admitted):
            # The other workers hear of it when the server is back.
            self._tell(_Call("remember", step, verdict.token, at=verdict.not_before))
        return verdict

    def _lose(self, calls: list[_Call], error: BaseException) -> None:
        """Decide alone what the server didn't, and from now on everything."""
        self._go_alone(error)
        lost = [*calls, *self._queue]
        self._queue.clear()
        for call in lost:
            if call.answer is None:
                self._owed.append(call)
                continue
            if call.answer.done() and not call.is_in_vain:
                continue
            # The server may still carry it out when it thaws.
            self._owed.append(_Call("release", call.step, call.token))
            if not call.answer.done():
                self._hand_over(call, self._decide_alone(call.step, call.token))

    def _go_alone(self, error: BaseException) -> None:
        """Note that the server is out of reach, and when to try it again."""
        loop, now = asyncio.get_running_loop(), self._clock()
        is_change = not self._health.is_degraded
        since = now if is_change else self._health.since
        said = f"no answer in {self._budget:g} s" if isinstance(error, TimeoutError) else error
        self._health = StoreHealth(
            is_degraded=True, since=since, last_error=f"{type(error).__name__}: {said}"
        )
        self._probe_at = now + self._probe_every
        self._probe_timer = loop.call_later(self._probe_every, self._begin_probe)
        if is_change:
            LOG.warning("! the shared rules are out of reach: %s", self._health.last_error)
            self._tell_change()

    def _begin_probe(self) -> None:
        """Try the server again, while nobody waits for it."""
        self._probe = asyncio.get_running_loop().create_task(self._try_again())

    async def _try_again(self) -> None:
        """Tell the server all that it missed; come back if it takes it."""
        calls: list[_Call] = []
        loop = asyncio.get_running_loop()
        try:
            while True:
                calls = [self._owed.popleft() for _ in range(min(CALLS_AT_ONCE, len(self._owed)))]
                await self._run_until(loop.time() + self._budget, calls)
                if not self._owed:
                    break
        except Exception as error:  # noqa: BLE001 - whatever it is, it isn't back
            self._owed.extendleft(reversed(calls))
            self._go_alone(error)
        else:
            self._come_back()

    def _come_back(self) -> None:
        """Share the rules again."""
        self._health = StoreHealth(last_error=self._health.last_error)
        LOG.info("= the shared rules are back")
        self._tell_change()

    def _tell_change(self) -> None:
        """Call whoever wants to know."""
        if self._on_change is None:
            return
        try:
            self._on_change(self._health)
        except Exception:
            LOG.exception("! %r failed", self._on_change)


_SHA = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()  # how the server names a script


def _microseconds(seconds: float) -> int:
    """Round a duration up, to the safe side."""
    return math.ceil(seconds * _MICROSECONDS)


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
