"""Output in any encoding: nothing is garbled, and no character ends a command."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from smsc_async.cli import main
from smsc_async.cli.encodings import PLAIN_SIGNS, can_write, use_plain_signs

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.simulator import HostedSimulator

    Run = Callable[..., tuple[int, str, str]]

RUSSIAN = ("cp866", "cp1251", "koi8-r", "iso8859-5", "utf-8")
PLAIN = ("ascii", "cp437")
PAGES = [("--help",), ("help", "bulk"), ("send", "--help"), ("bench", "--help"), ("tail", "--help")]


@pytest.fixture
def run_in(quiet: None, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs `smsc` with an encoding of both outputs."""
    del quiet
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")

    def run(encoding: str, *arguments: str) -> tuple[int, str, str]:
        """Run it; return the exit code and the decoded outputs."""
        streams = [io.BytesIO(), io.BytesIO()]
        for name, stream in zip(("stdout", "stderr"), streams, strict=True):
            monkeypatch.setattr(sys, name, io.TextIOWrapper(stream, encoding=encoding))
        code = main(arguments)
        texts = []
        for name, stream in zip(("stdout", "stderr"), streams, strict=True):
            getattr(sys, name).flush()
            texts.append(stream.getvalue().decode(encoding))
        return code, texts[0], texts[1]

    return run


@pytest.mark.parametrize("encoding", RUSSIAN)
@pytest.mark.parametrize("arguments", PAGES, ids=" ".join)
def test_help_is_russian_in_a_russian_encoding(
    run_in: Run, encoding: str, arguments: tuple[str, ...]
) -> None:
    """Signs that it lacks are plain ones; there is no escape and no question mark for a letter."""
    code, shown, errors = run_in(encoding, *arguments)
    _, unicode, _ = run_in("utf-8", *arguments)
    expected = unicode
    for sign, plain in PLAIN_SIGNS.items():
        try:
            sign.encode(encoding)
        except UnicodeEncodeError:
            expected = expected.replace(sign, plain)

    assert (0, "") == (code, errors)
    assert "Использование" in shown
    assert expected == shown
    assert "\\u" not in shown


@pytest.mark.parametrize("encoding", PLAIN)
@pytest.mark.parametrize("arguments", PAGES, ids=" ".join)
def test_help_is_english_where_no_russian_letter_can_be_written(
    run_in: Run, encoding: str, arguments: tuple[str, ...]
) -> None:
    """A page of escapes can't be read; also if the language is asked for."""
    code, shown, errors = run_in(encoding, *arguments)

    assert (0, "") == (code, errors)
    assert "Usage: smsc" in shown
    assert "\\u" not in shown
    assert (code, shown, errors) == run_in(encoding, *arguments, "--lang", "ru")


@pytest.mark.parametrize("encoding", [*RUSSIAN, *PLAIN])
def test_any_text_is_shown(run_in: Run, encoding: str) -> None:
    """A message with a picture in it is escaped, and the exit code is true."""
    text = "Привет 😀 «№ 1» — €"
    code, shown, errors = run_in(encoding, "plan", text, "--json")
    plain = run_in(encoding, "send", "79991234567", text, "--url", "sim://", "--dry-run")

    assert (0, "") == (code, errors)
    assert '"coding": "ucs2"' in shown.lower()
    assert (0, "") == (plain[0], plain[2])


@pytest.mark.parametrize("encoding", RUSSIAN)
def test_errors_are_russian(run_in: Run, encoding: str, gateway: HostedSimulator) -> None:
    """The rows, the advice and the parser's own errors."""
    code, _, errors = run_in(encoding, "send", "--url", gateway.url, "--wat")

    assert 2 == code
    assert "неизвестный параметр --wat" in " ".join(errors.split())
    assert "error" not in errors
    assert "что делать" in errors


@pytest.mark.parametrize("encoding", [*RUSSIAN, *PLAIN])
def test_table_of_a_measurement_is_shown(run_in: Run, encoding: str) -> None:
    """It has signs that no other output has."""
    code, shown, errors = run_in(
        encoding, "bench", "sim://", "--windows", "1", "--messages", "2", "--wait", "0"
    )

    assert (0, "") == (code, errors)
    assert "\\u" not in shown


def test_unknown_encoding_of_a_stream_is_no_reason_to_fail() -> None:
    """A replaced stream may have none."""
    stream = io.StringIO()
    use_plain_signs(stream)

    class Odd(io.StringIO):
        """A stream with an encoding that Python doesn't know."""

        encoding = "xyzzy"

    assert can_write("ru", stream)
    assert can_write("ru", Odd())
