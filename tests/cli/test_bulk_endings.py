"""How a run of `smsc bulk` ends: its result file, its exit code, and what a dry run says before."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from pdu.enums import MessageState
from smsc_async.outbox import Outbox, OutboxError
from smsc_async.outbox.errors import OutboxFullError
from smsc_async.simulator import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

TO = "79995557733"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a file of five messages."""
    path = tmp_path / "clients.csv"
    rows = "".join(f"{TO},message {number}\n" for number in range(5))
    path.write_text(f"to,text\n{rows}", encoding="utf-8")
    return path


def states(file: Path) -> list[str]:
    """Return the states in the result file."""
    text = file.with_name("clients.result.csv").read_text(encoding="utf-8-sig")
    return [row["state"] for row in csv.DictReader(text.splitlines())]


def failing(
    error: BaseException,
    monkeypatch: pytest.MonkeyPatch,
    before: Callable[[], object] = lambda: None,
) -> None:
    """Let the outbox fail once all is sent; *before* that, change something else."""
    original = Outbox.run

    async def run(self: Outbox, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - as `run`
        """Send, then fail."""
        await original(self, *arguments, **options)
        before()
        raise error

    monkeypatch.setattr(Outbox, "run", run)


# --- the result file ---


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OutboxFullError("no room left for x: full; make room and do it again"), 4),
        (OutboxError("disk I/O error"), 4),
        (RuntimeError("a bug"), 4),
        (MemoryError(), 4),
        (KeyboardInterrupt(), 130),
    ],
    ids=repr,
)
def test_result_is_as_of_the_end(  # noqa: PLR0917 - what it needs comes by name
    smsc: Smsc,
    gateway: HostedSimulator,
    file: Path,
    error: BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However the run ends, it has what was accepted until then."""
    gateway.scenario = Scenario(receipts=False)
    failing(error, monkeypatch)
    done = smsc("bulk", str(file), "--url", gateway.url)

    assert code == done.returncode
    assert ["accepted"] * 5 == states(file)
    assert "out of date" not in done.stderr


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    "error", [OutboxFullError("no room left for x: full; make room and do it again"), OSError()]
)
def test_result_that_stays_behind_is_named(  # noqa: PLR0917 - what it needs comes by name
    smsc: Smsc,
    gateway: HostedSimulator,
    file: Path,
    error: Exception,
    language: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A full disk has no room for it either: it still has the states from before."""
    gateway.scenario = Scenario(receipts=False)

    def fail(_handle: int) -> None:
        """Fail as a full disk."""
        raise OSError(28, "No space left on device")

    failing(error, monkeypatch, lambda: monkeypatch.setattr("os.fsync", fail))
    arguments = ("bulk", str(file), "--url", gateway.url, "--lang", language)
    done = smsc(*arguments, "--json")
    failure = json.loads(done.stdout.splitlines()[-1])["error"]

    assert 4 == done.returncode
    assert ["queued"] * 5 == states(file)
    said = {
        "en": "clients.result.csv is out of date: it is written again when the command is run",
        "ru": "clients.result.csv устарел: он обновится, когда команда будет запущена снова",
    }[language]
    assert said in failure["results"]
    assert said in " ".join(done.stderr.split())

    monkeypatch.undo()
    assert 0 == smsc(*arguments).returncode
    assert ["accepted"] * 5 == states(file)


# --- the exit code ---


@pytest.mark.parametrize(
    "state", [MessageState.UNDELIVERABLE, MessageState.EXPIRED, MessageState.REJECTED]
)
def test_known_non_delivery_ends_with_one(
    smsc: Smsc, gateway: HostedSimulator, file: Path, state: MessageState
) -> None:
    """Whichever run has waited for the receipts, and whatever this one was to send."""
    gateway.scenario = Scenario(receipt_delay=0.0, state=state)
    arguments = ("bulk", str(file), "--url", gateway.url)

    assert 1 == smsc(*arguments, "--wait-receipts", "5").returncode
    for options in ((), ("--resend-refused",), ("--resend-unknown",), ("--wait-receipts", "1")):
        assert 1 == smsc(*arguments, *options).returncode


def test_receipts_that_are_not_awaited_are_no_failure(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """Nothing is known yet."""
    gateway.scenario = Scenario(receipts=False)

    assert 0 == smsc("bulk", str(file), "--url", gateway.url).returncode
    assert 0 == smsc("bulk", str(file), "--url", gateway.url, "--resend-refused").returncode


# --- the dry run ---


def another_file(file: Path) -> tuple[str, ...]:
    """Name a file of the user as the result."""
    path = file.with_name("customers.csv")
    path.write_text("to,name\n79161112233,Anna\n", encoding="utf-8")
    return "--result", str(path)


OPTIONS: dict[str, Callable[[Path], tuple[str, ...]]] = {
    "the input as result": lambda file: ("--result", str(file)),
    "another file as result": another_file,
    "a folder as result": lambda file: ("--result", str(file.parent)),
    "the rejected rows as result": lambda file: (
        "--result", str(file.with_name("clients.rejected.csv")),
    ),
    "the outbox as result": lambda file: ("--result", str(file.with_name("clients.csv.outbox"))),
    "no such folder": lambda file: ("--result", str(file.parent / "nowhere" / "x.csv")),
    "standard output": lambda _: ("--result", "-"),
    "a rate": lambda _: ("--rate", "0"),
    "rules": lambda _: ("--rules", "http://127.0.0.1"),
    "an account of the rules": lambda _: (
        "--rules", "redis://127.0.0.1", "--rules-account", "",
    ),
    "a duration": lambda _: ("--wait-receipts", "5min"),
    "consent": lambda _: ("--may-pay-twice",),
}  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_dry_run_refuses_what_the_run_refuses(
    smsc: Smsc, gateway: HostedSimulator, file: Path, options: Callable[[Path], tuple[str, ...]]
) -> None:
    """It is there to find that out."""
    arguments = ("bulk", str(file), "--url", gateway.url, *options(file), "--json")
    dry = smsc(*arguments, "--dry-run")
    names = {path.name for path in file.parent.iterdir()}
    real = smsc(*arguments)

    assert not names & {"clients.csv.outbox", "clients.result.csv", "clients.rejected.csv"}
    assert not gateway.messages
    assert (2, 2) == (dry.returncode, real.returncode)
    what = [json.loads(one.stdout.splitlines()[-1])["error"] for one in (dry, real)]
    assert what[0] == what[1]


def test_dry_run_with_a_result_leaves_no_file(smsc: Smsc, file: Path) -> None:
    """It was found out that it could be written."""
    done = smsc("bulk", str(file), "--dry-run", "--result", str(file.with_name("r.csv")))

    assert 0 == done.returncode
    assert ["clients.csv"] == [path.name for path in file.parent.iterdir()]


def test_dry_run_after_a_run_takes_its_result(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """It is the result of these rows; that of other rows isn't."""
    arguments = ("bulk", str(file), "--url", gateway.url)
    assert 0 == smsc(*arguments).returncode
    assert 0 == smsc(*arguments, "--dry-run").returncode

    other = file.with_name("other.csv")
    other.write_text("to,text\n79161112233,hi\n", encoding="utf-8")
    result = ("--result", str(file.with_name("clients.result.csv")))
    assert 2 == smsc("bulk", str(other), "--url", gateway.url, *result, "--dry-run").returncode
