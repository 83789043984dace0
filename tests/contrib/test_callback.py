"""The HTTP handler: only signed requests make events, and 200 is said after they are stored.

Signatures in here were made by `md5sum` and `sha1sum`, of the texts that stand beside them.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
import hmac
import importlib.util
import json
import logging
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from smsc_async import ConfigError, HlrReceipt, IncomingMessage, MessageState, Receipt
from smsc_async.contrib.callback import (
    STATES,
    Answer,
    CallbackMessage,
    CallConfirmed,
    Event,
    StatusCallback,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping
    from types import ModuleType

ROOT = Path(__file__).parents[2]
SECRET = "our secret"

MD5 = "f5c967c2cb5a54cbd6e8c640143c98bd"  # 855469:79991234567:1:our secret
MD5_PLUS = "f37234c9fba3d2aef4953c1e3cdc8c8f"  # 855469:+79991234567:1:our secret
SHA1 = "0e88955510c5747690dca58b4e065a14a63ad3e3"
SHA1_PLUS = "656d00238134776d2bb0e7405c8e865d1492ed71"
STATUS = b"id=855469&phone=79991234567&status=1&err=0"
SIGNED = STATUS + b"&md5=" + MD5.encode()

# 79991234567:Привет:74951234567:our secret, in windows-1251
HELLO = (
    b"phone=79991234567&mes=%CF%F0%E8%E2%E5%F2&to=74951234567&md5=1b02a1b1c6827e477facb6bf6ec0495e"
)
# 79991234567:<octet 98>:74951234567:our secret; windows-1251 has no character there
BROKEN = b"phone=79991234567&mes=%98&to=74951234567&md5=39037d638757e15ddb3d026a69a57345"
# 79991234567:1700000000:our secret
CALL = b"waitcall=1&phone=79991234567&ts=1700000000&md5=624cd914028f716e74c8c943861ed121"


class Received(list[Event]):
    """A sink that keeps what it is given."""

    async def __call__(self, event: Event) -> None:
        """Keep an event."""
        self.append(event)


@pytest.fixture
def received() -> Received:
    """Hold the events of one test."""
    return Received()


@pytest.fixture
def callback(received: Received) -> StatusCallback:
    """Stand for most users: the gateway's defaults and a secret."""
    return StatusCallback(received, secret=SECRET)


async def tell(callback: StatusCallback, body: bytes, **request: Any) -> int:  # noqa: ANN401 - of any argument
    """Post a body, without ASGI, and return the status of the answer, once it is logged."""
    answer = await callback.answer(**({"method": "POST", "body": body} | request))
    await asyncio.sleep(0)
    return answer.status


async def receipt_of(callback: StatusCallback, received: Received, body: bytes) -> Receipt:
    """Post a status, and return its receipt."""
    assert 200 == await tell(callback, body)
    (receipt,) = received
    assert isinstance(receipt, Receipt)
    return receipt


async def talk(app: StatusCallback, scope: dict[str, Any], *received: dict[str, Any]) -> list[Any]:
    """Bring ASGI messages, and return those that were sent."""
    waiting, sent = list(received), []

    async def receive() -> dict[str, Any]:
        """Bring the next."""
        return waiting.pop(0)

    async def send(message: Any) -> None:  # noqa: ANN401 - as ASGI has it
        """Keep what is sent."""
        sent.append(message)

    await app(scope, receive, send)
    assert not waiting
    return sent


def http(method: str = "POST", query: bytes = b"", **headers: str) -> dict[str, Any]:
    """Draw the scope of a request."""
    pairs = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return {"type": "http", "method": method, "query_string": query, "headers": pairs}


def piece(body: bytes, *, more: bool = False) -> dict[str, Any]:
    """Draw a piece of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


# Signatures


@pytest.mark.parametrize(
    "body",
    [
        SIGNED,
        STATUS + b"&md5=" + MD5.upper().encode(),
        STATUS + b"&sha1=" + SHA1.encode(),
        STATUS + b"&md5=" + MD5.encode() + b"&sha1=" + SHA1.encode() + b"&crc32=1",
        STATUS + b"&md5=" + MD5_PLUS.encode(),
        STATUS + b"&sha1=" + SHA1_PLUS.encode(),
        SIGNED.replace(b"phone=", b"phone=%2B"),
        SIGNED.replace(b"phone=", b"phone=+"),
    ],
    ids=["md5", "capitals", "sha1", "all", "md5 of +", "sha1 of +", "+ sent", "+ as a blank"],
)
async def test_signed_status_is_a_receipt(
    callback: StatusCallback, received: Received, body: bytes
) -> None:
    """Numbers come with or without "+", whichever of them was signed."""
    receipt = await receipt_of(callback, received, body)

    assert Receipt is type(receipt)
    assert ("855469", "79991234567") == (receipt.message_id, receipt.to)
    assert MessageState.DELIVERED is receipt.state
    assert 0 == receipt.error_code
    assert receipt.is_final


@pytest.mark.parametrize(
    "body",
    [
        STATUS,
        STATUS + b"&md5=",
        STATUS + b"&md5=f5c967c2cb5a54cbd6e8c640143c98be",
        STATUS + b"&md5=%CF%F0",
        STATUS + b"&md5=" + SHA1.encode(),
        STATUS + b"&crc32=3632233996",
        STATUS + b"&md5=" + MD5.encode() + b"&sha1=" + MD5.encode(),
        SIGNED.replace(b"status=1", b"status=20"),
        SIGNED.replace(b"855469", b"855470"),
        SIGNED.replace(b"79991234567", b"79991234568"),
        SIGNED + b"&mes=x&to=y",
        SIGNED + b"&waitcall=1",
    ],
)
async def test_wrong_signature_is_403_and_no_event(
    callback: StatusCallback, received: Received, body: bytes
) -> None:
    """Anybody can call the URL; crc32 alone proves nothing, and a second one has to be right."""
    assert 403 == await tell(callback, body)
    assert [] == received


def signature(*fields: str) -> str:
    """Sign as the gateway does: in its own order of the fields, behind them the secret."""
    signed = ":".join([*fields, SECRET]).encode("windows-1251")
    return hashlib.md5(signed).hexdigest()  # noqa: S324 - the gateway offers nothing better


STATUS_CALL = ("855469", "79991234567", "1")
MESSAGE_CALL = ("79991234567", "да", "74951234567")
WAIT_CALL = ("79991234567", "1700000000")


@pytest.mark.parametrize(
    ("captured", "forged"),
    [
        (STATUS_CALL, {"waitcall": "1", "phone": "855469", "ts": "79991234567:1"}),
        (STATUS_CALL, {"waitcall": "1", "phone": "855469:79991234567", "ts": "1"}),
        (STATUS_CALL, {"waitcall": "", "phone": "", "ts": "855469:79991234567:1"}),
        (STATUS_CALL, {"phone": "855469", "mes": "79991234567", "to": "1"}),
        (STATUS_CALL, {"phone": "", "mes": "855469:79991234567", "to": "1"}),
        (STATUS_CALL, {"phone": "855469", "mes": "79991234567:1", "to": ""}),
        (MESSAGE_CALL, {"waitcall": "1", "phone": "79991234567", "ts": "да:74951234567"}),
        (MESSAGE_CALL, {"waitcall": "1", "phone": "79991234567:да", "ts": "74951234567"}),
        (MESSAGE_CALL, {"id": "79991234567", "phone": "да", "status": "74951234567"}),
        # A subscriber chooses the text, the number it comes from, and perhaps the one it goes to.
        (
            ("79991234567", "79997654321", "112"),
            {"id": "79991234567", "phone": "79997654321", "status": "112"},
        ),
        (
            ("79991234567", "79997654321", "74951234567"),
            {"id": "79991234567", "phone": "79997654321", "status": "74951234567"},
        ),
        (
            ("79991234567", "a@b.org:20:5", "74951234567"),
            {"id": "79991234567", "phone": "a@b.org:20", "status": "5:74951234567"},
        ),
        (
            ("79991234567", "1700000000", "74951234567"),
            {"waitcall": "1", "phone": "79991234567", "ts": "1700000000:74951234567"},
        ),
        (WAIT_CALL, {"id": "79991234567", "phone": "1700000000", "status": ""}),
        (WAIT_CALL, {"id": "", "phone": "79991234567", "status": "1700000000"}),
        (WAIT_CALL, {"phone": "79991234567", "mes": "1700000000"}),
        (WAIT_CALL, {"phone": "79991234567", "mes": "", "to": "1700000000"}),
        (WAIT_CALL, {"mes": "79991234567", "to": "1700000000"}),
        (STATUS_CALL, {"id": "855469:79991234567", "phone": "1", "status": ""}),
        (STATUS_CALL, {"id": "855469\n", "phone": "79991234567", "status": "1"}),
        (STATUS_CALL, {"id": "٨٥٥٤٦٩", "phone": "79991234567", "status": "1"}),
    ],
)
@pytest.mark.parametrize("is_json", [False, True])
async def test_signature_of_one_kind_proves_no_other(
    callback: StatusCallback,
    received: Received,
    captured: tuple[str, ...],
    forged: dict[str, str],
    *,
    is_json: bool,
) -> None:
    """The fields are joined by colons, so what is signed for one may be cut for another."""
    fields = {**forged, "md5": signature(*captured)}
    if is_json:
        body, content_type = json.dumps(fields).encode(), "application/json"
    else:
        body, content_type = urlencode(fields, encoding="cp1251", errors="replace").encode(), ""

    assert await tell(callback, body, content_type=content_type) in {400, 403}
    assert [] == received


NUMBERS = st.from_regex(r"[0-9]{1,20}|[0-9]{3,15}:[0-9]{1,4}", fullmatch=True)
PIECES = st.one_of(NUMBERS, st.sampled_from(["", "-1", "a@b.org", "да", ":", "1:2"]))


@settings(max_examples=100)
@given(st.lists(PIECES, min_size=2, max_size=4))
async def test_what_is_signed_is_of_one_kind(pieces: list[str]) -> None:
    """However a signed text is cut into the fields of the kinds, one kind at most accepts it."""
    received = Received()
    callback = StatusCallback(received, secret=SECRET)
    signed = ":".join(pieces)
    words = signed.split(":")
    cuts = [
        (":".join(words[:first]), ":".join(words[first:last]), ":".join(words[last:]))
        for first in range(len(words))
        for last in range(first, len(words))
    ]
    for one, two, three in cuts:
        for fields in (
            {"id": one, "phone": two, "status": three},
            {"phone": one, "mes": two, "to": three},
            {"waitcall": "1", "phone": one, "ts": f"{two}:{three}" if two else three},
        ):
            body = urlencode({**fields, "md5": signature(signed)}, encoding="cp1251")
            await tell(callback, body.encode())

    assert len({type(event) for event in received}) <= 1


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"id": "1", "phone": "a@b.org", "status": "6"}, Receipt),
        ({"id": "855469", "phone": "79991234567", "status": "-3"}, Receipt),
        ({"phone": "1112", "mes": "1:2:3\n", "to": "112"}, CallbackMessage),
        ({"phone": "79991234567", "mes": "", "to": "+74951234567"}, CallbackMessage),
    ],
)
async def test_every_genuine_request_passes(
    callback: StatusCallback, received: Received, fields: dict[str, str], event: type[Event]
) -> None:
    """An e-mail's status, short numbers, a text of any kind, an own number with a plus."""
    body = urlencode({**fields, "md5": signature(*fields.values())}).encode()

    assert 200 == await tell(callback, body)
    assert [event] == [type(one) for one in received]


@pytest.mark.parametrize(
    ("body", "algorithms", "reason"),
    [
        (STATUS, ["md5", "sha1"], "it has no signature by md5 or sha1; add ?md5 to the URL"),
        (STATUS + b"&md5=", ["md5"], "it has no signature by md5; add ?md5 to the URL"),
        (SIGNED, ["sha1"], "it has no signature by sha1; add ?sha1 to the URL"),
        (STATUS + b"&crc32=1", ["sha1"], "it has crc32 for a signature, which proves nothing; add"),
        (STATUS + b"&md5=1", ["md5", "sha1"], "its md5 is wrong; compare the secret"),
        (STATUS + b"&md5=1&sha1=2", ["md5", "sha1"], "its md5 and sha1 is wrong; compare"),
        (SIGNED + b"&sha1=2&crc32=1", ["md5", "sha1"], "its sha1 is wrong; compare the secret"),
    ],
)
async def test_log_tells_a_missing_signature_from_a_wrong_one(
    received: Received,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    algorithms: list[str],
    reason: str,
) -> None:
    """They are mended in different places; the caller learns nothing but 403."""
    app = StatusCallback(received, secret=SECRET, algorithms=algorithms)
    answer = await app.answer(method="POST", body=body)
    await asyncio.sleep(0)

    assert Answer(403, "forbidden") == answer
    (line,) = caplog.messages
    assert line.startswith(f"callback refused: {reason}")


async def test_algorithms_can_be_narrowed(received: Received) -> None:
    """If the gateway signs with sha1, a request with md5 only is refused."""
    narrow = StatusCallback(received, secret=SECRET, algorithms=["sha1"])

    assert 403 == await tell(narrow, SIGNED)
    assert 200 == await tell(narrow, SIGNED + b"&sha1=" + SHA1.encode())


async def test_comparison_takes_constant_time(
    callback: StatusCallback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison that stops early tells a stranger how much of a guess was right."""
    compared: list[tuple[bytes, bytes]] = []

    def compare(ours: bytes, given: bytes) -> bool:
        """Say no, and remember."""
        compared.append((ours, given))
        return False

    monkeypatch.setattr(hmac, "compare_digest", compare)

    await tell(callback, STATUS + b"&md5=guess")

    assert [(MD5.encode(), b"guess"), (MD5_PLUS.encode(), b"guess")] == compared


async def test_secret_is_encoded_in_the_charset(received: Received) -> None:
    """855469:79991234567:1:тайна, in windows-1251."""
    callback = StatusCallback(received, secret="тайна")

    assert 200 == await tell(callback, STATUS + b"&md5=50adc3bd6e0cc65147596db78785153e")


# Subscribers' messages and calls


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("windows-1251", HELLO),
        ("CP1251", HELLO.replace(b"%CF%F0%E8%E2%E5%F2", b"\xcf\xf0\xe8\xe2\xe5\xf2")),
        (
            "koi8-r",
            (
                b"phone=79991234567&mes=%F0%D2%C9%D7%C5%D4&to=74951234567"
                b"&md5=c3a0ce3217ee26984dbf34272117b653"
            ),
        ),
        (
            "utf-8",
            (
                b"phone=79991234567&mes=%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82&to=74951234567"
                b"&md5=60d27c251616add2e9f2a62e3b1e788a"
            ),
        ),
    ],
)
async def test_cyrillic_text_arrives_intact(received: Received, charset: str, body: bytes) -> None:
    """windows-1251 is what the gateway sends if the URL asks for nothing."""
    callback = StatusCallback(received, secret=SECRET, charset=charset)

    assert 200 == await tell(callback, body)

    (message,) = received
    assert isinstance(message, IncomingMessage)
    assert "Привет" == message.text
    assert ("79991234567", "74951234567") == (message.sender, message.recipient)
    assert message.is_complete


async def test_octets_that_are_no_text_are_kept(
    callback: StatusCallback, received: Received, caplog: pytest.LogCaptureFixture
) -> None:
    """A charset that differs from the account's mustn't lose what a subscriber wrote."""
    assert 200 == await tell(callback, BROKEN)

    (message,) = received
    assert isinstance(message, CallbackMessage)
    assert (None, b"\x98") == (message.text, message.octets)
    assert "isn't windows-1251" in caplog.text


async def test_empty_text_is_a_message(callback: StatusCallback, received: Received) -> None:
    """79991234567::74951234567:our secret."""
    body = b"phone=79991234567&mes=&to=74951234567&md5=07f453fec3d04d8f8133f7f7f1322c9b"

    assert 200 == await tell(callback, body)
    assert [""] == [event.text for event in received if isinstance(event, IncomingMessage)]


async def test_unknown_fields_of_a_message_are_kept(
    callback: StatusCallback, received: Received
) -> None:
    """Only the other fields distinguish a repeated request from a second message "yes"."""
    await tell(callback, HELLO + b"&sms_id=17")

    (message,) = received
    assert isinstance(message, CallbackMessage)
    assert {
        "phone": "79991234567",
        "mes": "Привет",
        "to": "74951234567",
        "sms_id": "17",
    } == message.fields


async def test_confirmed_call(callback: StatusCallback, received: Received) -> None:
    """The number is proved by the call itself."""
    assert 200 == await tell(callback, CALL)

    (call,) = received
    assert isinstance(call, CallConfirmed)
    assert ("79991234567", "1700000000") == (call.phone, call.ts)
    assert {"waitcall": "1", "phone": "79991234567", "ts": "1700000000"} == call.fields
    assert "CallConfirmed(phone='7999***67', ts='1700000000')" == repr(call)


async def test_events_hash_pickle_and_copy(callback: StatusCallback, received: Received) -> None:
    """A sink may hand them to another process, or put them into a set."""
    for body in (HELLO, CALL):
        await tell(callback, body)

    for event in received:
        assert event == pickle.loads(pickle.dumps(event)) == copy.deepcopy(event)  # noqa: S301 - our own
        assert 1 == len({event, copy.deepcopy(event)})


# Receipts

SIGNED_STATUSES = {
    -3: "a2ad10def02ccf6f2e0d95de8f6c5fbb",
    -2: "54770c81a6b2cfcf05b9611aea31a30e",
    -1: "29974798745ac558275a0897d2d75e9a",
    0: "6b5d311fef942ed24d52531134e0e513",
    1: "f5c967c2cb5a54cbd6e8c640143c98bd",
    2: "3d91382f6d9df18ad73f7ad5cee96a14",
    3: "177a53ca0bc266cca169240d55d63d24",
    4: "ef3ee0809a3c8aa16a16d181fc0630ac",
    6: "86d364a75308567c20c43e9d5de67ca2",
    20: "1bb1dd66778fa098dc3bdcb71897251e",
    22: "6aaa11d91fab75c63f0c7f73fbde2619",
    23: "46de95cbbca627173dce5c371e5ef408",
    24: "1410d2f3a3591c26efd9b56f6c155ffd",
    25: "fda849e3d6191932ac744de8cc49d067",
}


@pytest.mark.parametrize(("status", "signature"), SIGNED_STATUSES.items())
async def test_status_numbers_are_states(
    callback: StatusCallback, received: Received, status: int, signature: str
) -> None:
    """They aren't SMPP's numbers: 2 is "read" here and "delivered" there, 3 expired and so on."""
    body = f"id=855469&phone=79991234567&status={status}&md5={signature}"

    receipt = await receipt_of(callback, received, body.encode())

    assert STATES[status] is receipt.state
    assert str(status) == receipt.fields["status"]
    assert (status <= 0) == receipt.is_intermediate
    assert (status > 0) == receipt.is_final
    assert receipt.error_code is None


def test_every_state_is_tried() -> None:
    """The table above and the table of the code are the same numbers."""
    assert STATES.keys() == SIGNED_STATUSES.keys()


async def test_unknown_status_is_kept_as_a_value(
    callback: StatusCallback, received: Received
) -> None:
    """The gateway's list may grow: an unknown status is accepted and isn't final."""
    body = b"id=855469&phone=79991234567&status=99&md5=839d81053a913869abb72fd3cc347f5d"

    receipt = await receipt_of(callback, received, body)

    assert MessageState.UNKNOWN is receipt.state
    assert "99" == receipt.fields["status"]
    assert not receipt.is_intermediate
    assert not receipt.is_final


async def test_extras_read_as_over_smpp(callback: StatusCallback, received: Received) -> None:
    """The gateway's own TLVs have names here: cost, flag, cnt, mcc and mnc."""
    receipt = await receipt_of(
        callback,
        received,
        SIGNED.replace(b"err=0", b"err=251")
        + b"&cost=2.4500&flag=256&cnt=3&mcc=250&mnc=02&sender=%CC%E0%E3%E0%E7%E8%ED",
    )

    assert 251 == receipt.error_code
    assert receipt.error is not None
    assert receipt.error.is_known
    assert ("2.4500", 256, 3) == (receipt.cost, receipt.flags, receipt.parts)
    assert "25002" == receipt.operator
    assert "Магазин" == receipt.sender


async def test_extras_that_make_no_sense_are_none(
    callback: StatusCallback, received: Received
) -> None:
    """Reading can't fail; a number of nine digits is still one."""
    receipt = await receipt_of(callback, received, SIGNED + b"&flag=-1&cnt=999999999&cost=&mcc=")

    assert (None, 999_999_999) == (receipt.flags, receipt.parts)
    assert (None, None) == (receipt.cost, receipt.operator)


async def test_hlr_result_reads_as_over_smpp(callback: StatusCallback, received: Received) -> None:
    """The result of the source document's example, as the handler receives it."""
    receipt = await receipt_of(
        callback,
        received,
        SIGNED + b"&imsi=250023012345678&msc=79232510066&mcc=250&mnc=02"
        b"&cn=%D0%EE%F1%F1%E8%FF&net=MegaFON+open+Joint+Stock+Company&rcn=&rnet=",
    )

    assert isinstance(receipt, HlrReceipt)
    assert ("250023012345678", "79232510066") == (receipt.imsi, receipt.msc)
    assert ("250", "02") == (receipt.mcc, receipt.mnc)
    assert ("Россия", "MegaFON open Joint Stock Company") == (receipt.country, receipt.network)
    assert ("", "") == (receipt.roaming_country, receipt.roaming_network)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        (b"&imsi=&flag=260", HlrReceipt),
        (b"&imsi=&type=4", HlrReceipt),
        (b"&imsi=&type=4&flag=256", Receipt),
        (b"&imsi=&msc=", Receipt),
    ],
)
async def test_kind_of_message_makes_an_hlr_receipt(
    callback: StatusCallback, received: Received, fields: bytes, kind: type[Receipt]
) -> None:
    """A query on its way knows no IMSI yet; an SMS may have empty fields of one."""
    assert kind is type(await receipt_of(callback, received, SIGNED + fields))


async def test_unknown_fields_of_a_status_are_kept(
    callback: StatusCallback, received: Received
) -> None:
    """Signatures aren't: they are of no use any more, and a weak secret can be guessed by them."""
    receipt = await receipt_of(
        callback, received, SIGNED + b"&time=26.11.2023+10%3A30%3A59&text=a+b&new=17&sha1=&crc32=5"
    )

    assert "26.11.2023+10:30:59" == receipt.fields["time"]
    assert ("17", "a+b") == (receipt.fields["new"], receipt.fields["text"])
    assert not {"md5", "sha1", "crc32"} & receipt.fields.keys()


@settings(max_examples=40)  # each drives an event loop
@given(
    st.dictionaries(
        st.text(max_size=8).filter(
            lambda name: (
                name.lower()
                not in {"id", "phone", "status", "err", "md5", "sha1", "mes", "waitcall"}
            )
        ),
        st.text(max_size=12),
        max_size=5,
    )
)
async def test_unsigned_fields_change_no_signed_one(extras: dict[str, str]) -> None:
    """What a stranger puts beside them can't be read as the id, the number or the status."""
    received = Received()
    pairs = [f"{quote_plus(name)}={quote_plus(value)}" for name, value in extras.items()]
    body = "&".join([*pairs, SIGNED.decode()]).encode()

    receipt = await receipt_of(
        StatusCallback(received, secret=SECRET, charset="utf-8"), received, body
    )

    assert ("855469", "79991234567") == (receipt.message_id, receipt.to)
    assert ["855469", "79991234567", "1", "0"] == [
        receipt.fields[name] for name in ("id", "phone", "status", "err")
    ]


@pytest.mark.parametrize(
    ("charset", "name"), [("windows-1251", "цена"), ("koi8-r", "цена"), ("utf-8", "ＩＤ")]
)
async def test_name_outside_of_ascii_is_read_in_the_charset(
    received: Received, charset: str, name: str
) -> None:
    """As its value is; it never becomes the name of a signed field."""
    callback = StatusCallback(received, secret=SECRET, charset=charset)

    body = HELLO + b"&" + urlencode({name: "семь"}, encoding=charset).encode() + b"&%98=1"

    assert 200 == await tell(callback, body)

    (message,) = received
    assert isinstance(message, CallbackMessage)
    assert "семь" == message.fields[name]
    assert {"phone", "mes", "to", name} < message.fields.keys()


# Transport


async def test_query_alone_is_enough(callback: StatusCallback, received: Received) -> None:
    """The handler may be called by GET."""
    assert 200 == await tell(callback, b"", method="GET", query=SIGNED)
    assert 1 == len(received)


async def test_body_wins_over_query(callback: StatusCallback, received: Received) -> None:
    """The URL's own options come back in the query (`?charset=…&md5`), and say nothing."""
    query = b"charset=windows-1251&md5=1&id=1&status=25&sha1"

    assert 200 == await tell(callback, SIGNED + b"&md5", query=query)
    assert ["855469"] == [event.message_id for event in received if isinstance(event, Receipt)]


async def test_json_is_read(callback: StatusCallback, received: Received) -> None:
    """`fmt=3`: numbers as numbers, null for what is empty; unknown values stay."""
    body = json.dumps(
        {
            "id": 855469,
            "phone": "79991234567",
            "status": 1,
            "err": None,
            "cost": 2.45,
            "md5": MD5,
            "list": [1],
            "virtual": True,
        }
    )

    assert 200 == await tell(callback, body.encode(), content_type="Application/JSON; charset=x")

    (receipt,) = received
    assert isinstance(receipt, Receipt)
    assert (MessageState.DELIVERED, None) == (receipt.state, receipt.error_code)
    assert "2.45" == receipt.cost
    assert "true" == receipt.fields["virtual"]


@pytest.mark.parametrize("escaped", [True, False])
async def test_json_text_arrives_intact(
    callback: StatusCallback, received: Received, *, escaped: bool
) -> None:
    """79991234567:Привет 👋:74951234567:our secret, in utf-8."""
    values = {
        "phone": "79991234567",
        "mes": "Привет 👋",
        "to": "74951234567",
        "md5": "43c99706f368dc4f8534a7c248a0feaf",
    }
    body = json.dumps(values, ensure_ascii=escaped).encode()

    assert 200 == await tell(callback, body, content_type="application/json")
    assert ["Привет 👋"] == [event.text for event in received if isinstance(event, IncomingMessage)]


async def test_json_in_the_charset_is_read(callback: StatusCallback, received: Received) -> None:
    """No specification allows it; the URL's charset may mean it."""
    body = (
        '{"phone": "79991234567", "mes": "Привет", "to": "74951234567",'
        ' "md5": "1b02a1b1c6827e477facb6bf6ec0495e"}'
    ).encode("windows-1251")

    assert 200 == await tell(callback, body, content_type="application/json")
    assert ["Привет"] == [event.text for event in received if isinstance(event, IncomingMessage)]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"17", b"{", b'"id"', b"[" * 60_000, b"9" * 60_000, b"\xff\xfe", b"null"]
)
async def test_broken_json_is_400(
    callback: StatusCallback, received: Received, body: bytes
) -> None:
    """Neither depth nor length makes it raise."""
    assert 400 == await tell(callback, body, content_type="application/json")
    assert [] == received


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"id=855469",
        b"status=1",
        b"id=&status=1",
        b"id=1&status=",
        b"&=&",
        b"\xff" * 20,
        b"&" * 300,
    ],
)
async def test_request_without_an_event_is_400(
    callback: StatusCallback, received: Received, body: bytes
) -> None:
    """It is no status, no message and no call, or has more fields than anything has."""
    assert 400 == await tell(callback, body)
    assert [] == received


@pytest.mark.parametrize("method", ["PUT", "HEAD", "DELETE", "post", ""])
async def test_other_methods_are_405(
    callback: StatusCallback, received: Received, method: str
) -> None:
    """The answer to another method lists the allowed ones."""
    start, _ = await talk(callback, http(method), piece(SIGNED))

    assert 405 == start["status"]
    assert (b"allow", b"GET, POST") in start["headers"]
    assert [] == received


async def test_large_body_is_413_and_not_read_to_its_end(callback: StatusCallback) -> None:
    """64 KiB are a hundred times what a status has; a stranger may send no more."""
    start, _ = await talk(callback, http(), piece(b"x" * 65_536, more=True), piece(b"x", more=True))

    assert 413 == start["status"]


async def test_query_counts_towards_the_size(callback: StatusCallback) -> None:
    """Servers let long ones through."""
    assert 413 == await tell(callback, b"x" * 40_000, query=b"x" * 40_000)


async def test_body_in_pieces_is_joined(callback: StatusCallback, received: Received) -> None:
    """A server hands it out as it comes."""
    sent = await talk(callback, http(), piece(SIGNED[:9], more=True), piece(SIGNED[9:]))

    assert [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"text/plain; charset=us-ascii"),
                (b"content-length", b"2"),
            ],
        },
        {"type": "http.response.body", "body": b"OK"},
    ] == sent
    assert 1 == len(received)


async def test_body_that_breaks_off_is_no_event(
    callback: StatusCallback, received: Received
) -> None:
    """Its head may look whole; the gateway will say it again."""
    start, _ = await talk(callback, http(), piece(SIGNED, more=True), {"type": "http.disconnect"})

    assert 400 == start["status"]
    assert [] == received


async def test_json_is_recognised_by_its_header(
    callback: StatusCallback, received: Received
) -> None:
    """Over ASGI the header comes as a pair of octets."""
    body = json.dumps({"id": "855469", "phone": "79991234567", "status": "1", "md5": MD5})

    await talk(callback, http(host="x", content_type="application/json"), piece(body.encode()))

    assert 1 == len(received)


# The sink


async def test_200_is_said_after_the_sink_has_returned() -> None:
    """Said before, a crash in between would lose the event."""
    stored, release = asyncio.Event(), asyncio.Event()

    async def store(_event: Event) -> None:
        """Store when it is let."""
        stored.set()
        await release.wait()

    answer = asyncio.create_task(
        StatusCallback(store, secret=SECRET).answer(method="POST", body=SIGNED)
    )
    await stored.wait()
    assert not answer.done()
    release.set()

    assert Answer(200, "OK") == await answer


async def test_sink_that_raises_is_500_and_logged_without_texts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Errors of databases quote what they were given."""

    async def store(event: Event) -> None:
        """Fail, and quote."""
        raise RuntimeError(
            f"can't store {event.text if isinstance(event, IncomingMessage) else event}"
        )

    caplog.set_level(logging.DEBUG)
    assert 500 == await tell(StatusCallback(store, secret=SECRET), HELLO)

    assert "RuntimeError in store" in caplog.text
    assert f"{Path(__file__).name}:" in caplog.text
    assert "Привет" not in caplog.text
    assert "79991234567" not in caplog.text
    assert SECRET not in caplog.text


async def test_own_timeout_of_a_sink_is_500() -> None:
    """It is the sink's error, not ours."""

    async def store(_event: Event) -> None:
        """Give up by itself."""
        raise TimeoutError

    assert 500 == await tell(StatusCallback(store, secret=SECRET), SIGNED)


async def test_slow_sink_is_503_and_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    """The gateway hangs up some time, and a sink that hangs must not pile up requests."""
    cancelled: list[bool] = []

    async def store(_event: Event) -> None:
        """Hang."""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    assert 503 == await tell(StatusCallback(store, secret=SECRET, timeout=0.001), SIGNED)
    assert [True] == cancelled
    assert "0.001 s" in caplog.text


async def test_cancelling_a_request_cancels_the_sink() -> None:
    """A server that stops is not kept waiting, and nothing is answered."""
    stored = asyncio.Event()

    async def store(_event: Event) -> None:
        """Hang."""
        stored.set()
        await asyncio.Event().wait()

    request = asyncio.create_task(
        StatusCallback(store, secret=SECRET).answer(method="POST", body=SIGNED)
    )
    await stored.wait()
    request.cancel()

    with pytest.raises(asyncio.CancelledError):
        await request


@pytest.mark.parametrize("body", [SIGNED, HELLO, CALL, BROKEN, STATUS, HELLO + b"0", b"mes=x"])
async def test_log_shows_no_text_and_no_number(
    callback: StatusCallback, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    """A text may be a one-time code, and a number is personal data."""
    caplog.set_level(logging.DEBUG)

    await tell(callback, body)

    assert caplog.records
    for shown in ("Привет", "79991234567", "74951234567", SECRET, MD5):
        assert shown not in caplog.text


# Construction


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"secret": ""}, "secret"),
        ({"secret": "xyzzy", "unsigned": True}, "secret"),
        ({"secret": "xyzzy👋"}, "secret"),
        ({"secret": "xyzzy", "charset": "utf-16"}, "charset"),
        ({"secret": "xyzzy", "charset": "no such"}, "charset"),
        ({"secret": "xyzzy", "algorithms": ("crc32",)}, "algorithms"),
        ({"secret": "xyzzy", "algorithms": ("md5", "sha256")}, "algorithms"),
        ({"secret": "xyzzy", "algorithms": ()}, "algorithms"),
        ({"secret": "xyzzy", "algorithms": "md5"}, "algorithms"),
    ],
)
def test_wrong_settings_are_refused(received: Received, wrong: dict[str, Any], name: str) -> None:
    """The error comes at the start, and doesn't show the secret."""
    with pytest.raises(ConfigError) as caught:
        StatusCallback(received, **wrong)

    assert name == caught.value.name
    assert "xyzzy" not in f"{caught.value} {caught.value!r} {caught.value.value!r}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


async def test_unsigned_has_to_be_wanted(
    received: Received, caplog: pytest.LogCaptureFixture
) -> None:
    """Unsigned requests of any sender are accepted then, and the log warns once."""
    callback = StatusCallback(received, secret="", unsigned=True)

    assert 200 == await tell(callback, STATUS)
    assert 200 == await tell(callback, STATUS + b"&md5=0")
    assert ["the callback takes unsigned requests: anybody may report anything"] == caplog.messages
    assert "StatusCallback(secret=None, charset='windows-1251', algorithms=())" == repr(callback)


def test_repr_hides_the_secret(callback: StatusCallback) -> None:
    """It stands in tracebacks and in lists of routes."""
    assert (
        "StatusCallback(secret='***', charset='windows-1251', algorithms=('md5', 'sha1'))"
        == repr(callback)
    )


# ASGI


async def test_lifespan_is_answered(callback: StatusCallback) -> None:
    """So that a server can serve it alone."""
    sent = await talk(
        callback,
        {"type": "lifespan"},
        {"type": "lifespan.startup"},
        {"type": "lifespan.shutdown"},
    )

    assert ["lifespan.startup.complete", "lifespan.shutdown.complete"] == [
        message["type"] for message in sent
    ]


async def test_websocket_is_refused(callback: StatusCallback) -> None:
    """Closing before accepting is 403 to the other side."""
    sent = await talk(callback, {"type": "websocket"})

    assert [{"type": "websocket.close", "code": 1000}] == sent


async def test_other_connections_are_an_error_of_the_server(callback: StatusCallback) -> None:
    """ASGI wants it raised."""
    with pytest.raises(ValueError, match="'carrier pigeon'"):
        await talk(callback, {"type": "carrier pigeon"})


FORM_LIKE = st.lists(
    st.tuples(
        st.sampled_from(
            [
                b"id",
                b"phone",
                b"status",
                b"mes",
                b"to",
                b"md5",
                b"waitcall",
                b"imsi",
                b"flag",
                b"err",
            ]
        ),
        st.binary(max_size=8),
    ),
    max_size=8,
).map(lambda pairs: b"&".join(name + b"=" + value for name, value in pairs))


@settings(max_examples=40)  # each drives an event loop
@given(
    query=st.binary(max_size=40) | FORM_LIKE,
    body=st.binary(max_size=80) | FORM_LIKE,
    method=st.sampled_from(["GET", "POST", "PUT"]),
    content_type=st.sampled_from(
        ["", "application/json", "application/x-www-form-urlencoded", "text/xml"]
    ),
    charset=st.sampled_from(["windows-1251", "utf-8", "koi8-r"]),
    unsigned=st.booleans(),
)
async def test_any_octets_get_one_complete_answer(
    *, query: bytes, body: bytes, method: str, content_type: str, charset: str, unsigned: bool
) -> None:
    """Whatever a stranger sends, nothing raises; unsigned, so that events are made of it too."""
    received = Received()
    secret = "" if unsigned else SECRET
    callback = StatusCallback(received, secret=secret, charset=charset, unsigned=unsigned)

    start, end = await talk(callback, http(method, query, content_type=content_type), piece(body))

    assert ("http.response.start", "http.response.body") == (start["type"], end["type"])
    assert start["status"] in {200, 400, 403, 405}
    assert (start["status"] == 200) == (len(received) == 1)
    assert (b"content-length", str(len(end["body"])).encode()) in start["headers"]
    for event in received:
        assert repr(event)
        assert hash(event) is not None


# Real frameworks


def starlette_route(callback: StatusCallback) -> object:
    """Name it among Starlette's routes."""
    return Starlette(routes=[Route("/smsc", callback)])


def starlette_methods(callback: StatusCallback) -> object:
    """Let Starlette look at the method."""
    return Starlette(routes=[Route("/smsc", callback, methods=["GET", "POST"])])


def fastapi_routes(callback: StatusCallback) -> object:
    """Name it among FastAPI's routes."""
    return FastAPI(routes=[Route("/smsc", callback)])


def fastapi_appended(callback: StatusCallback) -> object:
    """Add it to an application that is there."""
    app = FastAPI()
    app.router.routes.append(Route("/smsc", callback))
    return app


def fastapi_added(callback: StatusCallback) -> object:
    """Add it by the application's method, whose types don't know of ASGI."""
    app = FastAPI()
    app.add_route("/smsc", callback)  # type: ignore[arg-type]
    return app


def django_dispatched(callback: StatusCallback) -> object:
    """Let it stand beside Django."""
    django = loaded(ROOT / "examples" / "callback_django.py").django

    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - as ASGI has it
        """Tell them apart by the path."""
        await (callback if scope["path"] == "/smsc" else django)(scope, receive, send)

    return app


def alone(callback: StatusCallback) -> object:
    """Serve it without any."""
    return callback


def client(app: object) -> httpx.AsyncClient:
    """Call an application as if over HTTP."""
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


def loaded(path: Path) -> ModuleType:
    """Import a file by its path, once, as `import` would."""
    name = path.stem
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="module", autouse=True)
def settled() -> Iterator[None]:
    """Give examples their secret, and let Django, which takes its settings once, take them."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SMSC_SECRET", SECRET)
        loaded(ROOT / "examples" / "callback_django.py")
        yield
    for name in {"callback_starlette", "callback_fastapi"} - before:
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "framework",
    [
        starlette_route,
        starlette_methods,
        fastapi_routes,
        fastapi_appended,
        fastapi_added,
        django_dispatched,
        alone,
    ],
)
async def test_works_in(
    framework: Callable[[StatusCallback], object], callback: StatusCallback, received: Received
) -> None:
    """The real ones, with a form in windows-1251, a wrong signature and a wrong method."""
    async with client(framework(callback)) as web:
        right = await web.post("/smsc", content=HELLO)
        by_query = await web.get("/smsc", params=SIGNED.decode())
        wrong = await web.post("/smsc", content=HELLO.replace(b"to=7", b"to=8"))
        put = await web.put("/smsc", content=HELLO)

    assert (200, "OK") == (right.status_code, right.text)
    assert 200 == by_query.status_code
    assert 403 == wrong.status_code
    assert 405 == put.status_code
    message, receipt = received
    assert isinstance(message, IncomingMessage)
    assert "Привет" == message.text
    assert isinstance(receipt, Receipt)


@pytest.mark.parametrize("framework", [Starlette, FastAPI])
async def test_mount_redirects(
    framework: Callable[..., object], callback: StatusCallback, received: Received
) -> None:
    """Why the documentation says: a route."""
    async with client(framework(routes=[Mount("/smsc", callback)])) as web:
        answer = await web.post("/smsc", content=SIGNED)

    assert 307 == answer.status_code
    assert [] == received


async def test_django_serves_all_other_paths() -> None:
    """The dispatcher takes one path away, no more."""
    async with client(loaded(ROOT / "examples" / "callback_django.py").app) as web:
        assert "Django is here" == (await web.get("/")).text
        assert 404 == (await web.post("/smsc/other")).status_code


@pytest.mark.takes_up_to(10, reason="an interpreter is started")
def test_importing_it_imports_no_framework() -> None:
    """It is ASGI by its shape alone."""
    code = (
        "import sys, smsc_async.contrib.callback;"
        "print({'starlette', 'fastapi', 'django', 'pydantic', 'httpx'} & set(sys.modules))"
    )
    ran = subprocess.run(  # noqa: S603 - a fixed list
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )

    assert ("set()\n", "") == (ran.stdout, ran.stderr)


# Examples and documentation


@pytest.mark.parametrize("name", ["callback_starlette", "callback_fastapi", "callback_django"])
async def test_example_works(name: str) -> None:
    """As it stands, under the secret of its own first lines."""
    async with client(loaded(ROOT / "examples" / f"{name}.py").app) as web:
        assert (200, "OK") == await posted(web, SIGNED)
        assert 403 == (await posted(web, STATUS))[0]


async def test_example_prints_the_state_of_a_message() -> None:
    """The FastAPI one answers questions as well."""
    async with client(loaded(ROOT / "examples" / "callback_fastapi.py").app) as web:
        assert '"nothing yet"' == (await web.get("/statuses/17")).text
        await posted(web, SIGNED)
        assert "DELIVERED" in (await web.get("/statuses/855469")).text


async def posted(web: httpx.AsyncClient, body: bytes) -> tuple[int, str]:
    """Post to the path all examples have."""
    answer = await web.post("/smsc", content=body)
    return answer.status_code, answer.text


def blocks(name: str, language: str) -> list[str]:
    """Return the code of one page, in order."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


PYTHON = blocks("en/callback.md", "python")


def test_both_languages_show_the_same_code() -> None:
    """The Russian page must not fall behind the English one."""
    assert PYTHON == blocks("ru/callback.md", "python")
    assert blocks("en/callback.md", "sh") == blocks("ru/callback.md", "sh")


@pytest.mark.parametrize(("number", "framework"), [*enumerate(["Starlette", "FastAPI", "django"])])
async def test_documented_application_works(
    number: int, framework: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pasted into a file as it stands, with the request of its own curl line."""
    assert framework in PYTHON[number]

    page = pasted(PYTHON[number], tmp_path)
    async with client(page.application if framework == "django" else page.app) as web:
        answers = [await posted(web, body) for body in (SIGNED, HELLO, CALL, STATUS)]

    assert [200, 200, 200, 403] == [status for status, _ in answers]
    assert "855469" in capsys.readouterr().out


async def test_documented_view_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`answer` from a view of Django's, in which nothing of ASGI is seen."""
    from django.test import AsyncRequestFactory  # type: ignore[import-untyped]  # noqa: PLC0415 - wants settings

    view = pasted(PYTHON[3], tmp_path).smsc
    form = {"content_type": "application/x-www-form-urlencoded"}

    right = await view(AsyncRequestFactory().post("/smsc", HELLO, **form))
    by_query = await view(AsyncRequestFactory().get("/smsc?" + SIGNED.decode()))
    wrong = await view(AsyncRequestFactory().post("/smsc", STATUS, **form))

    assert (200, b"OK") == (right.status_code, right.content)
    assert (200, 403) == (by_query.status_code, wrong.status_code)
    assert "text=<6 characters>" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("number", "signed"), [(0, ("id", "phone", "status")), (1, ("phone", "ts"))]
)
def test_documented_curl_signs_what_it_sends(number: int, signed: tuple[str, ...]) -> None:
    """The text after `printf %s` has the fields of the same line."""
    line = blocks("en/callback.md", "sh")[number]
    sent = dict(re.findall(r"-d (\w+)=(\w+)", line))

    assert f"'{':'.join(sent[name] for name in signed)}:{SECRET}'" in line


def pasted(code: str, folder: Path) -> ModuleType:
    """Import a block as a file of its own."""
    path = folder / f"{folder.name}.py"
    path.write_text(code, encoding="utf-8")
    return loaded(path)


async def test_slow_body_has_an_end() -> None:
    """A client that sends an octet now and then doesn't keep a connection for ever."""
    sent: list[MutableMapping[str, Any]] = []
    got: list[Event] = []

    async def store(event: Event) -> None:
        """Keep it."""
        got.append(event)

    async def receive() -> dict[str, Any]:
        """Return one more octet after a while."""
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: MutableMapping[str, Any]) -> None:
        """Keep it."""
        sent.append(message)

    callback = StatusCallback(store, secret=SECRET, timeout=0.05)
    await callback({"type": "http", "method": "POST"}, receive, send)

    assert 408 == sent[0]["status"]
    assert not got
