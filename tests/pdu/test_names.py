"""What commands and statuses are called in logs, errors and dumps."""

from __future__ import annotations

import pytest

from pdu.names import command_name, status_label, status_name


@pytest.mark.parametrize(
    ("command_id", "name"),
    [
        (4, "submit_sm"),
        (0x80000004, "submit_sm_resp"),
        (0x80000000, "generic_nack"),
        (0x0001ABCD, "0x0001ABCD"),
    ],
)
def test_command_is_called_as_in_the_specification(command_id: int, name: str) -> None:
    """In lower case, as the specification writes it; a vendor's command by its number."""
    assert name == command_name(command_id)


@pytest.mark.parametrize(
    ("status", "name", "label"),
    [
        (0, "ESME_ROK", "ESME_ROK (0x00000000)"),
        (0x58, "ESME_RTHROTTLED", "ESME_RTHROTTLED (0x00000058)"),
        (0x4AB, "0x000004AB", "status (0x000004AB)"),
    ],
)
def test_status_is_called_as_people_search_for_it(status: int, name: str, label: str) -> None:
    """Errors give the number too: gateways list their own statuses by number."""
    assert (name, label) == (status_name(status), status_label(status))


def test_status_of_a_wrong_type_shows_its_type() -> None:
    """A repr of a PDU that can't be encoded must not raise."""
    assert "<str>" == status_label("ESME_ROK")
