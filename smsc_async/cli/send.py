"""`smsc send`: one text message, its id, and what became of it.

Rule: from the moment the message may have left, whatever ends the command says so.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from pdu.enums import MessageState
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.plan import read_text, show_plan
from smsc_async.cli.screen import Screen, labelled
from smsc_async.cli.usage import seconds
from smsc_async.config import SmscConfig
from smsc_async.errors import ConfigError, SmscError, mask_number
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.plan import plan as make_plan
from smsc_async.messages import Coding, LongText, Sms

if TYPE_CHECKING:
    from rich.console import RenderableType

    from smsc_async.cli.texts import Say
    from smsc_async.receipts import Receipt
    from smsc_async.submission import Submission

_LONGEST_WAIT = 24 * 3600


def send(
    to: str,
    text: str,
    *,
    sender: str = "",
    comment: str | None = None,
    coding: Coding | None = None,
    long_text: LongText = LongText.UDH,
    validity: Annotated[float | None, Parameter(converter=seconds)] = None,
    flash: bool = False,
    url: str | None = None,
    wait: Annotated[float, Parameter(converter=seconds)] = 30.0,
    no_wait: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Send a text message.

    Args:
        to: Recipient's number.
        text: "-" is standard input.
        sender: Name or number it comes from.
        comment: For the history in the account.
        coding: None chooses the narrowest.
        long_text: How several parts travel.
        validity: How long the gateway tries, seconds.
        flash: A flash message.
        url: Of the gateway; None takes SMSC_URL.
        wait: For the receipt, seconds.
        no_wait: Don't wait for it.
        dry_run: Only show the plan.
        screen: Where to show it all.
    """
    message = Sms(
        to=to,
        text=read_text(text),
        sender=sender,
        comment=comment,
        coding=coding,
        long_text=long_text,
        validity=validity,
        flash=flash,
    )
    if dry_run:
        show_plan(message, screen)
        screen.show(Text(screen.say("nothing_sent"), style="dim"))
        return ExitCode.DONE
    config = _config(url)
    # A text that can't travel on this bind is refused before anything is opened.
    make_plan(message, TextSettings(latin1=config.is_latin1))
    return _travel(message, config, 0.0 if no_wait else min(wait, _LONGEST_WAIT), screen)


@dataclass(slots=True)
class _Course:
    """How far a message has come.

    Args:
        went: Of the text that answers "did it go?".
        message_ids: Once it is accepted.
    """

    went: str = "went.not_sent"
    message_ids: tuple[str, ...] = ()


def _config(url: str | None) -> SmscConfig:
    """Read the URL that was given, or that of the environment."""
    if url is not None:
        return SmscConfig.from_url(url)
    try:
        return SmscConfig.from_env()
    except ConfigError as error:
        if error.value is not None or error.name != "SMSC_URL":
            raise
    raise Failure(ExitCode.WRONG_USE, "no_url", went="went.not_sent")


def _travel(message: Sms, config: SmscConfig, wait: float, screen: Screen) -> int:
    """Send the message on a loop of its own; whatever ends it, say how far it came."""
    course = _Course()
    cause: BaseException | None = None
    try:
        return asyncio.run(_send(message, config, wait, course, screen))
    except KeyboardInterrupt:
        code, key, values = ExitCode.INTERRUPTED, "interrupted", {}
    except (SmscError, Failure):
        raise
    except BaseException as error:  # noqa: BLE001 -- a loop that was cancelled ends with one, too
        cause = error if screen.is_debug else None
        code, key, values = ExitCode.UNKNOWN, "unexpected", {"kind": type(error).__name__}
    raise Failure(code, key, went=course.went, message_ids=course.message_ids, **values) from cause


async def _send(
    message: Sms, config: SmscConfig, wait: float, course: _Course, screen: Screen
) -> int:
    """Connect, send, wait, and show each step as it is reached."""
    # Imported here: a plan or an error of the URL needs no client.
    from smsc_async.client import SmscClient  # noqa: PLC0415

    async with AsyncExitStack() as stack:
        with screen.waiting("connecting"):
            smsc = await stack.enter_async_context(SmscClient(config))
        began = perf_counter()
        course.went = "went.unknown"
        sent = await smsc.send(message)
        took = perf_counter() - began
        course.went, course.message_ids = "went.accepted", sent.message_ids
        screen.show(labelled(_accepted(sent, took, screen.say), width=_label_width(screen.say)))
        receipt = None
        if wait:
            with screen.waiting("waiting"):
                receipt = await sent.receipt(timeout=wait)
            arrived = perf_counter() - began
            screen.show(
                labelled(*_received(receipt, arrived, screen.say), width=_label_width(screen.say))
            )
        screen.write(_as_json(message, sent, took, receipt))
    is_fine = receipt is None or receipt.state is MessageState.DELIVERED
    return ExitCode.DONE if is_fine else ExitCode.REFUSED


def _accepted(sent: Submission[Receipt], took: float, say: Say) -> tuple[str, RenderableType]:
    """Return the acceptance as a row."""
    parts = say.count("parts", sent.parts)
    ids = ", ".join(sent.message_ids)
    said = say("accepted.as", ids=ids, parts=parts, seconds=f"{took:.2f}")
    return say("accepted"), Text(said, style="bold")


def _received(receipt: Receipt, took: float, say: Say) -> list[tuple[str, RenderableType]]:
    """Return what the receipt says as rows."""
    is_delivered = receipt.state is MessageState.DELIVERED
    said = say("receipt.after", state=state_name(receipt.state), seconds=f"{took:.2f}")
    rows: list[tuple[str, RenderableType]] = [
        (say("receipt"), Text(said, style="bold green" if is_delivered else "bold red"))
    ]
    if receipt.error:
        explained = receipt.error.explain(say.language)
        code = int(receipt.error)
        rows.append((say("cause"), say("receipt.error", code=code, explained=explained)))
    if not is_delivered:
        rows.append((say("do"), say("undelivered.do")))
    return rows


def _label_width(say: Say) -> int:
    """Return the width of the widest label, since the rows are shown one by one."""
    return max(len(say(key)) for key in ("accepted", "receipt", "cause", "do"))


def state_name(state: MessageState | int | None) -> str:
    """Return a state as the specification spells it, a number without a name as it is."""
    return state.name if isinstance(state, MessageState) else str(state)


def _as_json(
    message: Sms, sent: Submission[Receipt], took: float, receipt: Receipt | None
) -> dict[str, Any]:
    """Return the outcome as one object."""
    return {
        "to": mask_number(message.to),
        "message_ids": list(sent.message_ids),
        "parts": sent.parts,
        "seconds": round(took, 3),
        "state": None if receipt is None else state_name(receipt.state),
        "error_code": None if receipt is None else receipt.error_code,
        "cost": None if receipt is None else receipt.cost,
    }
