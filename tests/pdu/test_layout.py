"""A declaration as a flat list of steps."""

from __future__ import annotations

from typing import Any

import pytest

from pdu import SmeAddress, SubmitMulti, SubmitSm, SubmitSmResp, Unbind
from pdu.fields import Body, Field, Integer, Record
from pdu.layout import Nested, Number, Octets, Text, Tlvs, UnsupportedFieldError, steps_of


def body(**fields: Field[Any]) -> Body:
    """Return a body of these fields."""
    return Body(fields, {}, may_end_early=False)


def test_steps_are_the_fields_in_the_order_of_the_wire() -> None:
    """Each with the limits that its declaration states."""
    steps = steps_of(SubmitSm.construct)

    assert [*SubmitSm.fields] == [step.name for step in steps]
    assert isinstance(steps[0], Text)
    assert ("service_type", True) == (steps[0].name, steps[0].steady)
    assert [True, False] == [steps[0].takes(5), steps[0].takes(6)]
    assert isinstance(steps[7], Number)
    assert ("esm_class", 1) == steps[7][:2]
    assert Octets("short_message", 254) == steps[16]
    assert Tlvs("tlvs") == steps[17]


def test_list_of_records_is_left_to_its_construct() -> None:
    """submit_multi is rare; its destinations needn't be fast."""
    assert Nested("dest_address", SubmitMulti.fields["dest_address"]) in steps_of(
        SubmitMulti.construct
    )


def test_header_only_pdu_has_no_step_but_its_tlvs() -> None:
    """A header-only PDU may carry TLVs, as its response may."""
    assert [Tlvs("tlvs")] == steps_of(Unbind.construct)
    assert ["message_id", "tlvs"] == [step.name for step in steps_of(SubmitSmResp.construct)]


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        (Record(SmeAddress, Integer(1), Integer(1), Integer(1)), "Record"),
        (Integer(3), "Integer"),
        (Integer(8), "Integer"),
    ],
)
def test_field_that_no_step_stands_for_is_named(field: Field[Any], kind: str) -> None:
    """No field is skipped silently: its octets would be missing."""
    with pytest.raises(UnsupportedFieldError, match=f"odd: no step stands for a {kind}"):
        steps_of(body(good=Integer(1), odd=field))
