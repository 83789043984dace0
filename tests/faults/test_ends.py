"""What was answered counts, and what waits comes to an end.

Rule: a message whose response reached this machine never ends UNKNOWN, and every wait has a limit
that the user can set.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest
from faultlab import client_of, fate, sms
from idle_clock import pass_time
from scripted import Peer, nothing, refusing, turns, until

from pdu import CommandStatus, DataSmResp, GenericNack, SubmitSmResp, Unbind, encode
from smsc_async import (
    BindRefusedError,
    ClientClosedError,
    ConfigError,
    LinkState,
    Outcome,
    RemoteProtocolError,
    ResponseTimeoutError,
    SendError,
    SmscClient,
    SubmitInterruptedError,
    ThrottledError,
)

if TYPE_CHECKING:
    from random import Random

    from faultlab import Lab

    from pdu import Pdu, SubmitSm

LONG = "long " * 40
IN_THE_WINDOW = 20
CYCLES = int(os.environ.get("FAULTS_CYCLES", "40"))


def now() -> float:
    """Return the time of the loop."""
    return asyncio.get_running_loop().time()


def outcomes(fates: list[SendError | str]) -> list[Outcome | None]:
    """Return the outcomes of sends; None is an acceptance."""
    return [None if isinstance(each, str) else each.outcome for each in fates]


# Responses behind an unbind.


@pytest.mark.parametrize("pause", [None, 0.0, 0.03, 1.0])
async def test_responses_behind_the_unbind_count(lab: Lab, pause: float | None) -> None:
    """In its segment, or later: all were accepted, and telling UNKNOWN invites paying twice."""
    loop = asyncio.get_running_loop()

    async with lab.client(f"window={IN_THE_WINDOW}") as smsc:
        peer = lab.gateway.peer
        lab.gateway.on_submit = nothing
        sends = [asyncio.create_task(fate(smsc, sms(n))) for n in range(IN_THE_WINDOW)]
        submits = await lab.gateway.submitted(IN_THE_WINDOW)
        lab.gateway.on_submit = lab.gateway.accept

        def accept_all() -> None:
            """Accept what is in flight, and hang up."""
            responses = [
                SubmitSmResp(message_id=f"id{n}", sequence_number=submit.sequence_number)
                for n, submit in enumerate(submits)
            ]
            peer.write(*([Unbind(sequence_number=9)] if pause is None else []), *responses)
            peer.hang_up()

        if pause is None:
            accept_all()
        else:
            peer.write(Unbind(sequence_number=9))
            loop.call_later(pause, accept_all)
        fates = await asyncio.gather(*sends)
        await lab.lives(smsc, links=2)

    assert [f"id{n}" for n in range(IN_THE_WINDOW)] == fates


@pytest.mark.takes_up_to(120, reason="as many links as FAULTS_CYCLES says, one after the other")
async def test_unbind_at_any_time_loses_no_answer(lab: Lab, chance: Random | None) -> None:
    """The gateway unbinds in mid-window at a random time, and answers all that it took."""
    rounds = CYCLES if chance is not None else 3
    loop = asyncio.get_running_loop()
    accepted: list[str] = []

    def accept_soon(peer: Peer, submit: SubmitSm) -> None:
        """Accept within 30 ms, now and then behind an unbind."""
        delay = chance.random() * 0.03 if chance else 0.01
        loop.call_later(delay, _accept, peer, submit)
        if submit.sequence_number % 7 == (chance.randrange(7) if chance else 3):
            loop.call_later(delay * (chance.random() if chance else 1.0), _unbind, peer)

    def _accept(peer: Peer, submit: SubmitSm) -> None:
        """Accept now, unless the client has hung up."""
        if not peer.is_closed:
            accepted.append(submit.destination_addr)
            lab.gateway.accept(peer, submit)

    def _unbind(peer: Peer) -> None:
        """Unbind, once."""
        if not (peer.is_closed or peer in unbound):
            unbound.append(peer)
            peer.write(Unbind(sequence_number=1))

    unbound: list[Peer] = []
    async with lab.client("window=10&timeout=5") as smsc:
        lab.gateway.on_submit = accept_soon
        fates: list[SendError | str] = []
        while len(unbound) < rounds:
            number = len(fates)
            fates += await asyncio.gather(*(fate(smsc, sms(number + n)) for n in range(50)))
        lab.gateway.on_submit = lab.gateway.accept

    assert {None} == set(outcomes(fates))
    assert len(fates) == len(accepted) == len(set(accepted))


async def test_gateway_that_unbinds_and_answers_nothing_is_left_in_time(lab: Lab) -> None:
    """The wait for responses behind an unbind ends with the unbind timeout; then UNKNOWN."""
    async with lab.client("unbind_timeout=0.1&timeout=60") as smsc:
        lab.gateway.on_submit = nothing
        send = asyncio.create_task(fate(smsc, sms()))
        await lab.gateway.submitted()
        lab.gateway.on_submit = lab.gateway.accept
        lab.gateway.peer.write(Unbind(sequence_number=9))
        await until(lambda: not smsc.health().is_ready)
        assert 1 == smsc.stats().in_flight
        waiting = asyncio.create_task(fate(smsc, sms(1)))
        lost = await send
        sent = await waiting

    assert isinstance(lost, SubmitInterruptedError)
    assert Outcome.UNKNOWN is lost.outcome
    assert isinstance(sent, str)


async def test_responses_behind_unbind_resp_count_when_the_client_is_left(lab: Lab) -> None:
    """The gateway answers our unbind first, and what is in flight 30 ms later."""
    loop = asyncio.get_running_loop()

    def answer_then_accept(peer: Peer, unbind: Pdu) -> None:
        """Answer the unbind, then the message."""
        peer.answer(unbind)
        loop.call_later(0.03, lab.gateway.accept, peer, lab.gateway.submits[0])

    lab.gateway.on_submit, lab.gateway.on_unbind = nothing, answer_then_accept
    smsc = client_of(lab.gateway.url())
    async with smsc:
        send = asyncio.create_task(fate(smsc, sms()))
        await lab.gateway.submitted()
        await smsc.aclose(0)

    assert "1" == await send


# Answers that say nothing.


async def test_nack_without_an_error_is_no_acceptance(lab: Lab) -> None:
    """generic_nack with status 0: neither yes nor no. A query's is typed, too."""

    def nack(peer: Peer, request: Pdu) -> None:
        """Answer with generic_nack and ESME_ROK."""
        peer.write(GenericNack(command_status=0, sequence_number=request.sequence_number))

    lab.gateway.on_other = nack
    async with lab.client() as smsc:
        lab.gateway.on_submit = nack
        whole = await fate(smsc, sms(1))
        parts = await fate(smsc, sms(2, LONG))
        with pytest.raises(RemoteProtocolError, match="generic_nack with ESME_ROK"):
            await smsc.query("7")
        lab.gateway.on_submit = lab.gateway.accept
        await lab.lives(smsc)

    for error in (whole, parts):
        assert isinstance(error, SubmitInterruptedError)
        assert (Outcome.UNKNOWN, ()) == (error.outcome, error.message_ids)
        assert "generic_nack with ESME_ROK" in str(error)


async def test_answer_of_another_command_is_no_answer(lab: Lab) -> None:
    """data_sm_resp under our number: the request stays in flight until its own answer."""

    def answer_wrongly_first(peer: Peer, submit: SubmitSm) -> None:
        """Answer as another command, then correctly."""
        peer.write(DataSmResp(message_id="wrong", sequence_number=submit.sequence_number))
        lab.gateway.accept(peer, submit)

    async with lab.client() as smsc:
        lab.gateway.on_submit = answer_wrongly_first
        assert "1" == (await smsc.send(sms())).message_id


async def test_acceptance_without_an_id_is_an_acceptance(lab: Lab) -> None:
    """ESME_ROK in the message's own response is a yes; its receipt can't be found."""
    async with lab.client() as smsc:
        lab.gateway.on_submit = lambda peer, submit: peer.answer(submit, message_id="")
        sent = await smsc.send(sms())
        lab.gateway.on_submit = lab.gateway.accept

    assert ("", ("",)) == (sent.message_id, sent.message_ids)


# Throttling without an end.


@pytest.mark.takes_up_to(10, reason="ten thousand messages, each with its error")
@pytest.mark.parametrize("number", [12, 10_000])
async def test_throttled_for_ever_ends_in_time(lab: Lab, number: int) -> None:
    """`timeouts.throttled` is each message's own; what was never written is NOT_SENT."""
    ends: list[float] = []

    async def timed(smsc: SmscClient, recipient: int) -> SendError | str:
        """Send a message, and note how long that takes."""
        began = now()
        result = await fate(smsc, sms(recipient))
        ends.append(now() - began)
        return result

    async with lab.client("throttled_timeout=2&window=5") as smsc:
        lab.gateway.on_submit = refusing(CommandStatus.ESME_RTHROTTLED)
        fates = await asyncio.gather(*(timed(smsc, n) for n in range(number)))
        lab.gateway.on_submit = lab.gateway.accept

    written = {submit.destination_addr for submit in lab.gateway.submits}
    assert {ThrottledError} == {type(each) for each in fates}
    assert max(ends) < 2.4
    assert [
        Outcome.REFUSED if sms(n).to in written else Outcome.NOT_SENT for n in range(number)
    ] == outcomes(fates)


# Leaving.


@pytest.mark.takes_up_to(10, reason="ten thousand messages, each with its error")
@pytest.mark.parametrize("is_timed", [False, True])
async def test_leaving_a_silent_gateway_ends_in_time(lab: Lab, *, is_timed: bool) -> None:
    """10 000 wait, nothing is answered: NOT_SENT and UNKNOWN are as the gateway counts them."""
    lab.gateway.on_submit = lab.gateway.on_unbind = nothing
    smsc = client_of(lab.gateway.url(f"unbind_timeout=0.5&drain_timeout={30 if is_timed else 1}"))
    await smsc.__aenter__()
    sends = [asyncio.create_task(fate(smsc, sms(n))) for n in range(10_000)]
    await lab.gateway.submitted(100)
    began = now()
    if is_timed:
        await smsc.aclose(timeout=1)
    else:
        await smsc.__aexit__(None, None, None)
    took = now() - began
    fates = await asyncio.gather(*sends)

    written = {submit.destination_addr for submit in lab.gateway.submits}
    assert 1.0 <= took < 1 + 0.5 + 1
    assert 100 == len(written)
    assert [
        Outcome.UNKNOWN if sms(n).to in written else Outcome.NOT_SENT for n in range(10_000)
    ] == outcomes(fates)


async def test_leaving_writes_on_until_the_deadline(lab: Lab) -> None:
    """A slow gateway: what it accepts in time is accepted, the rest is as the gateway counts it."""
    loop = asyncio.get_running_loop()

    def accept_slowly(peer: Peer, submit: SubmitSm) -> None:
        """Accept in a tenth of a second."""
        loop.call_later(0.1, _accept, peer, submit)

    def _accept(peer: Peer, submit: SubmitSm) -> None:
        """Accept now, unless the client has hung up."""
        if not peer.is_closed:
            lab.gateway.accept(peer, submit)

    lab.gateway.on_submit = accept_slowly
    async with client_of(
        lab.gateway.url("window=1&drain_timeout=0.35&unbind_timeout=0.02")
    ) as smsc:
        sends = [asyncio.create_task(fate(smsc, sms(n))) for n in range(10)]
        await lab.gateway.submitted()
    fates = outcomes(await asyncio.gather(*sends))
    left = now()
    await until(lambda: now() > left + 0.1)

    written = len(lab.gateway.submits)
    assert 2 <= fates.count(None) <= written <= 4
    assert fates.count(Outcome.UNKNOWN) <= 1
    assert [Outcome.NOT_SENT] * (10 - written) == fates[written:]


@pytest.mark.parametrize("timeouts", [(0.3, 0.3), (5.0, 0.1), (0.1, 5.0), (None, 0.0)])
async def test_closing_from_two_tasks_ends_with_the_first_deadline(
    lab: Lab, timeouts: tuple[float | None, float]
) -> None:
    """One unbind is written, both calls return, and the client can be entered again."""
    smsc = client_of(lab.gateway.url("unbind_timeout=0.02"))
    await smsc.__aenter__()
    lab.gateway.on_submit = nothing
    send = asyncio.create_task(fate(smsc, sms()))
    await lab.gateway.submitted()
    began = now()
    closing = [asyncio.create_task(smsc.aclose(timeout)) for timeout in timeouts]
    await asyncio.gather(*closing)
    await smsc.aclose()

    assert now() - began < min(timeouts[0] or 30.0, timeouts[1]) + 1
    assert [Outcome.UNKNOWN] == outcomes([await send])
    assert 1 == len(lab.gateway.peer.all(Unbind))
    lab.gateway.on_submit = lab.gateway.accept
    async with smsc:
        await lab.lives(smsc)


async def test_closing_what_is_not_open_does_nothing(lab: Lab) -> None:
    """Before it is entered, and after it was left."""
    smsc = client_of(lab.gateway.url())
    await smsc.aclose()
    async with smsc:
        await smsc.aclose(timeout=1)
        with pytest.raises(ClientClosedError):
            await smsc.send(sms())
        with pytest.raises(ClientClosedError):
            await smsc.reconnect()
    for wrong in (-1.0, "5", float("nan")):
        with pytest.raises(ConfigError, match="timeout"):
            await smsc.aclose(wrong)  # type: ignore[arg-type]


async def test_cancelled_close_closes_at_once(lab: Lab) -> None:
    """The outcomes are those of a lost link."""
    smsc = client_of(lab.gateway.url("window=1"))
    await smsc.__aenter__()
    lab.gateway.on_submit = nothing
    sends = [asyncio.create_task(fate(smsc, sms(n))) for n in range(2)]
    await lab.gateway.submitted()
    closing = asyncio.create_task(smsc.aclose())
    await turns()
    began = now()
    closing.cancel()
    await asyncio.wait([closing])

    assert now() - began < 0.1
    assert [Outcome.UNKNOWN, Outcome.NOT_SENT] == outcomes(await asyncio.gather(*sends))
    assert LinkState.CLOSED is smsc.health().state


# Refused binds.


async def test_bind_refused_for_half_a_second_is_survived(lab: Lab) -> None:
    """A gateway that restarts refuses right credentials; all three links are back."""
    lab.several = True
    slow = lab.gateway.url("binds=3").replace("=0.001", "=0.4")
    async with client_of(slow) as smsc:
        await until(lambda: smsc.health().bound == 3)
        assert (3, 3) == (smsc.health().wanted, smsc.health().bound)
        lab.gateway.on_bind = refusing(CommandStatus.ESME_RINVPASWD)
        asyncio.get_running_loop().call_later(
            0.5, lambda: setattr(lab.gateway, "on_bind", Peer.answer)
        )
        for peer in list(lab.gateway.peers):
            peer.drop()
        await until(lambda: smsc.health().bound < 3)
        await until(lambda: smsc.health().bound == 3)
        await lab.lives(smsc, links=6)

    assert 0 == smsc.health().wanted


async def test_refused_at_entering_is_raised_at_once(lab: Lab) -> None:
    """One bind, whatever the policy says: a wrong password is the likeliest cause."""
    lab.gateway.on_bind = refusing(CommandStatus.ESME_RINVPASWD)
    with pytest.raises(BindRefusedError):
        await client_of(lab.gateway.url("binds=3")).__aenter__()

    assert 1 == len(lab.gateway.peers)


async def test_failed_client_is_left_by_reconnect(lab: Lab) -> None:
    """No new client is needed when the password is right again."""
    async with lab.client("reconnect_refusals=2") as smsc:
        lab.gateway.on_bind = refusing(CommandStatus.ESME_RINVSYSID)
        lab.gateway.peer.drop()
        await until(lambda: smsc.health().state is LinkState.FAILED)
        assert (1, 0) == (smsc.health().wanted, smsc.health().bound)
        assert 1 + 2 == len(lab.gateway.peers)
        lab.gateway.on_bind = Peer.answer
        await smsc.reconnect()
        await lab.lives(smsc, links=2)


async def test_client_without_a_link_for_too_long_fails(lab: Lab) -> None:
    """`give_up_after`: an orchestrator restarts what can't work."""
    async with lab.client("reconnect_give_up_after=0.3") as smsc:
        lab.gateway.on_bind = lambda peer, _: peer.drop()
        lab.gateway.peer.drop()
        await until(lambda: not smsc.health().is_ready)
        lost = await fate(smsc, sms())
        assert LinkState.FAILED is smsc.health().state

    assert isinstance(lost, SubmitInterruptedError)
    assert Outcome.NOT_SENT is lost.outcome
    assert "no link for 0.3 s" in str(lost)


# A loop that is held up.


@pytest.mark.parametrize("held_up", [0.02, 0.06, 0.5, 5.0])
async def test_held_up_loop_reads_before_it_judges(lab: Lab, held_up: float) -> None:
    """User code blocks it past each deadline, and the response arrives meanwhile."""

    def accept_and_block(peer: Peer, submit: SubmitSm) -> None:
        """Answer, then block the loop."""
        response = SubmitSmResp(message_id="7", sequence_number=submit.sequence_number)
        peer.transport.write(encode(response))
        pass_time(held_up)

    async with lab.client("timeout=0.05&window=1") as smsc:
        lab.gateway.on_submit = accept_and_block
        fates = await asyncio.gather(*(fate(smsc, sms(n)) for n in range(3)))
        lab.gateway.on_submit = lab.gateway.accept

    assert ["7"] * 3 == fates


async def test_silence_is_overdue_in_a_loop_that_is_always_held_up(lab: Lab) -> None:
    """Every wait has an end, also where no iteration of the event loop is on time."""
    loop = asyncio.get_running_loop()
    is_over = False

    def hold_up() -> None:
        """Block the loop for 60 ms in every turn."""
        pass_time(0.06)
        if not is_over:
            loop.call_soon(hold_up)

    async with lab.client("timeout=0.05") as smsc:
        lab.gateway.on_submit = nothing
        send = asyncio.create_task(fate(smsc, sms()))
        await lab.gateway.submitted()
        hold_up()
        lost = await send
        is_over = True
        lab.gateway.on_submit = lab.gateway.accept

    assert isinstance(lost, ResponseTimeoutError)


async def test_enquire_link_that_was_answered_ends_no_link(lab: Lab) -> None:
    """Its deadline passed while the loop was held up, with the answer in the socket."""
    async with lab.client("enquire_link_interval=0.05&enquire_link_timeout=0.05") as smsc:

        def answer_and_block(peer: Peer, request: Pdu) -> None:
            """Answer, then block the loop."""
            peer.answer(request)
            pass_time(1.0)

        lab.gateway.on_enquire_link = answer_and_block
        began = now()
        await until(lambda: now() > began + 2.2)
        lab.gateway.on_enquire_link = Peer.answer
        await lab.lives(smsc)
