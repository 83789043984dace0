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
from smsc_async.link.submit_job import PendingRequest, SubmitJob, waiter_of

SMS = Sms(to="79991234567", text="a secret of ours")


@pytest.fixture
def owner() -> Nobody:
    """Whoever is told."""
    return Nobody()


@pytest.fixture
def outgoing(owner: Nobody) -> SubmitJob[Any]:
    """A message in three parts."""
    return SubmitJob(SMS, parts_of(3), None, owner)


def number_of(part: tuple[Any, ...]) -> int:
    """Return which part was taken."""
    return waiter_of(part[2])[1]


def write(outgoing: SubmitJob[Any], number: int) -> None:
    """Take so many segments, as a link would."""
    for index in range(number):
        assert (outgoing, index) == waiter_of(outgoing.next_part(0.0)[2])


def test_ids_keep_the_order_of_the_parts(outgoing: SubmitJob[Any], owner: Nobody) -> None:
    """Responses may come in any order; `message_ids` is read by position."""
    write(outgoing, 3)
    for index in (2, 0, 1):
        outgoing.answered(index, SubmitSmResp(message_id=str(index)))

    assert ("0", "1", "2") == outgoing.message_ids
    assert outgoing.is_finished
    assert outgoing.failure is None
    assert [outgoing] == owner.ended


def test_refused_part_keeps_the_ids_of_the_others(outgoing: SubmitJob[Any]) -> None:
    """Parts that were accepted are paid, also one that was accepted after the refusal."""
    write(outgoing, 3)
    outgoing.answered(0, SubmitSmResp(message_id="a"))
    outgoing.answered(1, SubmitSmResp(command_status=0x45))
    outgoing.answered(2, SubmitSmResp(message_id="c"))

    assert isinstance(outgoing.failure, SubmitRefusedError)
    assert 0x45 == outgoing.failure.command_status
    assert ("a", "c") == outgoing.failure.message_ids


def test_nothing_is_written_behind_a_refused_part(outgoing: SubmitJob[Any]) -> None:
    """The rest of a torso is paid and worth nothing."""
    write(outgoing, 1)
    outgoing.answered(0, SubmitSmResp(command_status=0x45))

    assert not outgoing.wants_slot
    assert outgoing.is_finished


def test_generic_nack_refuses(outgoing: SubmitJob[Any]) -> None:
    """A gateway may answer any request by a generic_nack, which has no `message_id`."""
    write(outgoing, 1)
    outgoing.answered(0, GenericNack(command_status=CommandStatus.ESME_RINVCMDID))

    assert isinstance(outgoing.failure, SubmitRefusedError)


@pytest.mark.parametrize(
    "status", [CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RMSGQFUL], ids=lambda s: s.name
)
def test_both_ways_of_saying_too_fast(outgoing: SubmitJob[Any], status: CommandStatus) -> None:
    """0x14 is treated like 0x58: nothing was accepted, and the part is written again."""
    write(outgoing, 1)

    assert outgoing.answered(0, SubmitSmResp(command_status=status))
    assert outgoing.wants_slot
    assert not outgoing.written
    assert 0 == number_of(outgoing.next_part(1.0))


def test_throttled_parts_are_written_again_in_order(outgoing: SubmitJob[Any]) -> None:
    """Whatever the order of the responses; those that were accepted stay accepted."""
    write(outgoing, 3)
    outgoing.answered(2, SubmitSmResp(command_status=0x58))
    outgoing.answered(0, SubmitSmResp(message_id="a"))
    outgoing.answered(1, SubmitSmResp(command_status=0x58))

    assert [1, 2] == [number_of(outgoing.next_part(1.0)) for _ in range(2)]
    for index in (1, 2):
        outgoing.answered(index, SubmitSmResp(message_id=str(index)))
    assert ("a", "1", "2") == outgoing.message_ids
    assert outgoing.is_finished
    assert outgoing.failure is None


def test_throttled_for_too_long_is_refused(outgoing: SubmitJob[Any], owner: Nobody) -> None:
    """Nothing of it is with the gateway, and it is told after which wait to try again."""
    write(outgoing, 1)
    outgoing.answered(0, SubmitSmResp(command_status=0x58))
    outgoing.stay_throttled(0x58, 5.0)

    assert isinstance(outgoing.failure, ThrottledError)
    assert Outcome.REFUSED is outgoing.failure.outcome
    assert 5.0 == outgoing.failure.retry_after
    assert [outgoing] == owner.ended


def test_throttled_behind_a_fault_is_not_written_again(outgoing: SubmitJob[Any]) -> None:
    """The rest of a torso is paid and worth nothing."""
    write(outgoing, 2)
    outgoing.answered(0, SubmitSmResp(command_status=0x45))

    assert not outgoing.answered(1, SubmitSmResp(command_status=0x58))
    assert outgoing.is_finished


def test_minute_of_the_parts_begins_with_the_first_that_may_have_gone(
    outgoing: SubmitJob[Any],
) -> None:
    """«…все SMS-части должны быть переданы на сервер в течение минуты…»: what was refused isn't."""
    outgoing.parts_window = 59.0
    assert float("inf") == outgoing.parts_deadline
    outgoing.next_part(10.0)
    assert 69.0 == outgoing.parts_deadline
    outgoing.answered(0, SubmitSmResp(command_status=0x58))
    outgoing.next_part(20.0)

    assert 79.0 == outgoing.parts_deadline


def test_minute_of_the_parts_runs_from_the_first(outgoing: SubmitJob[Any]) -> None:
    """The gateway joins what comes within a minute; each further part doesn't prolong it."""
    outgoing.parts_window = 59.0
    for now in (10.0, 20.0):
        outgoing.next_part(now)

    assert 69.0 == outgoing.parts_deadline


def test_next_part_waits_for_the_interval(outgoing: SubmitJob[Any]) -> None:
    """Parts count singly for the gateway's rate."""
    outgoing.interval = 0.5
    outgoing.next_part(10.0)

    assert 10.5 == outgoing.write_at


def test_message_whose_parts_were_all_throttled_has_no_deadline(
    outgoing: SubmitJob[Any],
) -> None:
    """The gateway has none of it: a pause longer than the minute must not end the message."""
    outgoing.parts_window = 59.0
    outgoing.next_part(10.0)
    outgoing.answered(0, SubmitSmResp(command_status=0x58))

    assert float("inf") == outgoing.parts_deadline


def test_parts_that_would_come_too_late_are_not_sent(outgoing: SubmitJob[Any]) -> None:
    """The error says which were accepted, also one whose response was still owed."""
    write(outgoing, 2)
    outgoing.answered(0, SubmitSmResp(message_id="a"))
    outgoing.miss_parts()
    assert not outgoing.wants_slot
    assert not outgoing.is_finished
    outgoing.answered(1, SubmitSmResp(message_id="b"))

    assert isinstance(outgoing.failure, PartsOverdueError)
    assert (2, 3) == (outgoing.failure.accepted, outgoing.failure.total)
    assert ("a", "b") == outgoing.failure.message_ids
    assert Outcome.UNKNOWN is outgoing.failure.outcome


def test_no_part_in_time_is_not_sent(outgoing: SubmitJob[Any]) -> None:
    """None was accepted, so nothing is paid."""
    outgoing.miss_parts()

    assert isinstance(outgoing.failure, PartsOverdueError)
    assert Outcome.NOT_SENT is outgoing.failure.outcome


def test_unwritten_message_is_abandoned(outgoing: SubmitJob[Any]) -> None:
    """Whoever sent it went away before the first octet left: nothing is owed."""
    assert outgoing.abandon()
    assert not outgoing.wants_slot
    assert not outgoing.written


def test_begun_message_goes_on(outgoing: SubmitJob[Any]) -> None:
    """Half a message is paid and worth nothing, so the other half goes out all the same."""
    write(outgoing, 1)

    assert outgoing.written
    assert not outgoing.abandon()
    assert outgoing.wants_slot


def test_unwritten_message_given_up_was_not_sent(outgoing: SubmitJob[Any]) -> None:
    """No octet left, so sending it again is safe."""
    outgoing.give_up("no link for 60.0 s", OSError("down"))

    assert isinstance(outgoing.failure, SubmitInterruptedError)
    assert Outcome.NOT_SENT is outgoing.failure.outcome
    assert isinstance(outgoing.failure.__cause__, OSError)


def test_begun_message_given_up_may_have_gone(outgoing: SubmitJob[Any], owner: Nobody) -> None:
    """A part is on the wire and unanswered: NOT_SENT would invite to pay twice."""
    write(outgoing, 1)
    outgoing.give_up("the client was left")

    assert not outgoing.is_finished

    outgoing.lost(0, "the connection was lost", None)

    assert outgoing.failure is not None
    assert Outcome.UNKNOWN is outgoing.failure.outcome
    assert [outgoing] == owner.ended


def test_message_lost_after_its_write_may_have_gone(outgoing: SubmitJob[Any]) -> None:
    """The gateway may have it: NOT_SENT would invite to pay twice."""
    write(outgoing, 1)
    outgoing.lost(0, "the connection was lost", None)

    assert outgoing.failure is not None
    assert Outcome.UNKNOWN is outgoing.failure.outcome


def test_message_with_a_later_part_accepted_may_have_gone(outgoing: SubmitJob[Any]) -> None:
    """The second part is paid and the first was throttled: NOT_SENT would invite to pay twice."""
    write(outgoing, 2)
    outgoing.answered(0, SubmitSmResp(command_status=0x58))
    outgoing.answered(1, SubmitSmResp(message_id="b"))
    assert not outgoing.abandon()
    outgoing.give_up("the client was left")

    assert outgoing.failure is not None
    assert Outcome.UNKNOWN is outgoing.failure.outcome
    assert ("b",) == outgoing.failure.message_ids


def test_accepted_part_is_not_written_again_with_a_throttled_one(
    outgoing: SubmitJob[Any],
) -> None:
    """Whichever response comes first: an accepted part that is written again is paid twice."""
    write(outgoing, 2)
    outgoing.answered(1, SubmitSmResp(message_id="b"))
    outgoing.answered(0, SubmitSmResp(command_status=0x58))

    assert [0, 2] == [number_of(outgoing.next_part(1.0)) for _ in range(2)]


def test_first_fault_is_the_cause(outgoing: SubmitJob[Any], owner: Nobody) -> None:
    """A timeout, then the loss of the link: the loss is its consequence."""
    write(outgoing, 3)
    outgoing.overdue(0, 30.0)
    outgoing.lost(1, "the connection was lost", None)
    outgoing.garbled(2, ValueError("?"))

    assert isinstance(outgoing.failure, ResponseTimeoutError)
    assert [outgoing] == owner.ended


def test_late_response_still_names_the_id(outgoing: SubmitJob[Any]) -> None:
    """Its receipt finds the message by that id."""
    write(outgoing, 1)
    outgoing.overdue(0, 30.0)
    outgoing.answered_late(0, SubmitSmResp(message_id="late"))

    assert ("late",) == outgoing.message_ids


def test_late_refusal_names_nothing(outgoing: SubmitJob[Any]) -> None:
    """There is no id in it."""
    write(outgoing, 1)
    outgoing.overdue(0, 30.0)
    outgoing.answered_late(0, SubmitSmResp(command_status=8))

    assert () == outgoing.message_ids


def test_giving_up_what_is_finished_changes_nothing(
    outgoing: SubmitJob[Any], owner: Nobody
) -> None:
    """It is finished exactly once."""
    outgoing.give_up("one")
    outgoing.give_up("two")

    assert [outgoing] == owner.ended
    assert "one" in str(outgoing.failure)


def test_repr_shows_fate_and_no_text(outgoing: SubmitJob[Any]) -> None:
    """It shows up in logs and debuggers."""
    assert "under way" in repr(outgoing)
    outgoing.give_up("no link")

    assert "SubmitInterruptedError" in repr(outgoing)
    assert "secret" not in repr(outgoing)

    accepted = SubmitJob(SMS, parts_of(1), None, Nobody())
    write(accepted, 1)
    accepted.answered(0, SubmitSmResp(message_id="1"))

    assert "accepted" in repr(accepted)


async def test_asked_waiter_gets_each_end() -> None:
    """A query's future ends with the response or with what went wrong."""
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(4)]
    asked = [PendingRequest("query_sm", future, None) for future in futures]
    response = SubmitSmResp()
    asked[0].answered(0, response)
    asked[1].overdue(0, 30.0)
    asked[2].garbled(0, ValueError("?"))
    asked[3].lost(0, "the connection was lost", OSError("reset"))

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
    asked.answered(0, SubmitSmResp())
    asked.answered_late(0, SubmitSmResp())
    asked.overdue(0, 1.0)

    assert future.cancelled()
