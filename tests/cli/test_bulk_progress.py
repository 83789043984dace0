"""The progress of `smsc bulk`: how far it is, and what it waits for and until when."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, cast

import pytest

from pdu.enums import BindMode
from smsc_async.cli import bulk_progress
from smsc_async.cli.bulk_progress import (
    HELD,
    LINK_DOWN,
    NO_LINK,
    RULES_UNREACHABLE,
    THROTTLED,
    BulkProgress,
    Step,
    clock_time,
    hold_of,
    show_progress,
)
from smsc_async.cli.console import Screen
from smsc_async.cli.i18n import LANGUAGES, Language, TextWithValues, Translator
from smsc_async.client.stats import Health
from smsc_async.errors import FloodLimitError, HeldByRuleError, RepeatedMessageError
from smsc_async.instrumentation import ConnectFailed, LinkBound, LinkDown, Throttled
from smsc_async.link import LinkState
from smsc_async.messages import Sms
from smsc_async.outbox import OutboxEntry, OutboxState
from smsc_async.rules.limits import GatewayLimits
from smsc_async.stores.base import StoreHealth

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    from smsc_async.instrumentation import LinkEvent
    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

MESSAGE = Sms(to="79991234567", text="secret words")
NOW = 1_800_000_000.0
READY = Health(LinkState.BOUND, bound=1)
DOWN = Health(LinkState.DOWN)


class ScriptedOutbox:
    """An outbox whose counts and entries are given."""

    def __init__(self, *entries: OutboxEntry, **counts: int) -> None:
        self._entries = entries
        self._counts = counts
        self.looks = 0

    async def counts(self) -> dict[OutboxState, int]:
        """Return the counts."""
        return {state: self._counts.get(state.value, 0) for state in OutboxState}

    async def entries(self, _state: OutboxState) -> AsyncIterator[OutboxEntry]:
        """Yield the entries."""
        self.looks += 1
        for entry in self._entries:
            yield entry


class ScriptedClient:
    """A client whose health is given."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def health(self) -> Health:
        """Return it."""
        return self._health


def queued(reason: str, not_before: float = NOW + 47.6) -> OutboxEntry:
    """Return an entry that waits."""
    return OutboxEntry(
        id=1, key="k", message=MESSAGE, state=OutboxState.QUEUED, created_at=NOW, changed_at=NOW,
        not_before=not_before, reason=reason,
    )  # fmt: skip


async def step_of(
    outbox: ScriptedOutbox, health: Health = READY, *events: LinkEvent
) -> tuple[BulkProgress, Step]:
    """Return a progress, and the step that it finds."""
    progress = BulkProgress(cast("Any", outbox))
    for event in events:
        progress.on_link_event(event)
    return progress, await progress.step(cast("Any", ScriptedClient(health)))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (RepeatedMessageError, "no repeat within a minute"),
        (FloodLimitError, "too many messages in a row"),
        (HeldByRuleError, "what is left waits"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_hold_names_the_rule_and_the_time(
    kind: type[HeldByRuleError], words: str, language: Language
) -> None:
    """As the outbox stores it: the reason of the error."""
    held = hold_of([queued(str(kind(MESSAGE, retry_after=47.6)))], NOW)

    assert held is not None
    until, notice = held
    translate = Translator(language)
    shown = translate(notice.text, **notice.values)
    assert NOW + 47.6 == until
    assert shown.endswith(clock_time(until))
    assert words in notice.text
    assert "secret" not in shown


def test_entry_that_is_due_is_not_held() -> None:
    """It is being sent, however long the others wait."""
    assert hold_of([queued("", NOW + 30), queued("", NOW)], NOW) is None
    assert hold_of([], NOW) is None


async def test_queue_is_read_once_for_each_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be long; until the time is over nothing changes."""
    monkeypatch.setattr("smsc_async.cli.bulk_progress.time.time", lambda: NOW)
    outbox = ScriptedOutbox(queued(""), queued=1)
    progress, first = await step_of(outbox)
    second = await progress.step(cast("Any", ScriptedClient(READY)))
    monkeypatch.setattr("smsc_async.cli.bulk_progress.time.time", lambda: NOW + 50)
    third = await progress.step(cast("Any", ScriptedClient(READY)))

    assert first == second == Step(0, 1, TextWithValues(HELD, {"time": clock_time(NOW + 47.6)}))
    assert (2, None) == (outbox.looks, third.notice)


@pytest.mark.parametrize(
    ("health", "events", "text"),
    [
        (DOWN, [LinkDown("gw:2775", "closed by the gateway")], LINK_DOWN),
        (DOWN, [LinkDown("gw:2775", "closed"), ConnectFailed("refused", 4.0)], NO_LINK),
        (READY, [ConnectFailed("refused", 4.0), LinkBound("gw:2775", BindMode.TRANSCEIVER)], None),
        (READY, [Throttled(0x58, 5.0)], THROTTLED),
        (READY, [Throttled(0x58, -1.0)], None),
        (Health(LinkState.BOUND, 1, rules=StoreHealth(is_degraded=True)), [], RULES_UNREACHABLE),
        (DOWN, [], None),
    ],
)
async def test_what_it_waits_for_is_said(
    health: Health, events: list[LinkEvent], text: str | None
) -> None:
    """Silence means that messages are being sent."""
    _, step = await step_of(ScriptedOutbox(queued=3, sending=1, accepted=6), health, *events)

    assert (6, 10) == (step.done, step.total)
    assert text == (None if step.notice is None else step.notice.text)


async def test_nothing_is_waited_for_when_all_is_done() -> None:
    """Also if the link is lost at the end."""
    _, step = await step_of(ScriptedOutbox(accepted=2, discarded=5), DOWN, LinkDown("gw", "closed"))

    assert Step(2, 2) == step


def test_lines_tell_a_notice_once(
    capsys: pytest.CaptureFixture[str], quiet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log gets one line when the reason changes, and few while its time is put off."""
    del quiet
    now = time.monotonic()
    monkeypatch.setattr(bulk_progress, "monotonic", lambda: now)
    held = [TextWithValues(HELD, {"time": f"12:00:0{second}"}) for second in range(3)]
    down = TextWithValues(LINK_DOWN, {"reason": "closed"})
    with show_progress(Screen(Translator("en"))) as show:
        for notice in (None, held[0], held[0], held[1], down, None):
            show(Step(0, 5, notice))
        now += 5
        show(Step(0, 5, held[2]))
        show(Step(5, 5))

    assert [
        "what is left waits until 12:00:00",
        "connection lost: closed; reconnecting",
        "what is left waits until 12:00:02",
        "5 of 5",
    ] == [line.rstrip() for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("terminal", ["1", ""])
def test_held_rows_are_announced(
    smsc: Smsc,
    gateway: HostedSimulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    terminal: str,
) -> None:
    """On a terminal under the bar, elsewhere as a line: the repeat has to wait for its minute."""
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", terminal)
    monkeypatch.setattr("smsc_async.cli.bulk.GatewayLimits", _short_limits)
    file = tmp_path / "clients.csv"
    file.write_text("to,text\n79991234567,same\n79991234567,same\n", encoding="utf-8")
    gateway.scenario = type(gateway.scenario)(rules=None)
    done = smsc("bulk", str(file), "--url", gateway.url)

    assert 0 == done.returncode
    assert re.search(r"no repeat within a minute; what is left waits until \d\d:\d\d", done.stdout)


def _short_limits() -> GatewayLimits:
    """Return rules whose minute is a second."""
    return GatewayLimits(repeat_window=1.0, margin=0.2)
