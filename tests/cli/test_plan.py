"""`smsc plan`: coding, parts and cost of a text before it is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from smsc_async import Sms
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.compose import submits_of
from smsc_async.gateway.typography import PLAIN_SIGNS

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Smsc = Callable[..., CompletedProcess[str]]


def planned(smsc: Smsc, *arguments: str, stdin: bytes = b"") -> Any:  # noqa: ANN401 - JSON
    """Return the plan as an object."""
    done = smsc("plan", *arguments, "--json", stdin=stdin)
    assert 0 == done.returncode
    return json.loads(done.stdout)


def test_russian_text_takes_ucs2(smsc: Smsc) -> None:
    """The figures of a typical one-time code."""
    made = planned(smsc, "Код входа: 4821")

    assert ("ucs2", 8, 1, [30], 110) == (
        made["coding"],
        made["data_coding"],
        made["parts"],
        made["octets"],
        made["room"],
    )
    assert ["U+041A", "U+043E", "U+0434"] == [one["code_point"] for one in made["forced_by"]][:3]
    assert made["replaced"] is None


def test_plan_is_shown_as_text(smsc: Smsc) -> None:
    """Coding, reason, parts and room."""
    output = smsc("plan", "Your code: 4821").stdout

    assert "GSM 7-bit, data_coding 0x00" in output
    assert "all characters are in the GSM alphabet" in output
    assert "15 of 160 octets, 145 left" in output
    assert "forced" not in output


def test_cyrillic_letters_share_a_row(smsc: Smsc) -> None:
    """Thirty rows of "none" would help no one."""
    output = smsc("plan", "Код").stdout

    assert "К о д" in output
    assert "U+041A…043E" in output
    assert 1 == output.count("none")


@pytest.mark.parametrize(
    ("text", "replacement"),
    [
        ("It’s", "'"),
        ("“ok", '"'),
        ("a—b", "-"),
        ("wait…", "..."),
        ("a\u00a0b", " "),
        ("č", "c"),
        ("cоde", "o"),  # a Cyrillic letter
        ("a\u200bb", ""),
        ("e\u0301", ""),
    ],
)
def test_replacement_is_proposed(smsc: Smsc, text: str, replacement: str) -> None:
    """One typographic sign more than doubles the price of a long text."""
    made = planned(smsc, text)

    assert [replacement] == [one["replacement"] for one in made["forced_by"]]
    assert {"coding": "gsm", "parts": 1} == made["replaced"]


@pytest.mark.parametrize("sign", PLAIN_SIGNS)
def test_what_plan_proposes_for_a_sign_is_what_smart_sends(smsc: Smsc, sign: str) -> None:
    """One table: the advice and the text on the wire can't differ."""
    text = f"a{sign}b"
    (forced,) = planned(smsc, text)["forced_by"]
    message = Sms(to="79991234567", text=text)
    (part,) = submits_of(message, settings=TextSettings(smart=True))

    assert f"a{forced['replacement']}b".encode() == part.short_message


def test_saving_is_shown_in_parts(smsc: Smsc) -> None:
    """Parts are charged."""
    done = smsc("plan", "Don’t forget: " + "x" * 80)

    assert "With the replacements: GSM 7-bit, 1 part instead of 2." in done.stdout


def test_no_saving_is_shown_too(smsc: Smsc) -> None:
    """A text of one part isn't cheaper in GSM."""
    assert "With the replacements: GSM 7-bit, still 1 part." in smsc("plan", "It’s").stdout


@pytest.mark.parametrize("text", ["__СALL__: hi", "\u0301"])
def test_replacement_that_cannot_be_sent_is_not_proposed(smsc: Smsc, text: str) -> None:
    """With a Latin C it would be a call; without its only character it would be empty."""
    made = planned(smsc, text)

    assert made["forced_by"]
    assert made["replaced"] is None


def test_long_lists_are_cut(smsc: Smsc) -> None:
    """Twelve characters are listed, the others counted."""
    output = smsc("plan", "".join(map(chr, range(0x4E00, 0x4E00 + 40)))).stdout

    assert "+28" in output
    assert 12 == output.count("cjk unified ideograph")


@pytest.mark.parametrize(("text", "letter"), [("Привет, Bob", "е"), ("漢字", "漢")])
def test_no_replacement_is_proposed_for_russian_words(smsc: Smsc, text: str, letter: str) -> None:
    """Nor for Chinese: Latin look-alikes suit typing errors in a Latin text only."""
    made = planned(smsc, text)

    assert {letter: None} == {
        one["character"]: one["replacement"]
        for one in made["forced_by"]
        if one["character"] == letter
    }
    assert made["replaced"] is None


def test_long_text_shows_its_first_and_last_part(smsc: Smsc) -> None:
    """The first is full, the last has room."""
    output = smsc("plan", "x" * 400).stdout

    assert "3 parts" in output
    assert "153 of 153 octets, 0 left" in output
    assert "part 3" in output
    assert "part 2" not in output
    assert "each part has a UDH" in output


def test_comment_takes_room(smsc: Smsc) -> None:
    """It isn't delivered, but it is sent in the text."""
    plain, commented = planned(smsc, "hi"), planned(smsc, "hi", "--comment", "order 17")

    assert plain["room"] > commented["room"]


def test_options_are_those_of_send(smsc: Smsc) -> None:
    """A plan is for the message that `smsc send` sends."""
    made = planned(smsc, "x" * 300, "--coding", "latin1", "--long-text", "sar", "--flash")

    assert ("latin1", 0x14, "sar") == (made["coding"], made["data_coding"], made["long_text"])
    assert "set by --coding" in smsc("plan", "x", "--coding", "ucs2").stdout


def test_standard_input_is_read(smsc: Smsc) -> None:
    """Without the line break that `echo` appends."""
    assert 3 == planned(smsc, "-", stdin="Код\n".encode())["units"]


def test_other_encodings_are_refused(smsc: Smsc) -> None:
    """cp1251 read as UTF-8 would be sent as garbage, and charged."""
    done = smsc("plan", "-", stdin="Код".encode("cp1251"))

    assert 2 == done.returncode
    assert "iconv" in done.stderr


def test_text_that_is_markup_is_refused(smsc: Smsc) -> None:
    """By the message itself; the text isn't repeated."""
    done = smsc("plan", "__CALL__: secret words")

    assert 2 == done.returncode
    assert "__CALL__" in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize("char", ["\x1b", "\u202e", "\u0301", "😀"])
def test_unprintable_characters_do_not_reach_the_terminal(smsc: Smsc, char: str) -> None:
    """They are shown by their code point."""
    output = smsc("plan", f"x{char}").stdout

    assert f"U+{ord(char):04X}" in output
    assert char == "😀" or char not in output


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_mark_on_standard_input_is_dropped(smsc: Smsc, encoding: str) -> None:
    """It would be a character of the text: UCS-2 instead of GSM 7-bit, and paid as such."""
    marked = smsc("plan", "-", "--json", stdin="hello".encode(encoding))

    assert smsc("plan", "hello", "--json").stdout == marked.stdout


def test_invalid_text_is_not_advised_to_be_sent(smsc: Smsc) -> None:
    """Nothing is sent by this command, not even on a dry run."""
    done = smsc("plan", "")

    assert 2 == done.returncode
    assert "smsc send" not in done.stderr
    assert "correct it (text)" in done.stderr
