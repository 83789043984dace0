"""What the command line says, in English and in Russian.

Rule: both languages have the same keys, and nothing else in this package holds a sentence for
people. The help pages stand in `pages`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["en", "ru"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ru")
_VARIABLES = ("SMSC_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def language_of(environ: Mapping[str, str] | None = None) -> Language:
    """Return the language of the environment: Russian where it says so, else English."""
    variables = os.environ if environ is None else environ
    said = next((value for name in _VARIABLES if (value := variables.get(name))), "")
    return "ru" if said.lower().startswith("ru") else "en"


class Say:
    """The texts of one language.

    Args:
        language: One of `LANGUAGES`.
    """

    __slots__ = ("_texts", "language")

    def __init__(self, language: Language) -> None:
        self.language = language
        self._texts = TEXTS[language]

    def __call__(self, key: str, **values: object) -> str:
        """Return the text named *key* with *values* put in."""
        return self._texts[key].format(**values)

    def count(self, key: str, number: int) -> str:
        """Return *number* with its noun: "1 part", "3 parts", "5 частей"."""
        forms = self._texts[key].split("|")
        return f"{number} {forms[_form(self.language, number)]}"


def _form(language: Language, number: int) -> int:
    """Which form of a noun goes with a number: Russian has three, English two."""
    if language == "en":
        return int(number != 1)
    if number % 10 == 1 and number % 100 != 11:
        return 0
    return 1 if 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14 else 2


def as_language(value: str) -> Language | None:
    """Return *value* if it is a language that is spoken here."""
    return next((language for language in LANGUAGES if language == value), None)


_EN: Final[dict[str, str]] = {
    "no_extra": (
        "smsc: the command line needs {missing}, which isn't installed\n"
        "      nothing was sent\n"
        "      install it: pip install 'smsc-async[cli]'"
    ),
    # The three answers of every failure.
    "failed": "error",
    "detail": "detail",
    "went": "sent?",
    "do": "to do",
    "went.not_sent": "no: nothing left this machine, nothing is paid",
    "went.refused": "the gateway said no; what it refuses isn't paid",
    "went.unknown": "perhaps: it may have been accepted, delivered and paid",
    "went.accepted": "yes: accepted as {ids}",
    "went.some": "in part: accepted as {ids}, these are paid",
    # Wrong use.
    "use.unknown_command": "there is no command {name!r}",
    "use.unknown_command.near": "there is no command {name!r}; did you mean {near!r}?",
    "use.no_command": "no command is named",
    "use.unknown_option": "there is no option {name}",
    "use.unknown_option.near": "there is no option {name}; did you mean {near}?",
    "use.dash": "an argument begins with '-' and is no option",
    "use.missing": "{name} is missing",
    "use.value": "{name} doesn't take {value!r}",
    "use.whole": "{name}: a whole number is needed, got {value!r}",
    "use.number": "{name}: a number is needed, got {value!r}",
    "use.choices": "{name}: one of {choices} is needed, got {value!r}",
    "use.too_many": "{count} too many: a text with spaces needs quotes around it",
    "use.wrong": "these arguments don't go together",
    "use.duration": "{name}: a duration like 90, 90s, 15m, 2h is needed, got {value!r}",
    "use.language": "--lang takes ru or en, got {value!r}",
    "use.not_of_kind": "{name} doesn't go with --kind {kind}; it is for {kinds}",
    "use.kind_needs": "--kind {kind} needs {name}",
    "use.param": "{name} and --param don't go together: --param says all of a call",
    "use.do": "see: {command} --help",
    "use.dash.do": "write --text=\"-…\" for a text that begins with '-'; see: {command} --help",
    # Failures of the library, by class: what happened, and what to do.
    "InvalidMessageError": "this message can't be sent as it is",
    "InvalidMessageError.do": "mend it ({field}) and try again; `smsc plan` checks without sending",
    "ConfigError": "the settings make no sense",
    "ConfigError.do": "look at the URL: smpp://login:password@host:2775, or sim:// to try out",
    "no_url": "where to send to isn't known: SMSC_URL isn't set",
    "no_url.do": (
        "export SMSC_URL='smsc://login:password@', or add --url; --url sim:// tries it out"
        " without an account"
    ),
    "ConnectFailedError": "no link: nobody took the connection",
    "ConnectFailedError.do": (
        "check host and port in the URL, and that the account lists this machine's address"
    ),
    "BindRefusedError": "no link: the gateway refused the login",
    "BindRefusedError.do": (
        "check login and password (SMPP has one of its own), and that SMPP is switched on"
    ),
    "LinkError": "the link to the gateway was lost",
    "LinkError.do": "try again; if it keeps happening, look at the network and at the gateway",
    "HeldByRuleError": "held back: the gateway would refuse it now",
    "HeldByRuleError.do": "send it again in {seconds} s",
    "SubmitRefusedError": "the gateway refused the message",
    "SubmitRefusedError.do": "look the status up; sender, balance and limits are the usual causes",
    "ThrottledError": "the gateway says that it is too much at once",
    "ThrottledError.do": "wait a little and send more slowly",
    "ResponseTimeoutError": "the gateway gave no answer",
    "ResponseTimeoutError.do": (
        "look into the history of the account before sending again; a second one may be paid too"
    ),
    "SubmitInterruptedError": "the link was lost on the way",
    "SubmitInterruptedError.do": "if it went, look into the history first; if not, send it again",
    "PartsOverdueError": "not all parts went within the minute",
    "PartsOverdueError.do": "a faster link or a shorter text; the operator may drop the torso",
    "SendError": "the message wasn't sent as it should",
    "SendError.do": "look into the history of the account before sending again",
    "ReceiptTimeoutError": "no final receipt came in time",
    "ReceiptTimeoutError.do": "the phone may be off: wait longer (--wait), or look it up by its id",
    "RequestRefusedError": "the gateway refused to say",
    "RequestRefusedError.do": (
        "look at the id, and give the --sender it was sent with; ids are forgotten in time"
    ),
    "RequestTimeoutError": "the gateway gave no answer",
    "RequestTimeoutError.do": "ask again a little later, that is safe",
    "ProtocolError": "the two sides don't understand each other",
    "ProtocolError.do": "is it SMPP, and TLS where it should be? see smpp:// and smpps://",
    "interrupted": "interrupted",
    "interrupted.do": "nothing more happens here",
    "unexpected": "something unexpected happened: {kind}",
    "unexpected.do": "run it again with --debug and report what it shows",
    "address_in_use": "port {port} of {host} is taken",
    "address_in_use.do": "take another one, smsc sim --port {other}, or end what listens there",
    "no_port": "there is no port {port}; ports are 0 to 65535",
    "cannot_listen": "can't listen on {host}:{port}: {reason}",
    "cannot_listen.do": "take another address: smsc sim --host 127.0.0.1 --port 2775",
    "no_text": "there is no text on standard input",
    "no_text.do": "pipe one in: echo hello | smsc send 79991234567 -",
    "bad_bytes": "standard input isn't UTF-8 text",
    "bad_bytes.do": "convert it: iconv -f cp1251 -t utf-8",
    "no_hex": "there are no octets",
    "no_hex.do": "smsc decode 00000010 00000015 00000000 00000001, or `-` for standard input",
    "bad_hex": "{found} at character {position} is no hexadecimal digit",
    "bad_hex.do": "an octet is two digits, with spaces, colons, commas, 0x or offsets between them",
    "odd_hex": "{digits} hexadecimal digits make no whole octets",
    "odd_hex.do": "one digit is missing or too many; copy the octets again",
    "gap_hex": "octets are missing: the dump goes from 0x{have:04x} to 0x{offset:04x}",
    "gap_hex.do": "copy the dump whole; where a password is hidden, its octets are missing",
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
    "why": "why",
    "why.gsm": "every character is in the GSM alphabet",
    "why.asked": "asked for by --coding",
    "why.forced": "{letters} outside of the GSM alphabet",
    "why.smart": "smart text: typographic signs are replaced by plain ones",
    "why.markup": "what isn't an SMS goes as markup, which has no doubts in UCS-2",
    "charged": "charged",
    "goes_as": "goes as",
    "size": "size",
    "size.of": "{units}, {octets}",
    "part": "part {number}",
    "used": "{used} of {capacity} octets, {room} left",
    "travels": "travels",
    "travels.udh": "cut by us, each part headed by a UDH",
    "travels.sar": "cut by us, parts joined by sar_* TLVs",
    "travels.payload": "whole, in message_payload; the gateway cuts it",
    "forcing": "What forced UCS-2",
    "character": "character",
    "code_point": "code point",
    "name": "name",
    "in_gsm": "in GSM",
    "no_gsm": "none",
    "lookalike": "{replacement} (Latin)",
    "instead": "With the replacements: GSM 7-bit, {parts} instead of {now}.",
    "same_parts": "With the replacements: GSM 7-bit, still {parts}.",
    "smart.would": "With smart text (smart_text=1 in the URL, here --smart): {parts}, not {now}.",
    "smart.saves": "Without smart text: {parts}.",
    "smart.same": "Without smart text: UCS-2, also {parts}.",
    "smart.nothing": "Smart text changes nothing here.",
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
    "undelivered.do": "it is final: the gateway doesn't try again",
    # Questions about subscribers.
    "asking": "asked, waiting for the answers …",
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
    "told": "told",
    "hlr.imsi": "IMSI",
    "hlr.msc": "MSC",
    "hlr.mcc": "MCC",
    "hlr.mnc": "MNC",
    "hlr.country": "country",
    "hlr.network": "network",
    "hlr.roaming_country": "roaming in",
    "hlr.roaming_network": "network there",
    # Questions about messages, and what comes in.
    "final_at": "since",
    "not_final.do": "it isn't final yet: ask again, but not too often",
    "tail.listening": "Receipts and incoming messages from",
    "tail.stop": "Ctrl-C ends it. Texts are shown, and what comes here goes nowhere else.",
    "tail.columns.time": "time",
    "tail.columns.kind": "kind",
    "tail.columns.from": "from",
    "tail.columns.to": "to",
    "tail.columns.what": "state and id, or text",
    "tail.receipt": "receipt",
    "tail.incoming": "incoming",
    "tail.parts": "({parts} of {total} parts)",
    "tail.down": "the link was lost: {reason}; it is built again",
    "tail.retry": "no link: {reason}; the next attempt is in {seconds} s",
    "tail.up": "the link is up again: {host}",
    "tail.summary": "{counted} in {seconds} s",
    # The simulator.
    "sim.listening": "The gateway's simulator listens on",
    "sim.try": "Try it from another terminal:",
    "sim.stop": "Ctrl-C ends it. Texts are shown here, and nothing leaves this machine.",
    "sim.columns.time": "time",
    "sim.columns.from": "from",
    "sim.columns.to": "to",
    "sim.columns.kind": "kind",
    "sim.columns.parts": "parts",
    "sim.columns.text": "text",
    "sim.summary": "{messages}, {parts} in {seconds} s",
    # The demonstration.
    "demo.title": "A one-time code through the gateway on your desk",
    "demo.message": "Message",
    "demo.from": "from",
    "demo.to": "to",
    "demo.text": "text",
    "demo.wire": "What left: {command}, {octets}",
    "demo.answer": "What came back",
    "demo.took": "in all",
    "demo.took.of": "{seconds} s from send() to the receipt, over SMPP on {where}",
    "demo.next": "Go on",
    "demo.next.python": "Python",
    "demo.next.shell": "terminal",
    "demo.next.account": (
        "A real account: register at SMSC.ru, switch SMPP on and make a password for it;"
        " then the URL is smsc://login:password@"
    ),
    # Octets.
    "decode.octet": "at",
    "decode.octets": "octets",
    "decode.field": "field",
    "decode.meaning": "meaning",
    "decode.fine": "{pdus}, {octets}, nothing broken",
    "decode.broken": "{pdus}, {octets}, broken at 0x{offset:04x}: {note}",
    # Many messages of a file.
    "went.bulk": "perhaps in part: the outbox beside the file knows of each row",
    "bulk.sending": "sending",
    "bulk.progress": "{done} of {total}",
    "bulk.row": "row {number}: {reason}",
    "bulk.row.unknown": "row {number} to {to}: unknown, it may have been sent",
    "bulk.fields": "{found} values, the header has {needed}",
    "bulk.messages": "messages",
    "bulk.parts": "parts",
    "bulk.rejected": "rejected",
    "bulk.rejected.in": "{count}, with their reasons in {name}",
    "bulk.unknown": "unknown",
    "bulk.unknown.do": (
        "look into the history of the account; --resend-unknown sends them again, and they may"
        " be paid twice"
    ),
    "bulk.accepted": "{count}, in parts: {parts}",
    "bulk.stdin": "a file is needed, the outbox is kept beside it",
    "bulk.cannot_read": "can't read {name}: {reason}",
    "bulk.cannot_read.do": "look at the path: smsc bulk FILE.csv",
    "bulk.cannot_write": "can't write {name}: {reason}",
    "bulk.cannot_write.do": "make room for it and run the command again; nothing is sent twice",
    "bulk.encoding": "the file is in another encoding than UTF-8 or what was said (at {position})",
    "bulk.encoding.do": "for a file of Excel: --encoding cp1251",
    "bulk.broken": "the file is no CSV, line {number}: {reason}",
    "bulk.broken.do": "a text with quotes or line breaks needs quotes around it, doubled inside",
    "bulk.no_column": "the header has no column {name}",
    "bulk.unknown_column": "the header has a column that isn't known",
    "bulk.unknown_column.near": "the header has a column that isn't known; is it {name}?",
    "bulk.twice": "the header has {name} twice",
    "bulk.header.do": "the first line names the columns, of these: {columns}",
    "bulk.outbox": "the outbox beside the file can't be used",
    "bulk.outbox.do": "mend what the detail says and run it again: nothing is sent twice",
    "bulk.interrupted.do": "run it again: it goes on with the rest, and nothing is sent twice",
}

_RU: Final[dict[str, str]] = {
    "no_extra": (
        "smsc: для командной строки нужен пакет {missing}, он не установлен\n"
        "      ничего не отправлено\n"
        "      установите: pip install 'smsc-async[cli]'"
    ),
    "failed": "ошибка",
    "detail": "подробно",
    "went": "ушло?",
    "do": "дальше",
    "went.not_sent": "нет: ничего не отправлено, платить не за что",
    "went.refused": "шлюз отказал; за то, в чём он отказал, не платят",
    "went.unknown": "неизвестно: сообщение могло быть принято, доставлено и оплачено",
    "went.accepted": "да: принято под номером {ids}",
    "went.some": "частично: приняты {ids}, они оплачены",
    "use.unknown_command": "нет команды {name!r}",
    "use.unknown_command.near": "нет команды {name!r}; может быть, {near!r}?",
    "use.no_command": "команда не названа",
    "use.unknown_option": "нет параметра {name}",
    "use.unknown_option.near": "нет параметра {name}; может быть, {near}?",
    "use.dash": "аргумент начинается с «-», но это не параметр",
    "use.missing": "не хватает {name}",
    "use.value": "{name} не принимает {value!r}",
    "use.whole": "{name}: нужно целое число, получено {value!r}",
    "use.number": "{name}: нужно число, получено {value!r}",
    "use.choices": "{name}: нужно одно из {choices}, получено {value!r}",
    "use.too_many": "лишних аргументов: {count}; текст с пробелами берут в кавычки",
    "use.wrong": "эти аргументы не сочетаются",
    "use.duration": "{name}: нужна длительность, например 90, 90s, 15m, 2h; получено {value!r}",
    "use.language": "--lang принимает ru или en, получено {value!r}",
    "use.not_of_kind": "{name} не подходит к --kind {kind}; он для {kinds}",
    "use.kind_needs": "для --kind {kind} нужен {name}",
    "use.param": "{name} и --param не сочетаются: --param говорит о звонке всё",
    "use.do": "смотрите: {command} --help",
    "use.dash.do": 'текст, который начинается с «-»: --text="-…"; смотрите: {command} --help',
    "InvalidMessageError": "такое сообщение отправить нельзя",
    "InvalidMessageError.do": (
        "исправьте его ({field}) и повторите; `smsc plan` проверяет без отправки"
    ),
    "ConfigError": "настройки неверны",
    "ConfigError.do": "проверьте URL: smpp://login:password@host:2775, или sim:// для пробы",
    "no_url": "неизвестно, куда отправлять: переменная SMSC_URL не задана",
    "no_url.do": (
        "export SMSC_URL='smsc://login:password@' или --url; проба без аккаунта: --url sim://"
    ),
    "ConnectFailedError": "нет связи: соединение никто не принял",
    "ConnectFailedError.do": (
        "проверьте адрес и порт в URL и внесён ли адрес этой машины в список аккаунта"
    ),
    "BindRefusedError": "нет связи: шлюз не принял логин",
    "BindRefusedError.do": (
        "проверьте логин и пароль (для SMPP он отдельный) и включён ли SMPP в аккаунте"
    ),
    "LinkError": "связь со шлюзом потеряна",
    "LinkError.do": "повторите; если не проходит, проверьте сеть и шлюз",
    "HeldByRuleError": "задержано: сейчас шлюз откажет",
    "HeldByRuleError.do": "отправьте снова через {seconds} с",
    "SubmitRefusedError": "шлюз отказался принять сообщение",
    "SubmitRefusedError.do": "смотрите код; чаще всего дело в имени отправителя, балансе, лимитах",
    "ThrottledError": "шлюз говорит: слишком много сразу",
    "ThrottledError.do": "подождите немного и отправляйте медленнее",
    "ResponseTimeoutError": "шлюз не ответил",
    "ResponseTimeoutError.do": (
        "сначала посмотрите историю в аккаунте: второе такое сообщение тоже может быть оплачено"
    ),
    "SubmitInterruptedError": "связь прервалась на полпути",
    "SubmitInterruptedError.do": (
        "если могло уйти, сначала посмотрите историю; если нет, отправьте снова"
    ),
    "PartsOverdueError": "не все части ушли за минуту",
    "PartsOverdueError.do": "нужна связь быстрее или текст короче; оператор может отбросить начало",
    "SendError": "сообщение не отправлено как следует",
    "SendError.do": "прежде чем отправлять снова, посмотрите историю в аккаунте",
    "ReceiptTimeoutError": "окончательный статус вовремя не пришёл",
    "ReceiptTimeoutError.do": (
        "телефон может быть выключен: ждите дольше (--wait) или ищите по номеру сообщения"
    ),
    "RequestRefusedError": "шлюз отказался ответить",
    "RequestRefusedError.do": (
        "проверьте номер сообщения и --sender, с которым оно ушло; со временем номера забываются"
    ),
    "RequestTimeoutError": "шлюз не ответил",
    "RequestTimeoutError.do": "спросите ещё раз чуть позже, это безопасно",
    "ProtocolError": "стороны не понимают друг друга",
    "ProtocolError.do": "там точно SMPP, и TLS там, где нужно? сравните smpp:// и smpps://",
    "interrupted": "прервано",
    "interrupted.do": "больше здесь ничего не происходит",
    "unexpected": "случилось непредвиденное: {kind}",
    "unexpected.do": "повторите с --debug и сообщите, что он показал",
    "address_in_use": "порт {port} на {host} занят",
    "address_in_use.do": "возьмите другой, smsc sim --port {other}, или освободите этот",
    "no_port": "порта {port} нет; порты от 0 до 65535",
    "cannot_listen": "не удаётся открыть {host}:{port}: {reason}",
    "cannot_listen.do": "возьмите другой адрес: smsc sim --host 127.0.0.1 --port 2775",
    "no_text": "на стандартном вводе нет текста",
    "no_text.do": "передайте его: echo привет | smsc send 79991234567 -",
    "bad_bytes": "на стандартном вводе не текст в UTF-8",
    "bad_bytes.do": "перекодируйте: iconv -f cp1251 -t utf-8",
    "no_hex": "октетов нет",
    "no_hex.do": "smsc decode 00000010 00000015 00000000 00000001; `-` это стандартный ввод",
    "bad_hex": "{found} на месте {position} не шестнадцатеричная цифра",
    "bad_hex.do": "октет это две цифры, между ними пробелы, двоеточия, запятые, 0x, смещения",
    "odd_hex": "из {digits} шестнадцатеричных цифр целых октетов не сложить",
    "odd_hex.do": "одной цифры не хватает, или одна лишняя; скопируйте октеты заново",
    "gap_hex": "не хватает октетов: дамп переходит с 0x{have:04x} на 0x{offset:04x}",
    "gap_hex.do": "скопируйте дамп целиком; где скрыт пароль, там его октетов нет",
    "parts": "часть|части|частей",
    "octets": "октет|октета|октетов",
    "characters": "символ|символа|символов",
    "messages": "сообщение|сообщения|сообщений",
    "pdus": "PDU|PDU|PDU",
    "receipts": "статус|статуса|статусов",
    "gsm_units": "септет|септета|септетов",
    "latin1_units": "октет|октета|октетов",
    "ucs2_units": "единица по 16 бит|единицы по 16 бит|единиц по 16 бит",
    "letters": "буква кириллицы|буквы кириллицы|букв кириллицы",
    "others": "другой символ|других символа|других символов",
    "plan": "План",
    "coding": "кодировка",
    "coding.0": "GSM, 7 бит",
    "coding.1": "ISO-8859-1",
    "coding.2": "UCS-2",
    "why": "почему",
    "why.gsm": "все символы есть в алфавите GSM",
    "why.asked": "так задано: --coding",
    "why.forced": "{letters} вне алфавита GSM",
    "why.smart": "умный текст: типографские знаки заменены простыми",
    "why.markup": "всё, кроме SMS, едет разметкой, в UCS-2 она однозначна",
    "charged": "к оплате",
    "goes_as": "уйдёт",
    "size": "размер",
    "size.of": "{units}, {octets}",
    "part": "часть {number}",
    "used": "октетов {used} из {capacity}, свободно {room}",
    "travels": "как едет",
    "travels.udh": "режем мы, в начале каждой части UDH",
    "travels.sar": "режем мы, части связаны TLV sar_*",
    "travels.payload": "целиком, в message_payload; режет шлюз",
    "forcing": "Из-за чего UCS-2",
    "character": "символ",
    "code_point": "код",
    "name": "название",
    "in_gsm": "в GSM",
    "no_gsm": "нет",
    "lookalike": "{replacement} (латинская)",
    "instead": "С заменами: GSM, 7 бит, {parts} вместо {now}.",
    "same_parts": "С заменами: GSM, 7 бит, по-прежнему {parts}.",
    "smart.would": "С умным текстом (smart_text=1 в URL, здесь --smart): {parts} вместо {now}.",
    "smart.saves": "Без умного текста: {parts}.",
    "smart.same": "Без умного текста: UCS-2, тоже {parts}.",
    "smart.nothing": "Умный текст здесь ничего не меняет.",
    "nothing_sent": "Ничего не отправлено.",
    "connecting": "соединяемся …",
    "waiting": "принято, ждём статус …",
    "accepted": "принято",
    "accepted.as": "{ids}, {parts}, {seconds} с",
    "receipt": "статус",
    "receipt.after": "{state} через {seconds} с",
    "receipt.error": "{code}: {explained}",
    "cause": "причина",
    "undelivered.do": "это окончательно: шлюз больше не пытается",
    "asking": "спросили, ждём ответов …",
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
    "told": "что сказано",
    "hlr.imsi": "IMSI",
    "hlr.msc": "MSC",
    "hlr.mcc": "MCC",
    "hlr.mnc": "MNC",
    "hlr.country": "страна",
    "hlr.network": "оператор",
    "hlr.roaming_country": "в роуминге",
    "hlr.roaming_network": "оператор там",
    "final_at": "с",
    "not_final.do": "это ещё не окончательно: спросите снова, но не слишком часто",
    "tail.listening": "Статусы и входящие сообщения с",
    "tail.stop": "Завершить: Ctrl-C. Тексты видны; что пришло сюда, больше никуда не придёт.",
    "tail.columns.time": "время",
    "tail.columns.kind": "вид",
    "tail.columns.from": "от",
    "tail.columns.to": "кому",
    "tail.columns.what": "состояние и номер, или текст",
    "tail.receipt": "статус",
    "tail.incoming": "входящее",
    "tail.parts": "({parts} из {total} частей)",
    "tail.down": "связь потеряна: {reason}; восстанавливаем",
    "tail.retry": "связи нет: {reason}; следующая попытка через {seconds} с",
    "tail.up": "связь восстановлена: {host}",
    "tail.summary": "{counted} за {seconds} с",
    "sim.listening": "Симулятор шлюза слушает",
    "sim.try": "Попробуйте из другого терминала:",
    "sim.stop": "Завершить: Ctrl-C. Тексты здесь видны, и с этой машины ничего не уходит.",
    "sim.columns.time": "время",
    "sim.columns.from": "от",
    "sim.columns.to": "кому",
    "sim.columns.kind": "вид",
    "sim.columns.parts": "части",
    "sim.columns.text": "текст",
    "sim.summary": "{messages}, {parts} за {seconds} с",
    "demo.title": "Одноразовый код через шлюз на вашем столе",
    "demo.message": "Сообщение",
    "demo.from": "от",
    "demo.to": "кому",
    "demo.text": "текст",
    "demo.wire": "Что ушло: {command}, {octets}",
    "demo.answer": "Что вернулось",
    "demo.took": "всего",
    "demo.took.of": "{seconds} с от send() до статуса, по SMPP на {where}",
    "demo.next": "Дальше",
    "demo.next.python": "Python",
    "demo.next.shell": "терминал",
    "demo.next.account": (
        "Настоящий аккаунт: зарегистрируйтесь на SMSC.ru, включите SMPP и создайте для него"
        " пароль; тогда URL: smsc://login:password@"
    ),
    "decode.octet": "место",
    "decode.octets": "октеты",
    "decode.field": "поле",
    "decode.meaning": "значение",
    "decode.fine": "{pdus}, {octets}, всё цело",
    "decode.broken": "{pdus}, {octets}, испорчено в 0x{offset:04x}: {note}",
    "went.bulk": "возможно, частично: судьба каждой строки известна файлу .outbox рядом",
    "bulk.sending": "отправка",
    "bulk.progress": "{done} из {total}",
    "bulk.row": "строка {number}: {reason}",
    "bulk.row.unknown": "строка {number}, {to}: неизвестно, могло уйти",
    "bulk.fields": "значений {found}, а в заголовке {needed}",
    "bulk.messages": "сообщения",
    "bulk.parts": "части",
    "bulk.rejected": "отклонено",
    "bulk.rejected.in": "{count}, причины в {name}",
    "bulk.unknown": "неизвестно",
    "bulk.unknown.do": (
        "загляните в историю аккаунта; --resend-unknown отправит их ещё раз, и платить,"
        " возможно, придётся дважды"
    ),
    "bulk.accepted": "{count}, частей: {parts}",
    "bulk.stdin": "нужен файл, рядом с ним хранится .outbox",
    "bulk.cannot_read": "не прочитать {name}: {reason}",
    "bulk.cannot_read.do": "проверьте путь: smsc bulk FILE.csv",
    "bulk.cannot_write": "не записать {name}: {reason}",
    "bulk.cannot_write.do": "освободите место и повторите команду; дважды ничего не уйдёт",
    "bulk.encoding": "файл не в UTF-8 или не в той кодировке, что указана (место {position})",
    "bulk.encoding.do": "для файла из Excel: --encoding cp1251",
    "bulk.broken": "это не CSV, строка {number}: {reason}",
    "bulk.broken.do": "текст с кавычками или переводами строк берут в кавычки, внутри их удваивают",
    "bulk.no_column": "в заголовке нет столбца {name}",
    "bulk.unknown_column": "в заголовке неизвестный столбец",
    "bulk.unknown_column.near": "в заголовке неизвестный столбец; может быть, {name}?",
    "bulk.twice": "в заголовке дважды {name}",
    "bulk.header.do": "первая строка называет столбцы, из этих: {columns}",
    "bulk.outbox": "файл .outbox рядом использовать нельзя",
    "bulk.outbox.do": "исправьте, что сказано подробно, и повторите: дважды ничего не уйдёт",
    "bulk.interrupted.do": "повторите команду: она продолжит с остальными, дважды ничего не уйдёт",
}

TEXTS: Final[dict[Language, dict[str, str]]] = {"en": _EN, "ru": _RU}
