"""`smsc completion`: a script that completes commands, options and their values in a shell.

Rule: the script is made by cyclopts from what the help pages show: the same commands and options,
with their descriptions in the user's language.
"""

from __future__ import annotations

import inspect
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from cyclopts import App, Parameter

from smsc_async.cli.commands import COMMANDS
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.failures import ExitCode
from smsc_async.cli.help_pages import PageTexts, arguments_of, choices_of_argument, label_of
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cyclopts import Argument

_FILES: Final = frozenset({"FILE", "--recipients", "--result", "--html"})
"""Arguments and options whose values are names of files."""


_BASH_FILES: Final = 'COMPREPLY=( $(compgen -f -- "${cur}") )'
_BASH_QUOTED_FILES: Final = f"compopt -o filenames 2>/dev/null; local IFS=$'\\n'; {_BASH_FILES}"
"""Names of files with spaces stay whole, and "$(…)" in one is quoted: bash would execute it."""
_ZSH_END: Final = """
# cyclopts wants its own name for the file; this makes it work under any, and with `source`.
if [[ $funcstack[1] == _*smsc ]]; then
  _cyclopts_smsc "$@"
else
  compdef _cyclopts_smsc smsc
fi
"""


class Shell(Enum):
    """Shells with a completion script."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion_command(shell: Shell, *, screen: Annotated[Screen, Parameter(parse=False)]) -> int:
    """Print a script that completes commands and options in a shell.

    Args:
        shell: The shell.
        screen: For the output.

    Examples:
        echo 'source <(smsc completion bash)' >> ~/.bashrc
        smsc completion zsh > ~/.zfunc/_smsc
        smsc completion fish > ~/.config/fish/completions/smsc.fish
    """
    app = App(name="smsc", help_flags=(), version_flags=())
    texts = PageTexts(screen.translate)
    for name in COMMANDS:
        app.command(_function_of(name, texts), name=name, help=texts.summary(name))
    app.command(
        _help_function(), name="help", help=screen.translate(_("show the help page of a command"))
    )
    script = app.generate_completion(prog_name="smsc", shell=shell.value)
    if shell is Shell.BASH:
        script = script.replace(_BASH_FILES, _BASH_QUOTED_FILES)
    if shell is Shell.ZSH:
        script += _ZSH_END
    # Without a console in between: it would fold and escape the script.
    sys.stdout.write(script)
    return ExitCode.DONE


def _function_of(name: str, texts: PageTexts) -> Callable[..., None]:
    """Return a function with the arguments of a command, and the options of all commands."""
    return _with_signature([*_parameters(name, texts), *_common_parameters(texts)])


def _help_function() -> Callable[..., None]:
    """Return a function with the argument of `smsc help`."""
    kind = Literal[tuple(COMMANDS)]  # type: ignore[valid-type]
    return _with_signature([inspect.Parameter("command", _POSITIONAL, annotation=kind)])


_POSITIONAL: Final = inspect.Parameter.POSITIONAL_OR_KEYWORD
_KEYWORD: Final = inspect.Parameter.KEYWORD_ONLY


def _parameters(name: str, texts: PageTexts) -> Iterator[inspect.Parameter]:
    """Yield the arguments and options of a command."""
    for argument in arguments_of(name):
        field = argument.field_info
        yield inspect.Parameter(
            argument.name.lstrip("-").replace("-", "_").lower(),
            field.kind if field.kind is field.VAR_POSITIONAL else _kind_of(argument),
            annotation=Annotated[
                _hint(argument),
                Parameter(
                    name=argument.name if field.is_keyword_only else None,
                    help=texts.description(argument),
                    negative=(),
                ),
            ],
        )


def _kind_of(argument: Argument) -> Any:  # noqa: ANN401 - an enumeration's member
    """Return whether an argument is an option."""
    return _KEYWORD if argument.field_info.is_keyword_only else inspect.Parameter.POSITIONAL_ONLY


def _hint(argument: Argument) -> Any:  # noqa: ANN401 - any annotation
    """Return the type of an argument, as far as completion needs it."""
    label = label_of(argument)
    if label.split()[0] in _FILES:
        return Path
    choices = choices_of_argument(argument)
    if choices:
        return Literal[tuple(choices)]
    return bool if " " not in label and label.startswith("--") else str


def _common_parameters(texts: PageTexts) -> Iterator[inspect.Parameter]:
    """Yield the options that every command takes."""
    for label, text in texts.common_options:
        names = [word for word in label.replace(",", "").split() if word.startswith("-")]
        value = label.rpartition(" ")[2]
        hint: Any = Literal[tuple(value.split("|"))] if "|" in value else bool
        name = names[-1].lstrip("-")
        yield inspect.Parameter(
            f"common_{name}",
            _KEYWORD,
            annotation=Annotated[hint, Parameter(name=names, help=text, negative=())],
        )


def _with_signature(parameters: list[inspect.Parameter]) -> Callable[..., None]:
    """Return a function with these parameters, which nothing calls."""

    def function(*_arguments: object, **_options: object) -> None:
        """Do nothing."""

    signature = inspect.Signature(parameters)
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__annotations__ = {one.name: one.annotation for one in parameters}
    return function
