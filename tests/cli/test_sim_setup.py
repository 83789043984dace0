"""How `smsc sim` starts: options win over the file, and the file over the defaults."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from pdu import CommandStatus, MessageState
from smsc_async.cli.common_options import STANDARD_INPUT
from smsc_async.cli.failures import Failure
from smsc_async.cli.i18n import Translator
from smsc_async.cli.sim_setup import read_setup
from smsc_async.simulator import Chaos, Fate, HlrAnswer, Scenario
from smsc_async.simulator.magic import MAGIC_PREFIX
from smsc_async.simulator.scenario_file import LONGEST_FILE, ScenarioFile

ENGLISH_WORD = re.compile(r"\b(the|is|it|an|of|and|got|takes|to|for|with|not|use|known|end)\b")
NOT_GIVEN: dict[str, Any] = {
    "delay": None,
    "state": None,
    "error_code": None,
    "hlr": (),
    "hold": None,
    "magic_prefix": None,
    "keep": None,
    "has_rules": True,
    "is_strict": True,
}
WHOLE = """
state = "EXPIRED"
error_code = 3
receipt_delay = 5
strict = false
keep = 20
hold = "answer"
magic_prefix = "7000"
hlr = {network = "MTS", mnc = "01"}

[fates."79991234567"]
answer = "refuse"
command_status = "ESME_RTHROTTLED"

[chaos]
outcome = 20
seed = 17
"""


def setup_of(text: str, folder: Path, **options: Any) -> ScenarioFile:  # noqa: ANN401 - of any type
    """Return what the simulator starts with, with a file of this text."""
    file = folder / "day.toml"
    file.write_text(text, encoding="utf-8")
    return read_setup(file, **NOT_GIVEN | options)


def test_without_file_and_options_it_is_the_gateway_without_faults() -> None:
    """More messages are remembered than in a test."""
    expected = ScenarioFile(scenario=Scenario(keep=5000))

    assert expected == read_setup(None, **NOT_GIVEN)
    assert ("off", MAGIC_PREFIX) == (expected.hold, expected.magic_prefix)


def test_file_is_read_as_a_whole(tmp_path: Path) -> None:
    """Scenario, fates, chaos, hold and prefix."""
    setup = setup_of(WHOLE, tmp_path)

    assert setup.scenario == Scenario(
        state=MessageState.EXPIRED,
        error_code=3,
        receipt_delay=5,
        strict=False,
        keep=20,
        hlr=HlrAnswer(network="MTS", mnc="01"),
    )
    refuse = Fate(answer="refuse", command_status=CommandStatus.ESME_RTHROTTLED)
    assert {"79991234567": refuse} == setup.fates
    assert Chaos(outcome=20, seed=17) == setup.chaos
    assert ("answer", "7000") == (setup.hold, setup.magic_prefix)


def test_option_that_is_given_wins(tmp_path: Path) -> None:
    """Also with the value of the default; of the HLR answer field by field."""
    setup = setup_of(
        WHOLE,
        tmp_path,
        delay=0.2,
        state=MessageState.DELIVERED,
        error_code=0,
        hlr=("mnc=02",),
        hold="off",
        magic_prefix="none",
        keep=500,
        has_rules=False,
    )

    assert setup.scenario == Scenario(
        strict=False, keep=500, rules=None, hlr=HlrAnswer(network="MTS", mnc="02")
    )
    assert ("off", None) == (setup.hold, setup.magic_prefix)


def test_number_of_messages_that_is_not_in_the_file_is_the_commands(tmp_path: Path) -> None:
    """A person reads slowly; a file that says 500 has its reason."""
    assert 5000 == setup_of("", tmp_path).scenario.keep
    assert 500 == setup_of("keep = 500", tmp_path).scenario.keep


@pytest.mark.parametrize(
    ("text", "options", "state", "error"),
    [
        ("", {"error_code": 6}, MessageState.UNDELIVERABLE, 6),
        ("keep = 5", {"error_code": 255}, MessageState.UNDELIVERABLE, 255),
        ("error_code = 6", {"error_code": 0}, MessageState.DELIVERED, 0),
        ("error_code = 6", {"delay": 1.0}, MessageState.UNDELIVERABLE, 6),
        ("error_code = 6", {"state": MessageState.DELIVERED}, MessageState.DELIVERED, 6),
        ('state = "expired"', {"error_code": 6}, MessageState.EXPIRED, 6),
        ('state = "delivered"', {"error_code": 6}, MessageState.DELIVERED, 6),
        ("", {"error_code": 6, "state": MessageState.REJECTED}, MessageState.REJECTED, 6),
    ],
)
def test_error_without_a_state_is_undeliverable(
    tmp_path: Path, text: str, options: dict[str, Any], state: MessageState, error: int
) -> None:
    """Whichever of file and options says the one and the other."""
    scenario = setup_of(text, tmp_path, **options).scenario

    assert (state, error) == (scenario.state, scenario.error_code)


def test_scenario_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a script makes it."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"error_code = 6")))

    assert 6 == read_setup(Path(STANDARD_INPUT), **NOT_GIVEN).scenario.error_code


@pytest.mark.parametrize(
    ("text", "russian"),
    [
        ("stat = 5", "неизвестный ключ 'stat'; возможно, имелся в виду 'state'?"),
        ("qq = 5", "неизвестный ключ 'qq'; есть ключи accounts, bind_status, "),
        (f"{'q' * 41} = 5", "неизвестный ключ, его длина — 41 символ; есть ключи "),
        ("hold = off", "не TOML, строка 1, столбец "),
        ("a = [", "не TOML"),
        ("receipt_delay = 2,5", "дробная часть отделяется точкой: 2.5"),
        ('receipt_delay = "1"', "нужно число без кавычек, получен текст"),
        ('keep = "1"', "нужно целое число без кавычек, получен текст"),
        ('silent = "да"', "нужно true или false без кавычек, получен текст"),
        ("cost = [1]", "нужен текст в кавычках, получено значение типа «массив»"),
        ("hlr = 2026-01-01", "нужна таблица, получено значение типа «дата»"),
        ("hlr = 12:00:00", "нужна таблица, получено значение типа «время»"),
        ("accounts = {shop = 5}", "нужен текст в кавычках, получено число"),
        ("accounts = {shop = {}}", "нужен текст в кавычках, получено значение типа «таблица»"),
        ("keep = 1\nkeep = 2", "ключ или таблица указаны дважды"),
        (f"keep = {'9' * 5000}", "в числе слишком много цифр"),
        (f"keep = {'[' * 100_000}", "слишком глубоко вложены массивы и таблицы"),
        ("#" * (LONGEST_FILE + 1), "символов не больше 1048576, получено 1048577"),
        ("#" * (5 * LONGEST_FILE), "символов не больше 1048576, получено 4194305"),
        ("[rules]\nhold = 'off'", "'hold' — не ключ этой таблицы; напишите его выше"),
        ("silent = 1", "нужно true или false, получено 1"),
        ("window = true", "нужно целое число, получено true"),
        ("window = 0", "не меньше 1, получено 0"),
        ("receipt_delay = nan", "нужно число меньше 2^63, получено nan"),
        ("deliver_timeout = 0", "больше 0 секунд, получено 0"),
        ("cost = 1.5", "нужен текст в кавычках, получено 1,5"),
        ("cost = '1234567'", "символов ASCII не больше 6, получено 7"),
        ("error_code = 1000", "от 0 до 999, получено 1000"),
        ("state = 'DELIVERD'", "нужно имя из MessageState или число без кавычек, получено 8"),
        ("state = 'x'", "нужно имя из MessageState или число без кавычек, получено 1 символ"),
        ("state = 256", "нужно число от 0 до 255 или имя из MessageState, получено 256"),
        ("hold = 'recipt'", "допустимые значения: off, receipt, answer; получено 6 символов; воз"),
        ("hold = 'x'", "допустимые значения: off, receipt, answer; получено 1 символ"),
        ("rules = true", "нужна таблица или false, чтобы ограничений не было, получено true"),
        ("rules = {rate = 0}", "нужно число больше 0, не длиннее 9 цифр, или false без этого"),
        ("rules = {margin = 90}", "не меньше 0 с и меньше multipart_window, получено 90"),
        ("hlr = 5", "нужна таблица, получено 5"),
        ("fates = 5", "нужна таблица для каждого номера, получено 5"),
        ("fates = {abc = {}}", 'пишется [fates."79991234567"], цифр не больше 20, получено 3'),
        ("accounts = 5", "нужна таблица паролей по логинам или false, если подойдёт любой"),
        ("magic_prefix = ''", "нужно от 1 до 11 цифр или false, получено 0 символов"),
        ("chaos = true", "нужна таблица или false, получено true"),
        ("chaos = {outcome = 101}", "от 0 до 100 процентов, получено 101"),
        ("chaos = {seconds = 5000}", "больше 0 и не больше 3600, получено 5000"),
        ("chaos = {messages = 0}", "нужно целое число от 1 до 1000000, получено 0"),
        (
            "chaos = {seconds = 5, messages = 5}",
            "нельзя указать вместе с seconds; оставьте одно из двух",
        ),
        ('default_alphabet = "latin1"\npacked_gsm = true', "допустима только GSM"),
        ('fates.1 = {answer = "refuse"}', "answer='refuse' и command_status нужны вместе"),
        ('fates.1 = {answer = "late"}', "для answer='late' нужен after"),
        (
            'fates.1 = {answer = "refuse", command_status = 8, state = 2}',
            "у отклонённого сообщения нет исхода",
        ),
        ("fates.1 = {after = -1}", "не меньше 0 секунд, получено -1"),
        ("fates = {79991234567 = {}, '+79991234567' = {}}", "номер указан дважды"),
    ],
    ids=lambda one: one[:30],
)
def test_mistake_in_the_file_is_explained_in_russian(
    tmp_path: Path, text: str, russian: str
) -> None:
    """With the key, in words without English."""
    with pytest.raises(Failure) as caught:
        setup_of(text, tmp_path)
    failure = caught.value
    shown = Translator("ru")(failure.text, **failure.values)

    assert 2 == failure.code
    assert russian in shown
    assert not ENGLISH_WORD.search(shown.partition("day.toml")[2].partition("есть ключи")[0])
    assert "79991234567" not in shown.replace('fates."79991234567"', "")


def test_file_that_is_not_there_is_named() -> None:
    """Before a port is opened."""
    with pytest.raises(Failure) as caught:
        read_setup(Path("/nowhere/day.toml"), **NOT_GIVEN)

    assert "no_file" == caught.value.key


def test_numbers_and_passwords_of_the_file_are_not_shown(tmp_path: Path) -> None:
    """An error is shown to a colleague."""
    with pytest.raises(Failure) as caught:
        setup_of("accounts = {shop = hunter2}", tmp_path)
    assert "hunter2" not in Translator("en")(caught.value.text, **caught.value.values)

    with pytest.raises(Failure) as caught:
        setup_of('[fates."79991234567"]\nerror = 6', tmp_path)
    shown = Translator("en")(caught.value.text, **caught.value.values)
    assert "wrong at fates.7999***67: unknown key 'error'; did you mean 'error_code'?" in shown


def test_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """As another program saves it."""
    for octets in (b"\xff\xfe", 'cost = "1 р"'.encode("cp1251"), "a".encode("utf-16")):
        (tmp_path / "day.toml").write_bytes(octets)

        with pytest.raises(Failure) as caught:
            read_setup(tmp_path / "day.toml", **NOT_GIVEN)
        failure = caught.value
        assert "day.toml: it isn't UTF-8 text" in Translator("en")(failure.text, **failure.values)
        assert "save the file in UTF-8" == failure.advice


@pytest.mark.parametrize("prefix", ["", "x", "123456789012", "7 000", "+7", "７", "None"])
def test_prefix_is_digits_or_none(prefix: str) -> None:
    """It is compared with numbers."""
    with pytest.raises(Failure) as caught:
        read_setup(None, **NOT_GIVEN | {"magic_prefix": prefix})

    assert "use.prefix" == caught.value.key


@pytest.mark.parametrize("keep", [0, -1, 1_000_001])
def test_number_of_messages_has_its_range(keep: int) -> None:
    """Memory is finite."""
    with pytest.raises(Failure) as caught:
        read_setup(None, **NOT_GIVEN | {"keep": keep})

    assert "use.range" == caught.value.key
