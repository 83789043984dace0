"""Why the outbox of `smsc bulk` can't be used, as templates.

Rule: a template is the library's sentence word for word, with a name in braces for each value.
"""

from __future__ import annotations

from typing import Final

from smsc_async.cli.i18n import _

OUTBOX: Final = (
    # The file.
    _("{path} is no outbox: {got}; give it a file of its own"),
    _("{path} can't be used as a file: {reason}"),
    _("{path} can't be used: {reason}"),
    _("{path} can't be examined: {reason}"),
    _("{path} is a folder; move it away, or give the outbox another name"),
    _("{path} is no regular file; move it away, or give the outbox another name"),
    _(
        "{path} is a file with {links} names (hard links), and processes that use different"
        " ones destroy it; remove the others or use a symbolic link"
    ),
    _(
        "{path} was moved, deleted or replaced while it was open, so other processes don't"
        " see what is written; stop all processes that use {name}, put the file back with its"
        " -wal file, and open it again"
    ),
    _("can't make the lock file {path}: {reason}"),
    _("another process still holds a lock on {path}: {got}; calling again is safe"),
    _("no room left for {path}: {got}; make room and do it again"),
    _("a worker on a file needs locks that Windows doesn't have; use PostgresOutbox there"),
    # Why a message isn't accepted.
    _("the process that was sending it ended before it stored the outcome"),
    _("the worker was stopped before the response came"),
    _("sending it failed unexpectedly ({kind})"),
    _("sent again: {reason}"),
    _("its row was taken out of the file before it was sent"),
    _("sent from {file} already; remove the row here"),
    # The outbox of a table.
    _(
        "the files beside {file} can't be used: {reason}; their names are up to 30 octets"
        " longer than its own"
    ),
    _(
        "{file} is a link, and an earlier run stored the state of its rows in {other};"
        " nothing is sent now. Move that file to {path}, which exists; first remove the one"
        " whose rows weren't sent"
    ),
    _(
        "{file} is a link, and an earlier run stored the state of its rows in {other};"
        " nothing is sent now. Move that file to {path}"
    ),
    _(
        "{file} has no outbox, but {others} exist; nothing is sent now. Keep the one whose"
        " rows this file has"
    ),
    _(
        "version 0.1.0 has sent a message to the recipient of row {number}, and the row was"
        " changed since; nothing is sent now. Restore the row, or remove the rows that were"
        " sent and use the file under another name"
    ),
)
