"""Mangled receipts.

Rule: reading never fails. Ten thousand lines, mangled by a fixed seed, are read as text and from
PDUs, and every property of each receipt is read.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from pdu import DeliverSm, EsmClass, decode, encode
from pdu.receipt_text import parse_receipt_text
from smsc_async.gateway.receipts import read_receipt
from smsc_async.receipts import HlrReceipt, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable

HLR = (
    b"id:855469 stat:DELIVRD err:000 imsi:250023012345678 msc:79232510066 mcc:250 mnc:02"
    b" cn:Russian+Federation net:MegaFON+open+Joint+Stock+Company rcn: rnet:"
)
CLASSIC = (
    b"id:855469 sub:001 dlvrd:001 submit date:2611240014 done date:2611240015 stat:DELIVRD err:000"
    b" text:Code: 4821"
)
ASKED = (
    "cost", "done_at", "error", "error_code", "fields", "flags", "is_final", "message_id",
    "operator", "parts", "state", "submitted_at",
)  # fmt: skip
ASKED_OF_HLR = (
    "country", "imsi", "mcc", "mnc", "msc", "network", "roaming_country", "roaming_network",
)  # fmt: skip


def cut(octets: bytes, random: Random) -> bytes:
    """Take a piece out."""
    start = random.randrange(len(octets) + 1)
    return octets[:start] + octets[start + random.randrange(30) :]


def insert(octets: bytes, random: Random) -> bytes:
    """Insert random octets."""
    at = random.randrange(len(octets) + 1)
    return octets[:at] + random.randbytes(random.randrange(10)) + octets[at:]


def overwrite(octets: bytes, random: Random) -> bytes:
    """Replace a character by one with a meaning in the format."""
    at = random.randrange(len(octets) + 1)
    return octets[:at] + random.choice((b":", b" ", b"\0", b"%", b"+", b"\xff")) + octets[at + 1 :]


def double(octets: bytes, random: Random) -> bytes:
    """Repeat a piece at another place."""
    start, at = (random.randrange(len(octets) + 1) for _ in range(2))
    return octets[:at] + octets[start : start + 40] + octets[at:]


def shuffle(octets: bytes, random: Random) -> bytes:
    """Shuffle the words."""
    words = octets.split(b" ")
    random.shuffle(words)
    return b" ".join(words)


MANGLERS: tuple[Callable[[bytes, Random], bytes], ...] = (cut, insert, overwrite, double, shuffle)


def mangled(octets: bytes, random: Random) -> bytes:
    """Do up to four of these, and cut to the size of a short_message."""
    for mangle in random.choices(MANGLERS, k=random.randint(1, 4)):
        octets = mangle(octets, random)
    return octets[:254]


def ask(receipt: Receipt) -> None:
    """Read every property."""
    for name in ASKED_OF_HLR + ASKED if isinstance(receipt, HlrReceipt) else ASKED:
        getattr(receipt, name)
    repr(receipt)
    hash(receipt)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("line", [HLR, CLASSIC], ids=["hlr", "classic"])
def test_mangled_receipts_are_read_without_an_exception(line: bytes, seed: int) -> None:
    """Five hundred for each seed: as text, and in the short_message of PDUs of any coding.

    «Формат статуса с результатом HLR-запроса, возвращаемого по SMPP: id:<id> stat:<status>
    err:<err> imsi:<imsi> msc:<msc> mcc:<mcc> mnc:<mnc> cn:<cn> net:<net> rcn:<rcn> rnet:<rnet>»
    """
    random = Random(seed)  # noqa: S311 - no secret
    for _ in range(500):
        octets = mangled(line, random)
        sent = DeliverSm(
            esm_class=EsmClass(random.choice((0x04, 0x20, 0x00, 0x44))),
            data_coding=random.choice((0x00, 0x03, 0x08, 0xF0)),
            short_message=octets,
        )
        pdu = decode(encode(sent, sequence_number=1))
        assert isinstance(pdu, DeliverSm)

        assert octets == pdu.short_message
        parse_receipt_text(octets.decode("latin-1"))
        ask(read_receipt(pdu))
        ask(HlrReceipt.of(read_receipt(pdu)))
