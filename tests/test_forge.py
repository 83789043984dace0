"""Files of `.github` and of pre-commit: they are read elsewhere, so a mistake shows late.

Rule: no reader of YAML is installed with the project, so the files keep to a part of it that is
easy to check: a key or an item a line, indented by two blanks, values without special characters
or quoted, longer texts as blocks.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pythons import promised

ROOT = Path(__file__).parents[1]
FORGE = ROOT / ".github"
FILES = [*sorted(FORGE.rglob("*.yml")), ROOT / ".pre-commit-config.yaml"]
WORKFLOWS = sorted((FORGE / "workflows").glob("*.yml"))
FORMS = sorted(
    set((FORGE / "ISSUE_TEMPLATE").glob("*.yml")) - {FORGE / "ISSUE_TEMPLATE/config.yml"}
)

LINE = re.compile(r"(?P<indent>(?:  )*)(?P<items>(?:- )*)(?:(?P<key>[\w-]+):(?: |$))?(?P<value>.*)")
BLOCK = re.compile(r"[|>]-?")
QUOTED = re.compile(r'"[^"\\]*"|\'[^\']*\'')
LISTED = re.compile(r"\[[\w.\-\"', ]*\]")


def mistakes(text: str) -> list[str]:
    """Return the lines that may mean something else than they seem to.

    Args:
        text: Of a YAML file.
    """
    found, block = [], -1
    keys: dict[int, set[str]] = {}
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip(" "))
        if not line.strip() or indent > block >= 0:
            continue
        block = -1
        if line.lstrip().startswith("#"):
            continue
        match = LINE.fullmatch(line)
        if match is None or not (match["key"] or match["items"]) or not is_plain(match["value"]):
            found.append(line)
            continue
        depth = indent + len(match["items"])
        keys = {other: names for other, names in keys.items() if other <= depth}
        names = keys.setdefault(depth, set())
        if match["items"]:
            names.clear()
        if match["key"]:
            found += [line] if match["key"] in names else []
            names.add(match["key"])
        if BLOCK.fullmatch(match["value"]):
            block = depth if match["key"] else indent
    return found


def is_plain(value: str) -> bool:
    """Return whether a value is what it seems: empty, quoted, a list, a block or plain."""
    value = re.sub(r"(?:^| )#.*", "", value).strip()
    if not value or BLOCK.fullmatch(value) or QUOTED.fullmatch(value) or LISTED.fullmatch(value):
        return True
    value = value.replace("${{", "").replace("}}", "")
    return not re.match(r"[\[\]{}*&!|>'\"%@`,?:-]", value) and ": " not in value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_file_keeps_to_the_plain_part_of_yaml(path: Path) -> None:
    """A key twice, a colon in a sentence or a tab is an error only on the server."""
    text = path.read_text(encoding="utf-8")

    assert text.endswith("\n")
    assert "\t" not in text
    assert [] == mistakes(text)


@pytest.mark.parametrize(
    "line",
    [
        "run: echo a: b",
        " name: odd",
        "name: *anchor",
        "name: 'open",
        "name: a\nname: b",
        "jobs:\n  a: 1\n  b: 2\n  a: 3",
        "- id: a\n  id: b",
        "a:\n  alone",
    ],
)
def test_what_may_mean_something_else_is_found(line: str) -> None:
    """Each is invalid YAML, or a text other than the one that stands there."""
    assert mistakes(line)


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  - b: 1\n    c: 2\n  - b: 3",
        "a: |\n  any: thing: 'here\n\n  more\nb: 1",
        "a: [x, 'y']",
    ],
    ids=["items", "block", "list"],
)
def test_plain_yaml_has_no_mistakes(text: str) -> None:
    """Items have keys of their own, and a block may have anything."""
    assert [] == mistakes(text)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_may_only_read_and_runs_pinned_actions(path: Path) -> None:
    """A tag can be moved to other code; a commit can't."""
    text = path.read_text(encoding="utf-8")
    uses = re.findall(r"uses: (\S+)( # v\d+\.\d+\.\d+)?$", text, re.MULTILINE)

    assert "\npermissions:\n  contents: read\n" in text
    assert uses
    assert len(uses) == text.count("uses:")
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) and tag for action, tag in uses)


def test_workflow_runs_on_every_promised_python() -> None:
    """The classifiers are a promise, and the matrix keeps it."""
    text = (FORGE / "workflows" / "ci.yml").read_text(encoding="utf-8")
    (matrix,) = re.findall(r"python: \[(.*)\]", text)

    assert promised() == re.findall(r"[\d.]+", matrix)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_form_has_what_the_server_requires(path: Path) -> None:
    """Without name, description or body a form isn't offered; ids are unique."""
    text = path.read_text(encoding="utf-8")
    ids = re.findall(r"^    id: (\w+)$", text, re.MULTILINE)

    assert ["name", "description", "labels", "body"] == re.findall(r"^(\w+):", text, re.MULTILINE)
    assert (
        len(ids) == len(set(ids)) == len(re.findall(r"^  - type: (?!markdown)", text, re.MULTILINE))
    )


def test_hooks_call_the_projects_own_programs() -> None:
    """One version of each tool: that of `constraints.txt`."""
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    programs = re.findall(r"entry: (\S+)", text)

    assert [".venv/bin/ruff", ".venv/bin/ruff", ".venv/bin/codespell"] == programs
    assert len(programs) == text.count("language: system")
