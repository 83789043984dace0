"""No log record is made where the frames below hold a text, a number or a password.

Rule: a crash reporter that is asked for stacks (Sentry's `attach_stacktrace`) walks the frames
below the logging call and sends the variables of each. A handler here does the same for every
record from WARNING on, while user code fails in each place where the client calls it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from exposed_locals import NUMBER, PASSWORD, TEXT, leaks, shown_stack
from idle_clock import pass_time
from scripted import Gateway, receipt_fields, refusing, turns, until

from pdu import CommandStatus
from smsc_async import GENERIC, GatewayLimits, MemoryRuleStore, SendError, Sms, SmscClient
from smsc_async.contrib.callback import StatusCallback
from smsc_async.instrumentation import LOG, log

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

    from smsc_async.contrib.callback import Event

SMS = Sms(to=NUMBER, text=TEXT)
PHONE = "79991234567"


class StackReader(logging.Handler):
    """Reads the live stack of each record.

    Attributes:
        lines: The records, as they are logged.
        found: Secrets in variables, with their places.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Search the variables of every frame below."""
        self.lines.append(record.getMessage())
        self.found += [line for line in shown_stack() if leaks(line)]


@pytest.fixture
def stacks() -> Iterator[StackReader]:
    """What a crash reporter reads of the log of this package."""
    reader = StackReader()
    LOG.addHandler(reader)
    yield reader
    LOG.removeHandler(reader)


@pytest.fixture
async def gateway() -> AsyncGenerator[Gateway]:
    """A gateway on a real socket."""
    async with Gateway() as gateway:
        yield gateway


def failing(*_: object) -> Any:  # noqa: ANN401 - in the place of anything
    """Fail."""
    raise ZeroDivisionError


def wrong(*_: object) -> Any:  # noqa: ANN401 - in the place of anything
    """Return what no function of a dialect returns."""
    return {}


def receipt_of(message_id: str) -> dict[str, Any]:
    """Return the fields of a receipt that quotes the message, as receipts do."""
    fields = receipt_fields(message_id, "DELIVRD")
    text = fields["short_message"] + TEXT.encode()
    return fields | {"source_addr": NUMBER, "short_message": text}


class FailingStore(MemoryRuleStore):
    """Fails once a message has been admitted."""

    def release(self, *_: Any) -> None:  # noqa: ANN401 - as the store's
        """Fail."""
        raise ZeroDivisionError


class DeadStore(MemoryRuleStore):
    """Fails when it is asked."""

    def apply_now(self, *_: Any) -> Any:  # noqa: ANN401 - as the store's
        """Fail."""
        raise ZeroDivisionError


def test_handler_sees_what_a_crash_reporter_sees(stacks: StackReader) -> None:
    """A record that is logged in place shows the variables of the caller: the search works."""
    text = TEXT

    def named() -> None:
        """Log beneath a variable, in a module of ours."""
        LOG.error("! in place")

    exec(  # noqa: S102 - a frame of this package
        "def call(text):\n    named()\ncall(text)",
        {"__name__": "smsc_async.any", "named": named, "text": text},
    )

    assert ["! in place"] == stacks.lines
    assert stacks.found


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"checks": [failing]}, "! the check failing failed"),
        ({"wall_clock": failing, "checks": [wrong]}, "! wall_clock failed"),
        ({"checks": [wrong]}, "! the check wrong failed"),
        ({"store": DeadStore()}, "! RuleStore.apply failed"),
        ({"store": FailingStore()}, "! RuleStore.release failed"),
        ({"hooks": [failing]}, "! hook"),
        ({"dialect": replace(GENERIC, is_receipt=failing)}, "! the dialect's is_receipt raised"),
        ({"dialect": replace(GENERIC, is_receipt=wrong)}, "! the dialect's is_receipt returned"),
        ({"dialect": replace(GENERIC, read_receipt=failing)}, "! the dialect's read_receipt"),
        ({"dialect": replace(GENERIC, read_receipt=wrong)}, "! the dialect's read_receipt"),
        ({"dialect": replace(GENERIC, normalize_id=failing)}, "! the dialect's normalize_id"),
        ({"dialect": replace(GENERIC, normalize_id=wrong)}, "! the dialect's normalize_id"),
    ],
)
async def test_record_of_failing_code_of_a_user_shows_no_message(
    gateway: Gateway, stacks: StackReader, settings: dict[str, Any], line: str
) -> None:
    """It is called where the message is admitted, or where the octets of a receipt were read."""
    url = gateway.url("throttled_timeout=0.01").replace("secret", PASSWORD)
    async with SmscClient(url, **({"limits": GatewayLimits()} | settings)) as smsc:
        with suppress(SendError):
            sent = await smsc.send(SMS)
            gateway.peer.deliver(**receipt_of(sent.message_id))
            gateway.peer.deliver(source_addr=NUMBER, short_message=TEXT.encode("utf-16-be"))
        gateway.on_submit = refusing(CommandStatus.ESME_RTHROTTLED)
        with suppress(SendError):
            await smsc.send(replace(SMS, text=f"{TEXT}."))
        await until(lambda: any(line in each for each in stacks.lines))

    assert [] == stacks.found


class NoTurns(MemoryRuleStore):
    """Shares a rate, and fails when an overdue message needs another turn."""

    shares_rate = True

    async def take_turn(self, *_: Any) -> Any:  # noqa: ANN401 - as the store's
        """Fail."""
        raise ZeroDivisionError


async def test_record_of_a_store_without_turns_shows_no_message(
    gateway: Gateway, stacks: StackReader
) -> None:
    """It fails in a task of the overdue message."""
    limits, store = GatewayLimits(rate=10), NoTurns(asyncio.get_running_loop().time)
    async with SmscClient(gateway.url(), limits=limits, store=store) as smsc:
        sends = [asyncio.create_task(smsc.send(replace(SMS, text=f"{TEXT} {n}"))) for n in range(3)]
        await until(lambda: gateway.submits)
        pass_time(1.0)
        await asyncio.gather(*sends)
        await until(lambda: stacks.lines)

    assert all("! RuleStore.take_turn failed" in line for line in stacks.lines)
    assert [] == stacks.found


@pytest.mark.parametrize("handler", ["on_receipt", "on_incoming"])
async def test_record_of_a_failing_handler_shows_no_message(
    gateway: Gateway, stacks: StackReader, handler: str
) -> None:
    """It has a receipt or a message in its hands."""

    async def fail(_item: object) -> None:
        """Fail."""
        raise ZeroDivisionError

    handlers: Any = {handler: fail}
    async with SmscClient(gateway.url(), **handlers) as smsc:
        sent = await smsc.send(SMS)
        gateway.peer.deliver(**receipt_of(sent.message_id))
        gateway.peer.deliver(
            source_addr=NUMBER, data_coding=8, short_message=TEXT.encode("utf-16-be")
        )
        await until(lambda: stacks.lines)

    assert f"! {handler} raised ZeroDivisionError" in stacks.lines[0]
    assert [] == stacks.found


async def test_record_of_a_full_queue_shows_no_message(
    gateway: Gateway, stacks: StackReader
) -> None:
    """It fills up while octets are read."""
    async with SmscClient(gateway.url("incoming=1")) as smsc:
        for _ in range(3):
            gateway.peer.deliver(
                source_addr=NUMBER, data_coding=8, short_message=TEXT.encode("utf-16-be")
            )
        await until(lambda: stacks.lines)
        assert smsc.stats().incoming

    assert [] == stacks.found


async def test_record_of_a_refused_bind_shows_no_password(
    gateway: Gateway, stacks: StackReader
) -> None:
    """It is an event of level ERROR."""
    gateway.on_bind = refusing(CommandStatus.ESME_RINVPASWD)
    url = gateway.url("open=eventually").replace("secret", PASSWORD)
    async with SmscClient(url, hooks=[failing]):
        await until(lambda: len(stacks.lines) > 1)

    assert [] == stacks.found


def _query(**fields: str) -> bytes:
    """Return a query that fails."""
    return urlencode(fields, encoding="windows-1251").encode()


def _signed(*fields: str) -> str:
    """Return a signed query."""
    return hashlib.md5(":".join((*fields, PASSWORD)).encode("cp1251")).hexdigest()  # noqa: S324


@pytest.mark.parametrize(
    ("body", "make_sink"),
    [
        (
            _query(phone=PHONE, mes=TEXT, to=PHONE, md5=_signed(PHONE, TEXT, PHONE)),
            lambda: _raise,
        ),
        (
            _query(phone=PHONE, mes=TEXT, to=PHONE, md5=_signed(PHONE, TEXT, PHONE)),
            lambda: _hang,
        ),
        (_query(phone=NUMBER, mes=TEXT, to=PHONE, md5="0" * 32), lambda: _raise),
        (_query(phone=NUMBER, mes=TEXT, to=PHONE), lambda: _raise),
        (_query(id="1", phone=NUMBER, status="x", text=TEXT), lambda: _raise),
        (TEXT.encode(), lambda: _raise),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_record_of_a_webhook_shows_no_request(
    stacks: StackReader, body: bytes, make_sink: Callable[[], Any], method: str
) -> None:
    """The body, the query and the event stand in every frame down to the server."""
    callback = StatusCallback(make_sink(), secret=PASSWORD, timeout=0.01)
    place = {"GET": "query", "POST": "body"}[method]
    request: dict[str, Any] = {"method": method, place: body}
    answer = await callback.answer(**request)
    await turns(1)

    assert 200 != answer.status
    assert 1 == len(stacks.lines)
    assert [] == stacks.found


async def _raise(_event: Event) -> None:
    """Fail."""
    raise ZeroDivisionError


async def _hang(_event: Event) -> None:
    """Never end."""
    await asyncio.Event().wait()


async def test_records_keep_their_order_and_their_places(caplog: pytest.LogCaptureFixture) -> None:
    """Only the stack is another one: a log is read by its lines and times."""
    for number in range(3):
        log(LOG, logging.ERROR, "! record %d", number)
    log(LOG, logging.DEBUG, "not enabled")
    assert [] == caplog.messages
    await turns(1)

    assert [f"! record {number}" for number in range(3)] == caplog.messages
    assert {"test_live_stacks.py"} == {record.filename for record in caplog.records}
    assert {"test_records_keep_their_order_and_their_places"} == {
        record.funcName for record in caplog.records
    }


def test_record_without_a_loop_is_logged_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """There is no later."""
    log(LOG, logging.ERROR, "! record")

    assert ["! record"] == caplog.messages
