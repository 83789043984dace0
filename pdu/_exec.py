"""Python that was written by Python, and is run as if it stood in a file.

Rule: the text is made of our own declarations and of numbers, never of anything that came from
the wire or from a user.
"""

from __future__ import annotations

import linecache
from typing import Any


def run(source: str, filename: str, scope: dict[str, Any]) -> dict[str, Any]:
    """Execute *source* in *scope* and return it; tracebacks and debuggers show the lines."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), scope)  # noqa: S102 - our own text, see above
    return scope
