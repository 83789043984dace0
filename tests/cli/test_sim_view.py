"""What `smsc sim` shows of messages: the reason of a refusal, and what becomes of them later."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from requests_by_hand import submit
from russian_texts import untranslated
from scripted import until

from pdu import BindTransmitter, MessageState, encode
from smsc_async import GatewayLimits, Sms, SmscClient
from smsc_async.cli.console import Screen
from smsc_async.cli.i18n import Language, Translator
from smsc_async.cli.sim_view import SimView
from smsc_async.errors import BindRefusedError, SendError
from smsc_async.simulator import Chaos, Fate, GatewayClock, Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TO = "79991234567"
pytestmark = pytest.mark.usefixtures("quiet")

LATER = Scenario(receipt_delay=3600.0)
"""Nothing becomes of a message by itself."""
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Shown:
    """A simulator, a client of it that keeps no rules, and what the command line shows.

    Args:
        simulator: Runs.
        smsc: The client.
        capsys: Has the output.
        language: Of the output.
        is_json: Whether it is JSON.
        is_full: Whether numbers are complete.
        fates: How many numbers have one.
    """

    def __init__(  # noqa: PLR0917 - of one function
        self,
        simulator: Simulator,
        smsc: SmscClient,
        capsys: pytest.CaptureFixture[str],
        language: Language,
        is_json: bool,  # noqa: FBT001 - as above
        is_full: bool,  # noqa: FBT001 - as above
        fates: int = 0,
    ) -> None:
        self.simulator = simulator
        self.smsc = smsc
        self._capsys = capsys
        self.screen = Screen(Translator(language), is_json=is_json)
        self.view = SimView(simulator, self.screen, is_full=is_full, fates=fates)

    async def send(self, *texts: str, to: str = TO) -> None:
        """Send messages one after the other, refused or not."""
        for text in texts:
            with suppress(SendError):
                await self.smsc.send(Sms(to=to, text=text))

    def lines(self) -> list[str]:
        """Return what is shown now that wasn't before."""
        self.view.update()
        return self._capsys.readouterr().out.splitlines()

    def objects(self) -> list[dict[str, Any]]:
        """Return it as JSON."""
        return [json.loads(line) for line in self.lines()]

    async def after_receipts(self) -> None:
        """Wait until nothing is to be delivered."""
        await until(lambda: _is_quiet(self.simulator))


def _is_quiet(simulator: Simulator) -> bool:
    """Whether every receipt is acknowledged."""
    return all(
        [entry.event for entry in message.timeline].count("receipt")
        == [entry.event for entry in message.timeline].count("acknowledged")
        for message in simulator.messages
    )


@asynccontextmanager
async def showing(
    capsys: pytest.CaptureFixture[str],
    scenario: Scenario = LATER,
    *,
    language: Language = "en",
    is_json: bool = False,
    is_full: bool = False,
    fates: int = 0,
    **options: Any,  # noqa: ANN401 - those of the simulator
) -> AsyncIterator[Shown]:
    """Run a simulator, its client and a view."""
    off = GatewayLimits.off()
    async with (
        Simulator(scenario, wall_clock=lambda: NOON, **options) as simulator,
        SmscClient(f"{simulator.url}?drain_timeout=0.1", limits=off) as smsc,
    ):
        yield Shown(simulator, smsc, capsys, language, is_json, is_full, fates)


@pytest.mark.parametrize(
    ("language", "reason"),
    [
        (
            "en",
            r"ESME_RSUBMITFAIL \(0x00000045\): repeat of m-1, passes in 60 s, at [0-9]{2}:01:00",
        ),
        (
            "ru",
            r"ESME_RSUBMITFAIL \(0x00000045\): повтор m-1, пройдёт через 60 с, в [0-9]{2}:01:00",
        ),
    ],
)
async def test_repeat_names_its_twin_and_when_it_passes(
    capsys: pytest.CaptureFixture[str], language: Language, reason: str
) -> None:
    """Its id, kind and text stand above, as those of an accepted message."""
    async with showing(capsys, language=language) as shown:
        await shown.send("hello", "hello")
        first, second, why = shown.lines()

    assert ["m-1", "7999***67", "Sms", "1", "hello"] == first.split()[1:]
    assert ["m-2", "7999***67", "Sms", "1", "hello"] == second.split()[1:]
    assert re.fullmatch(reason, why.strip())


async def test_clock_that_is_moved_shortens_the_wait(capsys: pytest.CaptureFixture[str]) -> None:
    """The seconds are those that are left when it was refused."""
    clock = GatewayClock()
    async with showing(capsys, clock=clock) as shown:
        await shown.send("hello")
        clock.advance(12)
        await shown.send("hello")
        why = shown.lines()[-1]

    assert re.search(r"repeat of m-1, passes in (48|47) s", why)


async def test_refusal_by_another_rule_names_the_rule(capsys: pytest.CaptureFixture[str]) -> None:
    """And when it ends."""
    rules = GatewayLimits(flood_length=1, rate=None, margin=0.0)
    async with showing(capsys, Scenario(rules=rules, flood_status=0x45)) as shown:
        await shown.send("one", "two")
        why = shown.lines()[-1]

    assert re.search(
        r"ESME_RSUBMITFAIL \(0x00000045\), flood, passes at ..:00:[0-9]+: over 1 m", why
    )


async def test_repeat_in_parts_is_accepted_and_named_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The gateway recognises it when its last part has come."""
    async with showing(capsys) as shown:
        await shown.send("hello " * 40, "hello " * 40)
        note = shown.lines()[-1]

    assert "a rule stops it, it ends as UNDELIVERABLE; 253: " in note
    assert "not listed" not in note
    assert re.search(r"; repeat of m-1, passes in (60|59) s, at ", note)


async def test_refused_message_in_json_has_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """What was there before `id` and `refused` stays."""
    async with showing(capsys, is_json=True) as shown:
        await shown.send("Your code is 482193", "Your code is 482193")
        accepted, refused = shown.objects()

    assert ("message", "m-1", "on_its_way", None) == tuple(
        accepted[name] for name in ("event", "id", "status", "refused")
    )
    assert ["482193"] == accepted["codes"] == refused["codes"]
    assert ("refused", "m-2", "submit_sm", 0x45, "ESME_RSUBMITFAIL (0x00000045)") == tuple(
        refused[name] for name in ("event", "id", "command", "command_status", "status")
    )
    assert ("on_its_way", "refused") == (accepted["message_status"], refused["message_status"])
    assert "Your code is 482193" == refused["text"]
    why = refused["refused"]
    assert ("repeat", 0x45, "m-1") == (why["rule"], why["command_status"], why["twin"])
    assert 60 <= (datetime.fromisoformat(why["retry_at"]) - NOON).total_seconds() < 65
    assert why["reason"] == refused["reason"]
    assert TO not in json.dumps([accepted, refused])


async def test_what_becomes_of_a_message_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Outcome and acknowledgement, each once; then nothing more."""
    scenario = Scenario(receipt_delay=60.0, state=MessageState.UNDELIVERABLE, error_code=6)
    clock = GatewayClock()
    async with showing(capsys, scenario, clock=clock) as shown:
        await shown.send("hello")
        before = shown.lines()
        clock.advance(60)
        await shown.after_receipts()
        (line,) = shown.lines()
        after = shown.lines()

    assert 1 == len(before)
    assert re.fullmatch(
        r"..:01:0[0-9]  m-1  UNDELIVERABLE \(6: .+\), receipt acknowledged", line
    ), line
    assert [] == after


async def test_changes_in_json_have_status_and_events(capsys: pytest.CaptureFixture[str]) -> None:
    """A program sees when a receipt was acknowledged, and with which status."""
    async with showing(capsys, is_json=True, hold="receipt") as shown:
        await shown.send("hello")
        message, held = shown.objects()
        shown.simulator.decide(1, Fate(state=MessageState.REJECTED))
        await shown.after_receipts()
        changes = shown.objects()

    assert ("held", "ENROUTE") == (message["status"], message["state"])
    assert ("changed", "m-1", "held", ["held"]) == (
        held["event"], held["id"], held["status"], [one["event"] for one in held["changes"]],
    )  # fmt: skip
    assert message["message_ids"] == held["message_ids"] == changes[-1]["message_ids"]
    assert ("done", "REJECTED") == (changes[-1]["status"], changes[-1]["state"])
    events = [one["event"] for change in changes for one in change["changes"]]
    assert ["fate", "outcome", "acknowledged"] == events


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        (Fate(answer="never"), "it is never answered"),
        (Fate(receipt="never"), "decided, answered, DELIVERED"),
        (Fate(answer="refuse", command_status=0x58), "decided, refused: ESME_RTHROTTLED"),
        (Fate(reply="да"), "the subscriber replied"),
    ],
    ids=lambda one: "" if isinstance(one, Fate) else one,
)
async def test_decision_is_shown_as_it_happens(
    capsys: pytest.CaptureFixture[str], fate: Fate, words: str
) -> None:
    """Of a message whose response is held."""
    async with showing(capsys, hold="answer") as shown:
        sending = asyncio.create_task(shown.send("hello"))
        await until(lambda: shown.simulator.messages)
        first = shown.lines()
        shown.simulator.decide(1, fate)
        await shown.after_receipts()
        second = shown.lines()
        sending.cancel()

    assert first[1].endswith("m-1  its response is held until it is released")
    assert any(words in line for line in second), second


async def test_parts_are_one_message_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Each part has its receipt; a line for each would be noise."""
    clock = GatewayClock()
    async with showing(capsys, Scenario(receipt_delay=60.0), clock=clock) as shown:
        await shown.send("hello " * 80)
        before = shown.lines()
        clock.advance(60)
        await shown.after_receipts()
        after = shown.lines()

    assert 1 == len(before)
    assert ["DELIVERED, receipt acknowledged"] == [line.split("  ")[-1] for line in after]


async def test_messages_that_are_not_kept_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """Five came between two looks, and two are remembered."""
    async with showing(capsys, Scenario(keep=2, receipt_delay=3600.0)) as shown:
        await shown.send("0")
        first = shown.lines()
        await shown.send(*"12345")
        skipped, *rest = shown.lines()

    assert 1 == len(first)
    assert "3 messages aren't shown: more have come at once than --keep 2" == skipped
    assert ["m-5", "m-6"] == [line.split()[1] for line in rest]


async def test_messages_that_are_not_kept_are_counted_in_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A program knows that it hasn't seen all."""
    async with showing(capsys, Scenario(keep=2), is_json=True) as shown:
        await shown.send(*"123")
        skipped = shown.objects()[0]

    assert {"event": "skipped", "messages": 1} == skipped


async def test_code_is_bold(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it stands in the text, with a space or a hyphen; a longer number that has it isn't."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    async with showing(capsys) as shown:
        await shown.send("Your code is 482-193, order 1482193")
        (line,) = shown.lines()

    assert "code is \x1b[1m482-193\x1b[0m, order 1482193" in line


async def test_other_refused_requests_are_shown_between_messages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A bind, and a submit_sm that isn't one: in the order in which they came."""
    scenario = Scenario(accounts={"shop": "secret"}, rules=None, receipt_delay=3600.0)
    async with showing(capsys, scenario) as shown:
        await shown.send("one")
        with pytest.raises(BindRefusedError):
            async with SmscClient(shown.simulator.url.replace("secret", "wrong")):
                pass
        await shown.send("two")
        first, bind, *_others, last = shown.lines()

    assert ["one", "two"] == [first.split()[-1], last.split()[-1]]
    assert "bind_transceiver" in bind
    assert "ESME_RINVPASWD (0x0000000E): the password is wrong" in bind


async def test_submit_that_is_no_pdu_is_shown_without_an_id(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It has no text; the reason is that of the protocol."""
    bind = encode(BindTransmitter(system_id="shop"), sequence_number=1)
    whole = bytearray(encode(submit("hi"), sequence_number=2))
    cut = whole[:20]
    cut[:4] = len(cut).to_bytes(4)
    async with showing(capsys, is_json=True) as shown:
        reader, writer = await asyncio.open_connection("127.0.0.1", shown.simulator.port)
        writer.write(bind + cut)
        await until(lambda: shown.simulator.stats.refusals)
        (refused,) = shown.objects()
        writer.close()
        await writer.wait_closed()
        del reader

    assert refused["message_status"] is None
    assert ("refused", None, "submit_sm") == (refused["event"], refused["id"], refused["command"])
    assert refused["reason"].startswith("the request is refused by the protocol: ")


async def test_password_of_the_scenario_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The address of a simulator that takes any login has one that works."""
    scenario = Scenario(accounts={"shop": "p@:w0rt"})
    async with showing(capsys, scenario) as shown:
        shown.view.greet(has_keys=True)
        greeting = "\n".join(shown.lines())

    assert f"smpp://shop:PASSWORD@127.0.0.1:{shown.simulator.port}" in greeting
    assert "Write the account's password in place of PASSWORD." in greeting
    assert "w0rt" not in greeting
    assert "? shows them" in greeting
    async with showing(capsys) as shown:
        shown.view.greet(has_keys=False)
        greeting = "\n".join(shown.lines())
    assert "smpp://demo:demo@127.0.0.1" in greeting
    assert "? shows them" not in greeting
    assert "PASSWORD" not in greeting
    assert "In force" not in greeting


@pytest.mark.parametrize(
    ("language", "line"),
    [
        (
            "en",
            "In force: receipts are held; chaos with the seed 17; fates of 3 numbers; 2 accounts.",
        ),
        (
            "ru",
            "С начала действуют: отчёты удерживаются; хаос, seed 17; судьбы 3 номеров; 2 аккаунта.",
        ),
    ],
)
async def test_start_says_what_is_set(
    capsys: pytest.CaptureFixture[str], language: Language, line: str
) -> None:
    """A scenario of yesterday explains why nothing is delivered today."""
    scenario = Scenario(accounts={"shop": "p1", "bank": "p2"})
    async with showing(capsys, scenario, language=language, hold="receipt", fates=3) as shown:
        shown.simulator.start_chaos(Chaos(outcome=5, seed=17))
        shown.view.greet(has_keys=True)
        greeting = shown.lines()

    assert line in greeting
    word, hello = ("PASSWORD", "hello") if language == "en" else ("ПАРОЛЬ", "привет")
    assert any(
        one.startswith(f"  smsc send 79991234567 {hello} --url smpp://shop:{word}@")
        for one in greeting
    )


async def test_start_in_json_says_what_is_set(capsys: pytest.CaptureFixture[str]) -> None:
    """With the seed a run of chaos can be repeated."""
    async with showing(capsys, is_json=True, hold="answer", fates=2) as shown:
        run = shown.simulator.start_chaos(Chaos(outcome=5))
        shown.view.greet(has_keys=False)
        (event,) = shown.objects()

    assert ("listening", "answer", run.seed, 2, 0) == tuple(
        event[name] for name in ("event", "hold", "chaos_seed", "fates", "accounts")
    )


@pytest.mark.parametrize("limit", [{"messages": 1}, {"seconds": 60}])
async def test_end_of_chaos_is_shown_once(
    capsys: pytest.CaptureFixture[str], limit: dict[str, int]
) -> None:
    """After its messages, or its seconds of the gateway's clock, also while none comes."""
    clock = GatewayClock()
    async with showing(capsys, clock=clock) as shown:
        shown.simulator.start_chaos(Chaos(outcome=100, seed=17, **limit))
        shown.view.greet(has_keys=True)
        assert "is over" not in "\n".join(shown.lines())
        await shown.send("hello")
        clock.advance(60)
        lines = shown.lines()
        await shown.send("hello again")
        later = shown.lines()

    assert 1 == lines.count("chaos with the seed 17 is over: 1 message")
    assert "is over" not in "\n".join(later)


async def test_end_of_chaos_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One object, as of a user that ends it too."""
    async with showing(capsys, is_json=True) as shown:
        shown.simulator.start_chaos(Chaos(outcome=100, seed=17))
        shown.view.greet(has_keys=False)
        shown.lines()
        shown.simulator.end_chaos()
        events = shown.objects() + shown.objects()

    assert [{"event": "chaos_ended", "seed": 17, "messages": 0}] == events


@pytest.mark.parametrize(
    ("texts", "line", "counts"),
    [
        (("a", "a", "a"), "accepted: 1 message, 1 part; refused: 2 parts; 2 s in all", (1, 1, 2)),
        (("a", "b"), "2 messages, 2 parts in 2 s", (2, 2, 0)),
        (("x" * 200,), "1 message, 2 parts in 2 s", (1, 2, 0)),
        ((), "0 messages, 0 parts in 2 s", (0, 0, 0)),
    ],
)
async def test_summary_counts_accepted_and_refused_apart(
    capsys: pytest.CaptureFixture[str],
    texts: tuple[str, ...],
    line: str,
    counts: tuple[int, int, int],
) -> None:
    """What a rule refused is no part of an accepted message."""
    for is_json in (False, True):
        async with showing(capsys, is_json=is_json) as shown:
            await shown.send(*texts)
            shown.lines()
            shown.view.sum_up(2.0)
            last = shown.lines()[-1]
        if is_json:
            summary = json.loads(last)
            assert counts == tuple(summary[name] for name in ("messages", "parts", "refused"))
        else:
            assert line == last


async def test_full_shows_complete_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    """Of messages, refused or not."""
    async with showing(capsys, is_full=True) as shown:
        await shown.send("hello", "hello")
        lines = shown.lines()

    assert 2 == "\n".join(lines).count(TO)


async def test_every_text_has_its_russian(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of messages."""
    missing = untranslated(monkeypatch)
    async with showing(capsys, hold="receipt", language="ru") as shown:
        shown.view.greet(has_keys=True)
        await shown.send("hello", "hello")
        shown.lines()
        shown.simulator.release(fate=Fate(reply="да", error_code=6))
        await shown.after_receipts()
        shown.lines()
        shown.view.sum_up(1.0)

    assert [] == missing
