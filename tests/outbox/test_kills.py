"""kill -9 of workers at random points: no message is lost, none is sent twice.

Rule: the gateway runs in this process, which survives, and counts what was sent; that is compared
with the entries. `make kills` kills 200 workers, the ordinary run a few. Failures name the seed.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from zygote import open_outbox

from smsc_async.outbox import OutboxEntry, OutboxState
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

ZYGOTE = Path(__file__).parents[1] / "support" / "zygote.py"
KILLS = int(os.environ.get("SMSC_KILLS", "8"))
SEED = int(os.environ.get("SMSC_SEED", "0")) or secrets.randbits(32)
LONGEST_LIFE = 0.25
"""Seconds: enough to start, open, claim, send and settle."""
PUTS = 12
"""Messages that each worker puts."""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


@dataclass
class Zygote:
    """The process that forks and kills workers.

    Args:
        process: The process.
        database: The file of the outbox, or a conninfo.
        url: The gateway's URL.
        put: Texts whose `put` has returned.
        codes: Number of workers by exit code.
    """

    process: asyncio.subprocess.Process
    database: str
    url: str
    put: list[str] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)

    def order(self, name: str, seconds: float | None, puts: int = PUTS) -> dict[str, Any]:
        """Describe a worker."""
        return {
            "database": self.database,
            "url": self.url,
            "seconds": seconds,
            "prefix": name,
            "puts": puts,
        }

    async def run(self, *orders: dict[str, Any]) -> None:
        """Run workers side by side until they end or are killed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(orders).encode() + b"\n")
        said = json.loads(await asyncio.wait_for(self.process.stdout.readline(), 300))
        self.put += said["put"]
        self.codes.update(said["codes"])


@pytest.fixture
async def gateway() -> AsyncGenerator[Simulator]:
    """Run a gateway that keeps all messages and responds after a moment."""
    scenario = Scenario(response_delay=0.004, receipt_delay=0.0, keep=1_000_000)
    async with Simulator(scenario) as simulator:
        yield simulator


@pytest.fixture
async def zygote(gateway: Simulator, place: str) -> AsyncGenerator[Zygote]:
    """Run the process that forks workers."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        ZYGOTE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONASYNCIODEBUG": ""},
    )
    made = Zygote(process, place, gateway.url)
    yield made
    assert process.stdin is not None
    process.stdin.close()
    await asyncio.wait_for(process.wait(), 300)


async def verify(zygote: Zygote, gateway: Simulator) -> dict[str, int]:
    """Compare the puts, the entries and the gateway's messages; count the states."""
    async with open_outbox(zygote.database) as outbox:
        entries = {text_of(entry): entry async for entry in outbox.entries()}
    arrived = Counter(message.text or "" for message in gateway.messages)
    ids = {message.text: message.message_ids for message in gateway.messages}

    lost = set(zygote.put) - set(entries)
    assert set() == lost, f"seed {SEED}: put returned, and it isn't stored"
    assert [] == [text for text, times in arrived.items() if times > 1], f"seed {SEED}: twice"
    assert set() == set(arrived) - set(entries), f"seed {SEED}: sent, and not on the disk"
    for text, entry in entries.items():
        allowed = {
            OutboxState.QUEUED: {0},
            OutboxState.ACCEPTED: {1},
            OutboxState.UNKNOWN: {0, 1},
        }[entry.state]
        assert arrived[text] in allowed, f"seed {SEED}: {entry.state.name} {arrived[text]} times"
        if entry.state is OutboxState.ACCEPTED:
            assert ids[text] == entry.message_ids
    return Counter(entry.state.value for entry in entries.values())


def text_of(entry: OutboxEntry) -> str:
    """Return the text of an entry, which is unique."""
    return str(entry.message.text)  # type: ignore[attr-defined]  # all of them are an Sms


@pytest.mark.takes_up_to(30 + KILLS, reason="processes are started and killed")
async def test_killed_workers_lose_nothing_and_send_nothing_twice(
    zygote: Zygote, gateway: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """At whatever point a worker is killed, and whether another one runs beside it or not."""
    chance = random.Random(SEED)  # noqa: S311 - no secret
    kills = 0
    while kills < KILLS:
        beside = chance.choice([1, 1, 2])
        await zygote.run(
            *(
                zygote.order(f"kill {kills + one}", chance.uniform(0.0, LONGEST_LIFE))
                for one in range(beside)
            )
        )
        kills += beside
    killed = zygote.codes[-9]
    await zygote.run(zygote.order("last", None))
    counted = await verify(zygote, gateway)

    assert kills == killed
    assert 0 == zygote.codes.total() - killed - 1
    assert 0 == counted.get("queued", 0)
    with capsys.disabled():
        if KILLS > 8:
            said = ", ".join(f"{number} {state}" for state, number in counted.items())
            sys.stdout.write(f"\n{killed} kills, seed {SEED}: {said}; 0 lost, 0 sent twice\n")


@pytest.mark.takes_up_to(30, reason="processes are started and killed")
async def test_killed_worker_does_not_disturb_another_one(
    zygote: Zygote, gateway: Simulator
) -> None:
    """Only the entries of the killed worker become UNKNOWN."""
    await zygote.run(zygote.order("victim", 0.06, 40), zygote.order("survivor", None, 40))
    counted = await verify(zygote, gateway)

    assert {0: 1, -9: 1} == dict(zygote.codes)
    assert 5 >= counted.get("unknown", 0)
    assert counted["accepted"] >= 40
