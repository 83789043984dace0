"""One-time codes: found where a person would see one, and no other number taken for one."""

from __future__ import annotations

import re
import sys
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async.simulator import code_tokens, codes
from smsc_async.simulator.codes import FoundCodes, find_codes

if TYPE_CHECKING:
    from types import FrameType

ONE_CODE = [
    # Russian.
    ("Код: 4821", "4821"),
    ("Код входа: 4821", "4821"),
    ("Ваш код подтверждения 482913. Никому его не сообщайте!", "482913"),
    ("4821 — ваш код для входа на shop.example", "4821"),
    ("Пароль 12345678 действует до 12.03.2026 23:59", "12345678"),
    ("Никому не говорите код! Для входа введите 482913", "482913"),
    ("Код для карты *1234: 5566. Сумма 1 500.00 RUB", "5566"),
    ("Заказ 123456 готов. Код выдачи: 4821", "4821"),
    ("Заказ №77123 ждёт в пункте выдачи, код получения 9021, хранение до 15.04.2026", "9021"),
    ("Код подтверждения заказа: 4821", "4821"),
    ("Код для подписания договора 77123456: 4821", "4821"),
    ("Shop: 4821. Никому не сообщайте этот код", "4821"),
    ("Ваш код: 123 456", "123456"),
    ("СМС-код 12-34. Действителен 10 минут", "1234"),
    ("Пин-код: 1234-5678", "12345678"),
    ("Код 4821. Повторяем: код 4821", "4821"),
    ("Ваш код: 4, 8, 2, 1. Повторяю: 4, 8, 2, 1.", "4821"),
    ("Код 4821 для входа. Телефон поддержки 8-800-555-35-35", "4821"),
    ("Вход в личный кабинет +7 999 123-45-67. Код: 4821", "4821"),
    ("Ваш код: 2024", "2024"),
    ("Код доступа\n\n4821\n\nМагазин", "4821"),
    ("Код-4821", "4821"),
    ("Покупка 3500 руб. Пароль: 482913. Доступно 12 500 руб", "482913"),
    ("Логин 77001, пароль 482913", "482913"),
    ("Код из СМС (4821) введите на сайте", "4821"),
    ("Скидка 1000 бонусов! Код для списания: 4821", "4821"),
    # English.
    ("Your code is 4821", "4821"),
    ("482913 is your Shop verification code.", "482913"),
    ("G-482913 is your Google verification code.", "482913"),
    ("<#> 4821 is your code for Shop\nFA+9qCX9VSu", "4821"),
    ("123456 is the OTP for txn of INR 5000.00 on card 7788. Valid till 23:59", "123456"),
    ("Use 482913 to sign in. Expires in 10 minutes.", "482913"),
    ("Your one-time password: 4821 9913 (valid 300 sec)", "48219913"),
    ("PIN: 0042", "0042"),
    ("Enter code #4821 at checkout", "4821"),
    ("Order 77123: your pickup code is 9021. Call 0800 123 456 for help", "9021"),
    ("Your OTP is 482913 for order 99887", "482913"),
    # Ukrainian.
    ("Ваш код підтвердження: 482913", "482913"),
    ("Пароль для входу 4821. Дійсний 5 хвилин", "4821"),
    ("4821 - код для входу. Сума 500 грн", "4821"),
    ("Замовлення 123456. Код отримання: 9021", "9021"),
    # Kazakh.
    ("Растау коды: 482913. Ешкімге айтпаңыз", "482913"),
    ("Сіздің кодыңыз 4821", "4821"),
    ("Құпиясөз: 77123. Сомасы 5 000 тг", "77123"),
    ("4821 — кіру коды, 5 минут жарамды", "4821"),
    # Uzbek, in both scripts.
    ("Tasdiqlash kodi: 482913. Hech kimga bermang", "482913"),
    ("Sizning kodingiz 4821, 5 daqiqa amal qiladi", "4821"),
    ("Parolingiz: 12345. To'lov 150 000 so'm", "12345"),
    ("Тасдиқлаш коди: 4821. Ҳеч кимга айтманг", "4821"),
    ("Сизнинг кодингиз 48213, сумма 5000 сўм", "48213"),
    # The last line for browsers wins.
    ("Код 1111 или 2222\n\n@shop.example #482913", "482913"),
    ("Your code is 4821.\r\n\r\n@shop.example #A7bX91\r\n", "A7bX91"),
    ("4821\n@shop.example #4821 @pay.example", "4821"),
]

NO_CODE = [
    # Russian.
    "Здравствуйте!",
    "",
    "Ваш заказ 123456 готов к выдаче",
    "Списано 4821 руб. Никому не сообщайте код",
    "Код действителен 5 минут",
    "Код отправлен на номер 79991234567",
    "Код отправлен на +7 999 123-45-67",
    "Пароль изменён 12.03.2026 в 12:30",
    "Пароль изменён 12 марта 2026",
    "Звоните 8-800-555-35-35, если код не пришёл",
    "Код не пришёл? Звоните (495) 1234567",
    "Пароль по договору 12345678 выдан в офисе",
    "Никому не сообщайте код с карты 1234",
    "Карта *4821: пароль заблокирован",
    "Код живёт 3600 секунд",
    "Скидка 1000 рублей, код не нужен",
    "Промокод 5555 на скидку",
    "Промо-код 5555",
    "Код товара 48213",
    "Код города 4832",
    "Почтовый код: 123456",
    "Ставка 2500%, код одобрения придёт позже",
    "Пароль сменят в 2026 году",
    "Код нужен до 2026",
    "Код «...» «...» 2026",
    "Код 12",
    "Код 123456789",
    "Код AB4821",
    "Код РД-4821",
    "Номер 482913 ждёт",
    "Код на сайте https://shop.example/4821",
    "Код в файле 4821.html",
    "Наберите *100*4821# и узнайте код",
    "Код по заказу №48213 отправлен",
    "© 2026 Магазин. Код придёт позже",
    # English.
    "Your code expires in 2026",
    "Your code was sent to +44 20 7946 0958",
    "Code sent. Balance $4821",
    "Code sent. Balance 4821 USD",
    "Error code 1234",
    "Your ZIP code 90210",
    "Promo code 5555",
    "Code for order 48213",
    "Your password was changed on 2026-03-12 at 12:30:05",
    "Card 1234 5678 9012 3456: PIN blocked",
    "Code to 1234@shop.example",
    "The code costs 1,500 or 1500.50",
    # Ukrainian.
    "Код надійшов? Телефонуйте 0 800 123 456",
    "Рахунок 482913: пароль змінено",
    "Сплачено 4821 грн, код не потрібен",
    # Kazakh.
    "Код 2026 жылы керек",
    "Тапсырыс 48213, коды кейін келеді",
    "Төленді 48213 тг. Код керек емес",
    # Uzbek.
    "Kod keyin keladi, buyurtma 48213",
    "150 000 so‘m to‘landi, kod kerak emas",
    "Код керак эмас, 5000 сўм",
    # A line that is none for browsers.
    "@shop.example #482913\nПока!",
]


WORDS = [
    "код", "Code", "заказ", "номер", "г", ".", ",", ":", "-", "—", "#", "№", "*", "(", ")", "@",
    "4821", "482913", "12-34", "123", "456", "2026", "5", "минут", "руб", "$", "is", "на", "use",
    "введите", "G", "kod", "пароль", "города", "promo", "'", "12.03", "+7", "8", "999", ";", "\n",
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), ONE_CODE)
def test_code_of_a_message_is_found(text: str, code: str) -> None:
    """A test types it into a form; separators aren't typed."""
    assert code == find_codes(text).code
    assert (code,) == find_codes(text).codes


@pytest.mark.parametrize("text", NO_CODE)
def test_other_numbers_are_no_code(text: str) -> None:
    """Years, dates, times, sums, shares, durations, phones, orders, contracts, cards."""
    assert () == find_codes(text).codes
    assert find_codes(text).code is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Коды: 4821 или 5566", ("4821", "5566")),
        ("Код 4821, пароль 556677", ("4821", "556677")),
        ("Code: 1111. New code: 2222", ("1111", "2222")),
        ("Kod 4821 va 5566", ("4821", "5566")),
    ],
)
def test_two_candidates_are_no_guess(text: str, expected: tuple[str, ...]) -> None:
    """A test that types the wrong one fails for a reason that nothing shows."""
    assert expected == find_codes(text).codes
    assert find_codes(text).code is None


def test_tables_are_long_enough() -> None:
    """Five languages, and as many texts without a code as with one."""
    assert len(ONE_CODE) >= 40
    assert len(NO_CODE) >= 40


def test_found_codes_are_frozen_and_hidden() -> None:
    """They are printed in logs of test runs, and a code is a secret."""
    found = find_codes("Код 4821")

    assert "<FoundCodes, 1 codes>" == repr(found)
    assert FoundCodes(("4821",)) == found
    with pytest.raises(FrozenInstanceError):
        found.codes = ()  # type: ignore[misc]  # the claim itself


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """A text is whatever a client sends."""
    assert all(4 <= len(code) <= 32 for code in find_codes(text).codes)


@given(
    st.lists(
        st.sampled_from(WORDS),
        max_size=40,
    ),
    st.sampled_from(["", " "]),
)
def test_any_order_of_words_is_read(words: list[str], separator: str) -> None:
    """What the tables of words know, in orders that no person writes."""
    text = separator.join(words)

    assert set("".join(find_codes(text).codes)) <= set(text)


def lines_of(text: str) -> int:
    """Count the lines of the modules that run for a text."""
    count, files = 0, {codes.__file__, code_tokens.__file__}

    def trace(frame: FrameType, event: str, _: Any) -> Any:  # noqa: ANN401 - a trace function
        nonlocal count
        if frame.f_code.co_filename not in files:
            return None
        count += event == "line"
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        find_codes(text)
    finally:
        sys.settrace(previous)
    return count


@pytest.mark.takes_up_to(5, reason="every line of long texts is counted")
@pytest.mark.parametrize(
    "unit",
    ["код ", "4821 ", "4, ", "12-34-", "код 2026 ", "2026 «» ", "код: заказ 4821 ", "4821 код. ",
     "( 4821 ) ", "'", ". ", "№4821", "1 1111 ", "@", "введите 4821,"],
)  # fmt: skip
def test_time_grows_with_the_length(unit: str) -> None:
    """A text of 64 KiB from a hostile client must not hold the simulator up.

    Lines are counted, since a clock would measure how busy the machine is.
    """
    short, long = (lines_of("код " + unit * (size // len(unit))) for size in (1_000, 4_000))

    assert long <= 4.5 * short + 100


def test_patterns_have_no_quantifier_inside_another() -> None:
    """Lines don't count what an expression does: without nesting it can't go back for long."""
    patterns = [
        value
        for module in (codes, code_tokens)
        for value in vars(module).values()
        if isinstance(value, re.Pattern)
    ]

    assert has_nested_quantifier("(?:a+)*")
    assert len(patterns) >= 6
    assert [] == [one.pattern for one in patterns if has_nested_quantifier(one.pattern)]


def has_nested_quantifier(pattern: str) -> bool:
    """Whether an unbounded quantifier stands inside a group that has one."""
    return bool(re.search(r"(?<!\\)[*+](?![^[]*\])[^()]*\)[*+{]", pattern))


def test_long_text_is_read() -> None:
    """The longest that a mail may have."""
    text = "Код 4821. " + "Заказ 5566 на 1500 руб. " * 2_700

    assert "4821" == find_codes(text).code
