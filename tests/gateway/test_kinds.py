"""The table of kinds: every kind stands in it, and each row describes its class."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from message_examples import every_message, messages_of

from smsc_async import messages
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.kinds import KIND_OF, KINDS, Kind, Section, not_a_kind
from smsc_async.gateway.markup import parse, render
from smsc_async.gateway.plan import plan
from smsc_async.messages import Message, Sms, Voice, VoiceCall

PREFIXES = [kind.message_class.service_prefix for kind in KINDS]
each = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.message_class.__name__)


def test_every_kind_of_message_has_a_row() -> None:
    """A class without one could be made, and fails only when it is sent."""
    declared = [
        value
        for name, value in vars(messages).items()
        if isinstance(value, type) and issubclass(value, Message) and not name.startswith("_")
    ]

    assert {*declared} - {Message} == {kind.message_class for kind in KINDS}


def test_names_and_prefixes_belong_to_one_kind_each() -> None:
    """Two kinds with one prefix couldn't be told apart, nor two with one name or number."""
    for values in (
        PREFIXES,
        [kind.name for kind in KINDS],
        [kind.flags for kind in KINDS if kind.flags],
    ):
        assert len(values) == len({*values})
    assert len(KINDS) == len(KIND_OF)


@each
def test_prefix_says_whether_a_text_follows(kind: Kind) -> None:
    """An Sms is compared with the prefixes only if it begins with two underscores."""
    prefix = kind.message_class.service_prefix

    assert prefix.startswith("__") is (kind.message_class is not Sms)
    assert prefix.endswith("__: ") is (kind.field is not None and kind.message_class is not Sms)
    assert prefix.endswith("__") is (kind.field is None)


@each
def test_number_fits_into_the_tlv(kind: Kind) -> None:
    """Bits 0 to 3."""
    assert 0 <= kind.flags <= 15


@each
def test_field_that_follows_the_prefix_is_one_of_the_class(kind: Kind) -> None:
    """A kind without one has the fields of every message only."""
    names, common = ({field.name for field in fields(one)} for one in (kind.message_class, Message))

    assert kind.field in names - common or (kind.field is None and names == common)


@pytest.mark.parametrize("message", every_message(), ids=lambda message: type(message).__name__)
def test_message_of_every_kind_is_read_back(message: Message[Any]) -> None:
    """With its required fields alone, and with all."""
    text = render(message)

    assert text.startswith(message.service_prefix)
    assert message == parse(text, to=message.to, sender=message.sender)
    assert 1 <= plan(message).parts


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.message_class is not Sms])
def test_text_of_another_kind_is_refused_as_an_sms(kind: Kind) -> None:
    """Else a user's text would become a call, or a lookup."""
    for message in messages_of(kind):
        first_line = render(message).partition("\n")[0]
        with pytest.raises(InvalidMessageError, match="another kind of message"):
            Sms(to="79991234567", text=first_line)


def test_section_that_a_message_lacks_is_left_out_with_its_mark() -> None:
    """A mark with nothing behind it would be an empty comment."""
    call = VoiceCall(to="79991234567", text="x")
    section = KIND_OF[VoiceCall].sections[-1]

    assert None is section.write(call)
    assert section.mark not in render(call)


@pytest.mark.parametrize("section", {one for kind in KINDS for one in kind.sections})
def test_section_without_its_mark_is_read_as_absent(section: Section) -> None:
    """It has no field, or an empty one, which the class accepts or refuses."""
    assert not any(section.read(None).values())


@pytest.mark.parametrize(
    ("spoken", "read"),
    [
        ("m", {"voice": Voice.M, "language": None}),
        ("w4,en", {"voice": Voice.W4, "language": "en"}),
        ("w4,", {"voice": Voice.W4, "language": ""}),
        (None, {}),
    ],
)
def test_voice_and_language(spoken: str | None, read: dict[str, object]) -> None:
    """«voice:<голос>[,<язык>]»."""
    assert read == KIND_OF[VoiceCall].sections[0].read(spoken)


def test_unknown_voice_is_not_repeated() -> None:
    """It may be a piece of the text."""
    with pytest.raises(InvalidMessageError, match="one of m, m2") as caught:
        parse("__CALL__: x\nvoice:secret", to="79991234567")

    assert "secret" not in f"{caught.value} {vars(caught.value)} {caught.value.__context__}"


@pytest.mark.parametrize("message", [None, {"text": "secret"}, "secret", Sms, object()])
def test_error_of_what_is_no_kind_has_only_its_type(message: object) -> None:
    """With the kinds that are accepted."""
    error = not_a_kind(message)

    assert ("message", type(message).__name__) == (error.field, error.value)
    assert "Sms, Email, VoiceCall" in error.reason
    assert "secret" not in str(error)
