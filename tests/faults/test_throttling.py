"""Throttling: the gateway is too busy or its queue is full, and all messages wait in order.

Rule: a throttled message was neither accepted nor lost. It is retried automatically, before all
later ones, until the gateway accepts it or the timeout is over.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from faultlab import sms
from scripted import until

from pdu import CommandStatus, SubmitSm
from smsc_async import MessageState

if TYPE_CHECKING:
    from collections.abc import Callable

    from faultlab import Lab
    from scripted import Peer

THROTTLED, FULL = CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RMSGQFUL


def accepted(lab: Lab) -> list[str]:
    """Record the recipients of accepted messages, in order."""
    order: list[str] = []
    accept = lab.gateway.accept

    def noting(peer: Peer, submit: SubmitSm) -> None:
        """Accept, and record the recipient."""
        order.append(submit.destination_addr)
        accept(peer, submit)

    lab.gateway.accept = noting  # type: ignore[method-assign]
    lab.gateway.on_submit = noting
    return order


def throttling(
    lab: Lab, wrongs: Callable[[SubmitSm], bool], status: int = THROTTLED
) -> Callable[[Peer, Any], None]:
    """Make a hook that throttles the messages that *wrongs* selects."""

    def hook(peer: Peer, submit: SubmitSm) -> None:
        """Throttle, or accept."""
        if wrongs(submit):
            peer.answer(submit, status)
        else:
            lab.gateway.accept(peer, submit)

    return hook


@pytest.mark.parametrize("status", [THROTTLED, FULL])
@pytest.mark.parametrize("window", [1, 5])
async def test_throttled_messages_go_again_in_order(lab: Lab, status: int, window: int) -> None:
    """The third is throttled twice: its `send` just takes longer, and none overtakes it."""
    order, refused = accepted(lab), Counter[str]()

    def first_twice(submit: SubmitSm) -> bool:
        """Throttle the third and all after it until it has been throttled twice."""
        refused[submit.destination_addr] += 1
        return submit.destination_addr >= sms(2).to and refused[sms(2).to] <= 2

    lab.gateway.on_submit = throttling(lab, first_twice, status)
    async with lab.client(f"window={window}") as smsc:
        sent = await asyncio.gather(*(smsc.send(sms(number)) for number in range(12)))

    assert [sms(number).to for number in range(12)] == order
    assert 12 == len({each.message_id for each in sent})


async def test_pause_holds_the_whole_queue(lab: Lab) -> None:
    """Between the refusal and the next attempt nothing is written."""
    accepted(lab)
    times: list[tuple[float, str]] = []
    loop = asyncio.get_running_loop()

    def once(submit: SubmitSm) -> bool:
        """Throttle the first one."""
        times.append((loop.time(), submit.destination_addr))
        return len(times) == 1

    lab.gateway.on_submit = throttling(lab, once)
    async with lab.client("window=1") as smsc:
        await asyncio.gather(*(smsc.send(sms(number)) for number in range(5)))

    assert [sms(0).to, sms(0).to] == [recipient for _, recipient in times[:2]]
    assert times[1][0] - times[0][0] > 0.01


async def test_a_few_throttled_do_not_stop_everything(lab: Lab) -> None:
    """6 % of 100 messages are throttled once: all are accepted within seconds, each once."""
    order, chance, seen = accepted(lab), Random(6), set[str]()  # noqa: S311 - no secret

    def six_in_a_hundred(submit: SubmitSm) -> bool:
        """Throttle some, the first time only."""
        is_new = submit.destination_addr not in seen
        seen.add(submit.destination_addr)
        return is_new and chance.random() < 0.06

    lab.gateway.on_submit = throttling(lab, six_in_a_hundred)
    async with lab.client("window=10") as smsc, asyncio.timeout(7):
        await asyncio.gather(*(smsc.send(sms(number)) for number in range(100)))

    assert {1} == set(Counter(order).values())
    assert 100 == len(order)


async def test_receipt_finds_a_message_that_was_throttled(lab: Lab) -> None:
    """A receipt belongs to the message, not to the attempt."""
    accepted(lab)
    attempts = Counter[str]()

    def first(submit: SubmitSm) -> bool:
        """Throttle each message once."""
        attempts[submit.destination_addr] += 1
        return attempts[submit.destination_addr] == 1

    lab.gateway.on_submit = throttling(lab, first)
    async with lab.client() as smsc:
        sent = await smsc.send(sms())
        lab.gateway.peer.deliver_receipt(sent.message_id)
        receipt = await sent.receipt(timeout=5)

    assert MessageState.DELIVERED is receipt.state


async def test_parts_count_as_messages(lab: Lab) -> None:
    """The second of four parts is throttled and retried; the first isn't sent again."""
    accepted(lab)
    parts: list[int] = []

    def second_once(submit: SubmitSm) -> bool:
        """Throttle the second part once, and all after it."""
        part = submit.short_message[5]
        parts.append(part)
        return part >= 2 and parts.count(2) <= 1

    lab.gateway.on_submit = throttling(lab, second_once)
    async with lab.client("window=1") as smsc:
        sent = await smsc.send(sms(text="я" * 250))

    assert [1, 2, 2, 3, 4] == parts
    assert 4 == len(set(sent.message_ids))


async def test_throttled_message_survives_the_link(lab: Lab) -> None:
    """A throttled message counts as unwritten: after a loss it waits for the next link."""
    order = accepted(lab)
    hook = lab.gateway.on_submit

    def refuse_then_drop(peer: Peer, submit: SubmitSm) -> None:
        """Throttle, and close the connection."""
        peer.answer(submit, THROTTLED)
        lab.gateway.on_submit = hook
        peer.hang_up()

    lab.gateway.on_submit = refuse_then_drop
    async with lab.client("window=1") as smsc:
        await asyncio.gather(*(smsc.send(sms(number)) for number in range(3)))
        await until(lambda: smsc.stats().connects == 2)

    assert [sms(number).to for number in range(3)] == order


async def test_enquire_link_passes_while_all_wait(lab: Lab) -> None:
    """Only messages pause; the gateway closes a silent link."""
    accepted(lab)
    lab.gateway.on_submit = throttling(lab, lambda _: True)
    async with lab.client("enquire_link_interval=0.01") as smsc:
        sending = asyncio.create_task(smsc.send(sms()))
        await lab.gateway.submitted()
        lab.gateway.on_submit = lab.gateway.accept
        await sending
        assert 1 == smsc.stats().connects
