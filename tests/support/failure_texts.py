"""The texts of failures in the sources of the command line, found by reading the code."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

from smsc_async import cli
from smsc_async.cli import causes
from smsc_async.cli.arguments import NUMBERS
from smsc_async.cli.failures import ERROR_TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACES: Final = {
    "Failure": 2,
    "failure_before_sending": 1,
    "usage_error": 1,
    "wrong_header": 1,
}
"""Functions that make a failure, and the place of the text among their arguments."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def failure_texts() -> dict[str, str]:
    """Return the texts of all failures, each with the name of its module."""
    found = dict.fromkeys(ERROR_TEXTS.values(), "failures")
    found |= dict.fromkeys(_texts_of_causes(), "causes")
    for path in sorted(Path(cli.__file__).parent.glob("*.py")):
        for text in _texts_of(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(text, path.stem)
    return found


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


def _texts_of(tree: ast.Module) -> Iterator[str]:
    """Yield the texts of the failures that a module makes."""
    module = _assigned(tree)
    for function in ast.walk(tree):
        if isinstance(function, Function):
            names = module | _assigned(function)
            for call in ast.walk(function):
                at = _place(call)
                if isinstance(call, ast.Call) and at is not None and len(call.args) > at:
                    yield from _resolved(call.args[at], names)


def _place(node: ast.AST) -> int | None:
    """Return the place of the text in a call that makes a failure, None for any other node."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _PLACES.get(node.func.id)
    return None


def _assigned(scope: ast.AST) -> dict[str, list[ast.expr]]:
    """Return what is assigned to each name of a scope."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
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
    if isinstance(node, ast.Name):
        for value in names.get(node.id, []):
            yield from _marked(value)
    else:
        yield from _marked(node)


def _marked(node: ast.AST) -> Iterator[str]:
    """Yield the texts that are marked for translation in an expression."""
    for call in ast.walk(node):
        is_mark = isinstance(call, ast.Call) and getattr(call.func, "id", "") == "_"
        if is_mark and isinstance(call.args[0], ast.Constant):  # type: ignore[attr-defined]
            yield str(call.args[0].value)  # type: ignore[attr-defined]
