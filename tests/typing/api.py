"""What a type checker must know about the public API. Checked, never run.

Rule: every line is what a user would write; `assert_type` says what the user's editor shows.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from socket import create_connection, socket
from typing import TYPE_CHECKING, Any, assert_type

from pdu import CommandStatus as PduCommandStatus
from pdu import DataSm, DeliverSm, FrameBuffer, PduError, SubmitSm, Tlv, decode, encode, explain
from smsc_async import (
    GENERIC,
    SMSC_RU,
    BindRefusedError,
    Check,
    CommandStatus,
    Dialect,
    Email,
    FailedSubmission,
    GatewayLimits,
    HeldByRuleError,
    HlrQuery,
    HlrReceipt,
    Hold,
    IncomingKind,
    IncomingMessage,
    InvalidMessageError,
    MemoryRuleStore,
    Message,
    MessageState,
    Outcome,
    PartsOverdueError,
    Ping,
    QueryResult,
    QuietHours,
    Receipt,
    RepeatedMessageError,
    ResponseTimeoutError,
    RuleStore,
    SendError,
    SimulatorSettings,
    Sms,
    SmscClient,
    SmscConfig,
    SmscError,
    Social,
    Submission,
    Submit,
    SubmitRefusedError,
    TelegramBot,
    TelegramCode,
    ThrottledError,
    Viber,
    Voice,
    VoiceCall,
)
from smsc_async.contrib.callback import CallConfirmed, Event, StatusCallback
from smsc_async.outbox import Outbox, OutboxEntry, OutboxState
from smsc_async.simulator import Scenario, Simulator
from smsc_async.simulator.clock import GatewayClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from smsc_async.stores import MovableClock


async def a_send_and_its_receipt(smsc: SmscClient) -> None:
    """The kind of receipt follows from the kind of message."""
    sent = await smsc.send(
        Sms(to="79991234567", text="Код входа: 4821", sender="Shop", comment="order 17"),
        timeout=5.0,
    )
    assert_type(sent, Submission[Receipt])
    assert_type(sent.message_id, str)
    assert_type(sent.message_ids, tuple[str, ...])
    assert_type(sent.parts, int)
    assert_type(sent.message, Message[Receipt])
    assert_type(sent.receipts, tuple[Receipt | None, ...])
    assert_type(sent.state, MessageState | int)
    receipt = await sent.receipt(timeout=30)
    assert_type(receipt, Receipt)
    assert_type(receipt.state is MessageState.DELIVERED, bool)
    assert_type(receipt.message_id, str)
    assert_type(receipt.state, MessageState | int | None)
    assert_type(receipt.state_name, str)
    assert_type(receipt.error_code, int | None)

    code = await smsc.send(TelegramCode(to="79991234567", code="4821"))
    assert_type(code, Submission[Receipt])


async def every_kind(smsc: SmscClient) -> None:
    """All kinds but an HLR query end with a plain receipt."""
    to = "79991234567"
    assert_type(
        await smsc.send(Email(to="me@example.com", subject="x", text="x")), Submission[Receipt]
    )
    assert_type(await smsc.send(VoiceCall(to=to, text="x", voice=Voice.M3)), Submission[Receipt])
    assert_type(await smsc.send(Viber(to=to, text="x")), Submission[Receipt])
    assert_type(await smsc.send(Social(to=to, text="x")), Submission[Receipt])
    assert_type(await smsc.send(TelegramBot(to=to, text="x", bot="@shop")), Submission[Receipt])
    assert_type(await smsc.send(Ping(to=to)), Submission[Receipt])
    raw = Submit(to=to, sender="Shop", data_coding=4, short_message=b"\x01", validity_period="")
    assert_type(raw.short_message, bytes)
    assert_type(await smsc.send(raw), Submission[Receipt])
    tlvs = (Tlv(0x1400, b"campaign"),)
    other = Sms(
        to=to, text="x", registered_delivery=False, priority=2, tlvs=tlvs, service_type="WAP"
    )
    assert_type(other.registered_delivery, bool | int)
    assert_type(other.priority, int)
    assert_type(other.tlvs, tuple[Tlv, ...])
    assert_type(other.service_type, str)
    assert_type(other.requests_receipt, bool)
    assert_type(await smsc.query("855469"), QueryResult)
    assert_type((await smsc.query("855469")).state_name, str)


async def messages_that_survive_a_crash(smsc: SmscClient) -> None:
    """An outbox yields entries, and takes any message."""
    async with Outbox("outbox.db") as outbox:
        assert_type(outbox, Outbox)
        await outbox.put(Sms(to="79991234567", text="hi"), key="order 17")
        async for entry in outbox.entries():
            assert_type(entry, OutboxEntry)
            assert_type(entry.state, OutboxState)
            name: str = entry.state.name
            del name
            assert_type(entry.message_ids, tuple[str, ...])
        async for entry in outbox.unknown():
            await outbox.resend(entry, may_pay_twice=True)
        await outbox.run(smsc, stop_when_empty=True)


async def store(event: Event) -> None:
    """`match` distinguishes what the webhook gets."""
    match event:
        case Receipt():
            assert_type(event.state_name, str)
        case IncomingMessage():
            assert_type(event.text, str | None)
            assert_type(event.kind, IncomingKind)
            assert_type(event.esm_class, int)
            assert_type(event.pdu, DeliverSm | DataSm | None)
        case CallConfirmed():
            assert_type(event.phone, str)


def through_a_proxy() -> SmscClient:
    """A connector is any function whose result can be awaited for a socket."""

    async def connector(host: str, port: int) -> socket:
        """Connect."""
        return create_connection((host, port))

    return SmscClient("smpp://login:password@gw.example", connector=connector)


def webhook(smsc: SmscClient) -> list[StatusCallback]:
    """A function takes the events, or the client does."""
    return [StatusCallback(store, secret="x"), StatusCallback(smsc.take, secret="x")]


def a_message_and_its_fields() -> None:
    """The constructor is written at run time, and its parameters are known all the same."""
    viber = Viber(to="79991234567", sender="Shop", text="Код входа: 4821", comment="order 17")
    assert_type(viber.text, str)
    assert_type(viber.comment, str | None)
    assert_type(viber.service_prefix, str)


async def an_hlr_query(smsc: SmscClient) -> None:
    """An HLR query's receipt has the subscriber's network."""
    asked = await smsc.send(HlrQuery(to="79991234567"))
    assert_type(asked, Submission[HlrReceipt])
    hlr = await asked.receipt(timeout=60)
    assert_type(hlr, HlrReceipt)
    assert_type(hlr.imsi, str)
    assert_type(hlr.country, str)


async def many(smsc: SmscClient, synchronous: Iterable[Sms], other: AsyncIterator[Sms]) -> None:
    """Any iterable will do, and `isinstance` distinguishes the outcomes."""
    async for outcome in smsc.send_many(synchronous):
        if isinstance(outcome, FailedSubmission):
            assert_type(outcome.error, SendError | InvalidMessageError)
        else:
            assert_type(outcome, Submission[Receipt])
            assert_type(await outcome.receipt(), Receipt)
    async for _ in smsc.send_many(other):
        pass
    async for asked in smsc.send_many([HlrQuery(to="79991234567")]):
        if isinstance(asked, Submission):
            assert_type((await asked.receipt()).imsi, str)


async def streams(smsc: SmscClient) -> None:
    """Receipts and subscribers' messages come as typed values."""
    async for receipt in smsc.receipts():
        assert_type(receipt, Receipt)
    async for message in smsc.incoming():
        assert_type(message, IncomingMessage)
    assert_type(await smsc.receipt("855469"), Receipt)
    assert_type(await smsc.receipt("855469", timeout=None), Receipt)


async def on_receipt(receipt: Receipt) -> None:
    """Process a receipt."""
    assert_type(receipt.message_id, str)


async def on_incoming(message: IncomingMessage) -> bool:
    """Process a message; what a handler returns is ignored."""
    return message.is_complete


def handlers() -> SmscClient:
    """Handlers are async functions."""
    return SmscClient("sim://", on_receipt=on_receipt, on_incoming=on_incoming)


async def errors(smsc: SmscClient) -> None:
    """Every error of sending says whether the message went."""
    try:
        await smsc.send(Sms(to="79991234567", text="hi"))
    except HeldByRuleError as held:
        assert_type(held.retry_after, float)
    except SubmitRefusedError as refused:
        status: int = refused.command_status
        del status
    except SendError as error:
        assert_type(error.outcome, Outcome)
    except BindRefusedError as unbound:
        known: CommandStatus | int = unbound.command_status
        del known
    except SmscError:
        raise


async def rules(smsc: SmscClient, orders: list[Sms]) -> None:
    """A held message may wait, and an unknown outcome may be sent again deliberately."""
    message = Sms(to="79991234567", text="Код входа: 4821")
    assert_type(await smsc.send(message, hold=Hold.wait(at_most=35)), Submission[Receipt])
    assert_type(await smsc.send(message, hold=Hold.fail()), Submission[Receipt])
    try:
        await smsc.send(message, timeout=5, within=10)
    except ResponseTimeoutError as error:
        assert_type(await smsc.send(message, retry_of=error), Submission[Receipt])
    except RepeatedMessageError as held:
        assert_type(held.retry_after, float)
    except ThrottledError as throttled:
        assert_type(throttled.retry_after, float)
    except PartsOverdueError as late:
        assert_type((late.accepted, late.total, late.message_ids), tuple[int, int, tuple[str, ...]])
    async for outcome in smsc.send_many(orders, hold=Hold.wait()):
        assert_type(outcome, Submission[Receipt] | FailedSubmission)
    planned = smsc.plan(message)
    if planned.held_by is not None:
        assert_type(planned.retry_after, float)
    assert_type(smsc.health().rules.is_degraded, bool)


async def ends(smsc: SmscClient) -> None:
    """Reconnecting, leaving, and what is counted on the way."""
    await smsc.reconnect()
    assert_type((smsc.health().wanted, smsc.health().bound), tuple[int, int])
    await smsc.aclose()
    await smsc.aclose(timeout=2.5)
    assert_type(smsc.stats().abandoned, int)


async def rules_of_ones_own(url: str) -> None:
    """Limits and store are the client's, rules of the simulator's scenario the gateway's."""
    store = MemoryRuleStore()
    limits = GatewayLimits(flood_length=None, margin=2)
    async with SmscClient(url, limits=limits, store=store), SmscClient(url, store=store):
        pass
    async with SmscClient(url, limits=GatewayLimits.off()):
        pass
    scenario = Scenario(rules=GatewayLimits(repeat_window=5), repeat_status=CommandStatus.ESME_ROK)
    async with Simulator(scenario) as simulator:
        simulator.scenario = Scenario(rules=None)
        assert_type(simulator.stats.stopped, int)


def no_codes_at_noon(message: Message[Any], now: datetime) -> float | None:
    """A check is a plain function."""
    return 60.0 if isinstance(message, TelegramCode) and now.hour == 12 else None


async def checks_of_ones_own(url: str, stores: list[RuleStore]) -> None:
    """Quiet hours and functions go together, in any iterable."""
    night = QuietHours(time(22), time(8), tz=UTC, kinds=(Sms,))
    assert_type(night(TelegramCode(to="79991234567", code="4821"), datetime.now(UTC)), float | None)
    checks: list[Check] = [night, no_codes_at_noon, lambda _message, _now: 0]
    async with SmscClient(url, checks=checks, wall_clock=lambda: datetime.now(UTC)):
        pass
    async with SmscClient(url, checks=(night,), store=stores[0]):
        pass


def read_acme(pdu: DeliverSm | DataSm) -> Receipt:
    """A receipt of another SMSC."""
    return Receipt(message_id="1", state=MessageState.DELIVERED, to=pdu.source_addr)


async def other_smscs(url: str, pdu: DeliverSm) -> None:
    """A dialect is a value of three functions."""
    assert_type(SMSC_RU.is_receipt(pdu), bool)
    assert_type(GENERIC.read_receipt(pdu), Receipt)
    assert_type(GENERIC.normalize_id("1"), str)
    assert_type(replace(GENERIC, normalize_id=str.lower), Dialect)
    acme = Dialect(is_receipt=lambda _pdu: True, read_receipt=read_acme, normalize_id=str.upper)
    async with SmscClient(url, dialect=acme) as smsc:
        assert_type(smsc.dialect, Dialect)


async def settings() -> None:
    """A client takes a URL or a config, and rules that can be changed or left out."""
    limits = GatewayLimits(repeat_window=60.0, flood_length=50, flood_gap=30.0, rate=None)
    assert_type(limits.rate, float | None)
    async with SmscClient("smpp://login:password@127.0.0.1:2775", hooks=()) as smsc:
        assert_type(smsc, SmscClient)
    async with SmscClient(SmscConfig.from_env(), hooks=()):
        pass


async def one_clock(other: MovableClock) -> None:
    """The rules count by a clock that a test moves, or by any function."""
    clock: MovableClock = GatewayClock()
    assert_type(clock(), float)
    simulator = SimulatorSettings(state=MessageState.UNDELIVERABLE, error_code=6, hold="receipt")
    async with SmscClient(SmscConfig(is_simulated=True, simulator=simulator), clock=clock) as smsc:
        assert_type(smsc.simulator, Simulator | None)
    async with SmscClient("sim://", store=MemoryRuleStore(other)):
        pass
    async with SmscClient("sim://", clock=lambda: 0.0):
        pass


def ground_floor(octets: bytes) -> None:
    """The codec is a library of its own."""
    request = SubmitSm(sequence_number=1, destination_addr="79991234567", short_message=b"hi")
    assert_type(encode(request), bytes)
    assert_type(str(explain(octets)), str)
    assert_type(FrameBuffer().feed(octets), list[bytes])
    try:
        pdu = decode(octets)
    except PduError:
        return
    if isinstance(pdu, DeliverSm):
        assert_type(pdu.short_message, bytes)
        assert_type(pdu.tlvs, tuple[Tlv, ...])
    assert_type(PduCommandStatus.ESME_ROK is CommandStatus.ESME_ROK, bool)
