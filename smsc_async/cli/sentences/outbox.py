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
    _("{path} can't store or find this: {reason}"),
    _(
        "a newer smsc-async made the tables in {path} (version {found}, this one knows {version});"
        " update this one"
    ),
    _("a worker of an older smsc-async is running on {path}; stop it before this one starts"),
    _("SQLite {needed} or later is needed, this Python has {got}"),
    # What it says of an entry.
    _("a newer smsc-async wrote this message ({name}); update this one"),
    _("a message is stored in a form that can't be read ({name})"),
    _("its {name} is stored in a form that can't be read"),
    _("its {name} are stored in a form that can't be read"),
    _("its row was taken out of the file before it was sent"),
    _("the worker was stopped before the response came"),
    _("sending it failed unexpectedly ({name})"),
    _("the process that was sending it ended before it stored the outcome"),
    _("sent again: {reason}"),
    _("sent again on purpose"),
    _("replaced on purpose"),
    _("discarded on purpose"),
    _(
        "it wasn't sent again: the gateway may no longer refuse a repeat; resend(entry,"
        " may_pay_twice=True) sends it nevertheless"
    ),
    # The outbox of a table.
    _("sent from {file} already; remove the row here"),
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
