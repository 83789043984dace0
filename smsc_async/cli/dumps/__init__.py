"""Texts that contain octets, as people paste them: dumps, literals, lists, log lines.

Rule: the first reader that knows the form of a text reads all of it, or refuses it with the place
and the reason; no other reader tries then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsc_async.cli.dumps.blocks import Block, Source, nothing
from smsc_async.cli.dumps.digits import read_digits
from smsc_async.cli.dumps.follow_yaml import read_yaml
from smsc_async.cli.dumps.hexdump import read_hexdump
from smsc_async.cli.dumps.literals import read_literals
from smsc_async.cli.dumps.logs import read_logs
from smsc_async.cli.dumps.quoting import Unquoted
from smsc_async.cli.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

READERS: Final[tuple[Callable[[Source], list[Block] | None], ...]] = (
    read_yaml,  # Follow TCP stream as YAML
    read_logs,  # Kannel, smpplib
    read_hexdump,  # offsets: hexdump, od, xxd, Wireshark, tshark, tcpdump
    read_literals,  # brackets and quotes: C, Go, Rust, Java, JavaScript, Python, Erlang
    read_digits,  # everything else
)
"""Each returns None for a text of another form."""


def read_dump(text: str) -> list[Block]:
    """Read the octets of a text.

    Args:
        text: With line breaks of any system.

    Returns:
        Blocks in the order of the text, at least one.

    Raises:
        Failure: The text isn't understood as a whole, or has no octets.
    """
    unquoted = Unquoted(text.replace("\r\n", "\n").replace("\r", "\n"))
    source = Source(unquoted.text)
    try:
        readings = (blocks for read in READERS if (blocks := read(source)) is not None)
        blocks = next(readings, [])
    except Failure as failure:
        raise unquoted.put_right(failure) from None
    if not any(block.octets for block in blocks):
        raise nothing()
    return blocks
