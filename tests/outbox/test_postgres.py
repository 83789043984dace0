"""PostgreSQL: the connection that proves liveness, and its failures."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from outboxes import Accepted, ScriptedClient, begin_sending, kill_owner, until
from version_1 import make_version_1

from smsc_async import MessageState, Receipt, Sms
from smsc_async.outbox import (
    OutboxError,
    OutboxFullError,
    OutboxLockedError,
    OutboxState,
    OutboxUnavailableError,
    PostgresOutbox,
    schema,
)
from smsc_async.outbox.postgres import PostgresStore, _translate
from smsc_async.outbox.schema import Statement

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from smsc_async.outbox.schema import Operation

MESSAGE = Sms(to="79991234567", text="Code: 4821")

pytestmark = pytest.mark.parametrize("place", ["postgres"], indirect=True)


def store_of(outbox: PostgresOutbox) -> PostgresStore:
    """Return the store of an outbox."""
    store = outbox._ledger._store
    assert isinstance(store, PostgresStore)
    return store


def value_of(sql: str) -> Any:  # noqa: ANN401 - makes an operation
    """Return an operation that executes a statement and returns its first value."""

    def operation() -> Operation[Any]:
        rows = yield Statement(sql)
        return rows[0][0] if rows else None

    return operation


async def test_broken_connection_is_replaced(place: str) -> None:
    """A restart of the server must not cost the next message."""
    async with PostgresOutbox(place) as outbox:
        await outbox.put(MESSAGE)
        await kill_owner(outbox)
        await outbox.put(MESSAGE)

        assert 2 == (await outbox.counts())[OutboxState.QUEUED]


async def test_owner_survives_a_new_connection(place: str) -> None:
    """The process is running, so its entries stay SENDING."""
    async with PostgresOutbox(place) as outbox, PostgresOutbox(place) as other:
        await outbox.put(MESSAGE)
        await begin_sending(outbox)
        owner = store_of(outbox)._owner
        await kill_owner(outbox)
        store_of(outbox)._owner = owner  # only the connection broke
        await outbox.put(MESSAGE)
        await other._ledger.recover_orphans()

        assert owner == store_of(outbox)._owner
        assert 1 == (await other.counts())[OutboxState.SENDING]


async def test_owner_whose_lock_is_still_held_is_replaced(place: str) -> None:
    """The server may take a while to detect that the old session has ended."""
    async with PostgresOutbox(place) as outbox:
        owner = await store_of(outbox).acquire_owner()
        await kill_owner(outbox)
        store_of(outbox)._owner = owner
        async with await psycopg.AsyncConnection.connect(place, autocommit=True) as zombie:
            await zombie.execute("SELECT pg_advisory_lock(%s)", [owner])
            await outbox.put(MESSAGE)

            assert owner != await store_of(outbox).acquire_owner()


async def test_connection_that_breaks_in_a_transaction_is_an_error(place: str) -> None:
    """The transaction is retried once, not forever."""
    async with PostgresOutbox(place) as outbox:
        with pytest.raises(OutboxError, match="terminating connection"):
            await outbox._ledger.run(value_of("SELECT pg_terminate_backend(pg_backend_pid())"))
        await outbox.put(MESSAGE)


async def test_unreachable_server_is_an_error(place: str) -> None:
    """The message is libpq's, without the password."""
    del place
    with pytest.raises(OutboxError, match="can't be used") as caught:
        await PostgresOutbox("host=127.0.0.1 port=1 password=pa55word").__aenter__()

    assert "pa55word" not in str(caught.value)
    assert caught.value.__context__ is None


async def test_keys_in_opposite_orders_do_not_deadlock(place: str) -> None:
    """Two processes import one file: PostgreSQL ends one transaction, which is retried."""
    keys = [str(number) for number in range(60)]
    async with PostgresOutbox(place) as one, PostgresOutbox(place) as two:
        found = await asyncio.gather(
            *(one.put(MESSAGE, key) for key in keys),
            *(two.put(MESSAGE, key) for key in reversed(keys)),
        )
        counts = await one.counts()

    assert 60 == counts[OutboxState.QUEUED] == len({entry.id for entry in found})


async def test_commits_are_synced_whatever_the_settings_of_the_server(place: str) -> None:
    """`put` promises that the message is on disk."""
    lax = place.replace("options='", "options='-c synchronous_commit=off ")
    async with PostgresOutbox(lax) as outbox:
        assert "on" == await outbox._ledger.run(value_of("SHOW synchronous_commit"))


async def test_tables_of_a_newer_version_are_refused(place: str) -> None:
    """The connection is closed, too."""
    async with PostgresOutbox(place) as outbox:
        await outbox._ledger.run(value_of("UPDATE smsc_outbox_version SET version = 3 RETURNING 1"))
    newer = PostgresOutbox(place)
    with pytest.raises(OutboxError, match="newer"):
        await newer.__aenter__()

    assert store_of(newer)._connection is None


async def test_role_that_may_not_migrate_the_tables_gets_the_remedy(place: str) -> None:
    """The owner of the tables has to open the outbox once after an update."""
    make_version_1(place)
    schema = place.partition("search_path=")[2].rstrip("'")
    guest = f"user_of_{schema}"
    with psycopg.connect(place, autocommit=True) as owner:
        for sql in (
            f"CREATE ROLE {guest} LOGIN",
            f"GRANT USAGE ON SCHEMA {schema} TO {guest}",
            f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {guest}",
        ):
            owner.execute(sql.encode())
    with pytest.raises(OutboxError, match="as the owner of its tables"):
        await PostgresOutbox(place.replace("user=smsc", f"user={guest}")).__aenter__()


async def test_role_that_may_use_the_tables_need_not_create_them(place: str) -> None:
    """Applications seldom have the right to create tables."""
    async with PostgresOutbox(place):
        pass
    schema = place.partition("search_path=")[2].rstrip("'")
    guest = f"guest_of_{schema}"
    with psycopg.connect(place, autocommit=True) as owner:
        for sql in (
            f"CREATE ROLE {guest} LOGIN",
            f"GRANT USAGE ON SCHEMA {schema} TO {guest}",
            f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {guest}",
            f"GRANT ALL ON ALL SEQUENCES IN SCHEMA {schema} TO {guest}",
        ):
            owner.execute(sql.encode())
    async with PostgresOutbox(place.replace("user=smsc", f"user={guest}")) as outbox:
        await outbox.put(MESSAGE)


def test_missing_extra_is_an_error(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has the command that installs it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(OutboxError, match=r"pip install 'smsc-async\[postgres\]'"):
        asyncio.run(PostgresOutbox(place).__aenter__())


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (psycopg.errors.DiskFull("could not extend file"), OutboxFullError),
        (psycopg.errors.LockNotAvailable("canceling statement"), OutboxLockedError),
        (psycopg.errors.DeadlockDetected("deadlock detected"), OutboxLockedError),
        (psycopg.OperationalError("gone\nDETAIL: secret words"), OutboxUnavailableError),
        (psycopg.InterfaceError(), OutboxUnavailableError),
        (psycopg.errors.AdminShutdown("terminating connection"), OutboxUnavailableError),
        (psycopg.errors.UndefinedTable("no such table"), OutboxError),
    ],
)
def test_errors_have_the_same_types_as_those_of_sqlite(
    place: str, error: psycopg.Error, kind: type[OutboxError]
) -> None:
    """One handler serves both outboxes; details that may repeat values are left out."""
    del place
    translated = _translate(error)

    assert kind is type(translated)
    assert "secret" not in str(translated)


class Relay:
    """A port that leads to the server, until it is cut.

    Args:
        place: The server's conninfo.
    """

    def __init__(self, place: str) -> None:
        self._port = int(place.partition("port=")[2].partition(" ")[0])
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def open(self) -> None:
        """Lead to the server from now on."""
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End all connections, and refuse new ones: the server restarts."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0.05)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Lead one connection to the server."""
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, back}
        with suppress(OSError):
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        self._writers -= {writer, back}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy octets until the end."""
    while octets := await reader.read(65536):
        writer.write(octets)
    writer.close()


@pytest.fixture
async def relay(place: str) -> AsyncGenerator[Relay]:
    """Open a port that leads to the server."""
    made = Relay(place)
    await made.open()
    yield made
    await made.cut()


async def has_accepted(outbox: PostgresOutbox, number: int) -> bool:
    """Whether so many entries are ACCEPTED."""
    return (await outbox.counts())[OutboxState.ACCEPTED] >= number


def through(place: str, relay: Relay) -> str:
    """Return the conninfo of the relay."""
    port = place.partition("port=")[2].partition(" ")[0]
    return place.replace(f"port={port}", f"port={relay.port}")


@pytest.mark.takes_up_to(20, reason="a server is away for a while")
async def test_worker_outlives_a_restart_of_the_server(
    place: str, relay: Relay, client: ScriptedClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Outcomes and receipts wait for its return; nothing is lost or sent twice."""
    answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
    client.answers = [answer, Accepted(("18",))]
    client.receipts_to_come = [Receipt(message_id="17", state=MessageState.DELIVERED)]
    async with PostgresOutbox(through(place, relay)) as outbox:
        await outbox.put(MESSAGE)
        worker = asyncio.create_task(outbox.run(client.as_client, receipts=False))
        await asyncio.wait_for(client.was_called.wait(), 60)
        await relay.cut()
        answer.set_result(Accepted(("17",)))
        await until(lambda: outbox.last_error is not None)
        assert "can't be used" in str(outbox.last_error)
        await relay.open()
        await until(lambda: outbox.last_error is None)
        await outbox.put(Sms(to="79991234568", text="hi"))
        await until(lambda: has_accepted(outbox, 2))
        worker.cancel()
        await asyncio.wait([worker])

    assert worker.cancelled()
    assert 2 == len(client.sent)
    assert 1 == sum("trying again" in record.message for record in caplog.records)


@pytest.mark.takes_up_to(20, reason="a server is away for a while")
async def test_receipt_waits_for_the_return_of_the_server(
    place: str, relay: Relay, client: ScriptedClient
) -> None:
    """The gateway has its answer already and doesn't report it again."""
    may_come = asyncio.Event()

    async def receipts() -> AsyncGenerator[Receipt]:
        """Yield a receipt while the server is away."""
        await may_come.wait()
        yield Receipt(message_id="17", state=MessageState.DELIVERED)
        await asyncio.get_running_loop().create_future()

    client.receipts = receipts  # type: ignore[method-assign]  # a double
    async with PostgresOutbox(through(place, relay)) as outbox:
        entry = await outbox.put(MESSAGE)
        worker = asyncio.create_task(outbox.run(client.as_client))
        await until(lambda: has_accepted(outbox, 1))
        await relay.cut()
        may_come.set()
        await until(lambda: outbox.last_error is not None)
        await relay.open()
        async with asyncio.timeout(15):
            while True:
                with suppress(OutboxError):
                    found = await outbox.get(entry)
                    if found is not None and found.receipt is not None:
                        break
                await asyncio.sleep(0.05)
        worker.cancel()
        await asyncio.wait([worker])

    assert MessageState.DELIVERED is found.receipt


async def test_patience_with_the_server_ends(
    place: str, relay: Relay, client: ScriptedClient
) -> None:
    """Then the run ends with the reason, and nothing was sent."""
    async with PostgresOutbox(through(place, relay)) as outbox:
        await outbox.put(MESSAGE)
        await relay.cut()
        with pytest.raises(OutboxUnavailableError, match="can't be used"):
            await outbox.run(client.as_client, patience=0.0)
        assert [] == client.sent
        await relay.open()
        await outbox.run(client.as_client, stop_when_empty=True)

    assert [MESSAGE] == client.sent


@contextmanager
def stopped(outbox: PostgresOutbox) -> Iterator[None]:
    """Stop the server's process of a connection: it is there and doesn't answer."""
    connection = store_of(outbox)._connection
    assert connection is not None
    pid = connection.info.backend_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up on a silent server after a moment."""
    monkeypatch.setattr("smsc_async.outbox.postgres_connection.ANSWER_TIMEOUT", 0.5)


@pytest.mark.takes_up_to(20, reason="a server is silent for a while")
@pytest.mark.usefixtures("impatient")
async def test_silent_server_is_unavailable(place: str) -> None:
    """The connection is dropped, and the next call uses another one."""
    async with PostgresOutbox(place, patience=0.1) as outbox:
        with stopped(outbox):
            with pytest.raises(OutboxUnavailableError, match="hasn't answered for 1 s"):
                await outbox.put(MESSAGE)
            await outbox.put(MESSAGE)
            assert 1 == (await outbox.counts())[OutboxState.QUEUED]


@pytest.mark.takes_up_to(20, reason="a server is silent for a while")
@pytest.mark.usefixtures("impatient")
async def test_outbox_of_a_silent_server_closes(place: str, client: ScriptedClient) -> None:
    """So does a cancelled worker; the outcome is stored over the next connection."""
    answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
    client.answers = [answer]
    outbox = PostgresOutbox(place, patience=0.1)
    await outbox.__aenter__()
    await outbox.put(MESSAGE)
    worker = asyncio.create_task(outbox.run(client.as_client))
    await asyncio.wait_for(client.was_called.wait(), 60)
    with stopped(outbox):
        answer.set_result(Accepted(("17",)))
        await asyncio.sleep(0)
        worker.cancel()
        await asyncio.wait([worker])
        await outbox.__aexit__(None, None, None)
    async with PostgresOutbox(place) as other:
        await until(lambda: has_accepted(other, 1))

    assert [MESSAGE] == client.sent


@pytest.mark.takes_up_to(20, reason="a lock is held for a while")
async def test_lock_of_another_transaction_is_waited_for_as_long_as_patience(place: str) -> None:
    """A table that is locked for an hour must not hold a web process for an hour."""
    async with PostgresOutbox(place, patience=0.2) as outbox:
        await outbox.put(MESSAGE)
        with psycopg.connect(place) as other:
            other.execute("LOCK TABLE smsc_outbox")
            with pytest.raises(OutboxLockedError, match="lock timeout"):
                await outbox.put(MESSAGE)
        await outbox.put(MESSAGE)


async def test_statement_that_takes_too_long_is_ended_by_the_server(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would go on there although nothing waits for it."""
    monkeypatch.setattr("smsc_async.outbox.postgres_connection.STATEMENT_TIMEOUT", 0.1)
    async with PostgresOutbox(place, patience=0.1) as outbox:
        with pytest.raises(OutboxUnavailableError, match="statement timeout"):
            await outbox._ledger.run(value_of("SELECT pg_sleep(60)"))
        await outbox.put(MESSAGE)


async def test_migration_may_take_longer(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A million rows take a while, and ending it halfway would never let it finish."""
    make_version_1(place)
    for name in ("STATEMENT_TIMEOUT", "ANSWER_TIMEOUT"):
        monkeypatch.setattr(f"smsc_async.outbox.postgres_connection.{name}", 0.3)
    changes = ("SELECT pg_sleep(1)", *schema._CHANGES_2)
    monkeypatch.setattr("smsc_async.outbox.schema._CHANGES_2", changes)
    async with PostgresOutbox(place, patience=0.1) as outbox:
        await outbox.put(MESSAGE)


async def test_messages_are_stored_whatever_the_encoding_of_the_client_is(place: str) -> None:
    """It is a setting of the role, the database or the environment."""
    latin = place.replace("options='", "options='-c client_encoding=LATIN1 ")
    message = Sms(to="79991234567", text="Заказ готов 🙂")
    async with PostgresOutbox(latin) as outbox:
        entry = await outbox.put(message, "ключ")
        assert message == entry.message
        assert entry == await outbox.find("ключ")


async def test_parameters_of_the_user_come_first(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the outbox are for what isn't given."""
    async with PostgresOutbox(f"{place} keepalives_idle=7 connect_timeout=33") as outbox:
        connection = store_of(outbox)._connection
        assert connection is not None
        given = connection.info.get_parameters()
        assert ("7", "10", "33") == tuple(
            given[name] for name in ("keepalives_idle", "keepalives_interval", "connect_timeout")
        )
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "44")
    async with PostgresOutbox(place) as outbox:
        connection = store_of(outbox)._connection
        assert connection is not None
        assert "44" == connection.info.get_parameters()["connect_timeout"]
