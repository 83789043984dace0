"""One name for one file, whatever it is opened by.

Rule: SQLite's log and the locks of workers are files beside the database and carry its name. So
all processes must use one name: absolute, without symbolic links, and of several hard links the
one that is in use.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from smsc_async.outbox.errors import OutboxError

if TYPE_CHECKING:
    import os


def resolved(path: str | os.PathLike[str]) -> Path:
    """Return the one name of a file, which needn't exist.

    Raises:
        OutboxError: It has hard links, and which of them others use can't be found out.
    """
    name = Path(path).resolve()
    try:
        links = name.stat().st_nlink
        names = [name] if links == 1 else sorted(_names_beside(name))
    except OSError:
        return name  # there is no file, or SQLite words the error better
    if len(names) == 1 == links:
        return name
    in_use = [one for one in names if one.with_name(f"{one.name}-wal").exists()]
    if len(names) < links or len(in_use) > 1:
        raise OutboxError(
            f"{name} is a file with {links} names (hard links), and processes that use different"
            " ones destroy it; remove the others or use a symbolic link"
        )
    return (in_use or names)[0]


def _names_beside(name: Path) -> list[Path]:
    """Return the names of a file in its folder."""
    return [one for one in name.parent.iterdir() if not one.is_symlink() and one.samefile(name)]
