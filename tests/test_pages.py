"""All Markdown of the project: links lead somewhere, languages agree, drawings are complete."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smsc_async import Health, Sms, Stats

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    path
    for folder in (ROOT, DOCS, ROOT / "benchmarks", ROOT / ".github")
    for path in (folder.glob("*.md") if folder is ROOT else folder.rglob("*.md"))
)
ENGLISH = sorted((DOCS / "en").glob("*.md"))
ON_THE_WHEEL = not (ROOT / "pdu").is_dir()

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(path: Path) -> str:
    """Name a page for the name of a test."""
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    """Return a page without its blocks of code."""
    return BLOCK.sub("", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(path)))
    return {heading.replace(" ", "-") for heading in words}


def blocks(path: Path) -> list[tuple[str, str]]:
    """Return the blocks of code of a page with their languages, without what is translated."""
    found = BLOCK.findall(path.read_text(encoding="utf-8"))
    return [(language, untranslated(language, code)) for language, code in found]


def untranslated(language: str, code: str) -> str:
    """Return code without its comments; nothing of a text for people."""
    if language == "python":
        return ast.unparse(ast.parse(code))
    if language == "sh":
        lines = (re.sub(r"(?:^| +)# .*", "", line) for line in code.splitlines())
        return "\n".join(line for line in lines if line.strip())
    return ""


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_what_exists(page: Path) -> None:
    """Files move and headings are reworded; a reader finds out too late."""
    broken = []
    for target in LINK.findall(re.sub(r"`[^`\n]*`", "", prose(page))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(target)

    assert [] == broken


def test_both_languages_have_the_same_pages() -> None:
    """A page that only one language has is one that half of the readers never find."""
    russian = sorted((DOCS / "ru").glob("*.md"))

    assert ENGLISH
    assert [page.name for page in ENGLISH] == [page.name for page in russian]


@pytest.mark.parametrize("page", ENGLISH, ids=name_of)
def test_both_languages_have_the_same_code(page: Path) -> None:
    """Comments are translated, code isn't; each page links to its other language."""
    russian = DOCS / "ru" / page.name

    assert blocks(page) == blocks(russian)
    assert f"(../ru/{page.name})" in prose(page)
    assert f"(../en/{page.name})" in prose(russian)


@pytest.mark.parametrize("page", ENGLISH, ids=name_of)
def test_index_has_every_page(page: Path) -> None:
    """The READMEs link to the index, and the index to the rest."""
    for language in ("en", "ru"):
        index = DOCS / language / "README.md"
        assert page.name == index.name or f"({page.name})" in prose(index)


def layers() -> list[list[str]]:
    """Return the layers of import-linter's contract, the highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (contract,) = [one for one in contracts if one["type"] == "layers"]
    return [re.split(r" [|:] ", layer) for layer in contract["layers"]]


def test_drawing_of_the_floors_shows_every_room_in_its_order() -> None:
    """The contract is what is checked; the drawing is what is read."""
    drawing = BLOCK.findall((DOCS / "architecture.md").read_text(encoding="utf-8"))[0][1]
    rows = [set(re.findall(r"\w+", line)) for line in drawing.splitlines()]
    where = {
        module: [number for number, row in enumerate(rows) if module in row]
        for layer in layers()
        for module in layer
    }

    assert {} == {module: found for module, found in where.items() if len(found) != 1}
    order = [max(where[module][0] for module in layer) for layer in layers()]
    assert order == sorted(order)


@pytest.mark.skipif(ON_THE_WHEEL, reason="runs on the wheel itself")
def test_files_that_contributors_are_sent_to_exist() -> None:
    """The table "where to change what" is worth as much as its paths."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:smsc_async|pdu|docs|tests|tools)/[\w./-]*)`", text))

    assert len(named) > 20
    assert set() == {path for path in named if not (ROOT / path).exists()}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_check_of_the_page_on_rules_works(language: str) -> None:
    """It is one to begin with: a Sunday is one in the recipient's time zone."""
    (code,) = [
        code
        for name, code in BLOCK.findall((DOCS / language / "rules.md").read_text("utf-8"))
        if name == "python" and "def not_on_sunday" in code
    ]
    names: dict[str, object] = {}
    exec(compile(code, "rules.md", "exec"), names)  # noqa: S102 - our own page
    check = names["not_on_sunday"]
    assert callable(check)
    message = Sms(to="79991234567", text="hello")

    assert check(message, datetime(2026, 11, 28, 20, 59, tzinfo=UTC)) is None
    assert 86_400.0 == check(message, datetime(2026, 11, 28, 21, tzinfo=UTC))
    assert 60.0 == check(message, datetime(2026, 11, 29, 20, 59, tzinfo=UTC))
    assert check(message, datetime(2026, 11, 29, 21, tzinfo=UTC)) is None


# --- monitoring ---


@pytest.mark.takes_up_to(15, reason="a process is started")
def test_example_of_monitoring_runs_as_it_stands() -> None:
    """A newcomer pastes it into a file and expects no warning."""
    (code,) = [
        code
        for language, code in BLOCK.findall((DOCS / "en" / "monitoring.md").read_text("utf-8"))
        if language == "python"
    ]
    ran = subprocess.run(  # noqa: S603 - the page's own example
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONASYNCIODEBUG": ""},
    )

    assert (0, "") == (ran.returncode, ran.stderr)
    assert ["ready", "1 accepted, 0 failed, 0 waiting"] == ran.stdout.splitlines()[:2]


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("values", [Stats, Health])
def test_page_on_monitoring_explains_every_field(
    language: str, values: type[Stats | Health]
) -> None:
    """A counter that no page names isn't watched."""
    page = prose(DOCS / language / "monitoring.md")

    assert [] == [field for field in values._fields if f"`{field}`" not in page]
