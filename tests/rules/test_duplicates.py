"""De-duplication: one identical request a minute.

«Сервер не принимает более одного одинакового запроса на отправку SMS-сообщений в течение минуты
для защиты от ошибок и зацикливаний в программе на стороне Клиента…»
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async.rules.duplicates import decide, fingerprints
from smsc_async.rules.verdict import Admitted, Held

WINDOW = 61.0
PREVIOUS = Admitted("a-1", not_before=100.0)
KEYS = pytest.mark.parametrize("key", [None, b"", b"k" * 16], ids=["process", "no key", "key"])


def test_first_request_passes() -> None:
    """The store has no admission of it."""
    assert decide(None, 100.0, WINDOW) is None


def test_identical_request_is_held_until_the_minute_is_over() -> None:
    """«…более одного одинакового запроса … в течение минуты…»: and a second on the safe side."""
    assert Held("repeat", retry_at=161.0) == decide(PREVIOUS, 100.0, WINDOW)
    assert Held("repeat", retry_at=161.0) == decide(PREVIOUS, 160.9, WINDOW)
    assert decide(PREVIOUS, 161.0, WINDOW) is None


@given(at=st.floats(0, 1e9), window=st.floats(0.1, 1e4))
def test_request_passes_at_the_very_instant_of_its_retry_at(at: float, window: float) -> None:
    """Rounding doesn't hold it a second time."""
    held = decide(Admitted(1, at), at, window)

    assert isinstance(held, Held)
    assert decide(Admitted(1, at), held.retry_at, window) is None


def test_unknown_outcome_may_be_sent_again_on_purpose() -> None:
    """Its own reservation doesn't hold it; the gateway's repeat rule makes that safe."""
    assert PREVIOUS == decide(PREVIOUS, 110.0, WINDOW, token="a-1")


def test_another_reservation_holds_it_all_the_same() -> None:
    """An identical message was sent again since."""
    assert Held("repeat", retry_at=161.0) == decide(PREVIOUS, 110.0, WINDOW, token="a-0")


def test_unknown_outcome_of_more_than_a_minute_ago_replaces_nothing() -> None:
    """After the minute the gateway takes it as new, and so does the rule."""
    assert decide(PREVIOUS, 161.0, WINDOW, token="a-1") is None


def test_no_rule_holds_nothing() -> None:
    """A window of 0 is no rule."""
    assert decide(PREVIOUS, 100.0, 0.0) is None


@KEYS
def test_identical_is_what_the_user_wrote(key: bytes | None) -> None:
    """Sender, recipient and text; the document doesn't say what the server compares."""
    fingerprint = fingerprints(key)
    same = fingerprint(("Shop", "79991234567", "Hi"))

    assert same == fingerprint(("Shop", "79991234567", "Hi"))
    others = {
        fingerprint(("Store", "79991234567", "Hi")),
        fingerprint(("Shop", "79991234568", "Hi")),
        fingerprint(("Shop", "79991234567", "hi")),
        fingerprint(("", "Shop79991234567", "Hi")),
        fingerprint(("Shop", "7999123456", "7Hi")),
    }
    assert 5 == len(others - {same})


def test_key_makes_fingerprints_of_its_own() -> None:
    """Texts can be found by trial only with the key; with it all workers agree."""
    request = ("Shop", "79991234567", "Код входа: 4821")

    assert fingerprints(b"one")(request) != fingerprints(b"two")(request)
    assert fingerprints(b"one")(request) == fingerprints(b"one")(request)


def test_keyed_fingerprint_is_the_same_in_every_version() -> None:
    """Workers of two versions share a store while they are updated."""
    digest = fingerprints(b"key")(("Shop", "79991234567", "Hi"))

    assert bytes.fromhex("b260562c29cf3a4ed54b731ba59f797f") == digest


@KEYS
def test_lone_surrogate_has_a_fingerprint(key: bytes | None) -> None:
    """The encoder refuses it with an error of its own; nothing is raised here."""
    fingerprint = fingerprints(key)

    assert fingerprint(("", "79991234567", "\ud83d")) == fingerprint(("", "79991234567", "\ud83d"))
