"""`smsc query`: the state of a message."""

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


def sent(smsc: Smsc, gateway: HostedSimulator, scenario: Scenario, *arguments: str) -> str:
    """Send a message to a simulator with this scenario and return its id."""
    gateway.scenario = scenario
    done = smsc("send", TO, "hi", "--url", gateway.url, "--json", *arguments)
    message_id: str = json.loads(done.stdout)["message_ids"][0]
    return message_id


@pytest.mark.parametrize(
    ("language", "label", "shown"),
    [
        ("en", "final since", "DELIVERED: delivered"),
        ("ru", "окончательное с", "DELIVERED: доставлено"),
    ],
)
def test_delivered_message_ends_with_zero(
    smsc: Smsc, gateway: HostedSimulator, language: str, label: str, shown: str
) -> None:
    """With its state and the time of delivery."""
    message_id = sent(smsc, gateway, Scenario(receipt_delay=0.01))
    done = smsc("query", message_id, "--url", gateway.url, "--lang", language)
    state, final = done.stdout.splitlines()

    assert (0, "") == (done.returncode, done.stderr)
    assert state.rstrip().endswith(shown)
    assert final.startswith(label)


@pytest.mark.parametrize(
    ("language", "sayings"),
    [
        ("en", ["the phone is off or out of coverage", "the state is final"]),
        ("ru", ["телефон выключен или вне зоны действия", "состояние окончательное"]),
    ],
)
def test_undelivered_message_ends_with_one(
    smsc: Smsc, gateway: HostedSimulator, language: str, sayings: list[str]
) -> None:
    """With the cause, and the advice that waiting is useless."""
    scenario = Scenario(receipt_delay=0.01, state=MessageState.UNDELIVERABLE, error_code=6)
    message_id = sent(smsc, gateway, scenario)
    done = smsc("query", message_id, "--url", gateway.url, "--lang", language)

    assert 1 == done.returncode
    assert "UNDELIVERABLE" in done.stdout
    for saying in sayings:
        assert saying in done.stdout


def test_message_on_its_way_ends_with_five(smsc: Smsc, gateway: HostedSimulator) -> None:
    """Its state isn't final: the exit code of a missing receipt."""
    message_id = sent(smsc, gateway, Scenario(receipt_delay=60), "--no-wait")
    done = smsc("query", message_id, "--url", gateway.url)
    output = json.loads(smsc("query", message_id, "--url", gateway.url, "--json").stdout)

    assert 5 == done.returncode
    assert "ENROUTE: on its way" in done.stdout
    assert "query it again" in done.stdout
    assert {
        "message_id": message_id,
        "state": "ENROUTE",
        "final": False,
        "error_code": 0,
        "explained": "no error, the subscriber can be reached",
        "final_at": None,
    } == output


@pytest.mark.parametrize(
    ("language", "output"), [("en", "knows no message with this id"), ("ru", "не знает такого id")]
)
def test_unknown_id_ends_with_one(
    smsc: Smsc, gateway: HostedSimulator, language: str, output: str
) -> None:
    """The command sends no message, so no outcome is shown."""
    done = smsc("query", "1", "--url", gateway.url, "--lang", language)

    assert (1, "") == (done.returncode, done.stdout)
    assert output in done.stderr
    assert "ESME_RINVMSGID" in done.stderr
    assert "\nsent " not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "MESSAGE-ID"),
        ([""], "MESSAGE-ID"),
        (["x" * 70], "MESSAGE-ID: takes 64 characters"),
        (["1", "--sender", "Магазин"], "--sender: takes ASCII only"),
        (["1", "2"], "unexpected arguments: 1"),
        (["1", "--wait", "3"], "--wait"),
    ],
)
def test_wrong_use_ends_with_two(smsc: Smsc, arguments: list[str], named: str) -> None:
    """Before connecting, and without an outcome."""
    done = smsc("query", *arguments, "--url", "sim://")

    assert (2, "") == (done.returncode, done.stdout)
    assert named in done.stderr
    assert "\nsent " not in done.stderr


def test_unreachable_gateway_ends_with_three(smsc: Smsc, unreachable: str) -> None:
    """The answers of `smsc send`, but without an outcome."""
    done = smsc("query", "1", "--url", unreachable, "--json")

    assert 3 == done.returncode
    assert json.loads(done.stdout)["error"]["outcome"] is None
    assert "\nsent " not in done.stderr


@pytest.mark.parametrize(("message_id", "is_number"), [("79161234567", True), ("855469", False)])
def test_number_in_place_of_an_id_is_recognized(
    smsc: Smsc, gateway: HostedSimulator, message_id: str, *, is_number: bool
) -> None:
    """The gateway is asked all the same: an id may have as many digits."""
    done = smsc("query", message_id, "--url", gateway.url)

    assert 1 == done.returncode
    assert is_number == ("looks like a phone number" in " ".join(done.stderr.split()))
