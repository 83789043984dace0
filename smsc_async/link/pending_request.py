"""A request other than submit_sm, which awaits its response.

Rule: it ends its caller's wait, once; nothing of messages is known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsc_async.errors import LinkLostError, RequestTimeoutError

if TYPE_CHECKING:
    import asyncio

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
