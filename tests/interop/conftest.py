"""Fixtures: another project's SMSC behind a recording proxy, and tshark to check the PDUs.

Rule: tshark checks all PDUs at the end of every test in this folder. Tests with broken octets don't
use `wire`.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from counterparts import Counterpart, net_smpp_smsc, node_smsc, smpp34_smsc
from wire import Dissected, Recorder, dissect, recording

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

if importlib.util.find_spec("smsc_async.client.client") is None:
    collect_ignore = [
        "test_client.py",
        "test_foreign_clients.py",
    ]  # `pdu` is tested without the client


@dataclass(frozen=True, slots=True)
class Wire:
    """Another project's SMSC, the proxy before it, and the recorded traffic.

    Args:
        smsc: The counterpart.
        recorder: The proxy that a client connects to.
        folder: Folder for tshark's capture.
        options: Settings that this SMSC needs, as the query of a URL.
    """

    smsc: Counterpart
    recorder: Recorder
    folder: Path
    options: str = ""

    def url(self, *, bad: bool = False) -> str:
        """Return the URL of the proxy, for a client with the right or with a bad password."""
        return (
            f"smpp://shop:{'bad' if bad else 'secret'}@127.0.0.1:{self.recorder.port}{self.options}"
        )

    def judged(self) -> list[Dissected]:
        """Return tshark's dissection of all PDUs; a malformed PDU fails the test."""
        dissected = dissect(self.recorder.frames, self.folder)
        complaints = [each.complaint for each in dissected if each.complaint]
        assert [] == complaints
        return dissected

    def submitted(self) -> list[Dissected]:
        """Return tshark's dissection of every submit_sm."""
        return [each for each in self.judged() if each.command_id == 0x00000004]


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Wire]:
    """Run npm's `smpp` as the SMSC."""
    async with node_smsc() as smsc, recording(smsc.port) as recorder:
        yield Wire(smsc, recorder, tmp_path)


@pytest.fixture
async def smpp34(tmp_path: Path) -> AsyncGenerator[Wire]:
    """Run PyPI's `smpp34` as the SMSC: ids are hexadecimal in responses, decimal in receipts."""
    async with smpp34_smsc() as smsc, recording(smsc.port) as recorder:
        yield Wire(smsc, recorder, tmp_path, "?message_ids=response_hex")


@pytest.fixture
async def net_smpp(tmp_path: Path) -> AsyncGenerator[Wire]:
    """Run Perl's Net::SMPP as the SMSC."""
    async with net_smpp_smsc() as smsc, recording(smsc.port) as recorder:
        yield Wire(smsc, recorder, tmp_path)


@pytest.fixture(params=["node", "smpp34", "net_smpp"])
def wire(request: pytest.FixtureRequest) -> Wire:
    """Run the test against each counterpart."""
    found: Wire = request.getfixturevalue(request.param)
    return found
