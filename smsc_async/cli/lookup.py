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
from smsc_async.cli.arguments import wrong_use
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.formatting import number, state_name
from smsc_async.cli.runner import (
    ACCEPTED,
    LONGEST_WAIT,
    NOT_SENT,
    UNKNOWN,
    Course,
    read_config,
    travel,
)
from smsc_async.errors import InvalidMessageError, SmscError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from smsc_async.cli.console import Screen
    from smsc_async.cli.i18n import Say
    from smsc_async.client.client import SmscClient
    from smsc_async.config import SmscConfig
    from smsc_async.messages import HlrQuery, Ping
    from smsc_async.receipts import Receipt


@dataclass(slots=True)
class Answer:
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
class Question:
    """What a command asks, and how it shows what is answered.

    Args:
        command: Whose help to read ("smsc hlr").
        kind: Of the messages.
        table: Shows the answers to people.
        told: What an answer tells beyond what all have, for programs.
    """

    command: str
    kind: type[HlrQuery | Ping]
    table: Callable[[Sequence[Answer], Say], RenderableType]
    told: Callable[[Answer], Mapping[str, Any]]


def ask(
    question: Question,
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
        raise wrong_use("use.missing", question.command, name="NUMBER")
    messages = dict.fromkeys(_messages(question, numbers))
    answers = [Answer(one, number(one.to, is_full=is_full)) for one in messages]
    course = Course(NOT_SENT)
    inquiry = _Inquiry(question, answers, min(wait, LONGEST_WAIT), course, screen)
    return travel(inquiry.run(read_config(url, course)), course, screen)


def _messages(question: Question, numbers: Sequence[str]) -> Iterator[HlrQuery | Ping]:
    """Make the questions; a number that is none is named by its place, since it isn't shown."""
    for place, to in enumerate(numbers, 1):
        try:
            message = question.kind(to=to)
        except InvalidMessageError as error:
            reason = error.reason
        else:
            yield message
            continue
        # Outside of the handler: the error above holds the number.
        failure = wrong_use("use.no_number", question.command, place=place)
        failure.detail = reason
        raise failure


@dataclass(slots=True)
class _Inquiry:
    """One run of `ask`, with what `ask` says of it."""

    question: Question
    answers: list[Answer]
    wait: float
    course: Course
    screen: Screen

    async def run(self, config: SmscConfig) -> int:
        """Ask, wait, show, and complain of the worst."""
        # Imported here: a wrong number or URL needs no client.
        from smsc_async.client.client import SmscClient  # noqa: PLC0415

        async with AsyncExitStack() as stack:
            with self.screen.waiting("connecting"):
                smsc = await stack.enter_async_context(SmscClient(config))
            self.course.went = UNKNOWN
            try:
                with self.screen.waiting("asking"):
                    await self._ask_all(smsc)
            finally:
                self._show()
        worst = max(self.answers, key=lambda answer: answer.code)
        if worst.failure is not None:
            failures.complain(worst.failure, self.screen)
        return worst.code

    async def _ask_all(self, smsc: SmscClient) -> None:
        """Ask all, and wait until each is answered or has failed."""
        async with asyncio.TaskGroup() as questions:
            for answer in self.answers:
                questions.create_task(self._ask(smsc, answer))

    async def _ask(self, smsc: SmscClient, answer: Answer) -> None:
        """Ask one."""
        began = perf_counter()
        try:
            sent = await smsc.send(answer.message)
            self._accepted(answer, sent.message_ids)
            answer.receipt = await sent.receipt(timeout=self.wait)
        except SmscError as error:
            answer.failure = failures.failure_of(error)
        answer.seconds = perf_counter() - began
        self.screen.write(self._as_json(answer))

    def _accepted(self, answer: Answer, message_ids: tuple[str, ...]) -> None:
        """Note what is accepted, so that the end can tell."""
        answer.message_ids = message_ids
        self.course.message_ids += message_ids
        if all(answer.message_ids for answer in self.answers):
            self.course.went = ACCEPTED

    def _show(self) -> None:
        """Show what is answered by now."""
        self.screen.show(self.question.table(self.answers, self.screen.say))
        if len(self.answers) > 1:
            counted = {
                "reachable": sum(answer.is_reachable is True for answer in self.answers),
                "total": len(self.answers),
            }
            self.screen.show("", Text(self.screen.say("reachable.of", **counted), style="bold"))

    def _as_json(self, answer: Answer) -> dict[str, Any]:
        """Return one answer as an object."""
        receipt, failure, say = answer.receipt, answer.failure, self.screen.say
        error = None if receipt is None else receipt.error
        return {
            "to": answer.name,
            "message_ids": list(answer.message_ids),
            "reachable": answer.is_reachable,
            "state": None if receipt is None else state_name(receipt.state),
            "error_code": None if receipt is None else receipt.error_code,
            "explained": None if error is None else error.explain(say.language),
            "cost": None if receipt is None else receipt.cost,
            **self.question.told(answer),
            "seconds": round(answer.seconds, 3),
            "error": None if failure is None else failures.as_json(failure, self.screen),
        }


def shown_reach(answer: Answer, say: Say) -> Text:
    """Say yes, no or that nobody knows."""
    if answer.is_reachable is None:
        return Text(say("reachable.unknown"), style="bold yellow")
    key, style = ("yes", "bold green") if answer.is_reachable else ("no", "bold red")
    return Text(say(f"reachable.{key}"), style=style)


def shown_failure(answer: Answer, say: Say) -> str:
    """Say why there is no answer."""
    failure = answer.failure
    return say("unanswered") if failure is None else say(failure.key, **failure.values)
