"""Questions about subscribers, all at once: whether each can be reached, and what else is told.

Rule: an answer counts as soon as it is there, so whatever ends the command shows what was paid
for. One question that fails takes none of the others with it.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rich.text import Text

from pdu.enums import MessageState
from smsc_async.cli import failures
from smsc_async.cli.arguments import usage_error
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.formatting import display_number, state_name
from smsc_async.cli.runner import (
    ACCEPTED,
    LONGEST_WAIT,
    NOT_SENT,
    UNKNOWN,
    SendProgress,
    read_config,
    run_async,
)
from smsc_async.errors import InvalidMessageError, SmscError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from smsc_async.cli.console import Screen
    from smsc_async.cli.i18n import Translator
    from smsc_async.client.client import SmscClient
    from smsc_async.config import SmscConfig
    from smsc_async.messages import HlrQuery, Ping
    from smsc_async.receipts import Receipt


@dataclass(slots=True)
class LookupResult:
    """What is known of one question by now.

    Args:
        message: The question.
        name: The number as it is shown.
        message_ids: What the gateway calls it, once it is accepted.
        receipt: The answer, once it is there.
        failure: What came in between.
        seconds: From the call to either of them.
    """

    message: HlrQuery | Ping
    name: str
    message_ids: tuple[str, ...] = ()
    receipt: Receipt | None = None
    failure: Failure | None = None
    seconds: float = 0.0

    @property
    def is_reachable(self) -> bool | None:
        """Whether the subscriber can be reached; None where nobody knows.

        The error code decides. Without one the state still may say that nothing arrived, and
        whoever didn't get it wasn't reached.
        """
        receipt = self.receipt
        if receipt is None:
            return None
        return not receipt.error_code and receipt.state is MessageState.DELIVERED

    @property
    def code(self) -> ExitCode:
        """The exit code that this answer alone would give."""
        if self.failure is not None:
            return self.failure.code
        return ExitCode.DONE if self.is_reachable else ExitCode.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What a command asks, and how it shows what is answered.

    Args:
        command: Whose help to read ("smsc hlr").
        kind: Of the messages.
        table: Shows the answers to people.
        told: What an answer tells beyond what all have, for programs.
    """

    command: str
    kind: type[HlrQuery | Ping]
    table: Callable[[Sequence[LookupResult], Translator], RenderableType]
    details: Callable[[LookupResult], Mapping[str, Any]]


def run_lookup(
    lookup: Lookup,
    numbers: Sequence[str],
    url: str | None,
    wait: float,
    screen: Screen,
    *,
    is_full: bool,
) -> int:
    """Ask about all *numbers*; return the highest of their exit codes.

    Args:
        question: What to ask.
        numbers: As people write them; twice the same is asked once, as the gateway has it.
        url: Of the gateway; None takes SMSC_URL.
        wait: Seconds for each answer.
        screen: Where to show them.
        is_full: Show whole numbers.
    """
    if not numbers:
        raise usage_error("use.missing", lookup.command, name="NUMBER")
    messages = dict.fromkeys(_messages(lookup, numbers))
    results = [LookupResult(one, display_number(one.to, is_full=is_full)) for one in messages]
    progress = SendProgress(NOT_SENT)
    run = _LookupRun(lookup, results, min(wait, LONGEST_WAIT), progress, screen)
    return run_async(run.run(read_config(url, progress)), progress, screen)


def _messages(lookup: Lookup, numbers: Sequence[str]) -> Iterator[HlrQuery | Ping]:
    """Make the questions; a number that is none is named by its place, since it isn't shown."""
    for place, to in enumerate(numbers, 1):
        try:
            message = lookup.kind(to=to)
        except InvalidMessageError as error:
            reason = error.reason
        else:
            yield message
            continue
        # Outside of the handler: the error above holds the number.
        failure = usage_error("use.no_number", lookup.command, place=place)
        failure.detail = reason
        raise failure


@dataclass(slots=True)
class _LookupRun:
    """One run of `ask`, with what `ask` says of it."""

    lookup: Lookup
    results: list[LookupResult]
    wait: float
    progress: SendProgress
    screen: Screen

    async def run(self, config: SmscConfig) -> int:
        """Ask, wait, show, and complain of the worst."""
        # Imported here: a wrong number or URL needs no client.
        from smsc_async.client.client import SmscClient  # noqa: PLC0415

        async with AsyncExitStack() as stack:
            with self.screen.spinner("connecting"):
                smsc = await stack.enter_async_context(SmscClient(config))
            self.progress.outcome = UNKNOWN
            try:
                with self.screen.spinner("asking"):
                    await self._run_all(smsc)
            finally:
                self._show()
        worst = max(self.results, key=lambda result: result.code)
        if worst.failure is not None:
            failures.show_error(worst.failure, self.screen)
        return worst.code

    async def _run_all(self, smsc: SmscClient) -> None:
        """Ask all, and wait until each is answered or has failed."""
        async with asyncio.TaskGroup() as tasks:
            for result in self.results:
                tasks.create_task(self._run_one(smsc, result))

    async def _run_one(self, smsc: SmscClient, result: LookupResult) -> None:
        """Ask one."""
        began = perf_counter()
        try:
            sent = await smsc.send(result.message)
            self._on_accepted(result, sent.message_ids)
            result.receipt = await sent.receipt(timeout=self.wait)
        except SmscError as error:
            result.failure = failures.failure_of(error)
        result.seconds = perf_counter() - began
        self.screen.write_json(self._as_json(result))

    def _on_accepted(self, result: LookupResult, message_ids: tuple[str, ...]) -> None:
        """Note what is accepted, so that the end can tell."""
        result.message_ids = message_ids
        self.progress.message_ids += message_ids
        if all(result.message_ids for result in self.results):
            self.progress.outcome = ACCEPTED

    def _show(self) -> None:
        """Show what is answered by now."""
        self.screen.show(self.lookup.table(self.results, self.screen.translate))
        if len(self.results) > 1:
            counted = {
                "reachable": sum(result.is_reachable is True for result in self.results),
                "total": len(self.results),
            }
            self.screen.show(
                "", Text(self.screen.translate("reachable.of", **counted), style="bold")
            )

    def _as_json(self, result: LookupResult) -> dict[str, Any]:
        """Return one answer as an object."""
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
            **self.lookup.details(result),
            "seconds": round(result.seconds, 3),
            "error": None if failure is None else failures.failure_as_json(failure, self.screen),
        }


def reachability_text(result: LookupResult, translate: Translator) -> Text:
    """Say yes, no or that nobody knows."""
    if result.is_reachable is None:
        return Text(translate("reachable.unknown"), style="bold yellow")
    key, style = ("yes", "bold green") if result.is_reachable else ("no", "bold red")
    return Text(translate(f"reachable.{key}"), style=style)


def failure_text(result: LookupResult, translate: Translator) -> str:
    """Say why there is no answer."""
    failure = result.failure
    return translate("unanswered") if failure is None else translate(failure.key, **failure.values)
