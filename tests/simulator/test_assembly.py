"""Reassembly of long messages, and the rules that apply to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pdu import (
    CommandStatus,
    DeliverSm,
    MessageState,
    SubmitSmResp,
)
from pdu.text import TextCoding, split
from smsc_async.gateway.compose import submits_of
from smsc_async.messages import LongText, Sms
from smsc_async.rules.limits import GatewayLimits
from smsc_async.simulator import Scenario, assembly

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.conftest import Client, Harness

    MakeHarness = Callable[..., Harness]

STATUS = CommandStatus
TO = "79991234567"
LONG = "Очень длинное сообщение. " * 6


@pytest.mark.parametrize("long_text", LongText)
def test_parts_are_joined_in_each_of_the_three_forms(
    harness: Harness, client: Client, long_text: LongText
) -> None:
    """User data headers, sar_* TLVs and message_payload make the same message."""
    message = Sms(to=TO, text=LONG, long_text=long_text)
    pdus = submits_of(message, reference=7)
    client.send(*reversed(pdus))
    (got,) = harness.state.messages
    ids = [str(855469 + number) for number in range(len(pdus))]

    assert (LONG, len(pdus), True) == (got.text, got.parts, got.is_complete)
    assert tuple(reversed(ids)) == got.message_ids
    assert 1 == harness.smsc.stats().messages


def test_incomplete_message_is_recorded_after_a_minute(harness: Harness, client: Client) -> None:
    """«…все SMS-части должны быть переданы на сервер в течение минуты»."""
    first, second, _ = submits_of(Sms(to=TO, text=LONG), reference=7)
    client.send(second)
    harness.advance(30.0)
    client.send(first)
    assert [] == list(harness.state.messages)

    harness.advance(30.0)
    (got,) = harness.state.messages
    assert (2, 3, LONG[:134]) == (got.parts, got.total, got.text)
    assert ("855470", "855469") == got.message_ids


def test_reference_in_use_begins_a_new_message(harness: Harness, client: Client) -> None:
    """A part that contradicts an earlier one ends that message; each message has its own ids."""
    first = split("a" * 161, TextCoding.LATIN1, reference=1)
    second = split("b" * 161, TextCoding.LATIN1, reference=1)
    for segment in (first[0], *second):
        client.submit(short_message=segment.short_message, esm_class=0x40)

    assert [("855469",), ("855470", "855471")] == [m.message_ids for m in harness.state.messages]


def test_number_of_partial_messages_is_bounded(
    harness: Harness, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part that is repeated after its message was complete begins one that never completes."""
    monkeypatch.setattr(assembly, "MAX_PARTIAL_MESSAGES", 2)
    for reference in range(6):
        parts = split("a" * 161, TextCoding.LATIN1, reference=reference)
        for segment in (*parts, parts[0]):
            client.submit(short_message=segment.short_message, esm_class=0x40)

    assert 4 == len(client.link.account.partial_messages)
    harness.advance(61.0)
    assert 6 == harness.smsc.stats().messages


def test_parts_have_one_outcome_when_the_message_is_complete(
    harness: Harness, client: Client
) -> None:
    """«…для проверки на фильтры и шаблоны все SMS-части предварительно необходимо склеить…»."""
    *first, last = submits_of(Sms(to=TO, text=LONG), reference=7)
    client.send(*first)
    harness.advance(59.0)
    assert [] == client.receipts()

    client.send(last)
    harness.advance(0.2)
    assert [(MessageState.DELIVERED, 0)] * 3 == client.outcomes()


def test_message_whose_parts_are_late_is_undeliverable(harness: Harness, client: Client) -> None:
    """«В противном случае оператор может отклонить сообщение…»: err 241, for each part."""
    first, *rest = submits_of(Sms(to=TO, text=LONG), reference=7)
    client.send(first)
    harness.advance(60.0)
    assert [(MessageState.UNDELIVERABLE, 241)] == client.outcomes()

    client.send(*rest)
    harness.advance(60.0)
    assert [(MessageState.UNDELIVERABLE, 241)] * 2 == client.outcomes()
    assert [(1, 3), (2, 3)] == [(got.parts, got.total) for got in harness.state.messages]
    assert (0, 3) == (harness.smsc.stats().refused, harness.smsc.stats().stopped)


def test_parts_have_their_own_outcomes_without_a_rule(make_harness: MakeHarness) -> None:
    """As at an SMSC that joins nothing."""
    harness = make_harness(rules=GatewayLimits(multipart_window=None))
    client = harness.client()
    client.send(submits_of(Sms(to=TO, text=LONG), reference=7)[0])
    harness.advance(0.2)

    assert [(MessageState.DELIVERED, 0)] == client.outcomes()
    harness.advance(60.0)
    assert [] == client.receipts()
    assert 1 == harness.smsc.stats().messages


def test_parts_wait_as_long_as_the_rule_says(make_harness: MakeHarness) -> None:
    """With other numbers a test can disagree with the client on purpose."""
    harness = make_harness(rules=GatewayLimits(multipart_window=5.0, margin=0.0))
    client = harness.client()
    client.send(submits_of(Sms(to=TO, text=LONG), reference=7)[0])
    harness.advance(5.0)

    assert [(MessageState.UNDELIVERABLE, 241)] == client.outcomes()


def test_repeat_in_parts_is_recognised_by_its_whole_text(make_harness: MakeHarness) -> None:
    """Its parts were accepted before, so it ends as UNDELIV; one that begins alike is no repeat."""
    harness = make_harness(receipt_window=9)
    client = harness.client()
    for reference, text in enumerate((LONG, LONG + "!", LONG)):
        client.send(*submits_of(Sms(to=TO, text=text), reference=reference))
    harness.advance(0.2)

    assert [(MessageState.DELIVERED, 0)] * 6 + [(MessageState.UNDELIVERABLE, 253)] * 3 == (
        client.outcomes()
    )
    assert (0, 3) == (harness.smsc.stats().refused, harness.smsc.stats().stopped)


def test_message_with_a_blocked_part_is_blocked(make_harness: MakeHarness) -> None:
    """Two parts alone would pass, but two thirds of a text can't be delivered."""
    harness = make_harness(rules=GatewayLimits(flood_length=2))
    client = harness.client()
    client.send(*submits_of(Sms(to=TO, text=LONG)))
    harness.advance(0.2)

    assert [(MessageState.UNDELIVERABLE, 251)] * 3 == client.outcomes()


def test_part_that_was_repeated_has_an_outcome_too(harness: Harness, client: Client) -> None:
    """Two ids were given, so two receipts have to follow."""
    first, *rest = submits_of(Sms(to=TO, text=LONG), reference=7)
    client.send(first, first, *rest)
    harness.advance(0.2)
    assert ["855470", "855471", "855472", "855469"] == [r.message_id for r in client.receipts()]

    client.send(first)
    harness.advance(60.0)
    assert 1 == harness.smsc.stats().messages


def test_receipts_of_all_parts_may_overtake_the_last_response(make_harness: MakeHarness) -> None:
    """With the last part the outcome of all of them is decided."""
    client = make_harness(receipt_before_response=True).client()
    *first, last = submits_of(Sms(to=TO, text=LONG), reference=7)

    assert [SubmitSmResp] * 2 == [type(pdu) for pdu in client.send(*first)]
    assert [DeliverSm] * 3 + [SubmitSmResp] == [type(pdu) for pdu in client.send(last)]


def test_partial_message_keeps_its_rule(make_harness: MakeHarness) -> None:
    """A new scenario neither loses nor repeats a receipt of it."""
    harness = make_harness()
    client = harness.client()
    first, second, last = submits_of(Sms(to=TO, text=LONG), reference=7)
    client.send(first)
    harness.state.scenario = Scenario(rules=None)
    client.send(second)
    harness.advance(1.0)
    assert [] == client.receipts()

    client.send(last)
    harness.advance(1.0)
    assert [(MessageState.DELIVERED, 0)] * 3 == client.outcomes()
    harness.advance(60.0)
    assert [] == client.receipts()
