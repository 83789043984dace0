"""Messages as the gateway's texts, and back.

Rule: `parse(render(message)) == message` for what travels in the text, for every message that
can be made. The form of each kind stands in `smsc_async.gateway.kinds`. A comment is whatever
follows the first line that is just "~~~".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pdu._tracebacks import hides_locals
from smsc_async._submit import Submit
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.kinds import KIND_OF, KINDS, not_a_kind
from smsc_async.messages import Message, Sms

if TYPE_CHECKING:
    from smsc_async.gateway.kinds import Kind

_SMS: Final = KIND_OF[Sms]
_ALONE: Final = {kind.message_class.service_prefix: kind for kind in KINDS if kind.field is None}
_BEFORE_TEXT: Final = [
    (kind.message_class.service_prefix, kind)
    for kind in KINDS
    if kind.field is not None and kind is not _SMS
]


def render(message: Message[Any]) -> str:
    """Return the whole text that goes on the wire, comment included.

    Of a `Submit` it is its short_message, a character for each octet.

    Raises:
        InvalidMessageError: The message isn't of a kind in the table, but of a subclass or another
            type. Nothing is read of it.
    """
    kind = KIND_OF.get(type(message))
    if type(message) is Submit:
        return message.short_message.decode("latin-1")
    if kind is None:
        raise not_a_kind(message)
    text = message.service_prefix
    if kind.field is not None:
        text += getattr(message, kind.field)
    for mark, write, _ in kind.sections:
        piece = write(message)
        if piece is not None:
            text += mark + piece
    return text


@hides_locals(InvalidMessageError)
def parse(text: str, *, to: str, sender: str = "") -> Message[Any]:
    """Return the message that the gateway would make of *text*.

    Args:
        text: The joined text of all parts.
        to: Recipient, as in `destination_addr`.
        sender: As in `source_addr`.

    Raises:
        InvalidMessageError: A text that the gateway's document knows no meaning for, as a
            "__TGM__: " without digits.
    """
    kind = _ALONE.get(text) or _kind_before_text(text)
    fields: dict[str, Any] = {"to": to, "sender": sender}
    rest = text.removeprefix(kind.message_class.service_prefix)
    for mark, _, read in reversed(kind.sections):
        rest, found, piece = rest.partition(mark)
        fields |= read(piece if found else None)
    if kind.field is not None:
        fields[kind.field] = rest
    return kind.message_class(**fields)


def _kind_before_text(text: str) -> Kind:
    """Return the kind whose service prefix begins a text; that of an Sms for no prefix."""
    for prefix, kind in _BEFORE_TEXT:
        if text.startswith(prefix):
            return kind
    return _SMS
