"""Every error message of the command line beside its cause, in both languages.

Rule: a row is a command line or an error, the texts that it shows in English and in Russian, and
the exit code. A text of the sources without a row here fails the last test.
"""

from __future__ import annotations

import re
import socket
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from error_rows import DUMPS, TABLES, Shown
from failure_texts import failure_texts

from pdu.enums import CommandStatus
from smsc_async import errors
from smsc_async.cli.causes import read_reason
from smsc_async.cli.failures import failure_of
from smsc_async.cli.i18n import LANGUAGES, Language, Translator
from smsc_async.cli.runner import interrupted, unexpected
from smsc_async.errors import Outcome
from smsc_async.messages import Sms
from smsc_async.rules.limits import GatewayLimits
from smsc_async.simulator.refusals import of_rule

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from smsc_async.cli.failures import Failure

    Smsc = Callable[..., CompletedProcess[str]]

TO = "79991234567"
MESSAGE = Sms(to=TO, text="secret words")


# --- command lines ---

LINES: dict[tuple[str | bytes, ...], Shown] = {
    # "@content" is the name of a file with this content.
    (): Shown("a command is needed", "не указана команда", 2),
    ("bluk",): Shown(
        "unknown command 'bluk'; did you mean 'bulk'?",
        "неизвестная команда 'bluk'; возможно, имелась в виду 'bulk'?",
        2,
    ),
    ("xyzzy",): Shown("unknown command 'xyzzy'", "неизвестная команда 'xyzzy'", 2),
    ("help", "xyzzy"): Shown("unknown command 'xyzzy'", "неизвестная команда 'xyzzy'", 2),
    ("send", TO): Shown("TEXT is missing", "не указан TEXT", 2),
    ("send", TO, "hi", "there"): Shown(
        "unexpected arguments: 1; put a text with spaces in quotes",
        "лишних аргументов: 1; текст с пробелами заключите в кавычки",
        2,
    ),
    ("send", TO, "-secret words"): Shown(
        "an argument begins with '-' but isn't an option",
        "аргумент начинается с «-», но это не параметр",
        2,
    ),
    ("send", TO, "hi", "--sendr", "Shop"): Shown(
        "unknown option --sendr; did you mean --sender?",
        "неизвестный параметр --sendr; возможно, имелся в виду --sender?",
        2,
    ),
    ("ping", TO, "--xyzzy"): Shown(
        "unknown option --xyzzy", "неизвестный параметр --xyzzy", 2
    ),
    ("send", TO, "hi", "--kind", "fax"): Shown(
        "--kind: one of sms, email, call, viber, social, telegram-code, telegram-bot is needed,"
        " got 'fax'",
        "--kind: допустимые значения: sms, email, call, viber, social, telegram-code,"
        " telegram-bot; получено 'fax'",
        2,
    ),
    ("send", TO, "hi", "--wait", "soon"): Shown(
        "--wait: a duration like 90, 90s, 15m, 2h is needed, got 'soon'",
        "--wait: нужна длительность, например 90, 90s, 15m, 2h; получено 'soon'",
        2,
    ),
    ("sim", "--port", "http"): Shown(
        "--port: a whole number is needed, got 'http'",
        "--port: нужно целое число, получено 'http'",
        2,
    ),
    ("bench", "sim://", "--rate", "fast"): Shown(
        "--rate: a number is needed, got 'fast'", "--rate: нужно число, получено 'fast'", 2
    ),
    ("bench", "sim://", "--windows", "0"): Shown(
        "--windows: whole numbers from 1 to 10000, separated by commas, are needed, got '0'",
        "--windows: нужны целые числа от 1 до 10000 через запятую, получено '0'",
        2,
    ),
    ("bench", "sim://", "--messages", "0"): Shown(
        "--messages: 1 to 1000000 is needed, got '0'",
        "--messages: нужно число от 1 до 1000000, получено '0'",
        2,
    ),
    ("bulk", "@to,text\n", "--rate", "0"): Shown(
        "--rate: 0.01 to 1000000 is needed, got '0'",
        "--rate: нужно число от 0,01 до 1000000, получено '0'",
        2,
    ),
    ("bulk", "@to,text\n", "x5.xlsx"): Shown(
        "one file at a time; unexpected: x5.xlsx",
        "за один раз — один файл; лишнее: x5.xlsx",
        2,
    ),
    ("bulk", "@to,text\n", "--wait-receipts", "abc"): Shown(
        "--wait-receipts: a duration like 90, 90s, 15m, 2h is needed, got 'abc'",
        "--wait-receipts: нужна длительность, например 90, 90s, 15m, 2h; получено 'abc'",
        2,
    ),
    ("query", "855469", "855470"): Shown(
        "unexpected arguments: 1 ", "лишних аргументов: 1 ", 2
    ),
    ("send", TO, "hi", "--", "--dry-run"): Shown(
        "--dry-run stands behind '--'; options stand before it",
        "--dry-run стоит после «--», а параметры пишутся перед ним",
        2,
    ),
    ("bulk", "@to,text\n", "--foo"): Shown(
        "unknown option --foo ", "неизвестный параметр --foo ", 2
    ),
    ("balance",): Shown(
        "the balance can't be queried over SMPP", "баланс по SMPP узнать нельзя", 2
    ),
    ("send", TO, "hi", "--validity", "48h"): Shown(
        "validity: 1 s to 24 h, got 48 h; the gateway tries no longer",
        "validity: от 1 с до 24 ч, получено 48 ч; дольше шлюз не пытается",
        2,
    ),
    ("send", TO, "hi", "--sender", "Магазин"): Shown(
        "common signs, got 'М' (U+041C) as character 1; use a name",
        "обычные знаки, а 1-й знак — 'М' (U+041C); возьмите имя",
        2,
    ),
    ("send", TO, "Жду", "--coding", "latin1"): Shown(
        "text: character 1 (U+0416) is not in ISO-8859-1; send the text as UCS2",
        "text: 1-го знака (U+0416) нет в ISO-8859-1; отправьте текст в UCS2",
        2,
    ),
    ("send", TO, ""): Shown(
        "empty, and would be paid for; Ping finds out whether a phone is on",
        "включён ли телефон, можно узнать командой smsc ping",
        2,
    ),
    ("completion", "csh"): Shown(
        "SHELL: one of bash, zsh, fish is needed, got 'csh'",
        "SHELL: допустимые значения: bash, zsh, fish; получено 'csh'",
        2,
    ),
    ("send", TO, "hi", "--url"): Shown("--url needs a value", "для --url нужно значение", 2),
    ("send", TO, "hi", "--url", "a", "--url", "b"): Shown(
        "--url is given more than once", "--url указан больше одного раза", 2
    ),
    ("send", TO, "hi", "--dry-run", "--dry-run"): Shown(
        "--dry-run is given more than once", "--dry-run указан больше одного раза", 2
    ),
    ("send", "--to", TO, "hi", "there"): Shown(
        "--text has to be given by its name, as one before it is",
        "--text нужно указать по имени, раз по имени указан аргумент перед ним",
        2,
    ),
    # Messages.
    ("send", "123", "hi"): Shown("the message is invalid", "недопустимое сообщение", 2),
    ("send", TO, "hi", "--kind", "email"): Shown(
        "--kind email requires --subject", "для --kind email нужен параметр --subject", 2
    ),
    ("send", TO, "hi", "--voice", "w2"): Shown(
        "--voice can't be used with --kind sms, only with call",
        "--voice не сочетается с --kind sms, только с call",
        2,
    ),
    ("send", TO, "hi", "--kind", "call", "--param", "22,20,5", "--call-wait", "20"): Shown(
        "--call-wait and --param can't be combined: --param contains all settings of a call",
        "--call-wait и --param не сочетаются: --param задаёт все настройки звонка",
        2,
    ),
    ("plan", "-"): Shown("standard input is empty", "стандартный ввод пуст", 2),
    ("hlr", TO, "1"): Shown(
        "argument 2 isn't a valid phone number", "аргумент 2 — не номер телефона", 2
    ),
    ("query", "x" * 66, "--url", "sim://"): Shown(
        "invalid message id or sender", "недопустимый id сообщения или отправитель", 2
    ),
    # The gateway.
    ("send", TO, "hi"): Shown(
        "there is no gateway to connect to: SMSC_URL isn't set",
        "не указан шлюз: переменная SMSC_URL не задана",
        2,
    ),
    ("send", TO, "hi", "--url", "http://example.com"): Shown(
        "the settings are invalid", "недопустимые настройки", 2
    ),
    ("send", TO, "hi", "--url", "smpp://a:b@127.0.0.1:1"): Shown(
        "nothing listens at the address of the gateway",
        "по адресу шлюза никто не принимает соединений",
        3,
    ),
    # The simulator.
    ("sim", "--port", "70000"): Shown(
        "invalid port 70000; ports are 0 to 65535",
        "недопустимый порт 70000; порты от 0 до 65535",
        2,
    ),
    ("sim", "--error-code", "1000"): Shown(
        "--error-code: a whole number 0 to 999 is needed, got 1000",
        "--error-code: нужно целое число от 0 до 999, получено 1000",
        2,
    ),
    ("sim", "--hlr", "country"): Shown(
        "--hlr: NAME=VALUE is needed, where NAME is one of imsi, msc, mcc, mnc, country, network,"
        " roaming-country, roaming-network",
        "--hlr: нужно NAME=VALUE, где NAME — одно из imsi, msc, mcc, mnc, country, network,"
        " roaming-country, roaming-network",
        2,
    ),
    ("sim", "--keep", "0"): Shown(
        "--keep: a whole number 1 to 1000000 is needed, got 0",
        "--keep: нужно целое число от 1 до 1000000, получено 0",
        2,
    ),
    ("sim", "--hold", "all"): Shown(
        "--hold: one of off, receipt, answer is needed, got 'all'",
        "--hold: допустимые значения: off, receipt, answer; получено 'all'",
        2,
    ),
    ("sim", "--magic-prefix", "+7"): Shown(
        "--magic-prefix: 1 to 11 digits are needed, or none",
        "--magic-prefix: нужно от 1 до 11 цифр или none",
        2,
    ),
    ("sim", "--scenario", "/nowhere/day.toml"): Shown(
        "can't read /nowhere/day.toml: No such file or directory",
        "не удалось прочитать /nowhere/day.toml: нет такого файла или каталога",
        2,
    ),
    ("sim", "--scenario", b"@\xff"): Shown(
        "can't read FILE: it isn't UTF-8 text", "не удалось прочитать FILE: это не текст UTF-8", 2
    ),
    ("sim", "--scenario", "@accounts = {shop = secret}"): Shown(
        "the scenario in FILE is wrong: isn't TOML",
        "ошибка в сценарии FILE: не TOML",
        2,
    ),
    ("sim", "--scenario", "@[chaos]\noutcome = 101"): Shown(
        "the scenario in FILE is wrong at chaos.outcome: takes 0 to 100 percent, got 101",
        "ошибка в сценарии FILE, ключ chaos.outcome: нужно от 0 до 100 процентов, получено 101",
        2,
    ),
    # The measurement.
    ("bench", "sim://", "--messages", "1000000"): Shown(
        "too many messages: 7000070; the maximum is 1000000",
        "слишком много сообщений: 7000070; наибольшее число 1000000",
        2,
    ),
    ("bench", "smpp://a:b@gateway.invalid"): Shown(
        "recipients are needed: a gateway on another machine requires --recipients",
        "нужны получатели: для шлюза на другом компьютере нужен параметр --recipients",
        2,
    ),
    ("bench", "sim://", "--recipients", "@79991234567"): Shown(
        "too few numbers: 1; more to one number are a flood, needed are 16",
        "слишком мало номеров: 1; больше сообщений на один номер — это флуд, нужно номеров: 16",
        2,
    ),
    ("bench", "sim://", "--recipients", "@79991234567\nhello\n"): Shown(
        "line 2 of FILE isn't a phone number", "строка 2 в FILE — не номер телефона", 2
    ),
    ("bench", "sim://", "--recipients", "/nowhere/numbers"): Shown(
        "can't use /nowhere/numbers: No such file or directory",
        "не удалось использовать /nowhere/numbers: нет такого файла или каталога",
        2,
    ),
    ("bench", "sim://", "--recipients", b"@\xff"): Shown(
        "can't use FILE: it isn't UTF-8 text", "не удалось использовать FILE: это не текст UTF-8", 2
    ),
    ("bench", "sim://", "--html", "/dev/null"): Shown(
        "can't use /dev/null: it isn't an ordinary file",
        "не удалось использовать /dev/null: это не обычный файл",
        2,
    ),
    ("bench", "smpp://a:b@gateway.invalid", "--windows", "1", "--messages", "11",
     "--warm-up", "10", "--recipients", "@79991234567"): Shown(
        "sending 21 messages, 21 parts, needs confirmation",
        "нужно ваше согласие на отправку: 21 сообщение, 21 часть",
        2,
    ),
    # The file of `smsc bulk`.
    ("bulk", "@to,text\n", "--may-pay-twice"): Shown(
        "--may-pay-twice alone sends nothing again",
        "--may-pay-twice без других параметров ничего не отправляет повторно",
        2,
    ),
    ("bulk", f"@to,text\n{TO},hi\n", "--url", "sim://", "--rules", "http://127.0.0.1"): Shown(
        "--rules isn't a URL of Redis", "--rules: это не URL сервера Redis", 2
    ),
    ("bulk", f"@to,text\n{TO},hi\n", "--url", "sim://", "--result", "/"): Shown(
        " exists and isn't the result of these rows; it isn't overwritten",
        " уже есть, и это не результат этих строк; он не перезаписан",
        2,
    ),
    ("bulk", f"@to,text\n{TO},hi\n", "--url", "sim://", "--result", "@mine"): Shown(
        "FILE exists and isn't the result of these rows; it isn't overwritten",
        "FILE уже есть, и это не результат этих строк; он не перезаписан",
        2,
    ),
    ("bulk", f"@to,text\n{TO},hi\n", "--url", "sim://", "--result", '@"open'): Shown(
        "FILE exists and isn't the result of these rows; it isn't overwritten",
        "FILE уже есть, и это не результат этих строк; он не перезаписан",
        2,
    ),
    ("bulk", f"@to,text\n{TO},hi\n", "--url", "sim://", "--result", "/nowhere/result.csv"): Shown(
        "can't write the results to /nowhere/result.csv: No such file or directory",
        "не удалось записать результаты в /nowhere/result.csv: нет такого файла или каталога",
        2,
    ),
    ("bulk", "@to,text\n", "--url", "sim://", "--result", "-"): Shown(
        "--result doesn't accept '-'", "--result не принимает '-'", 2
    ),
    ("bulk", "@to\n", "--url", "sim://", "--text", "-"): Shown(
        "--text doesn't accept '-'", "--text не принимает '-'", 2
    ),
    ("bulk", "/nowhere/clients.csv"): Shown(
        "can't read /nowhere/clients.csv: No such file or directory",
        "не удалось прочитать /nowhere/clients.csv: нет такого файла или каталога",
        2,
    ),
    ("bulk", "-"): Shown(
        "can't read -: a file is needed: the .outbox file is stored next to it",
        "не удалось прочитать -: нужен файл: рядом с ним хранится .outbox",
        2,
    ),
}  # fmt: skip


def shown_of(done: CompletedProcess[str]) -> str:
    """Return the output of errors in one line."""
    return " ".join(done.stderr.split())


def with_files(arguments: tuple[str | bytes, ...], folder: Path) -> list[str]:
    """Replace each "@content" by the name of a file with this content."""
    made = []
    for number, argument in enumerate(arguments):
        octets = argument if isinstance(argument, bytes) else argument.encode()
        name = octets.decode(errors="replace")
        if name.startswith("@"):
            name = f"file{number}"
            (folder / name).write_bytes(octets[1:])
        made.append(name)
    return made


def name_of(row: object) -> str:
    """Return the name of a row: its command line."""
    return "" if isinstance(row, Shown) else " ".join(map(str, row))[:60]  # type: ignore[call-overload]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("arguments", "shown"), (LINES | TABLES | DUMPS).items(), ids=name_of)
def test_command_line_shows_its_cause(  # noqa: PLR0917 - what it needs comes by name
    smsc: Smsc,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str | bytes, ...],
    shown: Shown,
    language: Language,
) -> None:
    """The text of the first row, the exit code, and nothing on standard output but progress."""
    if sys.platform == "win32" and re.search("/(nowhere|dev)", name_of(arguments)):
        pytest.skip("files are named otherwise")
    monkeypatch.chdir(tmp_path)
    done = smsc("--lang", language, *with_files(arguments, tmp_path))
    text = shown.english if language == "en" else shown.russian
    pattern = re.escape(text).replace("FILE", r"file\d")

    assert re.search(pattern, shown_of(done)), shown_of(done)
    assert shown.code == done.returncode
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


# --- errors ---


def chained(error: errors.SmscError, cause: BaseException) -> errors.SmscError:
    """Return an error with its cause."""
    error.__cause__ = cause
    return error


def certificate(code: int) -> errors.SmscError:
    """Return the error for a certificate that OpenSSL refuses."""
    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_code, cause.verify_message = code, "as OpenSSL says"
    return chained(errors.ConnectFailedError("the certificate doesn't verify"), cause)


def connecting(cause: BaseException) -> errors.SmscError:
    """Return the error for a connection that wasn't made."""
    return chained(errors.ConnectFailedError("as the system says"), cause)


def refused(status: int, words: str = "") -> errors.SmscError:
    """Return the error for a message that the gateway refused with its own words."""
    error = errors.SubmitRefusedError(MESSAGE, command_status=status)
    error.status_text = words
    return error


def stopped(rule: Any, rest: float) -> errors.SmscError:  # noqa: ANN401 - a literal
    """Return the error for a message that a rule of the simulator stops."""
    refusal = of_rule(rule, GatewayLimits(), CommandStatus.ESME_RSUBMITFAIL, rest)
    return refused(CommandStatus.ESME_RSUBMITFAIL, refusal.reason)


EXPIRED = Shown(
    "the certificate of the gateway has expired", "срок действия сертификата шлюза истёк", 3
)
UNKNOWN_CA = Shown(
    "the certificate of the gateway is signed by a CA that isn't trusted here",
    "сертификат шлюза подписан центром сертификации, которому здесь не доверяют",
    3,
)
WRONG_NAME = Shown(
    "the certificate is for another host than the one in the URL",
    "сертификат выдан другому хосту, не тому, что в URL",
    3,
)
LOST = "the connection was lost while sending", "соединение прервалось во время отправки"
PARTS = (
    "some parts weren't sent within the gateway's minute",
    "часть сообщения не успела уйти за минуту, отведённую шлюзом",
)

ERRORS: list[tuple[errors.SmscError, Shown]] = [
    (
        errors.InvalidMessageError("to", 0, "no"),
        Shown("the message is invalid", "недопустимое сообщение", 2),
    ),
    (errors.ConfigError("url", "", "no"), Shown(
        "the settings are invalid",
        "недопустимые настройки",
        2,
    )),
    # No connection.
    (certificate(10), EXPIRED),
    (
        certificate(9),
        Shown(
            "the certificate of the gateway isn't valid yet",
            "сертификат шлюза ещё не действует",
            3,
        ),
    ),
    (
        certificate(18),
        Shown(
            "the certificate of the gateway is self-signed",
            "сертификат шлюза самоподписанный",
            3,
        ),
    ),
    *((certificate(code), UNKNOWN_CA) for code in (2, 19, 20, 21)),
    *((certificate(code), WRONG_NAME) for code in (62, 64)),
    (
        certificate(23),
        Shown(
            "the certificate of the gateway can't be verified",
            "не удалось проверить сертификат шлюза",
            3,
        ),
    ),
    (
        connecting(ssl.SSLError(1, "wrong version number")),
        Shown("there is no TLS at the port of the gateway", "на этом порту шлюза нет TLS", 3),
    ),
    (
        connecting(socket.gaierror(-2, "Name or service not known")),
        Shown("the name of the gateway can't be resolved", "имя шлюза не найдено в DNS", 3),
    ),
    (
        connecting(UnicodeError("label empty or too long")),
        Shown(
            "the name of the gateway isn't a valid host name",
            "имя шлюза не может быть именем хоста",
            3,
        ),
    ),
    (
        connecting(ConnectionRefusedError()),
        Shown(
            "nothing listens at the address of the gateway",
            "по адресу шлюза никто не принимает соединений",
            3,
        ),
    ),
    (
        connecting(ConnectionResetError()),
        Shown("the gateway closed the connection at once", "шлюз сразу закрыл соединение", 3),
    ),
    (
        connecting(TimeoutError()),
        Shown(
            "the gateway didn't answer when connecting",
            "шлюз не ответил на попытку соединения",
            3,
        ),
    ),
    (
        connecting(OSError(101, "Network is unreachable")),
        Shown("no connection to the gateway", "не удалось соединиться со шлюзом", 3),
    ),
    # Binds.
    (
        errors.BindRefusedError(CommandStatus.ESME_RINVPASWD),
        Shown("the gateway refused the password", "шлюз отклонил пароль", 3),
    ),
    (
        errors.BindRefusedError(CommandStatus.ESME_RINVSYSID),
        Shown("the gateway doesn't know the login", "шлюз не знает такого логина", 3),
    ),
    (
        errors.BindRefusedError(CommandStatus.ESME_RALYBND),
        Shown(
            "the account has all its connections already",
            "у аккаунта уже открыты все его соединения",
            3,
        ),
    ),
    (
        errors.BindRefusedError(CommandStatus.ESME_RBINDFAIL),
        Shown("the gateway refused the login", "шлюз не принял логин и пароль", 3),
    ),
    # The link.
    (
        errors.LinkLostError(),
        Shown("the connection to the gateway was lost", "соединение со шлюзом потеряно", 3),
    ),
    (
        errors.RemoteProtocolError("no"),
        Shown("invalid data on the connection", "в соединении недопустимые данные", 3),
    ),
    # Held.
    (
        errors.RepeatedMessageError(MESSAGE, retry_after=47.6),
        Shown(
            "not sent: the same message was sent less than a minute ago",
            "не отправлено: такое же сообщение отправлено меньше минуты назад",
            1,
        ),
    ),
    (
        errors.FloodLimitError(MESSAGE, retry_after=30.0),
        Shown(
            "not sent: too many messages in a row to one number",
            "не отправлено: слишком много сообщений подряд на один номер",
            1,
        ),
    ),
    (
        errors.HeldByRuleError(MESSAGE, retry_after=3600.0),
        Shown(
            "not sent: the gateway would refuse it now",
            "не отправлено: сейчас шлюз отклонит это сообщение",
            1,
        ),
    ),
    # Refused.
    (
        stopped("repeat", 47.6),
        Shown(
            "the gateway refused the message: the same message was accepted less than 60 s ago; it"
            " is accepted again in 47.6 s",
            "шлюз отклонил сообщение: такое же сообщение принято меньше 60 с назад; повтор будет"
            " принят через 47,6 с",
            1,
        ),
    ),
    (
        stopped("flood", 12.0),
        Shown(
            "the gateway refused the message: over 50 messages to one number with less than 30 s"
            " between them; the next is accepted in 12.0 s",
            "шлюз отклонил сообщение: сообщений на один номер больше 50, с перерывами меньше 30 с;"
            " следующее будет принято через 12 с",
            1,
        ),
    ),
    (
        refused(CommandStatus.ESME_RSYSERR, "the scenario refuses it"),
        Shown(
            "the gateway refused the message: the scenario refuses it",
            "шлюз отклонил сообщение: отказ задан в сценарии",
            1,
        ),
    ),
    (
        refused(CommandStatus.ESME_RSUBMITFAIL, "no {route}\x1b[2J"),
        Shown(
            "the gateway refused the message: no {route}\\x1b[2J",
            "шлюз отклонил сообщение: no {route}\\x1b[2J",
            1,
        ),
    ),
    (
        refused(CommandStatus.ESME_RINVDSTADR),
        Shown(
            "the gateway refused the number of the recipient",
            "шлюз отклонил номер получателя",
            1,
        ),
    ),
    (
        refused(CommandStatus.ESME_RINVSRCADR),
        Shown("the gateway refused the sender", "шлюз отклонил отправителя", 1),
    ),
    (
        refused(CommandStatus.ESME_RINVMSGLEN),
        Shown("the gateway refused the length of the text", "шлюз отклонил длину текста", 1),
    ),
    (
        refused(CommandStatus.ESME_RSUBMITFAIL),
        Shown("the gateway refused the message", "шлюз отклонил сообщение", 1),
    ),
    (
        errors.ThrottledError(MESSAGE, command_status=0x58, retry_after=1.0),
        Shown("the gateway limits the rate", "шлюз ограничивает скорость", 1),
    ),
    # Sent, and yet no outcome.
    (
        errors.ResponseTimeoutError(MESSAGE, timeout=10.0),
        Shown("the gateway didn't respond", "шлюз не ответил", 4),
    ),
    (errors.SubmitInterruptedError(MESSAGE, outcome=Outcome.NOT_SENT), Shown(*LOST, 3)),
    (errors.SubmitInterruptedError(MESSAGE, outcome=Outcome.UNKNOWN), Shown(*LOST, 4)),
    (errors.PartsOverdueError(MESSAGE, accepted=0, total=2), Shown(*PARTS, 1)),
    (errors.PartsOverdueError(MESSAGE, accepted=1, total=2), Shown(*PARTS, 4)),
    (
        errors.SendError("a check failed", message=MESSAGE, outcome=Outcome.NOT_SENT),
        Shown("sending failed", "не удалось отправить", 1),
    ),
    (
        errors.ReceiptTimeoutError("855469", timeout=30.0),
        Shown(
            "no final receipt arrived in time",
            "окончательный отчёт о доставке не пришёл вовремя",
            5,
        ),
    ),
    (
        errors.RequestRefusedError("query_sm", 0x67),
        Shown("the gateway refused the request", "шлюз отклонил запрос", 1),
    ),
    (
        errors.RequestRefusedError("query_sm", CommandStatus.ESME_RINVMSGID),
        Shown("the gateway knows no message with this id", "шлюз не знает такого id", 1),
    ),
    (
        errors.LinkLostError("bind_transceiver got no response in 10.0 s; check that"),
        Shown(
            "the gateway didn't answer the login in 10 s; is it the right port?",
            "шлюз не ответил на вход за 10 с; тот ли это порт?",
            3,
        ),
    ),
    (
        errors.RequestTimeoutError("query_sm", timeout=10.0),
        Shown("the gateway didn't respond", "шлюз не ответил", 3),
    ),
]  # fmt: skip

FAILURES: list[tuple[Failure, Shown]] = [
    (interrupted(), Shown("interrupted", "прервано", 130)),
    (
        unexpected(ZeroDivisionError("secret words")),
        Shown("unexpected error: ZeroDivisionError", "непредвиденная ошибка: ZeroDivisionError", 4),
    ),
    *((failure_of(error), shown) for error, shown in ERRORS),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("failure", "shown"), FAILURES, ids=lambda it: getattr(it, "english", ""))
def test_error_shows_its_cause(failure: Failure, shown: Shown, language: Language) -> None:
    """Not only its class: the advice is for just that cause."""
    translate = Translator(language)
    text = translate(failure.text, **failure.values)
    advice = translate(failure.advice, **failure.values)

    assert (shown.english if language == "en" else shown.russian) == text
    assert shown.code == failure.code
    assert "{" not in advice
    assert "secret" not in text + advice + failure.detail
    assert (language == "ru") == bool(re.search("[а-яё]", advice))


def test_causes_have_their_own_advice() -> None:
    """Host and port are right if a certificate has expired."""
    remedies = {shown.english: failure.advice for failure, shown in FAILURES if shown.code == 3}

    assert len(remedies) - 2 <= len(set(remedies.values()))


@pytest.mark.parametrize("words", ["", "no", "the scenario refuses it!", "priority_flag takes"])
def test_other_words_are_not_taken_for_the_simulators(words: str) -> None:
    """Another SMSC's text is shown as it is."""
    assert read_reason(words) is None


# --- texts that need more than a command line ---

ELSEWHERE = {
    "the workbook is too large when it is unpacked": (
        "test_workbook_that_would_fill_the_memory_is_refused"
    ),
    "the sheet has hidden or filtered rows, as row {number}; nothing is sent": (
        "test_hidden_rows_are_refused"
    ),
    "line {line}, column {column}: {size} octets follow the packet that begins here": (
        "test_lines_of_digits_may_be_frames"
    ),
    "--rules needs the package redis, which isn't installed": "test_missing_extra_is_named",
    "can't use {name} for the results: {reason}": "test_unreadable_result_is_named",
    "{name} has rows that were changed and not sent; it isn't overwritten": (
        "test_corrections_are_not_overwritten"
    ),
    "the .outbox file next to the CSV file can't be used": "test_invalid_outbox_is_reported",
    "can't write {name}: {reason}": "test_rejected_rows_that_cannot_be_written_are_reported",
    "can't write the report to {file}: {reason}": (
        "test_report_that_cannot_be_written_says_what_was_sent"
    ),
    "cancelled by you": "test_only_yes_is_confirmation",
    "standard input isn't UTF-8 text": "test_other_encodings_are_refused",
    "can't listen on {host}:{port}: {reason}": "test_address_of_another_machine_is_refused",
    "port {port} of {host} is in use": "test_used_port_says_what_to_do",
    "invalid arguments": "test_error_of_a_later_parser_is_a_usage_error",
    "--lang accepts ru or en, got {value!r}": "test_usage_error_says_what_to_do",
    "an .xlsx file is read by a package that isn't installed": (
        "test_missing_package_is_named_with_its_command"
    ),
    "the workbook has no sheet {name!r}": (
        "test_sheet_is_the_first_visible_one_or_the_one_that_is_named"
    ),
    "capture files need scapy, which isn't installed": (
        "test_without_the_extra_the_error_names_the_command"
    ),
}
"""Texts that need more than a command line, each with the name of its test."""


def test_every_text_has_a_row() -> None:
    """A new message is written down with its cause and its translation before it is used."""
    rows = [*LINES.values(), *TABLES.values(), *DUMPS.values(), *(row for _, row in FAILURES)]
    shown = [row.english.replace("FILE", "x") for row in rows]
    texts = failure_texts()
    missing = [
        text
        for text in texts
        if text not in ELSEWHERE and not any(re.fullmatch(_pattern(text), one) for one in shown)
    ]

    assert [] == missing
    assert set(ELSEWHERE) <= set(texts)


def test_tests_of_other_texts_exist() -> None:
    """A renamed test takes its name with it."""
    tests = Path(__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in tests.rglob("test_*.py"))

    assert [] == [name for name in ELSEWHERE.values() if f"def {name}(" not in code]


def test_texts_are_found_in_every_folder() -> None:
    """Also those of a constant, of a choice, and of a function that returns text and advice."""
    texts = failure_texts()

    assert "dumps/blocks" == texts["no octets were given"]
    assert "tables/formats" == texts["the file is a workbook with a password"]
    assert "tables/formats" == texts["the file is an archive, whatever its name is"]


def _pattern(text: str) -> str:
    """Return a pattern of a text with any values."""
    return re.sub(r"\\{[^}]*\\}", ".*", re.escape(text))
