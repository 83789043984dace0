"""Messages from CSV files as spreadsheets write them, and the errors in them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from smsc_async import Coding, Email, Sms, TelegramCode, Voice, VoiceCall
from smsc_async.cli.csv_input import CsvFile, read_csv, write_rejected
from smsc_async.cli.failures import Failure
from smsc_async.cli.i18n import Translator
from smsc_async.cli.kinds import MessageKind
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

    assert [2, 5] == [row.number for row in read_rows]
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
        ("", "bulk.no_column"),
        ("79991234567,hi", "bulk.no_column"),
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
    """With its name."""
    with pytest.raises(Failure) as caught:
        read_csv(
            path, TableOptions(), kind=MessageKind("sms"), sender="", translate=Translator("en")
        )

    assert ("bulk.cannot_read", "clients.csv") == (caught.value.key, caught.value.values["name"])


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
