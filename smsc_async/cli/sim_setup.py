"""How `smsc sim` starts: the options, over the file of `--scenario`, over the defaults.

Rule: an error says which option or which key of the file is wrong; it shows no password and no
complete number.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

from pdu.enums import MessageState
from smsc_async.cli.arguments import usage_error
from smsc_async.cli.common_options import STANDARD_INPUT
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.i18n import TextWithValues, _
from smsc_async.cli.sentences import os_reason, read_sentence
from smsc_async.errors import ConfigError
from smsc_async.simulator.magic import check_prefix
from smsc_async.simulator.scenario import HlrAnswer, Scenario
from smsc_async.simulator.scenario_file import (
    LONGEST_FILE,
    ScenarioFile,
    ScenarioFileError,
    read_scenario,
)
from smsc_async.simulator.scenario_values import FILE as WHOLE_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from smsc_async.simulator.fates import HoldMode

SimSetup = ScenarioFile

_DEFAULT: Final = Scenario(keep=5000)
_MOST_KEPT: Final = 1_000_000
_LAST_ERROR: Final = 999
_LONGEST_CHARACTER: Final = 4
"""Octets, in UTF-8."""


def read_setup(
    file: Path | None,
    *,
    delay: float | None,
    state: MessageState | None,
    error_code: int | None,
    hlr: Sequence[str],
    hold: HoldMode | None,
    magic_prefix: str | None,
    keep: int | None,
    has_rules: bool,
    is_strict: bool,
) -> SimSetup:
    """Return the scenario and what else the simulator starts with.

    Args:
        file: Of a scenario; "-" for standard input, None for none.
        delay: Seconds until the receipt; here and below None isn't given.
        state: Final state of messages.
        error_code: Delivery error in receipts.
        hlr: Fields of HLR answers, "name=value".
        hold: What is held.
        magic_prefix: Of magic numbers, "none" for none.
        keep: Messages remembered.
        has_rules: Whether the file or the default says which rules there are; False: none.
        is_strict: Likewise, whether SMPP 3.4 is enforced.

    Raises:
        Failure: An option or the file is wrong.
    """
    _check_range("--error-code", error_code, 0, _LAST_ERROR)
    _check_range("--keep", keep, 1, _MOST_KEPT)
    answer = _hlr(hlr)
    changes: dict[str, Any] = _given({"hold": hold})
    if magic_prefix is not None:
        changes["magic_prefix"] = _checked_prefix(magic_prefix)
    setup = ScenarioFile(scenario=_DEFAULT) if file is None else _read(file)
    options: dict[str, Any] = {
        "receipt_delay": delay,
        "state": state,
        "error_code": error_code,
        "keep": keep,
        "strict": None if is_strict else False,
        "hlr": replace(setup.scenario.hlr, **answer) if answer else None,
    }
    scenario = replace(setup.scenario, **_given(options))
    if state is None and error_code is not None and not setup.has_state:
        # An error without a state, as in the file and in a URL.
        ending = MessageState.UNDELIVERABLE if error_code else _DEFAULT.state
        scenario = replace(scenario, state=ending)
    if not has_rules:
        scenario = replace(scenario, rules=None)
    return replace(setup, scenario=scenario, **changes)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that are given."""
    return {name: value for name, value in options.items() if value is not None}


def _check_range(name: str, value: int | None, least: int, most: int) -> None:
    """Refuse a number out of its range."""
    if value is not None and not least <= value <= most:
        raise usage_error(
            "use.range",
            _("{name}: a whole number {least} to {most} is needed, got {value}"),
            "smsc sim",
            name=name,
            least=least,
            most=most,
            value=value,
        )


def _hlr(pairs: Sequence[str]) -> dict[str, str]:
    """Return the fields of HLR answers that options set."""
    names = [one.name for one in fields(HlrAnswer)]
    answer = {}
    for pair in pairs:
        option, sign, value = pair.partition("=")
        name = option.replace("-", "_")
        if not sign or name not in names:
            choices = ", ".join(names).replace("_", "-")
            text = _("{name}: NAME=VALUE is needed, where NAME is one of {choices}")
            raise usage_error("use.pair", text, "smsc sim", name="--hlr", choices=choices)
        answer[name] = value
    return answer


def _checked_prefix(digits: str) -> str | None:
    """Return the prefix of magic numbers, None for "none"."""
    prefix = None if digits == "none" else digits
    with suppress(ConfigError):
        check_prefix(prefix)
        return prefix
    text = _("{name}: 1 to 11 digits are needed, or none")
    raise usage_error("use.prefix", text, "smsc sim", name="--magic-prefix")


def _read(file: Path) -> SimSetup:
    """Read the file of a scenario."""
    name = "-" if str(file) == STANDARD_INPUT else str(file)
    advice = _("correct the file; its keys are listed in docs/en/scenarios.md")
    try:
        return read_scenario(_text_of(file, name), default=_DEFAULT)
    except ScenarioFileError as error:
        key, reason = error.name, read_sentence(error.reason)
    text = _("the scenario in {file} is wrong at {key}: {reason}")
    if key == WHOLE_FILE:
        text = _("the scenario in {file} is wrong: {reason}")
    failure = Failure(ExitCode.USAGE_ERROR, "scenario", text, advice=advice)
    failure.values.update(file=name, key=key, reason=reason)
    raise failure


def _text_of(file: Path, name: str) -> str:
    """Return the content of a file, or of standard input; of a huge one the beginning."""
    most = _LONGEST_CHARACTER * LONGEST_FILE + 1
    try:
        if name == "-":
            octets = sys.stdin.buffer.read(most)
        else:
            with file.open("rb") as stream:
                octets = stream.read(most)
        return octets.decode()
    except OSError as error:
        reason, advice = os_reason(error), _("check its name and its permissions")
    except UnicodeDecodeError:
        reason, advice = TextWithValues(_("it isn't UTF-8 text"), {}), _("save the file in UTF-8")
    raise Failure(
        ExitCode.USAGE_ERROR,
        "no_file",
        _("can't read {name}: {reason}"),
        advice=advice,
        name=name,
        reason=reason,
    )
