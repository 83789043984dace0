"""The arguments of commands, and usage errors as messages to the user.

Rule: a message repeats options and their choices, but never a value that may be a text or a
subscriber's number.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING

from cyclopts import CoercionError, CycloptsError, MissingArgumentError, UnknownOptionError
from cyclopts.exceptions import ArgumentOrderError, RepeatArgumentError, UnusedCliTokensError

from smsc_async.cli.common_options import FLAGS, VERBOSITY
from smsc_async.cli.failures import NOT_SENT, ExitCode, Failure
from smsc_async.cli.i18n import NumberText, _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cyclopts import Argument, Token

DURATION = "a duration"

OPTIONAL_VALUES = {"--wait-receipts": "5m"}
"""Options whose value, a duration, may be left out, and the value that they have then."""

_SENDING = frozenset({"smsc send", "smsc hlr", "smsc ping", "smsc bench", "smsc bulk"})
"""Commands whose failures say whether anything was sent."""

_WITH_TEXT = frozenset({"smsc send", "smsc plan", "smsc bulk", "smsc bench"})
"""Commands with a text, whose words are arguments of their own without quotes."""

NUMBERS: dict[object, tuple[str, str]] = {
    int: ("use.whole", _("{name}: a whole number is needed, got {value!r}")),
    float: ("use.number", _("{name}: a number is needed, got {value!r}")),
}
_FILE_NAME = re.compile(r"[^\\]*\.(?:csv|txt|tsv|tab|xlsx?|ods)", re.IGNORECASE)
_OPTION = re.compile(r"--?[a-z][a-z-]*")
_DURATION = re.compile(r"([0-9]{1,7}(?:\.[0-9]{1,3})?)([smh]?)")
_LIKE_DURATION = re.compile(r"[0-9]+(?:[.,][0-9]+)?\s*[^\W\d_]{0,8}\.?")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def fill_optional_values(tokens: Sequence[str]) -> list[str]:
    """Return the arguments with the values that were left out, see `OPTIONAL_VALUES`.

    What follows such an option is its value only if it looks like a duration, also like a wrong one
    (5min): `--wait-receipts FILE` has none.
    """
    filled: list[str] = []
    for index, word in enumerate(tokens):
        if word == "--":
            return [*filled, *tokens[index:]]
        following = tokens[index + 1] if index + 1 < len(tokens) else ""
        is_bare = word in OPTIONAL_VALUES and not _LIKE_DURATION.fullmatch(following)
        filled.append(f"{word}={OPTIONAL_VALUES[word]}" if is_bare else word)
    return filled


def closest_match(name: str, known: Iterable[str]) -> str:
    """Return the most similar of the *known* names; empty if none is similar."""
    return next(iter(get_close_matches(name, list(known), n=1)), "")


def usage_error(
    key: str,
    text: str,
    command: str,
    /,
    *,
    advice: str = _("see: {command} --help"),
    **values: object,
) -> Failure:
    """Return the failure for a usage error; the advice refers to the help page of *command*."""
    outcome = NOT_SENT if command in _SENDING else ""
    failure = Failure(ExitCode.USAGE_ERROR, key, text, outcome=outcome, advice=advice)
    failure.values.update(values, command=command)
    return failure


def missing_argument(name: str, command: str) -> Failure:
    """Return the failure for a missing argument or value of an option."""
    return usage_error("use.missing", _("{name} is missing"), command, name=name)


def unacceptable_value(name: str, value: str, command: str) -> Failure:
    """Return the failure for a value that an option doesn't accept."""
    text = _("{name} doesn't accept {value!r}")
    return usage_error("use.value", text, command, name=name, value=value)


def value_out_of_range(
    name: str, value: str, command: str, *, least: float, most: float
) -> Failure:
    """Return the failure for a number that is less or more than an option takes."""
    text = _("{name}: {least} to {most} is needed, got {value!r}")
    lowest, highest = NumberText(f"{least:.10g}"), f"{most:.10g}"
    return usage_error(
        "use.range", text, command, name=name, least=lowest, most=highest, value=value
    )


def failure_of_arguments(error: CycloptsError, command: str, tokens: Sequence[str]) -> Failure:
    """Convert an error of the parser.

    Args:
        error: Of the parser.
        command: "smsc send".
        tokens: The arguments of the command, as they were given.
    """
    if isinstance(error, UnknownOptionError):
        return _unknown_option(error, command, tokens)
    if isinstance(error, CoercionError):
        return _wrong_value(error, command)
    if isinstance(error, UnusedCliTokensError):
        return _too_many(error.unused_tokens or [], command, tokens)
    return _wrong_number(error, command)


def _too_many(unused: Sequence[str], command: str, tokens: Sequence[str]) -> Failure:
    """Say what is there once too often: the value of an option, a file, or words of a text."""
    for option, word in pairwise(tokens):
        if option in OPTIONAL_VALUES and not (word.startswith("-") or _is_file_name(word)):
            return _no_duration(option, word, command)
    if command == "smsc bulk" and all(map(_is_file_name, unused)):
        text = _("one file at a time; unexpected: {files}")
        return usage_error("use.too_many.files", text, command, files=", ".join(unused))
    if command not in _WITH_TEXT:
        text = _("unexpected arguments: {count}")
        return usage_error("use.too_many", text, command, count=len(unused))
    text = _("unexpected arguments: {count}; put a text with spaces in quotes")
    return usage_error("use.too_many", text, command, count=len(unused))


def _is_file_name(word: str) -> bool:
    """Whether an argument is the name of a file, and not a part of a text."""
    name = word.rpartition("/")[2]
    return _FILE_NAME.fullmatch(name) is not None


def _no_duration(name: str, value: str, command: str) -> Failure:
    """Return the failure for a value that is no duration."""
    text = _("{name}: a duration like 90, 90s, 15m, 2h is needed, got {value!r}")
    return usage_error("use.duration", text, command, name=name, value=value)


def _wrong_number(error: CycloptsError, command: str) -> Failure:
    """Say which argument or value is missing, or is there once too often."""
    key, text, name = "use.wrong", _("invalid arguments"), ""
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        name = shown_name(error.argument)
        if getattr(error, "keyword", None) is None:  # cyclopts 4.0 doesn't say
            return missing_argument(name, command)
        key, text = "use.no_value", _("{name} needs a value")
    elif isinstance(error, RepeatArgumentError):
        key, text = "use.repeated", _("{name} is given more than once")
        name = error.token.keyword or ""
    elif isinstance(error, ArgumentOrderError) and error.argument is not None:
        key, text = "use.order", _("{name} has to be given by its name, as one before it is")
        name = f"--{error.argument.name.lstrip('-')}"
    return usage_error(key, text, command, name=name)


def _unknown_option(error: UnknownOptionError, command: str, tokens: Sequence[str]) -> Failure:
    """Name the unknown option and the most similar one; what isn't an option isn't repeated."""
    option = _OPTION.fullmatch((error.token.keyword or error.token.value).partition("=")[0])
    if option is None:
        text = _("an argument begins with '-' but isn't an option")
        advice = _("write --text=\"-…\" for a text that begins with '-'; see: {command} --help")
        return usage_error("use.dash", text, command, advice=advice)
    names = [
        *FLAGS,
        *VERBOSITY,
        "--lang",
        *(name for one in error.argument_collection for name in one.names),
    ]
    near = _closest_option(option[0], names)
    if near == option[0] and "--" in tokens:
        text = _("{name} stands behind '--'; options stand before it")
        return usage_error("use.behind", text, command, name=near)
    if near:
        text = _("unknown option {name}; did you mean {near}?")
        return usage_error("use.unknown_option.near", text, command, name=option[0], near=near)
    return usage_error("use.unknown_option", _("unknown option {name}"), command, name=option[0])


def _closest_option(name: str, known: Iterable[str]) -> str:
    """Return the most similar option; its dashes, which all have, make none similar."""
    words = (one.removeprefix("--") for one in known if one.startswith("--"))
    near = closest_match(name.lstrip("-"), words)
    return f"--{near}" if near else ""


def _wrong_value(error: CoercionError, command: str) -> Failure:
    """Say which values the option accepts."""
    name = "" if error.argument is None else shown_name(error.argument)
    value = "" if error.token is None else error.token.value
    kind = error.target_type
    if isinstance(kind, type) and issubclass(kind, Enum):
        text = _("{name}: one of {choices} is needed, got {value!r}")
        choices = ", ".join(choices_of(kind))
        return usage_error("use.choices", text, command, name=name, choices=choices, value=value)
    if str(error.msg) == DURATION:
        return _no_duration(name, value, command)
    if kind in NUMBERS:
        key, text = NUMBERS[kind]
        return usage_error(key, text, command, name=name, value=value)
    return unacceptable_value(name, value, command)


def parse_duration(_kind: object, tokens: Sequence[Token]) -> float:
    """Convert "90", "90s", "15m" or "2h" to seconds, as a converter of cyclopts.

    Raises:
        ValueError: Another form.
    """
    found = _DURATION.fullmatch(tokens[0].value)
    if found is None:
        raise ValueError(DURATION)
    return float(found[1]) * _UNITS[found[2]]


def shown_name(argument: Argument) -> str:
    """Return a parameter as help pages spell it: an option, or an argument in capitals."""
    name = argument.name
    return name if argument.field_info.is_keyword_only else name.lstrip("-").upper()


def choices_of(kind: type[Enum]) -> list[str]:
    """Return the names of an enumeration's members, as the command line spells them."""
    return [choice_name(member) for member in kind]


def choice_name(member: Enum) -> str:
    """Return the spelling of a member on the command line."""
    return member.name.lower().replace("_", "-")
