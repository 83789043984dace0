"""`smsc ping`: whether phones are reachable now, and how long the answer took.

Rule: only the output is here; `lookup` sends and awaits, as for `smsc hlr`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from smsc_async.cli.arguments import parse_duration
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.formatting import cause
from smsc_async.cli.i18n import _
from smsc_async.cli.lookup import Lookup, LookupResult, failure_text, reachability_text
from smsc_async.cli.statuses import state_text
from smsc_async.messages import Ping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from smsc_async.cli.i18n import Translator


def ping_command(
    *numbers: str,
    url: str | None = None,
    wait: Annotated[float, Parameter(converter=parse_duration)] = 30.0,
    full: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Check whether phones are reachable now.

    It sends an SMS that they don't show. With --json one object per number is written as answers
    arrive, with the cost.

    Only its own receipts are acknowledged: those of other programs of the login, and incoming
    messages, stay with the gateway.

    Args:
        numbers: Number with country code; several are checked at once.
        url: Gateway; default: $SMSC_URL. Other users see a password given here (ps).
        wait: Timeout of each answer: 10, 90s, 15m.
        full: Show complete numbers, not masked.
        screen: For the output.

    Returns:
        The exit code is 0 if all are reachable, 1 if one isn't, 5 if an answer didn't arrive in
        time.

    Examples:
        smsc ping 79991234567 --url sim://
        smsc ping 79991234567 79161112233 --wait 5m --json
    """
    lookup = Lookup(command="smsc ping", message_class=Ping, table=_table, wait=wait, screen=screen)
    return lookup.run(numbers, url, is_full=full)


def _table(results: Sequence[LookupResult], translate: Translator) -> RenderableType:
    """Return the results as a table, one row a number."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for title in (_("number"), _("reachable"), _("time")):
        table.add_column(translate(title), no_wrap=True)
    table.add_column(translate("details"), overflow="fold")
    for result in results:
        receipt = result.receipt
        if receipt is None:
            took, details = "", failure_text(result, translate)
        else:
            took = translate("{seconds} s", seconds=translate.decimal(f"{result.seconds:.2f}"))
            known = state_text(receipt.state, translate), cause(receipt.error, translate)
            details = ", ".join(filter(None, known))
        name = Text(result.name, style="bold")
        table.add_row(name, reachability_text(result, translate), took, details)
    return table
