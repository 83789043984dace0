"""`smsc ping`: whether phones are reachable."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pdu.enums import MessageState
from smsc_async.simulator import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

TO = "79995557733"


@pytest.mark.parametrize(
    ("language", "header", "summary"),
    [
        ("en", ["number", "reachable", "time", "details"], "2 of 2 reachable"),
        ("ru", ["номер", "доступен", "время", "подробности"], "доступны 2 из 2"),
    ],
)
def test_each_phone_has_a_row(
    smsc: Smsc, gateway: HostedSimulator, language: str, header: list[str], summary: str
) -> None:
    """In the order of the arguments, not of the answers."""
    done = smsc("ping", TO, "79161112233", "--url", gateway.url, "--lang", language)
    lines = done.stdout.splitlines()

    assert (0, "") == (done.returncode, done.stderr)
    assert header == lines[0].split()
    assert ["7999***33", "7916***33"] == [line.split()[0] for line in lines[1:3]]
    assert summary == lines[-1]
    assert {"__PING__"} == {message.text for message in gateway.messages}


def test_json_has_one_object_a_phone(smsc: Smsc, gateway: HostedSimulator) -> None:
    """Without the fields of an HLR answer."""
    output = json.loads(smsc("ping", TO, "--url", gateway.url, "--json").stdout)

    assert [
        "to", "message_ids", "reachable", "state", "error_code", "explained", "cost", "seconds",
        "error",
    ] == list(output)  # fmt: skip
    assert ("7999***33", True) == (output["to"], output["reachable"])


@pytest.mark.parametrize(
    ("language", "no", "why"),
    [
        ("en", "no", "UNDELIVERABLE: can't be delivered, 6: the phone is off or out of coverage"),
        (
            "ru",
            "нет",
            "UNDELIVERABLE: не может быть доставлено, 6: телефон выключен или вне зоны действия",
        ),
    ],
)
def test_phone_that_is_off_ends_with_one(
    smsc: Smsc, gateway: HostedSimulator, language: str, no: str, why: str
) -> None:
    """It is an answer, not an error: standard error stays empty."""
    gateway.scenario = Scenario(receipt_delay=0.01, state=MessageState.UNDELIVERABLE, error_code=6)
    done = smsc("ping", TO, "--url", gateway.url, "--lang", language, "--full")

    assert (1, "") == (done.returncode, done.stderr)
    assert [TO, no] == done.stdout.splitlines()[1].split()[:2]
    assert why in " ".join(done.stdout.split())  # it takes two lines
