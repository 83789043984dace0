"""`smsc send`: sends one message and awaits its delivery receipt (DLR).

Rule: once the message may have been sent, every failure says so.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from time import perf_counter, time
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from pdu.enums import MessageState
from smsc_async.cli.arguments import parse_duration
from smsc_async.cli.bulk_progress import THROTTLED, clock_time
from smsc_async.cli.console import Screen, label_grid
from smsc_async.cli.failures import ACCEPTED, NOT_SENT, UNKNOWN, ExitCode, failure_of
from smsc_async.cli.foreign_deliveries import OwnReceipts, without_receipts
from smsc_async.cli.formatting import FINAL_STATE, PARTS, cause, display_number, ids, state_name
from smsc_async.cli.i18n import _, _n
from smsc_async.cli.kinds import DEFAULT_OPTIONS, MessageOptions, make_message
from smsc_async.cli.plan import read_text, show_plan
from smsc_async.cli.runner import LONGEST_WAIT, SendProgress, connected, read_config, run_async
from smsc_async.cli.statuses import state_text
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.plan import plan
from smsc_async.instrumentation import SendAbandoned, Throttled
from smsc_async.messages import Sms

if TYPE_CHECKING:
    from rich.console import RenderableType

    from smsc_async.cli.i18n import Translator
    from smsc_async.client.client import SmscClient
    from smsc_async.client.submission import Submission
    from smsc_async.config import SmscConfig
    from smsc_async.instrumentation import LinkEvent
    from smsc_async.messages import Message
    from smsc_async.receipts import Receipt

GRACE = 5.0
"""Seconds that a message in flight gets for its response after Ctrl-C or SIGTERM."""
MANY_PARTS = 10
"""From so many parts on their number is said before a message is sent."""
_CHARGED_PARTS = _n(
    "the message has {number} part", "the message has {number} parts, and each is charged"
)
_SENT_PARTS = _n("the message is sent as {number} part", "the message is sent as {number} parts")
_LABELS = (_("accepted"), _("receipt"), _("cause"), _("next step"))


def send_command(
    to: str,
    text: str,
    *,
    options: Annotated[MessageOptions, Parameter(name="*")] = DEFAULT_OPTIONS,
    validity: Annotated[float | None, Parameter(converter=parse_duration)] = None,
    url: str | None = None,
    wait: Annotated[float, Parameter(converter=parse_duration)] = 30.0,
    no_wait: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Send a message of any kind and wait for its delivery receipt (DLR).

    Only its own receipts are acknowledged: those of other programs of the login, and incoming
    messages, stay with the gateway.

    Args:
        to: Number with country code: 79991234567, "+7 999 123-45-67"; with --kind email an
            address of at most 20 characters, or more with ?email_limit=64 in the URL.
        text: Text, in quotes; - reads it from standard input; with --kind telegram-code the code
            itself, 4 to 8 digits.
        options: Of the message.
        validity: How long the gateway tries: 90s, 15m, 2h; at most 24h.
        url: Gateway; default: $SMSC_URL. Other users see a password given here (ps).
        wait: Timeout of the receipt: 10, 90s, 15m.
        no_wait: Don't wait for the receipt.
        dry_run: Show the plan, send nothing.
        screen: For the output.

    Examples:
        smsc send 79991234567 "Code: 4821" --url sim://
        smsc send 79991234567 4821 --kind telegram-code
        smsc send 79991234567 "Your code: 4, 8, 2, 1" --kind call --language en
        echo "Backup failed" | smsc send 79991234567 - --sender Shop --json
    """
    message = make_message(
        "smsc send", to=to, text=read_text(text), validity=validity, **asdict(options)
    )
    progress = SendProgress(NOT_SENT)
    if dry_run and url is None and not os.environ.get("SMSC_URL"):
        url = "sim://"  # a plan needs no gateway
    config = read_config(url, progress)
    config = replace(config, smart_text=options.smart or config.smart_text)
    settings = TextSettings.from_config(config)
    if dry_run:
        show_plan(message, screen, settings)
        screen.show_text(_("Nothing was sent."), "dim")
        return ExitCode.DONE
    # Rejects what can't be sent on this bind before it is opened.
    _warn_of_parts(message, plan(message, settings).parts, screen)
    timeout = 0.0 if no_wait else min(wait, LONGEST_WAIT)
    config = config if timeout else without_receipts(config, url)
    return run_async(_send(message, config, timeout, progress, screen), progress, screen)


def _warn_of_parts(message: Message[Receipt], parts: int, screen: Screen) -> None:
    """Say before it is sent how many parts a long message has: a file may have been pasted."""
    if parts >= MANY_PARTS:
        noun = _CHARGED_PARTS if isinstance(message, Sms) else _SENT_PARTS
        screen.show_error(Text(screen.translate.count(noun, parts), style="yellow"))


async def _send(
    message: Message[Receipt],
    config: SmscConfig,
    wait: float,
    progress: SendProgress,
    screen: Screen,
) -> int:
    """Connect, send, await the receipt, and show each step."""
    translate = screen.translate
    # Of the widest label: the rows are printed one by one.
    width = max(len(translate(label)) for label in _LABELS)
    abandoned: list[SendAbandoned] = []
    throttled: list[Throttled] = []

    def on_link_event(event: LinkEvent) -> None:
        """Keep the outcome of a message whose send was cancelled, and say what it waits for."""
        if isinstance(event, SendAbandoned):
            abandoned.append(event)
        elif isinstance(event, Throttled):
            throttled.append(event)
            if len(throttled) == 1:
                at = clock_time(time() + event.pause)
                screen.show_error(Text(translate(THROTTLED, time=at), style="yellow"))
                progress.waits = _("interrupted; the gateway limited the rate")

    own = OwnReceipts(screen, config)
    async with AsyncExitStack() as stack:
        with screen.spinner(_("connecting …")):
            smsc = await connected(stack, config, on_link_event, **own.handlers)
        stack.callback(own.end)
        began = perf_counter()
        progress.outcome = UNKNOWN
        sent = await _accepted(smsc, message, progress, abandoned, own)
        took, progress.waits = perf_counter() - began, ""
        progress.outcome, progress.message_ids = ACCEPTED, sent.message_ids
        accepted = translate(
            "{ids}, {parts}, {seconds} s",
            ids=ids(sent.message_ids),
            parts=translate.count(PARTS, sent.parts),
            seconds=translate.decimal(f"{took:.2f}"),
        )
        row = translate("accepted"), Text(accepted, style="bold")
        screen.show(label_grid(row, width=width))
        receipt = None
        if wait:
            with screen.spinner(_("accepted, waiting for the receipt …")):
                receipt = await sent.receipt(timeout=wait)
            arrived = perf_counter() - began
            screen.show(label_grid(*_received(receipt, arrived, translate), width=width))
        screen.write_json(
            {
                "to": display_number(message.to, is_full=False),
                "message_ids": list(sent.message_ids),
                "parts": sent.parts,
                "seconds": round(took, 3),
                "state": None if receipt is None else state_name(receipt.state),
                "error_code": None if receipt is None else receipt.error_code,
                "cost": None if receipt is None else receipt.cost,
            }
        )
    is_fine = receipt is None or receipt.state is MessageState.DELIVERED
    return ExitCode.DONE if is_fine else ExitCode.REFUSED


async def _accepted(
    smsc: SmscClient,
    message: Message[Receipt],
    progress: SendProgress,
    abandoned: list[SendAbandoned],
    own: OwnReceipts,
) -> Submission[Receipt]:
    """Send a message; after Ctrl-C or SIGTERM, find out what became of it.

    Nothing of it is written any more, and one that was written gets some seconds for its response.

    Args:
        smsc: The client.
        message: The message.
        progress: Gets the outcome after Ctrl-C.
        abandoned: Outcomes of messages whose send was cancelled; none that wasn't written is there.
        own: Expects the receipts of the message.
    """
    try:
        sent = await smsc.send(message)
    except asyncio.CancelledError:
        own.end()
        await smsc.aclose(timeout=GRACE)
        if not abandoned:
            progress.outcome = NOT_SENT
        elif abandoned[0].error is None:
            progress.outcome, progress.message_ids = ACCEPTED, abandoned[0].message_ids
        else:
            failure = failure_of(abandoned[0].error)
            progress.outcome, progress.message_ids = failure.outcome, failure.message_ids
        raise
    own.expect(sent.message_ids)
    own.stop_expecting()
    return sent


def _received(
    receipt: Receipt, took: float, translate: Translator
) -> list[tuple[str, RenderableType]]:
    """Return the receipt as labels and values."""
    is_delivered = receipt.state is MessageState.DELIVERED
    text = translate(
        "{state} after {seconds} s",
        state=state_text(receipt.state, translate),
        seconds=translate.decimal(f"{took:.2f}"),
    )
    rows: list[tuple[str, RenderableType]] = [
        (translate("receipt"), Text(text, style="bold green" if is_delivered else "bold red"))
    ]
    if receipt.error:
        rows.append((translate("cause"), Text(cause(receipt.error, translate))))
    if not is_delivered:
        rows.append((translate("next step"), translate(FINAL_STATE)))
    return rows
