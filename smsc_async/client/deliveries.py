"""Deliveries of the gateway that await our answer: over SMPP, and over HTTP.

Rule: a delivery is answered once, or not at all once its sender has gone: then it is repeated.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from pdu import RESPONSES, CommandStatus, Pdu
from smsc_async.errors import ClientClosedError

if TYPE_CHECKING:
    from smsc_async.link.contract import Responder


class _Responses(dict[tuple[type[Pdu], int], Pdu]):
    """Responses by request and status, each made once; the link numbers them."""

    def __missing__(self, key: tuple[type[Pdu], int]) -> Pdu:
        request, command_status = key
        self[key] = response = RESPONSES[request](command_status=command_status)
        return response


_RESPONSES = _Responses()


class PendingDelivery(NamedTuple):
    """A deliver_sm or data_sm awaiting our response."""

    link: Responder
    request: Pdu

    @property
    def is_stale(self) -> bool:
        """Whether its link has ended: the gateway delivers again what was not answered."""
        return self.link.is_over

    def acknowledge(self, command_status: int = CommandStatus.ESME_ROK) -> None:
        """Respond; does nothing once the link has ended."""
        self.link.respond(self.request, _RESPONSES[type(self.request), command_status])


class StoredDelivery(NamedTuple):
    """What was acknowledged before it is routed: it will not be delivered again."""

    @property
    def is_stale(self) -> bool:
        """Whether its sender delivers it again."""
        return False

    def acknowledge(self, command_status: int = CommandStatus.ESME_ROK) -> None:
        """Nothing is left to do."""


class ExternalDelivery:
    """A receipt or message that came out of band (HTTP)."""

    def __init__(self) -> None:
        self._stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_stale(self) -> bool:
        """Whether its sender has gone: it will deliver it again."""
        return self._stored.cancelled()

    def acknowledge(self, command_status: int = CommandStatus.ESME_ROK) -> None:
        """End the wait."""
        if self._stored.done():
            return
        if command_status:
            self._stored.set_exception(
                asyncio.QueueFull("too many wait unread already, or the handler raised")
            )
        else:
            self._stored.set_result(None)

    def cut_off(self) -> None:
        """It will never be stored, since the client is left: end the wait."""
        if not self._stored.done():
            self._stored.set_exception(ClientClosedError("it was left before this was stored"))

    async def wait_stored(self) -> None:
        """Wait until it is stored. Cancelling withdraws it.

        Raises:
            QueueFull: Too many wait unread already, or the handler raised.
            ClientClosedError: The client was left before.
        """
        await self._stored
