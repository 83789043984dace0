"""Where a message asks the gateway's rules whether it may go, and tells them what became of it.

Rule: nothing is decided here. The engine makes the question, the store answers it, and this
room keeps the answer beside the message: when it may be written, and what is to be given back.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import TYPE_CHECKING, Any

from smsc_async.errors import ClientClosedError, Outcome, SubmitInterruptedError
from smsc_async.link.submit_job import NEVER
from smsc_async.rules.engine import RuleEngine
from smsc_async.rules.verdict import Admitted, Held, Hold, held_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.client.submission import Submission
    from smsc_async.messages import Message
    from smsc_async.rules.engine import Step
    from smsc_async.rules.limits import GatewayLimits
    from smsc_async.rules.verdict import Token, Verdict
    from smsc_async.stores import RuleStore

AT_ONCE = Hold.fail()


class Pending(Enum):
    """Nothing is known yet: the store has to be waited for."""

    PENDING = "unasked"


_make = tuple.__new__  # half the time of calling the named tuple

Blocked = Held | Pending
"""What keeps a message from going."""


class AdmissionControl:
    """The rules of one account, as the messages of one client meet them.

    Args:
        limits: The gateway's numbers.
        store: Where the rules' memory is.
        clock: Seconds of the links' clock; the store may have another.
    """

    def __init__(
        self,
        limits: GatewayLimits,
        store: RuleStore,
        clock: Callable[[], float],
    ) -> None:
        self._rulebook = RuleEngine(limits, key=store.key)
        self._store = store
        self._clock = clock
        self._rules = self._rulebook.rules
        self._leaving: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_off = self._rulebook.is_off
        self._is_one_clock = store.now is clock
        self.lateness = NEVER if self._is_off else self._rules.lateness

    def ask_now(
        self, submission: Submission[Any], text: str, now: float, token: Token | None = None
    ) -> Blocked | None:
        """Ask, if the answer can be had at once; return what keeps the message from going.

        Args:
            submission: Of the message.
            text: The message rendered.
            now: The instant, of the links' clock.
            token: Of an unknown outcome that is sent again on purpose.

        Raises:
            InvalidMessageError: It has so many parts that it could never pass.
        """
        parts = submission.parts
        if parts > 1:
            submission.parts_window = self._rules.multipart_window
            submission.interval = self._rules.interval
        if self._is_off:
            return None
        if token is not None:
            submission.retries = token
        step = self._rulebook.step(submission.message, parts, text, token)
        submission.fingerprint = step[1]
        if not self._is_one_clock:
            now = self._store.now()
        return self._noted(submission, self._store.apply_now(step, now), now)

    def _step_of(self, submission: Submission[Any]) -> Step:
        """Return the step of a message once more."""
        to, parts, token = submission.message.to, submission.parts, submission.retries
        return self._rules, submission.fingerprint, to, parts, token

    async def ask(self, submission: Submission[Any], blocked: Blocked, hold: Hold) -> None:
        """Wait until nothing keeps the message from going, as long as *hold* allows.

        Cancelling is safe: what was reserved is given back.

        Raises:
            HeldByRuleError: A rule holds it for longer.
            SubmitInterruptedError: The client is left.
        """
        store, step = self._store, self._step_of(submission)
        since = store.now()
        still: Blocked | None = blocked
        while still is not None:
            if still is Pending.PENDING:
                verdict = await store.apply(step)
                still = self._noted(submission, verdict, store.now())
                continue
            if not hold.allows(still, since=since):
                raise held_error(submission.message, still, now=store.now())
            await self._sleep(still.retry_at - store.now())
            if self._leaving.done():
                raise _left(submission.message)
            now = store.now()
            still = self._noted(submission, store.apply_now(step, now), now)

    def now(self) -> float:
        """Return the instant, of the store's clock."""
        return self._store.now()

    def peek(self, message: Message[Any], parts: int, text: str) -> tuple[Held, float] | None:
        """Tell what would hold a message now, and for how many seconds; remember nothing."""
        if self._is_off:
            return None
        now = self._store.now()
        held = self._store.peek(self._rulebook.step(message, parts, text), now)
        return None if held is None else (held, max(0.0, held.retry_at - now))

    def settle(self, submission: Submission[Any]) -> None:
        """Give back the place of a message that surely didn't go; name that of one that may have.

        What the gateway refused or never saw doesn't count against the next attempt.
        """
        failure = submission.failure
        if submission.reservation is None or failure is None:
            return
        if failure.outcome is Outcome.UNKNOWN or failure.message_ids:
            failure.reservation = submission.reservation
        else:
            self.release(submission)

    def release(self, submission: Submission[Any]) -> None:
        """Give the place of a message back, once."""
        admitted = _admission_of(submission)
        if admitted is not None:
            self._store.release(self._step_of(submission), admitted)
            submission.reservation = None

    def postpone(self, submission: Submission[Any]) -> None:
        """Take notice that a message is written only now: the gateway counts from its arrival."""
        admitted = _admission_of(submission)
        if admitted is not None:
            later = self._store.postpone(self._step_of(submission), admitted)
            submission.reservation, submission.admitted_at = later.token, later.not_before

    def leave(self) -> None:
        """Hold nobody any longer: the client is left."""
        if not self._leaving.done():
            self._leaving.set_result(None)

    def _noted(
        self, submission: Submission[Any], verdict: Verdict | float | None, now: float
    ) -> Blocked | None:
        """Note beside a message what the rules said, in instants of the links' clock."""
        # Not the admission itself: one object less on the way of every message.
        if type(verdict) is Held:
            return verdict
        if verdict is None:
            return Pending.PENDING
        if type(verdict) is Admitted:
            submission.reservation, at, submission.interval = verdict
        else:
            submission.reservation = at = verdict
        submission.admitted_at = at
        if at > now:
            submission.write_at = self._clock() + at - now
        return None

    async def _sleep(self, seconds: float) -> None:
        """Wait, unless the client is left."""
        await asyncio.wait([self._leaving], timeout=max(0.0, seconds))


def _admission_of(submission: Submission[Any]) -> Admitted | None:
    """Return a message's place in the rules, None if it has none."""
    if submission.reservation is None:
        return None
    place = submission.reservation, submission.admitted_at, submission.interval
    return _make(Admitted, place)


def _left(message: Message[Any]) -> SubmitInterruptedError:
    """Make the error of a message that was held when the client was left."""
    cause = ClientClosedError("it was left while this message was held")
    error = SubmitInterruptedError(message, outcome=Outcome.NOT_SENT, reason=str(cause))
    error.__cause__ = cause
    return error
