"""Another SMSC's receipts and a rule of one's own, added from outside of the package.

Rule: a program is shown that imports public names only. Its SMSC writes receipts as
`ID=…;STATUS=…`, pads ids and changes their case; its rule looks at the wall clock.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from scripted import Gateway, turns, until

from pdu import RESPONSES, DataSm, DeliverSm, DeliverSmResp, QuerySmResp
from pdu.text import body_octets
from smsc_async import (
    GENERIC,
    SMSC_RU,
    Check,
    ConfigError,
    DeliveryError,
    Dialect,
    FailedSubmission,
    GatewayLimits,
    HeldByRuleError,
    HlrQuery,
    HlrReceipt,
    Hold,
    Message,
    MessageState,
    Outcome,
    QuietHours,
    Receipt,
    ReceiptTimeoutError,
    SendError,
    Sms,
    SmscClient,
    SubmitInterruptedError,
    TelegramCode,
)
from smsc_async.outbox import Outbox, OutboxState
from smsc_async.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scripted import Peer

    from pdu import Pdu, SubmitSm

TO = "79991234567"
CODE = "4821"
SMS = Sms(to=TO, text=f"Код входа: {CODE}")
HI = Sms(to=TO, text="hi")
MOSCOW = ZoneInfo("Europe/Moscow")
NIGHT = QuietHours(time(22), time(8), tz=MOSCOW)


# What a user writes: 30 lines for another SMSC, 10 for a rule.

STATES = {
    "DELIVERED": MessageState.DELIVERED,
    "FAILED": MessageState.UNDELIVERABLE,
    "SENT": MessageState.ENROUTE,
}


class AcmeError(DeliveryError):
    """The errors of an SMSC called Acme."""

    texts: ClassVar = {12: ("номер не существует", "no such number")}


def is_acme_receipt(pdu: DeliverSm | DataSm) -> bool:
    """Acme doesn't set esm_class: a receipt is known by its text."""
    return body_octets(pdu).startswith(b"ID=")


def read_acme_receipt(pdu: DeliverSm | DataSm) -> Receipt:
    """Read `ID=000000AB;STATUS=FAILED;ERR=12`."""
    raw = body_octets(pdu).decode("ascii")
    fields = dict(field.split("=") for field in raw.split(";"))
    return Receipt(
        message_id=fields["ID"],
        state=STATES[fields["STATUS"]],
        error_code=int(fields.get("ERR", "0")),
        to=pdu.source_addr,
        sender=pdu.destination_addr,
        raw=raw,
        error_type=AcmeError,
    )


ACME = Dialect(
    is_receipt=is_acme_receipt,
    read_receipt=read_acme_receipt,
    normalize_id=lambda message_id: message_id.lstrip("0").lower(),
)


class WorkingDays:
    """Holds messages on Sundays until Monday."""

    def __call__(self, message: Message[Any], now: datetime) -> float | None:
        """Return the seconds until Monday."""
        if not isinstance(message, Sms) or now.weekday() != 6:
            return None
        monday = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return (monday - now).total_seconds()


# The SMSC, the clock, and what is seen of both.


class WallClock:
    """A wall clock that only a test moves."""

    def __init__(
        self, hour: int, minute: int = 0, second: int = 0, *, day: int = 10, tz: tzinfo = MOSCOW
    ) -> None:
        self.now = datetime(2026, 3, day, hour, minute, second, tzinfo=tz)

    def __call__(self) -> datetime:
        """Return what it shows."""
        return self.now


@pytest.fixture
async def smsc() -> AsyncIterator[Gateway]:
    """An SMSC that pads its ids in receipts and writes them in upper case."""
    async with Gateway() as running:
        ids = iter(f"{number:x}" for number in range(0xAB, 0xFF))

        def accept(peer: Peer, submit: SubmitSm) -> None:
            """Accept a message under the next id."""
            peer.answer(submit, message_id=next(ids))

        running.on_submit = accept
        yield running


def report(smsc: Gateway, text: str, **fields: Any) -> int:  # noqa: ANN401 - fields of any PDU
    """Deliver a receipt of Acme and return its number."""
    octets = text.encode()
    return smsc.peer.deliver(
        source_addr=TO, destination_addr="Shop", short_message=octets, **fields
    )


async def acknowledged(smsc: Gateway, number: int) -> int:
    """Return the status of the response to a deliver_sm."""
    await until(lambda: [r for r in smsc.peer.all(DeliverSmResp) if r.sequence_number == number])
    return next(
        r.command_status for r in smsc.peer.all(DeliverSmResp) if r.sequence_number == number
    )


async def held(client: SmscClient, message: Message[Any], **how: Any) -> HeldByRuleError:  # noqa: ANN401 - as send
    """Send a message that a check holds; return the error."""
    with pytest.raises(HeldByRuleError) as caught:
        await client.send(message, **how)
    return caught.value


# Dialects.


async def test_receipts_of_another_smsc_find_their_messages(smsc: Gateway) -> None:
    """Ids are compared without case and padding, and shown as they were written."""
    async with SmscClient(smsc.url(), dialect=ACME) as client:
        first, second = await client.send(SMS), await client.send(HI)
        number = report(smsc, "ID=000000AC;STATUS=SENT")
        report(smsc, "ID=000000AC;STATUS=FAILED;ERR=12")
        report(smsc, "ID=000000AB;STATUS=DELIVERED")
        delivered = await first.receipt(timeout=10)
        failed = await second.receipt(timeout=10)

        assert 0 == await acknowledged(smsc, number)
    assert ("ab", "000000AB") == (first.message_id, delivered.message_id)
    assert MessageState.DELIVERED is delivered.state
    assert MessageState.UNDELIVERABLE is failed.state
    assert failed.error is not None
    assert "no such number" == failed.error.explain()
    assert "номер не существует" == failed.error.explain("ru")


async def test_early_receipt_of_another_smsc_waits_for_its_response(smsc: Gateway) -> None:
    """Under the id that the response will have."""

    def overtake(peer: Peer, submit: SubmitSm) -> None:
        """Report before the response."""
        report(smsc, "ID=000000CD;STATUS=DELIVERED")
        peer.answer(submit, message_id="cd")

    smsc.on_submit = overtake
    async with SmscClient(smsc.url(), dialect=ACME) as client:
        sent = await client.send(SMS)

        assert MessageState.DELIVERED is (await sent.receipt(timeout=10)).state


async def test_incoming_message_is_no_receipt_of_another_smsc(smsc: Gateway) -> None:
    """Whatever its esm_class says."""
    async with SmscClient(smsc.url(), dialect=ACME) as client:
        smsc.peer.deliver(source_addr=TO, short_message=b"Yes", esm_class=0x04)
        async with aclosing(client.incoming()) as messages:
            message = await anext(messages)

    assert "Yes" == message.text


@pytest.mark.parametrize(
    "text", ["ID=", "ID=000000AB", "ID=000000AB;STATUS=ODD", "ID=;STATUS=SENT;"]
)
async def test_receipt_that_the_dialect_cannot_read_is_not_lost(
    smsc: Gateway, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is acknowledged and read from `receipts()`; its message still gets the next one."""
    async with SmscClient(smsc.url(), dialect=ACME) as client:
        sent = await client.send(SMS)
        number = report(smsc, text)
        async with aclosing(client.receipts()) as receipts:
            odd = await anext(receipts)
        assert 0 == await acknowledged(smsc, number)
        with pytest.raises(ReceiptTimeoutError):
            await sent.receipt(timeout=0.001)
        report(smsc, "ID=000000AB;STATUS=DELIVERED")
        await sent.receipt(timeout=10)

    assert text == odd.raw
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "ID=" not in record.getMessage()
    assert TO not in record.getMessage()


async def test_dialect_that_always_fails_ends_no_client(
    smsc: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Messages, receipts and sends go on; nothing of a message is logged."""

    def failing(value: Any) -> Any:  # noqa: ANN401 - any of the three
        """Fail, and quote what it got."""
        raise RuntimeError(f"{value!r} {CODE}")

    bad = Dialect(is_receipt=failing, read_receipt=failing, normalize_id=failing)
    async with SmscClient(smsc.url(), dialect=bad) as client:
        sent = await client.send(SMS)
        numbers = [
            smsc.peer.deliver_receipt(sent.message_id),
            smsc.peer.deliver(source_addr=TO, short_message=f"code {CODE}".encode()),
        ]
        async with aclosing(client.receipts()) as receipts, aclosing(client.incoming()) as messages:
            receipt, message = await anext(receipts), await anext(messages)
        assert [0, 0] == [await acknowledged(smsc, number) for number in numbers]
        await client.send(HI)

    assert (sent.message_id, None) == (receipt.message_id, receipt.state)
    assert MessageState.ENROUTE is sent.state
    assert f"code {CODE}" == message.text
    assert CODE not in caplog.text
    assert TO not in caplog.text


async def test_setting_of_ids_goes_before_the_dialect(smsc: Gateway) -> None:
    """`message_ids` is what the user says of this very account."""
    loud = replace(GENERIC, normalize_id=str.upper)
    async with SmscClient(smsc.url("message_ids=response_hex"), dialect=loud) as client:
        sent = await client.send(SMS)
        smsc.peer.deliver_receipt(str(0xAB))

        assert MessageState.DELIVERED is (await sent.receipt(timeout=10)).state


async def test_outbox_compares_ids_as_its_client_does(smsc: Gateway, tmp_path: Path) -> None:
    """A receipt in another case ends the entry."""
    async with (
        Outbox(tmp_path / "outbox.db") as outbox,
        SmscClient(smsc.url(), dialect=ACME) as client,
    ):
        entry = await outbox.put(SMS)
        worker = asyncio.create_task(outbox.run(client))
        await smsc.submitted()
        report(smsc, "ID=000000AB;STATUS=FAILED;ERR=12")
        while (stored := await outbox.get(entry)) is not None and stored.receipt is None:
            pass
        worker.cancel()
        await asyncio.wait([worker])

    assert stored is not None
    assert ("ab",) == stored.message_ids
    assert MessageState.UNDELIVERABLE is stored.receipt


async def test_generic_client_explains_no_error_by_the_list_of_smsc_ru(smsc: Gateway) -> None:
    """Neither of a receipt nor of a query result; the default client does."""

    def answer_query(peer: Peer, query: Pdu) -> None:
        """Answer query_sm; other requests don't come."""
        if not isinstance(query, DeliverSmResp):
            assert RESPONSES[type(query)] is QuerySmResp
            peer.answer(query, message_id="ab", message_state=5, error_code=6)

    smsc.on_other = answer_query
    explained = []
    for dialect in (GENERIC, SMSC_RU):
        async with SmscClient(smsc.url(), dialect=dialect, limits=GatewayLimits.off()) as client:
            sent = await client.send(SMS)
            report(smsc, f"id:{sent.message_id} stat:UNDELIV err:006", esm_class=0x04)
            receipt = await sent.receipt(timeout=10)
            assert receipt.error is not None
            result = await client.query(sent)
            explained.append((receipt.error.explain(), result.error.explain()))

    assert ("code 6, not listed", "code 6, not listed") == explained[0]
    assert ("the phone is off or out of coverage",) * 2 == explained[1]


async def test_hlr_query_has_an_hlr_receipt_in_any_dialect(smsc: Gateway) -> None:
    """The kind of message says so."""
    async with SmscClient(smsc.url(), dialect=ACME) as client:
        sent = await client.send(HlrQuery(to=TO))
        report(smsc, "ID=000000AB;STATUS=FAILED;ERR=12")
        receipt = await sent.receipt(timeout=10)

    assert isinstance(receipt, HlrReceipt)
    assert receipt.error is not None
    assert "no such number" == receipt.error.explain()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"dialect": "GENERIC"}, "dialect: takes a Dialect as GENERIC, got str"),
        ({"dialect": None}, "dialect: takes a Dialect"),
        ({"checks": NIGHT}, r"checks: takes a list, got QuietHours; write checks=\[…\]"),
        ({"checks": [NIGHT, None]}, "checks: takes a function, got NoneType"),
        ({"checks": [QuietHours]}, "checks: takes functions, got the class QuietHours; call it"),
        ({"wall_clock": 12}, "wall_clock: takes a function, got int"),
        ({"wall_clock": datetime.now(UTC)}, "wall_clock: takes a function, got datetime"),
    ],
)
def test_unusable_seams_are_refused_at_the_door(more: dict[str, Any], said: str) -> None:
    """Before anything is connected."""
    with pytest.raises(ConfigError, match=said):
        SmscClient("sim://", **more)


# Checks.


async def test_night_holds_and_codes_pass() -> None:
    """Nothing leaves; the error says when it may go."""
    clock = WallClock(23)
    async with (
        Simulator() as simulator,
        SmscClient(simulator.url, checks=[NIGHT], wall_clock=clock) as client,
    ):
        error = await held(client, SMS)
        again = await held(client, SMS)
        await client.send(TelegramCode(to=TO, code=CODE))
        assert 1 == len(simulator.messages)
        clock.now += timedelta(hours=9)
        await client.send(SMS)

        assert 2 == len(simulator.messages)
    assert HeldByRuleError is type(error)
    assert (9 * 3600.0, Outcome.NOT_SENT, SMS) == (error.retry_after, error.outcome, error.message)
    assert "the check QuietHours holds it" in str(error)
    assert CODE not in str(error)
    assert 9 * 3600.0 == again.retry_after


async def test_check_of_ones_own_and_quiet_hours_are_asked_each_for_itself() -> None:
    """Sunday evening: the night outlasts Sunday. The waits don't add up."""
    clock = WallClock(23, day=8)
    checks: list[Check] = [WorkingDays(), NIGHT]
    async with SmscClient("sim://", checks=checks, wall_clock=clock) as client:
        night = await held(client, SMS)
        clock.now = datetime(2026, 3, 8, 12, tzinfo=MOSCOW)
        sunday = await held(client, SMS)
        clock.now = datetime(2026, 3, 9, 12, tzinfo=MOSCOW)
        await client.send(SMS)

    assert 9 * 3600.0 == night.retry_after
    assert 15 * 3600.0 == sunday.retry_after  # UTC: a check of one's own has its own calendar
    assert "WorkingDays" in str(sunday)


async def test_plan_says_that_a_check_holds() -> None:
    """Nothing is sent or remembered, however often it is planned."""
    clock = WallClock(23)
    client = SmscClient("sim://", checks=[NIGHT], wall_clock=clock)
    assert client.plan(SMS).held_by is None
    async with client:
        planned = [client.plan(SMS) for _ in range(2)]
        clock.now += timedelta(hours=9)
        by_day = client.plan(SMS)
        await client.send(SMS)
        repeated = client.plan(SMS)

    assert ["check"] * 2 == [plan.held_by for plan in planned]
    assert [pytest.approx(9 * 3600.0, abs=1)] * 2 == [plan.retry_after for plan in planned]
    assert by_day.held_by is None
    assert "repeat" == repeated.held_by


async def test_plan_raises_what_a_send_would() -> None:
    """A check that fails is found before the first send."""
    async with SmscClient("sim://", checks=[lambda _message, _now: 1 / 0]) as client:
        with pytest.raises(SendError) as caught:
            client.plan(SMS)

    assert isinstance(caught.value.__cause__, ZeroDivisionError)


async def test_held_message_waits_if_it_may() -> None:
    """`Hold.wait` waits for a check as for a rule, and no longer than it may."""
    clock = WallClock(7, 59, 59)

    def morning(_message: Message[Any], _now: datetime) -> float | None:
        """Hold for a moment, then let the night end."""
        clock.now += timedelta(seconds=1)
        return 0.01 if clock.now.hour < 8 else None

    async with SmscClient("sim://", checks=[morning, NIGHT], wall_clock=clock) as client:
        error = await held(client, SMS, hold=Hold.wait(at_most=0.5))
        clock.now = datetime(2026, 3, 10, 7, 59, 59, 950000, tzinfo=MOSCOW)
        assert 1.0 == error.retry_after
        sent = await client.send(SMS, hold=Hold.wait(at_most=5))

    assert sent.message_id


async def test_send_many_fails_what_is_held_and_sends_the_rest() -> None:
    """The outcome of each message, in a FailedSubmission or a Submission."""
    clock = WallClock(23)
    messages = [SMS, TelegramCode(to=TO, code=CODE), HI]
    async with SmscClient("sim://", checks=[NIGHT], wall_clock=clock) as client:
        outcomes = [outcome async for outcome in client.send_many(messages)]

    failed = [outcome for outcome in outcomes if isinstance(outcome, FailedSubmission)]
    assert [SMS, HI] == [outcome.message for outcome in failed]
    assert [HeldByRuleError] * 2 == [type(outcome.error) for outcome in failed]
    assert 3 == len(outcomes)


async def test_send_many_waits_for_what_is_held_if_it_may() -> None:
    """The other messages don't wait with it."""
    holds = iter([0.02])

    def once(message: Message[Any], _now: datetime) -> float | None:
        """Hold one message, once."""
        return next(holds, None) if message is SMS else None

    async with SmscClient("sim://", checks=[once]) as client:
        outcomes = [o async for o in client.send_many([SMS, HI], hold=Hold.wait(at_most=5))]

    assert [HI, SMS] == [outcome.message for outcome in outcomes]
    assert not [outcome for outcome in outcomes if isinstance(outcome, FailedSubmission)]


async def test_outbox_sends_a_held_message_when_it_may_go(tmp_path: Path) -> None:
    """The entry waits on disk, as after a rule's hold."""
    holds = iter([0.02, 0.02])
    async with (
        Outbox(tmp_path / "outbox.db") as outbox,
        SmscClient("sim://", checks=[lambda _message, _now: next(holds, None)]) as client,
    ):
        entry = await outbox.put(SMS)
        await outbox.run(client, stop_when_empty=True)
        sent = await outbox.get(entry)

    assert sent is not None
    assert (OutboxState.ACCEPTED, 3) == (sent.state, sent.attempts)


async def test_cancelled_wait_for_a_check_leaves_nothing(smsc: Gateway) -> None:
    """Neither a reservation nor an octet; the same text may be sent at once."""
    holds = iter([3600.0])
    check: Check = lambda _message, _now: next(holds, None)  # noqa: E731 - a check of one line
    async with SmscClient(smsc.url(), checks=[check]) as client:
        waiting = asyncio.create_task(client.send(SMS, hold=Hold.wait()))
        await turns()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        assert [] == smsc.submits
        await client.send(SMS)

    assert 1 == len(smsc.submits)


async def test_leaving_the_client_ends_the_wait_for_a_check() -> None:
    """With NOT_SENT, at once."""
    async with SmscClient("sim://", checks=[lambda _message, _now: 3600.0]) as client:
        waiting = asyncio.create_task(client.send(SMS, hold=Hold.wait()))
        await turns()
    with pytest.raises(SubmitInterruptedError) as caught:
        await waiting

    assert Outcome.NOT_SENT is caught.value.outcome


@pytest.mark.parametrize(
    "more",
    [
        {"checks": [lambda message, _now: int(message.text)]},
        {"checks": [lambda message, _now: message.text]},
        {"checks": [NIGHT], "wall_clock": lambda: datetime(2026, 3, 10, 23)},  # noqa: DTZ001 - naive
    ],
    ids=["raises", "returns a text", "naive clock"],
)
async def test_check_that_fails_fails_each_send_and_nothing_else(
    smsc: Gateway, more: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """NOT_SENT: a message mustn't leave because its check is broken."""
    async with SmscClient(smsc.url(), limits=GatewayLimits.off(), **more) as client:
        with pytest.raises(SendError):
            await client.send(SMS)
        with pytest.raises(SendError) as caught:
            await client.send(SMS, hold=Hold.wait())
        outcomes = [outcome async for outcome in client.send_many([SMS, HI])]
        assert 1 == len(smsc.peers)

    assert Outcome.NOT_SENT is caught.value.outcome
    assert isinstance(caught.value.__cause__, (ValueError, TypeError))
    assert [SendError] * 2 == [
        type(outcome.error) for outcome in outcomes if isinstance(outcome, FailedSubmission)
    ]
    assert [] == smsc.submits
    assert CODE not in caplog.text


async def test_clock_that_is_set_forward_ends_the_night_earlier() -> None:
    """22:00 to 08:00 in Berlin is nine hours on 28 March 2026."""
    berlin = ZoneInfo("Europe/Berlin")
    clock = WallClock(22, day=28, tz=berlin)
    night = QuietHours(time(22), time(8), tz=berlin)
    async with SmscClient("sim://", checks=[night], wall_clock=clock) as client:
        error = await held(client, SMS)

    assert 9 * 3600.0 == error.retry_after


async def test_client_without_limits_has_its_checks() -> None:
    """They are no rules of the gateway."""
    clock = WallClock(23)
    async with SmscClient(
        "sim://", limits=GatewayLimits.off(), checks=[NIGHT], wall_clock=clock
    ) as client:
        await held(client, SMS)


async def test_deliberate_retry_is_asked_too() -> None:
    """It is another message to a person who sleeps."""
    clock = WallClock(12)
    unknown = SubmitInterruptedError(SMS, outcome=Outcome.UNKNOWN)
    async with SmscClient("sim://", checks=[NIGHT], wall_clock=clock) as client:
        clock.now += timedelta(hours=11)
        await held(client, SMS, retry_of=unknown)
