"""Did it go? Every end of a send has the correct outcome, since each message is charged.

Rule: a message that was written is never sent again automatically, and one that was answered in
time never counts as unanswered.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from faultlab import answering, client_of, fate, frame, sms
from idle_clock import pass_time
from scripted import nothing, refusing, until

from pdu import (
    RESPONSES,
    BindTransceiver,
    CommandStatus,
    FrameBuffer,
    SubmitSm,
    decode,
    encode,
)
from smsc_async import (
    ClientClosedError,
    FailedSubmission,
    Outcome,
    ResponseTimeoutError,
    SendError,
    Submission,
    SubmitInterruptedError,
    SubmitRefusedError,
)
from smsc_async.link import Link

if TYPE_CHECKING:
    from faultlab import Lab
    from scripted import Peer

GENERIC_NACK = 0x80000000
SUBMIT_SM_RESP = 0x80000004


def drop(peer: Peer, _: SubmitSm) -> None:
    """Cut the connection instead of answering."""
    peer.drop()


def garbled(number: int) -> bytes:
    """Return a generic_nack without an error, which says nothing."""
    return frame(GENERIC_NACK, 0, number)


ENDS: dict[str, tuple[Any, type[SendError], Outcome]] = {
    "silence": (nothing, ResponseTimeoutError, Outcome.UNKNOWN),
    "loss": (drop, SubmitInterruptedError, Outcome.UNKNOWN),
    "refusal": (refusing(CommandStatus.ESME_RSUBMITFAIL), SubmitRefusedError, Outcome.REFUSED),
    "nonsense": (answering(garbled), SubmitInterruptedError, Outcome.UNKNOWN),
}


@pytest.mark.parametrize("end", ENDS)
async def test_each_end_has_its_own_error_and_outcome(lab: Lab, end: str) -> None:
    """Other clients raise the same error for a timeout, a loss, a refusal and a bad response."""
    hook, kind, outcome = ENDS[end]
    async with lab.client("timeout=0.02") as smsc:
        lab.gateway.on_submit = hook
        with pytest.raises(SendError) as caught:
            await smsc.send(sms())
        lab.gateway.on_submit = lab.gateway.accept

    assert (kind, outcome, sms()) == (
        type(caught.value),
        caught.value.outcome,
        caught.value.message,
    )
    assert f"(outcome={outcome.name})" in str(caught.value)


@pytest.mark.parametrize("end", ["silence", "loss", "nonsense"])
async def test_unknown_message_is_never_sent_again_by_itself(lab: Lab, end: str) -> None:
    """It may have been sent: sending it again may cost twice and is the caller's decision."""
    async with lab.client("timeout=0.02") as smsc:
        lab.gateway.on_submit = ENDS[end][0]
        assert not isinstance(await fate(smsc, sms(1)), str)
        lab.gateway.on_submit = lab.gateway.accept
        await until(lambda: smsc.health().is_ready)
        await smsc.send(sms(2))

    assert [sms(1).to, sms(2).to] == [each.destination_addr for each in lab.gateway.submits]


async def test_unwritten_message_was_not_sent(lab: Lab) -> None:
    """There was no link in time: NOT_SENT, whatever else failed meanwhile."""
    async with lab.client("link_timeout=0.02") as smsc:
        lab.gateway.on_bind = nothing
        lab.gateway.peer.drop()
        await until(lambda: not smsc.health().is_ready)
        lost = await fate(smsc, sms())

    assert isinstance(lost, SubmitInterruptedError)
    assert Outcome.NOT_SENT is lost.outcome
    assert [] == lab.gateway.submits


async def test_answer_that_arrived_is_not_overdue(lab: Lab) -> None:
    """User code blocked the loop past the deadline, with the response in the socket."""
    async with lab.client("timeout=0.03") as smsc:

        def accept_then_block(peer: Peer, submit: SubmitSm) -> None:
            """Answer, then block the loop."""
            octets = frame(SUBMIT_SM_RESP, 0, submit.sequence_number, b"7\0")
            peer.transport.write(octets)
            pass_time(0.05)

        lab.gateway.on_submit = accept_then_block
        sent = await smsc.send(sms())

    assert "7" == sent.message_id


def serve(listener: socket.socket, may_accept: threading.Event | None = None) -> None:
    """Run an SMSC in a thread for one connection that accepts all, at once or when it may."""
    connection, _ = listener.accept()
    buffer = FrameBuffer()
    with listener, connection:
        while octets := connection.recv(65_536):
            for request in map(decode, buffer.feed(octets)):
                response = RESPONSES[type(request)]
                fields: dict[str, Any] = {"sequence_number": request.sequence_number}
                if isinstance(request, SubmitSm):
                    fields["message_id"] = "7"
                    if may_accept is not None:
                        may_accept.wait(30)
                connection.sendall(encode(response(**fields)))


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_answers_that_came_while_the_loop_was_held_up_count(loop: str) -> None:
    """Some loops run timers before they read, and a write may have been delayed too."""
    run = pytest.importorskip(loop, reason="pip install 'smsc-async[speed]'").run

    async def send(port: int) -> list[str]:
        """Send, and block the loop for longer than the response timeout."""
        ids = []
        async with client_of(f"smpp://shop:secret@127.0.0.1:{port}?timeout=0.5") as smsc:
            for number in range(4):
                sending = asyncio.create_task(smsc.send(sms(number)))
                for _ in range(1 + number % 4):
                    await asyncio.sleep(0)
                asyncio.get_running_loop().call_soon(time.sleep, 0.6)
                ids.append((await sending).message_id)
        return ids

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=(listener,))
    thread.start()
    ids = run(send(listener.getsockname()[1]))
    thread.join()

    assert ["7"] * 4 == ids


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_answer_that_came_in_the_last_moment_counts(
    loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop is held up between the deadline and its consequences, and is answered meanwhile."""
    run = pytest.importorskip(loop, reason="pip install 'smsc-async[speed]'").run
    may_accept = threading.Event()
    look_again = Link._look_again
    bell, ringer = socket.socketpair()

    def block() -> None:
        """Hold up the loop while the response arrives."""
        asyncio.get_running_loop().remove_reader(bell)
        may_accept.set()
        time.sleep(0.3)

    def look_again_and_block(link: Link, now: float, wait: float) -> None:
        """Block the loop in the first look, as a callback of another connection does."""
        look_again(link, now, wait)
        if not may_accept.is_set():
            asyncio.get_running_loop().add_reader(bell, block)
            ringer.send(b"!")

    async def send(port: int) -> str:
        """Send a message that is answered after its deadline, before that is judged."""
        async with client_of(f"smpp://shop:secret@127.0.0.1:{port}?timeout=0.1") as smsc:
            return (await smsc.send(sms())).message_id

    monkeypatch.setattr(Link, "_look_again", look_again_and_block)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=(listener, may_accept))
    thread.start()
    with bell, ringer:
        message_id = run(send(listener.getsockname()[1]))
    thread.join()

    assert "7" == message_id


async def test_deadline_counts_from_the_write(lab: Lab) -> None:
    """20 messages wait for a window of 1 longer than their timeout, and none is overdue."""
    loop = asyncio.get_running_loop()

    def accept_slowly(peer: Peer, submit: SubmitSm) -> None:
        """Accept after a moment."""
        loop.call_later(0.01, lab.gateway.accept, peer, submit)

    lab.gateway.on_submit = accept_slowly
    async with lab.client("window=1&timeout=0.15") as smsc:
        sent = await asyncio.gather(*(smsc.send(sms(number)) for number in range(20)))

    assert 20 == len({each.message_id for each in sent})


async def test_leaving_gives_each_message_its_outcome(lab: Lab) -> None:
    """After an exception the client doesn't wait: written is UNKNOWN, unwritten is NOT_SENT."""
    lab.gateway.on_submit = nothing
    smsc = client_of(lab.gateway.url("window=2"))
    sends: list[asyncio.Task[Any]] = []

    async def fail_inside() -> None:
        """Send, and fail before anything is answered."""
        async with smsc:
            sends.extend(asyncio.create_task(fate(smsc, sms(number))) for number in range(5))
            await lab.gateway.submitted(2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_inside()
    fates = await asyncio.gather(*sends)

    assert [Outcome.UNKNOWN] * 2 + [Outcome.NOT_SENT] * 3 == [each.outcome for each in fates]
    with pytest.raises(ClientClosedError):
        await smsc.send(sms())


async def test_many_have_one_outcome_each(lab: Lab) -> None:
    """send_many with timeouts, losses and refusals: 60 messages, 60 outcomes, none twice."""
    count = 0

    def anything(peer: Peer, submit: SubmitSm) -> None:
        """Cause all faults in turn."""
        nonlocal count
        count += 1
        hooks: dict[int, Any] = {7: nothing, 13: drop, 17: refusing(CommandStatus.ESME_RSYSERR)}
        hook = next((hooks[each] for each in hooks if count % each == 0), lab.gateway.accept)
        hook(peer, submit)

    lab.gateway.on_submit = anything
    async with lab.client("window=5&timeout=0.03") as smsc:
        outcomes = [each async for each in smsc.send_many(sms(number) for number in range(60))]

    assert {sms(number) for number in range(60)} == {each.message for each in outcomes}
    assert 60 == len(outcomes)
    failed = [each.error for each in outcomes if isinstance(each, FailedSubmission)]
    assert {Outcome.UNKNOWN, Outcome.REFUSED} >= {getattr(each, "outcome", None) for each in failed}
    ids = [each.message_id for each in outcomes if isinstance(each, Submission)]
    assert 60 - len(failed) == len(set(ids)) == len(ids)
    reached = [each.destination_addr for each in lab.gateway.submits]
    assert len(set(reached)) == len(reached)


async def test_part_that_fails_stops_the_rest_and_names_what_is_paid(lab: Lab) -> None:
    """Two of four parts are accepted, the third is refused: the error has the two ids."""

    def refuse_third(peer: Peer, submit: SubmitSm) -> None:
        """Refuse the third part."""
        if submit.short_message[5] == 3:
            peer.answer(submit, CommandStatus.ESME_RSYSERR)
        else:
            lab.gateway.accept(peer, submit)

    lab.gateway.on_submit = refuse_third
    async with lab.client("window=1") as smsc:
        refused = await fate(smsc, sms(text="я" * 250))

    assert isinstance(refused, SubmitRefusedError)
    assert (("1", "2"), Outcome.REFUSED) == (refused.message_ids, refused.outcome)
    assert 3 == len(lab.gateway.submits)


async def test_cancelled_before_the_write_leaves_no_octet(lab: Lab) -> None:
    """The gateway receives the bind and nothing else."""
    async with lab.client("window=1") as smsc:
        lab.gateway.on_submit = nothing
        first = asyncio.create_task(smsc.send(sms(1)))
        (submit,) = await lab.gateway.submitted()
        second = asyncio.create_task(smsc.send(sms(2)))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        lab.gateway.peer.answer(submit, message_id="1")
        await first
        received = [type(pdu) for pdu in lab.gateway.peer.received]

    assert [BindTransceiver, SubmitSm] == received
