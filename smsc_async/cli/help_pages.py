"""The help pages of the commands.

Rule: pages are written by hand, at most 79 columns wide, with the same structure in both
languages. A test compares their options with those of the commands.
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


_KIND_OPTIONS_EN: Final = """\
  --flash              shown at once, not stored by the phone
  --smart              replace typographic quotes and dashes by plain ones if
                       that avoids UCS-2; same as smart_text=1 in the URL

Options of email:
  --subject TEXT       subject; required

Options of telegram-bot:
  --bot NAME           bot that the recipient has joined; required

Options of call:
  --voice VOICE        m, m2, m3, m4: male; w, w2, w3, w4: female;
                       default: m3
  --language CODE      language of the voice: en, fr, de
  --call-wait SECONDS  how long it rings, 10 to 35; default: 22
  --call-interval SECONDS
                       time between attempts, 10 to 3600; default: 20
  --call-attempts COUNT
                       number of attempts, 1 to 9; default: 5
  --param TEXT         the gateway's own parameter instead of these three
"""
_EN: Final = {
    "smsc": """\
smsc: messages through the SMSC.ru gateway over SMPP

Usage: smsc COMMAND [ARGUMENTS]
       smsc COMMAND --help

Commands:
  demo      send a first message through the simulator: no account, no network
  sim       run the simulator and show the messages it receives
  send      send a message of any kind and wait for its delivery receipt
  hlr       look up the network of numbers and whether they are reachable
  ping      check whether phones are reachable now
  query     query the state of a message by its id
  tail      show delivery receipts (DLRs) and incoming messages
  plan      show coding, parts and octets of a text; sends nothing
  decode    explain PDUs, field by field
  bulk      send the messages of a CSV file, each of them once
  bench     measure throughput and latency of a link

Options of all commands:
  --json          write JSON to standard output, and nothing else
  --lang ru|en    language; default: SMSC_LANG, LC_ALL, LC_MESSAGES or LANG
  --debug         show the Python traceback of an error
  --version       show the version
  -h, --help      show this page, or that of a command

Environment:
  SMSC_URL        gateway: smsc://login:password@ (SMSC.ru over TLS),
                  smpp://login:password@host:2775, sim:// (simulator)
  NO_COLOR        any value: no colours

Exit codes:
  0      success; sent and delivered
  1      refused, undelivered or unreachable; invalid octets
  2      usage error: arguments, URL, an invalid message
  3      no connection, or the login was refused
  4      outcome unknown: the message may have been sent and charged
  5      accepted, but no final receipt in time
  130    interrupted (Ctrl-C)
""",
    "demo": """\
Send a one-time code through a simulator in the same process and show every
step: the plan, the PDU, the response and the delivery receipt.

Usage: smsc demo

It needs no account and no network, and is free of charge.
""",
    "sim": """\
Run the simulator of the gateway: it accepts messages over SMPP, responds and
sends delivery receipts. Messages are shown; none leaves this machine.

Usage: smsc sim [OPTIONS]

Options:
  --host HOST        address to listen on; default: 127.0.0.1
  --port PORT        port, 0 for any free one; default: 2775
  --delay TIME       time until the receipt: 0.5, 30s, 2m; default: 0.2
  --state STATE      final state of messages: delivered, expired, deleted,
                     undeliverable, rejected; default: delivered
  --error-code CODE  the gateway's delivery error in receipts, 0 to 999;
                     6 means that the phone is off; default: 0
  --hlr NAME=VALUE   field of HLR answers, can be repeated: imsi, msc, mcc,
                     mnc, country, network, roaming-country, roaming-network;
                     default: the example in the gateway's document
  --no-rules         also accept repeats, floods and late parts, which the
                     gateway refuses or blocks
  --full             show complete numbers, not masked

Examples:
  smsc sim
  smsc sim --port 3700 --state undeliverable --error-code 6 --json
  smsc sim --hlr network=MTS --hlr roaming-country=Finland
  smsc send 79991234567 hello --url smpp://login:password@127.0.0.1:2775
""",
    "send": """\
Send a message, show its id, wait for its delivery receipt (DLR).

Usage: smsc send TO TEXT [OPTIONS]

Arguments:
  TO      number with country code: 79991234567, "+7 999 123-45-67";
          with --kind email an address of at most 20 characters
  TEXT    text, in quotes; - reads it from standard input;
          with --kind telegram-code the code itself, 4 to 8 digits

Options:
  --kind KIND          sms, email, call, viber, social, telegram-code,
                       telegram-bot; default: sms
  --sender NAME        name or number of the sender, registered in the account
  --comment TEXT       for the history of the account, not delivered;
                       not for call and telegram-code
  --url URL            gateway; default: $SMSC_URL, safer for a password
  --wait TIME          timeout of the receipt: 10, 90s, 15m; default: 30
  --no-wait            don't wait for the receipt
  --dry-run            show the plan, send nothing

Options of sms:
  --coding CODING      gsm, latin1 or ucs2; default: the most compact that fits
  --long-text WAY      how several parts are sent: udh, sar or payload;
                       default: udh
  --validity TIME      how long the gateway tries: 90s, 15m, 2h; at most 24h
"""
    + _KIND_OPTIONS_EN
    + """
Examples:
  smsc send 79991234567 "Code: 4821" --url sim://
  smsc send 79991234567 4821 --kind telegram-code
  smsc send 79991234567 "Your code: 4, 8, 2, 1" --kind call --language en
  echo "Backup failed" | smsc send 79991234567 - --sender Shop --json
""",
    "hlr": """\
Look up the network of numbers and whether they are reachable. Nothing is
delivered to them.

Usage: smsc hlr NUMBER... [OPTIONS]

Arguments:
  NUMBER    number with country code; several are looked up at once

Options:
  --url URL      gateway; default: $SMSC_URL, safer for a password
  --wait TIME    timeout of each answer: 10, 90s, 15m; default: 30
  --full         show complete numbers, not masked

The exit code is 0 if all are reachable, 1 if one isn't, 5 if an answer didn't
arrive in time. With --json one object per number is written as answers arrive,
with the cost.

Examples:
  smsc hlr 79991234567 --url sim://
  smsc hlr 79991234567 79161112233 --wait 2m --json
""",
    "ping": """\
Check whether phones are reachable now, by an SMS that they don't show.

Usage: smsc ping NUMBER... [OPTIONS]

Arguments:
  NUMBER    number with country code; several are checked at once

Options:
  --url URL      gateway; default: $SMSC_URL, safer for a password
  --wait TIME    timeout of each answer: 10, 90s, 15m; default: 30
  --full         show complete numbers, not masked

The exit code is 0 if all are reachable, 1 if one isn't, 5 if an answer didn't
arrive in time. With --json one object per number is written as answers arrive,
with the cost.

Examples:
  smsc ping 79991234567 --url sim://
  smsc ping 79991234567 79161112233 --wait 5m --json
""",
    "query": """\
Query the state of a message. No message is sent.

Usage: smsc query MESSAGE-ID [OPTIONS]

Arguments:
  MESSAGE-ID    id that the gateway gave the message

Options:
  --sender NAME    sender the message was sent with, if any
  --url URL        gateway; default: $SMSC_URL, safer for a password

The exit code is 0 if it is delivered, 1 if it is finally undelivered or the id
is unknown, 5 if the state isn't final.

Examples:
  smsc query 855469 --sender Shop
  smsc query 855469 --json
""",
    "tail": """\
Show delivery receipts (DLRs) and incoming messages until Ctrl-C. A lost
connection is restored.

Usage: smsc tail [OPTIONS]

Options:
  --receipts    show receipts only
  --incoming    show incoming messages only
  --full        show complete numbers, not masked
  --url URL     gateway; default: $SMSC_URL, safer for a password

The gateway sends each of them to one connection of the account. What is
received here, shown or not, isn't sent to another program with the same login.

Examples:
  smsc tail
  smsc tail --incoming --json | jq -r .text
""",
    "plan": """\
Show coding, parts and octets of a text, and which characters require UCS-2.
Nothing is sent.

Usage: smsc plan TEXT [OPTIONS]

Arguments:
  TEXT    text, in quotes; - reads it from standard input

Options:
  --kind KIND          sms, email, call, viber, social, telegram-code,
                       telegram-bot; default: sms
  --sender NAME        name or number of the sender, to be validated
  --comment TEXT       is sent with the text and counts towards its length;
                       not for call and telegram-code

Options of sms:
  --coding CODING      gsm, latin1 or ucs2; default: the most compact that fits
  --long-text WAY      how several parts are sent: udh, sar or payload;
                       default: udh
"""
    + _KIND_OPTIONS_EN
    + """
Examples:
  smsc plan "Your code: 4821"
  smsc plan "Don’t forget — tomorrow…" --smart
  smsc plan "Ваш код: 4821" --comment "order 17" --json
""",
    "decode": """\
Explain PDUs of SMPP, field by field. Passwords are hidden.

Usage: smsc decode HEX...

Arguments:
  HEX    hexadecimal digits; spaces, colons, commas, 0x, line breaks and the
         offsets of hexdump -C, xxd and Wireshark are accepted, and several
         PDUs in a row; - reads standard input

The exit code is 1 if there is an error in the octets.

Examples:
  smsc decode 00000010 00000015 00000000 00000001
  xxd capture.bin | smsc decode -
""",
    "bench": """\
Measure a link: throughput and latency at each window size, and the smallest
sufficient window. All messages are sent and charged.

Usage: smsc bench [URL] [OPTIONS]

Arguments:
  URL     gateway; default: $SMSC_URL. sim:// is free of charge

Options:
  --recipients FILE    numbers to send to, one per line; not needed for sim://
  --windows LIST       window sizes to measure; default: 1,2,5,10,20,50,100
  --messages N         messages measured at each window size; default: 100
  --warm-up N          unmeasured messages sent before them at each window
                       size; default: 10
  --rate N             maximum parts per second; default: 100, none for sim://
  --text TEXT          text of the messages; a number is appended
  --sender NAME        name or number of the sender
  --wait TIME          timeout of the receipts at each window size;
                       default: 10
  --html FILE          write a report with charts
  --yes                don't ask before sending

The number of messages is shown first, and nothing is sent before you confirm.

Examples:
  smsc bench sim://
  smsc bench --recipients my-numbers.txt --windows 10,50 --html report.html
""",
    "bulk": """\
Send the messages of a CSV file. The state of each row is stored in
FILE.csv.outbox: an interrupted command is resumed by running it again, and
nothing is sent twice.

Usage: smsc bulk FILE.csv [OPTIONS]

Arguments:
  FILE    a header, then one row per message; delimiter: , or ;
          columns: to,text[,sender,comment,kind,subject,voice,language,bot,
          coding]

Invalid rows and those that the gateway refuses are written with the reason to
FILE.rejected.csv; once corrected, that file can be sent.

Options:
  --encoding NAME      utf-8 (with or without BOM) or cp1251; default: utf-8
  --kind KIND          for rows without a kind: sms, email, call, viber,
                       social, telegram-code, telegram-bot; default: sms
  --sender NAME        for rows without a sender
  --url URL            gateway; default: $SMSC_URL, safer for a password
  --resend-refused     send rows again that the gateway refused
  --resend-unknown     send rows again whose outcome is unknown, while the
                       gateway refuses repeats (for about a minute)
  --may-pay-twice      with it: also later; they may be charged twice
  --dry-run            show the number of messages and parts, and the rejected
                       rows; send nothing

Examples:
  smsc bulk clients.csv --dry-run
  smsc bulk clients.csv --encoding cp1251 --sender Shop --url sim://
""",
}

_KIND_OPTIONS_RU: Final = """\
  --flash              показать сразу, не сохраняя в телефоне
  --smart              простые кавычки и тире вместо типографских, если тогда
                       не нужна UCS-2; то же, что smart_text=1 в URL

Параметры для email:
  --subject TEXT       тема письма; обязательна

Параметры для telegram-bot:
  --bot NAME           бот, на который подписан получатель; обязателен

Параметры для call:
  --voice VOICE        m, m2, m3, m4: мужской голос; w, w2, w3, w4: женский;
                       по умолчанию m3
  --language CODE      язык голоса: en, fr, de
  --call-wait SECONDS  сколько звонить, от 10 до 35; по умолчанию 22
  --call-interval SECONDS
                       пауза между попытками, от 10 до 3600; по умолчанию 20
  --call-attempts COUNT
                       число попыток, от 1 до 9; по умолчанию 5
  --param TEXT         собственный параметр шлюза вместо этих трёх
"""
_RU: Final = {
    "smsc": """\
smsc: сообщения через шлюз SMSC.ru по протоколу SMPP

Использование: smsc КОМАНДА [АРГУМЕНТЫ]
               smsc КОМАНДА --help

Команды:
  demo      отправить первое сообщение в симулятор: без аккаунта и сети
  sim       запустить симулятор и показывать принятые сообщения
  send      отправить сообщение любого типа и дождаться отчёта о доставке
  hlr       узнать, в какой сети номера и доступны ли они
  ping      проверить, доступны ли телефоны сейчас
  query     запросить состояние сообщения по его идентификатору
  tail      показывать отчёты о доставке и входящие сообщения
  plan      показать кодировку, части и октеты текста; ничего не отправляет
  decode    разобрать PDU по полям
  bulk      отправить сообщения из файла CSV, каждое один раз
  bench     измерить пропускную способность и задержки соединения

Параметры всех команд:
  --json          выводить JSON в стандартный вывод, и ничего больше
  --lang ru|en    язык; по умолчанию SMSC_LANG, LC_ALL, LC_MESSAGES или LANG
  --debug         показывать трассировку Python при ошибке
  --version       показать версию
  -h, --help      показать эту справку или справку по команде

Переменные окружения:
  SMSC_URL        шлюз: smsc://login:password@ (SMSC.ru по TLS),
                  smpp://login:password@host:2775, sim:// (симулятор)
  NO_COLOR        любое значение: без цвета

Коды возврата:
  0      успешно; отправлено и доставлено
  1      отклонено, не доставлено, недоступен; ошибка в октетах
  2      ошибка в аргументах, URL или сообщении
  3      нет соединения или логин не принят
  4      результат неизвестен: сообщение могло быть отправлено и оплачено
  5      принято, но окончательный отчёт не пришёл вовремя
  130    прервано (Ctrl-C)
""",
    "demo": """\
Отправить одноразовый код через симулятор в том же процессе и показать каждый
шаг: план, PDU, ответ и отчёт о доставке.

Использование: smsc demo

Бесплатно, аккаунт и сеть не нужны.
""",
    "sim": """\
Запустить симулятор шлюза: он принимает сообщения по SMPP, отвечает и присылает
отчёты о доставке. Сообщения видны на экране и не покидают этот компьютер.

Использование: smsc sim [ПАРАМЕТРЫ]

Параметры:
  --host HOST        адрес сервера; по умолчанию 127.0.0.1
  --port PORT        порт, 0 — любой свободный; по умолчанию 2775
  --delay TIME       время до отчёта: 0.5, 30s, 2m; по умолчанию 0.2
  --state STATE      конечное состояние сообщений: delivered, expired,
                     deleted, undeliverable, rejected; по умолчанию delivered
  --error-code CODE  код ошибки доставки в отчётах, от 0 до 999;
                     6 — телефон выключен; по умолчанию 0
  --hlr NAME=VALUE   поле ответа на HLR-запрос, можно повторять: imsi, msc,
                     mcc, mnc, country, network, roaming-country,
                     roaming-network; по умолчанию пример из документа шлюза
  --no-rules         принимать также повторы, флуд и опоздавшие части, которые
                     шлюз отклоняет или блокирует
  --full             показывать номера полностью

Примеры:
  smsc sim
  smsc sim --port 3700 --state undeliverable --error-code 6 --json
  smsc sim --hlr network=MTS --hlr roaming-country=Finland
  smsc send 79991234567 привет --url smpp://login:password@127.0.0.1:2775
""",
    "send": """\
Отправить сообщение, показать его идентификатор, дождаться отчёта о доставке.

Использование: smsc send TO TEXT [ПАРАМЕТРЫ]

Аргументы:
  TO      номер с кодом страны: 79991234567, "+7 999 123-45-67";
          с --kind email адрес не длиннее 20 символов
  TEXT    текст в кавычках; - читает его из стандартного ввода;
          с --kind telegram-code сам код, от 4 до 8 цифр

Параметры:
  --kind KIND          sms, email, call, viber, social, telegram-code,
                       telegram-bot; по умолчанию sms
  --sender NAME        имя или номер отправителя, зарегистрированный в аккаунте
  --comment TEXT       для истории аккаунта, не доставляется;
                       не для call и telegram-code
  --url URL            шлюз; по умолчанию $SMSC_URL, так безопаснее для пароля
  --wait TIME          сколько ждать отчёт: 10, 90s, 15m; по умолчанию 30
  --no-wait            не ждать отчёт
  --dry-run            показать план, ничего не отправлять

Параметры для sms:
  --coding CODING      gsm, latin1 или ucs2; по умолчанию самая компактная
  --long-text WAY      как отправлять несколько частей: udh, sar или payload;
                       по умолчанию udh
  --validity TIME      сколько шлюз пытается доставить: 90s, 15m, 2h;
                       не больше 24h
"""
    + _KIND_OPTIONS_RU
    + """
Примеры:
  smsc send 79991234567 "Код: 4821" --url sim://
  smsc send 79991234567 4821 --kind telegram-code
  smsc send 79991234567 "Ваш код: 4, 8, 2, 1" --kind call --voice w
  echo "Копия не удалась" | smsc send 79991234567 - --sender Shop --json
""",
    "hlr": """\
Узнать, в какой сети номера и доступны ли они. Абонентам ничего не приходит.

Использование: smsc hlr NUMBER... [ПАРАМЕТРЫ]

Аргументы:
  NUMBER    номер с кодом страны; несколько номеров проверяются сразу

Параметры:
  --url URL      шлюз; по умолчанию $SMSC_URL, так безопаснее для пароля
  --wait TIME    сколько ждать каждый ответ: 10, 90s, 15m; по умолчанию 30
  --full         показывать номера полностью

Код возврата 0, если доступны все, 1, если хотя бы один недоступен, 5, если
какой-то ответ не пришёл вовремя. С --json выводится объект на каждый номер, по
мере ответов, с ценой.

Примеры:
  smsc hlr 79991234567 --url sim://
  smsc hlr 79991234567 79161112233 --wait 2m --json
""",
    "ping": """\
Проверить, доступны ли телефоны сейчас, с помощью SMS, которую телефон не
показывает.

Использование: smsc ping NUMBER... [ПАРАМЕТРЫ]

Аргументы:
  NUMBER    номер с кодом страны; несколько номеров проверяются сразу

Параметры:
  --url URL      шлюз; по умолчанию $SMSC_URL, так безопаснее для пароля
  --wait TIME    сколько ждать каждый ответ: 10, 90s, 15m; по умолчанию 30
  --full         показывать номера полностью

Код возврата 0, если доступны все, 1, если хотя бы один недоступен, 5, если
какой-то ответ не пришёл вовремя. С --json выводится объект на каждый номер, по
мере ответов, с ценой.

Примеры:
  smsc ping 79991234567 --url sim://
  smsc ping 79991234567 79161112233 --wait 5m --json
""",
    "query": """\
Запросить состояние сообщения. Само сообщение не отправляется.

Использование: smsc query MESSAGE-ID [ПАРАМЕТРЫ]

Аргументы:
  MESSAGE-ID    идентификатор, который шлюз дал сообщению

Параметры:
  --sender NAME    отправитель, с которым отправлено сообщение, если он был
  --url URL        шлюз; по умолчанию $SMSC_URL, так безопаснее для пароля

Код возврата 0, если сообщение доставлено, 1, если окончательно не доставлено
или идентификатор неизвестен, 5, если состояние ещё не окончательное.

Примеры:
  smsc query 855469 --sender Shop
  smsc query 855469 --json
""",
    "tail": """\
Показывать отчёты о доставке и входящие сообщения до Ctrl-C. Потерянное
соединение восстанавливается.

Использование: smsc tail [ПАРАМЕТРЫ]

Параметры:
  --receipts    только отчёты о доставке
  --incoming    только входящие сообщения
  --full        показывать номера полностью
  --url URL     шлюз; по умолчанию $SMSC_URL, так безопаснее для пароля

Шлюз передаёт каждый отчёт и каждое сообщение одному соединению аккаунта.
Полученное здесь, даже если оно не показано, не придёт в другую программу с тем
же логином.

Примеры:
  smsc tail
  smsc tail --incoming --json | jq -r .text
""",
    "plan": """\
Показать кодировку, части и октеты текста, а также символы, из-за которых он
дороже. Ничего не отправляется.

Использование: smsc plan TEXT [ПАРАМЕТРЫ]

Аргументы:
  TEXT    текст в кавычках; - читает его из стандартного ввода

Параметры:
  --kind KIND          sms, email, call, viber, social, telegram-code,
                       telegram-bot; по умолчанию sms
  --sender NAME        имя или номер отправителя, для проверки
  --comment TEXT       передаётся вместе с текстом и занимает место;
                       не для call и telegram-code

Параметры для sms:
  --coding CODING      gsm, latin1 или ucs2; по умолчанию самая компактная
  --long-text WAY      как отправлять несколько частей: udh, sar или payload;
                       по умолчанию udh
"""
    + _KIND_OPTIONS_RU
    + """
Примеры:
  smsc plan "Your code: 4821"
  smsc plan "Don’t forget — tomorrow…" --smart
  smsc plan "Ваш код: 4821" --comment "заказ 17" --json
""",
    "decode": """\
Разобрать PDU протокола SMPP по полям. Пароли скрыты.

Использование: smsc decode HEX...

Аргументы:
  HEX    шестнадцатеричные цифры; допустимы пробелы, двоеточия, запятые, 0x,
         переводы строк, смещения hexdump -C, xxd и Wireshark и несколько PDU
         подряд; - читает стандартный ввод

Код возврата 1, если в октетах есть ошибка.

Примеры:
  smsc decode 00000010 00000015 00000000 00000001
  xxd capture.bin | smsc decode -
""",
    "bench": """\
Измерить соединение: пропускную способность и задержки при каждом размере окна
и наименьшее достаточное окно. Все сообщения отправляются и оплачиваются.

Использование: smsc bench [URL] [ПАРАМЕТРЫ]

Аргументы:
  URL     шлюз; по умолчанию $SMSC_URL. sim:// бесплатно

Параметры:
  --recipients FILE    номера получателей, по одному в строке; не для sim://
  --windows LIST       размеры окна; по умолчанию 1,2,5,10,20,50,100
  --messages N         сообщений при каждом окне; по умолчанию 100
  --warm-up N          сообщений перед измерением; по умолчанию 10
  --rate N             наибольшее число частей в секунду; по умолчанию 100,
                       для sim:// без ограничения
  --text TEXT          текст сообщений; в конец добавляется число
  --sender NAME        имя или номер отправителя
  --wait TIME          сколько ждать отчёты при каждом окне; по умолчанию 10
  --html FILE          записать отчёт с графиками
  --yes                не спрашивать перед отправкой

Сначала показывается число сообщений; без согласия ничего не отправляется.

Примеры:
  smsc bench sim://
  smsc bench --recipients my-numbers.txt --windows 10,50 --html report.html
""",
    "bulk": """\
Отправить сообщения из файла CSV. Состояние каждой строки хранится в
FILE.csv.outbox: если отправка прервалась, запустите команду снова, она
отправит остаток; дважды ничего не отправляется.

Использование: smsc bulk FILE.csv [ПАРАМЕТРЫ]

Аргументы:
  FILE    заголовок, затем по строке на сообщение; разделитель , или ;
          столбцы: to,text[,sender,comment,kind,subject,voice,language,bot,
          coding]

Недопустимые строки и строки, отклонённые шлюзом, записываются с причиной в
FILE.rejected.csv; исправленный файл можно отправить.

Параметры:
  --encoding NAME      utf-8 (с BOM и без) или cp1251; по умолчанию utf-8
  --kind KIND          тип для строк без типа: sms, email, call, viber,
                       social, telegram-code, telegram-bot; по умолчанию sms
  --sender NAME        отправитель для строк без отправителя
  --url URL            шлюз; по умолчанию $SMSC_URL, так безопаснее для пароля
  --resend-refused     отправить ещё раз строки, отклонённые шлюзом
  --resend-unknown     отправить ещё раз строки с неизвестным результатом, пока
                       шлюз не принимает повторов (минута от первой попытки)
  --may-pay-twice      вместе с ним: и позже; возможна двойная оплата
  --dry-run            показать число сообщений и частей и отклонённые строки;
                       ничего не отправлять

Примеры:
  smsc bulk clients.csv --dry-run
  smsc bulk clients.csv --encoding cp1251 --sender Shop --url sim://
""",
}

PAGES: Final[dict[Language, dict[str, str]]] = {"en": _EN, "ru": _RU}
