"""A submit_sm as the simulated SMSC reads it, and the record of an accepted one.

Rule: pure functions of the request, its link and the scenario.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pdu.text.coding import TextCoding
from pdu.text.reassembly import segment_of
from smsc_async.gateway.coding import DEFAULT_SETTINGS, TextSettings, decode
from smsc_async.simulator.fates import ORDINARY
from smsc_async.simulator.message_text import parse_message
from smsc_async.simulator.pdus import charged_parts, flags_of
from smsc_async.simulator.records import SubmittedPart
from smsc_async.simulator.scenario import SubmitView

if TYPE_CHECKING:
    from datetime import datetime

    from pdu import SubmitSm
    from pdu.text import Segment
    from smsc_async.simulator.accounts import ClientLink
    from smsc_async.simulator.fates import Fate
    from smsc_async.simulator.scenario import Scenario


class ReceivedSubmit(NamedTuple):
    """A submit_sm, what it says, and which part of a message it is."""

    pdu: SubmitSm
    view: SubmitView
    segment: Segment


def text_settings(scenario: Scenario, system_type: str) -> TextSettings:
    """Return how texts are coded on a link that is bound now."""
    alphabet = scenario.default_alphabet
    return TextSettings(
        latin1=alphabet is None and system_type == "ISO",
        default=None if alphabet is None else TextCoding[alphabet.upper()],
        packed=scenario.packed_gsm,
    )


def read_submit(link: ClientLink, pdu: SubmitSm) -> ReceivedSubmit:
    """Read a submit_sm: its text, and which part of a message it is."""
    segment = segment_of(pdu, link.settings.packed_codings)
    text = decode(segment.payload, pdu.data_coding, link.settings)
    view = SubmitView(
        link.account.system_id,
        pdu.source_addr,
        pdu.destination_addr,
        text,
        segment.payload,
        pdu.data_coding,
    )
    return ReceivedSubmit(pdu, view, segment)


def accepted_part(
    number: int,
    submit: ReceivedSubmit,
    error: int,
    scenario: Scenario,
    *,
    at: datetime,
    fate: Fate = ORDINARY,
    link: int = 0,
    settings: TextSettings = DEFAULT_SETTINGS,
) -> SubmittedPart:
    """Return the record of an accepted submit_sm.

    Args:
        number: Of the message_id.
        submit: The request.
        error: Delivery error code with which a rule stops the message; 0 for none.
        scenario: In force when it was accepted.
        at: Time of acceptance.
        fate: What becomes of it, beside what the scenario says.
        link: Number of the link that it came over.
        settings: How texts are coded on the link.
    """
    pdu, view, segment = submit
    is_single = segment.total == 1
    # Every other kind than an SMS begins so (hot path).
    is_markup = is_single and view.text is not None and view.text.startswith("__")
    message = parse_message(view.text, view.recipient, view.sender) if is_markup else None
    return SubmittedPart(
        number=number,
        system_id=view.system_id,
        sender=view.sender,
        recipient=view.recipient,
        source=(pdu.source_addr_ton, pdu.source_addr_npi),
        dest=(pdu.dest_addr_ton, pdu.dest_addr_npi),
        registered_delivery=pdu.registered_delivery,
        text=view.text,
        flags=flags_of(message, pdu.data_coding),
        charged=charged_parts(segment.payload, pdu.data_coding, settings) if is_single else 1,
        scenario=scenario,
        submitted_at=at,
        sequence=segment.sequence,
        link=link,
        sequence_number=pdu.sequence_number,
        stop_error=error,
        fate=fate,
    )
