"""Requests to the simulator, field by field, and octets that our encoder refuses to write."""

from __future__ import annotations

from typing import Any

from pdu import Pdu, QuerySm, SubmitSm
from pdu.fields import COctetString


def submit(text: str = "Code 4821", **fields: Any) -> SubmitSm:  # noqa: ANN401 - any field of a submit_sm
    """Return a submit_sm of an ASCII text that requests a receipt."""
    values: dict[str, Any] = {
        "source_addr_ton": 5,
        "source_addr": "Shop",
        "dest_addr_ton": 1,
        "dest_addr_npi": 1,
        "destination_addr": "79991234567",
        "registered_delivery": 1,
        "data_coding": 4,
        "short_message": text.encode("ascii"),
    }
    return SubmitSm(**values | fields)


def query(message_id: str, **fields: Any) -> QuerySm:  # noqa: ANN401 - any field of a query_sm
    """Return a query_sm about a message of `submit`."""
    values: dict[str, Any] = {"source_addr_ton": 5, "source_addr": "Shop"}
    return QuerySm(message_id=message_id, **values | fields)


def with_fields(pdu: Pdu, **fields: Any) -> bytes:  # noqa: ANN401 - any value of a field
    """Return the octets of a PDU whose fields have values that our encoder refuses."""
    body = b""
    for name, field in type(pdu).fields.items():
        value = fields.get(name, getattr(pdu, name))
        if name == "short_message":
            body += bytes([len(value)]) + value
        elif name == "tlvs":
            for tag, octets in value:
                body += tag.to_bytes(2, "big") + len(octets).to_bytes(2, "big") + octets
        elif isinstance(field, COctetString):
            body += value.encode("latin-1") + b"\0"
        else:
            body += bytes([value])
    head = 16 + len(body), pdu.command_id, 0, 77
    return b"".join(number.to_bytes(4, "big") for number in head) + body
