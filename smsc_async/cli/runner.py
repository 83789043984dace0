"""Runs the coroutine of a command and tracks whether anything was sent.

Rule: once a message may have been sent, every failure says so, whatever ended the command. A
command that sends nothing doesn't mention it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from smsc_async._config_env import split_userinfo
from smsc_async.cli.failures import (
    ACCEPTED,
    PARTLY_ACCEPTED,
    UNKNOWN,
    ExitCode,
    Failure,
    failure_of,
)
from smsc_async.cli.formatting import ids
from smsc_async.cli.i18n import _
from smsc_async.config import SmscConfig
from smsc_async.errors import BindRefusedError, ConfigError, SmscError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from contextlib import AsyncExitStack

    from smsc_async.cli.console import Screen
    from smsc_async.client.client import SmscClient
    from smsc_async.instrumentation import Hook

# A command reports what fails; without a handler Python would print the log lines beside that.
SILENCE = logging.NullHandler()

_CREDENTIALS = frozenset({"SMSC_LOGIN", "SMSC_PASSWORD", "SMSC_PASSWORD_FILE"})

V50 = 0x50
"""`interface_version` of SMPP 5.0."""
LONGEST_WAIT = 24 * 3600
"""Seconds: the longest time the gateway tries to deliver a message."""


@dataclass(slots=True)
class SendProgress:
    """What a command has sent so far.

    Args:
        outcome: A key of `failures.OUTCOMES`; empty for a command that sends nothing.
        message_ids: Ids of accepted messages.
        counts: Numbers of messages, the placeholders of the outcome's text.
        waits: What happened, if it is interrupted now; empty while it waits for nothing unusual.
    """

    outcome: str = ""
    message_ids: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    waits: str = ""


def read_config(url: str | None, progress: SendProgress) -> SmscConfig:
    """Return the settings of *url*, or those of the environment.

    A URL without credentials gets those of the environment; one with credentials needs none.

    Raises:
        Failure: There is no URL, or it is invalid.
    """
    try:
        return _read_config(url)
    except ConfigError as error:
        failure = _failure_of(error, progress)
        if error.name in _CREDENTIALS:
            failure.advice = _("check the environment variable {name}")
            failure.values["name"] = error.name
        if error.name == "SMSC_URL" and error.value is None:
            failure = Failure(
                ExitCode.USAGE_ERROR,
                "no_url",
                _("there is no gateway to connect to: SMSC_URL isn't set"),
                advice=_(
                    "export SMSC_URL='smsc://login:password@' or use --url; sim:// needs no account"
                ),
                outcome=progress.outcome,
            )
    raise failure


def is_local(config: SmscConfig) -> bool:
    """Whether all hosts are this machine itself, by their names; or it is the simulator."""
    return config.is_simulated or all(_is_loopback(host.name) for host in config.hosts)


def _is_loopback(name: str) -> bool:
    """Whether a host is 127.0.0.0/8, ::1 or localhost."""
    name = name.removesuffix(".").lower()
    with suppress(ValueError):
        address = ip_address(name)
        mapped = getattr(address, "ipv4_mapped", None)
        return (mapped or address).is_loopback
    return name == "localhost" or name.endswith(".localhost")


def _read_config(url: str | None) -> SmscConfig:
    """Return the settings of *url*, or those of the environment.

    Raises:
        ConfigError: They are invalid, or a login has no password: those of the environment fill
            only a URL that has neither.
    """
    if url is None:
        config = SmscConfig.from_env()
    elif split_userinfo(url)[0] or url.startswith("sim:"):
        config = SmscConfig.from_url(url)
    else:
        config = SmscConfig.from_env(environ={**os.environ, "SMSC_URL": url})
    userinfo, _tail = split_userinfo(url or os.environ.get("SMSC_URL", ""))
    if userinfo and ":" not in userinfo and not config.is_simulated:
        raise ConfigError(
            "url",
            "***",
            "a login without a password; leave it out and set SMSC_LOGIN, or add the password"
            " (login:@ if it is empty)",
        )
    return config


async def connected(
    stack: AsyncExitStack,
    config: SmscConfig,
    *hooks: Hook,
    **options: Any,  # noqa: ANN401 - those of the client
) -> SmscClient:
    """Return a client that is bound until *stack* ends.

    On this machine it binds as SMPP 5.0, in which a response may say why a message is refused, as
    the simulator's do. What takes no such bind gets one of the version in the URL.

    Args:
        stack: Leaves the client.
        config: The settings.
        hooks: Of the client.
        options: Further ones of the client.
    """
    # Imported here: an invalid URL needs no client.
    from smsc_async.client.client import SmscClient  # noqa: PLC0415

    if is_local(config) and config.interface_version < V50:
        try:
            client = SmscClient(replace(config, interface_version=V50), hooks=hooks, **options)
            return await stack.enter_async_context(client)
        except BindRefusedError as error:
            if error.is_fatal:
                raise
    return await stack.enter_async_context(SmscClient(config, hooks=hooks, **options))


def _failure_of(error: SmscError, progress: SendProgress) -> Failure:
    """Convert an error, without an outcome for a command that sends nothing."""
    failure = failure_of(error)
    if not progress.outcome:
        failure.outcome = ""
    return failure


def run_async(main: Coroutine[Any, Any, int], progress: SendProgress, screen: Screen) -> int:
    """Run a coroutine on a new event loop.

    Returns:
        The exit code that the coroutine returns.

    Raises:
        Failure: Whatever ended the coroutine, with the outcome of *progress*.
    """
    cause: BaseException | None = None
    logging.getLogger("smsc_async").addHandler(SILENCE)
    try:
        return asyncio.run(_cancelled_by_sigterm(main))
    except (KeyboardInterrupt, asyncio.CancelledError):
        failure = interrupted(progress.outcome)
        failure.text = progress.waits or failure.text
    except SmscError as error:
        raise _failure_of(error, progress) from error
    except Failure:
        raise
    except BaseException as error:  # noqa: BLE001 -- whatever it is, the failure says what was sent
        cause = error if screen.is_debug else None
        failure = unexpected(error)
    failure.outcome, failure.message_ids = progress.outcome, progress.message_ids
    first = ids(progress.message_ids[:1])
    failure.values |= {"ids": ids(progress.message_ids), "id": first, **progress.counts}
    raise failure from cause


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, with a word and an exit code.

    A coroutine that runs in it has its own handling, see `run_async` and `stop_event`.
    """
    try:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:  # signals are handled in the main thread only
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


async def _cancelled_by_sigterm(main: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine that SIGTERM cancels, as `asyncio.run` does at SIGINT (Ctrl-C).

    It doesn't raise SIGINT instead: a shell script starts its background jobs with SIGINT ignored.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in a task
    with suppress(NotImplementedError, RuntimeError, ValueError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await main


_INTERRUPTED_ADVICE = {
    UNKNOWN: _("check the message history of the account first: a repeat may be charged, too"),
    ACCEPTED: _("what becomes of it: smsc query {id}"),
    PARTLY_ACCEPTED: _("what becomes of it: smsc query {id}"),
}
"""What to do after Ctrl-C, by the outcome."""


def interrupted(outcome: str = "") -> Failure:
    """Return the failure for SIGINT (Ctrl-C) and SIGTERM."""
    advice = _INTERRUPTED_ADVICE.get(outcome, _("nothing more will be sent"))
    return Failure(ExitCode.INTERRUPTED, "interrupted", _("interrupted"), advice=advice)


def unexpected(error: BaseException) -> Failure:
    """Return the failure for an error of the program; it shows no more than its class."""
    return Failure(
        ExitCode.UNKNOWN,
        "unexpected",
        _("unexpected error: {kind}"),
        advice=_("run it again with --debug and report the output"),
        kind=type(error).__name__,
    )


def stop_event() -> asyncio.Event:
    """Return an event that SIGINT (Ctrl-C) and SIGTERM set."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, event.set)
    return event
