"""Reading a request of the gateway: query, form or JSON, and its signature.

Rule: signatures are computed over octets, so fields stay octets until the signature is verified.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Collection

ALGORITHMS: Final = ("md5", "sha1")
_SIGNATURES: Final = frozenset({*ALGORITHMS, "crc32"})
# A status has some twenty fields; the limit bounds the cost of a hostile body.
_MAX_FIELDS: Final = 200


class RefusedError(Exception):
    """A request that is no event.

    Args:
        status: The HTTP status.
        text: The body of the response.
        reason: For the log; nothing of the request.
    """

    def __init__(self, status: int, text: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.text = text


class CallbackRequest(NamedTuple):
    """The fields of a request.

    Args:
        octets: Values by name, as they came.
        charset: Of the values.
    """

    octets: dict[str, bytes]
    charset: str

    def check_signature(
        self, signed: Collection[str], secret: bytes, algorithms: Collection[str]
    ) -> None:
        """Refuse a request without a signature by one of the algorithms, or with a wrong one.

        Raises:
            RefusedError: With what is missing and how to ask for it, for the log alone.
        """
        given = [name for name in algorithms if self.octets.get(name)]
        if not given:
            found = f"no signature by {' or '.join(algorithms)}"
            if self.octets.get("crc32"):
                found = "crc32 for a signature, which proves nothing"
            remedy = f"add ?{next(iter(algorithms))} to the URL in the account"
            raise RefusedError(403, "forbidden", f"it has {found}; {remedy}")
        # The number may have been signed with its "+" or without it.
        phone = self.octets.get("phone", b"").lstrip(b" +")
        forms = [{**self.octets, "phone": form} for form in (phone, b"+" + phone)]
        texts = [b":".join([*(form.get(name, b"") for name in signed), secret]) for form in forms]
        wrong = [name for name in given if not _proves(self.octets[name], name, texts)]
        if wrong:
            reason = f"its {' and '.join(wrong)} is wrong; compare the secret with the account's"
            raise RefusedError(403, "forbidden", reason)

    def texts(self) -> dict[str, str]:
        """Return the fields decoded, without signatures, the number without its "+"."""
        texts = {
            name: octets.decode(self.charset, "replace")
            for name, octets in self.octets.items()
            if name not in _SIGNATURES
        }
        return texts | {"phone": texts.get("phone", "").lstrip(" +")}


def read_request(query: bytes, body: bytes, content_type: str, charset: str) -> CallbackRequest:
    """Read a request. The body's fields take precedence.

    Raises:
        RefusedError: The body is no JSON object, or there are too many fields.
    """
    if content_type.partition(";")[0].strip().lower() == "application/json":
        return _read_json(query, body, charset)
    return CallbackRequest(_read_form(query + b"&" + body, charset), charset)


def _read_form(octets: bytes, charset: str) -> dict[str, bytes]:
    """Read a query or a form. Of a repeated name the last value that isn't empty counts.

    The options of the handler's URL (`?charset=utf-8&md5`) may be repeated in each request.
    """
    try:
        pairs = parse_qsl(
            octets.decode("latin-1"),
            keep_blank_values=True,
            encoding="latin-1",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:
        raise RefusedError(400, "bad request", f"it has over {_MAX_FIELDS} fields") from None
    fields: dict[str, bytes] = {}
    for name, value in pairs:
        key = _name(name.encode("latin-1").decode(charset, "replace"))
        if key and (value or key not in fields):
            fields[key] = value.encode("latin-1")
    return fields


def _read_json(query: bytes, body: bytes, charset: str) -> CallbackRequest:
    """Read a flat JSON object.

    The gateway doesn't document which octets of a text are signed: those in the body's own charset
    are assumed.
    """
    try:
        text, of_body = body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text, of_body = body.decode(charset, "replace"), charset
    try:
        values = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        fields = {_name(name): _json_text(value) for name, value in values.items()}
    except (ValueError, AttributeError, RecursionError):
        raise RefusedError(400, "bad request", "its body is no JSON object") from None
    octets = {name: value.encode(of_body, "replace") for name, value in fields.items()}
    return CallbackRequest(_read_form(query, charset) | octets, of_body)


def _name(name: str) -> str:
    """Return the name of a field in lower case; one outside of ASCII can't become one inside."""
    return name.lower() if name.isascii() else name


def _json_text(value: object) -> str:
    """Return a value as it would be in a form."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _proves(signature: bytes, algorithm: str, texts: list[bytes]) -> bool:
    """Whether a signature is that of one of the texts, in constant time."""
    # The gateway offers nothing better; a FIPS build has these only as "not for security".
    digests = [hashlib.new(algorithm, text, usedforsecurity=False) for text in texts]
    return any(
        hmac.compare_digest(digest.hexdigest().encode(), signature.lower()) for digest in digests
    )
