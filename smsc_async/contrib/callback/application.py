"""`StatusCallback`, the webhook as an ASGI application.

Rule: 200 is sent only after the event is stored; to any other status the gateway repeats. It looks
at method, query and body, at no path and no framework. `StatusCallback.answer` is the same without
ASGI.
"""

from __future__ import annotations

import codecs
import logging
import traceback
from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping
from typing import Any, Final, NamedTuple, TypeAlias

import anyio

from pdu._tracebacks import hides_locals
from pdu.half_made import shows_half_made
from smsc_async._base_errors import check_duration, check_kind, refused
from smsc_async._config_checks import check_integer
from smsc_async.contrib.callback.events import Event, kind_of
from smsc_async.contrib.callback.request import ALGORITHMS, RefusedError, read_request
from smsc_async.errors import ConfigError
from smsc_async.instrumentation import log

LOG: Final = logging.getLogger("smsc_async.callback")

_LARGEST_REQUEST: Final = 2**30
_CHARSETS: Final = {"cp1251": "windows-1251", "koi8-r": "koi8-r", "utf-8": "utf-8"}

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


Sink: TypeAlias = Callable[[Event], Awaitable[object]]
"""Stores an event; the gateway gets 200 when it has returned."""


class Answer(NamedTuple):
    """The response to the gateway.

    Args:
        status: The HTTP status: 200, or one that makes the gateway repeat.
        text: The body, plain ASCII.
    """

    status: int
    text: str


@shows_half_made
class StatusCallback:
    """An ASGI application for the gateway's webhook.

    ::

        Route("/smsc", StatusCallback(store, secret=os.environ["SMSC_SECRET"]))

    Register it as a route: a mount redirects, and the gateway's POST may not follow. It can be
    served alone as well. One instance serves any number of requests, on any event loop.

    It answers 200 when the event is stored, 400 to a request it can't read, 403 without the right
    signature or if a signed field isn't of its type, 405 to other methods than GET and POST, 413
    to more than *max_size* octets, 500 if the sink raised, 503 if it took longer than *timeout*.
    To all but 200 the gateway repeats, so a sink may get the same event twice.

    The signature covers a status's id, phone and status, a message's phone, mes and to, a
    call's phone and ts: nothing else. All but mes have to be numbers (the phone of a status may be
    an e-mail address), so that the signature of one kind proves no other. Serve the handler over
    https.

    Args:
        sink: Called with a `Receipt` (an `HlrReceipt` for HLR queries), a `CallbackMessage` or
            a `CallConfirmed`. Cancelled at the timeout.
        secret: The secret phrase of the account's handler settings.
        charset: "windows-1251", "koi8-r" or "utf-8", as in the handler's URL.
        algorithms: Which signatures are accepted, of "md5" and "sha1". At least one has to be
            there, and all that are there have to be right.
        timeout: Seconds the sink may take.
        max_size: Octets of query and body together.
        unsigned: Accept unsigned requests, for a handler that has no secret.

    Raises:
        ConfigError: No secret, an unknown charset, or an algorithm other than the two.
    """

    @hides_locals(ConfigError)
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
        _check_sink(sink)
        self._sink = sink
        self.charset = _charset(charset)
        self.algorithms = () if unsigned else _algorithms(algorithms)
        self._secret = _secret(secret, self.charset, unsigned=unsigned)
        check_duration("timeout", timeout)
        self.timeout = timeout
        check_integer("max_size", max_size, 1, _LARGEST_REQUEST)
        self.max_size = max_size
        if unsigned:
            LOG.warning("the callback takes unsigned requests: anybody may report anything")

    def __repr__(self) -> str:
        secret = "***" if self._secret else None
        return (
            f"StatusCallback(secret={secret!r}, charset={self.charset!r},"
            f" algorithms={self.algorithms!r})"
        )

    @hides_locals(ConfigError, scope=MutableMapping)
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

    @hides_locals(
        ConfigError,
        method=str,
        query=(bytes, bytearray),
        body=(bytes, bytearray),
        content_type=str,
    )
    async def answer(
        self, *, method: str, query: bytes = b"", body: bytes = b"", content_type: str = ""
    ) -> Answer:
        """Process one request of any server. Whatever the request holds, it never raises.

        Cancelling cancels the sink; the gateway gets no response then, and repeats.

        Args:
            method: The HTTP method, in capitals.
            query: The query string, quoted, without "?".
            body: The whole body.
            content_type: The header; only "application/json" makes a difference.

        Raises:
            TypeError: An argument is of another type.
        """
        if method not in {"GET", "POST"}:
            return Answer(405, "method not allowed")
        try:
            event = self._read(query, body, content_type)
        except RefusedError as refused:
            log(LOG, logging.WARNING, "callback refused: %s", refused)
            return Answer(refused.status, refused.text)
        return await self._store(event)

    async def _serve(self, scope: Scope, receive: Receive) -> Answer:
        """Answer one ASGI request."""
        body: bytes | None = None
        with anyio.move_on_after(self.timeout) as reading:
            body = await _body(receive, self.max_size)
        if reading.cancelled_caught:
            return Answer(408, "the request took too long")
        if body is None:
            return Answer(400, "the request broke off")
        headers: Iterable[tuple[bytes, bytes]] = scope.get("headers") or ()
        types = (value.decode("latin-1") for name, value in headers if name == b"content-type")
        return await self.answer(
            method=scope["method"],
            query=scope.get("query_string") or b"",
            body=body,
            content_type=next(types, ""),
        )

    def _read(self, query: bytes, body: bytes, content_type: str) -> Event:
        """Return the event of a request, if it is signed."""
        if len(query) + len(body) > self.max_size:
            raise RefusedError(413, "too large", f"it is over {self.max_size} octets")
        request = read_request(query, body, content_type, self.charset)
        kind = kind_of(request)
        kind.check_types(request)
        if self.algorithms:
            request.check_signature(kind.signed, self._secret, self.algorithms)
        return kind.make(request)

    async def _store(self, event: Event) -> Answer:
        """Pass the event to the sink; return the response."""
        LOG.debug("< callback %r", event)
        with anyio.move_on_after(self.timeout):
            try:
                await self._sink(event)
            except Exception as error:  # noqa: BLE001 - any error of the sink is a 500
                # Not the error itself, which may quote the event.
                log(LOG, logging.ERROR, "callback not stored: %s", _place(error))
                return Answer(500, "not stored")
            return Answer(200, "OK")
        log(LOG, logging.ERROR, "callback not stored within %g s", self.timeout)
        return Answer(503, "not stored in time")


def _place(error: Exception) -> str:
    """Return the type of a sink's error and where it was raised, without its message."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, {frame.filename}:{frame.lineno}"


def _check_sink(sink: object) -> None:
    """Refuse what can't be called."""
    if not callable(sink):
        kind = type(sink).__name__
        raise ConfigError("sink", kind, f"takes an async function, got {kind}")


def _charset(name: str) -> str:
    """Return the gateway's name of a charset."""
    check_kind("charset", name, str)
    try:
        return _CHARSETS[codecs.lookup(name).name]
    except LookupError:
        known = ", ".join(sorted(_CHARSETS.values()))
        raise refused("charset", name, f"it is one of {known}") from None


def _algorithms(names: Collection[str]) -> tuple[str, ...]:
    """Return the algorithms, if all of them are signatures."""
    unknown = sorted(set(names).difference(ALGORITHMS))
    if names and not isinstance(names, str) and not unknown:
        return tuple(names)
    reason = f"take some of {ALGORITHMS}, and nothing else; crc32 proves nothing"
    raise ConfigError("algorithms", type(names).__name__, reason)


def _secret(secret: str, charset: str, *, unsigned: bool) -> bytes:
    """Return the secret's octets; without a secret `unsigned` has to be set."""
    if secret is not None:
        check_kind("secret", secret, str)
    if unsigned and secret:
        raise ConfigError("secret", "***", "a secret and unsigned=True; leave one of them out")
    if not unsigned and not secret:
        reason = "it is empty; set one in the account, or take anybody's word by unsigned=True"
        raise ConfigError("secret", "", reason)
    try:
        return secret.encode(charset)
    except UnicodeEncodeError:
        raise ConfigError("secret", "***", f"it has characters outside {charset}") from None


async def _body(receive: Receive, limit: int) -> bytes | None:
    """Read the body, up to just above *limit* octets; None if the connection was closed."""
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
    """Send the response."""
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
    """Confirm a server's start and stop."""
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
