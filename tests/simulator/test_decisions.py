"""What the simulated SMSC accepts, decided without a response."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from requests_by_hand import submit

from pdu import BindTransceiver, CommandStatus, QuerySm
from smsc_async.listener import ClientSession
from smsc_async.simulator import Scenario, refusals
from smsc_async.simulator.decisions import refusal_of_bind, refusal_of_query, verdict_on_submit
from smsc_async.simulator.fates import ORDINARY
from smsc_async.simulator.received import read_submit
from smsc_async.simulator.smsc import SimulatedSmsc

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
ACCOUNTS = {"shop": "secret"}


@pytest.mark.parametrize(
    ("login", "password", "text"),
    [
        ("shop", "secret", None),
        ("shop", "Secret", refusals.WRONG_PASSWORD),
        ("shop", "", refusals.WRONG_PASSWORD),
        ("Shop", "secret", refusals.UNKNOWN_LOGIN),
    ],
)
def test_bind_needs_login_and_password_of_an_account(
    login: str, password: str, text: str | None
) -> None:
    """Both as they are written; the two faults have texts of their own."""
    bind = BindTransceiver(system_id=login, password=password)
    refusal = refusal_of_bind(Scenario(accounts=ACCOUNTS), bind)

    assert text == (refusal and refusal.text)


def test_status_of_the_scenario_comes_before_the_accounts() -> None:
    """A scenario that refuses all binds needs no accounts."""
    scenario = Scenario(bind_status=CommandStatus.ESME_RALYBND, accounts=ACCOUNTS)
    refusal = refusal_of_bind(scenario, BindTransceiver(system_id="x", password="y"))

    assert refusal is not None
    assert (CommandStatus.ESME_RALYBND, refusals.SCENARIO) == refusal[:2]


def test_refused_submit_leaves_the_state_as_it_is() -> None:
    """A decision counts what a rule stops, and nothing else; the response is another module's."""
    smsc = SimulatedSmsc(Scenario(submit_status=0x45), now=0.0, wall=NOW)
    link = ClientSession(smsc, "", 0.0).link
    verdict = verdict_on_submit(
        smsc.state, link, read_submit(link, submit("hi")), ORDINARY, number=1, now=0.0
    )

    assert verdict.refusal is not None
    assert (0x45, refusals.SCENARIO) == verdict.refusal[:2]
    assert (None, 0) == (verdict.stop, verdict.error)
    assert not smsc.state.parts
    assert 0 == smsc.stats().stopped
    assert b"" == link.session.data_to_send()


def test_query_of_an_unknown_id_is_refused() -> None:
    """Also by an SMSC that isn't strict: there is no state to tell."""
    smsc = SimulatedSmsc(Scenario(), now=0.0, wall=NOW)
    pdu = QuerySm(message_id="855469")
    link = ClientSession(smsc, "", 0.0).link
    for is_strict in (True, False):
        refusal = refusal_of_query(Scenario(strict=is_strict), link, pdu, None)

        assert refusal is not None
        assert refusals.UNKNOWN_ID == refusal.text
