"""Links to the gateway: sockets, TLS, reconnecting, and who may write when.

Rule: nothing here knows what a message says. It carries the PDUs of an `Outgoing`, tells it
what the gateway answered, and hands what the gateway asks to whoever was named as receiver.
"""

from __future__ import annotations

from smsc_async.link.connection import Link, Receiver
from smsc_async.link.manager import LinkManager, LinkState
from smsc_async.link.outgoing import Outgoing

__all__ = ["Link", "LinkManager", "LinkState", "Outgoing", "Receiver"]
