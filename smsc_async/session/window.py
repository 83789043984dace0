"""Requests awaiting a response, with their deadlines.

Rule: a slot is freed by a response, by its deadline or by the loss of the link, never by the
caller that opened it. A cancelled caller doesn't free its slot.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from math import inf
from typing import Final, NamedTuple

from pdu import CommandId
from pdu.half_made import shows_half_made
from pdu.names import RESPONSE_BIT, command_name
from smsc_async.errors import LocalProtocolError
from smsc_async.session.sequence import MAXIMUM, next_free

_GENERIC_NACK: Final = int(CommandId.GENERIC_NACK)
_SUBMIT_SM: Final = int(CommandId.SUBMIT_SM)
_SUBMIT_SM_RESP: Final = _SUBMIT_SM | RESPONSE_BIT

NO_SLOT: Final = object()
"""`Window.close_submit` returns this where no submit_sm of that number is in flight."""

# A whole window may become overdue in one response_timeout, so ten windows recognise a late
# response for ten timeouts at least: five minutes with the defaults.
_WINDOWS_REMEMBERED: Final = 10


class WindowFullError(LocalProtocolError):
    """No slot is free. Wait for a response or a deadline, then ask again.

    Args:
        size: Slots of the window, all taken.
    """

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the window is full: {size} of {size} requests await a response; "
            "wait until one is answered or overdue"
        )
        self.size = size

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.size,)


class Slot(NamedTuple):
    """One request that awaits its response.

    Args:
        sequence_number: The number it went out under.
        command_id: Of the request.
        context: Given by the caller, returned with the outcome.
        deadline: Time from which on the response is overdue, in seconds.
    """

    sequence_number: int
    command_id: int
    context: object
    deadline: float

    def is_answered_by(self, response_id: int) -> bool:
        """Whether a PDU of this `command_id` can be the response. See SMPP v3.4 §5.1.2.1."""
        return response_id == self.command_id | RESPONSE_BIT or response_id == _GENERIC_NACK

    def __repr__(self) -> str:
        return (
            f"Slot(sequence_number={self.sequence_number}, "
            f"command_id={command_name(self.command_id)}, deadline={self.deadline})"
        )


@shows_half_made
class Window:
    """The slots of one session, and the counter of their numbers.

    `in` returns whether a sequence_number is still registered.

    Args:
        size: Requests that may await a response at a time.
        response_timeout: Seconds until a response is overdue, unless a request says otherwise.

    Attributes:
        free: Slots that may still be opened, 0 to *size*.
        last_number: The sequence_number assigned last, 0 to 0x7FFFFFFF.
    """

    __slots__ = (
        "_control",
        "_due",
        "_overdue",
        "_own",
        "_own_order",
        "_submits",
        "_unused_to",
        "free",
        "last_number",
        "response_timeout",
        "size",
    )

    def __init__(self, size: int, response_timeout: float) -> None:
        self.size = size
        self.free = size
        self.response_timeout = response_timeout
        self.last_number = 0
        # On the first lap numbers were never used, and so can't be in use.
        self._unused_to = MAXIMUM
        # Every submit_sm with the default timeout: its context, its deadline; no Slot (hot path).
        # Insertion order is deadline order.
        self._submits: dict[int, object] = {}
        self._due: dict[int, float] = {}
        # All others, ordered by a heap from which answered ones are removed late.
        self._own: dict[int, Slot] = {}
        self._own_order: list[tuple[float, int]] = []
        # bind, enquire_link and unbind take no slot; timers watch them.
        self._control: dict[int, Slot] = {}
        self._overdue: dict[int, Slot] = {}

    @property
    def in_flight(self) -> int:
        """Slots taken, 0 to `size`."""
        return self.size - self.free

    @property
    def is_full(self) -> bool:
        """Whether opening a slot would raise."""
        return self.free <= 0

    def __contains__(self, sequence_number: object) -> bool:
        return (
            sequence_number in self._submits
            or sequence_number in self._own
            or sequence_number in self._control
            or sequence_number in self._overdue
        )

    def check_free(self) -> None:
        """Raise WindowFullError unless a slot is free."""
        if self.free <= 0:
            raise WindowFullError(self.size)

    def open_slot(
        self,
        sequence_number: int,
        command_id: int,
        context: object,
        now: float,
        timeout: float | None = None,
    ) -> None:
        """Take a slot for a request, until its deadline at the latest.

        Args:
            sequence_number: Of the request; not `in` this window.
            command_id: Of the request.
            context: Returned with the slot.
            now: The time of writing, in seconds.
            timeout: Seconds for this response; None takes `response_timeout`.

        Raises:
            WindowFullError: All slots are taken.
            LocalProtocolError: *timeout* is no duration.
        """
        if self.free <= 0:
            raise WindowFullError(self.size)
        if timeout is None:
            timeout = self.response_timeout
        self._open_own(Slot(sequence_number, command_id, context, now + timeout), timeout)
        self.free -= 1

    def take_number(self) -> int:
        """Assign the next sequence_number that isn't in use."""
        number = self.last_number + 1
        if number > self._unused_to:
            self._unused_to = 0
            number = next_free(self.last_number, self)
        self.last_number = number
        return number

    def open_submit(self, context: object, now: float) -> int:
        """Take a slot for a submit_sm with the default timeout; return its sequence_number.

        Only while a slot is `free`.
        """
        sequence_number = self.last_number + 1
        if sequence_number > self._unused_to:
            sequence_number = self.take_number()
        self.last_number = sequence_number
        self._submits[sequence_number] = context
        self._due[sequence_number] = now + self.response_timeout
        self.free -= 1
        return sequence_number

    def close_submit(self, sequence_number: int) -> object:
        """Free the slot of a submit_sm with the default timeout; return its context.

        Returns:
            The context, or `NO_SLOT` where no such submit_sm is in flight.
        """
        context = self._submits.pop(sequence_number, NO_SLOT)
        if context is not NO_SLOT:
            del self._due[sequence_number]
            self.free += 1
        return context

    def track_control_request(self, sequence_number: int, command_id: int) -> None:
        """Expect the response to a request that takes no slot and has no deadline here."""
        self._control[sequence_number] = Slot(sequence_number, command_id, None, inf)

    def close_slot(self, sequence_number: int, response_id: int) -> Slot | None:
        """Free the slot that this response answers.

        Args:
            sequence_number: Of the response.
            response_id: Its `command_id`: that of the request with bit 31 set, or generic_nack.

        Returns:
            The slot, or None where the response answers nothing that is in flight.
        """
        if sequence_number in self._submits:
            if response_id not in (_SUBMIT_SM_RESP, _GENERIC_NACK):
                return None
            deadline = self._due[sequence_number]
            return Slot(sequence_number, _SUBMIT_SM, self.close_submit(sequence_number), deadline)
        slots = self._own if sequence_number in self._own else self._control
        slot = slots.get(sequence_number)
        if slot is None or not slot.is_answered_by(response_id):
            return None
        del slots[sequence_number]
        if slots is self._own:
            self.free += 1
        return slot

    def close_overdue(self, sequence_number: int, response_id: int) -> Slot | None:
        """Return the overdue request that this late response answers, and forget it."""
        slot = self._overdue.get(sequence_number)
        if slot is None or not slot.is_answered_by(response_id):
            return None
        del self._overdue[sequence_number]
        return slot

    def expire(self, now: float) -> list[Slot]:
        """Free every slot whose deadline is reached, earliest first.

        Their numbers are remembered for a while, so that a late response is recognised.
        """
        expired = self._expired_submits(now) + self._expired_own(now)
        self.free += len(expired)
        for slot in expired:
            self._overdue[slot.sequence_number] = slot
        while len(self._overdue) > self.size * _WINDOWS_REMEMBERED:
            del self._overdue[next(iter(self._overdue))]
        return sorted(expired, key=_deadline)

    def drain(self) -> list[Slot]:
        """Free every slot, forget every number; return the slots, earliest deadline first."""
        lost = sorted((*self._expired_submits(inf), *self._own.values()), key=_deadline)
        for known in (self._own, self._own_order, self._control, self._overdue):
            known.clear()
        self.free = self.size
        return lost

    def next_deadline(self) -> float | None:
        """The time at which `expire` has something to do, or None."""
        if self._own_order:
            self._drop_answered()
        submit = next(iter(self._due.values()), inf)
        own = self._own_order[0][0] if self._own_order else inf
        earliest = min(submit, own)
        return None if earliest == inf else earliest

    def _open_own(self, slot: Slot, timeout: float) -> None:
        """Add a slot whose deadline may be out of order."""
        if not timeout > 0:
            raise LocalProtocolError(f"timeout takes more than 0 seconds, got {timeout}")
        self._own[slot.sequence_number] = slot
        order = self._own_order
        heappush(order, (slot.deadline, slot.sequence_number))
        # Answered requests with long timeouts would pile up below the top.
        if len(order) > 2 * self.size:
            order[:] = [(slot.deadline, number) for number, slot in self._own.items()]
            heapify(order)

    def _expired_submits(self, now: float) -> list[Slot]:
        """Remove and return the overdue submit_sm with the default timeout."""
        expired = []
        for sequence_number, deadline in self._due.items():
            if deadline > now:
                break
            context = self._submits.pop(sequence_number)
            expired.append(Slot(sequence_number, _SUBMIT_SM, context, deadline))
        for slot in expired:
            del self._due[slot.sequence_number]
        return expired

    def _expired_own(self, now: float) -> list[Slot]:
        """Remove and return all other overdue requests."""
        expired = []
        self._drop_answered()
        while self._own_order and self._own_order[0][0] <= now:
            _, sequence_number = heappop(self._own_order)
            expired.append(self._own.pop(sequence_number))
            self._drop_answered()
        return expired

    def _drop_answered(self) -> None:
        """Remove answered requests from the top of the heap."""
        order = self._own_order
        while order and not self._is_awaited(*order[0]):
            heappop(order)

    def _is_awaited(self, deadline: float, sequence_number: int) -> bool:
        """Whether an entry of the heap still stands for a request in flight."""
        slot = self._own.get(sequence_number)
        return slot is not None and slot.deadline == deadline

    def __repr__(self) -> str:
        return f"Window({self.in_flight}/{self.size} in flight, {len(self._overdue)} overdue)"


def _deadline(slot: Slot) -> float:
    """Sort slots by this."""
    return slot.deadline
