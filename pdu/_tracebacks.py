"""Tracebacks without frames of this project: a crash reporter sends the local variables of each.

Rule: an error leaves a public function without any frame of ours; its traceback ends at the line of
the user that called us. The same holds for its causes and contexts. Frames of users and libraries
stay. So no function inside has to care what its variables hold. A context that was suppressed
(`from None`) is dropped: its sentence may quote what ours doesn't. An error that isn't raised on
purpose is a bug, ours or one of a user's function: it gets a note with the lines of the frames that
were taken out.

A function that is called once in a while is decorated with `hides_locals`. One on the hot path does
the same in its own body, since a `try` costs nothing until something is raised::

    except BaseException as error:
        hide_frames(error, SmscError)
        raise

A bare `raise` adds no frame of the function it stands in; `raise error` would.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import FrozenInstanceError, is_dataclass
from functools import wraps
from inspect import iscoroutinefunction, signature
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

F = TypeVar("F", bound="Callable[..., Any]")
T = TypeVar("T")
Kinds: TypeAlias = type[Exception] | tuple[type[Exception], ...]

_OURS: Final = frozenset({"pdu", "smsc_async"})
# Not by an assignment: a user's exception may refuse it, as a frozen dataclass does.
_set_traceback: Final = BaseException.with_traceback
_set_context: Final[Any] = vars(BaseException)["__context__"].__set__


def strip_frames(error: BaseException) -> None:
    """Take our frames out of the tracebacks of an error, its causes, contexts and group members."""
    for one in _chain(error):
        if one.__suppress_context__:
            _set_context(one, None)
        _set_traceback(one, _foreign_frames(one.__traceback__))


def hide_frames(error: BaseException, kind: Kinds) -> None:
    """Do the same for any error; one that isn't of this kind gets a note with their lines."""
    is_bug = isinstance(error, Exception) and not isinstance(error, kind)
    places = [*_places(error.__traceback__)] if is_bug else []
    strip_frames(error)
    if places:
        note = f"raised inside {', '.join(places)}"
        # A user's exception may be raised again and again, and may take no notes.
        with suppress(Exception):
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, its causes, contexts and group members, each once."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def _module_of(frame: FrameType) -> str:
    """Return the name of a frame's module; of one that was made by hand it may be anything."""
    return str(frame.f_globals.get("__name__", ""))


def _is_ours(frame: FrameType) -> bool:
    """Whether a frame is one of the packages; those of generated functions have a module, too."""
    return _module_of(frame).partition(".")[0] in _OURS


def _places(traceback: TracebackType | None) -> Iterator[str]:
    """Yield module and line of each of our frames, but for those of this module."""
    while traceback is not None:
        frame = traceback.tb_frame
        if _is_ours(frame) and frame.f_globals is not globals():
            yield f"{_module_of(frame)}:{traceback.tb_lineno} ({frame.f_code.co_qualname})"
        traceback = traceback.tb_next


def _foreign_frames(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback without our frames; the given one may be in use, and isn't changed."""
    kept: list[TracebackType] = []
    while traceback is not None:
        if not _is_ours(traceback.tb_frame):
            kept.append(traceback)
        traceback = traceback.tb_next
    following: TracebackType | None = None
    for one in reversed(kept):
        following = TracebackType(following, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return following


def hides_locals(kind: Kinds, **takes: type | tuple[type, ...]) -> Callable[[F], F]:
    """Return a decorator for a public function, whose errors then show no variables.

    Nor do cancellations.

    Args:
        kind: The errors that are raised on purpose; others get a note with the lines.
        takes: Kinds that arguments have, by name. A call that fails by anything but *kind*, and to
            which another was given, raises a TypeError that says so.
    """

    def decorate(function: F) -> F:
        def leave(error: BaseException, args: Any, kwargs: Any) -> TypeError | None:  # noqa: ANN401 - of any call
            hide_frames(error, kind)
            if isinstance(error, kind) or not isinstance(error, Exception):
                return None
            return _wrong_argument(function, takes, args, kwargs)

        return _watched(function, leave)

    return decorate


def _watched(function: F, leave: Callable[..., TypeError | None]) -> F:
    """Return a function whose errors go through *leave*, which may return another error instead."""
    if iscoroutinefunction(function):

        @wraps(function)
        async def call_async(*args: object, **kwargs: object) -> object:
            """Await the function."""
            try:
                return await function(*args, **kwargs)
            except BaseException as error:
                wrong = leave(error, args, kwargs)
                if wrong is None:
                    raise
            # Behind the handler, so that the other error isn't its context.
            del args, kwargs
            raise wrong

        return cast("F", call_async)

    @wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            wrong = leave(error, args, kwargs)
            if wrong is None:
                raise
        # Behind the handler, so that the other error isn't its context.
        del args, kwargs
        raise wrong

    return cast("F", call)


def _wrong_argument(
    function: Callable[..., Any],
    takes: dict[str, type | tuple[type, ...]],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> TypeError | None:
    """Return the error for the first argument of another kind, None if there is none."""
    try:
        given = signature(function).bind(*args, **kwargs).arguments
    except TypeError:  # the error itself says which argument is missing or unknown
        return None
    for name, kinds in takes.items():
        if name in given and not isinstance(given[name], kinds):
            wanted = kinds if isinstance(kinds, tuple) else (kinds,)
            names = " or ".join(each.__name__ for each in wanted)
            got = type(given[name])
            return TypeError(f"{name} takes {names}, got {got.__name__}{_remedy(wanted, got)}")
    return None


def _remedy(wanted: tuple[type, ...], got: type) -> str:
    """Return what to do with a text in the place of octets, and the other way round."""
    if bytes in wanted and issubclass(got, str):
        return "; encode a text, read hexadecimal with bytes.fromhex"
    return "; decode octets first" if str in wanted and issubclass(got, bytes) else ""


def hides_arguments(kind: Kinds) -> Callable[[type[T]], type[T]]:
    """Return a class decorator that does for the constructor what `hides_locals` does.

    Also for the assignments that a frozen dataclass refuses.

    Args:
        kind: The errors that are raised on purpose.
    """

    def decorate(cls: type[T]) -> type[T]:
        target: Any = cls
        target.__init__ = hides_locals(kind)(target.__init__)
        is_frozen = is_dataclass(cls) and target.__dataclass_params__.frozen
        return hides_assigned(cls) if is_frozen else cls

    return decorate


def hides_assigned(cls: type[T]) -> type[T]:
    """Let a frozen dataclass refuse assignments without a frame that holds the value.

    A class decorator, above `dataclass`. The function that `dataclass` generates is a frame of
    ours; with slots it raises a TypeError for names that aren't fields.
    """

    @hides_locals(FrozenInstanceError)
    def refuse(self: object, name: str, _value: object = None) -> None:
        field = f" ({name!r})" if name in getattr(type(self), "__dataclass_fields__", ()) else ""
        raise FrozenInstanceError(
            f"{type(self).__name__} is frozen{field}; dataclasses.replace makes a changed copy"
        )

    target: Any = cls
    target.__setattr__ = target.__delattr__ = refuse
    return cls
