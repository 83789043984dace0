"""Our client, as the benchmarks open it.

Rule: all rules stay on. Only the pace is taken away, where the client has one, and what was
switched off is said beside the figures.
"""

from __future__ import annotations

from typing import Any

from measuring import SENDER, TEXT, recipient

from smsc_async import GatewayLimits, Sms, SmscClient

NOTE = "rules on, pace off"


def client(url: str, **options: Any) -> SmscClient:  # noqa: ANN401 - the client's own
    """Return a client with all rules on that isn't paced."""
    options.setdefault("limits", GatewayLimits(rate=None))
    return SmscClient(url, **options)


def message(number: int) -> Sms:
    """Return a message that no other is like."""
    return Sms(to=recipient(number), text=TEXT, sender=SENDER)
