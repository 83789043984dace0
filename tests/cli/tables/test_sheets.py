"""One sheet of 5000 rows as LibreOffice saves it (`tools/spreadsheets.py`): the same messages."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import spreadsheets

from smsc_async import GatewayLimits, Sms
from smsc_async.cli.csv_input import CsvFile, read_csv
from smsc_async.cli.i18n import Translator
from smsc_async.cli.kinds import MessageKind
from smsc_async.cli.tables.table import TableOptions
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

SHEETS = spreadsheets.SHEETS
ENCODINGS = {
    "windows-1251.csv": "windows-1251",
    "utf-8.csv": None,
    "utf-16.txt": None,
    "book.xlsx": None,
}
EXPECTED = [Sms(to=str(to), text=text, sender=sender) for to, text, sender in spreadsheets.rows()]


def read(name: str) -> CsvFile:
    """Read one of the files."""
    return read_csv(
        SHEETS / name,
        TableOptions(encoding=ENCODINGS[name]),
        kind=MessageKind("sms"),
        sender="",
        translate=Translator("en"),
    )


@pytest.mark.takes_up_to(10, reason="5000 rows")
@pytest.mark.parametrize("name", ENCODINGS)
def test_sheet_has_the_same_messages_in_every_format(name: str) -> None:
    """Numbers are numbers, names are Russian; rows and columns without values are passed over."""
    found = read(name)

    assert EXPECTED == [row.message for row in found.rows]
    assert 5 == found.notes.empty_rows
    assert {
        "to": "Номер телефона",
        "text": "Сообщение",
        "sender": "Отправитель",
    } == found.notes.columns
    assert not found.notes.changes
    assert (SHEETS / name).stat().st_size < 600_000


@pytest.mark.takes_up_to(10, reason="5000 rows, four times")
def test_rows_have_the_same_keys_in_every_format() -> None:
    """No two of one sheet are alike."""
    keys = [tuple(row.key for row in read(name).rows) for name in ENCODINGS]

    assert 1 == len(set(keys))
    assert 5000 == len(set(keys[0]))


@pytest.fixture
def gateway() -> Iterator[HostedSimulator]:
    """Run a simulator without rules on its own thread."""
    with Simulator(Scenario(receipts=False, rules=None, keep=20_000)).in_thread() as simulator:
        yield simulator


def result(done: CompletedProcess[str]) -> Any:  # noqa: ANN401 - JSON
    """Return the totals of a run."""
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.takes_up_to(60, reason="5000 messages are sent, and compared five times")
def test_sheet_that_is_saved_again_differently_sends_nothing_twice(
    smsc: Smsc, gateway: HostedSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the ending of its format, beside the outbox of the first; or under the first's name."""
    monkeypatch.delenv("PYTHONASYNCIODEBUG")  # so many messages would take half a minute
    monkeypatch.setattr("smsc_async.cli.bulk.GatewayLimits", GatewayLimits.off)
    accepted = []
    for saved, name in (
        ("windows-1251.csv", "clients.csv"),
        ("utf-16.txt", "clients.txt"),
        ("book.xlsx", "clients.xlsx"),
        ("utf-8.csv", "clients.csv"),
        ("book.xlsx", "clients.csv"),
    ):
        file = tmp_path / name
        shutil.copyfile(SHEETS / saved, file)
        encoding = ENCODINGS[saved]
        options = ["--encoding", encoding] if encoding else []
        done = smsc("bulk", str(file), "--url", gateway.url, "--json", *options)
        assert (0, 5000) == (done.returncode, result(done)["accepted"])
        accepted.append(len(gateway.messages))

    assert [5000] * 5 == accepted
    assert ["clients.csv.outbox"] == [path.name for path in tmp_path.glob("*.outbox")]


@pytest.mark.takes_up_to(30, reason="messages are sent")
def test_sheet_written_in_other_ways_sends_nothing_twice(
    smsc: Smsc, gateway: HostedSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Floats, apostrophes, exponents, another order of columns, names by --map, a template."""
    monkeypatch.setattr("smsc_async.cli.bulk.GatewayLimits", GatewayLimits.off)
    rows = list(spreadsheets.rows())[:100]
    file = tmp_path / "clients.csv"

    def saved(encoding: str, header: str, line: Callable[[int, str], str], *options: str) -> int:
        """Save the sheet and send it; return how many messages have arrived."""
        lines = [line(to, f'"{text.replace(chr(34), 2 * chr(34))}"') for to, text, _ in rows]
        file.write_bytes("\r\n".join([header, *lines]).encode(encoding))
        done = smsc("bulk", str(file), "--url", gateway.url, "--json", *options)
        assert 0 == done.returncode, done.stderr
        return len(gateway.messages)

    cp866 = ("--encoding", "cp866", "--map", "to=куда,text=что")
    koi8 = ("--encoding", "koi8-r", "--text", "{имя}")
    assert [100] * 6 == [
        saved("utf-8", "to,text", lambda to, text: f"{to},{text}"),
        saved("utf-8-sig", "Телефон;;Текст;", lambda to, text: f"{to}.0;;{text};"),
        saved("utf-16", "sep=|\r\nТекст|Кому", lambda to, text: f"{text}|'+{to}"),
        saved("utf-16", "text\tto", lambda to, text: f"{text}\t{str(to)[0]},{str(to)[1:]}E+10"),
        saved("cp866", "что;куда", lambda to, text: f"{text};8{str(to)[1:]}", *cp866),
        saved("koi8-r", "Имя;Номер", lambda to, text: f"{text};{to},00", *koi8),
    ]
