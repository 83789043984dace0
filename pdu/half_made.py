"""`repr` of an object whose constructor hasn't ended.

Rule: `repr` of any public object never raises. A debugger or crash reporter also shows objects
whose constructor has raised, or that were made without it, or whose values can't be shown. A
mistake in a `__repr__` looks the same, so tests compare what each of them shows.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

C = TypeVar("C", bound=type)


def shows_half_made(cls: C) -> C:
    """Let `repr` and `str` name the class where attributes are missing. A class decorator.

    Args:
        cls: A class with a `__repr__` of its own, or a dataclass.
    """
    for name in ("__repr__", "__str__"):
        if name in vars(cls):
            setattr(cls, name, _tolerant(getattr(cls, name)))
    return cls


def _tolerant(shown: Callable[[object], str]) -> Callable[[object], str]:
    """Return a method that survives missing attributes, and values that can't be shown."""

    @wraps(shown)
    def show(self: object) -> str:
        try:
            return shown(self)
        except Exception as error:  # noqa: BLE001 - of a value whose class has methods that fail
            is_unset = isinstance(error, AttributeError) and error.obj is self
            return f"<{type(self).__name__}, {'uninitialized' if is_unset else 'not showable'}>"

    return show
