"""Options of `smsc bulk` that change how it sends: the rate, and rules shared with others."""

from __future__ import annotations

import json
import sys
from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from redis import Redis
from redis_server import RedisServer

from smsc_async.simulator import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """Start a server of Redis."""
    server = RedisServer()
    server.start()
    yield server
    server.kill()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a file of six messages."""
    rows = "".join(f"7999000000{number},hello\n" for number in range(6))
    path = tmp_path / "clients.csv"
    path.write_text(f"to,text\n{rows}", encoding="utf-8")
    return path


@pytest.mark.takes_up_to(10, reason="the rate is measured")
def test_rate_limits_the_messages(smsc: Smsc, gateway: HostedSimulator, file: Path) -> None:
    """A new account may have less than 100 a second; others share the rate with a program."""
    began = perf_counter()
    done = smsc("bulk", str(file), "--url", gateway.url, "--rate", "10")

    assert 0 == done.returncode
    assert perf_counter() - began >= 0.5
    assert 6 == len(gateway.messages)


@pytest.mark.parametrize("rate", ["0", "-1", "1e9", "nan"])
def test_rate_has_a_range(smsc: Smsc, gateway: HostedSimulator, file: Path, rate: str) -> None:
    """No message would ever be sent, or no limit was meant."""
    done = smsc("bulk", str(file), "--url", gateway.url, f"--rate={rate}")

    assert (2, []) == (done.returncode, list(gateway.messages))
    assert "--rate: 0.01 to 1000000 is needed" in done.stderr


@pytest.mark.takes_up_to(20, reason="a server is started")
def test_rules_are_shared_with_other_programs(
    smsc: Smsc, gateway: HostedSimulator, tmp_path: Path, file: Path, redis_server: RedisServer
) -> None:
    """What another program has sent within the minute is held here, too; the same account only."""
    gateway.scenario = Scenario(receipt_delay=0.0, rules=None)
    other = tmp_path / "other.csv"
    other.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    shared = ("--url", gateway.url, "--rules", redis_server.url)
    first = smsc("bulk", str(file), *shared, "--rules-account", "shop")
    second = smsc("bulk", str(other), *shared, "--rules-account", "bank")

    with Redis.from_url(redis_server.url) as redis:
        accounts = {key.decode().split("{")[1].split("}")[0] for key in redis.keys("smsc:*")}

    assert [0, 0] == [first.returncode, second.returncode]
    assert 12 == len(gateway.messages)
    assert {"shop", "bank"} == accounts


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        (("--rules", "http://127.0.0.1"), "bulk.rules", "--rules isn't a URL of Redis"),
        (("--rules", "redis"), "bulk.rules", "--rules isn't a URL of Redis"),
        (
            ("--rules", "redis://127.0.0.1", "--rules-account", "a{b}"),
            "use.value",
            "--rules-account doesn't accept 'a{b}'",
        ),
        (
            ("--rules", "redis://127.0.0.1", "--rules-account", ""),
            "use.value",
            "--rules-account doesn't accept ''",
        ),
    ],
)
def test_invalid_rules_are_a_usage_error(  # noqa: PLR0917 - what it needs comes by name
    smsc: Smsc,
    gateway: HostedSimulator,
    file: Path,
    options: tuple[str, ...],
    kind: str,
    words: str,
) -> None:
    """Before anything is sent; a URL may hold a password, so it isn't repeated."""
    done = smsc("bulk", str(file), "--url", gateway.url, *options, "--json")
    error = json.loads(done.stdout)["error"]

    assert (2, []) == (done.returncode, list(gateway.messages))
    assert (kind, words, "not_sent") == (error["kind"], error["what"], error["outcome"])


def test_missing_extra_is_named(
    smsc: Smsc, gateway: HostedSimulator, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    done = smsc("bulk", str(file), "--url", gateway.url, "--rules", "redis://:secret@127.0.0.1")

    assert (2, []) == (done.returncode, list(gateway.messages))
    assert "pip install 'smsc-async[redis]'" in done.stderr
    assert "secret" not in done.stderr


def test_unreachable_rules_are_reported(smsc: Smsc, gateway: HostedSimulator, file: Path) -> None:
    """The run goes on by its own rules, and says so."""
    file.write_text("to,text\n79995557733,one\n79995557734,two\n", encoding="utf-8")
    done = smsc(
        "bulk", str(file), "--url", gateway.url, "--rules", "redis://127.0.0.1:1", "--rate", "20"
    )

    assert 0 == done.returncode
    assert "the shared rules can't be reached" in done.stdout
