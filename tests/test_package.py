"""The contents of wheel and sdist, the cost of an import, and text that no file may contain.

Rule: imports are tested in processes of their own, since this one has everything loaded.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import smsc_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
HEAVY = (
    "cyclopts",
    "rich",
    "docstring_parser",
    "starlette",
    "uvicorn",
    "uvloop",
    "redis",
    "psycopg",
    "matplotlib",
)
LONGEST_IMPORT = 0.15  # seconds, on an idle machine
LOADED_MACHINE = 4  # factor allowed here, because a loaded machine is slower
FOREIGN_PDU = '"""Disk usage of a tree, which is what the other `pdu` is about."""\n'

MADE_HERE = {
    ".git", ".venv", ".cache", ".hypothesis", "node_modules", "dist", "build", "htmlcov",
    "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".import_linter_cache",
}  # fmt: skip
TEXT = {
    ".py",
    ".pyi",
    ".po",
    ".md",
    ".toml",
    ".txt",
    ".js",
    ".sh",
    ".html",
    ".css",
    ".lua",
    ".yml",
    ".typed",
    "",
}
# Paths of one machine and addresses of package indexes: neither works elsewhere.
FORBIDDEN = re.compile(
    r"/(?:home|root|work|Users)/[\w.]"
    r"|index[-_]url|extra[-_]index|find[-_]links"
    r"|pypi\.org/simple|pythonhosted\.org|registry\.npmjs"
)


def python(code: str, *, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a line of Python in a process of its own, with a folder first on the path."""
    variables = {**os.environ, "PYTHONPATH": str(path or "")}
    for slower in ("PYTHONASYNCIODEBUG", "PYTHONDONTWRITEBYTECODE"):
        variables.pop(slower, None)
    command = [sys.executable, "-P", "-c", code]  # -P: not the current folder
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def package_folder(name: str) -> Path:
    """Return the folder that one of the two packages is imported from."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def project_files() -> Iterator[Path]:
    """Yield the project's text files, except those that tools generate."""
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [
            name for name in subfolders if name not in MADE_HERE and not name.startswith(".venv")
        ]
        yield from (Path(folder, name) for name in names if Path(name).suffix in TEXT)


def text_of(file: Path) -> str:
    """Read a file; the tables of the tests aren't in UTF-8, as those of an office."""
    octets = file.read_bytes()
    with suppress(UnicodeDecodeError):
        return octets.decode("utf-16" if octets[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8")
    return octets.decode("cp1251")


# --- a foreign `pdu` ---


@pytest.fixture
def foreign_wheel(tmp_path: Path) -> Path:
    """Make a wheel of another project with a package named `pdu`."""
    wheel = tmp_path / "pdu-0.1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("pdu/__init__.py", FOREIGN_PDU)
        archive.writestr(
            "pdu-0.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: pdu\nVersion: 0.1\n"
        )
    return wheel


@pytest.fixture
def overwritten(tmp_path: Path, foreign_wheel: Path) -> Path:
    """Install our packages and then the foreign wheel over them, as an installer does."""
    site = tmp_path / "site"
    for name in ("pdu", "smsc_async"):
        copy_package(package_folder(name), site / name)
    with zipfile.ZipFile(foreign_wheel) as archive:
        archive.extractall(site)  # noqa: S202 - the wheel made above
    return site


def copy_package(source: Path, target: Path) -> None:
    """Copy a package's Python files."""
    for file in source.rglob("*.py"):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())


@pytest.mark.takes_up_to(5, reason="Python is started")
def test_overwritten_pdu_is_named_with_its_cure(overwritten: Path) -> None:
    """Installed later, the foreign wheel silently replaces our `pdu/__init__.py`."""
    done = python("import smsc_async", path=overwritten)

    assert_names_cause_and_cure(done.stderr)


@pytest.mark.takes_up_to(5, reason="Python is started")
def test_foreign_pdu_earlier_on_the_path_is_named_with_its_cure(foreign_wheel: Path) -> None:
    """Python imports from a wheel on the path, and the first one hides ours."""
    done = python("import smsc_async", path=foreign_wheel)

    assert_names_cause_and_cure(done.stderr)


def assert_names_cause_and_cure(traceback: str) -> None:
    """Most people read only the last line."""
    last = traceback.strip().splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert "pdu" in last
    assert "pip install --force-reinstall smsc-async" in last


# --- the cost of an import ---


@pytest.mark.takes_up_to(5, reason="Python is started")
def test_import_loads_no_extra() -> None:
    """A web backend pays for what it uses: extras are loaded where they are used."""
    done = python("from smsc_async import *; import sys; print(*sys.modules)")

    assert not done.stderr
    assert [] == [name for name in HEAVY if name in done.stdout.split()]


@pytest.mark.takes_up_to(5, reason="Python is started")
def test_import_loads_what_is_used() -> None:
    """A command line that shows its version needs no event loop and no codec."""
    done = python("import smsc_async, sys; print(*sys.modules)")

    assert [] == [
        name
        for name in done.stdout.split()
        if name in {"asyncio", "ssl", "construct", "pdu"} or name.startswith("smsc_async.")
    ]


@pytest.mark.takes_up_to(5, reason="Python is started")
@pytest.mark.parametrize(
    ("option", "never"),
    [
        ("--version", ("asyncio", "construct", "pdu", "rich", "cyclopts")),
        ("--help", ("smsc_async.client", "smsc_async.link", "smsc_async.cli.send")),
    ],
)
def test_version_and_help_do_not_load_the_client(option: str, never: tuple[str, ...]) -> None:
    """They are asked for before anything else, and completion asks often."""
    code = f"from smsc_async.cli import main; main(['{option}']); import sys; print(*sys.modules)"
    loaded = python(code).stdout.split()

    assert "smsc_async.cli" in loaded
    assert [] == [name for name in never if name in loaded]


def test_each_public_name_has_a_module() -> None:
    """Type checkers read the imports, Python reads the table: both say the same."""
    tree = ast.parse(Path(smsc_async.__file__).read_text(encoding="utf-8"))
    guarded = next(
        node
        for node in tree.body
        if isinstance(node, ast.If) and "TYPE_CHECKING" == ast.unparse(node.test)
    )
    imported = {
        alias.name: node.module
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert imported == smsc_async._MODULE_OF
    assert {*imported, "__version__"} == {*smsc_async.__all__}


@pytest.mark.parametrize("name", smsc_async.__all__)
def test_public_name_is_found(name: str) -> None:
    """Imported when it is first used, listed before, and the same object ever after."""
    assert name in dir(smsc_async)
    assert getattr(smsc_async, name) is getattr(smsc_async, name)


@pytest.mark.takes_up_to(5, reason="Python is started")
@pytest.mark.parametrize(
    "code",
    [
        "import smsc_async; smsc_async.errors.SmscError",
        "import smsc_async; smsc_async.stores.MemoryRuleStore",
        "from smsc_async import *; Sms, SmscClient, SMSC_RU",
        "import smsc_async, pickle; pickle.loads(pickle.dumps(smsc_async.Coding.UCS2))",
    ],
)
def test_ways_of_importing(code: str) -> None:
    """As programs do it that know nothing of names which are imported late."""
    assert not python(code).stderr


def test_unknown_name_is_an_attribute_error() -> None:
    """`hasattr` and `from smsc_async import` depend on it."""
    assert not hasattr(smsc_async, "SmsClient")
    assert not hasattr(smsc_async, "outbox2")


@pytest.mark.takes_up_to(20, reason="Python is started several times")
def test_import_is_quick(record_property: Callable[[str, object], None]) -> None:
    """The minimum of five, less that of bare Python; of all that a sender needs."""
    took = seconds_of("from smsc_async import Sms, SmscClient") - seconds_of("pass")
    record_property("import_seconds", round(took, 3))
    print(f"import smsc_async: {took * 1000:.0f} ms")  # noqa: T201 -- for `pytest -s` and reports

    assert took < LONGEST_IMPORT * LOADED_MACHINE


def seconds_of(code: str) -> float:
    """Return the least processor time of five processes that run a line of Python."""
    measured = f"{code}\nimport time; print(time.process_time())"
    return min(float(python(measured).stdout) for _ in range(5))


# --- what is shipped, and the text of files ---


@pytest.mark.parametrize("name", ["pdu", "smsc_async"])
def test_packages_are_typed(name: str) -> None:
    """Without `py.typed` a type checker takes every name of ours for Any."""
    assert (package_folder(name) / "py.typed").exists()


@pytest.mark.takes_up_to(20, reason="the wheel is built")
@pytest.mark.skipif(not (ROOT / "pdu").is_dir(), reason="runs on the wheel itself")
def test_wheel_holds_packages_and_plugin_and_nothing_else(tmp_path: Path) -> None:
    """Tests, tools and benchmarks in a wheel would be installed into users' site-packages."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")

    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert {"pdu", "smsc_async", "smsc_async_pytest.py"} == {
        name.split("/")[0] for name in names if ".dist-info/" not in name
    }
    assert {"pdu/py.typed", "smsc_async/py.typed", "smsc_async/stores/rules.lua"} <= set(names)


@pytest.mark.takes_up_to(20, reason="the sdist is built")
@pytest.mark.skipif(not (ROOT / "pdu").is_dir(), reason="runs on the wheel itself")
def test_sdist_holds_the_rules_in_lua_and_the_plugin(tmp_path: Path) -> None:
    """Neither is in a package's Python files, and both are needed."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (sdist,) = tmp_path.glob("*.tar.gz")

    with tarfile.open(sdist) as archive:
        names = archive.getnames()

    assert 1 == sum(name.endswith("/smsc_async/stores/rules.lua") for name in names)
    assert 1 == sum(name.endswith("/smsc_async_pytest.py") for name in names)


def imports_of(package: str) -> set[str]:
    """Return the top packages that a package's modules import, anywhere in them."""
    found = set()
    for file in package_folder(package).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found


def extras() -> dict[str, list[str]]:
    """Return the distributions that each extra installs, by its name."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        extra: [re.split(r"[\[<>=;]", requirement)[0] for requirement in requirements]
        for extra, requirements in settings["project"]["optional-dependencies"].items()
        if extra != "all"
    }


@pytest.mark.parametrize("extra", sorted(extras().keys() - {"speed"}))
def test_every_package_of_an_extra_is_imported(extra: str) -> None:
    """Otherwise it is installed for nothing. `speed` is uvloop, which the user's program runs."""
    imported = imports_of("smsc_async")

    assert [] == [name for name in extras()[extra] if name.replace("-", "_") not in imported]


def test_extra_all_is_all_of_them_with_a_free_licence_for_programs() -> None:
    """Scapy is under the GPL, so `pcap` is installed by name only."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [extra for extra in extras() if extra != "pcap"]

    assert [f"smsc-async[{','.join(wanted)}]"] == settings["project"]["optional-dependencies"][
        "all"
    ]


def test_no_file_knows_this_machine() -> None:
    """A path or package index of one machine doesn't work elsewhere."""
    found = [
        f"{file.relative_to(ROOT)}: {match.group()}"
        for file in project_files()
        for match in FORBIDDEN.finditer(text_of(file))
    ]

    assert [] == found


def test_constraints_are_plain() -> None:
    """`name==version` and nothing else: no hashes, no addresses, sorted."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]

    assert pins == sorted(pins)
    assert [] == [pin for pin in pins if not re.fullmatch(r"[a-z0-9.-]+==[0-9a-z.]+", pin)]
