"""Faults over TLS: they are handled as over plain TCP.

Rule: only the handshake differs. After an alert, a cut, or garbage inside or outside of the
encryption, the link ends with a typed error and is opened again.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
import trustme
from faultlab import Lab, client_of, fate, sms
from scripted import until

from smsc_async import ConnectFailedError, Outcome, SubmitInterruptedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path
    from random import Random

    from scripted import Peer

    from pdu import SubmitSm

CA = trustme.CA(key_type=trustme.KeyType.ECDSA)
HERE = CA.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA)


@pytest.fixture
async def tls(
    monkeypatch: pytest.MonkeyPatch, chance: Random | None, tmp_path: Path
) -> AsyncGenerator[tuple[Lab, str]]:
    """A lab with TLS, and the query of the URL that makes a client trust it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    HERE.configure_cert(context)
    CA.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with Lab(monkeypatch, chance, tls=context) as lab:
        yield lab, f"ca_file={tmp_path / 'ca.pem'}"


def garbage_inside(peer: Peer, _: SubmitSm) -> None:
    """Answer with an encrypted length of 0."""
    peer.raw(bytes(16))


def garbage_outside(peer: Peer, _: SubmitSm) -> None:
    """Answer with unencrypted octets that don't begin a TLS record."""
    with peer.transport.get_extra_info("socket").dup() as plain:
        plain.send(b"\xde\xad\xbe\xef" * 8)


def cut(peer: Peer, _: SubmitSm) -> None:
    """End the connection without a closing alert."""
    peer.drop()


@pytest.mark.parametrize("fault", [garbage_inside, garbage_outside, cut])
@pytest.mark.takes_up_to(5, reason="handshakes of two links, in asyncio's debug mode")
async def test_garbage_and_cuts_end_the_link_typed(tls: tuple[Lab, str], fault: object) -> None:
    """The message in flight is UNKNOWN, and the next one goes over the next link."""
    lab, trust = tls
    async with lab.client(trust) as smsc:
        lab.gateway.on_submit = fault  # type: ignore[assignment]
        lost = await fate(smsc, sms())
        lab.gateway.on_submit = lab.gateway.accept
        await until(lambda: smsc.stats().connects == 2)
        await lab.lives(smsc, links=2)

    assert isinstance(lost, SubmitInterruptedError)
    assert Outcome.UNKNOWN is lost.outcome


@pytest.mark.takes_up_to(5, reason="handshakes, in asyncio's debug mode")
async def test_unverified_gateway_gets_neither_login_nor_message(tls: tuple[Lab, str]) -> None:
    """Verification is on by default, so the bind with its password is never written."""
    lab, _ = tls
    with pytest.raises(ConnectFailedError, match="doesn't verify"):
        await client_of(lab.gateway.url()).__aenter__()

    assert [] == [pdu for peer in lab.gateway.peers for pdu in peer.received]
