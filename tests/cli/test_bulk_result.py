"""The result file of `smsc bulk`: complete however the run ends, and no other file is lost."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pdu.enums import CommandStatus, MessageState
from smsc_async.cli.bulk_result import COLUMNS
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator, SubmitView

    Smsc = Callable[..., CompletedProcess[str]]

TO = "79995557733"
ROWS = "".join(f"{TO},message {number}\n" for number in range(5))
IGNORING_SIGINT = ("/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh")
"""Runs a command as a shell script runs a background job."""
WAIT = ("--wait-receipts", "5s")


@pytest.fixture
def gateway() -> Iterator[HostedSimulator]:
    """Run the simulator on its own thread; the command has its own event loop."""
    with Simulator(Scenario(receipt_delay=0.0)).in_thread() as simulator:
        yield simulator


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a file of five messages."""
    path = tmp_path / "clients.csv"
    path.write_text(f"to,text\n{ROWS}", encoding="utf-8")
    return path


def sum_of(done: CompletedProcess[str]) -> Any:  # noqa: ANN401 - JSON
    """Return the last object that was written."""
    return json.loads(done.stdout.splitlines()[-1])


def result_of(file: Path, name: str = "clients.result.csv") -> list[dict[str, str]]:
    """Return the records of a result file."""
    with file.with_name(name).open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def test_result_has_a_record_for_each_row(smsc: Smsc, gateway: HostedSimulator, file: Path) -> None:
    """Numbers as they were given: it is the user's own file. Reasons in words."""

    def refuse(message: SubmitView) -> int:
        """Refuse one of the messages."""
        return CommandStatus.ESME_RINVDSTADR if message.text == "refused" else 0

    gateway.scenario = Scenario(submit_status=refuse, receipt_delay=0.0)
    rows = '"+7 (999) 555-77-33",fine\n79995557734,refused\n123,never\n'
    file.write_text(f"to,text\n{rows}", encoding="utf-8")
    done = smsc("bulk", str(file), "--url", gateway.url, *WAIT, "--json")
    fine, refused, invalid = result_of(file)

    assert list(COLUMNS) == list(fine)
    assert {
        "row": "2",
        "to": "+7 (999) 555-77-33",
        "id": gateway.messages[0].message_id,
        "state": "DELIVERED",
        "error": "",
    } == fine
    assert ("3", "79995557734", "", "refused") == tuple(refused[name] for name in COLUMNS[:4])
    assert "ESME_RINVDSTADR" in refused["error"]
    assert ("4", "123", "", "invalid") == tuple(invalid[name] for name in COLUMNS[:4])
    assert "country code" in invalid["error"]
    assert (1, {"DELIVERED": 1}) == (done.returncode, sum_of(done)["states"])


@pytest.mark.parametrize(
    ("state", "code", "shown"),
    [
        (MessageState.DELIVERED, 0, "DELIVERED (delivered): 5"),
        (MessageState.UNDELIVERABLE, 1, "UNDELIVERABLE (can't be delivered): 5"),
        (MessageState.EXPIRED, 1, "EXPIRED (its time is over): 5"),
    ],
)
def test_states_are_counted(  # noqa: PLR0917 - what it needs comes by name
    smsc: Smsc, gateway: HostedSimulator, file: Path, state: MessageState, code: int, shown: str
) -> None:
    """A script learns by the exit code whether all were delivered."""
    gateway.scenario = Scenario(state=state, receipt_delay=0.0)
    done = smsc("bulk", str(file), "--url", gateway.url, *WAIT)

    assert (code, "") == (done.returncode, done.stderr)
    assert shown in done.stdout
    assert {state.name} == {row["state"] for row in result_of(file)}


def test_delivery_errors_are_kept_by_a_later_run(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """The outbox stores states only; the reason isn't lost when the file is rewritten."""
    gateway.scenario = Scenario(state=MessageState.UNDELIVERABLE, error_code=6, receipt_delay=0.0)
    smsc("bulk", str(file), "--url", gateway.url, *WAIT)
    first = result_of(file)
    gateway.scenario = Scenario(receipt_delay=0.0)
    rows = ROWS.replace(",", ";")
    file.write_text(f"to;text\n{rows}{TO};new\n", encoding="utf-8")
    smsc("bulk", str(file), "--url", gateway.url, *WAIT)
    with file.with_name("clients.result.csv").open(encoding="utf-8-sig", newline="") as opened:
        again = list(csv.DictReader(opened, delimiter=";"))

    assert all(row["error"].startswith("6: ") for row in first)
    assert first == again[:5]
    assert ("DELIVERED", "") == (again[5]["state"], again[5]["error"])


def test_receipts_that_do_not_come_end_with_five(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """Accepted, but nothing is known of the delivery; a later run waits for the rest."""
    gateway.scenario = Scenario(receipts=False)
    done = smsc("bulk", str(file), "--url", gateway.url, "--wait-receipts", "0.3")

    assert 5 == done.returncode
    assert "none yet: 5" in done.stdout
    assert "smsc query 855469" in " ".join(done.stdout.split())
    assert {"accepted"} == {row["state"] for row in result_of(file)}


def test_late_receipts_are_found_by_the_next_run(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """The gateway keeps them while no program is connected."""
    gateway.scenario = Scenario(receipt_delay=0.3)
    first = smsc("bulk", str(file), "--url", gateway.url, "--wait-receipts", "0", "--json")
    second = smsc("bulk", str(file), "--url", gateway.url, *WAIT, "--json")

    assert (5, 5) == (first.returncode, sum_of(first)["awaited"])
    assert (0, {"DELIVERED": 5}) == (second.returncode, sum_of(second)["states"])
    assert {"DELIVERED"} == {row["state"] for row in result_of(file)}


@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_ids_of_receipts_may_be_written_in_another_way(
    smsc: Smsc, gateway: HostedSimulator, file: Path, delay: float
) -> None:
    """With the setting `message_ids`, also for receipts that wait when the run connects."""
    gateway.scenario = Scenario(
        receipt_delay=delay,
        id_format="hex_in_response",
        state=MessageState.UNDELIVERABLE,
        error_code=6,
    )
    url = f"{gateway.url}?message_ids=response_hex"
    smsc("bulk", str(file), "--url", url, "--wait-receipts", "0")
    done = smsc("bulk", str(file), "--url", url, *WAIT, "--json")

    assert {"UNDELIVERABLE": 5} == sum_of(done)["states"]
    if delay:
        assert all(row["error"].startswith("6: ") for row in result_of(file))


@pytest.mark.parametrize(
    "content",
    [
        "to,text\n79991234567,mine\n",
        "row,to,id,state,error\n2,79991234567,4711,DELIVERED,\n",
        "row,to,id,state,error\n2,79991234567,4711,accepted,\n",
        "row,to,id,state,error\n2,3\n",
        '"never closed\n',
        "",
        "row;to;id;state;error;mine\n",
    ],
)
def test_another_file_is_not_overwritten(
    smsc: Smsc, gateway: HostedSimulator, file: Path, content: str
) -> None:
    """A list of clients, or the results of another campaign: nothing is sent, nothing is lost."""
    other = file.with_name("clients.result.csv")
    other.write_text(content, encoding="utf-8")
    done = smsc("bulk", str(file), "--url", gateway.url)

    assert (2, []) == (done.returncode, list(gateway.messages))
    assert content == other.read_text(encoding="utf-8")
    assert "--result FILE" in done.stderr


@pytest.mark.parametrize(
    "name", ["clients.csv", "clients.rejected.csv", "clients.csv.outbox", ".", "no/such/folder.csv"]
)
def test_result_cannot_be_a_file_of_the_command(
    smsc: Smsc, gateway: HostedSimulator, file: Path, name: str
) -> None:
    """Nor a folder, nor in one that isn't there: found out before anything is sent."""
    done = smsc("bulk", str(file), "--url", gateway.url, "--result", str(file.parent / name))

    assert (2, []) == (done.returncode, list(gateway.messages))
    assert f"to,text\n{ROWS}" == file.read_text(encoding="utf-8")
    assert "--result FILE" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes")
def test_result_cannot_be_a_pipe(smsc: Smsc, gateway: HostedSimulator, file: Path) -> None:
    """It couldn't be replaced in one step, and reading an earlier result from it would wait."""
    pipe = file.with_name("pipe")
    os.mkfifo(pipe)
    done = smsc("bulk", str(file), "--url", gateway.url, "--result", str(pipe))

    assert (2, []) == (done.returncode, list(gateway.messages))


def test_result_file_can_be_named(smsc: Smsc, gateway: HostedSimulator, file: Path) -> None:
    """Anywhere, also by a link; the link stays one."""
    target, link = file.with_name("kept.csv"), file.with_name("link.csv")
    link.symlink_to(target)
    options = ("--url", gateway.url, "--result", str(link))
    smsc("bulk", str(file), *options)
    again = smsc("bulk", str(file), *options)

    assert 0 == again.returncode
    assert link.is_symlink()
    assert 5 == len(result_of(file, "kept.csv"))
    assert not file.with_name("clients.result.csv").exists()
    assert [] == [path.name for path in file.parent.iterdir() if path.suffix == ".tmp"]


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such mode")
def test_result_is_as_readable_as_the_input(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """It has the same numbers."""
    file.chmod(0o600)
    smsc("bulk", str(file), "--url", gateway.url)

    assert 0o600 == file.with_name("clients.result.csv").stat().st_mode & 0o777


def test_result_that_cannot_be_written_leaves_the_earlier_one(
    smsc: Smsc, gateway: HostedSimulator, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: no half file, no temporary one, and nothing was sent."""
    smsc("bulk", str(file), "--url", gateway.url)
    before = result_of(file)
    with file.open("a", encoding="utf-8") as more:
        more.write(f"{TO},new\n")

    def fail(_handle: int) -> None:
        """Fail as a full disk."""
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    done = smsc("bulk", str(file), "--url", gateway.url)

    assert (2, 5) == (done.returncode, len(gateway.messages))
    assert "No space left on device" in " ".join(done.stderr.split())
    assert before == result_of(file)
    assert [] == [path.name for path in file.parent.iterdir() if path.suffix == ".tmp"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.takes_up_to(20, reason="processes are started")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("phase", ["sending", "waiting"])
async def test_result_is_complete_after_an_interruption(
    tmp_path: Path, number: signal.Signals, phase: str
) -> None:
    """Every row has a record, those in the queue too; nothing is unknown that got its response."""
    file = tmp_path / "clients.csv"
    count = 100 if phase == "sending" else 5
    rows = "".join(f"7999{number:07d},message {number}\n" for number in range(count))
    file.write_text(f"to,text\n{rows}", encoding="utf-8")
    async with Simulator(Scenario(response_delay=0.02, receipts=False)) as gateway:
        process = await asyncio.create_subprocess_exec(
            *(IGNORING_SIGINT if number is signal.SIGTERM else ()),
            sys.executable, "-m", "smsc_async", "bulk", str(file), "--wait-receipts",
            "--url", f"{gateway.url}?window=5",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        await gateway.wait_for_message(timeout=300)
        if phase == "waiting":
            assert process.stdout is not None
            while b"5 of 5" not in await process.stdout.readline():
                pass
        process.send_signal(number)
        _, output = await process.communicate()
        sent = {message.recipient for message in gateway.messages}
    found = result_of(file)

    assert 130 == process.returncode
    assert "interrupted" in output.decode()
    advice = {"sending": "it sends the rest", "waiting": "the same command with --wait-receipts"}
    assert advice[phase] in output.decode()
    assert "clients.result.csv" in output.decode()
    assert count == len(found)
    assert sent == {row["to"] for row in found if row["state"] == "accepted" and row["id"]}
    assert {"accepted", "queued"} >= {row["state"] for row in found}


@pytest.mark.parametrize(
    ("name", "result"),
    [("a.csv", "a.result.csv"), ("a.b.csv", "a.b.result.csv"), ("a", "a.result.csv")],
)
def test_default_name_is_beside_the_input(
    smsc: Smsc, gateway: HostedSimulator, tmp_path: Path, name: str, result: str
) -> None:
    """In the folder of the input, not in the current one."""
    file = tmp_path / name
    file.write_text(f"to,text\n{ROWS}", encoding="utf-8")
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")

    assert str(tmp_path / result) == sum_of(done)["result_file"]
    assert 5 == len(result_of(file, result))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (OSError(5, "Input/output error"), "Input/output error"),
    ],
)
def test_unreadable_result_is_named(  # noqa: PLR0917 - what it needs comes by name
    smsc: Smsc,
    gateway: HostedSimulator,
    file: Path,
    error: OSError,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Its content isn't known, so it isn't overwritten."""
    file.with_name("clients.result.csv").write_text("mine", encoding="utf-8")

    def fail(_self: object) -> object:
        """Fail to open it."""
        raise error

    monkeypatch.setattr("smsc_async.cli.bulk_result.ResultFile._records", fail)
    done = smsc("bulk", str(file), "--url", gateway.url)

    assert (2, []) == (done.returncode, list(gateway.messages))
    shown = "".join(done.stderr.split())
    assert f"{file.with_name('clients.result.csv')}fortheresults:{''.join(words.split())}" in shown
