"""The client: messages in, submissions, receipts and incoming messages out.

Rule: octets are below, in `link` and `session`; users of the client (outbox, command line) are
above.
"""

from __future__ import annotations

from smsc_async.client.client import SmscClient

__all__ = ["SmscClient"]
