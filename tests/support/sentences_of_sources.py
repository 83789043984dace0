"""The sentences that an expression may be, found by reading the code.

Rule: a name stands for what is assigned to it, a call for what its function returns, both branches
of a condition count; "7" stands for any other value. So a sentence isn't missed because it is a
constant, a variable or the result of a function.
"""

from __future__ import annotations

import ast
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
_DEPTH = 4
_VALUE = "7"


def pairs(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the targets of an assignment with their values."""
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=False)
        else:
            yield target, node.value


class Sentences:
    """The sentences in a function.

    Args:
        tree: Of its module.
        function: The function.
    """

    def __init__(self, tree: ast.Module, function: Function) -> None:
        self._names: dict[str, list[ast.expr]] = {}
        for scope in (tree, function):
            for node in ast.walk(scope) if scope is function else tree.body:
                self._add(node)
        self._functions = {node.name: node for node in ast.walk(tree) if isinstance(node, Function)}
        self._tree = tree

    def _add(self, node: ast.AST) -> None:
        """Note what is assigned to a name."""
        found: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(node, ast.Assign):
            found = [*pairs(node)]
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            found = [(node.target, node.value)]
        for target, value in found:
            if isinstance(target, ast.Name):
                self._names.setdefault(target.id, []).append(value)

    def of(self, node: ast.expr) -> list[str]:
        """Return samples of the sentences that an expression may be; none if it is no text."""
        return [text for text in self._of(node, _DEPTH) if text not in {"", _VALUE}]

    def _of(self, node: ast.expr, depth: int) -> list[str]:  # noqa: PLR0911 - a table of forms
        """Do so, with the values that aren't known as "7"."""
        if not depth:
            return [_VALUE]
        match node:
            case ast.Constant(value=str() as text):
                return [text]
            case ast.JoinedStr(values=values):
                pieces = [self._piece(one, depth) for one in values]
                return ["".join(one) for one in product(*pieces)]
            case ast.IfExp(body=first, orelse=second):
                return [*self._of(first, depth), *self._of(second, depth)]
            case ast.BoolOp(values=values):
                return [text for one in values for text in self._of(one, depth)]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                both = product(self._of(left, depth), self._of(right, depth))
                return ["".join(one) for one in both]
            case ast.Name(id=name):
                values = self._names.get(name, [])
                return [text for one in values for text in self._of(one, depth - 1)] or [_VALUE]
            case ast.Call(func=ast.Name(id=name)) if name in self._functions:
                return self._returned(self._functions[name], depth - 1)
        return [_VALUE]

    def _piece(self, node: ast.expr, depth: int) -> list[str]:
        """Return what a piece of an f-string may be."""
        if isinstance(node, ast.FormattedValue):
            return self._of(node.value, depth) if node.conversion == -1 else [_VALUE]
        return [str(node.value)] if isinstance(node, ast.Constant) else [_VALUE]

    def _returned(self, function: Function, depth: int) -> list[str]:
        """Return what a function may return."""
        inner = Sentences(self._tree, function)
        returned = (node for node in ast.walk(function) if isinstance(node, ast.Return))
        return [text for one in returned if one.value for text in inner._of(one.value, depth)]
