"""`smsc demo`: one message through the embedded simulator, with every step shown.

Rule: nothing is staged. The message is sent over SMPP on loopback, and everything shown comes
from the public API.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, NamedTuple

from cyclopts import Parameter
from rich import box
from rich.panel import Panel
from rich.text import Text

from pdu.codec import encode
from pdu.enums import MessageState
from pdu.explain import explain
from smsc_async.cli.console import Screen, label_grid
from smsc_async.cli.dump_table import dump_table
from smsc_async.cli.failures import ExitCode
from smsc_async.cli.formatting import OCTETS, PARTS, state_name
from smsc_async.cli.plan import plan_rows
from smsc_async.cli.statuses import state_text
from smsc_async.gateway.compose import submits_of
from smsc_async.gateway.plan import plan
from smsc_async.messages import Sms

if TYPE_CHECKING:
    from rich.console import RenderableType

    from smsc_async.receipts import Receipt

MESSAGE = Sms(to="79991234567", sender="Shop", text="Код входа: 4821")

SEQUENCE_NUMBER = 2
"""Of the submit_sm: the bind was the first request of the session."""

_RECEIPT_TIMEOUT = 10.0

_PYTHON = """\
from smsc_async import Sms, SmscClient

async with SmscClient("sim://") as smsc:
    sent = await smsc.send(Sms(to="79991234567", text="Hello"))
    print(await sent.receipt(timeout=30))"""

_SHELL = """\
smsc send 79991234567 "Hello" --url sim://
smsc --help"""


class DemoResult(NamedTuple):
    """Result of the demonstration.

    Args:
        where: "host:port" of the simulator.
        message_id: The gateway's id.
        accepted_after: Seconds from the call to the response.
        receipt: The delivery receipt.
        delivered_after: Seconds from the call to the receipt.
    """

    where: str
    message_id: str
    accepted_after: float
    receipt: Receipt
    delivered_after: float


def demo_command(*, screen: Annotated[Screen, Parameter(parse=False)]) -> int:
    """Send a first message through the simulator: no account, no network.

    A one-time code is sent through a simulator in the same process, and every step is shown: the
    plan, the PDU, the response and the delivery receipt. It is free of charge.

    Args:
        screen: For the output.
    """
    result = asyncio.run(_send_message())
    frame, made, translate = sent_frame(), plan(MESSAGE), screen.translate
    octets = translate.count(OCTETS, len(frame))
    wire = translate("Sent: {command}, {octets}", command="submit_sm", octets=octets)
    message: list[tuple[str, RenderableType]] = [
        (translate("from"), MESSAGE.sender),
        (translate("to"), MESSAGE.to),
        (translate("text"), Text(MESSAGE.text, style="bold")),
    ]
    accepted = translate(
        "{ids}, {parts}, {seconds} s",
        ids=f"message_id {result.message_id}",
        parts=translate.count(PARTS, 1),
        seconds=translate.decimal(f"{result.accepted_after:.3f}"),
    )
    state, shown = state_name(result.receipt.state), state_text(result.receipt.state, translate)
    took = translate.decimal(f"{result.delivered_after:.3f}")
    answer: list[tuple[str, RenderableType]] = [
        (translate("accepted"), Text(accepted)),
        (translate("receipt"), Text(shown, style="bold green")),
        (
            translate("total"),
            translate(
                "{seconds} s from send() to the receipt, over SMPP on {where}",
                seconds=took,
                where=result.where,
            ),
        ),
    ]
    next_steps: list[tuple[str, RenderableType]] = [
        ("Python", Text(_PYTHON, style="cyan")),
        (translate("terminal"), Text(_SHELL, style="cyan")),
        (
            "SMSC.ru",
            translate(
                "For a real account, register at SMSC.ru, enable SMPP and set a password for "
                "it; the URL is then smsc://login:password@"
            ),
        ),
    ]
    screen.show(Text(translate("A one-time code through the embedded simulator"), style="bold"), "")
    screen.show(
        _panel(translate("Message"), label_grid(*message)),
        _panel(translate("Plan"), label_grid(*plan_rows(MESSAGE, made, translate))),
        _panel(wire, dump_table(explain(frame).lines, translate)),
        _panel(translate("Answer"), label_grid(*answer), style="green"),
        _panel(translate("Next steps"), label_grid(*next_steps)),
    )
    screen.write_json(
        {
            "sender": MESSAGE.sender,
            "to": MESSAGE.to,
            "text": MESSAGE.text,
            "coding": made.coding.name.lower(),
            "parts": made.parts,
            "frame": frame.hex(),
            "message_ids": [result.message_id],
            "accepted_after": round(result.accepted_after, 4),
            "state": state,
            "delivered_after": round(result.delivered_after, 4),
        }
    )
    is_delivered = result.receipt.state is MessageState.DELIVERED
    return ExitCode.DONE if is_delivered else ExitCode.REFUSED


async def _send_message() -> DemoResult:
    """Send the message through the embedded simulator and await its receipt."""
    # Imported here: a help page or a usage error needs neither.
    from smsc_async.client.client import SmscClient  # noqa: PLC0415
    from smsc_async.simulator import Simulator  # noqa: PLC0415

    async with Simulator() as gateway, SmscClient(gateway.url) as smsc:
        began = perf_counter()
        sent = await smsc.send(MESSAGE)
        accepted_after = perf_counter() - began
        receipt = await sent.receipt(timeout=_RECEIPT_TIMEOUT)
        delivered_after = perf_counter() - began
        where = gateway.url.rpartition("@")[2]
    return DemoResult(where, sent.message_id, accepted_after, receipt, delivered_after)


def sent_frame() -> bytes:
    """Return the submit_sm of the message, as the client writes it."""
    return encode(submits_of(MESSAGE)[0], sequence_number=SEQUENCE_NUMBER)


def _panel(title: str, what: RenderableType, style: str = "bright_black") -> Panel:
    """Return a framed section with a title."""
    return Panel(
        what,
        title=Text(title, style="bold"),
        title_align="left",
        box=box.ROUNDED,
        border_style=style,
    )
