"""The options that every command takes.

Rule: nothing of the client and of the extra `cli` is imported here: `smsc --version` needs neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from smsc_async.cli.i18n import Language, environment_language, parse_language

if TYPE_CHECKING:
    from collections.abc import Sequence

STANDARD_INPUT: Final = "\0"
"""Replaces the argument "-", which cyclopts takes for an option; no argument can contain a NUL."""


@dataclass(slots=True)
class CommonOptions:
    """Options that every command takes, at any place before `--`.

    Args:
        language: Of all output.
        has_language: Whether `--lang` gives it, and not the environment.
        bad_language: An unsupported value of `--lang`; None if there was none.
        is_json: Machine-readable output (`--json`).
        is_debug: Tracebacks (`--debug`).
        is_help: Show the help page (`--help`).
        is_version: Show the version (`--version`).
        verbosity: Log lines of the library: 1 for INFO (`-v`), 2 and more for DEBUG (`-vv`).
        rest: The other arguments.
    """

    language: Language = "en"
    has_language: bool = False
    bad_language: str | None = None
    is_json: bool = False
    is_debug: bool = False
    is_help: bool = False
    is_version: bool = False
    verbosity: int = 0
    rest: list[str] = field(default_factory=list)


FLAGS = {
    "--json": "is_json",
    "--debug": "is_debug",
    "--help": "is_help",
    "-h": "is_help",
    "--version": "is_version",
}

VERBOSITY = {"-v": 1, "-vv": 2, "--verbose": 1}


def read_common_options(arguments: Sequence[str]) -> CommonOptions:
    """Separate the common options from the other arguments."""
    common, remaining = CommonOptions(language=environment_language()), iter(arguments)
    for argument in remaining:
        if argument == "--":
            common.rest += [argument, *remaining]
        elif argument in FLAGS:
            setattr(common, FLAGS[argument], True)
        elif argument in VERBOSITY:
            common.verbosity += VERBOSITY[argument]
        elif argument == "--lang" or argument.startswith("--lang="):
            _name, sign, value = argument.partition("=")
            value = value if sign else next(remaining, "")
            language, common.has_language = parse_language(value), True
            if language is None:
                common.bad_language = value
            else:
                common.language = language
        else:
            common.rest.append(STANDARD_INPUT if argument == "-" else argument)
    return common
