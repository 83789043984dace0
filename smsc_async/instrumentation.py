"""Observability: log lines and hooks.

Rule: what isn't enabled costs nothing. Nothing is formatted unless its logger is enabled, a hook
that raises is logged and otherwise ignored, and no line shows a text, a password or a whole
number. A record is one line of printable characters: what a peer wrote is escaped. A crash reporter
may send the variables of every caller of a logging function, so `log` passes records to the loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pdu import BindMode, DecodeError, FrameBuffer, FramingError, decode
from pdu.escaping import escape
from pdu.names import RESPONSE_BIT, command_name, status_name
from smsc_async._base_errors import check_function, refused

if TYPE_CHECKING:
    from smsc_async.errors import SendError

LOG = logging.getLogger("smsc_async")
WIRE = logging.getLogger("smsc_async.wire")


class LinkBound(NamedTuple):
    """A link was bound."""

    host: str
    mode: BindMode


class LinkDown(NamedTuple):
    """A bound link has ended; `reason` ends in "by us" if the client was left."""

    host: str
    reason: str


class ConnectFailed(NamedTuple):
    """An attempt to connect failed; the next follows in `retry_in` seconds, None: never."""

    reason: str
    retry_in: float | None


class Throttled(NamedTuple):
    """The gateway throttled us; nothing is written for `pause` seconds."""

    command_status: int
    pause: float


class SendAbandoned(NamedTuple):
    """A message has its outcome, and its caller had gone: cancelled, or at the end of `within`.

    `error` is None if the gateway accepted it. `await smsc.receipt(message_id)` still finds the
    receipts of its parts.
    """

    message_ids: tuple[str, ...]
    error: SendError | None


LinkEvent = LinkBound | LinkDown | ConnectFailed | Throttled | SendAbandoned
T = TypeVar("T")

Hook = Callable[[LinkEvent], None]
"""Called with each event, in the event loop: it must return quickly and can't await."""


class Hooks:
    """Logs events and calls the user's hooks.

    Raises:
        ConfigError: A hook isn't a function, or has to be awaited.
    """

    def __init__(self, hooks: Iterable[Hook] = ()) -> None:
        if not isinstance(hooks, Iterable):
            raise refused("hooks", hooks, "takes a list of functions")
        self._hooks = tuple(hooks)
        for hook in self._hooks:
            check_function("hooks", hook)

    def tell(self, event: LinkEvent, level: int = logging.INFO) -> None:
        """Log an event and call each hook with it; a hook that raises is logged.

        Args:
            event: What happened.
            level: WARNING for what the client mends by itself, ERROR for what it doesn't.
        """
        if LOG.isEnabledFor(level):
            log(LOG, level, "= %s", escape(str(event), letters=True))
        for hook in self._hooks:
            try:
                hook(event)
            except Exception as error:  # noqa: BLE001 - any error of a hook is logged
                log(LOG, logging.ERROR, "! hook %r failed: %s", hook, place_of(error))


def log(logger: logging.Logger, level: int, line: str, *args: object) -> None:
    """Log a record from a callback of the running loop: no frame there has variables of ours.

    Sentry's `attach_stacktrace` sends the variables of all frames below the logging call, where
    the message and the octets that were read stand. Records keep their order, and have the time
    and the place of this call. Without a running asyncio loop the record is logged at once.

    Args:
        logger: Where it is logged.
        level: Its level.
        line: With placeholders, as `Logger.log` takes it.
        args: Their values; formatted later, so pass what doesn't change.
    """
    if not logger.isEnabledFor(level):
        return
    path, number, function, _ = logger.findCaller(stacklevel=2)
    record = logger.makeRecord(logger.name, level, path, number, line, args, None, function)
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        logger.handle(record)
    else:
        loop.call_soon(logger.handle, record)


def place_of(error: BaseException) -> str:
    """Return type and place of an exception. Its text isn't shown: it may quote a message."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    at = "" if frame is None else f" at {frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}"
    return f"{type(error).__name__}{at}"


def call_logged(name: str, call: Callable[..., T], *args: object) -> T | None:
    """Call a user's code where no error may escape: log type and place of one, return None then.

    Args:
        name: What is called, for the log.
        call: The function.
        args: Its arguments.
    """
    try:
        return call(*args)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - anything else would end the link
        log(LOG, logging.ERROR, "! %s failed: %s", name, place_of(error))
        return None


class WireLog:
    """Logs a line for each PDU; to be called only while `smsc_async.wire` is at DEBUG.

    Args:
        peer: Host and port of the link.
    """

    def __init__(self, peer: str) -> None:
        self._peer = peer
        self._buffers = {"<": FrameBuffer(), ">": FrameBuffer()}

    def received(self, octets: bytes) -> None:
        """Log the PDUs in octets that were read."""
        self._log("<", octets)

    def sent(self, octets: bytes) -> None:
        """Log the PDUs in octets that were written."""
        self._log(">", octets)

    def _log(self, sign: str, octets: bytes) -> None:
        """Log the PDUs that are complete now."""
        broken: FramingError | None = None
        try:
            frames: Iterable[bytes] = self._buffers[sign].feed(octets)
        except FramingError as error:
            # Logging may have been enabled in the middle of a PDU: start anew with the next read.
            self._buffers[sign] = FrameBuffer()
            frames, broken = error.frames, error
        for frame in frames:
            WIRE.debug("%s %s %s", sign, self._peer, _line(frame))
        if broken is not None:
            WIRE.debug("%s %s undecodable: %s", sign, self._peer, broken)


def _line(frame: bytes) -> str:
    """Return what a log may show of a PDU: name, sequence_number, status, message_id."""
    try:
        pdu = decode(frame)
    except DecodeError as error:
        return f"undecodable: {error}"
    name = command_name(pdu.command_id)
    status = ""
    if pdu.command_id & RESPONSE_BIT:
        status = f" status={status_name(pdu.command_status)}"
    message_id = getattr(pdu, "message_id", "")
    shown = f" id={escape(message_id)}" if message_id else ""
    if pdu.fault is not None:
        # What stands before may be anything.
        shown = f" fault={escape(pdu.fault.reason)}"
    return f"{name} seq={pdu.sequence_number}{status}{shown}"
