"""The file of `smsc sim --scenario`: every setting, and each mistake by its key."""

from __future__ import annotations

import pickle
import re
import tomllib
from dataclasses import FrozenInstanceError, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu import CommandStatus, MessageState
from smsc_async import ConfigError
from smsc_async.rules.limits import GatewayLimits
from smsc_async.simulator.chaos import Chaos
from smsc_async.simulator.fates import Fate
from smsc_async.simulator.magic import MAGIC_PREFIX
from smsc_async.simulator.scenario import OWN_RULES, HlrAnswer, Scenario
from smsc_async.simulator.scenario_file import (
    LONGEST_FILE,
    ScenarioFile,
    ScenarioFileError,
    read_scenario,
)

PLACE = re.compile(r"at (line [0-9]+, column [0-9]+|end of document)")

# A line by field of `Scenario`, and the value it stands for.
LINES: dict[str, tuple[str, object]] = {
    "accounts": ('accounts = {shop = "secret"}', {"shop": "secret"}),
    "bind_status": ('bind_status = "ESME_RBINDFAIL"', CommandStatus.ESME_RBINDFAIL),
    "strict": ("strict = false", False),
    "default_alphabet": ('default_alphabet = "ascii"', "ascii"),
    "packed_gsm": ("packed_gsm = true", True),
    "inactivity_timeout": ("inactivity_timeout = false", None),
    "submit_status": ("submit_status = 0x45", CommandStatus.ESME_RSUBMITFAIL),
    "response_delay": ("response_delay = 0.5", 0.5),
    "window": ("window = 10", 10),
    "silent": ("silent = true", True),
    "drop_after": ("drop_after = 3", 3),
    "unbind_after": ("unbind_after = 4", 4),
    "id_format": ('id_format = "hex_in_response"', "hex_in_response"),
    "rules": ("rules = false", None),
    "repeat_status": ("repeat_status = 0", 0),
    "repeat_error": ("repeat_error = 255", 255),
    "flood_status": ('flood_status = "ESME_RTHROTTLED"', CommandStatus.ESME_RTHROTTLED),
    "flood_error": ("flood_error = 250", 250),
    "parts_error": ("parts_error = 6", 6),
    "receipts": ("receipts = false", False),
    "receipt_delay": ("receipt_delay = 3", 3),
    "receipt_before_response": ("receipt_before_response = true", True),
    "receipt_window": ("receipt_window = 7", 7),
    "receipt_queue": ("receipt_queue = 8", 8),
    "redelivery_delay": ("redelivery_delay = 9.5", 9.5),
    "deliver_timeout": ("deliver_timeout = 11", 11),
    "intermediate": ("intermediate = true", True),
    "state": ('state = "UNDELIVERABLE"', MessageState.UNDELIVERABLE),
    "error_code": ("error_code = 6\nstate = 2", 6),
    "hlr": ('hlr = {mnc = "01", network = "MTS"}', HlrAnswer(mnc="01", network="MTS")),
    "cost": ('cost = "2.5000"', "2.5000"),
    "keep": ("keep = 20", 20),
    "keep_octets": ("keep_octets = 4096", 4096),
}


@pytest.mark.parametrize("name", [one.name for one in fields(Scenario)])
def test_every_setting_can_be_set(name: str) -> None:
    """A new field of `Scenario` without a reader fails here."""
    line, expected = LINES[name]
    scenario = read_scenario(line).scenario

    assert expected == getattr(scenario, name)
    assert Scenario(**{name: expected}) == scenario  # type: ignore[arg-type]  # by name


def test_empty_file_is_the_default() -> None:
    """As `smsc sim` without a file."""
    for text in ("", "\ufeff", "# nothing\r\n", "\n"):
        read = read_scenario(text)
        assert ScenarioFile() == read
        assert (Scenario(), {}, None) == (read.scenario, read.fates, read.chaos)
        assert ("off", MAGIC_PREFIX) == (read.hold, read.magic_prefix)


def test_what_is_not_in_the_file_is_the_callers() -> None:
    """`smsc sim` remembers more messages than a test needs; a file that says how many wins."""
    default = Scenario(keep=5000, error_code=6)

    assert default == read_scenario("", default=default).scenario
    assert Scenario(keep=500, error_code=6) == read_scenario("keep = 500", default=default).scenario


def test_whole_file_is_read() -> None:
    """As an editor on Windows saves it: with a byte order mark and CRLF."""
    text = """\ufeff
    state = "EXPIRED"
    hold = "receipt"
    magic_prefix = "99890"

    [accounts]
    shop = "secret"

    [rules]
    rate = 10
    flood_length = false

    [fates."79991234567"]
    answer = "refuse"
    command_status = "ESME_RTHROTTLED"

    [fates."+7 999 123-45-68"]
    state = "UNDELIVERABLE"
    error_code = 6
    after = 1.5
    receipt = "twice"
    reply = "да"

    [fates."79991234569".hlr]
    mnc = "02"

    [chaos]
    answer_never = 5
    link_breaks = 0.5
    seed = 17
    messages = 100
    """.replace("\n", "\r\n")
    read = read_scenario(text)

    assert MessageState.EXPIRED == read.scenario.state
    assert {"shop": "secret"} == read.scenario.accounts
    limits = read.scenario.rules
    assert GatewayLimits(rate=10, flood_length=None, margin=OWN_RULES.margin) == limits
    assert {
        "79991234567": Fate(answer="refuse", command_status=CommandStatus.ESME_RTHROTTLED),
        "79991234568": Fate(
            state=MessageState.UNDELIVERABLE, error_code=6, after=1.5, receipt="twice", reply="да"
        ),
        "79991234569": Fate(hlr=HlrAnswer(mnc="02")),
    } == read.fates
    assert Chaos(answer_never=5, link_breaks=0.5, seed=17, messages=100) == read.chaos
    assert ("receipt", "99890") == (read.hold, read.magic_prefix)


@pytest.mark.parametrize(
    ("text", "state", "error"),
    [
        ("error_code = 6", MessageState.UNDELIVERABLE, 6),
        ("error_code = 999\nkeep = 5", MessageState.UNDELIVERABLE, 999),
        ("error_code = 0", MessageState.DELIVERED, 0),
        ('error_code = 6\nstate = "delivered"', MessageState.DELIVERED, 6),
        ('error_code = 6\nstate = "Expired"', MessageState.EXPIRED, 6),
    ],
)
def test_error_without_a_state_is_undeliverable(text: str, state: MessageState, error: int) -> None:
    """As of a fate: a phone that is off gets nothing."""
    read = read_scenario(text)

    assert (state, error) == (read.scenario.state, read.scenario.error_code)
    assert ("state" in text) == read.has_state


def test_number_with_a_russian_8_is_that_with_a_7() -> None:
    """People write it so; our client sends the 7."""
    assert ["79161234567"] == list(read_scenario('[fates."8 916 123-45-67"]').fates)


def test_rules_that_are_not_given_are_the_simulators() -> None:
    """Without a rate: throttling would slow down every test."""
    assert OWN_RULES == read_scenario("[rules]").scenario.rules


def test_false_switches_off() -> None:
    """TOML has no null."""
    read = read_scenario("magic_prefix = false\nchaos = false\nrules = false\naccounts = false")

    assert (None, None) == (read.magic_prefix, read.chaos)
    assert (None, None) == (read.scenario.rules, read.scenario.accounts)


def error_of(text: str) -> str:
    """Return the error of a text, without the place in TOML, which versions of Python differ in."""
    with pytest.raises(ScenarioFileError) as caught:
        read_scenario(text)
    return PLACE.sub("at PLACE", str(caught.value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # Unknown keys.
        ("stat = 5", "file: unknown key 'stat'; did you mean 'state'?"),
        (
            "[rules]\nflood_lenght = 5",
            "rules: unknown key 'flood_lenght'; did you mean 'flood_length'?",
        ),
        ("[chaos]\nbreak = 5", "chaos: unknown key 'break'; did you mean 'link_breaks'?"),
        (
            '[fates."79991234567"]\nerror = 6',
            "fates.7999***67: unknown key 'error'; did you mean 'error_code'?",
        ),
        (
            "[hlr]\nqq = 5",
            (
                "hlr: unknown key 'qq'; known are imsi, msc, mcc, mnc, country, network, "
                "roaming_country, roaming_network"
            ),
        ),
        # Keys that belong above the first table.
        (
            '[rules]\nhold = "off"',
            "rules: 'hold' is no key of this table; write it above the first [table]",
        ),
        (
            '[accounts]\nhold = "off"',
            "accounts: 'hold' is no key of this table; write it above the first [table]",
        ),
        (
            "[fates]\nsilent = true",
            "fates: 'silent' is no key of this table; write it above the first [table]",
        ),
        # Wrong kinds, nested and not.
        ("silent = 1", "silent: takes true or false, got 1"),
        ("window = true", "window: takes a whole number, got true"),
        ("window = 2.0", "window: takes a whole number, got 2.0"),
        ("state = []", "state: takes a whole number, got an array"),
        ("cost = 1.5", "cost: takes a text in quotes, got 1.5"),
        ("rules = true", "rules: takes a table, or false for no rules, got true"),
        ("hlr = 2026-01-01", "hlr: takes a table, got a date"),
        ("hlr = {mnc = 2}", "hlr.mnc: takes a text in quotes, got 2"),
        ("fates = 5", "fates: takes a table for each number, got 5"),
        ('fates = {79991234567 = "refuse"}', "fates.7999***67: takes a table, got 6 characters"),
        ("[[chaos]]\noutcome = 5", "chaos: takes a table, or false for none, got an array"),
        (
            '[fates."79991234567"]\nhlr = {mnc = {}}',
            "fates.7999***67.hlr.mnc: takes a text in quotes, got a table",
        ),
        # Values out of their range.
        ("window = 0", "window: takes 1 or more, got 0"),
        ("receipt_delay = nan", "receipt_delay: takes a number below 2^63, got nan"),
        ("receipt_delay = inf", "receipt_delay: takes a number below 2^63, got inf"),
        ("receipt_delay = -1", "receipt_delay: takes 0 or more, got -1"),
        ("keep = 99999999999999999999", "keep: takes a whole number, got an integer of 67 bits"),
        (
            "rules = {rate = 0}",
            (
                "rules.rate: takes a number of 9 digits at most and above 0, or None"
                " to switch the rule off, got 0"
            ),
        ),
        ("chaos = {outcome = 101}", "chaos.outcome: takes 0 to 100 percent, got 101"),
        (
            "chaos = {seconds = 5, messages = 5}",
            "chaos.messages: excludes seconds; keep one of them",
        ),
        (
            'default_alphabet = "latin1"\npacked_gsm = true',
            "packed_gsm: takes GSM only, got latin1",
        ),
        (
            'bind_status = "ESME_RTHROTLED"',
            (
                "bind_status: takes a name of CommandStatus, or a number"
                " without quotes, got 14 characters; did you mean 'ESME_RTHROTTLED'?"
            ),
        ),
        (
            "bind_status = -1",
            "bind_status: takes 0 to 4294967295 or a name of CommandStatus, got -1",
        ),
        (
            'hold = "answr"',
            "hold: takes one of off, receipt, answer, got 5 characters; did you mean 'answer'?",
        ),
        (
            'magic_prefix = ""',
            "magic_prefix: takes 1 to 11 digits, or false for none, got 0 characters",
        ),
        ("magic_prefix = 7", "magic_prefix: takes a text in quotes, got 7"),
        # Fates.
        (
            '[fates."79991234567"]\nanswer = "refuse"',
            "fates.7999***67: answer='refuse' and command_status need each other",
        ),
        (
            '[fates."79991234567"]\nafter = -1',
            "fates.7999***67.after: takes 0 seconds or more, got -1",
        ),
        (
            "[fates.abc]",
            'fates: is written [fates."79991234567"], with up to 20 digits, got 3 characters',
        ),
        (
            '[fates."123456789012345678901"]',
            'fates: is written [fates."79991234567"], with up to 20 digits, got 21 characters',
        ),
        (
            '[fates.""]',
            'fates: is written [fates."79991234567"], with up to 20 digits, got 0 characters',
        ),
        (
            '[fates."79991234567"]\n[fates."+79991234567"]',
            "fates.7999***67: the number is given twice; keep one",
        ),
        (
            '[fates."79991234567"]\n[fates."8 999 123-45-67"]',
            "fates.8999***67: the number is given twice; keep one",
        ),
        # Quotes too many, a comma for a dot.
        ('receipt_delay = "1"', "receipt_delay: takes a number without quotes, got a text"),
        ('keep = "79991234567"', "keep: takes a whole number without quotes, got a text"),
        ('silent = "true"', "silent: takes true or false without quotes, got a text"),
        ("receipt_delay = 2,5", "file: isn't TOML at PLACE; decimals follow a dot, as in 2.5"),
        (
            "keep = 1\r\nrules = {margin = 0,5, rate = 1}\r\n",
            "file: isn't TOML at PLACE; decimals follow a dot, as in 2.5",
        ),
        (
            "[chaos]\noutcome=-2,5 # x",
            "file: isn't TOML at PLACE; decimals follow a dot, as in 2.5",
        ),
        ("cost = 1,5\nkeep = off", "file: isn't TOML at PLACE; decimals follow a dot, as in 2.5"),
        ("hold = [1,5]\nkeep = off", "file: isn't TOML at PLACE; texts are written in quotes"),
        # What is no TOML.
        ("hold = off", "file: isn't TOML at PLACE; texts are written in quotes"),
        ("[rules", "file: isn't TOML at PLACE; texts are written in quotes"),
        (
            "silent = true\rstrict = true",
            "file: isn't TOML at PLACE; texts are written in quotes",
        ),
        ("keep = 1\nkeep = 2", "file: a key or table is given twice at PLACE; keep one"),
        ("[rules]\n[rules]", "file: a key or table is given twice at PLACE; keep one"),
        (
            "hlr = {mnc = '1', mnc = '2'}",
            "file: a key or table is given twice at PLACE; keep one",
        ),
        ("keep = " + "9" * 5_000, "file: a number has too many digits"),
        ("keep = " + "[" * 100_000, "file: arrays and tables are nested too deeply"),
    ],
)
def test_mistake_is_named_by_its_key(text: str, message: str) -> None:
    """What is wrong, the path, the limit, and the nearest known name; no text and no number."""
    assert message == error_of(text)


@pytest.mark.parametrize("size", [LONGEST_FILE + 1, 10 * 1024 * 1024])
def test_huge_file_is_refused_unread(size: int) -> None:
    """Reading ten megabytes takes a minute, in which nothing is simulated."""
    said = f"file: takes {LONGEST_FILE} characters, got {size}; split the scenario"

    assert said == error_of("#" * size)
    assert ScenarioFile() == read_scenario("#" * LONGEST_FILE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[accounts]\nshop = 48213", "accounts.shop: takes a text in quotes, got a number"),
        ("[accounts]\nshop = ['hunter2']", "accounts.shop: takes a text in quotes, got an array"),
        (
            "accounts = 'hunter2'",
            "accounts: takes a table of passwords by login, or false for any login, got a text",
        ),
        (
            "accounts = 48213",
            "accounts: takes a table of passwords by login, or false for any login, got a number",
        ),
        (
            "accounts = {shop = hunter2}",
            "file: isn't TOML at PLACE; texts are written in quotes",
        ),
    ],
)
def test_password_is_never_shown(text: str, message: str) -> None:
    """A file with passwords is shown to a colleague with its error."""
    assert message == error_of(text)


def test_file_shows_neither_numbers_nor_passwords() -> None:
    """It is printed in logs."""
    read = read_scenario('accounts = {shop = "hunter2"}\n[fates."79991234567"]\nreply = "4821"')

    assert "<ScenarioFile, hold off, 1 fates, chaos None>" == repr(read)
    assert hash(read) == hash(read_scenario('accounts = {shop = "hunter2"}'))


def test_file_is_frozen() -> None:
    """It is read as a whole, and replaced as a whole."""
    read = read_scenario('[fates."79991234567"]')

    with pytest.raises(FrozenInstanceError):
        read.hold = "answer"  # type: ignore[misc]  # the claim itself
    with pytest.raises(TypeError):
        read.fates["79991234567"] = Fate()  # type: ignore[index]  # the claim itself


def test_error_is_a_configuration_error_without_a_cause() -> None:
    """The command line shows it as that of a setting; the cause would quote the file."""
    with pytest.raises(ConfigError) as caught:
        read_scenario("accounts = {shop = hunter2}")

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert str(caught.value) == str(pickle.loads(pickle.dumps(caught.value)))  # noqa: S301 - our own octets


def test_only_a_text_is_read() -> None:
    """Octets have an encoding that their reader knows."""
    with pytest.raises(TypeError, match="text takes str, got bytes; decode octets first"):
        read_scenario(b"")  # type: ignore[arg-type]  # the claim itself


KEYS = st.sampled_from([*LINES, "fates", "chaos", "hold", "magic_prefix", "79991234567"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=5,
)


def is_read_or_refused(text: str) -> bool:
    """Read a text; whether it was, or was refused in one line."""
    try:
        return isinstance(read_scenario(text), ScenarioFile)
    except ScenarioFileError as error:
        return "\n" not in str(error)


@given(st.dictionaries(KEYS, VALUES))
def test_any_values_are_read_or_refused(values: dict[str, object]) -> None:
    """By one kind of error, whatever stands where."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tomllib, "loads", lambda _: values)
        assert is_read_or_refused("")


@given(st.text(alphabet="[]{}=\".\n#stateholdfates79 '\\\r,-"))
def test_any_text_is_read_or_refused(text: str) -> None:
    """By one kind of error."""
    assert is_read_or_refused(text)


@pytest.mark.parametrize("login", ["state", "hold", "fates", "cost", "rules", "magic_prefix"])
def test_login_may_have_the_name_of_a_field(login: str) -> None:
    """With a password that is no value of the field."""
    read = read_scenario(f'[accounts]\n{login} = "hunter2"')

    assert {login: "hunter2"} == read.scenario.accounts


@pytest.mark.parametrize(
    "line", ['state = "EXPIRED"', "keep = 5", "chaos = false", 'id_format = "decimal"']
)
def test_field_below_the_accounts_is_misplaced(line: str) -> None:
    """It isn't silently a login."""
    with pytest.raises(ScenarioFileError, match=r"write it above the first \[table\]"):
        read_scenario(f"[accounts]\n{line}")
