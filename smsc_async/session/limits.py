"""Window, timeouts and the largest PDU of a session.

Rule: every wait has an end. None switches a timer off; only the inactivity timer, which a gateway
uses, is off by default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pdu._tracebacks import hides_arguments
from smsc_async._base_errors import is_number, shown

if TYPE_CHECKING:
    from smsc_async.config import SmscConfig


@hides_arguments(ValueError)
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """Settings of one session, the same for both roles. Durations are seconds.

    SMPP v3.4 §7.2 names the timers and fixes no values.

    Args:
        window: Requests that may await their response at a time, 1 or more.
        response_timeout: Time for a response to a request that names no timeout of its own.
        bind_timeout: ESME: time for the bind response. SMSC: time for the bind request.
        enquire_link_interval: Time without any response after which enquire_link is sent; None
            never sends it.
        enquire_link_timeout: Time for enquire_link_resp; then the link is ended.
        unbind_timeout: Time for a session to end after an unbind of either end: for unbind_resp,
            and for the responses that were in flight.
        inactivity_timeout: Time without any PDU after which a bound link is cut; None never
            cuts. A gateway's setting.
        pdu_timeout: Time for one PDU to arrive completely, from its first octet on.
        max_length: Octets of the largest PDU, 16 or more.

    Raises:
        ValueError: A window below 1, a max_length below 16, or a duration that isn't positive.
    """

    window: int = 10
    response_timeout: float = 30.0
    bind_timeout: float = 10.0
    enquire_link_interval: float | None = 30.0
    enquire_link_timeout: float = 10.0
    unbind_timeout: float = 5.0
    inactivity_timeout: float | None = None
    pdu_timeout: float = 30.0
    max_length: int = 70_000

    @classmethod
    def from_config(cls, config: SmscConfig) -> Self:
        """Return the limits of a client's session with *config*."""
        timeouts = config.timeouts
        return cls(
            window=config.window,
            response_timeout=timeouts.response,
            bind_timeout=timeouts.bind,
            enquire_link_interval=timeouts.enquire_link_interval,
            enquire_link_timeout=timeouts.enquire_link_timeout,
            unbind_timeout=timeouts.unbind,
            pdu_timeout=timeouts.frame,
        )

    def __post_init__(self) -> None:
        _at_least("window", self.window, 1)
        _at_least("max_length", self.max_length, 16)
        _positive("response_timeout", self.response_timeout)
        _positive("bind_timeout", self.bind_timeout)
        _positive("enquire_link_interval", self.enquire_link_interval)
        _positive("enquire_link_timeout", self.enquire_link_timeout)
        _positive("unbind_timeout", self.unbind_timeout)
        _positive("inactivity_timeout", self.inactivity_timeout)
        _positive("pdu_timeout", self.pdu_timeout)

    @property
    def shortest_timeout(self) -> float:
        """Seconds of the shortest timeout: nothing that starts now can be due sooner."""
        waits = (
            self.response_timeout,
            self.bind_timeout,
            self.enquire_link_interval,
            self.enquire_link_timeout,
            self.unbind_timeout,
            self.inactivity_timeout,
            self.pdu_timeout,
        )
        return min(wait for wait in waits if wait is not None)


def _at_least(name: str, value: object, least: int) -> None:
    """Raise ValueError for what is no count, or too small."""
    if type(value) is not int or value < least:
        raise ValueError(f"{name} takes {least} or more, got {shown(value)}")


def _positive(name: str, value: object) -> None:
    """Raise ValueError for what is no duration, or isn't positive."""
    # `not >` and not `<=`, since NaN is no duration either.
    if value is not None and not (is_number(value) and value > 0):
        raise ValueError(f"{name} takes more than 0 seconds, got {shown(value)}")
