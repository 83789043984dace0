"""What `smsc bench` is to measure: options are checked and the cost is confirmed.

Rule: every message may be paid, so nothing is sent before the user has seen the number of messages
and agreed. Numbers of recipients are invented for the simulator only.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import count as numbers
from itertools import cycle
from typing import TYPE_CHECKING, Final

from rich.text import Text

from smsc_async.cli.arguments import usage_error
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.runner import NOT_SENT
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.plan import plan
from smsc_async.messages import Sms
from smsc_async.rules.limits import GatewayLimits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from smsc_async.cli.console import Screen
    from smsc_async.config import SmscConfig

MOST_MESSAGES: Final = 1_000_000
_LARGEST: Final = 10_000
_YES: Final = frozenset({"yes", "y", "да", "д"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchTask:
    """A measurement as the user confirms it.

    Args:
        config: Of the link.
        messages: To send, all different.
        parts: Number of parts of one message.
        windows: Window sizes, in the order of measurement.
        count: Messages to measure at each window.
        warm_up: Messages to send before each measurement.
        rate: Maximum parts a second; None doesn't limit.
        wait: Seconds to wait for receipts after each window.
        html: File for the report, if any.
    """

    config: SmscConfig
    messages: Iterator[Sms]
    parts: int
    windows: tuple[int, ...]
    count: int
    warm_up: int
    rate: float | None
    wait: float
    html: Path | None

    @property
    def total(self) -> int:
        """Number of all messages."""
        return len(self.windows) * (self.count + self.warm_up)


def parse_windows(value: str) -> tuple[int, ...]:
    """Return the window sizes of "1,10,100"."""
    words = value.split(",")
    if all(word.isascii() and word.isdigit() and 1 <= int(word) <= _LARGEST for word in words):
        return tuple(map(int, words))
    raise usage_error("use.value", "smsc bench", name="--windows", value=value)


def check_range(name: str, value: float | None, least: float) -> None:
    """Reject a number below *least* or too large; None wasn't given."""
    if value is not None and not least <= value <= MOST_MESSAGES:
        raise usage_error("use.value", "smsc bench", name=name, value=f"{value:g}")


def check_writable(html: Path | None) -> None:
    """Reject a report file that can't be written, before a message is paid for it."""
    if html is None:
        return
    try:
        html.touch()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _refusal("bench.no_file", file=str(html), reason=reason) from None


def recipients_of(file: Path | None, config: SmscConfig, total: int) -> Iterator[str]:
    """Yield numbers without end: in turn those of the file, or invented ones for the simulator.

    Raises:
        Failure: There is no file, it can't be read, a line is no number, or there are too few.
    """
    if total > MOST_MESSAGES:
        raise _refusal("bench.too_many", total=total, most=MOST_MESSAGES)
    if file is None:
        if not config.is_simulated:
            raise _refusal("bench.no_recipients")
        return (f"7916{number % 10_000_000:07d}" for number in numbers())
    found = _read_numbers(file)
    needed = -(-total // (GatewayLimits().flood_length or total))
    if len(found) < needed:
        raise _refusal("bench.too_few", given=len(found), needed=needed, total=total)
    return cycle(found)


def _read_numbers(file: Path) -> list[str]:
    """Return the different numbers of a file, without empty lines and "#" comments."""
    try:
        content = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "UTF-8?"
        raise _refusal("bench.no_file", file=str(file), reason=reason) from None
    found: dict[str, None] = {}
    for number, line in enumerate(content, 1):
        if line.strip() and not line.strip().startswith("#"):
            try:
                found[Sms(to=line.strip(), text="-").to] = None
                continue
            except InvalidMessageError:
                pass
            # Outside of the handler: no context that could contain the number.
            raise _refusal("bench.bad_number", file=str(file), line=number)
    return list(found)


def parts_of(config: SmscConfig, text: str, sender: str, total: int) -> int:
    """Return the number of parts of the longest message.

    Raises:
        InvalidMessageError: It can't be sent on this link.
    """
    message = Sms(to="79161234567", text=f"{text} {total}", sender=sender)
    return plan(message, TextSettings.from_config(config)).parts


def confirm(task: BenchTask, screen: Screen, *, is_agreed: bool) -> None:
    """Show the cost and ask for consent, unless it is free or *is_agreed*.

    Raises:
        Failure: The user declines or can't be asked.
    """
    translate, parts = screen.translate, task.total * task.parts
    counted = {
        "messages": translate.count("messages", task.total),
        "parts": translate.count("parts", parts),
    }
    if task.config.is_simulated:
        screen.show(Text(translate("bench.free", **counted), style="dim"))
        return
    duration = {"seconds": f"{parts / (task.rate or 1):.0f}", "rate": f"{task.rate:g}"}
    screen.show(
        Text(translate("bench.cost", **counted, where=str(task.config)), style="bold yellow"),
        Text(translate("bench.takes", **duration), style="dim"),
    )
    if is_agreed:
        return
    if screen.is_json or not _can_ask():
        raise _refusal("bench.needs_yes", **counted)
    if screen.out.input(translate("bench.ask") + " ").strip().lower() not in _YES:
        raise _refusal("bench.declined")


def _can_ask() -> bool:
    """Whether standard input is a terminal."""
    return sys.stdin.isatty()


def _refusal(key: str, **values: str | int) -> Failure:
    """Return the failure for a measurement that isn't started."""
    failure = Failure(ExitCode.USAGE_ERROR, key, outcome=NOT_SENT)
    failure.values.update(values)
    return failure
