"""What a Redis store is made from: its settings, its library, the key of its hashes."""

from __future__ import annotations

from contextlib import suppress
from hashlib import blake2b
from typing import Any

from smsc_async._base_errors import ConfigError, check_kind, is_number, refused


def derive_key(account: str, secret: str | bytes) -> bytes:
    """Derive the key of the hashes, the same in every worker of the account.

    Raises:
        ConfigError: *secret* is no text that UTF-8 can encode, and no octets.
    """
    if not isinstance(secret, bytes):
        check_text("secret", secret)
    octets = secret.encode() if isinstance(secret, str) else secret
    inner = blake2b(octets, digest_size=64).digest()
    return blake2b(account.encode(), key=inner, digest_size=16).digest()


def check_text(name: str, value: object) -> None:
    """Refuse what is no text, and a text that UTF-8 can't encode.

    Raises:
        ConfigError: With the name of the argument; raised behind the codec's error, which holds
            the text.
    """
    check_kind(name, value, str)
    with suppress(UnicodeEncodeError):
        str(value).encode()
        return
    raise refused(name, value, "takes text without lone surrogates")


def import_library() -> Any:  # noqa: ANN401 - a module of an extra
    """Import redis-py, or say how to get it."""
    try:
        import redis.asyncio  # noqa: PLC0415 - an extra, imported when it is used
    except ImportError:
        raise ImportError(
            "RedisRuleStore needs redis-py, which isn't installed: pip install 'smsc-async[redis]'"
        ) from None
    return redis


def connect(library: Any, url: str) -> Any:  # noqa: ANN401 - of an extra
    """Make a client of a URL, without connecting.

    Raises:
        ConfigError: It can't be read; it may hold a password, so nothing of it is shown.
    """
    with suppress(ValueError):
        url.encode()  # or it would fail when it connects
        return library.asyncio.Redis.from_url(url)
    raise ConfigError("redis", "***", "takes a URL as 'redis://127.0.0.1:6379/0'")


def check_settings(
    account: str, workers: int, budget: float, on_failure: str, probe_every: float
) -> None:
    """Refuse settings that make no sense."""
    check_text("account", account)
    if not account or "{" in account or "}" in account:
        raise refused("account", account, "takes a name without braces")
    if on_failure not in ("open", "closed"):
        raise refused("on_failure", on_failure, "takes 'open' or 'closed'")
    for name, value in (("workers", workers), ("budget", budget), ("probe_every", probe_every)):
        if not (is_number(value) and value > 0):
            raise refused(name, value, "takes a number above 0")
