"""Which source says what becomes of a message."""

from __future__ import annotations

import pytest

from pdu import MessageState
from smsc_async.simulator import Chaos, Fate
from smsc_async.simulator.fate_sources import FateSources
from smsc_async.simulator.fates import ORDINARY, Given

MAGIC = "70000000006"
OTHER = "79991234567"
EXPIRED = Fate(state=MessageState.EXPIRED)
ALWAYS = Chaos(throttled=100, seed=1)


def test_number_then_magic_number_then_hold_then_chaos() -> None:
    """The first that says something wins; without any, the scenario says all."""
    sources = FateSources()
    assert Given() == sources.of(OTHER, "hi", 0.0)
    sources.start_chaos(ALWAYS, 0.0)
    assert "refuse" == sources.of(OTHER, "hi", 0.0).fate.answer
    sources.hold = "receipt"
    assert Given(hold="receipt") == sources.of(OTHER, "hi", 0.0)
    magic = sources.of(MAGIC, "hi", 0.0)
    assert (6, "off", True) == (magic.fate.error_code, magic.hold, magic.is_magic)
    sources.set_for(MAGIC, EXPIRED)
    assert Given(EXPIRED) == sources.of(MAGIC, "hi", 0.0)
    sources.set_for(MAGIC, None)
    sources.set_for(MAGIC, None)
    assert 6 == sources.of(f"+{MAGIC}", "hi", 0.0).fate.error_code


@pytest.mark.parametrize(
    ("prefix", "number", "is_magic"),
    [
        ("7000000", "70000000006", True),
        ("7000000", "+70000000006", True),
        ("7000000", "7 (000) 000-00-06", True),
        ("7999", "79990006", True),
        ("7999", "70000000006", False),
        (None, "70000000006", False),
        ("1", "10006", True),
    ],
)
def test_prefix_may_be_another_one(prefix: str | None, number: str, *, is_magic: bool) -> None:
    """For programs that accept possible numbers only."""
    given = FateSources(magic_prefix=prefix).of(number, None, 0.0)

    assert is_magic is given.is_magic is (given.fate.error_code == 6)


@pytest.mark.parametrize("prefix", ["", "abc", "123456789012", "+7", 7])
def test_prefix_has_digits(prefix: str) -> None:
    """1 to 11 of them."""
    with pytest.raises(ValueError, match="magic_prefix: takes a text of 1 to 11 digits"):
        FateSources(magic_prefix=prefix)


def test_chaos_ends_by_the_gateways_time() -> None:
    """Then the scenario says all again."""
    sources = FateSources()
    run = sources.start_chaos(Chaos(connect=100, throttled=100, seconds=10, seed=1), 5.0)

    assert run is sources.chaos
    assert sources.refuses_connection(14.9)
    assert "refuse" == sources.of(OTHER, "hi", 14.9).fate.answer
    assert ORDINARY is sources.of(OTHER, "hi", 15.0).fate
    assert not sources.refuses_connection(15.0)
    assert (ORDINARY, "None") == (sources.drawn(15.0), repr(sources.chaos))


def test_new_chaos_replaces_the_old_one() -> None:
    """One at a time."""
    sources = FateSources()
    sources.start_chaos(ALWAYS, 0.0)
    sources.start_chaos(Chaos(seed=1), 0.0)

    assert ORDINARY == sources.of(OTHER, "hi", 0.0).fate


def test_repr_counts_numbers_and_shows_none() -> None:
    """They may be those of people."""
    sources = FateSources()
    sources.set_for(OTHER, EXPIRED)

    assert "<FateSources, 1 numbers, hold off, None>" == repr(sources)


@pytest.mark.parametrize(
    "number",
    ["7 000 000 0006", "(7000000)0006", "7-0000000006", "+7 (000) 000-00-06", "7.000.000/0006"],
)
def test_signs_of_a_magic_number_are_ignored(number: str) -> None:
    """As `magic_fate` ignores them; so a fate of a number does."""
    sources = FateSources()
    assert 6 == sources.of(number, None, 0.0).fate.error_code
    sources.set_for(MAGIC, EXPIRED)
    assert Given(EXPIRED) == sources.of(number, None, 0.0)


@pytest.mark.parametrize("text", ["__HLR__", "__PING__"])
def test_subscriber_of_a_query_reads_no_text(text: str) -> None:
    """So nothing is repeated in a reply."""
    fate = FateSources().of("70000005003", text, 0.0).fate

    assert (MessageState.DELIVERED, None) == (fate.state, fate.reply)
