"""Receipts and incoming messages that belong to other programs of the login.

Rule: the gateway delivers each of them once, to any connection of the login. What isn't for this
command is refused for the moment (ESME_RX_T_APPN), so the gateway keeps it and delivers it again:
to another program, or to a later command. What can't be refused any more is shown.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import parse_qs

from rich.text import Text

from pdu.enums import BindMode
from smsc_async.cli.formatting import one_line
from smsc_async.cli.i18n import _
from smsc_async.gateway.dialect import SMSC_RU

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from smsc_async.cli.console import Screen
    from smsc_async.config import SmscConfig
    from smsc_async.receipts import IncomingMessage, Receipt

LEAST_INTERVAL: Final = 1.0
"""Seconds between two refusals of one delivery: a gateway may repeat it at once."""
PATIENCE: Final = 5.0
"""Seconds that a receipt of an unknown id waits for the responses: it may have overtaken its own.
Refused after that, it comes again."""
MAX_REMEMBERED: Final = 10_000
"""Refused deliveries whose times are kept."""
_PARTS_TAKEN: Final = _(
    "a message from {sender} to {recipient} came in {parts} parts, and no other program gets it"
    " now: {text}"
)


class NotForThisCommandError(Exception):
    """A delivery is left with the gateway."""


class ForeignDeliveries:
    """Leaves with the gateway what is for others.

    Args:
        screen: For what can't be left.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._refused: dict[object, float] = {}
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Let refusals that wait end at once: the command ends."""
        self._ended.set()

    async def refuse(self, key: object) -> NoReturn:
        """Refuse a delivery, at once or an interval after the last time.

        Args:
            key: Equal for its repetitions.

        Raises:
            NotForThisCommandError: Always.
        """
        now = asyncio.get_running_loop().time()
        if len(self._refused) >= MAX_REMEMBERED:
            self._refused.clear()
        due = self._refused.get(key, now - LEAST_INTERVAL) + LEAST_INTERVAL
        self._refused[key] = max(due, now)
        if due > now:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), due - now)
        raise NotForThisCommandError

    async def on_incoming(self, message: IncomingMessage) -> None:
        """Refuse a message; of one in parts the gateway knows that the others were stored.

        Raises:
            NotForThisCommandError: It is left with the gateway.
        """
        if message.total == 1:
            await self.refuse((message.sender, message.recipient, message.octets))
        text = message.octets.hex(" ") if message.text is None else one_line(message.text)
        said = self._screen.translate(
            _PARTS_TAKEN,
            sender=message.sender,
            recipient=message.recipient,
            parts=message.total,
            text=text,
        )
        self._screen.show_error(Text(said, style="yellow"))


class OwnReceipts(ForeignDeliveries):
    """Acknowledges the receipts of a command's own messages only.

    Args:
        screen: For what can't be left.
        config: Of the client.
    """

    def __init__(self, screen: Screen, config: SmscConfig) -> None:
        from smsc_async.client.receipt_reader import id_keys  # noqa: PLC0415 - an invalid URL needs no client

        super().__init__(screen)
        of_response, of_receipt = id_keys(SMSC_RU, config.message_ids)
        self._of_response, self._of_receipt = of_response or str, of_receipt or str
        self._ids: set[str] = set()
        self._answered = asyncio.Event()

    @property
    def handlers(self) -> dict[str, Callable[..., Awaitable[None]]]:
        """The handlers, as options of the client."""
        return {"on_receipt": self.on_receipt, "on_incoming": self.on_incoming}

    def expect(self, message_ids: Iterable[str]) -> None:
        """Acknowledge receipts of these ids, as responses have them, from now on."""
        self._ids.update(map(self._of_response, message_ids))

    def stop_expecting(self) -> None:
        """Refuse receipts of other ids at once from now on: no response is to come."""
        self._answered.set()

    def end(self) -> None:
        """Let all that wait end at once: the command ends."""
        self._answered.set()
        super().end()

    async def on_receipt(self, receipt: Receipt) -> None:
        """Acknowledge a receipt by returning; the client has handed it to its message already.

        Raises:
            NotForThisCommandError: It is left with the gateway.
        """
        key = self._of_receipt(receipt.message_id)
        if key not in self._ids:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._answered.wait(), PATIENCE)
        if key not in self._ids:
            await self.refuse(key)


def without_receipts(config: SmscConfig, url: str | None) -> SmscConfig:
    """Return the settings of a command that needs no receipts: a bind that gets none.

    Receipts and incoming messages then stay with the gateway for those that wait for them. A mode
    that the URL names is kept.

    Args:
        config: The settings.
        url: They were read from; None means SMSC_URL.
    """
    named = url if url is not None else os.environ.get("SMSC_URL", "")
    has_mode = "mode" in parse_qs(named.partition("?")[2], keep_blank_values=True)
    return config if has_mode else replace(config, mode=BindMode.TRANSMITTER)
