"""The newest frames of all links: how they are cut, what of them is blanked, how they are found."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests_by_hand import submit
from scripted import until

from pdu import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    CommandId,
    CommandStatus,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Outbind,
    Pdu,
    QuerySm,
    SubmitSmResp,
    Tlv,
    TlvTag,
    Unbind,
    UnknownPdu,
    decode,
    encode,
    explain,
)
from smsc_async.receipts import GATEWAY_TLVS
from smsc_async.simulator import Scenario, Simulator
from smsc_async.simulator.accounts import ClientLink
from smsc_async.simulator.tap import DEFAULT_OCTETS, Frame, FrameTap

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD: Final = "Xq7#Zk9!"
BIND: Final = BindTransceiver(
    system_id="shop", password=PASSWORD, system_type="SMPP", sequence_number=1
)
ENQUIRE: Final = encode(EnquireLink(), sequence_number=7)
HTTP: Final = b"GET / HTTP/1.1\r\n\r\n"


def octets_of(tap: FrameTap[str]) -> bytes:
    """Return all stored octets."""
    return b"".join(frame.octets for frame in tap.frames(limit=1000))


def bind(**fields: Any) -> bytes:  # noqa: ANN401 - any field of a bind
    """Return the octets of a bind."""
    values = {name: getattr(BIND, name) for name in BindTransceiver.fields} | fields
    return encode(BindTransceiver(**values), sequence_number=1)


def with_length(octets: bytes, length: int) -> bytes:
    """Return octets with another command_length."""
    return length.to_bytes(4, "big") + octets[4:]


def receipt(message_id: str, number: int, **fields: Any) -> bytes:  # noqa: ANN401 - any field of a deliver_sm
    """Return the octets of a receipt that has its id in the text alone."""
    text = f"id:{message_id} sub:001 dlvrd:001 stat:DELIVRD err:000 text:855469".encode("ascii")
    values: dict[str, Any] = {"esm_class": 4, "short_message": text}
    return encode(DeliverSm(**values | fields), sequence_number=number)


@pytest.fixture
def tap() -> FrameTap[str]:
    """A tap whose links are words."""
    return FrameTap()


@pytest.mark.parametrize("size", [1, 3, 15, 17, 1000])
def test_frames_are_cut_in_order_from_pieces_of_any_size(tap: FrameTap[str], size: int) -> None:
    """TCP keeps octets in order and nothing else."""
    sent = [ENQUIRE, encode(submit("One")), encode(submit("Two" * 20)), ENQUIRE]
    stream = b"".join(sent)
    for at in range(0, len(stream), size):
        tap.on_received("a", stream[at : at + size], 1.0 + at)

    assert sent == [frame.octets for frame in tap.frames()]
    assert [1, 2, 3, 4] == [frame.number for frame in tap.frames()]
    last_piece = (len(stream) - 1) // size * size
    assert 1.0 + last_piece == tap.frames()[-1].at


def test_frame_has_its_link_direction_and_header(tap: FrameTap[str]) -> None:
    """What a list shows without decoding the frame."""
    refused = SubmitSmResp(command_status=CommandStatus.ESME_RTHROTTLED)
    tap.on_received("a", ENQUIRE, 1.0)
    tap.on_sent("b", encode(refused, sequence_number=9), 2.5)
    first, second = tap.frames()

    assert Frame(1, 1.0, 1, "in", ENQUIRE) == first
    assert (2, 2.5, 2, "out") == second[:4]
    assert CommandId.SUBMIT_SM_RESP == second.command_id
    assert CommandStatus.ESME_RTHROTTLED == second.command_status
    assert 9 == second.sequence_number
    assert "<Frame 2, link 2 out, submit_sm_resp 9, 16 octets>" == repr(second)
    assert "<FrameTap 2 frames in all, 32 of 4194304 octets, 2 links>" == repr(tap)


def test_links_may_bring_their_numbers() -> None:
    """Those that lists of links show."""
    tap: FrameTap[str] = FrameTap(number_of=len)
    tap.on_sent("four", ENQUIRE, 1.0)
    tap.on_received("four", ENQUIRE, 1.0)

    assert [4, 4] == [frame.link for frame in tap.frames()]


def test_newest_frames_fill_the_ring_to_the_octet() -> None:
    """Of 10 frames of 16 octets 4 fit into 64 octets, and 3 into 63."""
    for max_octets, kept in ((64, [7, 8, 9, 10]), (63, [8, 9, 10]), (0, [])):
        tap: FrameTap[str] = FrameTap(max_octets)
        tap.on_received("a", ENQUIRE * 6, 1.0)
        tap.on_sent("a", ENQUIRE * 3, 1.0)
        tap.on_received("b", ENQUIRE, 1.0)
        assert kept == [frame.number for frame in tap.frames()]


@pytest.mark.parametrize("octets", [encode(submit("x" * 200)), HTTP * 20])
def test_frame_larger_than_the_ring_is_survived(octets: bytes) -> None:
    """It has a number and isn't stored; the next ones are."""
    tap: FrameTap[str] = FrameTap(100)
    tap.on_received("a", ENQUIRE, 1.0)
    tap.on_received("a", octets, 1.0)
    assert [] == tap.frames()
    tap.on_received("b", ENQUIRE, 1.0)

    assert [3] == [frame.number for frame in tap.frames()]
    assert "<FrameTap 3 frames in all, 16 of 100 octets, 2 links>" == repr(tap)


def test_million_frames_stay_within_the_ring(tap: FrameTap[str]) -> None:
    """The ring is bounded in octets, 4 MiB by default; frames of one read are dropped together."""
    for _ in range(1000):
        tap.on_received("a", ENQUIRE * 1000, 1.0)

    assert 1_000_000 == tap.frames(limit=1)[0].number
    assert DEFAULT_OCTETS // 16_000 * 1000 == len(tap.frames(limit=1_000_000))


def test_frames_are_read_backwards_by_cursor(tap: FrameTap[str]) -> None:
    """The number of the first frame of a page leads to the page before it."""
    for number in range(10):
        tap.on_received("ab"[number % 2], ENQUIRE, float(number))

    def numbers(**asked: int) -> list[int]:
        """Return the numbers of a page."""
        return [frame.number for frame in tap.frames(**asked)]

    assert [8, 9, 10] == numbers(limit=3)
    assert [5, 6, 7] == numbers(limit=3, before=8)
    assert [2, 4, 6, 8, 10] == numbers(link=2)
    assert [4, 6] == numbers(link=2, before=8, limit=2)
    assert [] == numbers(before=1) == numbers(limit=0) == numbers(link=3)
    assert 10 == len(numbers(before=1_000))

    tap.on_received("c", ENQUIRE * 10, 10.0)
    assert [13, 14] == numbers(before=15, limit=2)
    assert [10, 11] == numbers(before=12, limit=2)
    assert [*range(11, 21)] == numbers(link=3)


def test_sizes_below_zero_are_refused(tap: FrameTap[str]) -> None:
    """They mean nothing."""
    with pytest.raises(ValueError, match="limit takes 0 or more, got -1"):
        tap.frames(limit=-1)
    with pytest.raises(ValueError, match="max_octets takes 0 or more, got -1"):
        FrameTap(-1)


@pytest.mark.parametrize("cls", [BindTransceiver, BindReceiver, BindTransmitter])
@pytest.mark.parametrize("size", [1, 5, 20, 100])
def test_password_of_a_bind_is_blanked(tap: FrameTap[str], cls: Any, size: int) -> None:  # noqa: ANN401 - a class
    """All else stays, also in pieces; its fields can still be named."""
    octets = encode(cls(system_id="shop", password=PASSWORD, system_type="SMPP"))
    for at in range(0, len(octets), size):
        tap.on_received("a", octets[at : at + size], 1.0)
    (frame,) = tap.frames()

    assert octets.replace(PASSWORD.encode(), b"*" * 8) == frame.octets
    lines = explain(frame.octets).lines
    assert "" == "".join(line.note for line in lines)
    assert {"system_id", "password", "system_type"} <= {line.field for line in lines}


def test_password_of_an_outbind_is_blanked(tap: FrameTap[str]) -> None:
    """It is the SMSC's own."""
    octets = encode(Outbind(system_id="SMSC", password=PASSWORD))
    tap.on_sent("a", octets, 1.0)

    assert octets.replace(PASSWORD.encode(), b"*" * 8) == octets_of(tap)


SWAPPED: Final = b"".join(
    number.to_bytes(4, "little") for number in (45, CommandId.BIND_TRANSCEIVER, 0, 1)
)
MALFORMED: Final = {
    "no NUL at all": with_length(bind()[:20] + PASSWORD.encode(), 28),
    "no NUL behind the password": bind().replace(b"!\0SMPP\0", b"!SMPP"),
    "a NUL inside it": bind().replace(b"7#", b"7\0"),
    "a NUL inside it, an old version": bind(
        system_type="", interface_version=3, addr_npi=1
    ).replace(b"7#", b"7\0"),
    "17 octets of system_id": bind().replace(b"shop\0", b"shop" * 4 + b"\0"),
    **{
        f"a system_id of {len(login)} octets": with_length(
            bind().replace(b"shop", login), len(bind()) - 4 + len(login)
        )
        for login in (b"x" * 16, b"a-rather-long-login", b"x" * 64)
    },
    "a long system_id and a long password": with_length(
        bind().replace(b"shop", b"x" * 20).replace(PASSWORD.encode(), PASSWORD.encode() * 2),
        len(bind()) + 24,
    ),
    "a length inside of the password": with_length(bind(), 24),
    "a length inside of the system_id": with_length(bind(), 18),
    "a length of the header": with_length(bind(), 16),
    "a length one octet short of the password": with_length(bind(), 28),
    "a length that ends with the password": with_length(bind(), 29),
    "a length below a header": with_length(bind(), 12),
    "a length of none": with_length(bind(), 0),
    "a length over everything": with_length(bind(), 0x7FFFFFFF),
    "a length that takes in the next PDU": with_length(bind() + ENQUIRE, 50),
    "octets in the other order": SWAPPED + bind()[16:],
    "a lost octet": bind()[1:],
    "a lost octet, and so much behind it that a frame is complete": bind()[1:] + ENQUIRE * 800,
    "octets before it": b"\r\n" + bind(),
    "a bind behind garbage": HTTP + bind(),
    "octets behind it": with_length(bind() + b"\0" + PASSWORD.encode(), len(bind()) + 9),
    "TLVs": with_length(bind() + b"\x14\x00\x00\x08" + PASSWORD.encode(), len(bind()) + 12),
    "a long password": with_length(
        bind().replace(PASSWORD.encode(), PASSWORD.encode() * 8), len(bind()) + 56
    ),
}


@pytest.mark.parametrize("octets", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_password_of_a_malformed_bind_is_blanked(
    tap: FrameTap[str], octets: bytes, size: int
) -> None:
    """Not two octets of it are stored, however the octets come and end."""
    for at in range(0, len(octets), size):
        tap.on_received("a", octets[at : at + size], 1.0)
    tap.on_received("a", ENQUIRE, 1.0)
    tap.on_closed("a", 2.0)
    stored = octets_of(tap)

    assert stored
    pairs = {PASSWORD[at : at + 2].encode() for at in range(len(PASSWORD) - 1)}
    assert set() == {pair for pair in pairs if pair in stored}


def test_unknown_command_behind_a_malformed_bind_is_blanked(tap: FrameTap[str]) -> None:
    """But for its header, so that frames behind it are still found."""
    malformed = MALFORMED["a NUL inside it"]
    unknown = encode(UnknownPdu(0x00010200, b"Xq7"))
    tap.on_received("a", malformed + unknown + ENQUIRE, 1.0)

    blanked = malformed[:21] + b"*" * (len(malformed) - 21)
    assert [blanked, unknown[:16] + b"***", ENQUIRE] == [one.octets for one in tap.frames()]
    assert [1, 2, 3] == [one.number for one in tap.frames()]


@given(
    st.lists(
        st.one_of(
            st.sampled_from([ENQUIRE, HTTP, b"\0\0\0\x15", b"\0\0\0\x09", *MALFORMED.values()]),
            st.binary(max_size=40),
        )
    ).map(b"".join),
    st.integers(1, 100),
)
def test_any_octets_in_any_pieces_give_the_same_frames(octets: bytes, size: int) -> None:
    """Nothing raises, and what isn't behind garbage is stored to the octet."""
    once, pieces = FrameTap[str](), FrameTap[str](max_octets=1000)
    once.on_received("a", octets, 1.0)
    once.on_closed("a", 1.0)
    for at in range(0, len(octets), size):
        pieces.on_received("a", octets[at : at + size], 1.0)
    pieces.on_closed("a", 1.0)

    frames = once.frames()
    assert len(octets) == len(octets_of(once))
    assert [*range(1, len(frames) + 1)] == [frame.number for frame in frames]
    whole = {frame.number: frame for frame in frames}
    for frame in pieces.frames():
        assert frame.is_broken or frame == whole[frame.number]


def test_unfinished_bind_is_blanked(tap: FrameTap[str]) -> None:
    """The connection was closed in the middle of its password; who it was for stays."""
    tap.on_received("a", bind()[:25], 1.0)
    tap.on_closed("a", 2.0)

    assert [Frame(1, 2.0, 1, "in", bind()[:21] + b"****", is_broken=True)] == tap.frames()


@pytest.mark.parametrize(
    "garbage",
    [HTTP, b"\0" * 20, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x80\0\0\0\0\0\0\4"],
)
def test_garbage_ends_one_direction_of_one_link(tap: FrameTap[str], garbage: bytes) -> None:
    """It is stored once, behind what was right; nothing after it is stored or buffered."""
    tap.on_received("a", ENQUIRE + garbage, 1.0)
    for _ in range(100):
        tap.on_received("a", garbage * 100, 2.0)
    tap.on_sent("a", ENQUIRE, 3.0)
    tap.on_received("b", ENQUIRE, 4.0)
    tap.on_closed("a", 5.0)

    assert [
        Frame(1, 1.0, 1, "in", ENQUIRE),
        Frame(2, 1.0, 1, "in", garbage, is_broken=True),
        Frame(3, 3.0, 1, "out", ENQUIRE),
        Frame(4, 4.0, 2, "in", ENQUIRE),
    ] == tap.frames()
    assert f"<Frame 2, link 1 in, broken, {len(garbage)} octets>" == repr(tap.frames()[1])


def test_header_of_a_broken_frame_may_be_missing(tap: FrameTap[str]) -> None:
    """Its properties don't raise."""
    tap.on_received("a", b"GET ", 1.0)
    tap.on_closed("a", 2.0)
    (frame,) = tap.frames()

    assert (0, 0, 0) == (frame.command_id, frame.command_status, frame.sequence_number)


def test_closed_link_is_forgotten(tap: FrameTap[str]) -> None:
    """What it has left unfinished is stored as broken; a link that was never seen does no harm."""
    tap.on_received("a", ENQUIRE + ENQUIRE[:9], 1.0)
    tap.on_closed("a", 2.0)
    tap.on_closed("b", 2.0)
    tap.on_received("a", ENQUIRE, 3.0)

    assert [(1, ENQUIRE, False), (1, ENQUIRE[:9], True), (2, ENQUIRE, False)] == [
        (frame.link, frame.octets, frame.is_broken) for frame in tap.frames()
    ]
    assert "<FrameTap 3 frames in all, 41 of 4194304 octets, 1 links>" == repr(tap)


def conversation() -> Iterator[tuple[str, str, bytes, bool]]:
    """Yield link, direction and octets of two messages, and whether they are of the first one."""
    first, second = "855469", "855470"
    one = submit("One")
    yield "a", "in", encode(one, sequence_number=3), True
    yield "a", "in", encode(one, sequence_number=4), True
    yield "a", "in", encode(submit("Two"), sequence_number=5), False
    yield "b", "in", encode(one, sequence_number=3), False
    yield "a", "in", encode(QuerySm(message_id=first), sequence_number=3), False
    yield "a", "out", encode(SubmitSmResp(message_id=first), sequence_number=3), True
    yield "a", "out", encode(SubmitSmResp(message_id=second), sequence_number=5), False
    yield "a", "out", encode(GenericNack(), sequence_number=4), True
    # The SMSC's own requests, with numbers of its own, over any link of the account.
    yield "b", "out", receipt(first, 3), True
    yield "b", "out", receipt(second, 4), False
    yield "a", "out", receipt("", 5, tlvs=(Tlv(TlvTag.RECEIPTED_MESSAGE_ID, b"855469\0"),)), True
    yield "a", "out", receipt(first, 6, esm_class=0), False
    yield "a", "out", with_length(receipt(first, 7)[:30], 30), False
    yield "a", "in", encode(DeliverSmResp(), sequence_number=3), False
    yield "b", "in", encode(DeliverSmResp(), sequence_number=3), True
    yield "b", "in", encode(DeliverSmResp(), sequence_number=4), False
    yield "a", "in", encode(GenericNack(), sequence_number=5), True
    yield "a", "in", encode(EnquireLink(), sequence_number=3), False
    yield "a", "out", encode(EnquireLinkResp(), sequence_number=3), False
    yield "a", "in", encode(one, sequence_number=3)[:30], False


def test_frames_of_a_message_are_its_requests_receipts_and_all_responses(
    tap: FrameTap[str],
) -> None:
    """A receipt may come over another link, and twice; a number in a quoted text is no id."""
    wanted: list[int] = []
    for number, (link, direction, octets, is_wanted) in enumerate(conversation(), start=1):
        (tap.on_received if direction == "in" else tap.on_sent)(link, octets, 1.0)
        wanted += [number] if is_wanted else []
    tap.on_closed("a", 2.0)

    assert tap.frames()[-1].is_broken
    assert wanted == [frame.number for frame in tap.frames_of(1, [3, 4], ["855469", ""])]
    assert [] == tap.frames_of(2, [], [])


async def raw(reader: asyncio.StreamReader) -> bytes:
    """Read the octets of one PDU."""
    head = await reader.readexactly(4)
    return head + await reader.readexactly(int.from_bytes(head, "big") - 4)


async def test_frames_of_a_connection_are_its_octets() -> None:
    """In both directions, under the simulator; each field of each frame has a name."""
    sent, received = b"", b""
    message = submit(short_message="Код 4821".encode("utf-16-be"), data_coding=8)
    requests: list[Pdu] = [BIND, message, submit("x" * 150), EnquireLink(), Unbind()]
    async with Simulator(Scenario(receipt_delay=0.0)) as simulator:
        listener = simulator._listener()
        listener.tap = tap = FrameTap[ClientLink]()
        reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
        for number, request in enumerate(requests, start=1):
            octets = encode(request, sequence_number=number)
            for piece in (octets[:10], octets[10:30], octets[30:]):
                writer.write(piece)
                await asyncio.sleep(0)
            sent += octets
            received += await raw(reader)
            if request.command_id == CommandId.SUBMIT_SM:
                received += (deliver := await raw(reader))
                answer = encode(DeliverSmResp(), sequence_number=decode(deliver).sequence_number)
                writer.write(answer)
                sent += answer
        received += await reader.read()
        writer.close()
        await until(lambda: not listener.connections)
    frames = tap.frames()

    blanked = sent.replace(PASSWORD.encode(), b"*" * 8)
    assert blanked == b"".join(frame.octets for frame in frames if frame.direction == "in")
    assert received == b"".join(frame.octets for frame in frames if frame.direction == "out")
    assert [1] * len(frames) == [frame.link for frame in frames]
    lines = [line for one in frames for line in explain(one.octets, vendor_tlvs=GATEWAY_TLVS).lines]
    assert [] == [line for line in lines if line.note or "0x" in line.field]
    names = {line.field for line in lines}
    assert {"short_message", "tlv cost", "tlv flags", "tlv parts"} <= names
    ids = simulator.messages[0].message_ids
    assert [
        (CommandId.SUBMIT_SM, 2),
        (CommandId.SUBMIT_SM_RESP, 2),
        (CommandId.DELIVER_SM, 1),
        (CommandId.DELIVER_SM_RESP, 1),
    ] == [(frame.command_id, frame.sequence_number) for frame in tap.frames_of(1, [2], ids)]
