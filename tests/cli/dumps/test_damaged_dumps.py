"""Damaged pastes: each is refused with the place and the reason, none gives another PDU."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smsc_async.cli.dumps.reading import read_text
from smsc_async.cli.failures import ExitCode, Failure

if TYPE_CHECKING:
    from collections.abc import Callable

FIXTURES = Path(__file__).parent / "fixtures"


def replaced(old: str, new: str) -> Callable[[str], str]:
    """Return a damage that replaces the first place of a text."""

    def damage(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return damage


def without_line(number: int) -> Callable[[str], str]:
    """Return a damage that drops a line, counted from 1; a negative one from the end."""

    def damage(text: str) -> str:
        lines = text.splitlines(keepends=True)
        del lines[number - 1 if number > 0 else number]
        return "".join(lines)

    return damage


def doubled_line(number: int) -> Callable[[str], str]:
    """Return a damage that repeats a line."""

    def damage(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join([*lines[:number], *lines[number - 1 :]])

    return damage


def cut_line(number: int, size: int) -> Callable[[str], str]:
    """Return a damage that leaves *size* characters of a line; -1 is the last line."""

    def damage(text: str) -> str:
        lines = text.splitlines()
        index = number - 1 if number > 0 else number
        lines[index] = lines[index][:size]
        return "\n".join(lines)

    return damage


def cut_text(size: int) -> Callable[[str], str]:
    """Return a damage that drops characters from the end."""
    return lambda text: text.rstrip()[:-size]


def joined(name: str) -> Callable[[str], str]:
    """Return a damage that appends another paste."""
    return lambda text: text + (FIXTURES / name).read_text(encoding="utf-8")


DAMAGES = [
    # name, damage, key, line, column
    ("xxd.txt", replaced("7368 6f70", "7368 6f"), "odd_characters", 2, 50),
    ("xxd.txt", replaced("7368 6f70", "7368 6f7"), "bad_hex", 2, 16),
    ("xxd.txt", replaced("7368 6f70", "7368 6f71"), "odd_characters", 2, 52),
    ("xxd.txt", replaced("00000020:", "00000030:"), "gap_hex", 3, 1),
    ("xxd.txt", without_line(3), "gap_hex", 3, 1),
    ("xxd.txt", without_line(1), "gap_hex", 1, 1),
    ("xxd.txt", doubled_line(1), "doubled_hex", 2, 1),
    ("xxd.txt", doubled_line(4), "gap_hex", 5, 1),
    ("xxd.txt", cut_line(4, 30), "cut_hex", 4, 31),
    ("xxd.txt", cut_line(-1, 20), "cut_hex", 22, 21),
    ("xxd.txt", joined("xxd-p.txt"), "bad_row", 23, 1),
    ("xxd.txt", joined("go-print.txt"), "bad_row", 23, 1),
    ("xxd-p.txt", cut_line(2, 31), "odd_hex", 2, 1),
    ("xxd-p.txt", replaced("7368", "73o8"), "bad_hex", 1, 35),
    ("xxd-p.txt", joined("xxd.txt"), "mixed_hex", 13, 1),
    ("xxd-i.txt", replaced("0x73, ", ""), "gap_hex", 32, 34),
    ("xxd-i.txt", replaced("0x73, ", "0x7g, "), "bad_hex", 3, 27),
    ("xxd-i.txt", replaced("0x73, ", ", "), "bad_hex", 3, 27),
    ("xxd-i.txt", cut_text(40), "cut_hex", 1, 30),
    ("xxd-b.txt", replaced("01110011", "0111001"), "bad_hex", 3, 47),
    ("hexdump-c.txt", replaced("|shop.", "|ship."), "odd_characters", 2, 61),
    ("hexdump-c.txt", replaced("73 68 6f 70 00", "73 68 6f 70"), "odd_characters", 2, 58),
    ("hexdump.txt", without_line(-1), "cut_hex", 22, 1),
    ("hexdump.txt", replaced("6873", "687"), "bad_hex", 2, 9),
    ("hexdump.txt", replaced("6873 ", ""), "gap_hex", 3, 1),
    ("od.txt", replaced("064163", "084163"), "bad_hex", 2, 9),
    ("od-b.txt", replaced("163 150", "163 190"), "bad_hex", 2, 13),
    ("od-ax-tx1z.txt", replaced(">shop.", ">shot."), "odd_characters", 2, 57),
    ("od-ad-tu1.txt", replaced("115 104", "115 304"), "bad_hex", 2, 13),
    ("follow-hex.txt", without_line(12), "gap_hex", 12, 1),
    ("follow-hex.txt", without_line(7), "gap_hex", 7, 1),
    ("follow-hex.txt", replaced("73 68 6f 70", "73 68 6f"), "odd_characters", 8, 58),
    ("follow-hex.txt", replaced("\t00000010", "  00000010"), "odd_indent", 11, 3),
    ("follow-hex-window.txt", replaced("    00000000", "00000000"), "gap_hex", 4, 1),
    ("follow-carrays.txt", replaced("peer1_1[]", "peer1_2[]"), "gap_hex", 25, 18),
    ("follow-carrays.txt", replaced("char peer1_1[] = { /* Packet 8 */\n", ""), "bad_hex", 25, 1),
    ("follow-yaml.txt", replaced("AAAAIwAA", "AAAAIwA"), "cut_hex", 13, 7),
    ("follow-yaml.txt", replaced("    peer: 1\n", ""), "bad_row", 16, 5),
    ("follow-yaml-old.txt", replaced("peer0_1", "peer0_2"), "bad_row", 8, 1),
    ("follow-raw.txt", replaced("\t00000018", "\t0000018"), "odd_hex", 8, 2),
    ("tshark-p-x.txt", replaced("0010  00 28", "0010  28"), "odd_characters", 4, 54),
    ("tshark-x.txt", replaced("\n\n", "\n"), "doubled_hex", 5, 1),
    ("tcpdump-x.txt", replaced("4500 0028", "4500 028"), "bad_hex", 2, 16),
    ("tcpdump-upper-x.txt", replaced("E..(", "E..)"), "odd_characters", 2, 52),
    ("copy-escaped.txt", replaced(r"\x73", r"\x7"), "bad_hex", 2, 2),
    ("copy-escaped.txt", cut_line(3, 20), "cut_hex", 3, 1),
    ("python-repr.txt", cut_text(1), "cut_hex", 1, 2),
    ("decimal.txt", replaced("115 104", "115 256"), "bad_hex", 1, 38),
    ("decimal.txt", replaced("115 104", "115 1o4"), "bad_hex", 1, 38),
    ("java-signed.txt", replaced("-128", "200, -128"), "bad_hex", 1, 167),
    ("java-signed.txt", replaced("-128", "-129"), "bad_hex", 1, 167),
    ("rust.txt", replaced("115, ", ""), "gap_hex", 1, 22),
    ("erlang.txt", replaced("115,", "115,,"), "bad_hex", 1, 40),
    ("erlang.txt", cut_text(3), "cut_hex", 1, 1),
    ("erlang.txt", replaced("115,104,111", "115..."), "bad_hex", 1, 36),
    ("node.txt", replaced("73 68", "73 ... 50 more bytes"), "bad_hex", 1, 60),
    ("kannel.txt", without_line(6), "gap_hex", 1, 1),
    ("kannel.txt", replaced("73 68 6f", "73 6f"), "odd_characters", 6, 94),
    ("kannel.txt", without_line(-1), "cut_hex", 71, 1),
    ("python-smpplib.txt", replaced("73686f70", "73686f"), "gap_hex", 1, 1),
    ("python-smpplib.txt", cut_line(2, 60), "cut_hex", 2, 61),
]


@pytest.mark.parametrize(("name", "damage", "key", "line", "column"), DAMAGES)
def test_damaged_paste_is_refused_with_its_place(
    name: str, damage: Callable[[str], str], key: str, line: int, column: int
) -> None:
    """A wrong PDU costs more time than an error message."""
    text = damage((FIXTURES / name).read_text(encoding="utf-8"))

    with pytest.raises(Failure) as caught:
        read_text(text)

    values = caught.value.values
    assert (ExitCode.USAGE_ERROR, key) == (caught.value.code, caught.value.key)
    assert (line, column) == (values["line"], values["column"])
    assert "{" not in caught.value.text.format(**values)


def test_failures_show_no_password() -> None:
    """They are pasted into tickets; the characters beside the octets are a password, or a text."""
    text = (FIXTURES / "xxd.txt").read_text(encoding="utf-8")

    for damaged in (text.replace("\n", "\nx", 2), "secret08", "00 secret08", 'b"secret08"'):
        with pytest.raises(Failure) as caught:
            read_text(damaged)

        assert "secret" not in caught.value.text.format(**caught.value.values)
