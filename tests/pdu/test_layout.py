"""A declaration as a flat list of steps."""

from __future__ import annotations

from typing import Any

import pytest

from pdu import SmeAddress, SubmitMulti, SubmitSm, SubmitSmResp, Unbind
from pdu.fields import Body, Field, Integer, Record
from pdu.layout import Nested, Number, Octets, Text, Tlvs, Unsupported, walk


def body(**fields: Field[Any]) -> Body:
    """Return a body of these fields."""
    return Body(fields, {}, may_end_early=False)


def test_steps_are_the_fields_in_the_order_of_the_wire() -> None:
    """Each with the limits that its declaration states."""
    steps = walk(SubmitSm.construct)

    assert [*SubmitSm.fields] == [step.name for step in steps]
    assert isinstance(steps[0], Text)
    assert ("service_type", True) == (steps[0].name, steps[0].steady)
    assert [True, False] == [steps[0].takes(5), steps[0].takes(6)]
    assert isinstance(steps[7], Number)
    assert ("esm_class", 1) == steps[7][:2]
    assert Octets("short_message", 254) == steps[16]
    assert Tlvs("tlvs") == steps[17]


def test_list_of_records_is_left_to_its_construct() -> None:
    """submit_multi is rare; its destinations needn't be quick."""
    assert Nested("dest_address", SubmitMulti.fields["dest_address"]) in walk(SubmitMulti.construct)


def test_header_only_pdu_has_no_step_but_its_tlvs() -> None:
    """And its response the same."""
    assert [Tlvs("tlvs")] == walk(Unbind.construct)
    assert ["message_id", "tlvs"] == [step.name for step in walk(SubmitSmResp.construct)]


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        (Record(SmeAddress, Integer(1), Integer(1), Integer(1)), "Record"),
        (Integer(3), "Integer"),
        (Integer(8), "Integer"),
    ],
)
def test_field_that_no_step_stands_for_is_named(field: Field[Any], kind: str) -> None:
    """There is no silent way round: a field is walked, or it says that it isn't."""
    with pytest.raises(Unsupported, match=f"odd: no step stands for a {kind}"):
        walk(body(good=Integer(1), odd=field))
