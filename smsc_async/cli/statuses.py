"""What the usual `command_status` of a refusal means, and the state of a message, in a few words.

Rule: one that isn't listed is shown by its name alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdu.enums import CommandStatus, MessageState
from pdu.names import status_name
from smsc_async.cli.formatting import state_name
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsc_async.cli.i18n import Translator

STATUS_TEXTS: Final[Mapping[int, str]] = {
    CommandStatus.ESME_RINVMSGLEN: _("the length of the text is refused"),
    CommandStatus.ESME_RINVCMDLEN: _("the length of the PDU is wrong"),
    CommandStatus.ESME_RINVCMDID: _("the command is unknown or not supported"),
    CommandStatus.ESME_RINVBNDSTS: _("the connection isn't bound for this command"),
    CommandStatus.ESME_RALYBND: _("the account has all its connections already"),
    CommandStatus.ESME_RSYSERR: _("system error"),
    CommandStatus.ESME_RINVSRCADR: _("the sender is refused"),
    CommandStatus.ESME_RINVDSTADR: _("the number of the recipient is refused"),
    CommandStatus.ESME_RINVMSGID: _("the id of the message is unknown"),
    CommandStatus.ESME_RBINDFAIL: _("the login is refused"),
    CommandStatus.ESME_RINVPASWD: _("the password is refused"),
    CommandStatus.ESME_RINVSYSID: _("the login is unknown"),
    CommandStatus.ESME_RMSGQFUL: _("the queue of messages is full"),
    CommandStatus.ESME_RSUBMITFAIL: _("the message is refused"),
    CommandStatus.ESME_RTHROTTLED: _("the sending rate is exceeded"),
    CommandStatus.ESME_RQUERYFAIL: _("the query is refused"),
}

STATE_TEXTS: Final[Mapping[MessageState, str]] = {
    MessageState.SCHEDULED: _("it waits for its time"),
    MessageState.ENROUTE: _("on its way"),
    MessageState.DELIVERED: _("delivered"),
    MessageState.EXPIRED: _("its time is over"),
    MessageState.DELETED: _("deleted"),
    MessageState.UNDELIVERABLE: _("can't be delivered"),
    MessageState.ACCEPTED: _("read by an operator, not by the phone"),
    MessageState.UNKNOWN: _("unknown to the gateway"),
    MessageState.REJECTED: _("refused"),
}


def status_text(status: int, translate: Translator) -> str:
    """Return name and meaning of a status: "ESME_RTHROTTLED, the sending rate is exceeded"."""
    name, text = status_name(status), STATUS_TEXTS.get(status)
    return name if text is None else f"{name}, {translate(text)}"


def state_in_words(name: str, translate: Translator) -> str:
    """Return name and meaning of a state for a count: "DELIVERED (delivered)"."""
    text = next((text for state, text in STATE_TEXTS.items() if state_name(state) == name), None)
    return name if text is None else f"{name} ({translate(text)})"


def state_text(state: MessageState | int | None, translate: Translator) -> str:
    """Return name and meaning of a state: "DELIVERED: delivered"."""
    name = state_name(state)
    text = STATE_TEXTS.get(state) if isinstance(state, MessageState) else None
    return name if text is None else f"{name}: {translate(text)}"
