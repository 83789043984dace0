"""How the gateway on the desk behaves: one value, put in place of another while it runs.

Rule: every behaviour is a field with a default, and the defaults are the gateway on a good day.
A message keeps the scenario it came under, so changing it never rewrites what is on its way.
What the gateway's own document leaves open is a field here, to prove a guess wrong with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote_plus

from pdu.enums import CommandStatus, MessageState
from smsc_async.rules.limits import GatewayLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smsc_async.simulator.records import KeptMessage

OWN_RULES: Final = GatewayLimits(rate=None, margin=0.0)
"""The gateway's rules with its published numbers, but for the rate: a simulator that throttled
would slow every test and every measurement down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HlrAnswer:
    """What the gateway tells about a subscriber. The defaults are its document's own example.

    Args:
        imsi: The SIM card's IMSI, digits.
        msc: Number of the service centre in whose network the subscriber is.
        mcc: Code of the country, digits.
        mnc: Code of the operator; text, for "02" isn't "2".
        country: Country of registration.
        network: Operator of registration.
        roaming_country: Country being visited; empty at home.
        roaming_network: Operator being visited; empty at home.
    """

    imsi: str = "250023012345678"
    msc: str = "79232510066"
    mcc: str = "250"
    mnc: str = "02"
    country: str = "Russian Federation"
    network: str = "MegaFON open Joint Stock Company"
    roaming_country: str = ""
    roaming_network: str = ""

    def __str__(self) -> str:
        """Return the gateway's line from `imsi:` on: urlencoded, "+" for a space."""
        return (
            f"imsi:{self.imsi} msc:{self.msc} mcc:{self.mcc} mnc:{self.mnc}"
            f" cn:{quote_plus(self.country)} net:{quote_plus(self.network)}"
            f" rcn:{quote_plus(self.roaming_country)} rnet:{quote_plus(self.roaming_network)}"
        )

    def __repr__(self) -> str:
        return f"HlrAnswer(mcc={self.mcc!r}, mnc={self.mnc!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Settings of the simulated gateway. Durations are seconds.

    Put a new one in place with `simulator.scenario = Scenario(...)`, or change a field with
    `dataclasses.replace(simulator.scenario, silent=True)`.

    Args:
        accounts: Password by system_id: an unknown login is refused with ESME_RINVSYSID, a
            wrong password with ESME_RINVPASWD. None lets anybody in.
        bind_status: A `command_status` to refuse every bind with; 0 refuses none.
        inactivity_timeout: Time without any PDU after which a bound link is cut; None never
            cuts. Taken by links as they connect. The gateway cuts after two minutes.
        submit_status: A `command_status` for every submit_sm, 0 to take it; or a function that
            gives one for what this submit_sm says, the text of that part alone if it is one.
        response_delay: Time from a submit_sm to its response.
        window: submit_sm of one link that may await their response; those above are refused
            with ESME_RTHROTTLED. The gateway advises 1000 to 2000 for bulk.
        silent: Take submit_sm in and never answer them. Receipts come all the same.
        drop_after: Close the connection when that many submit_sm have come over it, 1 or more:
            the last one is taken in, and closing is its answer. None never does.
        unbind_after: Unbind when that many submit_sm have come over a link, 1 or more, as for
            maintenance: what still awaits its response then gets none. None never does.
        id_format: "decimal", as the gateway writes its ids; with "hex_in_response" the response
            says "D0DAD" where the receipt says 855469, as some SMSCs do.
        rules: What the gateway refuses or blocks of one account's messages; None switches all of
            it off. The numbers count as they are: a `margin` is the client's caution. The
            default has no rate; `rules=GatewayLimits()` has the published 100 a second too, and
            refuses what is above it with ESME_RTHROTTLED.
        repeat_status: The `command_status` that refuses an identical message within the minute.
            What the gateway gives over SMPP isn't known, only that over HTTP it refuses at once
            (its error 9). ESME_RSUBMITFAIL says no more than that, and isn't one that clients
            send again by themselves. 0 accepts the message; then it ends as UNDELIV with
            *repeat_error*, and so does a message in parts: it is known with its last part only.
        repeat_error: The delivery error of a repeat that was accepted. Not known either: 253,
            "forbidden", comes nearest to the status 23 that the gateway lists for repeats.
        flood_status: The `command_status` that refuses a message too many to one subscriber; with
            0, as is reported of the gateway, it is accepted and ends as UNDELIV with *flood_error*.
        flood_error: The delivery error of a flood; the gateway's is 251.
        parts_error: The delivery error of a message whose parts weren't all there in
            `rules.multipart_window`: then it ends as UNDELIV. The gateway's is 241.
        receipts: Whether there are any, for those who ask for them in registered_delivery.
        receipt_delay: Time from the response to the outcome, and with it the receipt.
        receipt_before_response: The outcome is there at once and its receipt overtakes the
            response.
        receipt_window: deliver_sm of one link that may await their response; the gateway's own
            default is 5. Taken by links as they connect.
        receipt_queue: Most deliver_sm of one account that wait for a link; the oldest make room.
        redelivery_delay: Time until a deliver_sm that was refused for now is sent again.
        deliver_timeout: Time for a deliver_sm_resp; then the deliver_sm is sent again. Taken by
            links as they connect.
        intermediate: Whether a receipt ENROUTE goes ahead, halfway from the response to the
            outcome.
        state: The outcome of every message, a `MessageState`.
        error_code: The gateway's delivery error in its receipt, 0 to 999.
        hlr: What is told about every subscriber of an HLR query.
        cost: Price in every receipt, as the gateway writes it: at most 6 characters.
        keep: How many messages are kept, the newest ones.

    Raises:
        ValueError: A number that makes no sense.
    """

    # Who gets in.
    accounts: Mapping[str, str] | None = field(default=None, repr=False, hash=False)
    bind_status: int = 0
    inactivity_timeout: float | None = 120.0

    # What is answered to a submit_sm.
    submit_status: int | Callable[[KeptMessage], int] = 0
    response_delay: float = 0.0
    window: int = 2000
    silent: bool = False
    drop_after: int | None = None
    unbind_after: int | None = None
    id_format: Literal["decimal", "hex_in_response"] = "decimal"

    # What it has rules against.
    rules: GatewayLimits | None = OWN_RULES
    repeat_status: int = CommandStatus.ESME_RSUBMITFAIL
    repeat_error: int = 253
    flood_status: int = 0
    flood_error: int = 251
    parts_error: int = 241

    # What comes back.
    receipts: bool = True
    receipt_delay: float = 0.2
    receipt_before_response: bool = False
    receipt_window: int = 5
    receipt_queue: int = 100_000
    redelivery_delay: float = 1.0
    deliver_timeout: float = 30.0
    intermediate: bool = False
    state: MessageState | int = MessageState.DELIVERED
    error_code: int = 0
    hlr: HlrAnswer = HlrAnswer()
    cost: str = "1.0000"

    # What is remembered.
    keep: int = 500

    def __post_init__(self) -> None:
        for name in _DELAYS:
            _check(name, getattr(self, name), least=0)
        for name in _COUNTS:
            _check(name, getattr(self, name), least=1)
        for name in _TIMEOUTS:
            _check_positive(name, getattr(self, name))
        _check_error("error_code", self.error_code, least=0)
        for name in _STOPS:
            _check_error(name, getattr(self, name), least=1)
        if not 0 <= self.state <= 255:
            raise ValueError(f"state takes a MessageState or 0 to 255, got {self.state}")
        if len(self.cost) > 6 or not self.cost.isascii():
            raise ValueError(f"cost takes 6 ASCII characters, got {len(self.cost)}")
        if self.id_format not in _ID_FORMATS:
            known = ", ".join(_ID_FORMATS)
            raise ValueError(f"id_format takes one of {known}, got {self.id_format!r}")


_DELAYS = ("response_delay", "receipt_delay", "redelivery_delay")
_COUNTS = ("window", "drop_after", "unbind_after", "receipt_window", "receipt_queue", "keep")
_TIMEOUTS = ("inactivity_timeout", "deliver_timeout")
_STOPS = ("repeat_error", "flood_error", "parts_error")
_ID_FORMATS = ("decimal", "hex_in_response")


def _check(name: str, value: float | None, *, least: int) -> None:
    """Refuse a number that is too small."""
    # `not >=` and not `<`: a NaN is no number of anything either.
    if value is not None and not (value >= least and isfinite(value)):
        raise ValueError(f"{name} takes {least} or more, got {value}")


def _check_positive(name: str, value: float | None) -> None:
    """Refuse a duration that is none."""
    if value is not None and not (value > 0 and isfinite(value)):
        raise ValueError(f"{name} takes more than 0 seconds, got {value}")


def _check_error(name: str, value: int, *, least: int) -> None:
    """Refuse what no receipt has room for."""
    if not least <= value <= 999:
        raise ValueError(f"{name} takes {least} to 999, got {value}")
