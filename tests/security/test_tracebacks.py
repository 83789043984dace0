"""No error exposes a password, a text, a code or a whole number in the variables of its frames.

Rule: every public function is made to fail in every way that the table of errors names, with the
secrets in each place where a user may put them. What a crash reporter would read is searched: by a
scanner of our own, and by Sentry's SDK with a transport that keeps what it would send.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from exposed_locals import CODE, NUMBER, PASSWORD, TEXT, exposed, is_ours, leaks
from faultlab import frame
from redis_server import RedisServer
from scripted import Gateway, nothing, refusing, turns, until

import pdu
from pdu import CommandStatus, DecodeError, EncodeError, FrameBuffer, FramingError, PduError
from pdu.text.coding import TextCoding
from pdu.text.segments import split
from smsc_async import (
    BindRefusedError,
    ClientClosedError,
    Coding,
    ConfigError,
    ConnectFailedError,
    Email,
    FailedSubmission,
    FloodLimitError,
    GatewayLimits,
    HeldByRuleError,
    HlrQuery,
    Hold,
    Host,
    InvalidMessageError,
    LinkLostError,
    LocalProtocolError,
    MemoryRuleStore,
    PartsOverdueError,
    Ping,
    QuietHours,
    ReceiptTimeoutError,
    RedisRuleStore,
    RemoteProtocolError,
    RepeatedMessageError,
    RequestRefusedError,
    RequestTimeoutError,
    ResponseTimeoutError,
    SendError,
    Sms,
    SmscClient,
    SmscConfig,
    SmscError,
    Social,
    SubmitInterruptedError,
    SubmitRefusedError,
    TelegramBot,
    TelegramCode,
    ThrottledError,
    Timeouts,
    Tls,
    Viber,
    VoiceCall,
)
from smsc_async.contrib.callback import StatusCallback
from smsc_async.gateway.markup import parse
from smsc_async.outbox import (
    Outbox,
    OutboxError,
    OutboxKeyError,
    OutboxStateError,
    PostgresOutbox,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Iterator
    from pathlib import Path

    from smsc_async import RuleStore

    Call = Callable[[], object]
    Reader = Callable[[BaseException], list[str]]

SECRETS: tuple[Any, ...] = (
    TEXT, TEXT.encode(), NUMBER, int(NUMBER), PASSWORD, PASSWORD.encode(), {"text": TEXT}, [NUMBER],
)  # fmt: skip
"""What stands in a wrong place."""


# Who reads the errors.


def sentry() -> Any:  # noqa: ANN401 - a module that may be missing
    """Return Sentry's SDK, or give the test up."""
    try:
        import sentry_sdk  # noqa: PLC0415 - may be missing
    except ImportError:
        reason = "sentry-sdk isn't installed: sh tools/python.sh tools/environment.py test"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(f"!!! {reason}; what Sentry would send is NOT TESTED")
    return sentry_sdk


def sentry_reader() -> Reader:
    """Return a function that lets Sentry's SDK report an error, and searches what it would send."""
    sdk = sentry()
    sent: list[Any] = []

    class Keeping(sdk.transport.Transport):  # type: ignore[name-defined,misc]  # may be missing
        """A transport that sends nothing."""

        def capture_envelope(self, envelope: Any) -> None:  # noqa: ANN401 - theirs
            """Keep the event."""
            sent.append(envelope.get_event())

    client = sdk.Client(
        dsn="http://key@127.0.0.1/1",
        transport=Keeping,
        default_integrations=False,
        include_local_variables=True,
        event_scrubber=sdk.scrubber.EventScrubber(denylist=[], pii_denylist=[]),
        max_value_length=100_000,
    )

    def read(error: BaseException) -> list[str]:
        sent.clear()
        with sdk.new_scope() as scope:
            scope.set_client(client)
            sdk.capture_exception(error)
        lines: list[str] = []
        for exception in sent[0]["exception"]["values"]:
            lines.append(str(exception["value"]))
            frames = (exception.get("stacktrace") or {}).get("frames", ())
            # A user's own frames hold what the user made.
            ours = [each for each in frames if is_ours(each.get("module"))]
            lines += [json.dumps(each, ensure_ascii=False, default=str) for each in ours]
        return [line for line in lines if leaks(line)]

    return read


@pytest.fixture(params=["every variable", "sentry"])
def reader(request: pytest.FixtureRequest) -> Reader:
    """A scanner of our own, then Sentry's SDK."""
    return exposed if request.param == "every variable" else sentry_reader()


# Values, the codec, settings: what fails without a gateway.


def names_of(kind: Any) -> list[str]:  # noqa: ANN401 - a dataclass
    """Return the names of a dataclass's fields."""
    return [field.name for field in fields(kind)]


def bad_messages() -> Iterator[Call]:
    """Yield calls that make a message with each field wrong."""
    for wrong in (*SECRETS, "", None, "89", "x" * 30, "half \ud800 квазар", f"{TEXT}\n~~~\nzebra"):
        kinds: tuple[tuple[Any, dict[str, Any]], ...] = (
            (Sms, {"text": TEXT}),
            (Email, {"text": TEXT, "subject": TEXT}),
            (VoiceCall, {"text": TEXT}),
            (Viber, {"text": TEXT}),
            (Social, {"text": TEXT}),
            (TelegramCode, {"code": CODE}),
            (TelegramBot, {"text": TEXT, "bot": "shop"}),
            (HlrQuery, {}),
            (Ping, {}),
        )
        for kind, required in kinds:
            least = {"to": "a@shop.example" if kind is Email else NUMBER, **required}
            for name in names_of(kind):
                yield partial(kind, **(least | {name: wrong}))
    for text in (f"__CALL__: {TEXT}", "__HLR__", f"{TEXT}\nvoice:m3", f"{TEXT}\nsubj:x"):
        yield partial(Sms, to=NUMBER, text=text)
        yield partial(VoiceCall, to=NUMBER, text=text)
        yield partial(Email, to="a@shop.example", subject="x", text=text)
    gsm: Any = "gsm"
    yield partial(Sms, to=NUMBER, text=TEXT, coding=gsm)
    yield partial(Sms, to=NUMBER, text=TEXT, coding=Coding.GSM, comment=TEXT)
    yield partial(Sms, to=NUMBER, text=TEXT, schedule=datetime(2026, 1, 1))  # noqa: DTZ001 - refused
    yield partial(Sms, to=NUMBER, text=TEXT, schedule=datetime(1999, 1, 1, tzinfo=UTC))
    yield partial(Sms, to=NUMBER, text=TEXT, validity=-1)
    yield partial(parse, f"__TGM__: {TEXT}", to=NUMBER)


def bad_settings() -> Iterator[Call]:
    """Yield calls with a password in each place of a URL, and with each setting wrong."""
    for url in (
        f"smpp://127.0.0.1:2775@shop:{PASSWORD}",
        f"smpp://shop@127.0.0.1:{PASSWORD}",
        f"smpp://shop:{PASSWORD}",
        f"smpp://shop:{PASSWORD}@",
        f"smpp://shop:{PASSWORD}@a b",
        f"smpp://shop:{PASSWORD}{PASSWORD}@gw",
        f"smpp://{PASSWORD}{PASSWORD}:shop@gw",
        f"smpp://shop:{PASSWORD}ё@gw",
        f"smpp://shop:{PASSWORD}?x@gw",
        f"smpp://shop:1?{PASSWORD}",
        f"smpp://shop:{PASSWORD}@gw?window={PASSWORD}",
        f"smpp://shop:{PASSWORD}@gw?timeout={PASSWORD}",
        f"smpp://shop:{PASSWORD}@gw?mode={PASSWORD}",
        f"smpp://shop:{PASSWORD}@gw?open={PASSWORD}",
        f"smpp://shop:{PASSWORD}@gw?verify={PASSWORD}",
        f"smpp://shop:{PASSWORD}@gw?password={PASSWORD}",
        f"smpp://shop:{PASSWORD}@gw?system_type={PASSWORD}{PASSWORD}",
        f"smpp://shop:{PASSWORD}@gw,[{PASSWORD}",
        f"smpp://shop:{PASSWORD}@{PASSWORD} gw",
        f"smpp://shop:{PASSWORD}@gw/{PASSWORD}",
        f"smpps://shop:{PASSWORD}@gw?key_file={PASSWORD}",
        f"sim://shop:{PASSWORD}",
        f"sim://shop:1?{PASSWORD}",
        f"shop:{PASSWORD}@gw",
        f"shop:{PASSWORD}://gw",
        f"{PASSWORD}://gw",
        f"http://shop:{PASSWORD}@gw",
    ):
        yield partial(SmscConfig.from_url, url)
        yield partial(SmscClient, url)
        yield partial(SmscConfig.from_env, environ={"SMSC_URL": url})
    hosts = (Host("gw"),)
    for wrong in SECRETS:
        for name in names_of(SmscConfig):
            settings: dict[str, Any] = {"hosts": hosts, "system_id": "shop", "password": PASSWORD}
            yield partial(SmscConfig, **(settings | {name: wrong}))
        for name in names_of(Timeouts):
            yield partial(Timeouts, **{name: wrong})
        for name in names_of(GatewayLimits):
            yield partial(GatewayLimits, **{name: wrong})
        for name in ("account", "workers", "budget", "on_failure", "probe_every"):
            yield partial(RedisRuleStore, "redis://127.0.0.1", **{name: wrong})
        for name in (
            "limits", "hooks", "clock", "dialect", "checks", "wall_clock", "on_receipt",
            "on_incoming",
        ):  # fmt: skip
            yield partial(SmscClient, f"smpp://shop:{PASSWORD}@gw", **{name: wrong})
        yield partial(Hold.wait, at_most=wrong)
        yield partial(Hold, wrong)
        yield partial(Outbox, "x.db", patience=wrong)
        if not isinstance(wrong, str):
            yield partial(PostgresOutbox, wrong)
        yield partial(QuietHours, wrong, wrong, tz=wrong)
    for wrong in SECRETS[1:]:
        yield partial(SmscClient, wrong)
        yield partial(SmscConfig.from_url, wrong)
    yield partial(Tls, key_file=PASSWORD)
    yield partial(RedisRuleStore, f"http://shop:{PASSWORD}@gw")
    yield partial(RedisRuleStore, f"redis://shop:{PASSWORD}@gw:{PASSWORD}", secret=PASSWORD)
    yield partial(StatusCallback, sink, secret=PASSWORD, charset=PASSWORD)
    yield partial(StatusCallback, sink, secret=PASSWORD, algorithms=[PASSWORD])


async def sink(event: object) -> None:
    """Take an event of the webhook."""


def bad_octets() -> Iterator[Call]:
    """Yield calls of the codec."""
    text = TEXT.encode("utf-16-be")
    submit = partial(pdu.SubmitSm, destination_addr=NUMBER, short_message=text)
    for wrong in SECRETS:
        yield partial(pdu.decode, wrong)
        yield partial(pdu.encode, wrong)
        yield partial(pdu.encode, submit(short_message=wrong))
        yield partial(pdu.encode, submit(source_addr=wrong))
        yield partial(pdu.encode, submit(sequence_number=wrong))
        yield partial(pdu.encode, submit(tlvs=wrong))
        yield partial(pdu.encode, pdu.UnknownPdu(1, wrong))
        yield partial(pdu.pack_submit_sm, 1, destination_addr=NUMBER, short_message=wrong)
        yield partial(pdu.pack_submit_sm, 1, destination_addr=wrong, short_message=text)
        yield partial(pdu.Tlv.of, pdu.TlvTag.SAR_MSG_REF_NUM, wrong)
    yield partial(pdu.encode, submit(destination_addr=NUMBER * 2))
    yield partial(pdu.encode, submit(destination_addr=f"\0{NUMBER}"))
    yield partial(pdu.encode, submit(short_message=text * 20))
    bind = pdu.BindTransceiver(system_id="shop", password=PASSWORD * 2)
    yield partial(pdu.encode, bind)
    octets = pdu.encode(pdu.DeliverSm(source_addr=NUMBER, short_message=text))
    fill = pdu.make_template(pdu.SubmitSm, vary=("destination_addr", "short_message"))
    yield partial(fill, 1, NUMBER * 2, text)
    for broken in (octets[:-1], octets[:30], octets[16:], octets + text):
        yield partial(pdu.decode, broken)
        yield partial(pdu.decode, len(broken).to_bytes(4, "big") + broken[4:])
    yield partial(FrameBuffer().feed, bytes(4) + text)
    buffer = FrameBuffer()
    with pytest.raises(FramingError):
        buffer.feed(bytes(4))
    yield partial(buffer.feed, text)
    yield partial(TextCoding.GSM.encode, f"{TEXT}")
    yield partial(TextCoding.LATIN1.encode, f"{TEXT}")
    yield partial(TextCoding.UCS2.encode, f"{TEXT}\ud800")
    yield partial(split, TEXT, TextCoding.GSM)
    yield partial(split, TEXT * 9000, TextCoding.UCS2)
    yield partial(split, TEXT, TextCoding.UCS2, reference=999)


@pytest.mark.takes_up_to(20, reason="hundreds of calls, each read by Sentry's SDK")
@pytest.mark.parametrize(
    ("calls", "kinds"),
    [
        (bad_messages, {InvalidMessageError}),
        (bad_settings, {ConfigError}),
        (bad_octets, {EncodeError, DecodeError, FramingError}),
    ],
)
def test_value_that_is_refused_stays_out_of_the_traceback(
    reader: Reader, calls: Callable[[], Iterator[Call]], kinds: set[type[Exception]]
) -> None:
    """The constructor and the codec have it in a variable when they raise."""
    seen: set[type[BaseException]] = set()
    exposing: list[tuple[Call, str]] = []
    for call in calls():
        try:
            call()
        except (SmscError, PduError) as error:
            seen.add(type(error))
            exposing += [(call, line) for line in reader(error)]

    assert kinds == seen
    assert [] == exposing


# The client, with each store of rules.

LONG = f"{TEXT} " * 9
SMALL = "timeout=0.05&link_timeout=0.05&throttled_timeout=0.05&bind_timeout=0.05&connect_timeout=5"


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    """A server for all tests of this module."""
    server = RedisServer()
    server.start()
    yield server
    server.kill()


class World:
    """A gateway, a kind of store, and the errors that were caught.

    Args:
        gateway: What misbehaves.
        make_store: Makes a store for an account of its own.
    """

    def __init__(self, gateway: Gateway, make_store: Callable[[], RuleStore]) -> None:
        self.gateway = gateway
        self._make_store = make_store
        self.errors: list[BaseException] = []

    @asynccontextmanager
    async def client(self, query: str = "", **settings: Any) -> AsyncGenerator[SmscClient]:  # noqa: ANN401 - what a client takes
        """Open a client."""
        url = self.gateway.url(f"{SMALL}{query}").replace("secret", PASSWORD)
        store = self._make_store()
        given: dict[str, Any] = {"limits": GatewayLimits(margin=0.0), "store": store} | settings
        async with SmscClient(url, **given) as smsc:
            yield smsc
        await store.aclose()

    async def fails(self, awaited: Awaitable[object]) -> BaseException:
        """Await what must fail; keep the error."""
        try:
            await awaited
        except Exception as error:  # noqa: BLE001 - each is looked at
            self.errors.append(error)
            return error
        raise AssertionError("it did not fail")


def sms(number: int = 0, text: str = TEXT) -> Sms:
    """Make a message; each number has another text."""
    return Sms(to=NUMBER, text=text + "." * number, comment="zebra")


Failure = Callable[[World], Coroutine[Any, Any, None]]


async def wrong_arguments(world: World) -> None:
    """Anything in the place of a message, a duration, an id or a PDU."""
    async with world.client(limits=GatewayLimits.off()) as smsc:
        sent = await smsc.send(sms())
        for wrong in (*SECRETS, True):
            for awaited in (
                smsc.send(wrong),
                smsc.send(sms(), timeout=wrong),
                smsc.send(sms(), within=wrong),
                smsc.send(sms(), hold=wrong),
                smsc.send(sms(), retry_of=wrong),
                smsc.request(wrong),
                smsc.query("1", sender=TEXT, timeout=wrong),
                smsc.receipt("1", timeout=wrong) if wrong != int(NUMBER) else smsc.receipt(wrong),
                sent.receipt(timeout=wrong),
                smsc.aclose(timeout=wrong),
            ):
                await world.fails(awaited)
            if not isinstance(wrong, str):
                await world.fails(smsc.query(wrong))
                await world.fails(smsc.query("1", sender=wrong))
                await world.fails(smsc.receipt(wrong))
            for call in (
                partial(smsc.plan, wrong),
                partial(smsc.send_many, (), timeout=wrong),
                partial(smsc.send_many, (), hold=wrong),
            ):
                with pytest.raises(SmscError) as caught:
                    call()
                world.errors.append(caught.value)
        async for outcome in smsc.send_many([*SECRETS, sms()]):
            assert leaks(repr(outcome)) == []
            if isinstance(outcome, FailedSubmission):
                world.errors.append(outcome.error)
        with pytest.raises(ConfigError) as caught:
            smsc.send_many(int(NUMBER))  # type: ignore[arg-type]  # wrong on purpose
        world.errors.append(caught.value)
        await world.fails(smsc.send(Sms(to=NUMBER, text=TEXT * 4000)))
        with pytest.raises(InvalidMessageError) as unplanned:
            smsc.plan(Sms(to=NUMBER, text=TEXT * 4000))
        world.errors.append(unplanned.value)


async def held(world: World) -> None:
    """A repeat, too many in a row, a check that holds and one that fails."""
    async with world.client() as smsc:
        await smsc.send(sms())
        await world.fails(smsc.send(sms()))
        async for failed in smsc.send_many([sms()]):
            assert isinstance(failed, FailedSubmission)
            world.errors.append(failed.error)
    async with world.client(limits=GatewayLimits(flood_length=1)) as smsc:
        await smsc.send(sms(1))
        await world.fails(smsc.send(sms(2)))
        await world.fails(smsc.send(sms(3), hold=Hold.wait(at_most=0.01)))
    async with world.client(checks=[lambda *_: 60.0]) as smsc:
        await world.fails(smsc.send(sms()))

    def broken(message: Any, _: datetime) -> None:  # noqa: ANN401 - of any kind
        """Fail."""
        raise ValueError(type(message.text))

    async with world.client(checks=[broken]) as smsc:
        await world.fails(smsc.send(sms()))
        with pytest.raises(SendError) as caught:
            smsc.plan(sms())
        world.errors.append(caught.value)


async def ended(world: World) -> None:
    """Refused, throttled, without a response, cut off, garbled, late, cancelled."""
    gateway = world.gateway
    limits = GatewayLimits(rate=None)
    async with world.client("&window=1&drain_timeout=0.05", limits=limits) as smsc:
        for number, hook in enumerate((
            refusing(CommandStatus.ESME_RSUBMITFAIL),
            refusing(CommandStatus.ESME_RTHROTTLED),
            nothing,
            lambda peer, _: peer.drop(),
            lambda peer, submit: peer.raw(
                frame(0x80000000, 0, submit.sequence_number, TEXT.encode())
            ),
            lambda peer, _: peer.raw(bytes(4) + TEXT.encode()),
        )):  # fmt: skip
            gateway.on_submit = hook
            for way in range(2):
                message = sms(10 * number + way)
                failed = await world.fails(smsc.send(message, within=0.2 if way else None))
                assert isinstance(failed, SendError), failed
                await until(lambda: smsc.health().bound)
            async for outcome in smsc.send_many([sms(10 * number + 5)]):
                assert isinstance(outcome, FailedSubmission)
                world.errors.append(outcome.error)
            await until(lambda: smsc.health().bound)
        gateway.on_submit = nothing
        await world.fails(asyncio.wait_for(smsc.send(sms(80)), 0.01))
        await world.fails(smsc.send(sms(81), within=0.01))
        await turns()
    gateway.on_submit = gateway.accept


async def late(world: World) -> None:
    """The second part's turn comes when the time for parts is over."""
    limits = GatewayLimits(multipart_window=0.02, rate=None, margin=0.0)
    async with world.client("&window=1", limits=limits) as smsc:
        world.gateway.on_submit = nothing
        sending = asyncio.create_task(smsc.send(Sms(to=NUMBER, text=LONG), timeout=5))
        peer = world.gateway.peer
        (submit,) = await peer.got(pdu.SubmitSm)
        await asyncio.sleep(0.03)
        peer.answer(submit, message_id="1")
        await world.fails(sending)
        world.gateway.on_submit = world.gateway.accept


async def requests(world: World) -> None:
    """Query, other requests and receipts."""
    gateway = world.gateway
    async with world.client() as smsc:
        gateway.on_other = refusing(CommandStatus.ESME_RQUERYFAIL)
        await world.fails(smsc.query("1", sender=NUMBER))
        gateway.on_other = nothing
        await world.fails(smsc.query("1", sender=NUMBER, timeout=0.01))
        await world.fails(smsc.request(pdu.SubmitSm(destination_addr=NUMBER)))
        too_long = pdu.CancelSm(message_id="1", source_addr=NUMBER * 2)
        gateway.on_other = lambda peer, request: peer.raw(
            frame(0x80000000, 0, request.sequence_number)
        )
        await world.fails(smsc.query("1", sender=NUMBER))
        gateway.on_other = lambda peer, request: peer.raw(
            frame(0x80000003, 0, request.sequence_number, TEXT.encode())
        )
        await world.fails(smsc.query("1", sender=NUMBER))
        sent = await smsc.send(sms())
        await world.fails(sent.receipt(timeout=0.0))
        await world.fails(smsc.receipt("unknown", timeout=0.0))
        await world.fails(asyncio.wait_for(sent.receipt(), 0.01))
        gateway.on_other = lambda peer, _: peer.drop()
        await world.fails(smsc.query("1", sender=NUMBER))
        await world.fails(smsc.request(too_long))
        waiting = asyncio.create_task(sent.receipt())
        await turns()
    await world.fails(waiting)
    for awaited in (smsc.send(sms()), smsc.query("1"), smsc.receipt("1"), smsc.reconnect()):
        await world.fails(awaited)


async def opening(world: World) -> None:
    """Refused, hung up, silent, garbled, no host."""
    gateway = world.gateway
    for hook in (
        refusing(CommandStatus.ESME_RINVPASWD),
        refusing(CommandStatus.ESME_RBINDFAIL),
        nothing,
        lambda peer, _: peer.drop(),
        lambda peer, _: peer.raw(bytes(4) + TEXT.encode()),
        lambda peer, bind: peer.raw(frame(0x80000000, 0, bind.sequence_number, TEXT.encode())),
    ):
        gateway.on_bind = hook
        await world.fails(world.client().__aenter__())
    gateway.on_bind = lambda peer, bind: peer.answer(bind)
    for url in (
        f"smpp://shop:{PASSWORD}@127.0.0.1:1",
        f"smpps://shop:{PASSWORD}@127.0.0.1:{gateway.port}?connect_timeout=0.2",
        f"smpps://shop:{PASSWORD}@127.0.0.1:1?ca_file=/nowhere",
    ):
        await world.fails(SmscClient(url).__aenter__())
    async with world.client() as smsc:
        await world.fails(smsc.__aenter__())
        gateway.on_bind = refusing(CommandStatus.ESME_RINVPASWD)
        gateway.peer.drop()
        await until(lambda: not smsc.health().bound)
        await world.fails(smsc.send(sms()))
        await world.fails(smsc.reconnect())
        await world.fails(smsc.send(sms()))
    gateway.on_bind = lambda peer, bind: peer.answer(bind)


async def handlers(world: World) -> None:
    """A hook and a handler that raise; a call that is cancelled in them."""

    def hook(event: object) -> None:
        """Fail."""
        raise ValueError(type(event))

    async def on_receipt(receipt: Any) -> None:  # noqa: ANN401 - a Receipt
        """Fail."""
        raise ValueError(type(receipt.raw))

    async with world.client(hooks=[hook], on_receipt=on_receipt, on_incoming=on_receipt) as smsc:
        await smsc.send(sms())
        peer = world.gateway.peer
        peer.deliver(source_addr=NUMBER, short_message=TEXT.encode("utf-16-be"), data_coding=8)
        peer.deliver_receipt("1")
        await peer.got(pdu.DeliverSmResp, 2)
        world.gateway.on_submit = nothing
        await world.fails(asyncio.wait_for(smsc.send(sms(1)), 0.01))
        await world.fails(smsc.send(sms(2)))
    world.gateway.on_submit = world.gateway.accept


async def iterables(world: World) -> None:
    """Messages whose iterable raises, and a client that is left meanwhile."""

    def broken() -> Iterator[Sms]:
        """Yield one message, and fail."""
        yield sms()
        raise ValueError(NUMBER[:3])

    async with world.client() as smsc:
        await world.fails(read(smsc.send_many(broken())))
        many = smsc.send_many(list(SECRETS) * 3 + [sms(number) for number in range(9)])
        await anext(many)
    await world.fails(read(many))


async def read(outcomes: Any) -> None:  # noqa: ANN401 - an async iterable
    """Read all outcomes."""
    async for _ in outcomes:
        pass


FAILURES: dict[Failure, set[type[BaseException]]] = {
    wrong_arguments: {ConfigError, InvalidMessageError},
    held: {RepeatedMessageError, FloodLimitError, HeldByRuleError, SendError},
    ended: {SubmitRefusedError, ThrottledError, ResponseTimeoutError, SubmitInterruptedError,
            TimeoutError},
    late: {PartsOverdueError},
    requests: {RequestRefusedError, RequestTimeoutError, LocalProtocolError, RemoteProtocolError,
               ReceiptTimeoutError, TimeoutError, LinkLostError, ClientClosedError},
    opening: {BindRefusedError, ConnectFailedError, LinkLostError, ClientClosedError,
              SubmitInterruptedError, ConfigError},
    handlers: {TimeoutError, ResponseTimeoutError},
    iterables: {ValueError, ClientClosedError},
}  # fmt: skip


@pytest.mark.takes_up_to(20, reason="dozens of failures, each read by Sentry's SDK")
@pytest.mark.parametrize("store", ["memory", "redis"])
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.__name__)
async def test_no_failure_of_the_client_exposes_a_secret(
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    reader: Reader,
    store: str,
    failure: Failure,
) -> None:
    """Also what is logged with a traceback, which crash reporters send, too."""
    caplog.set_level(logging.DEBUG, "smsc_async")
    accounts = iter(range(1000))

    def make_store() -> RuleStore:
        """Return a store of an account of its own."""
        if store == "memory":
            return MemoryRuleStore()
        server: RedisServer = request.getfixturevalue("redis_server")
        account = f"{failure.__name__}-{reader.__name__}-{next(accounts)}"
        opened.append(RedisRuleStore(server.url, account=account, budget=5.0))
        return opened[-1]

    opened: list[RedisRuleStore] = []
    async with Gateway() as gateway:
        world = World(gateway, make_store)
        await failure(world)
    for each in opened:
        await each.aclose()
    logged = [record.exc_info[1] for record in caplog.records if record.exc_info]
    exposing = [(error, reader(error)) for error in (*world.errors, *logged) if error is not None]

    assert FAILURES[failure] == {type(error) for error in world.errors}
    assert [] == [pair for pair in exposing if pair[1]]
    assert [] == leaks(caplog.text)


@pytest.mark.parametrize(
    "conninfo",
    [
        f"postgresql://shop:{PASSWORD}@127.0.0.1:1/x",
        f"postgresql://shop:1@127.0.0.1:{PASSWORD}/x",
        f"postgresql://shop:{PASSWORD}@[::1/x",
        f"host=127.0.0.1 {PASSWORD}",
    ],
)
async def test_connection_string_is_never_quoted(reader: Reader, conninfo: str) -> None:
    """The database's own library quotes the piece that it can't read."""
    pytest.importorskip("psycopg")
    with pytest.raises(OutboxError) as caught:
        await PostgresOutbox(conninfo).__aenter__()

    assert [] == reader(caught.value)


async def test_cancelled_wait_for_the_rules_exposes_no_recipient(reader: Reader) -> None:
    """The frame that waits for Redis is in the traceback of a cancelled send."""
    server = RedisServer()
    server.start()
    store = RedisRuleStore(server.url, budget=0.5)
    errors: list[BaseException] = []
    async with Gateway() as gateway, SmscClient(gateway.url(), store=store) as smsc:
        await smsc.send(sms())
        server.freeze()
        for within in (None, 0.01):
            with pytest.raises((TimeoutError, SmscError)) as caught:
                await asyncio.wait_for(smsc.send(sms(1), within=within), 0.02)
            errors.append(caught.value)
        server.kill()
    await store.aclose()

    assert {TimeoutError, SubmitInterruptedError} == {type(error) for error in errors}
    assert [] == [pair for error in errors if (pair := reader(error))]


@pytest.mark.takes_up_to(5, reason="a few dozen writes to a disk")
async def test_no_failure_of_the_outbox_exposes_a_secret(reader: Reader, tmp_path: Path) -> None:
    """It stores texts, so a statement that fails has them as its parameters."""
    errors: list[BaseException] = []
    outbox = Outbox(tmp_path / "outbox.db")

    async def fails(awaited: Awaitable[object]) -> None:
        """Await what must fail."""
        with pytest.raises(SmscError) as caught:
            await awaited
        errors.append(caught.value)

    await fails(outbox.put(sms()))
    async with outbox, SmscClient("sim://") as smsc:
        entry = await outbox.put(sms(), key="order-17")
        await fails(outbox.put(sms(1), key="order-17"))
        await fails(outbox.accept(entry))
        await fails(outbox.discard(99))
        await fails(outbox.replace(99, sms(1)))
        await fails(outbox.put(sms(), key=f"{TEXT}\n"))
        for wrong in SECRETS:
            await fails(outbox.put(wrong))
            await fails(outbox.replace(entry, wrong))
            await fails(outbox.run(smsc, grace=wrong))
            await fails(outbox.run(smsc, patience=wrong))
            await fails(outbox.run(smsc, concurrency=wrong if wrong != int(NUMBER) else -1))
            if wrong == int(NUMBER):
                continue
            await fails(outbox.purge(older_than=wrong))
            await fails(outbox.resend(wrong))
            if not isinstance(wrong, str):
                await fails(outbox.put(sms(), key=wrong))
                await fails(outbox.find(wrong))
                await fails(outbox.rename(entry, wrong))
                await fails(outbox.discard(entry, wrong))

        other = sqlite3.connect(tmp_path / "outbox.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for awaited in (outbox.put(sms(7)), outbox.replace(entry, sms(8))):
            with pytest.raises(TimeoutError) as cut:
                await asyncio.wait_for(awaited, 0.01)
            errors.append(cut.value)
        other.execute("ROLLBACK")
        other.close()

    exposing = [(error, reader(error)) for error in errors]
    assert {TimeoutError, ClientClosedError, ConfigError, InvalidMessageError, OutboxKeyError,
            OutboxStateError} == {type(error) for error in errors}  # fmt: skip
    assert [] == [pair for pair in exposing if pair[1]]
