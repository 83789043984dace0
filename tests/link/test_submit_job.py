"""One message and the fates of its segments: finished once, and the first fault is the cause."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from scripted import Nobody, parts_of

from pdu import CommandStatus, GenericNack, SubmitSmResp
from smsc_async import (
    LinkLostError,
    Outcome,
    PartsOverdueError,
    RequestTimeoutError,
    ResponseTimeoutError,
    Sms,
    SubmitInterruptedError,
    SubmitRefusedError,
    ThrottledError,
)
from smsc_async.link.submit_job import PendingRequest, SubmitJob, handler_of

SMS = Sms(to="79991234567", text="a secret of ours")


@pytest.fixture
def owner() -> Nobody:
    """Whoever is told."""
    return Nobody()


@pytest.fixture
def job(owner: Nobody) -> SubmitJob[Any]:
    """A message in three parts."""
    return SubmitJob(SMS, parts_of(3), None, owner)


def number_of(part: tuple[Any, ...]) -> int:
    """Return which part was taken."""
    return handler_of(part[2])[1]


def write(job: SubmitJob[Any], number: int) -> None:
    """Take so many segments, as a link would."""
    for index in range(number):
        assert (job, index) == handler_of(job.next_part(0.0)[2])


def test_ids_keep_the_order_of_the_parts(job: SubmitJob[Any], owner: Nobody) -> None:
    """Responses may come in any order; `message_ids` is read by position."""
    write(job, 3)
    for index in (2, 0, 1):
        job.on_response(index, SubmitSmResp(message_id=str(index)))

    assert ("0", "1", "2") == job.message_ids
    assert job.is_finished
    assert job.failure is None
    assert [job] == owner.ended


def test_refused_part_keeps_the_ids_of_the_others(job: SubmitJob[Any]) -> None:
    """Parts that were accepted are paid, also one that was accepted after the refusal."""
    write(job, 3)
    job.on_response(0, SubmitSmResp(message_id="a"))
    job.on_response(1, SubmitSmResp(command_status=0x45))
    job.on_response(2, SubmitSmResp(message_id="c"))

    assert isinstance(job.failure, SubmitRefusedError)
    assert 0x45 == job.failure.command_status
    assert ("a", "c") == job.failure.message_ids


def test_nothing_is_written_behind_a_refused_part(job: SubmitJob[Any]) -> None:
    """The rest of a torso is paid and worth nothing."""
    write(job, 1)
    job.on_response(0, SubmitSmResp(command_status=0x45))

    assert not job.has_unsent_parts
    assert job.is_finished


def test_generic_nack_refuses(job: SubmitJob[Any]) -> None:
    """A gateway may answer any request by a generic_nack, which has no `message_id`."""
    write(job, 1)
    job.on_response(0, GenericNack(command_status=CommandStatus.ESME_RINVCMDID))

    assert isinstance(job.failure, SubmitRefusedError)


@pytest.mark.parametrize(
    "status", [CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RMSGQFUL], ids=lambda s: s.name
)
def test_both_ways_of_saying_too_fast(job: SubmitJob[Any], status: CommandStatus) -> None:
    """0x14 is treated like 0x58: nothing was accepted, and the part is written again."""
    write(job, 1)

    assert job.on_response(0, SubmitSmResp(command_status=status))
    assert job.has_unsent_parts
    assert not job.written
    assert 0 == number_of(job.next_part(1.0))


def test_throttled_parts_are_written_again_in_order(job: SubmitJob[Any]) -> None:
    """Whatever the order of the responses; those that were accepted stay accepted."""
    write(job, 3)
    job.on_response(2, SubmitSmResp(command_status=0x58))
    job.on_response(0, SubmitSmResp(message_id="a"))
    job.on_response(1, SubmitSmResp(command_status=0x58))

    assert [1, 2] == [number_of(job.next_part(1.0)) for _ in range(2)]
    for index in (1, 2):
        job.on_response(index, SubmitSmResp(message_id=str(index)))
    assert ("a", "1", "2") == job.message_ids
    assert job.is_finished
    assert job.failure is None


def test_throttled_for_too_long_is_refused(job: SubmitJob[Any], owner: Nobody) -> None:
    """Nothing of it is with the gateway, and it is told after which wait to try again."""
    write(job, 1)
    job.on_response(0, SubmitSmResp(command_status=0x58))
    job.give_up_throttled(0x58, 5.0)

    assert isinstance(job.failure, ThrottledError)
    assert Outcome.REFUSED is job.failure.outcome
    assert 5.0 == job.failure.retry_after
    assert [job] == owner.ended


def test_throttled_behind_a_fault_is_not_written_again(job: SubmitJob[Any]) -> None:
    """The rest of a torso is paid and worth nothing."""
    write(job, 2)
    job.on_response(0, SubmitSmResp(command_status=0x45))

    assert not job.on_response(1, SubmitSmResp(command_status=0x58))
    assert job.is_finished


def test_minute_of_the_parts_begins_with_the_first_that_may_have_gone(
    job: SubmitJob[Any],
) -> None:
    """«…все SMS-части должны быть переданы на сервер в течение минуты…»: what was refused isn't."""
    job.parts_window = 59.0
    assert float("inf") == job.parts_deadline
    job.next_part(10.0)
    assert 69.0 == job.parts_deadline
    job.on_response(0, SubmitSmResp(command_status=0x58))
    job.next_part(20.0)

    assert 79.0 == job.parts_deadline


def test_parts_that_would_come_too_late_are_not_sent(job: SubmitJob[Any]) -> None:
    """The error says which were accepted, also one whose response was still owed."""
    write(job, 2)
    job.on_response(0, SubmitSmResp(message_id="a"))
    job.give_up_late_parts()
    assert not job.has_unsent_parts
    assert not job.is_finished
    job.on_response(1, SubmitSmResp(message_id="b"))

    assert isinstance(job.failure, PartsOverdueError)
    assert (2, 3) == (job.failure.accepted, job.failure.total)
    assert ("a", "b") == job.failure.message_ids
    assert Outcome.UNKNOWN is job.failure.outcome


def test_no_part_in_time_is_not_sent(job: SubmitJob[Any]) -> None:
    """None was accepted, so nothing is paid."""
    job.give_up_late_parts()

    assert isinstance(job.failure, PartsOverdueError)
    assert Outcome.NOT_SENT is job.failure.outcome


def test_unwritten_message_is_abandoned(job: SubmitJob[Any]) -> None:
    """Whoever sent it went away before the first octet left: nothing is owed."""
    assert job.abandon()
    assert not job.has_unsent_parts
    assert not job.written


def test_begun_message_goes_on(job: SubmitJob[Any]) -> None:
    """Half a message is paid and worth nothing, so the other half goes out all the same."""
    write(job, 1)

    assert job.written
    assert not job.abandon()
    assert job.has_unsent_parts


def test_unwritten_message_given_up_was_not_sent(job: SubmitJob[Any]) -> None:
    """No octet left, so sending it again is safe."""
    job.give_up("no link for 60.0 s", OSError("down"))

    assert isinstance(job.failure, SubmitInterruptedError)
    assert Outcome.NOT_SENT is job.failure.outcome
    assert isinstance(job.failure.__cause__, OSError)


def test_begun_message_given_up_may_have_gone(job: SubmitJob[Any], owner: Nobody) -> None:
    """A part is on the wire and unanswered: NOT_SENT would invite to pay twice."""
    write(job, 1)
    job.give_up("the client was left")

    assert not job.is_finished

    job.on_connection_lost(0, "the connection was lost", None)

    assert job.failure is not None
    assert Outcome.UNKNOWN is job.failure.outcome
    assert [job] == owner.ended


def test_first_fault_is_the_cause(job: SubmitJob[Any], owner: Nobody) -> None:
    """A timeout, then the loss of the link: the loss is its consequence."""
    write(job, 3)
    job.on_timeout(0, 30.0)
    job.on_connection_lost(1, "the connection was lost", None)
    job.on_decode_error(2, ValueError("?"))

    assert isinstance(job.failure, ResponseTimeoutError)
    assert [job] == owner.ended


def test_late_response_still_names_the_id(job: SubmitJob[Any]) -> None:
    """Its receipt finds the message by that id."""
    write(job, 1)
    job.on_timeout(0, 30.0)
    job.on_late_response(0, SubmitSmResp(message_id="late"))

    assert ("late",) == job.message_ids


def test_late_refusal_names_nothing(job: SubmitJob[Any]) -> None:
    """There is no id in it."""
    write(job, 1)
    job.on_timeout(0, 30.0)
    job.on_late_response(0, SubmitSmResp(command_status=8))

    assert () == job.message_ids


def test_giving_up_what_is_finished_changes_nothing(job: SubmitJob[Any], owner: Nobody) -> None:
    """It is finished exactly once."""
    job.give_up("one")
    job.give_up("two")

    assert [job] == owner.ended
    assert "one" in str(job.failure)


def test_repr_shows_fate_and_no_text(job: SubmitJob[Any]) -> None:
    """It shows up in logs and debuggers."""
    assert "under way" in repr(job)
    job.give_up("no link")

    assert "SubmitInterruptedError" in repr(job)
    assert "secret" not in repr(job)

    accepted = SubmitJob(SMS, parts_of(1), None, Nobody())
    write(accepted, 1)
    accepted.on_response(0, SubmitSmResp(message_id="1"))

    assert "accepted" in repr(accepted)


async def test_asked_waiter_gets_each_end() -> None:
    """A query's future ends with the response or with what went wrong."""
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(4)]
    asked = [PendingRequest("query_sm", future, None) for future in futures]
    response = SubmitSmResp()
    asked[0].on_response(0, response)
    asked[1].on_timeout(0, 30.0)
    asked[2].on_decode_error(0, ValueError("?"))
    asked[3].on_connection_lost(0, "the connection was lost", OSError("reset"))

    assert response is futures[0].result()
    kinds = [type(future.exception()) for future in futures[1:]]
    assert [RequestTimeoutError, ValueError, LinkLostError] == kinds
    lost = futures[3].exception()
    assert lost is not None
    assert isinstance(lost.__cause__, OSError)


async def test_asked_waiter_that_went_away_is_let_go() -> None:
    """A cancelled query's response comes all the same and does no harm."""
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    asked = PendingRequest("query_sm", future, None)
    asked.on_response(0, SubmitSmResp())
    asked.on_late_response(0, SubmitSmResp())
    asked.on_timeout(0, 1.0)

    assert future.cancelled()
