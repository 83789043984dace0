"""The JSON lines of `smsc sim`.

Rule: a key keeps its name and meaning. Numbers are as they are shown, masked or not; texts are
complete. `status` of an accepted message is what has become of it, of a refused one, and of any
other refused request, the name of its command_status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pdu.names import status_label
from smsc_async.cli.formatting import state_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smsc_async.simulator import RefusedRequest, RuleStop, SubmittedMessage, TimelineEntry


def message_as_json(message: SubmittedMessage, sender: str, recipient: str) -> dict[str, Any]:
    """Return a message, accepted or refused; addresses as they are shown."""
    refusal = message.refusal
    shown: dict[str, Any] = {
        "event": "message" if refusal is None else "refused",
        "id": message.id,
        "received_at": message.received_at.isoformat(),
        "sender": sender,
        "to": recipient,
        "system_id": message.system_id,
        "kind": message.kind,
        "parts": message.parts,
        "total": message.total,
        "text": message.text,
        "octets": message.octets.hex(),
        "data_coding": message.data_coding,
        "message_ids": list(message.message_ids),
        "status": message.status,
        "message_status": message.status,
        "state": state_name(message.state),
        "stop_error": stop_error_of(message),
        "codes": list(message.codes.codes),
        "refused": None,
        "stopped": None,
    }
    if refusal is not None:
        status, reason = int(refusal.command_status), str(refusal)
        shown |= {
            "command": "submit_sm",
            "command_status": status,
            "status": status_label(status),  # as of other refused requests
            "reason": reason,
            "refused": {
                **_stop(message.stop),
                "command_status": status,
                "reason": reason,
            },
        }
    elif message.stop is not None:
        shown["stopped"] = _stop(message.stop)
    return shown


def refusal_as_json(request: RefusedRequest, sender: str, recipient: str) -> dict[str, Any]:
    """Return a refused request that is no message; addresses as they are shown."""
    return {
        "event": "refused",
        "id": None,
        "received_at": request.received_at.isoformat(),
        "command": request.command,
        "command_status": int(request.command_status),
        "status": status_label(request.command_status),
        "message_status": None,
        "reason": request.reason,
        "sender": sender,
        "to": recipient,
        "system_id": request.system_id,
    }


def change_as_json(message: SubmittedMessage, entries: Iterable[TimelineEntry]) -> dict[str, Any]:
    """Return what has become of a message, and what happened."""
    return {
        "event": "changed",
        "id": message.id,
        "message_ids": list(message.message_ids),
        "status": message.status,
        "message_status": message.status,
        "state": state_name(message.state),
        "error_code": message.error_code,
        "changes": [
            {"at": entry.at.isoformat(), "event": entry.event, "value": int(entry.value)}
            for entry in entries
        ],
    }


def stop_error_of(message: SubmittedMessage) -> int:
    """Return the delivery error of the rule that stops an accepted message; 0 for none."""
    return next((part.stop_error for part in message.submits if part.stop_error), 0)


def _stop(stop: RuleStop | None) -> dict[str, Any]:
    """Return the rule that stopped a message."""
    if stop is None:
        return {"rule": None, "twin": None, "retry_at": None}
    return {
        "rule": stop.rule,
        "twin": None if stop.twin is None else f"m-{stop.twin}",
        "retry_at": stop.retry_at.isoformat(),
    }
