"""What all kinds of message have in common."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, ClassVar

import pytest
from message_examples import every_message

from smsc_async import _message_base
from smsc_async._message_base import message_kind
from smsc_async.errors import InvalidMessageError
from smsc_async.messages import Message, Sms
from smsc_async.receipts import Receipt

TO = "79991234567"


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

    return Fax


def test_declared_kind_has_its_service_prefix_among_all(fax: type[Message[Receipt]]) -> None:
    """The check of an Sms reads this set; an Sms itself has no prefix."""
    message_kind(Sms)

    assert {fax.service_prefix} == _message_base.SERVICE_PREFIXES


def test_text_of_an_unknown_field_is_not_shown(fax: Any) -> None:  # noqa: ANN401 - a class of the test
    """A new kind may have a text under any name; numbers and choices are no secret."""
    message = fax(to=TO, sender=TO, caption="secret", pages=2, size=Size.SMALL)

    assert (
        "Fax(to='7999***67', sender='7999***67', caption=<6 characters>, pages=2, size=Size.SMALL)"
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
