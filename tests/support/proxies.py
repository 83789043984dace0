"""Proxies on loopback: SOCKS5 (RFC 1928, RFC 1929) and HTTP CONNECT.

They resolve names themselves, by a table: what a test asks for by name proves that the name went
through the proxy.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

REFUSED = 5
"""SOCKS5: connection refused."""


class Proxy:
    """A proxy that carries connections, and notes where to.

    Args:
        names: The port on loopback of each host.
        password: What the login "shop" needs; empty for none.
    """

    scheme = ""

    def __init__(self, names: dict[str, int], password: str = "") -> None:
        self.names = names
        self.password = password
        self.port = 0
        self.asked: list[tuple[str, int]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def url(self) -> str:
        """Where it is, with the credentials it takes."""
        return f"{self.scheme}://shop:{self.password or 'none'}@127.0.0.1:{self.port}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection in a task of its own."""
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect and carry octets both ways until one side ends."""
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                if (host := await self.handshake(reader, writer)) is not None:
                    other_reader, other_writer = await asyncio.open_connection(
                        "127.0.0.1", self.names[host]
                    )
                    try:
                        await self.reply(writer, 0)
                        await asyncio.gather(
                            _carry(reader, other_writer), _carry(other_reader, writer)
                        )
                    finally:
                        other_writer.transport.abort()
        finally:
            writer.transport.abort()

    async def handshake(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> str | None:
        """Return the host that is asked for; None if it is refused."""
        raise NotImplementedError

    async def reply(self, writer: asyncio.StreamWriter, code: int) -> None:
        """Say whether there is a connection; 0 for yes."""
        raise NotImplementedError


class Socks5Proxy(Proxy):
    """A SOCKS5 proxy, with or without a password."""

    scheme = "socks5"

    async def handshake(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> str | None:
        """Read greeting, credentials and a CONNECT by name."""
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(bytes([5, 2 if self.password else 0]))
        if self.password:
            _, length = await reader.readexactly(2)
            await reader.readexactly(length)
            (length,) = await reader.readexactly(1)
            is_right = await reader.readexactly(length) == self.password.encode()
            writer.write(bytes([1, not is_right]))
            if not is_right:
                return None
        _, _, _, kind, length = await reader.readexactly(5)
        assert 3 == kind, "a domain name"
        host = (await reader.readexactly(length)).decode()
        self.asked.append((host, int.from_bytes(await reader.readexactly(2))))
        if host not in self.names:
            await self.reply(writer, REFUSED)
            return None
        return host

    async def reply(self, writer: asyncio.StreamWriter, code: int) -> None:
        """Answer a CONNECT, from 0.0.0.0:0."""
        writer.write(bytes([5, code, 0, 1]) + bytes(6))
        await writer.drain()


class HttpProxy(Proxy):
    """A proxy for HTTP CONNECT, without a password."""

    scheme = "http"

    async def handshake(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> str | None:
        """Read a request with its header."""
        request, *_ = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        host, _, port = request.split()[1].rpartition(":")
        self.asked.append((host, int(port)))
        if host not in self.names:
            await self.reply(writer, REFUSED)
            return None
        return host

    async def reply(self, writer: asyncio.StreamWriter, code: int) -> None:
        """Answer a CONNECT."""
        status = "502 Bad Gateway" if code else "200 Connection established"
        writer.write(f"HTTP/1.1 {status}\r\n\r\n".encode())
        await writer.drain()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what is read until it ends."""
    while octets := await reader.read(65_536):
        writer.write(octets)
        await writer.drain()
    writer.close()
