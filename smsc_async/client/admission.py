"""Admission control: the account's rules, as the messages of one client meet them.

Rule: nothing is decided here. The checks are asked first, since they change nothing. Then the rule
engine makes a step of the message, the store decides it, and the verdict is kept in the message's
job: when it may be written, and what it has reserved.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from enum import Enum
from logging import ERROR
from typing import TYPE_CHECKING, Any, cast

from smsc_async._deadline_timer import NEVER
from smsc_async.client.admission_errors import failed, interrupted, store_failed
from smsc_async.client.held import HeldCallers
from smsc_async.client.overdue import OverdueTurns, admission_of, step_of
from smsc_async.client.rules_clock import ClockMoves
from smsc_async.client.turns import TurnSchedule
from smsc_async.errors import Outcome, SendError, SmscError
from smsc_async.instrumentation import LOG, call_logged, log, place_of
from smsc_async.link.pace import CATCH_UP
from smsc_async.rules.checks import in_utc, name_of, wait_of
from smsc_async.rules.engine import RuleEngine
from smsc_async.rules.verdict import ANY_TIME, Admitted, Held, HeldByCheck, Hold, held_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.client.submission import MessageJob
    from smsc_async.messages import Message
    from smsc_async.rules.checks import Check
    from smsc_async.rules.limits import GatewayLimits
    from smsc_async.rules.verdict import Token, Verdict
    from smsc_async.stores import RuleStore

FAIL_AT_ONCE = Hold.fail()

_new = tuple.__new__  # hot path


class Pending(Enum):
    """The store has to be awaited for an answer."""

    PENDING = "pending"


Blocked = Held | HeldByCheck | Pending | SendError
"""Why a message isn't admitted yet; an error if a check has failed."""


def utc_now() -> datetime:
    """Return the time of day, aware: the wall clock by default."""
    return datetime.now(UTC)


class AdmissionControl:
    """Asks checks and rules for every message, and reports its outcome to the rules.

    Args:
        limits: The gateway's limits.
        store: Where the rules' state is.
        clock: Seconds of the links' clock; the store may have another.
        checks: Asked before the rules.
        wall_clock: Time of day for the checks, aware.

    Attributes:
        moves: Of the rules' clock.
        turns: Of the messages that wait for theirs.
        overdue: Messages that have missed theirs.
        lateness: Seconds after which a message that waits for a slot must be postponed.
        waiting: Messages that wait for the store, or are held.
    """

    def __init__(
        self,
        limits: GatewayLimits,
        store: RuleStore,
        clock: Callable[[], float],
        *,
        checks: tuple[Check, ...] = (),
        wall_clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = RuleEngine(limits, key=store.key)
        self._rules = self._engine.rules
        self._interval = self._rules.interval
        self._is_off = self._engine.is_off
        self._store = store
        self._clock = clock
        self._checks = checks
        self._wall_clock = wall_clock
        self._is_one_clock = store.now is clock
        self.turns = TurnSchedule(store, clock)
        self.overdue = OverdueTurns(store, self.turns, clock)
        self.waiting = 0
        self._held = HeldCallers(store.now)
        self.moves = ClockMoves(store.now, clock, self._held, self.turns)
        self._idle: asyncio.Future[None] | None = None
        # Messages that wait for the store.
        self._asking: set[asyncio.Task[Any]] = set()
        self._is_over = False
        self._is_attached = False
        self.lateness = NEVER if self._is_off else self._rules.lateness
        if self._interval and store.shares_rate:
            self.lateness = min(self.lateness, CATCH_UP)

    def try_admit(
        self, job: MessageJob[Any], identity: str, now: float, replaces: Token | None = None
    ) -> Blocked | None:
        """Ask without awaiting; return why the message isn't admitted, if it isn't.

        Args:
            job: The message.
            identity: What the rules compare, as `Composer.compose` returns it.
            now: Current time, of the links' clock.
            replaces: The reservation of an earlier attempt whose outcome is unknown.

        Raises:
            InvalidMessageError: It has so many parts that it could never be admitted.
        """
        parts = job.parts
        if parts > 1:
            job.parts_window = self._rules.multipart_window
        if self._is_off:
            return self.ask_checks(job.message) if self._checks else None
        job.interval = self._interval
        job.step = step = self._engine.step(job.message, parts, identity, replaces)
        if self._checks:
            blocked = self.ask_checks(job.message)
            if blocked is not None:
                return blocked
        try:
            if not self._is_one_clock:
                now = self._store.now()
            verdict = self._store.apply_now(step, now)
        except Exception as error:  # noqa: BLE001 - logged, and the cause of what is raised
            return store_failed(job.message, error)
        if type(verdict) is not float:
            return self._keep(job, verdict, now)
        # What `_keep` does, for nearly all messages (hot path).
        job.reservation = job.admitted_at = verdict
        if verdict > now:
            self.turns.add(job, verdict, now, self._interval, ANY_TIME)
        return None

    async def admit(self, job: MessageJob[Any], blocked: Blocked, hold: Hold) -> None:
        """Wait until checks and rules admit the message, as long as *hold* allows.

        After a wait all of them are asked anew. Cancelling is safe: what was reserved is given
        back.

        Raises:
            HeldByRuleError: A check or a rule holds it for longer.
            SubmitInterruptedError: The client is left.
            SendError: A check or the store has failed.
        """
        self.waiting += 1
        try:
            await self._wait_admitted(job, blocked, hold)
        except SmscError:
            raise
        except Exception as error:
            raise store_failed(job.message, error, "now") from error
        finally:
            self.waiting -= 1
            if not self.waiting and self._idle is not None:
                self._idle.set_result(None)
                self._idle = None

    async def _wait_admitted(self, job: MessageJob[Any], blocked: Blocked, hold: Hold) -> None:
        """Ask again whenever checks and rules may admit the message."""
        store = self._store
        asked_at = since = store.now()
        reason: Blocked | None = blocked
        while reason is not None:
            if reason is Pending.PENDING:
                reason = self._keep(job, await self._ask_store(job), store.now())
            elif isinstance(reason, SendError):
                raise reason
            else:
                # No time before the store was asked: its server may be late.
                await self._wait_held(job, reason, hold, max(reason.retry_at, asked_at), since)
                reason = self._ask_again(job)
            if reason is not None:
                asked_at = store.now()

    async def _wait_held(
        self,
        job: MessageJob[Any],
        held: Held | HeldByCheck,
        hold: Hold,
        retry_at: float,
        since: float,
    ) -> None:
        """Wait until *retry_at*, at least for one iteration of the loop, if *hold* allows it."""
        if not hold.allows(held._replace(retry_at=retry_at), since=since):
            raise held_error(job.message, held, now=self._store.now())
        if not await self._held.wait(retry_at):
            raise interrupted(job.message)

    async def _ask_store(self, job: MessageJob[Any]) -> Verdict:
        """Wait for the store's verdict, until the client is left."""
        if self._is_over:
            raise interrupted(job.message)
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        cancels = task.cancelling()
        self._asking.add(task)
        try:
            return await self._store.apply(step_of(job))
        except asyncio.CancelledError:
            # The cancel of `shutdown` ends here, that of a caller goes on: as `asyncio.timeout`
            # does, in a tenth of its time (hot path).
            if task in self._asking or task.uncancel() > cancels:
                raise
            raise interrupted(job.message) from None
        except Exception as error:
            raise store_failed(job.message, error) from error
        finally:
            self._asking.discard(task)

    def ask_checks(self, message: Message[Any]) -> HeldByCheck | SendError | None:
        """Ask every check; return the longest wait, or the error of a check that failed.

        Returned, not raised: a traceback here could show the text.
        """
        if not self._checks:
            return None
        longest, holding = 0.0, ""
        name = "wall_clock"
        try:
            now = in_utc(self._wall_clock())
            for check in self._checks:
                name = f"the check {name_of(check)}"
                wait = wait_of(check, message, now)
                if wait > longest:
                    longest, holding = wait, name
            if not holding:
                return None
            name = "RuleStore.now"
            return HeldByCheck(holding, longest, self._store.now() + longest)
        except Exception as error:  # noqa: BLE001 - logged, and the cause of what is raised
            log(LOG, ERROR, "! %s failed: %s", name, place_of(error))
            return failed(message, name, error)

    def held_error(self, message: Message[Any], held: Held | HeldByCheck) -> SendError:
        """Return the error that says when a held message may be sent."""
        try:
            return held_error(message, held, now=self._store.now())
        except Exception as error:  # noqa: BLE001 - as above
            return store_failed(message, error, "now")

    def peek(self, message: Message[Any], parts: int, identity: str) -> tuple[Held, float] | None:
        """Return what would hold a message now, and for how many seconds; remember nothing.

        Raises:
            SendError: The store has failed.
        """
        if self._is_off:
            return None
        step = self._engine.step(message, parts, identity)
        try:
            now = self._store.now()
            held = self._store.peek(step, now)
        except Exception as error:
            raise store_failed(message, error, "peek") from error
        return None if held is None else (held, max(0.0, held.retry_at - now))

    def record_outcome(self, job: MessageJob[Any]) -> None:
        """Give the reservation of a failed message back, unless it may have been sent.

        What the gateway refused or never got doesn't count against the next attempt.
        """
        failure = job.failure
        if job.reservation is None or failure is None:
            return
        if failure.outcome is Outcome.UNKNOWN or failure.message_ids:
            failure.reservation = job.reservation
        else:
            self.release(job)

    def release(self, job: MessageJob[Any]) -> None:
        """Give the reservation of a message back, once, and its turn if that hasn't come."""
        if job.reservation is not None:
            release = self._store.release
            call_logged("RuleStore.release", release, step_of(job), admission_of(job))
            job.reservation = None
            self.turns.give_back(job)

    def postpone(self, job: MessageJob[Any]) -> bool:
        """Report that a message is due only now: the gateway counts from its arrival.

        Returns:
            Whether it takes another turn, and isn't written now.
        """
        if job.reservation is None:
            return False
        # A queue that asks its sender before the write has looked for another turn itself.
        has_own_queue = job.throttled_at is not None and not job.was_throttled
        if self._interval and not has_own_queue and self.overdue.retake(job):
            return True
        step, admitted = step_of(job), admission_of(job)
        later = call_logged("RuleStore.postpone", self._store.postpone, step, admitted)
        if later is not None:
            job.reservation, job.admitted_at = later.token, later.not_before
        return False

    def retake_overdue(self, job: MessageJob[Any], now: float) -> bool:
        """Return whether a message has missed its turn and waits for another one."""
        if not self._interval or job.reservation is None:
            return False
        is_overdue = now > (job.write_at or job.queued_at) + CATCH_UP
        return is_overdue and self.overdue.retake(job)

    def shutdown(self, after: float = 0.0) -> None:
        """End the waits of messages that are held for longer than *after* seconds from now.

        With 0, those for the store end, too.
        """
        now = call_logged("RuleStore.now", self._store.now)
        if not after:
            self._is_over = True
            asking, self._asking = self._asking, set()
            for task in asking:
                task.cancel()
        self._held.end(-NEVER if now is None else now + after)

    def open(self) -> None:
        """Follow the rules' clock, and let a store of several workers count this one."""
        self.moves.open()
        if not self._is_off and not self._is_attached:
            call_logged("RuleStore.attach", self._store.attach)
            self._is_attached = True

    def close(self) -> None:
        """End that."""
        self.moves.close()
        if self._is_attached:
            self._is_attached = False
            call_logged("RuleStore.detach", self._store.detach)

    async def flush(self) -> None:
        """Let the store share what was given back; its failure is logged. Cancelling is safe."""
        try:
            await self._store.flush()
        except Exception as error:  # noqa: BLE001 - the client is left all the same
            log(LOG, ERROR, "! RuleStore.flush failed: %s", place_of(error))

    async def drain(self) -> None:
        """Wait until no message waits here. Cancelling is safe."""
        while self.waiting:
            if self._idle is None:
                self._idle = asyncio.get_running_loop().create_future()
            # `wait`, since several tasks may wait: cancelling one mustn't cancel the future.
            await asyncio.wait([self._idle])

    def _ask_again(self, job: MessageJob[Any]) -> Blocked | None:
        """Ask checks and rules after a wait."""
        blocked = self.ask_checks(job.message)
        if blocked is not None or self._is_off:
            return blocked
        try:
            now = self._store.now()
            verdict = self._store.apply_now(step_of(job), now)
        except Exception as error:  # noqa: BLE001 - as above
            return store_failed(job.message, error)
        return self._keep(job, verdict, now)

    def _keep(
        self, job: MessageJob[Any], verdict: Verdict | float | None, now: float
    ) -> Blocked | None:
        """Keep a verdict in the job, on the links' clock."""
        if verdict is None:
            return Pending.PENDING
        if isinstance(verdict, Held):
            return verdict
        if isinstance(verdict, Admitted):
            job.reservation, at, job.interval, earliest = verdict
            interval = job.interval
        else:
            job.reservation = at = verdict
            interval, earliest = self._interval, ANY_TIME
        job.admitted_at = at
        if at > now:
            self.turns.add(job, at, now, interval, earliest)
        elif self._store.shares_rate:
            job.write_at = self._clock() + at - now  # it may be over already
        return None

    def __repr__(self) -> str:
        return f"<AdmissionControl {self._engine!r}, {self._store!r}>"
