"""Type of number and numbering plan of the addresses."""

from __future__ import annotations

import pytest

from smsc_async.config import SmscConfig
from smsc_async.gateway.addressing import DEFAULT_ADDRESSING, Addressing


@pytest.mark.parametrize(
    ("sender", "expected"),
    [("Shop", (5, 1)), ("79991234567", (1, 1)), ("", (5, 1)), (".", (5, 1)), ("Shop24", (5, 1))],
)
def test_sender_of_the_gateway_is_a_name_or_a_number(
    sender: str, expected: tuple[int, int]
) -> None:
    """As the gateway's sample has it: an empty one is a name."""
    assert expected == DEFAULT_ADDRESSING.of_sender(sender)


@pytest.mark.parametrize(
    ("addressing", "expected"),
    [
        (Addressing(is_smsc_ru=False), (0, 0)),
        (Addressing(is_smsc_ru=False, source_ton=2, source_npi=8), (2, 8)),
        (Addressing(is_smsc_ru=False, source_npi=9), (0, 9)),
        (Addressing(source_ton=3), (3, 1)),
        (Addressing(source_npi=6), (5, 6)),
    ],
)
def test_empty_sender_elsewhere_is_unknown(
    addressing: Addressing, expected: tuple[int, int]
) -> None:
    """Type and plan 0 (v3.4 §5.2.5), unless the settings say otherwise."""
    assert expected == addressing.of_sender("")


@pytest.mark.parametrize(
    ("url", "is_smsc_ru"),
    [
        ("smsc://u:p@", True),
        ("smpp://u:p@SMPP.SMSC.RU.:2775", True),
        ("smpps://u:p@192.0.2.1?server_hostname=smpp.smsc.ru", True),
        ("smpp://u:p@notsmsc.ru", False),
        ("smpp://u:p@192.0.2.1", False),
        ("sim://", True),
    ],
)
def test_gateway_is_known_by_its_name(url: str, is_smsc_ru: bool) -> None:  # noqa: FBT001 - parametrized
    """That of a host, or of the certificate; the simulator is the gateway."""
    addressing = Addressing.from_config(SmscConfig.from_url(url))

    assert is_smsc_ru is addressing.is_smsc_ru


def test_settings_of_the_config_are_taken() -> None:
    """Each under its own name."""
    url = "smpp://u:p@192.0.2.1?source_ton=1&source_npi=2&dest_ton=3&dest_npi=4"

    assert Addressing(
        source_ton=1, source_npi=2, dest_ton=3, dest_npi=4, is_smsc_ru=False
    ) == Addressing.from_config(SmscConfig.from_url(url))
