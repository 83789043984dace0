"""Templates: names in braces are replaced, and nothing else is done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async.cli.failures import Failure
from smsc_async.cli.tables.templates import parse_template

NAMES = st.text(st.characters(exclude_characters="{}"), min_size=1).filter(str.strip)


@pytest.mark.parametrize(
    ("text", "names", "filled"),
    [
        ("Здравствуйте, {name}!", ["name"], "Здравствуйте, <name>!"),
        ("{a}{ b }{a}", ["a", "b", "a"], "<a><b><a>"),
        ("{{a}} {{{b}}}", ["b"], "{a} {<b>}"),
        ("", [], ""),
        ("{Имя Отчество}", ["Имя Отчество"], "<Имя Отчество>"),
        (
            "{a.b} {a[0]} {a!r} {a:>10}",
            ["a.b", "a[0]", "a!r", "a:>10"],
            "<a.b> <a[0]> <a!r> <a:>10>",
        ),
        ("{a\n}", ["a"], "<a>"),
    ],
)
def test_names_are_replaced(text: str, names: list[str], filled: str) -> None:
    """What looks like an attribute or a format is a part of the name, which no column has."""
    template = parse_template(text)

    assert names == list(template.names)
    assert filled == template.fill(lambda name: f"<{name}>")


@pytest.mark.parametrize(
    ("text", "position"),
    [("secret {", 8), ("}", 1), ("a {} b", 3), ("{ }", 1), ("{a{b}", 1), ("{a}}", 4), ("{{a}", 4)],
)
def test_brace_without_a_name_is_refused(text: str, position: int) -> None:
    """With its place; the text isn't repeated."""
    with pytest.raises(Failure) as caught:
        parse_template(text)

    assert ("bulk.template", position) == (caught.value.key, caught.value.values["position"])
    assert "secret" not in f"{caught.value.values}"


@given(st.text())
def test_text_with_doubled_braces_is_itself(text: str) -> None:
    """There is a way to write any text."""
    template = parse_template(text.replace("{", "{{").replace("}", "}}"))

    assert ((), text) == (template.names, template.fill(str))


@given(st.lists(st.tuples(st.text(), NAMES)), st.text(), st.text())
def test_values_are_never_read_as_templates(
    pieces: list[tuple[str, str]], end: str, value: str
) -> None:
    """A cell may hold braces."""
    doubled = [(one.replace("{", "{{").replace("}", "}}"), name) for one, name in pieces]
    text = "".join(f"{one}{{{name}}}" for one, name in doubled)
    text += end.replace("{", "{{").replace("}", "}}")

    assert "".join(one + value for one, _ in pieces) + end == parse_template(text).fill(
        lambda _: value
    )


@given(st.text("{}a"))
def test_any_text_is_a_template_or_refused(text: str) -> None:
    """No other error."""
    try:
        template = parse_template(text)
    except Failure:
        return

    assert len(template.literals) == len(template.names) + 1
