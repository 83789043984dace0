"""Octets that aren't a PDU, incomplete PDUs, and unusual PDUs.

Rule: a broken frame ends the link with a typed error, and messages in flight get the outcome
UNKNOWN. A malformed PDU gets a negative response, an unusual one is accepted as it is, and the
session continues.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from faultlab import Lab, answering, frame, sms
from scripted import receipt_fields, until

from pdu import (
    BindTransceiver,
    BindTransceiverResp,
    CommandStatus,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    TlvTag,
    encode,
)
from smsc_async import (
    InvalidMessageError,
    MessageState,
    Outcome,
    RemoteProtocolError,
    SendError,
    Sms,
    SubmitInterruptedError,
    SubmitRefusedError,
    ThrottledError,
)

if TYPE_CHECKING:
    from scripted import Gateway, Peer

    from smsc_async import IncomingMessage, SmscClient

DELIVER_SM, SUBMIT_SM_RESP, DELIVER_SM_RESP = 0x00000005, 0x80000004, 0x80000005

DELIVERED = DeliverSm(
    source_addr="79991234567",
    destination_addr="Shop",
    short_message=b"hello",
    tlvs=(Tlv(TlvTag.USER_MESSAGE_REFERENCE, b"\0\7"),),
    sequence_number=9,
)


async def first_incoming(smsc: SmscClient) -> IncomingMessage:
    """Return the next incoming message."""
    async for message in smsc.incoming():
        return message
    pytest.fail("the client was left")


async def said(peer: Peer, octets: bytes, kind: type[Any]) -> Any:  # noqa: ANN401 - a PDU of that kind
    """Write octets as the gateway; return the client's first PDU of a kind."""
    peer.raw(octets)
    return (await peer.got(kind))[0]


# Impossible frames.


@pytest.mark.parametrize(
    "length",
    [0, 1, 4, 8, 15, 70_001, 0x48545450, 0x7FFFFFFF, 0xFFFFFFFF],
)
async def test_length_that_cannot_be_ends_the_link(lab: Lab, length: int) -> None:
    """Even if a complete submit_sm_resp for the message in flight follows."""

    def accept_wrongly(number: int) -> bytes:
        """Return a submit_sm_resp of status 0 with a wrong length."""
        return frame(SUBMIT_SM_RESP, 0, number, b"1\0", length=length)

    async with lab.client() as smsc:
        first = lab.gateway.peer
        lab.gateway.on_submit = answering(accept_wrongly)
        with pytest.raises(SubmitInterruptedError, match="broke the protocol") as caught:
            await smsc.send(sms())
        lab.gateway.on_submit = lab.gateway.accept
        await lab.lives(smsc, links=2)
        await until(lambda: first.is_closed)

    assert Outcome.UNKNOWN is caught.value.outcome
    assert isinstance(caught.value.__cause__, RemoteProtocolError)
    (nack,) = first.all(GenericNack)
    assert (CommandStatus.ESME_RINVCMDLEN, 0) == (nack.command_status, nack.sequence_number)


async def test_flood_behind_an_impossible_length_is_not_kept(lab: Lab) -> None:
    """4 GiB are announced: the link ends at the fourth octet, and the 8 MB after it aren't read."""
    async with lab.client() as smsc:
        first = lab.gateway.peer
        first.raw(b"\xff\xff\xff\xff")
        for _ in range(128):
            first.transport.write(bytes(65_536))
        await until(lambda: first.is_closed)
        assert 0 == lab.links[0].session._buffer.pending
        await lab.gateway.bound(2)
        await until(lambda: smsc.stats().connects == 2)
        await lab.lives(smsc, links=2)


async def test_frame_without_end_ends_the_link_in_time(lab: Lab) -> None:
    """A length that is just allowed, and octets that arrive slowly: for at most `frame` seconds."""
    async with lab.client("frame_timeout=0.05") as smsc:
        first = lab.gateway.peer
        first.raw((70_000).to_bytes(4, "big"))
        trickling = asyncio.create_task(_trickle(first))
        await until(lambda: first.is_closed)
        await trickling
        await until(lambda: smsc.stats().connects == 2)
        assert "a PDU did not arrive whole in time" == smsc.health().last_error


async def _trickle(peer: Peer) -> None:
    """Write single octets with pauses until the connection is closed."""
    while not peer.is_closed:
        peer.raw(b"\0")
        await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "TLS"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH"),
    ],
)
async def test_octets_of_another_protocol_are_called_by_their_name(
    lab: Lab, octets: bytes, name: str
) -> None:
    """A length of 0x48545450 is the text "HTTP"."""

    def answer(peer: Peer, _: SubmitSm) -> None:
        """Answer in another protocol."""
        peer.raw(octets)

    async with lab.client() as smsc:
        lab.gateway.on_submit = answer
        with pytest.raises(SubmitInterruptedError) as caught:
            await smsc.send(sms())
        lab.gateway.on_submit = lab.gateway.accept
        await until(lambda: smsc.stats().connects == 2)

    assert f"the octets look like {name}, not SMPP" in str(caught.value.__cause__)


# Frames in any number of pieces.


async def test_every_octet_on_its_own_makes_no_difference(lab: Lab) -> None:
    """Bind, response, receipt and enquire_link, each cut into single octets."""

    def one_by_one(peer: Peer, octets: bytes) -> None:
        """Write each octet in a turn of its own."""
        loop = asyncio.get_running_loop()
        for at, octet in enumerate(octets):
            loop.call_later(at * 1e-5, peer.raw, bytes((octet,)))

    def bind(peer: Peer, request: BindTransceiver) -> None:
        """Answer a bind octet by octet."""
        number = request.sequence_number
        one_by_one(peer, encode(BindTransceiverResp(system_id="SMSC", sequence_number=number)))

    def accept(peer: Peer, submit: SubmitSm) -> None:
        """Answer a message octet by octet, followed by its receipt and an enquire_link."""
        response = SubmitSmResp(message_id="77", sequence_number=submit.sequence_number)
        receipt = DeliverSm(**receipt_fields("77"), sequence_number=1)
        one_by_one(peer, b"".join(map(encode, (response, receipt, EnquireLink(sequence_number=2)))))

    lab.gateway.on_bind, lab.gateway.on_submit = bind, accept
    async with lab.client() as smsc:
        sent = await smsc.send(sms())
        receipt = await sent.receipt(timeout=5)
        await lab.gateway.peer.got(EnquireLinkResp)

    assert ("77", MessageState.DELIVERED) == (sent.message_id, receipt.state)


async def test_all_in_one_segment_makes_no_difference(lab: Lab) -> None:
    """PDUs after the bind response in the same read aren't lost."""

    def bind_and_more(peer: Peer, request: BindTransceiver) -> None:
        """Write bind response, enquire_link and deliver_sm at once."""
        response = BindTransceiverResp(sequence_number=request.sequence_number)
        peer.write(response, EnquireLink(sequence_number=8), DELIVERED)

    lab.gateway.on_bind = bind_and_more
    async with lab.client() as smsc:
        message = await first_incoming(smsc)
        await lab.gateway.peer.got(DeliverSmResp)
        await lab.lives(smsc)

    assert "hello" == message.text
    assert [8] == [pdu.sequence_number for pdu in lab.gateway.peer.all(EnquireLinkResp)]


async def test_pause_inside_a_pdu_makes_no_difference(lab: Lab) -> None:
    """Another client lost the frame boundary for good; here the rest is awaited."""
    octets = encode(DELIVERED)
    async with lab.client() as smsc:
        peer = lab.gateway.peer
        peer.raw(octets[:21])
        await asyncio.sleep(0.05)
        peer.raw(octets[21:])
        message = await first_incoming(smsc)
        await peer.got(DeliverSmResp)
        await lab.lives(smsc)

    assert "hello" == message.text


async def test_any_cut_of_the_stream_gives_the_same_outcomes(lab: Lab) -> None:
    """50 responses in pieces of any size: each reaches its message."""
    answers: list[bytes] = []

    def collect(peer: Peer, submit: SubmitSm) -> None:
        """Answer all messages after the last one has come, cut at random."""
        number = submit.sequence_number
        answers.append(encode(SubmitSmResp(message_id=f"id-{number}", sequence_number=number)))
        if len(answers) == 50:
            stream = b"".join(answers)
            for at in range(0, len(stream), 7):
                peer.raw(stream[at : at + 7])

    lab.gateway.on_submit = collect
    async with lab.client() as smsc:
        sent = await asyncio.gather(*(smsc.send(sms(number)) for number in range(50)))
    numbers = {submit.destination_addr: submit.sequence_number for submit in lab.gateway.submits}

    assert [f"id-{numbers[each.message.to]}" for each in sent] == [e.message_id for e in sent]


# Malformed PDUs.


@pytest.mark.parametrize("length", [16, 20, 69_999])
async def test_unknown_command_is_refused_and_the_session_lives(lab: Lab, length: int) -> None:
    """generic_nack with ESME_RINVCMDID and the number of the request."""
    async with lab.client() as smsc:
        peer = lab.gateway.peer
        octets = frame(0x00010203, 0, 77, bytes(length - 16))
        nack = await said(peer, octets, GenericNack)
        await lab.lives(smsc)

    assert (CommandStatus.ESME_RINVCMDID, 77) == (nack.command_status, nack.sequence_number)


async def test_unknown_response_is_passed_over(lab: Lab) -> None:
    """An answer to a response could be answered again, without end."""
    async with lab.client() as smsc:
        lab.gateway.peer.raw(frame(0x80010203, 0, 77))
        await lab.lives(smsc)

    assert not lab.gateway.peer.all(GenericNack)


async def test_requests_only_we_may_make_are_refused(lab: Lab) -> None:
    """A gateway that sends a bind or a submit_sm gets an error response with its number."""
    async with lab.client() as smsc:
        peer = lab.gateway.peer
        peer.write(BindTransceiver(system_id="x", sequence_number=3))
        peer.write(SubmitSm(destination_addr="1", sequence_number=4))
        refused = await peer.got(BindTransceiverResp) + await peer.got(SubmitSmResp)
        await lab.lives(smsc)

    assert [3, 4] == [pdu.sequence_number for pdu in refused]
    assert all(pdu.command_status for pdu in refused)


async def test_message_cut_anywhere_is_refused_and_the_session_lives(lab: Lab) -> None:
    """Inside a string, the text, a TLV's tag, length or value: cut at each octet once.

    A cut that leaves a complete PDU isn't an error, and that PDU is accepted.
    """
    whole = encode(DELIVERED)
    async with lab.client() as smsc:
        peer = lab.gateway.peer
        for end in range(16, len(whole)):
            peer.raw(frame(DELIVER_SM, 0, 1000 + end, whole[16:end]))
        answers = await peer.got(DeliverSmResp, len(whole) - 16)
        await lab.lives(smsc)
        taken = smsc.stats().incoming

    # Some gateways count wrongly, in the last optional parameter as well.
    fields_end = len(whole) - 6
    by_end = {pdu.sequence_number - 1000: pdu.command_status for pdu in answers}
    expected = list(range(fields_end, len(whole)))
    assert expected == [end for end, status in by_end.items() if not status]
    assert len(expected) == taken
    assert {CommandStatus.ESME_RX_P_APPN} == {status for status in by_end.values() if status}


@pytest.mark.parametrize(
    "tail",
    [
        bytes.fromhex("0427 0002 02"),
        bytes.fromhex("0427 FFFF 02"),
        bytes.fromhex("2000 0004 616263"),
    ],
    ids=["known", "endless", "vendor"],
)
async def test_tlv_beyond_the_end_of_a_message_costs_no_other_field(lab: Lab, tail: bytes) -> None:
    """Real networks send such receipts; refused, they are lost or come again for ever."""
    whole = encode(DELIVERED)[16:-6]
    async with lab.client() as smsc:
        answer = await said(lab.gateway.peer, frame(DELIVER_SM, 0, 9, whole + tail), DeliverSmResp)
        incoming = await anext(smsc.incoming())
        await lab.lives(smsc)

    assert (CommandStatus.ESME_ROK, 9) == (answer.command_status, answer.sequence_number)
    assert "hello" == incoming.text


@pytest.mark.parametrize(
    ("body", "message_id"),
    [(b"123", "123"), (b"45\0\x04\x27\0\x09\x02", "45"), (b"67\0\x1d\0\xff\xffhi", "67")],
)
async def test_accepted_message_stays_accepted_whatever_stands_behind(
    lab: Lab, body: bytes, message_id: str
) -> None:
    """Its header says so, and the id is what could be read."""
    async with lab.client() as smsc:
        lab.gateway.on_submit = answering(lambda number: frame(SUBMIT_SM_RESP, 0, number, body))
        sent = await smsc.send(sms())
        lab.gateway.on_submit = lab.gateway.accept
        await lab.lives(smsc)

    assert (message_id,) == sent.message_ids


@pytest.mark.parametrize(
    ("status", "error"),
    [(0x0B, SubmitRefusedError), (0x58, ThrottledError), (0x45, SubmitRefusedError)],
)
@pytest.mark.parametrize("body", [b"12", b"\0\x1d\0\5hi", b"\x1d\0\5hi", b"\xff\xff\xff"])
async def test_refused_message_stays_refused_whatever_stands_behind(
    lab: Lab, status: int, error: type[SendError], body: bytes
) -> None:
    """Nothing was accepted, so nothing is charged, and the sender may know it."""
    async with lab.client("throttled_timeout=0.001") as smsc:
        lab.gateway.on_submit = answering(
            lambda number: frame(SUBMIT_SM_RESP, status, number, body)
        )
        with pytest.raises(error) as caught:
            await smsc.send(sms())
        lab.gateway.on_submit = lab.gateway.accept
        await lab.lives(smsc)

    assert Outcome.REFUSED is caught.value.outcome


async def test_text_longer_than_its_pdu_is_refused(lab: Lab) -> None:
    """`sm_length` is checked against the rest of the PDU."""
    body = bytearray(encode(DELIVERED)[16:-6])
    body[-6] = 200  # sm_length, before the five octets of "hello"
    async with lab.client() as smsc:
        answer = await said(lab.gateway.peer, frame(DELIVER_SM, 0, 9, bytes(body)), DeliverSmResp)
        await lab.lives(smsc)

    assert CommandStatus.ESME_RX_P_APPN is CommandStatus.of(answer.command_status)


# Unusual PDUs.


async def test_vendor_status_is_kept(lab: Lab) -> None:
    """0x400 to 0x4FF are the gateway's own."""

    def refuse(number: int) -> bytes:
        """Draw a refusal without a body."""
        return frame(SUBMIT_SM_RESP, 0x4A1, number)

    async with lab.client() as smsc:
        lab.gateway.on_submit = answering(refuse)
        with pytest.raises(SubmitRefusedError, match="0x000004A1") as caught:
            await smsc.send(sms())
        lab.gateway.on_submit = lab.gateway.accept
        await lab.lives(smsc)

    assert (0x4A1, Outcome.REFUSED) == (caught.value.command_status, caught.value.outcome)


async def test_strange_tlvs_are_kept_raw(lab: Lab) -> None:
    """A vendor's TLV, a known one of a wrong length, one that belongs to another PDU."""
    tail = bytes.fromhex(
        "2000 0003 FF0080"  # a vendor's
        "2001 0000"  # a vendor's, empty
        "0427 0003 000002"  # message_state of three octets
        "0428 0001 63"  # congestion_state, which belongs to data_sm
    )
    async with lab.client() as smsc:
        body = encode(DELIVERED)[16:-6] + tail
        answer = await said(lab.gateway.peer, frame(DELIVER_SM, 0, 9, body), DeliverSmResp)
        message = await first_incoming(smsc)
        await lab.lives(smsc)

    assert 0 == answer.command_status
    tlvs = dict(message.tlvs)
    assert (b"\xff\0\x80", b"", b"\0\0\2") == (tlvs[0x2000], tlvs[0x2001], tlvs[0x427])
    assert 0x428 in tlvs


async def test_unknown_coding_and_type_of_number_are_values(lab: Lab) -> None:
    """The octets reach the user unchanged."""
    delivered = DeliverSm(
        source_addr_ton=9,
        source_addr_npi=99,
        source_addr="7",
        destination_addr="Shop",
        data_coding=0xF4,
        short_message=b"\xff\0\x80",
        sequence_number=9,
    )
    async with lab.client() as smsc:
        answer = await said(lab.gateway.peer, encode(delivered), DeliverSmResp)
        message = await first_incoming(smsc)
        await lab.lives(smsc)

    assert 0 == answer.command_status
    assert (None, b"\xff\0\x80", 0xF4) == (message.text, message.octets, message.data_coding)


async def test_refusal_without_a_body_has_its_status(lab: Lab) -> None:
    """An error response may consist of a header of 16 octets."""

    def refuse(number: int) -> bytes:
        """Draw a refusal without a body."""
        return frame(SUBMIT_SM_RESP, CommandStatus.ESME_RINVDSTADR, number)

    async with lab.client() as smsc:
        lab.gateway.on_submit = answering(refuse)
        with pytest.raises(SubmitRefusedError, match="ESME_RINVDSTADR") as caught:
            await smsc.send(sms())
        lab.gateway.on_submit = lab.gateway.accept
        await lab.lives(smsc)

    assert CommandStatus.ESME_RINVDSTADR is caught.value.command_status


@pytest.mark.parametrize(
    ("body", "message_id"),
    [
        (b"4711\0" + bytes.fromhex("0427 0001 02"), "4711"),
        (b"4711\0" + bytes.fromhex("2000 0002 FF00"), "4711"),
        (b"\0", ""),
        (b"", ""),
        (b"9" * 200 + b"\0", "9" * 200),
        (b"\xe9\xff\0", "éÿ"),
    ],
    ids=["known-tlv", "vendor-tlv", "empty", "no-body", "over-long", "8-bit"],
)
async def test_id_is_what_stands_before_its_nul(lab: Lab, body: bytes, message_id: str) -> None:
    """The id may have any length and octets; the TLV after it isn't part of it."""

    def accept(number: int) -> bytes:
        """Draw an acceptance."""
        return frame(SUBMIT_SM_RESP, 0, number, body)

    async with lab.client() as smsc:
        lab.gateway.on_submit = answering(accept)
        sent = await smsc.send(sms())

    assert message_id == sent.message_id


async def test_over_long_addresses_are_taken(lab: Lab) -> None:
    """Lenient in: 60 characters where 20 are allowed, and a time where none belongs."""
    body = bytearray(encode(DELIVERED)[16:-6])
    stretched = body.replace(b"79991234567", b"7" * 60).replace(b"Shop", b"\xc4" * 40)
    async with lab.client() as smsc:
        peer = lab.gateway.peer
        answer = await said(peer, frame(DELIVER_SM, 0, 9, bytes(stretched)), DeliverSmResp)
        message = await first_incoming(smsc)
        await lab.lives(smsc)

    assert 0 == answer.command_status
    assert ("7" * 60, "Ä" * 40) == (message.sender, message.recipient)


async def test_times_where_none_belong_are_taken(lab: Lab) -> None:
    """`validity_period` must be empty in a deliver_sm; a filled one dropped links."""
    # The encoder refuses such a time, so it is written into the octets.
    body = encode(DELIVERED)[16:-6].replace(b"Shop\0\0\0\0\0\0", b"Shop\0\0\0\0now\0later\0")
    async with lab.client() as smsc:
        answer = await said(lab.gateway.peer, frame(DELIVER_SM, 0, 9, body), DeliverSmResp)
        message = await first_incoming(smsc)
        await lab.lives(smsc)

    assert (0, "hello") == (answer.command_status, message.text)


# What we write.


@pytest.mark.parametrize(
    "fields",
    [
        {"to": "7999\x001234567"},
        {"to": "7" * 21},
        {"to": "79991234567", "sender": "A\0B"},
        {"to": "79991234567", "sender": "TwelveLetter"},
    ],
    ids=["nul-in-recipient", "long-recipient", "nul-in-sender", "long-sender"],
)
async def test_bad_address_is_refused_before_an_octet_leaves(
    lab: Lab, fields: dict[str, Any]
) -> None:
    """A NUL would shift every later field; a shortened number would be another subscriber."""
    async with lab.client() as smsc:
        with pytest.raises(InvalidMessageError):
            await smsc.send(Sms(text="hello", **fields))

        assert [BindTransceiver] == [type(pdu) for pdu in lab.gateway.peer.received]


def test_misspelt_field_is_refused() -> None:
    """If it were ignored, the message would be sent without the intended value."""
    misspelt: dict[str, Any] = {"validty": 60}
    with pytest.raises(TypeError, match="validty"):
        Sms(to="79991234567", text="hello", **misspelt)


async def test_header_is_all_that_a_bare_pdu_has(lab: Lab) -> None:
    """Strict gateways refuse an enquire_link_resp of 17 octets; a nack has 16 as well."""
    frames: list[bytes] = []

    def note(gateway: Gateway) -> None:
        """Record the octets that the lab receives."""
        peer = gateway.peer
        feed = peer.data_received

        def noting(data: bytes) -> None:
            """Record octets and pass them on."""
            frames.append(data)
            feed(data)

        peer.data_received = noting  # type: ignore[method-assign]

    async with lab.client() as smsc:
        note(lab.gateway)
        lab.gateway.peer.raw(encode(EnquireLink(sequence_number=5)) + frame(0x10203, 0, 6))
        await lab.gateway.peer.got(GenericNack)
        stream = b"".join(frames)
        await lab.lives(smsc)

    assert frame(0x80000015, 0, 5) + frame(0x80000000, 3, 6) == stream
