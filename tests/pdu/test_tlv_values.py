"""Names of TLV values, by the numbers of the specification."""

from __future__ import annotations

import pytest

from pdu import tlv_values
from pdu.enums import OpenIntEnum

TABLES = [
    table
    for table in vars(tlv_values).values()
    if isinstance(table, type) and issubclass(table, OpenIntEnum) and table is not OpenIntEnum
]


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (
            "AddressSubunit",
            {0: "UNKNOWN", 1: "MS_DISPLAY", 3: "SMART_CARD_1", 4: "EXTERNAL_UNIT_1"},
        ),
        ("NetworkType", {1: "GSM", 2: "ANSI_136_TDMA", 3: "IS_95_CDMA", 6: "IDEN", 7: "AMPS"}),
        ("BearerType", {1: "SMS", 3: "PACKET_DATA", 4: "USSD", 8: "CELL_BROADCAST"}),
        ("PayloadType", {0: "DEFAULT", 1: "WCMP"}),
        ("PrivacyIndicator", {0: "NOT_RESTRICTED", 2: "CONFIDENTIAL", 3: "SECRET"}),
        ("LanguageIndicator", {1: "ENGLISH", 3: "SPANISH", 5: "PORTUGUESE"}),
        ("DpfResult", {0: "NOT_SET", 1: "SET"}),
        ("MsAvailabilityStatus", {0: "AVAILABLE", 1: "DENIED", 2: "UNAVAILABLE"}),
        ("ErrorNetwork", {1: "ANSI_136", 3: "GSM", 8: "MESSAGE_CENTER"}),
        (
            "DeliveryFailureReason",
            {
                0: "DESTINATION_UNAVAILABLE",
                1: "DESTINATION_ADDRESS_INVALID",
                2: "PERMANENT_NETWORK_ERROR",
                3: "TEMPORARY_NETWORK_ERROR",
            },
        ),
        ("UssdServiceOp", {1: "PSSR_INDICATION", 2: "USSR_REQUEST", 17: "PSSR_RESPONSE"}),
        ("ItsReplyType", {0: "DIGIT", 3: "PASSWORD", 8: "CONTINUE"}),
        ("TimeUnit", {8: "SECONDS", 10: "HOURS", 14: "YEARS"}),
        ("NumberPortability", {1: "NOT_PORTED", 2: "PORTED"}),
    ],
)
def test_numbers_have_the_names_of_the_specification(table: str, names: dict[int, str]) -> None:
    """v3.4 §5.3.2."""
    members = getattr(tlv_values, table)

    assert names == {number: members.of(number).name for number in names}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_a_number_without_a_name_is_a_number(table: type[OpenIntEnum]) -> None:
    """Reserved values and other people's inventions."""
    assert 255 == table.of(255)
    assert not isinstance(table.of(255), table)
