"""The way over a link, whatever ends it."""

from __future__ import annotations

import signal
import sys

import pytest

from smsc_async.cli.console import Screen
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.i18n import Translator
from smsc_async.cli.runner import (
    ACCEPTED,
    NOT_SENT,
    SendProgress,
    read_config,
    run_async,
    stop_event,
)
from smsc_async.errors import LinkLostError

IDS = ("855469",)


@pytest.fixture(autouse=True)
def _quiet(quiet: None) -> None:
    """The environment has no URL here."""


def failed(error: BaseException, progress: SendProgress, *, is_debug: bool = False) -> Failure:
    """Return the failure that a way ends with which *error* ends."""

    async def way() -> int:
        """End."""
        raise error

    with pytest.raises(Failure) as caught:
        run_async(way(), progress, Screen(Translator("en"), is_debug=is_debug))
    return caught.value


def test_end_of_the_way_is_the_exit_code() -> None:
    """Where nothing goes wrong there is nothing to add."""

    async def way() -> int:
        """Arrive."""
        return ExitCode.REFUSED

    assert ExitCode.REFUSED == run_async(way(), SendProgress(), Screen(Translator("en")))


@pytest.mark.parametrize(
    ("error", "code", "key", "kind"),
    [
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "interrupted", ""),
        (ZeroDivisionError("secret words"), ExitCode.UNKNOWN, "unexpected", "ZeroDivisionError"),
    ],
)
def test_end_on_the_way_says_how_far_it_came(
    error: BaseException, code: ExitCode, key: str, kind: str
) -> None:
    """What was accepted is accepted, and paid, whatever came then."""
    failure = failed(error, SendProgress(ACCEPTED, IDS))

    assert (code, key, kind) == (failure.code, failure.key, failure.values["kind"])
    assert (ACCEPTED, IDS) == (failure.outcome, failure.message_ids)


@pytest.mark.parametrize("is_debug", [False, True])
def test_cause_is_for_those_who_debug(is_debug: bool) -> None:  # noqa: FBT001 - a parameter
    """The error itself may hold the text; a chain is printed whole."""
    error = ZeroDivisionError("secret words")

    assert is_debug == (failed(error, SendProgress(), is_debug=is_debug).__cause__ is error)


@pytest.mark.parametrize("outcome", ["", NOT_SENT])
def test_did_it_go_is_said_where_something_was_to_go(outcome: str) -> None:
    """Whoever only listens doesn't ask."""
    failure = failed(LinkLostError(), SendProgress(outcome))

    assert (ExitCode.NO_LINK, outcome) == (failure.code, failure.outcome)


def test_failure_of_the_way_stays_as_it_is() -> None:
    """It knows best."""
    failure = Failure(ExitCode.REFUSED, "LinkError")

    assert failure is failed(failure, SendProgress(NOT_SENT))


@pytest.mark.parametrize("outcome", ["", NOT_SENT])
def test_missing_url_is_another_failure_than_a_wrong_one(outcome: str) -> None:
    """The cure is another one, too."""
    with pytest.raises(Failure) as unset:
        read_config(None, SendProgress(outcome))
    with pytest.raises(Failure) as wrong:
        read_config("http://shop:pa55word@example.com", SendProgress(outcome))

    assert ("no_url", "ConfigError") == (unset.value.key, wrong.value.key)
    assert (outcome, outcome) == (unset.value.outcome, wrong.value.outcome)
    assert "pa55word" not in wrong.value.detail


def test_url_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless there is another one."""
    monkeypatch.setenv("SMSC_URL", "smpp://shop:pa55word@example.com")

    assert "smpp://shop:***@example.com:2775" == str(read_config(None, SendProgress()))
    assert "sim://" == str(read_config("sim://", SendProgress()))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no signal to send")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signals_end_politely(number: int) -> None:
    """A key of the keyboard and a service manager ask for the same."""
    event = stop_event()
    assert not event.is_set()
    signal.raise_signal(number)

    assert await event.wait()
