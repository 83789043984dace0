"""The three protective rules: no repeats, no floods, no late parts.

Rule: what the engine admits is checked by the document's sentence, as a gateway applies it: it
counts from arrival, which is up to a second after admission.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async import Email, GatewayLimits, HlrQuery, InvalidMessageError, Ping, Sms, Viber
from smsc_async.gateway.markup import render
from smsc_async.rules.engine import RuleEngine, Rules, decide
from smsc_async.rules.verdict import Admitted, Held

if TYPE_CHECKING:
    from smsc_async.messages import Message
    from smsc_async.rules.duplicates import Fingerprint
    from smsc_async.rules.flood import Streak
    from smsc_async.rules.verdict import Verdict

TO = "79991234567"


class Rulekeeper:
    """The engine with the simplest store; time is an argument."""

    def __init__(self) -> None:
        self.book = RuleEngine(GatewayLimits())
        self.known: dict[Fingerprint, Admitted] = {}
        self.streaks: dict[str, Streak] = {}
        self.free_at = 0.0

    def ask(self, message: Message[Any], *, now: float, parts: int = 1) -> Verdict:
        """Ask whether a message may be sent now."""
        step = self.book.step(message, parts, render(message))
        _, request, to, _, _ = step
        known, streak, token = self.known.get(request), self.streaks.get(to), len(self.known)
        verdict, streak, self.free_at = decide(step, known, streak, self.free_at, now, token)
        if streak is not None:
            self.streaks[to] = streak
        if isinstance(verdict, Admitted):
            self.known[request] = verdict
        return verdict


@pytest.fixture
def rules() -> Rulekeeper:
    """The rules with the gateway's numbers, before the first message."""
    return Rulekeeper()


def sms(number: int) -> Sms:
    """Return a message that differs from the others."""
    return Sms(to=TO, text=f"Text {number}")


@pytest.mark.parametrize(
    "message",
    [
        Sms(to=TO, text="Hi", sender="Shop", comment="order 17"),
        Email(to="ivan@example.com", text="Hi", subject="Order"),
        Viber(to=TO, text="Hi"),
        HlrQuery(to=TO),
        Ping(to=TO),
    ],
    ids=lambda message: type(message).__name__,
)
def test_identical_request_is_held_for_a_minute(rules: Rulekeeper, message: Message[Any]) -> None:
    """It is held free of charge, until the minute is certainly over at the gateway too.

    «Сервер не принимает более одного одинакового запроса на отправку SMS-сообщений в течение минуты
    для защиты от ошибок и зацикливаний в программе на стороне Клиента для того, чтобы снизить
    нагрузку и не расходовать средства Клиента, а также не допустить многократной отправки сообщения
    одному абоненту.»
    """
    assert isinstance(rules.ask(message, now=0.0), Admitted)

    held = rules.ask(message, now=60.0)

    assert isinstance(held, Held)
    assert "repeat" == held.rule
    assert 60.0 < held.retry_at <= 62.0
    assert isinstance(rules.ask(message, now=held.retry_at), Admitted)


@pytest.mark.parametrize(
    "other",
    [
        Sms(to=TO, text="hi", sender="Shop"),
        Sms(to="79991234568", text="Hi", sender="Shop"),
        Sms(to=TO, text="Hi", sender="Store"),
        Sms(to=TO, text="Hi", sender="Shop", comment="again"),
        Viber(to=TO, text="Hi", sender="Shop"),
    ],
    ids=["text", "recipient", "sender", "comment", "kind"],
)
def test_what_is_not_identical_passes(rules: Rulekeeper, other: Message[Any]) -> None:
    """The document doesn't say what is compared; here everything that the user wrote.

    «Сервер не принимает более одного одинакового запроса на отправку SMS-сообщений в течение минуты
    для защиты от ошибок и зацикливаний в программе на стороне Клиента для того, чтобы снизить
    нагрузку и не расходовать средства Клиента, а также не допустить многократной отправки сообщения
    одному абоненту.»
    """
    rules.ask(Sms(to=TO, text="Hi", sender="Shop"), now=0.0)

    assert isinstance(rules.ask(other, now=1.0), Admitted)


def test_fifty_first_message_in_a_row_is_held(rules: Rulekeeper) -> None:
    """Fifty pass, each 29.9 s after the one before; the next one waits for a gap of 30 s.

    «Сервер также блокирует отправку более 50 сообщений одному абоненту, которые были отправлены с
    перерывом между сообщениями менее 30-ти секунд, для защиты от флуда и лишнего списания средств
    со счета Клиента, так как многие операторы не пропускают большое количество сообщений одному
    абоненту за короткий промежуток времени.»
    """
    for number in range(50):
        assert isinstance(rules.ask(sms(number), now=number * 29.9), Admitted)
    last = 49 * 29.9

    held = rules.ask(sms(50), now=last + 29.9)

    assert isinstance(held, Held)
    assert "flood" == held.rule
    assert last + 30.0 < held.retry_at <= last + 32.0
    assert isinstance(rules.ask(sms(50), now=held.retry_at), Admitted)


def test_another_subscriber_has_a_row_of_their_own(rules: Rulekeeper) -> None:
    """Each subscriber's messages are counted separately.

    «Сервер также блокирует отправку более 50 сообщений одному абоненту, которые были отправлены с
    перерывом между сообщениями менее 30-ти секунд, для защиты от флуда и лишнего списания средств
    со счета Клиента, так как многие операторы не пропускают большое количество сообщений одному
    абоненту за короткий промежуток времени.»
    """
    for number in range(50):
        rules.ask(sms(number), now=float(number))

    assert isinstance(rules.ask(sms(50), now=50.0), Held)
    assert isinstance(rules.ask(Sms(to="79991234568", text="Hi"), now=50.0), Admitted)


def test_messages_half_a_minute_apart_are_never_a_flood(rules: Rulekeeper) -> None:
    """Each begins a new streak; 31 s, since the client counts from the write.

    «Сервер также блокирует отправку более 50 сообщений одному абоненту, которые были отправлены с
    перерывом между сообщениями менее 30-ти секунд, для защиты от флуда и лишнего списания средств
    со счета Клиента, так как многие операторы не пропускают большое количество сообщений одному
    абоненту за короткий промежуток времени.»
    """
    verdicts = [rules.ask(sms(number), now=number * 31.0) for number in range(200)]

    assert all(isinstance(verdict, Admitted) for verdict in verdicts)


@pytest.mark.parametrize(("seconds", "in_time"), [(30.0, True), (58.9, True), (60.0, False)])
def test_parts_have_a_minute(seconds: float, in_time: bool) -> None:  # noqa: FBT001 - a table's column
    """A message whose last part would be too late is refused before its first part is written.

    «При отправке составного сообщения все SMS-части должны быть переданы на сервер в течение
    минуты.»
    «В противном случае оператор может отклонить сообщение, так как для проверки на фильтры и
    шаблоны все SMS-части предварительно необходимо склеить, и большинство операторов ожидает не
    более минуты.»
    """
    rate = 1.05 / seconds  # the second of two parts is written this long after the first
    engine = RuleEngine(GatewayLimits(rate=rate))

    with nullcontext() if in_time else pytest.raises(InvalidMessageError):
        engine.step(sms(1), 2, "Text 1")


def test_numbers_are_those_of_the_document() -> None:
    """A minute, fifty, thirty seconds, a minute, each with a margin of a second.

    «Сервер не принимает более одного одинакового запроса на отправку SMS-сообщений в течение минуты
    для защиты от ошибок и зацикливаний в программе на стороне Клиента для того, чтобы снизить
    нагрузку и не расходовать средства Клиента, а также не допустить многократной отправки сообщения
    одному абоненту.»
    """
    limits = GatewayLimits()
    ours = Rules.of(limits)

    assert (60.0, 50, 30.0, 60.0) == (
        limits.repeat_window,
        limits.flood_length,
        limits.flood_gap,
        limits.multipart_window,
    )
    assert (61.0, 50, 31.0, 59.0) == (
        ours.repeat_window,
        ours.flood_length,
        ours.flood_gap,
        ours.multipart_window,
    )


# Admitted messages comply with the sentences at the gateway.

PAUSES = st.sampled_from([0.0, 0.01, 1.0, 10.0, 29.0, 30.5, 31.0, 60.5, 61.0])
ASKED = st.tuples(
    PAUSES,
    st.integers(0, 1),  # recipient
    st.integers(0, 5),  # text
    st.integers(1, 25),  # parts
    st.floats(0.0, 0.99),  # seconds until the first part is at the gateway
)


@given(asked=st.lists(ASKED, max_size=30))
def test_no_admitted_request_is_a_repeat_at_the_gateway(
    asked: list[tuple[float, int, int, int, float]],
) -> None:
    """Identical requests arrive at least a minute apart.

    «Сервер не принимает более одного одинакового запроса на отправку SMS-сообщений в течение минуты
    для защиты от ошибок и зацикливаний в программе на стороне Клиента для того, чтобы снизить
    нагрузку и не расходовать средства Клиента, а также не допустить многократной отправки сообщения
    одному абоненту.»
    """
    rules, now = Rulekeeper(), 0.0
    arrived: dict[tuple[int, int], float] = {}
    for pause, to, text, parts, delay in asked:
        now += pause
        message = Sms(to=f"7999123456{to}", text=f"Text {text}")
        verdict = rules.ask(message, now=now, parts=parts)
        if isinstance(verdict, Held):
            continue
        at = verdict.not_before + delay
        assert at - arrived.get((to, text), -60.0) >= 60.0
        arrived[to, text] = at


@given(asked=st.lists(ASKED, max_size=30))
def test_no_admitted_messages_are_a_flood_at_the_gateway(
    asked: list[tuple[float, int, int, int, float]],
) -> None:
    """No streak of arrivals with gaps under 30 s is longer than fifty; each part counts.

    «Сервер также блокирует отправку более 50 сообщений одному абоненту, которые были отправлены с
    перерывом между сообщениями менее 30-ти секунд, для защиты от флуда и лишнего списания средств
    со счета Клиента, так как многие операторы не пропускают большое количество сообщений одному
    абоненту за короткий промежуток времени.»
    """
    rules, now = Rulekeeper(), 0.0
    arrived: dict[int, list[float]] = {0: [], 1: []}
    for number, (pause, to, _, parts, delay) in enumerate(asked):
        now += pause
        message = Sms(to=f"7999123456{to}", text=f"Text {number}")
        verdict = rules.ask(message, now=now, parts=parts)
        if isinstance(verdict, Admitted):
            arrived[to] += [
                verdict.not_before + index * verdict.interval + delay for index in range(parts)
            ]
    for times in arrived.values():
        assert longest_row(times) <= 50


def longest_row(times: list[float]) -> int:
    """Return the length of the longest streak with gaps under 30 s."""
    longest, length, before = 0, 0, float("-inf")
    for at in sorted(times):
        length = length + 1 if at - before < 30.0 else 1
        longest, before = max(longest, length), at
    return longest
