"""Arguments are checked before they reach a transaction that others share."""

from __future__ import annotations

import asyncio
import enum
from math import inf, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from smsc_async import ConfigError, InvalidMessageError, Receipt, Sms
from smsc_async.outbox import Outbox, OutboxState, PostgresOutbox
from smsc_async.outbox.arguments import (
    LONGEST_AGE,
    checked_concurrency,
    checked_key,
    checked_path,
    checked_receipt,
)
from smsc_async.outbox.queries import get, move

if TYPE_CHECKING:
    from collections.abc import Callable

    from outboxes import ScriptedClient

    from smsc_async.outbox.base import BaseOutbox

MESSAGE = Sms(to="79991234567", text="Order 17 is ready")


async def read_entries(outbox: BaseOutbox, state: Any) -> None:  # noqa: ANN401 - of any type
    """Read the first entry in a state."""
    await anext(outbox.entries(state))


CALLS: dict[str, Callable[[Any], Any]] = {
    "put a key": lambda outbox: outbox.put(MESSAGE, key=5),
    "put octets": lambda outbox: outbox.put(MESSAGE, key=b"x"),
    "put a surrogate": lambda outbox: outbox.put(MESSAGE, key="\ud800"),
    "get": lambda outbox: outbox.get(2**63),
    "get below": lambda outbox: outbox.get(-5),
    "get nothing": lambda outbox: outbox.get(0),
    "get a text": lambda outbox: outbox.get("1"),
    "get a bool": lambda outbox: outbox.get(True),
    "get a fraction": lambda outbox: outbox.get(1.5),
    "find": lambda outbox: outbox.find(None),
    "discard": lambda outbox: outbox.discard(2**63),
    "discard a list": lambda outbox: outbox.discard(1, ["reason"]),
    "accept": lambda outbox: outbox.accept(2**4000),
    "resend": lambda outbox: outbox.resend(2**70),
    "replace": lambda outbox: outbox.replace(None, MESSAGE),
    "rename": lambda outbox: outbox.rename(2**63, "k"),
    "rename to nothing": lambda outbox: outbox.rename(1, ""),
    "rename to None": lambda outbox: outbox.rename(1, None),
    "rename at length": lambda outbox: outbox.rename(1, "k" * 100_000),
    "purge": lambda outbox: outbox.purge(older_than=nan),
    "purge the future": lambda outbox: outbox.purge(older_than=-1),
    "purge a text": lambda outbox: outbox.purge(older_than="x"),
    "purge forever": lambda outbox: outbox.purge(older_than=inf),
    "purge much": lambda outbox: outbox.purge(older_than=10**400),
    "entries": lambda outbox: read_entries(outbox, "queued"),
    "record": lambda outbox: outbox.record("17"),
    "record an id": lambda outbox: outbox.record(Receipt(message_id=5, state=2)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", CALLS)
async def test_bad_argument_is_refused_by_its_name(outbox: BaseOutbox, name: str) -> None:
    """The other calls of that turn happen."""
    calls = [outbox.put(MESSAGE), CALLS[name](outbox), outbox.put(MESSAGE)]
    _, found, _ = await asyncio.gather(*calls, return_exceptions=True)

    assert isinstance(found, ConfigError)
    assert found.name in {
        "key",
        "entry",
        "reason",
        "older_than",
        "state",
        "receipt",
        "receipt.message_id",
    }
    assert 2 == (await outbox.counts())[OutboxState.QUEUED]


@pytest.mark.parametrize("value", [2**63, 2**200, ["list"], object(), {1}])
async def test_value_that_no_check_found_fails_only_its_caller(
    outbox: BaseOutbox,
    client: ScriptedClient,
    value: Any,  # noqa: ANN401 - of any type
) -> None:
    """Neither the worker nor the puts of others end with it."""
    entry = await outbox.put(MESSAGE)

    def bad() -> Any:  # noqa: ANN401 - an operation
        """Store what can't be stored."""
        return move(entry.id, (OutboxState.QUEUED,), OutboxState.DISCARDED, value)

    worker = asyncio.create_task(outbox.run(client.as_client))
    puts = [outbox.put(MESSAGE, key=str(number)) for number in range(20)]
    found = await asyncio.gather(
        *puts[:10],
        outbox._ledger.run(bad),
        outbox._ledger.read(lambda: get(value)),
        *puts[10:],
        return_exceptions=True,
    )
    await asyncio.sleep(0)
    assert not worker.done()
    worker.cancel()
    await asyncio.wait([worker])

    assert not [one for one in found[:10] + found[12:] if isinstance(one, BaseException)]


async def test_message_of_no_kind_is_refused(outbox: BaseOutbox) -> None:
    """As the client does."""
    others: tuple[Any, ...] = (None, {}, "text")
    for other in others:
        with pytest.raises(InvalidMessageError):
            await outbox.put(other)


async def test_what_is_in_the_limits_is_taken(outbox: BaseOutbox) -> None:
    """The largest values that a database takes."""
    for number in (1, 2**63 - 1):
        assert await outbox.get(number) is None
    assert 0 == await outbox.purge(older_than=LONGEST_AGE)
    assert await outbox.find("x" * 1_000_000) is None


@pytest.mark.parametrize("concurrency", [0, -1, "5", 1.5, True, 2**63])
async def test_concurrency_that_is_no_number_of_messages_is_refused(
    outbox: BaseOutbox,
    client: ScriptedClient,
    concurrency: Any,  # noqa: ANN401 - the mistake
) -> None:
    """Before anything is claimed."""
    with pytest.raises(ConfigError, match="concurrency"):
        await outbox.run(client.as_client, concurrency=concurrency)


def test_key_of_a_subclass_is_stored_as_a_plain_text() -> None:
    """A driver may store an enumeration's name instead of its value."""

    class Order(str, enum.Enum):  # noqa: UP042 - whose text is its name
        """A key."""

        FIRST = "first"

    key = checked_key(Order.FIRST)

    assert (str, "first") == (type(key), key)


@pytest.mark.parametrize("path", [5, None, b"outbox.db", "a\0b"])
def test_path_that_names_no_file_is_refused(path: Any) -> None:  # noqa: ANN401 - the mistake
    """When the outbox is made, not when it is opened."""
    with pytest.raises(ConfigError, match="path"):
        Outbox(path)


def test_path_with_a_nul_is_not_shown() -> None:
    """It may be what should have been elsewhere, as a password."""
    with pytest.raises(ConfigError) as caught:
        checked_path("/srv/hunter2\0")

    assert "13 characters" == caught.value.value
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "got"),
    [("", "0 characters"), ("k" * 300, "300 characters"), ("a\nb", "one that isn't printable")],
)
def test_error_of_a_key_says_what_it_got(key: str, got: str) -> None:
    """Its length, or what is wrong in it, never the key."""
    with pytest.raises(ConfigError, match=f"1 to 255 printable characters, got {got}"):
        checked_key(key)


@pytest.mark.parametrize("number", [0, 2**70, "5", 1.5])
def test_error_of_a_number_names_both_limits(number: Any) -> None:  # noqa: ANN401 - the mistake
    """Whichever it breaks."""
    with pytest.raises(ConfigError, match=f"from 1 to {2**63 - 1}, got"):
        checked_concurrency(number)


def test_error_of_a_receipt_names_the_field() -> None:
    """The receipt itself is one."""
    with pytest.raises(ConfigError, match="message_id: takes a str, got int"):
        checked_receipt(Receipt(message_id=5, state=2))  # type: ignore[arg-type]  # the mistake


def test_paths_of_both_kinds_are_taken() -> None:
    """A text and a path."""
    assert checked_path("outbox.db") == checked_path(Path("outbox.db"))


@pytest.mark.parametrize("patience", [-1, nan, "5", True])
def test_patience_that_is_no_number_of_seconds_is_refused(patience: Any) -> None:  # noqa: ANN401 - the mistake
    """Of both kinds of outbox."""
    for kind in (Outbox, PostgresOutbox):
        with pytest.raises(ConfigError, match="patience"):
            kind("x", patience=patience)


def test_conninfo_is_a_text() -> None:
    """Others fail in the driver."""
    with pytest.raises(ConfigError, match="conninfo"):
        PostgresOutbox(5)  # type: ignore[arg-type]  # the mistake
