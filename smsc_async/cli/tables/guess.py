"""The encoding of a Russian text that isn't in UTF-8, guessed from its letters.

Rule: a guess is a proposal. It counts which pairs of letters follow each other in Russian words;
without a clear winner there is no guess.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

CANDIDATES: Final = ("windows-1251", "cp866", "koi8-r", "mac-cyrillic")
"""In the order in which they are preferred where the text is the same in several of them."""

_WORDS: Final = """
здравствуйте уважаемый уважаемая клиент ваш ваша ваше заказ номер готов получить выдаче доставка
доставлен сегодня завтра телефон сообщение текст отправитель получатель фамилия имя отчество
компания магазин спасибо за покупку напоминаем что вы записаны приём врач оплата договор сумма
рублей скидка акция бонусы карта код подтверждения адрес город улица дом квартира дата время часов
пожалуйста перезвоните нам свяжитесь менеджер день рождения поздравляем только этот или может быть
привет приветствуем будет ждём комментарий тема письмо ссылка личный кабинет пароль вход никому не
говорите счёт баланс пополнить задолженность срок истекает следующий понедельник вторник среда
четверг пятница суббота воскресенье января февраля марта апреля мая июня июля августа сентября
октября ноября декабря екатерина александр сергей анна мария иван петров ольга наталья дмитрий
татьяна ирина светлана андрей алексей михаил юлия елена николай владимир павел ксения григорий
москва санкт петербург казань нижний новгород для как это все уже если при после через между под
"""
_PAIRS: Final = frozenset(
    word[at : at + 2] for word in _WORDS.split() for at in range(len(word) - 1)
)
_MOST_LINES: Final = 200
_LEAST_PAIRS: Final = 4
_LEAST_SHARE: Final = 0.4
"""Of the pairs of letters in a text, those that are usual."""
_LEAST_LEAD: Final = 2
"""Points before the next candidate: a usual pair is one, an odd sign takes two away."""
_UTF_16: Final = ("utf-16-be", "utf-16-le")


def guess_encoding(octets: bytes) -> str | None:
    """Return the probable encoding of octets that aren't UTF-8; None if none is clear."""
    if b"\0" in octets:
        return _guess_utf_16(octets)
    lines = [line for line in octets.splitlines() if not line.isascii()]
    octets, texts = b"\n".join(lines[:_MOST_LINES]), dict[str, str]()
    for name in CANDIDATES:
        try:
            texts[name] = octets.decode(name)
        except UnicodeDecodeError:
            continue
    points = {name: _points(text) for name, text in texts.items()}
    best = max(points, key=lambda name: points[name], default=None)
    if best is None:
        return None
    lead = points[best] - max(
        (points[name] for name in texts if texts[name] != texts[best]), default=0
    )
    return best if lead >= _LEAST_LEAD and _is_russian(texts[best], points[best]) else None


def _guess_utf_16(octets: bytes) -> str | None:
    """Return the byte order in which the separators and digits of a text have their zero octet."""
    zeros = [octets[at::2].count(0) for at in (0, 1)]
    name = _UTF_16[zeros[1] > zeros[0]]
    try:
        text = octets.decode(name)
    except UnicodeDecodeError:
        return None
    is_text = all(char.isprintable() or char in "\t\r\n" for char in text)
    return name if is_text and any(char in _LETTERS or char.isascii() for char in text) else None


def _points(text: str) -> int:
    """Return how many usual pairs of letters a text has, less its odd signs."""
    odd = sum(not (char.isascii() or char in _LETTERS or char in _SIGNS) for char in text)
    return sum(_is_usual(*pair) for pair in _pairs(text)) - 2 * odd


def _is_russian(text: str, points: int) -> bool:
    """Whether enough of a text is usual."""
    pairs = len(_pairs(text))
    return pairs >= _LEAST_PAIRS and points >= _LEAST_SHARE * pairs


def usual_share(text: str, *, least_pairs: int) -> float:
    """Return the share of the pairs of letters in a text that are usual, less its odd signs.

    Args:
        text: Any text.
        least_pairs: Pairs that are needed; with fewer of them the share is 0.
    """
    pairs = len(_pairs(text))
    return _points(text) / pairs if pairs >= least_pairs else 0.0


def _pairs(text: str) -> list[tuple[str, str]]:
    """Return the letters that follow each other."""
    return [pair for pair in pairwise(text) if pair[0] in _LETTERS and pair[1] in _LETTERS]


def _is_usual(first: str, second: str) -> bool:
    """Whether two letters follow each other in words; no capital stands behind a small letter."""
    is_mixed = first.islower() and second.isupper()
    return not is_mixed and (first + second).lower() in _PAIRS


_LETTERS: Final = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ")
_SIGNS: Final = frozenset("№«»–—…\u00a0")
