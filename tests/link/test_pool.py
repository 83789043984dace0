"""The links of a client: connect, bind, reconnect, unbind, and the state of all together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from idle_clock import pass_time
from scripted import (
    Gateway,
    Peer,
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
    ClientClosedError,
    ConfigError,
    LinkLostError,
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


async def failed(gateway: Gateway) -> RecordedPool:
    """Open two links, and refuse them until the pool has given up."""
    links = await opened(gateway, "binds=2")
    await until(lambda: len(links.dispatcher.links) == 2)
    gateway.on_bind = refusing(0x0E)
    for peer in list(gateway.peers):
        peer.drop()
    await until(lambda: links.pool.state is LinkState.FAILED)
    return links


def retries(links: RecordedPool) -> list[float | None]:
    """Return the pauses after the attempts that failed."""
    return [event.retry_in for event in links.events if isinstance(event, ConnectFailed)]


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
    await links.pool.close(drain=30)
    (bind,) = gateway.peer.all(kind)

    assert ("shop", "secret", 0x34) == (bind.system_id, bind.password, bind.interface_version)


async def test_bind_carries_the_address_range(gateway: Gateway) -> None:
    """An SMSC may deliver by it; without the settings the fields stay empty."""
    links = await opened(gateway, "addr_ton=1&addr_npi=0x0D&address_range=^7999.*$")
    await links.pool.close(drain=0)
    links = await opened(gateway)
    await links.pool.close(drain=0)

    binds = [bind for peer in gateway.peers for bind in peer.all(BindTransceiver)]

    sent = [(bind.addr_ton, bind.addr_npi, bind.address_range) for bind in binds]
    assert [(1, 13, "^7999.*$"), (0, 0, "")] == sent


async def test_long_password_is_sent_in_full(gateway: Gateway) -> None:
    """SMPP allows 8 characters; this gateway issues longer ones, so a config may allow them."""
    url = gateway.url("long_password=1").replace("secret", "secret-and-long")
    links = RecordedPool(SmscConfig.from_url(url))
    await links.pool.open()
    await links.pool.close(drain=30)

    assert b"secret-and-long" in gateway.peer.received[0].password.encode()  # type: ignore[attr-defined]
    assert issubclass(LongPasswordBindTransceiver, BindTransceiver)


async def test_hooks_and_state_follow_a_link(gateway: Gateway) -> None:
    """Hooks are called when it is bound and when it ends."""
    links = RecordedPool(gateway.config())
    states = [links.pool.state]
    await links.pool.open()
    states.append(links.pool.state)
    assert links.pool.bound_at is not None
    await links.pool.close(drain=30)
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
    await links.pool.close(drain=0)

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
    await links.pool.close(drain=30)

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
    await links.pool.close(drain=30)


async def test_deadlines_are_met_on_the_next_link_too(gateway: Gateway) -> None:
    """Each link has a timer of its own: a request with a short timeout isn't forgotten there."""
    links = await opened(gateway)
    gateway.peer.drop()
    await until(lambda: links.pool.connects == 2)
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(RequestTimeoutError):
        await links.dispatcher.request(QuerySm(message_id="1"), 0.01)
    await links.pool.close(drain=0)

    assert loop.time() - began < 0.5


async def test_waiting_messages_are_written_as_the_link_is_bound(gateway: Gateway) -> None:
    """Without a further event, and the hook is called in the same iteration."""
    gateway.on_bind = nothing
    links = await opened(gateway, "open=eventually")
    message = job()
    links.submit(message)
    peer = await gateway.bound()
    peer.answer(peer.received[0])
    await until(lambda: message.is_finished)
    await links.pool.close(drain=30)

    assert ("1",) == message.message_ids
    assert [LinkBound, LinkDown] == [type(event) for event in links.events]


async def test_pool_that_was_never_opened_closes(gateway: Gateway) -> None:
    """Closing is idempotent, before and after."""
    links = RecordedPool(gateway.config())
    await links.pool.close(drain=30)
    await links.pool.open()
    await links.pool.close(drain=30)
    await links.pool.close(drain=30)

    assert LinkState.CLOSED is links.pool.state


async def test_wrong_certificate_file_is_an_error_of_open(gateway: Gateway) -> None:
    """Before any connection is made."""
    url = gateway.url("ca_file=/nowhere/ca.pem").replace("smpp://", "smpps://")
    links = RecordedPool(SmscConfig.from_url(url))
    with pytest.raises(ConfigError, match="ca_file"):
        await links.pool.open()

    assert [] == gateway.peers
    assert LinkState.CLOSED is links.pool.state


async def test_losses_are_warnings_and_giving_up_is_an_error(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """With logging unset Python shows warnings: a lost gateway is seen, a password never."""
    caplog.set_level("INFO", "smsc_async")
    links = await failed(gateway)
    gateway.on_bind = Peer.answer
    await links.pool.reconnect()
    await until(lambda: len(links.dispatcher.links) == 2)
    await links.pool.close(drain=30)
    levels = {
        (record.levelname, record.getMessage().partition("(")[0]) for record in caplog.records
    }
    closed = [record.levelname for record in caplog.records[-2:]]

    assert {
        ("INFO", "= LinkBound"),
        ("WARNING", "= LinkDown"),
        ("WARNING", "= ConnectFailed"),
        ("ERROR", "= ConnectFailed"),
        ("INFO", "= LinkDown"),
    } == levels
    assert ["INFO", "INFO"] == closed
    assert "secret" not in caplog.text


# Giving up.


async def test_second_link_refused_for_good_leaves_the_first(gateway: Gateway) -> None:
    """An account may allow one session only: messages use the link that is bound."""
    binds = 0

    def first_only(peer: Peer, bind: Pdu) -> None:
        """Accept one bind."""
        nonlocal binds
        binds += 1
        peer.answer(bind, 0 if binds == 1 else 0x0E)

    gateway.on_bind = first_only
    links = await opened(gateway, "binds=3")
    await until(lambda: retries(links)[-1:] == [None])
    message = job()
    links.submit(message)
    await until(lambda: message.is_finished)
    await turns()

    assert LinkState.BOUND is links.pool.state
    assert ("1",) == message.message_ids
    assert 1 + 3 == len(gateway.peers)
    await links.pool.close(drain=30)


async def test_bound_link_that_is_lost_is_tried_though_another_was_refused(
    gateway: Gateway,
) -> None:
    """What was bound is tried again; when it is bound, the refused one has another chance."""
    links = await opened(gateway, "binds=2&reconnect_refusals=1")
    await until(lambda: len(links.dispatcher.links) == 2)
    gateway.on_bind = refusing(0x0E)
    gateway.peers[0].drop()
    await until(lambda: retries(links) == [None])
    assert LinkState.BOUND is links.pool.state
    gateway.on_bind = Peer.answer
    gateway.peers[1].drop()
    await until(lambda: len(links.dispatcher.links) == 2)

    assert 2 + 2 == links.pool.connects
    await links.pool.close(drain=30)


@pytest.mark.parametrize(("binds", "refusals"), [(1, 3), (3, 3), (2, 1), (3, 5)])
async def test_refusals_in_a_row_are_counted_over_all_links(
    gateway: Gateway, binds: int, refusals: int
) -> None:
    """The gateway blocks the address after five: one link tries at a time, with pauses."""
    links = await opened(gateway, f"binds={binds}&reconnect_refusals={refusals}")
    await until(lambda: len(links.dispatcher.links) == binds)
    gateway.on_bind = refusing(0x0E)
    for peer in list(gateway.peers):
        peer.drop()
    message = job()
    await until(lambda: not links.dispatcher.links)
    links.submit(message)
    await until(lambda: links.pool.state is LinkState.FAILED)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await until(lambda: loop.time() > began + 0.05)

    assert binds + refusals == len(gateway.peers)
    assert [False] * (refusals - 1) + [True] == [retry is None for retry in retries(links)]
    assert message.failure is not None
    assert Outcome.NOT_SENT is message.failure.outcome
    assert isinstance(message.failure.__cause__, BindRefusedError)
    await links.pool.close(drain=30)


@pytest.mark.parametrize("between", ["busy", "drop"])
async def test_short_refusal_is_survived(gateway: Gateway, between: str) -> None:
    """A gateway that starts may refuse right credentials; other failures don't count."""
    links = await opened(gateway, "binds=2")
    await until(lambda: len(links.dispatcher.links) == 2)
    course: list[Any] = [
        refusing(0x0E),
        refusing(0x0D) if between == "busy" else lambda peer, _: peer.drop(),
        refusing(0x0E),
    ]

    def next_answer(peer: Peer, bind: Pdu) -> None:
        """Refuse a few binds, then accept."""
        (course.pop(0) if course else Peer.answer)(peer, bind)

    gateway.on_bind = next_answer
    for peer in list(gateway.peers):
        peer.drop()
    await until(lambda: links.pool.connects == 4)

    assert LinkState.BOUND is links.pool.state
    assert None not in retries(links)
    await links.pool.close(drain=30)


async def test_accepted_bind_ends_the_row_of_refusals(gateway: Gateway) -> None:
    """Two refusals, a bind, two refusals: that isn't four in a row."""
    links = await opened(gateway)
    left: list[int] = []
    gateway.on_bind = lambda peer, bind: peer.answer(bind, left.pop() if left else 0)
    for bound in (2, 3):
        left.extend((0x0E, 0x0E))
        gateway.peer.drop()
        await until(lambda bound=bound: links.pool.connects == bound)  # type: ignore[misc]

    assert None not in retries(links)
    await links.pool.close(drain=30)


async def test_pool_gives_up_after_seconds_without_a_link(gateway: Gateway) -> None:
    """Counted from the loss of the last link, whatever the attempts do."""
    links = await opened(gateway, "reconnect_give_up_after=0.2&bind_timeout=60")
    gateway.on_bind = nothing
    loop = asyncio.get_running_loop()
    began = loop.time()
    gateway.peer.drop()
    await until(lambda: links.pool.state is LinkState.FAILED)
    refused = job()
    links.submit(refused)

    assert 0.2 <= loop.time() - began < 0.3
    assert "no link for 0.2 s" in str(refused.failure)
    # An attempt that was under way may still succeed.
    await gateway.bound(2)
    gateway.peer.answer(gateway.peer.received[0])
    await until(lambda: links.pool.state is LinkState.BOUND)
    message = job()
    links.submit(message)
    await until(lambda: message.is_finished)
    assert message.failure is None
    await links.pool.close(drain=30)


async def test_short_loss_is_no_reason_to_give_up(gateway: Gateway) -> None:
    """The deadline ends with the next link, and each loss has one of its own."""
    links = await opened(gateway, "reconnect_give_up_after=0.1")
    loop = asyncio.get_running_loop()
    for number in (2, 3):
        gateway.peer.drop()
        await until(lambda number=number: links.pool.connects == number)  # type: ignore[misc]
        began = loop.time()
        await until(lambda began=began: loop.time() > began + 0.2)  # type: ignore[misc]

    assert LinkState.BOUND is links.pool.state
    await links.pool.close(drain=30)


async def test_held_up_loop_reads_before_the_pool_gives_up(gateway: Gateway) -> None:
    """User code ran for longer than `give_up_after`, and the bind had been answered meanwhile."""
    links = await opened(gateway, "reconnect_give_up_after=0.5")
    gateway.on_bind = nothing
    gateway.peer.drop()
    peer = await gateway.bound(2)
    peer.answer(peer.received[0])
    pass_time(5.0)
    await until(lambda: links.pool.connects == 2)

    assert None not in retries(links)
    await links.pool.close(drain=30)


# Reconnecting on demand.


async def test_reconnect_leaves_failed(gateway: Gateway) -> None:
    """The password is right again, or the address is unblocked: no new client is needed."""
    links = await failed(gateway)
    gateway.on_bind = Peer.answer
    await links.pool.reconnect()
    message = job()
    links.submit(message)
    await until(lambda: message.is_finished)
    await until(lambda: len(links.dispatcher.links) == 2)

    assert LinkState.BOUND is links.pool.state
    assert message.failure is None
    await links.pool.reconnect()
    await links.pool.close(drain=30)


async def test_reconnect_that_is_refused_gives_up_at_once(gateway: Gateway) -> None:
    """Credentials that were refused three times in a row have one more chance each time."""
    links = await failed(gateway)
    before = len(gateway.peers)
    for attempts in (1, 2):
        with pytest.raises(BindRefusedError):
            await links.pool.reconnect()
        assert LinkState.FAILED is links.pool.state
        assert before + attempts == len(gateway.peers)
    await links.pool.close(drain=30)


async def test_reconnect_that_fails_otherwise_goes_on_by_the_policy(gateway: Gateway) -> None:
    """The caller learns why, and the client tries on as after a loss."""
    links = await failed(gateway)
    gateway.on_bind = lambda peer, _: peer.drop()
    with pytest.raises(LinkLostError):
        await links.pool.reconnect()
    assert LinkState.FAILED is not links.pool.state
    gateway.on_bind = Peer.answer
    await until(lambda: links.pool.state is LinkState.BOUND)
    await links.pool.close(drain=30)


async def test_reconnect_ends_a_pause(gateway: Gateway) -> None:
    """An operator who knows that the gateway is back doesn't wait a minute."""
    url = gateway.url().replace("0.001", "60")
    links = RecordedPool(SmscConfig.from_url(url))
    await links.pool.open()
    gateway.peer.drop()
    await until(lambda: links.pool.state is LinkState.DOWN)
    loop = asyncio.get_running_loop()
    began = loop.time()
    waits = [asyncio.create_task(links.pool.reconnect()) for _ in range(3)]
    await asyncio.sleep(0)
    waits[0].cancel()
    await asyncio.wait(waits)

    assert [True, False, False] == [wait.cancelled() for wait in waits]
    assert loop.time() - began < 1
    assert LinkState.BOUND is links.pool.state
    await links.pool.close(drain=30)


async def test_reconnect_of_a_pool_that_is_closed_meanwhile_fails(gateway: Gateway) -> None:
    """No wait outlives the client."""
    links = await opened(gateway)
    gateway.on_bind = nothing
    gateway.peer.drop()
    await gateway.bound(2)
    wait = asyncio.create_task(links.pool.reconnect())
    await turns()
    await links.pool.close(drain=0)
    await asyncio.wait([wait])

    assert isinstance(wait.exception(), ClientClosedError)


# Several hosts.


async def test_refused_bind_is_raised_before_a_lost_link(gateway: Gateway) -> None:
    """Of the errors of two hosts the one that says more is raised."""
    async with Gateway() as other:
        other.on_bind = refusing(0x0D)
        gateway.on_bind = lambda peer, _: peer.drop()
        url = gateway.url().replace("@", f"@127.0.0.1:{other.port},")
        links = RecordedPool(SmscConfig.from_url(url))
        with pytest.raises(BindRefusedError, match="ESME_RBINDFAIL"):
            await links.pool.open()
        await links.pool.close(drain=0)


async def test_of_two_refused_binds_the_last_is_raised(gateway: Gateway) -> None:
    """A refusal for good ends the attempts: it says more than the busy host before it."""
    async with Gateway() as busy:
        busy.on_bind = refusing(0x0D)
        gateway.on_bind = refusing(0x0E)
        url = gateway.url().replace("@", f"@127.0.0.1:{busy.port},")
        links = RecordedPool(SmscConfig.from_url(url))
        with pytest.raises(BindRefusedError, match="ESME_RINVPASWD"):
            await links.pool.open()
        await links.pool.close(drain=0)


async def test_wrong_password_is_not_tried_at_the_next_host(gateway: Gateway) -> None:
    """All hosts count refused binds together, and block the address."""
    async with Gateway() as other:
        other.on_bind = refusing(0x0E)
        url = gateway.url().replace("@", f"@127.0.0.1:{other.port},")
        links = RecordedPool(SmscConfig.from_url(url))
        with pytest.raises(BindRefusedError):
            await links.pool.open()
        await links.pool.close(drain=0)

    assert [] == gateway.peers


async def test_eventually_gives_up_wrong_credentials_too(gateway: Gateway) -> None:
    """Further attempts would block the address; waiting messages fail at once."""
    gateway.on_bind = refusing(0x0E)
    links = await opened(gateway, "open=eventually")
    message = job()
    links.submit(message)
    await until(lambda: message.is_finished)

    assert LinkState.FAILED is links.pool.state
    assert isinstance(message.failure.__cause__, BindRefusedError)  # type: ignore[union-attr]
    assert ConnectFailed(str(message.failure.__cause__), None) in links.events  # type: ignore[union-attr]
    await links.pool.close(drain=30)


async def test_no_link_is_built_while_the_client_is_left(gateway: Gateway) -> None:
    """Of two links one is unbound quickly: it isn't built again while the other takes longer."""
    answers: list[tuple[Peer, Any]] = []
    gateway.on_unbind = lambda peer, unbind: answers.append((peer, unbind))
    links = await opened(gateway, "binds=2")
    await until(lambda: len(links.dispatcher.links) == 2)
    closing = asyncio.create_task(links.pool.close(drain=30))
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
    closing = asyncio.create_task(links.pool.close(drain=30))
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
        await links.pool.close(drain=0)


async def test_cancelled_close_leaves_no_task_and_no_timer(gateway: Gateway) -> None:
    """A cancel scope cancels every await inside it, those that clean up as well."""
    gateway.on_unbind = nothing
    links = await opened(gateway)
    with anyio.move_on_after(0.01):
        await links.pool.close(drain=30)
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
        await links.pool.close(drain=30)
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
    leaving = [asyncio.create_task(links.pool.close(drain=30)) for _ in range(2)]
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
    await links.pool.close(drain=30)

    assert "<LinkPool bound, 2 of 2 links bound>" == shown
    assert "<LinkPool closed, 0 of 2 links bound>" == repr(links.pool)
