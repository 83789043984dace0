"""The way over a link: where it leads, on a loop of its own, and how far it came.

Rule: from the moment a message may have left, whatever ends the command says so. A command that
sends no message doesn't speak of it.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsc_async.cli.failures import ExitCode, Failure, failure_of
from smsc_async.config import SmscConfig
from smsc_async.errors import ConfigError, SmscError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from smsc_async.cli.console import Screen

NOT_SENT = "outcome.not_sent"
UNKNOWN = "outcome.unknown"
ACCEPTED = "outcome.accepted"

LONGEST_WAIT = 24 * 3600
"""Seconds: the gateway tries no longer."""


@dataclass(slots=True)
class SendProgress:
    """How far a command has come.

    Args:
        went: Of the text that answers "did it go?"; empty where nothing is to go.
        message_ids: What the gateway has accepted.
    """

    outcome: str = ""
    message_ids: tuple[str, ...] = ()


def read_config(url: str | None, progress: SendProgress) -> SmscConfig:
    """Read the URL that was given, or that of the environment.

    Raises:
        Failure: Neither is there, or it makes no sense.
    """
    try:
        return SmscConfig.from_env() if url is None else SmscConfig.from_url(url)
    except ConfigError as error:
        failure = _config_failure(error, progress)
    raise failure


def _config_failure(error: ConfigError, progress: SendProgress) -> Failure:
    """Tell a URL that isn't set from one that makes no sense."""
    if error.name == "SMSC_URL" and error.value is None:
        return Failure(ExitCode.USAGE_ERROR, "no_url", outcome=progress.outcome)
    return _without_sending(failure_of(error), progress)


def _without_sending(failure: Failure, progress: SendProgress) -> Failure:
    """Leave "did it go?" out where nothing was to go."""
    if not progress.outcome:
        failure.outcome = ""
    return failure


def run_async(main: Coroutine[Any, Any, int], progress: SendProgress, screen: Screen) -> int:
    """Go the way on a loop of its own; whatever ends it, say how far it came.

    Returns:
        The exit code that the way ends with.

    Raises:
        Failure: With what is known of the messages.
    """
    kind = ""
    cause: BaseException | None = None
    try:
        return asyncio.run(main)
    except KeyboardInterrupt:
        code, key = ExitCode.INTERRUPTED, "interrupted"
    except SmscError as error:
        raise _without_sending(failure_of(error), progress) from error
    except Failure:
        raise
    except BaseException as error:  # noqa: BLE001 -- a loop that was cancelled ends with one, too
        cause = error if screen.is_debug else None
        code, key = ExitCode.UNKNOWN, "unexpected"
        kind = type(error).__name__
    raise Failure(
        code, key, outcome=progress.outcome, message_ids=progress.message_ids, kind=kind
    ) from cause


def stop_event() -> asyncio.Event:
    """Return what is set by Ctrl-C, or by whoever stops the process politely."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, event.set)
    return event
