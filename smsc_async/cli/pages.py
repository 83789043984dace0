"""The help pages, as they are shown.

Rule: a page is written by hand, since it is read by people: at most 79 columns, the same parts in
both languages. That it names every option of its command, and none that isn't there, is tested.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.text import Text

if TYPE_CHECKING:
    from smsc_async.cli.texts import Language

_TITLE = re.compile(r"^\S.*:$", re.MULTILINE)
_OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
_USAGE = re.compile(r"\bsmsc (?:demo|sim|send|plan|decode|COMMAND|КОМАНДА)\b")


def page(language: Language, name: str) -> tuple[Text, ...]:
    """Return the page of a command, or of "smsc" itself."""
    text = Text(PAGES[language][name])
    text.highlight_regex(_TITLE, "bold")
    text.highlight_regex(_OPTION, "cyan")
    text.highlight_regex(_USAGE, "green")
    return (text,)


_EN: Final = {
    "smsc": """\
smsc: text messages through the SMSC.ru gateway over SMPP

Usage: smsc COMMAND [ARGUMENTS]
       smsc COMMAND --help

Commands:
  demo      a first message in a second: no account, no network
  sim       the gateway on this machine, messages shown as they come
  send      send a text message and wait for its receipt
  plan      what a text takes: coding, parts, octets; nothing is sent
  decode    octets of SMPP explained, field by field
  bulk      send a CSV file, each row once however often it is run

With every command:
  --json          JSON on standard output, nothing else there
  --lang ru|en    language; else SMSC_LANG, LC_ALL, LC_MESSAGES, LANG decide
  --debug         show Python's traceback when something fails
  --version       show the version
  -h, --help      show this page, or that of a command

Environment:
  SMSC_URL        where to send: smsc://login:password@ (SMSC.ru over TLS),
                  smpp://login:password@host:2775, sim:// (a simulator)
  NO_COLOR        anything: no colours

Exit codes:
  0      done; sent and delivered
  1      refused or undelivered; octets that are broken
  2      wrong use: arguments, URL, a message that can't be sent
  3      no link: nobody answers, or the login is refused
  4      outcome unknown: the message may have gone and be paid
  5      accepted, but no final receipt came in time
  130    interrupted (Ctrl-C)
""",
    "demo": """\
Send a one-time code through a gateway simulated in this process, and look
at all that happens: the plan, the octets, the answer, the receipt.

Usage: smsc demo

Needs no account and no network, and costs nothing.
""",
    "sim": """\
Be the gateway: take messages over SMPP, answer, send receipts. Messages are
shown as they come, and nothing leaves this machine.

Usage: smsc sim [OPTIONS]

Options:
  --host HOST        address to listen on; default: 127.0.0.1
  --port PORT        port, 0 for any that is free; default: 2775
  --delay SECONDS    until the receipt (2, 500ms isn't one); default: 0.2
  --state STATE      what becomes of messages: delivered, expired, deleted,
                     undeliverable, rejected; default: delivered
  --full             show whole numbers, not masked ones

Examples:
  smsc sim
  smsc sim --port 3700 --state undeliverable --json
  smsc send 79991234567 hello --url smpp://login:password@127.0.0.1:2775
""",
    "send": """\
Send a text message, show its id, wait for its receipt.

Usage: smsc send TO TEXT [OPTIONS]

Arguments:
  TO      number with country code: 79991234567, "+7 999 123-45-67"
  TEXT    what to say, in quotes; - reads it from standard input

Options:
  --sender NAME        name or number it comes from, registered in the account
  --comment TEXT       for the history of the account, not delivered
  --coding CODING      gsm, latin1 or ucs2; default: the narrowest that fits
  --long-text WAY      udh, sar or payload: how several parts travel
  --validity TIME      how long the gateway tries: 90s, 15m, 2h; at most 24h
  --flash              shown at once and not stored by the phone
  --url URL            gateway; default: $SMSC_URL, where a password is safer
  --wait TIME          wait for the receipt so long: 10, 90s, 15m; default: 30
  --no-wait            don't wait for it
  --dry-run            show the plan and send nothing

Examples:
  smsc send 79991234567 "Code: 4821" --url sim://
  echo "Backup failed" | smsc send 79991234567 - --sender Shop --json
""",
    "plan": """\
Show what a text takes: coding, parts, octets, and which characters make it
more expensive. Nothing is sent.

Usage: smsc plan TEXT [OPTIONS]

Arguments:
  TEXT    the text, in quotes; - reads it from standard input

Options:
  --sender NAME      checked as well
  --comment TEXT     travels with the text and takes room
  --coding CODING    gsm, latin1 or ucs2; default: the narrowest that fits
  --long-text WAY    udh, sar or payload: how several parts travel
  --flash            shown at once and not stored by the phone

Examples:
  smsc plan "Your code: 4821"
  smsc plan "Ваш код: 4821" --comment "order 17" --json
""",
    "decode": """\
Explain octets of SMPP, field by field. Passwords stay hidden.

Usage: smsc decode HEX...

Arguments:
  HEX    digits; spaces, colons, commas, 0x, line breaks and the offsets of
         hexdump -C, xxd or Wireshark don't matter; several PDUs in a row
         are taken apart; - reads standard input

Ends with 1 when something in the octets is broken.

Examples:
  smsc decode 00000010 00000015 00000000 00000001
  xxd capture.bin | smsc decode -
""",
    "bulk": """\
Send the messages of a CSV file. What became of each row is kept in
FILE.csv.outbox: interrupted or not, run it again and it goes on with the
rest; nothing is sent twice.

Usage: smsc bulk FILE.csv [OPTIONS]

Arguments:
  FILE    a header, then a row for each message; , or ; between the values
          columns: to,text[,sender,comment,kind,subject,voice,language,bot,
          coding]

Rows that can't be sent, and those that the gateway refuses, go to
FILE.rejected.csv with the reason; mended, that is a file to send.

Options:
  --encoding NAME      utf-8 (with or without BOM) or cp1251; default: utf-8
  --kind KIND          of rows that don't say theirs: sms, email, call, viber,
                       social, telegram-code, telegram-bot; default: sms
  --sender NAME        of rows that name none
  --url URL            gateway; default: $SMSC_URL, where a password is safer
  --resend-refused     send again what the gateway refused
  --resend-unknown     send again what may have been sent: may be paid twice
  --dry-run            how many messages and parts, what is rejected; sends
                       nothing

Examples:
  smsc bulk clients.csv --dry-run
  smsc bulk clients.csv --encoding cp1251 --sender Shop --url sim://
""",
}

_RU: Final = {
    "smsc": """\
smsc: сообщения через шлюз SMSC.ru по SMPP

Применение: smsc КОМАНДА [АРГУМЕНТЫ]
            smsc КОМАНДА --help

Команды:
  demo      первое сообщение за секунду: без аккаунта и сети
  sim       шлюз на этой машине, сообщения видны по мере прихода
  send      отправить SMS и дождаться статуса
  plan      во что обойдётся текст: кодировка, части, октеты; без отправки
  decode    октеты SMPP с объяснением каждого поля
  bulk      разослать файл CSV: каждую строку один раз, сколько ни запускай

С любой командой:
  --json          JSON на стандартном выводе, и ничего кроме
  --lang ru|en    язык; иначе решают SMSC_LANG, LC_ALL, LC_MESSAGES, LANG
  --debug         при ошибке показать трассировку Python
  --version       показать версию
  -h, --help      показать эту страницу или страницу команды

Окружение:
  SMSC_URL        куда отправлять: smsc://login:password@ (SMSC.ru, TLS),
                  smpp://login:password@host:2775, sim:// (симулятор)
  NO_COLOR        с любым значением: без цветов

Коды возврата:
  0      готово; отправлено и доставлено
  1      отказ или не доставлено; октеты испорчены
  2      неверное применение: аргументы, URL, негодное сообщение
  3      нет связи: никто не отвечает, или логин не принят
  4      исход неизвестен: сообщение могло уйти и быть оплачено
  5      принято, но окончательный статус вовремя не пришёл
  130    прервано (Ctrl-C)
""",
    "demo": """\
Отправить одноразовый код через шлюз, который изображает этот же процесс,
и посмотреть на всё: план, октеты, ответ, статус.

Применение: smsc demo

Не нужны ни аккаунт, ни сеть, и платить не за что.
""",
    "sim": """\
Побыть шлюзом: принимать сообщения по SMPP, отвечать, присылать статусы.
Сообщения видны по мере прихода, и с этой машины ничего не уходит.

Применение: smsc sim [ПАРАМЕТРЫ]

Параметры:
  --host HOST        на каком адресе слушать; иначе 127.0.0.1
  --port PORT        порт, 0 означает любой свободный; иначе 2775
  --delay SECONDS    сколько секунд до статуса; иначе 0.2
  --state STATE      что станет с сообщениями: delivered, expired, deleted,
                     undeliverable, rejected; иначе delivered
  --full             показывать номера целиком

Примеры:
  smsc sim
  smsc sim --port 3700 --state undeliverable --json
  smsc send 79991234567 привет --url smpp://login:password@127.0.0.1:2775
""",
    "send": """\
Отправить SMS, показать его номер у шлюза, дождаться статуса.

Применение: smsc send TO TEXT [ПАРАМЕТРЫ]

Аргументы:
  TO      номер с кодом страны: 79991234567, "+7 999 123-45-67"
  TEXT    что сказать, в кавычках; - означает стандартный ввод

Параметры:
  --sender NAME        имя или номер отправителя, он указан в аккаунте
  --comment TEXT       для истории в аккаунте, абоненту не доставляется
  --coding CODING      gsm, latin1 или ucs2; иначе самая узкая из подходящих
  --long-text WAY      udh, sar или payload: как едут несколько частей
  --validity TIME      сколько шлюз пытается: 90s, 15m, 2h; не больше 24h
  --flash              показать сразу, телефон его не сохранит
  --url URL            шлюз; иначе $SMSC_URL, там паролю спокойнее
  --wait TIME          сколько ждать статус: 10, 90s, 15m; иначе 30
  --no-wait            не ждать
  --dry-run            показать план и ничего не отправить

Примеры:
  smsc send 79991234567 "Код: 4821" --url sim://
  echo "Копия не удалась" | smsc send 79991234567 - --sender Shop --json
""",
    "plan": """\
Показать, во что обойдётся текст: кодировка, части, октеты и какие символы
делают его дороже. Ничего не отправляется.

Применение: smsc plan TEXT [ПАРАМЕТРЫ]

Аргументы:
  TEXT    текст, в кавычках; - означает стандартный ввод

Параметры:
  --sender NAME      проверяется тоже
  --comment TEXT     едет вместе с текстом и занимает место
  --coding CODING    gsm, latin1 или ucs2; иначе самая узкая из подходящих
  --long-text WAY    udh, sar или payload: как едут несколько частей
  --flash            показать сразу, телефон его не сохранит

Примеры:
  smsc plan "Your code: 4821"
  smsc plan "Ваш код: 4821" --comment "заказ 17" --json
""",
    "decode": """\
Объяснить октеты SMPP, поле за полем. Пароли остаются скрыты.

Применение: smsc decode HEX...

Аргументы:
  HEX    цифры; пробелы, двоеточия, запятые, 0x, переводы строк и смещения
         hexdump -C, xxd и Wireshark не мешают; несколько PDU подряд
         разбираются все; - означает стандартный ввод

Код возврата 1, если октеты испорчены.

Примеры:
  smsc decode 00000010 00000015 00000000 00000001
  xxd capture.bin | smsc decode -
""",
    "bulk": """\
Разослать сообщения из файла CSV. Судьба каждой строки хранится рядом, в
FILE.csv.outbox: если рассылка прервалась, повторите команду, и она продолжит
с остальными; дважды ничего не уйдёт.

Применение: smsc bulk FILE.csv [ПАРАМЕТРЫ]

Аргументы:
  FILE    заголовок, затем по строке на сообщение; между значениями , или ;
          столбцы: to,text[,sender,comment,kind,subject,voice,language,bot,
          coding]

Строки, которые отправить нельзя или в которых отказал шлюз, попадают с
причиной в FILE.rejected.csv; исправленный, он годится для отправки.

Параметры:
  --encoding NAME      utf-8 (с BOM и без) или cp1251; иначе utf-8
  --kind KIND          вид, если строка его не называет: sms, email, call,
                       viber, social, telegram-code, telegram-bot; иначе sms
  --sender NAME        отправитель, если строка его не называет
  --url URL            шлюз; иначе $SMSC_URL, там паролю спокойнее
  --resend-refused     отправить ещё раз, в чём шлюз отказал
  --resend-unknown     отправить ещё раз, что могло уйти; возможна двойная
                       оплата
  --dry-run            сколько сообщений и частей, что отклонено; ничего не
                       отправляется

Примеры:
  smsc bulk clients.csv --dry-run
  smsc bulk clients.csv --encoding cp1251 --sender Shop --url sim://
""",
}

PAGES: Final[dict[Language, dict[str, str]]] = {"en": _EN, "ru": _RU}
