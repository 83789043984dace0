"""Texts of the command line in English and Russian.

Rule: both languages have the same keys, and all texts for the user are here, except for the help
pages in `help_pages`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["en", "ru"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ru")
_VARIABLES = ("SMSC_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def environment_language(environ: Mapping[str, str] | None = None) -> Language:
    """Return the language set in the environment: Russian, or English for any other."""
    variables = os.environ if environ is None else environ
    locale = next((value for name in _VARIABLES if (value := variables.get(name))), "")
    return "ru" if locale.lower().startswith("ru") else "en"


class Translator:
    """The texts of one language.

    Args:
        language: One of `LANGUAGES`.
    """

    __slots__ = ("_texts", "language")

    def __init__(self, language: Language) -> None:
        self.language = language
        self._texts = TEXTS[language]

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of *key* with its placeholders filled from *values*."""
        return self._texts[key].format(**values)

    def count(self, key: str, number: int) -> str:
        """Return *number* with the noun of *key*: "1 part", "3 parts", "5 частей"."""
        forms = self._texts[key].split("|")
        return f"{number} {forms[_form(self.language, number)]}"


def _form(language: Language, number: int) -> int:
    """Return the index of the plural form: Russian has three, English two."""
    if language == "en":
        return int(number != 1)
    if number % 10 == 1 and number % 100 != 11:
        return 0
    return 1 if 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14 else 2


def parse_language(value: str) -> Language | None:
    """Return *value* if it is a supported language, else None."""
    return next((language for language in LANGUAGES if language == value), None)


_EN: Final[dict[str, str]] = {
    "no_extra": (
        "smsc: the command line needs the package {missing}, which isn't installed\n"
        "      nothing was sent\n"
        "      install it: pip install 'smsc-async[cli]'"
    ),
    # The answers of every failure.
    "failed": "error",
    "detail": "detail",
    "outcome": "sent?",
    "do": "to do",
    "outcome.not_sent": "no: nothing was sent and nothing is charged",
    "outcome.refused": "no: the gateway refused it; refused messages aren't charged",
    "outcome.unknown": "unknown: the message may have been accepted, delivered and charged",
    "outcome.accepted": "yes: accepted as {ids}",
    "outcome.some": "partly: accepted as {ids}, these are charged",
    # Usage errors.
    "use.unknown_command": "unknown command {name!r}",
    "use.unknown_command.near": "unknown command {name!r}; did you mean {near!r}?",
    "use.no_command": "a command is needed",
    "use.unknown_option": "unknown option {name}",
    "use.unknown_option.near": "unknown option {name}; did you mean {near}?",
    "use.dash": "an argument begins with '-' but isn't an option",
    "use.missing": "{name} is missing",
    "use.value": "{name} doesn't accept {value!r}",
    "use.whole": "{name}: a whole number is needed, got {value!r}",
    "use.number": "{name}: a number is needed, got {value!r}",
    "use.choices": "{name}: one of {choices} is needed, got {value!r}",
    "use.too_many": "unexpected arguments: {count}; put a text with spaces in quotes",
    "use.wrong": "invalid arguments",
    "use.duration": "{name}: a duration like 90, 90s, 15m, 2h is needed, got {value!r}",
    "use.language": "--lang accepts ru or en, got {value!r}",
    "use.not_of_kind": "{name} can't be used with --kind {kind}, only with {kinds}",
    "use.kind_needs": "--kind {kind} requires {name}",
    "use.no_number": "argument {place} isn't a valid phone number",
    "use.no_query": "invalid message id or sender",
    "use.pair": "{name}: NAME=VALUE is needed, where NAME is one of {choices}",
    "use.range": "{name}: a whole number {least} to {most} is needed, got {value}",
    "use.param": "{name} and --param can't be combined: --param contains all settings of a call",
    "use.do": "see: {command} --help",
    "use.dash.do": "write --text=\"-…\" for a text that begins with '-'; see: {command} --help",
    # Errors of the library, by class: what happened, and what to do.
    "InvalidMessageError": "the message is invalid",
    "InvalidMessageError.do": (
        "correct it ({field}) and try again; `smsc plan` checks without sending"
    ),
    "ConfigError": "the settings are invalid",
    "ConfigError.do": "check the URL: smpp://login:password@host:2775, or sim:// for the simulator",
    "no_url": "there is no gateway to connect to: SMSC_URL isn't set",
    "no_url.do": (
        "export SMSC_URL='smsc://login:password@', or add --url; --url sim:// needs no account"
    ),
    "ConnectFailedError": "no connection to the gateway",
    "ConnectFailedError.do": (
        "check host and port in the URL, and that the account permits this machine's address"
    ),
    "BindRefusedError": "the gateway refused the login",
    "BindRefusedError.do": (
        "check login and password (SMPP has its own) and that SMPP is enabled in the account"
    ),
    "LinkError": "the connection to the gateway was lost",
    "LinkError.do": "try again; if it happens again, check the network and the gateway",
    "HeldByRuleError": "not sent: the gateway would refuse it now",
    "HeldByRuleError.do": "send it again in {seconds} s",
    "SubmitRefusedError": "the gateway refused the message",
    "SubmitRefusedError.do": (
        "look up the status; frequent causes are the sender, the balance and limits"
    ),
    "ThrottledError": "the gateway limits the rate",
    "ThrottledError.do": "wait a little, then send more slowly",
    "ResponseTimeoutError": "the gateway didn't respond",
    "ResponseTimeoutError.do": (
        "check the history of the account before sending again: the message may be charged twice"
    ),
    "SubmitInterruptedError": "the connection was lost while sending",
    "SubmitInterruptedError.do": (
        "if it may have been sent, check the history of the account first; if not, send it again"
    ),
    "PartsOverdueError": "some parts weren't sent within the gateway's minute",
    "PartsOverdueError.do": (
        "use a faster connection or a shorter text; the operator may drop the accepted parts"
    ),
    "SendError": "sending failed",
    "SendError.do": "check the history of the account before sending again",
    "ReceiptTimeoutError": "no final receipt arrived in time",
    "ReceiptTimeoutError.do": (
        "the phone may be off: wait longer (--wait), or query the message by its id"
    ),
    "RequestRefusedError": "the gateway refused the request",
    "RequestRefusedError.do": (
        "check the id, and give the --sender the message was sent with; old ids are deleted"
    ),
    "RequestTimeoutError": "the gateway didn't respond",
    "RequestTimeoutError.do": "try again a little later; that is safe",
    "ProtocolError": "invalid data on the connection",
    "ProtocolError.do": "is it an SMPP port, with TLS where needed? compare smpp:// and smpps://",
    "interrupted": "interrupted",
    "interrupted.do": "nothing more will be sent",
    "unexpected": "unexpected error: {kind}",
    "unexpected.do": "run it again with --debug and report the output",
    "address_in_use": "port {port} of {host} is in use",
    "address_in_use.do": (
        "use another one: smsc sim --port {other}, or stop the program that uses it"
    ),
    "no_port": "invalid port {port}; ports are 0 to 65535",
    "cannot_listen": "can't listen on {host}:{port}: {reason}",
    "cannot_listen.do": "use another address: smsc sim --host 127.0.0.1 --port 2775",
    "no_text": "standard input is empty",
    "no_text.do": "pipe a text: echo hello | smsc send 79991234567 -",
    "bad_bytes": "standard input isn't UTF-8 text",
    "bad_bytes.do": "convert it: iconv -f cp1251 -t utf-8",
    "no_hex": "no octets were given",
    "no_hex.do": "smsc decode 00000010 00000015 00000000 00000001, or `-` for standard input",
    "bad_hex": "{found} at character {position} isn't a hexadecimal digit",
    "bad_hex.do": "write two digits an octet; spaces, colons, commas, 0x and offsets are accepted",
    "odd_hex": "an odd number of hexadecimal digits: {digits}",
    "odd_hex.do": "a digit is missing or extra; copy the octets again",
    "gap_hex": "octets are missing: the dump goes from 0x{have:04x} to 0x{offset:04x}",
    "gap_hex.do": "copy the whole dump; the octets of hidden passwords are missing in it",
    # Nouns.
    "parts": "part|parts",
    "octets": "octet|octets",
    "characters": "character|characters",
    "messages": "message|messages",
    "pdus": "PDU|PDUs",
    "receipts": "receipt|receipts",
    "gsm_units": "septet|septets",
    "latin1_units": "octet|octets",
    "ucs2_units": "unit of 16 bits|units of 16 bits",
    "letters": "Cyrillic letter|Cyrillic letters",
    "others": "other character|other characters",
    # A plan.
    "plan": "Plan",
    "coding": "coding",
    "coding.0": "GSM 7-bit",
    "coding.1": "ISO-8859-1",
    "coding.2": "UCS-2",
    "why": "reason",
    "why.gsm": "all characters are in the GSM alphabet",
    "why.asked": "set by --coding",
    "why.forced": "{letters} outside the GSM alphabet",
    "why.smart": "typographic signs are replaced by plain ones",
    "why.markup": "other kinds than SMS are sent as markup, which is unambiguous in UCS-2",
    "charged": "charged",
    "goes_as": "sent as",
    "size": "size",
    "size.of": "{units}, {octets}",
    "part": "part {number}",
    "used": "{used} of {capacity} octets, {room} left",
    "travels": "splitting",
    "travels.udh": "by the client; each part has a UDH",
    "travels.sar": "by the client; parts have sar_* TLVs",
    "travels.payload": "by the gateway; the text is sent in message_payload",
    "forcing": "Characters that force UCS-2",
    "character": "character",
    "code_point": "code point",
    "name": "name",
    "in_gsm": "in GSM",
    "no_gsm": "none",
    "lookalike": "{replacement} (Latin)",
    "instead": "With the replacements: GSM 7-bit, {parts} instead of {now}.",
    "same_parts": "With the replacements: GSM 7-bit, still {parts}.",
    "smart.would": (
        "With plain signs (--smart, or smart_text=1 in the URL): {parts} instead of {now}."
    ),
    "smart.saves": "Without --smart: {parts}.",
    "smart.same": "Without --smart: UCS-2, also {parts}.",
    "smart.nothing": "--smart makes no difference here.",
    "nothing_sent": "Nothing was sent.",
    # Sending.
    "connecting": "connecting …",
    "waiting": "accepted, waiting for the receipt …",
    "accepted": "accepted",
    "accepted.as": "{ids}, {parts}, {seconds} s",
    "receipt": "receipt",
    "receipt.after": "{state} after {seconds} s",
    "receipt.error": "{code}: {explained}",
    "cause": "cause",
    "undelivered.do": "the state is final: the gateway doesn't try again",
    # Lookups.
    "asking": "sent, waiting for the answers …",
    "number": "number",
    "reachable": "reachable",
    "reachable.yes": "yes",
    "reachable.no": "no",
    "reachable.unknown": "unknown",
    "reachable.of": "{reachable} of {total} reachable",
    "unanswered": "no answer yet",
    "state": "state",
    "took": "time",
    "seconds": "s",
    "details": "details",
    "hlr.imsi": "IMSI",
    "hlr.msc": "MSC",
    "hlr.mcc": "MCC",
    "hlr.mnc": "MNC",
    "hlr.country": "country",
    "hlr.network": "network",
    "hlr.roaming_country": "roaming in",
    "hlr.roaming_network": "roaming network",
    # Queries, receipts and incoming messages.
    "final_at": "final since",
    "not_final.do": "the state isn't final yet: query it again later",
    "tail.listening": "Receipts and incoming messages from",
    "tail.stop": "Stop with Ctrl-C. Items received here don't reach any other program.",
    "tail.columns.time": "time",
    "tail.columns.kind": "kind",
    "tail.columns.from": "from",
    "tail.columns.to": "to",
    "tail.columns.what": "state and id, or text",
    "tail.receipt": "receipt",
    "tail.incoming": "incoming",
    "tail.parts": "({parts} of {total} parts)",
    "tail.down": "connection lost: {reason}; reconnecting",
    "tail.retry": "no connection: {reason}; next attempt in {seconds} s",
    "tail.up": "connected again: {host}",
    "tail.summary": "{counted} in {seconds} s",
    # The simulator.
    "sim.listening": "The simulator of the gateway listens on",
    "sim.try": "Try it from another terminal:",
    "sim.stop": "Stop with Ctrl-C. Texts are shown here, and no message leaves this machine.",
    "sim.columns.time": "time",
    "sim.columns.from": "from",
    "sim.columns.to": "to",
    "sim.columns.kind": "kind",
    "sim.columns.parts": "parts",
    "sim.columns.text": "text",
    "sim.summary": "{messages}, {parts} in {seconds} s",
    # The demonstration.
    "demo.title": "A one-time code through the embedded simulator",
    "demo.message": "Message",
    "demo.from": "from",
    "demo.to": "to",
    "demo.text": "text",
    "demo.wire": "Sent: {command}, {octets}",
    "demo.answer": "Answer",
    "demo.took": "total",
    "demo.took.of": "{seconds} s from send() to the receipt, over SMPP on {where}",
    "demo.next": "Next steps",
    "demo.next.python": "Python",
    "demo.next.shell": "terminal",
    "demo.next.account": (
        "For a real account, register at SMSC.ru, enable SMPP and set a password for it;"
        " the URL is then smsc://login:password@"
    ),
    # Measurement of a link.
    "bench.cost": "This will send {messages}, {parts}, through {where}. All of them are charged.",
    "bench.takes": "At {rate} parts a second it takes at least {seconds} s.",
    "bench.free": "This will send {messages}, {parts}, to the simulator, free of charge.",
    "bench.ask": "Send them? yes/no:",
    "bench.needs_yes": "sending {messages}, {parts}, needs your consent",
    "bench.needs_yes.do": "add --yes, or try it free of charge: smsc bench sim://",
    "bench.declined": "cancelled by you",
    "bench.declined.do": "fewer --messages or --windows cost less; smsc bench sim:// is free",
    "bench.no_recipients": "recipients are needed: for a real gateway no numbers are invented",
    "bench.no_recipients.do": (
        "write your own test numbers, one a line, to a file: --recipients FILE"
    ),
    "bench.too_few": (
        "{total} messages to {given} numbers break the flood limit; {needed} numbers are needed"
    ),
    "bench.too_few.do": "add numbers, or send fewer messages: --messages, --warm-up, --windows",
    "bench.too_many": "{total} messages are too many; the maximum is {most}",
    "bench.too_many.do": "send fewer messages: --messages, --warm-up, --windows",
    "bench.bad_number": "line {line} of {file} isn't a phone number",
    "bench.bad_number.do": "write one number a line, with the country code: 79991234567",
    "bench.no_file": "can't use {file}: {reason}",
    "bench.no_file.do": "use another file",
    "bench.at": "window {window}: {answered} of {count}",
    "bench.columns.window": "window",
    "bench.columns.rate": "msg/s",
    "bench.columns.p50": "p50, ms",
    "bench.columns.p95": "p95, ms",
    "bench.columns.p99": "p99, ms",
    "bench.columns.cpu": "CPU, us",
    "bench.columns.receipts": "receipt, s",
    "bench.columns.failed": "failed",
    "bench.enough": (
        "Window {window} is sufficient: {rate} messages a second; a larger one hardly helps."
    ),
    "bench.largest": (
        "The largest window, {window}, is the fastest: {rate} messages a second; try larger ones."
    ),
    "bench.paced": "The rate limit of {rate} parts a second is the bottleneck, not the link.",
    "bench.nothing": "No message was accepted.",
    "bench.failed": "{times} x {what}.",
    "bench.stopped": "Stopped early; accepted so far: {messages}.",
    "bench.simulated": "The simulator runs in the same process, so the figures include its work.",
    "bench.title": "Link measurement",
    "bench.rate": "Messages a second",
    "bench.latency": "Time to the response",
    "bench.ms": "milliseconds",
    "bench.figures": "Figures",
    # PDUs.
    "decode.octet": "at",
    "decode.octets": "octets",
    "decode.field": "field",
    "decode.meaning": "meaning",
    "decode.fine": "{pdus}, {octets}, no errors",
    "decode.broken": "{pdus}, {octets}, error at 0x{offset:04x}: {note}",
    # Messages of a file.
    "outcome.bulk": "perhaps in part: the .outbox file has the state of each row",
    "bulk.sending": "sending",
    "bulk.progress": "{done} of {total}",
    "bulk.row": "row {number}: {reason}",
    "bulk.row.unknown": "row {number} to {to}: unknown, may have been sent",
    "bulk.fields": "{found} values, the header has {needed}",
    "bulk.messages": "messages",
    "bulk.parts": "parts",
    "bulk.rejected": "rejected",
    "bulk.rejected.in": "{count}, see {name} for the reasons",
    "bulk.unknown": "unknown",
    "bulk.unknown.do": (
        "check the history of the account; --resend-unknown sends them again, and they"
        " may be charged twice"
    ),
    "bulk.accepted": "{count}, in parts: {parts}",
    "bulk.stdin": "a file is needed: the .outbox file is stored next to it",
    "bulk.cannot_read": "can't read {name}: {reason}",
    "bulk.cannot_read.do": "check the path: smsc bulk FILE.csv",
    "bulk.cannot_write": "can't write {name}: {reason}",
    "bulk.cannot_write.do": "free some space and run the command again; nothing is sent twice",
    "bulk.encoding": "the file isn't in UTF-8 or the given encoding (byte {position})",
    "bulk.encoding.do": "for a file from Excel: --encoding cp1251",
    "bulk.broken": "the file isn't valid CSV, line {number}: {reason}",
    "bulk.broken.do": (
        "put a text with quotes or line breaks in quotes, and double the quotes inside"
    ),
    "bulk.no_column": "the header has no column {name}",
    "bulk.unknown_column": "the header has an unknown column",
    "bulk.unknown_column.near": "the header has an unknown column; did you mean {name}?",
    "bulk.twice": "the header has {name} twice",
    "bulk.header.do": "the first line must name the columns; known are: {columns}",
    "bulk.outbox": "the .outbox file next to the CSV file can't be used",
    "bulk.outbox.do": "fix the problem and run the command again: nothing is sent twice",
    "bulk.interrupted.do": "run the command again: it sends the rest, and nothing twice",
}

_RU: Final[dict[str, str]] = {
    "no_extra": (
        "smsc: для командной строки нужен пакет {missing}, он не установлен\n"
        "      ничего не отправлено\n"
        "      установите его: pip install 'smsc-async[cli]'"
    ),
    "failed": "ошибка",
    "detail": "подробнее",
    "outcome": "отправлено?",
    "do": "что делать",
    "outcome.not_sent": "нет: ничего не отправлено и не оплачено",
    "outcome.refused": "нет: шлюз отклонил сообщение; отклонённые не оплачиваются",
    "outcome.unknown": "неизвестно: сообщение могло быть принято, доставлено и оплачено",
    "outcome.accepted": "да: принято, идентификатор {ids}",
    "outcome.some": "частично: приняты и оплачены {ids}",
    "use.unknown_command": "неизвестная команда {name!r}",
    "use.unknown_command.near": "неизвестная команда {name!r}; возможно, имелась в виду {near!r}?",
    "use.no_command": "не указана команда",
    "use.unknown_option": "неизвестный параметр {name}",
    "use.unknown_option.near": "неизвестный параметр {name}; возможно, имелся в виду {near}?",
    "use.dash": "аргумент начинается с «-», но это не параметр",
    "use.missing": "не указан {name}",
    "use.value": "{name} не принимает {value!r}",
    "use.whole": "{name}: нужно целое число, получено {value!r}",
    "use.number": "{name}: нужно число, получено {value!r}",
    "use.choices": "{name}: допустимые значения: {choices}; получено {value!r}",
    "use.too_many": "лишних аргументов: {count}; текст с пробелами заключите в кавычки",
    "use.wrong": "недопустимые аргументы",
    "use.duration": "{name}: нужна длительность, например 90, 90s, 15m, 2h; получено {value!r}",
    "use.language": "--lang принимает ru или en, получено {value!r}",
    "use.not_of_kind": "{name} не сочетается с --kind {kind}, только с {kinds}",
    "use.kind_needs": "для --kind {kind} нужен параметр {name}",
    "use.no_number": "аргумент {place} — не номер телефона",
    "use.no_query": "недопустимый идентификатор сообщения или отправитель",
    "use.pair": "{name}: нужно NAME=VALUE, где NAME — одно из {choices}",
    "use.range": "{name}: нужно целое число от {least} до {most}, получено {value}",
    "use.param": "{name} и --param не сочетаются: --param задаёт все настройки звонка",
    "use.do": "справка: {command} --help",
    "use.dash.do": (
        'для текста, который начинается с «-», есть --text="-…"; справка: {command} --help'
    ),
    "InvalidMessageError": "недопустимое сообщение",
    "InvalidMessageError.do": (
        "исправьте его ({field}) и повторите; `smsc plan` проверяет без отправки"
    ),
    "ConfigError": "недопустимые настройки",
    "ConfigError.do": "проверьте URL: smpp://login:password@host:2775 или sim:// для симулятора",
    "no_url": "не указан шлюз: переменная SMSC_URL не задана",
    "no_url.do": (
        "export SMSC_URL='smsc://login:password@' или --url; без аккаунта работает --url sim://"
    ),
    "ConnectFailedError": "не удалось соединиться со шлюзом",
    "ConnectFailedError.do": (
        "проверьте адрес и порт в URL и разрешён ли в аккаунте адрес этого компьютера"
    ),
    "BindRefusedError": "шлюз не принял логин и пароль",
    "BindRefusedError.do": (
        "проверьте логин и пароль (для SMPP он отдельный) и включён ли SMPP в аккаунте"
    ),
    "LinkError": "соединение со шлюзом потеряно",
    "LinkError.do": "повторите; если не поможет, проверьте сеть и шлюз",
    "HeldByRuleError": "не отправлено: сейчас шлюз отклонит это сообщение",
    "HeldByRuleError.do": "отправьте через {seconds} с",
    "SubmitRefusedError": "шлюз отклонил сообщение",
    "SubmitRefusedError.do": (
        "посмотрите код; обычно дело в имени отправителя, балансе или ограничениях"
    ),
    "ThrottledError": "шлюз ограничивает скорость",
    "ThrottledError.do": "подождите и отправляйте медленнее",
    "ResponseTimeoutError": "шлюз не ответил",
    "ResponseTimeoutError.do": (
        "прежде чем отправлять снова, проверьте историю аккаунта: возможна двойная оплата"
    ),
    "SubmitInterruptedError": "соединение прервалось во время отправки",
    "SubmitInterruptedError.do": (
        "если сообщение могло быть отправлено, сначала проверьте историю аккаунта; если"
        " нет, повторите"
    ),
    "PartsOverdueError": "часть сообщения не успела уйти за минуту, отведённую шлюзом",
    "PartsOverdueError.do": (
        "нужно более быстрое соединение или текст короче; принятые части оператор может отбросить"
    ),
    "SendError": "не удалось отправить",
    "SendError.do": "прежде чем отправлять снова, проверьте историю аккаунта",
    "ReceiptTimeoutError": "окончательный отчёт о доставке не пришёл вовремя",
    "ReceiptTimeoutError.do": (
        "возможно, телефон выключен: ждите дольше (--wait) или запросите состояние по"
        " идентификатору"
    ),
    "RequestRefusedError": "шлюз отклонил запрос",
    "RequestRefusedError.do": (
        "проверьте идентификатор и --sender, с которым отправлено сообщение; старые удаляются"
    ),
    "RequestTimeoutError": "шлюз не ответил",
    "RequestTimeoutError.do": "повторите чуть позже, это безопасно",
    "ProtocolError": "в соединении недопустимые данные",
    "ProtocolError.do": "это точно порт SMPP, и нужен ли TLS? сравните smpp:// и smpps://",
    "interrupted": "прервано",
    "interrupted.do": "больше ничего не будет отправлено",
    "unexpected": "непредвиденная ошибка: {kind}",
    "unexpected.do": "повторите с --debug и сообщите нам вывод",
    "address_in_use": "порт {port} на {host} занят",
    "address_in_use.do": (
        "укажите другой: smsc sim --port {other}, или остановите программу, которая его занимает"
    ),
    "no_port": "недопустимый порт {port}; порты от 0 до 65535",
    "cannot_listen": "не удалось открыть {host}:{port}: {reason}",
    "cannot_listen.do": "укажите другой адрес: smsc sim --host 127.0.0.1 --port 2775",
    "no_text": "стандартный ввод пуст",
    "no_text.do": "передайте текст: echo привет | smsc send 79991234567 -",
    "bad_bytes": "на стандартном вводе не текст в UTF-8",
    "bad_bytes.do": "перекодируйте: iconv -f cp1251 -t utf-8",
    "no_hex": "не указаны октеты",
    "no_hex.do": "smsc decode 00000010 00000015 00000000 00000001 или `-` для стандартного ввода",
    "bad_hex": "{found} на позиции {position} — не шестнадцатеричная цифра",
    "bad_hex.do": "октет — две цифры; допустимы пробелы, двоеточия, запятые, 0x и смещения",
    "odd_hex": "нечётное число шестнадцатеричных цифр: {digits}",
    "odd_hex.do": "одной цифры не хватает или одна лишняя; скопируйте октеты заново",
    "gap_hex": "не хватает октетов: дамп переходит с 0x{have:04x} на 0x{offset:04x}",
    "gap_hex.do": "скопируйте дамп целиком; октетов скрытого пароля в нём нет",
    "parts": "часть|части|частей",
    "octets": "октет|октета|октетов",
    "characters": "символ|символа|символов",
    "messages": "сообщение|сообщения|сообщений",
    "pdus": "PDU|PDU|PDU",
    "receipts": "отчёт|отчёта|отчётов",
    "gsm_units": "септет|септета|септетов",
    "latin1_units": "октет|октета|октетов",
    "ucs2_units": "единица по 16 бит|единицы по 16 бит|единиц по 16 бит",
    "letters": "русская буква|русские буквы|русских букв",
    "others": "другой символ|других символа|других символов",
    "plan": "План",
    "coding": "кодировка",
    "coding.0": "GSM, 7 бит",
    "coding.1": "ISO-8859-1",
    "coding.2": "UCS-2",
    "why": "причина",
    "why.gsm": "все символы есть в алфавите GSM",
    "why.asked": "задано параметром --coding",
    "why.forced": "{letters} нет в алфавите GSM",
    "why.smart": "типографские знаки заменены простыми",
    "why.markup": "всё, кроме SMS, отправляется как разметка, в UCS-2 она однозначна",
    "charged": "к оплате",
    "goes_as": "отправится",
    "size": "размер",
    "size.of": "{units}, {octets}",
    "part": "часть {number}",
    "used": "занято октетов: {used} из {capacity}, свободно {room}",
    "travels": "деление",
    "travels.udh": "клиентом; у каждой части есть UDH",
    "travels.sar": "клиентом; у частей есть TLV sar_*",
    "travels.payload": "шлюзом; текст передаётся целиком в message_payload",
    "forcing": "Символы, из-за которых нужна UCS-2",
    "character": "символ",
    "code_point": "код",
    "name": "название",
    "in_gsm": "в GSM",
    "no_gsm": "нет",
    "lookalike": "{replacement} (латинская)",
    "instead": "С заменами: GSM, 7 бит, {parts} вместо {now}.",
    "same_parts": "С заменами: GSM, 7 бит, по-прежнему {parts}.",
    "smart.would": "С простыми знаками (--smart или smart_text=1 в URL): {parts} вместо {now}.",
    "smart.saves": "Без --smart: {parts}.",
    "smart.same": "Без --smart: UCS-2, тоже {parts}.",
    "smart.nothing": "--smart здесь ничего не меняет.",
    "nothing_sent": "Ничего не отправлено.",
    "connecting": "соединение …",
    "waiting": "принято, ожидание отчёта о доставке …",
    "accepted": "принято",
    "accepted.as": "{ids}, {parts}, {seconds} с",
    "receipt": "отчёт",
    "receipt.after": "{state} через {seconds} с",
    "receipt.error": "{code}: {explained}",
    "cause": "причина",
    "undelivered.do": "состояние окончательное: шлюз больше не пытается доставить",
    "asking": "отправлено, ожидание ответов …",
    "number": "номер",
    "reachable": "доступен",
    "reachable.yes": "да",
    "reachable.no": "нет",
    "reachable.unknown": "неизвестно",
    "reachable.of": "доступны {reachable} из {total}",
    "unanswered": "ответа пока нет",
    "state": "состояние",
    "took": "время",
    "seconds": "с",
    "details": "подробности",
    "hlr.imsi": "IMSI",
    "hlr.msc": "MSC",
    "hlr.mcc": "MCC",
    "hlr.mnc": "MNC",
    "hlr.country": "страна",
    "hlr.network": "оператор",
    "hlr.roaming_country": "страна роуминга",
    "hlr.roaming_network": "оператор в роуминге",
    "final_at": "окончательно с",
    "not_final.do": "состояние ещё не окончательное: повторите запрос позже",
    "tail.listening": "Отчёты о доставке и входящие сообщения с",
    "tail.stop": "Остановка: Ctrl-C. Полученное здесь не придёт в другие программы.",
    "tail.columns.time": "время",
    "tail.columns.kind": "тип",
    "tail.columns.from": "от",
    "tail.columns.to": "кому",
    "tail.columns.what": "состояние и идентификатор или текст",
    "tail.receipt": "отчёт",
    "tail.incoming": "входящее",
    "tail.parts": "({parts} из {total} частей)",
    "tail.down": "соединение потеряно: {reason}; восстанавливается",
    "tail.retry": "нет соединения: {reason}; следующая попытка через {seconds} с",
    "tail.up": "соединение восстановлено: {host}",
    "tail.summary": "{counted} за {seconds} с",
    "sim.listening": "Симулятор шлюза принимает соединения на",
    "sim.try": "Попробуйте в другом терминале:",
    "sim.stop": "Остановка: Ctrl-C. Тексты видны здесь; сообщения не покидают этот компьютер.",
    "sim.columns.time": "время",
    "sim.columns.from": "от",
    "sim.columns.to": "кому",
    "sim.columns.kind": "тип",
    "sim.columns.parts": "части",
    "sim.columns.text": "текст",
    "sim.summary": "{messages}, {parts} за {seconds} с",
    "demo.title": "Одноразовый код через встроенный симулятор",
    "demo.message": "Сообщение",
    "demo.from": "от",
    "demo.to": "кому",
    "demo.text": "текст",
    "demo.wire": "Отправлено: {command}, {octets}",
    "demo.answer": "Ответ",
    "demo.took": "всего",
    "demo.took.of": "{seconds} с от send() до отчёта о доставке, по SMPP на {where}",
    "demo.next": "Что дальше",
    "demo.next.python": "Python",
    "demo.next.shell": "терминал",
    "demo.next.account": (
        "Для работы со шлюзом зарегистрируйтесь на SMSC.ru, включите SMPP и задайте для"
        " него пароль; URL будет smsc://login:password@"
    ),
    "bench.cost": "Будет отправлено: {messages}, {parts}, через {where}. Все они платные.",
    "bench.takes": "При {rate} частей в секунду это займёт не меньше {seconds} с.",
    "bench.free": "Будет отправлено: {messages}, {parts}, в симулятор. Это бесплатно.",
    "bench.ask": "Отправить? да/нет:",
    "bench.needs_yes": "нужно ваше согласие на отправку: {messages}, {parts}",
    "bench.needs_yes.do": "добавьте --yes или попробуйте бесплатно: smsc bench sim://",
    "bench.declined": "отменено вами",
    "bench.declined.do": (
        "чем меньше --messages и --windows, тем дешевле; smsc bench sim:// бесплатно"
    ),
    "bench.no_recipients": "нужны получатели: для настоящего шлюза номера не выдумываются",
    "bench.no_recipients.do": (
        "запишите свои тестовые номера в файл, по одному в строке: --recipients FILE"
    ),
    "bench.too_few": (
        "{total} сообщений на {given} номеров нарушат ограничение флуда; номеров нужно {needed}"
    ),
    "bench.too_few.do": (
        "добавьте номера или уменьшите число сообщений: --messages, --warm-up, --windows"
    ),
    "bench.too_many": "{total} сообщений — слишком много; наибольшее число {most}",
    "bench.too_many.do": "уменьшите число сообщений: --messages, --warm-up, --windows",
    "bench.bad_number": "строка {line} в {file} — не номер телефона",
    "bench.bad_number.do": "по одному номеру в строке, с кодом страны: 79991234567",
    "bench.no_file": "не удалось использовать {file}: {reason}",
    "bench.no_file.do": "укажите другой файл",
    "bench.at": "окно {window}: {answered} из {count}",
    "bench.columns.window": "окно",
    "bench.columns.rate": "сообщ./с",
    "bench.columns.p50": "p50, мс",
    "bench.columns.p95": "p95, мс",
    "bench.columns.p99": "p99, мс",
    "bench.columns.cpu": "CPU, мкс",
    "bench.columns.receipts": "отчёт, с",
    "bench.columns.failed": "ошибок",
    "bench.enough": (
        "Окна {window} достаточно: {rate} сообщений в секунду; большее почти не помогает."
    ),
    "bench.largest": (
        "Самое большое окно, {window}, самое быстрое: {rate} сообщений в секунду;"
        " попробуйте больше."
    ),
    "bench.paced": "Скорость сдерживает ограничение {rate} частей в секунду, а не соединение.",
    "bench.nothing": "Ни одно сообщение не принято.",
    "bench.failed": "{times} x {what}.",
    "bench.stopped": "Остановлено досрочно; принято к этому времени: {messages}.",
    "bench.simulated": (
        "Симулятор работает в том же процессе, поэтому результаты включают и его работу."
    ),
    "bench.title": "Измерение соединения",
    "bench.rate": "Сообщений в секунду",
    "bench.latency": "Время до ответа",
    "bench.ms": "миллисекунды",
    "bench.figures": "Результаты",
    "decode.octet": "адрес",
    "decode.octets": "октеты",
    "decode.field": "поле",
    "decode.meaning": "значение",
    "decode.fine": "{pdus}, {octets}, ошибок нет",
    "decode.broken": "{pdus}, {octets}, ошибка по смещению 0x{offset:04x}: {note}",
    "outcome.bulk": "возможно, частично: состояние каждой строки записано в файле .outbox",
    "bulk.sending": "отправка",
    "bulk.progress": "{done} из {total}",
    "bulk.row": "строка {number}: {reason}",
    "bulk.row.unknown": "строка {number}, {to}: неизвестно, могло быть отправлено",
    "bulk.fields": "значений {found}, а столбцов {needed}",
    "bulk.messages": "сообщения",
    "bulk.parts": "части",
    "bulk.rejected": "отклонено",
    "bulk.rejected.in": "{count}, причины в файле {name}",
    "bulk.unknown": "неизвестно",
    "bulk.unknown.do": (
        "проверьте историю аккаунта; --resend-unknown отправит их ещё раз, возможна двойная оплата"
    ),
    "bulk.accepted": "{count}, частей: {parts}",
    "bulk.stdin": "нужен файл: рядом с ним хранится .outbox",
    "bulk.cannot_read": "не удалось прочитать {name}: {reason}",
    "bulk.cannot_read.do": "проверьте путь: smsc bulk FILE.csv",
    "bulk.cannot_write": "не удалось записать {name}: {reason}",
    "bulk.cannot_write.do": (
        "освободите место и запустите команду снова; дважды ничего не отправится"
    ),
    "bulk.encoding": "файл не в UTF-8 или не в указанной кодировке (байт {position})",
    "bulk.encoding.do": "для файла из Excel: --encoding cp1251",
    "bulk.broken": "недопустимый CSV, строка {number}: {reason}",
    "bulk.broken.do": (
        "текст с кавычками или переводами строк заключите в кавычки, внутри удвойте их"
    ),
    "bulk.no_column": "в заголовке нет столбца {name}",
    "bulk.unknown_column": "в заголовке есть неизвестный столбец",
    "bulk.unknown_column.near": (
        "в заголовке есть неизвестный столбец; возможно, имелся в виду {name}?"
    ),
    "bulk.twice": "столбец {name} указан в заголовке дважды",
    "bulk.header.do": "в первой строке должны быть названия столбцов; известны: {columns}",
    "bulk.outbox": "не удалось использовать файл .outbox рядом с файлом CSV",
    "bulk.outbox.do": "устраните причину и запустите команду снова: дважды ничего не отправится",
    "bulk.interrupted.do": (
        "запустите команду снова: отправится только остаток, дважды ничего не уйдёт"
    ),
}

TEXTS: Final[dict[Language, dict[str, str]]] = {"en": _EN, "ru": _RU}
