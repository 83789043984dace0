"""Responses and outcomes: fates, hold, release, and what can be taken back."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Literal

import pytest

from pdu import CommandStatus, DeliverSm, MessageState, SubmitSmResp
from smsc_async.gateway.compose import submits_of
from smsc_async.messages import HlrQuery, Sms
from smsc_async.rules.limits import GatewayLimits
from smsc_async.simulator import AlreadyFinalError, Chaos, Fate, HlrAnswer, MessageFilter
from smsc_async.simulator.pdus import HLR

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.conftest import Client, Harness


TO = "79991234567"
LONG = "Код подтверждения заказа: 4821. " * 4
DELIVERED = (MessageState.DELIVERED, 0)
OFF = Fate(state=MessageState.UNDELIVERABLE, error_code=6)
GONE = (MessageState.UNDELIVERABLE, 6)


def _set(harness: Harness, fate: Fate, number: str = TO) -> None:
    """Set the fate of a number."""
    harness.smsc.sources.set_for(number, fate)


def _release(
    harness: Harness, wanted: MessageFilter | None = None, fate: Fate | None = None
) -> int:
    """Release what is held of the messages that meet a filter."""
    messages = None if wanted is None else harness.state.log.find(wanted, limit=None)
    return harness.smsc.outcomes.release(messages, fate, harness.now)


@pytest.mark.parametrize(
    ("fate", "outcome"),
    [
        (OFF, GONE),
        (Fate(error_code=240), (MessageState.UNDELIVERABLE, 240)),
        (Fate(state=MessageState.EXPIRED), (MessageState.EXPIRED, 0)),
        (Fate(state=MessageState.DELETED), (MessageState.DELETED, 0)),
        (Fate(), DELIVERED),
    ],
    ids=str,
)
def test_fate_of_a_number_is_the_outcome_of_its_messages(
    harness: Harness, client: Client, fate: Fate, outcome: tuple[object, object]
) -> None:
    """The other numbers have that of the scenario."""
    _set(harness, fate)
    client.submit()
    client.submit(destination_addr="79990000000")
    harness.advance(0.2)

    assert [outcome, DELIVERED] == client.outcomes()


def test_number_may_be_written_in_any_notation(harness: Harness, client: Client) -> None:
    """As a test has it from a form."""
    _set(harness, OFF, "+7 (999) 123-45-67")
    client.submit()
    harness.advance(0.2)

    assert [GONE] == client.outcomes()
    harness.smsc.sources.set_for("+79991234567", None)
    client.submit()
    harness.advance(0.2)
    assert [DELIVERED] == client.outcomes()


def test_fate_that_is_given_before_the_outcome_replaces_it(
    harness: Harness, client: Client
) -> None:
    """At once, and the planned outcome doesn't come in addition."""
    client.submit()
    harness.decide(OFF)

    assert [GONE] == client.outcomes()
    harness.advance(10.0)
    assert [] == client.outcomes()


def test_fate_may_be_replaced_until_it_is_final(harness: Harness, client: Client) -> None:
    """The last one counts."""
    client.submit()
    harness.decide(Fate(state=MessageState.EXPIRED, after=30.0))
    harness.advance(29.0)
    assert [] == client.outcomes()
    harness.decide(Fate(state=MessageState.REJECTED, after=5.0))
    harness.advance(1.0)
    assert [] == client.outcomes()
    harness.advance(4.0)

    assert [(MessageState.REJECTED, 0)] == client.outcomes()
    with pytest.raises(AlreadyFinalError, match="m-1 has its outcome already; again=True"):
        harness.decide(OFF)


def test_one_more_receipt_may_be_sent_again(harness: Harness, client: Client) -> None:
    """A gateway that changes its mind: the client has to cope with both."""
    client.submit()
    harness.advance(0.2)
    harness.decide(OFF, again=True)

    assert [DELIVERED, GONE] == client.outcomes()
    assert GONE == (harness.state.messages[0].state, harness.state.messages[0].error_code)


@pytest.mark.parametrize("answer", ["never", "break", "late"])
def test_fate_of_a_response_comes_too_late_behind_it(
    harness: Harness, client: Client, answer: Literal["never", "break", "late"]
) -> None:
    """What was written can't be taken back."""
    client.submit()

    with pytest.raises(AlreadyFinalError, match="the response to m-1 has left"):
        harness.decide(Fate(answer=answer, after=1.0))
    harness.advance(0.2)
    assert [DELIVERED] == client.outcomes()


def test_refused_message_gets_no_fate(harness: Harness, client: Client) -> None:
    """There is nothing that could be delivered."""
    client.submit("Hi")
    client.submit("Hi")
    (refused,) = harness.state.log.find(MessageFilter(status="refused"))

    with pytest.raises(AlreadyFinalError, match="m-2 was refused"):
        harness.smsc.outcomes.decide(refused, OFF, harness.now)


def test_receipt_may_never_come_or_twice_or_early(harness: Harness, client: Client) -> None:
    """The outcome is reached all the same."""
    for number, receipt in enumerate(("never", "twice", "early")):
        _set(harness, Fate(receipt=receipt), f"7999000000{number}")  # type: ignore[arg-type]
    client.submit(destination_addr="79990000000")
    harness.advance(0.2)
    assert [] == client.outcomes()
    assert MessageState.DELIVERED is harness.state.messages[0].state
    client.submit(destination_addr="79990000001")
    harness.advance(0.2)
    assert [DELIVERED] * 2 == client.outcomes()
    kinds = [type(pdu) for pdu in client.submit(destination_addr="79990000002")]

    assert [DeliverSm, SubmitSmResp] == kinds


def test_intermediate_receipt_comes_first(harness: Harness, client: Client) -> None:
    """Halfway; to those who request it in bit 4 or, by a fate, to everyone."""
    _set(harness, Fate(receipt="intermediate", after=10.0))
    client.submit()
    harness.advance(5.0)
    assert [(MessageState.ENROUTE, 0)] == client.outcomes()
    harness.advance(5.0)
    assert [DELIVERED] == client.outcomes()


def test_intermediate_receipt_does_not_follow_the_final_one(
    harness: Harness, client: Client
) -> None:
    """A fate was given in between."""
    _set(harness, Fate(receipt="intermediate", after=10.0))
    client.submit()
    harness.decide(OFF)
    harness.advance(20.0)

    assert [GONE] == client.outcomes()


@pytest.mark.parametrize("status", [0x58, 0x14, 0x0B, 0x4AB])
def test_fate_may_refuse(harness: Harness, client: Client, status: int) -> None:
    """With any status; the message is kept, and no rule counts it."""
    _set(harness, Fate(answer="refuse", command_status=status))
    (response,) = client.submit("Hi")
    assert status == response.command_status
    harness.smsc.sources.set_for(TO, None)
    (response,) = client.submit("Hi")
    refused, accepted = harness.state.log

    assert 0 == response.command_status
    assert ("refused", "on_its_way", None) == (refused.status, accepted.status, refused.stop)
    assert refused.refusal is not None
    assert "the fate of its number refuses it" == str(refused.refusal)


def test_response_may_never_come(harness: Harness, client: Client) -> None:
    """The message is delivered: the client can't know whether it went."""
    _set(harness, Fate(answer="never"))
    assert [] == client.submit()
    harness.advance(0.2)

    assert [DELIVERED] == client.outcomes()
    assert "unanswered" == harness.state.messages[0].status


def test_response_may_be_late(harness: Harness, client: Client) -> None:
    """The outcome follows as long after it as it would have."""
    _set(harness, Fate(answer="late", after=5.0))
    assert [] == client.submit()
    harness.advance(5.0)
    assert [SubmitSmResp] == [type(pdu) for pdu in client.read()]
    harness.advance(0.2)

    assert [DELIVERED] == client.outcomes()
    assert 0 == client.link.unanswered


def test_link_may_break_behind_a_message(harness: Harness, client: Client) -> None:
    """Accepted, without a response; the receipt goes over another link."""
    other = harness.client("receiver")
    _set(harness, Fate(answer="break"))

    assert [] == client.submit()
    assert client.link.session.is_over
    harness.advance(0.2)
    assert [DELIVERED] == other.outcomes()


def test_subscriber_replies(harness: Harness, client: Client) -> None:
    """After the outcome, to the sender."""
    _set(harness, Fate(reply="СТОП"))
    client.submit(source_addr="Shop")
    harness.advance(0.2)
    receipt, reply = client.read()

    assert isinstance(reply, DeliverSm)
    assert (TO, "Shop") == (reply.source_addr, reply.destination_addr)
    assert "СТОП".encode("utf-16-be") == reply.short_message
    assert isinstance(receipt, DeliverSm)


def test_subscriber_of_a_long_message_replies_once(harness: Harness, client: Client) -> None:
    """Not to each part."""
    _set(harness, Fate(reply="да"))
    client.send(*submits_of(Sms(to=TO, sender="Shop", text=LONG)))
    harness.advance(0.2)
    replies = [pdu for pdu in client.read() if isinstance(pdu, DeliverSm) and not pdu.tlvs]

    assert 1 == len(replies)


def test_hlr_answer_may_be_that_of_a_number(harness: Harness, client: Client) -> None:
    """Roaming, ported: the scenario has one answer for all."""
    _set(harness, Fate(hlr=HlrAnswer(roaming_country="Finland")))
    client.send(*submits_of(HlrQuery(to=TO)))
    harness.advance(0.2)
    (receipt,) = client.read()

    assert isinstance(receipt, DeliverSm)
    assert b"rcn:Finland" in receipt.short_message
    assert HLR == harness.state.messages[0].submits[0].flags


# Hold.


def test_held_message_is_answered_and_waits(harness: Harness, client: Client) -> None:
    """A day passes: no receipt before it is released."""
    harness.smsc.sources.hold = "receipt"
    (response,) = client.submit()
    harness.advance(86_400.0)

    assert (0, []) == (response.command_status, client.outcomes())
    assert "held" == harness.state.messages[0].status
    assert 1 == _release(harness)
    assert [DELIVERED] == client.outcomes()
    assert ("done", 0) == (harness.state.messages[0].status, _release(harness))


def test_held_response_leaves_when_it_is_released(harness: Harness, client: Client) -> None:
    """Then the outcome follows as the scenario says."""
    harness.smsc.sources.hold = "answer"
    assert [] == client.submit()
    harness.advance(60.0)
    assert 1 == client.link.unanswered
    _release(harness)
    (response,) = client.read()

    assert (0, 0) == (response.command_status, client.link.unanswered)
    harness.advance(0.2)
    assert [DELIVERED] == client.outcomes()


def test_held_messages_are_released_in_their_order(harness: Harness, client: Client) -> None:
    """Whatever the order of their numbers."""
    harness.smsc.sources.hold = "receipt"
    ids = [response.message_id for _ in range(4) for response in client.submit()]  # type: ignore[attr-defined]
    harness.smsc.sources.hold = "off"
    assert 4 == _release(harness)
    receipts = client.receipts()

    assert ids == [receipt.message_id for receipt in receipts]


def test_some_may_be_released_with_a_fate(harness: Harness, client: Client) -> None:
    """Those that meet a filter; the others stay held."""
    harness.smsc.sources.hold = "receipt"
    client.submit("a")
    client.submit("b", destination_addr="79990000000")

    assert 1 == _release(harness, MessageFilter(to="+79990000000"), OFF)
    assert [GONE] == client.outcomes()
    assert ["held", "done"] == [message.status for message in harness.state.messages]


def test_end_of_hold_releases_nothing(harness: Harness, client: Client) -> None:
    """It is for messages that come from then on."""
    harness.smsc.sources.hold = "receipt"
    client.submit()
    harness.smsc.sources.hold = "off"
    client.submit()
    harness.advance(0.2)

    assert 1 == len(client.outcomes())
    assert ["held", "done"] == [message.status for message in harness.state.messages]


def test_fate_releases_a_held_message(harness: Harness, client: Client) -> None:
    """Its response first."""
    harness.smsc.sources.hold = "answer"
    client.submit()
    harness.decide(OFF)
    response, receipt = client.read()

    assert isinstance(response, SubmitSmResp)
    assert isinstance(receipt, DeliverSm)
    assert GONE == (harness.state.messages[0].state, harness.state.messages[0].error_code)


def test_held_response_may_become_a_refusal(harness: Harness, client: Client) -> None:
    """Then there is no outcome."""
    harness.smsc.sources.hold = "answer"
    client.submit()
    harness.decide(Fate(answer="refuse", command_status=CommandStatus.ESME_RTHROTTLED))
    (response,) = client.read()
    harness.advance(10.0)

    assert CommandStatus.ESME_RTHROTTLED == response.command_status
    assert ([], "refused") == (client.outcomes(), harness.state.messages[0].status)


def test_held_response_may_never_come_or_break_the_link(harness: Harness) -> None:
    """Each as if it had been the fate of its number."""
    harness.smsc.sources.hold = "answer"
    client, other = harness.client(), harness.client("receiver")
    client.submit()
    harness.decide(Fate(answer="never"))
    assert [DeliverSm] == [type(pdu) for pdu in client.read()]
    assert "unanswered" == harness.state.messages[0].status
    client.submit()
    harness.decide(Fate(answer="break"))

    assert client.link.session.is_over
    # That of the first message wasn't acknowledged over the link that broke.
    assert [DELIVERED] * 2 == other.outcomes()


def test_held_response_may_be_late(harness: Harness, client: Client) -> None:
    """After so many seconds."""
    harness.smsc.sources.hold = "answer"
    client.submit()
    harness.decide(Fate(answer="late", after=5.0))
    assert [] == client.read()
    harness.advance(5.0)

    assert SubmitSmResp in {type(pdu) for pdu in client.read()}


def test_fate_and_magic_number_win_over_hold(harness: Harness, client: Client) -> None:
    """Their numbers say what becomes of a message, so that it needs no decision."""
    harness.smsc.sources.hold = "answer"
    _set(harness, OFF)
    client.submit()
    harness.advance(0.2)

    assert [GONE] == client.outcomes()


def test_held_response_of_a_link_that_ended_is_never_sent(harness: Harness) -> None:
    """The client has given up; the outcome comes over another link."""
    harness.smsc.sources.hold = "answer"
    client, other = harness.client(), harness.client("receiver")
    client.submit()
    client.lose()
    _release(harness)
    harness.advance(0.2)

    assert [DELIVERED] == other.outcomes()
    assert "unanswered" == harness.state.messages[0].status


def test_refusal_is_for_the_parts_that_have_no_response(
    make_harness: Callable[..., Harness],
) -> None:
    """The others were accepted, and have their outcome."""
    harness = make_harness(response_delay=5.0)
    client = harness.client()
    first, *rest = submits_of(Sms(to=TO, text=LONG))
    client.send(first)
    harness.advance(4.0)
    client.send(*rest)
    harness.advance(1.0)
    harness.decide(Fate(answer="refuse", command_status=8))
    statuses = [pdu.command_status for pdu in client.read() if isinstance(pdu, SubmitSmResp)]

    assert [0] + [8] * len(rest) == statuses


def test_refused_part_has_no_outcome(harness: Harness, client: Client) -> None:
    """Nor have those of its message that come later: its fate is one for all of them."""
    harness.smsc.sources.hold = "answer"
    first, *rest = submits_of(Sms(to=TO, text=LONG))
    client.send(first)
    _release(harness, fate=Fate(answer="refuse", command_status=0x45))
    statuses = [pdu.command_status for pdu in [*client.read(), *client.send(*rest)]]
    harness.advance(120.0)

    assert [0x45] * (1 + len(rest)) == statuses
    assert [] == client.outcomes()


def test_held_response_of_an_incomplete_message_stays_held(
    make_harness: Callable[..., Harness],
) -> None:
    """The message is given up after a minute; its response may still be released."""
    harness = make_harness(window=1)
    client = harness.client()
    harness.smsc.sources.hold = "answer"
    client.send(submits_of(Sms(to=TO, text=LONG))[0])
    harness.advance(61.0)
    assert [(MessageState.UNDELIVERABLE, 241)] == client.outcomes()
    assert 1 == _release(harness)

    assert [0] == [pdu.command_status for pdu in client.read()]
    assert ([], 0) == (client.outcomes(), client.link.unanswered)


@pytest.mark.parametrize("first", [5.0, 60.0])
def test_later_response_replaces_the_earlier_one(
    harness: Harness, client: Client, first: float
) -> None:
    """Sooner or later."""
    harness.smsc.sources.hold = "answer"
    client.submit()
    harness.decide(Fate(answer="late", after=first))
    harness.decide(Fate(answer="late", after=30.0))
    harness.advance(29.0)
    assert [] == client.read()
    harness.advance(1.0)

    assert SubmitSmResp in {type(pdu) for pdu in client.read()}
    harness.advance(60.0)
    assert 0 == client.link.unanswered


@pytest.mark.parametrize(
    ("second", "states"),
    [
        (Fate(receipt="intermediate", after=40.0), [MessageState.ENROUTE, MessageState.DELIVERED]),
        (Fate(receipt="never", after=40.0), []),
        (Fate(after=40.0), [MessageState.DELIVERED]),
    ],
    ids=repr,
)
def test_intermediate_receipt_is_taken_back(
    harness: Harness, client: Client, second: Fate, states: list[MessageState]
) -> None:
    """What the fate before had planned doesn't come in addition."""
    client.submit()
    harness.decide(Fate(receipt="intermediate", after=20.0))
    harness.decide(second)
    harness.advance(60.0)

    assert states == [state for state, _ in client.outcomes()]


def test_fate_without_a_receipt_has_no_intermediate_one(
    make_harness: Callable[..., Harness],
) -> None:
    """Also where the scenario sends them."""
    harness = make_harness(intermediate=True)
    client = harness.client()
    _set(harness, Fate(receipt="never"))
    client.submit(registered_delivery=0x11)
    harness.advance(1.0)

    assert [] == client.outcomes()


def test_part_with_an_outcome_keeps_it(make_harness: Callable[..., Harness]) -> None:
    """A decision is for those that have none yet; `again` is for all."""
    harness = make_harness(rules=None)
    client = harness.client()
    first, second = submits_of(Sms(to=TO, text=LONG))
    client.send(first)
    harness.advance(1.0)
    assert [DELIVERED] == client.outcomes()
    client.send(second)
    harness.decide(OFF)

    assert [GONE] == client.outcomes()
    harness.decide(OFF, again=True)
    assert [GONE, GONE] == client.outcomes()


def test_incomplete_message_gets_one_more_receipt(harness: Harness, client: Client) -> None:
    """It is final like any other."""
    client.send(submits_of(Sms(to=TO, text=LONG))[0])
    harness.advance(61.0)
    client.read()
    harness.decide(Fate(state=MessageState.DELIVERED), again=True)

    assert [DELIVERED] == client.outcomes()


def test_early_receipt_comes_before_a_held_response(harness: Harness, client: Client) -> None:
    """Decided or released."""
    harness.smsc.sources.hold = "answer"
    client.submit()
    harness.decide(Fate(receipt="early"))
    client_order = [type(pdu) for pdu in client.read()]
    client.submit()
    _release(harness, fate=Fate(receipt="early"))

    assert [DeliverSm, SubmitSmResp] == client_order == [type(pdu) for pdu in client.read()]


def test_release_leaves_a_response_that_is_late_by_itself(
    make_harness: Callable[..., Harness],
) -> None:
    """Only its receipt was held."""
    harness = make_harness(response_delay=5.0)
    client = harness.client()
    harness.smsc.sources.hold = "receipt"
    client.submit()
    _release(harness)
    assert [] == client.read()
    harness.advance(5.0)

    assert [SubmitSmResp, DeliverSm] == [type(pdu) for pdu in client.read()]


def test_magic_number_reads_the_whole_text(harness: Harness, client: Client) -> None:
    """The code stands in the second part."""
    text = "Очень длинное сообщение. " * 6 + "Код: 4821"
    client.send(*submits_of(Sms(to="70000005004", sender="Shop", text=text)))
    harness.advance(0.2)
    replies = [pdu for pdu in client.read() if isinstance(pdu, DeliverSm) and not pdu.tlvs]

    assert [b"4821"] == [pdu.short_message for pdu in replies]


def test_fate_of_a_long_message_is_that_of_its_first_part(harness: Harness, client: Client) -> None:
    """Set for messages that come from then on; this one has come already."""
    first, *rest = submits_of(Sms(to=TO, text=LONG))
    _set(harness, OFF)
    client.send(first)
    harness.smsc.sources.set_for(TO, None)
    client.send(*rest)
    harness.advance(0.2)

    assert [GONE] * (1 + len(rest)) == client.outcomes()


def test_chaos_is_drawn_once_for_a_long_message(harness: Harness, client: Client) -> None:
    """Its parts end alike."""
    run = harness.smsc.sources.start_chaos(Chaos(outcome=100, seed=1, messages=2), harness.now)
    parts = submits_of(Sms(to=TO, text=LONG))
    client.send(*parts)
    harness.advance(20.0)

    assert (1, 1) == (run.messages, len(set(client.outcomes())))


def test_part_that_made_room_is_planned_once(make_harness: Callable[..., Harness]) -> None:
    """It is released by the limit, and complete with the same submit_sm."""
    harness = make_harness(keep=1)
    client = harness.client()
    harness.smsc.sources.hold = "receipt"
    parts = submits_of(Sms(to=TO, text="Очень длинное сообщение. " * 30))
    assert len(parts) > 10
    written = client.send(*parts)
    written += [pdu for _ in range(9) for pdu in client.submit()]
    harness.advance(60.0)
    written += client.read()

    assert len([pdu for pdu in written if isinstance(pdu, DeliverSm)]) <= 5 + len(parts)
    outcomes = [entry.event for part in harness.state.parts.values() for entry in part.later]
    assert outcomes.count("outcome") <= len(harness.state.parts)


@pytest.mark.parametrize("fate", [Fate(state=MessageState.EXPIRED), Fate(error_code=3)], ids=repr)
def test_released_message_has_its_fate_also_against_a_rule(
    harness: Harness, client: Client, fate: Fate
) -> None:
    """As if it had been decided."""
    harness.smsc.sources.hold = "receipt"
    for _ in range(51):
        client.submit()
    _release(harness, fate=fate)

    assert ("done", fate.error_code or 0) == (
        harness.state.messages[-1].status,
        harness.state.messages[-1].error_code,
    )


def test_long_message_is_held_as_a_whole(harness: Harness, client: Client) -> None:
    """A receipt for each part, when it is released."""
    harness.smsc.sources.hold = "receipt"
    parts = submits_of(Sms(to=TO, text=LONG))
    client.send(*parts)
    harness.advance(120.0)
    assert "held" == harness.state.messages[0].status
    assert len(parts) == _release(harness)

    assert [DELIVERED] * len(parts) == client.outcomes()


def test_part_is_released_before_its_message_is_complete(harness: Harness, client: Client) -> None:
    """A client that sends the next part after the response to this one would wait for ever."""
    harness.smsc.sources.hold = "answer"
    first, *rest = submits_of(Sms(to=TO, text=LONG))
    assert [] == client.send(first)
    assert 1 == _release(harness)
    assert [0] == [pdu.command_status for pdu in client.read()]
    harness.smsc.sources.hold = "off"
    client.send(*rest)
    harness.advance(0.2)

    assert [DELIVERED] * (1 + len(rest)) == client.outcomes()


def test_held_messages_are_bounded(make_harness: Callable[..., Harness]) -> None:
    """Over ten times *keep* the oldest is released: its client gets what it waits for."""
    harness = make_harness(keep=1)
    client = harness.client()
    harness.smsc.sources.hold = "receipt"
    written = [pdu for _ in range(12) for pdu in client.submit()]

    assert 2 == sum(isinstance(pdu, DeliverSm) for pdu in written)
    assert 10 == _release(harness)


def test_forgotten_message_gets_no_outcome_if_it_is_held(harness: Harness, client: Client) -> None:
    """One that isn't held goes on."""
    harness.smsc.sources.hold = "answer"
    client.submit()
    messages = list(harness.state.log)
    harness.smsc.outcomes.forget(messages)

    assert (0, 0) == (_release(harness), client.link.unanswered)
    harness.advance(10.0)
    assert [] == client.read()


# Two times.


def test_moved_clock_brings_what_is_due_with_its_own_dates(
    make_harness: Callable[..., Harness],
) -> None:
    """A receipt of a minute's delay is a minute younger than its message, not an hour."""
    harness = make_harness(receipt_delay=60.0)
    client = harness.client()
    client.submit()
    harness.move(3600.0)
    (receipt,) = client.receipts()

    assert DELIVERED == (receipt.state, receipt.error_code)
    part = harness.state.messages[0].submits[0]
    assert part.done_at is not None
    assert 60.0 == (part.done_at - part.submitted_at).total_seconds()
    assert 3600.0 == (harness.state.date_at(harness.now) - part.submitted_at).total_seconds()


@pytest.mark.parametrize(
    ("seconds", "status"), [(59.9, CommandStatus.ESME_RSUBMITFAIL), (60.0, 0), (600.0, 0)]
)
def test_moved_clock_lets_a_repeat_pass(
    harness: Harness, client: Client, seconds: float, status: int
) -> None:
    """The rules count by the gateway's clock."""
    client.submit("Hi")
    harness.move(seconds)
    (response,) = [pdu for pdu in client.submit("Hi") if isinstance(pdu, SubmitSmResp)]

    assert status == response.command_status


def test_moved_clock_ends_the_minute_of_parts(harness: Harness, client: Client) -> None:
    """The message is given up, with the gateway's error."""
    first, *_ = submits_of(Sms(to=TO, text=LONG))
    client.send(first)
    harness.move(60.0)

    assert [(MessageState.UNDELIVERABLE, 241)] == client.outcomes()
    assert "incomplete" == harness.state.messages[0].status


# What is recorded.


def test_refused_repeat_is_recorded_with_its_twin(harness: Harness, client: Client) -> None:
    """Rule, twin, and when it passes."""
    client.submit("Hi")
    harness.advance(12.0)
    client.submit("Hi")
    twin, repeat = harness.state.log

    assert repeat.stop is not None
    assert ("repeat", 60.0, twin.number) == (repeat.stop.rule, repeat.stop.limit, repeat.stop.twin)
    assert 48.0 == (repeat.stop.retry_at - repeat.received_at).total_seconds()
    assert 48.0 == repeat.stop.retry_after
    assert ("Hi", "refused", MessageState.REJECTED) == (repeat.text, repeat.status, repeat.state)


def test_repeat_of_a_long_message_is_recorded_with_its_twin(
    harness: Harness, client: Client
) -> None:
    """It is recognised by its whole text, after its parts were accepted."""
    for _ in range(2):
        client.send(*submits_of(Sms(to=TO, text=LONG)))
    twin, repeat = harness.state.log

    assert repeat.stop is not None
    assert ("repeat", twin.number, "blocked") == (repeat.stop.rule, repeat.stop.twin, repeat.status)
    assert twin.stop is None


def test_flood_is_recorded_with_its_limit(harness: Harness, client: Client) -> None:
    """It is accepted, and ends by its receipt."""
    for _ in range(51):
        client.submit()
    *_, last = harness.state.log

    assert last.stop is not None
    assert ("flood", 50, None) == (last.stop.rule, last.stop.limit, last.stop.twin)
    assert 30.0 == (last.stop.retry_at - last.received_at).total_seconds()
    assert ("blocked", None) == (last.status, last.refusal)


def test_rate_is_recorded_with_its_limit(make_harness: Callable[..., Harness]) -> None:
    """Refused as too fast: when a second has passed since the first of them."""
    harness = make_harness(rules=GatewayLimits(rate=2.0))
    client = harness.client()
    for _ in range(3):
        client.submit()
        harness.advance(0.1)
    *_, last = harness.state.log

    assert last.stop is not None
    assert ("rate", 2.0) == last.stop[:2]
    assert 0.8 == pytest.approx((last.stop.retry_at - last.received_at).total_seconds())


def test_fate_that_is_given_wins_over_a_rule(harness: Harness, client: Client) -> None:
    """A flood that is delivered all the same; that of a number doesn't."""
    _set(harness, Fate(state=MessageState.DELIVERED))
    for _ in range(51):
        client.submit()
    harness.decide(Fate(state=MessageState.DELIVERED))

    assert ("done", DELIVERED[0]) == (
        harness.state.messages[-1].status,
        harness.state.messages[-1].state,
    )


def test_timeline_says_what_happened(harness: Harness, client: Client) -> None:
    """From the submit_sm to the acknowledged receipt."""
    client.submit()
    harness.advance(0.2)
    client.answer(*client.read())
    timeline = harness.state.messages[0].timeline

    assert [
        ("received", 0),
        ("answered", 0),
        ("outcome", MessageState.DELIVERED),
        ("receipt", MessageState.DELIVERED),
        ("acknowledged", 0),
    ] == [(entry.event, entry.value) for entry in timeline]
    assert 0.2 == (timeline[-1].at - timeline[0].at).total_seconds()


def test_record_leads_to_its_frames(harness: Harness) -> None:
    """Link and sequence number."""
    harness.client()
    client = harness.client()
    client.submit()
    (part,) = harness.state.messages[0].submits

    assert (2, 2) == (part.link, part.sequence_number)


def test_repr_shows_what_is_held(harness: Harness, client: Client) -> None:
    """For the debugger."""
    harness.smsc.sources.hold = "answer"
    client.submit()

    assert "<Outcomes, 1 held, 1 responses due>" == repr(harness.smsc.outcomes)


def test_memory_is_flat_behind_keep(make_harness: Callable[..., Harness]) -> None:
    """What was forgotten leaves nothing: no record, no schedule, no rule, no receipt."""
    harness = make_harness(keep=10, receipt_delay=0.0)
    client = harness.client()

    def run(count: int) -> int:
        for _ in range(count):
            written = client.submit()
            client.answer(*[pdu for pdu in written if isinstance(pdu, DeliverSm)])
            harness.advance(1.0)
            harness.state.take_ended()
        gc.collect()
        return len(gc.get_objects())

    before = run(300)

    assert abs(run(300) - before) < 100
    assert (10, 100) == (len(harness.state.log), len(harness.state.parts))


def test_everything_that_is_held_may_be_forgotten(harness: Harness, client: Client) -> None:
    """Also the part of a message that isn't complete."""
    harness.smsc.sources.hold = "answer"
    client.send(submits_of(Sms(to=TO, text=LONG))[0])
    harness.smsc.outcomes.forget(None)

    assert (0, 0) == (_release(harness), client.link.unanswered)


def test_decision_of_a_held_response_sends_no_second_receipt(
    harness: Harness, client: Client
) -> None:
    """The message was given up meanwhile; only `again` sends one more."""
    harness.smsc.sources.hold = "answer"
    client.send(submits_of(Sms(to=TO, text=LONG))[0])
    harness.advance(61.0)
    assert [(MessageState.UNDELIVERABLE, 241)] == client.outcomes()
    harness.decide(Fate(state=MessageState.DELIVERED))

    assert [SubmitSmResp] == [type(pdu) for pdu in client.read()]
