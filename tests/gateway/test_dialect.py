"""Dialects as values: what they are made of, and how ids are compared."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from pdu.deliver import DeliverSm
from pdu.enums import MessageState
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


@pytest.mark.parametrize(
    ("message_ids", "response", "receipt"),
    [
        ("opaque", "D0BED", "855021"),
        ("response_hex", "855021", "855021"),
        ("receipt_hex", "D0BED", "8736801"),
    ],
)
def test_ids_are_compared_in_decimal(message_ids: str, response: str, receipt: str) -> None:
    """Some gateways write one of the two ids in hexadecimal and the other in decimal."""
    of_response, of_receipt = id_normalizers(SMSC_RU, message_ids)

    assert response == (of_response or str)("D0BED")
    assert receipt == (of_receipt or str)("855021")


def test_id_that_is_no_hexadecimal_number_is_unchanged() -> None:
    """An id is opaque text; the setting may be wrong for some of them."""
    of_response, _ = id_normalizers(GENERIC, "response_hex")

    assert of_response is not None
    assert "id-7" == of_response("id-7")


def test_opaque_ids_cost_no_call() -> None:
    """Of nearly all users."""
    assert (None, None) == id_normalizers(SMSC_RU, "opaque")
    assert (None, None) == id_normalizers(GENERIC, "opaque")


def test_dialect_compares_ids_of_both_sides() -> None:
    """One function makes them equal."""
    padded = dataclasses.replace(GENERIC, normalize_id=lambda message_id: message_id.lstrip("0"))
    normalizers = id_normalizers(padded, "opaque")

    assert ["7", "7"] == [normalize("007") for normalize in normalizers if normalize is not None]


def test_setting_goes_before_the_dialect() -> None:
    """It is the more particular of the two."""
    shouting = dataclasses.replace(GENERIC, normalize_id=str.upper)
    of_response, of_receipt = id_normalizers(shouting, "receipt_hex")

    assert of_response is None
    assert of_receipt is not None
    assert "10" == of_receipt("a")
