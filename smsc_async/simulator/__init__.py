"""A local simulator of the SMSC.ru gateway, on real sockets.

    async with Simulator() as simulator, SmscClient(simulator.url) as smsc:
        sent = await smsc.send(Sms(to="79991234567", text="Code: 4821"))
        assert (await sent.receipt(timeout=1)).state is MessageState.DELIVERED
        assert simulator.messages[0].text == "Code: 4821"

Rule: `SimulatedSmsc` decides and has no sockets, they are those of `smsc_async.listener`, which
decides nothing. The session is the client's own, in the other role. No message ever leaves the
machine.

Path of a read: `Connection.data_received`, the session's events, `SimulatedSmsc.on_events`, the
decision and its record, `Listener._flush`, `Connection.flush`, `WaitingCalls.on_flushed`.
"""

from __future__ import annotations

from smsc_async.simulator.chaos import Chaos, ChaosRun
from smsc_async.simulator.clock import GatewayClock
from smsc_async.simulator.codes import FoundCodes, find_codes
from smsc_async.simulator.fates import AlreadyFinalError, Fate, UnknownMessageError
from smsc_async.simulator.message_log import MessageFilter
from smsc_async.simulator.records import (
    RefusedRequest,
    RuleStop,
    SubmittedMessage,
    SubmittedPart,
    TimelineEntry,
)
from smsc_async.simulator.scenario import HlrAnswer, Scenario, SubmitView
from smsc_async.simulator.scenario_file import ScenarioFile, ScenarioFileError, read_scenario
from smsc_async.simulator.server import Simulator
from smsc_async.simulator.simulator_stats import SimulatorStats
from smsc_async.simulator.tap import Frame
from smsc_async.simulator.threaded import HostedSimulator

__all__ = [
    "AlreadyFinalError",
    "Chaos",
    "ChaosRun",
    "Fate",
    "FoundCodes",
    "Frame",
    "GatewayClock",
    "HlrAnswer",
    "HostedSimulator",
    "MessageFilter",
    "RefusedRequest",
    "RuleStop",
    "Scenario",
    "ScenarioFile",
    "ScenarioFileError",
    "Simulator",
    "SimulatorStats",
    "SubmitView",
    "SubmittedMessage",
    "SubmittedPart",
    "TimelineEntry",
    "UnknownMessageError",
    "find_codes",
    "read_scenario",
]
