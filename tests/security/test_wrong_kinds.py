"""Arguments of a wrong kind are refused by their kind, and assignments to frozen values by name.

Rule: every public name is walked, so one that is yet to come is covered. A text in the place of
octets, of a client or of a header is a `TypeError` or an error of the package, without the text.
"""

from __future__ import annotations

import inspect
from contextlib import suppress
from dataclasses import FrozenInstanceError, is_dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from exposed_locals import NUMBER, PASSWORD, TEXT, exposed, shown_locals

import pdu
import pdu.text
import smsc_async
import smsc_async.contrib.callback
import smsc_async.outbox
import smsc_async.simulator
import smsc_async.stores
from pdu.text import ShiftTables, TextCoding
from smsc_async.contrib.callback import StatusCallback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

MODULES: tuple[ModuleType, ...] = (
    smsc_async,
    smsc_async.outbox,
    smsc_async.stores,
    smsc_async.simulator,
    smsc_async.contrib.callback,
    pdu,
    pdu.text,
)
WRONG: tuple[Any, ...] = (
    TEXT, TEXT.encode(), int(NUMBER), float(NUMBER), [NUMBER], {"text": TEXT}, [[{"a": TEXT}]],
    bytearray(TEXT.encode()), (PASSWORD,), {PASSWORD}, Exception(TEXT), object,
)  # fmt: skip


def public() -> Iterator[tuple[str, Any]]:
    """Yield every public name with its object, but for errors and numbers with names."""
    for module in MODULES:
        for name in module.__all__:
            value = getattr(module, name)
            is_class = inspect.isclass(value)
            if callable(value) and not (is_class and issubclass(value, (Exception, int))):
                yield f"{module.__name__}.{name}", value


FROZEN: dict[str, Any] = {
    name: value
    for name, value in public()
    if is_dataclass(value) and vars(value)["__dataclass_params__"].frozen
}


@pytest.mark.parametrize("name", FROZEN)
def test_refused_assignment_shows_no_value(name: str) -> None:
    """The method that `dataclass` generates is a frame of ours, with the value in a variable."""
    value = object.__new__(FROZEN[name])
    fields = [*FROZEN[name].__dataclass_fields__, "any_other"]
    for change in (*(partial(setattr, value, field, TEXT) for field in fields),
                   *(partial(delattr, value, field) for field in fields)):  # fmt: skip
        with pytest.raises(FrozenInstanceError) as caught:
            change()
        assert [] == [*shown_locals(caught.value)]
        assert [] == exposed(caught.value)


def test_frozen_values_are_found() -> None:
    """The walk sees messages, settings, receipts and results."""
    names = {name.rpartition(".")[2] for name in FROZEN}

    assert {"Sms", "SmscConfig", "Tls", "GatewayLimits", "Hold", "IncomingMessage"} <= names
    assert {"OutboxEntry", "Scenario", "Plan", "Concatenation", "CallConfirmed"} <= names


def calls() -> Iterator[Callable[[], object]]:
    """Yield a call of every public function and class with each wrong value in each place."""
    for _, function in public():
        with suppress(ValueError, TypeError):
            parameters = inspect.signature(function).parameters.values()
            named = [
                each
                for each in parameters
                if each.kind not in {each.VAR_POSITIONAL, each.VAR_KEYWORD}
            ]
            for wrong in WRONG:
                places = [each for each in named if each.kind is not each.KEYWORD_ONLY]
                keywords = {each.name: wrong for each in named if each.kind is each.KEYWORD_ONLY}
                yield partial(function, *(wrong for _ in places), **keywords)
                for each in named:
                    yield partial(function, **{each.name: wrong})
    for coding in (TextCoding.GSM, TextCoding.UCS2, ShiftTables(1, 1)):
        for name in ("encode", "decode", "fits", "misfits", "widths"):
            method = getattr(coding, name, None)
            yield from (partial(method, wrong) for wrong in WRONG if method is not None)


@pytest.mark.takes_up_to(5, reason="thousands of calls")
def test_no_public_call_shows_a_wrong_argument() -> None:
    """Enumerations say which number they don't know, as Python's do, and are left out."""
    exposing: list[tuple[object, str]] = []
    for call in calls():
        if inspect.isclass(call.func) and hasattr(call.func, "__members__"):  # type: ignore[attr-defined]  # a partial
            continue
        try:
            call()
        except Exception as error:  # noqa: BLE001 - any
            exposing += [(call, line) for line in exposed(error)]

    assert [] == exposing


async def sink(event: object) -> None:
    """Take an event."""


KINDS: tuple[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any], str], ...] = (
    (pdu.explain, ("0000",), {}, "octets takes bytes or bytearray or memoryview, got str"),
    (pdu.text.gsm_decode, ("текст",), {}, "octets takes bytes or bytearray, got str"),
    (pdu.text.parse_udh, ({"a": 1},), {}, "octets takes bytes or bytearray, got dict"),
    (pdu.text.gsm_septets, (b"x",), {}, "text takes str, got bytes; decode octets first"),
    (pdu.text.decode_text, (b"x", "8"), {}, "data_coding takes int, got str"),
    (pdu.text.read_segment, ("x",), {"has_udh": True}, "short_message takes bytes"),
    (pdu.text.capacity, (TextCoding.GSM,), {"header_octets": "6"}, "header_octets takes int"),
    (pdu.text.split, (b"x", TextCoding.GSM), {}, "text takes str, got bytes"),
    (pdu.packer, ("SubmitSm",), {}, "takes an object of a PDU class, got str"),
    (pdu.UnknownPdu, ("4",), {}, "command_id takes int, got str"),
    (TextCoding.GSM.encode, (b"x",), {}, "text takes str, got bytes"),
    (StatusCallback, (sink,), {"secret": b"x"}, "secret: takes a str, got bytes"),
    (StatusCallback, ("sink",), {"secret": "x"}, "sink: takes an async function, got str"),
    (StatusCallback, (sink,), {"secret": "x", "timeout": "9"}, "timeout: takes more than 0"),
    (StatusCallback, (sink,), {"secret": "x", "max_size": 2.0}, "max_size: a whole number"),
    (StatusCallback, (sink,), {"secret": "x", "charset": b"x"}, "charset: takes a str"),
)


@pytest.mark.parametrize(("function", "args", "kwargs", "said"), KINDS)
def test_wrong_kind_is_named_with_what_is_taken(
    function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any], said: str
) -> None:
    """So the mistake is found without the value."""
    with pytest.raises((TypeError, ValueError)) as caught:
        function(*args, **kwargs)

    assert said in str(caught.value)
    assert [] == exposed(caught.value)


@pytest.mark.parametrize("name", ["method", "query", "body", "content_type"])
async def test_webhook_refuses_arguments_of_a_wrong_kind(name: str) -> None:
    """A framework that decodes the query gives a text; the gateway's request isn't to blame."""
    answer = StatusCallback(sink, secret=PASSWORD).answer
    wrong: Any = TEXT if name in {"query", "body"} else TEXT.encode()
    given: dict[str, Any] = {"method": "POST", name: [wrong] if name == "method" else wrong}
    with pytest.raises(TypeError, match=f"^{name} takes ") as caught:
        await answer(**given)

    assert [] == exposed(caught.value)
