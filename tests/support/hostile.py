"""An SMSC that writes hostile characters into every field it can.

Rule: it is right otherwise, so that the client processes what it writes and shows it.
"""

from __future__ import annotations

import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from anyio.from_thread import start_blocking_portal
from faultlab import frame
from scripted import Gateway, Peer

from pdu import QuerySm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdu import Pdu, SubmitSm

SIGNS = "\x1b[2J\x9b3m\r\n\x07\x7f\x85\u2028\u2029\u202e\u2066\u200b\u200d\ufeff\U0001f600"
"""ESC, both CSI, line ends of every kind, bidi controls, zero-width marks, 4 octets of UTF-8."""
OCTETS = SIGNS.encode()
"""As an octet string; read as latin-1 it has C1 controls, too."""


class HostileGateway(Gateway):
    """Accepts all, under an id of hostile characters, and delivers what is hostile throughout."""

    deliveries = 0
    """deliver_sm that were answered."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.on_bind = self._bind
        self.on_submit = self._submit
        self.on_other = self._other

    def _bind(self, peer: Peer, request: Any) -> None:  # noqa: ANN401 - any of the three
        """Accept the bind under a hostile name; deliver to those that only read."""
        peer.raw(response(request, OCTETS + b"\0" + tlv(0x0210, OCTETS)))
        if "RECEIVER" in type(request).__name__.upper():
            self._deliver(peer, b"id" + OCTETS)

    def _submit(self, peer: Peer, submit: SubmitSm) -> None:
        """Accept a message, and deliver its receipt and a message."""
        self.number += 1
        message_id = b"%d" % self.number + OCTETS
        peer.raw(response(submit, message_id + b"\0" + tlv(0x001D, OCTETS)))
        self._deliver(peer, message_id)

    def _deliver(self, peer: Peer, message_id: bytes) -> None:
        """Deliver a receipt, an HLR receipt's fields among its own, and a message."""
        words = quote(SIGNS).encode()
        fields = b" ".join(
            b"%s:%s" % (name, value)
            for name, value in (
                (b"stat", b"DELIVRD"),
                (b"err", b"0\x1b"),
                (b"imsi", b"2500\x1b\x9b" + OCTETS[-4:]),
                (b"msc", b"7999\x1b"),
                (b"mcc", b"\x1b"),
                (b"cn", words),
                (b"net", words),
                (b"rcn", words),
                (b"rnet", words),
                (b"submit date", OCTETS),
                (b"text", OCTETS),
            )
        )
        tlvs = tlv(0x001E, message_id + b"\0") + tlv(0x0427, b"\2") + tlv(0x2000, OCTETS)
        tlvs += tlv(0x2003, OCTETS) + tlv(0x1400, OCTETS)
        peer.raw(deliver(4, 0, fields, tlvs))
        peer.raw(deliver(0, 8, ("Да " + SIGNS).encode("utf-16-be"), tlv(0x1401, OCTETS)))

    def _other(self, peer: Peer, pdu: Pdu) -> None:
        """Answer a query; count responses."""
        if isinstance(pdu, QuerySm):
            peer.raw(response(pdu, OCTETS + b"\0" + OCTETS + b"\0\2\0"))
        self.deliveries += type(pdu).__name__ == "DeliverSmResp"


def response(request: Any, body: bytes) -> bytes:  # noqa: ANN401 - any request
    """Draw the response to a request."""
    return frame(0x80000000 | request.command_id, 0, request.sequence_number, body)


def deliver(esm_class: int, data_coding: int, text: bytes, tlvs: bytes) -> bytes:
    """Draw a deliver_sm; all its strings are hostile."""
    if len(text) > 254:
        tlvs, text = tlv(0x0424, text) + tlvs, b""
    address = b"\5\0" + OCTETS + b"\0"
    body = OCTETS + b"\0" + address + address + bytes([esm_class, 0, 0])
    body += (OCTETS + b"\0") * 2 + bytes([0, 0, data_coding, 0, len(text)]) + text + tlvs
    return frame(5, 0, 1 + data_coding, body)


def tlv(tag: int, value: bytes) -> bytes:
    """Draw a TLV."""
    return tag.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value


@contextmanager
def hostile_gateway() -> Iterator[HostileGateway]:
    """Run the gateway on a thread of its own, for a program that has an event loop itself."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(HostileGateway()) as gateway,
    ):
        yield gateway


def seen_raw(shown: str, *, spared: str = "") -> list[str]:
    """Return the characters of a text that steer a terminal, end a line or hide.

    Args:
        shown: One line, without its end.
        spared: Characters that may stand there.
    """
    hostile = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return [
        f"U+{ord(char):04X}"
        for char in shown
        if char not in spared and (unicodedata.category(char) in hostile or char > "\uffff")
    ]
