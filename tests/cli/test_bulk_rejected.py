"""The file of the rejected rows: corrections in it aren't overwritten before they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pdu.enums import CommandStatus
from smsc_async.simulator import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

GOOD = "79995557733;hello\n"
BAD = "7999555773;digit lost\n123;too short\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a file with two wrong numbers."""
    path = tmp_path / "clients.csv"
    path.write_text(f"to;text\n{GOOD}{BAD}", encoding="utf-8")
    return path


@pytest.fixture
def rejected(smsc: Smsc, gateway: HostedSimulator, file: Path) -> Path:
    """Run the command, which writes the file of the rejected rows."""
    assert 1 == smsc("bulk", str(file), "--url", gateway.url).returncode
    return file.with_name("clients.rejected.csv")


CORRECTIONS: dict[str, Callable[[str], str]] = {
    "a number": lambda text: text.replace("7999555773;", "79995557734;"),
    "half a number": lambda text: text.replace("123;", "12345;"),
    "a text": lambda text: text.replace("too short", "a better text"),
    "a new row": lambda text: f"{text}79161112233;new;\n",
    "another separator": lambda text: text.replace(";", ",").replace("123,", "79161112233,"),
    "no table any more": lambda _: "my notes",
}


@pytest.mark.parametrize("correct", CORRECTIONS.values(), ids=CORRECTIONS)
def test_corrections_are_not_overwritten(
    smsc: Smsc,
    gateway: HostedSimulator,
    file: Path,
    rejected: Path,
    correct: Callable[[str], str],
) -> None:
    """Whatever was changed there; nothing is sent meanwhile, and the remedy is named."""
    corrected = correct(rejected.read_text(encoding="utf-8-sig"))
    rejected.write_text(corrected, encoding="utf-8")
    file.write_text(f"to;text\n{GOOD}{BAD}79161112244;further\n", encoding="utf-8")
    english = smsc("bulk", str(file), "--url", gateway.url)
    russian = smsc("bulk", str(file), "--url", gateway.url, "--dry-run", "--lang", "ru")

    assert (2, 2) == (english.returncode, russian.returncode)
    said = " ".join(english.stderr.split())
    assert "clients.rejected.csv has rows that were changed and not sent" in said
    assert "send it first (smsc bulk " in said
    assert "в clients.rejected.csv есть исправленные и не отправленные строки" in " ".join(
        russian.stderr.split()
    )
    assert corrected == rejected.read_text(encoding="utf-8")
    assert 1 == len(gateway.messages)


def test_file_saved_in_another_encoding_is_not_overwritten(
    smsc: Smsc, gateway: HostedSimulator, file: Path, rejected: Path
) -> None:
    """A spreadsheet saves so, and what it has can't be compared."""
    rejected.write_bytes("to;text\n79995557734;Привет, как дела\n".encode("cp1251"))

    assert 2 == smsc("bulk", str(file), "--url", gateway.url).returncode
    assert rejected.read_bytes().endswith("дела\n".encode("cp1251"))


def test_unchanged_file_is_replaced(
    smsc: Smsc, gateway: HostedSimulator, file: Path, rejected: Path
) -> None:
    """Also when the rows were corrected in the input, or one was deleted here."""
    assert 1 == smsc("bulk", str(file), "--url", gateway.url).returncode
    rejected.write_text(
        "\n".join(rejected.read_text(encoding="utf-8-sig").splitlines()[:-1]), encoding="utf-8"
    )
    assert 1 == smsc("bulk", str(file), "--url", gateway.url).returncode
    assert 3 == len(rejected.read_text(encoding="utf-8-sig").splitlines())

    file.write_text(
        f"to;text\n{GOOD}79995557734;digit lost\n79991112233;too short\n", encoding="utf-8"
    )
    assert 0 == smsc("bulk", str(file), "--url", gateway.url).returncode
    assert not rejected.exists()
    assert 3 == len(gateway.messages)


def test_corrections_that_were_sent_are_no_obstacle(
    smsc: Smsc, gateway: HostedSimulator, file: Path, rejected: Path
) -> None:
    """They are in the outbox of that file."""
    text = rejected.read_text(encoding="utf-8-sig").replace("7999555773;", "79995557734;")
    rejected.write_text(text.replace("123;", "79991112233;"), encoding="utf-8")
    assert 0 == smsc("bulk", str(rejected), "--url", gateway.url).returncode
    assert 3 == len(gateway.messages)

    assert 1 == smsc("bulk", str(file), "--url", gateway.url).returncode
    assert "digit lost" in rejected.read_text(encoding="utf-8-sig")
    assert 3 == len(gateway.messages)


def test_correction_of_a_refused_row_is_kept(
    smsc: Smsc, gateway: HostedSimulator, file: Path
) -> None:
    """Its reason can't be found again; unchanged, it is no obstacle."""
    file.write_text(f"to;text\n{GOOD}", encoding="utf-8")
    gateway.scenario = Scenario(submit_status=lambda _: CommandStatus.ESME_RINVDSTADR)
    arguments = ("bulk", str(file), "--url", gateway.url)
    assert (1, 1) == (smsc(*arguments).returncode, smsc(*arguments).returncode)
    rejected = file.with_name("clients.rejected.csv")
    text = rejected.read_text(encoding="utf-8-sig")
    rejected.write_text(text.replace("79995557733", "79995557734"), encoding="utf-8")

    assert 2 == smsc(*arguments).returncode
    rejected.write_text(text, encoding="utf-8")
    file.write_text("to;text\n79995557739;hello\n", encoding="utf-8")
    gateway.scenario = Scenario()
    assert 0 == smsc(*arguments).returncode


def test_renamed_column_of_numbers_keeps_the_file(
    smsc: Smsc, gateway: HostedSimulator, file: Path, rejected: Path
) -> None:
    """Rows without a column in common can't be compared."""
    file.write_text(f"Телефон;text\n{GOOD}{BAD}", encoding="utf-8")
    text = rejected.read_text(encoding="utf-8-sig")
    rejected.write_text(text.replace("123;", "79991112233;"), encoding="utf-8")

    assert 2 == smsc("bulk", str(file), "--url", gateway.url).returncode
