"""An entry is written once for each decision to send it, also if it is moved meanwhile."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from idle_clock import pass_time
from outboxes import until

from smsc_async import CommandStatus, GatewayLimits, Sms, SmscClient
from smsc_async.outbox import OutboxState
from smsc_async.outbox.attempt import Settlement
from smsc_async.outbox.worker_queries import recover
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smsc_async.outbox.attempt import Attempt
    from smsc_async.outbox.base import BaseOutbox

    Make = Callable[[], BaseOutbox]

MESSAGE = Sms(to="79991234567", text="Code: 4821")
OTHER = Sms(to="79991234567", text="Parcel 17 has arrived")
NO_RULES = GatewayLimits.off()


async def counts(outbox: BaseOutbox, state: OutboxState) -> int:
    """Return how many entries are in a state."""
    return (await outbox.counts())[state]


@pytest.mark.parametrize("moves", [1, 2, 4])
@pytest.mark.parametrize("replaces", [False, True])
async def test_entry_moved_while_it_waits_for_a_slot_is_written_once(
    outbox: BaseOutbox, moves: int, *, replaces: bool
) -> None:
    """Its worker claims it again, while the older attempts still wait for a slot."""
    async with (
        Simulator(Scenario(silent=True, receipts=False, rules=None)) as gateway,
        SmscClient(f"{gateway.url}?window=6&timeout=1", limits=NO_RULES) as smsc,
    ):
        for number in range(6):
            await outbox.put(Sms(to=f"7999000000{number}", text="fills the window"))
        entry = await outbox.put(MESSAGE)
        worker = asyncio.create_task(outbox.run(smsc, concurrency=20, stop_when_empty=True))
        for _ in range(moves):
            await until(lambda: 6 == len(gateway.messages))
            while 1 != await counts(outbox, OutboxState.CLAIMED):  # noqa: ASYNC110 - of the worker
                await asyncio.sleep(0.01)
            await outbox.discard(entry)
            await outbox.resend(entry)
            if replaces and await counts(outbox, OutboxState.QUEUED):
                await outbox.replace(entry, OTHER)
        while 1 != await counts(outbox, OutboxState.CLAIMED):  # noqa: ASYNC110 - of the worker
            await asyncio.sleep(0.01)
        gateway.scenario = Scenario(receipts=False, rules=None)
        pass_time(2.0)
        await asyncio.wait_for(worker, 60)
        found = await outbox.get(entry)

    assert found is not None
    assert 7 == len(gateway.messages)
    assert (OutboxState.ACCEPTED, moves + 1) == (found.state, found.attempts)
    assert found.message is not None
    assert getattr(found.message, "text", "") == gateway.messages[-1].text


@pytest.mark.parametrize("is_resent", [False, True])
async def test_worker_that_stood_still_after_its_commit_writes_nothing(
    make_outbox: Make, monkeypatch: pytest.MonkeyPatch, *, is_resent: bool
) -> None:
    """Its entry was taken over, and another worker may have sent it."""
    stands_still = asyncio.Event()
    goes_on = asyncio.Event()
    async with (
        make_outbox() as stopped,
        make_outbox() as other,
        Simulator(Scenario(receipts=False, rules=None)) as gateway,
        SmscClient(gateway.url, limits=NO_RULES) as smsc,
        SmscClient(gateway.url, limits=NO_RULES) as other_smsc,
    ):
        entry = await stopped.put(MESSAGE)
        begin = stopped._ledger.begin_sending

        async def begin_and_stop(attempts: Sequence[Attempt], clock: Any) -> Any:  # noqa: ANN401 - as the real one
            """Store that it is about to be written, then stand still."""
            kept = await begin(attempts, clock)
            stands_still.set()
            await goes_on.wait()
            return kept

        monkeypatch.setattr(stopped._ledger, "begin_sending", begin_and_stop)
        worker = asyncio.create_task(stopped.run(smsc, stop_when_empty=True))
        await asyncio.wait_for(stands_still.wait(), 60)
        monkeypatch.undo()
        owner = await stopped._ledger._store.acquire_owner()
        await other._ledger.run(partial(recover, owner))
        pass_time(30.0)
        if is_resent:
            await other.resend(entry, may_pay_twice=True)
            await other.run(other_smsc, stop_when_empty=True)
        goes_on.set()
        await asyncio.wait_for(worker, 60)
        found = await other.get(entry)

    assert found is not None
    assert 1 == len(gateway.messages)
    assert (OutboxState.ACCEPTED, 2) == (found.state, found.attempts)


async def test_only_the_last_attempt_may_be_written(outbox: BaseOutbox) -> None:
    """Also where both are in one group; the older one says nothing of the newer one's write."""
    entry = await outbox.put(MESSAGE)
    ((first, _),) = await outbox._ledger.claim_due(1)
    await outbox.discard(entry)
    await outbox.resend(entry)
    ((second, _),) = await outbox._ledger.claim_due(1)
    kept = await outbox._ledger.begin_sending([first, second], lambda: 0.0)
    assert {second.identity} == kept

    given_back = Settlement(attempt=first, state=OutboxState.QUEUED)
    unknown = Settlement(attempt=second, state=OutboxState.UNKNOWN, reservation="newer")
    await asyncio.gather(outbox._ledger.settle(given_back), outbox._ledger.settle(unknown))
    clock = outbox._ledger._written[entry.id][1]
    moved = outbox._ledger.seconds_since_write(entry.id, clock)
    await outbox._ledger.settle(
        Settlement(attempt=first, state=OutboxState.QUEUED, reservation="older")
    )
    assert 0.0 == moved
    assert (2, "newer") == outbox._ledger._reservations[entry.id]
    found = await outbox.get(entry)
    assert found is not None
    assert OutboxState.UNKNOWN is found.state


@pytest.mark.parametrize("accepted", [1, 2])
@pytest.mark.parametrize("status", [None, CommandStatus.ESME_RTHROTTLED])
async def test_ids_of_accepted_parts_outlive_a_stop(
    outbox: BaseOutbox, accepted: int, status: CommandStatus | None
) -> None:
    """They are charged; the other parts were throttled, or got no response."""
    answered = 0

    def submit_status(_: object) -> int:
        """Accept the first parts."""
        nonlocal answered
        answered += 1
        if answered > accepted and status is None:
            gateway.scenario = Scenario(receipts=False, rules=None, silent=True)
        return 0 if answered <= accepted or status is None else status

    scenario = Scenario(receipts=False, rules=None, submit_status=submit_status)
    async with (
        Simulator(scenario) as gateway,
        SmscClient(f"{gateway.url}?window=1&timeout=5&drain_timeout=0.1", limits=NO_RULES) as smsc,
    ):
        entry = await outbox.put(Sms(to="79991234567", text="long " * 100))
        worker = asyncio.create_task(outbox.run(smsc, grace=0.0))
        await until(lambda: answered > accepted)
        for _ in range(20):
            await asyncio.sleep(0.01)
        worker.cancel()
        await asyncio.wait([worker])
        found = await outbox.get(entry)

    assert found is not None
    assert (OutboxState.UNKNOWN, accepted) == (found.state, len(found.message_ids))
    assert "stopped" in found.reason
