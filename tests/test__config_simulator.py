"""Settings of the embedded simulator: by URL and in code, and for `sim://` alone."""

from __future__ import annotations

import copy
import pickle
from dataclasses import asdict, replace
from typing import Any

import pytest

from pdu.enums import MessageState
from smsc_async import ConfigError, Host, SimulatorSettings, Sms, SmscClient, SmscConfig
from smsc_async import simulator as simulator_package
from smsc_async._config_simulator import check_simulator
from smsc_async.simulator import Scenario, Simulator

REAL = "smpp://shop:p4ss@gw.example"


def test_defaults_are_those_of_a_scenario() -> None:
    """`sim://` is the gateway without faults."""
    settings, scenario = SimulatorSettings(), Scenario()

    assert settings == SmscConfig.from_url("sim://").simulator
    assert SmscConfig(is_simulated=True) == SmscConfig.from_url("sim://")
    assert (scenario.state, scenario.error_code) == (settings.state, settings.error_code)
    assert scenario.receipt_delay == settings.receipt_delay
    assert "off" == settings.hold


def test_url_has_all_of_them() -> None:
    """A demonstration of a failed delivery is one line."""
    url = "sim://?state=undeliverable&error_code=6&delay=2&hold=receipt&window=5"
    config = SmscConfig.from_url(url)

    assert 5 == config.window
    assert config.simulator == SimulatorSettings(
        state=MessageState.UNDELIVERABLE, error_code=6, receipt_delay=2.0, hold="receipt"
    )
    assert config == copy.deepcopy(config) == pickle.loads(pickle.dumps(config))  # noqa: S301 - our own octets
    assert 6 == asdict(config)["simulator"]["error_code"]


@pytest.mark.parametrize("state", MessageState)
def test_state_is_written_as_its_name(state: MessageState) -> None:
    """In either case."""
    for name in (state.name, state.name.lower()):
        assert state is SmscConfig.from_url(f"sim://?state={name}").simulator.state


@pytest.mark.parametrize(
    ("query", "state"),
    [
        ("error_code=6", MessageState.UNDELIVERABLE),
        ("delay=1&error_code=0xFF", MessageState.UNDELIVERABLE),
        ("error_code=0", MessageState.DELIVERED),
        ("error_code=6&state=delivered", MessageState.DELIVERED),
        ("state=expired&error_code=6", MessageState.EXPIRED),
    ],
)
def test_error_without_a_state_is_undeliverable(query: str, state: MessageState) -> None:
    """As of a fate, and in the file of a scenario."""
    assert state is SmscConfig.from_url(f"sim://?{query}").simulator.state


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("state=undeliv", "state: one of scheduled, enroute, delivered, .*, got 7 characters"),
        ("state=5", "state: one of scheduled, .*, got 1 characters"),
        ("state=", "state: one of scheduled, .*, got 0 characters"),
        ("error_code=1000", "error_code: a whole number 0 to 999, got 1000"),
        ("error_code=-1", "error_code: a whole number 0 to 999, got -1"),
        ("error_code=six", "error_code: a whole number, got 3 characters"),
        ("delay=-0.1", "delay: 0 to 86400 seconds, got -0.1"),
        ("delay=nan", "delay: 0 to 86400 seconds, got nan"),
        ("delay=inf", "delay: 0 to 86400 seconds, got inf"),
        ("delay=soon", "delay: a number, got 4 characters"),
        ("delay=2,5", "delay: decimals follow a dot, as in 2.5, got 3 characters"),
        ("timeout=10,25", "timeout: decimals follow a dot, as in 2.5, got 5 characters"),
        ("delay=1,2,3", "delay: a number, got 5 characters"),
        ("hold=all", "hold: one of off, receipt, answer, got 3 characters"),
        ("hold=receipt&hold=answer", "hold: given twice; keep one"),
        ("stat=delivered", "stat: unknown parameter, did you mean 'state'?"),
    ],
)
def test_value_that_cannot_be_used_is_named(query: str, error: str) -> None:
    """As it stands in the URL, with what is allowed."""
    with pytest.raises(ConfigError, match=f"^{error.replace('?', '[?]')}"):
        SmscConfig.from_url(f"sim://?{query}")


@pytest.mark.parametrize("query", ["state=delivered", "error_code=0", "delay=2", "hold=off"])
@pytest.mark.parametrize("url", [REAL, "smpps://shop:p4ss@gw.example", "smsc://shop:p4ss@"])
def test_connection_has_none_of_them(url: str, query: str) -> None:
    """A real gateway decides by itself; the user has another URL in mind."""
    name = query.partition("=")[0]
    with pytest.raises(ConfigError, match=f"^{name}: is for the embedded simulator; use sim://$"):
        SmscConfig.from_url(f"{url}?{query}")


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"state": 5}, "state"),
        ({"state": "undeliverable"}, "state"),
        ({"error_code": 6.0}, "error_code"),
        ({"error_code": True}, "error_code"),
        ({"receipt_delay": "2"}, "receipt_delay"),
        ({"hold": None}, "hold"),
    ],
)
def test_settings_are_checked_in_code(settings: dict[str, Any], name: str) -> None:
    """Before a simulator starts."""
    with pytest.raises(ConfigError) as caught:
        SimulatorSettings(**settings)

    assert name == caught.value.name


@pytest.mark.parametrize("settings", [None, {}, Scenario()])
def test_config_takes_its_own_kind(settings: Any) -> None:  # noqa: ANN401 - anything
    """A `Scenario` belongs to a simulator that the program starts."""
    with pytest.raises(ConfigError, match="simulator: takes a SimulatorSettings"):
        SmscConfig(is_simulated=True, simulator=settings)


def test_config_of_a_connection_has_the_defaults_only() -> None:
    """Those that do nothing are allowed: every config has the field."""
    held = SimulatorSettings(hold="answer")
    config = SmscConfig.from_url(REAL)
    check_simulator(config.simulator, is_simulated=False)
    check_simulator(held, is_simulated=True)

    with pytest.raises(ConfigError, match="simulator: is for the embedded simulator; use sim://"):
        replace(config, simulator=held)
    with pytest.raises(ConfigError, match="simulator: is for"):
        SmscConfig(hosts=(Host("gw"),), system_id="shop", simulator=held)


async def test_simulator_does_what_the_url_says() -> None:
    """The receipt has state and error."""
    async with SmscClient("sim://?state=undeliverable&error_code=6&delay=0") as smsc:
        sent = await smsc.send(Sms(to="79991234567", text="Hi"))
        receipt = await sent.receipt(timeout=5)
        assert smsc.simulator is not None
        scenario = smsc.simulator.scenario

    assert (MessageState.UNDELIVERABLE, 6) == (receipt.state, receipt.error_code)
    assert 0.0 == scenario.receipt_delay


@pytest.mark.parametrize("hold", ["off", "receipt", "answer"])
async def test_hold_is_an_argument_of_the_simulator(
    hold: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it is off."""
    given: dict[str, Any] = {}

    def make(scenario: Scenario, **options: Any) -> Simulator:  # noqa: ANN401 - of the simulator
        """Keep the arguments, and make a simulator that holds nothing."""
        given.update(options)
        return Simulator(scenario)

    monkeypatch.setattr(simulator_package, "Simulator", make)
    async with SmscClient(f"sim://?hold={hold}"):
        pass

    assert {"hold": hold} == {name: value for name, value in given.items() if name != "clock"}
