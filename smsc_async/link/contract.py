"""The callbacks between session, link and client, in one place.

A response goes from the session to the link, from there to the message it belongs to, and from
the message to the client; a request of the gateway goes from the link to the client. Each step
calls one of these protocols:

    caller                  protocol          implemented by
    Link                    ResponseHandler   `SubmitJob`, `PendingRequest`: a request's context
    Link                    LinkHandler       `Dispatcher`
    Link, SubmitJob,        TrafficHandler    `client.runtime.ClientRuntime`
    Dispatcher
    Dispatcher              RoomListener      `client.bulk.BulkSend`, `client.inbound.InboundRouter`
                                              and `client.write_queue.WriteQueue`

Handlers are passed to constructors as objects; no method of one is stored in another. A listener
adds itself to `Dispatcher.room_listeners`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pdu import Pdu
    from smsc_async.session import LinkEnded


class ResponseHandler(Protocol):
    """Gets the outcome of a request, exactly once. *index*: which of the handler's requests."""

    timeout: float | None

    def on_response(self, index: int, response: Pdu) -> bool:
        """Process the response; return whether the request is to be written again, later."""

    def on_late_response(self, index: int, response: Pdu) -> None:
        """Process a response that came after `on_timeout`."""

    def on_timeout(self, index: int, timeout: float) -> None:
        """No response came within *timeout* seconds."""

    def on_decode_error(self, index: int, error: Exception) -> None:
        """The response can't be decoded."""

    def on_connection_lost(self, index: int, reason: str, cause: Exception | None) -> None:
        """The link ended before the response."""


Context = ResponseHandler | tuple[ResponseHandler, int]
"""The context of a request in a session; a handler alone has one request, of index 0."""


class Responder(Protocol):
    """What a handler of the gateway's requests may do with the link they came on."""

    @property
    def is_over(self) -> bool:
        """Whether the link has ended: the gateway repeats what was not answered."""

    def respond(self, request: Pdu, response: Pdu) -> None:
        """Queue the response to a request; does nothing once the link has ended."""


class LinkHandler(Protocol):
    """Gets the events of every link."""

    def on_room(self) -> None:
        """Slots may be free."""

    def on_throttled(self, job: Any, command_status: int) -> None:  # noqa: ANN401 - a SubmitJob, which calls this module
        """The gateway refused a part as too fast; it is to be written again."""

    def on_unbound(self, link: Any) -> None:  # noqa: ANN401 - a Link, as above
        """The gateway unbound; only responses to what is in flight are still to come."""

    def on_closed(self, link: Any, end: LinkEnded) -> None:  # noqa: ANN401 - a Link, as above
        """The link has ended. Its socket closes a little later."""


class TrafficHandler(Protocol):
    """Gets the gateway's requests, and the outcome of every message."""

    def on_read_done(self) -> None:
        """All that was read is processed; what is sent now is written with the answers to it."""

    def on_request(self, link: Responder, request: Pdu) -> None:
        """Process a request of the gateway; respond now or later."""

    def on_accepted(self, job: Any, message_id: str) -> None:  # noqa: ANN401 - a SubmitJob, as above
        """The gateway accepted a part of a message, which isn't its outcome."""

    def on_postponed(self, job: Any) -> bool:  # noqa: ANN401 - as above
        """A message is due now, later than the time the rules admitted it for.

        Returns whether it isn't written, since it takes another turn.
        """

    def on_finished(self, job: Any, message_id: str = "") -> None:  # noqa: ANN401 - as above
        """A message has its outcome, once: `job.failure` is None or the error.

        *message_id* is that of the accepted part, if accepting the last part was the outcome.
        """


class RoomListener(Protocol):
    """Called whenever slots may have become free, while it is in `Dispatcher.room_listeners`."""

    def on_room(self) -> None:
        """Slots may be free."""
