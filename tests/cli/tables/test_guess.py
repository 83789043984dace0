"""The guess of an encoding: right for usual texts, and none where nothing is clear."""

from __future__ import annotations

import pytest

from smsc_async.cli.tables.guess import CANDIDATES, guess_encoding

TEXTS = [
    "to,text\n79991234567,Привет",
    "Телефон;Текст\n79991234567;Здравствуйте, Анна!",
    "№ п/п;ФИО;Телефон\n1;Иванов Пётр;79991234567",
    "Номер;Сообщение\n79991234567;Щука, жуй: «хлеб» – и точка…",
    "моя яблоня у дома цветёт",
]


@pytest.mark.parametrize("encoding", CANDIDATES)
@pytest.mark.parametrize("text", TEXTS)
def test_encoding_of_a_russian_text_is_guessed(text: str, encoding: str) -> None:
    """A header and a row are enough."""
    octets = text.encode(encoding, "ignore")

    assert octets.decode(encoding) == octets.decode(guess_encoding(octets) or "ascii")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_order_of_octets_is_guessed(encoding: str) -> None:
    """Some programs write UTF-16 without a byte order mark."""
    assert encoding == guess_encoding("to;text\n79991234567;Привет".encode(encoding))


@pytest.mark.parametrize(
    "octets",
    [
        "café crème à la carte, naïve".encode("latin-1"),
        "Schöne Grüße aus München, Straße".encode("latin-1"),
        "Zażółć gęślą jaźń".encode("cp1250"),
        "Γειά σου Κόσμε, καλημέρα".encode("cp1253"),
        "こんにちは世界".encode("shift-jis"),
        bytes(range(128, 256)),
        bytes(range(256)) * 2,
        "Привет, мир! Ваш заказ готов".encode()[:-1] + b"\xff",
        "Ёлка".encode("cp1251"),
        b"\xff",
        b"\xd8\0\xd8\0",
        b"a\0b",
    ],
)
def test_what_is_not_clearly_russian_is_not_guessed(octets: bytes) -> None:
    """A wrong guess would be read out to subscribers."""
    assert None is guess_encoding(octets)
