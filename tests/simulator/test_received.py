"""A submit_sm is read as what it carries: its text, its part, its kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from requests_by_hand import submit

from pdu.text import Carrier
from smsc_async.gateway.compose import submits_of
from smsc_async.messages import HlrQuery, Sms
from smsc_async.session import Role, Session
from smsc_async.simulator import Scenario
from smsc_async.simulator.accounts import ClientLink
from smsc_async.simulator.pdus import HLR
from smsc_async.simulator.received import accepted_part, read_submit

if TYPE_CHECKING:
    from pdu import SubmitSm

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def link() -> ClientLink:
    """A link that isn't bound."""
    return ClientLink(Session(Role.SMSC, now=0.0))


def _hlr() -> SubmitSm:
    """Return the submit_sm of an HLR query."""
    (pdu,) = submits_of(HlrQuery(to="79991234567"))
    return pdu


def test_single_message_is_read_with_its_text(link: ClientLink) -> None:
    """As a function in `Scenario.submit_status` sees it."""
    view = read_submit(link, submit("hello")).view

    assert ("Shop", "79991234567", "hello", b"hello", 4) == (
        view.sender,
        view.recipient,
        view.text,
        view.octets,
        view.data_coding,
    )


def test_part_is_read_without_its_header(link: ClientLink) -> None:
    """Its numbers are the segment's; it is charged as one part."""
    second = submits_of(Sms(to="79991234567", text="x" * 200), reference=7)[1]
    read = read_submit(link, second)

    assert (Carrier.UDH_8, 7, 2, 2) == read.segment[1:5]
    assert "x" * 47 == read.view.text
    assert 1 == accepted_part(1, read, 0, Scenario(), at=AT).charged


def test_record_has_the_kind_and_the_addresses(link: ClientLink) -> None:
    """The receipt is made of it."""
    part = accepted_part(855_469, read_submit(link, _hlr()), 251, Scenario(), at=AT)

    assert (HLR, 251, (1, 1), AT) == (part.flags, part.stop_error, part.dest, part.submitted_at)
