"""The parts of one message: it finishes once, and its first error is the cause."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from scripted import RecordingTraffic, parts_of

from pdu import CommandStatus, GenericNack, SubmitSmResp, Tlv, TlvTag
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
from smsc_async.link.pending_request import PendingRequest
from smsc_async.link.submit_job import SubmitJob, handler_of

SMS = Sms(to="79991234567", text="a secret of ours")


@pytest.fixture
def traffic() -> RecordingTraffic:
    """Records ids and outcomes."""
    return RecordingTraffic()


@pytest.fixture
def job(traffic: RecordingTraffic) -> SubmitJob[Any]:
    """A message in three parts."""
    return SubmitJob(SMS, parts_of(3), None, traffic)


def number_of(part: tuple[Any, ...]) -> int:
    """Return the index of a part that `next_part` returned."""
    return handler_of(part[2])[1]


def write(job: SubmitJob[Any], number: int) -> None:
    """Write the next *number* parts, as a link does."""
    for index in range(number):
        assert (job, index) == handler_of(job.next_part(0.0)[2])


def test_ids_keep_the_order_of_the_parts(job: SubmitJob[Any], traffic: RecordingTraffic) -> None:
    """Responses may come in any order; `message_ids` is read by position."""
    write(job, 3)
    for index in (2, 0, 1):
        job.on_response(index, SubmitSmResp(message_id=str(index)))

    assert ("0", "1", "2") == job.message_ids
    assert job.is_finished
    assert job.failure is None
    assert [job] == traffic.finished


def test_refused_part_keeps_the_ids_of_the_others(job: SubmitJob[Any]) -> None:
    """Parts that were accepted are charged, also one that was accepted after the refusal."""
    write(job, 3)
    job.on_response(0, SubmitSmResp(message_id="a"))
    job.on_response(1, SubmitSmResp(command_status=0x45))
    job.on_response(2, SubmitSmResp(message_id="c"))

    assert isinstance(job.failure, SubmitRefusedError)
    assert 0x45 == job.failure.command_status
    assert ("a", "c") == job.failure.message_ids


def test_no_part_is_written_after_a_refused_one(job: SubmitJob[Any]) -> None:
    """An incomplete message is charged and useless, so its other parts are not written."""
    write(job, 1)
    job.on_response(0, SubmitSmResp(command_status=0x45))

    assert not job.has_unsent_parts
    assert job.is_finished


@pytest.mark.parametrize(
    ("tlvs", "words"),
    [
        ((), ""),
        ((Tlv(TlvTag.ADDITIONAL_STATUS_INFO_TEXT, b"no route\0"),), "no route"),
        ((Tlv(TlvTag.ADDITIONAL_STATUS_INFO_TEXT, b"\xff\xfe" * 200),), ""),
        ((Tlv(TlvTag.DPF_RESULT, b"\1"),), ""),
    ],
)
def test_gateways_own_words_are_kept(
    job: SubmitJob[Any], tlvs: tuple[Tlv, ...], words: str
) -> None:
    """They say why it refuses; the error's text doesn't have them, as they may hold anything."""
    write(job, 1)
    job.on_response(0, SubmitSmResp(command_status=0x45, tlvs=tlvs))

    assert isinstance(job.failure, SubmitRefusedError)
    assert words == job.failure.status_text
    assert "route" not in str(job.failure)


def test_generic_nack_refuses(job: SubmitJob[Any]) -> None:
    """A gateway may answer any request by a generic_nack, which has no `message_id`."""
    write(job, 1)
    job.on_response(0, GenericNack(command_status=CommandStatus.ESME_RINVCMDID))

    assert isinstance(job.failure, SubmitRefusedError)


@pytest.mark.parametrize(
    "status", [CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RMSGQFUL], ids=lambda s: s.name
)
def test_both_throttling_statuses_requeue_the_part(
    job: SubmitJob[Any], status: CommandStatus
) -> None:
    """ESME_RMSGQFUL (0x14) is treated like ESME_RTHROTTLED (0x58): nothing was accepted."""
    write(job, 1)

    assert job.on_response(0, SubmitSmResp(command_status=status))
    assert job.has_unsent_parts
    assert not job.written
    assert 0 == number_of(job.next_part(1.0))


def test_throttled_parts_are_written_again_in_order(job: SubmitJob[Any]) -> None:
    """The order of the responses doesn't matter; accepted parts stay accepted."""
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


def test_message_throttled_for_too_long_is_refused(
    job: SubmitJob[Any], traffic: RecordingTraffic
) -> None:
    """The gateway has no part of it, and the error says how long to wait before a retry."""
    write(job, 1)
    job.on_response(0, SubmitSmResp(command_status=0x58))
    job.throttled_at = 1.0
    job.give_up_throttled(0x58, 5.0)

    assert isinstance(job.failure, ThrottledError)
    assert Outcome.REFUSED is job.failure.outcome
    assert 5.0 == job.failure.retry_after
    assert [job] == traffic.finished


def test_message_is_throttled_until_its_next_write(job: SubmitJob[Any]) -> None:
    """What was last written counts: a part in flight may be accepted, an accepted one was."""
    assert not job.is_throttled
    write(job, 2)
    for index in range(2):
        job.on_response(index, SubmitSmResp(command_status=0x58))
        job.throttled_at = 1.0
        assert job.is_throttled is (index == 1)
    write(job, 1)
    assert not job.is_throttled
    job.on_response(0, SubmitSmResp(message_id="7"))
    assert not job.is_throttled
    job.next_part(0.0)
    job.on_response(1, SubmitSmResp(command_status=0x58))

    assert job.is_throttled


@pytest.mark.parametrize(("parts", "outcome"), [(0, Outcome.NOT_SENT), (1, Outcome.UNKNOWN)])
def test_message_that_waits_behind_throttling_was_not_refused(
    job: SubmitJob[Any], parts: int, outcome: Outcome
) -> None:
    """It was never written, or one part was accepted: `message_ids` says what is charged."""
    write(job, parts)
    for index in range(parts):
        job.on_response(index, SubmitSmResp(message_id="7"))
    job.give_up_throttled(0x58, 5.0)

    assert isinstance(job.failure, ThrottledError)
    assert outcome is job.failure.outcome
    assert ("7",) * parts == job.failure.message_ids


def test_part_throttled_after_an_error_is_not_written_again(job: SubmitJob[Any]) -> None:
    """An incomplete message is charged and useless, so no part is written again."""
    write(job, 2)
    job.on_response(0, SubmitSmResp(command_status=0x45))

    assert not job.on_response(1, SubmitSmResp(command_status=0x58))
    assert job.is_finished


def test_minute_for_the_parts_begins_with_the_first_that_was_not_throttled(
    job: SubmitJob[Any],
) -> None:
    """«…все SMS-части должны быть переданы на сервер в течение минуты…»: not the throttled ones."""
    job.parts_window = 59.0
    assert float("inf") == job.parts_deadline
    job.next_part(10.0)
    assert 69.0 == job.parts_deadline
    job.on_response(0, SubmitSmResp(command_status=0x58))
    job.next_part(20.0)

    assert 79.0 == job.parts_deadline


def test_parts_that_would_come_too_late_are_not_sent(job: SubmitJob[Any]) -> None:
    """The error lists the accepted parts, also one whose response came after the deadline."""
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


@pytest.mark.parametrize("throttled", [{2}, {0}, {0, 1}])
def test_throttled_parts_that_would_come_too_late_are_missing(
    job: SubmitJob[Any], throttled: set[int]
) -> None:
    """They were written, and the gateway has none of them: the message isn't accepted."""
    write(job, 3)
    for index in (1, 2, 0):
        if index not in throttled:
            job.on_response(index, SubmitSmResp(message_id=str(index)))
    for index in throttled:
        job.on_response(index, SubmitSmResp(command_status=0x58))
    job.give_up_late_parts()

    assert isinstance(job.failure, PartsOverdueError)
    assert (3 - len(throttled), 3) == (job.failure.accepted, job.failure.total)


def test_part_throttled_after_the_others_came_too_late_is_missing_too(job: SubmitJob[Any]) -> None:
    """Its response was under way when the gateway's minute ended."""
    write(job, 3)
    job.on_response(0, SubmitSmResp(message_id="a"))
    job.on_response(1, SubmitSmResp(command_status=0x58))
    job.give_up_late_parts()
    assert not job.is_finished
    assert job.on_response(2, SubmitSmResp(command_status=0x58))
    job.give_up_late_parts()

    assert isinstance(job.failure, PartsOverdueError)
    assert 1 == job.failure.accepted


def test_message_without_a_part_in_time_is_not_sent(job: SubmitJob[Any]) -> None:
    """None was accepted, so nothing is charged."""
    job.give_up_late_parts()

    assert isinstance(job.failure, PartsOverdueError)
    assert Outcome.NOT_SENT is job.failure.outcome


def test_unwritten_message_is_abandoned(job: SubmitJob[Any]) -> None:
    """The caller was cancelled before the first octet left: no response is expected."""
    assert job.abandon()
    assert not job.has_unsent_parts
    assert not job.written


def test_message_with_a_written_part_is_not_abandoned(job: SubmitJob[Any]) -> None:
    """An incomplete message is charged and useless, so the other parts are still written."""
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


def test_written_message_given_up_has_an_unknown_outcome(
    job: SubmitJob[Any], traffic: RecordingTraffic
) -> None:
    """A written part has no response yet: after NOT_SENT the user would send it again."""
    write(job, 1)
    job.give_up("the client was left")

    assert not job.is_finished

    job.on_connection_lost(0, "the connection was lost", None)

    assert job.failure is not None
    assert Outcome.UNKNOWN is job.failure.outcome
    assert [job] == traffic.finished


def test_minute_of_the_parts_runs_from_the_first(job: SubmitJob[Any]) -> None:
    """The gateway joins what comes within a minute; each further part doesn't prolong it."""
    job.parts_window = 59.0
    for now in (10.0, 20.0):
        job.next_part(now)

    assert 69.0 == job.parts_deadline


def test_next_part_waits_for_the_interval(job: SubmitJob[Any]) -> None:
    """Parts count singly for the gateway's rate."""
    job.interval = 0.5
    job.next_part(10.0)

    assert 10.5 == job.write_at


def test_message_whose_parts_were_all_throttled_has_no_deadline(
    job: SubmitJob[Any],
) -> None:
    """The gateway has none of it: a pause longer than the minute must not end the message."""
    job.parts_window = 59.0
    job.next_part(10.0)
    job.on_response(0, SubmitSmResp(command_status=0x58))

    assert float("inf") == job.parts_deadline


def test_message_lost_after_its_write_may_have_gone(job: SubmitJob[Any]) -> None:
    """The gateway may have it: NOT_SENT would invite to pay twice."""
    write(job, 1)
    job.on_connection_lost(0, "the connection was lost", None)

    assert job.failure is not None
    assert Outcome.UNKNOWN is job.failure.outcome


def test_message_with_a_later_part_accepted_may_have_gone(job: SubmitJob[Any]) -> None:
    """The second part is charged and the first was throttled: NOT_SENT would be false."""
    write(job, 2)
    job.on_response(0, SubmitSmResp(command_status=0x58))
    job.on_response(1, SubmitSmResp(message_id="b"))
    assert not job.abandon()
    job.give_up("the client was left")

    assert job.failure is not None
    assert Outcome.UNKNOWN is job.failure.outcome
    assert ("b",) == job.failure.message_ids


def test_accepted_part_is_not_written_again_with_a_throttled_one(
    job: SubmitJob[Any],
) -> None:
    """Whichever response comes first: an accepted part that is written again is charged twice."""
    write(job, 2)
    job.on_response(1, SubmitSmResp(message_id="b"))
    job.on_response(0, SubmitSmResp(command_status=0x58))

    assert [0, 2] == [number_of(job.next_part(1.0)) for _ in range(2)]


def test_first_error_is_the_cause(job: SubmitJob[Any], traffic: RecordingTraffic) -> None:
    """A timeout and then the loss of the link: the loss is a consequence."""
    write(job, 3)
    job.on_timeout(0, 30.0)
    job.on_connection_lost(1, "the connection was lost", None)
    job.on_decode_error(2, ValueError("?"))

    assert isinstance(job.failure, ResponseTimeoutError)
    assert [job] == traffic.finished


def test_late_response_adds_the_id(job: SubmitJob[Any]) -> None:
    """The receipt is matched to the message by that id."""
    write(job, 1)
    job.on_timeout(0, 30.0)
    job.on_late_response(0, SubmitSmResp(message_id="late"))

    assert ("late",) == job.message_ids


def test_late_negative_response_adds_no_id(job: SubmitJob[Any]) -> None:
    """A negative response has no message_id."""
    write(job, 1)
    job.on_timeout(0, 30.0)
    job.on_late_response(0, SubmitSmResp(command_status=8))

    assert () == job.message_ids


def test_giving_up_a_finished_message_changes_nothing(
    job: SubmitJob[Any], traffic: RecordingTraffic
) -> None:
    """A job reports its outcome exactly once."""
    job.give_up("one")
    job.give_up("two")

    assert [job] == traffic.finished
    assert "one" in str(job.failure)


def test_repr_shows_the_outcome_and_no_text(job: SubmitJob[Any]) -> None:
    """A repr appears in logs and debuggers."""
    write(job, 2)
    assert "2/3 parts written, 2 in flight, under way" in repr(job)
    assert "79991234567" not in repr(job)
    job.on_timeout(0, 1.0)
    job.on_timeout(1, 1.0)

    assert "ResponseTimeoutError" in repr(job)
    assert "secret" not in repr(job)

    accepted = SubmitJob(SMS, parts_of(1), None, RecordingTraffic())
    write(accepted, 1)
    accepted.on_response(0, SubmitSmResp(message_id="1"))

    assert "accepted" in repr(accepted)


def test_accepted_parts_are_reported_with_their_ids(
    job: SubmitJob[Any], traffic: RecordingTraffic
) -> None:
    """The client registers each id, so that the receipt of each part is matched."""
    write(job, 2)
    job.on_response(1, SubmitSmResp(message_id="b"))
    job.on_response(0, SubmitSmResp(message_id="a"))

    assert [(job, "b"), (job, "a")] == traffic.accepted
    assert [] == traffic.finished


def test_last_of_several_parts_is_reported_with_the_outcome(
    job: SubmitJob[Any], traffic: RecordingTraffic
) -> None:
    """Its id is registered, too, whichever part it is."""
    write(job, 3)
    for index in (2, 0, 1):
        job.on_response(index, SubmitSmResp(message_id=f"id {index}"))

    assert [(job, f"id {index}") for index in (2, 0, 1)] == traffic.accepted
    assert [job] == traffic.finished


def test_last_accepted_part_is_reported_with_the_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    """One callback for a message of one part."""
    traffic = RecordingTraffic()
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(traffic, "on_accepted", lambda *args: calls.append(args))
    monkeypatch.setattr(traffic, "on_finished", lambda *args: calls.append(args))
    single = SubmitJob(SMS, parts_of(1), None, traffic)
    write(single, 1)
    single.on_response(0, SubmitSmResp(message_id="a"))

    assert [(single, "a")] == calls
    assert single.is_finished


def test_late_response_is_reported_as_accepted(
    job: SubmitJob[Any], traffic: RecordingTraffic
) -> None:
    """The client expects its receipt, though the message has failed."""
    write(job, 1)
    job.on_timeout(0, 30.0)
    job.on_late_response(0, SubmitSmResp(message_id="late"))

    assert [(job, "late")] == traffic.accepted
    assert [job] == traffic.finished


def test_generic_nack_without_an_error_is_no_acceptance(job: SubmitJob[Any]) -> None:
    """It says neither yes nor no: UNKNOWN, with the reason, and no further part is written."""
    write(job, 2)
    job.on_response(0, SubmitSmResp(message_id="7"))
    job.on_response(1, GenericNack(command_status=0))

    assert job.is_finished
    assert isinstance(job.failure, SubmitInterruptedError)
    assert (Outcome.UNKNOWN, ("7",)) == (job.failure.outcome, job.failure.message_ids)
    assert "generic_nack with ESME_ROK" in str(job.failure)


def test_late_generic_nack_without_an_error_adds_no_id(
    job: SubmitJob[Any], traffic: RecordingTraffic
) -> None:
    """A receipt under an empty id would belong to every message."""
    write(job, 3)
    job.on_timeout(0, 1.0)
    job.on_late_response(0, GenericNack(command_status=0))

    assert () == job.message_ids
    assert [] == traffic.accepted


def test_acceptance_without_an_id_is_an_acceptance(job: SubmitJob[Any]) -> None:
    """ESME_ROK in its own response is a yes; only its receipt can't be found."""
    write(job, 3)
    for index in range(3):
        job.on_response(index, SubmitSmResp())

    assert job.is_finished
    assert job.failure is None
    assert ("", "", "") == job.message_ids


def test_only_an_abandoned_message_is_withdrawn(job: SubmitJob[Any]) -> None:
    """The dispatcher counts withdrawn messages that still stand in its queue."""
    before = job.is_withdrawn
    job.abandon()

    assert (False, True) == (before, job.is_withdrawn)
    finished = SubmitJob(SMS, parts_of(1), None, RecordingTraffic())
    finished.give_up("no link")
    assert not finished.abandon()
    assert not finished.is_withdrawn


def test_interval_of_the_parts_delays_the_next_write(job: SubmitJob[Any]) -> None:
    """The gateway limits messages per second, and each part counts."""
    job.interval = 0.5
    job.next_part(10.0)

    assert 10.5 == job.write_at


async def test_repr_of_a_pending_request_names_it() -> None:
    """The repr appears in the debug output of the session."""
    future = asyncio.get_running_loop().create_future()
    future.cancel()

    assert "PendingRequest(query_sm, timeout=5.0)" == repr(PendingRequest("query_sm", future, 5.0))


async def test_pending_request_ends_with_the_response_or_the_error() -> None:
    """The future of a query gets exactly one of the four possible outcomes."""
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(4)]
    pending = [PendingRequest("query_sm", future, None) for future in futures]
    response = SubmitSmResp()
    pending[0].on_response(0, response)
    pending[1].on_timeout(0, 30.0)
    pending[2].on_decode_error(0, ValueError("?"))
    pending[3].on_connection_lost(0, "the connection was lost", OSError("reset"))

    assert response is futures[0].result()
    kinds = [type(future.exception()) for future in futures[1:]]
    assert [RequestTimeoutError, ValueError, LinkLostError] == kinds
    lost = futures[3].exception()
    assert lost is not None
    assert isinstance(lost.__cause__, OSError)


async def test_cancelled_future_of_a_pending_request_is_left_alone() -> None:
    """The response of a cancelled query comes later and must raise nothing."""
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    pending = PendingRequest("query_sm", future, None)
    pending.on_response(0, SubmitSmResp())
    pending.on_late_response(0, SubmitSmResp())
    pending.on_timeout(0, 1.0)

    assert future.cancelled()
