"""A dialect that fails is survived, and its failure is logged without the message."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from pdu import DeliverSm, MessageState
from smsc_async import GENERIC, SMSC_RU, Dialect, Receipt
from smsc_async.client.receipt_reader import ReceiptReader, id_keys

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "code 4821 for 79991234567"
PDU = DeliverSm(esm_class=0x04, short_message=f"id:7 stat:DELIVRD err:000 text:{SECRET}".encode())
MESSAGE = DeliverSm(short_message=SECRET.encode())


def raising(value: object) -> Any:  # noqa: ANN401 - never returns
    """Raise an error that quotes what it got, as `int` does."""
    raise ValueError(f"{value!r} {SECRET}")


def returning(answer: object) -> Callable[[object], Any]:
    """Return a function that returns something."""
    return lambda _: answer


def interrupted(_: object) -> Any:  # noqa: ANN401 - never returns
    """Be interrupted."""
    raise KeyboardInterrupt


def reader(**functions: Callable[..., Any]) -> ReceiptReader:
    """Make a reader of a dialect of which some functions are other ones."""
    return ReceiptReader(dataclasses.replace(GENERIC, **functions), "opaque")


@pytest.mark.parametrize("dialect", [SMSC_RU, GENERIC])
def test_own_dialects_are_called_directly(dialect: Dialect) -> None:
    """They never fail, and receipts come by the thousand."""
    direct = ReceiptReader(dialect, "opaque")

    assert dialect.is_receipt is direct.is_receipt
    assert dialect.read_receipt is direct.read_receipt
    assert (None, None) == (direct.response_key, direct.receipt_key)


def test_dialect_that_works_is_obeyed(caplog: pytest.LogCaptureFixture) -> None:
    """Flags of an esm_class count as true or false."""
    receipt = Receipt(message_id="7", state=MessageState.DELIVERED)
    good = reader(
        is_receipt=lambda pdu: pdu.esm_class & 0x08,
        read_receipt=returning(receipt),
        normalize_id=str.upper,
    )

    assert not good.is_receipt(PDU)
    assert good.is_receipt(DeliverSm(esm_class=0x08))
    assert receipt is good.read_receipt(PDU)
    assert good.receipt_key is not None
    assert "AB" == good.receipt_key("ab")
    assert [] == caplog.messages


@pytest.mark.parametrize("is_receipt", [raising, returning(None), returning("yes"), returning([])])
def test_generic_decides_where_the_dialect_cannot(
    is_receipt: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """A receipt stays a receipt, and a message a message."""
    bad = reader(is_receipt=is_receipt)

    assert bad.is_receipt(PDU)
    assert not bad.is_receipt(MESSAGE)
    assert 2 == len(caplog.messages)
    assert caplog.messages[0].startswith("! the dialect's is_receipt ")
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "read_receipt",
    [
        raising,
        returning(None),
        returning(PDU),
        returning(Receipt),
        returning(Receipt(message_id=7)),  # type: ignore[arg-type]
        returning(Receipt(message_id=None)),  # type: ignore[arg-type]
        returning(Receipt(message_id="7", state="DELIVRD")),  # type: ignore[arg-type]
        returning(Receipt(message_id="7", error_code="000")),  # type: ignore[arg-type]
        returning(Receipt(message_id="7", raw=b"ID=7")),  # type: ignore[arg-type]
        returning(Receipt(message_id="7", tlvs=[(1, b"")])),  # type: ignore[arg-type]
        returning(Receipt(message_id="7", is_intermediate=0)),  # type: ignore[arg-type]
        returning(Receipt(message_id="7", error_type=int)),  # type: ignore[arg-type]
        returning(Receipt(message_id="7", error_type=None)),  # type: ignore[arg-type]
        lambda _: Receipt.__new__(Receipt),
    ],
)
def test_receipt_that_cannot_be_read_is_none(
    read_receipt: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Correlation and readers rely on the types of its fields."""
    assert reader(read_receipt=read_receipt).read_receipt(PDU) is None
    (line,) = caplog.messages
    assert line.startswith("! the dialect's read_receipt ")
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "normalize_id", [raising, returning(None), returning(7), returning(""), returning(b"7")]
)
def test_id_that_cannot_be_normalised_is_compared_as_it_is(
    normalize_id: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """An SMSC with one odd id must not lose the receipts of the others."""
    response_key, receipt_key = id_keys(
        dataclasses.replace(GENERIC, normalize_id=normalize_id), "opaque"
    )

    assert response_key is not None
    assert receipt_key is not None
    assert ["7", "7"] == [response_key("7"), receipt_key("7")]
    assert 2 == len(caplog.messages)
    assert caplog.messages[0].startswith("! the dialect's normalize_id ")
    assert SECRET not in caplog.text


def test_empty_id_is_never_normalised(caplog: pytest.LogCaptureFixture) -> None:
    """It stands for no id at all: whatever a function makes of it, it must match nothing."""
    key, _ = id_keys(dataclasses.replace(GENERIC, normalize_id=raising), "opaque")

    assert key is not None
    assert "" == key("")
    assert [] == caplog.messages


@pytest.mark.parametrize("name", ["is_receipt", "read_receipt", "receipt_key"])
def test_interrupt_is_no_failure_of_a_dialect(name: str) -> None:
    """Ctrl-C and cancellation pass."""
    reads = reader(is_receipt=interrupted, read_receipt=interrupted, normalize_id=interrupted)
    with pytest.raises(KeyboardInterrupt):
        getattr(reads, name)("7")


def test_log_names_the_place_of_the_failure(caplog: pytest.LogCaptureFixture) -> None:
    """Enough to find the line."""
    reader(read_receipt=raising).read_receipt(PDU)

    (line,) = caplog.messages
    assert "raised ValueError at " in line
    assert "test_receipt_reader.py:" in line


class Odd:
    """A function that equals whatever it is compared with, and so has no hash."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, _: object) -> bool:
        return True

    def __call__(self, _: object) -> None:
        """Fail."""
        raise ValueError(SECRET)


def test_own_functions_are_known_by_identity(caplog: pytest.LogCaptureFixture) -> None:
    """An object may equal anything; it is guarded all the same."""
    assert reader(read_receipt=Odd()).read_receipt(PDU) is None
    assert 1 == len(caplog.messages)
