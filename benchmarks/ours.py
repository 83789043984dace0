"""Our client as the benchmarks configure it.

Rule: all rules stay on. Only the pacing is switched off, in revisions that have it, and the figures
name what was switched off.
"""

from __future__ import annotations

from typing import Any

from measuring import SENDER, TEXT, recipient

from smsc_async import GatewayLimits, Sms, SmscClient

NOTE = "rules on, pace off"


def client(url: str, **options: Any) -> SmscClient:  # noqa: ANN401 - the client's own
    """Return a client with all rules on and without pacing."""
    options.setdefault("limits", GatewayLimits(rate=None))
    return SmscClient(url, **options)


def message(number: int) -> Sms:
    """Return a message that differs from all others."""
    return Sms(to=recipient(number), text=TEXT, sender=SENDER)
