"""`smsc tail`: a log of delivery receipts (DLRs) and incoming messages.

Rule: one line each. Texts of subscribers are shown, as that is its purpose; numbers are masked
unless `--full` is given. Both streams are always read, whichever is shown: back-pressure of an
unread one would stop the other.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from pdu.enums import BindMode, MessageState
from pdu.escaping import escape
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.failures import ExitCode, Failure, failure_of_class
from smsc_async.cli.formatting import (
    MESSAGES,
    cause,
    display_number,
    one_line,
    state_name,
    subscriber_fields,
)
from smsc_async.cli.i18n import _, _n
from smsc_async.cli.runner import SendProgress, read_config, run_async, stop_event
from smsc_async.cli.sentences import read_sentence
from smsc_async.errors import BindRefusedError, ClientClosedError
from smsc_async.instrumentation import ConnectFailed, LinkBound, LinkDown
from smsc_async.receipts import HlrReceipt, IncomingMessage, Receipt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from smsc_async.cli.i18n import Translator
    from smsc_async.config import SmscConfig
    from smsc_async.instrumentation import LinkEvent

_COLUMNS = "{:8}  {:8}  {:12} {:12}  {}"
_TITLES = (_("time"), _("kind"), _("from"), _("to"), _("state and id, or text"))


def tail_command(
    *,
    receipts: Annotated[bool, Parameter(negative="")] = False,
    incoming: Annotated[bool, Parameter(negative="")] = False,
    full: Annotated[bool, Parameter(negative="")] = False,
    url: str | None = None,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Show delivery receipts (DLRs) and incoming messages until Ctrl-C.

    A lost connection is restored.

    The gateway sends each of them to one connection of the account. What is received here, shown
    or not, isn't sent to another program with the same login.

    Args:
        receipts: Show receipts only.
        incoming: Show incoming messages only.
        full: Show complete numbers, not masked.
        url: Gateway; default: $SMSC_URL. Other users see a password given here (ps).
        screen: For the output.

    Examples:
        smsc tail
        smsc tail --incoming --json | jq -r .text
    """
    progress = SendProgress()
    config = read_config(url, progress)
    kinds = (Receipt,) * receipts + (IncomingMessage,) * incoming or (Receipt, IncomingMessage)
    session = _TailSession(screen, kinds, full)
    try:
        return run_async(session.run(replace(config, mode=BindMode.RECEIVER)), progress, screen)
    except Failure as failure:
        if failure.code is not ExitCode.INTERRUPTED:
            raise
    # Ctrl-C where signals can't be handled: the intended end.
    return ExitCode.DONE


@dataclass(slots=True)
class _TailSession:
    """One run of `smsc tail`.

    Args:
        screen: For the output.
        kinds: Classes of the items to show.
        is_full: Show complete numbers.
    """

    screen: Screen
    kinds: tuple[type[Receipt | IncomingMessage], ...]
    is_full: bool
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Failure | None = None
    is_down: bool = False
    shown: Counter[str] = field(default_factory=Counter)

    async def run(self, config: SmscConfig) -> int:
        """Show items until stopped, or until the gateway refuses the bind for good."""
        # Imported here: an invalid URL needs no client.
        from smsc_async.client.client import SmscClient  # noqa: PLC0415

        began = perf_counter()
        self.stopped = stop_event()
        async with AsyncExitStack() as stack:
            with self.screen.spinner(_("connecting …")):
                smsc = await stack.enter_async_context(
                    SmscClient(config, hooks=[self._on_link_event])
                )
            self._greet(config)
            streams = (smsc.receipts(), smsc.incoming())
            readers = [asyncio.create_task(self._read(stream)) for stream in streams]
            ending = asyncio.create_task(self.stopped.wait())
            # A reader that ends before that has failed.
            await asyncio.wait([ending, *readers], return_when=asyncio.FIRST_COMPLETED)
            self._stop(self.failure)
        # The readers end after the last item received before the client was closed.
        await asyncio.gather(ending, *readers)
        if self.failure is not None:
            raise self.failure
        self._sum_up(perf_counter() - began)
        return ExitCode.DONE

    async def _read(self, stream: AsyncIterator[Receipt | IncomingMessage]) -> None:
        """Show the selected items of a stream until it ends."""
        with suppress(ClientClosedError):  # closed before the first item
            async for item in stream:
                if isinstance(item, self.kinds):
                    self._show(item)

    def _stop(self, failure: Failure | None = None) -> None:
        """End the session."""
        self.failure = failure
        self.stopped.set()

    # The link.

    def _on_link_event(self, event: LinkEvent) -> None:
        """Report a lost and a restored link, so that silence means that nothing arrived."""
        if self.stopped.is_set():
            return
        match event:
            case LinkDown(reason=reason):
                self._notice(
                    _("connection lost: {reason}; reconnecting"), reason=read_sentence(reason)
                )
                self.is_down = True
            case ConnectFailed(retry_in=None, reason=reason):
                self._stop(failure_of_class(BindRefusedError, detail=reason))
            case ConnectFailed(retry_in=wait, reason=reason):
                self._notice(
                    _("no connection: {reason}; next attempt in {seconds} s"),
                    reason=read_sentence(reason),
                    seconds=f"{wait:.0f}",
                )
                self.is_down = True
            case LinkBound(host=host) if self.is_down:
                self._notice(_("connected again: {host}"), host=host)
                self.is_down = False

    def _notice(self, text: str, **values: object) -> None:
        """Print a notice to standard error."""
        self.screen.show_error(Text(self.screen.translate(text, **values), style="yellow"))

    def _greet(self, config: SmscConfig) -> None:
        """Show the address and the header."""
        translate = self.screen.translate
        self.screen.show(
            Text.assemble(
                translate("Receipts and incoming messages from"), " ", (str(config), "bold green")
            ),
            Text(
                translate("Stop with Ctrl-C. Items received here don't reach any other program."),
                style="dim",
            ),
            "",
            wrap=False,
        )
        header = _COLUMNS.format(*map(translate, _TITLES))
        self.screen.show(Text(header, style="dim"), wrap=False)
        self.screen.write_json({"event": "listening", "url": str(config)})

    def _sum_up(self, took: float) -> None:
        """Show the number of items."""
        translate, shown = self.screen.translate, self.shown
        counted = [
            translate.count(noun, shown[event])
            for event, _name, noun, kind in _EVENTS
            if kind in self.kinds
        ]
        said = translate(
            "{counted} in {seconds} s", counted=", ".join(counted), seconds=f"{took:.0f}"
        )
        self.screen.show("", Text(said, style="bold"))
        counts = {name: shown[event] for event, name, _noun, _kind in _EVENTS}
        self.screen.write_json({"event": "summary", **counts, "seconds": round(took, 1)})

    # Items.

    def _show(self, item: Receipt | IncomingMessage) -> None:
        """Show one receipt or message."""
        now = datetime.now(UTC).astimezone()
        translate = self.screen.translate
        if isinstance(item, Receipt):
            event, kind, recipient = "receipt", translate("receipt"), item.to
            what, details = _receipt(item, translate)
        else:
            event, kind, recipient = "incoming", translate("incoming"), item.recipient
            what, details = _incoming(item, translate)
        self.shown[event] += 1
        sender, recipient = (
            display_number(address, is_full=self.is_full) for address in (item.sender, recipient)
        )
        kind = "HLR" if isinstance(item, HlrReceipt) else kind
        columns = now.strftime("%H:%M:%S"), kind, escape(sender), escape(recipient), ""
        head = _COLUMNS.format(*columns)
        self.screen.show(Text.assemble((head, "cyan"), what), wrap=False)
        self.screen.write_json(
            {
                "event": event,
                "received_at": now.isoformat(),
                "sender": sender,
                "to": recipient,
                **details,
            }
        )
        if self.screen.is_closed:
            self._stop()


_EVENTS = (
    ("receipt", "receipts", _n("{number} receipt", "{number} receipts"), Receipt),
    ("incoming", "messages", MESSAGES, IncomingMessage),
)


def _receipt(receipt: Receipt, translate: Translator) -> tuple[Text, dict[str, Any]]:
    """Return the state and the details of a receipt, and its fields for the JSON object."""
    is_delivered = receipt.state is MessageState.DELIVERED
    style = "bold green" if is_delivered else "bold red" if receipt.is_final else "bold yellow"
    details = [escape(receipt.message_id), cause(receipt.error, translate)]
    fields = {
        "message_id": receipt.message_id,
        "state": state_name(receipt.state),
        "final": receipt.is_final,
        "error_code": receipt.error_code,
        "explained": None if receipt.error is None else receipt.error.explain(translate.language),
        "cost": receipt.cost,
    }
    if isinstance(receipt, HlrReceipt):
        details += [receipt.country, receipt.network]
        fields |= subscriber_fields(receipt)
    state = f"{state_name(receipt.state):13}"
    return Text.assemble((state, style), "  ", one_line(", ".join(filter(None, details)))), fields


_PARTS_OF = _n("({parts} of {number} part)", "({parts} of {number} parts)")


def _incoming(message: IncomingMessage, translate: Translator) -> tuple[Text, dict[str, Any]]:
    """Return the text of an incoming message, and its fields for the JSON object."""
    text = message.octets.hex(" ") if message.text is None else one_line(message.text)
    missing = ""
    if not message.is_complete:
        missing = translate.count(_PARTS_OF, message.total, parts=message.parts) + " "
    fields = {
        "text": message.text,
        "octets": message.octets.hex(),
        "data_coding": message.data_coding,
        "parts": message.parts,
        "total": message.total,
        "kind": message.kind.value,
    }
    return Text.assemble((missing, "yellow"), text), fields
