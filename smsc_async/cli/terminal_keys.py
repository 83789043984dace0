"""Single keys of a terminal, without Enter and without echo.

Rule: the terminal is as it was before whenever something else may use it: at the end, whatever ends
the block, and while Ctrl-Z has stopped the process. In the background nothing is read. There is no
thread, and no such module where `termios` is missing.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import re
import signal
import sys
import termios
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

F1: Final = "F1"

_LOCAL_FLAGS: Final = 3
_SPECIAL: Final = 6
"""Places in what `termios.tcgetattr` returns."""
_KEY: Final = re.compile(r"\x1b(?:O.|\[\[.|\[[0-?]*[ -/]*[@-~])|.", re.DOTALL)
"""A key: what function keys, arrows and so on send begins with ESC (ECMA-48, section 5.4)."""
_BEGUN: Final = re.compile(r"\x1b(?:O|\[\[|\[[0-?]*[ -/]*)?")
"""The beginning of what such a key sends; the rest comes with another read."""
_F1: Final = frozenset({"\x1bOP", "\x1b[11~", "\x1b[[A"})
"""What F1 sends: in xterm, in rxvt, on the console of Linux."""


class KeyReader:
    """Reads the keys of standard input, which is a terminal.

    with KeyReader() as reader:
        keys = reader.take()

    Interrupts by Ctrl-C stay as they are.
    """

    def __init__(self) -> None:
        self._fd = sys.stdin.fileno()
        self._decoder = codecs.getincrementaldecoder(sys.stdin.encoding)(errors="replace")
        self._keys: list[str] = []
        self._begun = ""
        self._before: list[Any] | None = None
        self._is_open = False

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._is_open = True
        # Where a shell without job control or an application has it ignored, it stays so.
        self._has_ctrl_z = signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL
        self._handle_ctrl_z()
        self._begin()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_open = False
        if self._has_ctrl_z:
            self._loop.remove_signal_handler(signal.SIGTSTP)
        self._end()

    def take(self) -> list[str]:
        """Return the keys since the last call: characters, and `F1`.

        Call it often: it also notices that the process is in the foreground again.
        """
        self._begin()
        keys, self._keys = self._keys, []
        return keys

    def _begin(self) -> None:
        """Take the terminal, in the foreground."""
        if not self._is_open or self._before is not None or not self._is_in_foreground():
            return
        with suppress(termios.error):  # the terminal is gone
            self._before = termios.tcgetattr(self._fd)
            changed = termios.tcgetattr(self._fd)
            changed[_LOCAL_FLAGS] &= ~(termios.ICANON | termios.ECHO)
            changed[_SPECIAL][termios.VMIN], changed[_SPECIAL][termios.VTIME] = 1, 0
            # TCSANOW: the others wait for output, which Ctrl-S may have stopped.
            termios.tcsetattr(self._fd, termios.TCSANOW, changed)
            self._loop.add_reader(self._fd, self._read)

    def _end(self) -> None:
        """Give the terminal back. Its settings aren't changed from the background."""
        if self._before is None:
            return
        self._loop.remove_reader(self._fd)
        if self._is_in_foreground():
            with suppress(termios.error):
                termios.tcsetattr(self._fd, termios.TCSANOW, self._before)
        self._before = None

    def _read(self) -> None:
        """Read the keys that were pressed."""
        # A process in the background that reads is stopped.
        if not self._is_in_foreground():
            self._end()
            return
        try:
            octets = os.read(self._fd, 1024)
        except OSError:
            octets = b""
        if not octets:  # the terminal is gone
            self._is_open = False
            self._end()
        self._keys += self._split(self._decoder.decode(octets))

    def _split(self, text: str) -> list[str]:
        """Return the keys that are complete with this text."""
        text = self._begun + text
        start = text.rfind("\x1b")
        self._begun = text[start:] if start >= 0 and _BEGUN.fullmatch(text, start) else ""
        complete = text[: len(text) - len(self._begun)]
        return [F1 if key in _F1 else key for key in _KEY.findall(complete)]

    def _is_in_foreground(self) -> bool:
        """Whether the terminal is this process's; one that doesn't control it always is."""
        try:
            return os.tcgetpgrp(self._fd) == os.getpgrp()
        except OSError:
            return True

    def _handle_ctrl_z(self) -> None:
        """Call `_stop` at Ctrl-Z."""
        if self._has_ctrl_z:
            self._loop.add_signal_handler(signal.SIGTSTP, self._stop)

    def _stop(self) -> None:
        """Give the terminal back, stop as Ctrl-Z does, and go on after `fg` or `bg`."""
        self._end()
        self._loop.remove_signal_handler(signal.SIGTSTP)
        # The signal's own action, as it does nothing where no shell could continue the process.
        os.kill(os.getpid(), signal.SIGTSTP)
        self._handle_ctrl_z()
        self._begin()
