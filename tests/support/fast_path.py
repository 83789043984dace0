"""Proof that the generated functions of `pdu.codec` did all the work."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from pdu.fields import Body

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def no_fallback() -> Iterator[None]:
    """Fail if a declaration parses or builds a PDU inside the block."""
    missed = AssertionError("the generated functions missed this PDU")
    with (
        patch.object(Body, "_parse", side_effect=missed),
        patch.object(Body, "_build", side_effect=missed),
    ):
        yield
