"""The summary of what was found and changed."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from smsc_async.cli.console import Screen
from smsc_async.cli.i18n import Language, Translator
from smsc_async.cli.tables.notes import TableNotes
from smsc_async.cli.tables.numbers import Change

NOTES = TableNotes(
    encoding="windows-1251",
    is_guessed=True,
    separator=";",
    columns={"to": "Телефон", "text": "Текст"},
    unused=["Город", "СМС"],
    replaced="СМС",
    braces=3,
    local_rows=[2, 3],
    repeated=2,
    empty_rows=12,
    formulas=2,
    merged_cells=1,
    changes=Counter({Change.DECIMALS: 4998, Change.ABROAD: 3}),
)


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            "en",
            [
                "windows-1251 (guessed), separator ;",
                "to = Телефон, text = Текст",
                "Город",
                "that of --text; the column СМС isn't used",
                "3 texts contain {…}: they are sent as they are; for personal texts use --text or",
                "12 empty rows",
                "1 merged cell filled",
                '".0" or ",0" dropped at the end: 4998; 810 replaced by +: 3',
                '2 like ="text" are read as their text, as Excel reads them',
                "2 begin with 8 (rows 2, 3) and are sent as 7…",
                "2 occur several times",
            ],
        ),
        (
            "ru",
            [
                "windows-1251 (определена по тексту), разделитель ;",
                "to = Телефон, text = Текст",
                "Город",
                "из --text; столбец СМС не используется",
                "в 3 текстах есть {…}: они уйдут как есть; для личных текстов есть --text",
                "12 пустых строк",
                "заполнена 1 объединённая ячейка",
                "«.0» или «,0» в конце убрано: 4998; 810 заменено на +: 3",
                '2 вида ="текст" прочитаны, как в Excel: взято содержимое',
                "2 начинаются с 8, отправляются как 7… (строки: 2, 3)",
                "2 встречаются несколько раз",
            ],
        ),
    ],
)
def test_everything_is_said_in_both_languages(
    language: Language, texts: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is sent."""
    NOTES.show("clients.csv", Screen(Translator(language)))
    output = " ".join(capsys.readouterr().out.split())

    assert "clients.csv" in output
    for text in texts:
        assert text in output


@pytest.mark.parametrize(
    ("notes", "text"),
    [
        (TableNotes(sheet="Лист1"), "x, sheet Лист1"),
        (TableNotes(encoding="utf-16", separator="\t"), "x: utf-16, separator tab"),
        (TableNotes(separator="|"), "x: utf-8, separator |"),
    ],
)
def test_kind_of_file_is_named(
    notes: TableNotes, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A workbook by its sheet, a text by its encoding and separator."""
    notes.show("x", Screen(Translator("en")))

    assert text in capsys.readouterr().out


def test_notes_are_one_object_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The names of its members are stable."""
    NOTES.show("clients.csv", Screen(Translator("ru"), is_json=True))

    assert {
        "input": {
            "encoding": "windows-1251",
            "guessed": True,
            "separator": ";",
            "sheet": None,
            "columns": {"to": "Телефон", "text": "Текст"},
            "unused": ["Город", "СМС"],
            "braces": 3,
            "empty_rows": 12,
            "formulas": 2,
            "merged_cells": 1,
            "local": [2, 3],
            "repeated": 2,
            "changed": {"decimals": 4998, "abroad": 3},
        }
    } == json.loads(capsys.readouterr().out)


def test_plain_file_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither as text nor as JSON."""
    for is_json in (False, True):
        TableNotes(separator=",", columns={"to": "To"}).show(
            "x", Screen(Translator("en"), is_json=is_json)
        )

    assert not capsys.readouterr().out


def test_column_of_reasons_is_not_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """A rejected file that is sent again has it; nothing of it is sent."""
    TableNotes(separator="\t", columns={"to": "to", "reason": "reason"}).show(
        "x", Screen(Translator("en"))
    )

    assert "reason" not in capsys.readouterr().out


def test_many_rows_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """Not all are listed."""
    TableNotes(separator=",", local_rows=[*range(2, 500)]).show("x", Screen(Translator("en")))

    output = " ".join(capsys.readouterr().out.split())
    assert "498 begin with 8 (rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …)" in output
