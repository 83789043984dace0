"""One command from its arguments to its exit code, in this process and in a new one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Smsc = Callable[..., CompletedProcess[str]]

ENQUIRE_LINK = "00000010 00000015 00000000 00000001"
starts_python = pytest.mark.takes_up_to(15, reason="Python is started")

BLOCKED = """
import sys
sys.modules[{name!r}] = None  # what an import finds when it isn't installed
from smsc_async.cli import main
sys.exit(main(["plan", "hi"]))
"""


def python(code: str, **variables: str) -> CompletedProcess[str]:
    """Run Python code in a new process."""
    return subprocess.run(  # noqa: S603 - our own lines, never through a shell
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONASYNCIODEBUG": "", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def smsc_process(*arguments: str, **variables: str) -> CompletedProcess[bytes]:
    """Run `python -m smsc_async` in a new process."""
    return subprocess.run(  # noqa: S603 - our own command, never through a shell
        [sys.executable, "-m", "smsc_async", *arguments],
        env={**os.environ, "PYTHONASYNCIODEBUG": "", **variables},
        capture_output=True,
        check=False,
    )


# --- what an import costs, and where the extra isn't ---


@starts_python
def test_package_is_imported_without_the_extra() -> None:
    """A web backend needs neither cyclopts nor rich."""
    done = python("import smsc_async, sys; print(*sys.modules)")

    assert not {"cyclopts", "rich", "smsc_async.cli"} & set(done.stdout.split())


@starts_python
def test_command_imports_no_other() -> None:
    """`smsc decode` doesn't load the simulator, and `--version` loads no command."""
    code = f"""
import sys
from smsc_async.cli import main
main(["decode", {ENQUIRE_LINK!r}])
print(*sys.modules)
"""
    modules = python(code).stdout.split()

    assert "smsc_async.cli.decode" in modules
    assert not {"smsc_async.cli.send", "smsc_async.cli.plan", "smsc_async.simulator"} & set(modules)


@starts_python
@pytest.mark.parametrize("name", ["cyclopts", "rich"])
@pytest.mark.parametrize(
    ("language", "word"), [("C.UTF-8", "nothing was sent"), ("ru_RU.UTF-8", "ничего не отправлено")]
)
def test_missing_extra_says_what_to_install(name: str, language: str, word: str) -> None:
    """A message instead of a traceback."""
    done = python(BLOCKED.format(name=name), LC_ALL=language, PYTHONUTF8="1")

    assert (2, "") == (done.returncode, done.stdout)
    assert "pip install 'smsc-async[cli]'" in done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr


@starts_python
def test_another_missing_module_is_not_hidden() -> None:
    """Blaming the extra for a broken installation would mislead the user."""
    done = python(BLOCKED.format(name="smsc_async.cli.arguments"))

    assert "ModuleNotFoundError" in done.stderr
    assert "pip install" not in done.stderr


# --- as a process ---


@starts_python
def test_module_is_the_command() -> None:
    """`python -m smsc_async` works where the script isn't on the path, with the same exit code."""
    fine, broken = smsc_process("decode", ENQUIRE_LINK), smsc_process("decode", ENQUIRE_LINK[:-8])

    assert (0, 1) == (fine.returncode, broken.returncode)


@starts_python
@pytest.mark.skipif(sys.platform == "win32", reason="pipes break in another way there")
@pytest.mark.parametrize(("octets", "code"), [(ENQUIRE_LINK, 0), (ENQUIRE_LINK[:-8], 1)])
@pytest.mark.parametrize("option", ["--json", "--lang=ru"])
def test_closed_pipe_is_not_an_error(octets: str, code: int, option: str) -> None:
    """`smsc decode … | head -1` ends quietly with its usual exit code."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "smsc_async", "decode", octets, option]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)  # noqa: S603 - as above
    os.close(write)

    assert (code, b"") == (done.returncode, done.stderr)


@starts_python
def test_other_encodings_get_escapes() -> None:
    """A terminal without Cyrillic gets code points; JSON stays valid."""
    shown = smsc_process("plan", "Код", PYTHONIOENCODING="ascii")
    written = smsc_process("plan", "Код 😀", "--json", PYTHONIOENCODING="ascii")

    assert (0, 0) == (shown.returncode, written.returncode)
    assert b"\\u041a" in shown.stdout
    assert "😀" in [one["character"] for one in json.loads(written.stdout)["forced_by"]]


# --- in this process ---


def test_version_is_shown(smsc: Smsc) -> None:
    """As text and as JSON."""
    shown, written = smsc("--version"), smsc("--version", "--json")

    assert (0, 0) == (shown.returncode, written.returncode)
    assert shown.stdout.startswith("smsc-async ")
    assert shown.stdout.split(maxsplit=1)[1].strip() == json.loads(written.stdout)["version"]


def test_missing_command_shows_the_main_page(smsc: Smsc) -> None:
    """On standard error, because a script may read standard output."""
    done = smsc()

    assert (2, "") == (done.returncode, done.stdout)
    assert "Commands:" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "saying"),
    [
        (["plann", "hi"], "did you mean 'plan'?"),
        (["fly"], "unknown command 'fly'"),
        (["plan", "hi", "--codign", "gsm"], "did you mean --coding?"),
        (["plan", "hi", "--jsno"], "did you mean --json?"),
        (["plan", "hi", "--zzz"], "unknown option --zzz"),
        (["plan", "hi", "--coding", "utf8"], "one of gsm, latin1, ucs2 is needed, got 'utf8'"),
        (["plan", "hi", "--flash=perhaps"], "--flash doesn't accept"),
        (["plan", "two", "words"], "in quotes"),
        (["plan"], "TEXT is missing"),
        (["plan", "hi", "--sender"], "--sender needs a value"),
        (["plan", "-5%"], "--text="),
        (["plan", "hi", "--sender", "A", "--sender", "B"], "--sender is given more than once"),
        (["--lang", "de", "plan", "hi"], "--lang accepts ru or en, got 'de'"),
        (["plan", "hi", "--lang"], "--lang accepts ru or en, got ''"),
    ],
)
def test_usage_error_says_what_to_do(smsc: Smsc, arguments: list[str], saying: str) -> None:
    """Exit code 2, empty standard output, and the help page to read."""
    done = smsc(*arguments)

    assert (2, "") == (done.returncode, done.stdout)
    assert saying in done.stderr
    assert "--help" in done.stderr


def test_usage_error_is_written_as_json(smsc: Smsc) -> None:
    """With `--json` a failure is an object, too."""
    output = json.loads(smsc("plan", "--json").stdout)

    assert (2, "use.missing") == (output["exit_code"], output["error"]["kind"])


def test_language_is_russian_where_the_environment_is(
    smsc: Smsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option takes precedence over the environment."""
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")

    assert "не указан TEXT" in smsc("plan").stderr
    assert "TEXT is missing" in smsc("plan", "--lang", "en").stderr


def test_common_options_are_accepted_anywhere(smsc: Smsc) -> None:
    """Before and after the command."""
    assert smsc("--json", "plan", "hi").stdout == smsc("plan", "hi", "--json").stdout


def test_unexpected_error_is_a_message(smsc: Smsc, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect shows no traceback and no data."""

    def broken(octets: bytes, **_: object) -> None:
        """Raise an error with a secret."""
        raise ZeroDivisionError(octets)

    monkeypatch.setattr("smsc_async.cli.decode.explain", broken)
    done, shown = smsc("decode", ENQUIRE_LINK), smsc("decode", ENQUIRE_LINK, "--debug")

    assert (4, 4) == (done.returncode, shown.returncode)
    assert "unexpected error: ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in shown.stderr


def test_interrupt_is_a_message(smsc: Smsc, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at any moment."""

    def interrupted(*_: object, **__: object) -> None:
        """Raise what Ctrl-C raises."""
        raise KeyboardInterrupt

    monkeypatch.setattr("smsc_async.cli.decode.explain", interrupted)
    done = smsc("decode", ENQUIRE_LINK)

    assert (130, "") == (done.returncode, done.stdout)
    assert "interrupted" in done.stderr


def test_colours_are_for_terminals(smsc: Smsc, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for files and pipes, nor with NO_COLOR, unless forced."""
    plain = smsc("decode", ENQUIRE_LINK).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = smsc("decode", ENQUIRE_LINK).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    uncoloured = smsc("decode", ENQUIRE_LINK).stdout

    assert "\x1b" not in plain
    assert "\x1b[36m" in coloured
    assert "\x1b[3" not in uncoloured


@pytest.mark.parametrize(
    "columns", ["0", "-1", "²", "٣²", "", " ", "eighty", "1e3", "80.5", "9" * 5000, "80"]
)
def test_columns_that_are_no_width_are_eighty(
    smsc: Smsc, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    """Containers and editors set COLUMNS to anything."""
    expected = smsc("--help").stdout
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", columns)

    assert expected == smsc("--help").stdout
    assert 0 == smsc("plan", "hello").returncode


@pytest.mark.parametrize("columns", ["1", "2", "7", "20", "1000000"])
@pytest.mark.parametrize("arguments", [("--help",), ("send", "--help"), ("plan", "hello")])
def test_no_width_is_an_error(
    smsc: Smsc, monkeypatch: pytest.MonkeyPatch, columns: str, arguments: tuple[str, ...]
) -> None:
    """Narrow output is ugly, but it is there."""
    monkeypatch.setenv("COLUMNS", columns)
    done = smsc(*arguments)

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout


@pytest.mark.parametrize("name", ["read_common_options", "Translator", "Screen"])
@pytest.mark.parametrize("error", [OSError, ValueError, KeyboardInterrupt])
def test_failure_before_there_is_a_screen_has_an_exit_code(
    smsc: Smsc, monkeypatch: pytest.MonkeyPatch, name: str, error: type[BaseException]
) -> None:
    """No traceback there either: it might show the arguments."""

    def failing(*_: object, **__: object) -> None:
        """Fail."""
        raise error("secret")

    monkeypatch.setattr(f"smsc_async.cli.run.{name}", failing)
    done = smsc("send", "secret")

    assert (4, "") == (done.returncode, done.stdout)
    assert f"smsc: unexpected error: {error.__name__}\n" == done.stderr
