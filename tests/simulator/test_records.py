"""What the simulated gateway remembers of a message, and shows of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pdu import MessageState
from smsc_async.messages import HlrQuery, Sms, TelegramCode
from smsc_async.simulator import KeptMessage, Part, Scenario

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def _part(**fields: Any) -> Part:  # noqa: ANN401 - any field of a part
    """Make a part as the brain would."""
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
    return Part(**values | fields)


def _message(text: str | None = "Code 4821", *taken: Part, **fields: Any) -> KeptMessage:  # noqa: ANN401 - any field of a message
    """Make a message as the brain would."""
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
    return KeptMessage(text=text, taken=taken, **values | fields)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Code 4821", Sms(to="79991234567", sender="Shop", text="Code 4821")),
        ("__HLR__", HlrQuery(to="79991234567", sender="Shop")),
        ("__TGM__: 4821", TelegramCode(to="79991234567", sender="Shop", code="4821")),
    ],
)
def test_message_is_what_the_gateway_would_make_of_the_text(text: str, message: object) -> None:
    """A test compares it with what was sent, as a whole."""
    kept = _message(text)

    assert message == kept.message
    assert kept.message is kept.message
    assert type(message).__name__ == kept.kind


@pytest.mark.parametrize(("text", "kind"), [("__TGM__: code", "text"), (None, "binary")])
def test_what_cannot_be_parsed_is_kept_as_it_is(text: str | None, kind: str) -> None:
    """The gateway's document knows no meaning for it; its text is still worth seeing."""
    kept = _message(text)

    assert kept.message is None
    assert (text, kind) == (kept.text, kept.kind)


def test_ids_are_those_of_the_responses() -> None:
    """They are what the client knows its message by."""
    hexadecimal = Scenario(id_format="hex_in_response")
    parts = _part(), _part(number=855470, scenario=hexadecimal)

    assert ("855469", "D0DAE") == _message("…", *parts).message_ids
    assert "855469" == _message("…", *parts).message_id
    assert "" == _message("…").message_id


def test_state_is_final_when_every_parts_is() -> None:
    """A message of two parts, one of which is still on its way, isn't delivered."""
    done, under_way = _part(state=MessageState.DELIVERED), _part()

    assert MessageState.ENROUTE is _message("…", done, under_way).state
    assert MessageState.DELIVERED is _message("…", done, done).state
    assert MessageState.ENROUTE is _message("…").state


def test_completeness_is_a_matter_of_parts() -> None:
    """Parts that never came are what an operator refuses a message for."""
    assert _message().is_complete
    assert not _message(total=2).is_complete


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            _message(),
            (
                "KeptMessage(Sms, message_id='', sender='Shop', recipient='7999***4567',"
                " text=<9 characters>, parts=1/1, state=ENROUTE)"
            ),
        ),
        (
            _message(None, _part(state=77), sender="79990000001", recipient="anna@example.com"),
            (
                "KeptMessage(binary, message_id='855469', sender='7999***0001',"
                " recipient='anna***.com', text=<9 octets>, parts=1/1, state=77)"
            ),
        ),
    ],
)
def test_repr_shows_sizes_and_masks_numbers(message: KeptMessage, shown: str) -> None:
    """It ends up in the output of failed tests, and that in tickets."""
    assert shown == repr(message)


def test_repr_of_a_part_shows_no_text() -> None:
    """The same holds for its parts."""
    assert "<Part 855469 to 7999***4567, state <MessageState.ENROUTE: 1>>" == repr(_part())
