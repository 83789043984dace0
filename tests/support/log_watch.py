"""Searches every line of every logger for what the test sends, receives and logs in with.

Rule: what is secret is noted where it passes: texts, codes, comments, numbers, e-mail addresses and
passwords of messages, PDUs and binds. A line is searched with its arguments and its traceback.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import scripted

from smsc_async._message_base import Message
from smsc_async.messages import Email
from smsc_async.session import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

SHORTEST_TEXT = 4
"""Characters: a shorter text, "hi", is found in any log."""
SHORTEST_NUMBER = 10
_SHOWN = {"language", "service_type", "bot"}
_ADDRESSES = ("to", "sender", "source_addr", "destination_addr")


TESTS = Path(__file__).resolve().parent.parent


def proofs_of_faults() -> set[tuple[str, str]]:
    """Return the modules and functions that the fault matrix names."""
    found, module = set(), ""
    text = (TESTS / "faults" / "test_matrix.py").read_text(encoding="utf-8")
    for named, function in re.findall(r"([\w/]+|=)::(test_\w+)", text):
        module = module if named == "=" else named
        found.add((module, function))
    return found


def name_of(item: pytest.Item) -> tuple[str, str]:
    """Return module and function of a test, as the fault matrix names them."""
    module = item.path.resolve().with_suffix("").relative_to(TESTS).as_posix()
    return module, getattr(item, "originalname", "")


class LogWatch(logging.Handler):
    """A handler of the root logger that keeps what is logged, and what may not be."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s %(args)s"))
        self.lines: list[str] = []
        self.secrets: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, with its traceback."""
        self.lines.append(self.format(record))

    def note(self, name: str, value: object) -> None:
        """Note the value of a field, if it is secret."""
        if name in _ADDRESSES:
            digits = isinstance(value, str) and sum(map(str.isdigit, value)) >= SHORTEST_NUMBER
            if isinstance(value, str) and (digits or "@" in value):
                self.secrets.add(value)
        elif isinstance(value, bytes):
            for coding in ("latin-1", "utf-16-be", "utf-8"):
                with suppress(UnicodeDecodeError):
                    self.note(name, value.decode(coding))
        elif isinstance(value, str) and name not in _SHOWN and len(value) >= SHORTEST_TEXT:
            self.secrets.add(value)

    def note_message(self, message: Any) -> None:  # noqa: ANN401 - of any kind
        """Note the fields of a message."""
        for field in fields(message):
            self.note(field.name, getattr(message, field.name, None))

    def note_pdu(self, pdu: Any) -> None:  # noqa: ANN401 - of any kind
        """Note the addresses, the text and the password of a PDU."""
        for name in ("source_addr", "destination_addr", "short_message", "password"):
            self.note(name, getattr(pdu, name, None))
        for tlv in pdu.tlvs:
            if tlv.tag == 0x0424:
                self.note("message_payload", tlv.value)

    def leaks(self) -> list[tuple[str, str]]:
        """Return each line that holds a secret, with the form that it has there."""
        search = FormSearch({form for secret in self.secrets for form in shapes(secret)})
        return [(line, hit) for line in self.lines if (hit := search.first_in(line))]


class FormSearch:
    """Finds any of many texts in a line, in a time that doesn't depend on their number.

    Args:
        forms: The texts; one of them is found by its beginning.
    """

    BEGINNING = 4

    def __init__(self, forms: set[str]) -> None:
        self._short = [form for form in forms if len(form) < self.BEGINNING]
        self._by_beginning: dict[str, dict[int, set[str]]] = {}
        for form in forms:
            if len(form) >= self.BEGINNING:
                by_length = self._by_beginning.setdefault(form[: self.BEGINNING], {})
                by_length.setdefault(len(form), set()).add(form)

    def first_in(self, line: str) -> str:
        """Return a text that the line holds; empty if it holds none."""
        for at in range(len(line) - self.BEGINNING + 1):
            by_length = self._by_beginning.get(line[at : at + self.BEGINNING], {})
            for length, forms in by_length.items():
                if line[at : at + length] in forms:
                    return line[at : at + length]
        return next((form for form in self._short if form in line), "")


def shapes(secret: str) -> Iterator[str]:
    """Yield the forms of a secret in a log: as it is, escaped, as octets, in hexadecimal."""
    yield secret
    yield secret.encode("unicode_escape").decode("ascii")
    for coding in ("utf-8", "utf-16-be"):
        octets = secret.encode(coding, "surrogatepass")
        shown = repr(octets)[2:-1]
        yield from (shown, octets.hex(), octets.hex(" "))


def attach(watch: LogWatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a watch see every message that is made, and every PDU that is read."""
    for kind in (Message, Email):
        monkeypatch.setattr(kind, "__post_init__", _noting_message(watch, kind.__post_init__))
    for module in (machine, scripted):
        monkeypatch.setattr(module, "decode", _noting_pdu(watch, module.decode))


def _noting_message(watch: LogWatch, check: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return the check of a message that notes its fields, too."""

    def noting(message: Any) -> None:  # noqa: ANN401 - of any kind
        watch.note_message(message)
        check(message)

    return noting


def _noting_pdu(watch: LogWatch, decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Return a decoder that notes the PDU, too."""

    def noting(frame: bytes) -> Any:  # noqa: ANN401 - of any kind
        pdu = decode(frame)
        watch.note_pdu(pdu)
        return pdu

    return noting
