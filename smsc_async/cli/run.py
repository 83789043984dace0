"""Runs one command, from its arguments to its exit code.

Rule: the signature of a command's function is its command line (read by cyclopts), and only the
module of that command is imported. No exception leaves this module.
"""

from __future__ import annotations

import sys
import traceback
from dataclasses import fields, is_dataclass, replace
from importlib import import_module
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Final

from cyclopts import App, CycloptsError

from smsc_async import __version__
from smsc_async.cli.arguments import (
    STANDARD_INPUT,
    closest_match,
    failure_of_arguments,
    read_common_options,
    usage_error,
)
from smsc_async.cli.console import Screen
from smsc_async.cli.failures import ExitCode, Failure, failure_as_json, failure_of, show_failure
from smsc_async.cli.help_pages import help_page
from smsc_async.cli.i18n import Translator
from smsc_async.errors import SmscError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smsc_async.cli.arguments import CommonOptions

COMMANDS: Final = (
    "demo", "sim", "send", "hlr", "ping", "query", "tail", "plan", "decode", "bench", "bulk",
)  # fmt: skip


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. Never raises."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # for a terminal that isn't Unicode
    common = read_common_options(arguments)
    translate = Translator(common.language)
    screen = Screen(translate, is_json=common.is_json, is_debug=common.is_debug)
    try:
        return int(_run(common, screen))
    except Failure as failure:
        return _end(failure, screen)
    except SmscError as error:
        return _end(failure_of(error), screen)
    except KeyboardInterrupt:
        return _end(Failure(ExitCode.INTERRUPTED, "interrupted"), screen)
    except BaseException as error:  # noqa: BLE001 -- the last place to report it; a cancelled event loop raises one, too
        kind = type(error).__name__
        return _end(Failure(ExitCode.UNKNOWN, "unexpected", kind=kind), screen)


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
        raise usage_error("use.language", "smsc", value=common.bad_language)
    if common.is_version:
        return _show_version(screen)
    name = common.rest.pop(0) if common.rest else ""
    if common.is_help and name not in COMMANDS:
        name = "smsc"
    if common.is_help:
        # As text even with --json.
        Screen(screen.translate).show(help_page(screen.translate.language, name))
        return ExitCode.DONE
    return _call(_command(name, screen), common.rest, name, screen)


def _show_version(screen: Screen) -> int:
    """Show the version."""
    screen.show(f"smsc-async {__version__}")
    screen.write_json({"name": "smsc-async", "version": __version__})
    return ExitCode.DONE


def _command(name: str, screen: Screen) -> Callable[..., int]:
    """Import the function of a command."""
    if not name:
        screen.show_error(help_page(screen.translate.language, "smsc"))
        raise usage_error("use.no_command", "smsc")
    if name not in COMMANDS:
        near = closest_match(name, COMMANDS)
        key = "use.unknown_command.near" if near else "use.unknown_command"
        raise usage_error(key, "smsc", name=name, near=near)
    command: Callable[..., int] = getattr(
        import_module(f"smsc_async.cli.{name}"), f"{name}_command"
    )
    return command


def _call(command: Callable[..., int], tokens: list[str], name: str, screen: Screen) -> int:
    """Bind the arguments to the signature of the command and call it."""
    try:
        parser = App(name=name, help_flags=(), version_flags=())
        parser.default(command)
        _, bound, *_ = parser.parse_args(tokens, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        failure = failure_of_arguments(error, f"smsc {name}")
    else:
        # "-" after an option is its value, not standard input.
        parameters = bound.signature.parameters
        options = {
            name: _option(value) if parameters[name].kind is Parameter.KEYWORD_ONLY else value
            for name, value in bound.kwargs.items()
        }
        return command(*bound.args, **options, screen=screen)
    # Outside of the handler: the error of the parser contains all arguments.
    raise failure


def _option(value: Any) -> Any:  # noqa: ANN401 -- of any type
    """Return the value of an option, or of a group of options."""
    if is_dataclass(value) and not isinstance(value, type):
        values = {one.name: _option(getattr(value, one.name)) for one in fields(value)}
        return replace(value, **values)
    return "-" if value == STANDARD_INPUT else value
