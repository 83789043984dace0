"""`smsc demo`: a newcomer's first minute, with the gateway in the same process.

Rule: nothing is staged. The message really goes over SMPP on loopback, and all that is shown was
asked of the same functions that everybody uses.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from cyclopts import Parameter
from rich import box
from rich.panel import Panel
from rich.text import Text

from pdu.codec import encode
from pdu.enums import MessageState
from pdu.explain import explain
from smsc_async.cli import dump_table as frames
from smsc_async.cli.console import Screen, labelled
from smsc_async.cli.failures import ExitCode
from smsc_async.cli.formatting import state_name
from smsc_async.cli.plan import rows
from smsc_async.gateway.compose import submits_of
from smsc_async.gateway.plan import plan
from smsc_async.messages import Sms

if TYPE_CHECKING:
    from rich.console import RenderableType

    from smsc_async.cli.i18n import Say
    from smsc_async.receipts import Receipt

MESSAGE = Sms(to="79991234567", sender="Shop", text="Код входа: 4821")

SEQUENCE_NUMBER = 2
"""Of the submit_sm: the bind was the link's first request."""

_PATIENCE = 10.0

_PYTHON = """\
from smsc_async import Sms, SmscClient

async with SmscClient("sim://") as smsc:
    sent = await smsc.send(Sms(to="79991234567", text="Hello"))
    print(await sent.receipt(timeout=30))"""

_SHELL = """\
smsc send 79991234567 "Hello" --url sim://
smsc --help"""


class Journey(NamedTuple):
    """What became of the message.

    Args:
        where: "host:port" of the gateway.
        message_id: What the gateway calls it.
        accepted_after: Seconds from the call to the response.
        receipt: What the gateway told of it.
        delivered_after: Seconds from the call to the receipt.
    """

    where: str
    message_id: str
    accepted_after: float
    receipt: Receipt
    delivered_after: float


def demo(*, screen: Annotated[Screen, Parameter(parse=False)]) -> int:
    """Send a one-time code through the embedded simulator and show all of it.

    Args:
        screen: Where to show it.
    """
    journey = asyncio.run(_travel())
    frame = sent_frame()
    say = screen.say
    screen.show(Text(say("demo.title"), style="bold"), "")
    screen.show(
        _panel(say("demo.message"), labelled(*_message(say))),
        _panel(say("plan"), labelled(*rows(MESSAGE, plan(MESSAGE), say))),
        _panel(_wire_title(frame, say), frames.table(explain(frame).lines, say)),
        _panel(say("demo.answer"), labelled(*_answer(journey, say)), style="green"),
        _panel(say("demo.next"), labelled(*_next(say))),
    )
    screen.write(_as_json(journey, frame))
    is_delivered = journey.receipt.state is MessageState.DELIVERED
    return ExitCode.DONE if is_delivered else ExitCode.REFUSED


async def _travel() -> Journey:
    """Send the message through the embedded gateway and wait for its receipt."""
    # Imported here, so that a help page or a wrong option needs neither.
    from smsc_async.client.client import SmscClient  # noqa: PLC0415
    from smsc_async.simulator import Simulator  # noqa: PLC0415

    async with Simulator() as gateway, SmscClient(gateway.url) as smsc:
        began = perf_counter()
        sent = await smsc.send(MESSAGE)
        accepted_after = perf_counter() - began
        receipt = await sent.receipt(timeout=_PATIENCE)
        delivered_after = perf_counter() - began
        where = gateway.url.rpartition("@")[2]
    return Journey(where, sent.message_id, accepted_after, receipt, delivered_after)


def sent_frame() -> bytes:
    """Return the octets of the message's only part, as the client writes them."""
    return encode(submits_of(MESSAGE)[0], sequence_number=SEQUENCE_NUMBER)


def _panel(title: str, what: RenderableType, style: str = "bright_black") -> Panel:
    """Frame a section under its title."""
    return Panel(
        what,
        title=Text(title, style="bold"),
        title_align="left",
        box=box.ROUNDED,
        border_style=style,
    )


def _message(say: Say) -> list[tuple[str, RenderableType]]:
    """Return the message itself as rows."""
    return [
        (say("demo.from"), MESSAGE.sender),
        (say("demo.to"), MESSAGE.to),
        (say("demo.text"), Text(MESSAGE.text, style="bold")),
    ]


def _wire_title(frame: bytes, say: Say) -> str:
    """Return the title above the octets."""
    return say("demo.wire", command="submit_sm", octets=say.count("octets", len(frame)))


def _answer(journey: Journey, say: Say) -> list[tuple[str, RenderableType]]:
    """Return what the gateway answered as rows."""
    accepted = say(
        "accepted.as",
        ids=f"message_id {journey.message_id}",
        parts=say.count("parts", 1),
        seconds=f"{journey.accepted_after:.3f}",
    )
    state = state_name(journey.receipt.state)
    took = f"{journey.delivered_after:.3f}"
    return [
        (say("accepted"), Text(accepted)),
        (say("receipt"), Text(state, style="bold green")),
        (say("demo.took"), say("demo.took.of", seconds=took, where=journey.where)),
    ]


def _next(say: Say) -> list[tuple[str, RenderableType]]:
    """Return what a newcomer may do next as rows."""
    return [
        (say("demo.next.python"), Text(_PYTHON, style="cyan")),
        (say("demo.next.shell"), Text(_SHELL, style="cyan")),
        ("SMSC.ru", say("demo.next.account")),
    ]


def _as_json(journey: Journey, frame: bytes) -> dict[str, Any]:
    """Return the whole journey as one object."""
    made = plan(MESSAGE)
    return {
        "sender": MESSAGE.sender,
        "to": MESSAGE.to,
        "text": MESSAGE.text,
        "coding": made.coding.name.lower(),
        "parts": made.parts,
        "frame": frame.hex(),
        "message_ids": [journey.message_id],
        "accepted_after": round(journey.accepted_after, 4),
        "state": state_name(journey.receipt.state),
        "delivered_after": round(journey.delivered_after, 4),
    }
