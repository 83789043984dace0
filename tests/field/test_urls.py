"""URLs as people write them: zones of addresses, encoded passwords, paths, stray percent signs."""

from __future__ import annotations

import pytest

from smsc_async.config import Host, SmscConfig, Tls
from smsc_async.errors import ConfigError
from smsc_async.simulator import Simulator


@pytest.mark.parametrize(
    ("host", "read"),
    [
        ("[fe80::1%25eth0]", Host("fe80::1%eth0", 2775)),
        ("[fe80::1%25eth0]:3700", Host("fe80::1%eth0", 3700)),
        ("[fe80::a%25Ethernet%202]:2775", None),
        ("[fe80::1%25wlan0%2E100]", Host("fe80::1%wlan0.100", 2775)),
        ("[FE80::1%2525]", Host("FE80::1%25", 2775)),
        ("smpp%2Dtest.example.com", Host("smpp-test.example.com", 2775)),
        ("gw%2eexample%2Ecom:3700", Host("gw.example.com", 3700)),
        ("%66oo", Host("foo", 2775)),
    ],
)
def test_host_is_percent_decoded(host: str, read: Host | None) -> None:
    """The "%" before the zone of a link-local address is written %25 (RFC 6874)."""
    url = f"smpp://shop:secret@{host}"
    if read is None:
        with pytest.raises(ConfigError, match="host"):
            SmscConfig.from_url(url)
    else:
        assert (read,) == SmscConfig.from_url(url).hosts


def test_zone_of_each_host_in_a_list() -> None:
    """A comma separates hosts before they are decoded."""
    config = SmscConfig.from_url("smpp://shop:secret@[fe80::1%25eth0]:1,[fe80::2%25eth1]:2,c")

    assert (Host("fe80::1%eth0", 1), Host("fe80::2%eth1", 2), Host("c", 2775)) == config.hosts


def test_shown_url_is_encoded_again() -> None:
    """So that it can be pasted into a setting; only the password has to be written."""
    config = SmscConfig.from_url("smpp://shop:secret@[fe80::1%25eth0]:3700")

    shown = str(config)

    assert "smpp://shop:***@[fe80::1%25eth0]:3700" == shown
    assert config.hosts == SmscConfig.from_url(shown).hosts


async def test_simulator_at_an_address_with_a_zone_has_a_url_that_is_read() -> None:
    """Its URL goes into a client as it is."""
    async with Simulator(host="::1") as simulator:
        simulator.host = "fe80::1%lo"

        (host,) = SmscConfig.from_url(simulator.url).hosts

    assert ("fe80::1%lo", simulator.port) == host


@pytest.mark.parametrize(
    ("login", "read"),
    [
        ("shop:p%40ss", ("shop", "p@ss")),
        ("shop:50%25", ("shop", "50%")),
        ("sh%6Fp:%3A%2F%3F", ("shop", ":/?")),
        ("a%2Bb:c+d", ("a+b", "c+d")),
        ("shop:%2525", ("shop", "%25")),
    ],
)
def test_user_and_password_are_decoded_once(login: str, read: tuple[str, str]) -> None:
    """A "+" stays a "+", and what is encoded twice is decoded once."""
    config = SmscConfig.from_url(f"smpp://{login}@gw")

    assert read == (config.system_id, config.reveal_password())


@pytest.mark.parametrize(
    ("query", "tls", "system_type"),
    [
        ("ca_file=%2Fetc%2Fca%20s.pem", Tls(ca_file="/etc/ca s.pem"), ""),
        ("ca%5Ffile=/etc/ca.pem", Tls(ca_file="/etc/ca.pem"), ""),
        ("ca_file=/%D0%BA%D0%BB%D1%8E%D1%87%D0%B8/100%25.pem", Tls(ca_file="/ключи/100%.pem"), ""),
        ("system%5ftype=%49SO", Tls(), "ISO"),
        ("system_type=a%26b%3Dc", Tls(), "a&b=c"),
    ],
)
def test_parameters_are_decoded(query: str, tls: Tls, system_type: str) -> None:
    """Names and values, after they were cut at "&" and "="."""
    config = SmscConfig.from_url(f"smpps://shop:secret@gw?{query}")

    assert (tls, system_type) == (config.tls, config.system_type)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("smpp://shop:secret@[fe80::1%eth0]", "host"),
        ("smpp://shop:secret@gw%", "host"),
        ("smpp://shop:secret%@gw", "password"),
        ("smpp://shop:secret%4@gw", "password"),
        ("smpp://shop:secret%zz@gw", "password"),
        ("smpp://shop:100%secret@gw", "password"),
        ("smpp://sh%op:secret@gw", "system_id"),
        ("smpp://shop:secret@gw?system_type=%", "system_type"),
        ("smpp://shop:secret@gw?%zz=1", "url"),
        ("smpps://shop:secret@gw?ca_file=/etc/100%.pem", "ca_file"),
    ],
)
def test_stray_percent_sign_is_an_error_that_shows_nothing(url: str, name: str) -> None:
    """It is part of a value that was not encoded; the error says how, without the value."""
    with pytest.raises(ConfigError, match="is written %25") as caught:
        SmscConfig.from_url(url)

    assert name == caught.value.name
    assert "secret" not in f"{caught.value} {caught.value!r} {vars(caught.value)}"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("smpp://shop:secret%FF@gw", "password"),
        ("smpp://shop:secret@%C0%AF", "host"),
        ("smpps://shop:secret@gw?ca_file=%EA%EB%FE%F7", "ca_file"),
        ("smpp://%ED%A0%80:secret@gw", "system_id"),
    ],
)
def test_octets_that_are_no_utf_8_are_an_error(url: str, name: str) -> None:
    """A path encoded in windows-1251 would name another file."""
    with pytest.raises(ConfigError, match="in UTF-8") as caught:
        SmscConfig.from_url(url)

    error = caught.value
    assert name == error.name
    assert (None, None) == (error.__cause__, error.__context__)
    assert "secret" not in f"{error} {error!r} {vars(error)}"
