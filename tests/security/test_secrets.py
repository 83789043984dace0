"""No output contains a password, a text or a whole phone number.

Rule: all logging is on and every fault is caused. Then log lines, reprs, errors, tracebacks with
their locals, and all living objects of the packages are searched for the secrets.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import traceback
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

import pytest
from faultlab import answering, client_of, frame
from scripted import Gateway, nothing, receipt_fields, refusing, turns, until

from pdu import CommandStatus, DeliverSm, SubmitSmResp, encode
from smsc_async import (
    Email,
    FailedSubmission,
    InvalidMessageError,
    LinkError,
    Message,
    SendError,
    Sms,
    SmscClient,
    SmscConfig,
    SmscError,
    TelegramCode,
    VoiceCall,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripted import Peer

    from pdu import SubmitSm

NUMBER = "79265550148"  # in no example and in no text of the library
PASSWORD = "hun7er-2"
TEXT = "Пароль: квазар 48215"
COMMENT = "заказ зебра"
CODE = "730951"
_ADDRESS = re.compile("at 0x[0-9a-f]+")
SECRETS = ("квазар", "48215", "зебра", CODE, PASSWORD, "реликт")

MESSAGES: tuple[Message[Any], ...] = (
    Sms(to=NUMBER, text=TEXT, comment=COMMENT, sender="Shop"),
    Sms(to=NUMBER, text=f"{TEXT} " * 9, sender="Shop"),
    Sms(to=NUMBER, text="reference 48215"),
    Email(to="ann@shop.example", text=TEXT, subject="реликт", sender="Shop"),
    VoiceCall(to=NUMBER, text=TEXT),
    TelegramCode(to=NUMBER, code=CODE),
)


def shapes(secret: str) -> set[str]:
    """Return the forms of a secret: as text, as the repr of its octets, in hexadecimal."""
    found = {secret}
    for coding in ("utf-8", "utf-16-be", "utf-16-le"):
        octets = secret.encode(coding)
        shown = repr(octets)[2:-1]
        found |= {shown, shown.replace("\\", "\\\\"), octets.hex(), octets.hex(" ")}
    return found | {secret.encode("unicode_escape").decode("ascii")}


FORBIDDEN = {shape for secret in (*SECRETS, NUMBER) for shape in shapes(secret)}


def leaks(said: str) -> list[str]:
    """Return the secrets that a text contains; memory addresses are ignored."""
    lowered = _ADDRESS.sub("", said.lower())
    return sorted(shape for shape in FORBIDDEN if shape.lower() in lowered)


class Ear(logging.Handler):
    """Log handler that keeps every line of every logger, formatted with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s %(args)s"))
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.heard.append(self.format(record))


@pytest.fixture
def ear() -> Iterator[Ear]:
    """All loggers at DEBUG, with every line kept."""
    root, listening = logging.getLogger(), Ear()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(listening)
    yield listening
    root.removeHandler(listening)
    root.setLevel(level)


def error_texts(error: BaseException) -> Iterator[str]:
    """Yield every form in which an error is shown, with the locals of each frame."""
    yield from (str(error), repr(error), repr(error.args), repr(error.__cause__))
    yield "".join(traceback.format_exception(error))
    shown = traceback.TracebackException.from_exception(error)
    # Only frames of the packages are searched; those of the test hold the secrets themselves.
    frames = traceback.StackSummary.extract(
        (pair for pair in traceback.walk_tb(error.__traceback__)), capture_locals=True
    )
    for each in frames:
        if "smsc_async" in each.filename or "/pdu/" in each.filename:
            yield f"{each.filename} {each.locals}"
    yield "".join(shown.format())


def living() -> Iterator[str]:
    """Yield the repr of every living object of the packages."""
    gc.collect()  # cycles that other tests left
    for each in gc.get_objects():
        kind = type(each)
        # Some foreign classes have a `__module__` that isn't a text.
        if str(kind.__module__).partition(".")[0] in {"smsc_async", "pdu"}:
            # An object that another test left may have a repr that fails.
            with suppress(RuntimeError):
                yield f"{kind.__qualname__} {each!r} {each!s}"


async def ends(smsc: SmscClient) -> list[SmscError]:
    """Send every message; return the errors."""
    sends = (smsc.send(message) for message in MESSAGES)
    results = await asyncio.gather(*sends, return_exceptions=True)
    return [result for result in results if isinstance(result, SmscError)]


def garble(number: int) -> bytes:
    """Return the octets of a generic_nack that holds a secret and can't be decoded."""
    return frame(0x80000000, 0, number, TEXT.encode())


def drop(peer: Peer, _: SubmitSm) -> None:
    """Cut the connection."""
    peer.drop()


HOOKS: dict[str, Any] = {
    "refused": refusing(CommandStatus.ESME_RSUBMITFAIL),
    "failing": refusing(CommandStatus.ESME_RSYSERR),
    "silent": nothing,
    "dropped": drop,
    "garbled": answering(garble),
    "broken": lambda peer, _: peer.raw(bytes(4) + TEXT.encode()),
}


@pytest.mark.takes_up_to(5, reason="every object of the process is shown and searched")
@pytest.mark.parametrize("fault", HOOKS)
async def test_no_fault_of_a_send_gives_a_secret_away(ear: Ear, fault: str) -> None:
    """Errors, their tracebacks with locals, the log at DEBUG, and every object alive."""
    spoken: list[str] = []
    async with Gateway() as gateway:
        url = gateway.url("timeout=0.05&link_timeout=0.2").replace("secret", PASSWORD)
        async with client_of(url) as smsc:
            gateway.on_submit = HOOKS[fault]
            sending = asyncio.create_task(ends(smsc))
            await gateway.submitted()
            spoken += living()
            errors = await sending
            gateway.on_submit = gateway.accept
            many = [each async for each in smsc.send_many(MESSAGES)]
        spoken += [repr(smsc), repr(smsc.config), repr(smsc.health()), repr(smsc.stats())]
        spoken += map(repr, many)
        spoken += [
            text
            for each in many
            if isinstance(each, FailedSubmission)
            for text in error_texts(each.error)
        ]
    for error in errors:
        spoken += error_texts(error)
        spoken += [repr(error.message)] if isinstance(error, SendError) else []

    assert len(MESSAGES) == len(errors)
    assert any("submit_sm" in line for line in ear.heard)
    assert [] == [(line, leaks(line)) for line in [*spoken, *ear.heard] if leaks(line)]
    assert any("7926***48" in line for line in spoken)


@pytest.mark.takes_up_to(5, reason="every object of the process is shown and searched")
async def test_nothing_that_comes_in_gives_a_secret_away(ear: Ear) -> None:
    """Incoming texts, receipts that quote a text, undecodable PDUs."""
    octets = TEXT.encode("utf-16-be")
    delivered = DeliverSm(
        source_addr=NUMBER,
        destination_addr="Shop",
        data_coding=8,
        short_message=octets,
        sequence_number=3,
    )
    part = {"esm_class": 0x40, "short_message": bytes((5, 0, 3, 1, 2, 1)) + octets}
    spoken: list[str] = []
    async with Gateway() as gateway, client_of(gateway.url()) as smsc:
        sent = await smsc.send(MESSAGES[0])
        peer = gateway.peer
        quoting = receipt_fields(sent.message_id)
        quoting["short_message"] += b"reference 48215"
        peer.deliver(**quoting)
        peer.deliver(**{**quoting, "short_message": quoting["short_message"][3:]})
        peer.write(delivered)
        peer.deliver(source_addr=NUMBER, data_coding=8, **part)
        peer.raw(frame(5, 0, 9, encode(delivered)[16:-2]))
        peer.raw(frame(0x10203, 0, 10, octets))
        peer.write(SubmitSmResp(message_id="x", sequence_number=0x7777))
        receipt = await sent.receipt(timeout=5)
        async with aclosing(smsc.incoming()) as incoming:
            message = await anext(incoming)
        await turns()
        spoken += living()
        spoken += map(repr, (sent, receipt, message, smsc))
        peer.raw(bytes(4) + octets)
        await until(lambda: smsc.stats().connects == 2)
        spoken += living()

    assert TEXT == message.text
    assert [] == [(line, leaks(line)) for line in [*spoken, *ear.heard] if leaks(line)]


@pytest.mark.parametrize("status", [CommandStatus.ESME_RINVPASWD, CommandStatus.ESME_RBINDFAIL])
async def test_refused_login_names_no_password(ear: Ear, status: int) -> None:
    """Neither does a closed connection, a missing response or an invalid URL."""
    spoken: list[str] = []
    async with Gateway() as gateway:
        url = gateway.url("bind_timeout=0.02").replace("secret", PASSWORD)
        for hook in (refusing(status), lambda peer, _: peer.drop(), nothing):
            gateway.on_bind = hook
            smsc = client_of(url)
            with pytest.raises(LinkError) as caught:
                await smsc.__aenter__()
            spoken += [*error_texts(caught.value), repr(smsc)]
    for wrong in (url.replace("smpp:", "http:"), f"{url}&window=0", f"{url}&passwort=1"):
        with pytest.raises(SmscError) as unread:
            SmscConfig.from_url(wrong)
        spoken += [str(unread.value), repr(unread.value), repr(unread.value.args)]
        spoken.append("".join(traceback.format_exception(unread.value)))

    assert [] == [(line, leaks(line)) for line in [*spoken, *ear.heard] if leaks(line)]


def test_refused_message_shows_no_text() -> None:
    """The error names the field and the first invalid character."""
    spoken: list[str] = []
    wrong: list[dict[str, Any]] = [
        {"text": f"{TEXT}\n~~~\n{COMMENT}"},
        {"text": f"__CALL__: {TEXT}"},
        {"text": TEXT * 2000},
        {"text": TEXT, "sender": "TwelveLetters"},
        {"text": TEXT, "comment": COMMENT, "validity": -1},
    ]
    for fields in wrong:
        with pytest.raises(InvalidMessageError) as caught:
            SmscClient("sim://").plan(Sms(to=NUMBER, **fields))
        spoken += [str(caught.value), repr(caught.value), repr(caught.value.args)]
    with suppress(InvalidMessageError):
        TelegramCode(to=NUMBER, code=CODE * 2)

    assert [] == [(line, leaks(line)) for line in spoken if leaks(line)]
