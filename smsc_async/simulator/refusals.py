"""Why the simulated SMSC refuses a request: its `command_status`, and a text that says it.

Rule: every text stands here, in English and with placeholders, and is the key of its translation in
the command line. No text holds an address or a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pdu import CommandStatus, SubmitSmResp, Tlv, TlvTag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsc_async.rules.limits import GatewayLimits
    from smsc_async.simulator.scenario import StoppedBy


_V50: Final = 0x50


class Refusal(NamedTuple):
    """Why a request is refused.

    Args:
        command_status: Sent in the response.
        text: One of this module's texts.
        values: Fill its placeholders.
    """

    command_status: int
    text: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        """Return the text, filled."""
        return self.text.format(**self.values)

    def response(self, interface_version: int) -> SubmitSmResp:
        """Return the response to a submit_sm, with the reason for a client of SMPP 5.0.

        SMPP 3.4 has no TLVs in this response, and some clients can't read any.
        """
        text = Tlv.of(TlvTag.ADDITIONAL_STATUS_INFO_TEXT, self.reason)
        tlvs = (text,) if interface_version >= _V50 else ()
        return SubmitSmResp(command_status=CommandStatus.of(self.command_status), tlvs=tlvs)

    @property
    def reason(self) -> str:
        """The text, filled, as the response can carry it: ASCII, at most 255 characters."""
        return str(self).encode("ascii", "replace").decode()[:255]


def refuse(command_status: int, text: str, **values: object) -> Refusal:
    """Make a refusal; *values* fill the placeholders of *text*."""
    return Refusal(command_status, text, values)


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


# Fields of a request.
OUT_OF_RANGE: Final = _("{field} takes {least} to {most}, got {value}")
TOO_LONG: Final = _("{field} takes {most} characters, got {length}")
NOT_ASCII: Final = _("{field} takes printable ASCII characters")
UNKNOWN_NPI: Final = _("{field} {value} is no numbering plan of SMPP")
NO_DESTINATION: Final = _("destination_addr is empty")
NOT_DIGITS: Final = _(
    "destination_addr of an international or national number takes digits, an e-mail address or"
    " the name of a bot's subscriber"
)
TRANSACTION_MODE: Final = _("esm_class {value}: submit_sm has no transaction mode (bits 1-0)")
MESSAGE_TYPE: Final = _(
    "esm_class {value}: a client submits messages and acknowledgements only (bits 5-2)"
)
NO_HEADER: Final = _("esm_class {value} announces a user data header, and there is none")
RESERVED: Final = _("{field} {value} is reserved")
INVALID_TIME: Final = _("{field} is no SMPP time: 16 characters, YYMMDDhhmmsstnnp")
EXPIRED: Final = _("validity_period ends before the message may be delivered")
NO_CANNED_MESSAGE: Final = _("sm_default_msg_id {value}: there are no predefined messages")
TWO_TEXTS: Final = _("short_message and message_payload exclude each other")

# TLVs.
TLV_LENGTH: Final = _("{field} takes {least} to {most} octets, got {length}")
TLV_FIXED_LENGTH: Final = _("{field}: the length in octets must be {least}, got {length}")
TLV_AND_HEADER: Final = _("{field} and a user data header exclude each other")
PART_NUMBER: Final = _("sar_segment_seqnum {value} is above sar_total_segments {total}")

# Queries.
UNKNOWN_ID: Final = _("no message of this login has the id")
OTHER_SENDER: Final = _("the source address isn't the one that the message was submitted with")

# Binds.
UNKNOWN_LOGIN: Final = _("the scenario has no such login")
WRONG_PASSWORD: Final = _("the password is wrong")

# Load, rules, scenario.
WINDOW_FULL: Final = _("{window} submit_sm of the link await their response already")
TOO_FAST: Final = _("more than {rate} messages a second")
REPEAT: Final = _(
    "the same message was accepted less than {seconds} s ago; it is accepted again in {rest} s"
)
FLOOD: Final = _(
    "over {length} messages to one number with less than {seconds} s between them; the next is"
    " accepted in {rest} s"
)
SCENARIO: Final = _("the scenario refuses it")
NO_STATUS: Final = _("submit_status of the scenario raised an error, or returned no command_status")
FATE: Final = _("the fate of its number refuses it")
UNSUPPORTED_COMMAND: Final = _("the gateway doesn't have this command")
PROTOCOL_ERROR: Final = _("the request is refused by the protocol: {reason}")


def of_rule(
    rule: StoppedBy, limits: GatewayLimits, command_status: int, rest: float = 0.0
) -> Refusal:
    """Return the refusal of a message that a rule of the gateway stops.

    Args:
        rule: The rule.
        limits: The numbers of the rules.
        command_status: Sent in the response.
        rest: Seconds until it lets the message pass.
    """
    wait = f"{rest:.1f}"
    match rule:
        case "rate":
            return refuse(command_status, TOO_FAST, rate=_shown(limits.rate))
        case "repeat":
            return refuse(command_status, REPEAT, seconds=_shown(limits.repeat_window), rest=wait)
        case "flood":
            length, seconds = limits.flood_length, _shown(limits.flood_gap)
            return refuse(command_status, FLOOD, length=length, seconds=seconds, rest=wait)


def _shown(number: float | None) -> str:
    """Show the number of a limit that is set."""
    return f"{number:g}"
