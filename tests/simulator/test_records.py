"""Records of the simulated SMSC, and what their repr shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pdu import MessageState
from smsc_async.messages import HlrQuery, Sms, TelegramCode
from smsc_async.simulator import Scenario, SubmittedMessage, SubmittedPart
from smsc_async.simulator.message_text import parse_message, subscriber_text

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def _part(**fields: Any) -> SubmittedPart:  # noqa: ANN401 - any field of a part
    """Make the record of a part."""
    values: dict[str, Any] = {
        "number": 855469,
        "system_id": "shop",
        "sender": "Shop",
        "recipient": "79991234567",
        "source": (5, 0),
        "dest": (1, 1),
        "registered_delivery": 1,
        "text": "Code 4821",
        "flags": 0,
        "charged": 1,
        "scenario": Scenario(),
        "submitted_at": AT,
    }
    return SubmittedPart(**values | fields)


def _message(
    text: str | None = "Code 4821",
    *submits: SubmittedPart,
    **fields: Any,  # noqa: ANN401 - any field of a message
) -> SubmittedMessage:
    """Make the record of a message."""
    values: dict[str, Any] = {
        "system_id": "shop",
        "sender": "Shop",
        "recipient": "79991234567",
        "octets": b"Code 4821",
        "data_coding": 0,
        "parts": 1,
        "total": 1,
        "received_at": AT,
    }
    return SubmittedMessage(text=text, submits=submits, **values | fields)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Code 4821", Sms(to="79991234567", sender="Shop", text="Code 4821")),
        ("__HLR__", HlrQuery(to="79991234567", sender="Shop")),
        ("__TGM__: 4821", TelegramCode(to="79991234567", sender="Shop", code="4821")),
    ],
)
def test_message_is_what_the_gateway_would_make_of_the_text(text: str, message: object) -> None:
    """So a test can compare it with what was sent."""
    submitted = _message(text)

    assert message == submitted.message
    assert submitted.message is submitted.message
    assert type(message).__name__ == submitted.kind


@pytest.mark.parametrize(("text", "kind"), [("__TGM__: code", "text"), (None, "binary")])
def test_text_without_meaning_to_the_gateway_is_recorded_as_it_is(
    text: str | None, kind: str
) -> None:
    """A test still wants to see it."""
    submitted = _message(text)

    assert submitted.message is None
    assert (text, kind) == (submitted.text, submitted.kind)


def test_ids_are_those_of_the_responses() -> None:
    """By them a test finds the message that the client sent."""
    hexadecimal = Scenario(id_format="hex_in_response")
    parts = _part(), _part(number=855470, scenario=hexadecimal)

    assert ("855469", "D0DAE") == _message("…", *parts).message_ids
    assert "855469" == _message("…", *parts).message_id
    assert "" == _message("…").message_id


def test_state_is_final_when_that_of_every_part_is() -> None:
    """A message with one of two parts on its way isn't delivered."""
    done, under_way = _part(state=MessageState.DELIVERED), _part()

    assert MessageState.ENROUTE is _message("…", done, under_way).state
    assert MessageState.DELIVERED is _message("…", done, done).state
    assert MessageState.ENROUTE is _message("…").state


def test_message_with_a_missing_part_is_incomplete() -> None:
    """An operator refuses such a message."""
    assert _message().is_complete
    assert not _message(total=2).is_complete


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            _message(),
            (
                "SubmittedMessage(m-0, Sms, message_id='', sender='Shop', recipient='7999***67',"
                " text=<9 characters>, parts=1/1, state=ENROUTE)"
            ),
        ),
        (
            _message(None, _part(state=77), sender="79990000001", recipient="anna@example.com"),
            (
                "SubmittedMessage(m-0, binary, message_id='855469', sender='7999***01',"
                " recipient='a***@***.com', text=<9 octets>, parts=1/1, state=77)"
            ),
        ),
    ],
)
def test_repr_shows_sizes_and_masks_numbers(message: SubmittedMessage, shown: str) -> None:
    """It is printed by failed tests, and copied from there into tickets."""
    assert shown == repr(message)


def test_repr_of_a_part_shows_no_text() -> None:
    """A debugger shows it; the text may be a code."""
    assert "<SubmittedPart 855469 to 7999***67, state <MessageState.ENROUTE: 1>>" == repr(_part())


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Ваш код: 4821", ("4821",)),
        ("Заказ готов\n~~~\nкод 4821", ()),
        ("__TGM__: 482100", ("482100",)),
        ("__VIBER__: Ваш код: 4821", ("4821",)),
        ("__HLR__", ()),
    ],
)
def test_codes_are_those_that_the_subscriber_reads(text: str, codes: tuple[str, ...]) -> None:
    """Not those of a comment; a Telegram code is one without any word."""
    assert codes == _message(text).codes.codes


@pytest.mark.parametrize(
    ("text", "read"),
    [("__HLR__", ""), ("__PING__", ""), ("__TGM__: 4821", "4821"), ("hi", "hi"), (None, "")],
)
def test_subscriber_reads_no_markup(text: str | None, read: str) -> None:
    """A query and a Ping have no text at all."""
    assert read == subscriber_text(parse_message(text, "79991234567", "Shop"), text)
