"""The code of the pages on the simulator runs, and their tables say what the code does.

Rule: a block of Python on these pages is a complete file of tests, so it is run as one.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from enum import IntEnum
from pathlib import Path
from typing import Any, get_args

import pytest

from pdu import CommandStatus, MessageState
from smsc_async.rules.limits import GatewayLimits
from smsc_async.simulator import Chaos, Fate, Scenario
from smsc_async.simulator.chaos import STAGES
from smsc_async.simulator.magic import MAGIC_NUMBERS, MAGIC_PREFIX
from smsc_async.simulator.records import TimelineEvent
from smsc_async.simulator.scenario_file import read_scenario

DOCS = Path(__file__).parents[2] / "docs"
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOML = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MAGIC_ROW = re.compile(r"^\| `(\d+) (\d) (\d{3})`(?:–`(\d{3})`)? \| (.+) \|$", re.MULTILINE)
FIELD_ROW = re.compile(r"^\| `(\w+)` \| `?([^`|]+?)`? \| .+ \|$", re.MULTILINE)

both_languages = pytest.mark.parametrize("language", ["en", "ru"])


def page(language: str, name: str) -> str:
    """Return the text of a page."""
    return (DOCS / language / f"{name}.md").read_text(encoding="utf-8")


def written(default: object) -> str:
    """Return a default as the table of fields writes it."""
    if isinstance(default, IntEnum):
        return default.name
    return str(int(default)) if isinstance(default, float) and default % 1 == 0 else str(default)


@pytest.mark.takes_up_to(60, reason="a process runs the tests of a page")
@pytest.mark.parametrize("name", ["testing", "magic-numbers", "scenarios"])
def test_blocks_of_a_page_pass_as_tests(name: str, tmp_path: Path) -> None:
    """Copied into a file by a reader, each passes; a warning is a failure, too."""
    blocks = PYTHON.findall(page("en", name))
    for number, block in enumerate(blocks, 1):
        (tmp_path / f"test_block_{number}.py").write_text(block, encoding="utf-8")
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto"]
    options += ["-o", "asyncio_default_fixture_loop_scope=function"]
    done = subprocess.run(  # noqa: S603 - our own page
        [sys.executable, "-m", "pytest", *options, f"--rootdir={tmp_path}", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONASYNCIODEBUG": ""},
    )

    assert blocks
    assert 0 == done.returncode, done.stdout


@both_languages
def test_page_lists_every_magic_number(language: str) -> None:
    """The table of the page is that of the code; in English also its words."""
    rows = MAGIC_ROW.findall(page(language, "magic-numbers"))
    expected = [
        (MAGIC_PREFIX, str(number.what), *number.which.partition("-")[::2])
        for number in MAGIC_NUMBERS
    ]

    assert expected == [row[:4] for row in rows]
    if language == "en":
        assert [number.description for number in MAGIC_NUMBERS] == [row[4] for row in rows]


@both_languages
def test_page_lists_every_field_of_a_scenario_with_its_default(language: str) -> None:
    """A setting that no page names isn't found; two have a default that only words describe."""
    text = page(language, "scenarios")
    rows = dict(FIELD_ROW.findall(text[: text.index("```sh")]))
    expected = {one.name: written(getattr(Scenario(), one.name)) for one in fields(Scenario)}
    in_words = {name: rows[name] for name in ("rules", "hlr")}

    assert {**expected, **in_words} == rows


@both_languages
@pytest.mark.parametrize("kind", [GatewayLimits, Fate, Chaos])
def test_page_lists_the_keys_of_the_tables_in_a_file(language: str, kind: type[Any]) -> None:
    """The error of an unknown key leads to the page."""
    text = page(language, "scenarios")
    tables = text[text.index("```toml") :]

    assert [] == [one.name for one in fields(kind) if f"| `{one.name}` |" not in tables]


@both_languages
def test_pages_list_the_events_of_a_timeline(language: str) -> None:
    """A program reads them, in Python and as JSON."""
    events = set(get_args(TimelineEvent))
    tests, commands = page(language, "testing"), page(language, "command-line")

    assert events == {event for event in events if f"| `{event}` |" in tests}
    assert events - {"received", "receipt"} == {
        event for event in events if f"`{event}`" in commands
    }


@both_languages
def test_file_of_the_page_is_read(language: str) -> None:
    """A reader begins with it: scenario, fates by number and chaos."""
    (text,) = TOML.findall(page(language, "scenarios"))
    setup = read_scenario(text)

    assert {"shop": "secret"} == setup.scenario.accounts
    assert (2.5, None) == (setup.scenario.receipt_delay, setup.scenario.inactivity_timeout)
    assert setup.scenario.rules is not None
    assert (10, 60) == (setup.scenario.rules.rate, setup.scenario.rules.repeat_window)
    assert ("MTS", "Finland") == (setup.scenario.hlr.network, setup.scenario.hlr.roaming_country)
    assert {
        "79991234567": Fate(state=MessageState.UNDELIVERABLE, error_code=6, after=5),
        "79991234568": Fate(answer="refuse", command_status=CommandStatus.ESME_RTHROTTLED),
        "79991234569": Fate(reply="СТОП"),
    } == setup.fates
    assert Chaos(answer_late=10, outcome=5, seed=17, seconds=1800) == setup.chaos
    assert ("off", MAGIC_PREFIX) == (setup.hold, setup.magic_prefix)


@both_languages
def test_page_on_tests_explains_fates_and_stages(language: str) -> None:
    """Each field of a fate and each stage of chaos is on the page."""
    text = page(language, "testing")

    assert [] == [stage for stage in STAGES if f"| `{stage}` |" not in text]
    assert [] == [one.name for one in fields(Fate) if f"{one.name}=" not in text]
