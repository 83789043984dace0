"""Another project's SMSC is killed and restarted while a client sends.

Rule: the client and the killed SMSC each record the messages, and the records must agree. The
octets aren't checked here: a killed process leaves an incomplete PDU.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from counterparts import PATIENCE, node_smsc
from faultlab import client_of
from scripted import until

from smsc_async import Outcome, SendError, Sms

if TYPE_CHECKING:
    from counterparts import Counterpart

    from smsc_async import SmscClient

MESSAGES = 1500
KILLS = 3


class Life:
    """One run of the SMSC, with the messages that it accepted.

    Args:
        smsc: The running counterpart.
    """

    def __init__(self, smsc: Counterpart) -> None:
        self.smsc = smsc
        self.taken: list[str] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        """Record every message until the process ends; its last line may be incomplete."""
        assert self.smsc.process.stdout is not None
        async for line in self.smsc.process.stdout:
            event = json.loads(line) if line.endswith(b"}\n") else {}
            if event.get("event") == "submit_sm":
                self.taken.append(event["destination_addr"])

    async def took(self, count: int) -> None:
        """Wait until it has accepted this many messages."""
        await until(lambda: len(self.taken) >= count, seconds=PATIENCE)

    async def end(self) -> None:
        """Read to the end of its output."""
        await self._reading


async def outcome_of(smsc: SmscClient, message: Sms) -> Outcome | None:
    """Send a message; return the outcome of its failure, None if it was accepted."""
    try:
        await smsc.send(message)
    except SendError as error:
        return error.outcome
    return None


@pytest.mark.takes_up_to(40, reason="a process of another make starts four times")
async def test_killed_smsc_loses_and_doubles_nothing() -> None:
    """1500 messages, three kills: each outcome is correct, and none is accepted twice."""
    lives: list[Life] = []
    port = 0
    messages = [Sms(to=f"7999{number:07d}", text="hello") for number in range(MESSAGES)]
    sends: list[asyncio.Task[Outcome | None]] = []
    fast = "reconnect_initial=0.02&reconnect_maximum=0.02&reconnect_multiplier=1&window=30"
    async with node_smsc() as first:
        port = first.port
        lives.append(Life(first))
        smsc = client_of(f"smpp://shop:secret@127.0.0.1:{port}?{fast}")
        await smsc.__aenter__()
        sends += [asyncio.create_task(outcome_of(smsc, message)) for message in messages]
        await lives[0].took(100)
        first.process.kill()
        await lives[0].end()
    for _ in range(1, KILLS):
        async with node_smsc(port) as again:
            lives.append(Life(again))
            await lives[-1].took(100)
            again.process.kill()
            await lives[-1].end()
    async with node_smsc(port) as last:
        lives.append(Life(last))
        outcomes = await asyncio.gather(*sends)
        await smsc.__aexit__(None, None, None)
        last.process.kill()
        await lives[-1].end()

    taken = Counter(recipient for life in lives for recipient in life.taken)
    fates = {message.to: outcome for message, outcome in zip(messages, outcomes, strict=True)}
    accepted = {recipient for recipient, outcome in fates.items() if outcome is None}
    unknown = {recipient for recipient, outcome in fates.items() if outcome is Outcome.UNKNOWN}
    assert MESSAGES == len(fates) == len(accepted) + len(unknown)
    assert {1} == set(taken.values())
    assert accepted <= set(taken) <= accepted | unknown
    assert len(unknown) <= KILLS * 30
    assert KILLS + 1 == smsc.stats().connects
    assert 0 == smsc.stats().in_flight
