"""The numbers of the specification by name.

Rule: an unknown number is a value too. `CommandStatus.of(0x400)` is the int 0x400, and so is such a
field of a received PDU; nothing here raises for an unknown number.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Final, Self


class OpenIntEnum(IntEnum):
    """An enumeration whose `of` accepts numbers without a name."""

    @classmethod
    def of(cls, number: int) -> Self | int:
        """Return the member for *number*, or *number* itself if it has no name."""
        return cls._value2member_map_.get(number, number)  # type: ignore[return-value]  # members of cls


class CommandId(OpenIntEnum):
    """The kind of a PDU (v3.4 §5.1.2.1; broadcast from v5.0). Bit 31 marks a response."""

    BIND_RECEIVER = 0x00000001
    BIND_TRANSMITTER = 0x00000002
    QUERY_SM = 0x00000003
    SUBMIT_SM = 0x00000004
    DELIVER_SM = 0x00000005
    UNBIND = 0x00000006
    REPLACE_SM = 0x00000007
    CANCEL_SM = 0x00000008
    BIND_TRANSCEIVER = 0x00000009
    OUTBIND = 0x0000000B
    ENQUIRE_LINK = 0x00000015
    SUBMIT_MULTI = 0x00000021
    ALERT_NOTIFICATION = 0x00000102
    DATA_SM = 0x00000103
    BROADCAST_SM = 0x00000111
    QUERY_BROADCAST_SM = 0x00000112
    CANCEL_BROADCAST_SM = 0x00000113
    GENERIC_NACK = 0x80000000
    BIND_RECEIVER_RESP = 0x80000001
    BIND_TRANSMITTER_RESP = 0x80000002
    QUERY_SM_RESP = 0x80000003
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM_RESP = 0x80000005
    UNBIND_RESP = 0x80000006
    REPLACE_SM_RESP = 0x80000007
    CANCEL_SM_RESP = 0x80000008
    BIND_TRANSCEIVER_RESP = 0x80000009
    ENQUIRE_LINK_RESP = 0x80000015
    SUBMIT_MULTI_RESP = 0x80000021
    DATA_SM_RESP = 0x80000103
    BROADCAST_SM_RESP = 0x80000111
    QUERY_BROADCAST_SM_RESP = 0x80000112
    CANCEL_BROADCAST_SM_RESP = 0x80000113


class CommandStatus(OpenIntEnum):
    """The result in a response (v3.4 §5.1.3; from 0x100 on v5.0).

    0x400 to 0x4FF are the vendor's. v5.0 renamed five statuses; its names are aliases.
    """

    ESME_ROK = 0x00000000  # no error
    ESME_RINVMSGLEN = 0x00000001  # message length invalid
    ESME_RINVCMDLEN = 0x00000002  # command_length invalid
    ESME_RINVCMDID = 0x00000003  # unknown command_id
    ESME_RINVBNDSTS = 0x00000004  # wrong bind state for the command
    ESME_RALYBND = 0x00000005  # already bound
    ESME_RINVPRTFLG = 0x00000006  # bad priority_flag
    ESME_RINVREGDLVFLG = 0x00000007  # bad registered_delivery
    ESME_RSYSERR = 0x00000008  # system error at the peer
    ESME_RINVSRCADR = 0x0000000A  # bad source address
    ESME_RINVDSTADR = 0x0000000B  # bad destination address
    ESME_RINVMSGID = 0x0000000C  # bad message_id
    ESME_RBINDFAIL = 0x0000000D  # bind failed
    ESME_RINVPASWD = 0x0000000E  # bad password
    ESME_RINVSYSID = 0x0000000F  # bad system_id
    ESME_RCANCELFAIL = 0x00000011  # cancel_sm failed
    ESME_RREPLACEFAIL = 0x00000013  # replace_sm failed
    ESME_RMSGQFUL = 0x00000014  # message queue full
    ESME_RINVSERTYP = 0x00000015  # bad service_type
    ESME_RINVNUMDESTS = 0x00000033  # bad number of destinations
    ESME_RINVDLNAME = 0x00000034  # bad distribution list name
    ESME_RINVDESTFLAG = 0x00000040  # bad dest_flag (submit_multi)
    ESME_RINVSUBREP = 0x00000042  # bad submit-with-replace request
    ESME_RINVESMCLASS = 0x00000043  # bad esm_class
    ESME_RCNTSUBDL = 0x00000044  # cannot submit to distribution list
    ESME_RSUBMITFAIL = 0x00000045  # submit_sm / submit_multi failed
    ESME_RINVSRCTON = 0x00000048  # bad source TON
    ESME_RINVSRCNPI = 0x00000049  # bad source NPI
    ESME_RINVDSTTON = 0x00000050  # bad destination TON
    ESME_RINVDSTNPI = 0x00000051  # bad destination NPI
    ESME_RINVSYSTYP = 0x00000053  # bad system_type
    ESME_RINVREPFLAG = 0x00000054  # bad replace_if_present_flag
    ESME_RINVNUMMSGS = 0x00000055  # bad number of messages
    ESME_RTHROTTLED = 0x00000058  # allowed rate exceeded
    ESME_RINVSCHED = 0x00000061  # bad schedule_delivery_time
    ESME_RINVEXPIRY = 0x00000062  # bad validity_period
    ESME_RINVDFTMSGID = 0x00000063  # canned message invalid or missing
    ESME_RX_T_APPN = 0x00000064  # receiver application: temporary error
    ESME_RX_P_APPN = 0x00000065  # receiver application: permanent error
    ESME_RX_R_APPN = 0x00000066  # receiver application: message rejected
    ESME_RQUERYFAIL = 0x00000067  # query_sm failed
    ESME_RINVOPTPARSTREAM = 0x000000C0  # error in the optional part
    ESME_RINVTLVSTREAM = ESME_RINVOPTPARSTREAM  # v5.0
    ESME_ROPTPARNOTALLWD = 0x000000C1  # TLV not allowed
    ESME_RTLVNOTALLWD = ESME_ROPTPARNOTALLWD  # v5.0
    ESME_RINVPARLEN = 0x000000C2  # bad TLV length
    ESME_RINVTLVLEN = ESME_RINVPARLEN  # v5.0
    ESME_RMISSINGOPTPARAM = 0x000000C3  # expected TLV missing
    ESME_RMISSINGTLV = ESME_RMISSINGOPTPARAM  # v5.0
    ESME_RINVOPTPARAMVAL = 0x000000C4  # bad TLV value
    ESME_RINVTLVVAL = ESME_RINVOPTPARAMVAL  # v5.0
    ESME_RDELIVERYFAILURE = 0x000000FE  # delivery failure (data_sm_resp)
    ESME_RUNKNOWNERR = 0x000000FF  # unknown error
    ESME_RSERTYPUNAUTH = 0x00000100  # not authorised for the service_type
    ESME_RPROHIBITED = 0x00000101  # operation prohibited
    ESME_RSERTYPUNAVAIL = 0x00000102  # service_type unavailable
    ESME_RSERTYPDENIED = 0x00000103  # service_type denied
    ESME_RINVDCS = 0x00000104  # bad data coding scheme
    ESME_RINVSRCADDRSUBUNIT = 0x00000105  # bad source address subunit
    ESME_RINVDSTADDRSUBUNIT = 0x00000106  # bad destination address subunit
    ESME_RINVBCASTFREQINT = 0x00000107  # bad broadcast frequency interval
    ESME_RINVBCASTALIAS_NAME = 0x00000108  # bad broadcast alias name
    ESME_RINVBCASTAREAFMT = 0x00000109  # bad broadcast area format
    ESME_RINVNUMBCAST_AREAS = 0x0000010A  # bad number of broadcast areas
    ESME_RINVBCASTCNTTYPE = 0x0000010B  # bad broadcast content type
    ESME_RINVBCASTMSGCLASS = 0x0000010C  # bad broadcast message class
    ESME_RBCASTFAIL = 0x0000010D  # broadcast_sm failed
    ESME_RBCASTQUERYFAIL = 0x0000010E  # query_broadcast_sm failed
    ESME_RBCASTCANCELFAIL = 0x0000010F  # cancel_broadcast_sm failed
    ESME_RINVBCAST_REP = 0x00000110  # bad number of repetitions
    ESME_RINVBCASTSRVGRP = 0x00000111  # bad broadcast service group
    ESME_RINVBCASTCHANIND = 0x00000112  # bad broadcast channel indicator


class TlvTag(OpenIntEnum):
    """Tags of optional parameters (v3.4 §5.3). 0x1400 to 0x3FFF are the vendor's."""

    DEST_ADDR_SUBUNIT = 0x0005
    DEST_NETWORK_TYPE = 0x0006
    DEST_BEARER_TYPE = 0x0007
    DEST_TELEMATICS_ID = 0x0008
    SOURCE_ADDR_SUBUNIT = 0x000D
    SOURCE_NETWORK_TYPE = 0x000E
    SOURCE_BEARER_TYPE = 0x000F
    SOURCE_TELEMATICS_ID = 0x0010
    QOS_TIME_TO_LIVE = 0x0017
    PAYLOAD_TYPE = 0x0019
    ADDITIONAL_STATUS_INFO_TEXT = 0x001D
    RECEIPTED_MESSAGE_ID = 0x001E
    MS_MSG_WAIT_FACILITIES = 0x0030
    PRIVACY_INDICATOR = 0x0201
    SOURCE_SUBADDRESS = 0x0202
    DEST_SUBADDRESS = 0x0203
    USER_MESSAGE_REFERENCE = 0x0204
    USER_RESPONSE_CODE = 0x0205
    SOURCE_PORT = 0x020A
    DESTINATION_PORT = 0x020B
    SAR_MSG_REF_NUM = 0x020C
    LANGUAGE_INDICATOR = 0x020D
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    CALLBACK_NUM_PRES_IND = 0x0302
    CALLBACK_NUM_ATAG = 0x0303
    NUMBER_OF_MESSAGES = 0x0304
    CALLBACK_NUM = 0x0381
    DPF_RESULT = 0x0420
    SET_DPF = 0x0421
    MS_AVAILABILITY_STATUS = 0x0422
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    DELIVERY_FAILURE_REASON = 0x0425
    MORE_MESSAGES_TO_SEND = 0x0426
    MESSAGE_STATE = 0x0427
    CONGESTION_STATE = 0x0428  # v5.0
    USSD_SERVICE_OP = 0x0501
    BROADCAST_CHANNEL_INDICATOR = 0x0600  # v5.0
    BROADCAST_CONTENT_TYPE = 0x0601  # v5.0
    BROADCAST_CONTENT_TYPE_INFO = 0x0602  # v5.0
    BROADCAST_MESSAGE_CLASS = 0x0603  # v5.0
    BROADCAST_REP_NUM = 0x0604  # v5.0
    BROADCAST_FREQUENCY_INTERVAL = 0x0605  # v5.0
    BROADCAST_AREA_IDENTIFIER = 0x0606  # v5.0
    BROADCAST_ERROR_STATUS = 0x0607  # v5.0
    BROADCAST_AREA_SUCCESS = 0x0608  # v5.0
    BROADCAST_END_TIME = 0x0609  # v5.0
    BROADCAST_SERVICE_GROUP = 0x060A  # v5.0
    BILLING_IDENTIFICATION = 0x060B  # v5.0
    SOURCE_NETWORK_ID = 0x060D  # v5.0
    DEST_NETWORK_ID = 0x060E  # v5.0
    SOURCE_NODE_ID = 0x060F  # v5.0
    DEST_NODE_ID = 0x0610  # v5.0
    DEST_ADDR_NP_RESOLUTION = 0x0611  # v5.0
    DEST_ADDR_NP_INFORMATION = 0x0612  # v5.0
    DEST_ADDR_NP_COUNTRY = 0x0613  # v5.0
    DISPLAY_TIME = 0x1201
    SMS_SIGNAL = 0x1203
    MS_VALIDITY = 0x1204
    ALERT_ON_MESSAGE_DELIVERY = 0x130C
    ITS_REPLY_TYPE = 0x1380
    ITS_SESSION_INFO = 0x1383


class Ton(OpenIntEnum):
    """Type of number (v3.4 §5.2.5)."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER_NUMBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6


class Npi(OpenIntEnum):
    """Numbering plan indicator (v3.4 §5.2.6)."""

    UNKNOWN = 0
    ISDN = 1
    DATA = 3
    TELEX = 4
    LAND_MOBILE = 6
    NATIONAL = 8
    PRIVATE = 9
    ERMES = 10
    INTERNET = 14
    WAP_CLIENT_ID = 18


class DataCoding(OpenIntEnum):
    """The coding of a short message by the table of the specification (v3.4 §5.2.19).

    A gateway may have a table of its own.
    """

    SMSC_DEFAULT = 0x00
    IA5 = 0x01
    OCTET_UNSPECIFIED = 0x02
    LATIN1 = 0x03
    OCTET_UNSPECIFIED_8_BIT = 0x04
    JIS = 0x05
    CYRILLIC = 0x06
    LATIN_HEBREW = 0x07
    UCS2 = 0x08
    PICTOGRAM = 0x09
    ISO_2022_JP = 0x0A
    EXTENDED_KANJI_JIS = 0x0D
    KS_C_5601 = 0x0E


class MessageState(OpenIntEnum):
    """The state of a message (v3.4 §5.2.28; SCHEDULED and SKIPPED from v5.0)."""

    SCHEDULED = 0
    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8
    SKIPPED = 9


FINAL_STATES: Final = frozenset(
    {
        MessageState.DELIVERED,
        MessageState.EXPIRED,
        MessageState.DELETED,
        MessageState.UNDELIVERABLE,
        MessageState.REJECTED,
        MessageState.SKIPPED,
    }
)
"""States that no other state follows.

ACCEPTED and UNKNOWN are final by v3.4 §5.2.28, but gateways send a later state after them.
"""


class BindMode(Enum):
    """What a session may do: submit, be delivered to, or both."""

    TRANSMITTER = "transmitter"
    RECEIVER = "receiver"
    TRANSCEIVER = "transceiver"


class EsmClass(int):
    """Messaging mode, message type and GSM features of a message, in one octet (v3.4 §5.2.12).

    All eight bits are kept, also reserved ones. Compose with `|`:
    `esm_class=EsmClass.STORE_AND_FORWARD | EsmClass.UDHI`.
    """

    __slots__ = ()

    DATAGRAM = 0x01
    FORWARD = 0x02
    STORE_AND_FORWARD = 0x03
    DELIVERY_RECEIPT = 0x04
    DELIVERY_ACKNOWLEDGEMENT = 0x08
    USER_ACKNOWLEDGEMENT = 0x10
    CONVERSATION_ABORT = 0x18
    INTERMEDIATE_NOTIFICATION = 0x20
    UDHI = 0x40
    REPLY_PATH = 0x80

    @property
    def message_type(self) -> int:
        """Bits 5 to 2: 0x00 a message, 0x04 a receipt, 0x20 an intermediate notification."""
        return self & 0x3C

    @property
    def is_receipt(self) -> bool:
        """Whether a deliver_sm with this octet is an SMSC delivery receipt."""
        return self & 0x3C == EsmClass.DELIVERY_RECEIPT

    @property
    def is_intermediate(self) -> bool:
        """Whether a deliver_sm with this octet is an intermediate notification."""
        return self & 0x3C == EsmClass.INTERMEDIATE_NOTIFICATION

    @property
    def has_udh(self) -> bool:
        """Whether short_message begins with a user data header."""
        return bool(self & EsmClass.UDHI)

    @property
    def has_reply_path(self) -> bool:
        """Whether the reply path bit is set."""
        return bool(self & EsmClass.REPLY_PATH)

    def __repr__(self) -> str:
        return f"EsmClass(0x{int(self):02X})"


class RegisteredDelivery(int):
    """The octet that requests receipts (v3.4 §5.2.17). All eight bits are kept."""

    __slots__ = ()

    NONE = 0x00
    FINAL = 0x01
    FAILURE = 0x02
    SUCCESS = 0x03
    DELIVERY_ACKNOWLEDGEMENT = 0x04
    USER_ACKNOWLEDGEMENT = 0x08
    INTERMEDIATE = 0x10

    @property
    def receipt(self) -> int:
        """Bits 1 and 0: 0 none, 1 final outcome, 2 failure only, 3 (v5.0) success only."""
        return self & 0x03

    @property
    def wants_receipt(self) -> bool:
        """Whether any SMSC delivery receipt is requested."""
        return bool(self & 0x03)

    @property
    def wants_intermediate(self) -> bool:
        """Whether intermediate notifications are requested."""
        return bool(self & RegisteredDelivery.INTERMEDIATE)

    def __repr__(self) -> str:
        return f"RegisteredDelivery(0x{int(self):02X})"
