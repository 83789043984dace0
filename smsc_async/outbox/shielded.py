"""Work that a cancel doesn't interrupt.

Rule: what must not be left half done, like closing a database, is finished first; then the cancel
is raised. The work itself has a limit for each of its waits.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


async def run_to_completion(
    work: Coroutine[Any, Any, T], *, on_cancel: Callable[[bool], object] | None = None
) -> T:
    """Run some work to its end, however often the caller is cancelled meanwhile.

    The work's own exceptions pass through, its own cancel too.

    Args:
        work: The work.
        on_cancel: Called at each cancel, with whether there was one before.

    Returns:
        What the work returns.

    Raises:
        CancelledError: The caller was cancelled; the work has ended, its failure is the cause.
    """
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            # anyio's scopes cancel repeatedly: after the first time this is shielded.
            with anyio.CancelScope(shield=cancelled is not None):
                await asyncio.wait([task])
        except asyncio.CancelledError as error:
            if on_cancel is not None:
                on_cancel(cancelled is not None)
            cancelled = error
    if cancelled is not None:
        raise cancelled from (None if task.cancelled() else task.exception())
    return task.result()
