"""Settings from environment variables: a URL, and credentials that stand apart from it.

Rule: credentials come from one place, and are taken as they are, without percent-encoding. No error
shows a value, not even a path: a password may have been given in its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from smsc_async._base_errors import ConfigError, check_kind, refused

LONGEST_FILE: Final = 65_536
"""Octets of a password's file, at most: somewhat more than the longest password."""

_PLACEHOLDER = "login:password@"
_NAME: Final = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_WITH_LOGIN: Final = frozenset({"smpp", "smpps", "smsc"})


class Secret:
    """A text that `repr`, `str`, formatting and dumps show as "***". It is not a `str`.

    Args:
        value: The text.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return self._value == other._value if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "'***'"

    __str__ = __repr__


class Credentials(NamedTuple):
    """Login and password that stand apart from a URL."""

    login: str
    password: Secret


def read_environment(variable: str, environ: Mapping[str, str]) -> tuple[str, Credentials | None]:
    """Read the variables of one account: for "SMSC_URL" also "SMSC_LOGIN" and so on.

    Args:
        variable: Name of the variable with the URL.
        environ: Value by name; an empty one counts as unset.

    Returns:
        The URL, and the credentials that replace those of the URL, if there are any.

    Raises:
        ConfigError: Neither URL nor credentials are set, only half of the credentials, or two of
            a kind; or the file of the password can't be used.
    """
    check_kind("variable", variable, str)
    if not _NAME.fullmatch(variable):
        raise refused("variable", variable, "takes the name of an environment variable")
    check_kind("environ", environ, Mapping)
    url = _value_of(variable, environ).strip()
    prefix = variable.removesuffix("_URL")
    userinfo, tail = split_userinfo(url or "smsc://")
    names = [f"{prefix}_{name}" for name in ("LOGIN", "PASSWORD", "PASSWORD_FILE")]
    given = [name for name in names if environ.get(name, "").strip()]
    if given and userinfo.strip(":"):
        raise ConfigError(
            variable, "***", f"has credentials, and {given[0]} is set too; keep one of the two"
        )
    credentials = _read_credentials(prefix, environ)
    if credentials is None:
        if not url:
            raise ConfigError(
                variable,
                None,
                "not set; give it a URL like 'smsc://login:password@' (or 'sim://' to try out),"
                f" or set {names[0]} and {names[1]} or {names[2]}",
            )
        scheme = url.partition("://")[0].lower()
        if "@" not in url.partition("?")[0] and scheme in _WITH_LOGIN:
            raise ConfigError(
                variable,
                "***",
                f"no user; write {scheme}://user:password@host, or set {names[0]} and {names[1]}"
                f" or {names[2]}",
            )
        return url, None
    return tail.replace("://", f"://{_PLACEHOLDER}", 1), credentials


def split_userinfo(url: str) -> tuple[str, str]:
    """Return the user and password of a URL, as they are written, and the URL without them."""
    scheme, separator, rest = url.partition("://")
    authority, mark, query = rest.partition("?")
    userinfo, _, hosts = authority.rpartition("@")
    return userinfo, f"{scheme}{separator}{hosts}{mark}{query}"


def _read_credentials(prefix: str, environ: Mapping[str, str]) -> Credentials | None:
    """Return login and password; None if neither is set."""
    login = _value_of(f"{prefix}_LOGIN", environ).strip()
    # A file of variables with CRLF leaves a CR.
    password = _value_of(f"{prefix}_PASSWORD", environ).rstrip("\r\n")
    file = _value_of(f"{prefix}_PASSWORD_FILE", environ).strip()
    if not (login or password or file):
        return None
    _check_line(f"{prefix}_LOGIN", login, "the login")
    _check_line(f"{prefix}_PASSWORD", password, "the password")
    if not login:
        raise ConfigError(f"{prefix}_LOGIN", None, "not set; a password needs its login")
    if password and file:
        raise ConfigError(
            f"{prefix}_PASSWORD_FILE", None, f"{prefix}_PASSWORD is set too; keep one of the two"
        )
    if file:
        return Credentials(login, Secret(_read_file(f"{prefix}_PASSWORD_FILE", file)))
    if not password:
        raise ConfigError(
            f"{prefix}_PASSWORD",
            None,
            f"not set; set it or {prefix}_PASSWORD_FILE beside the login",
        )
    return Credentials(login, Secret(password))


def _value_of(variable: str, environ: Mapping[str, str]) -> str:
    """Return the value of a variable, an empty text if it is unset."""
    value = environ.get(variable, "")
    check_kind(variable, value, str)
    return value


def _read_file(variable: str, path: str) -> str:
    """Return the only line of a file, without its end."""
    try:
        with Path(path).open("rb") as file:
            octets = file.read(LONGEST_FILE + 1)
    except (OSError, ValueError) as error:
        # Its own sentence has the path.
        reason = getattr(error, "strerror", None) or "invalid path"
        raise ConfigError(variable, None, f"the file can't be read: {reason}") from None
    if len(octets) > LONGEST_FILE:
        raise ConfigError(
            variable, None, f"the file has over {LONGEST_FILE} octets; it takes a password alone"
        )
    try:
        password = octets.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ConfigError(variable, None, "the file isn't text in ASCII") from None
    if not password:
        raise ConfigError(variable, None, "the file is empty; write the password into it")
    _check_line(variable, password, "the password", "the file ")
    return password


def _check_line(variable: str, value: str, wanted: str, where: str = "") -> None:
    """Refuse what has several lines or control characters, wherever it came from."""
    if not value.isprintable():
        reason = f"{where}has several lines or control characters; leave only {wanted}, on one line"
        raise ConfigError(variable, None, reason)
