"""Log lines and hooks: disabled logging costs nothing, and no line has a text or a password."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from scripted import Gateway

from pdu import (
    BindTransceiver,
    BindTransceiverResp,
    EnquireLink,
    SubmitSm,
    SubmitSmResp,
    UnknownPdu,
    encode,
)
from smsc_async import Sms, SmscClient
from smsc_async.instrumentation import ConnectFailed, Hooks, WireLog, place_of

SECRET = "the code is 4821"


@pytest.fixture
def wire(caplog: pytest.LogCaptureFixture) -> WireLog:
    """A wire log at DEBUG."""
    caplog.set_level(logging.DEBUG, logger="smsc_async.wire")
    return WireLog("127.0.0.1:2775")


def test_line_has_direction_name_and_numbers(
    wire: WireLog, caplog: pytest.LogCaptureFixture
) -> None:
    """Enough to follow a session, and no more."""
    wire.sent(encode(SubmitSm(sequence_number=1, destination_addr="79991234567")))
    wire.received(encode(SubmitSmResp(sequence_number=1, message_id="855469")))
    wire.received(encode(BindTransceiverResp(sequence_number=2, command_status=0x0E)))
    wire.received(encode(SubmitSmResp(sequence_number=3, command_status=0x4FE)))
    wire.received(encode(UnknownPdu(0x00010203, b"", sequence_number=4)))

    assert [
        "> 127.0.0.1:2775 submit_sm seq=1",
        "< 127.0.0.1:2775 submit_sm_resp seq=1 status=ESME_ROK id=855469",
        "< 127.0.0.1:2775 bind_transceiver_resp seq=2 status=ESME_RINVPASWD",
        "< 127.0.0.1:2775 submit_sm_resp seq=3 status=0x000004FE",
        "< 127.0.0.1:2775 0x00010203 seq=4",
    ] == caplog.messages


def test_cut_octets_make_one_line(wire: WireLog, caplog: pytest.LogCaptureFixture) -> None:
    """However the stream was cut into reads."""
    octets = encode(EnquireLink(sequence_number=1))
    wire.received(octets[:7])
    wire.received(octets[7:])

    assert ["< 127.0.0.1:2775 enquire_link seq=1"] == caplog.messages


def test_undecodable_octets_are_logged_not_raised(
    wire: WireLog, caplog: pytest.LogCaptureFixture
) -> None:
    """The log was switched on in the middle of a PDU: it must not end the link."""
    wire.received(b"\xff" * 20)
    wire.received(encode(EnquireLink(sequence_number=1)))

    assert "undecodable" in caplog.messages[0]
    assert "< 127.0.0.1:2775 enquire_link seq=1" == caplog.messages[1]


def test_response_with_a_fault_is_named_by_it(
    wire: WireLog, caplog: pytest.LogCaptureFixture
) -> None:
    """What stands before octets that can't be read is not shown: it may be anything."""
    wire.received(bytes.fromhex("00000014 80000004 00000000 00000002 61626364"))

    (line,) = caplog.messages
    assert line.endswith("status=ESME_ROK fault=no NUL within the 4 octets that are left")


def test_unreadable_pdu_hides_none_of_its_neighbours(
    wire: WireLog, caplog: pytest.LogCaptureFixture
) -> None:
    """All of one read, and the half PDU behind it, whose rest comes with the next."""
    question = encode(EnquireLink(sequence_number=1))
    bad = bytes.fromhex("00000011 00000005 00000000 00000002 61")
    last = encode(EnquireLink(sequence_number=3))
    wire.received(question + bad + question + last[:9])
    wire.received(last[9:] + bytes(4))

    why = "DeliverSm.service_type at octet 16: no NUL within the 1 octet that is left (seq=2)"
    assert [
        "< 127.0.0.1:2775 enquire_link seq=1",
        f"< 127.0.0.1:2775 undecodable: {why}",
        "< 127.0.0.1:2775 enquire_link seq=1",
        "< 127.0.0.1:2775 enquire_link seq=3",
        "< 127.0.0.1:2775 undecodable: command_length 0, a PDU has at least 16 octets",
    ] == caplog.messages


async def test_disabled_log_formats_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link calls its wire log only while `smsc_async.wire` is at DEBUG."""
    calls: list[bytes] = []
    for name in ("sent", "received"):
        monkeypatch.setattr(WireLog, name, lambda _, octets: calls.append(octets))
    async with Gateway() as gateway, SmscClient(gateway.url()):
        pass

    assert [] == calls


def test_hook_that_raises_keeps_no_other_from_being_called(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is reported with its name."""
    events: list[Any] = []

    def broken(_: object) -> None:
        raise ZeroDivisionError("mine")

    event = ConnectFailed("nothing listens there", 1.0)
    Hooks([broken, events.append]).tell(event)

    assert [event] == events
    assert "broken" in caplog.text
    assert f"ZeroDivisionError at {__file__}" in caplog.text
    assert "mine" not in caplog.text


def test_hooks_are_optional() -> None:
    """The usual case."""
    Hooks().tell(ConnectFailed("nothing listens there", None))


async def test_no_line_shows_a_text_a_password_or_a_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """All loggers at DEBUG, a whole life of a client."""
    caplog.set_level(logging.DEBUG)
    async with Gateway() as gateway, SmscClient(gateway.url()) as smsc:
        sent = await smsc.send(Sms(to="79991234567", text=SECRET))
        gateway.peer.deliver_receipt(sent.message_id)
        gateway.peer.deliver(source_addr="79991234567", short_message=SECRET.encode())
        await sent.receipt(timeout=1)
        smsc_repr = repr(smsc)

    assert "bind_transceiver seq=1" in caplog.text
    assert "> " in caplog.text
    for secret in (SECRET, "4821", "secret", "79991234567"):
        assert secret not in caplog.text + smsc_repr


def test_bind_line_shows_no_password(wire: WireLog, caplog: pytest.LogCaptureFixture) -> None:
    """The one PDU that holds it."""
    wire.sent(encode(BindTransceiver(sequence_number=1, system_id="shop", password="secret")))

    assert ["> 127.0.0.1:2775 bind_transceiver seq=1"] == caplog.messages


def test_place_of_an_exception_has_no_text() -> None:
    """A function of a user's may quote the message in its exception."""
    with pytest.raises(ValueError, match=SECRET) as caught:
        int(SECRET)
    raised = place_of(caught.value)

    assert raised.startswith("ValueError at ")
    assert "test_instrumentation.py:" in raised
    assert SECRET not in raised
    assert "ValueError" == place_of(ValueError(SECRET))
