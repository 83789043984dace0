"""Names of the values of optional parameters.

Rule: a value without a name stays a number. The tables are to be read beside v3.4 §5.3.2; what only
v5.0 has says so.
"""

from __future__ import annotations

from typing import NamedTuple

from pdu.enums import OpenIntEnum


class AddressSubunit(OpenIntEnum):
    """source_addr_subunit, dest_addr_subunit: the part of a mobile station."""

    UNKNOWN = 0
    MS_DISPLAY = 1
    MOBILE_EQUIPMENT = 2
    SMART_CARD_1 = 3
    EXTERNAL_UNIT_1 = 4


class NetworkType(OpenIntEnum):
    """source_network_type, dest_network_type."""

    UNKNOWN = 0
    GSM = 1
    ANSI_136_TDMA = 2
    IS_95_CDMA = 3
    PDC = 4
    PHS = 5
    IDEN = 6
    AMPS = 7
    PAGING_NETWORK = 8


class BearerType(OpenIntEnum):
    """source_bearer_type, dest_bearer_type."""

    UNKNOWN = 0
    SMS = 1
    CSD = 2
    PACKET_DATA = 3
    USSD = 4
    CDPD = 5
    DATATAC = 6
    FLEX_REFLEX = 7
    CELL_BROADCAST = 8


class PayloadType(OpenIntEnum):
    """payload_type: the datagrams of WAP, or its control messages."""

    DEFAULT = 0
    WCMP = 1


class PrivacyIndicator(OpenIntEnum):
    """privacy_indicator."""

    NOT_RESTRICTED = 0
    RESTRICTED = 1
    CONFIDENTIAL = 2
    SECRET = 3


class LanguageIndicator(OpenIntEnum):
    """language_indicator: the language of the text."""

    UNSPECIFIED = 0
    ENGLISH = 1
    FRENCH = 2
    SPANISH = 3
    GERMAN = 4
    PORTUGUESE = 5


class DpfResult(OpenIntEnum):
    """dpf_result: whether the SMSC set a delivery pending flag."""

    NOT_SET = 0
    SET = 1


class SetDpf(OpenIntEnum):
    """set_dpf: whether a delivery pending flag is requested."""

    NOT_REQUESTED = 0
    REQUESTED = 1


class MsAvailabilityStatus(OpenIntEnum):
    """ms_availability_status."""

    AVAILABLE = 0
    DENIED = 1
    UNAVAILABLE = 2


class ErrorNetwork(OpenIntEnum):
    """Network type of network_error_code; 4 and above are v5.0."""

    ANSI_136 = 1
    IS_95 = 2
    GSM = 3
    ANSI_136_CAUSE = 4
    IS_95_CAUSE = 5
    ANSI_41 = 6
    SMPP = 7
    MESSAGE_CENTER = 8


class DeliveryFailureReason(OpenIntEnum):
    """delivery_failure_reason of a data_sm_resp."""

    DESTINATION_UNAVAILABLE = 0
    DESTINATION_ADDRESS_INVALID = 1
    PERMANENT_NETWORK_ERROR = 2
    TEMPORARY_NETWORK_ERROR = 3


class MoreMessagesToSend(OpenIntEnum):
    """more_messages_to_send."""

    NO = 0
    YES = 1


class UssdServiceOp(OpenIntEnum):
    """ussd_service_op."""

    PSSD_INDICATION = 0
    PSSR_INDICATION = 1
    USSR_REQUEST = 2
    USSN_REQUEST = 3
    PSSD_RESPONSE = 16
    PSSR_RESPONSE = 17
    USSR_CONFIRM = 18
    USSN_CONFIRM = 19


class DisplayTime(OpenIntEnum):
    """display_time: how a handset shows the message."""

    TEMPORARY = 0
    DEFAULT = 1
    INVOKE = 2


class MsValidityBehaviour(OpenIntEnum):
    """ms_validity: how long a handset shows the message; RELATIVE is of v5.0."""

    INDEFINITE = 0
    POWER_DOWN = 1
    REGISTRATION_AREA = 2
    DISPLAY_ONLY = 3
    RELATIVE = 4


class TimeUnit(OpenIntEnum):
    """Unit of ms_validity and broadcast_frequency_interval (v5.0)."""

    AS_OFTEN_AS_POSSIBLE = 0
    SECONDS = 8
    MINUTES = 9
    HOURS = 10
    DAYS = 11
    WEEKS = 12
    MONTHS = 13
    YEARS = 14


class AlertPriority(OpenIntEnum):
    """alert_on_message_delivery, where it has a value (v5.0)."""

    DEFAULT = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


class ItsReplyType(OpenIntEnum):
    """its_reply_type: how a subscriber answers in an interactive session."""

    DIGIT = 0
    NUMBER = 1
    TELEPHONE_NUMBER = 2
    PASSWORD = 3
    CHARACTER_LINE = 4
    MENU = 5
    DATE = 6
    TIME = 7
    CONTINUE = 8


class BroadcastChannel(OpenIntEnum):
    """broadcast_channel_indicator (v5.0)."""

    BASIC = 0
    EXTENDED = 1


class NumberPortability(OpenIntEnum):
    """dest_addr_np_resolution (v5.0): whether the number was looked up, and what was found."""

    NOT_QUERIED = 0
    NOT_PORTED = 1
    PORTED = 2


class NetworkErrorCode(NamedTuple):
    """Value of network_error_code.

    Args:
        network_type: An `ErrorNetwork`, or a number without a name.
        error_code: Of the network, 0 to 65535.
    """

    network_type: int
    error_code: int


class BroadcastContentType(NamedTuple):
    """Value of broadcast_content_type.

    Args:
        network_type: 0 to 255; 0 generic, 1 GSM, 2 TDMA, 3 CDMA (v5.0).
        content_type: 0 to 65535.
    """

    network_type: int
    content_type: int


class BroadcastFrequencyInterval(NamedTuple):
    """Value of broadcast_frequency_interval: a `TimeUnit` and a count."""

    time_unit: int
    number: int


class MsValidity(NamedTuple):
    """Value of ms_validity in its form of 4 octets (v5.0).

    Args:
        behaviour: A `MsValidityBehaviour`, usually RELATIVE.
        time_unit: A `TimeUnit`.
        number: Of units, 0 to 65535.
    """

    behaviour: int
    time_unit: int
    number: int
