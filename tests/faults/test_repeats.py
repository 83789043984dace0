"""The repeat rule after a failure: what is held, and what may be sent again deliberately.

Rule: the outcome decides whether a message may be sent again. After UNKNOWN it is held for the
gateway's minute, unless `retry_of` is given; after REFUSED it may be sent at once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from faultlab import sms
from scripted import nothing, refusing

from pdu import CommandStatus, SubmitSm
from smsc_async import (
    GatewayLimits,
    Outcome,
    PartsOverdueError,
    RepeatedMessageError,
    ResponseTimeoutError,
    SmscClient,
    SubmitRefusedError,
)

if TYPE_CHECKING:
    from faultlab import Lab
    from scripted import Peer


async def unanswered(lab: Lab, smsc: SmscClient) -> ResponseTimeoutError:
    """Send a message that gets no response; return the error."""
    lab.gateway.on_submit = nothing
    with pytest.raises(ResponseTimeoutError) as caught:
        await smsc.send(sms(), timeout=0.02)
    lab.gateway.on_submit = lab.gateway.accept
    return caught.value


async def test_unknown_message_is_held_for_the_minute(lab: Lab) -> None:
    """It may have been sent: a repeat is held, and the error says until when."""
    async with SmscClient(lab.gateway.url()) as smsc:
        await unanswered(lab, smsc)
        with pytest.raises(RepeatedMessageError) as held:
            await smsc.send(sms())

    assert Outcome.NOT_SENT is held.value.outcome
    assert 0 < held.value.retry_after <= 61
    assert 1 == len(lab.gateway.submits)


async def test_unknown_message_goes_again_on_purpose(lab: Lab) -> None:
    """Within the minute the gateway's own rule prevents a second charge."""
    async with SmscClient(lab.gateway.url()) as smsc:
        meant: dict[str, Any] = {"retry_of": await unanswered(lab, smsc)}
        sent = await smsc.send(sms(), **meant)

    assert "1" == sent.message_id
    assert 2 == len(lab.gateway.submits)


async def test_refused_message_may_go_again_at_once(lab: Lab) -> None:
    """A refused message was never sent and takes no place in the rules."""
    async with SmscClient(lab.gateway.url()) as smsc:
        lab.gateway.on_submit = refusing(CommandStatus.ESME_RSUBMITFAIL)
        with pytest.raises(SubmitRefusedError):
            await smsc.send(sms())
        lab.gateway.on_submit = lab.gateway.accept
        sent = await smsc.send(sms())

    assert "1" == sent.message_id


async def test_parts_that_are_too_late_are_not_sent(lab: Lab) -> None:
    """The operator would reject them: the error names the accepted parts, the rest isn't sent."""

    def accept_late(peer: Peer, submit: SubmitSm) -> None:
        """Accept after the time limit of all parts."""
        asyncio.get_running_loop().call_later(0.2, lab.gateway.accept, peer, submit)

    lab.gateway.on_submit = accept_late
    rules: dict[str, Any] = {"limits": GatewayLimits(multipart_window=1.1, margin=1.0)}
    async with SmscClient(lab.gateway.url("window=1"), **rules) as smsc:
        with pytest.raises(PartsOverdueError) as late:
            await smsc.send(sms(text="я" * 200))

    assert (1, 3, ("1",)) == (late.value.accepted, late.value.total, late.value.message_ids)
    assert 1 == len(lab.gateway.submits)
