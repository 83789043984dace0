"""Frames of ours are taken out of the tracebacks of errors that are raised on purpose."""

from __future__ import annotations

import traceback
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pdu._exec import run
from pdu._tracebacks import hides_arguments, hides_locals, strip_frames

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "hun7er-2"


class RefusedError(Exception):
    """Raised on purpose."""


def ours(source: str, **scope: object) -> Any:  # noqa: ANN401 - what the source defines
    """Return the function that a source defines, in a module of ours."""
    return run(source, "<ours>", scope)["f"]


def functions_of(error: BaseException) -> list[str]:
    """Return the names of the functions in a traceback."""
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def caught(function: Callable[..., object], *arguments: object) -> BaseException:
    """Call what must fail, and return the error."""
    with pytest.raises(BaseException) as info:  # noqa: PT011 - any
        function(*arguments)
    return info.value


def refuse(_: object) -> None:
    """Raise an error, as a function of a user does."""
    raise RefusedError("no")


def test_traceback_ends_at_the_call() -> None:
    """The last line is the user's; a frame of ours would show its arguments."""
    door = hides_locals(RefusedError)(ours("def f(s): raise e('no')", e=RefusedError))
    error = caught(door, SECRET)

    assert ["caught"] == functions_of(error)
    assert "f" == door.__name__


async def test_coroutine_is_a_public_function_too() -> None:
    """Its frame is a frame like any other."""
    door = hides_locals(RefusedError)(ours("async def f(s): raise e('no')", e=RefusedError))
    with pytest.raises(RefusedError) as info:
        await door(SECRET)

    assert ["test_coroutine_is_a_public_function_too"] == functions_of(info.value)
    assert 1 == await hides_locals(RefusedError)(ours("async def f(n): return n"))(1)


def test_constructor_hides_its_arguments() -> None:
    """A dataclass generates one whose arguments are its variables."""

    @hides_arguments(RefusedError)
    class Value:
        """A value that refuses everything."""

        __init__ = ours("def f(self, s): raise e('no')", e=RefusedError)

    assert ["caught"] == functions_of(caught(Value, SECRET))


def test_frames_of_a_user_stay() -> None:
    """A callback that failed is found by its line."""
    door = hides_locals(RefusedError)(ours("def f(call): call(0)"))

    assert ["caught", "refuse"] == functions_of(caught(door, refuse))


def test_bug_keeps_its_traceback() -> None:
    """An error that wasn't raised on purpose has to be found."""
    error = caught(hides_locals(RefusedError)(ours("def f(n): return 1 / n")), 0)

    assert ["caught", "f"] == functions_of(error)


def test_mistyped_argument_shows_no_other_argument() -> None:
    """The decorator's frame holds all of them, and the function was never called."""
    error = caught(partial(hides_locals(RefusedError)(ours("def f(*, secret): pass")), secrt=1), 0)

    assert isinstance(error, TypeError)
    assert ["caught"] == functions_of(error)


def test_cancellation_shows_no_argument() -> None:
    """A wait that is cancelled isn't an error, and its frames hold arguments as well."""
    cancel = ours("def f(n): raise e", e=KeyboardInterrupt)

    assert ["caught"] == functions_of(caught(hides_locals(RefusedError)(cancel), 0))


def test_causes_contexts_and_members_of_groups_are_stripped() -> None:
    """A crash reporter follows all of them."""
    fail = ours("def f(s): raise e(s)", e=ValueError)
    errors = [caught(fail, number) for number in range(3)]
    error = RefusedError("no")
    error.__cause__, error.__context__ = errors[0], None
    errors[0].__context__ = BaseExceptionGroup("both", [errors[1], error])
    errors[1].__cause__ = errors[2]
    strip_frames(error)

    assert [["caught"]] * 3 == [functions_of(each) for each in errors]


def test_suppressed_context_is_dropped() -> None:
    """`int('secret')` quotes its argument, and a debugger shows it in spite of `from None`."""
    source = "def f(s):\n    try: int(s)\n    except ValueError: raise e('no number') from None"
    error = caught(hides_locals(RefusedError)(ours(source, e=RefusedError)), SECRET)

    assert error.__context__ is None


def test_context_of_the_user_stays() -> None:
    """What the user was handling meanwhile isn't ours."""
    door = hides_locals(RefusedError)(ours("def f(s): raise e('no')", e=RefusedError))

    def recover() -> None:
        try:
            refuse(0)
        except RefusedError:
            door(SECRET)

    error = caught(recover)
    first = error.__context__
    assert first is not None
    assert ["recover", "refuse"] == functions_of(first)
    assert ["caught", "recover"] == functions_of(error)
