"""URLs of configurations: every setting arrives, and no error shows the password."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from pdu.enums import BindMode, MessageState
from smsc_async._config_url import PARAMETERS
from smsc_async.config import (
    Host,
    ReconnectPolicy,
    SimulatorSettings,
    SmscConfig,
    Timeouts,
    Tls,
)
from smsc_async.errors import ConfigError

URL = "smpp://shop:secret@127.0.0.1"


def refusal(url: str) -> ConfigError:
    """Read a URL that can't be read, and check that the refusal keeps the secret."""
    with pytest.raises(ConfigError) as caught:
        SmscConfig.from_url(url)
    assert "secret" not in f"{caught.value} {caught.value!r} {vars(caught.value)}"
    return caught.value


def test_gateway_in_short() -> None:
    """`smsc://login:password@` is the gateway over TLS, with its spare."""
    config = SmscConfig.from_url("smsc://shop:secret@")

    assert (Host("smpp.smsc.ru", 3443), Host("smpp2.smsc.ru", 3443)) == config.hosts
    assert Tls(verify=True) == config.tls


def test_gateway_under_another_name() -> None:
    """Resellers run the same gateway under hosts of their own."""
    config = SmscConfig.from_url("smsc://shop:secret@smpp.example.com")

    assert (Host("smpp.example.com", 3443),) == config.hosts


def test_tls_verifies_unless_it_is_switched_off() -> None:
    """Without verification a third party can listen."""
    verified = SmscConfig.from_url("smpps://shop:secret@gw")
    blind = SmscConfig.from_url(
        "smpps://shop:secret@gw:3550?verify=0&ca_file=/etc/ca%20s.pem&cert_file=c&key_file=k"
        "&server_hostname=smpp.smsc.ru"
    )

    assert Tls(verify=True) == verified.tls
    assert (
        Tls(
            verify=False,
            ca_file="/etc/ca s.pem",
            cert_file="c",
            key_file="k",
            server_hostname="smpp.smsc.ru",
        )
        == blind.tls
    )


def test_simulator_has_no_host() -> None:
    """`sim://` starts the embedded simulator in this process."""
    config = SmscConfig.from_url("sim://")

    assert config.is_simulated
    assert () == config.hosts
    assert "sim://" == str(config)
    assert SmscConfig.from_url("sim://?smart_text=1").smart_text
    assert "shop" == SmscConfig.from_url("sim://shop:secret@").system_id


def test_simulator_has_settings_of_its_own() -> None:
    """Their values, and that no other URL has them."""
    settings = SmscConfig.from_url("sim://?state=Expired&delay=0.5&error_code=0x10").simulator

    assert (MessageState.EXPIRED, 0.5, 16) == (
        settings.state,
        settings.receipt_delay,
        settings.error_code,
    )
    with pytest.raises(ConfigError, match="one of scheduled, enroute, delivered"):
        SmscConfig.from_url("sim://?state=lost")
    with pytest.raises(ConfigError, match="hold: is for the embedded simulator; use sim://"):
        SmscConfig.from_url(f"{URL}?hold=off")


@pytest.mark.parametrize(
    ("hosts", "read"),
    [
        ("gw", (Host("gw", 2775),)),
        ("gw/", (Host("gw", 2775),)),
        ("a:1,b:2", (Host("a", 1), Host("b", 2))),
        ("a,b", (Host("a", 2775), Host("b", 2775))),
        ("[::1]", (Host("::1", 2775),)),
        ("[::1]:2776,b", (Host("::1", 2776), Host("b", 2775))),
        ("[fe80::1%25eth0]", (Host("fe80::1%eth0", 2775),)),
    ],
)
def test_hosts(hosts: str, read: tuple[Host, ...]) -> None:
    """Several, each with its port or the default one; IPv6 in brackets."""
    assert read == SmscConfig.from_url(f"smpp://shop:secret@{hosts}").hosts


def test_signs_in_user_and_password_are_percent_encoded() -> None:
    """«%40» is "@"; a slash needs nothing."""
    config = SmscConfig.from_url("smpp://sh%3Aop:p%40%2f%25?long_password=1".replace("?", "@gw?"))

    assert ("sh:op", "p@/%") == (config.system_id, config.reveal_password())
    assert "a/b" == SmscConfig.from_url("smpp://shop:a/b@gw").reveal_password()


def test_every_parameter_arrives() -> None:
    """One URL with all of them."""
    config = SmscConfig.from_url(
        f"{URL}?system_type=ISO&long_password=0&window=10&binds=2&mode=receiver"
        "&interface_version=5.0&open=eventually&receipts=11&incoming=12"
        "&source_ton=5&source_npi=0&dest_ton=2&dest_npi=3&markup_coding=latin1"
        "&default_alphabet=gsm&packed_gsm=1&email_limit=64&message_ids=response_hex&timeout=1&connect_timeout=2&bind_timeout=3"
        "&unbind_timeout=4&enquire_link_interval=5&enquire_link_timeout=6&frame_timeout=7"
        "&link_timeout=11&early_receipt_timeout=9&reassembly_timeout=10&drain_timeout=12"
        "&reconnect_initial=0.5&reconnect_maximum=20&reconnect_multiplier=3"
        "&reconnect_jitter=0&reconnect_stable_after=40"
        "&reconnect_refusals=2&reconnect_give_up_after=600&"
    )

    assert config == SmscConfig(
        hosts=(Host("127.0.0.1"),),
        system_id="shop",
        password="secret",
        system_type="ISO",
        window=10,
        binds=2,
        mode=BindMode.RECEIVER,
        interface_version=0x50,
        open="eventually",
        receipts=11,
        incoming=12,
        source_ton=5,
        source_npi=0,
        dest_ton=2,
        dest_npi=3,
        markup_coding="latin1",
        default_alphabet="gsm",
        packed_gsm=True,
        email_limit=64,
        message_ids="response_hex",
        timeouts=Timeouts(
            response=1.0,
            connect=2.0,
            bind=3.0,
            unbind=4.0,
            enquire_link_interval=5.0,
            enquire_link_timeout=6.0,
            frame=7.0,
            link=11.0,
            early_receipt=9.0,
            reassembly=10.0,
            drain=12.0,
        ),
        reconnect=ReconnectPolicy(
            initial=0.5,
            maximum=20.0,
            multiplier=3.0,
            jitter=0.0,
            stable_after=40.0,
            refusals=2,
            give_up_after=600.0,
        ),
    )
    assert config.is_latin1


@pytest.mark.parametrize(
    ("part", "settings"),
    [
        ("tls", Tls),
        ("timeouts", Timeouts),
        ("reconnect", ReconnectPolicy),
        ("simulator", SimulatorSettings),
    ],
)
def test_no_setting_is_out_of_a_urls_reach(part: str, settings: type[Any]) -> None:
    """A new setting needs its parameter."""
    declared = {setting.name for setting in dataclasses.fields(settings)}
    reached = {parameter.field for parameter in PARAMETERS.values() if parameter.part == part}

    assert declared == reached


@pytest.mark.parametrize("version", ["0x34", "52", "3.4"])
def test_interface_version_in_any_spelling(version: str) -> None:
    """0x34 is 52 is 3.4."""
    assert 0x34 == SmscConfig.from_url(f"{URL}?interface_version={version}").interface_version


@pytest.mark.parametrize(("written", "flag"), [("1", True), ("Yes", True), ("off", False)])
def test_flags(written: str, flag: bool) -> None:  # noqa: FBT001 - a table's column
    """People write them in many ways."""
    assert flag is SmscConfig.from_url(f"{URL}?long_password={written}").long_password


@pytest.mark.parametrize(
    ("query", "name", "reason"),
    [
        ("windw=10", "windw", "unknown parameter, did you mean 'window'?; known are"),
        ("xyzzy=secret", "url", "unknown parameter of 5 characters; known are"),
        ("window=ten", "window", "a whole number, got 3 characters"),
        ("window=0", "window", "a whole number 1 to 100000, got 0"),
        ("window=1&window=2", "window", "given twice"),
        ("mode=both", "mode", "one of transmitter, receiver, transceiver, got 4 characters"),
        ("open=later", "open", "one of now, eventually, got 5 char"),
        ("markup_coding=koi8", "markup_coding", "one of ucs2, gsm, latin1, got 4"),
        ("default_alphabet=koi8", "default_alphabet", "one of gsm, latin1, ascii, got 4"),
        ("packed_gsm=1&default_alphabet=ascii", "packed_gsm", "set default_alphabet=gsm"),
        ("email_limit=19", "email_limit", "a whole number 20 to 254"),
        ("email_limit=255", "email_limit", "a whole number 20 to 254"),
        ("packed_gsm=1&system_type=ISO", "packed_gsm", "set default_alphabet=gsm"),
        ("message_ids=x", "message_ids", "decimal, caseless, got 1 char"),
        ("long_password=maybe", "long_password", "1 or 0, got 5 characters"),
        ("timeout=soon", "timeout", "a number, got 4 characters"),
        ("timeout=0", "timeout", "0.001 to 86400 seconds, got 0.0"),
        ("timeout=nan", "timeout", "got nan"),
        ("connect_timeout=-1", "connect_timeout", "got -1.0"),
        ("reconnect_jitter=2", "reconnect_jitter", "0 to 1 of the wait, got 2.0"),
        ("reconnect_initial=90", "reconnect_initial", "above the maximum of 60.0"),
        ("verify=0", "verify", "is for TLS; use smpps:// or smsc://"),
        ("system_type=ThirteenChars", "system_type", "takes 12 characters, got 13"),
        ("source_ton=256", "source_ton", "0 to 255, got 256"),
        ("addr_ton=256", "addr_ton", "0 to 255, got 256"),
        ("addr_npi=-1", "addr_npi", "0 to 255, got -1"),
        (f"address_range={'7' * 41}", "address_range", "takes 40 characters, got 41"),
        ("address_range=%D0%B9", "address_range", "takes ASCII only"),
        ("local_addr=", "local_addr", "takes an IP address of this machine"),
        ("local_addr=localhost", "local_addr", "takes an IP address of this machine"),
        ("local_addr=::1", "local_addr", "[IPv6]:port, got 3 characters"),
        ("local_addr=[127.0.0.1]", "local_addr", "takes an IP address of this machine"),
        ("local_addr=127.0.0.1:65536", "local_addr", "takes an IP address of this machine"),
        ("local_addr=127.0.0.1%00", "local_addr", "takes an IP address of this machine"),
        ("local_addr=127.0.0.1:5000&binds=2", "local_addr", "one port serves one link"),
    ],
)
def test_parameters_out_of_range(query: str, name: str, reason: str) -> None:
    """Parameter, value and what is allowed; for a slip of the finger the nearest name."""
    error = refusal(f"{URL}?{query}")

    assert name == error.name
    assert reason in str(error)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("127.0.0.1:2775", "no scheme"),
        ("", "no scheme"),
        ("smp://shop:secret@gw", "unknown scheme 'smp', did you mean 'smpp'?"),
        ("https://shop:secret@gw", "unknown scheme 'https'"),
        ("smpp://gw:2775", "no user; write smpp://user:password@host"),
        ("smpp://shop:secret@", "no host to connect to"),
        ("smpp://:secret@gw", "the login of the account belongs here"),
        ("smpp://shop:secret@gw:0", "1 to 65535, got 1 characters"),
        ("smpp://shop:secret@gw:65536", "1 to 65535, got 5 characters"),
        ("smpp://shop:secret@gw:x", "1 to 65535, got 1 characters"),
        ("smpp://shop:secret@::1", "IPv6 in brackets"),
        ("smpp://shop:secret@gw:", "host:port or [IPv6]:port expected"),
        ("smpp://shop:secret@[::1", "[IPv6]:port expected"),
        ("smpp://shop:secret@[::1]x", "[IPv6]:port expected"),
        ("smpp://shop:secret@gw/path", "host:port"),
        ("smpp://shop:secret@a,,b", "takes a domain name or an IP address"),
        ("smpp://shop:secret@a b", "253 in all, got 3 characters"),
        ("smpp://shop:sec?secret@gw", "written %40, %3F and %23"),
        ("smpp://shop:sec#secret@gw", "written %40, %3F and %23"),
        ("smpp://shop:secret999@gw", "takes 8 characters, got 9; if the gateway issued it"),
        ("smpp://shop:secretё@gw", "takes ASCII only, no Cyrillic"),
        ("smpp://shop:secret%00@gw", "no control characters"),
        ("smpp://shop:sec%0Aret@gw", "password: takes ASCII only"),
        ("smpp://sh%1Bop:secret@gw", "system_id: takes ASCII only"),
        ("smpp://shop:secret%@gw", "a percent sign that encodes no character is written %25"),
        ("smpp://shop:secret@gw?system_type=%FF", "percent-encoded characters are in UTF-8"),
        ("smpp://магазин:secret@gw", "system_id: takes ASCII only"),
        ("smpp://sixteen_letters_:secret@gw", "takes 15 characters, got 16"),
        ("sim://gw", "the simulator takes no host"),
        ("smpps://shop:secret@gw?key_file=k", "a key needs its certificate"),
    ],
)
def test_urls_that_cannot_be_read(url: str, reason: str) -> None:
    """Each says what is wrong and how it is written, and none shows the password."""
    assert reason in str(refusal(url))


def test_longest_password_of_the_specification_is_taken() -> None:
    """8 characters are in, and an empty query is none."""
    assert "secret99" == SmscConfig.from_url("smpp://shop:secret99@gw:1?").reveal_password()
