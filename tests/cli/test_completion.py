"""Completion scripts, run in real shells."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from functools import cache
from typing import TYPE_CHECKING

import pytest

from smsc_async.cli.commands import COMMANDS
from smsc_async.cli.completion import Shell, completion_command
from smsc_async.cli.console import Screen
from smsc_async.cli.i18n import Translator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Smsc = Callable[..., CompletedProcess[str]]

KINDS = {"sms", "email", "call", "viber", "social", "telegram-code", "telegram-bot"}
LINES: list[tuple[str, set[str], set[str]]] = [
    # What is typed; what is offered, at least; what isn't.
    ("smsc ", {*COMMANDS, "help"}, {"--json"}),
    ("smsc b", {"bulk", "bench"}, {"send"}),
    ("smsc help q", {"query"}, {"send"}),
    ("smsc send --kind ", KINDS, {"gsm"}),
    ("smsc send --coding ", {"gsm", "ucs2"}, {"sms"}),
    ("smsc bulk --wa", {"--wait-receipts"}, {"--wait"}),
    ("smsc bulk --r", {"--rate", "--rules", "--result", "--resend-refused"}, {"--recipients"}),
    ("smsc sim --state ", {"delivered", "expired", "undeliverable"}, {"gsm"}),
    ("smsc decode --lang ", {"ru", "en"}, set()),
    ("smsc ping --js", {"--json"}, {"--debug"}),
    ("smsc completion ", {"bash", "zsh", "fish"}, {"csh"}),
    ("smsc bulk clie", {"clients.csv"}, {"other.txt"}),
]

BASH = r"""
source ./script
complete -p smsc > /dev/null || exit 1
read -ra COMP_WORDS <<< "$1"
[[ $1 == *' ' ]] && COMP_WORDS+=('')
COMP_LINE=$1 COMP_POINT=${#1} COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
function=$(complete -p smsc | sed -n 's/.*-F \([^ ]*\).*/\1/p')
"$function" smsc "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""

ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
buffer=''
read_until() {
    local line
    integer n=0
    while (( n++ < 100 )); do
        while zpty -rt shell line; do
            buffer+=$line n=0
            [[ $buffer == *${~1}* ]] && return
        done
        sleep 0.02
    done
}
zpty -w shell "PS1='READY> '; stty columns 400 rows 200 -echo; fpath=(\$PWD \$fpath)"
zpty -w shell "autoload -Uz compinit; compinit -u -D; $2"
zpty -w shell "bindkey '^I' list-choices; LISTMAX=0; setopt no_list_beep no_always_last_prompt"
zpty -w shell "print st''art"
read_until start
buffer=''
zpty -n -w shell "$1"$'\t'
read_until $'READY> *READY> '
print -r -- "$buffer"
zpty -d shell
"""
AUTOLOADED, SOURCED = "", "source ./script"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\b]")


@cache
def script_of(shell: str) -> str:
    """Return the script for a shell."""
    with redirect_stdout(io.StringIO()) as output:
        assert 0 == completion_command(Shell(shell), screen=Screen(Translator("en")))
    return output.getvalue()


def need(shell: str) -> str:
    """Return the path of a shell, or give the test up."""
    path = shutil.which(shell)
    if path is None or sys.platform == "win32":
        pytest.skip(f"{shell} isn't installed: apt install {shell}")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a few files."""
    for name in ("clients.csv", "other.txt"):
        (tmp_path / name).touch()
    return tmp_path


def offered(folder: Path, *command: str) -> str:
    """Run a shell there and return what it offers."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(  # noqa: S603 - a shell of this machine
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert not done.stderr
    return done.stdout


@pytest.mark.takes_up_to(10, reason="a shell is started")
@pytest.mark.parametrize(("line", "wanted", "unwanted"), LINES, ids=lambda it: str(it)[:30])
def test_bash_completes(folder: Path, line: str, wanted: set[str], unwanted: set[str]) -> None:
    """Commands, options, their values, and files."""
    (folder / "script").write_text(script_of("bash"), encoding="utf-8")
    found = set(offered(folder, need("bash"), "-c", BASH, "bash", line).split())

    assert wanted <= found
    assert not unwanted & found


@pytest.mark.takes_up_to(10, reason="a shell is started")
def test_bash_offers_odd_names_of_files_whole_and_quoted(folder: Path) -> None:
    """A name like "$(…)" would be executed when the line is entered."""
    names = {"odd name.csv", "odd$(touch made).csv", "odd;x.csv", "odd'.csv"}
    for name in names:
        (folder / name).touch()
    script = script_of("bash")
    (folder / "script").write_text(script, encoding="utf-8")
    found = offered(folder, need("bash"), "-c", BASH, "bash", "smsc bulk odd")

    assert names == set(found.splitlines())
    assert script.count("compgen -f") == script.count("compopt -o filenames") > 0


@pytest.mark.takes_up_to(10, reason="a shell is started")
@pytest.mark.parametrize(("line", "wanted", "unwanted"), LINES, ids=lambda it: str(it)[:30])
def test_fish_completes(folder: Path, line: str, wanted: set[str], unwanted: set[str]) -> None:
    """With descriptions, which fish shows beside them."""
    (folder / "script").write_text(script_of("fish"), encoding="utf-8")
    command = 'source ./script; complete -C "$argv[1]"'
    shown = offered(folder, need("fish"), "--no-config", "-c", command, line).splitlines()
    found = {one.partition("\t")[0] for one in shown}

    assert wanted <= found
    assert not unwanted & found


@pytest.mark.takes_up_to(20, reason="a shell is started")
@pytest.mark.parametrize("setup", [AUTOLOADED, SOURCED], ids=["autoloaded", "sourced"])
@pytest.mark.parametrize(("line", "wanted", "unwanted"), LINES[1:7], ids=lambda it: str(it)[:30])
def test_zsh_completes(
    folder: Path, line: str, wanted: set[str], unwanted: set[str], setup: str
) -> None:
    """In an interactive shell on a terminal: its completion works in no other."""
    del unwanted  # descriptions have any words
    name = "_smsc" if setup == AUTOLOADED else "script"
    (folder / name).write_text(script_of("zsh"), encoding="utf-8")
    shown = offered(folder, need("zsh"), "-f", "-c", ZSH, "zsh", line, setup)
    found = set(_CONTROL.sub(" ", shown).split())

    assert wanted <= found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_is_valid(smsc: Smsc, folder: Path, shell: str) -> None:
    """Also with Russian descriptions."""
    script = folder / "script"
    script.write_text(smsc("completion", shell, "--lang", "ru").stdout, encoding="utf-8")

    assert not offered(folder, need(shell), "-n", str(script))


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_descriptions_are_in_the_users_language(smsc: Smsc, shell: str) -> None:
    """As on the help pages."""
    assert "отправить сообщение любого вида" in smsc("completion", shell, "--lang", "ru").stdout
    assert "send a message of any kind" in smsc("completion", shell, "--lang", "en").stdout


def test_script_is_printed_as_it_is(smsc: Smsc, monkeypatch: pytest.MonkeyPatch) -> None:
    """A narrow terminal folds texts, but a folded script is another one."""
    wide = smsc("completion", "bash")
    monkeypatch.setenv("COLUMNS", "20")

    assert (0, "", wide.stdout) == (
        *(wide.returncode, wide.stderr),
        smsc("completion", "bash").stdout,
    )
