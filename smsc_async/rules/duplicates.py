"""De-duplication: one identical request a minute.

Rule: two requests are identical if the user wrote the same: sender, recipient and rendered text,
comment included, service_type and TLVs. Coding and segmentation don't matter, since no user writes
those; registered_delivery and priority don't, since they change nothing of what is delivered.

«Сервер не принимает более одного одинакового запроса на отправку SMS-сообщений в течение минуты
для защиты от ошибок и зацикливаний в программе на стороне Клиента…» The document doesn't say which
fields the server compares. Texts aren't stored: a hash stands for the three values.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from smsc_async.rules.verdict import Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.rules.verdict import Admitted, Token

_new = tuple.__new__  # hot path

Fingerprint = bytes | int
"""Hash of a request: 16 octets with a key, else an integer."""

Request = tuple[str, str, str]
"""Sender, recipient and identity: the rendered text, with service_type and TLVs if it has any."""


def fingerprints(key: bytes | None) -> Callable[[Request], Fingerprint]:
    """Make the function that computes the fingerprint of a request.

    Args:
        key: 0 to 16 octets, for fingerprints of 16 octets that several processes can compare. With
            the key, short texts such as one-time codes can be found by trial. None for
            fingerprints that are valid in this process only.
    """
    # Python's own hash has 64 bits and is keyed anew in each process.
    return hash if key is None else _keyed(key)  # hot path


def _keyed(key: bytes) -> Callable[[Request], bytes]:
    """Make the fingerprint function that is the same in every process with this key."""
    copy = blake2b(salt=key, digest_size=16).copy  # hot path

    def fingerprint(request: Request) -> bytes:
        # Neither sender nor recipient can hold a NUL. A lone surrogate is accepted here: the
        # encoder refuses it with its own error.
        state = copy()
        state.update("\0".join(request).encode("utf-8", "surrogatepass"))
        return state.digest()

    return fingerprint


def decide(
    previous: Admitted | None, at: float, window: float, token: Token | None = None
) -> Held | Admitted | None:
    """Decide whether a request repeats an earlier one.

    Args:
        previous: The newest admission of an identical request, None if the store has none.
        at: Time of the write.
        window: Seconds in which only one is sent, margin included; 0 for no rule.
        token: The reservation that this request replaces: a deliberate resend after an unknown
            outcome isn't held by its own first attempt.

    Returns:
        None if it passes; *previous* if it passes because it replaces that one; else `Held`.
    """
    # The time that is compared is the one that is returned: computed twice, rounding could
    # hold a request at its own `retry_at`.
    if previous is None or at >= (retry_at := previous.not_before + window):
        return None
    return previous if previous.token == token else _new(Held, ("repeat", retry_at))
