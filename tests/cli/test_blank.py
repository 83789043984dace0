"""Texts that a phone shows as blank: no command sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsc_async.cli.blank import is_filled

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

BLANK = [" ", "   ", "\t", "\n\n", "\u00a0", "\u200b", "\u2800 \u2060", "\u3164"]


@pytest.mark.parametrize("text", ["", *BLANK])
def test_text_without_ink_is_not_filled(text: str) -> None:
    """Also where Python doesn't count a sign among the spaces."""
    assert not is_filled(text)
    assert is_filled(f"{text}.")


@pytest.mark.parametrize("text", BLANK)
def test_blank_text_is_not_sent(smsc: Smsc, gateway: HostedSimulator, text: str) -> None:
    """It would be charged like any other."""
    done = smsc("send", "79161234567", text, "--url", gateway.url)

    assert 2 == done.returncode
    assert "nothing but spaces, and would be paid for; write a text" in " ".join(
        done.stderr.split()
    )
    assert "nothing was sent" in done.stderr
    assert not gateway.messages


@pytest.mark.parametrize(
    "arguments",
    [
        ("send", "79161234567", "-"),
        ("send", "79161234567", " ", "--kind", "call"),
        ("send", "a@b.ru", "\u200b", "--kind", "email", "--subject", "x"),
        ("plan", " \u00a0"),
    ],
)
def test_blank_text_of_any_kind_is_refused(smsc: Smsc, arguments: tuple[str, ...]) -> None:
    """Before a gateway is needed, also from standard input."""
    done = smsc(*arguments, stdin=b" \n\n")

    assert 2 == done.returncode
    assert "nothing but spaces" in done.stderr
