"""The help pages, rendered from the signatures and docstrings of the commands.

Rule: an option is described once, in the docstring of its command or of the class of its options;
its name, choices and default come from the signature, as cyclopts reads it. A page is at most 79
columns wide.
"""

from __future__ import annotations

import re
import sys
import textwrap
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin

from docstring_parser import DocstringStyle, parse
from rich.text import Text

from smsc_async.cli.arguments import (
    OPTIONAL_VALUES,
    choice_name,
    choices_of,
    parse_duration,
    shown_name,
)
from smsc_async.cli.commands import COMMANDS, load_command, make_parser
from smsc_async.cli.encodings import can_write
from smsc_async.cli.failures import ExitCode
from smsc_async.cli.i18n import _
from smsc_async.cli.kinds import options_by_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cyclopts import Argument
    from docstring_parser import Docstring

    from smsc_async.cli.i18n import Translator

    Row = tuple[str, str]

WIDTH: Final = 79
_NARROW = 60
"""Columns below which descriptions stand under their options."""
_WIDEST_LABEL = 22
_PLACEHOLDERS: Final[dict[object, str]] = {int: "N", float: "N", Path: "FILE"}

_TITLE = re.compile(r"^\S.*:$", re.MULTILINE)
_OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
_USAGE = re.compile(r"\bsmsc \w+")  # the word COMMAND is translated

_COMMON_OPTIONS: Final = (
    ("--json", _("write JSON to standard output, and nothing else")),
    (
        "--lang ru|en",
        _("language; default: SMSC_LANG, else as gettext: LANGUAGE, LC_ALL, LC_MESSAGES, LANG"),
    ),
    ("-v, -vv", _("show log lines on standard error: INFO, DEBUG")),
    ("--debug", _("show the Python traceback of an error")),
    ("--version", _("show the version")),
    ("-h, --help", _("show this page, or that of a command")),
)
_IN_RUSSIAN: Final = "По-русски: smsc --lang ru --help"
"""On the English page, where a reader of Russian doesn't find `--lang`."""
_VARIABLES: Final = (
    (
        "SMSC_URL",
        _(
            "gateway: smsc://login:password@ (SMSC.ru over TLS), "
            "smpp://login:password@host:2775, sim:// (simulator)"
        ),
    ),
    ("SMSC_LOGIN", _("login, for a URL without one; alone it means smsc://")),
    ("SMSC_PASSWORD", _("its password, as it is: nothing is percent-encoded")),
    ("SMSC_PASSWORD_FILE", _("instead: file with the password, as Docker and systemd have it")),
    ("NO_COLOR", _("any value: no colours")),
)
_EXIT_CODES: Final = {
    ExitCode.DONE: _("success; sent and delivered"),
    ExitCode.REFUSED: _("refused, undelivered or unreachable; invalid octets"),
    ExitCode.USAGE_ERROR: _("usage error: arguments, URL, an invalid message"),
    ExitCode.NO_LINK: _("no connection, or the login was refused"),
    ExitCode.UNKNOWN: _("outcome unknown: the message may have been sent and charged"),
    ExitCode.NO_RECEIPT: _("accepted, but no final receipt in time"),
    ExitCode.INTERRUPTED: _("interrupted (Ctrl-C or SIGTERM)"),
}


def help_page(name: str, translate: Translator, width: int = WIDTH) -> Text:
    """Return a help page.

    Args:
        name: Of the command, or "smsc".
        translate: The texts of the user's language.
        width: Columns of the terminal; more than `WIDTH` aren't used.
    """
    page = _Page(translate, min(width, WIDTH))
    if name == "smsc":
        _main_page(page)
    else:
        _command_page(page, name)
    text = Text("\n\n".join(page.blocks))
    text.highlight_regex(_TITLE, "bold")
    text.highlight_regex(_OPTION, "cyan")
    text.highlight_regex(_USAGE, "green")
    return text


def arguments_of(name: str) -> list[Argument]:
    """Return the arguments and options of a command, each with its description."""
    found = make_parser(name).assemble_argument_collection(parse_docstring=True)
    # A group of options is shown by its members.
    return [one for one in found if one.show and one.name != "*"]


class PageTexts:
    """Single texts of the help pages, for a completion script.

    Args:
        translate: The texts of the user's language.
    """

    def __init__(self, translate: Translator) -> None:
        self._page = _Page(translate, WIDTH)
        self.common_options = tuple(self._page.translated(_COMMON_OPTIONS))

    def summary(self, name: str) -> str:
        """Return the first sentence of a command's page."""
        return self._page.entry(_docstring(name).short_description or "")

    def description(self, argument: Argument) -> str:
        """Return description, choices and default of an argument or option."""
        return self._page.description(argument)


def _main_page(page: _Page) -> None:
    """Describe what all commands have in common."""
    translate = page.translate
    page.paragraph(_("smsc: messages through the SMSC.ru gateway over SMPP"))
    if translate.language == "en" and can_write("ru", sys.stdout):
        page.blocks.append(_IN_RUSSIAN)
    page.blocks.append(translate("Usage: smsc COMMAND [ARGUMENTS]\n       smsc help COMMAND"))
    summaries = COMMANDS.items()
    page.table(translate("Commands:"), ((name, page.entry(text)) for name, text in summaries))
    page.table(translate("Options of all commands:"), page.translated(_COMMON_OPTIONS))
    page.table(translate("Environment:"), page.translated(_VARIABLES))
    codes = ((f"{code:d}", text) for code, text in _EXIT_CODES.items())
    page.table(translate("Exit codes:"), page.translated(codes))


def _command_page(page: _Page, name: str) -> None:
    """Describe one command."""
    translate, docstring, found = page.translate, _docstring(name), arguments_of(name)
    options = [one for one in found if one.field_info.is_keyword_only]
    arguments = [one for one in found if one not in options]
    page.paragraph(docstring.short_description or "")
    for paragraph in (docstring.long_description or "").split("\n\n"):
        page.paragraph(paragraph)
    words = ["smsc", name, *map(_usage, arguments), *[translate("[OPTIONS]")] * bool(options)]
    page.blocks.append(page.wrap(translate("Usage: {usage}", usage=" ".join(words))))
    page.table(
        translate("Arguments:"), ((label_of(one), page.description(one)) for one in arguments)
    )
    page.option_tables(options)
    if docstring.returns is not None:
        page.paragraph(docstring.returns.description or "")
    for example in docstring.examples:
        lines = textwrap.indent(translate(example.description or ""), "  ")
        page.blocks.append(f"{translate('Examples:')}\n{lines}")


def _docstring(name: str) -> Docstring:
    """Return the parsed docstring of a command."""
    return parse(load_command(name).__doc__ or "", DocstringStyle.GOOGLE)


def _kinds_of(option: Argument) -> list[str]:
    """Return the kinds of message that have an option; empty for an option of all of them."""
    attribute = option.name.removeprefix("--").replace("-", "_")
    return [kind for kind, names in options_by_kind().items() if attribute in names]


class _Page:
    """The paragraphs and tables of a page.

    Args:
        translate: The texts of the user's language.
        width: Columns.
    """

    def __init__(self, translate: Translator, width: int) -> None:
        self.translate = translate
        self.width = width
        self.blocks: list[str] = []

    def paragraph(self, text: str) -> None:
        """Add a paragraph of a docstring."""
        if text:
            self.blocks.append(self.wrap(self.translate(_one_line(text))))

    def table(self, title: str, rows: Iterable[Row]) -> None:
        """Add labels with their descriptions; nothing without rows."""
        lines = [title]
        every = list(rows)
        indent = 6
        if self.width >= _NARROW:
            indent = 4 + min(_WIDEST_LABEL, max((len(row[0]) for row in every), default=0))
        for label, text in every:
            wrapped = self.wrap(text, indent)
            if len(label) + 4 > indent:
                lines += [f"  {label}", wrapped]
            else:
                lines.append(f"  {label}".ljust(indent) + wrapped.lstrip())
        if every:
            self.blocks.append("\n".join(lines))

    def option_tables(self, options: list[Argument]) -> None:
        """Add the options of all kinds of message, then those of one kind only."""
        has_kinds = any(one.name == "--kind" for one in options)
        kinds = {one.name: _kinds_of(one) if has_kinds else [] for one in options}
        common = [one for one in options if len(kinds[one.name]) != 1]
        rows = []
        for one in common:
            text = self.description(one)
            if kinds[one.name]:
                text += self.translate("; only with {kinds}", kinds=", ".join(kinds[one.name]))
            rows.append((label_of(one), text))
        self.table(self.translate("Options:"), rows)
        of_one_kind = [one for one in options if one not in common]
        for kind in dict.fromkeys(kinds[one.name][0] for one in of_one_kind):
            members = [one for one in of_one_kind if kinds[one.name] == [kind]]
            title = self.translate("Options of {kind}:", kind=kind)
            self.table(title, ((label_of(one), self.description(one)) for one in members))

    def translated(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield labels with their texts in the user's language."""
        return ((label, self.translate(text)) for label, text in rows)

    def entry(self, text: str) -> str:
        """Return a sentence of a docstring as a table shows it: in lower case, without a stop."""
        shown = self.translate(_one_line(text)).removesuffix(".")
        is_word = not shown[1:2].isupper()
        return shown[:1].lower() + shown[1:] if is_word else shown

    def description(self, argument: Argument) -> str:
        """Return description, choices and default of an argument or option."""
        text = self.entry(argument.parameter.help or "")
        if choices := choices_of_argument(argument):
            first, semicolon, others = text.partition(";")
            text = f"{first}: {', '.join(choices)}{semicolon}{others}"
        if argument.required and argument.field_info.is_keyword_only:
            text += self.translate("; required")
        if default := _default(argument):
            text += self.translate("; default: {default}", default=default)
        return text

    def wrap(self, text: str, indent: int = 0) -> str:
        """Return a text in lines that begin with *indent* spaces."""
        return textwrap.fill(
            text,
            self.width,
            initial_indent=" " * indent,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _one_line(text: str) -> str:
    """Return a paragraph of a docstring without line breaks: the key of its translation."""
    return " ".join(text.split())


def _type(argument: Argument) -> Any:  # noqa: ANN401 -- any annotation
    """Return the type of an argument, without None."""
    hint = argument.hint
    if get_origin(hint) in {Union, UnionType}:
        return next(one for one in get_args(hint) if one is not NoneType)
    return hint


def choices_of_argument(argument: Argument) -> list[str]:
    """Return the values of an Enum or a Literal; empty for any other type."""
    kind = _type(argument)
    if get_origin(kind) is Literal:
        return list(map(str, get_args(kind)))
    return choices_of(kind) if isinstance(kind, type) and issubclass(kind, Enum) else []


def _default(argument: Argument) -> str:
    """Return the default as it is written on the command line; empty for none."""
    default = argument.field_info.default
    if isinstance(default, Enum):
        return choice_name(default)
    if isinstance(default, float):
        return f"{default:g}"
    is_shown = isinstance(default, str | int) and not isinstance(default, bool)
    return str(default) if is_shown else ""


def _usage(argument: Argument) -> str:
    """Return a positional argument for the line of usage."""
    label = label_of(argument)
    return label if argument.required or label.endswith("...") else f"[{label}]"


def label_of(argument: Argument) -> str:
    """Return an argument in capitals, or an option with a placeholder of its value."""
    name = shown_name(argument)
    if not argument.field_info.is_keyword_only:
        is_repeated = argument.field_info.kind is argument.field_info.VAR_POSITIONAL
        return f"{name.removesuffix('S')}..." if is_repeated else name
    kind = _type(argument)
    if kind is bool:
        return name
    if argument.parameter.converter is parse_duration:
        return f"{name} [TIME]" if name in OPTIONAL_VALUES else f"{name} TIME"
    if get_origin(kind) is tuple:  # several values: the only ones are pairs
        return f"{name} NAME=VALUE"
    # Of a choice the whole name: TEXT for --long-text would be any text.
    word = name.removeprefix("--") if choices_of_argument(argument) else name.rpartition("-")[2]
    return f"{name} {_PLACEHOLDERS.get(kind) or word.upper()}"
