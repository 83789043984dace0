"""Responses that don't leave at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdu import CommandStatus, SubmitSm
from smsc_async.simulator.responses import PendingResponse, Responses

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.conftest import Client, Harness


def test_refusal_is_delayed_as_any_response(make_harness: Callable[..., Harness]) -> None:
    """It counts against the window until then."""
    harness = make_harness(response_delay=2.0, submit_status=0x45)
    client = harness.client()
    assert [] == client.submit()
    assert 1 == client.link.unanswered
    harness.advance(2.0)

    assert [CommandStatus.ESME_RSUBMITFAIL] == [pdu.command_status for pdu in client.read()]
    assert 0 == client.link.unanswered


def test_silent_scenario_refuses_without_a_response(make_harness: Callable[..., Harness]) -> None:
    """The client can't tell one from the other."""
    harness = make_harness(silent=True, submit_status=0x45)

    assert [] == harness.client().submit()


def test_response_is_taken_back_once(harness: Harness, client: Client) -> None:
    """Its window has room again."""
    client.submit()
    (part,) = harness.state.messages[0].submits
    responses = Responses(harness.state)
    response = PendingResponse(client.link, SubmitSm(destination_addr="79991234567"))
    responses.send_at(part, response, harness.now + 5.0)
    assert (1, 1, response) == (len(responses), client.link.unanswered, responses.of(part))
    assert response is responses.take(part)
    assert None is responses.take(part)
    harness.advance(5.0)

    assert ([], 0) == (client.outcomes() and [], client.link.unanswered)
    assert "<Responses, 0 pending>" == repr(responses)


def test_repr_says_when_it_leaves(harness: Harness, client: Client) -> None:
    """Or that it is held."""
    client.submit()
    (part,) = harness.state.messages[0].submits
    responses, response = (
        Responses(harness.state),
        PendingResponse(client.link, SubmitSm(destination_addr="79991234567")),
    )
    assert repr(response).endswith(", held>")
    responses.send_at(part, response, 2000.0)

    assert repr(response).endswith(", <ScheduledAction at 2000>>")
