"""`smsc bulk`: each row is sent once, however often the command runs and however it ended."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from version_1 import entry, execute, make_version_1

from pdu.enums import CommandStatus
from smsc_async import ClientClosedError, GatewayLimits
from smsc_async.cli import bulk
from smsc_async.cli.bulk_run import ROW_REMOVED
from smsc_async.outbox import Outbox, OutboxError, OutboxMovedError
from smsc_async.outbox.liveness import OwnerLock
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator, SubmittedMessage, SubmitView

    Smsc = Callable[..., CompletedProcess[str]]

TO = "79995557733"
ROWS = "".join(f"{TO},message {number}\n" for number in range(5))


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


def test_every_row_is_sent_once(smsc: Smsc, gateway: HostedSimulator, file: Path) -> None:
    """In the order of the file. A second run has nothing to do and opens no connection."""
    first = smsc("bulk", str(file), "--url", gateway.url, "--sender", "Shop")
    again = smsc("bulk", str(file), "--url", "smpp://a:b@127.0.0.1:1")

    assert (0, "") == (first.returncode, first.stderr)
    assert (0, "") == (again.returncode, again.stderr)
    assert [(f"message {number}", "Shop") for number in range(5)] == [
        (message.text, message.sender) for message in gateway.messages
    ]
    assert "5 of 5" in first.stdout
    assert "5, in parts: 5; now 0, earlier 5" in again.stdout
    assert file.with_name("clients.csv.outbox").exists()


def test_second_run_counts_its_own_rows(smsc: Smsc, gateway: HostedSimulator, file: Path) -> None:
    """In its progress, its result and the dry run before it; new rows to known numbers are noted.

    A number may have got its message already, under another name.
    """
    assert 0 == smsc("bulk", str(file), "--url", gateway.url).returncode
    with file.open("a", encoding="utf-8") as more:
        more.write(f"79161112233,six\n{TO},seven\n{TO},eight\n")
    dry = smsc("bulk", str(file), "--dry-run", "--lang", "ru").stdout
    done = smsc("bulk", str(file), "--url", gateway.url).stdout
    again = smsc("bulk", str(file), "--dry-run", "--json")

    assert "принято ранее 5, осталось 3" in " ".join(dry.replace(";", ",").split())
    assert "2 новые строки" in dry
    assert "2 new rows go to numbers" in done
    assert "3 of 3" in done
    assert "8, in parts: 8; now 3, earlier 5" in done
    assert (8, 8) == (sum_of(again)["messages"], sum_of(again)["accepted_earlier"])


def test_dry_run_makes_no_outbox(smsc: Smsc, file: Path) -> None:
    """And an unreadable one doesn't end it: the real run reports that."""
    assert 0 == smsc("bulk", str(file), "--dry-run").returncode
    assert not file.with_name("clients.csv.outbox").exists()
    file.with_name("clients.csv.outbox").write_bytes(b"no database" * 100)
    assert 0 == smsc("bulk", str(file), "--dry-run").returncode


def test_new_rows_are_sent_and_removed_ones_are_not(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """New rows may be inserted anywhere; a row removed before it was sent stays unsent."""
    file.write_text(f"to,text\n{TO},one\n{TO},unwanted\n", encoding="utf-8")
    with Simulator().in_thread() as closed:
        url = closed.url
    assert 3 == smsc("bulk", str(file), "--url", url).returncode

    file.write_text(f"to,text\n{TO},new\n{TO},one\n", encoding="utf-8")
    assert 0 == smsc("bulk", str(file), "--url", gateway.url).returncode
    assert ["new", "one"] == sorted(message.text or "" for message in gateway.messages)

    file.write_text(f"to,text\n{TO},new\n{TO},unwanted\n{TO},one\n", encoding="utf-8")
    assert 0 == smsc("bulk", str(file), "--url", gateway.url).returncode
    assert 3 == len(gateway.messages)


def test_rejected_rows_go_to_a_file(smsc: Smsc, gateway: HostedSimulator, file: Path) -> None:
    """Invalid ones and those the gateway refused, in the order of the rows, with reasons."""

    def refuse(message: SubmitView) -> int:
        """Refuse one of the messages."""
        return CommandStatus.ESME_RINVDSTADR if message.text == "message 3" else 0

    gateway.scenario = Scenario(submit_status=refuse)
    with file.open("a", encoding="utf-8") as more:
        more.write("123,secret words\n")
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")
    rejected = file.with_name("clients.rejected.csv").read_text(encoding="utf-8-sig").splitlines()
    output = [json.loads(line) for line in done.stdout.splitlines()]

    assert 1 == done.returncode
    assert [5, 7] == [one["row"] for one in output[:-1]]
    assert (6, 4, 2, 0) == tuple(
        output[-1][name] for name in ("rows", "accepted", "rejected", "unknown")
    )
    assert ["to,text,reason", f"{TO},message 3", "123,secret words"] == [
        rejected[0], *(line[: line.index(",", line.index(",") + 1)] for line in rejected[1:])
    ]  # fmt: skip
    assert "ESME_RINVDSTADR" in rejected[1]
    assert "secret" not in done.stdout


@pytest.fixture
def repeatable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal rows are sent at once, not a minute apart."""
    monkeypatch.setattr(bulk, "GatewayLimits", partial(GatewayLimits, repeat_window=None))


@pytest.mark.usefixtures("repeatable")
def test_row_that_was_corrected_in_both_files_is_sent_once(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """First in the file of the rejected rows, then in the input, as people do."""
    gateway.scenario = Scenario(rules=None)
    file.write_text(f"to,text\n{TO},a\n79,b\n{TO},a\n", encoding="utf-8")
    rejected = file.with_name("clients.rejected.csv")
    smsc("bulk", str(file), "--url", gateway.url)
    rejected.write_text(rejected.read_text("utf-8-sig").replace("79,b", "79995550000,b"), "utf-8")
    smsc("bulk", str(rejected), "--url", gateway.url)
    file.write_text(f"to,text\n{TO},a\n79995550000,b\n{TO},a\n{TO},c\n", encoding="utf-8")
    done = [smsc("bulk", str(file), "--url", gateway.url) for _ in range(2)]

    assert ["a", "a", "b", "c"] == [message.text for message in gateway.messages]
    assert [1, 1] == [one.returncode for one in done]
    assert "row 3: sent from clients.rejected.csv already" in " ".join(done[1].stdout.split())


@pytest.mark.usefixtures("repeatable")
def test_refused_row_that_was_sent_from_the_rejected_ones_is_not_sent_again(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """One of two equal rows was refused; keys count equal rows, in each file anew."""
    seen: list[str | None] = []

    def refuse(message: SubmitView) -> int:
        """Refuse the second message."""
        seen.append(message.text)
        return CommandStatus.ESME_RSYSERR if len(seen) == 2 else 0

    gateway.scenario = Scenario(rules=None, submit_status=refuse)
    file.write_text(f"to,text\n{TO},a\n{TO},a\n", encoding="utf-8")
    rejected = file.with_name("clients.rejected.csv")
    for name in (file, rejected):
        smsc("bulk", str(name), "--url", gateway.url)
    assert 3 == len(seen)
    done = smsc("bulk", str(file), "--url", gateway.url, "--resend-refused")

    assert (3, 1) == (len(seen), done.returncode)


def test_refused_rows_are_sent_again_on_demand(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """Possibly with a corrected sender; accepted rows stay untouched."""

    def refuse(message: SubmitView | SubmittedMessage) -> int:
        """Refuse messages without a sender, except one."""
        is_fine = message.sender or message.text == "message 0"
        return 0 if is_fine else CommandStatus.ESME_RINVSRCADR

    gateway.scenario = Scenario(submit_status=refuse)
    options = ["--url", gateway.url, "--sender", "Shop"]
    done = [
        smsc("bulk", str(file), "--url", gateway.url),
        smsc("bulk", str(file), *options),
        smsc("bulk", str(file), *options, "--resend-refused"),
        smsc("bulk", str(file), *options, "--resend-refused"),
    ]

    assert [1, 1, 0, 0] == [one.returncode for one in done]
    assert ["", *["Shop"] * 4] == [
        message.sender for message in gateway.messages if not refuse(message)
    ]


def test_unknown_rows_are_sent_again_on_demand_only(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """They may be charged twice, so the exit code is 4 until the user decides."""
    gateway.scenario = Scenario(silent=True, receipts=False)
    silent = smsc("bulk", str(file), "--url", f"{gateway.url}?timeout=0.05")
    # As if the minute were over in which the gateway refuses them as repeats.
    gateway.scenario = Scenario(receipt_delay=0.0, rules=None)
    again = smsc("bulk", str(file), "--url", gateway.url, "--json")
    age_first_attempts(file)
    late = smsc("bulk", str(file), "--url", gateway.url, "--resend-unknown")
    options = ["--resend-unknown", "--may-pay-twice"]
    resent = smsc("bulk", str(file), "--url", gateway.url, *options)

    assert (4, "") == (late.returncode, late.stderr)
    assert "5: they may be charged twice" in late.stdout
    assert "--may-pay-twice" in late.stdout
    assert [4, 4, 0] == [silent.returncode, again.returncode, resent.returncode]
    assert "row 2 to 7999***33: unknown" in silent.stdout
    assert "--resend-unknown" in silent.stdout
    assert 5 == sum_of(again)["unknown"]
    assert 10 == len(gateway.messages)


def age_first_attempts(file: Path) -> None:
    """Let two minutes pass since the first attempts, on all clocks."""
    execute(
        f"{file}.outbox",
        ("UPDATE smsc_outbox SET sending_at = sending_at - 120, boot_at = boot_at - 120", {}),
    )


def test_row_that_needs_consent_stops_no_other_row(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """A new row is sent; those that may be charged twice stay as they are."""
    gateway.scenario = Scenario(silent=True, receipts=False)
    smsc("bulk", str(file), "--url", f"{gateway.url}?timeout=0.05")
    gateway.scenario = Scenario(receipt_delay=0.0)
    age_first_attempts(file)
    with file.open("a", encoding="utf-8") as more:
        more.write(f"{TO},new\n")
    done = smsc("bulk", str(file), "--url", gateway.url, "--resend-unknown", "--json")

    assert (4, 1, 5, 5) == (
        done.returncode,
        *(sum_of(done)[name] for name in ("accepted", "unknown", "withheld")),
    )
    assert "new" == gateway.messages[-1].text
    assert 6 == len(gateway.messages)


def test_restored_row_that_may_have_been_sent_is_unknown(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """It isn't rejected, or the file of rejected rows would be sent and charged twice."""
    gateway.scenario = Scenario(silent=True, receipts=False)
    smsc("bulk", str(file), "--url", f"{gateway.url}?timeout=0.05")
    gateway.scenario = Scenario(receipt_delay=0.0, rules=None)
    age_first_attempts(file)
    execute(
        f"{file}.outbox",
        (
            "UPDATE smsc_outbox SET state = 'discarded', reason = :reason WHERE id = 1",
            {"reason": ROW_REMOVED},
        ),
    )
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")
    options = ["--resend-unknown", "--may-pay-twice"]
    resent = smsc("bulk", str(file), "--url", gateway.url, *options, "--json")

    assert (4, 5, 0) == (done.returncode, sum_of(done)["unknown"], sum_of(done)["rejected"])
    assert (0, 5) == (resent.returncode, sum_of(resent)["accepted"])


def test_repeated_row_keeps_its_message(smsc: Smsc, gateway: HostedSimulator, file: Path) -> None:
    """With another sender the gateway wouldn't refuse it as a repeat; the other rows are sent."""
    gateway.scenario = Scenario(silent=True, receipts=False)
    smsc("bulk", str(file), "--url", f"{gateway.url}?timeout=0.05")
    gateway.scenario = Scenario(receipts=False)
    options = ["--sender", "Shop", "--resend-unknown", "--json"]
    resent = smsc("bulk", str(file), "--url", gateway.url, *options)

    assert (4, 5) == (resent.returncode, sum_of(resent)["unknown"])
    assert [""] * 5 == [message.sender for message in gateway.messages]


def test_consent_without_rows_to_send_again_is_a_usage_error(smsc: Smsc, file: Path) -> None:
    """Ignoring it would look as if the rows had been sent again."""
    done = smsc("bulk", str(file), "--url", "sim://", "--may-pay-twice")

    assert 2 == done.returncode
    assert "--resend-unknown" in done.stderr
    assert not file.with_name("clients.csv.outbox").exists()


def test_unknown_rows_are_sent_again_within_the_minute(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """The gateway refuses those that it has, so no consent is needed and none is doubled."""
    gateway.scenario = Scenario(silent=True, receipts=False)
    smsc("bulk", str(file), "--url", f"{gateway.url}?timeout=0.05")
    gateway.scenario = Scenario(receipts=False)
    resent = smsc("bulk", str(file), "--url", gateway.url, "--resend-unknown", "--json")

    assert (4, 5) == (resent.returncode, sum_of(resent)["unknown"])
    assert 5 == len(gateway.messages)


def test_file_that_is_saved_again_is_the_same_file(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """Other columns, another order and another spelling of the numbers: nothing is sent twice."""
    smsc("bulk", str(file), "--url", gateway.url)
    rows = "".join(f"message {number};+7 (999) 555-77-33;\n" for number in range(5))
    file.write_text(f"text;to;comment\n{rows}", encoding="utf-8")
    again = smsc("bulk", str(file), "--url", gateway.url, "--sender", "Shop", "--json")

    assert (0, 5) == (again.returncode, sum_of(again)["accepted"])
    assert 5 == len(gateway.messages)


@pytest.mark.parametrize(
    ("options", "column"),
    [
        (["--sender", "Shop"], "sender,Shop"),
        (["--kind", "viber"], "kind,viber"),
        (["--kind", "call"], "kind,CALL"),
        ([], "kind,sms"),
    ],
)
def test_option_that_becomes_a_column_makes_no_new_rows(
    smsc: Smsc, file: Path, options: list[str], column: str
) -> None:
    """The message is the same; of equal rows each keeps one, and a third one is new.

    The rows are stored before the gateway is found to be down: sent ones would be held as repeats.
    """
    name, value = column.split(",")
    outbox, url = str(file.with_name("clients.csv.outbox")), "smpp://a:b@127.0.0.1:1"
    states: tuple[str, dict[str, object]]
    states = ("SELECT state, count(*) FROM smsc_outbox GROUP BY state ORDER BY state", {})
    file.write_text(f"to,text\n{TO},same\n{TO},other\n{TO},same\n", encoding="utf-8")
    smsc("bulk", str(file), "--url", url, *options)
    rows = "".join(f"{text},{TO},{value}\n" for text in ("same", "same", "other", "same"))
    file.write_text(f"text,to,{name}\n{rows}", encoding="utf-8")
    smsc("bulk", str(file), "--url", url)
    assert [("queued", 4)] == execute(outbox, states)
    file.write_text(f"to,text\n{TO},same\n{TO},other\n{TO},same\n", encoding="utf-8")
    smsc("bulk", str(file), "--url", url, *options)

    assert [("discarded", 1), ("queued", 3)] == execute(outbox, states)


def test_refused_row_in_other_columns_stays_refused(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """It is sent again on demand only."""
    gateway.scenario = Scenario(submit_status=lambda _: CommandStatus.ESME_RINVSRCADR)
    smsc("bulk", str(file), "--url", gateway.url, "--sender", "Shop")
    rows = ROWS.replace("\n", ",Shop\n")
    file.write_text(f"to,text,sender\n{rows}", encoding="utf-8")
    gateway.scenario = Scenario(receipt_delay=0.0, rules=None)
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")
    resent = smsc("bulk", str(file), "--url", gateway.url, "--resend-refused", "--json")

    assert (1, 5) == (done.returncode, sum_of(done)["rejected"])
    assert (0, 5) == (resent.returncode, sum_of(resent)["accepted"])


def test_changed_message_is_sent(smsc: Smsc, gateway: HostedSimulator, file: Path) -> None:
    """A column with another sender than that of the message makes another message."""
    gateway.scenario = Scenario(receipt_delay=0.0, rules=None)
    smsc("bulk", str(file), "--url", gateway.url)
    rows = ROWS.replace("\n", ",Shop\n")
    file.write_text(f"to,text,sender\n{rows}", encoding="utf-8")
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")

    assert (0, 5) == (done.returncode, sum_of(done)["accepted"])
    assert 10 == len(gateway.messages)


@pytest.mark.parametrize("link", ["link.csv", "deep/link.csv", "deep/../clients.csv"])
def test_file_has_one_outbox_under_all_its_paths(
    smsc: Smsc, gateway: HostedSimulator, file: Path, link: str
) -> None:
    """A link, a link of a link in another folder, and a path with `..` send nothing again."""
    (file.parent / "deep").mkdir()
    (file.parent / "link.csv").symlink_to(file.name)
    (file.parent / "deep" / "link.csv").symlink_to("../link.csv")
    smsc("bulk", str(file), "--url", gateway.url)
    again = smsc("bulk", str(file.parent / link), "--url", gateway.url, "--json")

    assert (0, 5) == (again.returncode, sum_of(again)["accepted"])
    assert 5 == len(gateway.messages)


@pytest.mark.parametrize("is_target_there", [False, True])
def test_outbox_under_the_name_of_a_link_stops_the_command(
    smsc: Smsc,
    gateway: HostedSimulator,
    file: Path,
    is_target_there: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """An earlier version made it; its rows may have been sent."""
    link = file.with_name("link.csv")
    link.symlink_to(file.name)
    smsc("bulk", str(file), "--url", gateway.url)
    outbox, stored = file.with_name("clients.csv.outbox"), file.with_name("link.csv.outbox")
    stored.write_bytes(outbox.read_bytes())
    if not is_target_there:
        outbox.unlink()
    done = smsc("bulk", str(link), "--url", gateway.url)

    assert 2 == done.returncode
    assert "link.csv.outbox" in done.stderr
    assert is_target_there == ("first remove" in " ".join(done.stderr.split()))
    assert 5 == len(gateway.messages)

    stored.replace(outbox)
    assert 0 == smsc("bulk", str(link), "--url", gateway.url).returncode
    assert 5 == len(gateway.messages)


def old_key(*values: str, ordinal: int = 1) -> str:
    """Return the key that 0.1.0 made of a row."""
    return f"{hashlib.sha256(chr(0).join(values).encode()).hexdigest()[:32]}/{ordinal}"


def old_outbox(file: Path, *states: str) -> None:
    """Make the outbox of a run of 0.1.0 over the first rows of the file."""
    rows = [
        entry(
            f"message {number}",
            state,
            key=old_key(TO, f"message {number}"),
            form=json.dumps({"v": 1, "kind": "Sms", "to": f"+{TO}", "text": f"message {number}"}),
            attempts=int(state != "queued"),
            message_ids=json.dumps([str(number)] if state == "accepted" else []),
        )
        for number, state in enumerate(states)
    ]
    make_version_1(f"{file}.outbox", *rows)


def test_outbox_of_0_1_0_is_recognised(smsc: Smsc, gateway: HostedSimulator, file: Path) -> None:
    """What it has sent isn't sent again, also after the file was saved once more."""
    old_outbox(file, "accepted", "accepted", "queued", "refused")
    first = smsc("bulk", str(file), "--url", gateway.url, "--json")
    rows = "".join(f"+{TO};message {number};\n" for number in range(5))
    file.write_text(f"to;text;comment\n{rows}", encoding="utf-8")
    again = smsc("bulk", str(file), "--url", gateway.url, "--json")

    assert ["message 2", "message 4"] == [message.text for message in gateway.messages]
    assert 4 == sum_of(first)["accepted"] == sum_of(again)["accepted"]


@pytest.mark.parametrize(("written", "again"), [("12,5", "12.50"), ("05.03.2026", "2026-03-05")])
def test_key_of_a_cell_as_it_was_written_is_recognised(
    smsc: Smsc, gateway: HostedSimulator, file: Path, written: str, again: str
) -> None:
    """Such keys were stored until now; other options than of that run change nothing."""
    file.write_text(f"to;text\n{TO};{written}\n", encoding="utf-8")
    assert 0 == smsc("bulk", str(file), "--url", gateway.url).returncode
    said = json.dumps({"text": written, "to": TO}, sort_keys=True)
    key = f"2:{hashlib.sha256(said.encode()).hexdigest()[:32]}/1"
    execute(f"{file}.outbox", ("UPDATE smsc_outbox SET key = :key", {"key": key}))

    options = ["--url", gateway.url, "--sender", "Shop"]
    assert 0 == smsc("bulk", str(file), *options).returncode
    file.write_text(f"to,text\n{TO},{again}\n", encoding="utf-8")
    assert 0 == smsc("bulk", str(file), *options).returncode
    assert [written] == [message.text for message in gateway.messages]


@pytest.mark.parametrize("name", ["clients.xlsx", "clients.txt", "clients.TSV", "clients.tab"])
def test_formats_of_one_sheet_have_one_outbox(
    smsc: Smsc, gateway: HostedSimulator, file: Path, name: str
) -> None:
    """A sheet that is saved again gets another ending; a list with another name is another list."""
    smsc("bulk", str(file), "--url", gateway.url)
    other, further = file.with_name(name), file.with_name("clients 2.csv")
    other.write_bytes(file.read_bytes())
    further.write_bytes(file.read_bytes())
    again = smsc("bulk", str(other), "--url", gateway.url, "--json")

    assert (0, 5) == (again.returncode, sum_of(again)["accepted"])
    assert 5 == len(gateway.messages)
    gateway.scenario = Scenario(receipt_delay=0.0, rules=None)
    smsc("bulk", str(further), "--url", gateway.url)
    assert further.with_name("clients 2.csv.outbox").exists()


def test_formats_with_outboxes_of_their_own_stop_a_further_one(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """It can't be said which one has the rows of the file."""
    for name in ("clients.csv", "clients.txt"):
        file.with_name(f"{name}.outbox").touch()
    other = file.with_name("clients.xlsx")
    other.write_bytes(file.read_bytes())
    done = smsc("bulk", str(other), "--url", gateway.url)

    assert 2 == done.returncode
    assert "clients.csv.outbox and clients.txt.outbox exist" in " ".join(done.stderr.split())
    assert [] == gateway.messages


def test_what_was_changed_is_said_before_anything_is_sent(
    smsc: Smsc, gateway: HostedSimulator, file: Path, unreachable: str
) -> None:
    """Also if nothing is sent then; with --json as the first object."""
    rows = "".join(f"{TO}.0;текст {number};\n;;\n" for number in range(5))
    file.write_text(f"Телефон;Текст;\n{rows}", encoding="cp1251")
    options = ["--encoding", "windows-1251"]
    for done in (
        smsc("bulk", str(file), "--url", unreachable, *options),
        smsc("bulk", str(file), "--dry-run", *options),
    ):
        for text in (
            "windows-1251, separator ;",
            "to = Телефон",
            "5 empty rows",
            '".0" or ",0" dropped at the end: 5',
        ):
            assert text in done.stdout
    sent = smsc("bulk", str(file), "--url", gateway.url, "--json", *options)
    first = json.loads(sent.stdout.splitlines()[0])

    assert (0, 5) == (sent.returncode, len(gateway.messages))
    assert ({"decimals": 5}, 5) == (first["input"]["changed"], first["input"]["empty_rows"])


def test_longer_addresses_of_mails_are_sent_on_demand(smsc: Smsc, file: Path) -> None:
    """The setting is one of the URL; a dry run respects it, too. The simulator is lenient then."""
    file.write_text(
        "to,text,kind,subject\nivan.petrov@company.ru,hi,email,Hello\n", encoding="utf-8"
    )
    scenario = Scenario(receipts=False, strict=False)
    with Simulator(scenario).in_thread() as simulator:
        refused = smsc("bulk", str(file), "--url", simulator.url)
        dry = [
            smsc("bulk", str(file), "--dry-run", "--url", f"sim://{query}")
            for query in ("", "?email_limit=30")
        ]
        sent = smsc("bulk", str(file), "--url", f"{simulator.url}?email_limit=30")
        (message,) = simulator.messages

    assert [1, 1, 0, 0] == [one.returncode for one in (refused, *dry, sent)]
    assert "email_limit is 20" in " ".join(refused.stdout.split())
    assert "ivan.petrov@company.ru" == message.recipient


def test_strict_simulator_refuses_longer_addresses(smsc: Smsc, gateway: HostedSimulator) -> None:
    """SMPP 3.4 has 20 characters for them."""
    address = "ivan.petrov@company.ru"
    options = ["--kind", "email", "--subject", "x", "--url", f"{gateway.url}?email_limit=30"]
    done = smsc("send", address, "hi", *options)

    assert 1 == done.returncode
    assert "ESME_RINVDSTADR" in done.stderr
    assert address not in done.stderr


def test_changed_file_of_0_1_0_is_recognised_by_its_messages(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """The keys of 0.1.0 depend on the order of the columns, its messages don't."""
    old_outbox(file, *["accepted"] * 5)
    rows = "".join(f"message {number},+{TO},\n" for number in range(5))
    file.write_text(f"text,to,comment\n{rows}", encoding="utf-8")
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")

    assert (0, 5) == (done.returncode, sum_of(done)["accepted"])
    assert [] == gateway.messages


def test_row_that_0_1_0_may_have_sent_stops_the_command(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """With another sender on the command line it can't be told from a new row."""
    old_outbox(file, *["accepted"] * 5)
    rows = "".join(f"message {number},+{TO}\n" for number in range(5))
    file.write_text(f"text,to\n{rows}", encoding="utf-8")
    done = smsc("bulk", str(file), "--url", gateway.url, "--sender", "Shop")

    assert 2 == done.returncode
    assert "0.1.0" in done.stderr
    assert [] == gateway.messages


def test_new_rows_are_sent_beside_those_of_0_1_0(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """They go to recipients that 0.1.0 has sent nothing to."""
    old_outbox(file, *["accepted"] * 5)
    file.write_text("to,text\n79991234567,new\n", encoding="utf-8")
    done = smsc("bulk", str(file), "--url", gateway.url)

    assert 0 == done.returncode
    assert ["new"] == [message.text for message in gateway.messages]


def test_unreadable_entry_is_reported_with_the_others(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """One broken row of the outbox must not hide what became of the rest."""
    gateway.scenario = Scenario(silent=True, receipts=False)
    smsc("bulk", str(file), "--url", f"{gateway.url}?timeout=0.05")
    execute(f"{file}.outbox", ("UPDATE smsc_outbox SET form = '' WHERE id = 2", {}))
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")

    assert (4, 5) == (done.returncode, sum_of(done)["unknown"])
    assert "can't be read" in done.stdout


def test_text_of_too_many_parts_is_rejected_before_sending(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """It is a valid message, but a reference numbers 255 parts at most."""
    with file.open("a", encoding="utf-8") as more:
        more.write(f"{TO},{'x' * 50_000}\n")
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")

    assert (1, 1, 5) == (done.returncode, sum_of(done)["rejected"], sum_of(done)["accepted"])


def test_link_that_fails_for_good_ends_with_three(
    smsc: Smsc, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some rows may have been sent; the outbox has their state."""

    async def failing(*_: object, **__: object) -> None:
        """Raise what a lost connection raises."""
        raise ClientClosedError("the login was refused")

    monkeypatch.setattr("smsc_async.outbox.Outbox.run", failing)
    done = smsc("bulk", str(file), "--url", "sim://")

    assert 3 == done.returncode
    assert "in the queue: 5" in done.stderr
    assert "run the command again" in done.stderr


def test_dry_run_counts_and_sends_nothing(smsc: Smsc, file: Path) -> None:
    """It needs no URL and writes no file."""
    with file.open("a", encoding="utf-8") as more:
        more.write(f"{TO},{'ы' * 71}\n123,hi\n")
    done = smsc("bulk", str(file), "--dry-run")
    asked = smsc("bulk", str(file), "--dry-run", "--json")

    assert (1, 1) == (done.returncode, asked.returncode)
    assert {
        "rows": 7, "messages": 6, "parts": 7, "accepted_earlier": 0, "rejected": 1,
    } == sum_of(asked)  # fmt: skip
    assert "row 8: to: a number is" in done.stdout
    assert "Nothing was sent." in done.stdout
    assert [file.name] == [path.name for path in file.parent.iterdir()]


def test_wrong_encoding_is_reported(smsc: Smsc, file: Path) -> None:
    """With the option to use, in the user's language."""
    file.write_bytes("to,text\n79991234567,Привет".encode("cp1251"))
    done = smsc("bulk", str(file), "--url", "sim://", "--lang", "ru")
    right = smsc("bulk", str(file), "--url", "sim://", "--encoding", "cp1251")

    assert (2, 0) == (done.returncode, right.returncode)
    assert "--encoding windows-1251" in done.stderr


@pytest.mark.parametrize("name", ["nowhere.csv", "-"])
def test_missing_file_is_a_usage_error(smsc: Smsc, name: str) -> None:
    """So is standard input: there is no place for an outbox next to it."""
    done = smsc("bulk", name, "--url", "sim://")

    assert 2 == done.returncode
    assert "can't read" in done.stderr


def test_invalid_outbox_is_reported(smsc: Smsc, gateway: HostedSimulator, file: Path) -> None:
    """Nothing is sent without an outbox."""
    file.with_name("clients.csv.outbox").write_text("a letter " * 200, encoding="utf-8")
    done = smsc("bulk", str(file), "--url", gateway.url)

    assert 2 == done.returncode
    assert "is no outbox" in done.stderr
    assert [] == gateway.messages


def test_login_that_is_refused_ends_with_three(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """The rows stay in the outbox for the next run."""
    gateway.scenario = Scenario(accounts={})
    assert 3 == smsc("bulk", str(file), "--url", gateway.url).returncode
    gateway.scenario = Scenario()
    assert 0 == smsc("bulk", str(file), "--url", gateway.url).returncode


@pytest.mark.parametrize("state", ["sending", "claimed"])
def test_row_another_process_is_sending_is_in_progress(
    smsc: Smsc, gateway: HostedSimulator, file: Path, state: str
) -> None:
    """It is neither rejected nor unknown, and no advice says to send it again."""
    smsc("bulk", str(file), "--url", gateway.url)
    outbox = file.with_name("clients.csv.outbox")
    other = OwnerLock(outbox)
    execute(
        str(outbox),
        (
            "UPDATE smsc_outbox SET state = :state, owner = :owner, sending_at = 1 WHERE id = 2",
            {"state": state, "owner": other.owner},
        ),
        ("INSERT INTO smsc_outbox_owners (owner) VALUES (:owner)", {"owner": other.owner}),
    )
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")
    shown = smsc("bulk", str(file), "--url", gateway.url, "--resend-unknown")
    other.release()

    assert (4, 1, 0, 4) == (
        done.returncode,
        sum_of(done)["in_progress"],
        sum_of(done)["unknown"],
        sum_of(done)["accepted"],
    )
    assert "another process sends them" in shown.stdout
    assert "--resend-unknown" not in shown.stdout
    assert 5 == len(gateway.messages)


@pytest.mark.takes_up_to(20, reason="processes are started")
def test_command_run_twice_at_once_sends_each_row_once(
    gateway: HostedSimulator, tmp_path: Path
) -> None:
    """Each process reports the other's rows as sent or in progress, never as unknown."""
    file = tmp_path / "clients.csv"
    rows = "".join(f"7999{number:07d},message {number}\n" for number in range(300))
    file.write_text(f"to,text\n{rows}", encoding="utf-8")
    command = [
        sys.executable, "-m", "smsc_async", "bulk", str(file), "--json",
        "--url", f"{gateway.url}?window=5",
    ]  # fmt: skip
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - of this project
        for _ in range(3)
    ]
    sums = [json.loads(run.communicate()[0].splitlines()[-1]) for run in running]

    assert [0, 0, 0] == [run["unknown"] + run["rejected"] for run in sums]
    assert [300, 300, 300] == [run["accepted"] + run["in_progress"] for run in sums]
    assert 300 == len(gateway.messages)


def test_bar_is_drawn_on_a_terminal(
    smsc: Smsc, gateway: HostedSimulator, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other outputs get lines."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    done = smsc("bulk", str(file), "--url", gateway.url)

    assert "5/5" in done.stdout


IGNORING_SIGINT = ("/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh")
"""Runs a command as a shell script runs a background job."""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.takes_up_to(20, reason="processes are started")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_interrupted_run_is_resumed(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM: exit code 130 with advice, and nothing is sent twice afterwards."""
    file = tmp_path / "clients.csv"
    rows = "".join(f"7999{number:07d},message {number}\n" for number in range(100))
    file.write_text(f"to,text\n{rows}", encoding="utf-8")
    scenario = Scenario(response_delay=0.02, receipts=False)
    async with Simulator(scenario) as gateway:
        command = [
            sys.executable, "-m", "smsc_async", "bulk", str(file),
            "--url", f"{gateway.url}?window=5",
        ]  # fmt: skip

        async def start() -> asyncio.subprocess.Process:
            """Start the command in a new process."""
            return await asyncio.create_subprocess_exec(
                *(IGNORING_SIGINT if number is signal.SIGTERM else ()),
                *command,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )

        first = await start()
        await gateway.wait_for_message(timeout=300)
        first.send_signal(number)
        _, output = await first.communicate()
        between = len(gateway.messages)
        second = await start()
        await second.communicate()
        arrived = sorted(message.text or "" for message in gateway.messages)

    assert (130, 0) == (first.returncode, second.returncode)
    assert "run the command again" in output.decode()
    assert "in the queue: " in output.decode()
    assert 0 < between < 100
    assert sorted(f"message {number}" for number in range(100)) == arrived


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_outbox_that_was_deleted_meanwhile_gets_its_own_advice(
    smsc: Smsc,
    gateway: HostedSimulator,
    file: Path,
    suffix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without it the next run sends all rows again: it must not be advised as a safe one."""
    original = Outbox.run

    async def delete_and_run(self: Outbox, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - as `run`
        """Delete a file of the outbox, then run."""
        file.with_name(f"clients.csv.outbox{suffix}").unlink()
        await original(self, *arguments, **options)

    monkeypatch.setattr(Outbox, "run", delete_and_run)
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")
    error = sum_of(done)["error"]

    assert 4 == done.returncode
    assert "check the history first" in error["to_do"]
    assert "twice" not in error["to_do"]


@pytest.mark.parametrize(
    "case",
    [
        (OutboxMovedError("gone"), "check the history first"),
        (OutboxError("disk I/O error"), "it sends the rest, and no message twice"),
    ],
)
def test_interruption_whose_outbox_is_gone_promises_nothing(
    smsc: Smsc,
    gateway: HostedSimulator,
    file: Path,
    case: tuple[OutboxError, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C ends the command before anything else notices that the file was moved."""
    failure, advice = case

    async def interrupt(*_arguments: Any, **_options: Any) -> None:  # noqa: ANN401 - as `run`
        """Be interrupted; the outbox fails from now on."""

        async def fail(_outbox: Outbox) -> None:
            """Fail as the file's check does."""
            raise failure

        monkeypatch.setattr(Outbox, "counts", fail)
        raise asyncio.CancelledError

    monkeypatch.setattr(Outbox, "run", interrupt)
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")

    assert 130 == done.returncode
    assert advice in sum_of(done)["error"]["to_do"]


@pytest.mark.parametrize("octets", [226, 240, 251])
def test_name_too_long_for_the_files_beside_it_sends_nothing(
    smsc: Smsc, gateway: HostedSimulator, tmp_path: Path, octets: int
) -> None:
    """The longest is the lock file of a worker, which is made when the rows are stored already."""
    file = tmp_path / f"{'n' * (octets - 4)}.csv"
    file.write_text(f"to,text\n{ROWS}", encoding="utf-8")
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")

    assert (2, "not_sent") == (done.returncode, sum_of(done)["error"]["outcome"])
    assert "too long" in sum_of(done)["error"]["detail"]
    assert not gateway.messages


def test_longest_name_that_fits_is_sent(
    smsc: Smsc, gateway: HostedSimulator, tmp_path: Path
) -> None:
    """The limit is that of the system: 255 octets less 30."""
    file = tmp_path / f"{'n' * 221}.csv"
    file.write_text(f"to,text\n{ROWS}", encoding="utf-8")

    assert 0 == smsc("bulk", str(file), "--url", gateway.url).returncode
    assert 5 == len(gateway.messages)


def test_folder_in_place_of_the_outbox_is_named_as_one(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """A folder has several links, and is no database."""
    file.with_name("clients.csv.outbox").mkdir()
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")

    assert 2 == done.returncode
    assert "is a folder" in sum_of(done)["error"]["detail"]


def test_cell_with_a_formula_is_not_sent_again(
    smsc: Smsc, gateway: HostedSimulator, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version before sent ="text" as it is written; that row is done."""
    file.write_text(f'to,text\n{TO},="hi"\n{TO},other\n', encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr("smsc_async.cli.tables.delimited._text_of", str)
        smsc("bulk", str(file), "--url", gateway.url)
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")
    file.write_text(f"to,text\n{TO},hi\n{TO},other\n", encoding="utf-8")
    saved = smsc("bulk", str(file), "--url", gateway.url, "--json")

    assert ['="hi"', "other"] == [message.text for message in gateway.messages]
    assert (2, 2) == (sum_of(done)["accepted_earlier"], sum_of(saved)["accepted_earlier"])


def test_rows_have_the_numbers_of_a_spreadsheet_everywhere(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """On the terminal, in JSON and in the result file; behind empty rows and line breaks."""
    gateway.scenario = Scenario(receipt_delay=0.0)
    file.write_text(f'to,text\n{TO},"a\nb"\n\n12,c\n{TO},d\n', encoding="utf-8")
    shown = smsc("bulk", str(file), "--dry-run").stdout
    done = smsc("bulk", str(file), "--url", gateway.url, "--json")
    written = file.with_name("clients.result.csv").read_text("utf-8-sig").splitlines()

    assert "row 4: to: " in shown
    assert [4] == [one["row"] for one in map(json.loads, done.stdout.splitlines()) if "row" in one]
    assert ["row", "2", "4", "5"] == [line.partition(",")[0] for line in written]
