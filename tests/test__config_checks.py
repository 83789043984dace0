"""Checks of single settings: their limits, and that no error shows a value."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from smsc_async._config_checks import (
    check_alphabet,
    check_ascii,
    check_choice,
    check_credentials,
    check_host_name,
    check_integer,
    check_local_addr,
    check_message_ids,
    check_number,
    check_octets,
    read_local_addr,
)
from smsc_async.config import SmscConfig
from smsc_async.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "hunter2"


@pytest.mark.parametrize(
    "name",
    [
        "smpp.smsc.ru", "smpp.smsc.ru.", "localhost", "127.0.0.1", "::1", "fe80::1%eth0",
        "пример.рф", "a" * 63, ".".join(["a" * 49] * 5), "x_y", "1",
    ],
)  # fmt: skip
def test_host_names(name: str) -> None:
    """Names, addresses of both kinds, names that are encoded."""
    check_host_name("host", name)


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "a..b", "a" * 64, ".".join(["a" * 49] * 6), "a b", "a\0b", "a\nb", "a/b", "[::1]",
        "::g", "a@b", 'a"b', None, 5, b"localhost",
    ],
)  # fmt: skip
def test_what_is_no_host_name(name: Any) -> None:  # noqa: ANN401 - wrong on purpose
    """Refused before a resolver is asked, which raises anything."""
    with pytest.raises(ConfigError, match=r"^host: "):
        check_host_name("host", name)


@pytest.mark.parametrize(
    "check",
    [
        lambda: check_ascii("password", SECRET, 3),
        lambda: check_ascii("password", f"{SECRET}ж", 30),
        lambda: check_integer("port", SECRET, 1, 9),
        lambda: check_number("timeout", SECRET, 1, 9, "seconds"),
        lambda: check_choice("mode", SECRET, ("a", "b")),
        lambda: check_host_name("host", f"{SECRET} {SECRET}"),
    ],
)
def test_value_is_never_shown(check: Callable[[], None]) -> None:
    """A password may stand in any place."""
    with pytest.raises(ConfigError) as caught:
        check()

    assert SECRET not in f"{caught.value} {caught.value!r} {caught.value.args}"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("192.0.2.7", ("192.0.2.7", 0)),
        ("192.0.2.7:0", ("192.0.2.7", 0)),
        ("192.0.2.7:65535", ("192.0.2.7", 65_535)),
        ("[::1]", ("::1", 0)),
        ("[fe80::1%eth0]:5000", ("fe80::1%eth0", 5000)),
    ],
)
def test_local_addresses(text: str, read: tuple[str, int]) -> None:
    """As hosts are written in a URL; the port is 0 unless it is given."""
    assert read == read_local_addr(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "example.org", "192.0.2.7:65536", "192.0.2", "[192.0.2.7]", "::1", "[::1", "[::1]:x",
        "192.0.2.7\n", "192.0.2.7 ",
    ],
)  # fmt: skip
def test_what_is_no_local_address(text: str) -> None:
    """A name isn't resolved, since it may stand for several addresses."""
    with pytest.raises(ConfigError, match=r"^local_addr: takes an IP address of this machine"):
        read_local_addr(text)


def test_local_address_and_the_simulator_exclude_each_other() -> None:
    """It listens on loopback, which another address of this machine can't always reach."""
    with pytest.raises(ConfigError, match="loopback"):
        check_local_addr("127.0.0.1", binds=1, is_simulated=True)
    with pytest.raises(ConfigError, match="loopback"):
        SmscConfig.from_url("sim://?local_addr=127.0.0.1")


def test_one_local_port_serves_one_link() -> None:
    """A second socket can't be bound to the same port; without a port each link has its own."""
    check_local_addr("192.0.2.7:5000", binds=1, is_simulated=False)
    check_local_addr("192.0.2.7", binds=2, is_simulated=False)
    check_local_addr(None, binds=2, is_simulated=True)
    with pytest.raises(ConfigError, match="binds is 2; leave out the port"):
        check_local_addr("192.0.2.7:5000", binds=2, is_simulated=False)


def test_gsm_alone_is_packed() -> None:
    """The other alphabets have eight bits a character."""
    check_alphabet("gsm", is_packed=True)
    check_alphabet("latin1", is_packed=False)
    with pytest.raises(ConfigError, match="only GSM is packed"):
        check_alphabet("latin1", is_packed=True)
    with pytest.raises(ConfigError, match="one of gsm, latin1, ascii"):
        check_alphabet("utf8", is_packed=False)


def test_message_ids_are_compared_by_a_mode_or_a_function() -> None:
    """None leaves it to the dialect."""
    for value in (None, "hex", str.lower):
        check_message_ids(value)
    for wrong in ("octal", 16):
        with pytest.raises(ConfigError, match=r"^message_ids: "):
            check_message_ids(wrong)


def test_number_of_each_address_field_is_checked() -> None:
    """None stands for a default that depends on the sender, and for nothing else."""
    check_octets(SimpleNamespace(ton=None, npi=255), "ton", "npi", or_none=True)
    with pytest.raises(ConfigError, match="0 to 255, got None"):
        check_octets(SimpleNamespace(ton=None), "ton")


def test_values_in_the_range_pass() -> None:
    """The ends belong to it."""
    check_ascii("system_id", "abc", 3)
    for number in (1, 9):
        check_integer("window", number, 1, 9)
        check_number("timeout", float(number), 1, 9, "seconds")
    check_choice("mode", "a", ("a", "b"))
    for wrong in (True, 0, 10, 1.0):
        with pytest.raises(ConfigError, match="a whole number 1 to 9"):
            check_integer("window", wrong, 1, 9)


@pytest.mark.parametrize(
    ("settings", "is_refused"),
    [
        ({}, False),
        ({"system_id": ""}, True),
        ({"system_id": "", "is_simulated": True}, False),
        ({"system_id": "x" * 16}, True),
        ({"system_type": "x" * 13}, True),
        ({"address_range": "x" * 41}, True),
        ({"password": "x" * 9}, True),
        ({"password": "x" * 9, "long_password": True}, False),
        ({"password": "ж"}, True),
    ],
)
def test_credentials_fit_into_a_bind(settings: dict[str, Any], *, is_refused: bool) -> None:
    """A longer one isn't cut."""
    values = {
        "system_id": "shop", "system_type": "", "address_range": "", "is_simulated": False,
        "long_password": False, "password": "",
    } | settings  # fmt: skip
    config = SimpleNamespace(**values)
    if not is_refused:
        check_credentials(config, config.password)
        return
    with pytest.raises(ConfigError):
        check_credentials(config, config.password)
