"""`smsc tail`: receipts and incoming messages."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from pdu import CommandStatus
from pdu.enums import MessageState
from smsc_async.client.client import SmscClient
from smsc_async.messages import HlrQuery, Message, Sms
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from smsc_async.receipts import Receipt
    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

TO, SHOP = "79995557733", "74951234567"

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")


def submit(gateway: HostedSimulator, message: Message[Receipt]) -> None:
    """Send a message over a transmitter, as another program would."""

    async def once() -> None:
        """Send one message and close the client."""
        async with SmscClient(f"{gateway.url}?mode=transmitter") as smsc:
            await smsc.send(message)

    asyncio.run(once())


def until(has_come_true: Callable[[], bool]) -> None:
    """Wait for a counter of the simulator."""
    for _ in range(60_000):
        if has_come_true():
            return
        time.sleep(0.001)
    pytest.fail("it never came true")


def settled(gateway: HostedSimulator, *, delivered: int) -> None:
    """Wait until this many deliver_sm were answered."""
    until(lambda: gateway.stats.delivered >= delivered)


def events(done: CompletedProcess[str]) -> list[Any]:
    """Return the JSON objects of the output."""
    return [json.loads(line) for line in done.stdout.splitlines()]


@needs_signals
@pytest.mark.parametrize(
    ("language", "sayings"),
    [
        ("en", ["Receipts and incoming messages from", "incoming", "0 receipts, 1 message in"]),
        (
            "ru",
            ["Отчёты о доставке и входящие", "входящее", "0 отчётов, 1 сообщение за"],
        ),
    ],
)
def test_incoming_messages_are_shown(
    interrupted: Smsc, gateway: HostedSimulator, language: str, sayings: list[str]
) -> None:
    """One line each, masked and safe for the terminal; Ctrl-C ends the command with 0."""

    def deliver() -> None:
        """Send an incoming message and wait until it is acknowledged."""
        gateway.deliver(TO, SHOP, "Да\n\x1b[31m" + "x" * 200)

    done = interrupted("tail", "--url", gateway.url, "--lang", language, after=deliver)

    assert (0, "") == (done.returncode, done.stderr)
    for saying in [*sayings, "7999***33", "7495***67", "Да⏎ \\x1b[31m" + "x" * 200]:
        assert saying in done.stdout
    assert TO not in done.stdout


@needs_signals
def test_receipts_are_shown(interrupted: Smsc, gateway: HostedSimulator) -> None:
    """Of messages that other programs sent, with the gateway's reason."""
    gateway.scenario = Scenario(receipt_delay=0, state=MessageState.UNDELIVERABLE, error_code=6)

    def deliver() -> None:
        """Submit a message and wait until its receipt is acknowledged here."""
        gateway.deliver(TO, SHOP, "the link is up")
        submit(gateway, Sms(to=TO, text="hi", sender="Shop"))
        settled(gateway, delivered=2)

    done = interrupted("tail", "--receipts", "--full", "--url", gateway.url, after=deliver)
    line = next(line for line in done.stdout.splitlines() if "UNDELIVERABLE" in line)

    assert ["receipt", "Shop", TO] == line.split()[1:4]
    assert f"{gateway.messages[0].message_id}, 6: the phone is off or out of coverage" in line
    assert "the link is up" not in done.stdout
    assert "\n1 receipt in" in done.stdout


@needs_signals
def test_json_has_one_object_an_event(interrupted: Smsc, gateway: HostedSimulator) -> None:
    """The start, each item, and a summary; an HLR receipt has all its fields."""
    gateway.scenario = Scenario(receipt_delay=0)

    def deliver() -> None:
        """Deliver an incoming message and an HLR receipt."""
        gateway.deliver(TO, SHOP, "Да")
        submit(gateway, HlrQuery(to=TO))
        settled(gateway, delivered=2)

    done = interrupted("tail", "--json", "--url", gateway.url, after=deliver)
    listening, *came, summary = events(done)
    by_event = {one["event"]: one for one in came}

    assert "***" in listening["url"]
    assert ("Да", 1, "7999***33") == tuple(
        by_event["incoming"][name] for name in ("text", "parts", "sender")
    )
    assert ("DELIVERED", True, "02", "Russian Federation") == tuple(
        by_event["receipt"][name] for name in ("state", "final", "mnc", "country")
    )
    assert ("summary", 1, 1) == (summary["event"], summary["receipts"], summary["messages"])


@needs_signals
def test_only_messages_are_shown_on_request(interrupted: Smsc, gateway: HostedSimulator) -> None:
    """Receipts are read all the same: back-pressure would stop the messages, too."""
    gateway.scenario = Scenario(receipt_delay=0)

    def deliver() -> None:
        """Deliver a receipt before a message."""
        gateway.deliver(TO, SHOP, "one")
        submit(gateway, Sms(to=TO, text="hi"))
        settled(gateway, delivered=2)
        gateway.deliver(TO, SHOP, "two")

    done = interrupted("tail", "--incoming", "--json", "--url", gateway.url, after=deliver)

    assert ["one", "two"] == [one["text"] for one in events(done) if one["event"] == "incoming"]
    assert ["incoming"] * 2 == [one["event"] for one in events(done)[1:-1]]


@needs_signals
@pytest.mark.parametrize(
    ("language", "down", "up"),
    [
        ("en", "connection lost", "connected again"),
        ("ru", "соединение потеряно", "соединение восстановлено"),
    ],
)
def test_lost_connection_is_reported_and_restored(
    interrupted: Smsc, language: str, down: str, up: str
) -> None:
    """Silence must mean that nothing arrived."""
    with Simulator(Scenario(inactivity_timeout=0.05)).in_thread() as gateway:

        def is_back() -> None:
            """Wait for the second bind."""
            until(lambda: gateway.stats.binds >= 2)
            gateway.scenario = Scenario()
            gateway.deliver(TO, SHOP, "back")

        url = f"{gateway.url}?reconnect_initial=0.01"
        done = interrupted("tail", "--url", url, "--lang", language, after=is_back)

    assert 0 == done.returncode
    assert "back" in done.stdout
    assert done.stderr.index(down) < done.stderr.index(up)


def test_login_that_is_refused_later_ends_with_three(smsc: Smsc) -> None:
    """Further attempts would be useless. The command sends nothing, so no outcome is shown."""
    with Simulator(Scenario(inactivity_timeout=0.05)).in_thread() as gateway:
        url = f"{gateway.url}?reconnect_initial=0.2"

        def refuse() -> None:
            """Refuse every bind after the first."""
            until(lambda: gateway.stats.binds >= 1)
            gateway.scenario = Scenario(bind_status=CommandStatus.ESME_RINVPASWD)

        refusing = threading.Thread(target=refuse)
        refusing.start()
        done = smsc("tail", "--url", url)
        refusing.join()

    assert 3 == done.returncode
    assert "refused the login" in done.stderr
    assert "\nsent " not in done.stderr


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["now"], "1"), (["--receipt"], "--receipts"), (["--wait", "3"], "--wait")],
)
def test_wrong_use_ends_with_two(
    smsc: Smsc, arguments: list[str], named: str, language: str
) -> None:
    """Before connecting."""
    done = smsc("tail", *arguments, "--url", "sim://", "--lang", language)

    assert (2, "") == (done.returncode, done.stdout)
    assert named in done.stderr
    assert "smsc tail --help" in done.stderr


def test_unreachable_gateway_ends_with_three(smsc: Smsc, unreachable: str) -> None:
    """The first connection isn't retried."""
    done = smsc("tail", "--url", unreachable)

    assert (3, "") == (done.returncode, done.stdout)
    assert "nothing listens at the address of the gateway" in done.stderr
