"""Common options, and usage errors as messages to the user.

Rule: a message repeats options and their choices, but never a value that may be a text or a
subscriber's number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from typing import TYPE_CHECKING, Any

from cyclopts import CoercionError, CycloptsError, MissingArgumentError, UnknownOptionError
from cyclopts.exceptions import UnusedCliTokensError

from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.i18n import Language, environment_language, parse_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cyclopts import Token

STANDARD_INPUT = "\0"
"""Replaces the argument "-", which cyclopts takes for an option; no argument can contain a NUL."""
DURATION = "a duration"

_SENDING = frozenset({"smsc send", "smsc hlr", "smsc ping", "smsc bench", "smsc bulk"})
"""Commands whose failures say whether anything was sent."""

_KEYS: dict[object, str] = {int: "use.whole", float: "use.number"}
_OPTION = re.compile(r"--?[a-z][a-z-]*")
_DURATION = re.compile(r"([0-9]{1,7}(?:\.[0-9]{1,3})?)([smh]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(slots=True)
class CommonOptions:
    """Options that every command takes, at any place before `--`.

    Args:
        language: Of all output.
        bad_language: An unsupported value of `--lang`; None if there was none.
        is_json: Machine-readable output (`--json`).
        is_debug: Tracebacks (`--debug`).
        is_help: Show the help page (`--help`).
        is_version: Show the version (`--version`).
        rest: The other arguments.
    """

    language: Language = "en"
    bad_language: str | None = None
    is_json: bool = False
    is_debug: bool = False
    is_help: bool = False
    is_version: bool = False
    rest: list[str] = field(default_factory=list)


_FLAGS = {
    "--json": "is_json",
    "--debug": "is_debug",
    "--help": "is_help",
    "-h": "is_help",
    "--version": "is_version",
}


def read_common_options(arguments: Sequence[str]) -> CommonOptions:
    """Separate the common options from the other arguments."""
    common, remaining = CommonOptions(language=environment_language()), iter(arguments)
    for argument in remaining:
        if argument == "--":
            common.rest += [argument, *remaining]
        elif argument in _FLAGS:
            setattr(common, _FLAGS[argument], True)
        elif argument == "--lang" or argument.startswith("--lang="):
            _, sign, value = argument.partition("=")
            value = value if sign else next(remaining, "")
            language = parse_language(value)
            if language is None:
                common.bad_language = value
            else:
                common.language = language
        else:
            common.rest.append(STANDARD_INPUT if argument == "-" else argument)
    return common


def closest_match(name: str, known: Iterable[str]) -> str:
    """Return the most similar of the *known* names; empty if none is similar."""
    return next(iter(get_close_matches(name, list(known), n=1)), "")


def usage_error(key: str, command: str, *, advice: str = "use.do", **values: str | int) -> Failure:
    """Return the failure for a usage error; the advice refers to the help page of *command*."""
    outcome = "outcome.not_sent" if command in _SENDING else ""
    failure = Failure(ExitCode.USAGE_ERROR, key, outcome=outcome, advice=advice, command=command)
    failure.values.update(values)
    return failure


def failure_of_arguments(error: CycloptsError, command: str) -> Failure:
    """Convert an error of the parser."""
    if isinstance(error, UnknownOptionError):
        return _unknown_option(error, command)
    if isinstance(error, CoercionError):
        return _wrong_value(error, command)
    if isinstance(error, UnusedCliTokensError):
        return usage_error("use.too_many", command, count=len(error.unused_tokens or ()))
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        return usage_error("use.missing", command, name=_shown(error.argument))
    return usage_error("use.wrong", command)


def _unknown_option(error: UnknownOptionError, command: str) -> Failure:
    """Name the unknown option and the most similar one; what isn't an option isn't repeated."""
    option = _OPTION.fullmatch((error.token.keyword or error.token.value).partition("=")[0])
    if option is None:
        return usage_error("use.dash", command, advice="use.dash.do")
    names = [*_FLAGS, "--lang", *(name for one in error.argument_collection for name in one.names)]
    near = closest_match(option[0], (name for name in names if name.startswith("--")))
    key = "use.unknown_option.near" if near else "use.unknown_option"
    return usage_error(key, command, name=option[0], near=near)


def _wrong_value(error: CoercionError, command: str) -> Failure:
    """Say which values the option accepts."""
    name = "" if error.argument is None else _shown(error.argument)
    value = "" if error.token is None else error.token.value
    kind = error.target_type
    if isinstance(kind, type) and issubclass(kind, Enum):
        choices = ", ".join(name.lower().replace("_", "-") for name in kind.__members__)
        return usage_error("use.choices", command, name=name, choices=choices, value=value)
    key = "use.duration" if str(error.msg) == DURATION else _KEYS.get(kind, "use.value")
    return usage_error(key, command, name=name, value=value)


def parse_duration(_kind: object, tokens: Sequence[Token]) -> float:
    """Convert "90", "90s", "15m" or "2h" to seconds, as a converter of cyclopts.

    Raises:
        ValueError: Another form.
    """
    found = _DURATION.fullmatch(tokens[0].value)
    if found is None:
        raise ValueError(DURATION)
    return float(found[1]) * _UNITS[found[2]]


def _shown(argument: Any) -> str:  # noqa: ANN401 -- cyclopts has moved this class between versions
    """Return a parameter as help pages spell it: an option, or an argument in capitals."""
    name: str = argument.name
    return name if argument.field_info.is_keyword_only else name.lstrip("-").upper()
