"""`benchmarks/history.py`: what got slower since the last version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import history
import pytest
from history import Change

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = (4.0, 3.9, 4.1)


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        ((4.9, 4.7, 5.1), "slower"),
        ((4.9, 4.05, 5.9), "as before"),  # the quartiles overlap
        ((4.7, 4.6, 4.8), "as before"),  # apart, but by less than the noise between runs
        ((3.2, 3.1, 3.3), "faster"),
        ((3.2, 2.5, 3.95), "as before"),
        ((3.5, 3.4, 3.6), "as before"),
        (BEFORE, "as before"),
        (None, "not measured"),
    ],
)
def test_verdict_needs_more_than_the_noise(
    now: tuple[float, float, float] | None, verdict: str
) -> None:
    """A busy machine must not make a version look slower, nor hide what got slower."""
    assert verdict == Change("send", BEFORE, now).verdict


def test_row_that_the_last_version_does_not_have_is_new() -> None:
    """A benchmark that is added later has nothing to be compared with."""
    change = Change("send over TLS", None, BEFORE)

    assert ("new", None) == (change.verdict, change.factor)


def test_row_that_is_gone_is_shown() -> None:
    """A shape that is skipped here must not look as if it had been compared."""
    changes = history.compare({"send": BEFORE}, {"redis": BEFORE, "send": BEFORE})

    assert {"send": "as before", "redis": "not measured"} == {
        each.name: each.verdict for each in changes
    }


def test_last_version_is_the_highest_not_the_newest_file(tmp_path: Path) -> None:
    """0.10.0 follows 0.9.0, a version may be measured again later, a pre-release is none."""
    for version in ("0.10.0", "0.9.0", "0.2.0", "0.11.0.dev0", "1.0.0rc1"):
        history.keep(tmp_path, version, {"ratios": {"send": BEFORE}})

    last = history.last_version(tmp_path)

    assert last is not None
    assert "0.10.0" == last["version"]


def test_without_a_kept_version_there_is_nothing_to_compare(tmp_path: Path) -> None:
    """The first run of a fork has no history."""
    assert history.last_version(tmp_path) is None


def test_table_ends_with_what_got_slower(capsys: pytest.CaptureFixture[str]) -> None:
    """The one line that a reader looks for."""
    changes = [Change("send", BEFORE, (5, 4.9, 5.1)), Change("tls", BEFORE, BEFORE)]

    history.show(changes, "0.1.0")

    *_, last, advice = capsys.readouterr().out.splitlines()
    assert "slower than version 0.1.0 by more than the noise: send" == last
    assert "ratio.py REVISION ." in advice


def test_kept_versions_have_ratios_with_ordered_quartiles() -> None:
    """Rates and times differ from machine to machine; a file that was edited by hand shows here."""
    found = [json.loads(path.read_text(encoding="utf-8")) for _, path in history.versions()]

    assert found
    for data in found:
        assert data["ratios"]
        assert all(low <= middle <= high for middle, low, high in data["ratios"].values())


def test_what_cannot_be_measured_is_named() -> None:
    """Without redis-server there is no row, and a line says so."""
    data: dict[str, Any] = {"ratios": {}, "units": {}, "missing": []}

    history._miss(data, "rules in Redis", "redis-server isn't installed")

    assert ["NOT MEASURED: rules in Redis. redis-server isn't installed"] == data["missing"]
    assert {} == data["ratios"]


def test_run_ends_with_an_error_only_if_that_is_requested(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make bench` on a busy machine completes; STRICT=1 is for a quiet one."""
    import run  # noqa: PLC0415 - needs the path of the benchmarks

    data: dict[str, Any] = {"compared": {"ratios": {"send": (9.0, 8.9, 9.1)}}}
    monkeypatch.setattr(
        history, "last_version", lambda: {"version": "1", "ratios": {"send": BEFORE}}
    )

    changes = run.compare(data)

    assert 0 == run.exit_code(changes, is_strict=False)
    assert 2 == run.exit_code(changes, is_strict=True)
    assert 0 == run.exit_code([], is_strict=True)
    assert "slower" == data["changes"]["rows"][0][-1]
