"""`smsc bench`: nothing is sent without confirmation, and only what was confirmed is measured."""

from __future__ import annotations

import asyncio
import builtins
import errno
import html
import json
import os
import re
import signal
import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from pdu.enums import CommandStatus
from smsc_async.cli.bench import run_label
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

SMALL = ("--windows", "1,3", "--messages", "5", "--warm-up", "1")
AGREED = 2 * (5 + 1)
NUMBERS = ["79995550001", "79995550002", "79995550003"]


@pytest.fixture
def gateway() -> Iterator[HostedSimulator]:
    """Run the simulator on its own thread; the command takes it for a real gateway."""
    with Simulator(Scenario(receipt_delay=0.01)).in_thread() as simulator:
        yield simulator


@pytest.fixture
def recipients(tmp_path: Path) -> Path:
    """Write a file of numbers."""
    file = tmp_path / "numbers.txt"
    file.write_text("\n".join(["# mine", "", *NUMBERS, NUMBERS[0], ""]), encoding="utf-8")
    return file


def test_simulator_needs_no_recipients(smsc: Smsc) -> None:
    """One short command tries it, free of charge."""
    done = smsc("bench", "sim://", *SMALL, "--wait", "0")

    assert (0, "") == (done.returncode, done.stderr)
    assert "12 messages, 12 parts" in done.stdout
    assert "charge" not in done.stdout
    assert "The rate isn't limited" in done.stdout
    assert "in the same process" in done.stdout


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_this_machine_needs_neither_recipients_nor_consent(smsc: Smsc, host: str) -> None:
    """A simulator listens there; nothing is said of money, and the rate isn't limited."""
    if host == "127.0.0.2" and sys.platform == "darwin":
        pytest.skip("that address isn't configured")
    with Simulator(Scenario(receipt_delay=0.01), host=host).in_thread() as simulator:
        url = simulator.url.replace("127.0.0.1", host)
        done = smsc("bench", url, *SMALL, "--wait", "0")
        sent = list(simulator.messages)

    assert (0, "") == (done.returncode, done.stderr)
    assert AGREED == len(sent)
    assert all(message.recipient.startswith("7000") for message in sent)
    assert "charge" not in done.stdout
    assert "The rate isn't limited; --rate N limits it." in done.stdout


def test_failure_on_this_machine_does_not_speak_of_money(smsc: Smsc, unreachable: str) -> None:
    """Nothing there is charged."""
    done = smsc("bench", unreachable, *SMALL)

    assert 3 == done.returncode
    assert "charge" not in done.stdout + done.stderr


def test_rate_limits_on_this_machine_too(smsc: Smsc, gateway: HostedSimulator) -> None:
    """Only the default differs."""
    done = smsc("bench", gateway.url, *SMALL, "--wait", "0", "--rate", "200")

    assert "At 200 parts per second" in done.stdout


def test_real_link_needs_recipients(smsc: Smsc) -> None:
    """A generated number may belong to a subscriber."""
    done = smsc("bench", "smpp://shop:secret@gateway.invalid", *SMALL, "--yes")

    assert (2, "") == (done.returncode, done.stdout)
    assert "--recipients" in done.stderr
    assert "nothing was sent" in done.stderr


def test_real_link_needs_confirmation(
    smsc: Smsc, gateway: HostedSimulator, recipients: Path
) -> None:
    """The cost is shown; without a terminal to ask on, nothing is sent."""
    done = smsc("bench", gateway.url, *SMALL, "--recipients", str(recipients))

    assert (2, []) == (done.returncode, list(gateway.messages))
    assert "12 messages, 12 parts" in done.stdout
    assert "charged" in done.stdout
    assert "at least 0.12 s" in done.stdout
    assert "--yes" in done.stderr


@pytest.mark.parametrize(("answer", "code", "sent"), [("yes", 0, AGREED), ("", 2, 0), ("no", 2, 0)])
def test_only_yes_is_confirmation(  # noqa: PLR0917 - what it needs comes by name
    smsc: Smsc,
    gateway: HostedSimulator,
    recipients: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
    sent: int,
) -> None:
    """Any other answer cancels."""
    monkeypatch.setattr("smsc_async.cli.bench._can_ask", lambda: True)
    arguments = ("bench", gateway.url, *SMALL, "--recipients", str(recipients))
    done = smsc(*arguments, stdin=f"{answer}\n".encode())

    assert (code, sent) == (done.returncode, len(gateway.messages))


def test_json_cannot_ask(
    smsc: Smsc, gateway: HostedSimulator, recipients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question on standard output would break the JSON lines."""
    monkeypatch.setattr("smsc_async.cli.bench._can_ask", lambda: True)
    arguments = ("bench", gateway.url, *SMALL, "--recipients", str(recipients), "--json")
    done = smsc(*arguments, stdin=b"yes\n")

    assert (2, 0) == (done.returncode, len(gateway.messages))


def test_exactly_the_confirmed_messages_are_sent(
    smsc: Smsc, gateway: HostedSimulator, recipients: Path
) -> None:
    """All are different, because the gateway refuses repeats."""
    done = smsc("bench", gateway.url, *SMALL, "--recipients", str(recipients), "--yes")
    sent = [(message.recipient, message.text) for message in gateway.messages]

    assert (0, AGREED, AGREED) == (done.returncode, len(sent), len(set(sent)))
    assert set(NUMBERS) == {recipient for recipient, _ in sent}


def test_json_holds_a_line_for_each_window(
    smsc: Smsc, gateway: HostedSimulator, recipients: Path
) -> None:
    """Followed by a summary."""
    arguments = ("--recipients", str(recipients), "--yes", "--json")
    *steps, summary = map(
        json.loads, smsc("bench", gateway.url, *SMALL, *arguments).stdout.splitlines()
    )

    assert [(1, 5, 0), (3, 5, 0)] == [
        (step["window"], step["accepted"], step["failed"]) for step in steps
    ]
    assert [5, 5] == [step["receipts"] for step in steps]
    assert all(0 < step["p50_ms"] <= step["p95_ms"] <= step["p99_ms"] for step in steps)
    assert ("summary", 10, 0) == (summary["event"], summary["accepted"], summary["failed"])
    assert summary["enough"] in {1, 3}
    assert "secret" not in json.dumps(summary)


def test_few_numbers_are_not_flooded(smsc: Smsc, gateway: HostedSimulator, tmp_path: Path) -> None:
    """«…блокирует отправку более 50 сообщений одному абоненту…»."""
    file = tmp_path / "numbers.txt"
    file.write_text(NUMBERS[0], encoding="utf-8")
    done = smsc("bench", gateway.url, "--recipients", str(file), "--yes", "--messages", "51")

    assert (2, 0) == (done.returncode, len(gateway.messages))
    assert "flood" in done.stderr


@pytest.mark.parametrize(
    ("content", "output"),
    [(b"79995550001\n12-34-secret", "line 2"), (b"\xff\xfe", "UTF-8"), (None, "No such file")],
)
def test_unusable_file_is_reported(
    smsc: Smsc, gateway: HostedSimulator, tmp_path: Path, content: bytes | None, output: str
) -> None:
    """Before anything is sent, and without repeating its content."""
    file = tmp_path / "numbers.txt"
    if content is not None:
        file.write_bytes(content)
    done = smsc("bench", gateway.url, *SMALL, "--recipients", str(file), "--yes")

    assert (2, 0) == (done.returncode, len(gateway.messages))
    assert output in done.stderr
    assert "12-34" not in done.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        ("--windows", "1,x"),
        ("--windows", "0"),
        ("--windows", ""),
        ("--windows", "1,99999"),
        ("--messages", "0"),
        ("--messages", "9000000"),
        ("--warm-up", "-1"),
        ("--rate", "0"),
        ("--rate", "nan"),
        ("--html", "/nowhere/at/all.html"),
        ("--html", ""),
        ("--html", "/"),
        ("--html", "/dev/full"),
        ("--html", "/dev/null/report.html"),
        ("--html", f"{'long' * 99}.html"),
    ],
)
def test_wrong_use_ends_with_two(smsc: Smsc, wrong: tuple[str, str]) -> None:
    """Each option names the value it doesn't accept."""
    name, value = wrong
    done = smsc("bench", "sim://", f"{name}={value}")

    assert (2, "") == (done.returncode, done.stdout)


def test_gateway_that_accepts_nothing_ends_the_test(
    smsc: Smsc, gateway: HostedSimulator, recipients: Path
) -> None:
    """Sending on against refusals gets an account blocked."""
    gateway.scenario = Scenario(submit_status=CommandStatus.ESME_RINVSRCADR)
    many = ("--windows", "1", "--messages", "100", "--warm-up", "0", "--wait", "0")
    done = smsc("bench", gateway.url, *many, "--recipients", str(recipients), "--yes")

    assert 1 == done.returncode
    assert "ESME_RINVSRCADR" in done.stderr
    assert 20 == gateway.stats.refused


def test_single_refusals_are_counted(
    smsc: Smsc, gateway: HostedSimulator, recipients: Path
) -> None:
    """They set the exit code to 1 but don't end the measurement."""
    gateway.scenario = Scenario(
        submit_status=lambda message: (
            CommandStatus.ESME_RTHROTTLED
            if str(message.text).endswith("2")
            else CommandStatus.ESME_ROK
        )
    )
    one = ("--windows", "1", "--messages", "5", "--warm-up", "0", "--wait", "0")
    url = f"{gateway.url}?throttled_timeout=0.001"
    done = smsc("bench", url, *one, "--recipients", str(recipients), "--yes", "--json")
    step, summary = map(json.loads, done.stdout.splitlines())

    assert (1, 4, 1) == (done.returncode, step["accepted"], step["failed"])
    assert {"ThrottledError": 1} == step["why"]
    assert 1 == summary["failed"]


@pytest.mark.takes_up_to(20, reason="matplotlib is imported, and lists the fonts once")
def test_report_is_self_contained(smsc: Smsc, tmp_path: Path) -> None:
    """One file without scripts and addresses, in the user's language."""
    file = tmp_path / "report.html"
    done = smsc("bench", "sim://", *SMALL, "--wait", "0", "--html", str(file), "--lang", "ru")
    page = file.read_text(encoding="utf-8")

    assert (0, True) == (done.returncode, str(file) in done.stdout.replace("\n", ""))
    assert '<html lang="ru">' in page
    assert 2 == page.count('src="data:image/svg+xml;base64,')
    assert "<table" in page
    assert "http" not in page
    assert "<script" not in page


def test_report_without_charts_says_how_to_get_them(
    smsc: Smsc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra `plots` is optional: head, table and JSON don't need it."""
    monkeypatch.setattr("smsc_async.cli.plots.find_spec", lambda _name: None)
    file = tmp_path / "report.html"
    shown = smsc("bench", "sim://", *SMALL, "--wait", "0", "--html", str(file))
    page = file.read_text(encoding="utf-8")
    written = smsc("bench", "sim://", *SMALL, "--wait", "0", "--html", str(file), "--json")

    assert (0, 0) == (shown.returncode, written.returncode)
    assert "pip install 'smsc-async[plots]'" in shown.stdout
    assert ("<img" in page, "<table" in page) == (False, True)
    assert html.escape("pip install 'smsc-async[plots]'") in page
    assert "summary" == json.loads(written.stdout.splitlines()[-1])["event"]


@pytest.mark.takes_up_to(20, reason="matplotlib may be imported")
@pytest.mark.parametrize("module", ["matplotlib.figure", "matplotlib.ticker", "matplotlib"])
@pytest.mark.parametrize("error", [ImportError, ValueError, UnicodeDecodeError])
def test_report_survives_any_failure_of_the_charts(
    smsc: Smsc,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    error: type[Exception],
) -> None:
    """All messages are charged by then."""
    made = error("utf-8", b"x", 0, 1, "bad") if error is UnicodeDecodeError else error("broken")
    original = builtins.__import__

    def failing(name: str, *others: Any) -> Any:  # noqa: ANN401 - as the original
        """Fail for one module."""
        if name == module:
            raise made
        return original(name, *others)

    monkeypatch.setattr(builtins, "__import__", failing)
    file = tmp_path / "report.html"
    done = smsc("bench", "sim://", *SMALL, "--wait", "0", "--html", str(file))
    page = file.read_text(encoding="utf-8")

    assert 0 == done.returncode
    assert "Without charts: matplotlib is installed" in done.stdout
    assert "<table" in page
    assert "Without charts" in page


def test_report_that_cannot_be_written_says_what_was_sent(
    smsc: Smsc,
    gateway: HostedSimulator,
    recipients: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A disk may be full at the end only; the figures are on the terminal."""

    def full(*_: object, **__: object) -> None:
        """Fail as a full disk."""
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    agreed = ("--recipients", str(recipients), "--yes")
    html = str(tmp_path / "a.html")
    command = ("bench", gateway.url, *SMALL, *agreed, "--wait", "0", "--html", html)
    done = smsc(*command)
    written = smsc(*command, "--json")
    failure = json.loads(written.stdout.splitlines()[-1])

    assert (2, 2) == (done.returncode, written.returncode)
    assert "No space left on device" in done.stderr
    assert re.search(r"yes: (\d+) of \1 messages", " ".join(done.stderr.split()))
    assert ("bench.cannot_write", "measured") == (
        failure["error"]["kind"],
        failure["error"]["outcome"],
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.takes_up_to(15, reason="a process is started")
async def test_interrupted_measurement_reports_what_was_accepted(recipients: Path) -> None:
    """Ctrl-C: exit code 130, and how many messages are charged so far."""
    async with Simulator(Scenario(receipts=False)) as gateway:
        endless = ("--windows", "1", "--messages", "100", "--warm-up", "0", "--rate", "10", "--yes")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "smsc_async", "bench", gateway.url, "--json"),
            *(*endless, "--recipients", str(recipients)),
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        await gateway.wait_for_message(timeout=300)
        process.send_signal(signal.SIGINT)
        output, complaint = await process.communicate()
        taken = len(gateway.messages)

    stopped, *_ = map(json.loads, output.decode().splitlines())
    assert (130, "stopped") == (process.returncode, stopped["event"])
    assert taken - 1 <= stopped["accepted"] <= taken
    assert "Traceback" not in complaint.decode()


def test_two_runs_in_a_minute_measure_the_same_number(
    smsc: Smsc, gateway: HostedSimulator, recipients: Path
) -> None:
    """The gateway refuses a text that it has just had; the texts of each run are its own."""
    done = [
        smsc("bench", gateway.url, "--recipients", str(recipients), *SMALL, "--yes", "--json",
             "--wait", "0")
        for _ in range(2)
    ]  # fmt: skip

    figures = [[json.loads(line) for line in each.stdout.splitlines()] for each in done]
    assert [0, 0] == [each.returncode for each in done]
    accepted = [[line["accepted"] for line in run if "accepted" in line] for run in figures]
    assert accepted[0] == accepted[1]
    assert 2 * AGREED == len(gateway.messages)
    assert 2 * AGREED == len({message.text for message in gateway.messages})


@pytest.mark.parametrize("when", ["00:00.000", "59:59.999", "07:05.040"])
def test_label_of_a_run_has_one_length(when: str) -> None:
    """Texts of two runs have the same number of parts."""
    label = run_label(datetime.strptime(f"2026-11-30 12:{when} +0000", "%Y-%m-%d %H:%M:%S.%f %z"))

    assert when.replace(":", "").replace(".", "") == label
