"""What a peer writes is shown on one line and steers nothing: logs, errors, reprs.

Rule: a hostile gateway fills every field of every PDU; then all that the library shows is searched.
Values that users get stay as the peer wrote them.
"""

from __future__ import annotations

import io
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from faultlab import frame
from hostile import OCTETS, SIGNS, HostileGateway, deliver, seen_raw
from scripted import turns, until

from pdu import (
    AlertNotification,
    BindTransceiverResp,
    DistributionList,
    Outbind,
    SmeAddress,
    SubmitMulti,
    UnsuccessSme,
    decode,
    explain,
)
from smsc_async import (
    BindRefusedError,
    ConnectFailedError,
    GatewayLimits,
    HlrQuery,
    LinkLostError,
    ReceiptTimeoutError,
    RemoteProtocolError,
    Sms,
    SmscClient,
    SmscError,
)
from smsc_async.contrib.callback import CallConfirmed, StatusCallback
from smsc_async.instrumentation import ConnectFailed, Hooks, LinkBound, LinkDown, SendAbandoned
from smsc_async.outbox import OutboxError
from smsc_async.receipts import QueryResult

if TYPE_CHECKING:
    from collections.abc import Iterator

LATIN = OCTETS.decode("latin-1")


@pytest.fixture
def lines() -> Iterator[io.BytesIO]:
    """Every record of every logger, in a file in windows-1251 that takes no other character."""
    octets = io.BytesIO()
    handler = logging.StreamHandler(io.TextIOWrapper(octets, "cp1251", write_through=True))
    handler.setFormatter(logging.Formatter("BEGIN %(name)s %(message)s END"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield octets
    root.removeHandler(handler)
    root.setLevel(level)


def assert_one_line_a_record(octets: io.BytesIO, *, spared: str = "") -> list[str]:
    """Assert that each record is one line without a hostile character; return them."""
    text = octets.getvalue().decode("cp1251")
    found = text.removesuffix("\n").split("\n")
    assert all(line.startswith("BEGIN ") and line.endswith(" END") for line in found)
    assert [] == [(line, seen_raw(line)) for line in found if seen_raw(line, spared=spared)]
    return found


async def test_no_log_line_and_no_repr_is_forged(
    lines: io.BytesIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bind, submit, receipt, incoming message, query, and requests a client doesn't expect."""
    monkeypatch.setattr(logging, "raiseExceptions", True)
    shown: list[str] = []
    async with HostileGateway() as gateway:
        url = gateway.url()
        async with SmscClient(url, limits=GatewayLimits.off()) as smsc:
            sent = await smsc.send(Sms(to="79991234567", text="hello"))
            hlr = await smsc.send(HlrQuery(to="79991234567"))
            receipt, answer = await sent.receipt(timeout=5), await hlr.receipt(timeout=5)
            async with aclosing(smsc.incoming()) as incoming:
                message = await anext(incoming)
            result = await smsc.query("id")
            with pytest.raises(ReceiptTimeoutError) as late:
                await smsc.receipt(LATIN, timeout=0.01)
            peer = gateway.peer
            for body in (OCTETS + b"\0pass" + OCTETS + b"\0", OCTETS):
                peer.raw(
                    b"".join([(16 + len(body)).to_bytes(4, "big"), b"\0\0\0\x0b", bytes(8), body])
                )
            peer.raw(deliver(0, 0, b"text" + OCTETS, b""))
            values: list[Any] = [sent, hlr, receipt, answer, message, result, late.value, smsc]
            values += [smsc.stats(), smsc.health(), smsc.config, hlr.message, receipt.error]
            shown = [f"{value}" for value in values] + [repr(value) for value in values]

    assert f"1{LATIN}" == sent.message_id == receipt.message_id
    assert SIGNS == answer.country
    assert f"Да {SIGNS}" == message.text
    assert LATIN == message.sender == receipt.to
    assert LATIN == late.value.message_id
    records = assert_one_line_a_record(lines)
    assert any("submit_sm_resp" in line and "\\x1b[2J" in line for line in records)
    assert [] == [(line, seen_raw(line)) for line in shown if seen_raw(line)]
    assert [] == [line for line in shown if not line.isascii()]


HOSTILE = f"id {SIGNS}"
ERRORS: tuple[SmscError, ...] = (
    ReceiptTimeoutError(HOSTILE, timeout=1),
    BindRefusedError(14, system_id=HOSTILE),
    ConnectFailedError(HOSTILE, hosts=(HOSTILE,)),
    LinkLostError(HOSTILE),
    RemoteProtocolError(HOSTILE, OCTETS),
    OutboxError(HOSTILE),
    SmscError(HOSTILE, 5),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_error_is_one_line(error: SmscError) -> None:
    """Whatever its sentence was made of; a caller's log shows it."""
    for shown in (str(error), repr(error), f"{error}"):
        assert [] == seen_raw(shown, spared="\U0001f600")
        assert "\\x1b[2J" in shown


EVENTS = (
    LinkBound(HOSTILE, HOSTILE),  # type: ignore[arg-type]  # hostile
    LinkDown("host", HOSTILE),
    ConnectFailed(HOSTILE, 1.0),
    SendAbandoned((HOSTILE,), None),
    SendAbandoned((), None),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_event_is_one_line(lines: io.BytesIO, event: Any) -> None:  # noqa: ANN401 - of any kind
    """Also one whose hook raises an error that quotes it."""

    def broken(event: object) -> None:
        raise ValueError(event)

    Hooks([broken]).tell(event)

    text = lines.getvalue().replace(b"\\U0001f600", b"")
    assert_one_line_a_record(io.BytesIO(text))


PDUS = (
    BindTransceiverResp(system_id=LATIN),
    Outbind(system_id=LATIN),
    AlertNotification(source_addr=LATIN, esme_addr=LATIN),
    SubmitMulti(dest_address=(SmeAddress(1, 1, LATIN), DistributionList(LATIN))),
    SmeAddress(1, 1, LATIN),
    UnsuccessSme(1, 1, LATIN, 5),
    decode(deliver(0, 0, OCTETS, b"")),
    QueryResult(LATIN, 2),
    CallConfirmed(phone=LATIN, ts=LATIN),
    StatusCallback(print, secret="x"),  # type: ignore[arg-type]  # never called
)


@pytest.mark.parametrize("value", PDUS, ids=lambda value: type(value).__name__)
def test_value_shows_as_one_line_of_ascii(value: object) -> None:
    """A log in windows-1251 takes it."""
    assert repr(value).isascii()
    assert [] == seen_raw(repr(value))


def test_dump_has_a_line_a_field() -> None:
    """A capture of an attack is looked at on a terminal."""
    dump = explain(deliver(4, 0, OCTETS, b"") + deliver(0, 8, SIGNS.encode("utf-16-be"), b""))

    for line in dump.split("\n"):
        assert [] == seen_raw(line, spared="\U0001f600")
    for one in dump.lines:
        assert 1 >= len(f"{one.field}{one.meaning}{one.note}".splitlines())


async def test_refused_callback_logs_one_line(lines: io.BytesIO) -> None:
    """An unsigned request can hold anything in the names of its fields, too."""
    callback = StatusCallback(print, secret="x")  # type: ignore[arg-type]  # never called
    for query in (b"id=%0A&status=%1B", b"%0A%1B=1&mes=%0D", b"waitcall=%0A&ts=%E2%80%AE"):
        assert 403 == (await callback.answer(method="GET", query=query)).status
    await turns(1)

    assert 3 == len([line for line in assert_one_line_a_record(lines) if "callback" in line])


async def test_undecodable_response_is_one_line(lines: io.BytesIO) -> None:
    """What can't be read is named by field and offset, and not quoted."""
    async with HostileGateway() as gateway:
        gateway.on_submit = lambda peer, submit: peer.raw(
            frame(0x80000000, 0, submit.sequence_number, OCTETS)
        )
        async with SmscClient(gateway.url("timeout=1"), limits=GatewayLimits.off()) as smsc:
            with pytest.raises(SmscError) as caught:
                await smsc.send(Sms(to="79991234567", text="hello"))
    await until(lambda: gateway.peer.is_closed)

    assert [] == seen_raw(f"{caught.value} {caught.value!r}")
    assert_one_line_a_record(lines)
