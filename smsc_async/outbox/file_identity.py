"""One name for one file, whatever it is opened by, and one file for that name while it is open.

Rule: SQLite's log and the locks of workers are files beside the database and carry its name. So
all processes must use one name: absolute, without symbolic links, and of several hard links the
one that is in use. A file that was moved, deleted or replaced while it was open must not be written
any more: other processes don't see what it contains.
"""

from __future__ import annotations

from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Final

from smsc_async.outbox.errors import OutboxError, OutboxMovedError

if TYPE_CHECKING:
    import os


def resolved(path: str | os.PathLike[str]) -> Path:
    """Return the one name of a file, which needn't exist.

    Raises:
        OutboxError: It is no file, or has hard links, and which of them others use can't be found
            out.
    """
    try:
        name = Path(path).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, no text of the system
        said = getattr(error, "strerror", None) or error
        raise OutboxError(f"{path!s} can't be used as a file: {said}") from error
    try:
        found = name.stat()
        links = found.st_nlink
        if not S_ISREG(found.st_mode):
            kind = "a folder" if S_ISDIR(found.st_mode) else "no regular file"
            raise OutboxError(f"{name} is {kind}; move it away, or give the outbox another name")
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


_SUFFIXES: Final = ("-wal", "-shm")
"""What SQLite keeps beside a database for as long as a connection is open."""


class OpenedFile:
    """The files of an open database, as they were when it was opened.

    Args:
        name: The name of the database; it exists, and a connection to it is opened next.
    """

    def __init__(self, name: Path) -> None:
        self._name = name
        self._identities = {name: _identity(name)}

    def check(self) -> None:
        """Check that the names still belong to the same files; the first call is in a transaction.

        Raises:
            OutboxMovedError: One was moved, deleted or replaced.
            OutboxError: That can't be found out.
        """
        if len(self._identities) == 1:
            # They exist from the first transaction on.
            besides = [self._name.with_name(f"{self._name.name}{suffix}") for suffix in _SUFFIXES]
            self._identities |= {path: _identity(path) for path in besides}
        for path, identity in self._identities.items():
            if _identity(path) != identity:
                raise OutboxMovedError(
                    f"{path} was moved, deleted or replaced while it was open, so other processes"
                    f" don't see what is written; stop all processes that use {self._name}, put"
                    " the file back with its -wal file, and open it again"
                )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what identifies the file with a name; None if there is none.

    Raises:
        OutboxError: That can't be found out.
    """
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OutboxError(f"{path} can't be examined: {error.strerror}") from error
    return found.st_dev, found.st_ino
