"""Requests beside a send: which of them may go out.

Rule: what the gateway has said it doesn't do is refused here with its own sentence, before an octet
leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdu import SubmitMulti, SubmitSm
from smsc_async.errors import LocalProtocolError

if TYPE_CHECKING:
    from pdu import Pdu


def request_name(request: Pdu) -> str:
    """Return the request's name as the specification writes it."""
    return getattr(request.command_id, "name", f"0x{request.command_id:08X}").lower()


def check_request(request: Pdu) -> None:
    """Refuse what has another way, or none.

    «Команда SUBMIT_MULTI для множественной рассылки пока не реализована.»

    Raises:
        LocalProtocolError: With the way out.
    """
    if isinstance(request, SubmitMulti):
        raise LocalProtocolError(
            "submit_multi is not implemented by the gateway; "
            "send one text to many with send_many, a message for each recipient"
        )
    if isinstance(request, SubmitSm):
        raise LocalProtocolError("submit_sm goes through send, which keeps the gateway's rules")
