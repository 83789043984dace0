"""One identical request a minute.

Rule: identical is what the user wrote: sender, recipient and the rendered text, comment
included. How it is coded or cut isn't; nobody writes that.

«Сервер не принимает более одного одинакового запроса на отправку SMS-сообщений в течение минуты
для защиты от ошибок и зацикливаний в программе на стороне Клиента…» What the server compares it
doesn't say. Texts aren't kept: a keyed hash of 128 bits stands for the three.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from smsc_async.gateway.verdict import Admitted, Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.gateway.verdict import Token


def fingerprints(key: bytes) -> Callable[[str, str, str], bytes]:
    """Make the function that stands 16 octets for (sender, recipient, rendered text).

    Args:
        key: 0 to 64 octets. Whoever has it can try texts out: one-time codes are short.
    """
    # A keyed start is copied, not made anew: that halves the time.
    copy = blake2b(key=key, digest_size=16).copy

    def fingerprint(sender: str, to: str, text: str) -> bytes:
        # Neither sender nor recipient can hold a NUL. Half a surrogate pair is a text all the
        # same here; that it can't be encoded another room says.
        state = copy()
        state.update(f"{sender}\0{to}\0{text}".encode("utf-8", "surrogatepass"))
        return state.digest()

    return fingerprint


def is_within(known: Admitted, at: float, window: float) -> bool:
    """Whether a request written at *at* would be a repeat of a *known* one.

    Args:
        known: The newest admission of an identical request.
        at: Instant of the write.
        window: Seconds in which one is taken, ours; 0 for no such rule.
    """
    # The same sum as in `retry_at`, or rounding could hold a request at that very instant.
    return at < known.not_before + window


def decide(
    known: Admitted | None, at: float, window: float, token: Token | None = None
) -> Held | None:
    """Say whether a request may pass; what to remember is then its own admission.

    Args:
        known: The newest admission of an identical request, as far as is remembered.
        at: Instant of the write.
        window: Seconds in which one is taken, ours; 0 for no such rule.
        token: The reservation that this request replaces: an unknown outcome that is sent again
            on purpose isn't held by itself.
    """
    if known is None or known.token == token or not is_within(known, at, window):
        return None
    return Held("repeat", known.not_before + window)
