"""`smsc query`: the state of a message, by its id (query_sm).

Rule: it sends no message, so nothing is charged and the command may be repeated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter
from rich.text import Text

from pdu import EncodeError, QuerySm, encode
from pdu.enums import MessageState
from smsc_async.cli.arguments import missing_argument, usage_error
from smsc_async.cli.console import Screen, label_grid
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.foreign_deliveries import without_receipts
from smsc_async.cli.formatting import FINAL_STATE, cause, state_name
from smsc_async.cli.i18n import _
from smsc_async.cli.runner import SendProgress, read_config, run_async
from smsc_async.cli.statuses import state_text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from smsc_async.cli.i18n import Translator
    from smsc_async.config import SmscConfig
    from smsc_async.receipts import QueryResult

_NUMBER: Final = re.compile(r"\+?[78][0-9]{10}")
"""A phone number of Russia; an id may look the same, so only one that is unknown is doubted."""
_ARGUMENTS = {"message_id": "MESSAGE-ID", "source_addr": "--sender"}
"""Fields of query_sm, with their names on the command line."""


def query_command(
    message_id: str,
    *,
    sender: str = "",
    url: str | None = None,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Query the state of a message by its id.

    No message is sent, and no receipt is taken from other programs of the login.

    Args:
        message_id: Id that the gateway gave the message.
        sender: Sender the message was sent with, if any.
        url: Gateway; default: $SMSC_URL. Other users see a password given here (ps).
        screen: For the output.

    Returns:
        The exit code is 0 if it is delivered, 1 if it is finally undelivered or the id is unknown,
        5 if the state isn't final.

    Examples:
        smsc query 855469 --sender Shop
        smsc query 855469 --json
    """
    if not message_id:
        raise missing_argument("MESSAGE-ID", "smsc query")
    try:
        encode(QuerySm(message_id=message_id, source_addr=sender))
    except EncodeError as error:
        failure = usage_error("use.no_query", _("invalid message id or sender"), "smsc query")
        failure.detail = f"{_ARGUMENTS.get(error.field, error.field)}: {error.reason}"
        raise failure from None
    progress = SendProgress()
    config = without_receipts(read_config(url, progress), url)
    try:
        return run_async(_query(message_id, sender, config, screen), progress, screen)
    except Failure as failure:
        if failure.code is ExitCode.REFUSED and _NUMBER.fullmatch(message_id):
            failure.advice = _(
                "it looks like a phone number; what is needed is the id that smsc send shows"
            )
        raise


async def _query(message_id: str, sender: str, config: SmscConfig, screen: Screen) -> int:
    """Connect, query, show the result."""
    # Imported here: an invalid URL needs no client.
    from smsc_async.client.client import SmscClient  # noqa: PLC0415

    with screen.spinner(_("connecting …")):
        async with SmscClient(config) as smsc:
            result = await smsc.query(message_id, sender=sender)
    screen.show(label_grid(*_rows(result, screen.translate)))
    screen.write_json(
        {
            "message_id": message_id,
            "state": state_name(result.state),
            "final": result.is_final,
            "error_code": result.error_code,
            "explained": result.error.explain(screen.translate.language),
            "final_at": None if result.final_at is None else result.final_at.isoformat(),
        }
    )
    return _code(result)


def _code(result: QueryResult) -> ExitCode:
    """Return the exit code: delivered, undelivered, or not final yet."""
    if not result.is_final:
        return ExitCode.NO_RECEIPT
    return ExitCode.DONE if result.state == MessageState.DELIVERED else ExitCode.REFUSED


_STYLES = {
    ExitCode.DONE: "bold green",
    ExitCode.REFUSED: "bold red",
    ExitCode.NO_RECEIPT: "bold yellow",
}


def _rows(result: QueryResult, translate: Translator) -> list[tuple[str, RenderableType]]:
    """Return the result as labels and values."""
    code = _code(result)
    state = Text(state_text(result.state, translate), style=_STYLES[code])
    rows: list[tuple[str, RenderableType]] = [(translate("state"), state)]
    if result.error:
        rows.append((translate("cause"), Text(cause(result.error, translate))))
    if result.final_at is not None:
        # One without a time zone is shown as it is.
        at = result.final_at if result.final_at.tzinfo is None else result.final_at.astimezone()
        rows.append((translate("final since"), Text(at.isoformat(" ", "seconds"))))
    if code is ExitCode.NO_RECEIPT:
        rows.append(
            (translate("next step"), translate("the state isn't final yet: query it again later"))
        )
    if code is ExitCode.REFUSED:
        rows.append((translate("next step"), translate(FINAL_STATE)))
    return rows
