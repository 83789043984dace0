"""Links to the gateway: sockets, TLS, reconnecting, and who may write when.

Rule: nothing here knows what a message says. It carries the PDUs of an `SubmitJob`, tells it
what the gateway answered, and hands what the gateway asks to whoever was named as receiver.
"""

from __future__ import annotations

from smsc_async.link.connection import Link, Receiver
from smsc_async.link.dispatcher import Dispatcher, LinkState
from smsc_async.link.submit_job import SubmitJob

__all__ = ["Dispatcher", "Link", "LinkState", "Receiver", "SubmitJob"]
