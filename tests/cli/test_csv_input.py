"""Messages from CSV files as spreadsheets write them, and the errors in them."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from workbooks import workbook

from smsc_async import Coding, Email, Sms, TelegramCode, Voice, VoiceCall
from smsc_async.cli.csv_input import KEY_VERSION, CsvFile, read_csv, write_rejected
from smsc_async.cli.failures import Failure
from smsc_async.cli.i18n import Translator
from smsc_async.cli.kinds import MessageKind, text_of
from smsc_async.cli.tables.numbers import Change
from smsc_async.cli.tables.table import TableOptions

if TYPE_CHECKING:
    from pathlib import Path

TO = "79991234567"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a file."""
    return tmp_path / "clients.csv"


def read_file(
    path: Path, content: str | bytes, encoding: str | None = None, **options: str
) -> CsvFile:
    """Write a file and read it."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_csv(
        path,
        TableOptions(encoding=encoding, **options),
        kind=MessageKind("sms"),
        sender="Shop",
        translate=Translator("en"),
    )


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_both_delimiters_are_detected(path: Path, delimiter: str, newline: str) -> None:
    """Excel writes one or the other, depending on its country."""
    lines = ["to|text", f'{TO}|"a, b; c"', "", '8 (999) 123-45-67|"two\nlines, ""quoted"""']
    read_rows = read_file(path, newline.join(lines).replace("|", delimiter)).rows

    assert [2, 4] == [row.number for row in read_rows]
    assert [
        Sms(to=TO, text="a, b; c", sender="Shop"),
        Sms(to=TO, text='two\nlines, "quoted"', sender="Shop"),
    ] == [row.message for row in read_rows]


@pytest.mark.parametrize(
    ("octets", "encoding"),
    [
        ("to,text\n79991234567,Привет".encode(), None),
        ("\ufeffto,text\n79991234567,Привет".encode(), None),
        ("to,text\n79991234567,Привет".encode("cp1251"), "cp1251"),
    ],
)
def test_encodings_of_spreadsheets_are_read(path: Path, octets: bytes, encoding: str) -> None:
    """UTF-8 with and without a byte order mark, and cp1251."""
    (row,) = read_file(path, octets, encoding).rows

    assert Sms(to=TO, text="Привет", sender="Shop") == row.message


def test_every_kind_can_be_a_row(path: Path) -> None:
    """An empty field counts as not given; a row takes precedence over the options."""
    header = "To, Text ,sender,kind,comment,subject,voice,language,coding"
    rows = [
        f"{TO},hi,Bank,,order 17,,,,GSM",
        "a@example.com,hi,,email,,Hello,,,",
        f"{TO},hi,,Call,,,w2,en,",
        f"{TO},0042,,telegram-code,,,,,",
    ]
    messages = [row.message for row in read_file(path, "\n".join([header, *rows])).rows]

    assert [
        Sms(to=TO, text="hi", sender="Bank", comment="order 17", coding=Coding.GSM),
        Email(to="a@example.com", text="hi", sender="Shop", subject="Hello"),
        VoiceCall(to=TO, text="hi", sender="Shop", voice=Voice.W2, language="en"),
        TelegramCode(to=TO, code="0042", sender="Shop"),
    ] == messages


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("123,hi,,", "10 to 15 digits"),
        (f"{TO},,,", "empty"),
        (f"{TO},hi", "2 values, the header has 4"),
        (f"{TO},hi,,,more", "5 values"),
        (f"{TO},hi,fax,", "one of sms, email"),
        (f"{TO},hi,email,", "--kind email requires --subject"),
        (f"{TO},hi,,m3", "--voice can't be used with --kind sms"),
        (f"{TO},hi,call,m9", "voice: one of"),
        (f"{TO},hi,call,code 4821", "got 9 characters"),
        (f"{TO},hi,code 4821,", "one of sms, email"),
        ("code 4821,hi,,", "got 8 characters"),
    ],
)
def test_invalid_row_has_a_reason(path: Path, row: str, reason: str) -> None:
    """The other rows aren't affected."""
    bad, good = read_file(path, f"to,text,kind,voice\n{row}\n{TO},hi,,").rows

    assert bad.message is None
    assert reason in bad.reason
    assert "4821" not in bad.reason
    assert good.message is not None


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("", "bulk.empty"),
        ("79991234567,hi", "bulk.one_row"),
        ("79991234567,hi\nhello,you\n", "bulk.no_header"),
        ("to,txt\n", "bulk.no_column"),
        ("to,text,sendr\n", "bulk.unknown_column.near"),
        ("to,text,79991234567\n", "bulk.unknown_column"),
        ("to,text,to\n", "bulk.twice"),
        ('to,text\n79991234567,"secret', "bulk.broken"),
        (b"to,text\n79991234567,\xcf\xf0", "bulk.encoding"),
    ],
)
def test_invalid_file_is_rejected(path: Path, content: str | bytes, key: str) -> None:
    """As a whole: an ignored column might have been the sender. No data is repeated."""
    with pytest.raises(Failure) as caught:
        read_file(path, content)
    failure = caught.value
    output = Translator("en")(failure.text, **failure.values) + Translator("en")(
        failure.advice, **failure.values
    )

    assert key == failure.key
    assert "secret" not in output
    assert TO not in output
    assert failure.__context__ is None


def test_missing_file_is_reported(path: Path) -> None:
    """With its path, as it was given."""
    with pytest.raises(Failure) as caught:
        read_csv(
            path, TableOptions(), kind=MessageKind("sms"), sender="", translate=Translator("en")
        )

    assert ("bulk.cannot_read", str(path)) == (caught.value.key, caught.value.values["name"])


def test_key_depends_on_content_and_not_on_position(path: Path) -> None:
    """A row inserted above doesn't make the others new; equal rows have different keys."""
    before = read_file(path, f"to,text\n{TO},a\n{TO},b\n{TO},a\n").rows
    after = read_file(path, f"to,text\n{TO},new\n{TO},a\n{TO},b\n{TO},a\n").rows

    assert [row.key for row in before] == [row.key for row in after[1:]]
    assert 3 == len({row.key for row in before})


SAME_ROWS = [
    f"to,text,comment\n{TO},hi,\n{TO},hi,\n{TO},bye,\n",
    f"text,to\nhi,{TO}\nhi,{TO}\nbye,{TO}\n",
    "to;text\n+7 999 123-45-67;hi\n8 (999) 1234567;hi\n79991234567;bye\n",
    f"to,text,reason\n{TO},hi,late\n{TO},hi,\n{TO},bye,\n",
    f'"to","text"\r\n"{TO}","hi"\r\n\r\n"{TO}","hi"\r\n"{TO}","bye"\r\n',
    f"TO,Text,coding\n {TO} ,hi,\n{TO},hi,\n{TO},bye,\n",
    f"to,text,kind\n{TO},hi,sms\n{TO},hi,\n{TO},bye,SMS\n",
    f"to,text,kind,sender,comment\n{TO},hi,Sms,,\n{TO},hi,sms,,\n{TO},bye,,,\n",
]
"""One file as different programs save it."""


@pytest.mark.parametrize("saved", SAME_ROWS)
def test_key_depends_on_what_a_row_says(path: Path, saved: str) -> None:
    """However it is written: a file that is saved again has no new rows."""
    rows = read_file(path, f"to,text\n{TO},hi\n{TO},hi\n{TO},bye\n").rows
    keys = [row.key for row in rows]

    assert keys == [row.key for row in read_file(path, saved).rows]
    assert 3 == len(set(keys))


@pytest.mark.parametrize(
    "columns",
    [
        f"to,text,kind\n{TO},hi,viber\n",
        f"to,text,sender\n{TO},hi,Shop\n",
        f"to,text,comment\n{TO},hi,order 17\n",
        f"to,text,coding\n{TO},hi,ucs2\n",
        f"to,text\n{TO},hi \n",
        "to,text\n79991234568,hi\n",
    ],
)
def test_rows_that_say_something_else_have_other_keys(path: Path, columns: str) -> None:
    """Every column counts, and so does a space in the text."""
    (one,) = read_file(path, f"to,text\n{TO},hi\n").rows
    (other,) = read_file(path, columns).rows

    assert other.message is not None, other.reason
    assert one.key != other.key


def test_spellings_of_a_kind_are_one(path: Path) -> None:
    """As those of a coding: the file may be typed by hand."""
    spellings = ("viber,ucs2", "VIBER, UCS2", " Viber ,Ucs2")
    keys = {
        read_file(path, f"to,text,kind,coding\n{TO},hi,{one}\n").rows[0].key for one in spellings
    }

    assert 1 == len(keys)


NUMBER, DAY = 1500.5, datetime(2026, 3, 5)  # noqa: DTZ001 - a sheet has no time zones
ONE_SHEET: list[str | bytes] = [
    "Телефон;Имя;Сумма;Дата\n79991234567;Анна;1500,5;05.03.2026\n79991234568;Пётр;17;ИСТИНА\n",
    "\ufeffТелефон,Имя,Сумма,Дата\n79991234567.0,Анна,1500.50,2026-03-05\n'79991234568,Пётр,17.0,TRUE\n",
    (
        "sep=\t\nДата\tСумма\tИмя\tТелефон\n05.03.2026 0:00\t1 500,50\tАнна\t7,9991234567E+10\n"
        'TRUE\t17,00\tПётр\t"8 999 123-45-68"\n'
    ),
    workbook(
        {
            "A": [
                ["Телефон", "Имя", None, "Сумма", "Дата"],
                [79991234567, "Анна", None, NUMBER, DAY],
                [],
                [79991234568.0, "Пётр", " ", 17.0, True],
            ]
        }
    ),
]
"""One sheet in several formats, as programs of different countries save it."""


@pytest.mark.parametrize("saved", ONE_SHEET)
def test_key_of_a_row_is_the_same_in_every_format(path: Path, saved: str | bytes) -> None:
    """Also of a text into which numbers and dates are filled, which look different in each."""
    text = "{имя}, {Сумма} руб. {Дата}"
    keys = [row.key for row in read_file(path, ONE_SHEET[0], text=text).rows]
    rows = read_file(path, saved, text=text).rows

    assert keys == [row.key for row in rows]
    assert 2 == len(set(keys))
    assert [f"7999123456{n}" for n in (7, 8)] == [row.message.to for row in rows if row.message]


def test_template_gives_the_key_of_its_text(path: Path) -> None:
    """A column of texts may become a template, and the reverse."""
    (one,) = read_file(path, f"to,text\n{TO},Привет Анна\n").rows
    (same,) = read_file(path, f"to,name\n{TO},Анна\n", text="Привет {name}").rows
    (too,) = read_file(path, f"to,template,name\n{TO},Привет {{Name}},Анна\n").rows
    (other,) = read_file(path, f"to,name\n{TO},Анна\n", text="Привет, {name}").rows

    assert one.key == same.key == too.key != other.key
    assert one.message == same.message == too.message


def test_texts_that_are_numbers_keep_their_entries(path: Path) -> None:
    """Their keys of 2.x differ from those of before; the message stays what it was."""
    (one,) = read_file(path, f"to;text\n{TO};12,5\n").rows
    (same,) = read_file(path, f"to,text\n{TO},12.5\n").rows

    assert one.key == same.key
    assert Sms(to=TO, text="12,5", sender="Shop") == one.message


@pytest.mark.parametrize(
    ("content", "text", "key"),
    [
        ("to,name\n1,x\n", "Hi {missing}", "bulk.template.name"),
        ("to,a,A\n1,x,y\n", "Hi {a}", "bulk.template.name"),
        ("to,name\n1,x\n", "Hi {name", "bulk.template"),
        ("to,template,name\n1,{name},x\n1,{missing},x\n", None, "bulk.template.name"),
        ("to,template\n1,Hi}\n", None, "bulk.template"),
        ("to,name\n1,x\n", "Hi {name.__class__}", "bulk.template.name"),
        ("to,name\n1,x\n", "Hi {name!r:>9}", "bulk.template.name"),
    ],
)
def test_template_that_no_row_can_fill_stops_the_command(
    path: Path, content: str, text: str | None, key: str
) -> None:
    """Whatever the rows are: none is sent."""
    options = {} if text is None else {"text": text}
    with pytest.raises(Failure) as caught:
        read_file(path, content, **options)

    assert key == caught.value.key


def test_template_is_filled_from_the_row(path: Path) -> None:
    """A cell is never read as a template; an empty one would leave a gap in the text."""
    content = f"to,name,Дом\n{TO},{{name}},1\n{TO},,1\n{TO},Анна,\n"
    rows = read_file(path, content, text="{{Hi}} {NAME}").rows

    assert ["{Hi} {name}", None, "{Hi} Анна"] == [
        row.message and text_of(row.message) for row in rows
    ]
    assert "needs the column NAME, which is empty" in rows[1].reason


def test_every_row_may_have_a_template_of_its_own(path: Path) -> None:
    """Some rows may have none: they have no text."""
    rows = read_file(path, f"to,template,n\n{TO},a {{n}},1\n{TO},b {{{{n}}}},1\n{TO},,1\n").rows

    assert ["a 1", "b {n}", None] == [row.message and text_of(row.message) for row in rows]


def test_what_was_changed_is_counted(path: Path) -> None:
    """In valid rows and in others; a number with lost digits is none."""
    rows = ["79991234567.0;a", "79991234568,0;", "7,9991234567E+10;b", "7,99912E+10;c"]
    content = "\n".join(["to;text", *rows, "810491701234567;d"])
    made = read_file(path, content)

    assert {Change.DECIMALS: 2, Change.EXPONENT: 1, Change.ABROAD: 1} == made.notes.changes
    assert [TO, None, TO, None, "491701234567"] == [
        row.message and row.message.to for row in made.rows
    ]
    assert "6 of its 11 digits are left" in made.rows[3].reason


def test_address_of_a_mail_is_no_number(path: Path) -> None:
    """It stays as it is."""
    (row,) = read_file(path, "to,text,kind,subject\n'a.0@b.ru,hi,email,s\n").rows

    assert row.message is not None
    assert "'a.0@b.ru" == row.message.to


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#ИМЯ?", "#Н/Д", "#ЗНАЧ!"])
def test_error_of_a_formula_is_never_sent(path: Path, error: str) -> None:
    """It would be read by a subscriber."""
    for content, options in (
        (f"to,text\n{TO},{error}\n", {}),
        (f"to,name\n{TO},{error}\n", {"text": "Hi {name}"}),
    ):
        (row,) = read_file(path, content, **options).rows
        assert row.message is None
        assert "has the error" in row.reason


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u200b", "\u2800 \u2060", "\t"])
def test_text_without_ink_is_empty(path: Path, blank: str) -> None:
    """It would be paid for like any other, and a gap in a template is a gap."""
    (text,) = read_file(path, f'to;text\n{TO};"{blank}"\n').rows
    (filled,) = read_file(path, f'to;Имя\n{TO};"{blank}"\n', text="Привет, {Имя}!").rows

    assert (None, None) == (text.message, filled.message)
    assert "nothing but spaces, and would be paid for" in text.reason
    assert "needs the column Имя" in filled.reason


@pytest.mark.parametrize("text", ["  ", "\u00a0\n\u00a0", "\u200b\t"])
def test_template_without_ink_is_refused(path: Path, text: str) -> None:
    """Whether it stands on the command line or in a column."""
    (row,) = read_file(path, f"to\n{TO}\n", text=text).rows
    (of_column,) = read_file(path, f'to;template\n{TO};"{text}"\n').rows

    assert (None, None) == (row.message, of_column.message)
    assert "nothing but spaces" in row.reason
    assert "nothing but spaces" in of_column.reason


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{TO};РџСЂРёРІРµС‚;x", "wrong encoding"),
        (f"{TO};При\ufffdет;x", "U+FFFD"),
        (f"{TO};1,23457E+12;x", "has cut a number"),
        (f'{TO};"a\n79161234567;b;c\nd";x', "holds another row"),
        (f"{TO};x;РџСЂРёРІРµС‚", "wrong encoding"),
    ],
)
def test_garbled_row_is_rejected(path: Path, row: str, reason: str) -> None:
    """And the others are sent."""
    garbled, other = read_file(path, f"to;text;comment\n{row}\n{TO};Привет;x\n").rows

    assert garbled.message is None
    assert reason in garbled.reason
    assert other.message is not None


@pytest.mark.parametrize("cell", ["Ïðèâåò, âàø çàêàç", "1,23457E+12", "#SPILL!"])
def test_garbled_cell_fills_no_template(path: Path, cell: str) -> None:
    """The column isn't of a field, but its cell is sent."""
    (row,) = read_file(path, f"to;Имя\n{TO};{cell}\n", text="Привет, {Имя}!").rows

    assert row.message is None
    assert row.reason.startswith("cell: ")


def test_file_in_utf_8_is_not_sent_in_another_encoding(path: Path) -> None:
    """`--encoding` of last month's file would garble each text, at the price of a right one."""
    rows = read_file(path, f"to,text\n{TO},Ваш заказ готов\n{TO},ok\n", "windows-1251").rows

    assert [None, "ok"] == [row.message and text_of(row.message) for row in rows]


def test_rejected_rows_of_a_workbook_are_csv(path: Path, tmp_path: Path) -> None:
    """With the names of the file, so that the same options read it."""
    made = read_file(
        path, workbook({"A": [["Куда", None, "Текст"], [123, None, "Привет"]]}), columns="to=Куда"
    )
    rejected = tmp_path / "clients.rejected.csv"
    write_rejected(rejected, made, made.rows)
    octets = rejected.read_bytes()

    assert octets.startswith("\ufeffКуда;Текст;reason\r\n123;Привет;".encode())
    (again,) = read_file(
        rejected, octets.replace(b"123;", b"79991234567;", 1), columns="to=Куда"
    ).rows
    assert Sms(to=TO, text="Привет", sender="Shop") == again.message


@pytest.mark.parametrize("encoding", ["utf-16", "koi8-r", "utf-8-sig"])
def test_rejected_rows_keep_the_encoding(path: Path, tmp_path: Path, encoding: str) -> None:
    """Whatever it is."""
    named = None if encoding == "utf-16" else encoding
    made = read_file(path, "Телефон\tТекст\n123\tПривет".encode(encoding), named)
    write_rejected(tmp_path / "x.csv", made, made.rows)

    assert (
        "Телефон\tТекст\treason"
        == (tmp_path / "x.csv").read_text(encoding=encoding).splitlines()[0]
    )


def test_default_of_a_kind_is_no_content(path: Path) -> None:
    """The voice that a call has without a column is the same voice."""
    (one,) = read_file(path, f"to,text,kind\n{TO},hi,call\n").rows
    (same,) = read_file(path, f"to,text,kind,voice\n{TO},hi,call,m3\n").rows
    (other,) = read_file(path, f"to,text,kind,voice\n{TO},hi,call,w\n").rows

    assert one.key == same.key != other.key


def test_rejected_rows_can_be_corrected_and_read_again(path: Path, tmp_path: Path) -> None:
    """With the original encoding and delimiter; the column of reasons is ignored."""
    made = read_file(path, "to;text\n123;Привет\n".encode("cp1251"), "cp1251")
    rejected = tmp_path / "clients.rejected.csv"
    write_rejected(rejected, made, made.rows)
    with rejected.open(encoding="cp1251", newline="") as file:
        header, row = csv.reader(file, delimiter=";")
    assert ["to", "text", "reason"] == header
    assert ["123", "Привет"] == row[:2]
    assert "10 to 15" in row[2]

    mended = rejected.read_bytes().replace(b"123;", b"79991234567;", 1)
    again = read_file(rejected, mended, "cp1251")
    assert Sms(to=TO, text="Привет", sender="Shop") == again.rows[0].message
    write_rejected(rejected, again, again.rows)
    assert "to;text;reason" == rejected.read_text(encoding="cp1251").splitlines()[0]
    write_rejected(rejected, again, [])
    assert not rejected.exists()


def test_rejected_rows_that_cannot_be_written_are_reported(path: Path, tmp_path: Path) -> None:
    """A missing file would mean that no row was rejected."""
    made = read_file(path, "to,text\n123,hi\n")
    with pytest.raises(Failure) as caught:
        write_rejected(tmp_path / "nowhere" / "x.csv", made, made.rows)

    assert "bulk.cannot_write" == caught.value.key


@pytest.mark.parametrize(
    "kind", ["Telegram_Code", "telegram_code", "TELEGRAM-CODE", " telegram-code ", "telegram-code"]
)
def test_kind_is_spelled_as_on_the_command_line(path: Path, kind: str) -> None:
    """`--kind Telegram_Code` is accepted there."""
    (row,) = read_file(path, f"to,text,kind\n{TO},4821,{kind}").rows

    assert TelegramCode(to=TO, code="4821", sender="Shop") == row.message


@pytest.mark.parametrize(
    ("content", "braces"),
    [
        ("to,text\n79991234567,{Имя} ждём\n79991234568,{ name }\n79991234569,plain\n", 2),
        ("to,text\n79991234567,{}\n79991234568,{12}\n79991234569,} a {\n", 0),
        ("to,template,name\n79991234567,{name},A\n79991234568,{{name}},B\n", 0),
    ],
)
def test_texts_with_names_in_braces_are_counted(path: Path, content: str, braces: int) -> None:
    """They aren't templates, and their braces would be sent."""
    assert braces == read_file(path, content).notes.braces


def test_numbers_as_within_russia_are_counted(path: Path) -> None:
    """By their rows; one without its country code is rejected, if that is certain."""
    numbers = ["9161234567", "89161234567", "8 (916) 123-45-67", "+79161234567", "3721234567"]
    notes = read_file(path, "to,text\n" + "".join(f"{one},hi\n" for one in numbers)).notes

    assert [3, 4] == notes.local_rows
    assert 1 == notes.repeated


def test_text_column_beside_a_template_is_passed_over(path: Path) -> None:
    """The option is the text of every row."""
    made = read_file(path, "to,Текст,Имя\n79991234567,a,Пётр\n", text="Привет, {Имя}!")

    assert ("Текст", ["Текст"]) == (made.notes.replaced, made.notes.unused)
    assert ["Привет, Пётр!"] == [row.message and text_of(row.message) for row in made.rows]


def test_formulas_of_texts_are_read_and_counted(path: Path) -> None:
    """A number keeps its digits, a text is that of the cell; the header may be written so, too."""
    content = f'="to",="text"\n="{TO}",="007"\n{TO},plain\n'
    read = read_file(path, content)

    assert ["007", "plain"] == [row.message.text for row in read.rows if row.message]  # type: ignore[attr-defined]
    assert 4 == read.notes.formulas


def test_row_with_a_formula_keeps_the_key_of_an_earlier_version(path: Path) -> None:
    """That version sent the cell as it is written; it must not be sent again as its text."""
    content = f'to,text\n{TO},="hi"\n="{TO}",="hi"\n{TO},="hi"\n{TO},hi\n'
    rows = read_file(path, content).rows
    said = json.dumps({"text": '="hi"', "to": TO}, sort_keys=True)
    earlier = f"{KEY_VERSION}{hashlib.sha256(said.encode()).hexdigest()[:32]}"

    assert [f"{earlier}/1", f"{earlier}/2"] == [rows[0].old_keys[-1], rows[2].old_keys[-1]]
    # The earlier version rejected the second one, and the last one has no such cell.
    assert [2, 2] == [len(rows[1].old_keys), len(rows[3].old_keys)]
    plain = read_file(path, f"to,text\n{TO},hi\n{TO},hi\n{TO},hi\n{TO},hi\n").rows
    assert [row.key for row in plain] == [row.key for row in rows]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("смс", "sms"), ("Звонок", "call"), ("вайбер", "viber"), ("SMS", "sms")],
)
def test_kinds_have_russian_names(path: Path, kind: str, name: str) -> None:
    """And the key of the row is that of the English name."""
    russian = read_file(path, f"to,text,kind\n{TO},hi,{kind}\n").rows[0]
    english = read_file(path, f"to,text,kind\n{TO},hi,{name}\n").rows[0]

    assert (english.message, english.key) == (russian.message, russian.key)


@pytest.mark.parametrize(
    ("kind", "got"),
    [("факс", "'факс'"), ("sms!", "4 characters"), ("наш секретный текст", "19 characters")],
)
def test_unknown_kind_is_named(path: Path, kind: str, got: str) -> None:
    """Unless it may be a text in the wrong column."""
    assert f", got {got}" in read_file(path, f"to,text,kind\n{TO},hi,{kind}\n").rows[0].reason


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,2,3", "3 values, the header has 2; put a text that has the separator in it in quotes"),
        ("1", "1 values, the header has 2; add the cells that are missing"),
    ],
)
def test_row_of_another_length_says_what_to_do(path: Path, row: str, reason: str) -> None:
    """A text with commas is the usual cause of too many."""
    assert reason == read_file(path, f"to,text\n{row}\n").rows[0].reason


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("321", "('321')"), ("00791611122233", "'00791611122233'"), ("7916111222", "got 10")],
)
def test_file_of_rejected_rows_shows_the_numbers(
    path: Path, tmp_path: Path, cell: str, shown: str
) -> None:
    """It has them anyway; on the terminal they are masked."""
    read = read_file(path, f"to,text\n{cell},hi\n")
    write_rejected(tmp_path / "rejected.csv", read, read.rows)
    written = (tmp_path / "rejected.csv").read_text("utf-8-sig")

    assert "***" not in written
    assert shown in written
    assert cell not in read.rows[0].reason
