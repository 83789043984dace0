"""Dialects as values: what they are made of, and how ids are compared."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args

import pytest

from pdu.deliver import DeliverSm
from pdu.enums import MessageState
from smsc_async.config import MessageIds
from smsc_async.errors import ConfigError
from smsc_async.gateway.dialect import (
    GENERIC,
    SMSC_RU,
    Dialect,
    dialect_of,
    id_normalizers,
    is_smsc_ru,
)
from smsc_async.receipts import HlrReceipt, Receipt

HLR = DeliverSm(esm_class=0x04, short_message=b"id:7 stat:DELIVRD err:006 imsi:250023012345678")


async def later(_: object) -> bool:
    """A function that would have to be awaited."""
    return True


class Later:
    """An object that would have to be awaited."""

    async def __call__(self, _: object) -> bool:
        """Decide."""
        return True


def test_dialect_of_smsc_ru_reads_hlr_results_and_errors() -> None:
    """It is the default."""
    receipt = SMSC_RU.read_receipt(HLR)

    assert SMSC_RU.is_receipt(HLR)
    assert isinstance(receipt, HlrReceipt)
    assert receipt.error is not None
    assert receipt.error.is_known


def test_generic_dialect_reads_the_standard_only() -> None:
    """The same PDU of another SMSC is a plain receipt, and its error 6 is another one."""
    receipt = GENERIC.read_receipt(HLR)

    assert GENERIC.is_receipt(HLR)
    assert Receipt is type(receipt)
    assert ("7", MessageState.DELIVERED, 6) == (
        receipt.message_id,
        receipt.state,
        receipt.error_code,
    )
    assert receipt.error is not None
    assert not receipt.error.is_known


def test_ids_are_opaque_in_both() -> None:
    """Leading zeros and case matter."""
    assert ["00aB"] * 2 == [dialect.normalize_id("00aB") for dialect in (SMSC_RU, GENERIC)]


def test_dialect_is_a_value_with_variants() -> None:
    """`dataclasses.replace` makes another, and neither is changed."""
    other = dataclasses.replace(SMSC_RU, normalize_id=str.upper)

    assert "A" == other.normalize_id("a")
    assert SMSC_RU.read_receipt is other.read_receipt
    assert "a" == SMSC_RU.normalize_id("a")
    assert other == dataclasses.replace(SMSC_RU, normalize_id=str.upper)
    with pytest.raises(dataclasses.FrozenInstanceError):
        other.normalize_id = str.lower  # type: ignore[misc]


@pytest.mark.parametrize("name", ["is_receipt", "read_receipt", "normalize_id"])
@pytest.mark.parametrize(
    ("function", "said"),
    [
        (None, "takes a function, got NoneType"),
        ("id", "takes a function, got str"),
        (later, "takes a plain function, got an async one"),
        (Later(), "takes a plain function, got an async one"),
    ],
)
def test_dialect_takes_plain_functions(name: str, function: Any, said: str) -> None:  # noqa: ANN401 - nonsense
    """Found when it is made, not when the first receipt comes."""
    with pytest.raises(ConfigError, match=f"{name}: {said}"):
        dataclasses.replace(GENERIC, **{name: function})


def test_anything_else_is_no_dialect() -> None:
    """A class or a name looks like one."""
    assert GENERIC is dialect_of(GENERIC)
    for value, kind in ((Dialect, "type"), ("GENERIC", "str"), (None, "NoneType")):
        with pytest.raises(ConfigError, match=f"dialect: takes a Dialect as GENERIC, got {kind}"):
            dialect_of(value)


def test_list_of_smsc_ru_goes_with_its_way_of_reading() -> None:
    """Query results have no dialect of their own."""
    assert is_smsc_ru(SMSC_RU)
    assert is_smsc_ru(dataclasses.replace(SMSC_RU, normalize_id=str.upper))
    assert not is_smsc_ru(GENERIC)
    assert not is_smsc_ru(dataclasses.replace(SMSC_RU, read_receipt=GENERIC.read_receipt))


PAIRS: list[tuple[MessageIds, str, str]] = [
    ("response_hex", "33e95179", "0870928761"),
    ("response_hex", "0x33E95179", "870928761"),
    ("response_hex", "00000000000a", " 10 "),
    ("receipt_hex", "855021", "D0BED"),
    ("receipt_hex", "0000855021", "00000000000d0bed"),
    ("receipt_hex", "0", "000"),
    ("hex", "33e95179", "33E95179"),
    ("hex", "0033E95179", "33e95179"),
    ("hex", "0xab", "AB"),
    ("decimal", "0870928761", "870928761"),
    ("decimal", "0", "0000000000"),
    ("decimal", "7" * 65, "0" + "7" * 65),
    ("caseless", "c4f1a-07", "C4F1A-07"),
    ("caseless", "ID_é", "id_É"),
    ("opaque", "007a", "007a"),
]


@pytest.mark.parametrize(("message_ids", "response", "receipt"), PAIRS)
def test_mode_matches_ids_of_responses_and_receipts(
    message_ids: MessageIds, response: str, receipt: str
) -> None:
    """SMSCs write the two in different bases, pad them, lose zeros and change the case."""
    of_response, of_receipt = id_normalizers(GENERIC, message_ids)

    assert (of_response or str)(response) == (of_receipt or str)(receipt)


@pytest.mark.parametrize("message_ids", get_args(MessageIds))
@pytest.mark.parametrize("odd", ["id-7", "", "1_0", "+12", "١٢", "0x", "12 34", "f" * 5000])
def test_id_that_is_no_number_is_only_itself(message_ids: MessageIds, odd: str) -> None:
    """An id is opaque text; the mode may be wrong for some of them."""
    for normalize in id_normalizers(GENERIC, message_ids):
        assert odd == (normalize or str)(odd)


@pytest.mark.parametrize(("message_ids", "one", "other"), [
    ("hex", "33e95179", "33e95178"),
    ("decimal", "10", "100"),
    ("caseless", "07", "7"),
    ("opaque", "7A", "7a"),
    ("response_hex", "10", "10"),
    ("receipt_hex", "10", "10"),
])  # fmt: skip
def test_mode_matches_no_other_ids(message_ids: MessageIds, one: str, other: str) -> None:
    """Another message's receipt is worse than none."""
    of_response, of_receipt = id_normalizers(GENERIC, message_ids)

    assert (of_response or str)(one) != (of_receipt or str)(other)


def test_function_is_used_for_both_sides_instead_of_the_dialects() -> None:
    """It is the setting of one user, the dialect's is that of an SMSC."""
    upper = dataclasses.replace(GENERIC, normalize_id=str.upper)

    assert (str.lower, str.lower) == id_normalizers(upper, str.lower)
    assert (None, None) == id_normalizers(upper, "opaque")
    assert (str.upper, str.upper) == id_normalizers(upper, None)


def test_opaque_ids_cost_no_call() -> None:
    """Of nearly all users."""
    assert (None, None) == id_normalizers(SMSC_RU, None)
    assert (None, None) == id_normalizers(GENERIC, None)
    assert (None, None) == id_normalizers(GENERIC, "opaque")


def test_dialect_compares_ids_of_both_sides() -> None:
    """One function makes them equal."""
    padded = dataclasses.replace(GENERIC, normalize_id=lambda message_id: message_id.lstrip("0"))
    normalizers = id_normalizers(padded, None)

    assert ["7", "7"] == [normalize("007") for normalize in normalizers if normalize is not None]
