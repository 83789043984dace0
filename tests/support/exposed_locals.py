"""What a crash reporter would read in an error: the local variables of every frame of ours.

Rule: an error is followed through causes, contexts (suppressed ones, too) and groups. Of each frame
of `pdu`, `smsc_async` and of their generated functions the `repr` of every local counts, and
containers are opened. Frames of users and of libraries don't count.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

NUMBER = "79161239876"
PASSWORD = "hun7er-2"
TEXT = "квазар zebra 48215"
CODE = "730951"

_CONTAINERS = (list, tuple, set, frozenset, deque)
_DEEPEST = 8


def _shapes(secret: str) -> Iterator[str]:
    """Yield the forms of a secret: as a text, and as the `repr` and hexadecimal of its octets."""
    yield secret
    for coding in ("utf-8", "utf-16-be"):
        octets = secret.encode(coding)
        yield repr(octets)[2:-1]
        yield octets.hex()


FORBIDDEN = frozenset(
    shape
    for secret in (NUMBER, PASSWORD, "квазар", "zebra", "48215", CODE)
    for shape in _shapes(secret)
)


def leaks(shown: str) -> list[str]:
    """Return the secrets in a text."""
    return sorted(shape for shape in FORBIDDEN if shape in shown)


def chain_of(error: BaseException) -> list[BaseException]:
    """Return an error with its causes, contexts and group members."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or any(one is each for each in found):
            continue
        found.append(one)
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
    return found


def is_ours(module: object) -> bool:
    """Whether a module is one of the packages; generated functions have one, too."""
    return str(module).partition(".")[0] in {"pdu", "smsc_async"}


def shown_locals(error: BaseException) -> Iterator[str]:
    """Yield what each variable of our frames shows, behind the place where it stands."""
    for one in chain_of(error):
        traceback = one.__traceback__
        while traceback is not None:
            frame = traceback.tb_frame
            if is_ours(frame.f_globals.get("__name__")):
                yield from _variables_of(frame, traceback.tb_lineno)
            traceback = traceback.tb_next


def shown_stack() -> Iterator[str]:
    """Yield what each variable shows of our frames and the loop's, below the caller of this."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if is_ours(module) or module.partition(".")[0] in {"asyncio", "anyio"}:
            yield from _variables_of(frame, frame.f_lineno)
        frame = frame.f_back


def _variables_of(frame: FrameType, number: int) -> Iterator[str]:
    """Yield what each variable of a frame shows, behind the place where it stands."""
    for name, value in frame.f_locals.items():
        for shown in _opened(value, _DEEPEST):
            yield f"{frame.f_code.co_filename}:{number} {name} = {shown}"


def _opened(value: object, depth: int) -> Iterator[str]:
    """Yield the `repr` of a value, and of what it contains; a `repr` may fail."""
    with suppress(Exception):
        yield repr(value)
    if not depth:
        return
    inner: Iterable[Any] = ()
    if isinstance(value, Mapping):
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, _CONTAINERS):
        inner = value
    for each in inner:
        yield from _opened(each, depth - 1)


def exposed(error: BaseException) -> list[str]:
    """Return every line that an error exposes: variables, sentences, notes and arguments."""
    said = [
        f"{one!r} {one!s} {one.args!r} {getattr(one, '__notes__', ())!r}" for one in chain_of(error)
    ]
    return [line for line in (*shown_locals(error), *said) if leaks(line)]
