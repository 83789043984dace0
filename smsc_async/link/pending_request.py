"""A request other than submit_sm, which awaits its response.

Rule: it ends its caller's wait, once; nothing of messages is known here.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from pdu.names import command_name
from smsc_async.errors import LinkLostError, RequestTimeoutError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pdu import Pdu


class PendingRequest:
    """A request other than submit_sm, and the future of its response.

    Args:
        name: Of the request, for errors.
        future: Gets the response or the exception; a future that is done is left alone.
        timeout: Seconds for the response; None takes the link's.
    """

    __slots__ = ("_future", "_name", "timeout")

    def __init__(self, name: str, future: asyncio.Future[Pdu], timeout: float | None) -> None:
        self._name = name
        self._future = future
        self.timeout = timeout

    def on_response(self, _index: int, response: Pdu) -> bool:
        """End the wait."""
        if not self._future.done():
            self._future.set_result(response)
        return False

    def on_late_response(self, _index: int, response: Pdu) -> None:
        """Ignored: the caller already has its RequestTimeoutError."""

    def on_timeout(self, _index: int, timeout: float) -> None:
        """End the wait with a RequestTimeoutError."""
        self._fail(RequestTimeoutError(self._name, timeout=timeout))

    def on_decode_error(self, _index: int, error: Exception) -> None:
        """End the wait with the error."""
        self._fail(error)

    def on_connection_lost(self, _index: int, reason: str, cause: Exception | None) -> None:
        """End the wait with a LinkLostError."""
        error = LinkLostError(reason)
        error.__cause__ = cause
        self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Set the exception, unless the future is done."""
        if not self._future.done():
            self._future.set_exception(error)

    def __repr__(self) -> str:
        return f"PendingRequest({self._name}, timeout={self.timeout})"


class RequestLink(Protocol):
    """A bound link, as far as a request needs it."""

    @property
    def room(self) -> int:
        """Free slots."""

    def request(self, pdu: Pdu, handler: PendingRequest, /) -> None:
        """Write a request in a slot."""


async def send_request(links: Iterable[RequestLink], request: Pdu, timeout: float | None) -> Pdu:  # noqa: ASYNC109 - counted by the session
    """Send a request on the first link with a free slot; return its response, whatever its status.

    Waits neither for a link nor for a slot. Cancelling is safe: the response is ignored.

    Raises:
        LinkLostError: No link has a free slot, or it was lost before the response.
        RequestTimeoutError: No response in time.
        RemoteProtocolError: The response can't be decoded.
    """
    link = next((link for link in links if link.room), None)
    if link is None:
        raise LinkLostError("no bound link has a free slot")
    future: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
    link.request(request, PendingRequest(command_name(request.command_id), future, timeout))
    return await future
