"""What the operating system and SQLite say of a file, an address or a connection.

Rule: their own words are the keys; those of a system in another language stay as they are.
"""

from __future__ import annotations

from typing import Final

from smsc_async.cli.i18n import _

SYSTEM: Final = (
    # Files.
    _("there is no file {name}"),
    _("No such file or directory"),
    _("Permission denied"),
    _("Operation not permitted"),
    _("Is a directory"),
    _("Not a directory"),
    _("File name too long"),
    _("File exists"),
    _("No space left on device"),
    _("Disk quota exceeded"),
    _("File too large"),
    _("Input/output error"),
    _("Read-only file system"),
    _("Device or resource busy"),
    _("Too many open files"),
    _("Too many levels of symbolic links"),
    _("No such device or address"),
    _("Invalid argument"),
    # Addresses and connections.
    _("Address already in use"),
    _("Cannot assign requested address"),
    _("Network is unreachable"),
    _("No route to host"),
    _("Connection refused"),
    _("Connection reset by peer"),
    _("Connection timed out"),
    _("Broken pipe"),
    # SQLite.
    _("database or disk is full"),
    _("disk I/O error"),
    _("database is locked"),
    _("database table is locked"),
    _("attempt to write a readonly database"),
    _("unable to open database file"),
    _("file is not a database"),
    _("database disk image is malformed"),
)
