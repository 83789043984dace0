"""`smsc sim`: the simulator as a server, with a log of the messages it receives.

Rule: one line a message, and one a refused request with its reason. Texts are shown, as that is
its purpose; numbers are masked unless `--full` is given.
"""

from __future__ import annotations

import asyncio
import errno
from contextlib import AsyncExitStack, suppress
from dataclasses import fields, replace
from enum import IntEnum
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from pdu.enums import MessageState
from pdu.escaping import escape
from pdu.names import status_label
from smsc_async.cli.arguments import parse_duration, usage_error
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.formatting import MESSAGES, PARTS, cause, display_number, one_line, state_name
from smsc_async.cli.i18n import _
from smsc_async.cli.runner import stop_event
from smsc_async.cli.sentences import os_reason
from smsc_async.receipts import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsc_async.simulator import Scenario, Simulator
    from smsc_async.simulator.records import RefusedRequest, SubmittedMessage

POLL_INTERVAL = 0.05
"""Seconds between two looks for new messages."""

_LAST_PORT = 65_535
_LAST_ERROR = 999
_KEPT = 10_000
"""Messages kept by the simulator; more can't arrive between two looks."""

_COLUMNS = "{:8}  {:12} {:12}  {:12} {:5}  {}"
_TITLES = (_("time"), _("from"), _("to"), _("kind"), _("parts"), _("text"))


_STOPPED = _("a rule stops it, it ends as UNDELIVERABLE; {cause}")


class FinalState(IntEnum):
    """Values of the option `--state`."""

    DELIVERED = MessageState.DELIVERED
    EXPIRED = MessageState.EXPIRED
    DELETED = MessageState.DELETED
    UNDELIVERABLE = MessageState.UNDELIVERABLE
    REJECTED = MessageState.REJECTED


def sim_command(
    *,
    host: str = "127.0.0.1",
    port: int = 2775,
    delay: Annotated[float, Parameter(converter=parse_duration)] = 0.2,
    state: FinalState = FinalState.DELIVERED,
    error_code: int = 0,
    hlr: tuple[str, ...] = (),
    no_rules: Annotated[bool, Parameter(negative="")] = False,
    lenient: Annotated[bool, Parameter(negative="")] = False,
    full: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Run the simulator and show the messages it receives.

    The simulator of the gateway accepts messages over SMPP, responds and sends delivery receipts.
    Messages are shown, and refused requests with the reason; none leaves this machine. Any login
    and password are accepted.

    Args:
        host: Address to listen on.
        port: Port, 0 for any free one.
        delay: Time until the receipt: 0.5, 30s, 2m.
        state: Final state of messages.
        error_code: The gateway's delivery error in receipts, 0 to 999; 6 means that the phone is
            off.
        hlr: Field of HLR answers, can be repeated: imsi, msc, mcc, mnc, country, network,
            roaming-country, roaming-network; default: the example in the gateway's document.
        no_rules: Also accept repeats, floods and late parts, which the gateway refuses or blocks.
        lenient: Also accept requests that SMPP 3.4 excludes, such as a priority of 9.
        full: Show complete numbers, not masked.
        screen: For the output.

    Examples:
        smsc sim
        smsc sim --port 3700 --state undeliverable --error-code 6 --json
        smsc sim --hlr network=MTS --hlr roaming-country=Finland
        smsc send 79991234567 hello --url smpp://demo:demo@127.0.0.1:2775
    """
    if not 0 <= port <= _LAST_PORT:
        text = _("invalid port {port}; ports are 0 to 65535")
        raise usage_error("no_port", text, "smsc sim", port=port)
    scenario = _scenario(delay, state, error_code, hlr)
    scenario = replace(scenario, strict=not lenient)
    if no_rules:
        scenario = replace(scenario, rules=None)
    # Imported here and below: a help page or a usage error doesn't need it.
    from smsc_async.simulator import Simulator  # noqa: PLC0415

    simulator = Simulator(scenario, host=host, port=port)
    with suppress(KeyboardInterrupt):  # Ctrl-C where signals can't be handled
        asyncio.run(_serve(simulator, host, port, screen, is_full=full))
    return ExitCode.DONE


def _scenario(delay: float, state: FinalState, error_code: int, hlr: Sequence[str]) -> Scenario:
    """Return the scenario that the options describe."""
    from smsc_async.simulator import HlrAnswer, Scenario  # noqa: PLC0415

    if not 0 <= error_code <= _LAST_ERROR:
        raise usage_error(
            "use.range",
            _("{name}: a whole number {least} to {most} is needed, got {value}"),
            "smsc sim",
            name="--error-code",
            least=0,
            most=_LAST_ERROR,
            value=error_code,
        )
    names = [one.name for one in fields(HlrAnswer)]
    answer = {}
    for pair in hlr:
        option, sign, value = pair.partition("=")
        name = option.replace("-", "_")
        if not sign or name not in names:
            choices = ", ".join(names).replace("_", "-")
            text = _("{name}: NAME=VALUE is needed, where NAME is one of {choices}")
            raise usage_error("use.pair", text, "smsc sim", name="--hlr", choices=choices)
        answer[name] = value
    return Scenario(
        receipt_delay=delay,
        state=MessageState(state),
        error_code=error_code,
        hlr=HlrAnswer(**answer),
        keep=_KEPT,
    )


async def _serve(
    simulator: Simulator, host: str, port: int, screen: Screen, *, is_full: bool
) -> None:
    """Run the simulator until it is stopped, then show the summary."""
    began = perf_counter()
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(simulator)
        except OSError as error:
            raise _cannot_listen(error, host, port) from None
        _greet(simulator.url, screen)
        await _show_messages(simulator, stop_event(), screen, is_full=is_full)
    _sum_up(simulator, perf_counter() - began, screen)


def _cannot_listen(error: OSError, host: str, port: int) -> Failure:
    """Convert an error of the operating system."""
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < _LAST_PORT else 2775
        return Failure(
            ExitCode.NO_LINK,
            "address_in_use",
            _("port {port} of {host} is in use"),
            advice=_("use another one: smsc sim --port {other}, or stop the other program"),
            host=host,
            port=port,
            other=other,
        )
    return Failure(
        ExitCode.NO_LINK,
        "cannot_listen",
        _("can't listen on {host}:{port}: {reason}"),
        advice=_("use another address: smsc sim --host 127.0.0.1 --port 2775"),
        host=host,
        port=port,
        reason=os_reason(error),
    )


async def _show_messages(
    simulator: Simulator, stopped: asyncio.Event, screen: Screen, *, is_full: bool
) -> None:
    """Show messages and refusals until *stopped* is set or the output is closed."""
    shown, refused, is_over = 0, 0, False
    while not is_over:
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), POLL_INTERVAL)
        is_over = screen.is_closed or stopped.is_set()
        count = simulator.stats.messages - shown
        for message in simulator.messages[-count:] if count else ():
            _show(message, screen, is_full=is_full)
        shown += count
        count = simulator.stats.refusals - refused
        for request in simulator.refusals[-count:] if count else ():
            _show_refusal(request, screen, is_full=is_full)
        refused += count


def _greet(url: str, screen: Screen) -> None:
    """Show the address, an example and the header."""
    translate = screen.translate
    screen.show(
        Text.assemble(
            translate("The simulator of the gateway listens on"), " ", (url, "bold green")
        ),
        Text(translate("Try it from another terminal:"), style="dim"),
        Text(f"  smsc send 79991234567 hello --url {url}", style="cyan"),
        Text(
            translate(
                "Stop with Ctrl-C. Texts are shown here, and no message leaves this machine."
            ),
            style="dim",
        ),
        "",
        wrap=False,
    )
    header = _COLUMNS.format(*map(translate, _TITLES))
    screen.show(Text(header, style="dim"), wrap=False)
    screen.write_json({"event": "listening", "url": url})


def _show(message: SubmittedMessage, screen: Screen, *, is_full: bool) -> None:
    """Show one message."""
    at = message.received_at.astimezone().strftime("%H:%M:%S")
    sender, recipient = (
        display_number(address, is_full=is_full) for address in (message.sender, message.recipient)
    )
    parts = str(message.total) if message.is_complete else f"{message.parts}/{message.total}"
    head = _COLUMNS.format(at, escape(sender), escape(recipient), message.kind, parts, "")
    text = message.octets.hex(" ") if message.text is None else one_line(message.text)
    stop_error = next((part.stop_error for part in message.submits if part.stop_error), 0)
    screen.show(Text.assemble((head, "cyan"), text), wrap=False)
    if stop_error:
        # Accepted, and yet a rule of the gateway stops it: only the receipt says so.
        stopped = screen.translate(
            _STOPPED, cause=cause(DeliveryError(stop_error), screen.translate)
        )
        indent = _COLUMNS.format("", "", "", "", "", "")
        screen.show(Text.assemble(indent, (stopped, "yellow")), wrap=False)
    screen.write_json(
        {
            "event": "message",
            "received_at": message.received_at.isoformat(),
            "sender": sender,
            "to": recipient,
            "kind": message.kind,
            "parts": message.parts,
            "total": message.total,
            "text": message.text,
            "octets": message.octets.hex(),
            "data_coding": message.data_coding,
            "message_ids": list(message.message_ids),
            "state": state_name(message.state),
            "stop_error": stop_error,
        }
    )


def _show_refusal(request: RefusedRequest, screen: Screen, *, is_full: bool) -> None:
    """Show one refused request: its status and the reason."""
    at = request.received_at.astimezone().strftime("%H:%M:%S")
    sender, recipient = (
        display_number(address, is_full=is_full) for address in (request.sender, request.recipient)
    )
    head = _COLUMNS.format(at, sender, recipient, request.command, "", "")
    status, refusal = status_label(request.command_status), request.refusal
    reason = screen.translate(refusal.text, **refusal.values)
    screen.show(
        Text.assemble((head, "cyan"), (f"{status}: {one_line(reason)}", "yellow")), wrap=False
    )
    screen.write_json(
        {
            "event": "refused",
            "received_at": request.received_at.isoformat(),
            "command": request.command,
            "command_status": int(request.command_status),
            "status": status,
            "reason": request.reason,
            "sender": sender,
            "to": recipient,
            "system_id": request.system_id,
        }
    )


def _sum_up(simulator: Simulator, took: float, screen: Screen) -> None:
    """Show the number of messages."""
    translate, stats = screen.translate, simulator.stats
    messages = translate.count(MESSAGES, stats.messages)
    parts = translate.count(PARTS, stats.submits)
    text = translate(
        "{messages}, {parts} in {seconds} s", messages=messages, parts=parts, seconds=f"{took:.0f}"
    )
    screen.show("", Text(text, style="bold"))
    screen.write_json(
        {
            "event": "summary",
            "messages": stats.messages,
            "parts": stats.submits,
            "seconds": round(took, 1),
        }
    )
