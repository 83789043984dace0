"""Lookups of several numbers at once, for `smsc hlr` and `smsc ping`.

Rule: every result that has arrived is shown, also when the command is interrupted: it is charged. A
failed lookup doesn't affect the others.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rich.text import Text

from pdu.enums import MessageState
from smsc_async.cli import failures
from smsc_async.cli.arguments import missing_argument, usage_error
from smsc_async.cli.failures import ACCEPTED, NOT_SENT, UNKNOWN, ExitCode, Failure
from smsc_async.cli.foreign_deliveries import OwnReceipts
from smsc_async.cli.formatting import display_number, state_name, subscriber_fields
from smsc_async.cli.i18n import _
from smsc_async.cli.request_failures import REQUEST_OUTCOMES, failure_of_request
from smsc_async.cli.runner import LONGEST_WAIT, SendProgress, connected, read_config, run_async
from smsc_async.cli.tables.numbers import typed_number
from smsc_async.errors import InvalidMessageError, SmscError
from smsc_async.receipts import HlrReceipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import RenderableType

    from smsc_async.cli.console import Screen
    from smsc_async.cli.i18n import Translator
    from smsc_async.client.client import SmscClient
    from smsc_async.config import SmscConfig
    from smsc_async.messages import HlrQuery, Ping
    from smsc_async.receipts import Receipt


@dataclass(slots=True)
class LookupResult:
    """State of the lookup of one number.

    Args:
        message: The request.
        name: The number for display.
        message_ids: The gateway's ids, once the request is accepted.
        receipt: The answer, once received.
        failure: Why there is no answer.
        seconds: From the request to the answer or the failure.
    """

    message: HlrQuery | Ping
    name: str
    message_ids: tuple[str, ...] = ()
    receipt: Receipt | None = None
    failure: Failure | None = None
    seconds: float = 0.0

    @property
    def is_reachable(self) -> bool | None:
        """Whether the subscriber is reachable; None without an answer.

        Both the error code and the state of the receipt must say so.
        """
        receipt = self.receipt
        if receipt is None:
            return None
        return not receipt.error_code and receipt.state is MessageState.DELIVERED

    @property
    def code(self) -> ExitCode:
        """Exit code of this result alone."""
        if self.failure is not None:
            return self.failure.code
        return ExitCode.DONE if self.is_reachable else ExitCode.REFUSED


@dataclass(slots=True, kw_only=True)
class Lookup:
    """One run of a lookup command.

    Args:
        command: Named in the advice of a usage error ("smsc hlr").
        message_class: Of the requests.
        table: Returns the results as a table.
        wait: Timeout of each answer, seconds.
        screen: For the output.
        progress: What has been sent so far.
        results: One for each number, filled as the answers arrive.
    """

    command: str
    message_class: type[HlrQuery | Ping]
    table: Callable[[Sequence[LookupResult], Translator], RenderableType]
    wait: float
    screen: Screen
    progress: SendProgress = field(default_factory=lambda: SendProgress(NOT_SENT))
    results: list[LookupResult] = field(default_factory=list)

    def run(self, numbers: Sequence[str], url: str | None, *, is_full: bool) -> int:
        """Look up all *numbers*; return the highest of their exit codes.

        Args:
            numbers: In any common notation; a repeated number is looked up once.
            url: Of the gateway; None means SMSC_URL.
            is_full: Show complete numbers.
        """
        if not numbers:
            raise missing_argument("NUMBER", self.command)
        for message in dict.fromkeys(self._messages(numbers)):
            name = display_number(message.to, is_full=is_full)
            self.results.append(LookupResult(message, name))
        config = read_config(url, self.progress)
        try:
            return run_async(self._send(config), self.progress, self.screen)
        except Failure as failure:
            failure.outcome_texts = REQUEST_OUTCOMES
            raise

    def _messages(self, numbers: Sequence[str]) -> Iterator[HlrQuery | Ping]:
        """Yield the requests; an invalid number is reported by its position, not repeated."""
        for place, to in enumerate(numbers, 1):
            try:
                message = self.message_class(to=typed_number(to))
            except InvalidMessageError as error:
                reason = error.reason
            else:
                yield message
                continue
            # Outside of the handler: the error above contains the number.
            text = _("argument {place} isn't a valid phone number")
            failure = usage_error("use.no_number", text, self.command, place=place)
            failure.detail = reason
            raise failure

    async def _send(self, config: SmscConfig) -> int:
        """Send the requests, await and show the answers; report the worst failure."""
        own = OwnReceipts(self.screen, config)
        async with AsyncExitStack() as stack:
            with self.screen.spinner(_("connecting …")):
                smsc = await connected(stack, config, **own.handlers)
            stack.callback(own.end)
            self.progress.outcome = UNKNOWN
            try:
                with self.screen.spinner(_("sent, waiting for the answers …")):
                    async with asyncio.TaskGroup() as tasks:
                        for result in self.results:
                            tasks.create_task(self._run_one(smsc, result, own))
            finally:
                self._show()
        worst = max(self.results, key=lambda result: result.code)
        if worst.failure is not None:
            failures.show_failure(worst.failure, self.screen)
        return worst.code

    async def _run_one(self, smsc: SmscClient, result: LookupResult, own: OwnReceipts) -> None:
        """Look up one number."""
        began = perf_counter()
        try:
            sent = await smsc.send(result.message)
            result.message_ids = sent.message_ids
            own.expect(sent.message_ids)
            self.progress.message_ids += sent.message_ids
            if all(result.message_ids for result in self.results):
                self.progress.outcome = ACCEPTED
                own.stop_expecting()
            result.receipt = await sent.receipt(timeout=min(self.wait, LONGEST_WAIT))
        except SmscError as error:
            result.failure = failure_of_request(error)
        result.seconds = perf_counter() - began
        self.screen.write_json(self._as_json(result))

    def _show(self) -> None:
        """Show the results so far."""
        self.screen.show(self.table(self.results, self.screen.translate))
        if len(self.results) > 1:
            reachable = sum(result.is_reachable is True for result in self.results)
            text = self.screen.translate(
                "{reachable} of {total} reachable", reachable=reachable, total=len(self.results)
            )
            self.screen.show("", Text(text, style="bold"))

    def _as_json(self, result: LookupResult) -> dict[str, Any]:
        """Return one result as a JSON object."""
        receipt, failure, translate = result.receipt, result.failure, self.screen.translate
        error = None if receipt is None else receipt.error
        return {
            "to": result.name,
            "message_ids": list(result.message_ids),
            "reachable": result.is_reachable,
            "state": None if receipt is None else state_name(receipt.state),
            "error_code": None if receipt is None else receipt.error_code,
            "explained": None if error is None else error.explain(translate.language),
            "cost": None if receipt is None else receipt.cost,
            **(subscriber_fields(receipt) if isinstance(receipt, HlrReceipt) else {}),
            "seconds": round(result.seconds, 3),
            "error": None if failure is None else failures.failure_as_json(failure, self.screen),
        }


def reachability_text(result: LookupResult, translate: Translator) -> Text:
    """Return "yes", "no" or "unknown"."""
    if result.is_reachable is None:
        return Text(translate("unknown"), style="bold yellow")
    if result.is_reachable:
        return Text(translate("yes"), style="bold green")
    return Text(translate("no"), style="bold red")


def failure_text(result: LookupResult, translate: Translator) -> str:
    """Return why there is no answer."""
    failure = result.failure
    if failure is None:
        return translate("no answer yet")
    return translate(failure.text, **failure.values)
