"""Help pages are rendered from the commands, and complete in both languages."""

from __future__ import annotations

import re
from pathlib import Path  # noqa: TC003 -- cyclopts reads the annotations
from typing import TYPE_CHECKING, Annotated, Literal

import pytest
from cyclopts import Parameter
from docstring_parser import parse

from smsc_async.cli.arguments import choices_of
from smsc_async.cli.commands import COMMANDS, load_command
from smsc_async.cli.failures import ExitCode
from smsc_async.cli.help_pages import arguments_of, help_page
from smsc_async.cli.i18n import LANGUAGES, Language, Translator
from smsc_async.cli.kinds import MessageKind, options_by_kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Smsc = Callable[..., CompletedProcess[str]]

PAGES = ("smsc", *COMMANDS)
ARGUMENTS = [(name, one.name) for name in COMMANDS for one in arguments_of(name)]
_ROW = re.compile(r"^  (--[a-z-]+|[A-Z][A-Z.-]+)", re.MULTILINE)


def page(name: str, language: Language = "en", width: int = 80) -> str:
    """Return a page as text."""
    return help_page(name, Translator(language), width).plain


def section(text: str, title: str) -> str:
    """Return the part of a page below a title."""
    return text.partition(f"\n{title}\n")[2].partition("\n\n")[0]


def squeezed(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())


# --- complete ---


@pytest.mark.parametrize("language", LANGUAGES)
def test_main_page_has_every_command_with_its_summary(language: Language) -> None:
    """The summary is the first line of the command's own page, too."""
    text, translate = page("smsc", language), Translator(language)
    rows = dict(
        re.findall(
            r"^  (\w+) +(\S.*(?:\n {6,}\S.*)*)$",
            section(text, translate("Commands:")),
            re.MULTILINE,
        )
    )

    assert list(COMMANDS) == list(rows)
    for name, summary in rows.items():
        own = squeezed(page(name, language).partition("\n\n")[0])
        assert squeezed(summary).lower() == own.removesuffix(".").lower()


@pytest.mark.parametrize(("command", "name"), ARGUMENTS)
def test_every_option_is_described_in_both_languages(command: str, name: str) -> None:
    """The Russian description is a translation, not the English text."""
    argument = next(one for one in arguments_of(command) if one.name == name)
    english = squeezed(argument.parameter.help or "")
    russian = Translator("ru")(english)

    assert english
    assert re.search("[а-я]", russian)
    assert russian != english


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COMMANDS)
def test_page_lists_exactly_the_arguments(language: Language, name: str) -> None:
    """Each in one row."""
    rows = [row.removesuffix("...") for row in _ROW.findall(page(name, language))]
    names = [one.name for one in arguments_of(name)]

    assert len(names) == len(rows)
    assert {one.lstrip("-").upper().removesuffix("S") for one in names} == {
        row.lstrip("-").upper().removesuffix("S") for row in rows
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_exit_code_is_documented(language: Language) -> None:
    """Scripts rely on them."""
    codes = re.findall(r"^  (\d+) ", page("smsc", language), re.MULTILINE)

    assert [int(code) for code in ExitCode] == [int(code) for code in codes]


# --- from the signature ---


def test_choices_and_default_come_from_the_signature() -> None:
    """They stand where the description's first clause ends."""
    sim, bulk = squeezed(page("sim")), squeezed(page("bulk"))

    assert "--state STATE final state of messages: delivered, expired, deleted," in sim
    assert "rejected; default: delivered" in sim
    assert "--port N port, 0 for any free one; default: 2775" in sim
    assert "--delay TIME time until the receipt: 0.5, 30s, 2m; default: 0.2" in sim
    assert "--encoding ENCODING encoding, by any of its names in Python; default:" in bulk
    assert f": {', '.join(choices_of(MessageKind))}; default: sms" in squeezed(page("send"))


def test_usage_names_the_arguments() -> None:
    """Several values have an ellipsis, optional ones brackets; only options are optional there."""
    assert "Usage: smsc send TO TEXT [OPTIONS]\n" in page("send")
    assert "Usage: smsc hlr NUMBER... [OPTIONS]\n" in page("hlr")
    assert "Usage: smsc bench [URL] [OPTIONS]\n" in page("bench")
    assert "Использование: smsc query MESSAGE-ID [ПАРАМЕТРЫ]\n" in page("query", "ru")
    assert page("demo").endswith("Usage: smsc demo")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["send", "plan"])
def test_options_of_one_kind_have_their_own_group(language: Language, name: str) -> None:
    """An option of another kind is a usage error, so the page says whose it is."""
    text, translate = page(name, language), Translator(language)
    shared = section(text, translate("Options:"))
    for kind, options in options_by_kind().items():
        own = section(text, translate("Options of {kind}:", kind=kind))
        for option in options:
            spelled = f"--{option.replace('_', '-')}"
            kinds = [one for one, names in options_by_kind().items() if option in names]
            if spelled in text:
                assert (len(kinds) == 1, len(kinds) > 1) == (spelled in own, spelled in shared)


# --- on a terminal ---


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_page_fits_the_terminal(language: Language, name: str, width: int) -> None:
    """At most 79 columns; examples and words longer than the terminal are left whole."""
    for line in page(name, language, width).splitlines():
        is_example = line.startswith("  ") and "smsc " in line
        assert len(line) <= min(width, 79) or is_example or " " not in line.strip()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_the_page(smsc: Smsc, language: Language, name: str) -> None:
    """`smsc send --help`, `smsc -h send` and `smsc --help send` are equivalent."""
    after, before = smsc(name, "--help", "--lang", language), smsc("-h", name, f"--lang={language}")

    assert (0, page(name, language)) == (after.returncode, after.stdout.removesuffix("\n"))
    assert (0, after.stdout) == (before.returncode, before.stdout)


def test_help_without_a_command_is_the_main_page(smsc: Smsc) -> None:
    """Also for an unknown command, and as text with `--json`."""
    for arguments in (["--help"], ["-h"], ["nonsense", "--help"], ["--help", "--json"]):
        done = smsc(*arguments)

        assert (0, f"{page('smsc')}\n") == (done.returncode, done.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_a_command_too(smsc: Smsc, command: str) -> None:
    """As in git and other programs of many commands."""
    assert smsc(command, "--help").stdout == smsc("help", command).stdout


@pytest.mark.parametrize("arguments", [(), ("smsc",), ("help",)])
def test_help_alone_shows_the_main_page(smsc: Smsc, arguments: tuple[str, ...]) -> None:
    """The same page as `smsc --help`."""
    assert smsc("--help").stdout == smsc("help", *arguments).stdout


def test_help_of_an_unknown_command_is_a_usage_error(smsc: Smsc) -> None:
    """With the command that was meant."""
    done = smsc("help", "bluk")

    assert (2, "") == (done.returncode, done.stdout)
    assert "did you mean 'bulk'?" in done.stderr


def test_narrow_terminal_has_descriptions_below(
    smsc: Smsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two columns of twenty characters are unreadable."""
    monkeypatch.setenv("COLUMNS", "40")
    done = smsc("hlr", "--help")

    assert "  --full\n      show complete numbers, not masked\n" in done.stdout
    assert 40 >= max(map(len, done.stdout.partition("Examples:")[0].splitlines()))


def test_colours_are_for_terminals(smsc: Smsc, monkeypatch: pytest.MonkeyPatch) -> None:
    """Titles, options and commands have one, also in Russian; a pipe gets plain text."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = smsc("send", "--help", "--lang", "ru").stdout
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b[36m--kind" in coloured
    assert "\x1b[32msmsc send" in coloured
    assert "\x1b[3" not in smsc("send", "--help").stdout


# --- a command of any signature ---


BY_TELEGRAM = MessageKind("telegram-code")


def odd_command(
    first: str,
    other: int = 1_000_000,
    /,
    *,
    way: Literal["up", "down"],
    maybe: Literal["a", "b"] | None = None,
    share: float = 0.000_25,
    file: Path | None = None,
    paused: Annotated[bool, Parameter(negative="")] = False,
    kind: MessageKind = BY_TELEGRAM,
    language: str = "",
    comment: str = "",
) -> int:
    """Do something odd.

    Args:
        first: SMS to begin with.
        other: An optional argument; the second.
        way: Direction; up is better.
        maybe: Perhaps.
        share: Of the whole.
        file: To read.
        paused: Wait.
        kind: Of it.
        language: Of a voice.
        comment: A remark.
    """
    raise NotImplementedError


def test_page_follows_any_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    """Required options, choices of a Literal, numbers of any size, options of some kinds."""
    for module in ("commands", "help_pages"):
        monkeypatch.setattr(f"smsc_async.cli.{module}.load_command", lambda _name: odd_command)
    text = page("odd")
    shown = squeezed(text)

    assert "Usage: smsc odd FIRST [OTHER] [OPTIONS]" in text
    assert (
        "FIRST SMS to begin with OTHER an optional argument; the second; default: 1000000" in shown
    )
    assert "--way WAY direction: up, down; up is better; required" in shown
    assert "--maybe MAYBE perhaps: a, b --share N of the whole; default: 0.00025" in shown
    assert "--file FILE to read --paused wait --kind KIND" in shown
    assert "; default: telegram-code" in shown
    assert "--comment COMMENT a remark; only with sms, email," in shown
    assert "--language LANGUAGE of a voice" in squeezed(section(text, "Options of call:"))


@pytest.mark.parametrize("name", COMMANDS)
def test_main_page_says_what_the_page_of_a_command_says(name: str) -> None:
    """The main page has a table of its own, since it imports no command."""
    assert COMMANDS[name] == parse(load_command(name).__doc__ or "").short_description
