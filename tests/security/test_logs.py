"""The log of every test of the fault matrix is searched, with all loggers at DEBUG.

Rule: the fixture `watched_log` is given to each of them when they are collected; here it is proved
that it is, and that it finds what it is to find.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from faultlab import client_of
from log_watch import LogWatch, attach, name_of, proofs_of_faults, shapes
from scripted import Gateway

from smsc_async import Email, Sms

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER, TEXT, PASSWORD = "79991230987", "Код 730951", "secret"
LOG = logging.getLogger("any.logger")


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogWatch]:
    """A second watch, whose findings fail no test."""
    watch = LogWatch()
    attach(watch, monkeypatch)
    logging.getLogger().addHandler(watch)
    yield watch
    logging.getLogger().removeHandler(watch)


async def test_no_log_line_holds_a_secret(watch: LogWatch, watched_log: LogWatch) -> None:
    """What passes is noted: texts both ways, numbers, addresses, comments, the password."""
    octets = TEXT[::-1].encode("utf-16-be")
    async with Gateway() as gateway, client_of(gateway.url()) as smsc:
        await smsc.send(Sms(to=NUMBER, text=TEXT, comment="order 17"))
        await smsc.send(Email(to="ann@shop.example", text="hello", subject="bill", sender="Shop"))
        gateway.peer.deliver(source_addr="79997654321", data_coding=8, short_message=octets)
        await anext(aiter(smsc.incoming()))

    secrets = {NUMBER, TEXT, "order 17", "ann@shop.example", "hello", "bill"}
    assert secrets | {"79997654321", TEXT[::-1], PASSWORD} <= watch.secrets
    assert any("submit_sm" in line for line in watch.lines)
    assert [] == watch.leaks()
    assert watched_log.lines == watch.lines


@pytest.mark.parametrize("shape", list(shapes(TEXT)) + list(shapes(NUMBER)))
def test_secret_is_found_in_any_form(watch: LogWatch, shape: str) -> None:
    """As it is, escaped, as octets, in hexadecimal; in the arguments of a line, too."""
    Sms(to=NUMBER, text=TEXT)
    watch.handle(LOG.makeRecord("x", 10, "", 1, f"line {shape}", (), None))

    assert [shape in line for line, _ in watch.leaks()] == [True]


def test_secret_of_a_traceback_is_found(watch: LogWatch) -> None:
    """An error that quotes a message is logged with its sentence."""
    Sms(to=NUMBER, text=TEXT)
    error = ValueError(TEXT)
    watch.handle(LOG.makeRecord("x", 10, "", 1, "line", (), (ValueError, error, None)))

    assert 1 == len(watch.leaks())


def test_every_proof_of_the_matrix_is_watched(request: pytest.FixtureRequest) -> None:
    """Those of other rooms, too, as far as they are collected; this module is one of them."""
    proofs = proofs_of_faults()
    items: list[Any] = request.session.items

    assert {"faults/test_session", "client/test_client"} <= {module for module, _ in proofs}
    assert any(name_of(item) in proofs for item in items if item.path.name == "test_logs.py")
    assert [] == [
        item.nodeid
        for item in items
        if name_of(item) in proofs and "watched_log" not in item.fixturenames
    ]
