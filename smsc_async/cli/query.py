"""`smsc query`: what became of a message, asked by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from pdu import EncodeError, QuerySm, encode
from pdu.enums import MessageState
from smsc_async.cli.arguments import usage_error
from smsc_async.cli.console import Screen, label_grid
from smsc_async.cli.failures import ExitCode
from smsc_async.cli.formatting import cause, state_name
from smsc_async.cli.runner import SendProgress, read_config, run_async

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import RenderableType

    from smsc_async.cli.i18n import Translator
    from smsc_async.config import SmscConfig
    from smsc_async.receipts import QueryResult

_WRITTEN = {"message_id": "MESSAGE-ID", "source_addr": "--sender"}
"""Fields of the query_sm, as the command line calls them."""


def query_command(
    message_id: str,
    *,
    sender: str = "",
    url: str | None = None,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Ask what became of a message.

    Args:
        message_id: What the gateway calls it.
        sender: As it was submitted.
        url: Of the gateway; None takes SMSC_URL.
        screen: Where to show the answer.
    """
    _check(message_id, sender)
    progress = SendProgress()
    config = read_config(url, progress)
    return run_async(_query(message_id, sender, config, screen), progress, screen)


def _check(message_id: str, sender: str) -> None:
    """Refuse what no query_sm holds, before anything is opened."""
    if not message_id:
        raise usage_error("use.missing", "smsc query", name="MESSAGE-ID")
    try:
        encode(QuerySm(message_id=message_id, source_addr=sender))
    except EncodeError as error:
        failure = usage_error("use.no_query", "smsc query")
        failure.detail = f"{_WRITTEN.get(error.field, error.field)}: {error.reason}"
        raise failure from None


async def _query(message_id: str, sender: str, config: SmscConfig, screen: Screen) -> int:
    """Connect, ask, show."""
    # Imported here: an error of the URL needs no client.
    from smsc_async.client.client import SmscClient  # noqa: PLC0415

    with screen.spinner("connecting"):
        async with SmscClient(config) as smsc:
            result = await smsc.query(message_id, sender=sender)
    screen.show(label_grid(*_rows(result, screen.translate)))
    screen.write_json(_as_json(message_id, result, screen.translate))
    return _code(result)


def _code(result: QueryResult) -> ExitCode:
    """Return what a script needs to know: arrived, not, or not yet."""
    if not result.is_final:
        return ExitCode.NO_RECEIPT
    return ExitCode.DONE if result.state == MessageState.DELIVERED else ExitCode.REFUSED


_STYLES = {
    ExitCode.DONE: "bold green",
    ExitCode.REFUSED: "bold red",
    ExitCode.NO_RECEIPT: "bold yellow",
}


def _rows(result: QueryResult, translate: Translator) -> list[tuple[str, RenderableType]]:
    """Return the answer as rows."""
    code = _code(result)
    state = Text(state_name(result.state), style=_STYLES[code])
    rows: list[tuple[str, RenderableType]] = [(translate("state"), state)]
    if result.error:
        rows.append((translate("cause"), Text(cause(result.error, translate))))
    if result.final_at is not None:
        rows.append((translate("final_at"), Text(_shown(result.final_at))))
    if code is ExitCode.NO_RECEIPT:
        rows.append((translate("do"), translate("not_final.do")))
    if code is ExitCode.REFUSED:
        rows.append((translate("do"), translate("undelivered.do")))
    return rows


def _shown(at: datetime) -> str:
    """Return an instant as the reader's clock shows it; one without a zone stays as it is."""
    return (at if at.tzinfo is None else at.astimezone()).isoformat(" ", "seconds")


def _as_json(message_id: str, result: QueryResult, translate: Translator) -> dict[str, Any]:
    """Return the answer as one object."""
    return {
        "message_id": message_id,
        "state": state_name(result.state),
        "final": result.is_final,
        "error_code": result.error_code,
        "explained": result.error.explain(translate.language),
        "final_at": None if result.final_at is None else result.final_at.isoformat(),
    }
