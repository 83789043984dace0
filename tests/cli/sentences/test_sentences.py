"""Sentences of the library in Russian: none that the command line can show stays in English."""

from __future__ import annotations

import ast
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sentences_of_sources import Sentences, pairs

import smsc_async
from smsc_async import _bind_refusals, errors
from smsc_async.cli.i18n import TextWithValues, Translator
from smsc_async.cli.sentences import TEMPLATES, in_language, os_reason, read_sentence
from smsc_async.cli.tables.garbled import check_cell, check_lines, check_text_cell
from smsc_async.cli.tables.members import member_of
from smsc_async.cli.tables.numbers import clean_number
from smsc_async.config import SmscConfig
from smsc_async.errors import ConfigError, InvalidMessageError, Outcome
from smsc_async.messages import Coding, Email, Sms, TelegramBot, TelegramCode, VoiceCall
from smsc_async.outbox import OutboxError
from smsc_async.session.events import EndReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE = Path(smsc_async.__file__).parent
RUSSIAN = Translator("ru")
TO = "79991234567"
ENGLISH_WORD = re.compile(r"\b(the|is|it|an|of|and|got|takes|to|for|with|not|use)\b")


def shown(text: str) -> str:
    """Return a sentence in Russian."""
    return in_language(text, RUSSIAN)


# --- the sources ---

NO_SOURCES = (
    "simulator/", "stores/", "contrib/", "outbox/postgres", "outbox/arguments.py", "testing.py",
    "client/handlers.py", "client/receipt_wait.py", "client/requests.py", "client/rules_clock.py",
    "gateway/dialect.py", "instrumentation.py", "rules/checks.py", "rules/limits.py", "_submit.py",
    "_submit_checks.py",
)  # fmt: skip
"""What the command line doesn't use, or what takes no value of a user."""
SOURCES = sorted(
    name
    for path in PACKAGE.rglob("*.py")
    if not (name := path.relative_to(PACKAGE).as_posix()).startswith(NO_SOURCES)
)
MAKERS = {
    "InvalidMessageError": 2,
    "ConfigError": 2,
    "refused": 2,
    "LinkLostError": 0,
    "OutboxError": 0,
    "OutboxFullError": 0,
    "OutboxLockedError": 0,
    "OutboxMovedError": 0,
    "OutboxVersionError": 0,
    "OutboxUnavailableError": 0,
    "OperationError": 0,
    "ClientClosedError": 0,
    "RemoteProtocolError": 0,
    "discard": 1,
    "append": 0,
}
"""What makes an error of a sentence, and the place of the sentence among the arguments."""
NOT_OF_THE_COMMAND_LINE = re.compile(
    r"a str is needed|True or False|a timedelta or seconds|a datetime|has no time zone"
    r"|takes a (tuple|function|plain)|takes the name of|takes a 7, got 7|exactly one of"
    r"|the receipt is the result|it is open already|the (file|outbox) isn't open"
    r"|it is in use already|belongs to another event loop|^7 holds it$"
)
"""Sentences about values of Python, which a command line can't give."""
COMPOSED = re.compile(
    r"^(7|7, got an integer of 7 bits|7, got 7|7 to 7 7, got 7|needs 7 parts, .*; 7|7, got 7; 7"
    r"|7, got 7 characters|a line that 7 7 is markup.*"
    r"|77|7: 7?|7 \(seq=7\)|a number is written in digits .*, got 7; correct it"
    r"|7 is 7; move it away, or give the outbox another name"
    r"|unknown scheme77; known are 7|unknown parameter7?; known are 7"
    r"|takes (0 seconds or more|more than 0 seconds), a year at most, got 7"
    r"|the text was read in a wrong encoding,.*, so write the text again"
    r"|a character is lost \(U\+FFFD\);.*; correct that, or write it again"
    r"|7has several lines or control characters; leave only 7, on one line"
    r"|takes 7, a year at most(, got 7)?|takes 7 characters, got 77)$"
)
"""Sentences of parts that stand elsewhere; the examples below have them all."""


def sentences_of(tree: ast.Module) -> Iterator[str]:
    """Yield samples of the sentences that a module gives to errors, and to reasons of rows."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        sentences = Sentences(tree, function)
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
                is_of_faults = name != "append" or "fault" in ast.unparse(node.func)
                place = MAKERS.get(name, -1)
                yield from (
                    text
                    for keyword in node.keywords
                    if keyword.arg == "reason"
                    for text in sentences.of(keyword.value)
                )
                if is_of_faults and 0 <= place < len(node.args):
                    rest = ", got 7" if name == "refused" else ""
                    yield from (text + rest for text in sentences.of(node.args[place]))
            elif isinstance(node, ast.Assign):
                yield from (
                    text
                    for target, value in pairs(node)
                    if getattr(target, "attr", "") == "reason"
                    for text in sentences.of(value)
                )


@pytest.mark.parametrize("source", SOURCES)
def test_every_sentence_of_the_sources_has_a_template(source: str) -> None:
    """A new one is written down in `cli/sentences` with its translation."""
    tree = ast.parse((PACKAGE / source).read_text(encoding="utf-8"))
    unknown = [
        text
        for text in sentences_of(tree)
        if isinstance(read_sentence(text), str)
        and not NOT_OF_THE_COMMAND_LINE.search(text)
        and not COMPOSED.fullmatch(text)
    ]

    assert [] == unknown


def test_templates_are_unique() -> None:
    """A second one would never be found."""
    assert len(TEMPLATES) == len(set(TEMPLATES))


# --- errors as they are raised ---

MESSAGES: list[Callable[[], object]] = [
    lambda: Sms(to="123", text="hi"),
    lambda: Sms(to="hello", text="hi"),
    lambda: Sms(to="79123456789.0", text="hi"),
    lambda: Sms(to="8107912345678", text="hi"),
    lambda: Sms(to="0123456789", text="hi"),
    lambda: Sms(to=TO, text=""),
    lambda: Sms(to=TO, text="a\n~~~\nb"),
    lambda: Sms(to=TO, text="__CALL__: hi"),
    lambda: Sms(to=TO, text="\ud800"),
    lambda: Sms(to=TO, text="hi", comment="~~~"),
    lambda: Sms(to=TO, text="hi", sender="1" * 16),
    lambda: Sms(to=TO, text="hi", sender="Магазин"),
    lambda: Sms(to=TO, text="hi", sender="LongerThanEleven"),
    lambda: Sms(to=TO, text="hi", validity=0.5),
    lambda: Sms(to=TO, text="hi", priority=4),
    lambda: Email(to="shop.example", text="hi", subject="Hi"),
    lambda: Email(to="a@" + "b" * 260, text="hi", subject="Hi"),
    lambda: Email(to="a@b.example", text="hi", subject=""),
    lambda: Email(to="a@b.example", text="hi", subject="a\nb"),
    lambda: Email(to="a@b.example", text="hi\nsubj:x", subject="a"),
    lambda: VoiceCall(to=TO, text="hi", language="english"),
    lambda: VoiceCall(to=TO, text="hi", wait=100),
    lambda: VoiceCall(to=TO, text="hi", param="a\nb"),
    lambda: VoiceCall(to=TO, text="hi", param="22,20,5", wait=3),
    lambda: TelegramCode(to=TO, code="12"),
    lambda: TelegramBot(to=TO, text="hi", bot="a-b"),
    lambda: Sms(to=TO, text="hi", validity=172_800),
    *(
        partial(clean_number, cell)
        for cell in (
            "9161234567",
            "7916123456",
            "-79161234567",
            "81234567890",
            "891612345678",
            "79161234567,79161234568",
            "79161234567 79161234568",
            "7916абв4567",
            "８９１６１２３４５６７",
            "8-916-111-00-07 (мама)",
            "79161234.5",
            "7.9E+10",
        )
    ),
    lambda: check_cell("текст \N{REPLACEMENT CHARACTER}"),
    lambda: check_cell("Приезжайте завтра".encode().decode("cp1251")),
    lambda: check_cell("#ССЫЛКА!"),
    lambda: check_text_cell("1,23457E+12"),
    lambda: check_lines("a\n79161234567;b", ";", 2),
    lambda: member_of(Coding, "смс", "coding"),
    lambda: member_of(Coding, "a longer text, perhaps secret", "coding"),
]
URLS = [
    "localhost", "http://a:b@c", "smppp://a:b@c", "a1://b", "a1smpp://b", "smpp://localhost",
    "smpp://a:b@", "sim://a:b@c", "smpp://:b@c", "smpp://a:b@c:0", "smpp://a:b@c:x",
    "smpp://a:b@c/d", "smpp://a:b@[::1", "smpp://a:b@c d", "smpp://a:b%@c", "smpp://a:%FF@c",
    "smpp://a:b@c?window=0", "smpp://a:b@c?window=x", "smpp://a:b@c?timeout=0",
    "smpp://a:b@c?timeout=x", "smpp://a:b@c?mode=both", "smpp://a:b@c?smart_text=maybe",
    "smpp://a:b@c?windou=1", "smpp://a:b@c?xyzzy=1", "smpp://a:b@c?verify=1",
    "smpps://a:b@c?key_file=x", "smpp://a:b@c?window=1&window=2", "smpp://a:b@c?open=later",
    "smpp://a:b@c?packed_gsm=1&default_alphabet=latin1", "smpp://smpp.example:123456789@c",
    "smpp://a:пароль@c", f"smpp://{'a' * 20}:b@c", "smpp://a:b@c?local_addr=x",
    "smpp://a:b@c?local_addr=192.0.2.1:50&binds=2", "sim://?local_addr=192.0.2.1",
    "smpp://a:b@c?reconnect_jitter=2", "smpp://a:b@c?reconnect_multiplier=0",
    "smpp://a:b@c?reconnect_initial=60&reconnect_maximum=1", "smpp://a:b@c?d@e",
    "smpp://a:b@c?message_ids=x",
]  # fmt: skip
ENVIRONMENTS = [
    {},
    {"SMSC_URL": "smpp://localhost"},
    {"SMSC_URL": "smpp://a:b@c", "SMSC_LOGIN": "a"},
    {"SMSC_LOGIN": "a"},
    {"SMSC_PASSWORD": "b"},
    {"SMSC_LOGIN": "a", "SMSC_PASSWORD": "b", "SMSC_PASSWORD_FILE": "c"},
    {"SMSC_LOGIN": "a", "SMSC_PASSWORD": "b\nc"},
    {"SMSC_LOGIN": "a\nb", "SMSC_PASSWORD": "c"},
    {"SMSC_LOGIN": "a", "SMSC_PASSWORD_FILE": "/nowhere/secret"},
    {"SMSC_LOGIN": "a", "SMSC_PASSWORD_FILE": "a\0b"},
]
MESSAGE = Sms(to=TO, text="hi")
OTHERS: list[errors.SmscError] = [
    errors.ConnectFailedError(
        "nothing listens there; check host and port", hosts=("smpp.example:1",)
    ),
    errors.ConnectFailedError(
        "smpp.example:1: nothing listens there; check host and port;"
        " two.example:2: no answer in 10.0 s; check host, port and firewall",
        hosts=("smpp.example:1", "two.example:2"),
    ),
    errors.ConnectFailedError(
        "no TLS there: WRONG_VERSION_NUMBER; a plain port wants smpp://", hosts=("smpp.example:1",)
    ),
    *(
        errors.BindRefusedError(status, system_id="shop", host=host)
        for status in (*_bind_refusals._REMEDIES, 0x99)
        for host in ("", "smpp.example:1")
    ),
    errors.LinkLostError(),
    *(errors.LinkLostError(reason.value) for reason in EndReason),
    errors.LinkLostError("no link for 5.0 s; no connection to smpp.example:1: ETIMEDOUT"),
    errors.RepeatedMessageError(MESSAGE, retry_after=47.6),
    errors.FloodLimitError(MESSAGE, retry_after=30.0),
    errors.HeldByRuleError(MESSAGE, retry_after=3600.0),
    errors.SubmitRefusedError(MESSAGE, command_status=0x45),
    errors.ThrottledError(MESSAGE, command_status=0x58, retry_after=1.0, outcome=Outcome.NOT_SENT),
    errors.ResponseTimeoutError(MESSAGE, timeout=10.0),
    errors.SubmitInterruptedError(MESSAGE, outcome=Outcome.UNKNOWN),
    errors.SubmitInterruptedError(
        MESSAGE, outcome=Outcome.UNKNOWN, reason=EndReason.ENQUIRE_LINK_OVERDUE.value
    ),
    errors.PartsOverdueError(MESSAGE, accepted=1, total=3),
    errors.ReceiptTimeoutError("855469", timeout=30.0),
    errors.ReceiptTimeoutError("855469", timeout=30.0, unknown=2),
    *(
        OutboxError(f"/srv/x is {kind}; move it away, or give the outbox another name")
        for kind in ("a folder", "no regular file")
    ),
    errors.RequestRefusedError("query_sm", 0x67),
    errors.RequestTimeoutError("query_sm", timeout=10.0),
]


@pytest.mark.parametrize("number", range(len(MESSAGES)))
def test_invalid_message_is_explained_in_russian(number: int) -> None:
    """The limit, the value and the remedy, too."""
    with pytest.raises(InvalidMessageError) as caught:
        MESSAGES[number]()

    check(str(caught.value))


@pytest.mark.parametrize("url", URLS)
def test_invalid_url_is_explained_in_russian(url: str) -> None:
    """Of each setting that a URL has."""
    with pytest.raises(ConfigError) as caught:
        SmscConfig.from_url(url)

    check(str(caught.value))


@pytest.mark.parametrize("environ", ENVIRONMENTS)
def test_invalid_environment_is_explained_in_russian(environ: dict[str, str]) -> None:
    """Of each variable."""
    with pytest.raises(ConfigError) as caught:
        SmscConfig.from_env(environ=environ)

    check(str(caught.value))


@pytest.mark.parametrize("error", OTHERS, ids=str)
def test_other_errors_are_explained_in_russian(error: errors.SmscError) -> None:
    """Of links, refusals, rules and receipts."""
    check(str(error))


def check(text: str) -> None:
    """Assert that nothing of a sentence is left in English."""
    russian = shown(text)

    assert re.search("[а-яё]", russian), text
    assert not ENGLISH_WORD.search(re.sub(r"^\w+: ", "", russian)), russian
    assert set(re.findall("[0-9]+", text)) >= set(re.findall("[0-9]+", russian))
    assert text == in_language(text, Translator("en"))


# --- reading ---


@pytest.mark.parametrize(
    "text",
    [
        "bind_transceiver refused: ESME_RBINDFAIL (0x0000000D) for system_id 'shop'; ask for it",
        "the certificate doesn't verify: expired; renew it",
        "needs 60 parts, one message takes 5; do something new",
    ],
)
def test_sentence_with_an_unknown_remedy_stays(text: str) -> None:
    """Half a sentence in English is worse than all of it."""
    assert text == shown(text)


@pytest.mark.parametrize(
    "text", ["", "no", "to: something new", "смысл", "submit_sm", "a: b: c", "{got}", "{0}"]
)
def test_unknown_sentence_stays(text: str) -> None:
    """Another version of the library may have it."""
    assert text == read_sentence(text) == shown(text)


def test_sizes_agree_with_their_number() -> None:
    """Russian has three plural forms."""
    reason = "4 to 8 digits are accepted, got {} characters; send other codes as an Sms"
    found = [re.findall(r"\d+ символ\w*", shown(reason.format(n)))[-1] for n in (1, 3, 11)]

    assert ["1 символ", "3 символа", "11 символов"] == found


@pytest.mark.parametrize(
    ("got", "russian"),
    [("48 h", "48 ч"), ("90 s", "90 с"), ("1441 min", "1441 мин"), ("0.5 s", "0,5 с")],
)
def test_durations_have_russian_units(got: str, russian: str) -> None:
    """As the library writes them."""
    reason = (
        "validity: 1 s to 24 h, got {}; the gateway tries no longer, so send it again after that"
    )

    assert f"получено {russian};" in shown(reason.format(got))


def test_words_of_the_system_are_translated() -> None:
    """Those of SQLite, too."""
    full = "no room left for /srv/x: database or disk is full; make room and do it again"
    net = "no connection to smpp.example:1: Network is unreachable"

    assert "диск заполнен" in shown(full)
    assert "сеть недоступна" in shown(net)


def test_english_is_that_of_the_library() -> None:
    """A template read and filled gives the sentence again."""
    text = "to: a number is 10 to 15 digits with country code, got 3 characters ('123'); write it"
    for sentence in (f"{text} like '79991234567'", *map(str, OTHERS)):
        known = read_sentence(sentence)
        assert isinstance(known, TextWithValues)
        assert sentence == Translator("en")(known.text, **known.values)


def test_values_are_escaped() -> None:
    """A host's name may hold what steers a terminal."""
    assert "\x1b" not in shown(
        "no connection to \x1b[2J: nothing listens there; check host and port"
    )


def test_error_of_the_system_is_named() -> None:
    """Without a text of its own, by its class."""
    english = Translator("en")
    reasons = [
        os_reason(error)
        for error in (FileNotFoundError(2, "No such file or directory"), ValueError("secret"))
    ]

    assert ["нет такого файла или каталога", "ValueError"] == [
        one if isinstance(one, str) else RUSSIAN(one.text, **one.values) for one in reasons
    ]
    assert "nothing" == in_language("nothing", english)
