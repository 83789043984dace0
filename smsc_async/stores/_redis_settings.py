"""What a Redis store is made from: its settings, its library, the key of its hashes."""

from __future__ import annotations

from contextlib import suppress
from hashlib import blake2b
from typing import Any, Final

from smsc_async._base_errors import (
    ConfigError,
    check_duration,
    check_function,
    check_kind,
    refused,
)
from smsc_async.rules.limits import GatewayLimits

MOST_WORKERS: Final = 10_000
"""Workers of one account, at most."""


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


def connect(library: Any, redis: object) -> Any:  # noqa: ANN401 - of an extra
    """Return a client: the given one, or one for a URL, which isn't connected yet.

    Raises:
        ConfigError: It is neither, or the URL can't be read. It may hold a password, so nothing of
            it is shown.
    """
    if isinstance(redis, str):
        with suppress(ValueError):
            redis.encode()  # or it would fail when it connects
            return library.asyncio.Redis.from_url(redis)
        raise ConfigError("redis", "***", "takes a URL as 'redis://127.0.0.1:6379/0'")
    if not callable(getattr(redis, "evalsha", None)):
        kind = type(redis).__name__
        raise ConfigError("redis", kind, f"takes a URL, or a client of redis.asyncio, got {kind}")
    return redis


def check_settings(  # noqa: PLR0917 - the settings of the store, in their order
    account: str,
    limits: GatewayLimits | None,
    workers: int | None,
    budget: float,
    on_failure: str,
    probe_every: float,
    clock: object,
    on_change: object,
) -> None:
    """Check the settings of a store.

    Raises:
        ConfigError: One of them can't be used.
    """
    check_text("account", account)
    if not account or "{" in account or "}" in account or not account.isprintable():
        raise refused("account", account, "takes a name of one line without braces")
    if limits is not None:
        check_kind("limits", limits, GatewayLimits)
    if on_failure not in ("open", "closed"):
        raise refused("on_failure", on_failure, "takes 'open' or 'closed'")
    if workers is not None and (type(workers) is not int or not 0 < workers <= MOST_WORKERS):
        raise refused("workers", workers, f"takes a whole number 1 to {MOST_WORKERS}")
    check_duration("budget", budget)
    check_duration("probe_every", probe_every)
    check_function("clock", clock)
    if on_change is not None:
        check_function("on_change", on_change)
