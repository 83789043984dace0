"""Links to the gateway: sockets, TLS, reconnecting, and the scheduling of messages.

Rule: nothing here reads a message's text or knows a rule. A link carries the parts of a `SubmitJob`
and reports the responses; `contract` has the callbacks.
"""

from __future__ import annotations

from smsc_async.link.connection import Link
from smsc_async.link.dispatcher import Dispatcher
from smsc_async.link.pool import LinkPool, LinkState
from smsc_async.link.submit_job import SubmitJob

__all__ = ["Dispatcher", "Link", "LinkPool", "LinkState", "SubmitJob"]
