"""Many messages through a faulty SMSC; at the end the records of both sides must agree.

Rule: only the records of both sides count. A message is lost if the client reported it as accepted
and the SMSC didn't accept it, doubled if the SMSC accepted it twice, and silent if the client
reported no outcome.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chaos import ChaosSmsc, Odds
from faultlab import client_of

from smsc_async import FailedSubmission, Outcome, SendError, Sms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsc_async import SmscClient

ACCEPTED, REFUSED, UNKNOWN, NOT_SENT = 1, 2, 3, 4
FATES = {Outcome.REFUSED: REFUSED, Outcome.UNKNOWN: UNKNOWN, Outcome.NOT_SENT: NOT_SENT}
SETTINGS = (
    "window=200&binds=2&timeout=0.5&link_timeout=20"
    "&enquire_link_interval=0.2&enquire_link_timeout=1"
    "&reconnect_initial=0.005&reconnect_maximum=0.05&reconnect_multiplier=2"
    "&reconnect_stable_after=0.1"
)
ROOM_TO_BREATHE = 8.0
"""Megabytes that the process may grow by after its first half: arenas of the allocator."""


@dataclass(slots=True)
class Account:
    """What was sent, and the outcomes.

    Args:
        messages: Number of messages sent.
        fates: Outcome of each message, 0 for none yet.
        reported_twice: Messages whose outcome was reported twice.
        read: Receipts read, by message.
    """

    messages: int
    fates: bytearray
    reported_twice: int = 0
    read: bytearray = field(default_factory=bytearray)
    in_flight: int = -1
    links: int = 0
    grown: float = 0.0
    seconds: float = 0.0

    def verdict(self, smsc: ChaosSmsc) -> dict[str, int]:
        """Compare with the SMSC's record; every number but 0 is a fault."""
        pairs = list(zip(self.fates, smsc.taken, strict=True))
        taken = sum(taken > 0 for taken in smsc.taken)
        accounted = sum(fate in {ACCEPTED, UNKNOWN} and taken > 0 for fate, taken in pairs)
        return {
            "taken and unaccounted for": taken - accounted,
            "silent": self.fates.count(0),
            "reported twice": self.reported_twice,
            "lost": sum(fate == ACCEPTED and not taken for fate, taken in pairs),
            "doubled": sum(taken > 1 for taken in smsc.taken),
            "refused and taken": sum(fate == REFUSED and taken > 0 for fate, taken in pairs),
            "not sent and taken": sum(fate == NOT_SENT and taken > 0 for fate, taken in pairs),
            "receipts acknowledged and lost": sum(
                done > read for done, read in zip(smsc.acknowledged, self.read, strict=True)
            ),
            "in flight at the end": self.in_flight,
            # If nothing was accepted, nothing could be lost, and the test proves nothing.
            "short of a quarter of all accepted": max(
                0, len(self.fates) // 4 - sum(fate == ACCEPTED for fate in self.fates)
            ),
        }

    def lines(self, smsc: ChaosSmsc) -> Iterator[str]:
        """Yield the record as readable lines."""
        taken = sum(octet > 0 for octet in smsc.taken)
        unknown = sum(
            fate == UNKNOWN and octet > 0
            for fate, octet in zip(self.fates, smsc.taken, strict=True)
        )
        yield f"{self.messages} messages in {self.seconds:.1f} s over {self.links} links"
        yield f"taken by the SMSC      {taken}"
        yield f"accepted               {self.fates.count(ACCEPTED)}"
        yield f"unknown                {self.fates.count(UNKNOWN)}, of which taken {unknown}"
        yield f"refused                {self.fates.count(REFUSED)}"
        yield f"not sent               {self.fates.count(NOT_SENT)}"
        yield f"receipts acknowledged  {sum(smsc.acknowledged)}, read {sum(self.read)}"
        yield f"memory after the first half  {self.grown:+.1f} MB"
        yield from (f"{name:<30} {count}" for name, count in self.verdict(smsc).items())


def megabytes() -> float:
    """Return the resident memory of this process, MiB; 0 without /proc."""
    gc.collect()
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def soak(messages: int, *, seed: int, odds: Odds | None = None) -> tuple[Account, ChaosSmsc]:
    """Send messages through the faulty SMSC; return the records of both sides."""
    account = Account(messages, bytearray(messages), read=bytearray(messages))
    began, half = time.monotonic(), 0.0
    async with ChaosSmsc(messages, seed=seed, odds=odds) as chaos:
        url = f"smpp://shop:secret@127.0.0.1:{chaos.port}?{SETTINGS}&open=eventually"
        async with client_of(url) as smsc:
            reading = asyncio.create_task(_read(smsc, account))
            reported = 0
            outgoing = (Sms(to=f"7999{number:07d}", text="hello") for number in range(messages))
            async for outcome in smsc.send_many(outgoing):
                _note(account, outcome.message.to, outcome)
                reported += 1
                if reported == messages // 2:
                    half = megabytes()
            # Receipts of messages with unknown outcome have reached `receipts()` by now.
            await asyncio.sleep(0.2)
            account.in_flight = smsc.stats().in_flight
            account.grown = megabytes() - half
        await reading
        account.links = smsc.stats().connects
    account.seconds = time.monotonic() - began
    return account, chaos


def _note(account: Account, recipient: str, outcome: object) -> None:
    """Record the outcome of a message."""
    number = int(recipient[4:])
    account.reported_twice += account.fates[number] > 0
    fate = ACCEPTED
    if isinstance(outcome, FailedSubmission):
        assert isinstance(outcome.error, SendError)
        fate = FATES[outcome.error.outcome]
    account.fates[number] = fate


async def _read(smsc: SmscClient, account: Account) -> None:
    """Read receipts until the client is closed."""
    async for receipt in smsc.receipts():
        account.read[int(receipt.message_id.removeprefix("id"))] = 1


def main() -> int:
    """Run the test, print the record, and fail if it has a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=600.0, help="seconds for all of it")
    asked = parser.parse_args()
    account, chaos = asyncio.run(
        asyncio.wait_for(soak(asked.messages, seed=asked.seed), asked.limit)
    )
    print("\n".join(account.lines(chaos)))
    faults = [name for name, count in account.verdict(chaos).items() if count]
    if account.grown > ROOM_TO_BREATHE:
        faults.append("memory")
    print(f"FAULTS: {', '.join(faults)}" if faults else "both accounts agree")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
