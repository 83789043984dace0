"""`smsc send`: one message, its id, and what became of it.

Rule: from the moment the message may have left, whatever ends the command says so.
"""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from pdu.enums import MessageState
from smsc_async.cli.arguments import seconds
from smsc_async.cli.console import Screen, labelled
from smsc_async.cli.failures import ExitCode
from smsc_async.cli.formatting import cause, number, state_name
from smsc_async.cli.kinds import Kind, make
from smsc_async.cli.plan import read_text, show_plan
from smsc_async.cli.runner import (
    ACCEPTED,
    LONGEST_WAIT,
    NOT_SENT,
    UNKNOWN,
    Course,
    read_config,
    travel,
)
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.plan import plan as make_plan
from smsc_async.messages import (  # noqa: TC001 -- cyclopts reads the annotations
    Coding,
    LongText,
    Voice,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from smsc_async.cli.i18n import Say
    from smsc_async.client.submission import Submission
    from smsc_async.config import SmscConfig
    from smsc_async.messages import Message
    from smsc_async.receipts import Receipt


def send(
    to: str,
    text: str,
    *,
    kind: Kind = Kind.SMS,
    sender: str = "",
    comment: str | None = None,
    coding: Coding | None = None,
    long_text: LongText | None = None,
    validity: Annotated[float | None, Parameter(converter=seconds)] = None,
    flash: Annotated[bool, Parameter(negative="")] = False,
    smart: Annotated[bool, Parameter(negative="")] = False,
    subject: str | None = None,
    voice: Voice | None = None,
    language: str | None = None,
    call_wait: int | None = None,
    call_interval: int | None = None,
    call_attempts: int | None = None,
    param: str | None = None,
    bot: str | None = None,
    url: str | None = None,
    wait: Annotated[float, Parameter(converter=seconds)] = 30.0,
    no_wait: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Send a message.

    Args:
        to: Recipient's number, or address of an e-mail.
        text: "-" is standard input.
        kind: Of the message; each has options of its own.
        sender: Name or number it comes from.
        comment: For the history in the account.
        coding: None chooses the narrowest.
        long_text: How several parts travel; None is UDH.
        validity: How long the gateway tries, seconds.
        flash: A flash message.
        smart: As with smart_text=1 in the URL.
        subject: Of an e-mail.
        voice: Who reads a call aloud.
        language: In which a call is read.
        call_wait: Seconds a call rings.
        call_interval: Seconds between attempts to call.
        call_attempts: How many of them.
        param: The gateway's own parameter of a call.
        bot: Name of a Telegram bot.
        url: Of the gateway; None takes SMSC_URL.
        wait: For the receipt, seconds.
        no_wait: Don't wait for it.
        dry_run: Only show the plan.
        screen: Where to show it all.
    """
    message = make(
        kind,
        "smsc send",
        to=to,
        text=read_text(text),
        sender=sender,
        comment=comment,
        coding=coding,
        long_text=long_text,
        validity=validity,
        flash=flash,
        smart=smart,
        subject=subject,
        voice=voice,
        language=language,
        call_wait=call_wait,
        call_interval=call_interval,
        call_attempts=call_attempts,
        param=param,
        bot=bot,
    )
    course = Course(NOT_SENT)
    config = _config(url, course, is_needed=not dry_run)
    config = replace(config, smart_text=smart or config.smart_text)
    settings = TextSettings.from_config(config)
    if dry_run:
        show_plan(message, screen, settings)
        screen.show(Text(screen.say("nothing_sent"), style="dim"))
        return ExitCode.DONE
    make_plan(message, settings)  # refuses what can't travel on this bind, before it is opened
    patience = 0.0 if no_wait else min(wait, LONGEST_WAIT)
    return travel(_send(message, config, patience, course, screen), course, screen)


def _config(url: str | None, course: Course, *, is_needed: bool) -> SmscConfig:
    """Read the URL; where it isn't needed, having none is fine."""
    if not is_needed and url is None and not os.environ.get("SMSC_URL"):
        url = "sim://"
    return read_config(url, course)


async def _send(
    message: Message[Receipt], config: SmscConfig, wait: float, course: Course, screen: Screen
) -> int:
    """Connect, send, wait, and show each step as it is reached."""
    # Imported here, as above.
    from smsc_async.client.client import SmscClient  # noqa: PLC0415

    async with AsyncExitStack() as stack:
        with screen.waiting("connecting"):
            smsc = await stack.enter_async_context(SmscClient(config))
        began = perf_counter()
        course.went = UNKNOWN
        sent = await smsc.send(message)
        took = perf_counter() - began
        course.went, course.message_ids = ACCEPTED, sent.message_ids
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
        rows.append((say("cause"), Text(cause(receipt.error, say))))
    if not is_delivered:
        rows.append((say("do"), say("undelivered.do")))
    return rows


def _label_width(say: Say) -> int:
    """Return the width of the widest label, since the rows are shown one by one."""
    return max(len(say(key)) for key in ("accepted", "receipt", "cause", "do"))


def _as_json(
    message: Message[Receipt], sent: Submission[Receipt], took: float, receipt: Receipt | None
) -> dict[str, Any]:
    """Return the outcome as one object."""
    return {
        "to": number(message.to, is_full=False),
        "message_ids": list(sent.message_ids),
        "parts": sent.parts,
        "seconds": round(took, 3),
        "state": None if receipt is None else state_name(receipt.state),
        "error_code": None if receipt is None else receipt.error_code,
        "cost": None if receipt is None else receipt.cost,
    }
