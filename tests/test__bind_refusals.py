"""Each refusal of a bind names a remedy."""

from __future__ import annotations

import pytest

from pdu import CommandStatus
from smsc_async._bind_refusals import WRONG_CREDENTIALS, remedy_of


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (CommandStatus.ESME_RINVPASWD, "check login and password; SMSC.ru blocks"),
        (CommandStatus.ESME_RINVSYSID, "check login and password; SMSC.ru blocks"),
        (CommandStatus.ESME_RINVSYSTYP, "system_type"),
        (CommandStatus.ESME_RALYBND, "lower binds"),
        (CommandStatus.ESME_RINVCMDID, "another mode"),
        (CommandStatus.ESME_RTHROTTLED, "later"),
        (CommandStatus.ESME_RSYSERR, "later"),
        (CommandStatus.ESME_RBINDFAIL, "permits SMPP"),
        (0x400, "permits SMPP"),
        (0xFFFF_FFFF, "permits SMPP"),
    ],
)
def test_remedy_follows_the_status(status: int, said: str) -> None:
    """An unknown status has the remedy for what usually is wrong."""
    assert said in remedy_of(status)


def test_every_status_has_a_remedy_in_the_style_of_errors() -> None:
    """Lower case, without a full stop: it ends a sentence."""
    for status in CommandStatus:
        remedy = remedy_of(status)
        assert remedy[0].islower()
        assert not remedy.endswith(".")


def test_only_wrong_credentials_end_the_attempts() -> None:
    """Each of them blames the settings."""
    for status in WRONG_CREDENTIALS:
        assert "check" in remedy_of(status)
        assert "later" not in remedy_of(status)
