"""The pages on settings name every field of a configuration, with its default and its limits."""

from __future__ import annotations

import re
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pdu.enums import BindMode, MessageState
from smsc_async import ConfigError, ReconnectPolicy, SimulatorSettings, SmscConfig, Timeouts
from smsc_async._config_url import PARAMETERS
from smsc_async.config import Tls

DOCS = Path(__file__).parents[1] / "docs"
LANGUAGES = ("en", "ru")
PARTS: dict[str, Any] = {
    "timeouts": Timeouts,
    "reconnect": ReconnectPolicy,
    "tls": Tls,
    "simulator": SimulatorSettings,
}
WORDS = {"": {"empty", "пусто"}, None: {"none", "нет"}}
RANGE = re.compile(r"(?:от )?([\d.,]+) (?:to|до) ([\d.]+)")


class Row(NamedTuple):
    """A row of the table."""

    setting: str
    places: str
    default: str
    unit: str
    limits: str
    meaning: str


def rows(language: str) -> dict[str, Row]:
    """Return the rows of a page by setting."""
    page = (DOCS / language / "settings.md").read_text("utf-8")
    found = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    listed = [Row(*cells) for cells in found if len(cells) == 6 and cells[0].startswith("`")]
    assert len(listed) == len({row.setting for row in listed})
    return {row.setting.strip("`"): row for row in listed}


def settings() -> dict[str, Field[Any]]:
    """Return the fields of a configuration and of its parts, by their names on the page."""
    own = {field.name: field for field in fields(SmscConfig)}
    for part, cls in PARTS.items():
        if part != "tls":
            del own[part]
        own |= {f"{part}.{field.name}": field for field in fields(cls)}
    return own


def shown(default: Any) -> set[str]:  # noqa: ANN401 - of any field
    """Return how a default may be written on a page."""
    if default is None or isinstance(default, str):
        return WORDS.get(default, {f"`{default}`"})
    if isinstance(default, BindMode):
        return {f"`{default.value}`"}
    if isinstance(default, MessageState):
        return {f"`{default.name.lower()}`"}
    if isinstance(default, tuple):
        return WORDS[""]
    if default == 0x34:
        return {"`3.4`"}
    number = f"{default:g}"
    return {number, number.replace(".", ",")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_names_every_setting_and_no_other(language: str) -> None:
    """A new field without its row fails here."""
    assert set(settings()) == set(rows(language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("setting", settings())
def test_default_is_the_one_of_the_field(setting: str, language: str) -> None:
    """A reader leaves a setting out because of what the page says."""
    assert rows(language)[setting].default in shown(settings()[setting].default)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_parameter_of_the_url_stands_at_its_setting(language: str) -> None:
    """Fields without a parameter say where else they come from."""
    page = rows(language)
    for name, parameter in PARAMETERS.items():
        setting = f"{parameter.part}.{parameter.field}".lstrip(".")
        assert f"`{name}`" == page[setting].places
    elsewhere = {
        setting for setting, row in page.items() if row.places.strip("`") not in PARAMETERS
    }
    assert {"hosts", "system_id", "password", "is_simulated", "tls"} == elsewhere
    for variable in ("SMSC_URL", "SMSC_LOGIN", "SMSC_PASSWORD", "SMSC_PASSWORD_FILE"):
        assert any(f"`{variable}`" in row.places for row in page.values())


def configured(setting: str, value: object) -> SmscConfig:
    """Return a configuration with one setting of its own."""
    part, _, name = setting.rpartition(".")
    base = SmscConfig.from_url("sim://" if part == "simulator" else "smpps://shop:p4ss@gw.example")
    others: dict[str, dict[str, object]] = {
        "initial": {"maximum": 86_400},
        "maximum": {"initial": 0.001},
    }
    values = {name: value, **others.get(name, {})}
    return replace(base, **({part: PARTS[part](**values)} if part else values))


def with_range() -> list[tuple[str, float, float, bool]]:
    """Return the settings with a least and a most value or length, of the English page."""
    found = []
    for setting, row in rows("en").items():
        if limits := RANGE.match(row.limits):
            found.append((setting, float(limits[1]), float(limits[2]), row.unit == "characters"))
    return found


@pytest.mark.parametrize(("setting", "least", "most", "is_length"), with_range())
def test_limits_are_those_of_the_checks(
    setting: str, least: float, most: float, *, is_length: bool
) -> None:
    """Both ends are taken; what is beyond them is refused."""

    def value(number: float) -> Any:  # noqa: ANN401 - of any setting
        """Return a value at a number, or of that length."""
        if is_length:
            return "x" * int(number)
        return int(number) if float(number).is_integer() else number

    for number in (least, most):
        assert isinstance(configured(setting, value(number)), SmscConfig)
    for number in (least / 2 if 0 < least < 1 else least - 1, most + 1):
        if is_length and number < 0:
            continue
        with pytest.raises(ConfigError):
            configured(setting, value(number))


@pytest.mark.parametrize("setting", settings())
def test_both_pages_agree(setting: str) -> None:
    """On numbers, names and values."""
    english, russian = (rows(language)[setting] for language in LANGUAGES)

    for one, other in zip(english[:5], russian[:5], strict=True):
        numbers = (re.findall(r"\d+(?:[.,]\d+)?", cell.replace(",", ".")) for cell in (one, other))
        assert next(numbers) == next(numbers)
        assert re.findall(r"`[^`]+`", one) == re.findall(r"`[^`]+`", other)
    assert bool(english.unit) == bool(russian.unit)


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        *[
            (setting, "smpp://shop:p4ss@gw.example")
            for setting in ("mode", "open", "markup_coding", "default_alphabet", "message_ids")
        ],
        ("simulator.state", "sim://"),
        ("simulator.hold", "sim://"),
    ],
)
def test_every_choice_of_the_page_is_taken(setting: str, url: str) -> None:
    """And nothing else."""
    row = rows("en")[setting]
    parameter = row.places.strip("`")
    for choice in re.findall(r"`(\w+)`", row.limits):
        assert isinstance(SmscConfig.from_url(f"{url}?{parameter}={choice}"), SmscConfig)
    with pytest.raises(ConfigError):
        SmscConfig.from_url(f"{url}?{parameter}=other")


@pytest.mark.parametrize("language", LANGUAGES)
def test_block_of_the_page_runs(language: str) -> None:
    """URL and environment give the same settings."""
    page = (DOCS / language / "settings.md").read_text("utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    exec(compile(block, language, "exec"), {})  # noqa: S102 - our own page
