"""Settings of the simulator: their defaults, and what they refuse."""

from __future__ import annotations

import inspect
import re
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from pdu import MessageState
from smsc_async.simulator import HlrAnswer, Scenario, SubmitView

_DOCUMENTED = re.compile(r"^ {4}(\w+):", re.MULTILINE)


def test_defaults_are_the_gateway_without_faults() -> None:
    """Five receipts in flight, closed after two idle minutes: the gateway's own numbers."""
    scenario = Scenario()

    assert (5, 120.0) == (scenario.receipt_window, scenario.inactivity_timeout)
    assert (MessageState.DELIVERED, 0) == (scenario.state, scenario.error_code)


def test_every_setting_has_its_line_in_the_docstring() -> None:
    """It is the only reference of the settings."""
    documented = _DOCUMENTED.findall(inspect.getdoc(Scenario) or "")

    assert [field.name for field in fields(Scenario)] == [
        n for n in documented if n != "ValueError"
    ]


def test_scenario_is_frozen_and_replaceable() -> None:
    """A message keeps the scenario it was received under, so that must not change."""
    scenario = Scenario()

    with pytest.raises(FrozenInstanceError):
        scenario.silent = True  # type: ignore[misc]  # the claim itself
    assert replace(scenario, silent=True).silent


def test_scenario_is_hashable_and_shows_no_password() -> None:
    """It is printed in logs of test runs."""
    scenario = Scenario(accounts={"shop": "hunter2"})

    assert "hunter2" not in repr(scenario)
    assert hash(scenario) == hash(replace(scenario))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"receipt_delay": -0.1}, "receipt_delay takes 0 or more, got -0.1"),
        ({"response_delay": float("nan")}, "response_delay takes 0 or more, got nan"),
        ({"redelivery_delay": float("inf")}, "redelivery_delay takes 0 or more, got inf"),
        ({"drop_after": 0}, "drop_after takes 1 or more, got 0"),
        ({"unbind_after": 0}, "unbind_after takes 1 or more, got 0"),
        ({"window": 0}, "window takes 1 or more, got 0"),
        ({"receipt_window": 0}, "receipt_window takes 1 or more, got 0"),
        ({"receipt_queue": 0}, "receipt_queue takes 1 or more, got 0"),
        ({"keep": 0}, "keep takes 1 or more, got 0"),
        ({"inactivity_timeout": 0}, "inactivity_timeout takes more than 0 seconds, got 0"),
        ({"deliver_timeout": 0.0}, "deliver_timeout takes more than 0 seconds, got 0.0"),
        ({"repeat_error": 0}, "repeat_error takes 1 to 999, got 0"),
        ({"flood_error": 1000}, "flood_error takes 1 to 999, got 1000"),
        ({"parts_error": -1}, "parts_error takes 1 to 999, got -1"),
        ({"error_code": 1000}, "error_code takes 0 to 999, got 1000"),
        ({"state": 256}, "state takes a MessageState or 0 to 255, got 256"),
        ({"state": 2.0}, "state takes a MessageState or 0 to 255, got 2.0"),
        ({"submit_status": -1}, "submit_status takes 0 to 4294967295, got -1"),
        ({"submit_status": "8"}, "submit_status takes 0 to 4294967295, got 1 characters"),
        ({"bind_status": 8.0}, "bind_status takes 0 to 4294967295, got 8.0"),
        ({"repeat_status": True}, "repeat_status takes 0 to 4294967295, got True"),
        ({"flood_status": 2**32}, "flood_status takes 0 to 4294967295, got an integer of 33 bits"),
        ({"hlr": "x"}, "hlr takes HlrAnswer, got 1 characters"),
        ({"rules": 5}, "rules takes GatewayLimits or None, got 5"),
        ({"cost": "10.0000"}, "cost takes 6 ASCII characters, got 7"),
        ({"cost": "1 ₽"}, "cost takes 6 ASCII characters, got 3"),
        ({"id_format": "hex"}, "id_format takes one of decimal, hex_in_response, got 3 characters"),
        (
            {"default_alphabet": "utf8"},
            "default_alphabet takes one of gsm, latin1, ascii, got 4 characters",
        ),
        (
            {"default_alphabet": "latin1", "packed_gsm": True},
            "packed_gsm takes GSM only, got latin1",
        ),
    ],
)
def test_values_out_of_range_are_refused(settings: dict[str, object], message: str) -> None:
    """A mistake in a test's scenario must not look like a fault of the client."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Scenario(**settings)  # type: ignore[arg-type]  # the claim itself


def test_none_switches_a_setting_off() -> None:
    """No number means "never" for a timeout or a count."""
    scenario = Scenario(inactivity_timeout=None, drop_after=None)

    assert (None, None) == (scenario.inactivity_timeout, scenario.drop_after)


def test_hlr_answer_is_the_documents_own_example() -> None:
    """«imsi:250023012345678 msc:79232510066 mcc:250 mnc:02 cn:Russian+Federation …»."""
    assert (
        "imsi:250023012345678 msc:79232510066 mcc:250 mnc:02 cn:Russian+Federation"
        " net:MegaFON+open+Joint+Stock+Company rcn: rnet:" == str(HlrAnswer())
    )


def test_hlr_answer_shows_no_subscriber() -> None:
    """An IMSI identifies a person; a scenario's repr is printed in logs."""
    assert "HlrAnswer(mcc='250', mnc='02')" == repr(HlrAnswer())


def test_view_of_a_submit_shows_no_text() -> None:
    """A function of the scenario may log it."""
    view = SubmitView("shop", "Shop", "79991234567", "Code 4821", b"Code 4821", 4)

    assert "<SubmitView to 7999***67, 9 octets>" == repr(view)
