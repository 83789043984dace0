"""`smsc sim`: the simulator as a server, with a log of the messages it receives.

Rule: options that are given win over the file of `--scenario`, and the file over the defaults.
What is shown is `sim_view`'s, what keys do `sim_keys`'.
"""

from __future__ import annotations

import asyncio
import errno
import sys
from contextlib import AsyncExitStack, suppress
from enum import Enum, IntEnum
from pathlib import Path  # noqa: TC003 -- cyclopts reads the annotations
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pdu.enums import MessageState
from smsc_async.cli.arguments import parse_duration, usage_error
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.i18n import _
from smsc_async.cli.runner import stop_event
from smsc_async.cli.sentences import os_reason

if TYPE_CHECKING:
    from smsc_async.cli.sim_keys import SimKeys
    from smsc_async.cli.sim_setup import SimSetup
    from smsc_async.cli.sim_view import SimView
    from smsc_async.cli.terminal_keys import KeyReader
    from smsc_async.simulator import GatewayClock, Simulator
    from smsc_async.simulator.fates import HoldMode

POLL_INTERVAL = 0.05
"""Seconds between two looks for new messages and keys."""

_LAST_PORT = 65_535


class FinalState(IntEnum):
    """Values of the option `--state`."""

    DELIVERED = MessageState.DELIVERED
    EXPIRED = MessageState.EXPIRED
    DELETED = MessageState.DELETED
    UNDELIVERABLE = MessageState.UNDELIVERABLE
    REJECTED = MessageState.REJECTED


class Hold(Enum):
    """Values of the option `--hold`."""

    OFF = "off"
    RECEIPT = "receipt"
    ANSWER = "answer"

    @property
    def mode(self) -> HoldMode:
        """The simulator's word for it."""
        return self.value


def sim_command(
    *,
    host: str = "127.0.0.1",
    port: int = 2775,
    scenario: Path | None = None,
    delay: Annotated[float | None, Parameter(converter=parse_duration)] = None,
    state: FinalState | None = None,
    error_code: int | None = None,
    hlr: tuple[str, ...] = (),
    hold: Hold | None = None,
    magic_prefix: str | None = None,
    magic: Annotated[bool, Parameter(negative="")] = False,
    keep: int | None = None,
    no_rules: Annotated[bool, Parameter(negative="")] = False,
    lenient: Annotated[bool, Parameter(negative="")] = False,
    full: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Run the simulator and show the messages it receives.

    The simulator of the gateway accepts messages over SMPP, responds and sends delivery receipts.
    Messages are shown, refused ones with the reason, and what becomes of them; none leaves this
    machine. Any login and password are accepted, unless the scenario has accounts.

    In a terminal single keys decide what becomes of the newest message, hold and release
    receipts, and move the clock; ? shows them.

    Args:
        host: Address to listen on.
        port: Port, 0 for any free one.
        scenario: TOML file with the fields of a Scenario, fates of numbers and chaos; "-" reads
            standard input. The options below win over it.
        delay: Time until the receipt: 0.5, 30s, 2m; default: 0.2.
        state: Final state of messages; default: delivered.
        error_code: The gateway's delivery error in receipts, 0 to 999; 6 means that the phone is
            off. Without a state any other than 0 is undeliverable; default: 0.
        hlr: Field of HLR answers, can be repeated: imsi, msc, mcc, mnc, country, network,
            roaming-country, roaming-network; default: the example in the gateway's document.
        hold: What is held until a key releases it, the receipt or the response too; default: off.
        magic_prefix: 1 to 11 digits that magic numbers begin with, or none; default: 7000000.
        magic: List the magic numbers, whose digits say what becomes of a message, and end.
        keep: How many messages are remembered, 1 to 1000000; default: 5000; 500 in
            code.
        no_rules: Also accept repeats, floods and late parts, which the gateway refuses or blocks.
        lenient: Also accept requests that SMPP 3.4 excludes, such as a priority of 9.
        full: Show complete numbers, not masked.
        screen: For the output.

    Examples:
        smsc sim
        smsc sim --port 3700 --state undeliverable --error-code 6 --json
        smsc sim --hlr network=MTS --hlr roaming-country=Finland
        smsc sim --scenario bad-day.toml --hold receipt
        smsc send 79991234567 hello --url smpp://demo:demo@127.0.0.1:2775
        smsc send 70000000006 hello --url smpp://demo:demo@127.0.0.1:2775
    """
    if not 0 <= port <= _LAST_PORT:
        text = _("invalid port {port}; ports are 0 to 65535")
        raise usage_error("no_port", text, "smsc sim", port=port)
    # Imported here and below: a help page doesn't need it.
    from smsc_async.cli.sim_setup import read_setup  # noqa: PLC0415

    setup = read_setup(
        scenario,
        delay=delay,
        state=None if state is None else MessageState(state),
        error_code=error_code,
        hlr=hlr,
        hold=None if hold is None else hold.mode,
        magic_prefix=magic_prefix,
        keep=keep,
        has_rules=not no_rules,
        is_strict=not lenient,
    )
    if magic:
        from smsc_async.cli.sim_magic import show_magic_numbers  # noqa: PLC0415

        show_magic_numbers(setup.magic_prefix, screen)
        return ExitCode.DONE
    from smsc_async.simulator import GatewayClock, Simulator  # noqa: PLC0415

    clock = GatewayClock()
    simulator = Simulator(
        setup.scenario,
        host=host,
        port=port,
        clock=clock,
        magic_prefix=setup.magic_prefix,
        hold=setup.hold,
    )
    with suppress(KeyboardInterrupt):  # Ctrl-C where signals can't be handled
        asyncio.run(_serve(simulator, clock, setup, screen, is_full=full))
    return ExitCode.DONE


async def _serve(
    simulator: Simulator, clock: GatewayClock, setup: SimSetup, screen: Screen, *, is_full: bool
) -> None:
    """Run the simulator until it is stopped, then show the summary."""
    from smsc_async.cli.sim_view import SimView  # noqa: PLC0415

    began, view = (
        perf_counter(),
        SimView(simulator, screen, is_full=is_full, fates=len(setup.fates)),
    )
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(simulator)
        except OSError as error:
            raise _cannot_listen(error, simulator.host, simulator.port) from None
        for number, fate in setup.fates.items():
            simulator.set_fate(number, fate)
        if setup.chaos is not None:
            simulator.start_chaos(setup.chaos)
        stopped, reader, keys = stop_event(), _key_reader(screen), None
        if reader is not None:
            from smsc_async.cli.sim_keys import SimKeys  # noqa: PLC0415

            stack.enter_context(reader)
            keys = SimKeys(simulator, clock, screen, stopped, is_full=is_full)
        view.greet(has_keys=reader is not None)
        await _show_until(stopped, view, screen, reader, keys)
    view.sum_up(perf_counter() - began)


def _key_reader(screen: Screen) -> KeyReader | None:
    """Return a reader of keys, where both ends are a terminal."""
    streams = (sys.stdin, sys.stdout)
    # A stream that is closed at the start is None.
    if screen.is_json or not all(one is not None and one.isatty() for one in streams):
        return None
    try:
        from smsc_async.cli.terminal_keys import KeyReader  # noqa: PLC0415
    except ImportError:  # no termios, as on Windows
        return None
    return KeyReader()


async def _show_until(
    stopped: asyncio.Event,
    view: SimView,
    screen: Screen,
    reader: KeyReader | None,
    keys: SimKeys | None,
) -> None:
    """Show what comes and do what keys say until *stopped* is set or the output is closed."""
    is_over = False
    while not is_over:
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), POLL_INTERVAL)
        is_over = screen.is_closed or stopped.is_set()
        view.update()
        if reader is not None and keys is not None:
            for key in reader.take():
                keys.press(key)


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
