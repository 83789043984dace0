"""`smsc query`: what became of a message, asked by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from pdu import EncodeError, QuerySm, encode
from pdu.enums import MessageState
from smsc_async.cli.arguments import wrong_use
from smsc_async.cli.console import Screen, labelled
from smsc_async.cli.failures import ExitCode
from smsc_async.cli.formatting import cause, state_name
from smsc_async.cli.runner import Course, read_config, travel

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import RenderableType

    from smsc_async.cli.i18n import Say
    from smsc_async.config import SmscConfig
    from smsc_async.receipts import QueryResult

_WRITTEN = {"message_id": "MESSAGE-ID", "source_addr": "--sender"}
"""Fields of the query_sm, as the command line calls them."""


def query(
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
    course = Course()
    config = read_config(url, course)
    return travel(_query(message_id, sender, config, screen), course, screen)


def _check(message_id: str, sender: str) -> None:
    """Refuse what no query_sm holds, before anything is opened."""
    if not message_id:
        raise wrong_use("use.missing", "smsc query", name="MESSAGE-ID")
    try:
        encode(QuerySm(message_id=message_id, source_addr=sender))
    except EncodeError as error:
        failure = wrong_use("use.no_query", "smsc query")
        failure.detail = f"{_WRITTEN.get(error.field, error.field)}: {error.reason}"
        raise failure from None


async def _query(message_id: str, sender: str, config: SmscConfig, screen: Screen) -> int:
    """Connect, ask, show."""
    # Imported here: an error of the URL needs no client.
    from smsc_async.client.client import SmscClient  # noqa: PLC0415

    with screen.waiting("connecting"):
        async with SmscClient(config) as smsc:
            result = await smsc.query(message_id, sender=sender)
    screen.show(labelled(*_rows(result, screen.say)))
    screen.write(_as_json(message_id, result, screen.say))
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


def _rows(result: QueryResult, say: Say) -> list[tuple[str, RenderableType]]:
    """Return the answer as rows."""
    code = _code(result)
    state = Text(state_name(result.state), style=_STYLES[code])
    rows: list[tuple[str, RenderableType]] = [(say("state"), state)]
    if result.error:
        rows.append((say("cause"), Text(cause(result.error, say))))
    if result.final_at is not None:
        rows.append((say("final_at"), Text(_shown(result.final_at))))
    if code is ExitCode.NO_RECEIPT:
        rows.append((say("do"), say("not_final.do")))
    if code is ExitCode.REFUSED:
        rows.append((say("do"), say("undelivered.do")))
    return rows


def _shown(at: datetime) -> str:
    """Return an instant as the reader's clock shows it; one without a zone stays as it is."""
    return (at if at.tzinfo is None else at.astimezone()).isoformat(" ", "seconds")


def _as_json(message_id: str, result: QueryResult, say: Say) -> dict[str, Any]:
    """Return the answer as one object."""
    return {
        "message_id": message_id,
        "state": state_name(result.state),
        "final": result.is_final,
        "error_code": result.error_code,
        "explained": result.error.explain(say.language),
        "final_at": None if result.final_at is None else result.final_at.isoformat(),
    }
