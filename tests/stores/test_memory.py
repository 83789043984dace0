"""The rules' memory in this process: it never awaits, and never grows."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async import GatewayLimits, MemoryRuleStore, Sms
from smsc_async.rules.engine import RuleEngine, Step
from smsc_async.rules.verdict import Admitted, Held

TO = "79991234567"


class Desk:
    """A store, its engine and a time that stands still unless it is moved."""

    def __init__(self, limits: GatewayLimits | None = None) -> None:
        self.now = 1000.0
        self.store = MemoryRuleStore(lambda: self.now)
        self.engine = RuleEngine(limits or GatewayLimits(rate=None), self.store.key)

    def step(self, text: str = "Hi", to: str = TO) -> Step:
        """Make a question."""
        return self.engine.step(Sms(to=to, text=text))

    def ask(self, text: str = "Hi", to: str = TO) -> Admitted | Held:
        """Ask whether a message may go now."""
        verdict = self.store.apply_now(self.step(text, to), self.now)
        return Admitted(verdict, verdict) if isinstance(verdict, float) else verdict


def test_nothing_is_awaited() -> None:
    """`apply` is a coroutine that ends at its first step: no loop is needed."""
    desk = Desk()

    with pytest.raises(StopIteration) as ended:
        desk.store.apply(desk.step()).send(None)

    assert Admitted(1000.0, 1000.0) == ended.value.value


def test_memory_is_that_of_the_last_minutes() -> None:
    """Ten thousand messages leave as much as the first few hundred."""
    desk, sizes = Desk(), []
    for number in range(10_000):
        desk.now += 0.5
        desk.ask(f"Text {number}", f"7999{number:07d}")
        sizes.append(len(desk.store))

    assert max(sizes[:500]) >= max(sizes[500:])
    assert max(sizes) < 3 * 2 * 61 / 0.5


def test_big_generation_leaves_in_portions() -> None:
    """No single message pays for all of it."""
    desk = Desk()
    for number in range(5000):
        desk.ask(f"Text {number}", f"7999{number:07d}")
    desk.now += 100.0
    desk.ask()  # those are the old generation now
    desk.now += 100.0

    sizes = []
    for number in range(70):
        desk.ask(f"New {number}")
        sizes.append(len(desk.store))
        desk.now += 0.3

    assert sizes[0] > 9500
    assert all(before - after < 500 for before, after in pairwise(sizes))
    assert sizes[-1] < 80


def test_what_is_due_later_is_kept_until_later() -> None:
    """With a backlog of minutes, the windows begin at the end of it."""
    desk = Desk(GatewayLimits(rate=1.05))  # an interval of one second
    asked = [desk.ask(f"Text {number}", f"7999{number:07d}") for number in range(200)]
    assert isinstance(asked[-1], Admitted)
    assert 1199.0 == asked[-1].not_before

    for _ in range(25):  # generations come and go meanwhile
        desk.now += 10.0
        desk.ask(f"At {desk.now}", "79990000000")

    # Due at 1199, asked at 1250.
    assert Held("repeat", 1260.0) == desk.ask("Text 199", "79990000199")


def test_longest_rule_decides_how_long_is_remembered() -> None:
    """Two clients of one account may share a store and have rules of their own."""
    desk = Desk()
    long = RuleEngine(GatewayLimits(repeat_window=600.0, rate=None), desk.store.key)
    step = long.step(Sms(to=TO, text="Hi"))
    desk.store.apply_now(step, desk.now)
    for number in range(50):
        desk.now += 10.0
        desk.ask(f"Text {number}", f"7999{number:07d}")

    assert Held("repeat", 1601.0) == desk.store.apply_now(step, desk.now)


def test_rate_alone_remembers_nothing() -> None:
    """An instant is all there is."""
    desk = Desk(GatewayLimits(repeat_window=None, flood_gap=None))
    for number in range(100):
        desk.now += 1.0
        assert isinstance(desk.ask(f"Text {number % 2}"), Admitted)

    assert len(desk.store) < 10


def test_store_shows_no_number() -> None:
    """It may stand in a log."""
    desk = Desk()
    desk.ask()

    assert "<MemoryRuleStore, 2 entries>" == repr(desk.store)


def test_row_that_is_given_back_in_an_old_generation_stays_given_back() -> None:
    """A refusal may come when the message is old already."""
    desk = Desk()
    verdicts = [(desk.step(f"Text {number}"), desk.ask(f"Text {number}")) for number in range(50)]
    desk.now += 30.0
    step, verdict = verdicts[0]
    assert isinstance(verdict, Admitted)

    desk.store.release(step, verdict)

    assert isinstance(desk.ask("One more"), Admitted)
    assert isinstance(desk.ask("Two more"), Held)


@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0, 29.0, 31.0, 61.0]), st.integers(0, 3))))
def test_generations_are_never_seen(asked: list[tuple[float, int]]) -> None:
    """What is remembered is what a memory without an end would say."""
    desk, sent = Desk(), dict[int, float]()
    for pause, text in asked:
        desk.now += pause
        verdict = desk.ask(f"Text {text}")
        # Fifty in a row aren't reached: what holds is the minute.
        if desk.now - sent.get(text, 0.0) >= 61.0:
            if isinstance(verdict, Admitted):
                sent[text] = desk.now
            else:
                assert "flood" == verdict.rule
        else:
            assert isinstance(verdict, Held)
