"""`smsc tail`: receipts and subscribers' messages, as they come.

Rule: one line each. Texts of subscribers are shown, since that is what it is for; numbers are
masked unless `--full` says otherwise. Both streams are always read, whichever is shown: one that
nobody reads would hold up the other.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from pdu.enums import BindMode
from smsc_async.cli.course import Course, ended, read_config, travel
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.lines import cause, number, one_line, state_name, subscriber
from smsc_async.cli.screen import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.errors import ClientClosedError
from smsc_async.instrumentation import ConnectFailed, LinkBound, LinkDown
from smsc_async.receipts import HlrReceipt, IncomingMessage, Receipt

if TYPE_CHECKING:
    from smsc_async.cli.texts import Say
    from smsc_async.client import SmscClient
    from smsc_async.config import SmscConfig
    from smsc_async.instrumentation import LinkEvent

_COLUMNS = "{:8}  {:8}  {:12} {:12}  {}"


def tail(
    *,
    receipts: Annotated[bool, Parameter(negative="")] = False,
    incoming: Annotated[bool, Parameter(negative="")] = False,
    full: Annotated[bool, Parameter(negative="")] = False,
    url: str | None = None,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Show what comes until Ctrl-C.

    Args:
        receipts: Only these, unless both are asked for.
        incoming: Only these, unless both are asked for.
        full: Show whole numbers.
        url: Of the gateway; None takes SMSC_URL.
        screen: Where to show it all.
    """
    course = Course()
    config = read_config(url, course)
    kinds = (Receipt,) * receipts + (IncomingMessage,) * incoming or (Receipt, IncomingMessage)
    watch = _Watch(screen, kinds, full)
    try:
        # It only listens, so it asks for no more.
        return travel(watch.run(replace(config, mode=BindMode.RECEIVER)), course, screen)
    except Failure as failure:
        if failure.code is not ExitCode.INTERRUPTED:
            raise
    # Where signals can't be handled, Ctrl-C still is the end that was meant.
    return ExitCode.DONE


class _Watch:
    """One run of `smsc tail`.

    Args:
        screen: Where to show what comes.
        kinds: What is shown of it.
        is_full: Show whole numbers.
    """

    def __init__(
        self, screen: Screen, kinds: tuple[type[Receipt | IncomingMessage], ...], is_full: bool
    ) -> None:
        self._screen = screen
        self._kinds = kinds
        self._is_full = is_full
        self._ended: asyncio.Event | None = None
        self._failure: Failure | None = None
        self._shown = 0

    async def run(self, config: SmscConfig) -> int:
        """Show what comes until it is ended, or until the gateway refuses for good."""
        # Imported here: an error of the URL needs no client.
        from smsc_async.client import SmscClient  # noqa: PLC0415

        began = perf_counter()
        self._ended = ended()
        # What has come before the end is shown: readers end when nothing is left to read.
        async with asyncio.TaskGroup() as readers:
            async with AsyncExitStack() as stack:
                with self._screen.waiting("connecting"):
                    smsc = await stack.enter_async_context(SmscClient(config, hooks=[self._told]))
                self._greet(config)
                readers.create_task(self._read(smsc.receipts()))
                readers.create_task(self._read(smsc.incoming()))
                await self._ended.wait()
        if self._failure is not None:
            raise self._failure
        self._sum_up(perf_counter() - began)
        return ExitCode.DONE

    async def _read(self, stream: AsyncIterator[Receipt | IncomingMessage]) -> None:
        """Show what is asked for of a stream, until it ends."""
        with suppress(ClientClosedError):  # the end came before the first look
            async for item in stream:
                if isinstance(item, self._kinds):
                    self._show(item)

    def _show(self, item: Receipt | IncomingMessage) -> None:
        """Show one receipt or message."""
        self._shown += 1
        now = datetime.now(UTC).astimezone()
        if isinstance(item, Receipt):
            line, said = self._receipt_line(item), self._receipt_as_json(item)
        else:
            line, said = self._incoming_line(item), self._incoming_as_json(item)
        at = now.strftime("%H:%M:%S")
        self._screen.show(Text.assemble((f"{at:8}  ", "cyan"), *line), wrap=False)
        self._screen.write({"event": said.pop("event"), "received_at": now.isoformat(), **said})
        if self._screen.is_muted:
            self._end()

    def _end(self, failure: Failure | None = None) -> None:
        """Come to the end."""
        self._failure = failure
        if self._ended is not None:
            self._ended.set()

    # The link itself.

    def _told(self, event: LinkEvent) -> None:
        """Tell of a link that went and came back; people wonder at silence."""
        say = self._screen.say
        if isinstance(event, LinkDown):
            self._screen.complain(Text(say("tail.down", reason=event.reason), style="yellow"))
        elif isinstance(event, ConnectFailed) and event.retry_in is None:
            self._end(Failure(ExitCode.NO_LINK, "BindRefusedError", detail=event.reason))
