"""What some shapes of `ratio.py` need beside the sink: TLS in front of it, and a Redis server.

Rule: all of it is on loopback, is started here and ends with the block that started it. What this
machine doesn't have is a `MissingError` that says how to get it; nothing is replaced.
"""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

START = 10.0  # seconds until a server answers
STOP = 5.0  # seconds until it has ended
CHUNK = 65_536  # octets of one read


class MissingError(Exception):
    """This machine doesn't have a program that a shape needs."""


def program(name: str, remedy: str) -> str:
    """Return the path of a program.

    Raises:
        MissingError: It isn't on PATH.
    """
    path = shutil.which(name)
    if path is None:
        raise MissingError(f"{name} isn't installed: {remedy}")
    return path


@contextmanager
def child(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a server until the end of the block; it is stopped by its process, never by its name."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def tls(port: int) -> Iterator[str]:
    """Run TLS in front of the sink; yield the host, port and first parameter of the client's URL.

    The certificate is made anew: no private key is stored.

    Raises:
        MissingError: There is no openssl to make the certificate with.
    """
    openssl = program("openssl", "apt install openssl")
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = Path(folder, "key.pem"), Path(folder, "certificate.pem")
        subprocess.run(
            [
                openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
            ],
            check=True,
            capture_output=True,
        )  # fmt: skip
        command = [sys.executable, __file__, str(port), str(certificate), str(key)]
        with child(command) as front:
            assert front.stdout is not None
            yield f"127.0.0.1:{int(front.stdout.readline())}?ca_file={certificate}"


@contextmanager
def redis() -> Iterator[str]:
    """Run a Redis server that stores nothing on the disk; yield its URL.

    Raises:
        MissingError: There is no redis-server.
    """
    server = program("redis-server", "apt install redis-server")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "socket")
        command = [server, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        with child(command):
            _wait(path)
            yield f"unix://{path}"


def _wait(path: Path) -> None:
    """Wait until a server listens on a Unix socket."""
    end = time.monotonic() + START
    while True:
        with socket(AF_UNIX, SOCK_STREAM) as probe, suppress(OSError):
            probe.connect(str(path))
            return
        if time.monotonic() > end:
            raise MissingError(f"redis-server doesn't listen on its socket after {START:g} s")
        time.sleep(0.02)


# --- TLS in front of the sink, a process of its own ---


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction until its end."""
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()


async def front(port: int, certificate: str, key: str) -> None:
    """Serve TLS until standard input is closed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_sink, to_sink = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, to_sink), pump(from_sink, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    parent_ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, parent_ended.set)
    await parent_ended.wait()


if __name__ == "__main__":
    asyncio.run(front(int(sys.argv[1]), *sys.argv[2:]))
