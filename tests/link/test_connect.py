"""TCP and TLS: the error of each failure, and that a good certificate is accepted."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from idle_clock import pass_time
from scripted import Gateway, nothing, turns

from smsc_async import (
    ConfigError,
    ConnectFailedError,
    LinkError,
    LinkLostError,
    Sms,
    SmscClient,
    SmscConfig,
    Tls,
)
from smsc_async.link.connect import _reason, certificate_fault, tls_context

if TYPE_CHECKING:
    from pathlib import Path

# Keys are made in pure asyncio debug mode on a shared machine; each takes some tenths of a second.
CA = trustme.CA(key_type=trustme.KeyType.ECDSA)
HERE = CA.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA)
ELSEWHERE = CA.issue_cert("smsc.example", key_type=trustme.KeyType.ECDSA)


def server_context(cert: trustme.LeafCert) -> ssl.SSLContext:
    """Make a server's context."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert.configure_cert(context)
    return context


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    """The CA's certificate as a file."""
    path = tmp_path / "ca.pem"
    CA.cert_pem.write_to_path(str(path))
    return str(path)


async def failure(url: str) -> LinkError:
    """Return how entering fails."""
    with pytest.raises(LinkError) as caught:
        await SmscClient(url).__aenter__()
    await turns()
    assert "secret" not in str(caught.value)
    return caught.value


async def test_certificate_of_a_given_ca_is_accepted(ca_file: str) -> None:
    """The usual setup with a private CA."""
    async with (
        Gateway(tls=server_context(HERE)) as gateway,
        SmscClient(gateway.url(f"ca_file={ca_file}")) as smsc,
    ):
        sent = await smsc.send(Sms(to="79991234567", text="hello"))

    assert "1" == sent.message_id


async def test_unknown_ca_is_refused() -> None:
    """Verified by default; the remedy is to name the CA, not to switch verification off."""
    async with Gateway(tls=server_context(HERE)) as gateway:
        error = await failure(gateway.url())

    assert "the certificate doesn't verify" in str(error)
    assert "ca_file" in str(error)
    assert f"127.0.0.1:{gateway.port}" in str(error)
    assert isinstance(error.__cause__, ssl.SSLCertVerificationError)


async def test_wrong_host_name_is_refused_unless_it_is_given(ca_file: str) -> None:
    """A certificate of another host; `server_hostname` is for a host reached by its address."""
    async with Gateway(tls=server_context(ELSEWHERE)) as gateway:
        error = await failure(gateway.url(f"ca_file={ca_file}"))

        assert "127.0.0.1" in str(error)
        assert "the certificate doesn't verify" in str(error)
        url = gateway.url(f"ca_file={ca_file}&server_hostname=smsc.example")
        async with SmscClient(url):
            pass


def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """Make the context of a server whose certificate no CA has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = tmp_path / "self-signed.pem"
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def dated(days: int) -> ssl.SSLContext:
    """Make the context of a server whose certificate is valid for a day, so many days from now."""
    begin = datetime.now(UTC) + timedelta(days=days)
    return server_context(
        CA.issue_cert("127.0.0.1", not_before=begin, not_after=begin + timedelta(days=1))
    )


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("expired", "certificate has expired; if this machine's clock is right"),
        ("not yet valid", "check this machine's clock"),
        ("self-signed", "if it is the gateway's own, give it as ca_file"),
        ("unknown CA", "its CA isn't trusted here; give that CA as ca_file"),
        ("wrong name", "check the host's name"),
    ],
)
async def test_error_names_the_fault_of_the_certificate(
    ca_file: str, tmp_path: Path, fault: str, words: str
) -> None:
    """Its remedy is for that fault: the host's name is right if a certificate has expired."""
    contexts = {
        "expired": lambda: dated(-2),
        "not yet valid": lambda: dated(1),
        "self-signed": lambda: self_signed(tmp_path),
        "unknown CA": lambda: server_context(HERE),
        "wrong name": lambda: server_context(ELSEWHERE),
    }
    settings = "" if fault in {"unknown CA", "self-signed"} else f"ca_file={ca_file}"
    async with Gateway(tls=contexts[fault]()) as gateway:
        error = await failure(gateway.url(settings))

    assert isinstance(error.__cause__, ssl.SSLCertVerificationError)
    assert fault == certificate_fault(error.__cause__)
    assert words in str(error)
    assert ("check the host's name" in str(error)) == (fault == "wrong name")


def test_other_faults_are_shown_as_openssl_says_them() -> None:
    """A revoked certificate, for example."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = 23, "certificate revoked"

    assert "other" == certificate_fault(error)
    assert "the certificate doesn't verify: certificate revoked; " in _reason(error, 1.0)


async def test_verification_can_be_switched_off() -> None:
    """Only by an explicit setting."""
    async with (
        Gateway(tls=server_context(ELSEWHERE)) as gateway,
        SmscClient(gateway.url("verify=0")),
    ):
        pass


async def test_tls_to_a_plain_port_says_so() -> None:
    """The SMSC reads a huge length and hangs up."""
    async with Gateway() as gateway:
        url = gateway.url().replace("smpp://", "smpps://")
        error = await failure(url)

    assert isinstance(error, ConnectFailedError)
    assert "a plain port wants smpp://" in str(error)


async def test_tls_to_a_silent_plain_port_says_so() -> None:
    """It waits for the rest of its PDU; `timeouts.connect` ends our wait."""

    class Silent(asyncio.Protocol):
        """Accepts connections and writes nothing."""

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            """Keep the transport."""
            transports.append(transport)

    transports: list[asyncio.BaseTransport] = []
    server = await asyncio.get_running_loop().create_server(Silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    error = await failure(f"smpps://shop:secret@127.0.0.1:{port}?connect_timeout=0.05")
    server.close()
    for transport in transports:
        transport.close()
    await turns()

    assert "no answer in 0.1 s; check host, port and firewall" in str(error)
    assert "a plain port wants smpp://" in str(error)


@pytest.mark.parametrize("held_up", [0.6, 5.0, 3600.0])
@pytest.mark.parametrize("after", range(2, 5))
async def test_connection_that_was_up_in_time_is_used(held_up: float, after: int) -> None:
    """User code held up the loop past the deadline: the loop looks before it is judged."""
    async with Gateway() as gateway:
        smsc = SmscClient(gateway.url("connect_timeout=0.2"))
        entering = asyncio.create_task(smsc.__aenter__())
        await turns(after)
        pass_time(held_up)
        await entering

        assert smsc.health().is_ready
        await smsc.aclose()


@pytest.mark.parametrize("held_up", [0.0, 0.6])
async def test_connect_ends_all_the_same(held_up: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no answer: a loop that was held up looks once more, no longer."""
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "sock_connect", lambda *_: loop.create_future())
    entering = asyncio.create_task(failure("smpp://shop:secret@127.0.0.1:1?connect_timeout=0.2"))
    began = loop.time()
    await turns()
    pass_time(held_up)

    assert "no answer in 0.2 s" in str(await entering)
    assert 0.2 <= loop.time() - began < 0.3 + held_up


async def test_cancelled_connect_leaves_no_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    """And isn't taken for one that took too long."""
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "sock_connect", lambda *_: loop.create_future())
    smsc = SmscClient("smpp://shop:secret@127.0.0.1:1?connect_timeout=4000")
    entering = asyncio.create_task(smsc.__aenter__())
    await turns()
    entering.cancel()
    await asyncio.wait([entering])

    assert entering.cancelled()
    timers = cast("Any", loop)._scheduled
    assert not [t for t in timers if not t.cancelled() and t.when() > loop.time() + 1000]


async def test_plain_to_a_tls_port_says_so() -> None:
    """The server answers with a TLS alert, or hangs up."""
    async with Gateway(tls=server_context(HERE)) as gateway:
        asyncio.get_running_loop().set_exception_handler(nothing)
        error = await failure(gateway.url().replace("smpps://", "smpp://"))

    assert isinstance(error, LinkLostError)
    assert "a TLS port wants smpps://" in str(error)


async def test_plain_to_another_protocol_names_it() -> None:
    """An HTTP response read as SMPP is a huge command_length."""
    async with Gateway() as gateway:
        gateway.on_bind = lambda peer, _: peer.raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        error = await failure(gateway.url())

    assert "look like HTTP" in str(error)


async def test_client_certificate_is_sent(ca_file: str, tmp_path: Path) -> None:
    """Some gateways require one."""
    path = tmp_path / "client.pem"
    client = CA.issue_cert("shop@client.example", key_type=trustme.KeyType.ECDSA)
    client.private_key_and_cert_chain_pem.write_to_path(str(path))
    context = server_context(HERE)
    context.verify_mode = ssl.CERT_REQUIRED
    CA.configure_trust(context)
    async with (
        Gateway(tls=context) as gateway,
        SmscClient(gateway.url(f"ca_file={ca_file}&cert_file={path}")) as smsc,
    ):
        sent = await smsc.send(Sms(to="79991234567", text="hello"))

    assert "1" == sent.message_id


@pytest.mark.parametrize(
    ("tls", "name"),
    [
        (Tls(ca_file="/nowhere/ca.pem"), "ca_file"),
        (Tls(cert_file="/nowhere/own.pem"), "cert_file"),
    ],
)
def test_missing_file_is_named(tls: Tls, name: str) -> None:
    """Before any I/O on the network."""
    with pytest.raises(ConfigError, match=f"{name}: no certificate.*No such file") as caught:
        tls_context(tls)

    assert name == caught.value.name


def test_file_that_holds_no_certificate_is_named(tmp_path: Path) -> None:
    """For example a key or a README."""
    path = tmp_path / "ca.pem"
    path.write_text("nothing of use")
    with pytest.raises(ConfigError, match="ca_file: no certificates there"):
        tls_context(Tls(ca_file=str(path)))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (socket.gaierror(-2, "Name or service not known"), "the name doesn't resolve"),
        (UnicodeError("label too long"), "the name doesn't resolve"),
        (ConnectionResetError(104, "reset"), "it hung up at once"),
        (ssl.SSLError(1, "wrong version number"), "no TLS there"),
        (OSError(113, "No route to host"), "No route to host"),
        (OSError(), "OSError"),
    ],
    ids=["unknown name", "impossible name", "reset", "no TLS", "no route", "silent"],
)
async def test_each_cause_has_an_error_text_of_its_own(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    """DNS, TCP and TLS fail differently, and so do the remedies."""

    async def create_connection(*_: object, **__: object) -> None:
        """Fail as the network does."""
        raise error

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", create_connection)
    failed = await failure("smpp://shop:secret@smsc.example")

    assert said in str(failed)
    assert error is failed.__cause__


def test_default_context_verifies_chain_and_name() -> None:
    """Several other clients verify nothing by default."""
    config = SmscConfig.from_url("smpps://shop:secret@smsc.example")
    assert config.tls is not None
    context = tls_context(config.tls)

    assert ssl.CERT_REQUIRED is context.verify_mode
    assert context.check_hostname


async def test_name_that_the_system_refuses_is_a_failed_connect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the configuration lets pass and the system doesn't is an error of the connect."""

    async def refuse(*_: object, **__: object) -> None:
        """Refuse like `socket.getaddrinfo` and `ssl`."""
        raise ValueError("embedded null character")

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", refuse)
    error = await failure("smpp://shop:secret@127.0.0.1")

    assert isinstance(error, ConnectFailedError)
    assert "embedded null character" in str(error)


async def test_tls_link_without_a_response_is_not_told_to_use_tls(ca_file: str) -> None:
    """Over TLS the remedy is another one."""
    async with Gateway(tls=server_context(HERE)) as gateway:
        gateway.on_bind = lambda peer, _: peer.hang_up()
        error = await failure(gateway.url(f"ca_file={ca_file}"))

    assert isinstance(error, LinkLostError)
    assert "smpps://" not in str(error)
    assert "check that SMPP is spoken at that port" in str(error)
