"""To the SMSC: octets drawn field by field."""

from __future__ import annotations

import pytest

from pdu import (
    CommandStatus,
    DataCoding,
    DataSm,
    DataSmResp,
    DecodeError,
    DistributionList,
    EncodeError,
    EsmClass,
    Npi,
    Pdu,
    RegisteredDelivery,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    TlvTag,
    Ton,
    UnsuccessSme,
    decode,
    encode,
)

SUBMIT_SM = (
    "00000066"  # command_length          102
    "00000004"  # command_id              submit_sm
    "00000000"  # command_status          ESME_ROK
    "00000412"  # sequence_number         1042
    "434D5400"  # service_type            "CMT"
    "05"  # source_addr_ton         alphanumeric
    "02"  # source_addr_npi         2, which has no name
    "73686F7000"  # source_addr             "shop"
    "01"  # dest_addr_ton           international
    "06"  # dest_addr_npi           land mobile
    "373931363132333435363700"  # destination_addr "79161234567"
    "43"  # esm_class               store and forward, UDHI
    "3F"  # protocol_id
    "03"  # priority_flag
    "3236313132333130333030303031322B00"  # schedule_delivery_time "261123103000012+"
    "3030303030313030303030303030305200"  # validity_period "000001000000000R"
    "11"  # registered_delivery     final outcome, intermediate too
    "01"  # replace_if_present_flag
    "08"  # data_coding             UCS2
    "07"  # sm_default_msg_id
    "08"  # sm_length               8
    "0500037F0201"  # short_message           UDH: reference 127, part 1 of 2
    "0416"  #                         "Ж"
    "0204 0002 BEEF"  # user_message_reference
    "0426 0001 01"  # more_messages_to_send
)
SUBMIT_SM_RESP = (
    "00000017"  # command_length  23
    "80000004"  # command_id      submit_sm_resp
    "00000000"  # command_status  ESME_ROK
    "00000412"  # sequence_number 1042
    "38353534363900"  # message_id      "855469"
)
SUBMIT_MULTI = (
    "00000042"  # command_length          66
    "00000021"  # command_id              submit_multi
    "00000000"  # command_status          ESME_ROK
    "00000005"  # sequence_number         5
    "00"  # service_type            ""
    "05"  # source_addr_ton         alphanumeric
    "00"  # source_addr_npi         unknown
    "73686F7000"  # source_addr             "shop"
    "03"  # number_of_dests         3
    "01"  # dest_flag               an address
    "01"  # dest_addr_ton           international
    "01"  # dest_addr_npi           ISDN
    "373931363132333435363700"  # destination_addr "79161234567"
    "02"  # dest_flag               a distribution list
    "737461666600"  # dl_name                 "staff"
    "01"  # dest_flag               an address
    "00"  # dest_addr_ton           unknown
    "00"  # dest_addr_npi           unknown
    "31303000"  # destination_addr        "100"
    "00"  # esm_class
    "00"  # protocol_id
    "00"  # priority_flag
    "00"  # schedule_delivery_time  ""
    "00"  # validity_period         ""
    "01"  # registered_delivery     final outcome
    "00"  # replace_if_present_flag
    "03"  # data_coding             Latin-1
    "00"  # sm_default_msg_id
    "02"  # sm_length               2
    "4869"  # short_message           "Hi"
)
SUBMIT_MULTI_RESP = (
    "00000030"  # command_length    48
    "80000021"  # command_id        submit_multi_resp
    "00000000"  # command_status    ESME_ROK
    "00000005"  # sequence_number   5
    "353500"  # message_id        "55"
    "02"  # no_unsuccess      2
    "01"  # dest_addr_ton     international
    "01"  # dest_addr_npi     ISDN
    "373931363132333435363700"  # destination_addr "79161234567"
    "0000000B"  # error_status_code ESME_RINVDSTADR
    "00"  # dest_addr_ton     unknown
    "00"  # dest_addr_npi     unknown
    "31303000"  # destination_addr  "100"
    "00000401"  # error_status_code a vendor's
)
DATA_SM = (
    "00000052"  # command_length          82
    "00000103"  # command_id              data_sm
    "00000000"  # command_status          ESME_ROK
    "00000006"  # sequence_number         6
    "57415000"  # service_type            "WAP"
    "00"  # source_addr_ton         unknown
    "0E"  # source_addr_npi         Internet
    "3139322E302E322E313A323934382F612D6C6F6E672D6F6E6500"  # "192.0.2.1:2948/a-long-one"
    "01"  # dest_addr_ton           international
    "01"  # dest_addr_npi           ISDN
    "373931363132333435363700"  # destination_addr "79161234567"
    "01"  # esm_class               datagram
    "01"  # registered_delivery     final outcome
    "04"  # data_coding             8-bit
    "020B 0002 0B84"  # destination_port        2948
    "0424 0003 00FF7F"  # message_payload
    "0303 0000"  # callback_num_atag       empty
)
DATA_SM_RESP = (
    "0000001C"  # command_length          28
    "80000103"  # command_id              data_sm_resp
    "000000FE"  # command_status          ESME_RDELIVERYFAILURE
    "00000006"  # sequence_number         6
    "353600"  # message_id              "56"
    "0425 0001 03"  # delivery_failure_reason temporary
    "0420 0000"  # dpf_result of an odd length
)

MULTI = SubmitMulti(
    sequence_number=5,
    source_addr_ton=Ton.ALPHANUMERIC,
    source_addr="shop",
    dest_address=(
        SmeAddress(Ton.INTERNATIONAL, Npi.ISDN, "79161234567"),
        DistributionList("staff"),
        SmeAddress(Ton.UNKNOWN, Npi.UNKNOWN, "100"),
    ),
    registered_delivery=RegisteredDelivery(1),
    data_coding=DataCoding.LATIN1,
    short_message=b"Hi",
)


@pytest.mark.parametrize(
    ("pdu", "drawn"),
    [
        (
            SubmitSm(
                sequence_number=1042,
                service_type="CMT",
                source_addr_ton=Ton.ALPHANUMERIC,
                source_addr_npi=2,
                source_addr="shop",
                dest_addr_ton=Ton.INTERNATIONAL,
                dest_addr_npi=Npi.LAND_MOBILE,
                destination_addr="79161234567",
                esm_class=EsmClass(EsmClass.STORE_AND_FORWARD | EsmClass.UDHI),
                protocol_id=0x3F,
                priority_flag=3,
                schedule_delivery_time="261123103000012+",
                validity_period="000001000000000R",
                registered_delivery=RegisteredDelivery(
                    RegisteredDelivery.FINAL | RegisteredDelivery.INTERMEDIATE
                ),
                replace_if_present_flag=1,
                data_coding=DataCoding.UCS2,
                sm_default_msg_id=7,
                short_message=b"\x05\x00\x03\x7f\x02\x01\x04\x16",
                tlvs=(
                    Tlv(TlvTag.USER_MESSAGE_REFERENCE, b"\xbe\xef"),
                    Tlv(TlvTag.MORE_MESSAGES_TO_SEND, b"\x01"),
                ),
            ),
            SUBMIT_SM,
        ),
        (SubmitSmResp(sequence_number=1042, message_id="855469"), SUBMIT_SM_RESP),
        (MULTI, SUBMIT_MULTI),
        (
            SubmitMultiResp(
                sequence_number=5,
                message_id="55",
                unsuccess_sme=(
                    UnsuccessSme(
                        Ton.INTERNATIONAL, Npi.ISDN, "79161234567", CommandStatus.ESME_RINVDSTADR
                    ),
                    UnsuccessSme(Ton.UNKNOWN, Npi.UNKNOWN, "100", 0x401),
                ),
            ),
            SUBMIT_MULTI_RESP,
        ),
        (
            DataSm(
                sequence_number=6,
                service_type="WAP",
                source_addr_npi=Npi.INTERNET,
                source_addr="192.0.2.1:2948/a-long-one",
                dest_addr_ton=Ton.INTERNATIONAL,
                dest_addr_npi=Npi.ISDN,
                destination_addr="79161234567",
                esm_class=EsmClass(EsmClass.DATAGRAM),
                registered_delivery=RegisteredDelivery(RegisteredDelivery.FINAL),
                data_coding=DataCoding.OCTET_UNSPECIFIED_8_BIT,
                tlvs=(
                    Tlv(TlvTag.DESTINATION_PORT, b"\x0b\x84"),
                    Tlv(TlvTag.MESSAGE_PAYLOAD, b"\x00\xff\x7f"),
                    Tlv(TlvTag.CALLBACK_NUM_ATAG, b""),
                ),
            ),
            DATA_SM,
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Pdu) else "",
)
def test_octets_both_ways(pdu: Pdu, drawn: str) -> None:
    """v3.4 §4.4, §4.5, §4.7: the order and the kinds of the fields are the specification's."""
    assert bytes.fromhex(drawn) == encode(pdu)
    assert pdu == decode(bytes.fromhex(drawn))


def test_octets_of_a_data_sm_resp_are_read() -> None:
    """Why a delivery failed stands in TLVs; one of an odd length stays octets."""
    failed = decode(bytes.fromhex(DATA_SM_RESP))

    assert isinstance(failed, DataSmResp)
    assert "56" == failed.message_id
    assert CommandStatus.ESME_RDELIVERYFAILURE is failed.command_status
    assert 3 == failed.tlv(TlvTag.DELIVERY_FAILURE_REASON)
    assert b"" == failed.tlv(TlvTag.DPF_RESULT)
    with pytest.raises(EncodeError, match=r"tlvs\[1\].*takes 1 octet, got 0"):
        encode(failed)


def test_data_sm_resp_is_encoded() -> None:
    """An ESME answers a data_sm as the SMSC does."""
    octets = bytes.fromhex(
        "00000018"  # command_length          24
        "80000103"  # command_id              data_sm_resp
        "000000FE"  # command_status          ESME_RDELIVERYFAILURE
        "00000006"  # sequence_number         6
        "353600"  # message_id              "56"
        "0425 0001 03"  # delivery_failure_reason temporary
    )
    pdu = DataSmResp(
        command_status=CommandStatus.ESME_RDELIVERYFAILURE,
        sequence_number=6,
        message_id="56",
        tlvs=(Tlv(TlvTag.DELIVERY_FAILURE_REASON, b"\x03"),),
    )

    assert octets == encode(pdu)


def test_repr_hides_numbers_and_texts() -> None:
    """A log line may hold any repr."""
    assert (
        "SubmitMulti(sequence_number=5, source_addr_ton=<Ton.ALPHANUMERIC: 5>, source_addr='shop',"
        " dest_address=(SmeAddress('7916***67'), DistributionList(dl_name='staff'),"
        " SmeAddress('***')), registered_delivery=RegisteredDelivery(0x01),"
        " data_coding=<DataCoding.LATIN1: 3>, short_message=<2 octets>)"
    ) == repr(MULTI)
    assert "UnsuccessSme('7916***67', 0x0000000b)" == repr(UnsuccessSme(1, 1, "79161234567", 11))


@pytest.mark.parametrize(
    ("destinations", "reason"),
    [
        ((), "takes 1 to 254 items, got 0"),
        ((DistributionList("x"),) * 255, "takes 1 to 254 items, got 255"),
        (5, "takes a tuple of items, got int"),
        ((("79161234567",),), "takes SmeAddress or DistributionList, got tuple"),
        ((SmeAddress(1, 1, "7" * 21),), r"takes 20 characters, got 21 \('7777\*\*\*77'\)"),
        ((DistributionList("x" * 21),), "takes 20 characters, got 21"),
    ],
)
def test_destinations_that_are_refused(destinations: object, reason: str) -> None:
    """number_of_dests is 1 to 254; each is one of the two records, within its limits."""
    with pytest.raises(EncodeError, match=reason) as caught:
        encode(SubmitMulti(dest_address=destinations))  # type: ignore[arg-type]  # that's the point
    assert caught.value.field.startswith("dest_address")
    assert "79161234567" not in repr(caught.value) + str(caught.value.value)


def test_unknown_dest_flag_is_named() -> None:
    """The length of its record is unknown, so the rest of the PDU can't be read."""
    octets = bytearray.fromhex(SUBMIT_MULTI)
    octets[octets.index(b"\x02staff")] = 3

    with pytest.raises(DecodeError, match=r"flag 3 is none of \[1, 2\]") as caught:
        decode(bytes(octets))
    assert ("dest_address[1]", 40) == (caught.value.field, caught.value.offset)


@pytest.mark.parametrize("octets", [0, 1, 160, 254])
def test_short_message_up_to_254_octets_goes(octets: int) -> None:
    """v3.4 §4.4.1: more belongs into message_payload, or into parts."""
    pdu = SubmitSm(destination_addr="7", short_message=b"x" * octets)

    assert pdu == decode(encode(pdu))


def test_short_message_of_255_octets_is_refused() -> None:
    """The error names the remedy, not the text."""
    with pytest.raises(EncodeError) as caught:
        encode(SubmitSm(destination_addr="7", short_message=b"x" * 255))
    assert "SubmitSm.short_message: takes 254 octets, got 255; use message_payload or parts" == str(
        caught.value
    )
    assert "<255 octets>" == caught.value.value
