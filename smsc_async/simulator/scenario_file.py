"""The file of `smsc sim --scenario FILE`: a scenario, fates by number and chaos, as TOML.

    state = "UNDELIVERABLE"
    error_code = 6
    hold = "receipt"

    [rules]
    rate = 10

    [fates."79991234567"]
    answer = "refuse"
    command_status = "ESME_RTHROTTLED"

    [chaos]
    answer_never = 5

Rule: a file is read as a whole or not at all, and the first mistake is one `ScenarioFileError`. It
shows no password, no text and no whole phone number.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, get_args

from pdu._tracebacks import hides_assigned, hides_locals
from pdu.enums import CommandStatus, MessageState
from pdu.half_made import shows_half_made
from pdu.masking import mask_address
from smsc_async._base_errors import ConfigError
from smsc_async.simulator.chaos import STAGES, Chaos
from smsc_async.simulator.fates import AnswerFate, Fate, HoldMode, ReceiptFate
from smsc_async.simulator.magic import MAGIC_PREFIX, check_prefix
from smsc_async.simulator.message_log import normal_number
from smsc_async.simulator.scenario import OWN_RULES, HlrAnswer, Scenario
from smsc_async.simulator.scenario_values import (
    FILE,
    LONGEST_KEY,
    ScenarioFileError,
    choice,
    kind_of,
    member,
    or_none,
    read_flag,
    read_integer,
    read_number,
    read_text,
    table,
    unknown_key,
    value_error,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsc_async.simulator.scenario_values import Reader

__all__ = ["LONGEST_FILE", "ScenarioFile", "ScenarioFileError", "read_scenario"]

LONGEST_FILE: Final = 1_048_576
"""Characters of a file at most."""

_DEFAULT: Final = Scenario()
_LARGEST_STATUS: Final = 0xFFFF_FFFF
_LONGEST_NUMBER: Final = 20
_PLACE: Final = re.compile(r"\(at (.+)\)$")
_LINE: Final = re.compile("line ([0-9]+)")
_DECIMAL_COMMA: Final = re.compile(r"=\s*[+-]?[0-9]+,[0-9]")
_TWICE: Final = re.compile("twice|overwrite|Duplicate|mutate")
_TOP: Final = (
    *(one.name for one in fields(Scenario)), "fates", "chaos", "hold", "magic_prefix",
)  # fmt: skip


@hides_assigned
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ScenarioFile:
    """What a file says; what it doesn't is the default.

    Attributes:
        scenario: The scenario.
        fates: Fate by number, digits without a plus.
        chaos: Faults drawn by chance from the start on; None for none.
        hold: What is held from the start on.
        magic_prefix: Of the magic numbers; None for none.
        has_state: Whether the file says in what state messages end.
    """

    scenario: Scenario = field(default_factory=Scenario)
    fates: Mapping[str, Fate] = field(default_factory=dict, hash=False)
    chaos: Chaos | None = None
    hold: HoldMode = "off"
    magic_prefix: str | None = MAGIC_PREFIX
    has_state: bool = field(default=False, compare=False)

    def __repr__(self) -> str:
        return f"<ScenarioFile, hold {self.hold}, {len(self.fates)} fates, chaos {self.chaos}>"


@hides_locals(ScenarioFileError, text=str)
def read_scenario(text: str, *, default: Scenario = _DEFAULT) -> ScenarioFile:
    """Read the text of a scenario's file.

    Keys of the file are the fields of `Scenario`, "hold" and "magic_prefix"; tables are "accounts"
    (password by login), "rules" (fields of `GatewayLimits`), "hlr" (fields of `HlrAnswer`), "fates"
    (a table of `Fate`'s fields for each number) and "chaos" (fields of `Chaos`). `false` stands for
    None. States and statuses have their names, "UNDELIVERABLE" and "ESME_RTHROTTLED", or numbers.
    An error_code other than 0 without a state means UNDELIVERABLE.

    Args:
        text: At most 1 048 576 characters. A byte order mark is ignored.
        default: Has the fields of `Scenario` that aren't in the file.

    Raises:
        ScenarioFileError: It is no TOML, or has an unknown key, or a value out of its range.
    """
    values = _parse(text)
    others: dict[str, Any] = {}
    for key, reader in _FILE.items():
        if key in values:
            others[key] = reader(values.pop(key), key)
    read, has_state = table(partial(replace, default), _SCENARIO, _TOP), "state" in values
    if values.get("error_code") and not has_state:
        values["state"] = MessageState.UNDELIVERABLE.name
    return ScenarioFile(scenario=read(values, ""), has_state=has_state, **others)


def _parse(text: str) -> dict[str, object]:
    """Read TOML; an error has the place, but none of the text, which may be a password."""
    if len(text) > LONGEST_FILE:
        size = f"{len(text)} characters"
        raise ScenarioFileError(
            FILE, size, f"takes {LONGEST_FILE} characters, got {len(text)}; split the scenario"
        )
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.search(str(error))
        place = f" at {found[1]}" if found else ""
        is_twice = _TWICE.search(str(error))
    except RecursionError:
        raise ScenarioFileError(FILE, None, "arrays and tables are nested too deeply") from None
    except ValueError:
        raise ScenarioFileError(FILE, None, "a number has too many digits") from None
    if is_twice:
        raise ScenarioFileError(FILE, None, f"a key or table is given twice{place}; keep one")
    if found and _has_decimal_comma(text, found[1]):
        raise ScenarioFileError(FILE, None, f"isn't TOML{place}; decimals follow a dot, as in 2.5")
    raise ScenarioFileError(FILE, None, f"isn't TOML{place}; texts are written in quotes")


def _has_decimal_comma(text: str, place: str) -> bool:
    """Whether the line of an error has a number with a comma; *place* is "line 2, column 5"."""
    line = _LINE.match(place)
    lines = text.split("\n")
    return _DECIMAL_COMMA.search(lines[int(line[1]) - 1 if line else -1]) is not None


def _accounts(value: object, path: str) -> Mapping[str, str]:
    """Read the passwords by login; an error shows the login alone."""
    if not isinstance(value, dict):
        got = kind_of(value)
        rule = "takes a table of passwords by login, or false for any login"
        raise ScenarioFileError(path, got, f"{rule}, got {got}")
    for login, password in value.items():
        if _is_misplaced(login, password):
            raise unknown_key(login, path, (), _TOP)
        if not isinstance(password, str):
            got = kind_of(password)
            shortened = login[:LONGEST_KEY]
            raise ScenarioFileError(
                f"{path}.{shortened}", got, f"takes a text in quotes, got {got}"
            )
    return value


def _is_misplaced(key: str, value: object) -> bool:
    """Whether a key belongs above all tables, and is no login of the same name."""
    reader = _FILE.get(key) or _SCENARIO.get(key)
    if reader is None or not isinstance(value, str):
        return reader is not None
    if reader is read_text:  # any password would do
        return False
    try:
        reader(value, key)
    except ScenarioFileError:
        return False
    return True


def _fates(value: object, path: str) -> Mapping[str, Fate]:
    """Read the fates by number."""
    if not isinstance(value, dict):
        raise value_error(path, value, "takes a table for each number")
    made: dict[str, Fate] = {}
    for key, one in value.items():
        number = normal_number(key)
        where = f"{path}.{mask_address(key)[:LONGEST_KEY]}"
        if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER):
            if key in _TOP:
                raise unknown_key(key, path, (), _TOP)
            rule = f'is written [{path}."79991234567"], with up to {_LONGEST_NUMBER} digits'
            raise value_error(path, key, rule)
        if number in made:
            raise ScenarioFileError(where, None, "the number is given twice; keep one")
        made[number] = _fate(one, where)
    return MappingProxyType(made)


def _magic_prefix(value: object, path: str) -> str | None:
    """Read the prefix of the magic numbers."""
    prefix = or_none(read_text)(value, path)
    try:
        check_prefix(prefix)
    except ConfigError:
        raise value_error(path, value, "takes 1 to 11 digits, or false for none") from None
    return prefix  # type: ignore[return-value]  # a text or None


_status: Final = member(CommandStatus, 0, _LARGEST_STATUS)
_state: Final = member(MessageState, 0, 255)
_number_or_none: Final = or_none(read_number)
_integer_or_none: Final = or_none(read_integer)

_hlr: Final = table(HlrAnswer, {one.name: read_text for one in fields(HlrAnswer)}, _TOP)
_rules: Final = table(
    lambda **given: replace(OWN_RULES, **given),
    {
        "repeat_window": _number_or_none,
        "flood_length": _integer_or_none,
        "flood_gap": _number_or_none,
        "multipart_window": _number_or_none,
        "rate": _number_or_none,
        "margin": read_number,
    },
    _TOP,
    ", or false for no rules",
)
_fate: Final = table(
    Fate,
    {
        "state": _state,
        "error_code": read_integer,
        "after": read_number,
        "receipt": choice(*get_args(ReceiptFate)),
        "answer": choice(*get_args(AnswerFate)),
        "command_status": _status,
        "hlr": _hlr,
        "reply": read_text,
    },
    _TOP,
)
_chaos: Final = table(
    Chaos,
    {
        **dict.fromkeys(STAGES, read_number),
        "seed": read_integer,
        "seconds": read_number,
        "messages": read_integer,
    },
    _TOP,
    ", or false for none",
)

_SCENARIO: Final[Mapping[str, Reader]] = {
    "accounts": or_none(_accounts),
    "bind_status": _status,
    "strict": read_flag,
    "default_alphabet": or_none(choice("gsm", "latin1", "ascii")),
    "packed_gsm": read_flag,
    "inactivity_timeout": _number_or_none,
    "submit_status": _status,
    "response_delay": read_number,
    "window": read_integer,
    "silent": read_flag,
    "drop_after": _integer_or_none,
    "unbind_after": _integer_or_none,
    "id_format": choice("decimal", "hex_in_response"),
    "rules": or_none(_rules),
    "repeat_status": _status,
    "repeat_error": read_integer,
    "flood_status": _status,
    "flood_error": read_integer,
    "parts_error": read_integer,
    "receipts": read_flag,
    "receipt_delay": read_number,
    "receipt_before_response": read_flag,
    "receipt_window": read_integer,
    "receipt_queue": read_integer,
    "redelivery_delay": read_number,
    "deliver_timeout": read_number,
    "intermediate": read_flag,
    "state": _state,
    "error_code": read_integer,
    "hlr": _hlr,
    "cost": read_text,
    "keep": read_integer,
    "keep_octets": read_integer,
}
"""Reader by field of `Scenario`."""

_FILE: Final[Mapping[str, Reader]] = {
    "fates": _fates,
    "chaos": or_none(_chaos),
    "hold": choice(*get_args(HoldMode)),
    "magic_prefix": _magic_prefix,
}
"""Reader by what else stands in a file."""
