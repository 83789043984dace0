"""A configuration that exists is valid, and never shows the password."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from typing import Any

import pytest

from pdu.enums import BindMode
from smsc_async.config import Host, ReconnectPolicy, Secret, SmscConfig, Timeouts, Tls
from smsc_async.errors import ConfigError, SmscError

URL = "smpp://shop:secret@127.0.0.1"


def test_plain_url() -> None:
    """Login, password, host, and a hundred in flight."""
    config = SmscConfig.from_url("smpp://shop:secret@127.0.0.1:2776")

    assert (Host("127.0.0.1", 2776),) == config.hosts
    assert ("shop", "secret") == (config.system_id, config.reveal_password())
    assert None is config.tls
    assert (100, 1, 0x34, BindMode.TRANSCEIVER, "now") == (
        config.window,
        config.binds,
        config.interface_version,
        config.mode,
        config.open,
    )


def test_long_password_only_on_purpose() -> None:
    """The specification has 8 characters; some gateways issue more, and none is ever cut."""
    config = SmscConfig.from_url("smpp://shop:secret-secret@gw?long_password=1")

    assert "secret-secret" == config.reveal_password()


def test_environment() -> None:
    """What a container is started with."""
    assert SmscConfig.from_url(URL) == SmscConfig.from_env(environ={"SMSC_URL": URL})
    assert "sim://" == str(SmscConfig.from_env("GATEWAY", {"GATEWAY": "sim://"}))


def test_credentials_of_the_environment_fill_the_url() -> None:
    """See `test__config_env.py` for all that may be wrong with them."""
    environ = {"SMSC_URL": "smpp://127.0.0.1", "SMSC_LOGIN": "shop", "SMSC_PASSWORD": "secret"}

    assert SmscConfig.from_url(URL) == SmscConfig.from_env(environ=environ)


def test_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """`from_env()` without arguments is what the documentation shows."""
    monkeypatch.setenv("SMSC_URL", URL)

    assert "shop" == SmscConfig.from_env().system_id


@pytest.mark.parametrize("environ", [{}, {"SMSC_URL": ""}])
def test_unset_environment(environ: dict[str, str]) -> None:
    """The first thing that goes wrong in a new container says what to set."""
    with pytest.raises(ConfigError, match="SMSC_URL: not set; give it a URL like"):
        SmscConfig.from_env(environ=environ)


def test_wrong_settings_are_errors_of_both_families() -> None:
    """`except SmscError` and `except ValueError` both catch them."""
    with pytest.raises(ConfigError) as caught:
        SmscConfig.from_url("smpp://gw")

    assert isinstance(caught.value, SmscError)
    assert isinstance(caught.value, ValueError)


def test_password_shows_nowhere() -> None:
    """Configurations are printed, logged, dumped; the password must not be in the output."""
    config = SmscConfig.from_url(URL)
    shown = f"{config} {config!r} {dataclasses.asdict(config)} {dataclasses.astuple(config)}"

    assert "secret" not in shown
    assert "secret" not in json.dumps(dataclasses.asdict(config), default=str)
    assert "smpp://shop:***@127.0.0.1:2775" == str(config)
    assert "smpps://shop:***@[::1]:1" == str(SmscConfig.from_url("smpps://shop:secret@[::1]:1"))


def test_secret_is_a_value_that_does_not_format() -> None:
    """A f-string, a `%s` and a dump all show stars."""
    secret = Secret("x1")

    assert "'***' '***' '***'" == f"{secret} {secret!r} %s" % secret
    assert Secret("x1") == secret
    assert Secret("x2") != secret
    assert "x1" != secret
    assert hash(Secret("x1")) == hash(secret)
    assert "x1" == copy.deepcopy(secret).reveal()


def test_configuration_is_a_value() -> None:
    """Compared, hashed, copied, pickled for a worker, and changed by `replace`."""
    config = SmscConfig.from_url(URL)

    assert config == pickle.loads(pickle.dumps(config))  # noqa: S301 - our own octets
    assert hash(config) == hash(copy.deepcopy(config))
    assert "secret" == dataclasses.replace(config, window=5).reveal_password()
    with pytest.raises(AttributeError):
        config.window = 5  # type: ignore[misc]  # the point


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"window": True}, "window"),
        ({"binds": 0}, "binds"),
        ({"hosts": (Host("gw", 0),)}, "port"),
        ({"hosts": 7}, "hosts"),
        ({"hosts": ("gw",)}, "hosts"),
        ({"password": b"secret"}, "password"),
        ({"system_id": None}, "system_id"),
        ({"mode": "transceiver"}, "mode"),
        ({"receipts": 0}, "receipts"),
        ({"incoming": 1.0}, "incoming"),
        ({"source_ton": 256}, "source_ton"),
        ({"hosts": ()}, "hosts"),
        ({"is_simulated": True}, "hosts"),
        ({"hosts": (Host("a b"),)}, "host"),
        ({"system_id": ""}, "system_id"),
        ({"system_id": "shop\0"}, "system_id"),
        ({"password": "secret999"}, "password"),
    ],
)
def test_settings_are_checked_without_a_url_too(settings: dict[str, Any], name: str) -> None:
    """A configuration that exists is valid, however it was made."""
    with pytest.raises(ConfigError) as caught:
        SmscConfig(**({"hosts": (Host("gw"),), "system_id": "shop"} | settings))

    assert name == caught.value.name


def test_name_of_a_host_is_a_text() -> None:
    """Octets would fail in the middle of connecting."""
    host = Host(b"gw")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ConfigError, match="host: takes a str, got bytes"):
        SmscConfig(hosts=(host,), system_id="shop")


@pytest.mark.parametrize("value", [True, "1", float("inf"), 10**400, -(10**5000)], ids=range(5))
def test_durations_are_finite_numbers(value: float) -> None:
    """An infinite timeout would wait for ever."""
    with pytest.raises(ConfigError, match="response"):
        Timeouts(response=value)


def test_key_needs_its_certificate() -> None:
    """TLS can't use a key alone."""
    with pytest.raises(ConfigError, match="key_file: a key needs its certificate"):
        Tls(key_file="k.pem")


def test_first_wait_is_not_above_the_longest() -> None:
    """The back-off grows from one to the other."""
    with pytest.raises(ConfigError, match=r"initial: 90\.0 s is above the maximum of 60\.0"):
        ReconnectPolicy(initial=90.0)


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan"), float("inf"), "600", True])
def test_give_up_after_takes_seconds_or_none(seconds: Any) -> None:  # noqa: ANN401 - anything
    """None is the default: a client that waits for the gateway's return is what most want."""
    assert ReconnectPolicy().give_up_after is None
    assert 600 == ReconnectPolicy(give_up_after=600).give_up_after
    with pytest.raises(ConfigError, match="give_up_after"):
        ReconnectPolicy(give_up_after=seconds)


@pytest.mark.parametrize("number", [0, -1, 1.0, "3", True, None])
def test_refusals_take_a_whole_number(number: Any) -> None:  # noqa: ANN401 - anything
    """Without a limit the gateway would block the address."""
    assert 3 == ReconnectPolicy().refusals
    with pytest.raises(ConfigError, match="refusals"):
        ReconnectPolicy(refusals=number)


def test_text_of_a_configuration_is_its_address() -> None:
    """A log line shows where a client connects to."""
    simulated = SmscConfig(is_simulated=True)
    encrypted = SmscConfig(hosts=(Host("::1", 1),), system_id="shop", tls=Tls())

    assert "sim://" == str(simulated)
    assert "smpps://shop:***@[::1]:1" == str(encrypted)


@pytest.mark.parametrize(("system_type", "is_latin1"), [("ISO", True), ("", False)])
def test_system_type_iso_asks_for_latin1(system_type: str, is_latin1: bool) -> None:  # noqa: FBT001 - a table's column
    """«Для использования кодировки ISO-8859-1 (ASCII) вместо GSM… system-type = "ISO"»."""
    assert is_latin1 is SmscConfig(is_simulated=True, system_type=system_type).is_latin1


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "a..b", ".a", "a..", "a\0b", "a\nb", "a b", "a/b", "user@host", "[::1]", "::zz",
        "a:25", "x" * 64, "ß" * 64, "a." * 130 + "b", "a\u202eb", "\ud800", None, 5, b"host",
    ],
)  # fmt: skip
def test_name_that_no_resolver_takes_is_refused(name: Any) -> None:  # noqa: ANN401 - of any type
    """Before anything is connected: a NUL ended in an ExceptionGroup at entering."""
    with pytest.raises(ConfigError, match=r"^host: takes ") as caught:
        SmscConfig(hosts=(Host(name),), system_id="shop")
    assert "host" == caught.value.name
    if name is not None:
        with pytest.raises(ConfigError, match=r"^server_hostname: takes "):
            Tls(server_hostname=name)


@pytest.mark.parametrize(
    "name",
    [
        "gw",
        "smpp.smsc.ru",
        "smpp.smsc.ru.",
        "my_gateway",
        "пример.рф",
        "127.0.0.1",
        "::1",
        "fe80::1%eth0",
    ],
)
def test_names_and_addresses_of_hosts(name: str) -> None:
    """Underscores are common in containers; a zone is part of a link-local address."""
    config = SmscConfig(hosts=(Host(name),), system_id="shop", tls=Tls(server_hostname=name))

    assert name == config.hosts[0].name


@pytest.mark.parametrize("port", [0, -1, 65_536, True, "25", 1.5])
def test_port_that_is_none_is_refused(port: Any) -> None:  # noqa: ANN401 - of any type
    """Before anything is connected."""
    with pytest.raises(ConfigError, match=r"^port: "):
        SmscConfig(hosts=(Host("gw", port),), system_id="shop")
