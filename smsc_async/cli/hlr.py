"""`smsc hlr`: the network of numbers, and whether they are reachable.

Rule: only the output is here; `lookup` sends and awaits, as for `smsc ping`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from smsc_async.cli.arguments import parse_duration
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.formatting import cause, one_line, subscriber_fields
from smsc_async.cli.i18n import _
from smsc_async.cli.lookup import Lookup, LookupResult, failure_text, reachability_text
from smsc_async.cli.statuses import state_text
from smsc_async.messages import HlrQuery
from smsc_async.receipts import HlrReceipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from smsc_async.cli.i18n import Translator

_FIELDS: Final = {
    "imsi": "IMSI",
    "msc": "MSC",
    "mcc": "MCC",
    "mnc": "MNC",
    "country": _("country"),
    "network": _("network"),
    "roaming_country": _("roaming in"),
    "roaming_network": _("roaming network"),
}


def hlr_command(
    *numbers: str,
    url: str | None = None,
    wait: Annotated[float, Parameter(converter=parse_duration)] = 30.0,
    full: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Look up the network of numbers and whether they are reachable.

    Nothing is delivered to them. With --json one object per number is written as answers arrive,
    with the cost.

    Only its own receipts are acknowledged: those of other programs of the login, and incoming
    messages, stay with the gateway.

    Args:
        numbers: Number with country code; several are looked up at once.
        url: Gateway; default: $SMSC_URL. Other users see a password given here (ps).
        wait: Timeout of each answer: 10, 90s, 15m.
        full: Show complete numbers, not masked.
        screen: For the output.

    Returns:
        The exit code is 0 if all are reachable, 1 if one isn't, 5 if an answer didn't arrive in
        time.

    Examples:
        smsc hlr 79991234567 --url sim://
        smsc hlr 79991234567 79161112233 --wait 2m --json
    """
    lookup = Lookup(
        command="smsc hlr", message_class=HlrQuery, table=_table, wait=wait, screen=screen
    )
    return lookup.run(numbers, url, is_full=full)


def _table(results: Sequence[LookupResult], translate: Translator) -> RenderableType:
    """Return the results as a table: a group of rows for each number."""
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
    """Yield label and value of each field that isn't empty."""
    yield translate("reachable"), reachability_text(result, translate)
    receipt = result.receipt
    if not isinstance(receipt, HlrReceipt):
        yield translate("cause"), Text(failure_text(result, translate))
        return
    if receipt.error:
        yield translate("cause"), Text(cause(receipt.error, translate))
    yield translate("state"), state_text(receipt.state, translate)
    for name, value in subscriber_fields(receipt).items():
        if value:
            yield translate(_FIELDS[name]), Text(one_line(value))
