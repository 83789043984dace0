"""What can be watched from outside: log lines and hooks.

Rule: silence is free. Nothing is formatted unless somebody listens, a hook that fails is reported
and forgotten, and no line ever shows a text, a password or a whole number.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pdu import BindMode, DecodeError, FrameBuffer, FramingError, decode
from pdu.names import RESPONSE_BIT, command_name, status_name

LOG = logging.getLogger("smsc_async")
WIRE = logging.getLogger("smsc_async.wire")


class LinkBound(NamedTuple):
    """A link is up and bound."""

    host: str
    mode: BindMode


class LinkDown(NamedTuple):
    """A link that was bound is over."""

    host: str
    reason: str


class ConnectFailed(NamedTuple):
    """An attempt to build a link failed; the next follows in `retry_in` seconds, None: never."""

    reason: str
    retry_in: float | None


class Throttled(NamedTuple):
    """The gateway said "too fast"; nothing is written for `pause` seconds."""

    command_status: int
    pause: float


LinkEvent = LinkBound | LinkDown | ConnectFailed | Throttled
Hook = Callable[[LinkEvent], None]
"""Called with each event, on the event loop: it must be quick and may not await."""


class Hooks:
    """Tells every hook what happened, and survives all of them."""

    def __init__(self, hooks: Iterable[Hook] = ()) -> None:
        self._hooks = tuple(hooks)

    def tell(self, event: LinkEvent) -> None:
        """Log the event and call each hook with it; an exception of a hook is logged."""
        LOG.info("= %s", event)
        for hook in self._hooks:
            try:
                hook(event)
            except Exception:
                LOG.exception("! hook %r failed", hook)


class WireLog:
    """Writes a line for each PDU while the logger `smsc_async.wire` is at DEBUG.

    Args:
        peer: Which link.
    """

    def __init__(self, peer: str) -> None:
        self._peer = peer
        self._buffers = {"<": FrameBuffer(), ">": FrameBuffer()}

    @property
    def is_on(self) -> bool:
        """Whether somebody listens."""
        return WIRE.isEnabledFor(logging.DEBUG)

    def read(self, octets: bytes) -> None:
        """Log what came in."""
        self._log("<", octets)

    def written(self, octets: bytes) -> None:
        """Log what goes out."""
        self._log(">", octets)

    def _log(self, sign: str, octets: bytes) -> None:
        """Log the PDUs that are whole now."""
        broken: FramingError | None = None
        try:
            frames: Iterable[bytes] = self._buffers[sign].feed(octets)
        except FramingError as error:
            # Logging was switched on in the middle of a PDU, perhaps: the next read may be in step.
            self._buffers[sign] = FrameBuffer()
            frames, broken = error.frames, error
        for frame in frames:
            WIRE.debug("%s %s %s", sign, self._peer, _line(frame))
        if broken is not None:
            WIRE.debug("%s %s undecodable: %s", sign, self._peer, broken)


def _line(frame: bytes) -> str:
    """Say of a PDU what may be said: name, number, status, id."""
    try:
        pdu = decode(frame)
    except DecodeError as error:
        return f"undecodable: {error}"
    name = command_name(pdu.command_id)
    status = ""
    if pdu.command_id & RESPONSE_BIT:
        status = f" status={status_name(pdu.command_status)}"
    message_id = getattr(pdu, "message_id", "")
    return f"{name} seq={pdu.sequence_number}{status}{f' id={message_id}' if message_id else ''}"
