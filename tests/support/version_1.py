"""The tables of the outbox as 0.1.0 made them, and what its workers did with them.

Rule: what is stored lives on, so these statements never change.
"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from typing import Any

import psycopg

TABLES = (
    "CREATE TABLE smsc_outbox_version (version INTEGER PRIMARY KEY)",
    """CREATE TABLE smsc_outbox (
        id {identity},
        key TEXT UNIQUE,
        form TEXT NOT NULL,
        state TEXT NOT NULL,
        created_at DOUBLE PRECISION NOT NULL,
        changed_at DOUBLE PRECISION NOT NULL,
        not_before DOUBLE PRECISION NOT NULL,
        owner BIGINT,
        attempts INTEGER NOT NULL DEFAULT 0,
        message_ids TEXT NOT NULL DEFAULT '[]',
        command_status BIGINT,
        reason TEXT NOT NULL DEFAULT '',
        receipt INTEGER
    )""",
    "CREATE INDEX smsc_outbox_state ON smsc_outbox (state, id)",
    """CREATE TABLE smsc_outbox_parts (
        message_id TEXT PRIMARY KEY,
        entry BIGINT NOT NULL,
        state INTEGER
    )""",
    "CREATE INDEX smsc_outbox_parts_entry ON smsc_outbox_parts (entry)",
    "CREATE TABLE smsc_outbox_owners (owner BIGINT PRIMARY KEY)",
    "INSERT INTO smsc_outbox_version (version) VALUES (1)",
)
CLAIM = "UPDATE smsc_outbox SET state = 'sending', owner = 7, attempts = 1 WHERE state = 'queued'"
"""What a worker of 0.1.0 does first."""
COLUMNS = (
    "key", "form", "state", "created_at", "changed_at", "not_before",
    "owner", "attempts", "message_ids", "command_status", "reason",
)  # fmt: skip


def entry(text: str, state: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - of any column
    """Return a row: a message that was put an hour ago."""
    at = time.time() - 3600
    form = json.dumps({"v": 1, "kind": "Sms", "to": "+79991234567", "text": text})
    row = {
        "key": text, "form": form, "state": state, "created_at": at, "changed_at": at,
        "not_before": at, "owner": None, "attempts": 0, "message_ids": "[]",
        "command_status": None, "reason": "",
    }  # fmt: skip
    return row | more


def execute(place: str, *statements: tuple[str, dict[str, Any]]) -> list[Any]:
    """Run statements on a database in one transaction; return the rows of the last one."""
    is_postgres = place.startswith("host=")
    rows: list[Any] = []
    if is_postgres:
        with psycopg.connect(place) as connection:
            for sql, values in statements:
                cursor = connection.execute(_named(sql).encode(), values)
                rows = cursor.fetchall() if cursor.description else []
        return rows
    with closing(sqlite3.connect(place)) as database, database:
        for sql, values in statements:
            identity = "INTEGER PRIMARY KEY AUTOINCREMENT"
            rows = database.execute(sql.replace("{identity}", identity), values).fetchall()
    return rows


def _named(sql: str) -> str:
    """Return a statement in the dialect of PostgreSQL and psycopg."""
    sql = sql.replace("{identity}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
    for name in (*COLUMNS, "owner"):
        sql = sql.replace(f":{name},", f"%({name})s,").replace(f":{name})", f"%({name})s)")
    return sql


def make_version_1(place: str, *entries: dict[str, Any], owners: tuple[int, ...] = ()) -> None:
    """Make an outbox of 0.1.0 with these entries and registered owners."""
    names, values = ", ".join(COLUMNS), ", ".join(f":{name}" for name in COLUMNS)
    insert = f"INSERT INTO smsc_outbox ({names}) VALUES ({values})"  # noqa: S608 - constants
    execute(
        place,
        *((sql, {}) for sql in TABLES),
        *((insert, row) for row in entries),
        *(("INSERT INTO smsc_outbox_owners VALUES (:owner)", {"owner": one}) for one in owners),
    )
