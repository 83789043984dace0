"""Events of a session."""

from __future__ import annotations

import pytest

from pdu import SubmitSmResp
from smsc_async.errors import RemoteProtocolError
from smsc_async.session import (
    EndReason,
    LateResponseReceived,
    LinkEnded,
    ResponseOverdue,
    ResponseReceived,
    ResponseUndecodable,
)

RESPONSE = SubmitSmResp(sequence_number=7, message_id="855469")


@pytest.mark.parametrize(
    "event",
    [
        ResponseReceived(7, "the text", RESPONSE),
        ResponseUndecodable(7, "the text", RemoteProtocolError("no NUL", b"the text")),
        ResponseOverdue(7, "the text"),
        LateResponseReceived(7, "the text", RESPONSE),
        LinkEnded(EndReason.LOST, None, ["the text"]),
    ],
)
def test_repr_shows_no_context(event: object) -> None:
    """A context may hold a message, and events are what one logs when in trouble."""
    assert "the text" not in repr(event)
    assert repr(event).startswith(type(event).__name__)


def test_events_are_compared_by_value_and_matched_by_place() -> None:
    """Tests and shells read better so; making one costs no more than a plain class."""
    assert ResponseOverdue(7, "a") == ResponseOverdue(7, "a")
    match ResponseReceived(7, "a", RESPONSE):
        case ResponseReceived(number, context, response):
            assert (7, "a", RESPONSE) == (number, context, response)


def test_reason_completes_a_sentence() -> None:
    """It ends up in the message of the error that users see."""
    assert "the connection was lost" == EndReason.LOST.value
