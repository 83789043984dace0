"""Mutation testing: survivors are reported, and a list that is wrong fails the run."""

from __future__ import annotations

from pathlib import Path

import mutants
import pytest
from mutants import FAILED, HUNG, PASSED, MutantsError, Mutation, Tree

import smsc_async

SOURCE = "def double(n):\n    return n + n\n"
TEST = "from room import double\n\n\ndef test_double():\n    assert 4 == double(2)\n"
LIST = """
[[mutation]]
promise = "two doubled is four"
file = "room.py"
text = "n + n"
instead = "{}"
tests = "tests/test_room.py"
"""
STARTS_PROGRAMS = pytest.mark.takes_up_to(60, reason="pytest is started several times")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a project of one function, with one test."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "room.py").write_text(SOURCE)
    (tmp_path / "tests" / "test_room.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(
        'def pytest_addoption(parser):\n    parser.addini("test_time_limit", "")\n'
    )
    return tmp_path


def run(project: Path, instead: str) -> int:
    """Run a list of one mutation."""
    path = project / "mutations.toml"
    path.write_text(LIST.format(instead))
    return mutants.main([], project, path)


def mutation(**fields: str) -> Mutation:
    """Make the mutation that kills."""
    usual = {
        "promise": "two doubled is four",
        "file": "room.py",
        "text": "n + n",
        "instead": "n - n",
        "tests": "tests/test_room.py",
    }
    return Mutation(**{**usual, **fields})


@pytest.fixture
def tree(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Give a copy of it."""
    return Tree(project, tmp_path_factory.mktemp("copies") / "0")


@pytest.mark.parametrize(("text", "found"), [("n", 4), ("m + m", 0)])
def test_text_that_is_not_found_once_fails(text: str, found: int) -> None:
    """Code moves on; a mutation that mutates nothing would be a survivor, or seem killed."""
    with pytest.raises(MutantsError, match=f"found {found} times, expected once"):
        mutation(text=text).applied(SOURCE)


def test_every_mutation_of_the_list_is_found_once() -> None:
    """An edit that moves the text of a mutation fails the usual tests, not a long run later."""
    installed = Path(smsc_async.__file__).parents[1]  # the wheel's too
    found = mutants.read(mutants.LIST)
    packaged = [one for one in found if one.file.startswith(("pdu/", "smsc_async/"))]

    assert [] == mutants.misplaced(packaged, installed)
    assert [] == mutants.misplaced([one for one in found if one not in packaged], mutants.ROOT)


def test_no_promise_is_listed_twice() -> None:
    """A mutation is looked for by its promise."""
    promises = [one.promise for one in mutants.read(mutants.LIST)]

    assert sorted(set(promises)) == sorted(promises)


def test_all_misplaced_mutations_are_listed_at_once(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rewritten room moves many; nothing is tested before all of them are found."""
    path = project / "mutations.toml"
    path.write_text(LIST + LIST.replace("n + n", "m + m") + LIST.replace("room.py", "gone.py"))

    assert 2 == mutants.main([], project, path)
    printed = capsys.readouterr()
    assert ("", 2) == (printed.out, len(printed.err.splitlines()))
    assert "'m + m' is found 0 times" in printed.err
    assert "gone.py" in printed.err


def test_words_that_select_nothing_fail(capsys: pytest.CaptureFixture[str]) -> None:
    """A typing error would look like a success."""
    assert 2 == mutants.main(["nowhere-at-all"])
    assert "has any of nowhere-at-all" in capsys.readouterr().err


@pytest.mark.parametrize("end", [KeyboardInterrupt, RuntimeError])
def test_source_is_restored_however_it_ends(tree: Tree, end: type[BaseException]) -> None:
    """Also by Ctrl+C: the next mutation is the only one."""
    path = tree.folder / "room.py"
    seen = ""

    def look_and_end() -> None:
        """End in the middle."""
        nonlocal seen
        with tree.mutated(mutation()):
            seen = path.read_text()
            raise end

    with pytest.raises(end):
        look_and_end()

    assert (SOURCE.replace("+", "-"), SOURCE) == (seen, path.read_text())


def test_source_never_has_the_time_of_an_earlier_one(tree: Tree) -> None:
    """Python takes a compiled file for valid by its time in seconds, and by its size."""
    path, times = tree.folder / "room.py", []
    for _ in range(3):
        with tree.mutated(mutation()):
            times.append(path.stat().st_mtime)
        times.append(path.stat().st_mtime)

    assert sorted(set(times)) == times


def test_files_of_all_selections_are_checked_once() -> None:
    """Unmutated, so that what fails in any case kills nothing."""
    selections = ["tests/a.py -k 'one and two'", "tests/a.py::test_x tests/b.py"]

    assert ["tests/a.py", "tests/b.py"] == mutants.files_of(mutation(tests=t) for t in selections)


@STARTS_PROGRAMS
def test_killed_mutants_end_well(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The project itself is never touched."""
    assert 0 == run(project, "n - n")
    assert "1 of 1 mutants killed" in capsys.readouterr().out
    assert SOURCE == (project / "room.py").read_text()


def test_survivor_is_reported_with_its_diff(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No test keeps that promise."""
    monkeypatch.setattr(Tree, "test", lambda *_: (PASSED, "1 passed"))

    assert 1 == run(project, "n * n")
    printed = capsys.readouterr().out
    assert "survived: two doubled is four" in printed
    assert "-    return n + n\n+    return n * n" in printed


def test_tests_that_fail_unmutated_fail_the_run(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They would kill anything."""
    monkeypatch.setattr(Tree, "test", lambda *_: (FAILED, "1 failed"))

    assert 2 == run(project, "n - n")
    assert "don't pass without a mutation\n1 failed" in capsys.readouterr().err


@STARTS_PROGRAMS
def test_selection_that_is_empty_fails_the_run(tree: Tree) -> None:
    """A test was renamed: nothing ran, so nothing was killed."""
    with pytest.raises(MutantsError, match=r"ended with 5"):
        tree.is_killed(mutation(tests="tests/test_room.py -k renamed"))


@STARTS_PROGRAMS
@pytest.mark.parametrize("plugin", ["", "import room\n"])
def test_mutation_that_is_no_python_fails_the_run(tree: Tree, plugin: str) -> None:
    """Every test would kill it, also one of another promise."""
    with (tree.folder / "conftest.py").open("a") as conftest:
        conftest.write(plugin)
    with pytest.raises(MutantsError, match="ended with"):
        tree.is_killed(mutation(instead="n +"))


@STARTS_PROGRAMS
def test_mutant_that_hangs_is_killed(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all that it started."""
    monkeypatch.setattr(mutants, "HANG_AFTER", 0.01)

    assert HUNG == tree.test(["tests/test_room.py"], 0.01)[0]
    assert tree.is_killed(mutation(instead="n * n"))


@STARTS_PROGRAMS
def test_stopped_tree_tests_nothing_more(tree: Tree) -> None:
    """Ctrl+C ends the tests that run beside, in sessions of their own."""
    tree.stop()

    assert HUNG == tree.test(["tests/test_room.py"], 60.0)[0]
