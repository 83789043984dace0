"""What users read of a simulator: messages, refusals, counters, what was on the wire.

Rule: reading changes nothing but what `wait_for_message` has returned and what `forget` forgets. It
also works after the end, but for waiting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdu._tracebacks import hides_locals
from smsc_async._base_errors import SmscError, check_kind, shown
from smsc_async.simulator.fates import UnknownMessageError
from smsc_async.simulator.message_log import EVERY, PAGE
from smsc_async.simulator.records import SubmittedMessage
from smsc_async.simulator.scenario import Scenario
from smsc_async.simulator.simulator_stats import SimulatorStats
from smsc_async.simulator.tap import FrameTap

if TYPE_CHECKING:
    from smsc_async.listener import Listener
    from smsc_async.simulator.accounts import ClientLink
    from smsc_async.simulator.message_log import MessageFilter
    from smsc_async.simulator.records import RefusedRequest
    from smsc_async.simulator.smsc import SimulatedSmsc
    from smsc_async.simulator.tap import Frame
    from smsc_async.simulator.waiting_calls import WaitingCalls

ON_PURPOSE: Final = (SmscError, RuntimeError, TimeoutError, ValueError)
"""What calls of a simulator raise."""


class SimulatorInspection:
    """What has come to a simulator that runs, or has run.

    Args:
        scenario: How it behaves.

    Raises:
        ConfigError: *scenario* is none.
    """

    def __init__(self, scenario: Scenario) -> None:
        check_kind("scenario", scenario, Scenario)
        self._scenario = scenario
        self._tap: FrameTap[ClientLink] = FrameTap(number_of=lambda link: link.number)
        self._smsc: SimulatedSmsc | None = None
        self._calls: WaitingCalls
        self._open_listener: Listener[ClientLink] | None = None

    @property
    def messages(self) -> list[SubmittedMessage]:
        """The newest accepted messages, oldest first; also after the end."""
        return [] if self._smsc is None else self._smsc.state.messages

    @property
    def refused(self) -> list[SubmittedMessage]:
        """The newest refused messages, with `refusal` and `stop`, oldest first."""
        if self._smsc is None:
            return []
        return [message for message in self._smsc.state.log if message.refusal is not None]

    @property
    def refusals(self) -> list[RefusedRequest]:
        """The newest refused requests of any kind, with the reason of each, oldest first."""
        return [] if self._smsc is None else list(self._smsc.state.refusals)

    @property
    def stats(self) -> SimulatorStats:
        """Counters, as of now; also after the end."""
        return SimulatorStats() if self._smsc is None else self._smsc.stats()

    @hides_locals(ON_PURPOSE)
    def find(
        self,
        wanted: MessageFilter = EVERY,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int | None = PAGE,
    ) -> list[SubmittedMessage]:
        """Return messages, accepted and refused, the newest first.

        A message's `number` is a cursor: the next page is `before=` the last one's number, what has
        come since is `after=` the first one's.

        Args:
            wanted: What they have to meet.
            before: Only those with a smaller number.
            after: Only those with a greater number.
            limit: The most that are returned, None for all.

        Raises:
            ValueError: A negative *limit*.
        """
        if self._smsc is None:
            return []
        return self._smsc.state.log.find(wanted, before=before, after=after, limit=limit)

    @hides_locals(ON_PURPOSE)
    def message(self, message: int | str) -> SubmittedMessage:
        """Return the message with a number, or an id as "m-17" or one of its message_ids.

        Raises:
            UnknownMessageError: There is none, or none any more.
        """
        found = None if self._smsc is None else self._smsc.state.log.get(message)
        if found is None:
            raise UnknownMessageError(
                f"no message {shown(message)} is kept; the newest {self._scenario.keep} are"
            )
        return found

    @hides_locals(ON_PURPOSE)
    def forget(self, wanted: MessageFilter | None = None) -> int:
        """Forget messages; those that are held get no outcome any more. Return their number.

        `wait_for_message` doesn't return them either. The rules still count them: a repeat of one
        is a repeat.

        Args:
            wanted: Only messages that meet it; None for all, and what is held of incomplete ones.
        """
        if self._smsc is None:
            return 0
        messages = self._smsc.state.log.find(wanted or EVERY, limit=None)
        self._smsc.outcomes.forget(None if wanted is None else messages)
        return self._smsc.state.log.remove(messages)

    @hides_locals(ON_PURPOSE)
    async def wait_for_message(self, *, timeout: float = 5.0) -> SubmittedMessage:  # noqa: ASYNC109 - one deadline, said where one waits
        """Return the oldest message not returned here before; wait for one if there is none.

        Refused messages aren't among them. Cancelling is safe: the message stays for the next call.

        Args:
            timeout: Seconds.

        Raises:
            TimeoutError: None was received in time.
            RuntimeError: The simulator isn't running, or ended meanwhile.
        """
        self._listener()
        return await self._calls.next_message(timeout)

    def frames(
        self, *, link: int | None = None, before: int | None = None, limit: int = 200
    ) -> list[Frame]:
        """Return the newest PDUs read and written, oldest first; also after the end.

        Of all together at most 4 MiB are kept, and no password.

        Args:
            link: Only those of one link, by `SubmittedPart.link`.
            before: Only those with a smaller number, that of the first frame of an earlier call.
            limit: The most that are returned.
        """
        return self._tap.frames(link=link, before=before, limit=limit)

    @hides_locals(ON_PURPOSE)
    def frames_of(self, message: SubmittedMessage | int | str) -> list[Frame]:
        """Return the PDUs of one message, oldest first: submits, responses, receipts.

        Args:
            message: The message, its number, or an id; accepted or refused.

        Raises:
            UnknownMessageError: It isn't kept by this simulator, or not any more.
        """
        message = self._kept(message)
        if message.refusal is not None:
            return self._tap.frames_of(message.link, [message.sequence_number], [])
        frames: set[Frame] = set()
        for link in {part.link for part in message.submits}:
            parts = [part for part in message.submits if part.link == link]
            sequence_numbers = [part.sequence_number for part in parts]
            # Receipts write ids in decimal.
            ids = [str(part.number) for part in parts]
            frames.update(self._tap.frames_of(link, sequence_numbers, ids))
        return sorted(frames)

    def _kept(self, message: SubmittedMessage | int | str) -> SubmittedMessage:
        """Return a message that this simulator keeps, or raise UnknownMessageError."""
        if not isinstance(message, SubmittedMessage):
            return self.message(message)
        if self._smsc is None or not self._smsc.state.log.has(message):
            raise UnknownMessageError(
                f"{message.id} isn't kept by this simulator, or not any more; the newest"
                f" {self._scenario.keep} are"
            )
        return message

    def _running(self) -> SimulatedSmsc:
        """Return the simulated SMSC."""
        assert self._smsc is not None  # noqa: S101 - made with the listener
        return self._smsc

    def _listener(self) -> Listener[ClientLink]:
        """Return the open port, or raise RuntimeError."""
        if self._open_listener is None:
            raise RuntimeError("the simulator is not running; enter it with `async with`")
        return self._open_listener
