"""Grapheme clusters: what stays together, and that nothing takes long."""

from __future__ import annotations

import pytest

from pdu.text.clusters import _CLASSES, clusters, is_plain


def pieces(text: str) -> list[str]:
    """Cut *text* at every place where it may be cut."""
    return [text[start:end] for start, end in clusters(text)]


@pytest.mark.parametrize(
    "cluster",
    [
        "a",
        "\r\n",
        "e\u0301",  # combining acute
        "e\u0301\u0323",
        "й",  # и and a breve
        "❤\ufe0f",  # variation selector
        "1\ufe0f\u20e3",  # keycap
        "👍\U0001f3fd",  # skin tone
        "🇷🇺",  # two regional indicators
        "👩\u200d👩\u200d👧\u200d👦",  # a family
        "👩\U0001f3fd\u200d💻",
        "🏳\ufe0f\u200d🌈",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England's flag in tags
        "한",  # one syllable in one character
        "\u1112\u1161\u11ab",  # the same in three
        "가\u11a8",
        "각\u11a8",
        "\u1100\u1100\u1161",
        "नि",  # a spacing vowel sign
        "क्ष",  # a conjunct of two consonants
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",  # Sinhala, joined by ZWJ
        "กำ",
        "\u06dd١",  # a sign that stands before its base
        "م\u200cx"[:2],  # a non-joiner ends what it is behind
        "\u0301",  # marks on nothing
        "\u0600",  # and a sign before nothing
    ],
)
def test_one_character_to_a_reader(cluster: str) -> None:
    """All of these are one thing on the screen, so they are one thing to a cut."""
    assert [cluster] == pieces(cluster)


@pytest.mark.parametrize(
    "parts",
    [
        ["a", "b"],
        ["\n", "\r\n", "\r", "\u0301"],  # nothing stands on a line end
        ["🇷🇺", "🇩🇪", "🇫"],  # regional indicators pair off
        ["한", "국", "어"],
        ["가", "x"],
        ["\u1161", "가"],
        ["🙂", "🙂"],
        ["\u0600", "\n"],
        ["a\u200d", "\n"],
        ["\u00ad", "a"],
        ["\u2028", "a"],
        ["न", "म"],
    ],
)
def test_places_to_cut(parts: list[str]) -> None:
    """Keeping everything together would keep nothing together: parts are short."""
    assert parts == pieces("".join(parts))


def test_zwj_keeps_more_than_emoji_together() -> None:
    """Beyond the standard, on purpose: a cut would change the shape of the letters."""
    assert ["ن\u200dن"] == pieces("ن\u200dن")


@pytest.mark.parametrize(
    "text", ["", "plain", "Код входа: 4821", "5 €", "漢字", "🙂🎉", "한국어", "ὕ"]
)
def test_nearly_all_texts_are_plain(text: str) -> None:
    """They need no search for clusters."""
    assert is_plain(text)
    assert list(text) == pieces(text)


@pytest.mark.parametrize("text", ["\r\n", "e\u0301", "🇷🇺", "👍🏽", "1\ufe0f\u20e3", "\u1100\u1161"])
def test_what_may_join_is_not_plain(text: str) -> None:
    """A plain text is cut anywhere."""
    assert not is_plain(text)


@pytest.mark.parametrize("neighbour", ["a", "я", "漢", "가", "각", "🙂", "\u00ad", "\n"])
def test_no_plain_character_joins_a_plain_one(neighbour: str) -> None:
    """Checked between two others of the plain kind, over all planes that have such characters."""
    plain = [char for char in map(chr, range(0, 0x20000, 23)) if is_plain(char)]
    text = neighbour.join(plain)

    assert len(text) == sum(1 for _ in clusters(text))


@pytest.mark.parametrize(
    "unit", ["\u200d", "\u094d", "\u094d\u0301", "a\u200d", "क्", "\u0600", "🇷"]
)
def test_no_text_takes_long(unit: str) -> None:
    """Each repetition is possessive: a long run is read a few times, not squared."""
    text = unit * 20_000

    assert text == "".join(pieces(text))


def test_cache_of_classes_is_bounded() -> None:
    """There are a million code points; memory must not grow with them."""
    ideographs = "".join(map(chr, range(0x4E00, 0x4E00 + 5000)))

    assert list(ideographs) == pieces(ideographs)
    assert 4096 >= len(_CLASSES)
