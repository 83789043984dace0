"""Running generated Python code."""

from __future__ import annotations

import traceback

import pytest

from pdu._exec import run


def test_what_was_run_is_in_the_scope() -> None:
    """Functions see the scope they were given as their globals."""
    scope = run("def double():\n    return 2 * n", "<double>", {"n": 21})

    assert 42 == scope["double"]()


def test_generated_functions_belong_to_this_package() -> None:
    """Their frames are told from those of users by it."""
    assert "pdu._exec" == run("def f(): pass", "<f>", {})["f"].__module__


def test_tracebacks_show_the_generated_lines() -> None:
    """An error in generated code could not be read otherwise."""
    scope = run("def fail():\n    return 1 / 0  # the generated line", "<fail>", {})

    with pytest.raises(ZeroDivisionError) as caught:
        scope["fail"]()
    assert "return 1 / 0  # the generated line" in "".join(traceback.format_exception(caught.value))
