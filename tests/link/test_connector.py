"""Connections that a connector makes, a proxy's for example, and those from a local address."""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from idle_clock import pass_time
from proxies import HttpProxy, Proxy, Socks5Proxy
from python_socks import ProxyConnectionError, ProxyError
from python_socks.async_.asyncio import Proxy as ProxyClient
from scripted import Gateway, turns, until

from smsc_async import ConfigError, ConnectFailedError, Sms, SmscClient, SmscConfig
from smsc_async.config import Host
from smsc_async.instrumentation import LinkBound, LinkDown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SMS = Sms(to="79991234567", text="hello")


async def dial(host: str, port: int) -> socket.socket:
    """Connect as a connector has to."""
    sock = socket.socket()
    sock.settimeout(0.0)
    await asyncio.get_running_loop().sock_connect(sock, (host, port))
    return sock


def through(proxy: Proxy, url: str | None = None) -> Callable[[str, int], Awaitable[socket.socket]]:
    """Return a connector as users write it with python-socks."""

    async def connector(host: str, port: int) -> socket.socket:
        """Connect through the proxy, which resolves the name."""
        return await ProxyClient.from_url(url or proxy.url, rdns=True).connect(host, port)

    return connector


async def failure(
    connector: Any,  # noqa: ANN401 - also what no connector returns
    url: str = "smpp://shop:secret@gw.example:2775",
) -> ConnectFailedError:
    """Return how entering fails."""
    with pytest.raises(ConnectFailedError) as caught:
        await SmscClient(url, connector=connector).__aenter__()
    assert "secret" not in str(caught.value)
    return caught.value


# Proxies.


@pytest.mark.parametrize("kind", [Socks5Proxy, HttpProxy])
async def test_all_connections_go_through_a_proxy(kind: type[Proxy]) -> None:
    """Also those after a loss; the proxy gets the name, as the URL has it."""
    async with Gateway() as gateway, kind({"gw.example": gateway.port}) as proxy:
        url = gateway.url().replace(f"127.0.0.1:{gateway.port}", "gw.example:3700")
        async with SmscClient(url, connector=through(proxy)) as smsc:
            sent = await smsc.send(SMS)
            gateway.peer.drop()
            await gateway.bound(2)
            again = await smsc.send(Sms(to="79991234567", text="again"))

    assert ("1", "2") == (sent.message_id, again.message_id)
    assert [("gw.example", 3700)] * 2 == proxy.asked


async def test_each_host_is_tried_through_the_proxy() -> None:
    """A proxy that can't reach the first one may reach the spare."""
    async with Gateway() as gateway, Socks5Proxy({"b.example": gateway.port}) as proxy:
        url = "smpp://shop:secret@a.example:1,b.example:2"
        async with SmscClient(url, connector=through(proxy)) as smsc:
            await smsc.send(SMS)

    assert [("a.example", 1), ("b.example", 2)] == proxy.asked


async def test_tls_is_verified_behind_a_proxy(tmp_path: Any) -> None:  # noqa: ANN401 - a path
    """The certificate is the gateway's: its name is checked, not the proxy's."""
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("gw.example", key_type=trustme.KeyType.ECDSA).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    query = f"?ca_file={tmp_path / 'ca.pem'}"
    async with Gateway(tls=context) as gateway:
        names = {"gw.example": gateway.port, "other.example": gateway.port}
        async with Socks5Proxy(names, "p4ss") as proxy:
            url = f"smpps://shop:secret@gw.example{query}"
            async with SmscClient(url, connector=through(proxy)) as smsc:
                await smsc.send(SMS)
            other = f"smpps://shop:secret@other.example{query}"
            error = await failure(through(proxy), other)

    assert "the certificate doesn't verify" in str(error)
    assert "gw.example" != error.hosts[0]


async def test_refusal_of_a_proxy_is_a_failed_connect_without_its_password() -> None:
    """The text of a foreign error may hold the URL of the proxy; its type is enough."""
    async with Socks5Proxy({}, "p4ssw0rd") as proxy:
        wrong = proxy.url.replace("p4ssw0rd", "guess")
        unknown_name = await failure(through(proxy))
        wrong_password = await failure(through(proxy, wrong))
    no_proxy = await failure(through(proxy))

    assert "gw.example:2775: the connector raised ProxyError" in str(unknown_name)
    assert isinstance(unknown_name.__cause__, ProxyError)
    assert "the connector raised ProxyError" in str(wrong_password)
    assert "the connector raised ProxyConnectionError (Connection refused)" in str(no_proxy)
    assert isinstance(no_proxy.__cause__, ProxyConnectionError)
    for error in (unknown_name, wrong_password, no_proxy):
        assert "p4ssw0rd" not in str(error)
        assert "guess" not in str(error)


# What a connector returns, and what it does instead.


async def test_blocking_socket_is_made_non_blocking() -> None:
    """Libraries without asyncio make them, in a thread."""

    async def in_thread(host: str, port: int) -> socket.socket:
        """Connect in a thread."""
        return await asyncio.to_thread(socket.create_connection, (host, port))

    async with Gateway() as gateway, SmscClient(gateway.url(), connector=in_thread) as smsc:
        await smsc.send(SMS)


@pytest.mark.parametrize(
    "connector",
    [
        lambda host, port: dial(port=port, host=host),
        functools.partial(dial),
        type("", (), {"__call__": lambda _, *to: dial(*to)})(),
    ],
    ids=["lambda", "partial", "object"],
)
async def test_any_callable_that_returns_an_awaitable_is_a_connector(connector: Any) -> None:  # noqa: ANN401 - three kinds
    """A method of another library, or a lambda around it."""
    async with Gateway() as gateway, SmscClient(gateway.url(), connector=connector):
        pass


async def test_socket_that_is_not_tcp_is_used() -> None:
    """A tunnel may end in a pair of sockets, or in one of UNIX."""
    gateway = Gateway()
    ours, theirs = socket.socketpair()
    await asyncio.get_running_loop().create_connection(gateway.connected, sock=theirs)

    async with SmscClient("smpp://shop:secret@gw", connector=returning(ours)) as smsc:
        await smsc.send(SMS)
    await until(lambda: gateway.peer.is_closed)


def connected_datagrams() -> socket.socket:
    """Return a UDP socket that has a peer."""
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", 9))
    return sock


def returning(made: object) -> Any:  # noqa: ANN401 - also what no connector returns
    """Return an async function that returns *made*."""

    async def connector(*_: object) -> object:
        """Return it."""
        return made

    return connector


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: None, "returned a NoneType; it has to return a connected socket.socket"),
        (lambda: (1, 2), "returned a tuple"),
        (socket.socket, "returned a socket that isn't connected"),
        (connected_datagrams, "returned a socket that isn't a stream socket"),
    ],
    ids=["None", "tuple", "unconnected", "datagrams"],
)
async def test_what_is_no_connected_socket_is_refused(make: Callable[[], Any], reason: str) -> None:
    """And closed, since nothing else would."""
    made = make()

    error = await failure(returning(made))

    assert f"no connection to gw.example:2775: the connector {reason}" in str(error)
    assert not isinstance(made, socket.socket) or made.fileno() == -1


async def test_closed_socket_is_refused() -> None:
    """A connector that returns one socket for ever: the second time it is closed."""
    ours, theirs = socket.socketpair()
    ours.close()
    theirs.close()

    assert "isn't connected" in str(await failure(returning(ours)))


async def test_socket_of_another_link_is_refused_and_left_open() -> None:
    """Asyncio would read it for the newer link alone."""
    made: list[socket.socket] = []

    async def same(host: str, port: int) -> socket.socket:
        """Return one socket again and again."""
        made.append(made[0] if made else await dial(host, port))
        return made[-1]

    async with Gateway() as gateway, SmscClient(gateway.url(), connector=same) as smsc:
        with pytest.raises(ConnectFailedError, match="a socket that is in use; make a new one"):
            async with SmscClient(gateway.url(), connector=same):
                pass

        assert "1" == (await smsc.send(Sms(to="79991234567", text="hello"))).message_id


async def test_socket_with_tls_is_refused() -> None:
    """The session of `ssl.SSLSocket` can't be used by asyncio."""
    ours, theirs = socket.socketpair()
    wrapped = ssl.create_default_context().wrap_socket(
        ours, server_hostname="gw.example", do_handshake_on_connect=False
    )

    error = await failure(returning(wrapped))
    theirs.close()

    assert "returned a socket with TLS; TLS is added by the client" in str(error)
    assert -1 == wrapped.fileno()


async def test_connector_that_is_not_async_is_refused() -> None:
    """It would block the event loop; what it made is closed."""
    ours, theirs = socket.socketpair()

    error = await failure(lambda *_: ours)
    theirs.close()

    assert "the connector returned a socket at once; it has to be an async function" in str(error)
    assert -1 == ours.fileno()


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (RuntimeError("proxy user:secret"), "RuntimeError"),
        (OSError("secret"), "OSError"),
        (TimeoutError(), "TimeoutError"),
        (ConnectionResetError(104, "secret"), "ConnectionResetError (Connection reset by peer)"),
        (socket.gaierror(socket.EAI_NONAME, "secret"), "gaierror"),
        (UnicodeError("secret"), "UnicodeError"),
        (ConnectFailedError("secret"), "ConnectFailedError"),
        (asyncio.CancelledError("secret"), "CancelledError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_a_connector_raises_is_the_cause(raised: BaseException, said: str) -> None:
    """Its text stays out of ours: who wrote it didn't know that it is logged."""

    async def connector(*_: object) -> socket.socket:
        """Fail."""
        raise raised

    error = await failure(connector)

    assert f"no connection to gw.example:2775: the connector raised {said}" == str(error)
    assert type(error.__cause__) is type(raised)


# Time, and being cancelled.


@pytest.mark.parametrize("is_stubborn", [False, True])
async def test_connector_has_the_connect_timeout(is_stubborn: bool) -> None:  # noqa: FBT001 - a case
    """Also one that goes on when cancelled; its late socket is closed."""
    ours, theirs = socket.socketpair()
    late = asyncio.Event()

    async def connector(*_: object) -> socket.socket:
        """Take for ever, or until it is of no use any more."""
        try:
            await late.wait()
        except asyncio.CancelledError:
            if not is_stubborn:
                ours.close()
                raise
            await late.wait()
        return ours

    entering = asyncio.ensure_future(
        failure(connector, "smpp://shop:secret@gw.example?connect_timeout=5")
    )
    await turns()
    pass_time(4.9)
    await turns()
    assert not entering.done()
    pass_time(0.2)

    assert "no answer in 5.0 s" in str(await entering)
    late.set()
    await turns()
    assert -1 == ours.fileno()
    theirs.close()


@pytest.mark.parametrize("result", ["socket", "error", "nothing"])
async def test_leaving_does_not_wait_for_a_connector(result: str) -> None:
    """Being cancelled while a thread connects, say: what comes late is closed, quietly."""
    ours, theirs = socket.socketpair()
    late = asyncio.get_running_loop().create_future()

    async def connector(*_: object) -> socket.socket:
        """Ignore being cancelled once."""
        try:
            await asyncio.shield(late)
        except asyncio.CancelledError:
            await late
        return ours if result == "socket" else None  # type: ignore[return-value]

    entering = asyncio.ensure_future(
        SmscClient("smpp://shop:secret@gw", connector=connector).__aenter__()
    )
    await turns()
    entering.cancel()
    await asyncio.wait([entering])
    assert entering.cancelled()

    if result == "error":
        late.set_exception(RuntimeError)
    else:
        late.set_result(None)
    await turns()
    assert (-1 == ours.fileno()) == (result == "socket")
    ours.close()
    theirs.close()


# Settings.


@pytest.mark.parametrize(
    ("connector", "url", "reason"),
    [
        ("127.0.0.1:1080", "smpp://shop:secret@gw", "takes an async function of host and port"),
        (dial, "sim://", "sim:// connects to nothing; use smpp://"),
        (dial, "smpp://shop:secret@gw?local_addr=127.0.0.1", "leave out local_addr"),
    ],
)
def test_connector_that_would_not_be_called_is_refused(
    connector: Any,  # noqa: ANN401 - also what is no function
    url: str,
    reason: str,
) -> None:
    """At once, not at the first loss of a link."""
    with pytest.raises(ConfigError, match=reason) as caught:
        SmscClient(url, connector=connector)

    assert "connector" == caught.value.name


# Local addresses.


@pytest.mark.parametrize("local", ["127.0.0.2", "127.0.0.3:0"])
async def test_socket_is_bound_to_the_local_address(local: str) -> None:
    """An SMSC may know an account by its address."""
    async with Gateway() as gateway, SmscClient(gateway.url(f"local_addr={local}")) as smsc:
        await smsc.send(SMS)
        address, port = gateway.peer.transport.get_extra_info("peername")

    assert local.partition(":")[0] == address
    assert port > 0


async def test_local_port_is_used_again_after_a_loss() -> None:
    """It would be in use for a minute after we closed, without SO_REUSEADDR."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Our end closes first: the gateway's frame has a length that can't be.
    events: list[object] = []
    async with Gateway() as gateway:
        url = gateway.url(f"local_addr=127.0.0.1:{port}")
        async with SmscClient(url, hooks=[events.append]):
            gateway.peer.raw(bytes(16))
            await until(lambda: len(events) >= 3)
            ports = [peer.transport.get_extra_info("peername") for peer in gateway.peers]

    assert [("127.0.0.1", port)] * 2 == ports
    assert [LinkBound, LinkDown, LinkBound] == [type(event) for event in events[:3]]


@pytest.mark.parametrize(
    ("local", "reason"),
    [
        ("192.0.2.7", r"local_addr 192\.0\.2\.7 can't be bound: Cannot assign requested address"),
        (
            "[2001:db8::7]:5000",
            r"can't be bound: Cannot assign requested address|no address of its",
        ),
        ("[::1]", "the host has no address of its family"),
        ("[fe80::1%25nowhere9]", "can't be bound"),
    ],
)
async def test_local_address_that_is_not_ours_is_named(local: str, reason: str) -> None:
    """Or the host would seem to be wrong."""
    async with Gateway() as gateway:
        with pytest.raises(ConnectFailedError, match=reason) as caught:
            await SmscClient(gateway.url(f"local_addr={local}")).__aenter__()

    assert "host and port" not in str(caught.value)


async def test_refusal_from_a_local_address_has_the_usual_reason() -> None:
    """Only what goes wrong with the address itself is different."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"smpp://shop:secret@127.0.0.1:{port}?local_addr=127.0.0.1"
    with pytest.raises(ConnectFailedError, match="nothing listens there; check host and port"):
        await SmscClient(url).__aenter__()


async def test_cancelled_connect_from_a_local_address_closes_its_socket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A socket that nothing owns would stay open."""
    made: list[socket.socket] = []

    async def never(sock: socket.socket, _: object) -> None:
        """Connect for ever."""
        made.append(sock)
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", never)
    config = SmscConfig(hosts=(Host("127.0.0.1", 1),), system_id="shop", local_addr="127.0.0.1")
    entering = asyncio.ensure_future(SmscClient(config).__aenter__())
    await until(lambda: bool(made))
    entering.cancel()
    await asyncio.wait([entering])

    assert [-1] == [sock.fileno() for sock in made]
