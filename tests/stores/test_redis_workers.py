"""Workers that the server counts: together they keep the account's rate without it, too."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis.asyncio
from idle_clock import pass_time
from rules_world import TO, most_in_a_second, new_account, shared_again
from scripted import Gateway

from smsc_async import GatewayLimits, RedisRuleStore, Sms, SmscClient
from smsc_async.rules.engine import RuleEngine
from smsc_async.rules.verdict import Admitted, Held
from smsc_async.stores._redis_fallback import HORIZON
from smsc_async.stores._redis_workers import ASSUMED_WORKERS, RESERVED, WORKER_TTL, Count, Workers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from redis_server import RedisServer

    from smsc_async.rules.engine import Step
    from smsc_async.stores._redis_script import Answer, ScriptCall

RATE = 40
WORKER = Path(__file__).parent.parent / "support" / "sending_worker.py"
pytestmark = pytest.mark.takes_up_to(10, reason="a server is killed and started again")


def step(store: RedisRuleStore, number: int, *, to: str | None = None, parts: int = 1) -> Step:
    """Make the step of a message to a number of its own."""
    to = to or f"7916{number:07d}"
    return RuleEngine(GatewayLimits(rate=RATE), store.key).step(
        Sms(to=to, text=f"{number}"), parts, f"{number}"
    )


async def make(server: RedisServer, count: int, **settings: Any) -> list[RedisRuleStore]:  # noqa: ANN401
    """Return workers of one account that all know of each other."""
    account = new_account()
    stores = [
        RedisRuleStore(server.url, account=account, budget=1.0, probe_every=0.05, **settings)
        for _ in range(count)
    ]
    for _ in range(2):  # the second call counts all
        for store in stores:
            store._batcher.beat()
            await store.flush()
    return stores


@pytest.fixture
async def four(own_server: RedisServer) -> AsyncIterator[list[RedisRuleStore]]:
    """Four workers on a server that may be killed; `workers` isn't set."""
    stores = await make(own_server, 4)
    yield stores
    for store in stores:
        await store.aclose()


# --- shares ---


async def test_four_workers_without_the_server_keep_the_rate_together(
    own_server: RedisServer, four: list[RedisRuleStore]
) -> None:
    """Each knows the others from the server's count; ten times each was 155 a second of 40."""
    own_server.kill()

    verdicts = await asyncio.gather(
        *(store.apply(step(store, 100 * n + m)) for m in range(12) for n, store in enumerate(four))
    )

    times = [verdict.not_before for verdict in verdicts if isinstance(verdict, Admitted)]
    assert 48 == len(times)
    assert RATE * 0.9 <= most_in_a_second(times) <= RATE
    assert {4} == {store.health().workers for store in four}


async def test_streak_is_shared_like_the_rate(
    own_server: RedisServer, four: list[RedisRuleStore]
) -> None:
    """Four times 12 messages to one subscriber, where the gateway blocks the 51st."""
    own_server.kill()
    store = four[0]

    verdicts = [await store.apply(step(store, n, to=TO)) for n in range(13)]

    assert [Admitted] * 12 + [Held] == [type(verdict) for verdict in verdicts]
    # A message of more parts than that begins a streak all the same.
    assert isinstance(await store.apply(step(store, 99, parts=20)), Admitted)


async def test_workers_that_know_of_no_other_keep_the_rate(own_server: RedisServer) -> None:
    """They were started while the server was down; ten of them keep the rate."""
    own_server.kill()
    account = new_account()
    stores = [
        RedisRuleStore(own_server.url, account=account, budget=1.0) for _ in range(ASSUMED_WORKERS)
    ]

    verdicts = await asyncio.gather(
        *(store.apply(step(store, 100 * n + m)) for m in range(2) for n, store in enumerate(stores))
    )

    times = [verdict.not_before for verdict in verdicts if isinstance(verdict, Admitted)]
    assert RATE >= most_in_a_second(times)
    for store in stores:
        await store.aclose()


@pytest.mark.parametrize(("counted", "newcomers"), [(1, 1), (1, 4), (3, 4), (4, 1), (4, 4)])
async def test_counted_workers_leave_a_part_to_those_that_start_without_the_server(
    own_server: RedisServer, counted: int, newcomers: int
) -> None:
    """43 of 40 a second: a newcomer's share came on top. A part of 40 is enough for four."""
    stores = await make(own_server, counted)
    account = stores[0]._script.prefix[6:-2]
    own_server.kill()
    stores += [
        RedisRuleStore(own_server.url, account=account, budget=1.0) for _ in range(newcomers)
    ]
    # Counted ones begin together, since nothing waits for a turn of the server's.
    verdicts = await asyncio.gather(
        *(
            store.apply(step(store, 100 * n + m))
            for n, store in enumerate(stores)
            for m in range(60 // counted if n < counted else 2)
        )
    )

    times = [verdict.not_before for verdict in verdicts if isinstance(verdict, Admitted)]
    assert RATE * 0.85 <= most_in_a_second(times) <= RATE
    for store in stores:
        await store.aclose()


async def test_newcomer_begins_slowly_when_the_server_is_back(own_server: RedisServer) -> None:
    """It can't know whether others are, who still take their shares without the server."""
    own_server.kill()
    store = RedisRuleStore(own_server.url, account=new_account(), budget=1.0, probe_every=0.02)
    await store.apply(step(store, 0))
    own_server.start()
    async with asyncio.timeout(60):
        while store.health().is_degraded:  # noqa: ASYNC110 - nothing else says it
            await asyncio.sleep(0.01)

    assert 1 / RESERVED == store._workers.interval_factor(store.now())
    assert 1.0 == store._workers.interval_factor(store.now() + WORKER_TTL)
    await store.aclose()


async def test_configured_number_is_the_least(own_server: RedisServer) -> None:
    """Some workers may be of a version that isn't counted, or not be started yet."""
    more, fewer = await make(own_server, 2, workers=8), await make(own_server, 3, workers=2)
    alone = RedisRuleStore("redis://127.0.0.1:1", workers=1)

    assert [8, 8] == [store.health().workers for store in more]
    assert [3, 3, 3] == [store.health().workers for store in fewer]
    assert 1 == alone.health().workers
    for store in (*more, *fewer):
        await store.aclose()


async def test_times_that_the_server_assigned_are_not_assigned_again(
    own_server: RedisServer, four: list[RedisRuleStore]
) -> None:
    """One worker's burst takes the rate of the next second; the others begin behind it."""
    burst = await asyncio.gather(*(four[0].apply(step(four[0], n)) for n in range(RATE)))
    four[1]._batcher.beat()
    await four[1].flush()
    own_server.kill()

    verdict = await four[1].apply(step(four[1], 1000))

    assert isinstance(verdict, Admitted)
    assert verdict.not_before >= max(v.not_before for v in burst if isinstance(v, Admitted))


# --- who counts ---


async def test_worker_that_ends_is_counted_no_more(four: list[RedisRuleStore]) -> None:
    """Closing takes it out at once."""
    await four[3].aclose()
    four[0]._batcher.beat()
    await four[0].flush()

    assert 3 == four[0].health().workers
    await four[3].aclose()  # again: it does nothing


async def test_worker_that_dies_is_forgotten(own_server: RedisServer) -> None:
    """Its place expires: the server's clock is moved here."""
    stores = await make(own_server, 3)
    for moved in (WORKER_TTL - 1, WORKER_TTL + 1):
        for store in stores[:2]:
            store._script.frozen_at = round((time.time() + moved) * 1e6)
            store._batcher.beat()
            await store.flush()
        assert 3 - (moved > WORKER_TTL) == stores[0].health().workers
    for store in stores:
        await store.aclose()


async def test_idle_client_is_counted(own_server: RedisServer) -> None:
    """From its opening to its end, without a message."""
    account = new_account()
    idle, other = [RedisRuleStore(own_server.url, account=account, budget=5.0) for _ in range(2)]
    async with Gateway() as gateway:
        async with SmscClient(gateway.url(), store=idle):
            await idle.flush()
            await other.apply(step(other, 1))
            during = other._workers._last.workers
        await other.apply(step(other, 2))
    after = other._workers._last.workers

    assert (2, 1) == (during, after)
    assert not idle._heartbeat.is_on
    for store in (idle, other):
        await store.aclose()


async def test_clients_without_rules_never_call_the_server() -> None:
    """`GatewayLimits.off()` needs no store."""
    store = RedisRuleStore("redis://127.0.0.1:1")
    async with (
        Gateway() as gateway,
        SmscClient(gateway.url(), limits=GatewayLimits.off(), store=store),
    ):
        pass

    assert not store.health().is_degraded


async def test_count_has_the_slot_and_the_lifetime_of_the_other_keys(
    own_server: RedisServer,
) -> None:
    """A cluster takes all keys of a script from one slot; an account that ends leaves nothing."""
    store = (await make(own_server, 1))[0]
    client = redis.asyncio.Redis.from_url(own_server.url)

    assert f"smsc:{{{store._script.prefix[6:-2]}}}:workers" == f"{store._script.prefix}workers"
    assert 0 < await client.pttl(f"{store._script.prefix}workers") <= (WORKER_TTL + 1) * 1000
    await client.aclose()
    await store.aclose()


def test_fork_is_another_worker() -> None:
    """A server that forks after the store was made has as many workers as processes."""
    workers = Workers(None)
    ours = workers.id
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, workers.id.encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reader, 100).decode()
    os.close(reader)
    os.close(writer)

    assert ours == workers.id
    assert theirs not in {"", ours}


def test_share_is_known_once_all_have_counted_the_new_worker() -> None:
    """Until then the others may take the whole rate among themselves."""
    workers = Workers(None)
    assert (ASSUMED_WORKERS, False) == (workers.assumed, workers.is_certain)

    workers.on_count(Count(100, is_new=True, workers=3, present=3), now=0.0)
    assert (ASSUMED_WORKERS, 100) == (workers.assumed, workers.since)
    workers.on_count(Count(200, is_new=False, workers=3, present=2), now=0.1)
    assert ASSUMED_WORKERS == workers.assumed
    workers.on_count(Count(300, is_new=False, workers=3, present=3), now=0.2)
    assert (3, True) == (workers.assumed, workers.is_certain)


def test_restarted_server_does_not_lower_the_count_at_once() -> None:
    """It counts anew, and may go down again before all workers are back."""
    workers = Workers(None)
    for server_now in (100, 200):
        workers.on_count(Count(server_now, is_new=False, workers=4, present=4), now=0.0)
    workers.on_failover()
    workers.on_count(Count(300, is_new=True, workers=1, present=1), now=5.0)

    assert (4, 4.0) == (workers.assumed, workers.interval_factor(5.0))
    workers.on_count(Count(400, is_new=False, workers=2, present=2), now=5.1)
    assert (4, 2.0) == (workers.assumed, workers.interval_factor(5.1))
    workers.on_count(Count(500, is_new=False, workers=2, present=2), now=5.0 + WORKER_TTL)
    assert (2, 1.0) == (workers.assumed, workers.interval_factor(5.0 + WORKER_TTL))


# --- the server is back ---


async def test_waiting_messages_are_asked_again_when_the_server_is_back(
    own_server: RedisServer, four: list[RedisRuleStore]
) -> None:
    """Without it no time is assigned further ahead than a second, in order."""
    own_server.kill()
    store = four[0]
    asked = [asyncio.create_task(store.apply(step(store, n))) for n in range(30)]
    await asyncio.wait(asked[:5])
    alone = [task.result() for task in asked if task.done()]
    assert all(
        isinstance(v, Admitted) and v.not_before < store.now() + HORIZON + 0.2 for v in alone
    )
    assert not asked[-1].done()
    asked[-1].cancel()
    own_server.start()
    await shared_again(*four)

    verdicts = await asyncio.gather(*asked[:-1])

    times = [verdict.not_before for verdict in verdicts if isinstance(verdict, Admitted)]
    assert 29 == len(times)
    assert all(earlier < later for earlier, later in pairwise(times))
    assert {4} == {store.health().workers for store in four}


async def test_closed_store_gives_waiting_callers_a_verdict(
    own_server: RedisServer, four: list[RedisRuleStore]
) -> None:
    """No caller waits for ever."""
    own_server.kill()
    asked = [asyncio.create_task(four[0].apply(step(four[0], n))) for n in range(20)]
    await asyncio.wait(asked[:1])
    await four[0].aclose()

    assert all(isinstance(verdict, Admitted) for verdict in await asyncio.gather(*asked))


async def test_share_is_logged_once(
    own_server: RedisServer, four: list[RedisRuleStore], caplog: pytest.LogCaptureFixture
) -> None:
    """A warning with the share, one that the server comes back empty, and a line when it does."""
    caplog.set_level("INFO", "smsc_async.rules")
    own_server.kill()
    for number in range(3):
        await four[0].apply(step(four[0], number))
    await asyncio.sleep(0.2)  # some attempts fail
    own_server.start()
    await shared_again(four[0])

    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert ["WARNING", "WARNING", "INFO"] == [level for level, _ in said]
    assert "has lost its state" in said[1][1]
    assert said[0][1].endswith(
        "; until it is back, this worker takes 1/4 of the account's limits, by the number of"
        " workers; a tenth of the rate is left to workers that start meanwhile"
    )


async def test_worker_without_a_count_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """With the remedy."""
    store = RedisRuleStore("redis://127.0.0.1:1")
    await store.apply(step(store, 1))
    await store.aclose()

    assert "takes 1/10 of the account's limits and a tenth of that of its rate" in caplog.text
    assert "set workers=" in caplog.text


# --- bursts ---


async def test_burst_on_a_healthy_server_stays_shared(own_server: RedisServer) -> None:
    """5000 messages take longer than the budget, which is of each call, not of the queue."""
    store = RedisRuleStore(own_server.url, account=new_account(), budget=0.2)
    slow = store._script.run

    async def run(calls: list[ScriptCall]) -> Answer:
        """Answer in time, but late enough that the queue takes several budgets."""
        await asyncio.sleep(0.02)
        return await slow(calls)

    store._batcher._run = run
    verdicts = await asyncio.gather(*(store.apply(step(store, n)) for n in range(5000)))

    assert not store.health().is_degraded
    times = [verdict.not_before for verdict in verdicts if isinstance(verdict, Admitted)]
    assert 5000 == len(times)
    assert RATE >= most_in_a_second(times)
    await store.aclose()


async def test_answer_that_waits_for_a_busy_loop_is_in_time(own_server: RedisServer) -> None:
    """The program held the loop for longer than the budget; the server had answered."""
    store = RedisRuleStore(own_server.url, account=new_account(), budget=0.2)
    await store.apply(step(store, 0))
    asking = asyncio.create_task(store.apply(step(store, 1)))
    for _ in range(3):
        await asyncio.sleep(0)
    time.sleep(0.05)  # noqa: ASYNC251 - the server answers
    pass_time(0.4)

    assert isinstance(await asking, Admitted)
    assert not store.health().is_degraded
    await store.aclose()


async def test_calls_that_never_left_need_no_release(own_server: RedisServer) -> None:
    """Of 1000 in the queue the server got 100 at most; those alone are given back."""
    store = (await make(own_server, 1))[0]
    asked = [asyncio.create_task(store.apply(step(store, n))) for n in range(1000)]
    await asyncio.sleep(0)
    own_server.kill()
    await asyncio.wait(asked[:101])

    released = [call for call in store._failover.backlog if call.name == "release"]
    assert 100 >= len(released)
    await store.aclose()
    await asyncio.gather(*asked)


async def test_leaving_ends_sends_that_wait_for_their_turn(own_server: RedisServer) -> None:
    """Without the server, 300 messages at a tenth of the rate would wait for a minute."""
    own_server.kill()
    store = RedisRuleStore(own_server.url, account=new_account())
    async with (
        Gateway() as gateway,
        SmscClient(gateway.url(), limits=GatewayLimits(rate=RATE), store=store) as smsc,
    ):
        sends = [
            asyncio.create_task(smsc.send(Sms(to=f"7916{n:07d}", text="Hi"))) for n in range(300)
        ]
        await asyncio.wait(sends[:1])
        await smsc.aclose(timeout=0.0)
    outcomes = await asyncio.gather(*sends, return_exceptions=True)

    errors = [error for error in outcomes if isinstance(error, BaseException)]
    assert {"NOT_SENT"} == {error.outcome.name for error in errors[1:]}  # type: ignore[attr-defined]
    assert 290 < len(errors)
    await store.aclose()


@pytest.mark.parametrize("answer", ["READONLY", "OOM", "LOADING", "NOAUTH"])
async def test_server_that_answers_errors_is_one_that_does_not_answer(answer: str) -> None:
    """A replica, a full or a starting server: local rules, until a call succeeds."""

    class Failing:
        """Answers an error."""

        is_well = False

        async def evalsha(self, *_: object) -> bytes:
            """Answer."""
            if not self.is_well:
                raise redis.exceptions.ResponseError(f"{answer} of some kind")
            return b"100 0 1 1 1 0"

    failing: Any = Failing()
    store = RedisRuleStore(failing, account=new_account(), probe_every=0.02)
    assert isinstance(await store.apply(step(store, 1)), Admitted)
    await asyncio.sleep(0.1)
    assert store.health().is_degraded
    assert answer in str(store.health().last_error)
    failing.is_well = True
    await shared_again(store)
    await store.aclose()


@pytest.mark.parametrize("kind", ["replica", "full"])
async def test_real_server_that_refuses_writes_stays_unreachable(
    own_server: RedisServer, kind: str
) -> None:
    """An attempt writes, too: a server that can only read isn't taken for one that is back."""
    store = (await make(own_server, 1))[0]
    client = redis.asyncio.Redis.from_url(own_server.url)
    if kind == "replica":
        await client.config_set("repl-timeout", 60)
        await client.replicaof("127.0.0.1", 1)
    else:
        await client.config_set("maxmemory", 1)

    assert isinstance(await store.apply(step(store, 1)), Admitted)
    await asyncio.sleep(0.3)
    assert store.health().is_degraded

    if kind == "replica":
        await client.replicaof("NO", "ONE")
    else:
        await client.config_set("maxmemory", 0)
    await client.script_flush()
    await shared_again(store)
    await client.aclose()
    await store.aclose()


# --- whole processes ---


@pytest.mark.takes_up_to(40, reason="four Python processes send for some seconds")
async def test_four_processes_keep_the_rate_while_the_server_dies_and_returns(
    own_server: RedisServer,
) -> None:
    """`workers` is never set. Counted are the times for which messages are admitted.

    A busy machine writes late, and then several at once.
    """
    account = new_account()
    async with Gateway() as gateway:
        command = [sys.executable, str(WORKER), gateway.url(), own_server.url, account, str(RATE)]
        processes = [
            await asyncio.create_subprocess_exec(*command, str(n), stdin=-1, stdout=-1, stderr=-1)
            for n in range(4)
        ]
        try:
            for process in processes:
                assert process.stdout is not None
                assert await process.stdout.readline() == b"ready\n"
            await asyncio.sleep(1.5)  # a heartbeat: all have counted each other
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(b"go\n")
            await asyncio.sleep(2.5)  # as they have the assigned times
            own_server.kill()
            killed_at = time.monotonic()
            await asyncio.sleep(8.0)  # 240 messages have their times from the server
            await asyncio.to_thread(own_server.start)
            started_at = time.monotonic()
            await asyncio.sleep(3.0)
            printed = [await process.communicate(b"") for process in processes]
        finally:
            for process in processes:
                if process.returncode is None:
                    process.kill()
                    await process.wait()

    assert all(said.count(b"unreachable") == 1 and b"takes 1/4" in said for _, said in printed)
    times = [float(at) for out, _ in printed for at in out.split()]
    down = [at for at in times if killed_at < at < started_at]
    assert len(down) > 0.8 * RATE * (started_at - killed_at)
    assert any(at > started_at + 1 for at in times)
    assert most_in_a_second(times) <= RATE * 1.15
