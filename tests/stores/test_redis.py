"""Rule state in Redis: shared by workers, and no send waits for it longer than the budget."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis.asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from rules_world import TO, World, give_back_turns, new_account

from smsc_async import ConfigError, GatewayLimits, MemoryRuleStore, RedisRuleStore, Sms
from smsc_async.rules.engine import RuleEngine
from smsc_async.rules.verdict import Admitted, Held, Verdict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from redis_server import RedisServer

    from smsc_async.rules.engine import Step
    from smsc_async.rules.verdict import Token
    from smsc_async.stores import RuleStore, StoreHealth

LIMITS = GatewayLimits(rate=None)
WORKER = Path(__file__).parent.parent / "support" / "rules_worker.py"
pytestmark = pytest.mark.takes_up_to(5, reason="budgets of a second are waited out")

BUDGET = 1.0  # a server that is there answers in time, however busy the machine
STALL = 0.35  # seconds for the iterations of the event loop around it


def step(
    store: RedisRuleStore, text: str = "Hi", *, to: str = TO, token: float | str | None = None
) -> Step:
    """Make the step of a message."""
    return RuleEngine(LIMITS, store.key).step(Sms(to=to, text=text), 1, text, token)


@pytest.fixture
async def workers(own_server: RedisServer) -> AsyncIterator[list[RedisRuleStore]]:
    """Two workers of one account, on a server that may be frozen and killed."""
    account = new_account()
    stores = [
        RedisRuleStore(own_server.url, account=account, budget=BUDGET, probe_every=0.05)
        for _ in range(2)
    ]
    yield stores
    for store in stores:
        await store.aclose()


async def recovered(*stores: RedisRuleStore) -> None:
    """Wait until the stores share their rules again, half a minute at most."""
    for _ in range(3000):
        if not any(store.health().is_degraded for store in stores):
            return
        await asyncio.sleep(0.01)
    pytest.fail("the server is back, and a store still decides locally")


async def timed(store: RedisRuleStore, asked: Step) -> tuple[Verdict, float]:
    """Ask; return the verdict and how long it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    return await store.apply(asked), loop.time() - began


# --- several processes ---


def admitted_by_four_processes(server: RedisServer, kind: str, apart: float) -> int:
    """Let four processes ask for fifty messages each at once; return how many are admitted."""
    account = new_account()
    processes = [
        subprocess.Popen(  # noqa: S603 - a fixed list of arguments
            [sys.executable, str(WORKER), server.url, account, kind, str(n), str(n * apart)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert "ready\n" == process.stdout.readline()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return sum(int(process.communicate(timeout=300)[0]) for process in processes)
    finally:
        for process in processes:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("apart", [0.0, 31.0])
@pytest.mark.parametrize(("kind", "expected"), [("same", 1), ("different", 50)])
@pytest.mark.takes_up_to(30, reason="four Python processes are started")
def test_four_processes_keep_the_rules_of_one_account(
    redis_server: RedisServer, kind: str, expected: int, apart: float
) -> None:
    """200 messages at once; the clocks of the workers may differ by half a minute."""
    assert expected == admitted_by_four_processes(redis_server, kind, apart)


# --- the verdicts of both stores ---

PAUSES = st.sampled_from([0, 1, 5, 30, 31, 32, 60, 61])
ACTIONS = st.tuples(
    PAUSES,
    st.sampled_from(["ask", "ask", "ask", "again", "release", "give back", "postpone"]),
    st.integers(0, 1),  # recipient
    st.integers(0, 2),  # text
    st.sampled_from([1, 1, 2, 20]),  # parts
)


def earliest(admitted: Admitted, now: float) -> float:
    """Return the seconds before which an admitted message may have no earlier turn; 0 for any."""
    return max(0.0, admitted.earliest - now)


class Both:
    """A memory store and two workers on Redis that are asked the same."""

    def __init__(self, url: str) -> None:
        account = new_account()
        self.memory = World(MemoryRuleStore)
        self.shared = World(
            lambda clock: RedisRuleStore(url, account=account, clock=clock, budget=20.0), workers=2
        )
        for world in (self.memory, self.shared):
            world.use(GatewayLimits(rate=1.05))  # an interval of one second
        for store in self.shared.stores:
            # A worker's own state may be older than the server's, and `apply` reads that first.
            store._own.peek = lambda *_: None  # type: ignore[attr-defined]
        # What was admitted and neither given back nor replaced, on both sides.
        self.open: dict[tuple[int, int, int], tuple[Admitted, Admitted]] = {}
        self.admitted_by: dict[tuple[int, int, int], RuleStore] = {}

    async def act(self, pause: int, action: str, to: int, text: int, parts: int) -> None:
        """Take the same action on both sides and compare."""
        self.memory.move(pause)
        self.shared.move(pause)
        asked = to, text, parts
        if action == "ask":
            await self._ask(asked, (None, None))
        elif asked not in self.open:
            return
        elif action == "again":
            known = self.open[asked]
            await self._ask(asked, (known[0].token, known[1].token))
        else:
            await self._tell(action, asked)

    async def _ask(
        self,
        asked: tuple[int, int, int],
        tokens: tuple[Token | None, Token | None],
    ) -> None:
        """Ask both sides, compare the verdicts, and record the admissions."""
        (ours, ours_at), (theirs, theirs_at) = [
            await world.ask(self._step(world, asked, token))
            for world, token in zip((self.memory, self.shared), tokens, strict=True)
        ]
        assert type(ours) is type(theirs)
        if isinstance(ours, Held) and isinstance(theirs, Held):
            assert ours.rule == theirs.rule
            assert ours.retry_at - ours_at == pytest.approx(theirs.retry_at - theirs_at, abs=0.001)
        if isinstance(ours, Admitted) and isinstance(theirs, Admitted):
            wait = theirs.not_before - theirs_at
            assert ours.not_before - ours_at == pytest.approx(wait, abs=0.001)
            if wait > 0.001:
                assert earliest(ours, ours_at) == pytest.approx(
                    earliest(theirs, theirs_at), abs=0.001
                )
            assert (ours.token == tokens[0]) is (theirs.token == tokens[1])
            if ours.token != tokens[0]:
                self.open[asked] = ours, theirs
                self.admitted_by[asked] = self.shared.asked

    async def _tell(self, action: str, asked: tuple[int, int, int]) -> None:
        """Release or postpone on both sides."""
        known = self.open.pop(asked)
        stores = self.memory.asked, self.admitted_by.pop(asked)
        for world, store, admitted in zip((self.memory, self.shared), stores, known, strict=True):
            step = self._step(world, asked, None)
            if action != "postpone":
                store.release(step, admitted)
            if action == "give back":
                give_back_turns(store, admitted, parts=asked[2])
            elif action == "postpone":
                store.postpone(step, admitted)
            await store.flush()

    @staticmethod
    def _step(world: World, asked: tuple[int, int, int], token: float | str | None) -> Step:
        """Make the step."""
        to, text, parts = asked
        return world.step(f"Text {text} {parts}", to=f"7999123456{to}", parts=parts, token=token)

    async def run(self, actions: list[tuple[int, str, int, int, int]]) -> None:
        """Take all actions, and close."""
        async with AsyncExitStack() as closing:
            for store in (*self.memory.stores, *self.shared.stores):
                closing.push_async_callback(store.aclose)
            for action in actions:
                await self.act(*action)


@given(actions=st.lists(ACTIONS, max_size=25))
@settings(max_examples=40)
@pytest.mark.takes_up_to(30, reason="forty conversations with a server")
def test_server_decides_as_the_memory_does(
    redis_server: RedisServer, actions: list[tuple[int, str, int, int, int]]
) -> None:
    """`rules.lua` and `engine.decide` give the same verdicts for the same history."""
    asyncio.run(Both(redis_server.url).run(actions))


@pytest.mark.parametrize("parts", [2, 3, 20])
@pytest.mark.parametrize(
    "before", [[], [(0, "ask", 1, 0, 1)], [(0, "ask", 1, 0, 1), (30, "ask", 1, 1, 1)]]
)
def test_parts_of_a_message_that_begins_at_once_give_back_their_turns(
    redis_server: RedisServer, before: list[tuple[int, str, int, int, int]], parts: int
) -> None:
    """Its first turn is now, but the others are to come: the next messages get those."""
    asked = 0, 2, parts
    pause = 5 if before else 0
    history = [*before, (pause, "ask", *asked), (0, "give back", *asked)]
    following = [(0, "ask", 1, 2, 1), (0, "ask", 0, 1, 2), (1, "ask", 0, 0, 1)]
    asyncio.run(Both(redis_server.url).run([*history, *following]))


# --- the server can't be reached ---


async def test_no_caller_waits_longer_than_the_budget(
    own_server: RedisServer, workers: list[RedisRuleStore]
) -> None:
    """A frozen server accepts connections and never answers: the worst case."""
    store, _ = workers
    assert isinstance(await store.apply(step(store, "before")), Admitted)
    own_server.freeze()

    waited = await asyncio.gather(*(timed(store, step(store, f"Text {n}")) for n in range(40)))

    assert all(isinstance(verdict, Admitted) for verdict, _ in waited)
    assert max(took for _, took in waited) < BUDGET + STALL
    assert store.health().is_degraded
    # From now on it isn't asked at all, and the rules are kept all the same.
    verdict, took = await timed(store, step(store, "before"))
    assert isinstance(verdict, Held)
    assert took < BUDGET
    own_server.thaw()
    await recovered(store)
    assert "TimeoutError: no answer in 1 s" == store.health().last_error


async def test_local_admissions_are_shared_when_the_server_is_back(
    own_server: RedisServer, workers: list[RedisRuleStore]
) -> None:
    """Then all workers keep the minute of those messages."""
    store, other = workers
    own_server.freeze()
    assert isinstance(await store.apply(step(store, "while it was frozen")), Admitted)
    assert isinstance(await store.apply(step(store, "refused")), Admitted)
    answer = await store.apply(step(store, "given back"))
    assert isinstance(answer, Admitted)
    store.release(step(store, "given back"), answer)
    own_server.thaw()
    await recovered(store)

    assert isinstance(await other.apply(step(other, "while it was frozen")), Held)
    assert isinstance(await other.apply(step(other, "given back")), Admitted)


async def test_killed_and_restarted_server_is_used_again(
    own_server: RedisServer, workers: list[RedisRuleStore]
) -> None:
    """It has lost its state; each worker still has that of its own messages."""
    store, other = workers
    assert isinstance(await store.apply(step(store, "before")), Admitted)
    own_server.kill()

    verdict, took = await timed(store, step(store, "alone"))

    assert isinstance(verdict, Admitted)
    assert took < BUDGET + STALL
    assert store.health().is_degraded
    own_server.start()
    await recovered(store)
    assert isinstance(await store.apply(step(store, "before")), Held)
    assert isinstance(await other.apply(step(other, "alone")), Held)


async def test_each_change_of_health_is_reported_once(
    own_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """With its time, to the log and to `on_change`; a callback that raises does no harm."""
    reported: list[StoreHealth] = []

    def listen(health: StoreHealth) -> None:
        """Record it, and raise."""
        reported.append(health)
        raise RuntimeError("broken callback")

    caplog.set_level("INFO", "smsc_async.rules")
    store = RedisRuleStore(
        own_server.url,
        account=new_account(),
        budget=BUDGET,
        probe_every=0.05,
        clock=lambda: 7.0,
        on_change=listen,
    )
    own_server.freeze()
    await store.apply(step(store, "one"))
    await asyncio.sleep(2 * BUDGET)  # probes fail meanwhile
    own_server.thaw()
    await recovered(store)
    await store.aclose()

    assert [(True, 7.0), (False, None)] == [(each.is_degraded, each.since) for each in reported]
    said = [record.getMessage() for record in caplog.records]
    assert said[0].startswith("! rule store unreachable: TimeoutError")
    assert ["! on_change raised", "= rule store reachable", "! on_change raised"] == [
        " ".join(line.split()[: 4 if line[0] == "=" else 3]) for line in said[1:]
    ]
    assert not any("broken callback" in line for line in said)


class Refusing:
    """A client of a server that answers with an error, or not at all.

    Args:
        error: Raised; None waits for ever.
    """

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    async def evalsha(self, *_: object) -> list[object]:
        """Fail."""
        if self.error is None:
            await asyncio.Event().wait()
        raise self.error or AssertionError


@pytest.mark.parametrize("probe_every", [0.001, 0.05, 30.0])
@pytest.mark.parametrize("error", [None, OSError("gone")])
async def test_closed_store_holds_until_a_time_in_the_future(
    error: Exception | None, probe_every: float
) -> None:
    """Also while a probe is running, which may take the whole budget."""
    silent: Any = Refusing(error)
    store = RedisRuleStore(
        silent, account=new_account(), budget=0.1, on_failure="closed", probe_every=probe_every
    )
    await store.apply(step(store))
    for _ in range(8):
        await asyncio.sleep(0.02)
        now = store.now()
        verdict = await store.apply(step(store))
        assert isinstance(verdict, Held)
        assert verdict.retry_at >= now + 0.1
        assert verdict.retry_at >= store._failover.probe_at
    await store.aclose()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError("Connection closed by server."), "OSError: Connection closed by server"),
        (OSError("Try again. "), "OSError: Try again"),
        (OSError(), "OSError"),
        (OSError("..."), "OSError"),
        (ValueError("two\nlines"), "ValueError: two\\nlines"),
        (TimeoutError("slow."), "TimeoutError: no answer in 0.2 s"),
    ],
)
@pytest.mark.parametrize("on_failure", ["open", "closed"])
async def test_line_of_an_unreachable_server_reads_as_one(
    caplog: pytest.LogCaptureFixture, error: Exception, reason: str, on_failure: str
) -> None:
    """The error of another library may end in a full stop, or say nothing."""
    refusing: Any = Refusing(error)
    store = RedisRuleStore(
        refusing,
        account=new_account(),
        workers=4,
        on_failure=on_failure,  # type: ignore[arg-type]
    )
    await store.apply(step(store))
    await asyncio.sleep(0)
    await store.aclose()

    closed = on_failure == "closed"
    share = "this worker takes 1/4 of the account's limits, by the number of workers"
    consequence = "every message is held" if closed else share
    said = [record.getMessage() for record in caplog.records]
    assert [f"! rule store unreachable: {reason}; until it is back, {consequence}"] == said
    assert reason == store.health().last_error


async def test_closed_store_holds_everything_without_the_server(own_server: RedisServer) -> None:
    """For senders to whom a repeat costs more than a delay; `retry_at` is after the next probe."""
    store = RedisRuleStore(
        own_server.url, account=new_account(), budget=BUDGET, on_failure="closed", probe_every=0.2
    )
    own_server.freeze()

    verdict, took = await timed(store, step(store))

    assert isinstance(verdict, Held)
    assert "store" == verdict.rule
    assert took < BUDGET + STALL
    own_server.thaw()
    await recovered(store)
    # The thawed server still ran the script; the reservation was given back.
    assert isinstance(await store.apply(step(store)), Admitted)
    await store.aclose()


async def test_without_the_server_each_worker_takes_its_share_of_the_rate(
    own_server: RedisServer,
) -> None:
    """Four workers at a quarter each don't exceed the account's rate."""
    own_server.kill()
    store = RedisRuleStore(own_server.url, account=new_account(), budget=BUDGET, workers=4)
    engine = RuleEngine(GatewayLimits(rate=105.0), store.key)  # an interval of 10 ms

    verdicts = [
        await store.apply(engine.step(Sms(to=TO, text=text), 1, text))
        for text in ("one", "two", "three")
    ]

    times = [verdict.not_before for verdict in verdicts if isinstance(verdict, Admitted)]
    assert pytest.approx(0.08, abs=0.001) == times[2] - times[0]
    await store.aclose()


async def test_malformed_answer_is_a_failure_like_silence() -> None:
    """The caller gets a local verdict, and doesn't wait for ever."""

    class Wrong:
        """Answers what the script never would."""

        async def evalsha(self, *_: object) -> bytes:
            """Answer."""
            return b"1 0"

    wrong: Any = Wrong()
    store = RedisRuleStore(wrong, account=new_account(), probe_every=60.0)

    assert isinstance(await store.apply(step(store)), Admitted)
    assert store.health().is_degraded
    await store.aclose()


class Uncancellable:
    """A client that ignores cancellation for a while."""

    async def evalsha(self, *_: object) -> list[object]:
        """Answer much later than the budget allows."""
        for _turn in range(8):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)
        return []


async def test_client_that_ignores_cancellation_is_abandoned() -> None:
    """Some versions of redis-py do; the budget holds all the same, also when closing."""
    client: Any = Uncancellable()
    store = RedisRuleStore(client, account=new_account(), budget=0.05, probe_every=0.01)

    verdict, took = await timed(store, step(store))

    assert isinstance(verdict, Admitted)
    assert took < 0.05 + STALL
    await asyncio.sleep(0.1)
    async with asyncio.timeout(0.1 + STALL):
        await store.aclose()
    for task in store._batcher.abandoned:
        task.cancel()
    await asyncio.wait(store._batcher.abandoned)


async def test_store_closes_while_the_server_is_frozen(
    own_server: RedisServer, workers: list[RedisRuleStore]
) -> None:
    """A service that shuts down doesn't hang."""
    own_server.freeze()
    await workers[0].apply(step(workers[0]))

    async with asyncio.timeout(2 * BUDGET + STALL):
        await workers[0].aclose()
    own_server.thaw()


# --- cancelling ---


async def test_cancelled_caller_leaves_no_reservation(
    redis_server: RedisServer,
) -> None:
    """Whether the call was in flight already or not."""
    store = RedisRuleStore(redis_server.url, account=new_account(), budget=5.0)
    for turns in range(12):
        asking = asyncio.create_task(store.apply(step(store, f"Text {turns}")))
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        if not asking.cancelled():
            continue
        await store.flush()

        assert isinstance(await store.apply(step(store, f"Text {turns}")), Admitted), turns
    await store.aclose()


async def test_release_outlives_its_cancelled_caller(redis_server: RedisServer) -> None:
    """A sender that is cancelled right after the refusal has released its reservation."""
    account = new_account()
    store = RedisRuleStore(redis_server.url, account=account, budget=5.0)
    other = RedisRuleStore(redis_server.url, account=account, budget=5.0)

    refused = asyncio.Event()

    async def send() -> None:
        """Be refused, and wait to be cancelled."""
        answer = await store.apply(step(store))
        assert isinstance(answer, Admitted)
        store.release(step(store), answer)
        refused.set()
        await asyncio.sleep(60)

    sending = asyncio.create_task(send())
    await asyncio.wait_for(refused.wait(), 60)
    sending.cancel()
    await asyncio.wait([sending])
    await store.aclose()

    assert isinstance(await other.apply(step(other)), Admitted)
    await other.aclose()


# --- keys, batches, settings ---


class Counting:
    """A client that counts its calls."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - a client of redis-py
        self._client = client
        self.calls: list[int] = []

    async def evalsha(self, sha: str, keys: int, *rest: object) -> object:
        """Count the calls, and pass them on."""
        self.calls.append((keys - 3) // 2)  # three keys are of the account
        return await self._client.evalsha(sha, keys, *rest)

    async def eval(self, script: str, keys: int, *rest: object) -> object:
        """Pass the calls on."""
        return await self._client.eval(script, keys, *rest)


async def test_calls_of_one_turn_are_one_batch(redis_server: RedisServer) -> None:
    """Up to fifty messages of one iteration of the event loop are one call of the script."""
    client = redis.asyncio.Redis.from_url(redis_server.url)
    counting: Any = Counting(client)
    store = RedisRuleStore(counting, account=new_account(), budget=5.0)

    await asyncio.gather(*(store.apply(step(store, to=f"7999{n:07d}")) for n in range(250)))

    assert [50] * 5 == counting.calls
    await store.aclose()
    await client.aclose()


class Answering:
    """A client that admits every message, and answers when a test lets it.

    Args:
        broken: Number of the call whose answer has nothing of its messages; None for none.
    """

    def __init__(self, broken: int | None = None) -> None:
        self.broken = broken
        self.events: list[str] = []
        self.may_answer = asyncio.Event()

    async def evalsha(self, _sha: str, keys: int, *_: object) -> str:
        """Answer."""
        number = self.events.count("call")
        self.events.append("call")
        await self.may_answer.wait()
        if number == self.broken:
            return "100 0 0 1 1 0"
        return " ".join(["100 0 0 1 1 0", *["0 100 0 0"] * ((keys - 4) // 2)])


async def test_next_batch_is_sent_before_the_callers_of_the_last_go_on() -> None:
    """The server decides it while they are sent; one after the other, so in the order of asking."""
    client: Any = Answering()
    store = RedisRuleStore(client, account=new_account(), budget=5.0)

    async def apply(number: int) -> None:
        """Ask, and go on."""
        await store.apply(step(store, to=f"7999{number:07d}"))
        client.events.append("sent")

    asking = [asyncio.create_task(apply(number)) for number in range(120)]
    await asyncio.sleep(0.01)
    assert ["call"] == client.events
    client.may_answer.set()
    await asyncio.gather(*asking)

    sent = ["sent"] * 50
    assert ["call", "call", *sent, "call", *sent, *sent[:20]] == client.events
    await store.aclose()


async def test_malformed_answer_with_another_batch_on_its_way_loses_no_caller() -> None:
    """All of them get local verdicts, and so does a batch whose answer came before."""
    client: Any = Answering(broken=1)
    client.may_answer.set()
    store = RedisRuleStore(client, account=new_account(), budget=5.0, probe_every=60.0)

    async with asyncio.timeout(20):
        verdicts = await asyncio.gather(
            *(store.apply(step(store, to=f"7999{number:07d}")) for number in range(170))
        )

    assert all(isinstance(verdict, Admitted) for verdict in verdicts)
    assert store.health().is_degraded
    await store.aclose()


async def milliseconds(client: redis.asyncio.Redis) -> int:
    """Return the time of the server's clock."""
    seconds, fraction = await client.time()
    return int(seconds) * 1000 + int(fraction) // 1000


async def test_keys_hold_no_text_and_expire(redis_server: RedisServer) -> None:
    """One hash tag, hashes, and a time to live a second longer than the rule's."""
    client = redis.asyncio.Redis.from_url(redis_server.url, decode_responses=True)
    account = new_account()
    store = RedisRuleStore(client, account=account, secret="s", budget=60.0)
    engine = RuleEngine(GatewayLimits(rate=0.01), store.key)

    before = await milliseconds(client)
    await store.apply(engine.step(Sms(to=TO, text="Код входа: 4821"), 1, "Код входа: 4821"))
    after = await milliseconds(client)

    keys = sorted([key async for key in client.scan_iter(f"smsc:{{{account}}}:*")])
    assert ["rate", "request", "row", "workers"] == [key.split(":")[2] for key in keys]
    assert not any(TO in key or "4821" in key for key in keys)
    for key, life in zip(keys, (106_000, 62_000, 32_000, 11_000), strict=True):
        async with client.pipeline() as asked:  # both at the same time
            asked.time()
            asked.pttl(key)
            (seconds, fraction), left = await asked.execute()
        ends = seconds * 1000 + fraction // 1000 + left
        assert before + life - 1000 <= ends <= after + life
    await store.aclose()
    assert await client.ping(), "a client that the store didn't make isn't closed"
    await client.aclose()


async def test_limits_of_the_store_override_those_of_a_client(redis_server: RedisServer) -> None:
    """Workers with different settings would break each other's rules."""
    store = RedisRuleStore(
        redis_server.url,
        account=new_account(),
        limits=GatewayLimits(repeat_window=30.0, rate=None),
        budget=60.0,
    )
    await store.apply(step(store))

    held = await store.apply(step(store))

    assert isinstance(held, Held)
    assert 0 < held.retry_at - store.now() <= 31.0
    await store.aclose()


async def test_secret_makes_the_hashes_of_an_account_its_own() -> None:
    """All its workers agree, and no other account does."""

    def make(account: str, secret: str | bytes) -> bytes:
        """Return the key of a worker's hashes."""
        return RedisRuleStore("redis://127.0.0.1:1", account=account, secret=secret).key

    assert make("shop", "s") == make("shop", b"s")
    assert 3 == len({make("shop", "s"), make("shop", "t"), make("other", "s")})


async def test_step_of_another_key_is_refused() -> None:
    """No other worker would recognise its fingerprint, and repeats would pass silently."""
    store = RedisRuleStore("redis://127.0.0.1:1")
    asked = RuleEngine(LIMITS).step(Sms(to=TO, text="Hi"), 1, "Hi")

    with pytest.raises(TypeError, match=r"without key=store\.key"):
        await store.apply(asked)


async def awaited(_health: object) -> None:
    """Be never awaited."""


class Awaited:
    """An object that would have to be awaited when it is called."""

    async def __call__(self, _health: object) -> None:
        """Be never awaited."""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("account", ""),
        ("account", "a{b}"),
        ("on_failure", "half"),
        ("workers", 0),
        ("budget", 0.0),
        ("probe_every", -1.0),
        ("on_change", "loudly"),
        ("on_change", awaited),
        ("on_change", Awaited()),
    ],
)
def test_settings_that_make_no_sense_are_refused(name: str, value: object) -> None:
    """When the store is made, not when it is used."""
    setting: dict[str, Any] = {name: value}

    with pytest.raises(ConfigError, match=f"{name}: "):
        RedisRuleStore("redis://127.0.0.1", **setting)


@pytest.mark.parametrize("value", ["\ud800", "shop\udfff", "пароль-\udc80-4821"])
@pytest.mark.parametrize("name", ["account", "secret", "redis"])
def test_text_that_cannot_be_encoded_is_refused(name: str, value: str) -> None:
    """With a typed error that shows nothing of it; the codec's error would hold the text."""
    setting: dict[str, Any] = {"redis": "redis://127.0.0.1", name: value}
    if name == "redis":
        setting = {name: f"redis://:{value}@127.0.0.1"}

    with pytest.raises(ConfigError, match=f"{name}: ") as caught:
        RedisRuleStore(**setting)

    error: BaseException | None = caught.value
    while error is not None:
        assert not isinstance(error, UnicodeError)
        assert value not in f"{error}{error.args}"
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("value", [None, 4821, ["s"]])
def test_secret_of_another_kind_is_refused(value: object) -> None:
    """Text or octets; its value isn't shown."""
    setting: dict[str, Any] = {"secret": value}

    with pytest.raises(ConfigError, match="secret: takes a str") as caught:
        RedisRuleStore("redis://127.0.0.1", **setting)

    assert "4821" not in str(caught.value)


def test_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error holds the command that installs it."""
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)

    with pytest.raises(ImportError, match=r"pip install 'smsc-async\[redis\]'"):
        RedisRuleStore("redis://127.0.0.1")


def test_store_shows_its_state_in_numbers() -> None:
    """A debugger shows what waits, and no password of the URL."""
    store = RedisRuleStore("redis://:secret@127.0.0.1", account="shop")

    assert (
        "<RedisRuleStore smsc:{shop}:*, shared, 0 entries of its own, 0 calls queued,"
        " 0 missed by the server>"
    ) == repr(store)


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ({"redis": None}, "redis: takes a URL, or a client of redis.asyncio, got NoneType"),
        ({"redis": 6379}, "redis: takes a URL, or a client of redis.asyncio, got int"),
        ({"limits": 5}, "limits: takes a GatewayLimits, got int"),
        ({"workers": 0.5}, "workers: takes a whole number 1 to 10000"),
        ({"workers": True}, "workers: takes a whole number 1 to 10000"),
        ({"workers": 0}, "workers: takes a whole number 1 to 10000"),
        ({"budget": float("inf")}, "budget: takes more than 0 seconds"),
        ({"probe_every": 0}, "probe_every: takes more than 0 seconds"),
        ({"clock": 3}, "clock: takes a function"),
        ({"on_change": 3}, "on_change: takes a function"),
        ({"account": "shop\n"}, "account: takes a name of one line"),
    ],
)
def test_settings_that_cannot_be_used(setting: dict[str, Any], reason: str) -> None:
    """Without the check a send goes on alone, and the log speaks of a server that is fine."""
    with pytest.raises(ConfigError, match=re.escape(reason)):
        RedisRuleStore(**({"redis": "redis://127.0.0.1:1/0"} | setting))
