"""`send(…, within=…)`: one deadline for a whole send.

Rule: at the deadline the caller gets an answer, and the message goes on if a part of it was
written: nothing that was written is forgotten, and nothing is written twice.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import anyio

from smsc_async._deadline_timer import DeadlineTimer
from smsc_async.client.runtime import not_sent
from smsc_async.client.wakeups import Waiter
from smsc_async.errors import HeldByRuleError, Outcome, PartsOverdueError
from smsc_async.rules.verdict import Hold

if TYPE_CHECKING:
    from smsc_async.client.admission import Blocked
    from smsc_async.client.runtime import ClientRuntime
    from smsc_async.client.submission import MessageJob
    from smsc_async.errors import SendError

FOR_RESPONSE: Final = 0.1
"""Share of `within` that is left for the response when the last part is written. Without it a
client that is asked for more than the rate writes every message at its very deadline, and the
outcome of each is unknown."""


async def submit_within(
    runtime: ClientRuntime,
    job: MessageJob[Any],
    blocked: Blocked | None,
    hold: Hold,
    within: float,
) -> SendError | None:
    """Submit a message and wait for its outcome, *within* seconds from now.

    Cancelling is safe before the first octet is written, as for `send`.

    Returns:
        The error of the send; None if the gateway accepted the message.

    Raises:
        HeldByRuleError: A rule holds it, for longer than *hold* or *within*; or its turn in the
            rate comes too late.
        SubmitInterruptedError: The rules' store didn't answer in time, or the client was left.
    """
    deadline = runtime.now() + within
    if blocked is not None:
        hold = Hold(min(hold.patience, within))
        with anyio.move_on_after(within) as scope:
            await runtime.admission.admit(job, blocked, hold)
        if scope.cancelled_caught:
            raise not_sent(job.message, within, "the rules hadn't admitted it")
        if runtime.now() >= deadline:
            # The event loop was held up.
            runtime.admission.release(job)
            raise not_sent(job.message, within, "the rules admitted it too late")
    _check_turn(runtime, job, deadline, within)
    job.waiter = waiter = Waiter(runtime.wakeups)
    timer = DeadlineTimer(runtime.now, lambda: runtime.expire(job, within))
    runtime.dispatcher.submit(job, runtime.now())
    if not job.written:
        # The loop may be held up, and find a free slot before the timer.
        job.parts_deadline = deadline
    timer.start(deadline)
    try:
        failure: SendError | None = await waiter
    except asyncio.CancelledError:
        runtime.withdraw(job)
        raise
    finally:
        timer.stop()
    if isinstance(failure, PartsOverdueError) and failure.outcome is Outcome.NOT_SENT:
        return runtime.unwritten_error(job, within)
    return failure


def _check_turn(
    runtime: ClientRuntime, job: MessageJob[Any], deadline: float, within: float
) -> None:
    """Refuse a message at once that would be written too late; its turn goes to another.

    Raises:
        HeldByRuleError: Its last part's turn in the rate leaves no time for the response.
    """
    if not job.write_at:
        return
    last_at = job.write_at + (job.parts - 1) * job.interval
    latest = deadline - within * FOR_RESPONSE
    if last_at > latest:
        runtime.admission.release(job)
        raise HeldByRuleError(
            job.message,
            retry_after=last_at - latest,
            reason=f"its turn in the account's rate comes in {last_at - runtime.now():.2f} s, which"
            f" leaves no time for the response within {within:g} s",
        )
