"""A client's session and its handler, without a socket."""

from __future__ import annotations

import pytest
from listener_doubles import SUBMIT, Handler, Link

from pdu import (
    BindTransceiver,
    BindTransceiverResp,
    EnquireLink,
    SubmitSm,
    Unbind,
    UnbindResp,
    decode,
    encode,
)
from smsc_async.listener import ClientSession
from smsc_async.session import EndReason

BIND = encode(BindTransceiver(system_id="shop"), sequence_number=1)


@pytest.fixture
def client(handler: Handler) -> ClientSession[Link]:
    """A client that has connected and not bound."""
    return ClientSession(handler, "192.0.2.1", 1.0)


def _bound(handler: Handler) -> ClientSession[Link]:
    """Return a client that is bound."""
    client: ClientSession[Link] = ClientSession(handler, "192.0.2.1", 1.0)
    client.receive(BIND, 1.0)
    assert isinstance(decode(client.session.data_to_send()), BindTransceiverResp)
    return client


def test_handler_gets_session_and_address(handler: Handler, client: ClientSession[Link]) -> None:
    """An address that fails too often is refused by the handler, not here."""
    assert (client.session, "192.0.2.1") == (handler.link.session, handler.link.host)
    assert handler.link is client.link
    assert "<ClientSession <Link 192.0.2.1>>" == repr(client)


def test_handler_is_called_for_events_only(handler: Handler) -> None:
    """The session answers enquire_link by itself."""
    client = _bound(handler)
    assert 1 == handler.calls
    client.receive(encode(EnquireLink(), sequence_number=2), 2.0)

    assert client.session.data_to_send()
    assert 1 == handler.calls


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_read_may_be_cut_anywhere(handler: Handler, size: int) -> None:
    """A request reaches the handler when it is whole, and once."""
    client = _bound(handler)
    octets = encode(SUBMIT, sequence_number=2) * 3
    for at in range(0, len(octets), size):
        client.receive(octets[at : at + size], 2.0)

    assert [(SubmitSm, 2)] * 3 == [
        (type(request), request.sequence_number) for request in handler.link.requests
    ]


def test_timer_of_the_session_ends_it(handler: Handler, client: ClientSession[Link]) -> None:
    """A client that doesn't bind in time."""
    client.advance(10.9)
    assert not client.session.is_over
    client.advance(11.0)

    assert handler.link.end is not None
    assert EndReason.BIND_OVERDUE is handler.link.end.reason


def test_bound_client_is_asked_to_unbind(handler: Handler) -> None:
    """Twice does no harm; the session ends with its answer."""
    client = _bound(handler)
    client.unbind(2.0)
    client.unbind(2.0)
    assert isinstance(decode(client.session.data_to_send()), Unbind)
    client.receive(encode(UnbindResp(), sequence_number=1), 2.1)

    assert handler.link.end is not None
    assert EndReason.UNBOUND is handler.link.end.reason


def test_client_that_is_not_bound_is_ended_instead(
    handler: Handler, client: ClientSession[Link]
) -> None:
    """Unbind is a request of bound sessions only."""
    client.unbind(2.0)

    assert client.session.is_over
    assert handler.link.end is not None
    assert EndReason.CLOSED is handler.link.end.reason


def test_handler_learns_of_the_end_once(handler: Handler) -> None:
    """The session may have ended before its socket; the counts of connections must be right."""
    client, error = _bound(handler), ConnectionResetError("by the test")
    client.end(2.0, error)
    end = handler.link.end
    client.disconnect(3.0)

    assert end is not None
    assert (EndReason.LOST, error) == (end.reason, end.error)
    assert end is handler.link.end
    assert [client.link] == handler.disconnected
