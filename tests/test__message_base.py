"""What all kinds of message have in common."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any, ClassVar

import pytest
from message_examples import every_message

from pdu import Tlv
from pdu.enums import RegisteredDelivery, TlvTag
from smsc_async import _message_base
from smsc_async._message_base import message_kind
from smsc_async.errors import InvalidMessageError
from smsc_async.messages import Message, Ping, Sms
from smsc_async.receipts import Receipt

TO = "79991234567"
OTHERS: dict[str, Any] = {
    "registered_delivery": 2,
    "priority": 3,
    "tlvs": (Tlv(0x1400, b"secret"), Tlv.of(TlvTag.USER_MESSAGE_REFERENCE, 7)),
    "service_type": "WAP",
}


class Size(Enum):
    """Values of a field."""

    SMALL = 1


@pytest.fixture
def fax(monkeypatch: pytest.MonkeyPatch) -> type[Message[Receipt]]:
    """Declare a kind that no other test knows."""
    monkeypatch.setattr(_message_base, "SERVICE_PREFIXES", set())

    @message_kind
    @dataclass(frozen=True, slots=True, kw_only=True, repr=False)
    class Fax(Message[Receipt]):
        """A kind with fields that no other kind has."""

        service_prefix: ClassVar[str] = "__FAX__: "

        caption: str
        pages: int = 1
        size: Size | None = None
        picture: bytes = b""

    return Fax


def test_declared_kind_has_its_service_prefix_among_all(fax: type[Message[Receipt]]) -> None:
    """The check of an Sms reads this set; an Sms itself has no prefix."""
    message_kind(Sms)

    assert {fax.service_prefix} == _message_base.SERVICE_PREFIXES


def test_text_of_an_unknown_field_is_not_shown(fax: Any) -> None:  # noqa: ANN401 - a class of the test
    """A new kind may have a text under any name; numbers and choices are no secret."""
    message = fax(to=TO, sender=TO, caption="secret", pages=2, size=Size.SMALL, picture=b"secret")

    assert (
        "Fax(to='7999***67', sender='7999***67', caption=<6 characters>, pages=2, size=Size.SMALL,"
        " picture=<6 octets>)"
    ) == repr(message)


@pytest.mark.parametrize("message", every_message(), ids=lambda message: type(message).__name__)
def test_constructor_has_the_signature_of_the_fields(message: Message[Any]) -> None:
    """`help` and editors read it; all are given by keyword, those without a default must be."""
    kind: Any = type(message)
    parameters = inspect.signature(kind).parameters

    assert [field.name for field in fields(kind)] == list(parameters)
    assert {inspect.Parameter.KEYWORD_ONLY} == {one.kind for one in parameters.values()}
    with pytest.raises(TypeError, match="missing"):
        kind()


@pytest.mark.parametrize("sender", ["Shop", "+79990000000"])
@pytest.mark.parametrize("to", [TO, "+7 999 123-45-67"])
def test_number_and_sender_are_kept_as_they_travel(to: str, sender: str) -> None:
    """However they are written."""
    message = Sms(to=to, sender=sender, text="x")

    assert (TO, sender.removeprefix("+")) == (message.to, message.sender)


def test_message_stays_as_it_was_made() -> None:
    """It may be a key, and the rules compare it later."""
    message = Sms(to=TO, text="x")

    with pytest.raises(AttributeError):
        message.text = "y"  # type: ignore[misc]  # the point of the test
    with pytest.raises(InvalidMessageError, match="10 to 15 digits"):
        Sms(to="1", text="x")


@pytest.mark.parametrize("message", every_message(), ids=lambda message: type(message).__name__)
def test_every_kind_takes_them(message: Message[Any]) -> None:
    """They are kept, compared, and survive a copy and a pickle."""
    other = replace(message, **OTHERS)

    assert {name: getattr(other, name) for name in OTHERS} == OTHERS
    assert (False, True) == (message.has_submit_fields, other.has_submit_fields)
    assert other != message
    assert message == replace(other, registered_delivery=True, priority=0, tlvs=(), service_type="")
    for one in (message, other):
        for again in (
            copy.copy(one),
            copy.deepcopy(one),
            pickle.loads(pickle.dumps(one)),  # noqa: S301 - our own octets
        ):
            assert one == again
            assert hash(one) == hash(again)
            assert one.has_submit_fields == again.has_submit_fields


@pytest.mark.parametrize(
    ("value", "is_requested"),
    [
        (True, True),
        (False, False),
        (0, False),
        (1, True),
        (2, True),
        (0x10, False),
        (0x11, True),
        (255, True),
        (RegisteredDelivery(3), True),
    ],
)
def test_receipt_is_requested_by_the_two_lowest_bits(value: int, *, is_requested: bool) -> None:
    """0x10 requests intermediate notifications only (v3.4 §5.2.17)."""
    assert Sms(to=TO, text="x", registered_delivery=value).requests_receipt is is_requested


def test_unknown_field_is_refused() -> None:
    """As by any constructor; a query takes the others, if it requests its receipt."""
    fields: dict[str, Any] = {"colour": "red"}
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        Sms(to=TO, text="x", **fields)
    assert 1 == Ping(to=TO, priority=1).priority
    assert "registered_delivery" in dir(Ping)
    assert vars(Message)["priority"] is getattr(Sms, "priority")  # noqa: B009 - no field to mypy


def test_message_that_sets_rare_fields_says_whether_it_requests_a_receipt() -> None:
    """By its registered_delivery; a plain one always does."""
    assert Sms(to="79991234567", text="x").requests_receipt
    assert Sms(to="79991234567", text="x", flash=True).requests_receipt
    assert not Sms(to="79991234567", text="x", registered_delivery=False).requests_receipt
