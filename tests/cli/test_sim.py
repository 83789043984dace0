"""`smsc sim`: the simulator as a server."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from requests_by_hand import submit, with_fields

from pdu import BindTransceiver, encode
from smsc_async import FailedSubmission, GatewayLimits
from smsc_async.client.client import SmscClient
from smsc_async.errors import SubmitRefusedError
from smsc_async.messages import HlrQuery, Sms
from smsc_async.simulator.magic import MAGIC_NUMBERS

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Smsc = Callable[..., CompletedProcess[str]]

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
starts_python = pytest.mark.takes_up_to(15, reason="a process is started")


@asynccontextmanager
async def simulating(*arguments: str) -> AsyncIterator[Process]:
    """Run `smsc sim` on a free port in a new process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "smsc_async", "sim", "--port", "0", "--lang", "en", *arguments),
        # asyncio's debug mode would write to stderr how slow a busy machine is.
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONASYNCIODEBUG": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def a_line(process: Process) -> str:
    """Return its next line of output."""
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().rstrip("\n")


async def the_rest(process: Process, *, after: int) -> list[str]:
    """Send a signal and return the remaining output."""
    process.send_signal(after)
    output, wrong = await process.communicate()
    assert not wrong
    return output.decode().splitlines()


@needs_signals
@starts_python
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_messages_are_written_as_json(number: int) -> None:
    """One object a line: the URL, each message, and a summary after Ctrl-C."""
    async with simulating("--json", "--state", "undeliverable", "--delay", "0.01s") as process:
        url = json.loads(await a_line(process))["url"]
        async with SmscClient(url) as smsc:
            sent = await smsc.send(Sms(to="79991234567", text="Код\n4821", sender="Shop"))
            state = (await sent.receipt(timeout=60)).state
        message = json.loads(await a_line(process))
        *changes, summary = map(json.loads, await the_rest(process, after=number))

    assert 5 == state
    assert {("changed", "m-1", "UNDELIVERABLE")} == {
        (one["event"], one["id"], one["state"]) for one in changes
    }
    assert ("message", "Код\n4821", "Shop", "7999***67", "Sms") == tuple(
        message[name] for name in ("event", "text", "sender", "to", "kind")
    )
    assert list(sent.message_ids) == message["message_ids"]
    assert ("summary", 1, 1) == (summary["event"], summary["messages"], summary["parts"])
    assert 0 == process.returncode


@needs_signals
@starts_python
async def test_messages_are_shown_as_text() -> None:
    """One line each, whatever the text contains; complete numbers only on request."""
    async with simulating("--full") as process:
        url = (await a_line(process)).split()[-1]
        while not (await a_line(process)).startswith("time"):
            pass
        async with SmscClient(url) as smsc:
            await smsc.send(Sms(to="79991234567", text="one\n\x1b[31mtwo " + "x" * 200))
        shown = await a_line(process)
        rest = await the_rest(process, after=signal.SIGINT)

    assert ["m-1", "79991234567", "Sms"] == shown.split()[1:4]
    assert "one⏎ \\x1b[31mtwo " + "x" * 200 in shown
    assert rest[-1].startswith("1 message, 4 parts in ")
    assert 0 == process.returncode


@needs_signals
@starts_python
@pytest.mark.parametrize(("arguments", "status"), [((), 0x06), (("--lenient",), 0)])
async def test_refused_requests_are_written_as_json_unless_it_is_lenient(
    arguments: tuple[str, ...], status: int
) -> None:
    """Command, status, and the reason with field, value and limit."""
    async with simulating("--json", *arguments) as process:
        url = json.loads(await a_line(process))["url"]
        port = int(url.rpartition(":")[2])
        bind = encode(BindTransceiver(system_id="shop"), sequence_number=1)
        responses = await exchanged(port, bind, with_fields(submit("hi"), priority_flag=9))
        event = json.loads(await a_line(process))
        await the_rest(process, after=signal.SIGINT)

    assert [0, status] == responses
    if status:
        assert ("refused", "submit_sm", 6, "ESME_RINVPRTFLG (0x00000006)", "Shop", "shop") == tuple(
            event[name]
            for name in ("event", "command", "command_status", "status", "sender", "system_id")
        )
        assert "priority_flag takes 0 to 3, got 9" == event["reason"]
        assert "79991234567" not in str(event)
    else:
        assert ("message", "hi") == (event["event"], event["text"])


@needs_signals
@starts_python
async def test_repeat_is_shown_with_the_reason_in_the_language_of_the_output() -> None:
    """The gateway's own refusals too: the minute that has to pass, not just a status."""
    async with simulating("--lang", "ru", "--delay", "1h") as process:
        url = (await a_line(process)).split()[-1]
        while not (await a_line(process)).startswith("время"):
            pass
        async with SmscClient(url, limits=GatewayLimits.off()) as smsc:
            messages = [Sms(to="79991234567", text="hi")] * 2
            async for _ in smsc.send_many(messages):
                pass
        shown = [await a_line(process) for _ in range(3)]
        await the_rest(process, after=signal.SIGINT)

    assert ["m-1", "m-2"] == [line.split()[1] for line in shown[:2]]
    assert re.fullmatch(
        r" +ESME_RSUBMITFAIL \(0x00000045\): повтор m-1, пройдёт через 60 с, в ..:..:..", shown[2]
    )


@needs_signals
@starts_python
@pytest.mark.parametrize("option", ["--json", "--full"])
async def test_message_that_a_rule_stops_is_shown_as_stopped(option: str) -> None:
    """The gateway accepts a flood, and its receipt says that it wasn't delivered."""
    async with simulating(option) as process:
        line = await a_line(process)
        url = json.loads(line)["url"] if option == "--json" else line.split()[-1]
        while option != "--json" and not (await a_line(process)).startswith("time"):
            pass
        async with SmscClient(url, limits=GatewayLimits.off()) as smsc:
            messages = [Sms(to="79991234567", text=f"hi {number}") for number in range(51)]
            async for _ in smsc.send_many(messages):
                pass
        rest = await the_rest(process, after=signal.SIGINT)

    if option == "--json":
        stops = [one["stop_error"] for one in map(json.loads, rest) if one["event"] == "message"]
        assert [*[0] * 50, 251] == stops
    else:
        (stopped,) = [one for one in rest if "a rule stops it" in one]
        assert "it ends as UNDELIVERABLE; 251: " in stopped


@needs_signals
@starts_python
@pytest.mark.parametrize("language", ["en", "ru"])
async def test_repeat_is_explained_on_both_sides(smsc: Smsc, language: str) -> None:
    """`smsc send` says that it is the minute, and how long it lasts; so does `smsc sim`."""
    async with simulating("--json", "--delay", "0") as process:
        url = json.loads(await a_line(process))["url"]
        send = ("send", "79991234567", "hello", "--url", url, "--lang", language)
        first = await asyncio.to_thread(smsc, *send)
        second = await asyncio.to_thread(smsc, *send)
        seen = [
            json.loads(await a_line(process)),
            *map(json.loads, await the_rest(process, after=signal.SIGINT)),
        ]
        seen = [one for one in seen if one["event"] in {"message", "refused"}]
    shown = " ".join(second.stderr.split())
    words = {
        "en": "the same message was accepted less than 60 s ago; it is accepted again in ",
        "ru": "такое же сообщение принято меньше 60 с назад; повтор будет принят через ",
    }
    advice = {
        "en": r"send it again in [56]\d\.\d s",
        "ru": r"отправьте его снова через [56]\d(,\d)? с",
    }

    assert (0, 1) == (first.returncode, second.returncode)
    assert words[language] in shown
    assert re.search(advice[language], shown)
    assert ["message", "refused"] == [one["event"] for one in seen]
    assert seen[1]["reason"].startswith(words["en"])


async def exchanged(port: int, *requests: bytes) -> list[int]:
    """Send requests one after the other; return the `command_status` of each response."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    statuses = []
    for request in requests:
        writer.write(request)
        head = await reader.readexactly(16)
        await reader.readexactly(int.from_bytes(head[:4], "big") - 16)
        statuses.append(int.from_bytes(head[8:12], "big"))
    writer.close()
    await writer.wait_closed()
    return statuses


@needs_signals
@starts_python
@pytest.mark.parametrize(("arguments", "status"), [((), 0x45), (("--no-rules",), 0)])
async def test_repeats_are_refused_unless_it_has_no_rules(
    arguments: tuple[str, ...], status: int
) -> None:
    """As the gateway does to clients that don't keep its rules themselves."""
    async with simulating("--json", *arguments) as process:
        url = json.loads(await a_line(process))["url"]
        async with SmscClient(url, limits=GatewayLimits.off()) as smsc:
            messages = [Sms(to="79991234567", text="hi")] * 2
            outcomes = [outcome async for outcome in smsc.send_many(messages)]
        await the_rest(process, after=signal.SIGINT)

    failed = [outcome.error for outcome in outcomes if isinstance(outcome, FailedSubmission)]
    assert [status] * bool(status) == [getattr(error, "command_status", None) for error in failed]


@needs_signals
@starts_python
async def test_answers_are_set_by_options() -> None:
    """A delivery error, and the data of HLR answers."""
    hlr_options = ("--hlr", "network=MTS", "--hlr", "roaming-country=Côte d'Ivoire")
    arguments = ("--json", "--delay", "0.01", "--error-code", "6", *hlr_options)
    async with simulating(*arguments) as process:
        url = json.loads(await a_line(process))["url"]
        async with SmscClient(url) as smsc:
            sent = await smsc.send(HlrQuery(to="79991234567"))
            receipt = await sent.receipt(timeout=60)
        await the_rest(process, after=signal.SIGINT)

    assert (6, "MTS", "Côte d'Ivoire", "250") == (
        receipt.error_code,
        receipt.network,
        receipt.roaming_country,
        receipt.mcc,
    )


def test_used_port_says_what_to_do(smsc: Smsc) -> None:
    """A second `smsc sim` is the usual cause."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = smsc("sim", "--port", str(port))

    assert (3, "") == (done.returncode, done.stdout)
    assert f"port {port} of 127.0.0.1 is in use" in done.stderr
    assert f"--port {port + 1 if port < 65_535 else 2775}" in done.stderr


def test_address_of_another_machine_is_refused(smsc: Smsc) -> None:
    """TEST-NET-1 belongs to no machine."""
    done = smsc("sim", "--host", "192.0.2.1", "--port", "0")

    assert 3 == done.returncode
    assert "can't listen on 192.0.2.1:0" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "65536"],
        ["--port=-1"],
        ["--port", "x"],
        ["--state", "enroute"],
        ["--delay", "long"],
        ["--error-code", "1000"],
        ["--error-code=-1"],
        ["--keep", "0"],
        ["--keep", "1000001"],
        ["--hold", "responses"],
        ["--magic-prefix", "x"],
        ["--scenario", "/nowhere/day.toml"],
        ["--scenario"],
        ["--hlr", "network"],
        ["--hlr", "planet=Mars"],
        ["--host"],
    ],
)
def test_wrong_use_ends_with_two(smsc: Smsc, arguments: list[str]) -> None:
    """Before a port is opened."""
    assert 2 == smsc("sim", *arguments).returncode


@needs_signals
@starts_python
async def test_scenario_is_a_file_and_options_win(tmp_path: Path) -> None:
    """Outcome and hold of the file, the delay of the option; fates and chaos, too."""
    file = tmp_path / "day.toml"
    file.write_text(
        """
        error_code = 6
        receipt_delay = 3600
        accounts = {shop = "hunter2"}
        [fates."79991234568"]
        answer = "refuse"
        command_status = "ESME_RINVDSTADR"
        [chaos]
        answer_never = 0
        """
    )
    async with simulating("--json", "--delay", "0", "--scenario", str(file)) as process:
        url = json.loads(await a_line(process))["url"]
        async with SmscClient(url.replace("***", "hunter2")) as smsc:
            receipt = await (await smsc.send(Sms(to="79991234567", text="hi"))).receipt(timeout=60)
            with pytest.raises(SubmitRefusedError, match="ESME_RINVDSTADR"):
                await smsc.send(Sms(to="79991234568", text="hi"))
        output = await the_rest(process, after=signal.SIGINT)

    assert "//shop:***@" in url
    assert 6 == receipt.error_code
    assert "hunter2" not in "".join(output)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "70000000006"),
        (("--magic-prefix", "7999000"), "79990000006"),
    ],
)
def test_magic_numbers_are_listed(smsc: Smsc, arguments: tuple[str, ...], text: str) -> None:
    """Each row of the simulator's table, with the prefix in use."""
    shown = smsc("sim", "--magic", *arguments)
    listed = json.loads(smsc("sim", "--magic", "--json", *arguments).stdout)

    assert 0 == shown.returncode
    assert len(MAGIC_NUMBERS) == len(listed["numbers"])
    assert f"{text[:8]}001-255" in shown.stdout
    assert listed["numbers"][0]["number"] in shown.stdout


def test_no_magic_numbers_are_listed_without_a_prefix(smsc: Smsc) -> None:
    """They are ordinary ones then."""
    assert "there are no magic numbers" in smsc("sim", "--magic", "--magic-prefix", "none").stdout
    listed = smsc("sim", "--magic", "--magic-prefix", "none", "--json").stdout
    assert {"prefix": None, "numbers": []} == json.loads(listed)
