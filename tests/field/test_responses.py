"""Responses as real gateways write them: a status in the header and anything behind it.

The status counts, whatever the body is; and a positive response without a body says no more than
that.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest
from scripted import Gateway

from pdu import CancelSm, DataSm, Pdu, QuerySm, ReplaceSm
from smsc_async import (
    BindRefusedError,
    GatewayLimits,
    MessageState,
    Outcome,
    RemoteProtocolError,
    RequestRefusedError,
    Sms,
    SmscClient,
    SubmitRefusedError,
    ThrottledError,
)

if TYPE_CHECKING:
    from scripted import Peer

SMS = Sms(to="79991234567", text="hello")
BODIES = {
    "none": b"",
    "a TLV": b"\x00\x1d\x00\x03abc",
    "a TLV behind an id": b"7f\x00\x00\x1d\x00\x03abc",
    "half a TLV": b"7f\x00\x00\x1d",
    "a TLV that is too long": b"7f\x00\x00\x1d\x00\x50abc",
    "no NUL": b"7f",
    "NULs": bytes(40),
    "ones": b"\xff" * 40,
    "a long id": b"7" * 100 + b"\x00",
    "much": b"x" * 60_000,
}
bodies = pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)


def answering(status: int, body: bytes, *, is_nack: bool = False) -> Any:  # noqa: ANN401 - a hook of any request
    """Return a hook that answers with these octets."""

    def answer(peer: Peer, request: Pdu) -> None:
        command_id = 0x8000_0000 if is_nack else request.command_id | 0x8000_0000
        header = struct.pack("!IIII", 16 + len(body), command_id, status, request.sequence_number)
        peer.raw(header + body)

    return answer


@bodies
@pytest.mark.parametrize("is_nack", [False, True])
@pytest.mark.parametrize(
    ("status", "kind"),
    [(0x0B, SubmitRefusedError), (0x400, SubmitRefusedError), (0x58, ThrottledError)],
)
async def test_refused_submit(
    body: bytes, status: int, kind: type[SubmitRefusedError], *, is_nack: bool
) -> None:
    """It wasn't sent, for certain, and the link goes on."""
    async with Gateway() as gateway, SmscClient(gateway.url(), limits=GatewayLimits.off()) as smsc:
        gateway.on_submit = answering(status, body, is_nack=is_nack)
        with pytest.raises(kind) as caught:
            await smsc.send(SMS, within=0.05)
        gateway.on_submit = gateway.accept

        assert (status, Outcome.REFUSED) == (caught.value.command_status, caught.value.outcome)
        assert "1" == (await smsc.send(SMS)).message_id


@bodies
@pytest.mark.parametrize(
    "request_",
    [QuerySm(message_id="7"), CancelSm(), ReplaceSm(message_id="7"), DataSm(destination_addr="1")],
)
async def test_refused_request(body: bytes, request_: Pdu) -> None:
    """Any other request as well."""
    async with Gateway() as gateway, SmscClient(gateway.url()) as smsc:
        gateway.on_other = answering(0x0C, body)
        with pytest.raises(RequestRefusedError) as caught:
            await smsc.request(request_)

    assert 0x0C == caught.value.command_status


@bodies
@pytest.mark.parametrize("mode", ["transceiver", "transmitter", "receiver"])
@pytest.mark.parametrize("status", [0x0D, 0x0E])
async def test_refused_bind(body: bytes, mode: str, status: int) -> None:
    """With its status, after one attempt."""
    async with Gateway() as gateway:
        gateway.on_bind = answering(status, body)
        with pytest.raises(BindRefusedError) as caught:
            async with SmscClient(gateway.url(f"mode={mode}")):
                pass

        assert status == caught.value.command_status
        assert 1 == len(gateway.peers)


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (b"", ("",)),
        (b"\x00\x1d\x00\x03abc", ("",)),
        (b"7f", ("7f",)),
        (b"7f\x00\x04\x23\x00\x50ab", ("7f",)),
        (b"7f\x00\x04", ("7f",)),
    ],
)
async def test_positive_submit_with_an_odd_body(body: bytes, ids: tuple[str, ...]) -> None:
    """It was accepted, with the id as far as there is one."""
    async with Gateway() as gateway, SmscClient(gateway.url()) as smsc:
        gateway.on_submit = answering(0, body)

        assert ids == (await smsc.send(SMS)).message_ids


@pytest.mark.parametrize(
    "body", [b"", b"\x00", b"\x00\x00", b"7f", b"\x00\x1d", b"\x00\x00\x00\x00"]
)
async def test_query_that_says_no_state_is_an_error(body: bytes) -> None:
    """0 is SCHEDULED in 5.0, which the gateway didn't say."""
    async with Gateway() as gateway, SmscClient(gateway.url()) as smsc:
        gateway.on_other = answering(0, body)
        with pytest.raises(RemoteProtocolError):
            await smsc.query("7")


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (b"7\x00\x00\x00", MessageState.SCHEDULED),
        (b"7\x00\x00\x02\x00", MessageState.DELIVERED),
        (b"\x00\x00\x05\x06", MessageState.UNDELIVERABLE),
        (b"7\x00\x00\x02", MessageState.DELIVERED),
    ],
)
async def test_query_that_says_a_state(body: bytes, state: MessageState) -> None:
    """Without an id or an error, too."""
    async with Gateway() as gateway, SmscClient(gateway.url()) as smsc:
        gateway.on_other = answering(0, body)

        assert state is (await smsc.query("7")).state
