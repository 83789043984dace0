"""`smsc hlr`: where numbers are registered, and whether they can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from smsc_async.cli.arguments import seconds
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.formatting import cause, state_name, subscriber
from smsc_async.cli.lookup import Answer, Question, ask, shown_failure, shown_reach
from smsc_async.messages import HlrQuery
from smsc_async.receipts import HlrReceipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from smsc_async.cli.i18n import Say


def hlr(
    *numbers: str,
    url: str | None = None,
    wait: Annotated[float, Parameter(converter=seconds)] = 30.0,
    full: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Ask where numbers are registered.

    Args:
        numbers: With country code.
        url: Of the gateway; None takes SMSC_URL.
        wait: For the answers, seconds.
        full: Show whole numbers.
        screen: Where to show the answers.
    """
    question = Question(command="smsc hlr", kind=HlrQuery, table=_table, told=_told)
    return ask(question, numbers, url, wait, screen, is_full=full)


def _table(answers: Sequence[Answer], say: Say) -> RenderableType:
    """Lay out the answers: a number, and a row for each thing that is told about it."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for place, answer in enumerate(answers):
        if place:
            table.add_row()
        name = answer.name
        for label, what in _rows(answer, say):
            table.add_row(name, label, what)
            name = ""
    return table


def _rows(answer: Answer, say: Say) -> Iterator[tuple[str, RenderableType]]:
    """Yield what is told about one number; nothing that is empty."""
    yield say("reachable"), shown_reach(answer, say)
    receipt = answer.receipt
    if not isinstance(receipt, HlrReceipt):
        yield say("cause"), Text(shown_failure(answer, say))
        return
    if receipt.error:
        yield say("cause"), Text(cause(receipt.error, say))
    yield say("state"), state_name(receipt.state)
    for name, told in subscriber(receipt).items():
        if told:
            yield say(f"hlr.{name}"), Text(told)


def _told(answer: Answer) -> dict[str, Any]:
    """Return what is told about the subscriber, for programs."""
    receipt = answer.receipt
    return subscriber(receipt) if isinstance(receipt, HlrReceipt) else {}
