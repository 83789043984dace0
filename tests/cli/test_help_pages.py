"""Help pages are written by hand and agree with the commands."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from smsc_async.cli.failures import ExitCode
from smsc_async.cli.help_pages import PAGES
from smsc_async.cli.i18n import LANGUAGES, Language
from smsc_async.cli.kinds import MessageOptions
from smsc_async.cli.run import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Smsc = Callable[..., CompletedProcess[str]]

_OPTION = re.compile(r"^  (--[a-z-]+)", re.MULTILINE)


def options(name: str) -> set[str]:
    """Return the options that the function of a command takes."""
    command = getattr(import_module(f"smsc_async.cli.{name}"), f"{name}_command")
    parameters = inspect.signature(command).parameters.values()
    names = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY} - {"screen"}
    if "options" in names:
        names = names - {"options"} | {field.name for field in fields(MessageOptions)}
    return {f"--{name.replace('_', '-')}" for name in names}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_has_a_page(language: Language) -> None:
    """The command `smsc` itself has one too."""
    assert {"smsc", *COMMANDS} == set(PAGES[language])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COMMANDS)
def test_page_lists_exactly_the_options(language: Language, name: str) -> None:
    """In both languages."""
    assert options(name) == set(_OPTION.findall(PAGES[language][name]))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["smsc", *COMMANDS])
def test_page_fits_a_terminal(language: Language, name: str) -> None:
    """The default width of a terminal is 80 columns."""
    assert 79 >= max(map(len, PAGES[language][name].splitlines()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_exit_code_is_documented(language: Language) -> None:
    """Scripts rely on them."""
    codes = re.findall(r"^  (\d+) ", PAGES[language]["smsc"], re.MULTILINE)

    assert [int(code) for code in ExitCode] == [int(code) for code in codes]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_the_page(smsc: Smsc, language: Language, name: str) -> None:
    """`smsc send --help` and `smsc --help send` are equivalent."""
    after, before = smsc(name, "--help", "--lang", language), smsc("-h", name, f"--lang={language}")

    assert (0, PAGES[language][name]) == (after.returncode, after.stdout.removesuffix("\n"))
    assert (0, after.stdout) == (before.returncode, before.stdout)


def test_help_without_a_command_is_the_main_page(smsc: Smsc) -> None:
    """Also for an unknown command."""
    assert PAGES["en"]["smsc"] in smsc("--help").stdout
    assert PAGES["en"]["smsc"] in smsc("nonsense", "--help").stdout
    assert PAGES["en"]["smsc"] in smsc("--help", "--json").stdout
