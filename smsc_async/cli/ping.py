"""`smsc ping`: whether phones can be reached now, and how long that took to find out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from smsc_async.cli.arguments import seconds
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.formatting import cause, state_name
from smsc_async.cli.lookup import Answer, Question, ask, shown_failure, shown_reach
from smsc_async.messages import Ping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from smsc_async.cli.i18n import Say


def ping(
    *numbers: str,
    url: str | None = None,
    wait: Annotated[float, Parameter(converter=seconds)] = 30.0,
    full: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Ask phones whether they are there.

    Args:
        numbers: With country code.
        url: Of the gateway; None takes SMSC_URL.
        wait: For the answers, seconds.
        full: Show whole numbers.
        screen: Where to show the answers.
    """
    question = Question(command="smsc ping", kind=Ping, table=_table, told=lambda _: {})
    return ask(question, numbers, url, wait, screen, is_full=full)


def _table(answers: Sequence[Answer], say: Say) -> RenderableType:
    """Lay out the answers, a number a row."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for key in ("number", "reachable", "took"):
        table.add_column(say(key), no_wrap=True)
    table.add_column(say("told"), overflow="fold")
    for answer in answers:
        took = f"{answer.seconds:.2f} {say('seconds')}" if answer.receipt is not None else ""
        table.add_row(
            Text(answer.name, style="bold"),
            shown_reach(answer, say),
            took,
            _what(answer, say),
        )
    return table


def _what(answer: Answer, say: Say) -> str:
    """Say what the receipt told, or why there is none."""
    receipt = answer.receipt
    if receipt is None:
        return shown_failure(answer, say)
    return ", ".join(filter(None, (state_name(receipt.state), cause(receipt.error, say))))
