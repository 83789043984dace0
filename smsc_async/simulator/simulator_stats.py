"""Counters of the simulated SMSC."""

from __future__ import annotations

from dataclasses import dataclass

from pdu.half_made import shows_half_made


@shows_half_made
@dataclass(slots=True, kw_only=True)
class SimulatorStats:
    """Counters since the start; `links` and `waiting` are current values.

    Args:
        links: Open connections.
        connections: Connections accepted.
        binds: Binds accepted.
        binds_refused: Binds refused.
        submits: submit_sm received.
        refused: submit_sm refused.
        refusals: Requests of any kind refused, those no longer in `refusals` too.
        stopped: submit_sm stopped by a rule of the gateway, refused or not; of a message whose
            parts are stopped together, each part counts.
        messages: Messages received, parts joined; includes those no longer in `messages`.
        delivered: deliver_sm that the client acknowledged.
        redelivered: deliver_sm that were put back in the queue.
        dropped: deliver_sm that ended without: refused for good, or the queue was full.
        waiting: deliver_sm that wait for a link or for room in its window.
    """

    links: int = 0
    connections: int = 0
    binds: int = 0
    binds_refused: int = 0
    submits: int = 0
    refused: int = 0
    refusals: int = 0
    stopped: int = 0
    messages: int = 0
    delivered: int = 0
    redelivered: int = 0
    dropped: int = 0
    waiting: int = 0
