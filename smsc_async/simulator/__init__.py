"""The gateway on one's desk: an embedded SMSC.ru on real sockets.

    async with Simulator() as simulator, SmscClient(simulator.url) as smsc:
        sent = await smsc.send(Sms(to="79991234567", text="Code: 4821"))
        assert (await sent.receipt(timeout=1)).state is MessageState.DELIVERED
        assert simulator.messages[0].text == "Code: 4821"

Rule: the brain decides and has no sockets, the server has sockets and decides nothing. Both run
the same session machine as the client does, in the other role. Nothing is ever sent anywhere.
"""

from __future__ import annotations

from smsc_async.simulator.records import KeptMessage, Part, Stats
from smsc_async.simulator.scenario import HlrAnswer, Scenario
from smsc_async.simulator.server import Simulator
from smsc_async.simulator.threaded import HostedSimulator

__all__ = [
    "HlrAnswer",
    "HostedSimulator",
    "KeptMessage",
    "Part",
    "Scenario",
    "Simulator",
    "Stats",
]
