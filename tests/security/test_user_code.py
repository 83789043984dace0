"""Code of a user that fails inside of ours takes no secret with it.

Rule: values with methods that raise, callables, iterables, cancellations and interrupts end public
calls in the middle. Whatever leaves, no variable of a frame of ours shows a secret in it.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from exposed_locals import CODE, NUMBER, PASSWORD, TEXT, exposed, leaks
from scripted import Gateway, nothing, turns, until

import pdu
from smsc_async import (
    GENERIC,
    Dialect,
    GatewayLimits,
    HlrReceipt,
    Hold,
    MemoryRuleStore,
    QuietHours,
    Receipt,
    Sms,
    SmscClient,
    SmscConfig,
    SmscError,
    TelegramCode,
    Tls,
)
from smsc_async.outbox import Outbox
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from pathlib import Path

URL = f"smpp://shop:{PASSWORD}@gw"


class UserError(Exception):
    """What a user's code raises; its sentence is the user's, so it's empty here."""


def fail(*_: object, **__: object) -> Any:  # noqa: ANN401 - never returns
    """Fail, wherever it is called."""
    raise UserError


class UserText(str):
    """A text whose methods fail, but for its `repr`."""

    __slots__ = ()
    __len__ = __iter__ = __contains__ = __format__ = fail
    isascii = isdigit = isprintable = strip = encode = startswith = partition = translate = fail


class UnequalText(str):
    """A text that can't be compared or hashed."""

    __slots__ = ()
    __eq__ = __hash__ = __lt__ = fail


class UserNumber(int):
    """A number that can't be compared."""

    __lt__ = __le__ = __gt__ = __ge__ = __abs__ = fail
    __hash__ = int.__hash__


class UserBytes(bytes):
    """Octets whose methods fail."""

    __len__ = __getitem__ = decode = hex = translate = fail


class UserZone(tzinfo):
    """A time zone that fails."""

    utcoffset = dst = tzname = fail


class UserTime(datetime):
    """A time that fails."""

    utcoffset = astimezone = fail


class UserMapping(Mapping[str, str]):
    """Variables that can't be read."""

    __getitem__ = __iter__ = __len__ = get = fail


class Unshown:
    """An object whose every method fails."""

    def __init__(self) -> None:
        self.text = TEXT

    __repr__ = __str__ = __bool__ = __eq__ = __len__ = __iter__ = fail
    __hash__ = fail


def failing(first: object) -> Iterator[Any]:
    """Yield a value, and fail."""
    yield first
    raise UserError


def sms(**given: Any) -> Sms:  # noqa: ANN401 - fields
    """Make a message."""
    return Sms(**({"to": NUMBER, "text": TEXT} | given))


def changed(value: Any, **given: Any) -> Any:  # noqa: ANN401 - of any class
    """Return a copy with other values, of any kind."""
    return replace(value, **given)


SUBMIT = pdu.SubmitSm(destination_addr=NUMBER, short_message=TEXT.encode("utf-16-be"))

VALUES: dict[str, Callable[[], object]] = {
    "text": lambda: sms(text=UserText(TEXT)),
    "number": lambda: sms(to=UserText(NUMBER)),
    "sender that isn't equal": lambda: sms(sender=UnequalText(NUMBER * 2)),
    "code": lambda: TelegramCode(to=NUMBER, code=UserText(CODE * 2)),
    "comment": lambda: sms(comment=UserText(TEXT)),
    "object": lambda: sms(text=Unshown()),
    "time": lambda: sms(schedule=UserTime(2030, 1, 1, tzinfo=UTC)),
    "zone": lambda: sms(schedule=datetime(2030, 1, 1, tzinfo=UserZone())),
    "tlvs": lambda: sms(tlvs=failing(TEXT)),
    "unknown field": lambda: sms(txt=TEXT),
    "unknown field beside one that fails": lambda: sms(txt=TEXT, text=UserText(TEXT)),
    "priority": lambda: sms(priority=UserNumber(NUMBER)),
    "replaced": lambda: changed(sms(), text=TEXT.encode()),
    "replaced by what fails": lambda: changed(sms(), to=UserText(NUMBER)),
    "replaced password": lambda: changed(SmscConfig.from_url(URL), password=PASSWORD.encode()),
    "assigned": lambda: setattr(sms(), "text", TEXT),
    "assigned to no field": lambda: setattr(sms(), "txt", TEXT),
    "deleted": lambda: delattr(sms(), "text"),
    "assigned password": lambda: setattr(SmscConfig.from_url(URL), "password", PASSWORD),
    "assigned key": lambda: setattr(Tls(), "key_file", PASSWORD),
    "assigned receipt": lambda: setattr(Receipt(message_id="1"), "txt", TEXT),
    "assigned limits": lambda: setattr(GatewayLimits(), "rate", int(NUMBER)),
    "assigned PDU": lambda: setattr(SUBMIT, "txt", TEXT),
    "state of another version": lambda: sms().__setstate__([TEXT, NUMBER]),  # type: ignore[attr-defined]
    "state of no version": lambda: sms().__setstate__(int(NUMBER)),  # type: ignore[attr-defined]
    "pickled lambda": lambda: pickle.dumps(
        changed(SmscConfig.from_url(URL), message_ids=lambda _: TEXT)
    ),
    "url": lambda: SmscConfig.from_url(UserText(URL)),
    "url of octets": lambda: SmscConfig.from_url(URL.encode()),  # type: ignore[arg-type]
    "variables": lambda: SmscConfig.from_env(environ=UserMapping()),
    "variables in a text": lambda: SmscConfig.from_env(environ=TEXT),  # type: ignore[arg-type]
    "variable of octets": lambda: SmscConfig.from_env(environ={"SMSC_URL": URL.encode()}),  # type: ignore[dict-item]
    "name of a variable": lambda: SmscConfig.from_env(TEXT, environ={}),
    "password": lambda: SmscConfig(system_id="shop", password=UserText(PASSWORD), hosts=()),
    "login": lambda: SmscConfig(system_id=UserText(PASSWORD), is_simulated=True),
    "hooks": lambda: SmscClient(URL, hooks=failing(fail)),
    "checks": lambda: SmscClient(URL, checks=failing(fail)),
    "message_ids": lambda: changed(SmscConfig.from_url(URL), message_ids=UserText(TEXT)),
    "rate": lambda: GatewayLimits(rate=UserNumber(NUMBER)),
    "rate of a number": lambda: GatewayLimits(rate=int(NUMBER)),
    "window of a number": lambda: GatewayLimits(repeat_window=float(NUMBER)),
    "margin of a number": lambda: GatewayLimits(multipart_window=None, margin=float(NUMBER)),
    "decimal": lambda: GatewayLimits(rate=Decimal(NUMBER)),  # type: ignore[arg-type]
    "hold": lambda: Hold.wait(at_most=UserNumber(NUMBER)),
    "quiet hours": lambda: QuietHours(time(22), time(8), tz=TEXT),  # type: ignore[arg-type]
    "scenario": lambda: Scenario(id_format=UnequalText(TEXT)),  # type: ignore[arg-type]
    "scenario's cost": lambda: Scenario(cost=UserText(TEXT)),
    "simulator": lambda: Simulator(host=UserText(PASSWORD)),
    "octets": lambda: pdu.decode(UserBytes(TEXT.encode() * 9)),
    "octets of a PDU": lambda: pdu.encode(pdu.DeliverSm(short_message=UserBytes(TEXT.encode()))),
    "address of a PDU": lambda: pdu.encode(pdu.DeliverSm(source_addr=UserText(NUMBER))),
    "address of a packer": lambda: pdu.pack_submit_sm(
        1, destination_addr=UserText(NUMBER), short_message=TEXT.encode()
    ),
    "template": lambda: pdu.make_template(pdu.SubmitSm, vary=(NUMBER,)),
    "feed": lambda: pdu.FrameBuffer().feed(UserBytes(TEXT.encode())),
    "explain": lambda: pdu.explain(UserBytes(TEXT.encode())),
    "tlv": lambda: pdu.Tlv.of(pdu.TlvTag.RECEIPTED_MESSAGE_ID, UserText(TEXT)),
    "half made": lambda: pdu.encode(object.__new__(pdu.SubmitSm)),
    "HLR": lambda: HlrReceipt.of(TEXT),  # type: ignore[arg-type]
}  # fmt: skip


@pytest.mark.parametrize("case", VALUES)
def test_value_that_fails_shows_nothing(case: str) -> None:
    """Subclasses of `str`, `int` and `bytes` come from template engines, XML and databases."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any
        VALUES[case]()

    assert [] == exposed(caught.value)


@pytest.mark.parametrize("case", ["text", "object", "url", "octets", "explain"])
def test_error_of_a_user_still_names_the_place(case: str) -> None:
    """Without frames of ours the note says where the user's code was called."""
    with pytest.raises((UserError, TypeError, SmscError)) as caught:
        VALUES[case]()

    is_ours = isinstance(caught.value, SmscError)
    assert is_ours or any("raised inside" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("slots", [False, True])
@pytest.mark.parametrize(
    "wrong",
    [{"to": TEXT}, {"text": TEXT.encode()}, {"comment": f"{TEXT}\n~~~\n"}, {"txt": TEXT}],
)
def test_class_of_a_user_shows_nothing(slots: bool, wrong: dict[str, Any]) -> None:  # noqa: FBT001 - both
    """Its constructor is the user's, but it calls checks of ours."""

    class Order(Sms):
        """A message with a number of the user's."""

        order: int = 0

    made: Any = dataclass(frozen=True, kw_only=True, slots=slots)(Order)
    for kind in (made, type("Plain", (Sms,), {})):
        with pytest.raises((SmscError, TypeError)) as caught:
            kind(**({"to": NUMBER, "text": TEXT} | wrong))
        assert [] == exposed(caught.value)


def test_copies_keep_their_values() -> None:
    """What is hidden is only what fails."""
    message = sms(comment=TEXT)

    assert message == copy.copy(message) == pickle.loads(pickle.dumps(message))  # noqa: S301 - ours
    assert message == copy.deepcopy(message) == changed(message)


# In an open client.

Failing = Callable[[SmscClient, Gateway], Awaitable[object]]


async def _read(outcomes: Any) -> None:  # noqa: ANN401 - an async iterable
    """Read all outcomes."""
    async for _ in outcomes:
        pass


async def _messages(first: object) -> AsyncIterator[Any]:
    """Yield a message, and fail."""
    yield first
    raise UserError


async def _thrown(generator: Any, *, started: bool) -> None:  # noqa: ANN401 - an async generator
    """Throw an error into a generator that was started."""
    if started:
        await anext(generator)
    await generator.athrow(UserError())


async def _group(smsc: SmscClient, gateway: Gateway) -> None:
    """Fail in a group whose other tasks are cancelled while they send."""
    gateway.on_submit = nothing
    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(smsc.send(sms(text=TEXT + "." * number)))
        group.create_task(smsc.query("1", sender=NUMBER))
        group.create_task(_later())


async def _later() -> None:
    """Fail when the others wait."""
    await turns()
    raise UserError


async def _cancelled(awaited: Awaitable[object], gateway: Gateway) -> None:
    """Cancel a call that waits."""
    gateway.on_submit = gateway.on_other = nothing
    task = asyncio.ensure_future(awaited)
    await turns()
    task.cancel(TEXT[:0])
    await task


class _Interrupted:
    """Messages whose reader presses Ctrl-C."""

    def __iter__(self) -> Iterator[Any]:
        """Yield one message, and interrupt."""
        yield sms()
        raise KeyboardInterrupt


CALLS: dict[str, Failing] = {
    "generator": lambda smsc, _: _read(smsc.send_many(failing(sms()))),
    "async generator": lambda smsc, _: _read(smsc.send_many(_messages(sms()))),
    "nested": lambda smsc, _: _read(smsc.send_many([[sms()], (TEXT,), {"text": [TEXT]}])),  # type: ignore[list-item]
    "iterable": lambda smsc, _: _read(smsc.send_many(Unshown())),
    "interrupt": lambda smsc, _: _read(smsc.send_many(_Interrupted())),
    "thrown": lambda smsc, _: _thrown(smsc.send_many(sms() for _ in range(9)), started=True),
    "thrown at once": lambda smsc, _: _thrown(smsc.send_many([TEXT] * 9), started=False),  # type: ignore[list-item]
    "group": _group,
    "cancelled send": lambda smsc, gateway: _cancelled(smsc.send(sms()), gateway),
    "cancelled send within": lambda smsc, gateway: _cancelled(smsc.send(sms(), within=5), gateway),
    "cancelled query": lambda smsc, gateway: _cancelled(smsc.query("1", sender=NUMBER), gateway),
    "cancelled request": lambda smsc, gateway: _cancelled(
        smsc.request(pdu.CancelSm(message_id="1", destination_addr=NUMBER)), gateway
    ),
    "cancelled bulk": lambda smsc, gateway: _cancelled(
        anext(smsc.send_many([sms(), sms(text=f"{TEXT}.")])),
        gateway,
    ),
    "cancelled receipt": lambda smsc, gateway: _cancelled(smsc.receipt(NUMBER), gateway),
    "request": lambda smsc, _: smsc.request(
        pdu.CancelSm(message_id="1", destination_addr=UserText(NUMBER))
    ),
    "text that fails": lambda smsc, _: smsc.send(UserText(TEXT)),  # type: ignore[arg-type]
    "number of seconds": lambda smsc, _: smsc.send(sms(), within=UserNumber(NUMBER)),
    "object": lambda smsc, _: smsc.send(Unshown()),  # type: ignore[arg-type]
    "error to retry": lambda smsc, _: smsc.send(sms(), retry_of=ValueError(TEXT)),  # type: ignore[arg-type]
    "taken": lambda smsc, _: smsc.take(TEXT),
    "taken object": lambda smsc, _: smsc.take(Unshown()),
    "id": lambda smsc, _: smsc.receipt(UserText(NUMBER)),
    "sender": lambda smsc, _: smsc.query("1", sender=UserText(NUMBER)),
}


@pytest.mark.parametrize("case", CALLS)
async def test_call_that_is_ended_by_a_user_shows_nothing(
    caplog: pytest.LogCaptureFixture, case: str
) -> None:
    """Also in what is logged meanwhile with a traceback."""
    caplog.set_level(logging.DEBUG)
    async with Gateway() as gateway:
        url = gateway.url("timeout=0.2&drain_timeout=0.05").replace("secret", PASSWORD)
        async with SmscClient(url, limits=GatewayLimits.off()) as smsc:
            error = await _failure(CALLS[case](smsc, gateway))

    assert error is not None or case == "nested"
    assert [] == _exposed(error, caplog)


async def _failure(awaited: Awaitable[object]) -> BaseException | None:
    """Return what a call raised."""
    try:
        await awaited
    except BaseException as error:  # noqa: BLE001 - interrupts, too
        return error
    return None


def _exposed(error: BaseException | None, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what an error and the log expose."""
    errors = [record.exc_info[1] for record in caplog.records if record.exc_info]
    lines = [line for one in (error, *errors) if one is not None for line in exposed(one)]
    return [*lines, *leaks(caplog.text)]


async def _wrong_socket(*_: object) -> Any:  # noqa: ANN401 - no socket
    """Return a text instead of a socket."""
    return TEXT


async def _failing_coroutine(*_: object) -> Any:  # noqa: ANN401 - never returns
    """Fail in a coroutine."""
    raise ExceptionGroup("two", [UserError(), UserError()])


class BrokenStore(MemoryRuleStore):
    """A store whose rules fail."""

    apply = apply_now = peek = fail


def _in_quiet(message: Any, _: datetime) -> Any:  # noqa: ANN401 - of any kind
    """Return the text instead of a time."""
    return message.text


SETTINGS: dict[str, dict[str, Any]] = {
    "connector": {"connector": _failing_coroutine},
    "connector without a socket": {"connector": _wrong_socket},
    "check": {"checks": [fail]},
    "check that returns a text": {"checks": [_in_quiet]},
    "check of a zone": {"checks": [QuietHours(time(22), time(8), tz=UserZone())]},
    "wall clock": {"checks": [lambda *_: None], "wall_clock": fail},
    "wall clock of a text": {"checks": [lambda *_: None], "wall_clock": lambda: TEXT},
    "wall clock without a zone": {"checks": [_in_quiet], "wall_clock": datetime.now},
    "store": {"store": BrokenStore()},
    "hook": {"hooks": [fail]},
    "dialect": {"dialect": Dialect(is_receipt=fail, read_receipt=fail, normalize_id=fail)},
    "ids": {"dialect": changed(GENERIC, normalize_id=fail)},
    "ids of a text": {"dialect": changed(GENERIC, normalize_id=lambda _: Unshown())},
    "handlers": {"on_receipt": _failing_coroutine, "on_incoming": _failing_coroutine},
}


@pytest.mark.parametrize("case", SETTINGS)
async def test_callable_of_a_user_that_fails_shows_nothing(
    caplog: pytest.LogCaptureFixture, case: str
) -> None:
    """Connectors, checks, clocks, stores, hooks, dialects and handlers run inside of ours."""
    caplog.set_level(logging.DEBUG)
    async with Gateway() as gateway:
        query = "timeout=0.2&drain_timeout=0.05&link_timeout=0.2&connect_timeout=1"
        url = gateway.url(query).replace("secret", PASSWORD)
        error = await _failure(_used(SmscClient(url, **SETTINGS[case]), gateway))

    assert [] == _exposed(error, caplog)


async def _used(smsc: SmscClient, gateway: Gateway) -> None:
    """Open a client, send, plan, and let the gateway deliver a receipt and a message."""
    async with smsc:
        peer = gateway.peer
        peer.deliver(source_addr=NUMBER, short_message=TEXT.encode("utf-16-be"), data_coding=8)
        peer.deliver_receipt(NUMBER)
        await turns()
        with suppress(SmscError):
            await smsc.send(sms())
        smsc.plan(sms())
        await smsc.send(sms(text=f"{TEXT}."))


async def test_functions_of_an_outbox_show_nothing(tmp_path: Path) -> None:
    """A worker without a client, ids that fail, a cancelled put."""
    async with Outbox(tmp_path / "outbox.db") as outbox, Simulator() as simulator:
        entry = await outbox.put(sms())
        calls = (
            outbox.run(TEXT),  # type: ignore[arg-type]  # wrong on purpose
            outbox.run(Unshown()),  # type: ignore[arg-type]  # wrong on purpose
            outbox.resend(entry, may_pay_twice=TEXT),  # type: ignore[arg-type]  # wrong on purpose
            outbox.put(sms(), key=UnequalText(TEXT * 99)),
            outbox.get(int(NUMBER) * 10**20),
            outbox.accept(int(NUMBER)),
            outbox.discard(entry, Unshown()),  # type: ignore[arg-type]  # wrong on purpose
            outbox.purge(older_than=UserNumber(NUMBER)),
            outbox.record(TEXT),  # type: ignore[arg-type]  # wrong on purpose
            simulator.deliver(TEXT, [NUMBER], TEXT),  # type: ignore[arg-type]  # wrong on purpose
            simulator.deliver(NUMBER, "shop", TEXT.encode()),  # type: ignore[arg-type]  # the same
            simulator.deliver(NUMBER, UserText(NUMBER), TEXT),
            asyncio.wait_for(simulator.deliver(NUMBER, "79161112233", TEXT), 0.01),
            asyncio.wait_for(outbox.put(sms(text=f"{TEXT}.")), 0.0),
        )
        errors = [await _failure(call) for call in calls]

    assert all(errors), errors
    assert [] == [line for error in errors if error for line in exposed(error)]


def test_limits_show_no_number_of_a_person() -> None:
    """A number that a phone may have is refused, so no `repr` can show it."""
    assert not leaks(repr(GatewayLimits(rate=999_999_999, margin=0.5)))
    for name in ("rate", "flood_length", "flood_gap", "repeat_window", "multipart_window"):
        with pytest.raises(SmscError, match=f"{name}: takes a number of 9 digits at most"):
            GatewayLimits(**{name: int(NUMBER)})


async def test_wait_is_cut_without_arguments() -> None:
    """`asyncio.timeout` around a send whose link is away."""
    async with Gateway() as gateway, SmscClient(gateway.url(), limits=GatewayLimits.off()) as smsc:
        gateway.on_bind = nothing
        gateway.peer.drop()
        await until(lambda: not smsc.health().bound)
        error = await _failure(asyncio.wait_for(smsc.send(sms()), timedelta(0.0).total_seconds()))

    assert error is not None
    assert [] == exposed(error)
