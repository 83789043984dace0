"""`smsc hlr`: the HLR data of subscribers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pdu.enums import MessageState
from smsc_async.simulator import HlrAnswer, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

TO = "79995557733"


@pytest.mark.parametrize(
    ("language", "sayings"),
    [
        ("en", ["reachable", "yes", "country", "network"]),
        ("ru", ["доступен", "да", "страна", "оператор"]),
    ],
)
def test_example_of_the_document_is_shown(
    smsc: Smsc, gateway: HostedSimulator, language: str, sayings: list[str]
) -> None:
    """Decoded; an empty field has no row."""
    done = smsc("hlr", TO, "--url", gateway.url, "--lang", language)

    assert (0, "") == (done.returncode, done.stderr)
    for saying in [
        *sayings,
        "7999***33",
        "250023012345678",
        "79232510066",
        "Russian Federation",
        "MegaFON open Joint Stock Company",
    ]:
        assert saying in done.stdout
    assert "roaming" not in done.stdout
    assert "роуминг" not in done.stdout
    assert TO not in done.stdout
    assert "__HLR__" == gateway.messages[0].text


def test_json_has_every_field(smsc: Smsc, gateway: HostedSimulator) -> None:
    """Also empty ones, since programs use names. Numbers given as text stay text."""
    output = json.loads(smsc("hlr", TO, "--url", gateway.url, "--json").stdout)

    assert {
        "to": "7999***33",
        "message_ids": [gateway.messages[0].message_id],
        "reachable": True,
        "state": "DELIVERED",
        "error_code": 0,
        "explained": "no error, the subscriber can be reached",
        "cost": "1.0000",
        "imsi": "250023012345678",
        "msc": "79232510066",
        "mcc": "250",
        "mnc": "02",
        "country": "Russian Federation",
        "network": "MegaFON open Joint Stock Company",
        "roaming_country": "",
        "roaming_network": "",
        "error": None,
    } == {name: value for name, value in output.items() if name != "seconds"}


def test_roaming_is_shown(smsc: Smsc, gateway: HostedSimulator) -> None:
    """Names of country and network keep their spaces."""
    abroad = HlrAnswer(roaming_country="Côte d'Ivoire", roaming_network="MTN & Co")
    gateway.scenario = Scenario(receipt_delay=0.01, hlr=abroad)
    output = smsc("hlr", TO, "--url", gateway.url).stdout

    assert "roaming in" in output
    assert "Côte d'Ivoire" in output
    assert "MTN & Co" in output


@pytest.mark.parametrize(
    ("language", "sayings"),
    [
        ("en", ["no", "6: the phone is off or out of coverage"]),
        ("ru", ["нет", "6: телефон выключен или вне зоны действия"]),
    ],
)
def test_unreachable_subscriber_ends_with_one(
    smsc: Smsc, gateway: HostedSimulator, language: str, sayings: list[str]
) -> None:
    """With the gateway's reason in the user's language."""
    gateway.scenario = Scenario(receipt_delay=0.01, state=MessageState.UNDELIVERABLE, error_code=6)
    done = smsc("hlr", TO, "--url", gateway.url, "--lang", language)

    assert (1, "") == (done.returncode, done.stderr)
    for saying in sayings:
        assert saying in done.stdout


def test_complete_numbers_are_shown_on_request(smsc: Smsc, gateway: HostedSimulator) -> None:
    """Several numbers have a group of rows each."""
    done = smsc("hlr", TO, "79161112233", "--url", gateway.url, "--full")

    assert TO in done.stdout
    assert "79161112233" in done.stdout
    assert "2 of 2 reachable" in done.stdout
