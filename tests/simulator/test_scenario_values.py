"""The kinds of values in a scenario's file: what each takes, and how it names a mistake."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pdu import CommandStatus, MessageState
from smsc_async.errors import ConfigError
from smsc_async.simulator import scenario_values as values
from smsc_async.simulator.scenario_values import ScenarioFileError

if TYPE_CHECKING:
    from collections.abc import Callable

state = values.member(MessageState, 0, 255)
status = values.member(CommandStatus, 0, 0xFFFF_FFFF)
hold = values.choice("off", "receipt", "answer")


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (values.read_flag, False, False),
        (values.read_number, 1, 1),
        (values.read_number, 0.5, 0.5),
        (values.read_integer, -3, -3),
        (values.read_text, "", ""),
        (values.or_none(values.read_number), False, None),
        (values.or_none(values.read_number), 5, 5),
        (hold, "answer", "answer"),
        (state, "UNDELIVERABLE", MessageState.UNDELIVERABLE),
        (state, "undeliverable", MessageState.UNDELIVERABLE),
        (status, "Esme_RThrottled", CommandStatus.ESME_RTHROTTLED),
        (state, 5, MessageState.UNDELIVERABLE),
        (state, 200, 200),
        (status, "ESME_RTHROTTLED", CommandStatus.ESME_RTHROTTLED),
        (status, 0x400, 0x400),
    ],
)
def test_value_of_its_kind_is_read(
    reader: Callable[[object, str], object], value: object, expected: object
) -> None:
    """As TOML writes it; false stands for None, and a name for its number."""
    assert expected == reader(value, "key")


@pytest.mark.parametrize(
    ("reader", "value", "message"),
    [
        (values.read_flag, 1, "takes true or false, got 1"),
        (values.read_number, "1", "takes a number without quotes, got a text"),
        (values.read_number, True, "takes a number below 2^63, got true"),
        (values.read_number, float("nan"), "takes a number below 2^63, got nan"),
        (values.read_number, float("-inf"), "takes a number below 2^63, got -inf"),
        (values.read_number, 10**400, "takes a number below 2^63, got an integer of 1329 bits"),
        (values.read_integer, 1.0, "takes a whole number, got 1.0"),
        (values.read_integer, False, "takes a whole number, got false"),
        (values.read_integer, 2**63, "takes a whole number, got an integer of 64 bits"),
        (values.read_text, 2, "takes a text in quotes, got 2"),
        (
            values.read_text,
            datetime(2026, 1, 1, tzinfo=UTC),
            "takes a text in quotes, got a date",
        ),
        (values.or_none(values.read_text), True, "takes a text in quotes, got true"),
        (
            hold,
            "answr",
            "takes one of off, receipt, answer, got 5 characters; did you mean 'answer'?",
        ),
        (hold, 5, "takes one of off, receipt, answer, got 5"),
        (
            state,
            "undelivrable",
            (
                "takes a name of MessageState, or a number without quotes, got 12"
                " characters; did you mean 'UNDELIVERABLE'?"
            ),
        ),
        (
            state,
            "79991234567",
            "takes a name of MessageState, or a number without quotes, got 11 characters",
        ),
        (state, 256, "takes 0 to 255 or a name of MessageState, got 256"),
        (status, -1, "takes 0 to 4294967295 or a name of CommandStatus, got -1"),
        (status, 2.5, "takes a whole number, got 2.5"),
    ],
)
def test_other_values_are_refused(
    reader: Callable[[object, str], object], value: object, message: str
) -> None:
    """With the key, what it takes and the nearest known name; a text may be a secret."""
    with pytest.raises(ScenarioFileError) as caught:
        reader(value, "table.key")

    assert f"table.key: {message}" == str(caught.value)
    assert "table.key" == caught.value.name


def make(**given: Any) -> dict[str, Any]:  # noqa: ANN401 - of any kind
    """Make something of a table, and refuse some values."""
    if given.get("size") == 0:
        raise ValueError("size takes 1 or more, got 0")
    if given.get("size") == 1:
        raise ValueError("a small thing has no name")
    if given.get("size") == 2:
        raise ConfigError("size", 2, "is too small")
    return given


readers = {"size": values.read_integer, "name": values.read_text}
table = values.table(make, readers, ("hold", "state"), ", or false for none")


def test_table_is_made_of_its_keys() -> None:
    """Each is read by its reader."""
    assert {"size": 5, "name": "x"} == table({"size": 5, "name": "x"}, "thing")


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        (5, "thing", "thing: takes a table, or false for none, got 5"),
        ([], "thing", "thing: takes a table, or false for none, got an array"),
        ({"nme": "x"}, "thing", "thing: unknown key 'nme'; did you mean 'name'?"),
        ({"zzz": "x"}, "thing", "thing: unknown key 'zzz'; known are size, name"),
        ({"holt": "x"}, "", "file: unknown key 'holt'; did you mean 'hold'?"),
        (
            {"79991234567": "x"},
            "thing",
            "thing: unknown key of 11 characters; known are size, name",
        ),
        ({"name" * 99: "x"}, "thing", "thing: unknown key of 396 characters; known are size, name"),
        (
            {"hold": "off"},
            "thing",
            "thing: 'hold' is no key of this table; write it above the first [table]",
        ),
        ({"size": "5"}, "thing", "thing.size: takes a whole number without quotes, got a text"),
        ({"size": 0}, "thing", "thing.size: takes 1 or more, got 0"),
        ({"size": 0}, "", "size: takes 1 or more, got 0"),
        ({"size": 1}, "thing", "thing: a small thing has no name"),
        ({"size": 1}, "", "file: a small thing has no name"),
        ({"size": 2}, "thing", "thing.size: is too small"),
    ],
)
def test_mistake_in_a_table_is_named(value: object, path: str, message: str) -> None:
    """With its path, wherever it was found: in the table, or by what is made of it."""
    with pytest.raises(ScenarioFileError) as caught:
        table(value, path)

    assert message == str(caught.value)


def test_unhashable_and_odd_values_have_no_nearest_name() -> None:
    """TOML has lists and dates in any place."""
    assert ["", ""] == [values.nearest([], ["off"]), values.nearest(5, ["off"])]
    assert "; did you mean 'off'?" == values.nearest("OFF", ["off"])
