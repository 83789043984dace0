"""What a Redis store is made from: its settings, its library, the key of its hashes."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from smsc_async.errors import ConfigError


def derive_key(account: str, secret: str | bytes) -> bytes:
    """Derive the key of the hashes, the same in every worker of the account."""
    octets = secret.encode() if isinstance(secret, str) else secret
    inner = blake2b(octets, digest_size=64).digest()
    return blake2b(account.encode(), key=inner, digest_size=16).digest()


def import_library() -> Any:  # noqa: ANN401 - a module of an extra
    """Import redis-py, or say how to get it."""
    try:
        import redis.asyncio  # noqa: PLC0415 - an extra, imported when it is used
    except ImportError:
        raise ImportError(
            "RedisRuleStore needs redis-py, which isn't installed: pip install 'smsc-async[redis]'"
        ) from None
    return redis


def check_settings(
    account: str, workers: int, budget: float, on_failure: str, probe_every: float
) -> None:
    """Refuse settings that make no sense."""
    if not account or "{" in account or "}" in account:
        raise ConfigError("account", account, f"a name without braces, got {account!r}")
    if on_failure not in {"open", "closed"}:
        raise ConfigError("on_failure", on_failure, f"'open' or 'closed', got {on_failure!r}")
    for name, value in (("workers", workers), ("budget", budget), ("probe_every", probe_every)):
        if not value > 0:
            raise ConfigError(name, value, f"above 0, got {value!r}")
