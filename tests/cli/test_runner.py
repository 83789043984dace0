"""A coroutine on its own event loop, and what is reported when it ends."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading

import pytest

from smsc_async.cli.console import Screen
from smsc_async.cli.failures import ACCEPTED, NOT_SENT, UNKNOWN, ExitCode, Failure, failure_of
from smsc_async.cli.i18n import Translator
from smsc_async.cli.runner import (
    SendProgress,
    is_local,
    read_config,
    run_async,
    sigterm_as_ctrl_c,
    stop_event,
)
from smsc_async.config import SmscConfig
from smsc_async.errors import LinkLostError

IDS = ("855469",)


@pytest.fixture(autouse=True)
def _quiet(quiet: None) -> None:
    """Without a URL in the environment."""


def failed(error: BaseException, progress: SendProgress, *, is_debug: bool = False) -> Failure:
    """Return the failure of a coroutine that raises *error*."""

    async def main() -> int:
        """Raise the error."""
        raise error

    with pytest.raises(Failure) as caught:
        run_async(main(), progress, Screen(Translator("en"), is_debug=is_debug))
    return caught.value


def test_no_log_line_stands_beside_a_commands_own() -> None:
    """Without any handler Python prints warnings and errors to the terminal."""

    async def main() -> int:
        """Do nothing."""
        return 0

    run_async(main(), SendProgress(), Screen(Translator("en")))

    assert any(
        isinstance(it, logging.NullHandler) for it in logging.getLogger("smsc_async").handlers
    )


def test_result_of_the_coroutine_is_the_exit_code() -> None:
    """Without an error nothing is added."""

    async def main() -> int:
        """Return an exit code."""
        return ExitCode.REFUSED

    assert ExitCode.REFUSED == run_async(main(), SendProgress(), Screen(Translator("en")))


@pytest.mark.parametrize(
    ("error", "code", "key", "kind"),
    [
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "interrupted", ""),
        (ZeroDivisionError("secret words"), ExitCode.UNKNOWN, "unexpected", "ZeroDivisionError"),
    ],
)
def test_any_end_reports_the_outcome(
    error: BaseException, code: ExitCode, key: str, kind: str
) -> None:
    """Accepted messages are charged, whatever happens afterwards."""
    failure = failed(error, SendProgress(ACCEPTED, IDS))

    assert (code, key, kind) == (failure.code, failure.key, failure.values.get("kind", ""))
    assert (ACCEPTED, IDS) == (failure.outcome, failure.message_ids)


@pytest.mark.parametrize("is_debug", [False, True])
def test_cause_is_chained_only_for_debugging(is_debug: bool) -> None:  # noqa: FBT001 - a parameter
    """The error may contain the text, and a traceback prints the whole chain."""
    error = ZeroDivisionError("secret words")

    assert is_debug == (failed(error, SendProgress(), is_debug=is_debug).__cause__ is error)


@pytest.mark.parametrize("outcome", ["", NOT_SENT])
def test_outcome_is_omitted_if_nothing_was_to_be_sent(outcome: str) -> None:
    """A command that only receives doesn't mention sending."""
    failure = failed(LinkLostError(), SendProgress(outcome))

    assert (ExitCode.NO_LINK, outcome) == (failure.code, failure.outcome)


def test_failure_of_the_coroutine_is_unchanged() -> None:
    """It has its own outcome and advice."""
    failure = failure_of(LinkLostError())

    assert failure is failed(failure, SendProgress(NOT_SENT))


@pytest.mark.parametrize("outcome", ["", NOT_SENT])
def test_missing_url_differs_from_an_invalid_one(outcome: str) -> None:
    """The advice differs."""
    with pytest.raises(Failure) as unset:
        read_config(None, SendProgress(outcome))
    with pytest.raises(Failure) as wrong:
        read_config("http://shop:pa55word@example.com", SendProgress(outcome))

    assert ("no_url", "ConfigError") == (unset.value.key, wrong.value.key)
    assert (outcome, outcome) == (unset.value.outcome, wrong.value.outcome)
    assert "pa55word" not in wrong.value.detail


def test_url_defaults_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option takes precedence."""
    monkeypatch.setenv("SMSC_URL", "smpp://shop:pa55word@example.com")

    assert "smpp://shop:***@example.com:2775" == str(read_config(None, SendProgress()))
    assert "sim://" == str(read_config("sim://", SendProgress()))


def test_url_without_credentials_gets_those_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A password in an argument is in the list of processes; one in the environment isn't."""
    monkeypatch.setenv("SMSC_URL", "smpp://other:pa55word@example.com")
    monkeypatch.setenv("SMSC_LOGIN", "shop")
    monkeypatch.setenv("SMSC_PASSWORD", "se:ret@")
    config = read_config("smpp://gw?window=5", SendProgress())

    assert ("smpp://shop:***@gw:2775", 5) == (str(config), config.window)
    assert "se:ret@" == config.reveal_password()
    assert "store" == read_config("smpp://store:secret@gw", SendProgress()).system_id


def test_simulator_needs_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that is half set up doesn't matter to it."""
    monkeypatch.setenv("SMSC_PASSWORD_FILE", "/nowhere")

    assert "sim://" == str(read_config("sim://?window=5", SendProgress()))


def test_half_of_the_credentials_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """It isn't the same as no gateway at all."""
    monkeypatch.setenv("SMSC_PASSWORD", "pa55word")
    with pytest.raises(Failure) as raised:
        read_config(None, SendProgress())

    assert "ConfigError" == raised.value.key
    assert "SMSC_LOGIN" in raised.value.detail
    assert "pa55word" not in raised.value.detail


@pytest.mark.parametrize("path", ["/nowhere/password", "/"])
@pytest.mark.parametrize("url", [None, "smpp://gw"])
def test_variable_that_is_wrong_is_what_to_check(
    monkeypatch: pytest.MonkeyPatch, url: str | None, path: str
) -> None:
    """Not the URL, where nothing is wrong."""
    monkeypatch.setenv("SMSC_LOGIN", "shop")
    monkeypatch.setenv("SMSC_PASSWORD_FILE", path)
    with pytest.raises(Failure) as raised:
        read_config(url, SendProgress())

    assert "check the environment variable {name}" == raised.value.advice
    assert "SMSC_PASSWORD_FILE" == raised.value.values["name"]


@pytest.mark.parametrize("url", ["smpp://shop@gw", "smsc://shop@", "smpps://sh%40p@gw?window=5"])
@pytest.mark.parametrize("place", ["--url", "SMSC_URL"])
def test_login_without_a_password_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str, place: str
) -> None:
    """A bind with an empty password is refused and counted by the gateway."""
    if place == "SMSC_URL":
        monkeypatch.setenv("SMSC_URL", url)
    else:
        monkeypatch.setenv("SMSC_PASSWORD_FILE", "/run/secrets/password")
    with pytest.raises(Failure) as raised:
        read_config(url if place == "--url" else None, SendProgress())

    assert "url: a login without a password; leave it out and set SMSC_LOGIN" in raised.value.detail


@pytest.mark.parametrize("url", ["smpp://shop:@gw", "sim://", "sim://shop@"])
def test_empty_password_may_be_written(url: str) -> None:
    """A colon says that it is meant; the simulator takes any."""
    assert "" == read_config(url, SendProgress()).reveal_password()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no signal to send")
@pytest.mark.parametrize("outcome", ["", NOT_SENT, UNKNOWN])
def test_sigterm_ends_a_command_where_sigint_is_ignored(outcome: str) -> None:
    """As in the background of a shell script; the coroutine cleans up, and the outcome is shown."""
    events = []

    async def main() -> int:
        """Get SIGTERM while waiting."""
        asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGTERM)
        try:
            await asyncio.Event().wait()
        finally:
            events.append("cleaned up")
        return 0

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(Failure) as raised:
            run_async(main(), SendProgress(outcome), Screen(Translator("en")))
    finally:
        signal.signal(signal.SIGINT, before)

    assert (ExitCode.INTERRUPTED, outcome) == (raised.value.code, raised.value.outcome)
    assert ["cleaned up"] == events


@pytest.mark.skipif(sys.platform == "win32", reason="there is no signal to send")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signals_set_the_stop_event(number: int) -> None:
    """Ctrl-C and a service manager stop a command alike."""
    event = stop_event()
    assert not event.is_set()
    signal.raise_signal(number)

    assert await event.wait()


@pytest.mark.parametrize(
    ("hosts", "is_here"),
    [
        ("127.0.0.1", True),
        ("127.255.0.9:3700", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("sim.localhost", True),
        ("[::1]", True),
        ("[::ffff:127.0.0.1]", True),
        ("127.0.0.1,localhost:3700", True),
        ("127.0.0.1,gateway.example", False),
        ("128.0.0.1", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - a host to connect to
        ("[::]", False),
        ("[::ffff:10.0.0.1]", False),
        ("localhost.example", False),
        ("notlocalhost", False),
        ("127.0.0.1.example", False),
    ],
)
def test_this_machine_is_known_by_its_names(hosts: str, is_here: bool) -> None:  # noqa: FBT001 - a parameter
    """Anything else may be a gateway: its messages are charged."""
    assert is_here == is_local(SmscConfig.from_url(f"smpp://shop:secret@{hosts}"))
    assert is_local(SmscConfig.from_url("sim://"))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no signal to send")
def test_sigterm_without_an_event_loop_is_ctrl_c() -> None:
    """While standard input is read, for example; afterwards the handler is as before."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), sigterm_as_ctrl_c():
        signal.raise_signal(signal.SIGTERM)

    assert before == signal.getsignal(signal.SIGTERM)


def test_another_thread_handles_no_signal() -> None:
    """Python calls handlers in the main thread only; the command runs all the same."""
    done = []

    def work() -> None:
        """Enter and leave it."""
        with sigterm_as_ctrl_c():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert [True] == done
