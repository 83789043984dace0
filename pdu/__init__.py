"""SMPP 3.4 and 5.0 protocol data units (PDUs), encoded and decoded for any SMSC.

Rule: this package implements the specification and nothing specific to a gateway. It does no I/O,
reads no clock and imports only construct. The names in `__all__` are its public API.
"""

from __future__ import annotations

from pdu.bind import (
    Bind,
    BindReceiver,
    BindReceiverResp,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    LongPasswordBindReceiver,
    LongPasswordBindTransceiver,
    LongPasswordBindTransmitter,
    Outbind,
)
from pdu.broadcast import (
    BroadcastSm,
    BroadcastSmResp,
    CancelBroadcastSm,
    CancelBroadcastSmResp,
    QueryBroadcastSm,
    QueryBroadcastSmResp,
)
from pdu.codec import RESPONSES, decode, encode, make_template, pack_submit_sm, packer
from pdu.control import EnquireLink, EnquireLinkResp, GenericNack, Unbind, UnbindResp
from pdu.deliver import AlertNotification, DeliverSm, DeliverSmResp
from pdu.enums import (
    BindMode,
    CommandId,
    CommandStatus,
    DataCoding,
    EsmClass,
    MessageState,
    Npi,
    RegisteredDelivery,
    TlvTag,
    Ton,
)
from pdu.errors import DecodeError, EncodeError, FramingError, PduError
from pdu.explain import Explanation, explain
from pdu.framing import FrameBuffer
from pdu.query import CancelSm, CancelSmResp, QuerySm, QuerySmResp, ReplaceSm, ReplaceSmResp
from pdu.schema import PDUS, Pdu, UnknownPdu
from pdu.submit import (
    DataSm,
    DataSmResp,
    DistributionList,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    UnsuccessSme,
)
from pdu.tlvs import (
    BroadcastContentType,
    BroadcastFrequencyInterval,
    NetworkErrorCode,
    Tlv,
)

__smsc_async__ = True
"""Marks this `pdu` as the one of smsc_async; another package has the same name."""

__all__ = [  # noqa: RUF022 - in groups
    # octets and values
    "encode",
    "decode",
    "explain",
    "Explanation",
    "FrameBuffer",
    "packer",
    "pack_submit_sm",
    "make_template",
    # errors
    "PduError",
    "EncodeError",
    "DecodeError",
    "FramingError",
    # any PDU
    "Pdu",
    "UnknownPdu",
    "PDUS",
    "RESPONSES",
    # opening a session
    "Bind",
    "BindTransmitter",
    "BindTransmitterResp",
    "BindReceiver",
    "BindReceiverResp",
    "BindTransceiver",
    "BindTransceiverResp",
    "LongPasswordBindTransmitter",
    "LongPasswordBindReceiver",
    "LongPasswordBindTransceiver",
    "Outbind",
    # keeping and closing it
    "EnquireLink",
    "EnquireLinkResp",
    "Unbind",
    "UnbindResp",
    "GenericNack",
    # submitting
    "SubmitSm",
    "SubmitSmResp",
    "SubmitMulti",
    "SubmitMultiResp",
    "SmeAddress",
    "DistributionList",
    "UnsuccessSme",
    "DataSm",
    "DataSmResp",
    # delivering
    "DeliverSm",
    "DeliverSmResp",
    "AlertNotification",
    # managing messages
    "QuerySm",
    "QuerySmResp",
    "CancelSm",
    "CancelSmResp",
    "ReplaceSm",
    "ReplaceSmResp",
    # broadcasting
    "BroadcastSm",
    "BroadcastSmResp",
    "QueryBroadcastSm",
    "QueryBroadcastSmResp",
    "CancelBroadcastSm",
    "CancelBroadcastSmResp",
    # optional parameters
    "Tlv",
    "NetworkErrorCode",
    "BroadcastContentType",
    "BroadcastFrequencyInterval",
    # numbers with names
    "BindMode",
    "CommandId",
    "CommandStatus",
    "DataCoding",
    "EsmClass",
    "MessageState",
    "Npi",
    "RegisteredDelivery",
    "TlvTag",
    "Ton",
]
