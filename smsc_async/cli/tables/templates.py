"""Texts with names of columns in braces: "Здравствуйте, {name}!".

Rule: a name in braces is replaced by the cell, and nothing else is done: no formats, no attributes,
and what a cell holds is never read as a template. `{{` and `}}` are braces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from smsc_async.cli.failures import failure_before_sending
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

_FAULTS: Final = {
    "{": _("the text of a template has a brace that isn't closed, character {position}"),
    "}": _("the text of a template has a brace that isn't opened, character {position}"),
}
_NO_NAME: Final = _("the text of a template has braces without a name, character {position}")
_PIECE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Template:
    """A text with names in it.

    Args:
        literals: The texts between the names, one more than those.
        names: The names in their order, without the spaces around them.
    """

    literals: tuple[str, ...]
    names: tuple[str, ...]

    def fill(self, value_of: Callable[[str], str]) -> str:
        """Return the text with each name replaced by its value."""
        pieces = [self.literals[0]]
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            pieces += value_of(name), literal
        return "".join(pieces)


def parse_template(text: str) -> Template:
    """Read a text with names in braces.

    Raises:
        Failure: A brace that belongs to no name, or an empty name; the text isn't repeated.
    """
    literals, names, end = [""], [], 0
    for found in _PIECE.finditer(text):
        literals[-1] += text[end : found.start()]
        end = found.end()
        name = found[1]
        if found[0] in {"{{", "}}"}:
            literals[-1] += found[0][0]
        elif name is None or not name.strip():
            raise failure_before_sending(
                "bulk.template",
                _FAULTS.get(found[0], _NO_NAME),
                advice=_("write {{column}} for the value of a column, {{{{ and }}}} for braces"),
                position=found.start() + 1,
            )
        else:
            names.append(name.strip())
            literals.append("")
    literals[-1] += text[end:]
    return Template(tuple(literals), tuple(names))
