"""Help pages: written by hand, and true all the same."""

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
    """Return the options that a command's function takes."""
    command = getattr(import_module(f"smsc_async.cli.{name}"), f"{name}_command")
    parameters = inspect.signature(command).parameters.values()
    names = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY} - {"screen"}
    if "options" in names:
        names = names - {"options"} | {field.name for field in fields(MessageOptions)}
    return {f"--{name.replace('_', '-')}" for name in names}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_has_a_page(language: Language) -> None:
    """And the program itself has one."""
    assert {"smsc", *COMMANDS} == set(PAGES[language])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COMMANDS)
def test_page_lists_the_options_and_no_others(language: Language, name: str) -> None:
    """An option that was added or renamed must be in both languages."""
    assert options(name) == set(_OPTION.findall(PAGES[language][name]))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["smsc", *COMMANDS])
def test_page_fits_a_terminal(language: Language, name: str) -> None:
    """80 columns are what everybody has."""
    assert 79 >= max(map(len, PAGES[language][name].splitlines()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_exit_code_is_documented(language: Language) -> None:
    """Scripts decide by them."""
    codes = re.findall(r"^  (\d+) ", PAGES[language]["smsc"], re.MULTILINE)

    assert [int(code) for code in ExitCode] == [int(code) for code in codes]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_the_page(smsc: Smsc, language: Language, name: str) -> None:
    """`smsc send --help`, `smsc --help send`: wherever one writes it."""
    after, before = smsc(name, "--help", "--lang", language), smsc("-h", name, f"--lang={language}")

    assert (0, PAGES[language][name]) == (after.returncode, after.stdout.removesuffix("\n"))
    assert (0, after.stdout) == (before.returncode, before.stdout)


def test_help_of_nothing_is_the_first_page(smsc: Smsc) -> None:
    """Also where the command doesn't exist: who asks for help gets some."""
    assert PAGES["en"]["smsc"] in smsc("--help").stdout
    assert PAGES["en"]["smsc"] in smsc("nonsense", "--help").stdout
    assert PAGES["en"]["smsc"] in smsc("--help", "--json").stdout
