"""Frames of ours are taken out of the tracebacks of errors that are raised on purpose."""

from __future__ import annotations

import traceback
from dataclasses import FrozenInstanceError, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pdu._exec import run
from pdu._tracebacks import hides_arguments, hides_assigned, hides_locals, strip_frames

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "hun7er-2"
ENCODE = "encode a text, read hexadecimal with bytes.fromhex"


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


def test_bug_is_found_by_its_note() -> None:
    """An error that wasn't raised on purpose has lines instead of frames, each once."""
    broken = ours("def f(n):\n    return 1 / n")
    error = caught(hides_locals(RefusedError)(hides_locals(RefusedError)(broken)), 0)

    assert ["caught"] == functions_of(error)
    assert ["raised inside pdu._exec:2 (f)"] == error.__notes__


def test_same_bug_is_noted_once() -> None:
    """An exception that is raised again and again must not grow."""
    error = ZeroDivisionError()
    door = hides_locals(RefusedError)(ours("def f(n): raise e", e=error))

    assert caught(door, 0) is caught(door, 0) is error
    assert 1 == len(error.__notes__)


def test_frozen_exception_loses_our_frames() -> None:
    """A user's exception may be a frozen dataclass, which refuses assignments, of notes as well."""

    @dataclass(frozen=True)
    class FrozenError(Exception):
        """Takes no assignment."""

        text: str

    source = "def f(s):\n    try: int(s)\n    except ValueError: raise e from None"
    error = caught(hides_locals(RefusedError)(ours(source, e=FrozenError("x"))), SECRET)

    assert isinstance(error, FrozenError)
    assert ["caught"] == functions_of(error)
    assert error.__context__ is None


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda door: door("квазар", 1), f"octets takes bytes or bytearray, got str; {ENCODE}"),
        (lambda door: door(octets=[SECRET], n=1), "octets takes bytes or bytearray, got list"),
        (lambda door: door(b"x", SECRET), "n takes int, got str"),
    ],
)  # fmt: skip
async def test_wrong_kind_is_refused_by_its_type(call: Callable[[Any], Any], said: str) -> None:
    """The error names the argument, what it takes and what it got; nothing hangs on it."""
    takes: dict[str, Any] = {"octets": (bytes, bytearray), "n": int}
    source = "def f(octets, n): return octets.hex() + 1 // n"
    with pytest.raises(TypeError) as info:
        call(hides_locals(RefusedError, **takes)(ours(source)))
    with pytest.raises(TypeError) as awaited:
        await call(hides_locals(RefusedError, **takes)(ours(f"async {source}")))

    assert [said, said] == [str(info.value), str(awaited.value)]
    assert info.value.__context__ is info.value.__cause__ is awaited.value.__context__ is None
    assert SECRET not in repr([frame.f_locals for frame, _ in _ours_of(info.value)])


def test_text_is_wanted_where_octets_were_given() -> None:
    """The remedy is the other way round."""
    error = caught(hides_locals(RefusedError, s=str)(ours("def f(s): return s + ''")), b"x")

    assert "s takes str, got bytes; decode octets first" == str(error)


def test_error_on_purpose_goes_before_the_kind() -> None:
    """So does a bug with arguments of the right kinds, and a call that doesn't fit."""
    refusing = hides_locals(RefusedError, s=str)(ours("def f(s): raise e('no')", e=RefusedError))
    broken = hides_locals(RefusedError, s=str, n=int)(ours("def f(s, n=0): return 1 / 0"))

    assert isinstance(caught(refusing, 1), RefusedError)
    assert isinstance(caught(broken, "x"), ZeroDivisionError)
    assert "missing" in str(caught(broken))


def _ours_of(error: BaseException) -> list[tuple[Any, int]]:
    """Return the frames of ours in a traceback, with their lines."""
    return [
        pair
        for pair in traceback.walk_tb(error.__traceback__)
        if pair[0].f_globals["__name__"].startswith("pdu.")
    ]


@hides_assigned
@dataclass(frozen=True, slots=True)
class Point:
    """A frozen value."""

    x: int


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda point: setattr(point, "x", SECRET), "Point is frozen ('x')"),
        (lambda point: setattr(point, SECRET, 1), "Point is frozen;"),
        (lambda point: delattr(point, "x"), "Point is frozen ('x')"),
    ],
)
def test_refused_assignment_shows_no_value(change: Callable[[Point], None], said: str) -> None:
    """The function that `dataclass` generates would hold it."""
    error = caught(change, Point(1))

    assert isinstance(error, FrozenInstanceError)
    assert str(error).startswith(said)
    assert [] == _ours_of(error)
    assert Point(2) == replace(Point(1), x=2)


def test_constructor_of_a_frozen_class_covers_its_assignments() -> None:
    """One decorator is enough; a class that isn't frozen can still be assigned to."""

    @hides_arguments(RefusedError)
    @dataclass(frozen=True)
    class Frozen:
        """A value."""

    @hides_arguments(RefusedError)
    @dataclass
    class Free:
        """Not frozen."""

        x: int = 0

    free = Free()
    free.x = 1

    assert "Frozen is frozen" in str(caught(partial(setattr, Frozen(), "x"), SECRET))


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
