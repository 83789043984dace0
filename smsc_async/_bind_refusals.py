"""Why a gateway refuses a bind, and what to do about it.

Rule: a remedy says what a user can check. What a status means is v3.4 §5.1.3; that failed logins
get an address blocked is in the gateway's answers to questions.
"""

from __future__ import annotations

from typing import Final

from pdu.enums import CommandStatus

WRONG_CREDENTIALS: Final = frozenset(
    {
        CommandStatus.ESME_RINVPASWD,
        CommandStatus.ESME_RINVSYSID,
        CommandStatus.ESME_RINVSYSTYP,
    }
)
"""Statuses that another attempt doesn't change."""

_LATER = "the gateway can't take it now; try again later"
_LOGIN = "check login and password; SMSC.ru blocks an address for a while after a few wrong ones"
_REMEDIES: Final[dict[int, str]] = {
    CommandStatus.ESME_RINVPASWD: _LOGIN,
    CommandStatus.ESME_RINVSYSID: _LOGIN,
    CommandStatus.ESME_RINVSYSTYP: "check system_type",
    CommandStatus.ESME_RALYBND: (
        "the login is bound already; end the other program, or lower binds"
    ),
    CommandStatus.ESME_RINVCMDID: "the gateway doesn't know this bind; try another mode",
    CommandStatus.ESME_RSYSERR: _LATER,
    CommandStatus.ESME_RMSGQFUL: _LATER,
    CommandStatus.ESME_RTHROTTLED: _LATER,
}
_REMEDY: Final = (
    "check login and password, and that the account permits SMPP, this mode and the address of"
    " this machine"
)


def remedy_of(command_status: int) -> str:
    """Return what a user can do about a refused bind.

    Args:
        command_status: Of the bind response; an unknown one has the general remedy.
    """
    return _REMEDIES.get(command_status, _REMEDY)
