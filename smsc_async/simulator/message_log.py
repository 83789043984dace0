"""The newest messages, accepted and refused, in the order of their arrival.

Rule: bounded in number and in octets, the oldest go first. A message's number is a cursor: it grows
with every message and is never used again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from pdu._tracebacks import hides_assigned
from pdu.escaping import escape
from pdu.half_made import shows_half_made
from pdu.masking import mask_address, shown_text
from smsc_async._base_errors import shown
from smsc_async._number_checks import digits_of, international

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from smsc_async.simulator.records import MessageStatus, SubmittedMessage

MAX_MESSAGE_OCTETS: Final = 65_536
"""Octets kept of one message."""

PAGE: Final = 50
"""Messages of one search, unless it says otherwise."""


_LONGEST_NUMBER: Final = 18
"""Digits of a message's number, at most."""


@hides_assigned
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MessageFilter:
    """Which messages are wanted; those that meet all that isn't None.

    Args:
        to: The recipient; of a phone number only digits are compared.
        sender: The sender, likewise.
        text: A part of text, recipient or sender, in upper or lower case.
        kind: Name of the class: "Sms", "HlrQuery", …; "text" or "binary".
        status: What has become of it.
        error_code: Delivery error of its outcome.
        code: A one-time code in its text.
    """

    to: str | None = None
    sender: str | None = None
    text: str | None = None
    kind: str | None = None
    status: MessageStatus | None = None
    error_code: int | None = None
    code: str | None = None

    def matches(self, message: SubmittedMessage) -> bool:
        """Return whether a message meets it."""
        return (
            _is_same(self.to, message.recipient)
            and _is_same(self.sender, message.sender)
            and self._has_text(message)
            and self.kind in {None, message.kind}
            and self.status in {None, message.status}
            and (self.error_code is None or self.error_code == message.error_code)
            and (self.code is None or self.code in message.codes.codes)
        )

    def __repr__(self) -> str:
        given = {
            "to": self.to and mask_address(self.to),
            "sender": self.sender and mask_address(self.sender),
            "text": self.text and shown_text(self.text, b""),
            "kind": self.kind,
            "status": self.status,
            "error_code": self.error_code,
            "code": self.code and "***",
        }
        fields = (f"{name}={value}" for name, value in given.items() if value is not None)
        return f"<MessageFilter {escape(', '.join(fields) or 'every message')}>"

    def _has_text(self, message: SubmittedMessage) -> bool:
        """Return whether the text occurs in a message."""
        if not self.text:
            return True
        wanted = self.text.casefold()
        return any(
            wanted in part.casefold()
            for part in (message.text or "", message.recipient, message.sender)
        )


EVERY: Final = MessageFilter()


class MessageLog:
    """Messages by number.

    Attributes:
        last_number: Of the newest message; 0 before the first.
    """

    def __init__(self) -> None:
        self.last_number = 0
        # Not a dict, where taking the oldest gets slower with what was taken before.
        self._messages: OrderedDict[int, SubmittedMessage] = OrderedDict()
        self._octets = 0

    def __len__(self) -> int:
        """Return how many messages are kept."""
        return len(self._messages)

    def __iter__(self) -> Iterator[SubmittedMessage]:
        """Go through them, oldest first."""
        return iter(self._messages.values())

    def next_number(self) -> int:
        """Return the number for a new message."""
        self.last_number += 1
        return self.last_number

    def add(self, message: SubmittedMessage, keep: int, keep_octets: int) -> None:
        """Add the newest message; the oldest are forgotten, the newest stays in any case.

        Args:
            message: With a number of `next_number`.
            keep: Messages kept.
            keep_octets: Octets of texts kept.
        """
        messages = self._messages
        messages[message.number] = message
        self._octets += len(message.octets)
        while len(messages) > keep or (self._octets > keep_octets and len(messages) > 1):
            self._octets -= len(messages.popitem(last=False)[1].octets)

    def get(self, name: int | str) -> SubmittedMessage | None:
        """Return the message of a number, of an id as "m-17", or of a message_id.

        None if there is none, or none any more.
        """
        if isinstance(name, str):
            digits = name.removeprefix("m-")
            if digits == name:
                return self._of_message_id(name)
            is_number = digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER
            return self._messages.get(int(digits)) if is_number else None
        # `True` is equal to 1.
        return self._messages.get(name) if type(name) is int else None

    def _of_message_id(self, message_id: str) -> SubmittedMessage | None:
        """Return the newest message with an id of a response."""
        messages = reversed(self._messages.values())
        return next((one for one in messages if message_id in one.message_ids), None)

    def has(self, message: SubmittedMessage) -> bool:
        """Return whether this message is kept; not one of another log with its number."""
        return self._messages.get(message.number) is message

    def next_accepted(self, after: int, last: int) -> SubmittedMessage | None:
        """Return the oldest accepted message that is kept, None if there is none.

        Args:
            after: It has a greater number.
            last: It has no greater number.
        """
        first = next(iter(self._messages), last + 1)
        for number in range(max(after + 1, first), last + 1):
            message = self._messages.get(number)
            if message is not None and message.refusal is None:
                return message
        return None

    def find(
        self,
        wanted: MessageFilter = EVERY,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int | None = PAGE,
    ) -> list[SubmittedMessage]:
        """Return messages, newest first.

        Args:
            wanted: What they have to meet.
            before: Only those with a smaller number.
            after: Only those with a greater number.
            limit: The most that are returned, None for all.

        Raises:
            ValueError: A negative *limit*.
        """
        if limit is not None and limit < 0:
            raise ValueError(f"limit takes 0 or more, or None for all, got {shown(limit)}")
        found = (
            message
            for message in reversed(self._messages.values())
            if (before is None or message.number < before)
            and (after is None or message.number > after)
            and wanted.matches(message)
        )
        return list(islice(found, limit))

    def remove(self, messages: Iterable[SubmittedMessage]) -> int:
        """Forget messages; return how many there were."""
        removed = [one for one in messages if self._messages.pop(one.number, None)]
        self._octets -= sum(len(one.octets) for one in removed)
        return len(removed)

    def __repr__(self) -> str:
        return f"<MessageLog, {len(self)} messages, {self._octets} octets>"


def _is_same(wanted: str | None, address: str) -> bool:
    """Return whether an address is the wanted one."""
    return wanted is None or normal_number(wanted) == normal_number(address)


def normal_number(address: str) -> str:
    """Return the digits of a phone number, and any other address as it is.

    "+7 (999) 123-45-67", "8 999 123-45-67" and "79991234567" are one number.
    """
    number = international(digits_of(address))
    return number if number.isascii() and number.isdigit() else address
