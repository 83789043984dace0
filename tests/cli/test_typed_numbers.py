"""Numbers that operators type: each command checks them as `smsc bulk` checks a cell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

WRONG = [
    "9161234567",
    "+7 916 123-45-6",
    "791612345678",
    "8-916-123-45-67-8",
    "89161234567 89161234568",
    "79161234567,79161234568",
    "+89161234567",
    "–79161234567",
    "85212345678",
    "7.91E+10",
    "791612345.67",
]


def reason(done: CompletedProcess[str]) -> str:
    """Return the detail of the error in the output."""
    failed = json.loads(done.stdout.splitlines()[-1])
    assert 2 == done.returncode
    assert 2 == failed["exit_code"]
    detail: str = failed["error"]["detail"]
    return detail.removeprefix("to: ")


def reason_of_bulk(smsc: Smsc, file: Path, number: str) -> str:
    """Return why `smsc bulk` rejects a number."""
    file.write_text(f'to;text\n"{number}";hi\n', encoding="utf-8")
    lines = smsc("bulk", str(file), "--dry-run", "--json").stdout.splitlines()
    (found,) = (row for row in map(json.loads, lines) if row.get("outcome") == "rejected")
    said: str = found["reason"]
    return said.removeprefix("to: ")


@pytest.mark.parametrize("number", WRONG)
def test_number_is_refused_as_in_a_cell(
    smsc: Smsc, gateway: HostedSimulator, tmp_path: Path, number: str
) -> None:
    """It would be charged, and may be a stranger's: the same cause and remedy everywhere."""
    expected = reason_of_bulk(smsc, tmp_path / "one.csv", number)
    file = tmp_path / "numbers.txt"
    file.write_text(f"{number}\n", encoding="utf-8")
    url = ("--url", gateway.url, "--json")

    assert expected == reason(smsc("send", number, "hi", *url))
    assert expected == reason(smsc("send", number, "hi", "--kind", "viber", *url))
    assert expected == reason(smsc("hlr", number, *url))
    assert expected == reason(smsc("ping", "79161234567", number, *url))
    recipients = ("--recipients", str(file), "--yes", "--json")
    assert expected == reason(smsc("bench", gateway.url, *recipients))
    assert not gateway.messages


@pytest.mark.parametrize(
    ("number", "to"),
    [
        ("8 (916) 123-45-67", "79161234567"),
        ("'79161234567", "79161234567"),
        ("79161234567.0", "79161234567"),
        ("7,9161234567E+10", "79161234567"),
        ("810 49 170 1234567", "491701234567"),
        ("+85212345678", "85212345678"),
    ],
)
def test_number_is_taken_as_from_a_cell(
    smsc: Smsc, gateway: HostedSimulator, number: str, to: str
) -> None:
    """It is often copied from one."""
    done = smsc("send", number, "hi", "--no-wait", "--url", gateway.url)

    assert (0, "") == (done.returncode, done.stderr)
    assert [to] == [message.recipient for message in gateway.messages]
