"""The help pages, as they are shown.

Rule: a page is written by hand, since it is read by people: at most 79 columns, the same parts in
both languages. That it names every option of its command, and none that isn't there, is tested.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.text import Text

if TYPE_CHECKING:
    from smsc_async.cli.i18n import Language

_TITLE = re.compile(r"^\S.*:$", re.MULTILINE)
_OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
_USAGE = re.compile(
    r"\bsmsc (?:demo|sim|send|hlr|ping|query|tail|plan|decode|bench|bulk|COMMAND|КОМАНДА)\b"
)


def help_page(language: Language, name: str) -> Text:
    """Return the help page of a command, or of "smsc" itself."""
    text = Text(PAGES[language][name])
    text.highlight_regex(_TITLE, "bold")
    text.highlight_regex(_OPTION, "cyan")
    text.highlight_regex(_USAGE, "green")
    return text


_EN: Final = {
    "smsc": """\
smsc: text messages through the SMSC.ru gateway over SMPP

Usage: smsc COMMAND [ARGUMENTS]
       smsc COMMAND --help

Commands:
  demo      a first message in a second: no account, no network
  sim       the gateway on this machine, messages shown as they come
  send      send a message of any kind and wait for its receipt
  hlr       where numbers are registered, and whether they can be reached
  ping      whether phones can be reached now
  query     what became of a message, by its id
  tail      receipts and incoming messages, as they come
  plan      what a text takes: coding, parts, octets; nothing is sent
  decode    octets of SMPP explained, field by field
  bulk      send a CSV file, each row once however often it is run
  bench     how much a link carries, window by window

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
  1      refused, undelivered or unreachable; octets that are broken
  2      wrong use: arguments, URL, a message that can't be sent
  3      no link: nobody answers, or the login is refused
  4      outcome unknown: the message may have gone and be paid
  5      accepted, but not final yet: no receipt came in time
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
  --delay TIME       until the receipt: 0.5, 30s, 2m; default: 0.2
  --state STATE      what becomes of messages: delivered, expired, deleted,
                     undeliverable, rejected; default: delivered
  --error-code CODE  the gateway's delivery error in receipts, 0 to 999;
                     6 is a phone that is off; default: 0
  --hlr NAME=VALUE   what HLR queries are told, once for each name: imsi, msc,
                     mcc, mnc, country, network, roaming-country,
                     roaming-network; default: the document's own example
  --no-rules         take repeats, floods and late parts too, which the gateway
                     refuses or blocks
  --full             show whole numbers, not masked ones

Examples:
  smsc sim
  smsc sim --port 3700 --state undeliverable --error-code 6 --json
  smsc sim --hlr network=MTS --hlr roaming-country=Finland
  smsc send 79991234567 hello --url smpp://login:password@127.0.0.1:2775
""",
    "send": """\
Send a message, show its id, wait for its receipt.

Usage: smsc send TO TEXT [OPTIONS]

Arguments:
  TO      number with country code: 79991234567, "+7 999 123-45-67";
          with --kind email an address of at most 20 characters
  TEXT    what to say, in quotes; - reads it from standard input;
          with --kind telegram-code the code itself, 4 to 8 digits

Options:
  --kind KIND          sms, email, call, viber, social, telegram-code,
                       telegram-bot; default: sms
  --sender NAME        name or number it comes from, registered in the account
  --comment TEXT       for the history of the account, not delivered;
                       not for call, telegram-code
  --url URL            gateway; default: $SMSC_URL, where a password is safer
  --wait TIME          wait for the receipt so long: 10, 90s, 15m; default: 30
  --no-wait            don't wait for it
  --dry-run            show the plan and send nothing

Options of sms:
  --coding CODING      gsm, latin1 or ucs2; default: the narrowest that fits
  --long-text WAY      udh, sar or payload: how several parts travel;
                       default: udh
  --validity TIME      how long the gateway tries: 90s, 15m, 2h; at most 24h
  --flash              shown at once and not stored by the phone
  --smart              plain quotes and dashes for typographic ones, where
                       that saves UCS-2; as smart_text=1 in the URL

Options of email:
  --subject TEXT       what it is about; needed

Options of telegram-bot:
  --bot NAME           the bot, which the recipient has joined; needed

Options of call:
  --voice VOICE        m, m2, m3, m4: a man; w, w2, w3, w4: a woman;
                       default: m3
  --language CODE      language it is read in: en, fr, de
  --call-wait SECONDS  how long it rings, 10 to 35; default: 22
  --call-interval SECONDS
                       between attempts, 10 to 3600; default: 20
  --call-attempts COUNT
                       1 to 9; default: 5
  --param TEXT         the gateway's own parameter instead of these three

Examples:
  smsc send 79991234567 "Code: 4821" --url sim://
  smsc send 79991234567 4821 --kind telegram-code
  smsc send 79991234567 "Your code: 4, 8, 2, 1" --kind call --language en
  echo "Backup failed" | smsc send 79991234567 - --sender Shop --json
""",
    "hlr": """\
Ask where numbers are registered, in which network they are, and whether they
can be reached. Nothing is delivered to them.

Usage: smsc hlr NUMBER... [OPTIONS]

Arguments:
  NUMBER    with country code; several are asked about at once

Options:
  --url URL      gateway; default: $SMSC_URL, where a password is safer
  --wait TIME    wait for each answer so long: 10, 90s, 15m; default: 30
  --full         show whole numbers, not masked ones

Ends with 0 when all can be reached, with 1 when one can't, with 5 when an
answer hasn't come in time. With --json one object a number, as they answer,
with its cost.

Examples:
  smsc hlr 79991234567 --url sim://
  smsc hlr 79991234567 79161112233 --wait 2m --json
""",
    "ping": """\
Ask phones whether they can be reached now, by an SMS that they don't show.

Usage: smsc ping NUMBER... [OPTIONS]

Arguments:
  NUMBER    with country code; several are asked at once

Options:
  --url URL      gateway; default: $SMSC_URL, where a password is safer
  --wait TIME    wait for each answer so long: 10, 90s, 15m; default: 30
  --full         show whole numbers, not masked ones

Ends with 0 when all can be reached, with 1 when one can't, with 5 when an
answer hasn't come in time. With --json one object a number, as they answer,
with its cost.

Examples:
  smsc ping 79991234567 --url sim://
  smsc ping 79991234567 79161112233 --wait 5m --json
""",
    "query": """\
Ask the gateway what became of a message. No message is sent for it.

Usage: smsc query MESSAGE-ID [OPTIONS]

Arguments:
  MESSAGE-ID    what the gateway called it when it was accepted

Options:
  --sender NAME    sender the message went out with, if it had one
  --url URL        gateway; default: $SMSC_URL, where a password is safer

Ends with 0 when it is delivered, with 1 when it finally isn't or the id isn't
known, with 5 while it isn't final.

Examples:
  smsc query 855469 --sender Shop
  smsc query 855469 --json
""",
    "tail": """\
Show receipts and subscribers' messages as they come, until Ctrl-C. A link
that is lost is built again.

Usage: smsc tail [OPTIONS]

Options:
  --receipts    only receipts
  --incoming    only messages
  --full        show whole numbers, not masked ones
  --url URL     gateway; default: $SMSC_URL, where a password is safer

The gateway gives each of them to one link of the account. What comes here,
shown or not, comes to no other program that uses the same login.

Examples:
  smsc tail
  smsc tail --incoming --json | jq -r .text
""",
    "plan": """\
Show what a text takes: coding, parts, octets, and which characters make it
more expensive. Nothing is sent.

Usage: smsc plan TEXT [OPTIONS]

Arguments:
  TEXT    the text, in quotes; - reads it from standard input

Options:
  --kind KIND          sms, email, call, viber, social, telegram-code,
                       telegram-bot; default: sms
  --sender NAME        checked as well
  --comment TEXT       travels with the text and takes room;
                       not for call, telegram-code

Options of sms:
  --coding CODING      gsm, latin1 or ucs2; default: the narrowest that fits
  --long-text WAY      udh, sar or payload: how several parts travel;
                       default: udh
  --flash              shown at once and not stored by the phone
  --smart              plain quotes and dashes for typographic ones, where
                       that saves UCS-2; as smart_text=1 in the URL

Options of email:
  --subject TEXT       what it is about; needed

Options of telegram-bot:
  --bot NAME           the bot, which the recipient has joined; needed

Options of call:
  --voice VOICE        m, m2, m3, m4: a man; w, w2, w3, w4: a woman;
                       default: m3
  --language CODE      language it is read in: en, fr, de
  --call-wait SECONDS  how long it rings, 10 to 35; default: 22
  --call-interval SECONDS
                       between attempts, 10 to 3600; default: 20
  --call-attempts COUNT
                       1 to 9; default: 5
  --param TEXT         the gateway's own parameter instead of these three

Examples:
  smsc plan "Your code: 4821"
  smsc plan "Don’t forget — tomorrow…" --smart
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
    "bench": """\
Measure a link: how much it carries at each window, how soon it answers, and
from which window on more doesn't help. Every message is sent and paid.

Usage: smsc bench [URL] [OPTIONS]

Arguments:
  URL     gateway; default: $SMSC_URL. sim:// costs nothing

Options:
  --recipients FILE    numbers to send to, one a line; only sim:// needs none
  --windows LIST       windows to measure; default: 1,2,5,10,20,50,100
  --messages N         messages at each window; default: 100
  --warm-up N          messages before, at each window; default: 10
  --rate N             parts a second at most; default: 100, for sim:// none
  --text TEXT          what to say; a number is put behind it
  --sender NAME        name or number they come from
  --wait TIME          for receipts, after each window; default: 10
  --html FILE          write a report with charts
  --yes                don't ask before sending

It says how many messages it will send, and begins when that is agreed to.

Examples:
  smsc bench sim://
  smsc bench --recipients my-numbers.txt --windows 10,50 --html report.html
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
  send      отправить сообщение любого вида и дождаться статуса
  hlr       где зарегистрированы номера и доступны ли они
  ping      доступны ли телефоны прямо сейчас
  query     что стало с сообщением, по его номеру у шлюза
  tail      статусы и входящие сообщения, по мере прихода
  plan      во что обойдётся текст: кодировка, части, октеты; без отправки
  decode    октеты SMPP с объяснением каждого поля
  bulk      разослать файл CSV: каждую строку один раз, сколько ни запускай
  bench     сколько пропускает связь, окно за окном

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
  1      отказ, не доставлено, не доступен; октеты испорчены
  2      неверное применение: аргументы, URL, негодное сообщение
  3      нет связи: никто не отвечает, или логин не принят
  4      исход неизвестен: сообщение могло уйти и быть оплачено
  5      принято, но ещё не окончательно: статус вовремя не пришёл
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
  --delay TIME       сколько ждать до статуса: 0.5, 30s, 2m; иначе 0.2
  --state STATE      что станет с сообщениями: delivered, expired, deleted,
                     undeliverable, rejected; иначе delivered
  --error-code CODE  код ошибки шлюза в статусах, от 0 до 999; 6 означает,
                     что телефон выключен; иначе 0
  --hlr NAME=VALUE   что ответить на HLR-запрос, по разу на каждое имя: imsi,
                     msc, mcc, mnc, country, network, roaming-country,
                     roaming-network; иначе пример из описания шлюза
  --no-rules         принимать и повторы, и флуд, и опоздавшие части, которые
                     шлюз отклоняет или блокирует
  --full             показывать номера целиком

Примеры:
  smsc sim
  smsc sim --port 3700 --state undeliverable --error-code 6 --json
  smsc sim --hlr network=MTS --hlr roaming-country=Finland
  smsc send 79991234567 привет --url smpp://login:password@127.0.0.1:2775
""",
    "send": """\
Отправить сообщение, показать его номер у шлюза, дождаться статуса.

Применение: smsc send TO TEXT [ПАРАМЕТРЫ]

Аргументы:
  TO      номер с кодом страны: 79991234567, "+7 999 123-45-67";
          с --kind email адрес не длиннее 20 символов
  TEXT    что сказать, в кавычках; - означает стандартный ввод;
          с --kind telegram-code сам код, от 4 до 8 цифр

Параметры:
  --kind KIND          sms, email, call, viber, social, telegram-code,
                       telegram-bot; иначе sms
  --sender NAME        имя или номер отправителя, он указан в аккаунте
  --comment TEXT       для истории в аккаунте, абоненту не доставляется;
                       не для call и telegram-code
  --url URL            шлюз; иначе $SMSC_URL, там паролю спокойнее
  --wait TIME          сколько ждать статус: 10, 90s, 15m; иначе 30
  --no-wait            не ждать
  --dry-run            показать план и ничего не отправить

Параметры для sms:
  --coding CODING      gsm, latin1 или ucs2; иначе самая узкая из подходящих
  --long-text WAY      udh, sar или payload: как едут несколько частей;
                       иначе udh
  --validity TIME      сколько шлюз пытается: 90s, 15m, 2h; не больше 24h
  --flash              показать сразу, телефон его не сохранит
  --smart              простые кавычки и тире вместо типографских, где это
                       спасает от UCS-2; как smart_text=1 в URL

Параметры для email:
  --subject TEXT       тема письма; обязательна

Параметры для telegram-bot:
  --bot NAME           бот, на который абонент подписан; обязателен

Параметры для call:
  --voice VOICE        m, m2, m3, m4: мужской голос; w, w2, w3, w4: женский;
                       иначе m3
  --language CODE      на каком языке читать: en, fr, de
  --call-wait SECONDS  сколько звонить, от 10 до 35; иначе 22
  --call-interval SECONDS
                       между попытками, от 10 до 3600; иначе 20
  --call-attempts COUNT
                       сколько попыток, от 1 до 9; иначе 5
  --param TEXT         параметр шлюза как есть, вместо этих трёх

Примеры:
  smsc send 79991234567 "Код: 4821" --url sim://
  smsc send 79991234567 4821 --kind telegram-code
  smsc send 79991234567 "Ваш код: 4, 8, 2, 1" --kind call --voice w
  echo "Копия не удалась" | smsc send 79991234567 - --sender Shop --json
""",
    "hlr": """\
Спросить, где зарегистрированы номера, в какой они сети и доступны ли.
Абонентам ничего не доставляется.

Применение: smsc hlr NUMBER... [ПАРАМЕТРЫ]

Аргументы:
  NUMBER    номер с кодом страны; о нескольких спрашивают сразу

Параметры:
  --url URL      шлюз; иначе $SMSC_URL, там паролю спокойнее
  --wait TIME    сколько ждать каждый ответ: 10, 90s, 15m; иначе 30
  --full         показывать номера целиком

Код возврата 0, если доступны все, 1, если кто-то не доступен, 5, если
какой-то ответ вовремя не пришёл. С --json объект на каждый номер, по мере
ответов, с ценой.

Примеры:
  smsc hlr 79991234567 --url sim://
  smsc hlr 79991234567 79161112233 --wait 2m --json
""",
    "ping": """\
Спросить телефоны, доступны ли они сейчас, через SMS, которых они не покажут.

Применение: smsc ping NUMBER... [ПАРАМЕТРЫ]

Аргументы:
  NUMBER    номер с кодом страны; несколько спрашивают сразу

Параметры:
  --url URL      шлюз; иначе $SMSC_URL, там паролю спокойнее
  --wait TIME    сколько ждать каждый ответ: 10, 90s, 15m; иначе 30
  --full         показывать номера целиком

Код возврата 0, если доступны все, 1, если кто-то не доступен, 5, если
какой-то ответ вовремя не пришёл. С --json объект на каждый номер, по мере
ответов, с ценой.

Примеры:
  smsc ping 79991234567 --url sim://
  smsc ping 79991234567 79161112233 --wait 5m --json
""",
    "query": """\
Спросить шлюз, что стало с сообщением. Для этого ничего не отправляется.

Применение: smsc query MESSAGE-ID [ПАРАМЕТРЫ]

Аргументы:
  MESSAGE-ID    номер, под которым шлюз его принял

Параметры:
  --sender NAME    отправитель, с которым сообщение ушло, если он был
  --url URL        шлюз; иначе $SMSC_URL, там паролю спокойнее

Код возврата 0, если доставлено, 1, если окончательно нет или номер неизвестен,
5, пока состояние не окончательное.

Примеры:
  smsc query 855469 --sender Shop
  smsc query 855469 --json
""",
    "tail": """\
Показывать статусы и сообщения абонентов по мере прихода, до Ctrl-C.
Потерянная связь восстанавливается.

Применение: smsc tail [ПАРАМЕТРЫ]

Параметры:
  --receipts    только статусы
  --incoming    только сообщения
  --full        показывать номера целиком
  --url URL     шлюз; иначе $SMSC_URL, там паролю спокойнее

Шлюз отдаёт каждое из них одному соединению аккаунта. Что пришло сюда,
показанное или нет, к другой программе с тем же логином не придёт.

Примеры:
  smsc tail
  smsc tail --incoming --json | jq -r .text
""",
    "plan": """\
Показать, во что обойдётся текст: кодировка, части, октеты и какие символы
делают его дороже. Ничего не отправляется.

Применение: smsc plan TEXT [ПАРАМЕТРЫ]

Аргументы:
  TEXT    текст, в кавычках; - означает стандартный ввод

Параметры:
  --kind KIND          sms, email, call, viber, social, telegram-code,
                       telegram-bot; иначе sms
  --sender NAME        проверяется тоже
  --comment TEXT       едет вместе с текстом и занимает место;
                       не для call и telegram-code

Параметры для sms:
  --coding CODING      gsm, latin1 или ucs2; иначе самая узкая из подходящих
  --long-text WAY      udh, sar или payload: как едут несколько частей;
                       иначе udh
  --flash              показать сразу, телефон его не сохранит
  --smart              простые кавычки и тире вместо типографских, где это
                       спасает от UCS-2; как smart_text=1 в URL

Параметры для email:
  --subject TEXT       тема письма; обязательна

Параметры для telegram-bot:
  --bot NAME           бот, на который абонент подписан; обязателен

Параметры для call:
  --voice VOICE        m, m2, m3, m4: мужской голос; w, w2, w3, w4: женский;
                       иначе m3
  --language CODE      на каком языке читать: en, fr, de
  --call-wait SECONDS  сколько звонить, от 10 до 35; иначе 22
  --call-interval SECONDS
                       между попытками, от 10 до 3600; иначе 20
  --call-attempts COUNT
                       сколько попыток, от 1 до 9; иначе 5
  --param TEXT         параметр шлюза как есть, вместо этих трёх

Примеры:
  smsc plan "Your code: 4821"
  smsc plan "Don’t forget — tomorrow…" --smart
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
    "bench": """\
Измерить связь: сколько она пропускает при каждом окне, как скоро приходит
ответ и с какого окна больше не помогает. Все сообщения уходят и оплачиваются.

Применение: smsc bench [URL] [ПАРАМЕТРЫ]

Аргументы:
  URL     шлюз; иначе $SMSC_URL. sim:// бесплатно

Параметры:
  --recipients FILE    кому отправлять, номер в строке; не нужен для sim://
  --windows LIST       какие окна измерить; иначе 1,2,5,10,20,50,100
  --messages N         сообщений при каждом окне; иначе 100
  --warm-up N          сообщений до замера, при каждом окне; иначе 10
  --rate N             частей в секунду, не больше; иначе 100, для sim:// нет
  --text TEXT          что сказать; позади добавляется число
  --sender NAME        имя или номер отправителя
  --wait TIME          сколько ждать статусы после каждого окна; иначе 10
  --html FILE          записать отчёт с графиками
  --yes                не спрашивать перед отправкой

Сначала говорится, сколько сообщений уйдёт; без согласия ничего не начнётся.

Примеры:
  smsc bench sim://
  smsc bench --recipients my-numbers.txt --windows 10,50 --html report.html
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
