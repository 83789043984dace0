"""`smsc hlr`: where numbers are registered, and whether they can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from smsc_async.cli.arguments import parse_duration
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.formatting import cause, state_name, subscriber_fields
from smsc_async.cli.lookup import Lookup, LookupResult, failure_text, reachability_text, run_lookup
from smsc_async.messages import HlrQuery
from smsc_async.receipts import HlrReceipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from smsc_async.cli.i18n import Translator


def hlr_command(
    *numbers: str,
    url: str | None = None,
    wait: Annotated[float, Parameter(converter=parse_duration)] = 30.0,
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
    lookup = Lookup(command="smsc hlr", kind=HlrQuery, table=_table, details=_details)
    return run_lookup(lookup, numbers, url, wait, screen, is_full=full)


def _table(results: Sequence[LookupResult], translate: Translator) -> RenderableType:
    """Lay out the answers: a number, and a row for each thing that is told about it."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for place, result in enumerate(results):
        if place:
            table.add_row()
        name = result.name
        for label, what in _rows(result, translate):
            table.add_row(name, label, what)
            name = ""
    return table


def _rows(result: LookupResult, translate: Translator) -> Iterator[tuple[str, RenderableType]]:
    """Yield what is told about one number; nothing that is empty."""
    yield translate("reachable"), reachability_text(result, translate)
    receipt = result.receipt
    if not isinstance(receipt, HlrReceipt):
        yield translate("cause"), Text(failure_text(result, translate))
        return
    if receipt.error:
        yield translate("cause"), Text(cause(receipt.error, translate))
    yield translate("state"), state_name(receipt.state)
    for name, details in subscriber_fields(receipt).items():
        if details:
            yield translate(f"hlr.{name}"), Text(details)


def _details(result: LookupResult) -> dict[str, Any]:
    """Return what is told about the subscriber, for programs."""
    receipt = result.receipt
    return subscriber_fields(receipt) if isinstance(receipt, HlrReceipt) else {}
