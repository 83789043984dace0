"""The gateway's webhook ("обработчик"): statuses, incoming messages and calls over HTTP.

Rule: the gateway gets 200 only after the event is stored, and only signed requests are events.
Neither a text nor a secret is ever logged, and numbers are masked.
"""

from __future__ import annotations

from smsc_async.contrib.callback.application import (
    Answer,
    Receive,
    Scope,
    Send,
    Sink,
    StatusCallback,
)
from smsc_async.contrib.callback.events import STATES, CallbackMessage, CallConfirmed, Event
from smsc_async.contrib.callback.request import ALGORITHMS

__all__ = [
    "ALGORITHMS",
    "STATES",
    "Answer",
    "CallConfirmed",
    "CallbackMessage",
    "Event",
    "Receive",
    "Scope",
    "Send",
    "Sink",
    "StatusCallback",
]
