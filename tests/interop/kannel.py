"""Kannel as a client of the simulator: bearerbox speaks SMPP, smsbox HTTP.

Rule: both listen on loopback only, keep their files in the test's folder, and end with the test.
The test itself receives Kannel's HTTP callbacks.
"""

from __future__ import annotations

import asyncio
import socket
from asyncio.subprocess import DEVNULL
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from counterparts import PATIENCE, end, need_program

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncGenerator
    from pathlib import Path

CURE = "apt install kannel"
STARTING = 240  # seconds until Kannel accepts a message; it needs one or two on an idle machine

# The settings that the gateway recommends, except for the waits, which are short here.
CONFIGURATION = """
group = core
admin-port = {admin}
admin-password = adm
status-password = st
admin-interface = 127.0.0.1
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
box-deny-ip = "*.*.*.*"
log-file = "{folder}/bearerbox.log"
log-level = 0
store-type = file
store-location = "{folder}/kannel.store"
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = gateway
host = 127.0.0.1
port = {smsc}
transceiver-mode = true
smsc-username = "shop"
smsc-password = "secret"
system-type = ""
interface-version = 34
source-addr-ton = 5
source-addr-npi = 1
source-addr-autodetect = true
dest-addr-ton = 1
dest-addr-npi = 1
enquire-link-interval = 60
reconnect-delay = 1
wait-ack-expire = 0x00
max-pending-submits = 300
throughput = 30
validityperiod = 1440

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {http}
sendsms-interface = 127.0.0.1
log-file = "{folder}/smsbox.log"
log-level = 0

group = sendsms-user
username = tester
password = foobar
concatenation = true
max-messages = 5

group = sms-service
keyword = default
get-url = "http://127.0.0.1:{callback}/incoming?from=%p&to=%P&text=%b"
max-messages = 0
"""


def free_ports(count: int) -> list[int]:
    """Return free ports; Kannel can't choose its own."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@dataclass(slots=True)
class Callbacks:
    """HTTP server for Kannel's callbacks.

    Args:
        port: Its port on 127.0.0.1.
        heard: Path and query of each call that isn't read yet.
    """

    port: int = 0
    heard: asyncio.Queue[tuple[str, dict[str, str]]] = field(default_factory=asyncio.Queue)

    async def answer(self, near: StreamReader, back: StreamWriter) -> None:
        """Answer one HTTP call."""
        head = await near.readuntil(b"\r\n\r\n")
        target = urlsplit(head.split(b" ")[1].decode("ascii"))
        query = parse_qs(target.query, keep_blank_values=True)
        self.heard.put_nowait((target.path, {name: values[0] for name, values in query.items()}))
        back.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await back.drain()
        back.close()

    async def next(self, path: str) -> dict[str, str]:
        """Return the query of the next call of a path; calls of other paths are skipped.

        Raises:
            TimeoutError: No call came within `PATIENCE` seconds.
        """
        async with asyncio.timeout(PATIENCE):
            while True:
                called, query = await self.heard.get()
                if called == path:
                    return query


@dataclass(frozen=True, slots=True)
class Kannel:
    """A running Kannel.

    Args:
        bearerbox: Its process.
        http: Port of its HTTP interface for messages.
        admin: Port of its HTTP interface for administration.
        callbacks: The server for its callbacks.
    """

    bearerbox: asyncio.subprocess.Process
    http: int
    admin: int
    callbacks: Callbacks

    async def send(self, text: str, **parameters: str) -> str:
        """Submit a text by HTTP and request all delivery reports; return Kannel's answer."""
        callback = f"http://127.0.0.1:{self.callbacks.port}/state?type=%d&id=%F&answer=%A"
        query = {
            "username": "tester",
            "password": "foobar",
            "from": "Shop",
            "to": "79991234567",
            "text": text,
            "charset": "UTF-8",
            "dlr-mask": "31",
            "dlr-url": callback,
            **parameters,
        }
        return await get(self.http, f"/cgi-bin/sendsms?{urlencode(query, quote_via=quote)}")

    async def is_online(self) -> bool:
        """Return whether its link is bound and its HTTP interface answers."""
        try:
            status = await get(self.admin, "/status.txt?password=st")
            await get(self.http, "/")
        except (OSError, EOFError):
            return False
        return "(online " in status

    async def leave(self) -> int:
        """Request an orderly shutdown; return bearerbox's exit code."""
        await get(self.admin, "/shutdown?password=adm")
        async with asyncio.timeout(PATIENCE):
            return await self.bearerbox.wait()


async def get(port: int, target: str) -> str:
    """Request a page on 127.0.0.1; return its body."""
    near, back = await asyncio.open_connection("127.0.0.1", port)
    try:
        back.write(f"GET {target} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode("ascii"))
        async with asyncio.timeout(PATIENCE):
            answer = await near.read()
    finally:
        back.close()
    return answer.partition(b"\r\n\r\n")[2].decode()


@asynccontextmanager
async def kannel(smsc_port: int, folder: Path) -> AsyncGenerator[Kannel]:
    """Run Kannel, bound to the SMSC on a port, until the end of the block."""
    bearerbox, smsbox = need_program("bearerbox", CURE), need_program("smsbox", CURE)
    admin, box, http = free_ports(3)
    callbacks = Callbacks()
    listener = await asyncio.start_server(callbacks.answer, "127.0.0.1", 0)
    callbacks.port = listener.sockets[0].getsockname()[1]
    settings = folder / "kannel.conf"
    settings.write_text(
        CONFIGURATION.format(
            admin=admin, box=box, http=http, smsc=smsc_port, callback=callbacks.port, folder=folder
        ),
        encoding="ascii",
    )
    running: list[asyncio.subprocess.Process] = []
    try:
        for program in (bearerbox, smsbox):
            command = [program, "-v", "4", str(settings)]
            running.append(
                await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL)
            )
            # smsbox ends if it finds no bearerbox.
            await until_listening(box)
        found = Kannel(running[0], http, admin, callbacks)
        async with asyncio.timeout(STARTING):
            while not await found.is_online():
                if running[0].returncode is not None:
                    pytest.fail("bearerbox has ended", pytrace=False)
                await asyncio.sleep(0.05)
        yield found
    finally:
        for process in reversed(running):
            await end(process)
        listener.close()


async def until_listening(port: int) -> None:
    """Wait until a port of 127.0.0.1 accepts connections."""
    async with asyncio.timeout(STARTING):
        while True:
            try:
                _, back = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                back.close()
                return
