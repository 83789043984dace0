"""Magic numbers: all ten thousand of a prefix, by the table of the documentation."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu import MessageState
from pdu.text import TextCoding, split
from smsc_async import ConfigError
from smsc_async.simulator.fates import Fate
from smsc_async.simulator.magic import MAGIC_NUMBERS, MAGIC_PREFIX, check_prefix, magic_fate
from smsc_async.simulator.scenario import HlrAnswer

TEXT = "Код входа: 4821"
SUFFIXES = [f"{number:04}" for number in range(10_000)]
STATES = {1: "EXPIRED", 2: "REJECTED", 3: "DELETED", 4: "UNKNOWN"}
RECEIPTS = {5: "never", 6: "twice", 7: "early", 8: "intermediate"}


def delivered(**fields: object) -> Fate:
    """Make the fate of a delivered message."""
    return Fate(state=MessageState.DELIVERED, **fields)  # type: ignore[arg-type]  # by name


def failed(error: int) -> Fate:
    """Make the fate of an undeliverable message."""
    return Fate(state=MessageState.UNDELIVERABLE, error_code=error)


def documented(what: int, which: int) -> Fate | None:  # noqa: C901, PLR0911 - a table
    """Return what the documentation says of a number; of replies and HLR only the state."""
    match what, which:
        case 0, error if error <= 255:
            return failed(error) if error else delivered()
        case 1, number if number in STATES:
            return Fate(state=MessageState[STATES[number]])
        case 1, number if number in RECEIPTS:
            return Fate(receipt=RECEIPTS[number])  # type: ignore[arg-type]  # one of them
        case 1, seconds if seconds >= 10:
            return delivered(after=seconds)
        case 2, status if status:
            return Fate(answer="refuse", command_status=status)
        case 3, 0:
            return Fate(answer="never")
        case 3, 999:
            return Fate(answer="break")
        case 3, seconds:
            return Fate(answer="late", after=seconds)
        case 4, error if 101 <= error <= 199:
            return failed(error - 100)
        case (4, 0 | 1 | 2) | (5, 0 | 1 | 2 | 3 | 4):
            return delivered()
    return None


@pytest.mark.takes_up_to(5, reason="twenty thousand numbers")
@pytest.mark.parametrize("prefix", [MAGIC_PREFIX, "9", "99890123456"])
def test_every_number_has_the_fate_of_its_row(prefix: str) -> None:
    """Ten thousand numbers of a prefix: each has the documented fate, or is an ordinary one."""
    for suffix in SUFFIXES:
        fate = magic_fate(prefix + suffix, TEXT, prefix)
        what, which = int(suffix[0]), int(suffix[1:])
        expected = documented(what, which)
        if what in {4, 5} and fate is not None and fate.state == MessageState.DELIVERED:
            assert delivered(hlr=fate.hlr, reply=fate.reply) == fate
            assert expected == delivered()
        else:
            assert expected == fate


def test_no_number_is_in_two_rows() -> None:
    """The listing says of each number one thing."""
    numbers = [(row.what, value) for row in MAGIC_NUMBERS for value in row.values]

    assert len(numbers) == len(set(numbers))


def test_listing_has_digits_and_descriptions() -> None:
    """The command line, the page and the documentation list the same table."""
    listed = {(row.what, row.which): row.description for row in MAGIC_NUMBERS}

    assert "delivered" == listed[0, "000"]
    assert "undeliverable, with this delivery error" == listed[0, "001-255"]
    assert {"000", "001-998", "999"} == {which for what, which in listed if what == 3}
    assert all(listed.values())


@pytest.mark.parametrize(
    ("which", "reply"), [("000", "да"), ("001", "СТОП"), ("003", TEXT), ("004", "4821")]
)
def test_subscriber_replies(which: str, reply: str) -> None:
    """In words, with an echo, or with the code of the message."""
    assert delivered(reply=reply) == magic_fate(f"70000005{which}", TEXT, MAGIC_PREFIX)


@pytest.mark.parametrize("text", ["Без кода", "", None])
def test_message_without_a_code_gets_no_code_in_reply(text: str | None) -> None:
    """A binary message has no text at all."""
    assert delivered() == magic_fate("70000005004", text, MAGIC_PREFIX)


@pytest.mark.parametrize("text", ["", None])
def test_message_without_a_text_gets_no_echo(text: str | None) -> None:
    """No phone sends an empty message."""
    assert delivered() == magic_fate("70000005003", text, MAGIC_PREFIX)


def test_long_reply_has_two_parts() -> None:
    """It tests the client's assembly of incoming messages."""
    fate = magic_fate("70000005002", TEXT, MAGIC_PREFIX)

    assert fate is not None
    assert fate.reply is not None
    assert 2 == len(split(fate.reply, TextCoding.UCS2, reference=1))


def test_hlr_answers_tell_home_roaming_and_ported() -> None:
    """Roaming has a visited network, a ported number another network than its range's."""
    fates = [magic_fate(f"7000000400{which}", None, MAGIC_PREFIX) for which in (0, 1, 2)]
    home, roaming, ported = (fate.hlr for fate in fates if fate is not None and fate.hlr)

    assert HlrAnswer() == home
    assert (home.network, "Germany") == (roaming.network, roaming.roaming_country)
    assert roaming.roaming_network
    assert home.network != ported.network
    assert ported.mnc != home.mnc
    assert ported.imsi.startswith(ported.mcc + ported.mnc)
    assert "" == ported.roaming_network


@pytest.mark.parametrize(
    "recipient",
    ["+70000000006", "7 000 000-0006", "+7 (000) 000-00-06", "7.000.000.00.06"],
)
def test_signs_of_a_number_are_ignored(recipient: str) -> None:
    """Some clients send numbers as people write them."""
    assert failed(6) == magic_fate(recipient, TEXT, MAGIC_PREFIX)


@pytest.mark.parametrize(
    "recipient",
    ["79991234567", "7000000", "700000000061", "7000000006", "7000000000x", "70000000²06",
     "7000000٠٠٠٦", "70000000006@shop.example", "#70000000006", "++70000000006", ""],
)  # fmt: skip
def test_other_recipients_are_ordinary(recipient: str) -> None:
    """A digit too few or too many, other digits than ASCII's, an address, a bot's subscriber."""
    assert magic_fate(recipient, TEXT, MAGIC_PREFIX) is None


def test_without_a_prefix_no_number_is_magic() -> None:
    """For tests with other numbers of the same kind."""
    assert magic_fate("70000000006", TEXT, None) is None


@given(st.text(), st.from_regex("[0-9]{1,11}", fullmatch=True))
def test_any_recipient_is_read(recipient: str, prefix: str) -> None:
    """A recipient is whatever a client sends."""
    check_prefix(prefix)
    fate = magic_fate(recipient, TEXT, prefix)

    assert fate is None or isinstance(fate, Fate)


@pytest.mark.parametrize("prefix", [None, "7", "7000000", "99890123456"])
def test_prefix_leaves_room_for_four_digits(prefix: str | None) -> None:
    """A number has 15 digits at most."""
    check_prefix(prefix)


@pytest.mark.parametrize(
    ("prefix", "got"),
    [
        ("", "0 characters"),
        ("123456789012", "12 characters"),
        ("+7", "2 characters"),
        ("٧", "1 characters"),
        ("7\n", "2 characters"),
        (7_000_000, "7000000"),
        (False, "False"),
    ],
)
def test_other_prefixes_are_refused(prefix: object, got: str) -> None:
    """With what a prefix is."""
    reason = f"takes a text of 1 to 11 digits, or None for no magic numbers, got {got}"

    with pytest.raises(ConfigError, match=f"^magic_prefix: {re.escape(reason)}$"):
        check_prefix(prefix)
