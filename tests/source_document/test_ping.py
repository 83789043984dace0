"""Ping-SMS: the whole text is `__PING__`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsc_async import Coding, MessageState, Ping, SmscClient

if TYPE_CHECKING:
    from tests.source_document.conftest import Reader, RecordingSmsc, Sender

TO = "79991234567"


async def test_ping_on_the_wire(smsc: RecordingSmsc, said: Reader) -> None:
    """The text is the word alone; the number is the recipient, the result is a receipt.

    «Для отправки Ping-SMS используйте команду SUBMIT_SM с текстом __PING__.»
    """
    async with SmscClient(smsc.url) as client:
        ping = await client.send(Ping(to=TO))
        receipt = await ping.receipt(timeout=1)

    (submit,) = smsc.submits
    assert "__PING__" == said(submit)
    assert (TO, 1) == (submit.destination_addr, submit.registered_delivery)
    assert ("855469", MessageState.DELIVERED) == (receipt.message_id, receipt.state)


@pytest.mark.parametrize(
    ("markup", "data_coding", "octets"),
    [
        (Coding.GSM, 0x00, b"\x11\x11PING\x11\x11"),
        (Coding.LATIN1, 0x04, b"__PING__"),
        (Coding.UCS2, 0x08, b"\0_\0_\0P\0I\0N\0G\0_\0_"),
    ],
)
def test_ping_in_each_coding(sent: Sender, markup: Coding, data_coding: int, octets: bytes) -> None:
    """The document defines characters, and "_" has another octet in GSM.

    «Для отправки Ping-SMS используйте команду SUBMIT_SM с текстом __PING__.»
    """
    (submit,) = sent(Ping(to=TO), markup=markup)

    assert (data_coding, octets) == (submit.data_coding, submit.short_message)
