"""`resend` is charged once at most, unless a user allows a second payment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from idle_clock import pass_time
from outboxes import Accepted, ScriptedClient, begin_sending, kill_owner
from version_1 import execute

from smsc_async import (
    CommandStatus,
    GatewayLimits,
    InvalidMessageError,
    Outcome,
    RepeatedMessageError,
    ResponseTimeoutError,
    Sms,
    SmscClient,
    SubmitInterruptedError,
    SubmitRefusedError,
    ThrottledError,
)
from smsc_async.outbox import OutboxConsentError, OutboxState, OutboxStateError
from smsc_async.simulator import GatewayClock, Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from smsc_async.outbox import OutboxEntry
    from smsc_async.outbox.attempt import Attempt
    from smsc_async.outbox.base import BaseOutbox

MESSAGE = Sms(to="79991234567", text="Code: 4821")
NO_RESPONSE = ResponseTimeoutError(MESSAGE, timeout=1.0)
BALANCE = CommandStatus.ESME_RSUBMITFAIL


async def only(outbox: BaseOutbox) -> OutboxEntry:
    """Return the only entry."""
    (entry,) = [entry async for entry in outbox.entries()]
    return entry


async def unknown(outbox: BaseOutbox, client: ScriptedClient) -> OutboxEntry:
    """Return an entry whose first attempt got no response."""
    await outbox.put(MESSAGE)
    client.answers = [NO_RESPONSE, Accepted()]
    await outbox.run(client.as_client, stop_when_empty=True)
    client.sent.clear()
    client.tickets.clear()
    entry = await only(outbox)
    assert OutboxState.UNKNOWN is entry.state
    return entry


def age(place: str, seconds: float) -> None:
    """Let the first attempt be older, on all clocks that are stored."""
    sql = (
        f"UPDATE smsc_outbox SET sending_at = sending_at - {seconds}, boot_at = boot_at - {seconds}"  # noqa: S608 - constants of these tests
    )
    execute(place, (sql, {}))


@pytest.fixture
async def gateway() -> AsyncGenerator[Simulator]:
    """Run a gateway that keeps the repeat rule and doesn't respond at first."""
    async with Simulator(Scenario(silent=True)) as simulator:
        yield simulator


async def first_attempt(outbox: BaseOutbox, smsc: SmscClient, gateway: Simulator) -> None:
    """Send a message that arrives and gets no response."""
    await outbox.put(MESSAGE)
    await outbox.run(smsc, stop_when_empty=True)
    assert OutboxState.UNKNOWN is (await only(outbox)).state
    gateway.scenario = Scenario(receipts=False)


async def test_resend_within_the_minute_is_accepted_once(
    outbox: BaseOutbox, gateway: Simulator
) -> None:
    """The gateway refuses the repeat of a message that it has."""
    async with SmscClient(f"{gateway.url}?timeout=0.05") as smsc:
        await first_attempt(outbox, smsc, gateway)
        pass_time(1.0)
        await outbox.resend(await only(outbox))
        await outbox.run(smsc, stop_when_empty=True)
    entry = await only(outbox)

    assert 1 == len(gateway.messages)
    assert (OutboxState.UNKNOWN, 2) == (entry.state, entry.attempts)
    assert "refused: ESME_" in entry.reason


async def test_resend_after_a_restart_is_accepted_once(
    outbox: BaseOutbox, gateway: Simulator
) -> None:
    """Another client remembers nothing of the first attempt; the outbox does."""
    async with SmscClient(f"{gateway.url}?timeout=0.05") as smsc:
        await first_attempt(outbox, smsc, gateway)
    await outbox.resend(await only(outbox))
    async with SmscClient(gateway.url) as smsc:
        await outbox.run(smsc, stop_when_empty=True)

    assert 1 == len(gateway.messages)
    assert OutboxState.UNKNOWN is (await only(outbox)).state


async def test_worker_that_stood_still_does_not_send_it_again(
    outbox: BaseOutbox, gateway: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the 50th second to the 70th: then the gateway would accept the repeat."""
    begin, clock_of_rules = outbox._ledger.begin_sending, GatewayClock()

    async def begin_and_stop(attempts: Sequence[Attempt], clock: Any) -> Any:  # noqa: ANN401 - as the real one
        """Store that it is about to be written, then stand still."""
        kept = await begin(attempts, clock)
        pass_time(20.0)
        clock_of_rules.advance(20.0)
        return kept

    async with SmscClient(f"{gateway.url}?timeout=0.05", clock=clock_of_rules) as smsc:
        await first_attempt(outbox, smsc, gateway)
        pass_time(50.0)
        clock_of_rules.advance(50.0)
        await outbox.resend(await only(outbox))
        monkeypatch.setattr(outbox._ledger, "begin_sending", begin_and_stop)
        await outbox.run(smsc, stop_when_empty=True)
    entry = await only(outbox)

    assert 1 == len(gateway.messages)
    assert OutboxState.UNKNOWN is entry.state
    assert "may_pay_twice=True" in entry.reason


async def test_resend_of_a_message_that_never_arrived_is_accepted(
    outbox: BaseOutbox, client: ScriptedClient
) -> None:
    """That is what it is for. The rules take it for a repeat of its own first attempt."""
    lost: Any = SubmitInterruptedError(MESSAGE, outcome=Outcome.UNKNOWN)
    lost.reservation = 17.0
    await outbox.put(MESSAGE)
    client.answers = [lost, Accepted(("17",))]
    await outbox.run(client.as_client, stop_when_empty=True)
    await outbox.resend(await only(outbox))
    await outbox.run(client.as_client, stop_when_empty=True)
    entry = await only(outbox)

    assert (OutboxState.ACCEPTED, ("17",)) == (entry.state, entry.message_ids)
    assert [None, 17.0] == [ticket.replaces for ticket in client.tickets]


async def test_reservation_in_a_shared_store_survives_a_restart(
    outbox: BaseOutbox, client: ScriptedClient
) -> None:
    """Redis holds the repeat of another process too, unless it names the reservation."""
    lost: Any = ResponseTimeoutError(MESSAGE, timeout=1.0)
    lost.reservation = "worker 3"
    await outbox.put(MESSAGE)
    client.answers = [lost, Accepted()]
    await outbox.run(client.as_client, stop_when_empty=True)
    outbox._ledger._reservations.clear()
    await outbox.resend(await only(outbox))
    await outbox.run(client.as_client, stop_when_empty=True)

    assert "worker 3" == client.tickets[1].replaces


@pytest.mark.parametrize(
    "error",
    [
        SubmitRefusedError(MESSAGE, command_status=BALANCE),
        InvalidMessageError("text", "x", "doesn't fit"),
        ResponseTimeoutError(MESSAGE, timeout=1.0),
        ThrottledError(MESSAGE, command_status=BALANCE, retry_after=1.0, message_ids=("18",)),
    ],
)
async def test_error_of_a_resend_says_nothing_of_the_first_attempt(
    outbox: BaseOutbox, client: ScriptedClient, error: Exception
) -> None:
    """It may have been accepted: the entry stays UNKNOWN and is never REFUSED."""
    first = ResponseTimeoutError(MESSAGE, timeout=1.0, message_ids=("17",))
    await outbox.put(MESSAGE)
    client.answers = [first, error]
    await outbox.run(client.as_client, stop_when_empty=True)
    await outbox.resend(await only(outbox))
    await outbox.run(client.as_client, stop_when_empty=True)
    entry = await only(outbox)

    assert OutboxState.UNKNOWN is entry.state
    assert str(error).partition(" (outcome=")[0] in entry.reason
    assert "outcome=" not in entry.reason
    assert ("17", *getattr(error, "message_ids", ())) == entry.message_ids
    with pytest.raises(OutboxStateError):
        await outbox.replace(entry, Sms(to=MESSAGE.to, text="another"))


async def test_resend_that_was_not_written_is_tried_again_in_time(
    outbox: BaseOutbox, client: ScriptedClient, place: str
) -> None:
    """It goes back to the queue, and to UNKNOWN where its wait would be too long."""
    await unknown(outbox, client)
    short = ThrottledError(MESSAGE, command_status=BALANCE, retry_after=0.01)
    client.answers = [short, RepeatedMessageError(MESSAGE, retry_after=60.0), Accepted()]
    await outbox.resend(1)
    await outbox.run(client.as_client, stop_when_empty=True)
    entry = await only(outbox)
    del place

    assert 2 == len(client.sent)
    assert (OutboxState.UNKNOWN, 3) == (entry.state, entry.attempts)


async def test_after_the_window_consent_is_needed(
    outbox: BaseOutbox, client: ScriptedClient, place: str
) -> None:
    """The gateway would accept the repeat, and both would be charged."""
    await unknown(outbox, client)
    age(place, 59.5)
    with pytest.raises(OutboxConsentError, match="charged twice"):
        await outbox.resend(1)
    assert OutboxState.UNKNOWN is (await only(outbox)).state
    await outbox.discard(1)
    with pytest.raises(OutboxConsentError):
        await outbox.resend(1)
    await outbox.resend(1, may_pay_twice=True)
    await outbox.run(client.as_client, stop_when_empty=True)

    assert [MESSAGE] == client.sent
    assert OutboxState.ACCEPTED is (await only(outbox)).state


@pytest.mark.parametrize(
    "change",
    [
        # An hour back: the first attempt seems to lie in the future.
        "sending_at = sending_at + 3600, boot_at = boot_at - 100",
        "sending_at = sending_at + 3600, boot = 'another machine'",
        "boot = NULL",
        "boot_at = boot_at - 100",
        "sending_at = sending_at - 100",
    ],
)
async def test_clock_that_was_set_back_does_not_open_the_window(
    outbox: BaseOutbox, client: ScriptedClient, place: str, change: str
) -> None:
    """Every clock that knows of the first attempt must agree."""
    await unknown(outbox, client)
    execute(place, (f"UPDATE smsc_outbox SET {change}", {}))  # noqa: S608 - constants of these tests
    with pytest.raises(OutboxConsentError):
        await outbox.resend(1)


@pytest.mark.parametrize(
    "change",
    ["boot_at = boot_at - 100", "boot = 'another machine'", "written_at = written_at - 100"],
)
async def test_worker_checks_the_window_again(
    outbox: BaseOutbox, client: ScriptedClient, place: str, change: str
) -> None:
    """The entry may have waited, or the worker's machine knows better than the caller's."""
    await unknown(outbox, client)
    await outbox.resend(1)
    change = change.replace("written_at", "sending_at")
    execute(place, (f"UPDATE smsc_outbox SET {change}", {}))  # noqa: S608 - constants of these tests
    await outbox.run(client.as_client, stop_when_empty=True)

    assert [] == client.sent
    assert OutboxState.UNKNOWN is (await only(outbox)).state


async def test_limits_without_a_repeat_window_make_no_resend_safe(
    outbox: BaseOutbox, client: ScriptedClient
) -> None:
    """Nothing says that this gateway refuses repeats."""
    await unknown(outbox, client)
    client.limits = GatewayLimits.off()
    await outbox.resend(1)
    await outbox.run(client.as_client, stop_when_empty=True)

    assert [] == client.sent
    assert OutboxState.UNKNOWN is (await only(outbox)).state


async def test_entry_of_a_killed_worker_is_sent_again_in_time(
    outbox: BaseOutbox, client: ScriptedClient, place: str
) -> None:
    """Its write was stored before it happened."""
    await outbox.put(MESSAGE)
    await begin_sending(outbox)
    await kill_owner(outbox)
    await outbox._ledger.recover_orphans()
    await outbox.resend(1)
    await outbox.run(client.as_client, stop_when_empty=True)
    del place

    assert [MESSAGE] == client.sent


async def test_refused_message_needs_no_consent(
    outbox: BaseOutbox, client: ScriptedClient, place: str
) -> None:
    """What the gateway refused isn't charged, however long ago that was."""
    await outbox.put(MESSAGE)
    client.answers = [SubmitRefusedError(MESSAGE, command_status=BALANCE), Accepted()]
    await outbox.run(client.as_client, stop_when_empty=True)
    execute(place, ("UPDATE smsc_outbox SET changed_at = 1e9, created_at = 1e9", {}))
    await outbox.resend(1)
    await outbox.run(client.as_client, stop_when_empty=True)

    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_message_that_is_charged_in_part_needs_consent(
    outbox: BaseOutbox, client: ScriptedClient, place: str
) -> None:
    """Its accepted parts would be charged again; another message is not sent in its place."""
    await outbox.put(MESSAGE)
    error = SubmitRefusedError(MESSAGE, command_status=BALANCE, message_ids=("17",))
    client.answers = [error]
    await outbox.run(client.as_client, stop_when_empty=True)
    age(place, 100)

    assert OutboxState.REFUSED is (await only(outbox)).state
    with pytest.raises(OutboxConsentError):
        await outbox.resend(1)
    with pytest.raises(OutboxStateError, match="may have been accepted"):
        await outbox.replace(1, Sms(to=MESSAGE.to, text="another"))
