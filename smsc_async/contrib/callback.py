"""The gateway's HTTP handler ("обработчик"): its statuses, subscribers' messages, calls.

Rule: 200 is said only after the event is stored, and only signed requests make events. Whatever
else comes gets one complete answer that tells nothing, and the gateway repeats what it was not
told 200 for. Neither a text nor a secret is ever logged, and numbers are masked.

A pure ASGI application: it looks at the method, the query and the body, at no path and no
framework. `StatusCallback.answer` is the same without ASGI, for everybody else.
"""

from __future__ import annotations

import codecs
import hashlib
import hmac
import json
import logging
import re
import traceback
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    MutableMapping,
)
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote_plus, unquote_to_bytes

import anyio

from pdu.enums import MessageState
from pdu.masking import mask_number
from smsc_async.errors import ConfigError
from smsc_async.receipts import (
    COST,
    FLAGS,
    OPERATOR,
    PARTS,
    HlrReceipt,
    IncomingMessage,
    Receipt,
)

LOG: Final = logging.getLogger("smsc_async.callback")

# The gateway's numbers with its own words. Which state of SMPP fits each is our reading: it
# writes no such table. Up to 0 all are on the way; 2 and 4 may follow 1.
STATES: Final[Mapping[int, MessageState]] = {
    -3: MessageState.UNKNOWN,  # Сообщение не найдено
    -2: MessageState.SCHEDULED,  # Остановлено
    -1: MessageState.SCHEDULED,  # Ожидает отправки
    0: MessageState.ENROUTE,  # Передано оператору
    1: MessageState.DELIVERED,  # Доставлено
    2: MessageState.DELIVERED,  # Прочитано
    3: MessageState.EXPIRED,  # Просрочено
    4: MessageState.DELIVERED,  # Нажата ссылка
    6: MessageState.REJECTED,  # Заблокировано спам-фильтром (e-mail; seen in clients only)
    20: MessageState.UNDELIVERABLE,  # Невозможно доставить
    22: MessageState.UNDELIVERABLE,  # Неверный номер
    23: MessageState.REJECTED,  # Запрещено
    24: MessageState.REJECTED,  # Недостаточно средств
    25: MessageState.UNDELIVERABLE,  # Недоступный номер
}
"""What the gateway's status numbers mean; a number that isn't here is `UNKNOWN`."""

ALGORITHMS: Final = ("md5", "sha1")
_SIGNATURES: Final = frozenset({*ALGORITHMS, "crc32"})
_CHARSETS: Final = {"cp1251": "windows-1251", "koi8-r": "koi8-r", "utf-8": "utf-8"}
# A status has some twenty fields. The limit keeps a stranger's body from costing time.
_MOST_FIELDS: Final = 200
_HLR: Final = 4
_NUMBER: Final = re.compile(r"-?[0-9]{1,9}")
_WORD: Final = re.compile(r"[a-z]\w*", re.ASCII)

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CallbackMessage(IncomingMessage):
    """What a subscriber wrote, as the handler was told it. Always one part.

    `text` is None if the octets aren't in the handler's charset; `octets` has them as they came.

    Args:
        fields: All that was sent along, decoded, by name. What else there is besides "phone",
            "mes" and "to" the gateway's pages don't say.
    """

    fields: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallConfirmed:
    """A subscriber proved a number by calling.

    Args:
        phone: The subscriber, digits.
        ts: When, as the gateway writes it.
        fields: All that was sent along, decoded, by name.
    """

    phone: str
    ts: str
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __repr__(self) -> str:
        return f"CallConfirmed(phone={mask_number(self.phone)!r}, ts={self.ts!r})"


Event: TypeAlias = Receipt | IncomingMessage | CallConfirmed
"""What a sink is given."""

Sink: TypeAlias = Callable[[Event], Awaitable[object]]
"""Stores an event; the gateway is told 200 when it has returned."""


class Answer(NamedTuple):
    """What the gateway is told.

    Args:
        status: Of HTTP: 200, or one that makes the gateway repeat.
        text: The body, plain ASCII.
    """

    status: int
    text: str


class StatusCallback:
    """An ASGI application that takes what the gateway tells its HTTP handler.

    ::

        Route("/smsc", StatusCallback(store, secret=os.environ["SMSC_SECRET"]))

    Register it as a route: a mount redirects, and the gateway's POST may not follow. It can be
    served alone as well. One instance serves any number of requests, on any event loop.

    It answers 200 when the event is stored, 400 to what makes no sense, 403 without the right
    signature, 405 to other methods than GET and POST, 413 to more than *max_size* octets, 500
    if the sink raised, 503 if it took longer than *timeout*; to all but 200 the gateway
    repeats. So a sink may be given the same event twice.

    The signature covers a status's id, phone and status, a message's phone, mes and to, a
    call's phone and ts: nothing else. Serve the handler over https.

    Args:
        sink: Called with a `Receipt` (an `HlrReceipt` for HLR queries), a `CallbackMessage` or
            a `CallConfirmed`. Cancelled at the timeout.
        secret: The secret phrase of the account's handler settings.
        charset: "windows-1251", "koi8-r" or "utf-8", as in the handler's URL.
        algorithms: Which signatures are accepted, of "md5" and "sha1". At least one has to be
            there, and all that are there have to be right.
        timeout: Seconds the sink may take.
        max_size: Octets of query and body together.
        unsigned: Take anybody's word, for a handler that has no secret.

    Raises:
        ConfigError: No secret, an unknown charset, or an algorithm that proves nothing.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        secret: str,
        charset: str = "windows-1251",
        algorithms: Collection[str] = ALGORITHMS,
        timeout: float = 10.0,
        max_size: int = 65_536,
        unsigned: bool = False,
    ) -> None:
        self._sink = sink
        self.charset = _charset(charset)
        self.algorithms = () if unsigned else _algorithms(algorithms)
        self._secret = _secret(secret, self.charset, unsigned=unsigned)
        self.timeout = timeout
        self.max_size = max_size
        if unsigned:
            LOG.warning("the callback takes unsigned requests: anybody may report anything")

    def __repr__(self) -> str:
        secret = "***" if self._secret else None
        return (
            f"StatusCallback(secret={secret!r}, charset={self.charset!r},"
            f" algorithms={self.algorithms!r})"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection: http, or a server's lifespan. Websockets are refused."""
        if scope["type"] == "http":
            await _respond(send, await self._serve(scope, receive))
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            raise ValueError(f"no such connection is served: {scope['type']!r}")

    async def answer(
        self, *, method: str, query: bytes = b"", body: bytes = b"", content_type: str = ""
    ) -> Answer:
        """Take one request, of whatever server it came in by. Never raises.

        Cancelling cancels the sink; the gateway isn't answered then, and repeats.

        Args:
            method: Of HTTP, in capitals.
            query: What is behind the "?", still quoted.
            body: Its octets, whole.
            content_type: The header; only "application/json" makes a difference.
        """
        if method not in {"GET", "POST"}:
            return Answer(405, "method not allowed")
        try:
            event = self._read(query, body, content_type)
        except _RefusedError as refused:
            LOG.warning("callback refused: %s", refused)
            return Answer(refused.status, refused.text)
        return await self._store(event)

    async def _serve(self, scope: Scope, receive: Receive) -> Answer:
        """Answer one ASGI request."""
        body = await _body(receive, self.max_size)
        if body is None:
            return Answer(400, "the request broke off")
        return await self.answer(
            method=scope["method"],
            query=scope.get("query_string") or b"",
            body=body,
            content_type=_content_type(scope),
        )

    def _read(self, query: bytes, body: bytes, content_type: str) -> Event:
        """Make an event of a request, if it is signed."""
        if len(query) + len(body) > self.max_size:
            raise _RefusedError(413, "too large", f"it is over {self.max_size} octets")
        if content_type.partition(";")[0].strip().lower() == "application/json":
            request = _read_json(query, body, self.charset)
        else:
            # The body comes last, and the last one counts.
            request = _Request(_read_form(query + b"&" + body), self.charset)
        kind = _kind_of(request)
        if self.algorithms and not self._is_signed(request, kind.signed):
            raise _RefusedError(403, "forbidden", "its signature is missing or wrong")
        return kind.make(request)

    def _is_signed(self, request: _Request, signed: tuple[str, ...]) -> bool:
        """Whether there is a signature that we accept, and none of these is wrong."""
        given = [name for name in self.algorithms if request.octets.get(name)]
        texts = [b":".join((*parts, self._secret)) for parts in request.parts(signed)]
        return bool(given) and all(_proves(request.octets[name], name, texts) for name in given)

    async def _store(self, event: Event) -> Answer:
        """Give the event to the sink, and say what became of it."""
        LOG.debug("< callback %r", event)
        with anyio.move_on_after(self.timeout):
            try:
                await self._sink(event)
            except Exception as error:  # noqa: BLE001 - a sink's, whatever it is: say 500
                # Not the error itself: it may quote the event.
                LOG.error("callback not stored: %s", _place(error))  # noqa: TRY400
                return Answer(500, "not stored")
            return Answer(200, "OK")
        LOG.error("callback not stored within %g s", self.timeout)
        return Answer(503, "not stored in time")


class _RefusedError(Exception):
    """A request that makes no event.

    Args:
        status: Of HTTP.
        text: What the stranger is told.
        reason: What our log is told; nothing that came with the request.
    """

    def __init__(self, status: int, text: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.text = text


class _Request(NamedTuple):
    """The fields of a request as they came, and what their octets mean.

    Signatures are made of octets, so texts are decoded only once these are verified.
    """

    octets: dict[str, bytes]
    charset: str

    def parts(self, signed: tuple[str, ...]) -> list[list[bytes]]:
        """Return what may have been signed: the number stands there with or without its "+"."""
        phone = self.octets.get("phone", b"").lstrip(b" +")
        forms = [{**self.octets, "phone": form} for form in (phone, b"+" + phone)]
        return [[octets.get(name, b"") for name in signed] for octets in forms]

    def texts(self) -> dict[str, str]:
        """Return the fields decoded, without signatures, the number without its "+"."""
        texts = {
            name: octets.decode(self.charset, "replace")
            for name, octets in self.octets.items()
            if name not in _SIGNATURES
        }
        return texts | {"phone": texts.get("phone", "").lstrip(" +")}


def _read_form(octets: bytes) -> dict[str, bytes]:
    """Take a query or a form apart. Of a name that comes twice the last with a value counts.

    The options of the handler's URL (`?charset=utf-8&md5`) may come back with each request.
    """
    pairs = octets.replace(b"+", b" ").split(b"&")
    if len(pairs) > _MOST_FIELDS:
        raise _RefusedError(400, "bad request", f"it has over {_MOST_FIELDS} fields")
    fields: dict[str, bytes] = {}
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        key = unquote_to_bytes(name).decode("ascii", "replace").lower()
        if value or key not in fields:
            fields[key] = unquote_to_bytes(value)
    fields.pop("", None)
    return fields


def _read_json(query: bytes, body: bytes, charset: str) -> _Request:
    """Read a flat JSON object.

    Which octets are signed of a text isn't written: we take them in the body's own charset.
    """
    try:
        text, charset = body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text = body.decode(charset, "replace")
    try:
        values = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        fields = {name.lower(): _json_text(value) for name, value in values.items()}
    except (ValueError, AttributeError, RecursionError):
        raise _RefusedError(400, "bad request", "its body is no JSON object") from None
    octets = {name: value.encode(charset, "replace") for name, value in fields.items()}
    return _Request(_read_form(query) | octets, charset)


def _json_text(value: object) -> str:
    """Return a value as a form would have it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


class _Kind(NamedTuple):
    """What a request may tell: which fields are signed, in this order, and its event."""

    signed: tuple[str, ...]
    make: Callable[[_Request], Event]


def _kind_of(request: _Request) -> _Kind:
    """Tell what a request is about by the fields it has."""
    if "waitcall" in request.octets:
        return _CALL
    if "mes" in request.octets:
        return _MESSAGE
    if request.octets.get("id") and request.octets.get("status"):
        return _STATUS
    raise _RefusedError(400, "bad request", "it has no status, no message and no call")


def _make_receipt(request: _Request) -> Receipt:
    """Make the receipt that SMPP would have brought."""
    texts = request.texts()
    status = _number(texts["status"])
    return (HlrReceipt if _is_hlr(texts) else Receipt)(
        message_id=texts["id"],
        state=MessageState.UNKNOWN if status is None else STATES.get(status, MessageState.UNKNOWN),
        error_code=_number(texts.get("err", "")),
        to=texts["phone"],
        sender=texts.get("sender", ""),
        raw=_line(texts),
        tlvs=_tlvs(texts),
        is_intermediate=status is not None and status <= 0,
    )


def _make_message(request: _Request) -> CallbackMessage:
    """Make a subscriber's message, also of octets that are no text."""
    texts = request.texts()
    octets = request.octets["mes"]
    text = _decoded(octets, request.charset)
    if text is None:
        LOG.warning("a callback's text isn't %s: does the account's URL differ?", request.charset)
    return CallbackMessage(
        sender=texts["phone"],
        recipient=texts.get("to", ""),
        text=text,
        octets=octets,
        fields=texts,
    )


def _make_call(request: _Request) -> CallConfirmed:
    """Make the value of a confirmed call."""
    texts = request.texts()
    return CallConfirmed(phone=texts["phone"], ts=texts.get("ts", ""), fields=texts)


_STATUS: Final = _Kind(("id", "phone", "status"), _make_receipt)
_MESSAGE: Final = _Kind(("phone", "mes", "to"), _make_message)
_CALL: Final = _Kind(("phone", "ts"), _make_call)


def _is_hlr(texts: Mapping[str, str]) -> bool:
    """Whether a status answers an HLR query.

    That "type" is the low half of "flag" is our guess, they number the same kinds.
    """
    kind = _number(texts.get("flag") or texts.get("type", ""))
    return bool(texts.get("imsi")) or (kind is not None and kind & 0x0F == _HLR)


def _line(texts: Mapping[str, str]) -> str:
    """Write the fields as an HLR receipt has them over SMPP, so that they read the same way.

    Behind a "text:" no more labels are looked for, so that one goes last.
    """
    ordered = sorted(texts.items(), key=lambda item: item[0] == "text")
    return " ".join(
        f"{name}:{quote_plus(value, safe=':')}" for name, value in ordered if _WORD.fullmatch(name)
    )


def _tlvs(texts: Mapping[str, str]) -> dict[int, bytes]:
    """Return as TLVs what the gateway has TLVs for over SMPP."""
    operator = f"{texts.get('mcc', '')}{texts.get('mnc', '')}"
    found = {
        COST: texts.get("cost", "").encode(),
        FLAGS: _integer(texts.get("flag", "")),
        PARTS: _integer(texts.get("cnt", "")),
        OPERATOR: operator.encode(),
    }
    return {tag: value for tag, value in found.items() if value}


def _integer(text: str) -> bytes:
    """Return a number as two octets or four, nothing if there is none."""
    number = _number(text)
    if number is None or number < 0:
        return b""
    return number.to_bytes(2 if number < 0x1_0000 else 4, "big")


def _number(text: str) -> int | None:
    """Read a number of up to nine digits."""
    return int(text) if _NUMBER.fullmatch(text) else None


def _decoded(octets: bytes, charset: str) -> str | None:
    """Decode a text, or return None if it isn't one in this charset."""
    try:
        return octets.decode(charset)
    except UnicodeDecodeError:
        return None


def _proves(signature: bytes, algorithm: str, texts: list[bytes]) -> bool:
    """Whether a signature belongs to one of the texts. Takes the same time for any that doesn't."""
    # The gateway offers nothing better; a FIPS build has these only as "not for security".
    digests = [hashlib.new(algorithm, text, usedforsecurity=False) for text in texts]
    return any(
        hmac.compare_digest(digest.hexdigest().encode(), signature.lower()) for digest in digests
    )


def _place(error: Exception) -> str:
    """Say what a sink raised and where: its kind, and nothing of what it says."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, {frame.filename}:{frame.lineno}"


def _charset(name: str) -> str:
    """Return the gateway's name of a charset it knows."""
    try:
        return _CHARSETS[codecs.lookup(name).name]
    except LookupError:
        known = ", ".join(sorted(_CHARSETS.values()))
        raise ConfigError("charset", name, f"it is one of {known}, got {name!r}") from None


def _algorithms(names: Collection[str]) -> tuple[str, ...]:
    """Return the algorithms, if all of them prove something."""
    unknown = sorted(set(names).difference(ALGORITHMS))
    if names and not isinstance(names, str) and not unknown:
        return tuple(names)
    reason = f"take some of {ALGORITHMS}, got {names!r}; crc32 proves nothing"
    raise ConfigError("algorithms", names, reason)


def _secret(secret: str, charset: str, *, unsigned: bool) -> bytes:
    """Return the secret's octets; a handler without one has to be wanted."""
    if unsigned and secret:
        raise ConfigError("secret", "***", "a secret and unsigned=True; leave one of them out")
    if not unsigned and not secret:
        reason = "it is empty; set one in the account, or take anybody's word by unsigned=True"
        raise ConfigError("secret", "", reason)
    try:
        return secret.encode(charset)
    except UnicodeEncodeError:
        raise ConfigError("secret", "***", f"it has characters outside {charset}") from None


def _content_type(scope: Scope) -> str:
    """Return the header, or an empty text."""
    headers: Iterable[tuple[bytes, bytes]] = scope.get("headers") or ()
    return next((value.decode("latin-1") for name, value in headers if name == b"content-type"), "")


async def _body(receive: Receive, limit: int) -> bytes | None:
    """Read the body, no further than just above *limit* octets; None if it broke off."""
    body = bytearray()
    while len(body) <= limit:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


async def _respond(send: Send, answer: Answer) -> None:
    """Send a whole response."""
    body = answer.text.encode("ascii")
    headers = [
        (b"content-type", b"text/plain; charset=us-ascii"),
        (b"content-length", b"%d" % len(body)),
    ]
    if answer.status == 405:
        headers.append((b"allow", b"GET, POST"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    """Follow a server's start and stop; there is nothing to prepare."""
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
