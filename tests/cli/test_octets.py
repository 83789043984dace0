"""No field that a peer writes steers the terminal or ends a line, in text and in JSON.

Rule: each command runs against a gateway that writes hostile characters into every field.
"""

from __future__ import annotations

import io
import json
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hostile import OCTETS, SIGNS, HostileGateway, deliver, hostile_gateway, seen_raw
from rich.text import Text

from smsc_async.cli.console import Screen
from smsc_async.cli.i18n import Translator
from smsc_async.cli.sim_view import SimView
from smsc_async.simulator import Simulator
from smsc_async.simulator.records import SubmittedMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import CompletedProcess

    Smsc = Callable[..., CompletedProcess[str]]

LATIN = OCTETS.decode("latin-1")
TO = "79995557733"
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")


@pytest.fixture
def hostile() -> Iterator[HostileGateway]:
    """Run the gateway on a thread of its own."""
    with hostile_gateway() as gateway:
        yield gateway


def assert_harmless(shown: str, *, spared: str = "") -> list[str]:
    """Assert that no line has a hostile character; return the lines."""
    lines = shown.split("\n")
    assert [] == [(line, seen_raw(line)) for line in lines if seen_raw(line, spared=spared)]
    return lines


def objects(done: CompletedProcess[str]) -> list[Any]:
    """Return the JSON objects of the output, one a line however lines are counted."""
    assert_harmless(done.stdout)
    assert len(done.stdout.splitlines()) == done.stdout.count("\n")
    return [json.loads(line) for line in done.stdout.splitlines()]


COMMANDS = (("send", TO, "hello"), ("hlr", TO, "--full"), ("ping", TO), ("query", "855469"))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_command_shows_nothing_hostile(
    smsc: Smsc, hostile: HostileGateway, command: tuple[str, ...], language: str
) -> None:
    """Ids, countries and networks of an HLR answer, error codes, dates."""
    done = smsc(*command, "--url", hostile.url(), "--lang", language)

    assert done.stdout
    # A name of a country is text that a person reads; an emoji may stay in it.
    assert_harmless(f"{done.stdout}\n{done.stderr}", spared="\U0001f600")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_json_is_one_line_and_keeps_the_value(
    smsc: Smsc, hostile: HostileGateway, command: tuple[str, ...]
) -> None:
    """A program reads what the peer wrote, character by character."""
    (shown,) = objects(smsc(*command, "--url", hostile.url(), "--json"))

    if command[0] == "query":
        assert "DELIVERED" == shown["state"]
    else:
        assert [f"1{LATIN}"] == shown["message_ids"]
    if command[0] == "hlr":
        assert SIGNS == shown["country"]


@needs_signals
@pytest.mark.parametrize("full", [[], ["--full"]])
def test_tail_shows_one_line_an_item(
    interrupted: Callable[..., CompletedProcess[str]], hostile: HostileGateway, full: list[str]
) -> None:
    """Receipts, HLR receipts, texts of subscribers and their addresses."""
    done = interrupted("tail", "--url", hostile.url(), *full, after=delivered(hostile))

    lines = assert_harmless(done.stdout, spared="\U0001f600")
    (receipt,) = (line for line in lines if "DELIVERED" in line)
    (text,) = (line for line in lines if "Да" in line)
    assert "id\\x1b[2J\\xc2\\x9b3m\\r\\n" in receipt
    assert "Да \\x1b[2J\\x9b3m⏎ \\x07" in text
    assert "\\u202e" in text


@needs_signals
def test_tail_writes_one_line_of_json_an_item(
    interrupted: Callable[..., CompletedProcess[str]], hostile: HostileGateway
) -> None:
    """The values are those of the peer."""
    url = hostile.url()
    done = interrupted("tail", "--json", "--full", "--url", url, after=delivered(hostile))

    found = {one["event"]: one for one in objects(done)}
    assert f"id{LATIN}" == found["receipt"]["message_id"]
    assert f"Да {SIGNS}" == found["incoming"]["text"]
    assert LATIN == found["incoming"]["sender"] == found["receipt"]["to"]


def delivered(gateway: HostileGateway) -> Callable[[], None]:
    """Return a function that waits until both deliver_sm are answered."""

    def wait() -> None:
        for _ in range(60_000):
            if gateway.deliveries >= 2:
                return
            time.sleep(0.001)
        pytest.fail("it never came")

    return wait


@pytest.mark.parametrize("text", [OCTETS, SIGNS.encode("utf-16-be")])
def test_decode_shows_one_line_a_field(smsc: Smsc, text: bytes) -> None:
    """A capture of an attack is looked at on a terminal."""
    pdus = deliver(4, 0, text, b"") + deliver(0, 8, text, b"")
    done = smsc("decode", pdus.hex())

    assert_harmless(done.stdout, spared="\U0001f600")
    assert objects(smsc("decode", "--json", pdus.hex()))


@pytest.mark.parametrize("is_json", [False, True])
def test_sim_shows_one_line_a_message(
    quiet: None, capsys: pytest.CaptureFixture[str], *, is_json: bool
) -> None:
    """To the simulator the client is the peer, which writes addresses and texts."""
    del quiet
    text = f"{SIGNS}Да"
    message = SubmittedMessage(
        system_id=LATIN,
        sender=LATIN,
        recipient=LATIN,
        text=text,
        octets=OCTETS,
        data_coding=8,
        parts=1,
        total=1,
        received_at=datetime.now(UTC),
    )
    assert repr(message).isascii()

    screen = Screen(Translator("en"), is_json=is_json)
    SimView(Simulator(), screen, is_full=True)._show_message(message)

    (line, end) = assert_harmless(capsys.readouterr().out, spared="" if is_json else "\U0001f600")
    assert not end
    if is_json:
        shown = json.loads(line)
        assert (text, LATIN, LATIN) == (shown["text"], shown["sender"], shown["to"])
    else:
        assert "Да" in line


def screen_of(monkeypatch: pytest.MonkeyPatch, encoding: str, **options: Any) -> io.BytesIO:  # noqa: ANN401 - of any screen
    """Replace standard output by one of an encoding; show hostile texts in every way."""
    octets = io.BytesIO()
    stream = io.TextIOWrapper(octets, encoding, errors="backslashreplace", write_through=True)
    monkeypatch.setattr(sys, "stdout", stream)
    screen = Screen(Translator("en"), **options)
    screen.show(SIGNS.replace("\n", ""), Text(SIGNS.replace("\n", "")), wrap=False)
    screen.show(screen.translate("{value} {value!r}", value=f"{SIGNS}Да"), wrap=False)
    screen.write_json({"text": f"{SIGNS}Да", "half": "\ud83d", "bell": "\x7f\x9b"})
    return octets


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "koi8-r", "ascii", "utf-16-le"])
def test_every_terminal_gets_what_it_can_show(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """In no encoding an error, and in none a control character."""
    shown = screen_of(monkeypatch, encoding).getvalue().decode(encoding)

    assert 3 == shown.count("\n")
    assert_harmless(shown, spared="\U0001f600")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "ascii"])
def test_json_is_valid_in_every_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """Half a pair, too; letters stay where the output is Unicode."""
    line = screen_of(monkeypatch, encoding, is_json=True).getvalue().decode(encoding)

    assert 1 == len(line.splitlines())
    assert_harmless(line)
    assert {"text": f"{SIGNS}Да", "half": "\ud83d", "bell": "\x7f\x9b"} == json.loads(line)
    assert ("Да" in line) == (encoding == "utf-8")
