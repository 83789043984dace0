"""Type checkers as users run them: every example passes in strict mode, a misspelt name doesn't.

Rule: the checkers run away from the project, so its settings for them don't count. What they know
of the public API is in `api.py`.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "README.ru.md", *sorted((ROOT / "docs").glob("??/*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# Around a block that imports nothing: it continues the page's text.
FRAGMENT = """\
# pyright: reportUnusedImport=false, reportUnusedVariable=false
import asyncio
from typing import Protocol

from smsc_async import MessageState, Receipt, Sms, SmscClient


class Database(Protocol):
    async def update(self, message_id: str, state: MessageState | int | None) -> None: ...


async def fragment(smsc: SmscClient, message: Sms, database: Database) -> None:
"""
# Django has no types of its own: its names are unknown to pyright, and untyped to mypy.
UNTYPED = '# mypy: disable-error-code="import-untyped, untyped-decorator"\n# pyright: basic\n'
UNTYPED += "# pyright: reportArgumentType=false, reportAttributeAccessIssue=false\n"

MISSPELT = """\
from smsc_async import SmscClien
from smsc_async import RedisRuleStor
from smsc_async import Smss, Email
from smsc_async.outbox import Outbx
from smsc_async.simulator import Simulatr
from smsc_async.contrib.callback import StatusCallbak
from smsc_async.stores import MemoryRuleStor
from smsc_async.instrumentation import Hok
from pdu import SubmtSm
from pdu.text import body_octet
import smsc_async, pdu; smsc_async.Recept
pdu.decod(b"")
smsc_async.SmscClient("sim://").sent
"""
RIGHT = """\
import pdu
import smsc_async
from smsc_async import RedisRuleStore

store: smsc_async.RuleStore = RedisRuleStore("redis://127.0.0.1", account="shop")
client: smsc_async.SmscClient = smsc_async.SmscClient("sim://", store=smsc_async.MemoryRuleStore())
octets: bytes = pdu.encode(pdu.EnquireLink())
"""


def as_module(code: str) -> str:
    """Return a block as a module that a checker can read."""
    if "import " not in code:
        return FRAGMENT + indent(code, "    ")
    return UNTYPED + code if "from django" in code else code


def write_examples(folder: Path) -> dict[str, str]:
    """Write every example into a file of its own; return names for people by file name."""
    named = {}
    for page in PAGES:
        for number, code in enumerate(BLOCK.findall(page.read_text(encoding="utf-8"))):
            name = str(page.relative_to(ROOT))
            file = re.sub(r"\W", "_", f"{name}_{number}") + ".py"
            (folder / file).write_text(as_module(code), encoding="utf-8")
            named[file] = f"{name}, block {number + 1}"
    for script in sorted((ROOT / "examples").glob("*.py")):
        code = script.read_text(encoding="utf-8")
        (folder / f"examples_{script.name}").write_text(as_module(code), encoding="utf-8")
        named[f"examples_{script.name}"] = f"examples/{script.name}"
    return named


Errors = dict[str, dict[int, str]]
"""Errors by file and line."""


def run_mypy(folder: Path) -> Errors:
    """Return what `mypy --strict` finds."""
    files = [file.name for file in folder.glob("*.py")]
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=cache"]
    command += ["--no-pretty", "--hide-error-context", "--no-color-output"]
    done = subprocess.run(  # noqa: S603 - a fixed command
        [*command, *files], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    errors: Errors = {}
    for file, line, text in re.findall(r"^(.+?):(\d+): error: (.*)$", done.stdout, re.MULTILINE):
        errors.setdefault(file, {})[int(line)] = text
    return errors


def run_pyright(folder: Path) -> Errors:
    """Return what pyright finds in strict mode; basedpyright brings its own node."""
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "include": ["*.py"]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--outputjson"]
    command += ["--pythonpath", sys.executable, "--project", str(folder)]
    done = subprocess.run(  # noqa: S603 - a fixed command
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    errors: Errors = {}
    for one in json.loads(done.stdout)["generalDiagnostics"]:
        if one["severity"] == "error":
            line = one["range"]["start"]["line"] + 1
            errors.setdefault(Path(one["file"]).name, {})[line] = one["message"]
    return errors


CHECKERS = {"mypy": run_mypy, "basedpyright": run_pyright}


@pytest.fixture(scope="module", params=CHECKERS)
def checked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, str], Errors]:
    """The examples' names, and all errors of one run of a checker."""
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} isn't installed: `make test` has it in .venv only")
    folder = tmp_path_factory.mktemp(request.param)
    named = write_examples(folder)
    (folder / "misspelt.py").write_text(MISSPELT, encoding="utf-8")
    (folder / "right.py").write_text(RIGHT, encoding="utf-8")
    return named, CHECKERS[request.param](folder)


def test_every_example_passes_in_strict_mode(checked: tuple[dict[str, str], Errors]) -> None:
    """A reader pastes it into a project that is checked so."""
    named, errors = checked

    assert len(named) > 40
    assert {} == {named[file]: found for file, found in errors.items() if file in named}


def test_misspelt_name_is_an_error(checked: tuple[dict[str, str], Errors]) -> None:
    """A module's `__getattr__` hides misspelt imports from checkers, so that they fail in use."""
    _, errors = checked

    assert [*range(1, MISSPELT.count("\n") + 1)] == sorted(errors["misspelt.py"])
    assert "right.py" not in errors


@pytest.mark.parametrize("package", ["pdu", "smsc_async"])
def test_no_module_shows_checkers_a_getattr(package: str) -> None:
    """Under it every name of the module exists."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    files = sorted(Path(spec.origin).parent.rglob("*.py"))

    assert files
    assert [] == [
        str(file)
        for file in files
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__"
    ]
