"""`smsc demo`: a real message through the simulator, with nothing staged."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from pdu import BindTransceiverResp, FrameBuffer, SubmitSm, decode, encode
from smsc_async.cli.demo import MESSAGE, sent_frame
from smsc_async.client.client import SmscClient

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Smsc = Callable[..., CompletedProcess[str]]


@pytest.mark.parametrize(
    ("language", "sayings"),
    [
        (
            "en",
            [
                "UCS-2",
                "1 part",
                "DELIVERED: delivered",
                "6 distinct Cyrillic letters",
                "Sent: submit_sm, 78 octets",
            ],
        ),
        (
            "ru",
            [
                "UCS-2",
                "1 часть",
                "DELIVERED: доставлено",
                "6 разных кириллических букв",
                "Отправлено: submit_sm, 78 октетов",
            ],
        ),
    ],
)
def test_every_step_is_shown(smsc: Smsc, language: str, sayings: list[str]) -> None:
    """Message, plan, PDU, response, receipt and the next steps."""
    done = smsc("demo", "--lang", language)

    assert (0, "") == (done.returncode, done.stderr)
    for saying in [
        *sayings,
        "'Код входа: 4821'",
        "04 1a 04 3e 04 34 00 20",
        "message_id 855469",
        'SmscClient("sim://")',
        "smsc send 79991234567",
    ]:
        assert saying in done.stdout


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("columns", ["80", "100", "200"])
def test_it_fits_the_terminal(
    smsc: Smsc, monkeypatch: pytest.MonkeyPatch, language: str, columns: str
) -> None:
    """Frames fit 80 columns, and no line is longer than 100."""
    monkeypatch.setenv("COLUMNS", columns)
    lines = smsc("demo", "--lang", language).stdout.splitlines()

    assert {min(int(columns), 100)} == {len(line) for line in lines if line.startswith(("│", "╭"))}
    assert [] == [line for line in lines if line.startswith("│") and not line.endswith("│")]


def test_json_is_one_object(smsc: Smsc) -> None:
    """For scripts."""
    output = json.loads(smsc("demo", "--json").stdout)

    assert ("DELIVERED", "ucs2", 1) == (output["state"], output["coding"], output["parts"])
    assert sent_frame().hex() == output["frame"]


async def test_shown_pdu_is_the_one_sent() -> None:
    """The demonstration encodes the PDU again; the client must write the same octets."""
    came: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the bind and record the submit_sm."""
        frames = FrameBuffer()
        while octets := await reader.read(4096):
            for frame in frames.feed(octets):
                pdu = decode(frame)
                if isinstance(pdu, SubmitSm):
                    came.set_result(frame)
                else:
                    writer.write(encode(BindTransceiverResp(sequence_number=pdu.sequence_number)))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"smpp://demo:demo@127.0.0.1:{port}?unbind_timeout=0.01&timeout=0.01"
    async with server, SmscClient(url) as smsc:
        sending = asyncio.create_task(smsc.send(MESSAGE))
        frame = await came
        sending.cancel()

    assert sent_frame() == frame
