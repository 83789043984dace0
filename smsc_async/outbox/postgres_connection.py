"""A connection of the PostgreSQL outbox: its settings, and an end for each of its waits.

Rule: no call waits for the server without a limit. The server itself ends a statement that waits
for a lock (`lock_timeout`) or runs for too long (`statement_timeout`). A server that doesn't answer
is left by shutting the connection down, which fails the call that waits for it. A cancel can't do
that: psycopg then asks the server to end the statement, and waits for its answer.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from smsc_async.outbox.errors import OutboxError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    Connection = psycopg.AsyncConnection[tuple[Any, ...]]

ANSWER_TIMEOUT: Final = 10.0
"""Seconds in addition to *patience* until a server that doesn't answer counts as unreachable."""
STATEMENT_TIMEOUT: Final = 5.0
"""Seconds in addition to *patience* until the server ends a statement: before its client does."""
CONNECT_TIMEOUT: Final = 10
"""Seconds of an attempt to connect, for each address of the server."""

_DEFAULTS: Final = {
    # A machine that lost power or its network is detected after a minute at the latest.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""Parameters of the client's side, where the user gives none."""
_LONGEST_TIMEOUT: Final = 0x7FFF_FFFF
"""Milliseconds; the largest that the server takes."""


async def connect(conninfo: str, patience: float) -> Connection:
    """Connect, and make the settings of a session.

    Args:
        conninfo: In libpq's format; its parameters override those here.
        patience: Seconds to wait for a lock.

    Raises:
        psycopg.Error: The server can't be reached, or refuses the connection.
    """
    psycopg = import_psycopg()
    given = psycopg.conninfo.conninfo_to_dict(conninfo)
    parameters: dict[str, Any] = {**_DEFAULTS, **given}
    if "PGCONNECT_TIMEOUT" not in os.environ:
        parameters.setdefault("connect_timeout", CONNECT_TIMEOUT)
    connection: Any = await _connection_class().connect(autocommit=True, **parameters)
    connection.answer_limit = patience + ANSWER_TIMEOUT
    try:
        await connection.execute(_session_settings(patience))
    except BaseException:
        await connection.close()
        raise
    opened: Connection = connection
    return opened


def import_psycopg() -> Any:  # noqa: ANN401 - the module
    """Return psycopg.

    Raises:
        OutboxError: It isn't installed.
    """
    try:
        import psycopg  # noqa: PLC0415 - an extra, imported when it is used
    except ImportError as error:
        raise OutboxError(
            f"PostgreSQL needs psycopg ({error}): pip install 'smsc-async[postgres]'"
        ) from error
    return psycopg


def check_conninfo(conninfo: str) -> None:
    """Refuse a connection string that can't be read: libpq would quote a piece of it.

    Raises:
        OutboxError: It can't be read.
    """
    psycopg = import_psycopg()
    with suppress(psycopg.Error):
        ports = psycopg.conninfo.conninfo_to_dict(conninfo).get("port", "")
        if str(ports).replace(",", "").isdigit() or not ports:
            return
    raise OutboxError(
        "the connection string can't be read; write postgresql://user:password@host:5432/database,"
        " with '@', '/', ':' and '%' in the password percent-encoded"
    )


@contextmanager
def without_limit(connection: Connection) -> Iterator[None]:
    """Let the statements of a migration take as long as they need."""
    limit, connection.answer_limit = connection.answer_limit, None  # type: ignore[attr-defined]  # of the subclass
    try:
        yield
    finally:
        connection.answer_limit = limit  # type: ignore[attr-defined]


def is_broken(connection: Connection | None) -> bool:
    """Return whether a connection has broken, other than because the server didn't answer."""
    if connection is None or not connection.closed:
        return False
    return not connection.was_silent  # type: ignore[attr-defined]  # of the subclass


def _session_settings(patience: float) -> bytes:
    """Return the statements that begin a session."""
    lock = min(max(1, round(patience * 1000)), _LONGEST_TIMEOUT)
    statement = min(round((patience + STATEMENT_TIMEOUT) * 1000), _LONGEST_TIMEOUT)
    settings = (
        # The server's settings may be laxer than "on disk when it returns".
        "SET synchronous_commit = on",
        # Another encoding lacks characters of messages.
        "SET client_encoding = 'UTF8'",
        f"SET lock_timeout = {lock}",
        f"SET statement_timeout = {statement}",
        # The server detects a machine that lost power after a minute. Unix sockets ignore these.
        "SET tcp_keepalives_idle = 30",
        "SET tcp_keepalives_interval = 10",
        "SET tcp_keepalives_count = 3",
    )
    return "; ".join(settings).encode()


@cache
def _connection_class() -> type[Connection]:
    """Return the class of connections; made late, since psycopg is an extra."""
    psycopg = import_psycopg()

    class LimitedConnection(psycopg.AsyncConnection):  # type: ignore[misc, name-defined]  # psycopg is Any here
        """A connection each of whose waits for the server has a limit.

        Attributes:
            answer_limit: Seconds of one wait at most; None for no limit.
            was_silent: Whether it was shut down, because the server didn't answer in time.
        """

        answer_limit: float | None = None
        was_silent = False

        async def wait(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as psycopg's
            """Wait for the server's answer: psycopg does so here whatever the call is."""
            limit = self.answer_limit
            if limit is None:
                return await super().wait(*arguments, **options)
            timer = asyncio.get_running_loop().call_later(limit, self._shut_down)
            try:
                return await super().wait(*arguments, **options)
            except psycopg.Error:
                if not self.was_silent:
                    raise
            finally:
                timer.cancel()
            raise psycopg.OperationalError(f"the server hasn't answered for {limit:.0f} s")

        def _shut_down(self) -> None:
            """End the connection, so that the wait on its socket ends."""
            self.was_silent = True
            with (
                suppress(psycopg.Error, OSError),
                socket.socket(fileno=os.dup(self.fileno())) as twin,
            ):
                twin.shutdown(socket.SHUT_RDWR)

    return LimitedConnection
