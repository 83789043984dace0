"""The code of the pages on other SMSCs runs, and both languages show the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pdu import DeliverSm, MessageState

PAGES = Path(__file__).parents[1] / "docs"
ENGLISH, RUSSIAN = "en/other-smscs.md", "ru/other-smscs.md"


def blocks(name: str) -> list[str]:
    """Return the blocks of code on a page."""
    page = (PAGES / name).read_text("utf-8")
    return re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def run(block: str) -> dict[str, Any]:
    """Run a block; return its names."""
    scope: dict[str, Any] = {}
    exec(compile(block, ENGLISH, "exec"), scope)  # noqa: S102 - our own page
    return scope


@pytest.mark.parametrize("block", blocks(ENGLISH))
def test_block_of_the_page_runs(block: str) -> None:
    """Copied by a reader, it works; no client is opened."""
    assert run(block)


def test_dialect_of_the_page_reads_what_it_shows() -> None:
    """The receipt in its comment."""
    dialect = next(scope for block in blocks(ENGLISH) if "ACME" in (scope := run(block)))
    pdu = DeliverSm(source_addr="79991234567", short_message=b"ID=000000AB;STATUS=FAILED;ERR=12")
    receipt = dialect["ACME"].read_receipt(pdu)

    assert dialect["ACME"].is_receipt(pdu)
    assert MessageState.UNDELIVERABLE is receipt.state
    assert "no such number" == receipt.error.explain()
    assert dialect["ACME"].normalize_id("ab") == dialect["ACME"].normalize_id(receipt.message_id)


async def test_dialect_of_the_page_can_be_tried() -> None:
    """The block of the page, with the dialect of the page and with one that reads no receipts."""
    scope = {name: value for block in blocks(ENGLISH) for name, value in run(block).items()}
    receipt = await scope["try_dialect"](scope["ACME"])

    assert "no such number" == receipt.error.explain()
    assert MessageState.UNDELIVERABLE is receipt.state


async def test_ids_of_the_page_can_be_tried() -> None:
    """A receipt with a decimal id finds the message whose response was hexadecimal."""
    scope = {name: value for block in blocks(ENGLISH) for name, value in run(block).items()}

    assert MessageState.DELIVERED is (await scope["try_ids"]()).state


def test_both_languages_show_the_same_code() -> None:
    """The Russian page must not fall behind the English one."""
    assert blocks(ENGLISH) == blocks(RUSSIAN)
    assert 9 == len(blocks(ENGLISH))
