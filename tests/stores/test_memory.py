"""Rule state in this process: it never awaits, and doesn't grow."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async import GatewayLimits, MemoryRuleStore, Sms
from smsc_async.rules.engine import RuleEngine
from smsc_async.rules.verdict import Admitted, Held

if TYPE_CHECKING:
    from smsc_async.rules.engine import Step

TO = "79991234567"


class Account:
    """A store, its engine and a time that stands still unless it is moved."""

    def __init__(self, limits: GatewayLimits | None = None) -> None:
        self.now = 1000.0
        self.store = MemoryRuleStore(lambda: self.now)
        self.engine = RuleEngine(limits or GatewayLimits(rate=None), self.store.key)

    def step(self, text: str = "Hi", to: str = TO) -> Step:
        """Make the step of a message."""
        return self.engine.step(Sms(to=to, text=text), 1, text)

    def ask(self, text: str = "Hi", to: str = TO) -> Admitted | Held:
        """Ask whether a message may be sent now."""
        verdict = self.store.apply_now(self.step(text, to), self.now)
        return Admitted(verdict, verdict) if isinstance(verdict, float) else verdict


def test_nothing_is_awaited() -> None:
    """`apply` is a coroutine that ends at its first step: no loop is needed."""
    account = Account()

    with pytest.raises(StopIteration) as ended:
        account.store.apply(account.step()).send(None)

    assert Admitted(1000.0, 1000.0) == ended.value.value


def test_entries_of_the_last_minutes_are_kept() -> None:
    """Ten thousand messages leave as much as the first few hundred."""
    account, sizes = Account(), []
    for number in range(10_000):
        account.now += 0.5
        account.ask(f"Text {number}", f"7999{number:07d}")
        sizes.append(len(account.store))

    assert max(sizes[:500]) >= max(sizes[500:])
    assert max(sizes) < 3 * 2 * 61 / 0.5


def test_large_generation_is_dropped_in_portions() -> None:
    """No single message takes the time for all of it."""
    account = Account()
    for number in range(5000):
        account.ask(f"Text {number}", f"7999{number:07d}")
    account.now += 100.0
    account.ask()  # those are the previous generation now
    account.now += 100.0

    sizes = []
    for number in range(70):
        account.ask(f"New {number}")
        sizes.append(len(account.store))
        account.now += 0.3

    assert sizes[0] > 9500
    assert all(before - after < 500 for before, after in pairwise(sizes))
    assert sizes[-1] < 80


def test_backlog_is_kept_until_a_window_after_it_is_due() -> None:
    """With a backlog of minutes, the windows begin at the end of it."""
    account = Account(GatewayLimits(rate=1.05))  # an interval of one second
    asked = [account.ask(f"Text {number}", f"7999{number:07d}") for number in range(200)]
    assert isinstance(asked[-1], Admitted)
    assert 1199.0 == asked[-1].not_before

    for _ in range(25):  # generations come and go meanwhile
        account.now += 10.0
        account.ask(f"At {account.now}", "79990000000")

    # Due at 1199, asked at 1250.
    assert Held("repeat", 1260.0) == account.ask("Text 199", "79990000199")


def test_longest_rule_decides_how_long_is_remembered() -> None:
    """Two clients of one account may share a store and have rules of their own."""
    account = Account()
    long = RuleEngine(GatewayLimits(repeat_window=600.0, rate=None), account.store.key)
    step = long.step(Sms(to=TO, text="Hi"), 1, "Hi")
    account.store.apply_now(step, account.now)
    for number in range(50):
        account.now += 10.0
        account.ask(f"Text {number}", f"7999{number:07d}")

    assert Held("repeat", 1601.0) == account.store.apply_now(step, account.now)


def test_rate_alone_remembers_nothing() -> None:
    """Its only state is the next free time."""
    account = Account(GatewayLimits(repeat_window=None, flood_gap=None))
    for number in range(100):
        account.now += 1.0
        assert isinstance(account.ask(f"Text {number % 2}"), Admitted)

    assert len(account.store) < 10


def test_store_shows_no_number() -> None:
    """Its `repr` may appear in a log."""
    account = Account()
    account.ask()

    assert "<MemoryRuleStore, 2 entries>" == repr(account.store)


def test_message_of_the_previous_generation_can_be_given_back() -> None:
    """A refusal may come long after the write: the request and its place in the streak are free."""
    account = Account()
    account.ask("Old", "79990000000")
    account.now += 50.0
    verdicts = [
        (account.step(f"Text {number}"), account.ask(f"Text {number}")) for number in range(50)
    ]
    account.now += 15.0
    account.ask("New", "79990000000")  # a new generation
    step, verdict = verdicts[0]
    assert isinstance(verdict, Admitted)

    account.store.release(step, verdict)

    assert isinstance(account.ask("Text 0"), Admitted)
    assert isinstance(account.ask("Two more"), Held)


def test_postponed_parts_are_remembered_from_the_last_one_on() -> None:
    """The last part is written long after the first, and the streak lasts from there."""
    account = Account(GatewayLimits(rate=1.05))  # an interval of one second
    step = account.engine.step(Sms(to=TO, text="Long"), 50, "Long")
    admitted = account.store.apply_now(step, account.now)
    assert isinstance(admitted, Admitted)
    account.now += 60.0
    account.store.postpone(step, admitted)  # the last part is due at 1109
    for pause in (1.0, 62.0):  # two new generations
        account.now += pause
        account.ask(f"At {account.now}", "79990000000")

    assert Held("flood", 1140.0) == account.ask("One more")


def test_request_admitted_anew_has_its_new_token_alone() -> None:
    """Sent again after an unknown outcome, it isn't held by its own first attempt."""
    account = Account()
    account.ask("Another")
    step = account.step()
    postponed = account.store.apply_now(step, account.now)
    assert isinstance(postponed, Admitted)
    account.now += 60.0
    account.store.postpone(step, postponed)  # keeps its token at a new instant
    account.now += 1.0
    account.ask("New", "79990000000")  # a new generation
    account.now += 60.5
    verdict = account.ask()
    assert isinstance(verdict, Admitted)
    again = account.engine.step(Sms(to=TO, text="Hi"), 1, "Hi", verdict.token)

    assert verdict == account.store.apply_now(again, account.now)


@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0, 29.0, 31.0, 61.0]), st.integers(0, 3))))
def test_rotation_of_generations_changes_no_verdict(asked: list[tuple[float, int]]) -> None:
    """Verdicts are those of a store that keeps everything."""
    account, sent = Account(), dict[int, float]()
    for pause, text in asked:
        account.now += pause
        verdict = account.ask(f"Text {text}")
        # Messages of a streak are few: only the minute holds them.
        if account.now - sent.get(text, 0.0) >= 61.0:
            if isinstance(verdict, Admitted):
                sent[text] = account.now
            else:
                assert "flood" == verdict.rule
        else:
            assert isinstance(verdict, Held)
