"""Runs one command, from its arguments to its exit code.

Rule: no exception leaves this module.
"""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from cyclopts import CycloptsError
from rich.text import Text

from smsc_async.cli.arguments import (
    closest_match,
    failure_of_arguments,
    fill_optional_values,
    usage_error,
)
from smsc_async.cli.commands import COMMANDS, make_parser
from smsc_async.cli.common_options import STANDARD_INPUT, read_common_options
from smsc_async.cli.console import Screen
from smsc_async.cli.encodings import can_write, use_plain_signs
from smsc_async.cli.failures import ExitCode, Failure, failure_as_json, failure_of, show_failure
from smsc_async.cli.i18n import Translator, _, unknown_own_language
from smsc_async.cli.log_lines import log_to_stderr
from smsc_async.cli.runner import interrupted, sigterm_as_ctrl_c, unexpected
from smsc_async.errors import SmscError

_BALANCE = frozenset({"balance", "баланс", "money", "cost"})
"""Names that users try."""

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsc_async.cli.common_options import CommonOptions


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. Never raises."""
    try:
        common, screen = _start(arguments)
    except BaseException as error:  # noqa: BLE001 -- there is no screen to report it on
        with suppress(AttributeError, OSError, ValueError):
            sys.stderr.write(f"smsc: unexpected error: {type(error).__name__}\n")
        return ExitCode.UNKNOWN
    try:
        with sigterm_as_ctrl_c():
            return int(_run(common, screen))
    except Failure as failure:
        return _end(failure, screen)
    except SmscError as error:
        return _end(failure_of(error), screen)
    except KeyboardInterrupt:
        return _end(interrupted(), screen)
    except BaseException as error:  # noqa: BLE001 -- the last place to report it; a cancelled event loop raises one, too
        return _end(unexpected(error), screen)


def _start(arguments: Sequence[str]) -> tuple[CommonOptions, Screen]:
    """Return the common options, and where the output goes."""
    streams = (sys.stdout, sys.stderr)
    for stream in streams:
        use_plain_signs(stream)
    common = read_common_options(arguments)
    if not all(can_write(common.language, stream) for stream in streams):
        common.language = "en"
    log_to_stderr(common.verbosity)
    translate = Translator(common.language)
    screen = Screen(translate, is_json=common.is_json, is_debug=common.is_debug)
    if not common.has_language and (unknown := unknown_own_language()):
        text = translate(_("SMSC_LANG accepts ru or en, got {value!r}; ignored"), value=unknown)
        screen.show_error(Text(text, style="yellow"))
    return common, screen


def _end(failure: Failure, screen: Screen) -> int:
    """Report a failure and return its exit code."""
    if screen.is_debug:
        traceback.print_exc()
    show_failure(failure, screen)
    screen.write_json({"error": failure_as_json(failure, screen), "exit_code": int(failure.code)})
    return int(failure.code)


def _run(common: CommonOptions, screen: Screen) -> int:
    """Handle the common options, or call the command."""
    if common.bad_language is not None:
        text = _("--lang accepts ru or en, got {value!r}")
        raise usage_error("use.language", text, "smsc", value=common.bad_language)
    name = common.rest.pop(0) if common.rest else ""
    if name == "help":
        name = common.rest.pop(0) if common.rest else "smsc"
        if name not in {"smsc", "help", *COMMANDS}:
            raise _unknown_command(name)
        common.is_help = True
    if common.is_help:
        # As text even with --json.
        Screen(screen.translate).show(_help_page(name, screen))
        return ExitCode.DONE
    if not name:
        screen.show_error(_help_page(name, screen))
        raise usage_error("use.no_command", _("a command is needed"), "smsc")
    if name not in COMMANDS:
        raise _unknown_command(name)
    return _call(name, common.rest, screen)


def _help_page(name: str, screen: Screen) -> Text:
    """Return the help page of a command; the main page for an unknown one."""
    # Imported here: a command doesn't need it.
    from smsc_async.cli.help_pages import help_page  # noqa: PLC0415

    return help_page(name if name in COMMANDS else "smsc", screen.translate, screen.out.width)


def _unknown_command(name: str) -> Failure:
    """Return the failure for a name that isn't a command."""
    near = closest_match(name, COMMANDS)
    if name.lower() in _BALANCE:
        text = _("the balance can't be queried over SMPP")
        advice = _("see it in the account on the site of SMSC.ru; the commands: {command} --help")
        return usage_error("use.balance", text, "smsc", advice=advice)
    if near:
        text = _("unknown command {name!r}; did you mean {near!r}?")
        return usage_error("use.unknown_command.near", text, "smsc", name=name, near=near)
    return usage_error("use.unknown_command", _("unknown command {name!r}"), "smsc", name=name)


def _call(name: str, tokens: list[str], screen: Screen) -> int:
    """Bind the arguments to the signature of a command and call it."""
    parser = make_parser(name)
    try:
        command, bound, *_ignored = parser.parse_args(
            fill_optional_values(tokens), exit_on_error=False, print_error=False
        )
    except CycloptsError as error:
        failure = failure_of_arguments(error, f"smsc {name}", tokens)
    else:
        # "-" after an option is its value, not standard input.
        parameters = bound.signature.parameters
        options = {
            name: _option(value) if parameters[name].kind is Parameter.KEYWORD_ONLY else value
            for name, value in bound.kwargs.items()
        }
        return int(command(*bound.args, **options, screen=screen))
    # Outside of the handler: the error of the parser contains all arguments.
    raise failure


def _option(value: Any) -> Any:  # noqa: ANN401 -- of any type
    """Return the value of an option, or of a group of options."""
    if is_dataclass(value) and not isinstance(value, type):
        values = {one.name: _option(getattr(value, one.name)) for one in fields(value)}
        return replace(value, **values)
    return "-" if value == STANDARD_INPUT else value
