"""The cause of an error: an expired certificate, a wrong password, a repeat within the minute.

Rule: a text here says more than that of the error's class, and its advice is for just that cause.
What isn't listed keeps the texts of its class.
"""

from __future__ import annotations

import re
import socket
import ssl
from typing import TYPE_CHECKING, Final, NamedTuple

from pdu.enums import CommandStatus
from smsc_async.cli.i18n import TextWithValues, _
from smsc_async.cli.sentences import read_number
from smsc_async.errors import (
    BindRefusedError,
    ConnectFailedError,
    FloodLimitError,
    LinkError,
    RepeatedMessageError,
    RequestRefusedError,
    SubmitRefusedError,
    ThrottledError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsc_async.errors import SmscError


class Cause(NamedTuple):
    """What happened and what to do, as the texts of a `Failure`.

    Args:
        text: What happened.
        advice: What to do.
        values: Fill the placeholders of both.
    """

    text: str
    advice: str
    values: Mapping[str, object] = {}


_SCHEME: Final = _("smpps:// is for a port with TLS, smpp:// for one without; compare the port")

CERTIFICATE_CAUSES: Final = {
    "expired": Cause(
        _("the certificate of the gateway has expired"),
        _("check this machine's clock; if it is right, report it to the gateway"),
    ),
    "not yet valid": Cause(
        _("the certificate of the gateway isn't valid yet"), _("check this machine's clock")
    ),
    "self-signed": Cause(
        _("the certificate of the gateway is self-signed"),
        _("if you trust it, name it in the URL: ?ca_file=FILE"),
    ),
    "unknown CA": Cause(
        _("the certificate of the gateway is signed by a CA that isn't trusted here"),
        _("if you trust that CA, name its certificate in the URL: ?ca_file=FILE"),
    ),
    "wrong name": Cause(
        _("the certificate is for another host than the one in the URL"),
        _("check the host's name; for a host reached by its address: ?server_hostname=NAME"),
    ),
    "other": Cause(
        _("the certificate of the gateway can't be verified"),
        _("see the detail; a CA of your own is named in the URL: ?ca_file=FILE"),
    ),
}

# The first class that matches; subclasses stand before their bases.
CONNECT_CAUSES: Final[tuple[tuple[type[BaseException], Cause], ...]] = (
    (ssl.SSLError, Cause(_("there is no TLS at the port of the gateway"), _SCHEME)),
    (
        socket.gaierror,
        Cause(
            _("the name of the gateway can't be resolved"),
            _("check the host's name in the URL, and the network"),
        ),
    ),
    (
        UnicodeError,
        Cause(
            _("the name of the gateway isn't a valid host name"),
            _("check the host's name in the URL"),
        ),
    ),
    (
        ConnectionRefusedError,
        Cause(
            _("nothing listens at the address of the gateway"),
            _("check host and port in the URL; for the simulator, is smsc sim running?"),
        ),
    ),
    (
        ConnectionResetError,
        Cause(
            _("the gateway closed the connection at once"),
            _("check that the account permits your address; is the port one with TLS (smpps://)?"),
        ),
    ),
    (
        TimeoutError,
        Cause(
            _("the gateway didn't answer when connecting"),
            _("check host and port, the network and the firewall"),
        ),
    ),
)

BIND_CAUSES: Final[Mapping[int, Cause]] = {
    CommandStatus.ESME_RINVPASWD: Cause(
        _("the gateway refused the password"),
        _(
            "check it: SMPP has a password of its own, at most 8 characters long; after several"
            " wrong attempts SMSC.ru blocks the address for a time"
        ),
    ),
    CommandStatus.ESME_RINVSYSID: Cause(
        _("the gateway doesn't know the login"),
        _("check the login, and that SMPP is enabled for it"),
    ),
    CommandStatus.ESME_RBINDFAIL: Cause(
        _("the gateway refused the login"),
        _(
            "check login and password (SMPP has its own), that SMPP is enabled, and that the"
            " address of this machine is permitted; after several wrong attempts SMSC.ru blocks the"
            " address for a time"
        ),
    ),
    CommandStatus.ESME_RALYBND: Cause(
        _("the account has all its connections already"),
        _("close another program of this login, or share its connection"),
    ),
}

SUBMIT_CAUSES: Final[Mapping[int, Cause]] = {
    CommandStatus.ESME_RINVDSTADR: Cause(
        _("the gateway refused the number of the recipient"),
        _("check the number: with the country code, and one that the account may send to"),
    ),
    CommandStatus.ESME_RINVSRCADR: Cause(
        _("the gateway refused the sender"),
        _("use --sender with a name that is registered in the account"),
    ),
    CommandStatus.ESME_RINVMSGLEN: Cause(
        _("the gateway refused the length of the text"), _("shorten it; see: smsc plan")
    ),
}

HOLD_CAUSES: Final = {
    RepeatedMessageError: Cause(
        _("not sent: the same message was sent less than a minute ago"),
        _("send it again in {seconds} s"),
    ),
    FloodLimitError: Cause(
        _("not sent: too many messages in a row to one number"),
        _("send it in {seconds} s, if nothing else is sent to the number until then"),
    ),
}

REFUSED_BECAUSE: Final = _("the gateway refused the message: {reason}")
_AGAIN: Final = _("send it again in {rest} s")
_CORRECT: Final = _("correct the request, or choose what the simulator accepts: smsc sim --help")
_AS_SAID: Final = _("the gateway's own words are in the line above; look up the status if in doubt")

REQUEST_CAUSES: Final[Mapping[int, Cause]] = {
    CommandStatus.ESME_RINVMSGID: Cause(
        _("the gateway knows no message with this id"),
        _("check the id, and the --sender of the message; old ids are deleted"),
    ),
}
SILENT_BIND: Final = Cause(
    _("the gateway didn't answer the login in {seconds} s; is it the right port?"),
    _("check host and port in the URL: smsc:// has those of SMSC.ru"),
)
_SILENT: Final = re.compile(r"bind_\w+ got no response in ([0-9]+)(?:\.0)? s")
_PLACEHOLDER: Final = re.compile(r"\\{(\w+)\\}")


def cause_of(error: SmscError) -> Cause | None:
    """Return the cause of an error, None if its class says all that is known."""
    match error:
        case ConnectFailedError():
            return _connect_cause(error.__cause__)
        case BindRefusedError(command_status=status):
            return BIND_CAUSES.get(status)
        case RepeatedMessageError() | FloodLimitError():
            return HOLD_CAUSES[type(error)]
        case SubmitRefusedError(command_status=status) if not isinstance(error, ThrottledError):
            return _submit_cause(status, error.status_text)
        case RequestRefusedError(command_status=status):
            return REQUEST_CAUSES.get(status)
    return _silent_cause(str(error)) if isinstance(error, LinkError) else None


def _silent_cause(words: str) -> Cause | None:
    """Return the cause of a link that ended because the bind got no response in time."""
    found = _SILENT.search(words)
    return None if found is None else SILENT_BIND._replace(values={"seconds": found[1]})


def _connect_cause(error: BaseException | None) -> Cause | None:
    """Return why there is no connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        from smsc_async.link.connect import certificate_fault  # noqa: PLC0415 - not for --help

        return CERTIFICATE_CAUSES[certificate_fault(error)]
    return next((cause for kind, cause in CONNECT_CAUSES if isinstance(error, kind)), None)


def _submit_cause(status: int, words: str) -> Cause | None:
    """Return why a message was refused: as the response says in *words*, else by its status."""
    if not words:
        return SUBMIT_CAUSES.get(status)
    reason = read_reason(words)
    if reason is None:
        return Cause(REFUSED_BECAUSE, _AS_SAID, {"reason": words})
    rest = reason.values.get("rest")
    advice = _CORRECT if rest is None else _AGAIN
    return Cause(REFUSED_BECAUSE, advice, {"reason": reason, "rest": rest})


def read_reason(words: str) -> TextWithValues | None:
    """Return the simulator's text that a response carries, with its values; None for any other."""
    from smsc_async.simulator import refusals  # noqa: PLC0415 - only a refusal needs it

    for name, text in vars(refusals).items():
        if name.isupper() and isinstance(text, str):
            pattern = _PLACEHOLDER.sub(r"(?P<\1>.+)", re.escape(text))
            found = re.fullmatch(pattern, words)
            if found is not None:
                values = {name: read_number(value) for name, value in found.groupdict().items()}
                return TextWithValues(text, values)
    return None
