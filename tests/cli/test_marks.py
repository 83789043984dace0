"""Byte order marks of texts on standard input."""

from __future__ import annotations

import pytest

from smsc_async.cli.marks import split_mark


@pytest.mark.parametrize(
    "encoding",
    ["utf-8-sig", "utf-16", "utf-32", "utf-8"],
    ids=["utf-8", "utf-16", "utf-32", "none"],
)
def test_mark_is_obeyed_and_dropped(encoding: str) -> None:
    """Python writes each of these as Windows does."""
    octets, found = split_mark("Заказ 17".encode(encoding))

    assert "Заказ 17" == octets.decode(found)


def test_big_endian_marks_are_obeyed() -> None:
    """As Java writes them."""
    assert (b"\0a", "utf-16-be") == split_mark(b"\xfe\xff\0a")
    assert (b"\0\0\0a", "utf-32-be") == split_mark(b"\0\0\xfe\xff\0\0\0a")
