"""«Интеграция с сервисом (API)»: the one sentence of the introduction that concerns SMPP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdu import BindTransceiver
from smsc_async import SmscClient

if TYPE_CHECKING:
    from tests.source_document.conftest import RecordingSmsc

KEY = "0123456789abcdef0123456789abcdef"


async def test_key_of_any_length_travels_whole(smsc: RecordingSmsc) -> None:
    """The document doesn't say how a key is sent over SMPP; used as a password, it isn't cut.

    «Для упрощенной авторизации вместо пары логин и пароль можно использовать специальный API-ключ.»
    """
    url = smsc.url.replace("secret", KEY)

    async with SmscClient(f"{url}?long_password=1"):
        pass

    assert b"shop\0" + KEY.encode() + b"\0" == smsc.frames[0][16:54]
    assert isinstance(smsc.requests[-1], BindTransceiver) is False
