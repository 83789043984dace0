"""The texts of failures in the sources of the command line, found by reading the code.

Rule: a function that makes a failure is recognized by what it returns and by its parameter `text`,
in any folder of the command line; so are calls of it. None is listed by its name.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from smsc_async import cli
from smsc_async.cli import causes
from smsc_async.cli.arguments import NUMBERS
from smsc_async.cli.failures import ERROR_TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Function = ast.FunctionDef | ast.AsyncFunctionDef


def failure_texts() -> dict[str, str]:
    """Return the texts of all failures, each with its module: "failures", "tables/columns"."""
    folder = Path(cli.__file__).parent
    modules = {
        path.relative_to(folder).with_suffix("").as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(folder.rglob("*.py"))
    }
    places = {"Failure": 2}
    for tree in modules.values():
        places |= _makers(tree)
    found = dict.fromkeys(ERROR_TEXTS.values(), "failures")
    found |= dict.fromkeys(_texts_of_causes(), "causes")
    for name, tree in modules.items():
        for text in _texts_of(tree, places):
            found.setdefault(text, name)
    return found


def _makers(tree: ast.Module) -> dict[str, int]:
    """Return the functions that make a failure of a text, and its place in their arguments."""
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
    names = {
        node.name: [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
        for node in functions
        if isinstance(node.returns, ast.Name) and node.returns.id == "Failure"
    }
    return {name: known.index("text") for name, known in names.items() if "text" in known}


def _texts_of_causes() -> Iterator[str]:
    """Yield the texts of the tables of causes."""
    tables = (
        causes.CERTIFICATE_CAUSES.values(),
        (cause for _kind, cause in causes.CONNECT_CAUSES),
        causes.BIND_CAUSES.values(),
        causes.SUBMIT_CAUSES.values(),
        causes.HOLD_CAUSES.values(),
        causes.REQUEST_CAUSES.values(),
    )
    for table in tables:
        yield from (cause.text for cause in table)
    yield causes.REFUSED_BECAUSE
    yield causes.SILENT_BIND.text
    yield from (text for _key, text in NUMBERS.values())


def _texts_of(tree: ast.Module, places: Mapping[str, int]) -> Iterator[str]:
    """Yield the texts of the failures that a module makes."""
    module = _assigned(tree)
    for function in ast.walk(tree):
        if isinstance(function, Function):
            names = module | _assigned(function)
            for call in ast.walk(function):
                at = _place(call, places)
                if isinstance(call, ast.Call) and at is not None and len(call.args) > at:
                    yield from _resolved(call.args[at], names)


def _place(node: ast.AST, places: Mapping[str, int]) -> int | None:
    """Return the place of the text in a call that makes a failure, None for any other node."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return places.get(node.func.id)
    return None


def _assigned(scope: ast.AST) -> dict[str, list[ast.expr]]:
    """Return what is assigned to each name of a scope."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        if isinstance(node, Function):
            for pair in ast.walk(node):
                if isinstance(pair, ast.Tuple) and pair.elts:
                    found.setdefault(f"{node.name}()", []).append(pair.elts[0])
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        for target in targets:
            value = node.value  # type: ignore[attr-defined]
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=True))
            for name, one in pairs:
                if isinstance(name, ast.Name):
                    found.setdefault(name.id, []).append(one)
    return found


def _resolved(node: ast.expr, names: dict[str, list[ast.expr]]) -> Iterator[str]:
    """Yield the marked texts that an expression may be."""
    yield from _marked(node)
    for name in ast.walk(node):
        if isinstance(name, ast.Name):
            for value in names.get(name.id, []):
                yield from _marked(value)
            # The texts of a call with a star: what its function returns.
            for returned in names.get(f"{name.id}()", []):
                yield from _resolved(returned, names)


def _marked(node: ast.AST) -> Iterator[str]:
    """Yield the texts that are marked for translation in an expression."""
    for call in ast.walk(node):
        is_mark = isinstance(call, ast.Call) and getattr(call.func, "id", "") == "_"
        if is_mark and isinstance(call.args[0], ast.Constant):  # type: ignore[attr-defined]
            yield str(call.args[0].value)  # type: ignore[attr-defined]
