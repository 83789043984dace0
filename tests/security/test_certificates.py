"""TLS: the gateway's certificate is verified before the login is written.

Rule: verification is on by default. Each exception is a named setting, and every refusal says what
is wrong with the certificate.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import trustme
from scripted import Gateway, until

from smsc_async import ConnectFailedError, LinkError, Sms, SmscClient, SmscConfig

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.takes_up_to(5, reason="keys and handshakes, in asyncio's debug mode")

KEY = trustme.KeyType.ECDSA
NOW = datetime.now(tz=UTC)
CA = trustme.CA(key_type=KEY)
OTHER_CA = trustme.CA(key_type=KEY)


def context_of(cert: trustme.LeafCert, *, wants_ours: bool = False) -> ssl.SSLContext:
    """Make a server's context; *wants_ours* requires a client certificate of the CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert.configure_cert(context)
    if wants_ours:
        context.verify_mode = ssl.CERT_REQUIRED
        CA.configure_trust(context)
    return context


CERTIFICATES = {
    "right": CA.issue_cert("127.0.0.1", key_type=KEY),
    "another name": CA.issue_cert("smsc.example", key_type=KEY),
    "expired": CA.issue_cert(
        "127.0.0.1",
        key_type=KEY,
        not_before=NOW - timedelta(days=30),
        not_after=NOW - timedelta(days=1),
    ),
    "another CA": OTHER_CA.issue_cert("127.0.0.1", key_type=KEY),
}


@pytest.fixture
def trusted(tmp_path: Path) -> str:
    """Path of the CA's certificate."""
    path = tmp_path / "ca.pem"
    CA.cert_pem.write_to_path(str(path))
    return str(path)


async def accepted(url: str) -> bool:
    """Send a message through a client with this URL."""
    async with SmscClient(url) as smsc:
        return bool((await smsc.send(Sms(to="79991234567", text="hello"))).message_id)


@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        ("right", None),
        ("another name", "IP address mismatch"),
        ("expired", "certificate has expired"),
        ("another CA", "unable to get local issuer certificate"),
    ],
)
async def test_certificate_decides(certificate: str, said: str | None, trusted: str) -> None:
    """A wrong name, an expired date or an unknown issuer: each is enough to refuse."""
    async with Gateway(tls=context_of(CERTIFICATES[certificate])) as gateway:
        url = gateway.url(f"ca_file={trusted}")
        if said is None:
            assert await accepted(url)
            return
        with pytest.raises(ConnectFailedError, match=said) as caught:
            await accepted(url)
        await until(lambda: all(peer.is_closed for peer in gateway.peers))
        written = [pdu for peer in gateway.peers for pdu in peer.received]

    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
    assert "secret" not in f"{caught.value!r} {caught.value}"
    assert [] == written


@pytest.mark.parametrize("certificate", CERTIFICATES)
async def test_without_a_ca_of_ones_own_the_systems_decide(certificate: str) -> None:
    """The CA of the test isn't one of the system's, so it isn't trusted."""
    async with Gateway(tls=context_of(CERTIFICATES[certificate])) as gateway:
        with pytest.raises(ConnectFailedError, match="doesn't verify"):
            await accepted(gateway.url())


async def test_name_to_check_may_be_given(trusted: str) -> None:
    """The URL has an IP address, the certificate has a name."""
    async with Gateway(tls=context_of(CERTIFICATES["another name"])) as gateway:
        assert await accepted(gateway.url(f"ca_file={trusted}&server_hostname=smsc.example"))


@pytest.mark.parametrize("certificate", CERTIFICATES)
async def test_verification_is_off_by_name_only(certificate: str) -> None:
    """`verify=no` accepts any certificate, and no other setting does."""
    async with Gateway(tls=context_of(CERTIFICATES[certificate])) as gateway:
        assert await accepted(gateway.url("verify=no"))


@pytest.mark.parametrize("url", ["smpps://a:b@h", "smsc://a:b@"])
def test_verification_is_on_without_asking(url: str) -> None:
    """In every URL with TLS."""
    tls = SmscConfig.from_url(url).tls

    assert tls is not None
    assert tls.verify


@pytest.mark.parametrize("shows_it", [True, False])
async def test_own_certificate_is_shown_where_it_is_set(
    trusted: str, tmp_path: Path, *, shows_it: bool
) -> None:
    """A gateway that requires a client certificate accepts ours and refuses clients without one."""
    ours = CA.issue_cert("shop.example", key_type=KEY)
    ours.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "ours.pem"))
    context = context_of(CERTIFICATES["right"], wants_ours=True)
    async with Gateway(tls=context) as gateway:
        url = gateway.url(f"ca_file={trusted}&bind_timeout=2")
        if shows_it:
            assert await accepted(f"{url}&cert_file={tmp_path / 'ours.pem'}")
            return
        with pytest.raises(LinkError):
            await accepted(url)
        assert [] == [pdu for peer in gateway.peers for pdu in peer.received]
