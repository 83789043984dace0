"""One identical request a minute.

Rule: identical is what the user wrote: sender, recipient and the rendered text, comment
included. How it is coded or cut isn't; nobody writes that.

«Сервер не принимает более одного одинакового запроса на отправку SMS-сообщений в течение минуты
для защиты от ошибок и зацикливаний в программе на стороне Клиента…» What the server compares it
doesn't say. Texts aren't kept: a keyed hash stands for the three.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from smsc_async.rules.verdict import Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.rules.verdict import Admitted, Token

_make = tuple.__new__  # half the time of `Held(…)`


Fingerprint = bytes | int
"""Stands for (sender, recipient, rendered text)."""


Asked = tuple[str, str, str]
"""Sender, recipient and rendered text."""


def fingerprints(key: bytes | None) -> Callable[[Asked], Fingerprint]:
    """Make the function that stands a fingerprint for (sender, recipient, rendered text).

    Args:
        key: 0 to 16 octets, for fingerprints of 16 octets that several processes can compare.
            Whoever has it can try texts out: one-time codes are short. None for those that make
            sense in this process alone.
    """
    # Python's own hash has 64 bits, is keyed anew in each process, and takes a tenth of the time.
    return hash if key is None else _keyed(key)


def _keyed(key: bytes) -> Callable[[Asked], bytes]:
    """Make the function that is the same wherever the key is."""
    # The key is the salt: as a key proper it would be a block of its own, and twice the time.
    # The start is copied, not made anew, for the same reason.
    copy = blake2b(salt=key, digest_size=16).copy

    def fingerprint(asked: Asked) -> bytes:
        # Neither sender nor recipient can hold a NUL. Half a surrogate pair is a text all the
        # same here; that it can't be encoded another room says.
        state = copy()
        state.update("\0".join(asked).encode("utf-8", "surrogatepass"))
        return state.digest()

    return fingerprint


def decide(
    known: Admitted | None, at: float, window: float, token: Token | None = None
) -> Held | Admitted | None:
    """Say whether a request may pass; what to remember is then its own admission.

    Args:
        known: The newest admission of an identical request, as far as is remembered.
        at: Instant of the write.
        window: Seconds in which one is taken, ours; 0 for no such rule.
        token: The reservation that this request replaces: an unknown outcome that is sent again
            on purpose isn't held by itself.

    Returns:
        None if it may pass; *known* if it may because it replaces that one; else `Held`.
    """
    # The same sum decides and is told, or rounding could hold a request at that very instant.
    if known is None or at >= (retry_at := known.not_before + window):
        return None
    return known if known.token == token else _make(Held, ("repeat", retry_at))
