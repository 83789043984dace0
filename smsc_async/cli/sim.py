"""`smsc sim`: the gateway on this machine, its messages shown as they come.

Rule: one line a message. Texts are shown, since that is what it is for; numbers are masked unless
`--full` says otherwise.
"""

from __future__ import annotations

import asyncio
import errno
from contextlib import AsyncExitStack, suppress
from dataclasses import fields, replace
from enum import IntEnum
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from pdu.enums import MessageState
from smsc_async.cli.arguments import seconds, wrong_use
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.formatting import number, one_line, state_name
from smsc_async.cli.runner import ended

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsc_async.simulator import Scenario, Simulator
    from smsc_async.simulator.records import SubmittedMessage

LOOK_EVERY = 0.05
"""Seconds between looks at what has come: at once for an eye, next to nothing for a processor."""

_LAST_PORT = 65_535
_LAST_ERROR = 999
_KEPT = 10_000
"""Messages that may come between two looks."""

_COLUMNS = "{:8}  {:12} {:12}  {:12} {:5}  {}"


class State(IntEnum):
    """What may become of every message, as the option spells it."""

    DELIVERED = MessageState.DELIVERED
    EXPIRED = MessageState.EXPIRED
    DELETED = MessageState.DELETED
    UNDELIVERABLE = MessageState.UNDELIVERABLE
    REJECTED = MessageState.REJECTED


def sim(
    *,
    host: str = "127.0.0.1",
    port: int = 2775,
    delay: Annotated[float, Parameter(converter=seconds)] = 0.2,
    state: State = State.DELIVERED,
    error_code: int = 0,
    hlr: tuple[str, ...] = (),
    no_rules: Annotated[bool, Parameter(negative="")] = False,
    full: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Be the gateway until Ctrl-C.

    Args:
        host: Address to listen on.
        port: 0 takes any that is free.
        delay: Seconds until the receipt.
        state: What becomes of messages.
        error_code: The delivery error in their receipts, 0 to 999.
        hlr: What is told about every subscriber, each "name=value".
        no_rules: Take repeats, floods and late parts too.
        full: Show whole numbers.
        screen: Where to show it all.
    """
    if not 0 <= port <= _LAST_PORT:
        raise wrong_use("no_port", "smsc sim", port=port)
    scenario = _scenario(delay, state, error_code, hlr)
    simulator = _simulator(host, port, replace(scenario, rules=None) if no_rules else scenario)
    with suppress(KeyboardInterrupt):  # where signals can't be handled, Ctrl-C still ends it
        asyncio.run(_serve(simulator, host, port, screen, is_full=full))
    return ExitCode.DONE


def _simulator(host: str, port: int, scenario: Scenario) -> Simulator:
    """Make the simulator."""
    # Imported here and below, so that a help page or a wrong option doesn't need it.
    from smsc_async.simulator import Simulator  # noqa: PLC0415

    return Simulator(scenario, host=host, port=port)


def _scenario(delay: float, state: State, error_code: int, hlr: Sequence[str]) -> Scenario:
    """Make the scenario that the options describe."""
    from smsc_async.simulator import HlrAnswer, Scenario  # noqa: PLC0415

    if not 0 <= error_code <= _LAST_ERROR:
        raise wrong_use(
            "use.range",
            "smsc sim",
            name="--error-code",
            least=0,
            most=_LAST_ERROR,
            value=error_code,
        )
    answer = HlrAnswer(**_pairs(hlr, [one.name for one in fields(HlrAnswer)]))
    return Scenario(
        receipt_delay=delay,
        state=MessageState(state),
        error_code=error_code,
        hlr=answer,
        keep=_KEPT,
    )


def _pairs(given: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Take "name=value" apart."""
    pairs = {}
    for one in given:
        name, sign, value = one.partition("=")
        name = name.replace("-", "_")
        if not sign or name not in names:
            choices = ", ".join(name.replace("_", "-") for name in names)
            raise wrong_use("use.pair", "smsc sim", name="--hlr", choices=choices)
        pairs[name] = value
    return pairs


async def _serve(
    simulator: Simulator, host: str, port: int, screen: Screen, *, is_full: bool
) -> None:
    """Run the simulator until it is ended, then sum up."""
    began = perf_counter()
    async with AsyncExitStack() as stack:
        await _listen(simulator, stack, host, port)
        _greet(simulator.url, screen)
        await _show_messages(simulator, ended(), screen, is_full=is_full)
    _sum_up(simulator, perf_counter() - began, screen)


async def _listen(simulator: Simulator, stack: AsyncExitStack, host: str, port: int) -> None:
    """Open the port, or say why that can't be."""
    try:
        await stack.enter_async_context(simulator)
    except OSError as error:
        raise _cannot_listen(error, host, port) from None


def _cannot_listen(error: OSError, host: str, port: int) -> Failure:
    """Make a failure of what the operating system said."""
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < _LAST_PORT else 2775
        return Failure(ExitCode.NO_LINK, "address_in_use", host=host, port=port, other=other)
    reason = error.strerror or type(error).__name__
    return Failure(ExitCode.NO_LINK, "cannot_listen", host=host, port=port, reason=reason)


async def _show_messages(
    simulator: Simulator, ended: asyncio.Event, screen: Screen, *, is_full: bool
) -> None:
    """Show messages until the end."""
    shown, is_over = 0, False
    while not is_over:
        is_over = screen.is_muted or await _is_set(ended)
        count = simulator.stats.messages - shown
        for message in simulator.messages[-count:] if count else ():
            _show(message, screen, is_full=is_full)
        shown += count


async def _is_set(ended: asyncio.Event) -> bool:
    """Wait a moment, or less if the end comes."""
    with suppress(TimeoutError):
        await asyncio.wait_for(ended.wait(), LOOK_EVERY)
    return ended.is_set()


def _greet(url: str, screen: Screen) -> None:
    """Say where it listens and how to try it."""
    say = screen.say
    screen.show(
        Text.assemble(say("sim.listening"), " ", (url, "bold green")),
        Text(say("sim.try"), style="dim"),
        Text(f"  smsc send 79991234567 hello --url {url}", style="cyan"),
        Text(say("sim.stop"), style="dim"),
        "",
        wrap=False,
    )
    names = ("time", "from", "to", "kind", "parts", "text")
    header = _COLUMNS.format(*(say(f"sim.columns.{name}") for name in names))
    screen.show(Text(header, style="dim"), wrap=False)
    screen.write({"event": "listening", "url": url})


def _show(message: SubmittedMessage, screen: Screen, *, is_full: bool) -> None:
    """Show one message."""
    at = message.received_at.astimezone().strftime("%H:%M:%S")
    sender, recipient = (
        number(address, is_full=is_full) for address in (message.sender, message.recipient)
    )
    parts = str(message.total) if message.is_complete else f"{message.parts}/{message.total}"
    text = "" if message.text is None else message.text
    head = _COLUMNS.format(at, sender, recipient, message.kind, parts, "")
    shown = one_line(text) if message.text is not None else message.octets.hex(" ")
    screen.show(Text.assemble((head, "cyan"), shown), wrap=False)
    screen.write(_as_json(message, sender, recipient))


def _as_json(message: SubmittedMessage, sender: str, recipient: str) -> dict[str, Any]:
    """Return one message as an object."""
    return {
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
    }


def _sum_up(simulator: Simulator, took: float, screen: Screen) -> None:
    """Say how many messages there were."""
    say, stats = screen.say, simulator.stats
    said = say(
        "sim.summary",
        messages=say.count("messages", stats.messages),
        parts=say.count("parts", stats.submits),
        seconds=f"{took:.0f}",
    )
    screen.show("", Text(said, style="bold"))
    screen.write(
        {
            "event": "summary",
            "messages": stats.messages,
            "parts": stats.submits,
            "seconds": round(took, 1),
        }
    )
