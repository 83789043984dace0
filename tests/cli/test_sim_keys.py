"""The keys of `smsc sim`: what each does, on both layouts, and the line that says it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from russian_texts import untranslated
from scripted import until

from pdu import BindTransmitter, MessageState, SubmitSm, encode
from smsc_async import GatewayLimits, Sms, SmscClient
from smsc_async.cli.console import Screen
from smsc_async.cli.i18n import Language, Translator
from smsc_async.cli.sim_keys import SimKeys
from smsc_async.errors import ReceiptTimeoutError
from smsc_async.simulator import GatewayClock, Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from smsc_async.simulator.fates import HoldMode

pytestmark = pytest.mark.usefixtures("quiet")

TO = "79991234567"
LATER = Scenario(receipt_delay=3600.0)
"""Nothing becomes of a message by itself."""


class Pressed:
    """A simulator with its keys, and a client of it that keeps no rules.

    Args:
        simulator: Runs.
        smsc: The client.
        capsys: Has the output.
        language: Of the output.
    """

    def __init__(
        self,
        simulator: Simulator,
        clock: GatewayClock,
        smsc: SmscClient,
        capsys: pytest.CaptureFixture[str],
        language: Language,
    ) -> None:
        self.simulator = simulator
        self.clock = clock
        self.smsc = smsc
        self.stopped = asyncio.Event()
        self._capsys = capsys
        screen = Screen(Translator(language))
        self._keys = SimKeys(simulator, clock, screen, self.stopped, is_full=False)

    def press(self, keys: str) -> list[str]:
        """Press keys; return the lines that are shown."""
        for key in keys:
            self._keys.press(key)
        return self._capsys.readouterr().out.splitlines()

    def press_f1(self) -> list[str]:
        """Press F1."""
        self._keys.press("F1")
        return self._capsys.readouterr().out.splitlines()


@asynccontextmanager
async def pressing(
    capsys: pytest.CaptureFixture[str],
    scenario: Scenario = LATER,
    *,
    language: Language = "en",
    hold: HoldMode = "off",
) -> AsyncIterator[Pressed]:
    """Run a simulator, its keys and its client."""
    clock, off = GatewayClock(), GatewayLimits.off()
    async with (
        Simulator(scenario, clock=clock, hold=hold) as simulator,
        SmscClient(f"{simulator.url}?drain_timeout=0.1", limits=off) as smsc,
    ):
        yield Pressed(simulator, clock, smsc, capsys, language)


@pytest.mark.parametrize(
    ("key", "state", "error", "line"),
    [
        ("1", MessageState.DELIVERED, 0, "> m-1 to 7999***67: delivered"),
        ("2", MessageState.UNDELIVERABLE, 6, "> m-1 to 7999***67: not delivered, error 6"),
        ("3", MessageState.EXPIRED, 0, "> m-1 to 7999***67: expired"),
        ("4", MessageState.REJECTED, 0, "> m-1 to 7999***67: rejected"),
    ],
)
async def test_digit_is_the_receipt_that_the_client_awaits(
    capsys: pytest.CaptureFixture[str], key: str, state: MessageState, error: int, line: str
) -> None:
    """The program under test sees the outcome, seconds after a person has chosen it."""
    async with pressing(capsys) as pressed:
        sent = await pressed.smsc.send(Sms(to=TO, text="hello"))
        shown = pressed.press(key)
        receipt = await sent.receipt(timeout=5)

    assert [line] == shown
    assert (state, error) == (receipt.state, receipt.error_code)


async def test_five_is_an_outcome_without_a_receipt(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs have to live with that."""
    async with pressing(capsys) as pressed:
        sent = await pressed.smsc.send(Sms(to=TO, text="hello"))
        shown = pressed.press("5")
        with pytest.raises(ReceiptTimeoutError):
            await sent.receipt(timeout=0.05)
        assert "done" == pressed.simulator.message(1).status

    assert ["> m-1 to 7999***67: its receipt never comes"] == shown


async def test_six_is_delivered_later_by_the_gateways_clock(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Another digit may come first."""
    async with pressing(capsys) as pressed:
        sent = await pressed.smsc.send(Sms(to=TO, text="hello"))
        pressed.press("6")
        assert "on_its_way" == pressed.simulator.message(1).status
        pressed.clock.advance(30)
        receipt = await sent.receipt(timeout=5)

    assert MessageState.DELIVERED == receipt.state


async def test_newest_message_that_is_not_final_is_decided(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither a refused one, nor one that has its outcome."""
    async with pressing(capsys) as pressed:
        for text in ("one", "two"):
            await pressed.smsc.send(Sms(to=TO, text=text))
        with pytest.raises(Exception, match="ESME_RSUBMITFAIL"):
            await pressed.smsc.send(Sms(to=TO, text="two"))
        lines = pressed.press("113")
        held = pressed.press("h3")

    nothing = "> nothing to decide: every accepted message is final"
    assert [
        "> m-2 to 7999***67: delivered",
        "> m-1 to 7999***67: delivered",
        f"{nothing}; h holds those that come",
    ] == lines
    assert nothing == held[-1]


async def test_receipts_are_held_and_released(capsys: pytest.CaptureFixture[str]) -> None:
    """The switch is for messages to come; what is held waits for its own key."""
    async with pressing(capsys, Scenario(receipt_delay=0.0)) as pressed:
        assert ["> receipts of new messages are held until r"] == pressed.press("h")
        sent = await pressed.smsc.send(Sms(to=TO, text="hello"))
        off = pressed.press("h")
        assert "held" == pressed.simulator.message(1).status
        released = pressed.press("rr")
        receipt = await sent.receipt(timeout=5)

    assert ["> new messages aren't held; what is held stays so until r"] == off
    assert ["> released: 1 message", "> nothing is held"] == released
    assert MessageState.DELIVERED == receipt.state


@pytest.mark.parametrize(
    ("language", "line"),
    [("en", "> released: 2 messages (4 parts)"), ("ru", "> отпущено: 2 сообщения (4 части)")],
)
async def test_released_messages_are_counted_with_their_parts(
    capsys: pytest.CaptureFixture[str], language: Language, line: str
) -> None:
    """A long message is one to the person who reads."""
    async with pressing(capsys, hold="receipt", language=language) as pressed:
        await pressed.smsc.send(Sms(to=TO, text="x" * 400))
        await pressed.smsc.send(Sms(to=TO, text="hello"))
        assert [line] == pressed.press("r")


async def test_released_parts_without_a_message_are_parts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Those of a message that isn't complete are in no message yet."""
    async with pressing(capsys, hold="receipt") as pressed:
        first = SubmitSm(
            destination_addr=TO, esm_class=0x40, short_message=b"\x05\x00\x03\x07\x02\x01x"
        )
        bind = encode(BindTransmitter(system_id="shop"), sequence_number=1)
        reader, writer = await asyncio.open_connection("127.0.0.1", pressed.simulator.port)
        writer.write(bind)
        await reader.read(64)
        writer.write(encode(first, sequence_number=2))
        await until(lambda: pressed.simulator.stats.submits)
        assert ["> released: 1 part"] == pressed.press("r")
        writer.close()
        await writer.wait_closed()


async def test_responses_are_held_in_place_of_receipts(capsys: pytest.CaptureFixture[str]) -> None:
    """Either of the two is held, or nothing."""
    async with pressing(capsys) as pressed:
        lines = pressed.press("hHhHH")

        assert "off" == pressed.simulator.hold
    words = [line.split()[1] for line in lines]
    assert ["receipts", "responses", "receipts", "responses", "new"] == words


async def test_clock_that_a_key_moves_lets_a_repeat_pass(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The gateway's minute is over; the link isn't cut."""
    async with pressing(capsys) as pressed:
        await pressed.smsc.send(Sms(to=TO, text="hello"))
        lines = pressed.press("tt")
        await pressed.smsc.send(Sms(to=TO, text="hello"))

    assert [
        "> the gateway's clock moved forward by 61 s, by 61 s in all",
        "> the gateway's clock moved forward by 61 s, by 122 s in all",
    ] == lines


@pytest.mark.parametrize("key", ["?", ",", "F1"])
async def test_help_lists_every_key(capsys: pytest.CaptureFixture[str], key: str) -> None:
    """Where a Russian layout has its comma, an English one has the question mark."""
    async with pressing(capsys) as pressed:
        lines = pressed.press_f1() if key == "F1" else pressed.press(key)

    first, *rows = lines
    assert "Keys 1 to 6 decide the newest message that isn't final:" == first
    assert [*"123456hHrt", "?,", "q,"] == [row.split()[0] for row in rows]


async def test_help_in_russian_has_the_letters_of_that_layout(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The keyboard has them, and the keys work with either layout."""
    async with pressing(capsys, language="ru") as pressed:
        shown = "\n".join(pressed.press("?"))

    assert all(keys in shown for keys in ("h (р) ", "H (Р) ", "r (к) ", "t (е) ", "q (й), Ctrl-C"))


@pytest.mark.parametrize(
    ("russian", "english"), [("р", "h"), ("Р", "H"), ("к", "r"), ("е", "t"), ("Е", "t")]
)
async def test_letters_work_on_a_russian_layout(
    capsys: pytest.CaptureFixture[str], russian: str, english: str
) -> None:
    """The letter of the same key."""
    shown = []
    for key in (russian, english):
        async with pressing(capsys) as pressed:
            shown.append(pressed.press(key))

    assert shown[0] == shown[1] != []


@pytest.mark.parametrize("key", ["q", "й", "Q", "Й"])
async def test_q_ends(capsys: pytest.CaptureFixture[str], key: str) -> None:
    """As Ctrl-C does, with the summary."""
    async with pressing(capsys) as pressed:
        assert [] == pressed.press(key)
        assert pressed.stopped.is_set()


async def test_other_keys_do_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither digits without a meaning, nor arrows, nor Enter."""
    async with pressing(capsys) as pressed:
        await pressed.smsc.send(Sms(to=TO, text="hello"))

        assert [] == pressed.press("0789xыъ \r\n\t\x1b²１")
        assert "on_its_way" == pressed.simulator.message(1).status
        assert not pressed.stopped.is_set()


async def test_held_response_leaves_with_its_decision(capsys: pytest.CaptureFixture[str]) -> None:
    """The client of a held message waits for it in `send` itself."""
    async with pressing(capsys, hold="answer") as pressed:
        sending = asyncio.create_task(pressed.smsc.send(Sms(to=TO, text="hello")))
        await until(lambda: pressed.simulator.messages)
        pressed.press("2")
        receipt = await (await sending).receipt(timeout=5)

    assert 6 == receipt.error_code


async def test_every_line_has_its_russian(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each key."""
    missing = untranslated(monkeypatch)
    async with pressing(capsys, language="ru") as pressed:
        for number, key in enumerate("123456"):
            await pressed.smsc.send(Sms(to=TO, text=f"hello {number}"))
            pressed.press(key)
        pressed.press("11hhHHrt?")

    assert [] == missing
