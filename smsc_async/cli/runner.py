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

NOT_SENT = "went.not_sent"
UNKNOWN = "went.unknown"
ACCEPTED = "went.accepted"

LONGEST_WAIT = 24 * 3600
"""Seconds: the gateway tries no longer."""


@dataclass(slots=True)
class Course:
    """How far a command has come.

    Args:
        went: Of the text that answers "did it go?"; empty where nothing is to go.
        message_ids: What the gateway has accepted.
    """

    went: str = ""
    message_ids: tuple[str, ...] = ()


def read_config(url: str | None, course: Course) -> SmscConfig:
    """Read the URL that was given, or that of the environment.

    Raises:
        Failure: Neither is there, or it makes no sense.
    """
    try:
        return SmscConfig.from_env() if url is None else SmscConfig.from_url(url)
    except ConfigError as error:
        failure = _of_config(error, course)
    raise failure


def _of_config(error: ConfigError, course: Course) -> Failure:
    """Tell a URL that isn't set from one that makes no sense."""
    if error.name == "SMSC_URL" and error.value is None:
        return Failure(ExitCode.WRONG_USE, "no_url", went=course.went)
    return _without_sending(failure_of(error), course)


def _without_sending(failure: Failure, course: Course) -> Failure:
    """Leave "did it go?" out where nothing was to go."""
    if not course.went:
        failure.went = ""
    return failure


def travel(way: Coroutine[Any, Any, int], course: Course, screen: Screen) -> int:
    """Go the way on a loop of its own; whatever ends it, say how far it came.

    Returns:
        The exit code that the way ends with.

    Raises:
        Failure: With what is known of the messages.
    """
    kind = ""
    cause: BaseException | None = None
    try:
        return asyncio.run(way)
    except KeyboardInterrupt:
        code, key = ExitCode.INTERRUPTED, "interrupted"
    except SmscError as error:
        raise _without_sending(failure_of(error), course) from error
    except Failure:
        raise
    except BaseException as error:  # noqa: BLE001 -- a loop that was cancelled ends with one, too
        cause = error if screen.is_debug else None
        code, key = ExitCode.UNKNOWN, "unexpected"
        kind = type(error).__name__
    raise Failure(code, key, went=course.went, message_ids=course.message_ids, kind=kind) from cause


def ended() -> asyncio.Event:
    """Return what is set by Ctrl-C, or by whoever stops the process politely."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, event.set)
    return event
