"""Identical rows: how many there are, and how long their sending takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from smsc_async.cli.bulk_earlier import EarlierRuns
from smsc_async.cli.bulk_repeats import Repeats, find_repeats
from smsc_async.cli.console import Screen
from smsc_async.cli.csv_input import CsvRow
from smsc_async.cli.i18n import Language, Translator
from smsc_async.gateway.coding import TextSettings
from smsc_async.messages import Sms, VoiceCall
from smsc_async.outbox import OutboxState
from smsc_async.rules.limits import GatewayLimits
from smsc_async.simulator import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    from smsc_async.messages import Message
    from smsc_async.receipts import Receipt
    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

TO, OTHER = "79995557733", "79995557734"
SETTINGS = TextSettings()


def rows_of(*messages: Message[Receipt] | None) -> list[CsvRow]:
    """Return rows with these messages; the first one is row 2."""
    return [
        CsvRow(number, [], (), key=str(number), message=message)
        for number, message in enumerate(messages, 2)
    ]


def found(*messages: Message[Receipt] | None, smart: bool = False) -> Repeats:
    """Return the identical rows among these messages."""
    return find_repeats(rows_of(*messages), TextSettings(smart=smart), GatewayLimits())


def test_rows_are_identical_as_they_are_sent() -> None:
    """A number may be written in several ways."""
    repeats = found(
        Sms(to=TO, text="a"),
        Sms(to="+7 999 555-77-33", text="a"),
        Sms(to="8(999)5557733", text="a"),
    )

    assert Repeats(rows=(2, 3, 4), recipients=1, times=3, window=61.0) == repeats
    assert 122.0 == repeats.wait


@pytest.mark.parametrize(
    "other",
    [
        Sms(to=TO, text="b"),
        Sms(to=OTHER, text="a"),
        Sms(to=TO, text="a", sender="Shop"),
        Sms(to=TO, text="a", comment="x"),
        VoiceCall(to=TO, text="a"),
        None,
    ],
    ids=repr,
)
def test_what_differs_for_the_gateway_is_not_identical(other: Message[Receipt] | None) -> None:
    """Another text, recipient, sender or kind waits for nothing."""
    assert Repeats() == found(Sms(to=TO, text="a"), other)


def test_texts_that_become_the_same_are_identical() -> None:
    """Typographic signs are replaced by plain ones if the settings say so."""
    messages = Sms(to=TO, text='a "b"'), Sms(to=TO, text="a “b”")

    assert () == found(*messages).rows
    assert (2, 3) == found(*messages, smart=True).rows


def test_wait_is_that_of_the_recipient_with_the_most() -> None:
    """Messages to several recipients wait at the same time."""
    repeats = found(
        *[Sms(to=TO, text="a")] * 3,
        *[VoiceCall(to=TO, text="a")] * 2,
        *[Sms(to=OTHER, text="b")] * 2,
    )

    assert (2, 3, 122.0) == (repeats.recipients, repeats.times, repeats.wait)
    assert tuple(range(2, 9)) == repeats.rows


def test_without_the_rule_nothing_waits() -> None:
    """The window is that of the limits, with its margin."""
    rows = rows_of(*[Sms(to=TO, text="a")] * 2)

    assert 0.0 == find_repeats(rows, SETTINGS, GatewayLimits.off()).wait
    assert 32.5 == find_repeats(rows, SETTINGS, GatewayLimits(repeat_window=31.5)).wait


@pytest.mark.parametrize(
    ("repeats", "language", "text"),
    [
        (
            Repeats((2, 3), 1, 2, 61.0),
            "en",
            (
                "2 identical rows (2, 3): the recipient gets the text 2 times; the gateway takes a"
                " repeat after 61 s at the earliest, so sending takes about 1 minute"
            ),
        ),
        (
            Repeats((*range(2, 14),), 1, 12, 61.0),
            "ru",
            (
                "12 одинаковых строк (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …): получатель получит этот"
                " текст 12 раз; повтор шлюз принимает не раньше чем через 61 с, поэтому отправка"
                " займёт около 11 минут"
            ),
        ),
        (
            Repeats((2, 3, 4), 1, 3, 31.5),
            "ru",
            (
                "3 одинаковые строки (2, 3, 4): получатель получит этот текст 3 раза; повтор шлюз"
                " принимает не раньше чем через 31,5 с, поэтому отправка займёт около 1 минуты"
            ),
        ),
        (
            Repeats((2, 3, 4, 5), 2, 2, 0.0),
            "ru",
            "4 одинаковые строки (2, 3, 4, 5), получателей: 2; один и тот же текст придёт до 2 раз",
        ),
        (
            Repeats((2, 3, 4, 5), 2, 241, 61.0),
            "en",
            (
                "to 2 recipients: one gets the same text up to 241 times; the gateway takes a"
                " repeat after 61 s at the earliest, so sending takes about 4 hours"
            ),
        ),
        (Repeats((2, 3), 1, 22, 61.0), "ru", "22 раза; "),
        (Repeats((2, 3), 1, 22, 61.0), "ru", "около 21 минуты"),
        (Repeats((2, 3), 3, 21, 61.0), "ru", "до 21 раза; "),
    ],
)
def test_it_is_said_how_often_and_how_long(
    repeats: Repeats, language: Language, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the forms of the nouns that belong to the numbers."""
    repeats.show(Screen(Translator(language)))

    assert text in " ".join(capsys.readouterr().out.split())


def test_nothing_is_said_without_identical_rows(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither as text nor as JSON."""
    for is_json in (False, True):
        Repeats().show(Screen(Translator("en"), is_json=is_json))

    assert not capsys.readouterr().out


def test_rows_that_are_not_sent_are_no_repeats() -> None:
    """Accepted ones, and refused ones unless they are sent again."""
    first, second, third = rows_of(*[Sms(to=TO, text="a")] * 3)
    states = {first.key: OutboxState.ACCEPTED, second.key: OutboxState.REFUSED}
    earlier = EarlierRuns(states=states)

    assert [third] == earlier.to_send([first, second, third])
    assert [second, third] == earlier.to_send([first, second, third], {OutboxState.REFUSED})


def test_dry_run_and_run_say_it(smsc: Smsc, gateway: HostedSimulator, tmp_path: Path) -> None:
    """Before anything is sent; of rows that are accepted already nothing is said."""
    gateway.scenario = Scenario(receipt_delay=0.0, rules=None)
    file = tmp_path / "clients.csv"
    file.write_text(f"to,text\n{TO},a\n", encoding="utf-8")
    smsc("bulk", str(file), "--url", gateway.url)
    file.write_text(f"to,text\n{TO},a\n{TO},b\n{TO},b\n", encoding="utf-8")
    shown = smsc("bulk", str(file), "--dry-run").stdout
    first = json.loads(smsc("bulk", str(file), "--dry-run", "--json").stdout.splitlines()[0])
    sent = smsc("bulk", str(file), "--url", "smpp://a:b@127.0.0.1:9").stdout
    file.write_text(f"to,text\n{TO},a\n{TO},b\n", encoding="utf-8")

    for output in (shown, sent):
        assert "2 identical rows (3, 4)" in output
    assert {"rows": [3, 4], "recipients": 1, "times": 2, "wait": 61.0} == first["repeats"]
    assert "identical" not in smsc("bulk", str(file), "--dry-run").stdout
