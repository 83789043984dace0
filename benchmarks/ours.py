"""Our client, as the benchmarks open it.

Rule: all rules stay on. Only the pace is taken away, where the client has one, and what was
switched off is said beside the figures.
"""

from __future__ import annotations

import inspect
from typing import Any

from measuring import SENDER, TEXT, recipient

from smsc_async import GatewayLimits, Sms, SmscClient

HAS_RULES = "limits" in inspect.signature(SmscClient).parameters
"""A client without rules has nothing to be switched off."""
NOTE = "rules on, pace off" if HAS_RULES else "this client has no rules yet"


def client(url: str, **options: Any) -> SmscClient:  # noqa: ANN401 - the client's own
    """Return a client with all rules on that isn't paced."""
    if HAS_RULES:
        options.setdefault("limits", GatewayLimits(rate=None))
    return SmscClient(url, **options)


def message(number: int) -> Sms:
    """Return a message that no other is like."""
    return Sms(to=recipient(number), text=TEXT, sender=SENDER)
