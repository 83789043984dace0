"""What command lines with a file of messages or with a dump show, in both languages.

Rule: a row is a command line, the texts that it shows in English and in Russian, and the exit code.
"@content" is the name of a file with this content.
"""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple
from zipfile import ZipFile


class Shown(NamedTuple):
    """What a cause shows.

    Args:
        english: The text.
        russian: Its translation.
        code: Exit code of the process.
    """

    english: str
    russian: str
    code: int


def zipped(**names: str) -> bytes:
    """Return a zip file with these files."""
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return b"@" + file.getvalue()


_LOG = "2026-11-30 10:53:20 [2101] [6] DEBUG:"
_PDU = "00 00 00 10 00 00 00 15 00 00 00 00 00 00 00 01"
_FRAME = (
    "0000  45 00 00 38 00 01 40 00 40 06 00 00 7f 00 00 01\n"
    "0010  7f 00 00 01 9c 40 0a d7 00 00 00 01 00 00 00 01\n"
    f"0020  50 18 ff ff 00 00 00 00 {_PDU[:23]}\n"
    f"0030  {_PDU[24:]}\n"
)
_OLE = b"@\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

TABLES: dict[tuple[str | bytes, ...], Shown] = {
    ("bulk", "@text\n"): Shown("the header has no column to", "в заголовке нет столбца to", 2),
    ("bulk", "@"): Shown("the file is empty", "файл пуст", 2),
    ("bulk", "@ \n\n"): Shown("the file is empty", "файл пуст", 2),
    ("bulk", "@to,text\n", "--url", "sim://"): Shown(
        "the file has no rows below its header", "в файле нет строк под заголовком", 2
    ),
    ("bulk", "@to,text\n", "--dry-run"): Shown(
        "the file has no rows below its header", "в файле нет строк под заголовком", 2
    ),
    ("bulk", "@79161234567,secret words\n"): Shown(
        "the file has one row only, and that isn't a header",
        "в файле одна строка, и это не заголовок",
        2,
    ),
    ("bulk", "@secret words\nof a text\n"): Shown(
        "the first row isn't a header: it has no known column",
        "первая строка — не заголовок: в ней нет известных столбцов",
        2,
    ),
    ("bulk", "@to,text\n7999123456,hi\n", "--encoding", "utf-16-le"): Shown(
        "the header has no column to; is --encoding utf-16-le right?",
        "в заголовке нет столбца to; верно ли указано --encoding utf-16-le?",
        2,
    ),
    ("bulk", "."): Shown("can't read .: Is a directory", "не удалось прочитать .: это каталог", 2),
    ("bulk", "@to,text\n", "--wait-receipts", "5мин"): Shown(
        "--wait-receipts: a duration like 90, 90s, 15m, 2h is needed, got '5мин'",
        "--wait-receipts: нужна длительность, например 90, 90s, 15m, 2h; получено '5мин'",
        2,
    ),
    ("bulk", "@to,text,to\n"): Shown(
        "the header has the column 'to' twice", "в заголовке два столбца «to»", 2
    ),
    ("bulk", "@Телефон;Текст;Мобильный\n"): Shown(
        "the header has two columns for to: 'Телефон' and 'Мобильный'",
        "для to подходят два столбца: «Телефон» и «Мобильный»",
        2,
    ),
    ("bulk", "@to,text,sendr\n"): Shown(
        "unknown column 'sendr'; did you mean 'sender'?",
        "неизвестный столбец «sendr»; возможно, это «sender»?",
        2,
    ),
    ("bulk", "@to,text,xyzzy\n"): Shown("unknown column 'xyzzy'", "неизвестный столбец «xyzzy»", 2),
    ("bulk", "@to,text\n", "--map", "text=text", "--text", "hi"): Shown(
        "the text is given twice: by --map text=text and by --text",
        "текст указан дважды: в --map text=text и в --text",
        2,
    ),
    ("bulk", "@to,template\n79161234567,{x}\n"): Shown(
        "a template needs 'x', and the header has no such column, or several",
        "в шаблоне есть 'x', а в заголовке нет такого столбца или их несколько",
        2,
    ),
    ("bulk", '@to,text\n1,"open\n'): Shown(
        "the file isn't valid CSV, row 2: a quote that begins there isn't closed",
        "недопустимый CSV, строка 2: кавычка, открытая в этой строке, не закрыта",
        2,
    ),
    ("bulk", '@to,text\n1,"a" b\n'): Shown(
        "the file isn't valid CSV, row 2: behind a quote that ends a text a separator is needed",
        "недопустимый CSV, строка 2: после закрывающей кавычки нужен разделитель",
        2,
    ),
    ("bulk", f'@to,text\n1,a\n2,"{"b" * 140_000}\n'): Shown(
        "row 3: a quote that begins there isn't closed, or the text is too long",
        "строка 3: кавычка, открытая в этой строке, не закрыта, или текст слишком длинный",
        2,
    ),
    ("bulk", "@Phone\n7\n", "--map", "to"): Shown(
        "--map takes field=column, separated by commas, each field and column once",
        "--map: поле=столбец через запятую, каждое поле и каждый столбец один раз",
        2,
    ),
    ("bulk", "@Phone\n7\n", "--map", "to=Mobile", "--text", "hi"): Shown(
        "--map: the header has no column 'Mobile', or several",
        "--map: в заголовке нет столбца 'Mobile', или их несколько",
        2,
    ),
    ("bulk", "@to,text,time\n"): Shown(
        "the header has a column of times, and messages are sent at once",
        "в заголовке есть столбец времени, а сообщения отправляются сразу",
        2,
    ),
    ("bulk", "@to,text,template\n"): Shown(
        "the text is given twice: by a column text, a column template, or the option --text",
        "текст указан дважды: столбцом text, столбцом template или параметром --text",
        2,
    ),
    ("bulk", b"@to,text\n\xff", "--encoding", "utf-8"): Shown(
        "the file isn't in utf-8", "файл не в кодировке utf-8", 2
    ),
    ("bulk", b"@\xef\xbb\xbfto,text\n", "--encoding", "cp1251"): Shown(
        "the file has the byte order mark of UTF-8, so it isn't in cp1251",
        "у файла метка порядка байтов UTF-8, значит, он не в cp1251",
        2,
    ),
    ("bulk", "@to,text\n", "--encoding", "utf-9"): Shown(
        "--encoding: unknown encoding 'utf-9'", "--encoding: неизвестная кодировка 'utf-9'", 2
    ),
    ("bulk", b"@to,text\n\x00\xff"): Shown(
        "the file isn't a text; named .xlsx, it isn't a workbook of Excel either",
        "это не текст, а если файл назван .xlsx — то и не книга Excel",
        2,
    ),
    ("bulk", b"@to,text\n\xff\xfe\xfd"): Shown(
        "the file isn't in UTF-8, and its encoding can't be guessed",
        "файл не в UTF-8, и определить его кодировку не удалось",
        2,
    ),
    ("bulk", "@to,text\n79991234567,Ваш заказ уже готов, приезжайте".encode("cp1251")): Shown(
        "the file isn't in UTF-8; it seems to be in windows-1251",
        "файл не в UTF-8; похоже, он в windows-1251",
        2,
    ),
    ("bulk", b"@PK\x05\x06"): Shown(
        "the file is an archive, whatever its name is", "это архив, как бы файл ни назывался", 2
    ),
    ("bulk", "@%PDF-1.7"): Shown(
        "the file is a document, and not a spreadsheet", "это документ, а не таблица", 2
    ),
    ("bulk", "@<html>"): Shown(
        "the file is a web page or XML, which Excel opens as a table, and not a table",
        "это веб-страница или XML: Excel открывает их как таблицу, но это не таблица",
        2,
    ),
    ("bulk", b"@PK\x03\x04"): Shown(
        "the file is a damaged workbook or archive",
        "это повреждённая книга или повреждённый архив",
        2,
    ),
    ("bulk", _OLE): Shown(
        "the file is a workbook of the old Excel (.xls), whatever its name is",
        "это книга старого Excel (.xls), как бы файл ни назывался",
        2,
    ),
    ("bulk", _OLE + "EncryptedPackage".encode("utf-16-le")): Shown(
        "the file is a workbook with a password", "это книга с паролем", 2
    ),
    ("bulk", zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet")): Shown(
        "the file is a spreadsheet of LibreOffice (.ods), whatever its name is",
        "это таблица LibreOffice (.ods), как бы файл ни назывался",
        2,
    ),
    ("bulk", zipped(**{"xl/workbook.bin": ""})): Shown(
        "the file is a binary workbook of Excel (.xlsb), whatever its name is",
        "это двоичная книга Excel (.xlsb), как бы файл ни назывался",
        2,
    ),
    ("bulk", zipped(**{"xl/workbook.xml": ""})): Shown(
        "the workbook can't be read (CalamineError)",
        "не удалось прочитать книгу (CalamineError)",
        2,
    ),
    ("bulk", "@to,text\n", "--sheet", "x"): Shown(
        "--sheet is for .xlsx workbooks, and the file is a text",
        "--sheet — для книг .xlsx, а файл текстовый",
        2,
    ),
    (
        "bulk",
        zipped(**{"xl/workbook.xml": ""}),
        "--encoding",
        "cp1251",
    ): Shown(
        "--encoding is for texts, and the file is an .xlsx workbook",
        "--encoding — для текстовых файлов, а это книга .xlsx",
        2,
    ),
    ("bulk", "@to,,text\n79991234567,x,hi\n"): Shown(
        "column 2 has values, as in row 2, but no name",
        "в столбце 2 есть значения (например, в строке 2), но нет названия",
        2,
    ),
    ("bulk", "@to,template\n79991234567,{\n"): Shown(
        "the text of a template has a brace that isn't closed, character 1",
        "в тексте шаблона фигурная скобка не закрыта, знак 1",
        2,
    ),
    ("bulk", "@to,template\n79991234567,a }\n"): Shown(
        "the text of a template has a brace that isn't opened, character 3",
        "в тексте шаблона лишняя закрывающая фигурная скобка, знак 3",
        2,
    ),
    ("bulk", "@to,template\n79991234567,a{}\n"): Shown(
        "the text of a template has braces without a name, character 2",
        "в тексте шаблона фигурные скобки без названия, знак 2",
        2,
    ),
}

DUMPS: dict[tuple[str | bytes, ...], Shown] = {
    ("decode", "bad.file"): Shown("there is no file bad.file", "файла bad.file нет", 2),
    ("decode",): Shown("no octets were given", "не указаны октеты", 2),
    ("decode", "none.pcap"): Shown(
        "can't read none.pcap: No such file or directory",
        "не удалось прочитать none.pcap: нет такого файла или каталога",
        2,
    ),
    ("decode", "00 0x"): Shown(
        "line 1, column 4: '0x' isn't an octet", "строка 1, столбец 4: '0x' — не октет", 2
    ),
    ("decode", "secret words"): Shown(
        "line 1, column 1: this isn't an octet", "строка 1, столбец 1: это не октет", 2
    ),
    ("decode", "@00 00 00 10 00 00 00 15 00 00 00 00 00 00 00 1с\n"): Shown(
        "line 1, column 47: 'с' isn't a hexadecimal digit, but CYRILLIC SMALL LETTER ES",
        "строка 1, столбец 47: 'с' — не шестнадцатеричная цифра, а CYRILLIC SMALL LETTER ES",
        2,
    ),
    ("decode", "@00000000  00 00 00 10 00 00 00 15\n*\nfff00000  00 00 00 00 00 00 00 01\n"): Shown(
        "line 3, column 1: the rows left out by * would have 4293918712 octets, at most 16777216"
        " are filled in",
        "строка 3, столбец 1: в строках, пропущенных за знаком *, было бы октетов: 4293918712, а"
        " подставляется не больше 16777216",
        2,
    ),
    ("decode", b"@" + bytes.fromhex("8081fffe0001") * 10): Shown(
        "the file isn't a text or a capture, and doesn't begin with a PDU",
        "файл — не текст, не захват и не начинается с PDU",
        2,
    ),
    ("decode", b"@" + bytes.fromhex("8081fffe 00000010 00000015 00000000 00000001")): Shown(
        "the file doesn't begin with a PDU; the first one is at 0x0004",
        "файл не начинается с PDU, первый — по смещению 0x0004",
        2,
    ),
    ("decode", b"@\x1f\x8bnothing"): Shown(
        "the capture file can't be read", "файл захвата не прочитан", 2
    ),
    ("decode", "@packets:\n  - packet: 4\n    peer: 0\n    data: !!binary |\n"): Shown(
        "line 4, column 1: the octets of this packet are missing",
        "строка 4, столбец 1: нет октетов этого пакета",
        2,
    ),
    ("decode", "@packets:\n  - packet: 4\n    peer: 0\n    data: !!binary |\n      AAA\n"): Shown(
        "line 5, column 7: the line of base64 is cut",
        "строка 5, столбец 7: строка base64 обрезана",
        2,
    ),
    ("decode", "@packets:\n  - packet: 4\n    peer: 0\n    data: !!binary |\nhello\n"): Shown(
        "line 5, column 1: the line doesn't belong to a stream written as YAML",
        "строка 5, столбец 1: такой строки в потоке, записанном как YAML, не бывает",
        2,
    ),
    ("decode", "@0000000 0000 1000"): Shown(
        "line 1, column 1: the dump is cut: its last line, an offset, is missing",
        "строка 1, столбец 1: дамп обрезан: нет последней строки со смещением",
        2,
    ),
    ("decode", "@0000000 0000 1100\n0000004"): Shown(
        "line 1, column 1: the dump can be read in several ways",
        "строка 1, столбец 1: дамп можно прочитать по-разному",
        2,
    ),
    ("decode", "@00000000  00 00\n  00000000  00 00\n\t00000002  00 00\n"): Shown(
        "line 2, column 3: two sides of a stream have two indents, this is a third",
        "строка 2, столбец 3: у двух сторон потока два отступа, а это третий",
        2,
    ),
    (
        "decode",
        "@Frame (2 bytes):\n0000  00 00   ..\n\nDecrypted TLS (2 bytes):\n0000  00 00   ..\n",
    ): Shown(
        "line 5, column 1: octets of Decrypted TLS aren't those of a frame",
        "строка 5, столбец 1: октеты раздела Decrypted TLS — не кадр",
        2,
    ),
    ("decode", "@Frame (3 bytes):\n0000  00 00   ..\n"): Shown(
        "line 2, column 17: the heading says 3 octets, here are 2",
        "строка 2, столбец 17: в заголовке октетов 3, здесь 2",
        2,
    ),
    ("decode", "@00000010: 3835 3534  8554\n"): Shown(
        "line 1, column 1: the offset is 0x0010, but 0x0000 octets are before it",
        "строка 1, столбец 1: смещение 0x0010, а октетов перед ним 0x0000",
        2,
    ),
    ("decode", "@0000  00 00\n*\n0003"): Shown(
        "line 3, column 1: the rows left out by * don't fill up to the offset",
        "строка 3, столбец 1: строки, пропущенные за знаком *, не доходят до этого смещения",
        2,
    ),
    ("decode", "@0000  00 00  ..\n0000  00 00  ..\n"): Shown(
        "line 2, column 1: the offset 0 comes a second time",
        "строка 2, столбец 1: смещение 0 встречается второй раз",
        2,
    ),
    ("decode", "@0000  00 00 00  ...\n0003  00 00  ..\n0001  00\n"): Shown(
        "line 3, column 1: the offset 0x0001 comes after 0x0003",
        "строка 3, столбец 1: смещение 0x0001 стоит после 0x0003",
        2,
    ),
    ("decode", "@char x[3] = {0x00, 0x00};"): Shown(
        "line 1, column 13: the declared size is 3, here are 2 octets",
        "строка 1, столбец 13: объявлен размер 3, а октетов 2",
        2,
    ),
    ("decode", "@char peer0_0[] = {0x00, 0x10};\nchar peer0_2[] = {0x00, 0x10};"): Shown(
        "line 2, column 18: the array peer0_2 doesn't follow those before it",
        "строка 2, столбец 18: массив peer0_2 не продолжает предыдущие",
        2,
    ),
    ("decode", "@char peer0_0[] = {0x00, 0x10};\nchar peer1_0[] ="): Shown(
        "line 2, column 17: a declaration without its octets",
        "строка 2, столбец 17: объявление без октетов",
        2,
    ),
    ("decode", '@"\\x00\\x00" "00000010"'): Shown(
        "line 1, column 12: digits or a text? Other strings have escapes",
        "строка 1, столбец 12: цифры или текст? В других строках есть escape-последовательности",
        2,
    ),
    ("decode", "@{0x00, 0x00"): Shown(
        "line 1, column 1: the list that begins here has no end",
        "строка 1, столбец 1: у списка, который здесь начинается, нет конца",
        2,
    ),
    (
        "decode",
        f"@{_LOG} Octet string at 0x55d0c8a1e2b0:\n{_LOG}   len:  3",
    ): Shown(
        "line 2, column 1: the log is cut, an octet string has no end",
        "строка 2, столбец 1: журнал обрезан: у строки октетов нет конца",
        2,
    ),
    ("decode", "@>>b'00' (1 bytes)\n>>b'0000000000000000' (8 byte"): Shown(
        "line 2, column 30: the line isn't complete", "строка 2, столбец 30: строка неполная", 2
    ),
    ("decode", "@>>b'0000' (1 bytes)"): Shown(
        "line 1, column 1: the heading says 1 octets, here are 2",
        "строка 1, столбец 1: в заголовке октетов 1, здесь 2",
        2,
    ),
    ("decode", "@10 20 3 4 5 6"): Shown(
        "line 1, column 1: decimal and other readings of the list are possible",
        "строка 1, столбец 1: числа в списке могут быть и десятичными, и другими",
        2,
    ),
    ("decode", "@0000 1000 0000 1500 0000 0000 0000 0100"): Shown(
        "line 1, column 1: words of 16 bits in little-endian order",
        "строка 1, столбец 1: 16-битные слова с обратным порядком октетов (little-endian)",
        2,
    ),
    ("decode", "@0000001"): Shown(
        "line 1, column 1: an odd number of hexadecimal digits: 7",
        "строка 1, столбец 1: нечётное число шестнадцатеричных цифр: 7",
        2,
    ),
    (
        "decode",
        b"@" + bytes.fromhex("d4c3b2a1 02000400 00000000 00000000 ffff0000 01000000"),
    ): Shown("no SMPP was found in the capture", "в захвате нет SMPP", 2),
    ("decode", "@00000000: 0000 0010  ..\n"): Shown(
        "line 1, column 22: the characters don't agree with the octets",
        "строка 1, столбец 22: символы не соответствуют октетам",
        2,
    ),
    (
        "decode",
        (
            "@00000000: 0000 0010 0000 0015 0000 0000 0000 0001  ................\n"
            "00000010: 0000 0010\n"
        ),
    ): Shown(
        "line 2, column 20: the line is cut: its column of characters is missing",
        "строка 2, столбец 20: строка обрезана: в ней нет столбца символов",
        2,
    ),
    ("decode", "@00 00 00 10\n0010   00 00"): Shown(
        "line 2, column 1: a row with an offset, others have none",
        "строка 2, столбец 1: строка со смещением, а в других его нет",
        2,
    ),
    ("decode", "@0000  00 00  ..\nhello"): Shown(
        "line 2, column 1: the line is neither a row of this dump nor its heading",
        "строка 2, столбец 1: это не строка дампа и не её заголовок",
        2,
    ),
    ("decode", '@b"\\x00'): Shown(
        "line 1, column 2: the string that begins here doesn't end on its line",
        "строка 1, столбец 2: строковый литерал, который здесь начинается, не закрыт в своей"
        " строке",
        2,
    ),
    ("decode", f"@{_FRAME}\n0000  {_PDU}\n"): Shown(
        "line 6, column 1: a PDU without the frame that the others are in",
        "строка 6, столбец 1: PDU без кадра, а остальные — в кадрах",
        2,
    ),
}
