"""One name for one file, whatever it is opened by, and one file for that name while it is open.

Rule: SQLite's log and the locks of workers are files beside the database and carry its name. So
all processes must use one name: absolute, without symbolic links, and of several hard links the
one that is in use. A file that was moved, deleted or replaced while it was open must not be written
any more: other processes don't see what it contains.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from smsc_async.outbox.errors import OutboxError, OutboxMovedError

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


_SUFFIXES: Final = ("", "-wal", "-shm")
"""The database, and what SQLite keeps beside it for as long as a connection is open."""


class OpenedFile:
    """The files of an open database, as they were when it was opened.

    Args:
        name: The name of the database; a connection to it is open, and has begun a transaction.
    """

    def __init__(self, name: Path) -> None:
        self._name = name
        self._paths = [name.with_name(f"{name.name}{suffix}") for suffix in _SUFFIXES]
        self._identities = list(map(_identity, self._paths))

    def check(self) -> None:
        """Check that the names still belong to the same files.

        Raises:
            OutboxMovedError: One was moved, deleted or replaced.
        """
        for path, identity in zip(self._paths, self._identities, strict=True):
            if _identity(path) != identity:
                raise OutboxMovedError(
                    f"{path} was moved, deleted or replaced while it was open, so other processes"
                    f" don't see what is written; stop all processes that use {self._name}, put"
                    " the file back with its -wal file, and open it again"
                )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what identifies the file with a name; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
