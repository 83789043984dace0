"""Receipts and messages of other programs: no command takes them away."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pdu.enums import BindMode, MessageState
from smsc_async.cli import foreign_deliveries
from smsc_async.cli.console import Screen
from smsc_async.cli.foreign_deliveries import (
    ForeignDeliveries,
    NotForThisCommandError,
    OwnReceipts,
    without_receipts,
)
from smsc_async.cli.i18n import Translator
from smsc_async.client.client import SmscClient
from smsc_async.config import SmscConfig
from smsc_async.receipts import IncomingMessage, Receipt
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

TO = "79995557733"


@pytest.fixture
def gateway() -> Iterator[HostedSimulator]:
    """Run a simulator whose receipts come after the command that sent the message has ended."""
    scenario = Scenario(receipt_delay=0.2, redelivery_delay=0.02)
    with Simulator(scenario).in_thread() as simulator:
        yield simulator


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a file of three messages."""
    path = tmp_path / "clients.csv"
    rows = "".join(f"{TO},message {number}\n" for number in range(3))
    path.write_text(f"to,text\n{rows}", encoding="utf-8")
    return path


# --- who gets the receipts of a run of bulk ---


@pytest.mark.parametrize(
    "between",
    [
        ("query", "1"),
        ("send", "79161112233", "hi", "--no-wait"),
        ("send", "79161112233", "hi", "--wait", "5"),
        ("hlr", "79161112233", "79161112244", "--wait", "5"),
        ("ping", "79161112233", "--wait", "5"),
    ],
    ids=" ".join,
)
def test_receipts_of_bulk_reach_its_next_run(
    smsc: Smsc, gateway: HostedSimulator, file: Path, between: tuple[str, ...]
) -> None:
    """Whatever runs in between, with receipts of its own or without."""
    url = ("--url", gateway.url)
    assert 0 == smsc("bulk", str(file), *url).returncode
    done = smsc(*between, *url)
    last = smsc("bulk", str(file), *url, "--wait-receipts", "5", "--json")

    assert done.returncode in {0, 1}  # of an unknown id
    assert (0, "") == (last.returncode, last.stderr)
    assert {"DELIVERED": 3} == json.loads(last.stdout.splitlines()[-1])["states"]


def test_receipts_of_one_file_are_left_by_a_run_of_another(
    smsc: Smsc, gateway: HostedSimulator, file: Path, tmp_path: Path
) -> None:
    """Their outboxes are apart, so only the owner can store a receipt."""
    other = tmp_path / "other.csv"
    other.write_text("to,text\n79161112233,other\n", encoding="utf-8")
    url = ("--url", gateway.url, "--json")
    assert 0 == smsc("bulk", str(file), *url).returncode
    of_other = smsc("bulk", str(other), *url, "--wait-receipts", "5")
    last = smsc("bulk", str(file), *url, "--wait-receipts", "5")

    assert {"DELIVERED": 1} == json.loads(of_other.stdout.splitlines()[-1])["states"]
    assert (0, {"DELIVERED": 3}) == (
        last.returncode,
        json.loads(last.stdout.splitlines()[-1])["states"],
    )


def test_run_without_its_receipts_says_what_to_do(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """The command to repeat, and the one that asks for a message."""
    gateway.scenario = Scenario(receipts=False)
    arguments = ("bulk", str(file), "--url", gateway.url, "--wait-receipts", "0")
    english = smsc(*arguments)
    russian = smsc(*arguments, "--lang", "ru")
    first = gateway.messages[0].message_id

    assert 5 == english.returncode
    assert f"smsc query {first}" in english.stdout
    assert "run the command again later with --wait-receipts" in " ".join(english.stdout.split())
    assert f"smsc query {first}" in russian.stdout
    assert "повторите команду позже с --wait-receipts" in " ".join(russian.stdout.split())


def test_incoming_message_is_left_by_a_command_that_waits(
    smsc: Smsc, gateway: HostedSimulator
) -> None:
    """A program that reads messages gets it later; the answer of the command isn't delayed."""
    with ThreadPoolExecutor() as pool:
        delivery = pool.submit(gateway.deliver, TO, "Shop", "STOP")
        done = smsc("send", TO, "hi", "--url", gateway.url, "--json")
        is_left = not delivery.done()
        text = asyncio.run(next_text(gateway.url))

        assert (0, "") == (done.returncode, done.stderr)
        assert (True, "STOP", 0) == (is_left, text, delivery.result(timeout=5))


async def next_text(url: str) -> str | None:
    """Return the text of the next message that a program gets."""
    async with SmscClient(url) as reader, asyncio.timeout(5):
        return (await anext(reader.incoming())).text


# --- binds ---


@pytest.mark.parametrize(
    ("url", "variable", "mode"),
    [
        ("smpp://a:b@host", "", BindMode.TRANSMITTER),
        (None, "smpp://a:b@host?window=5", BindMode.TRANSMITTER),
        ("smpp://a:b@host?mode=transceiver", "", BindMode.TRANSCEIVER),
        ("smpp://a:b@host?window=5&mode=transceiver", "", BindMode.TRANSCEIVER),
        (None, "smpp://a:b@host?mode=transceiver", BindMode.TRANSCEIVER),
        ("smpp://a:b@host", "smpp://a:b@host?mode=transceiver", BindMode.TRANSMITTER),
    ],
)
def test_command_without_receipts_gets_none(
    monkeypatch: pytest.MonkeyPatch, url: str | None, variable: str, mode: BindMode
) -> None:
    """Unless the user names the mode of the bind."""
    monkeypatch.setenv("SMSC_URL", variable)
    config = SmscConfig.from_url(url or variable)

    assert mode is without_receipts(config, url).mode


# --- decisions ---


def receipt(message_id: str) -> Receipt:
    """Return a final receipt."""
    return Receipt(message_id=message_id, state=MessageState.DELIVERED)


def screen() -> Screen:
    """Return a screen in English."""
    return Screen(Translator("en"))


async def test_receipt_that_overtakes_its_response_is_own() -> None:
    """It waits for the response, and is acknowledged."""
    own = OwnReceipts(screen(), SmscConfig.from_url("sim://"))
    early = asyncio.create_task(own.on_receipt(receipt("7")))
    foreign = asyncio.create_task(own.on_receipt(receipt("8")))
    await asyncio.sleep(0)
    own.expect(["7"])
    own.stop_expecting()

    await early
    with pytest.raises(NotForThisCommandError):
        await foreign


async def test_own_receipt_never_waits() -> None:
    """Although other responses are outstanding."""
    own = OwnReceipts(screen(), SmscConfig.from_url("sim://"))
    own.expect(["7"])

    await own.on_receipt(receipt("7"))


async def test_ids_are_compared_as_the_settings_say() -> None:
    """Some gateways write the id of a response in hexadecimal digits."""
    own = OwnReceipts(screen(), SmscConfig.from_url("sim://?message_ids=response_hex"))
    own.expect(["1F"])

    await own.on_receipt(receipt("31"))


async def test_receipt_of_an_unknown_id_is_refused_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A gateway takes a delivery without an answer for a broken link."""
    monkeypatch.setattr(foreign_deliveries, "PATIENCE", 0.0)
    own = OwnReceipts(screen(), SmscConfig.from_url("sim://"))

    with pytest.raises(NotForThisCommandError):
        await own.on_receipt(receipt("7"))


async def test_repetition_is_not_refused_at_once() -> None:
    """A gateway may repeat what was refused immediately: that would be an endless loop."""
    foreign = ForeignDeliveries(screen())
    with pytest.raises(NotForThisCommandError):
        await foreign.refuse("7")
    again = asyncio.create_task(foreign.refuse("7"))
    with pytest.raises(NotForThisCommandError):
        await foreign.refuse("8")
    await asyncio.sleep(0)

    assert not again.done()
    foreign.end()
    with pytest.raises(NotForThisCommandError):
        await again


async def test_memory_of_refusals_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of a day meets many of them."""
    monkeypatch.setattr(foreign_deliveries, "MAX_REMEMBERED", 2)
    foreign = ForeignDeliveries(screen())
    for key in range(5):
        with pytest.raises(NotForThisCommandError):
            await foreign.refuse(key)

    assert len(foreign._refused) <= 2


@pytest.mark.parametrize("text", ["STOP", "", None])
async def test_message_of_one_part_is_refused(text: str | None) -> None:
    """Each repetition of it is one delivery."""
    with pytest.raises(NotForThisCommandError):
        await ForeignDeliveries(screen()).on_incoming(
            IncomingMessage(sender=TO, recipient="Shop", text=text)
        )


@pytest.mark.parametrize(
    ("text", "shown"), [("Hello\nthere", "Hello⏎ there"), (None, "00 ff"), ("\x1b[2J", "\\x1b")]
)
async def test_message_of_several_parts_is_shown(
    capsys: pytest.CaptureFixture[str], text: str | None, shown: str
) -> None:
    """Its other parts are acknowledged already, so no other program can get it."""
    message = IncomingMessage(
        sender=TO, recipient="Shop", text=text, octets=b"\0\xff", parts=2, total=3
    )
    await ForeignDeliveries(screen()).on_incoming(message)

    said = " ".join(capsys.readouterr().err.split())
    assert f"a message from {TO} to Shop came in 3 parts" in said
    assert shown in said
