"""Tracebacks without frames of this project: a crash reporter sends the local variables of each.

Rule: an error that is raised on purpose leaves a public function without any frame of ours; its
traceback ends at the line of the user that called us. The same holds for its causes and contexts.
Frames of users and libraries stay. So no function inside has to care what its variables hold. A
context that was suppressed (`from None`) is dropped: its sentence may quote what ours doesn't.
Other exceptions are bugs and keep their traceback.

A function that is called once in a while is decorated with `hides_locals`. One on the hot path does
the same in its own body, since a `try` costs nothing until something is raised::

    except SmscError as error:
        strip_frames(error)
        raise

A bare `raise` adds no frame of the function it stands in; `raise error` would.
"""

from __future__ import annotations

from functools import wraps
from inspect import iscoroutinefunction
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")
T = TypeVar("T")

_OURS = frozenset({"pdu", "smsc_async"})


def strip_frames(error: BaseException) -> None:
    """Take our frames out of the tracebacks of an error, its causes, contexts and group members."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if one.__suppress_context__:
            one.__context__ = None
        one.__traceback__ = _foreign_frames(one.__traceback__)
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def _foreign_frames(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback without our frames; the given one may be in use, and isn't changed."""
    kept: list[TracebackType] = []
    while traceback is not None:
        module = traceback.tb_frame.f_globals.get("__name__", "")
        if module.partition(".")[0] not in _OURS:
            kept.append(traceback)
        traceback = traceback.tb_next
    following: TracebackType | None = None
    for one in reversed(kept):
        following = TracebackType(following, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return following


def _leave(error: BaseException, kind: type[Exception]) -> None:
    """Take our frames out of an error that leaves a decorated function.

    Of one that isn't raised on purpose, a TypeError for a wrong argument, the decorator's own
    frame alone: it holds all arguments.
    """
    if isinstance(error, kind) or not isinstance(error, Exception):
        strip_frames(error)
    else:
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next


def hides_locals(kind: type[Exception]) -> Callable[[F], F]:
    """Return a decorator for a public function, whose errors of this kind then show no variables.

    Nor do cancellations.

    Args:
        kind: The base of the errors that are raised on purpose.
    """

    def decorate(function: F) -> F:
        if iscoroutinefunction(function):

            @wraps(function)
            async def call_async(*args: object, **kwargs: object) -> object:
                """Await the function."""
                try:
                    return await function(*args, **kwargs)
                except BaseException as error:
                    _leave(error, kind)
                    raise

            return cast("F", call_async)

        @wraps(function)
        def call(*args: object, **kwargs: object) -> object:
            try:
                return function(*args, **kwargs)
            except BaseException as error:
                _leave(error, kind)
                raise

        return cast("F", call)

    return decorate


def hides_arguments(kind: type[Exception]) -> Callable[[type[T]], type[T]]:
    """Return a class decorator that does for the constructor what `hides_locals` does.

    Args:
        kind: The base of the errors that are raised on purpose.
    """

    def decorate(cls: type[T]) -> type[T]:
        target: Any = cls
        target.__init__ = hides_locals(kind)(target.__init__)
        return cls

    return decorate
