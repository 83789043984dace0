"""A dialect that fails is survived, and its failure is logged without the message."""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pytest

from pdu import DeliverSm, MessageState
from smsc_async import GENERIC, SMSC_RU, DeliveryError, Dialect, Receipt
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


class Plain(str):
    """A str that isn't exactly one."""

    __slots__ = ()


class Unhashable(str):
    """A str that can't be a key."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, _: object) -> bool:
        raise ValueError(SECRET)

    def __bool__(self) -> bool:
        raise ValueError(SECRET)

    def __str__(self) -> str:
        raise ValueError(SECRET)


class UnhashableInt(int):
    """An int that can't be a key, nor be true or false."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, _: object) -> bool:
        raise ValueError(SECRET)

    def __bool__(self) -> bool:
        raise ValueError(SECRET)


class RaisesIsFinal(Receipt):
    """A receipt that doesn't know whether it is final."""

    @property
    def is_final(self) -> bool:
        """Raise."""
        raise ValueError(SECRET)


class OddIsFinal(Receipt):
    """A receipt whose answer is neither true nor false."""

    is_final = UnhashableInt(1)  # type: ignore[assignment]


class RaisesState(Receipt):
    """A receipt without a state."""

    @property
    def state(self) -> int:
        """Raise."""
        raise ValueError(SECRET)

    @state.setter
    def state(self, _: object) -> None:
        """Drop it."""


class NoBase(Receipt):
    """A receipt that leaves out what its base sets for itself."""

    def __init__(self) -> None:
        self.message_id, self.state, self.error_code, self.tlvs = "7", None, None, {}
        self.to = self.sender = self.raw = ""
        self.is_intermediate, self.error_type = False, DeliveryError


class NeverCompared(Receipt):
    """A receipt that can't be compared."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, _: object) -> bool:
        raise ValueError(SECRET)


def reader(**functions: Callable[..., Any]) -> ReceiptReader:
    """Make a reader of a dialect of which some functions are other ones."""
    return ReceiptReader(dataclasses.replace(GENERIC, **functions), None)


@pytest.mark.parametrize("dialect", [SMSC_RU, GENERIC])
def test_own_dialects_are_called_directly(dialect: Dialect) -> None:
    """They never fail, and receipts come by the thousand."""
    direct = ReceiptReader(dialect, None)

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


@pytest.mark.parametrize(
    "is_receipt",
    [raising, returning(None), returning("yes"), returning([]), returning(UnhashableInt(1))],
)
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
        returning(Receipt(message_id=Unhashable("7"))),
        returning(Receipt(message_id=Plain("7"))),
        returning(RaisesIsFinal(message_id="7")),
        returning(OddIsFinal(message_id="7")),
        returning(RaisesState(message_id="7")),
        returning(NoBase()),
        returning(Receipt(message_id="7", error_code=UnhashableInt(7))),
        returning(Receipt(message_id="7", state=UnhashableInt(2))),
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
        dataclasses.replace(GENERIC, normalize_id=normalize_id), None
    )

    assert response_key is not None
    assert receipt_key is not None
    assert ["7", "7"] == [response_key("7"), receipt_key("7")]
    assert 2 == len(caplog.messages)
    assert caplog.messages[0].startswith("! the dialect's normalize_id ")
    assert SECRET not in caplog.text


class Letter(StrEnum):
    """An enumeration of texts."""

    A = "A"


class Spoof:
    """An object that passes for a str."""

    __class__ = str  # type: ignore[assignment]


@pytest.mark.parametrize(
    "normalized", [Plain("A"), Unhashable("A"), Letter.A], ids=["plain", "unhashable", "enum"]
)
def test_id_of_a_subclass_of_str_is_compared_as_the_plain_text(
    normalized: object, caplog: pytest.LogCaptureFixture
) -> None:
    """Ids are keys of dictionaries, so they get the hash of `str`."""
    key, _ = id_keys(dataclasses.replace(GENERIC, normalize_id=returning(normalized)), None)

    assert key is not None
    assert str is type(key("7"))
    assert "A" == key("7")
    assert [] == caplog.messages


@pytest.mark.parametrize(
    "normalized", [Spoof(), Unhashable(""), Plain("")], ids=["spoof", "unhashable", "plain"]
)
def test_id_that_only_passes_for_a_text_is_compared_as_it_is(
    normalized: object, caplog: pytest.LogCaptureFixture
) -> None:
    """What can't be turned into a plain text is no id."""
    key, _ = id_keys(dataclasses.replace(GENERIC, normalize_id=returning(normalized)), None)

    assert key is not None
    assert "7" == key("7")
    assert 1 == len(caplog.messages)
    assert SECRET not in caplog.text


def test_receipt_that_cannot_be_compared_is_passed_on(caplog: pytest.LogCaptureFixture) -> None:
    """The client compares ids, states and errors, never whole receipts."""
    receipt = NeverCompared(message_id="7")

    assert reader(read_receipt=returning(receipt)).read_receipt(PDU) is receipt
    assert [] == caplog.messages


def test_empty_id_is_never_normalised(caplog: pytest.LogCaptureFixture) -> None:
    """It stands for no id at all: whatever a function makes of it, it must match nothing."""
    key, _ = id_keys(dataclasses.replace(GENERIC, normalize_id=raising), None)

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
