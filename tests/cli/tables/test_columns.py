"""Which column is which field: by its name, by `--map`, or refused."""

from __future__ import annotations

import re

import pytest

from smsc_async.cli.failures import Failure
from smsc_async.cli.i18n import Translator
from smsc_async.cli.tables.columns import (
    COLUMNS,
    FIELDS,
    REASON,
    count_known,
    find_columns,
    plain_name,
    read_mapping,
)

SECRET = "79991234567"


def find(header: str, mapping: str = "", *names: str, has_text: bool = False) -> dict[str, str]:
    """Return the column of each field, and the unused ones under an empty name."""
    found = find_columns(
        header.split(";"), read_mapping(mapping), template_names=names, has_text=has_text
    )
    unused = {"": ";".join(found.unused)} if found.unused else {}
    return {field: found.names[at] for field, at in found.fields.items()} | unused


def refused(header: str, mapping: str = "", *names: str, has_text: bool = False) -> str:
    """Return the key of the failure, which repeats no data of the file."""
    with pytest.raises(Failure) as caught:
        find(header, mapping, *names, has_text=has_text)
    values, translate = caught.value.values, Translator("ru")
    shown = translate(caught.value.text, **values) + translate(caught.value.advice, **values)
    assert SECRET not in shown
    return caught.value.key


@pytest.mark.parametrize(
    "header",
    [
        "to;text",
        "Телефон;Текст",
        "НОМЕР ТЕЛЕФОНА;Сообщение",
        "Номер;текст  сообщения",
        "Получатель;СМС",
        " Мобильный телефон;Текст СМС",
        "Phone number;Message",
        "Абонент;Причина;Текст",
        "№ телефона;Текст",
        "Тел.;Текст",
    ],
)
def test_russian_names_are_known(header: str) -> None:
    """In any case, with any spaces."""
    found = find(header)

    assert {"to", "text"} == found.keys() - {REASON}
    assert header.split(";", maxsplit=1)[0] == found["to"]
    assert header.rsplit(";", maxsplit=1)[-1] == found["text"]


def test_every_field_has_a_russian_name() -> None:
    """And every name is written as it is looked up."""
    for column in (*COLUMNS, REASON):
        names = [name for name, field in FIELDS.items() if field == column]
        assert column in names
        assert any(re.match("[а-я]", name) for name in names)
    assert all(plain_name(name) == name for name in FIELDS)


def test_dots_of_yo_do_not_count() -> None:
    """Most people leave them out."""
    assert plain_name(" Ещё Не ") == plain_name("еще\u00a0НЕ")


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Телефон;Tекст", "bulk.no_column"),
        ("Текст;Город", "bulk.no_column"),
        (f"{SECRET};Привет", "bulk.no_column"),
        ("Телефон;Текст;Отправитиль", "bulk.unknown_column.near"),
        ("to;text;sendr", "bulk.unknown_column.near"),
        (f"to;text;{SECRET}", "bulk.unknown_column"),
        ("Телефон;Текст;Сумма заказа", "bulk.unknown_column"),
        ("Телефон;Номер;Текст", "bulk.twice"),
        ("to;to;text", "bulk.twice"),
        ("Телефон;Текст;Время", "bulk.unknown_column.time"),
        ("Телефон;Текст;Дата отправки", "bulk.unknown_column.time"),
        ("Телефон;Текст;Шаблон", "bulk.two_texts"),
    ],
)
def test_column_that_is_not_known_is_refused(header: str, key: str) -> None:
    """It might have been the sender, or the time."""
    assert key == refused(header)


@pytest.mark.parametrize(
    ("header", "mapping", "found"),
    [
        ("Куда;Что", "to=Куда,text=Что", {"to": "Куда", "text": "Что"}),
        ("куда ;Текст", "to=КУДА", {"to": "куда ", "text": "Текст"}),
        (
            "Телефон;Телефон 2;Текст",
            "to=Телефон 2",
            {"to": "Телефон 2", "text": "Текст", "": "Телефон"},
        ),
        ("Куда, моб.;Текст", "to=Куда, моб.", {"to": "Куда, моб.", "text": "Текст"}),
        ("a=b;Текст", "to=a=b,text=Текст", {"to": "a=b", "text": "Текст"}),
        (
            "Номер;Телефон;Текст;Город",
            "Получатель=телефон",
            {"to": "Телефон", "text": "Текст", "": "Номер;Город"},
        ),
        (
            "Телефон;Привет;Имя",
            "template=Привет",
            {"template": "Привет", "to": "Телефон", "": "Имя"},
        ),
        ("Телефон;Текст;Дата", "to=Телефон", {"to": "Телефон", "text": "Текст", "": "Дата"}),
    ],
)
def test_map_names_columns(header: str, mapping: str, found: dict[str, str]) -> None:
    """A name of another field's is then free, and what isn't needed is passed over."""
    assert found == find(header, mapping)


@pytest.mark.parametrize(
    "mapping", ["Телефон", "=Телефон", "to=", "to=a,to=b", "time=a", "reason=a", ",", "to =", "x=y"]
)
def test_map_of_another_form_is_refused(mapping: str) -> None:
    """With the names of the fields."""
    assert "bulk.map" == refused("Телефон;Текст", mapping)


@pytest.mark.parametrize(
    ("header", "mapping"), [("Телефон;Текст", "to=Куда"), ("a;a;Текст", "to=a")]
)
def test_map_of_a_column_that_is_not_there_is_refused(header: str, mapping: str) -> None:
    """A column that is there twice isn't named by its name."""
    assert "bulk.map.missing" == refused(header, mapping)


@pytest.mark.parametrize("mapping", ["to=Телефон,text=Телефон", "text=Текст,comment=текст"])
def test_column_is_mapped_once(mapping: str) -> None:
    """The number of a subscriber would be the text."""
    assert "bulk.map" == refused("Телефон;Текст", mapping)


def test_column_that_is_nearly_known_is_never_passed_over() -> None:
    """`sendr` beside `--map` would send from another sender."""
    assert "bulk.unknown_column.near" == refused("a;text;sendr", "to=a")
    assert {"to": "a", "text": "text", "sender": "sender", "": "sendr"} == find(
        "a;text;sender;sendr", "to=a"
    )


@pytest.mark.parametrize(
    ("header", "names", "found"),
    [
        ("Телефон;Имя;Город", ["имя"], {"to": "Телефон", "": "Город"}),
        ("Телефон;Имя;Текст", ["ИМЯ", "Текст"], {"to": "Телефон"}),
        ("Телефон;Имя", ["Телефон"], {"to": "Телефон", "": "Имя"}),
        ("Телефон;Время", ["Время"], {"to": "Телефон"}),
    ],
)
def test_text_of_all_rows_needs_no_column(
    header: str, names: list[str], found: dict[str, str]
) -> None:
    """The columns that it names are data, whatever they are called."""
    assert found == find(header, "", *names, has_text=True)


@pytest.mark.parametrize(
    ("header", "mapping"),
    [("Телефон;Шаблон", ""), ("Телефон;СМС", "text=СМС"), ("to;Что", "template=Что")],
)
def test_two_texts_of_a_row_are_refused(header: str, mapping: str) -> None:
    """One of them would be ignored, although both were asked for."""
    assert "bulk.two_texts" == refused(header, mapping, "Имя", has_text=True)


def test_text_and_map_are_both_named() -> None:
    """Whose author doesn't find the second one otherwise."""
    with pytest.raises(Failure) as caught:
        find("Телефон;Что", "to=Телефон,text=Что", has_text=True)
    shown = Translator("ru")(caught.value.text, **caught.value.values)

    assert "текст указан дважды: в --map text=Что и в --text" == shown


@pytest.mark.parametrize("name", ["text", "Текст", "СМС"])
def test_column_of_texts_is_passed_over_with_text(name: str) -> None:
    """A header alone asks for nothing; the summary names the column."""
    assert {"to": "to", "": name} == find(f"to;{name};Имя", "", "Имя", has_text=True)


def test_known_names_are_counted() -> None:
    """Those of --map, too."""
    assert 2 == count_known(["Телефон", "Куда", "x"], {"text": "куда"})


@pytest.mark.parametrize(
    ("header", "text", "advice"),
    [
        (
            "Телефон;Текст;Имя",
            "неизвестный столбец «Имя»",
            "чтобы не использовать его: --map to=Телефон,text=Текст;",
        ),
        (
            "Моб. телефон;СМС;Сумма заказа",
            "неизвестный столбец «Сумма заказа»",
            "чтобы не использовать его: --map 'to=Моб. телефон,text=СМС';",
        ),
        ("to;text;town", "неизвестный столбец «town»", "--map to=to,text=text;"),
        (f"to;text;{SECRET}", "неизвестный столбец «3»", "--map to=to,text=text;"),
        ("to;text;a@example.com", "неизвестный столбец «3»", "--map to=to,text=text;"),
    ],
)
def test_unknown_column_is_named(header: str, text: str, advice: str) -> None:
    """With the options that ignore it; one that may be a subscriber's data is counted."""
    with pytest.raises(Failure) as caught:
        find(header)
    translate, values = Translator("ru"), caught.value.values

    assert text == translate(caught.value.text, **values)
    assert advice in translate(caught.value.advice, **values)


@pytest.mark.parametrize("name", ["Имя", "Тест", "Town", "Cтекло", "Дом"])
def test_only_a_really_near_name_is_guessed(name: str) -> None:
    """A name of four letters with two others is another word."""
    assert "bulk.unknown_column" == refused(f"to;text;{name}")
