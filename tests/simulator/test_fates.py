"""A fate is a value that is right from its birth."""

from __future__ import annotations

from typing import Any

import pytest

from pdu import MessageState
from smsc_async.simulator import Fate, HlrAnswer
from smsc_async.simulator.fates import ORDINARY


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": 256}, "state takes 0 to 255, got 256"),
        ({"state": True}, "state takes 0 to 255, got True"),
        ({"state": 2.0}, "state takes 0 to 255, got 2.0"),
        ({"state": float("nan")}, "state takes 0 to 255, got nan"),
        ({"error_code": 1000}, "error_code takes 0 to 999, got 1000"),
        ({"error_code": -1}, "error_code takes 0 to 999, got -1"),
        ({"after": -0.1}, "after takes 0 seconds or more, got -0.1"),
        ({"after": float("inf")}, "after takes 0 seconds or more, got inf"),
        ({"receipt": "thrice"}, "receipt takes one of never, twice, early, intermediate"),
        ({"hlr": "x"}, "hlr takes a HlrAnswer, got 1 characters"),
        ({"reply": 5}, "reply takes a str, got 5"),
        ({"reply": b"x"}, "reply takes a str, got bytes"),
        ({"answer": "maybe"}, "answer takes one of refuse, never, break, late"),
        ({"answer": "late"}, "answer='late' needs after"),
        ({"answer": "late", "after": 0}, "answer='late' needs after"),
        ({"answer": "refuse"}, "answer='refuse' and command_status need each other"),
        ({"command_status": 8}, "answer='refuse' and command_status need each other"),
        ({"answer": "refuse", "command_status": 0}, "command_status takes 1 to 4294967295, got 0"),
        ({"answer": "refuse", "command_status": 8, "state": 2}, "a refused message has no outcome"),
        ({"answer": "refuse", "command_status": 8, "reply": "да"}, "a refused message has no"),
    ],
    ids=str,
)
def test_fate_that_makes_no_sense_is_refused(fields: dict[str, Any], said: str) -> None:
    """Where it is made, with the limit."""
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        Fate(**fields)


def test_fate_without_anything_is_the_ordinary_one() -> None:
    """It says nothing of the outcome."""
    assert Fate() == ORDINARY
    assert not ORDINARY.has_outcome
    assert Fate(hlr=HlrAnswer()).has_outcome
    assert Fate(error_code=0).has_outcome
    assert Fate(state=MessageState.DELIVERED) == Fate(state=2)


def test_repr_shows_no_reply() -> None:
    """What is not set isn't shown; a reply may be any text."""
    fate = Fate(state=MessageState.DELIVERED, after=0, hlr=HlrAnswer(), reply="Иван")

    assert (
        "Fate(state=<MessageState.DELIVERED: 2>, after=0, hlr=HlrAnswer(mcc='250', mnc='02'),"
        " reply=<4 characters>)"
    ) == repr(fate)
    assert "Fate()" == repr(ORDINARY)
