"""Sockets of the SMSC's side: clients connect, and a session of SMPP runs with each.

    listener = Listener(handler, clock)
    await listener.listen("127.0.0.1", 2775)
    ...
    await listener.drain(30.0)
    await listener.close()

Rule: nothing is decided here, and a handler has no socket. `contract` has the calls between them.

Path of a read: `Connection.data_received`, `ClientSession.receive`, `SmscHandler.on_events` of
the handler, and once per iteration of the event loop `Listener._flush` and `Connection.flush`.
"""

from __future__ import annotations

from smsc_async.listener.client_session import ClientSession
from smsc_async.listener.connection import Connection
from smsc_async.listener.contract import Accepted, FlushObserver, OctetTap, SmscHandler
from smsc_async.listener.listener import Listener

__all__ = [
    "Accepted",
    "ClientSession",
    "Connection",
    "FlushObserver",
    "Listener",
    "OctetTap",
    "SmscHandler",
]
