"""Settings from the environment: what fills a URL, and that no error shows a password."""

from __future__ import annotations

import copy
import os
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from smsc_async import Host, SmscClient
from smsc_async._config_env import LONGEST_FILE, Secret, split_userinfo
from smsc_async.config import SmscConfig
from smsc_async.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

LOGIN = "shop"
PASSWORD = "a:@%4?/#"


def config(**variables: object) -> SmscConfig:
    """Read the variables "SMSC_…"."""
    environ = {f"SMSC_{name.upper()}": str(value) for name, value in variables.items()}
    return SmscConfig.from_env(environ=environ)


def refusal(**variables: object) -> ConfigError:
    """Read variables that can't be used; no value of a credential stands in the error."""
    with pytest.raises(ConfigError) as caught:
        config(**variables)
    error = caught.value
    shown = f"{error} {error!r} {vars(error)} {''.join(traceback.format_exception(error))}"
    for name in ("password", "password_file", "login"):
        if value := str(variables.get(name, "")).strip():
            assert value not in shown.replace("login:password@", "").replace("SMSC_", "")
    assert "xyzzy" not in shown
    return error


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that holds the password as an editor leaves it."""
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n", encoding="ascii")
    return path


def test_credentials_alone_mean_the_gateway() -> None:
    """A container that gets two secrets needs no more; no character is special in them."""
    read = config(login=LOGIN, password=PASSWORD)

    assert SmscConfig.from_url("smsc://x:y@").hosts == read.hosts
    assert read.tls is not None
    assert (LOGIN, PASSWORD) == (read.system_id, read.reveal_password())


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("smpp://gw", "smpp://x:y@gw"),
        ("smpp://gw:1,spare?window=5", "smpp://x:y@gw:1,spare?window=5"),
        ("smpps://[::1]:1", "smpps://x:y@[::1]:1"),
        ("smpp://@gw", "smpp://x:y@gw"),
        ("smpp://:@gw", "smpp://x:y@gw"),
        (" smsc:// ", "smsc://x:y@"),
        ("smsc://?window=5", "smsc://x:y@?window=5"),
        ("SMSC://", "smsc://x:y@"),
    ],
)
def test_credentials_fill_a_url_without(url: str, same: str) -> None:
    """Every other setting of the URL stays."""
    read = config(url=url, login=LOGIN, password=PASSWORD)
    expected = SmscConfig.from_url(same)

    assert (LOGIN, PASSWORD) == (read.system_id, read.reveal_password())
    assert (expected.hosts, expected.tls, expected.window) == (read.hosts, read.tls, read.window)


async def test_simulator_takes_them_too() -> None:
    """An application is tried out with the variables that it has anyway."""
    read = config(url="sim://", login=LOGIN, password=PASSWORD)

    assert read.is_simulated
    assert LOGIN == read.system_id
    async with SmscClient(read) as smsc:
        assert smsc.health().bound


def test_password_may_stand_in_a_file(file: Path) -> None:
    """As Docker and systemd hand out their secrets."""
    assert PASSWORD == config(login=LOGIN, password_file=file).reveal_password()
    assert PASSWORD == config(login=f" {LOGIN}\r", password_file=f"{file}\r").reveal_password()


@pytest.mark.parametrize(
    ("octets", "password"),
    [
        (b"abc", "abc"),
        (b"abc\n", "abc"),
        (b"abc\r\n", "abc"),
        (b"abc\n\n", "abc"),
        (b"\xef\xbb\xbfabc\r\n", "abc"),
        (b" a c ", " a c "),
        (b"%41", "%41"),
    ],
)
def test_only_the_end_of_the_line_is_cut(file: Path, octets: bytes, password: str) -> None:
    """Editors add one, of Windows also a mark at the beginning; a space may belong to it."""
    file.write_bytes(octets)

    assert password == config(login=LOGIN, password_file=file).reveal_password()


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "empty"),
        (b"\r\n", "empty"),
        (b"\xef\xbb\xbf\n", "empty"),
        (b"xyzzy\xff", "isn't text"),
        ("xyzzy\n".encode("utf-16"), "isn't text"),
        (b"x\0y\0z\0z\0y\0", "several lines or control"),
        (b"xyzzy\n# of the shop\n", "several lines"),
        (b"\nxyzzy", "several lines"),
        (b"xyzzy\x1b[0m", "several lines or control"),
        (b"xyzzy" * LONGEST_FILE, "over 65536 octets"),
    ],
)
def test_file_that_holds_no_password_is_refused(file: Path, octets: bytes, reason: str) -> None:
    """Empty, binary, of another program, endless: what it holds isn't shown."""
    file.write_bytes(octets)

    error = refusal(login=LOGIN, password_file=file)

    assert "SMSC_PASSWORD_FILE" == error.name
    assert reason in error.reason


@pytest.mark.parametrize("value", ["xy\nzzy", "xyzzy\x1b[0m", "xy\tzzy", "\nxyzzy", "xyz\x7fzy"])
def test_variable_is_checked_like_a_file(file: Path, value: str) -> None:
    """A line end in the middle comes from two lines that were pasted, or from a file of keys."""
    file.write_bytes(value.encode())
    errors = {
        "SMSC_PASSWORD_FILE": refusal(login=LOGIN, password_file=file),
        "SMSC_PASSWORD": refusal(login=LOGIN, password=value),
        "SMSC_LOGIN": refusal(login=f"x{value}", password="xyzzy"),
    }

    for name, error in errors.items():
        assert name == error.name
        assert "several lines or control characters" in error.reason
    for name in ("system_id", "password"):
        given: dict[str, Any] = {"system_id": LOGIN, "password": "xyzzy"} | {name: value}
        with pytest.raises(ConfigError, match=f"{name}: takes ASCII only"):
            SmscConfig(hosts=(Host("gw"),), **given)


@pytest.mark.parametrize("name", ["smsc\nurl", "hun7er-2", "7URL", "", "smpp://a:b@gw"])
def test_name_of_a_variable_is_one(name: str) -> None:
    """A URL or a password in its place isn't repeated."""
    with pytest.raises(ConfigError, match=r"^variable: takes the name of an environment variable"):
        SmscConfig.from_env(name, environ={})


def test_variables_are_a_mapping_of_texts() -> None:
    """`os.environb` has octets."""
    wrong: Any = [("SMSC_URL", "sim://")]
    with pytest.raises(ConfigError, match=r"^environ: takes a Mapping, got list"):
        SmscConfig.from_env(environ=wrong)
    octets: Any = {"SMSC_URL": b"sim://"}
    with pytest.raises(ConfigError, match=r"^SMSC_URL: takes a str, got bytes"):
        SmscConfig.from_env(environ=octets)


@pytest.mark.parametrize(
    ("octets", "name"), [("пароль".encode(), "password"), (b"xyzzy-xyzzy", "password")]
)
def test_password_of_a_file_is_checked_like_any(file: Path, octets: bytes, name: str) -> None:
    """ASCII, and eight characters unless `long_password` is set."""
    file.write_bytes(octets)

    assert name == refusal(login=LOGIN, password_file=file).name
    if octets.isascii():
        read = config(url="smsc://?long_password=1", login=LOGIN, password_file=file)
        assert octets.decode() == read.reveal_password()


@pytest.mark.parametrize("name", ["missing", "", "pass\0word"])
def test_path_is_not_shown(tmp_path: Path, name: str) -> None:
    """The password may have been given in the place of its path."""
    error = refusal(login=LOGIN, password_file=tmp_path / name)

    assert "can't be read" in error.reason
    assert None is error.__cause__
    assert str(tmp_path) not in f"{error}"


@pytest.mark.parametrize("path", ["a\0b", "\0", "/run/secrets/\0"])
def test_path_that_can_not_be_one_is_called_invalid(path: str) -> None:
    """The system has no sentence of its own for it."""
    reason = refusal(login=LOGIN, password_file=path).reason

    assert "the file can't be read: invalid path" == reason


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_refused(file: Path) -> None:
    """A secret of another user."""
    file.chmod(0)

    assert "Permission denied" in refusal(login=LOGIN, password_file=file).reason


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="pipes have no path")  # noqa: PTH110
def test_pipe_is_read() -> None:
    """`SMSC_PASSWORD_FILE=<(pass show smsc)` in a shell."""
    reading, writing = os.pipe()
    os.write(writing, b"abc\n")
    os.close(writing)

    assert "abc" == config(login=LOGIN, password_file=f"/dev/fd/{reading}").reveal_password()
    os.close(reading)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there is no endless file")  # noqa: PTH110
def test_endless_file_is_refused() -> None:
    """It is read up to its limit."""
    assert "octets" in refusal(login=LOGIN, password_file="/dev/zero").reason


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"login": "xyzzy"}, "SMSC_PASSWORD"),
        ({"login": "xyzzy", "password": ""}, "SMSC_PASSWORD"),
        ({"login": "xyzzy", "password": "\r\n"}, "SMSC_PASSWORD"),
        ({"password": "xyzzy"}, "SMSC_LOGIN"),
        ({"password_file": "/run/secrets/xyzzy"}, "SMSC_LOGIN"),
        ({"login": " ", "password": "xyzzy"}, "SMSC_LOGIN"),
        ({"url": "smpp://gw", "password": "xyzzy"}, "SMSC_LOGIN"),
        ({"url": "smpp://gw", "login": "shop"}, "SMSC_PASSWORD"),
        ({"login": "shop", "password": "xyzzy", "password_file": "xyzzy"}, "SMSC_PASSWORD_FILE"),
    ],
)
def test_half_of_the_credentials_is_an_error(variables: dict[str, str], name: str) -> None:
    """So are two passwords: which one counts would be a guess."""
    assert name == refusal(**variables).name


@pytest.mark.parametrize(
    "url",
    [
        "smpp://shop:xyzzy@gw",
        "smpp://shop@gw",
        "smpp://:xyzzy@gw",
        "smsc://shop:xyzzy@",
        "sim://shop:xyzzy@",
        "smpp://sh@p:xyzzy@gw",
    ],
)
@pytest.mark.parametrize("extra", [{"password": "plugh"}, {"password_file": "/dev/null"}])
def test_credentials_in_both_are_an_error(url: str, extra: dict[str, str], file: Path) -> None:
    """Half in each, too: a login of the one with a password of the other is no account."""
    if "password_file" in extra:
        extra = {"password_file": str(file)}

    error = refusal(url=url, login="store", **extra)

    assert "SMSC_URL" == error.name
    assert "keep one of the two" in error.reason


@pytest.mark.parametrize("url", ["smpp://shop:xyzzy@gw", "smpp://shop@gw", "smsc://:xyzzy@"])
@pytest.mark.parametrize("name", ["login", "password", "password_file"])
def test_credentials_in_both_name_the_variable_that_is_too_much(url: str, name: str) -> None:
    """A password's file beside a URL with a login isn't a missing SMSC_LOGIN."""
    error = refusal(url=url, **{name: "plugh"})

    assert "SMSC_URL" == error.name
    expected = f"has credentials, and SMSC_{name.upper()} is set too; keep one of the two"
    assert expected == error.reason


@pytest.mark.parametrize(
    "url", ["smpp://gw", "SMPPS://gw,gw2?window=5", "smsc://", "smpp://gw?a@b"]
)
def test_url_without_any_credentials_names_the_variables(url: str) -> None:
    """The URL isn't the only place that they may be written in."""
    error = refusal(url=url)

    assert ("SMSC_URL", "***") == (error.name, error.value)
    assert error.reason.startswith(f"no user; write {url.partition(':')[0].lower()}://user:pass")
    assert error.reason.endswith("or set SMSC_LOGIN and SMSC_PASSWORD or SMSC_PASSWORD_FILE")


@pytest.mark.parametrize(
    "url", ["gw:2775", "http://gw", "smpp://gw?windw=5", "smpp://sh:p?w@gw", "smpp://", "://"]
)
def test_wrong_url_stays_wrong(url: str) -> None:
    """Credentials beside it mend nothing."""
    assert refusal(url=url, login=LOGIN, password="xyzzy").reason


def test_nothing_set_names_all_that_may_be() -> None:
    """The first error of a new container; empty variables are those of a compose file."""
    error = refusal(url="", login="", password="", password_file=" ")

    assert ("SMSC_URL", None) == (error.name, error.value)
    assert "SMSC_LOGIN" in error.reason


def test_url_alone_needs_no_credentials() -> None:
    """A URL may hold them, and the simulator wants none."""
    assert "shop" == config(url="smpp://shop:secret@gw").system_id
    assert config(url=" sim:// ", login="").is_simulated


def test_second_account_has_variables_of_its_own() -> None:
    """They begin like that of its URL, so those of the first don't get in the way."""
    environ = {"SMSC_LOGIN": "first", "BACKUP_LOGIN": "second", "BACKUP_PASSWORD": "xyzzy"}
    environ |= {"GATEWAY": "smpp://gw", "GATEWAY_LOGIN": "third", "GATEWAY_PASSWORD": "plugh"}

    assert "second" == SmscConfig.from_env("BACKUP_URL", environ).system_id
    assert "third" == SmscConfig.from_env("GATEWAY", environ).system_id


@pytest.mark.parametrize(
    ("url", "userinfo", "rest"),
    [
        ("smpp://a:b@gw?x=1", "a:b", "smpp://gw?x=1"),
        ("smpp://a@b:c@gw", "a@b:c", "smpp://gw"),
        ("smpp://gw?x=a@b", "", "smpp://gw?x=a@b"),
        ("gw", "", "gw"),
        ("", "", ""),
    ],
)
def test_url_is_split_at_its_last_at_sign(url: str, userinfo: str, rest: str) -> None:
    """Never inside the parameters."""
    assert (userinfo, rest) == split_userinfo(url)


def test_secret_is_a_value_that_does_not_format() -> None:
    """A f-string, a `%s` and a dump all show stars."""
    secret = Secret("x1")

    assert "'***' '***' '***'" == f"{secret} {secret!r} %s" % secret
    assert Secret("x1") == secret
    assert Secret("x2") != secret
    assert "x1" != secret
    assert hash(Secret("x1")) == hash(secret)
    assert "x1" == copy.deepcopy(secret).reveal()
    assert secret == pickle.loads(pickle.dumps(secret))  # noqa: S301 - our own octets
