"""The newest messages, and how one is found among them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from smsc_async.simulator import MessageFilter
from smsc_async.simulator.message_log import MessageLog, normal_number
from smsc_async.simulator.records import SubmittedMessage
from smsc_async.simulator.refusals import SCENARIO, refuse

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _message(number: int, text: str = "hi", to: str = "79991234567") -> SubmittedMessage:
    """Return a message without its parts."""
    return SubmittedMessage(
        system_id="shop",
        sender="Shop",
        recipient=to,
        text=text,
        octets=text.encode(),
        data_coding=0,
        parts=1,
        total=1,
        received_at=NOW,
        number=number,
    )


def _log(*texts: str, keep: int = 100, keep_octets: int = 10_000) -> MessageLog:
    """Return a log of messages with these texts."""
    log = MessageLog()
    for text in texts:
        log.add(_message(log.next_number(), text), keep, keep_octets)
    return log


def test_oldest_are_forgotten_by_number_and_by_octets() -> None:
    """The newest stays, however long it is."""
    assert ["b", "c"] == [message.text for message in _log("a", "b", "c", keep=2)]
    assert ["bb", "cc"] == [message.text for message in _log("aa", "bb", "cc", keep_octets=5)]
    assert ["x" * 50] == [message.text for message in _log("aa", "x" * 50, keep_octets=5)]


def test_number_is_a_cursor() -> None:
    """Pages of the newest first, and what has come since; a number isn't used again."""
    log = _log(*"abcdef")
    page = log.find(limit=2)

    assert ["f", "e"] == [message.text for message in page]
    assert ["d", "c"] == [m.text for m in log.find(before=page[-1].number, limit=2)]
    assert ["f"] == [m.text for m in log.find(after=5)]
    assert [] == log.find(after=log.last_number)
    log.remove(log.find(limit=None))
    log.add(_message(log.next_number()), 100, 100)
    assert [7] == [message.number for message in log.find()]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (MessageFilter(), ["Code 4821", "привет, Мир", "Hi"]),
        (MessageFilter(text="МИР"), ["привет, Мир"]),
        (MessageFilter(text="7999000"), ["Hi"]),
        (MessageFilter(to="+7 (999) 000-00-00"), ["Hi"]),
        (MessageFilter(sender="shop"), []),
        (MessageFilter(sender="Shop", text="hi"), ["Hi"]),
        (MessageFilter(kind="Sms"), ["Code 4821", "привет, Мир", "Hi"]),
        (MessageFilter(kind="binary"), []),
        (MessageFilter(status="done"), ["Code 4821", "привет, Мир", "Hi"]),
        (MessageFilter(status="held"), []),
        (MessageFilter(code="4821"), ["Code 4821"]),
        (MessageFilter(error_code=6), []),
    ],
    ids=repr,
)
def test_messages_are_found_by_what_they_meet(wanted: MessageFilter, found: list[str]) -> None:
    """All of it; texts in upper or lower case, numbers in any notation."""
    log = MessageLog()
    log.add(_message(1, "Hi", "79990000000"), 10, 1000)
    log.add(_message(2, "привет, Мир"), 10, 1000)
    log.add(_message(3, "Code 4821"), 10, 1000)

    assert found == [message.text for message in log.find(wanted)]


def test_message_is_got_by_number_or_id() -> None:
    """None for what isn't kept."""
    log = _log("a", "b", "c", keep=2)

    assert "b" == getattr(log.get(2), "text", None)
    assert "c" == getattr(log.get("m-3"), "text", None)
    assert [None] * 4 == [log.get(name) for name in (1, 4, "m-1", "m-x")]


def test_removed_octets_make_room() -> None:
    """The limit counts what is kept."""
    log = _log("aaaa", "bbbb", keep_octets=10)

    assert 1 == log.remove(log.find(MessageFilter(text="aaaa")))
    assert "<MessageLog, 1 messages, 4 octets>" == repr(log)


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        ("+7 (999) 123-45-67", "79991234567"),
        ("79991234567", "79991234567"),
        ("8 999 123-45-67", "79991234567"),
        ("8(916)1234567", "79161234567"),
        ("87771234567", "77771234567"),
        ("+8 916 123-45-67", "89161234567"),
        ("8 800 555-35-35", "78005553535"),
        ("81031234567", "81031234567"),
        ("8613912345678", "8613912345678"),
        ("Shop", "Shop"),
        ("Shop 24", "Shop 24"),
        ("m@example.com", "m@example.com"),
        ("", ""),
        ("+", "+"),
        ("٧٩٩٩", "٧٩٩٩"),
    ],
)
def test_number_is_the_same_in_any_notation(address: str, normal: str) -> None:
    """Another address stays as it is."""
    assert normal == normal_number(address)


@pytest.mark.parametrize(
    "name", ["m-" + "9" * 5000, "m-", "m-٣", "m--3", "m-3.0", "3", True, 3.0, None, b"m-3"]
)
def test_odd_name_is_no_message(name: object) -> None:
    """It raises nothing, and `True` isn't the message 1."""
    assert _log("a", "b", "c").get(name) is None  # type: ignore[arg-type]


def test_negative_limit_is_refused() -> None:
    """The sentence says what may be given."""
    with pytest.raises(ValueError, match="limit takes 0 or more, or None for all, got -1"):
        _log("a").find(limit=-1)
    assert [] == _log("a").find(limit=0)


def test_message_of_another_log_is_not_kept() -> None:
    """Numbers are those of one log."""
    log, other = _log("a", "b", keep=1), _log("a", "b")

    assert [True, False, False] == [log.has(one) for one in (*log, *other)]


def test_accepted_messages_are_read_in_order() -> None:
    """Those that were forgotten or refused are passed over."""
    log = _log(*"abcdef", keep=5)
    log.remove(log.find(MessageFilter(text="c")))
    next(one for one in log if one.text == "d").refusal = refuse(8, SCENARIO)

    read, after = [], 0
    while (message := log.next_accepted(after, last=5)) is not None:
        read.append(message.text)
        after = message.number
    assert ["b", "e"] == read
    assert MessageLog().next_accepted(0, last=0) is None


def test_repr_of_a_filter_shows_no_number_no_text_and_no_code() -> None:
    """A failed test shows it, and a log keeps that."""
    shown = repr(
        MessageFilter(
            to="79991234567", sender="Shop", text="Иван", status="held", error_code=6, code="4821"
        )
    )

    assert (
        "<MessageFilter to=7999***67, sender=Shop, text=<4 characters>, status=held,"
        " error_code=6, code=***>"
    ) == shown
    assert "<MessageFilter every message>" == repr(MessageFilter())
