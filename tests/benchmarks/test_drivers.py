"""`benchmarks/drivers.py`: the other clients, of which a machine may have none."""

from __future__ import annotations

from pathlib import Path

import drivers
import pytest
from drivers import EVERYBODY, Driver


@pytest.mark.parametrize("script", ["peers/drive_node.js", "peers/drive_smpp34.py"])
def test_client_that_is_not_installed_has_no_version(
    script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named as missing; the run goes on without it."""
    monkeypatch.setattr(drivers, "NODE_MODULES", Path("/nowhere"))

    assert "" == Driver("other", script, package="no_such_package").version


def test_each_driver_is_a_script_that_exists() -> None:
    """A driver that was renamed would only be missed by the next `make bench`."""
    assert all((drivers.HERE / driver.script).exists() for driver in EVERYBODY)
