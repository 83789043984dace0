"""The gateway's limits, each number beside the sentence it comes from.

Rule: these are the gateway's own numbers. The client stays `margin` seconds on the safe side of
each: the gateway counts from arrival, the client from the write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pdu._tracebacks import hides_arguments
from pdu.half_made import shows_half_made
from smsc_async._base_errors import (
    LONGEST_DURATION,
    ConfigError,
    is_number,
    may_be_shown,
    refused,
)


@hides_arguments(ConfigError)
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLimits:
    """The gateway's limits; None in place of a number switches that rule off.

    Args:
        repeat_window: Seconds in which the gateway takes an identical request once. «Сервер не
            принимает более одного одинакового запроса на отправку SMS-сообщений в течение
            минуты для защиты от ошибок и зацикливаний…»
        flood_length: Messages in a streak to one subscriber that it lets through. «Сервер также
            блокирует отправку более 50 сообщений одному абоненту…»
        flood_gap: Seconds between two messages that end the streak. «…которые были отправлены с
            перерывом между сообщениями менее 30-ти секунд, для защиты от флуда…»
        multipart_window: Seconds for all parts of one message. «При отправке составного
            сообщения все SMS-части должны быть переданы на сервер в течение минуты. В противном
            случае оператор может отклонить сообщение, так как для проверки на фильтры и шаблоны все
            SMS-части предварительно необходимо склеить, и большинство операторов ожидает не более
            минуты.» So a part that would be late isn't sent.
        rate: Messages a second from one account, parts counted singly. The default of an
            account by the gateway's news of 2017, raised on request; above it the gateway
            answers with the throttling error.
        margin: Seconds on the safe side of every window.

    Raises:
        ConfigError: A number that isn't positive or is as long as a phone number, or a margin that
            takes up the whole window.
    """

    repeat_window: float | None = 60.0
    flood_length: int | None = 50
    flood_gap: float | None = 30.0
    multipart_window: float | None = 60.0
    rate: float | None = 100.0
    margin: float = 1.0

    def __post_init__(self) -> None:
        for name in ("repeat_window", "flood_length", "flood_gap", "multipart_window", "rate"):
            _check_positive(name, getattr(self, name))
        longest = self.multipart_window or float("inf")
        if not (is_number(self.margin) and 0 <= self.margin < min(longest, LONGEST_DURATION)):
            raise refused("margin", self.margin, "takes 0 s or more and below multipart_window")

    @classmethod
    def off(cls) -> Self:
        """Return no rule and no pacing: for another SMSC, or to see the gateway refuse."""
        return cls(
            repeat_window=None,
            flood_length=None,
            flood_gap=None,
            multipart_window=None,
            rate=None,
            margin=0.0,
        )


def _check_positive(name: str, value: object) -> None:
    """Refuse zero and below, phone numbers, and what is no number; None is no limit."""
    if value is not None and not (is_number(value) and value > 0 and may_be_shown(value)):
        rule = "takes a number of 9 digits at most and above 0, or None to switch the rule off"
        raise refused(name, value, rule)
