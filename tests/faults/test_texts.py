"""A phone shows the text that was sent: texts are cut, sent over a socket, and joined again.

Rule: the splitter has its own tests. Here a text is sent over a real link and must arrive complete,
in parts that fit.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from faultlab import sms
from scripted import until

from pdu import DeliverSmResp, Pdu, SubmitSm
from pdu.text import Reassembler, read_segment
from smsc_async import Coding
from smsc_async.gateway.coding import decode

if TYPE_CHECKING:
    from random import Random

    from faultlab import Lab
    from scripted import Peer

    from smsc_async import SmscClient

EMOJI = "👨‍👩‍👧‍👦"
"""A family: eleven UTF-16 units that are one sign to a reader."""


def shown(submits: list[SubmitSm]) -> str:
    """Return the text that a phone shows: the parts joined by their headers and decoded."""
    phone = Reassembler(timeout=60.0)
    (last,) = [
        joined
        for submit in submits
        for joined in phone.add(
            read_segment(submit.short_message, has_udh=bool(submit.esm_class & 0x40), sar=None),
            sender=submit.source_addr,
            recipient=submit.destination_addr,
            data_coding=submit.data_coding,
            now=0.0,
        )
    ]
    return decode(last.octets, last.data_coding) or ""


async def submitted(lab: Lab, text: str) -> list[SubmitSm]:
    """Send a text; return its parts as the gateway received them."""
    async with lab.client() as smsc:
        sent = await smsc.send(sms(text=text))
        assert sent.parts == len(lab.gateway.submits)
    return lab.gateway.submits


@pytest.mark.parametrize(
    ("text", "parts", "data_coding"),
    [
        ("a" * 160, 1, 0),
        ("a" * 161, 2, 0),
        ("a" * 141, 1, 0),
        ("€" * 80, 1, 0),
        ("€" * 81, 2, 0),
        ("€" * 200, 3, 0),
        ("a" * 152 + "€" + "b" * 50, 2, 0),
        ("я" * 70, 1, 8),
        ("я" * 71, 2, 8),
        ("я" * 134, 2, 8),
        ("я" * 135, 3, 8),
        ("я" * 66 + "😀" + "я" * 60, 2, 8),
        ("я" * 60 + EMOJI + "я" * 50, 2, 8),
        ("😀" * 35, 1, 8),
        ("`", 1, 8),
        ("я" * 30 + "😀" * 300 + EMOJI * 9, 12, 8),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value),
)
async def test_text_arrives_as_it_was_written(
    lab: Lab, text: str, parts: int, data_coding: int
) -> None:
    """In as many parts as it needs, each of at most 140 octets on the air."""
    submits = await submitted(lab, text)

    assert (parts, {data_coding}) == (len(submits), {submit.data_coding for submit in submits})
    assert text == shown(submits)
    for submit in submits:
        octets = submit.short_message
        header = 1 + octets[0] if submit.esm_class & 0x40 else 0
        # In SMPP each septet of a GSM text takes an octet; on the air septets are packed.
        septets = (header * 8 + 6) // 7 + len(octets) - header
        assert (len(octets) <= 140) if data_coding else (septets <= 160)


async def test_no_part_ends_inside_a_sign(lab: Lab) -> None:
    """No part ends inside a surrogate pair, an escape or an emoji sequence."""
    for text in ("я" * 66 + "😀" * 40, "a" * 152 + "€" * 90, ("я" * 59 + EMOJI) * 4):
        lab.gateway.peers.clear()
        submits = await submitted(lab, text)
        pieces = [decode(submit.short_message[6:], submit.data_coding) or "" for submit in submits]
        assert text == "".join(pieces)
        assert not any("\ufffd" in piece for piece in pieces)
        assert not any(piece.startswith("\u200d") or piece.endswith("\u200d") for piece in pieces)


async def test_every_part_has_a_number_and_a_place_of_its_own(lab: Lab) -> None:
    """One reference, part numbers 1 to n, and a sequence_number each."""
    submits = await submitted(lab, "я" * 300)

    assert len(submits) == len({submit.sequence_number for submit in submits})
    heads = [submit.short_message[:6] for submit in submits]
    reference = heads[0][3]
    assert [bytes((5, 0, 3, reference, 5, n)) for n in range(1, 6)] == heads


async def test_text_its_coding_cannot_hold_is_never_replaced(lab: Lab) -> None:
    """A backtick isn't in GSM 03.38 and must not be sent as another character."""
    (submit,) = await submitted(lab, "`ls`")

    assert ("`ls`", Coding.UCS2 * 4) == (submit.short_message.decode("utf-16-be"), 8)


# What subscribers write.


def parts_of(
    sender: str, reference: int, octets: list[bytes], *, wide: bool = False
) -> list[dict[str, Any]]:
    """Return the fields of the deliver_sm PDUs of a text in parts."""
    total = len(octets)
    fields = []
    for at, piece in enumerate(octets, 1):
        head = bytes((6, 8, 4, reference >> 8, reference & 0xFF, total, at))
        if not wide:
            head = bytes((5, 0, 3, reference & 0xFF, total, at))
        fields.append(
            {
                "source_addr": sender,
                "destination_addr": "Shop",
                "esm_class": 0x40,
                "data_coding": 8,
                "short_message": head + piece,
            }
        )
    return fields


async def read(smsc: SmscClient, count: int) -> list[tuple[str, str | None]]:
    """Return senders and texts of a number of messages, sorted."""
    found: list[tuple[str, str | None]] = []
    async for message in smsc.incoming():
        found.append((message.sender, message.text))
        if len(found) == count:
            break
    return sorted(found)


@pytest.mark.parametrize("wide", [False, True], ids=["8-bit", "16-bit"])
async def test_parts_come_in_any_order_of_any_senders(
    lab: Lab, chance: Random | None, *, wide: bool
) -> None:
    """12 parts from each of two senders with one reference, shuffled; a surrogate pair is cut."""
    text = "Ответ 😀 длинный. " * 10
    octets = text.encode("utf-16-be")
    size = 2 * ((len(octets) // 24) | 1)
    pieces = [octets[at * size : (at + 1) * size] for at in range(11)] + [octets[11 * size :]]
    deliveries = parts_of("79990000001", 300, pieces, wide=wide)
    deliveries += parts_of("79990000002", 300, pieces, wide=wide)
    if chance is None:
        deliveries = deliveries[::-2] + deliveries[::2]
    else:
        chance.shuffle(deliveries)
    async with lab.client() as smsc:
        for fields in deliveries:
            lab.gateway.peer.deliver(**fields)
        found = await read(smsc, 2)
        answers = await lab.gateway.peer.got(DeliverSmResp, len(deliveries))

    assert [("79990000001", text), ("79990000002", text)] == found
    assert {0} == {answer.command_status for answer in answers}


async def test_part_that_ends_inside_a_pair_is_kept(lab: Lab) -> None:
    """Half of a surrogate pair can't be decoded if each part is decoded alone."""
    octets = "😀".encode("utf-16-be")
    async with lab.client() as smsc:
        for fields in parts_of("79990000001", 7, [octets[:2], octets[2:]]):
            lab.gateway.peer.deliver(**fields)
        found = await read(smsc, 1)

    assert [("79990000001", "😀")] == found


async def test_what_came_of_a_message_is_handed_out_in_time(lab: Lab) -> None:
    """The last part has come, the first one never comes."""
    async with lab.client("reassembly_timeout=0.03") as smsc:
        lab.gateway.peer.deliver(
            **parts_of("79990000001", 7, ["А".encode("utf-16-be"), "Б".encode("utf-16-be")])[1]
        )
        found = await read(smsc, 1)

    assert [("79990000001", "Б")] == found


async def test_two_messages_never_share_a_reference_at_once(lab: Lab) -> None:
    """Two texts to one phone, with their parts in flight at the same time."""
    held: list[tuple[Peer, Pdu]] = []
    lab.gateway.on_submit = lambda peer, submit: held.append((peer, submit))
    async with lab.client() as smsc:
        sends = [asyncio.create_task(smsc.send(sms(0, letter * 200))) for letter in "яю"]
        await until(lambda: len(held) == 6)
        for peer, submit in held:
            lab.gateway.accept(peer, submit)  # type: ignore[arg-type]
        await asyncio.gather(*sends)

    assert 2 == len({submit.short_message[3] for submit in lab.gateway.submits})
