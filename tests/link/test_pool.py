"""The links of a client: connect, bind, reconnect, unbind, and the state of all together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from scripted import (
    Gateway,
    RecordedPool,
    RecordingTraffic,
    nothing,
    parts_of,
    refusing,
    turns,
    until,
)

from pdu import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    LongPasswordBindTransceiver,
    Pdu,
    QuerySm,
    Unbind,
)
from smsc_async import (
    BindRefusedError,
    ConfigError,
    LinkState,
    Outcome,
    RequestTimeoutError,
    Sms,
    SmscConfig,
)
from smsc_async.instrumentation import ConnectFailed, LinkBound, LinkDown
from smsc_async.link import SubmitJob

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from scripted import Peer

SMS = Sms(to="79991234567", text="hello")


@pytest.fixture
async def gateway() -> AsyncGenerator[Gateway]:
    """An SMSC that behaves unless a test replaces its hooks."""
    async with Gateway() as running:
        yield running


def job(parts: int = 1) -> SubmitJob[Any]:
    """Make a message."""
    return SubmitJob(SMS, parts_of(parts), None, RecordingTraffic())


async def opened(gateway: Gateway, query: str = "") -> RecordedPool:
    """Open a pool."""
    links = RecordedPool(gateway.config(query))
    await links.pool.open()
    return links


async def rebinding(gateway: Gateway) -> tuple[RecordedPool, list[tuple[Peer, Any]]]:
    """Open two links and lose both; return their next binds, which have no response yet."""
    links = await opened(gateway, "binds=2")
    await until(lambda: len(links.dispatcher.links) == 2)
    held: list[tuple[Peer, Any]] = []
    gateway.on_bind = lambda peer, bind: held.append((peer, bind))
    for peer in list(gateway.peers):
        peer.drop()
    await until(lambda: len(held) == 2)
    return links, held


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("mode=transceiver", BindTransceiver),
        ("mode=transmitter", BindTransmitter),
        ("mode=receiver", BindReceiver),
    ],
)
async def test_bind_request_follows_the_mode(gateway: Gateway, query: str, kind: type[Any]) -> None:
    """Credentials and version are those of the config."""
    links = await opened(gateway, query)
    await links.pool.close(drain=True)
    (bind,) = gateway.peer.all(kind)

    assert ("shop", "secret", 0x34) == (bind.system_id, bind.password, bind.interface_version)


async def test_long_password_is_sent_in_full(gateway: Gateway) -> None:
    """SMPP allows 8 characters; this gateway issues longer ones, so a config may allow them."""
    url = gateway.url("long_password=1").replace("secret", "secret-and-long")
    links = RecordedPool(SmscConfig.from_url(url))
    await links.pool.open()
    await links.pool.close(drain=True)

    assert b"secret-and-long" in gateway.peer.received[0].password.encode()  # type: ignore[attr-defined]
    assert issubclass(LongPasswordBindTransceiver, BindTransceiver)


async def test_hooks_and_state_follow_a_link(gateway: Gateway) -> None:
    """Hooks are called when it is bound and when it ends."""
    links = RecordedPool(gateway.config())
    states = [links.pool.state]
    await links.pool.open()
    states.append(links.pool.state)
    assert links.pool.bound_at is not None
    await links.pool.close(drain=True)
    states.append(links.pool.state)

    assert [LinkBound, LinkDown] == [type(event) for event in links.events]
    assert [LinkState.CLOSED, LinkState.BOUND, LinkState.CLOSED] == states
    assert 1 == links.pool.connects


async def test_state_is_connecting_until_the_first_attempt_has_failed(gateway: Gateway) -> None:
    """Between attempts it is down: a readiness probe distinguishes the two."""
    gateway.on_bind = nothing
    url = gateway.url("open=eventually").replace("initial=0.001", "initial=60")
    links = RecordedPool(SmscConfig.from_url(url.replace("maximum=0.001", "maximum=60")))
    await links.pool.open()
    states = [links.pool.state]
    peer = await gateway.bound()
    states.append(links.pool.state)
    peer.drop()
    await until(lambda: links.events)
    await turns()
    states.append(links.pool.state)
    await links.pool.close(drain=False)

    assert [LinkState.CONNECTING, LinkState.CONNECTING, LinkState.DOWN] == states


async def test_lost_link_is_built_again(gateway: Gateway) -> None:
    """The state says so meanwhile, and the reason is kept."""
    links = await opened(gateway)
    held: list[tuple[Peer, Any]] = []
    gateway.on_bind = lambda peer, bind: held.append((peer, bind))
    gateway.peer.drop()
    await until(lambda: links.pool.state is LinkState.DOWN)
    await until(lambda: held)
    await until(lambda: links.pool.state is LinkState.CONNECTING)
    held[0][0].answer(held[0][1])
    await until(lambda: links.pool.state is LinkState.BOUND)
    last_error = links.dispatcher.last_error
    await links.pool.close(drain=True)

    assert "the connection was lost" == last_error
    assert 2 == links.pool.connects
    assert [LinkBound, LinkDown, LinkBound, LinkDown] == [type(event) for event in links.events]


async def test_attempt_that_failed_is_repeated(gateway: Gateway) -> None:
    """A busy gateway may refuse a bind for a while; hooks get the delay until the next one."""
    links = await opened(gateway)
    gateway.on_bind = refusing(0x0D)
    gateway.peer.drop()
    await until(lambda: isinstance(links.events[-1], ConnectFailed))

    assert links.events[-1].retry_in is not None
    gateway.on_bind = type(gateway.peer).answer
    await until(lambda: links.pool.state is LinkState.BOUND)
    await links.pool.close(drain=True)


async def test_deadlines_are_met_on_the_next_link_too(gateway: Gateway) -> None:
    """Each link has a timer of its own: a request with a short timeout isn't forgotten there."""
    links = await opened(gateway)
    gateway.peer.drop()
    await until(lambda: links.pool.connects == 2)
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(RequestTimeoutError):
        await links.dispatcher.request(QuerySm(message_id="1"), 0.01)
    await links.pool.close(drain=False)

    assert loop.time() - began < 0.5


async def test_waiting_messages_are_written_as_the_link_is_bound(gateway: Gateway) -> None:
    """Without a further event, and the hook is called in the same turn."""
    gateway.on_bind = nothing
    links = await opened(gateway, "open=eventually")
    message = job()
    links.submit(message)
    peer = await gateway.bound()
    peer.answer(peer.received[0])
    await until(lambda: message.is_finished)
    await links.pool.close(drain=True)

    assert ("1",) == message.message_ids
    assert [LinkBound, LinkDown] == [type(event) for event in links.events]


async def test_pool_that_was_never_opened_closes(gateway: Gateway) -> None:
    """Closing is idempotent, before and after."""
    links = RecordedPool(gateway.config())
    await links.pool.close(drain=True)
    await links.pool.open()
    await links.pool.close(drain=True)
    await links.pool.close(drain=True)

    assert LinkState.CLOSED is links.pool.state


async def test_wrong_certificate_file_is_an_error_of_open(gateway: Gateway) -> None:
    """Before any connection is made."""
    url = gateway.url("ca_file=/nowhere/ca.pem").replace("smpp://", "smpps://")
    links = RecordedPool(SmscConfig.from_url(url))
    with pytest.raises(ConfigError, match="ca_file"):
        await links.pool.open()

    assert [] == gateway.peers
    assert LinkState.CLOSED is links.pool.state


async def test_second_link_refused_for_good_leaves_the_first(gateway: Gateway) -> None:
    """An account may allow one session only: messages use the link that is bound."""
    binds = 0

    def first_only(peer: Peer, bind: Pdu) -> None:
        """Accept one bind."""
        nonlocal binds
        binds += 1
        peer.answer(bind, 0 if binds == 1 else 0x0E)

    gateway.on_bind = first_only
    links = await opened(gateway, "binds=2")
    await until(lambda: any(isinstance(event, ConnectFailed) for event in links.events))
    message = job()
    links.submit(message)
    await until(lambda: message.is_finished)

    assert LinkState.BOUND is links.pool.state
    assert ("1",) == message.message_ids
    await links.pool.close(drain=True)


async def test_refused_credentials_fail_the_messages_that_wait(gateway: Gateway) -> None:
    """At once: the other link, which is still binding, has the same credentials."""
    links, held = await rebinding(gateway)
    message = job()
    links.submit(message)
    refusing(0x0E)(*held[0])
    await until(lambda: links.pool.state is LinkState.FAILED)

    assert message.failure is not None
    assert isinstance(message.failure.__cause__, BindRefusedError)
    await links.pool.close(drain=False)


async def test_link_that_binds_after_all_ends_the_refusal(gateway: Gateway) -> None:
    """Of two links one is refused for good, the other bound a moment later: messages are sent."""
    links, held = await rebinding(gateway)
    refusing(0x0E)(*held[0])
    await until(lambda: links.pool.state is LinkState.FAILED)
    refused = job()
    links.submit(refused)
    held[1][0].answer(held[1][1])
    await until(lambda: links.dispatcher.links)
    assert LinkState.BOUND is links.pool.state
    message = job()
    links.submit(message)
    await until(lambda: message.is_finished)

    assert refused.failure is not None
    assert Outcome.NOT_SENT is refused.failure.outcome
    assert message.failure is None
    await links.pool.close(drain=True)


async def test_refused_bind_is_raised_before_a_lost_link(gateway: Gateway) -> None:
    """Of the errors of two hosts the one that says more is raised."""
    async with Gateway() as other:
        other.on_bind = refusing(0x0D)
        gateway.on_bind = lambda peer, _: peer.drop()
        url = gateway.url().replace("@", f"@127.0.0.1:{other.port},")
        links = RecordedPool(SmscConfig.from_url(url))
        with pytest.raises(BindRefusedError, match="ESME_RBINDFAIL"):
            await links.pool.open()
        await links.pool.close(drain=False)


async def test_of_two_refused_binds_the_last_is_raised(gateway: Gateway) -> None:
    """A refusal for good ends the attempts: it says more than the busy host before it."""
    async with Gateway() as busy:
        busy.on_bind = refusing(0x0D)
        gateway.on_bind = refusing(0x0E)
        url = gateway.url().replace("@", f"@127.0.0.1:{busy.port},")
        links = RecordedPool(SmscConfig.from_url(url))
        with pytest.raises(BindRefusedError, match="ESME_RINVPASWD"):
            await links.pool.open()
        await links.pool.close(drain=False)


async def test_wrong_password_is_not_tried_at_the_next_host(gateway: Gateway) -> None:
    """All hosts count refused binds together, and block the address."""
    async with Gateway() as other:
        other.on_bind = refusing(0x0E)
        url = gateway.url().replace("@", f"@127.0.0.1:{other.port},")
        links = RecordedPool(SmscConfig.from_url(url))
        with pytest.raises(BindRefusedError):
            await links.pool.open()
        await links.pool.close(drain=False)

    assert [] == gateway.peers


async def test_eventually_gives_up_wrong_credentials_too(gateway: Gateway) -> None:
    """Further attempts would block the address; waiting messages fail at once."""
    gateway.on_bind = nothing
    links = await opened(gateway, "open=eventually")
    message = job()
    links.submit(message)
    await gateway.bound()
    refusing(0x0E)(gateway.peer, gateway.peer.received[0])
    await until(lambda: message.is_finished)

    assert LinkState.FAILED is links.pool.state
    assert isinstance(message.failure.__cause__, BindRefusedError)  # type: ignore[union-attr]
    assert ConnectFailed(str(message.failure.__cause__), None) in links.events  # type: ignore[union-attr]
    await links.pool.close(drain=True)


async def test_no_link_is_built_while_the_client_is_left(gateway: Gateway) -> None:
    """Of two links one is unbound quickly: it isn't built again while the other takes longer."""
    answers: list[tuple[Peer, Any]] = []
    gateway.on_unbind = lambda peer, unbind: answers.append((peer, unbind))
    links = await opened(gateway, "binds=2")
    await until(lambda: len(links.dispatcher.links) == 2)
    closing = asyncio.create_task(links.pool.close(drain=True))
    await until(lambda: len(answers) == 2)
    answers[0][0].answer(answers[0][1])
    loop = asyncio.get_running_loop()
    began = loop.time()
    await until(lambda: loop.time() > began + 0.02)

    assert 2 == len(gateway.peers)
    answers[1][0].answer(answers[1][1])
    await closing


async def test_link_lost_while_messages_wait_for_the_close_is_built_again(
    gateway: Gateway,
) -> None:
    """Leaving the client drains its queue, and no message of it can leave without a link."""
    gateway.on_submit = nothing
    links = await opened(gateway, "window=1")
    messages = [job(), job()]
    for message in messages:
        links.submit(message)
    await gateway.submitted()
    closing = asyncio.create_task(links.pool.close(drain=True))
    await turns()
    gateway.on_submit = gateway.accept
    gateway.peer.drop()
    await closing

    assert 2 == links.pool.connects
    assert messages[0].failure is not None
    assert messages[1].failure is None


async def test_fault_of_ours_is_logged_and_fails_the_waiting_messages(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug that ends the tasks of the links is logged, and no caller waits for ever."""
    links = await opened(gateway)

    async def broken() -> None:
        """Fail."""
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(links.pool, "_connect_any", broken)
    gateway.on_submit = nothing
    messages = [job(), job()]
    links.submit(messages[0])
    await gateway.submitted()
    gateway.peer.drop()
    await until(lambda: messages[0].is_finished)
    links.submit(messages[1])
    await until(lambda: messages[1].is_finished)

    assert "link supervisor failed" in caplog.text
    with pytest.raises(ExceptionGroup):
        await links.pool.close(drain=False)


async def test_cancelled_close_leaves_no_task_and_no_timer(gateway: Gateway) -> None:
    """A cancel scope cancels every await inside it, those that clean up as well."""
    gateway.on_unbind = nothing
    links = await opened(gateway)
    with anyio.move_on_after(0.01):
        await links.pool.close(drain=True)
    await until(lambda: gateway.peer.is_closed)
    await turns()
    loop: Any = asyncio.get_running_loop()

    assert LinkState.CLOSED is links.pool.state
    assert 1 == len(asyncio.all_tasks())
    assert [] == [timer for timer in loop._scheduled if not timer.cancelled()]
    assert gateway.peer.all(Unbind)


async def test_close_cancelled_while_messages_wait_fails_them(gateway: Gateway) -> None:
    """The window is full, a message waits in the queue: it gets its outcome, and no timer stays."""
    gateway.on_submit = nothing
    links = await opened(gateway, "window=1")
    messages = [job(), job()]
    for message in messages:
        links.submit(message)
    await gateway.submitted()
    with anyio.move_on_after(0.01):
        await links.pool.close(drain=True)
    await until(lambda: gateway.peer.is_closed)
    await turns()
    loop: Any = asyncio.get_running_loop()

    assert [Outcome.UNKNOWN, Outcome.NOT_SENT] == [
        message.failure and message.failure.outcome for message in messages
    ]
    assert [] == [timer for timer in loop._scheduled if not timer.cancelled()]


@pytest.mark.parametrize("cancelled", [0, 1, None])
async def test_several_may_wait_for_the_close(gateway: Gateway, cancelled: int | None) -> None:
    """Another `close`, or one that is cancelled, leaves the others waiting until the end."""
    gateway.on_submit = nothing
    links = await opened(gateway)
    message = job()
    links.submit(message)
    (submit,) = await gateway.submitted()
    leaving = [asyncio.create_task(links.pool.close(drain=True)) for _ in range(2)]
    await turns()
    if cancelled is not None:
        leaving[cancelled].cancel()
        await turns()
    gateway.peer.answer(submit, message_id="1")
    await until(lambda: all(leave.done() for leave in leaving))

    assert message.is_finished
    assert [n == cancelled for n in range(2)] == [leave.cancelled() for leave in leaving]
    assert {None} == {leave.exception() for leave in leaving if not leave.cancelled()}
    assert LinkState.CLOSED is links.pool.state


async def test_repr_counts_links_and_shows_no_password(gateway: Gateway) -> None:
    """A repr appears in logs and debuggers."""
    links = await opened(gateway, "binds=2")
    await until(lambda: len(links.dispatcher.links) == 2)
    shown = repr(links.pool)
    await links.pool.close(drain=True)

    assert "<LinkPool bound, 2 of 2 links bound>" == shown
    assert "<LinkPool closed, 0 of 2 links bound>" == repr(links.pool)
