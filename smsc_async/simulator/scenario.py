"""Settings of the simulator: one value, replaced as a whole while it runs.

Rule: every behaviour is a field with a default, and the defaults are the gateway without faults.
A message keeps the scenario it was received under, so a new one never changes its outcome.
What the gateway's document leaves open is a field, so that a wrong guess can be replaced.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import quote_plus

from pdu._tracebacks import hides_arguments
from pdu.enums import CommandStatus, MessageState
from pdu.escaping import escape
from pdu.half_made import shows_half_made
from pdu.masking import mask_address
from smsc_async._base_errors import is_number, shown
from smsc_async.rules.limits import GatewayLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OWN_RULES: Final = GatewayLimits(rate=None, margin=0.0)
"""The gateway's rules with its published numbers, without the rate: throttling would slow down
every test and every measurement."""

_COUNTS: Final = (
    "window",
    "drop_after",
    "unbind_after",
    "receipt_window",
    "receipt_queue",
    "keep",
    "keep_octets",
)
LARGEST_STATUS: Final = 0xFFFF_FFFF
"""The largest command_status of SMPP."""

_STATUSES: Final = ("bind_status", "repeat_status", "flood_status")
_ALPHABETS: Final = ("gsm", "latin1", "ascii")

StoppedBy = Literal["rate", "repeat", "flood"]
"""The rules that stop a message at the gateway."""


@shows_half_made
class SubmitView(NamedTuple):
    """One submit_sm as a function in `Scenario.submit_status` sees it.

    Args:
        system_id: Login of the account that submits it.
        sender: `source_addr`.
        recipient: `destination_addr`.
        text: Decoded, with markup and comment; None where the octets are no text. Of this part
            alone if it is a part.
        octets: As received, without a user data header; packed GSM text is unpacked.
        data_coding: As received.
    """

    system_id: str
    sender: str
    recipient: str
    text: str | None
    octets: bytes
    data_coding: int

    def __repr__(self) -> str:
        return f"<SubmitView to {escape(mask_address(self.recipient))}, {len(self.octets)} octets>"


@hides_arguments(ValueError)
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class HlrAnswer:
    """The answer to an HLR query. The defaults are the example in the gateway's document.

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


@hides_arguments(ValueError)
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Settings of the simulator. Durations are seconds.

    Replace it with `simulator.scenario = Scenario(...)`, or change a field with
    `dataclasses.replace(simulator.scenario, silent=True)`.

    Args:
        accounts: Password by system_id: an unknown login is refused with ESME_RINVSYSID, a
            wrong password with ESME_RINVPASWD. None accepts any login.
        bind_status: The `command_status` that refuses every bind; 0 refuses none.
        strict: Whether requests that SMPP v3.4 excludes are refused, each with its status: fields
            out of range, addresses and times that are none, TLVs of a wrong length, a query_sm
            with another source than the submit_sm's. What the gateway's document takes is always
            taken. Clients bound with an interface_version below 3.4 get no TLVs, and intermediate
            receipts go to those who request them. False accepts what can be read, and sends both
            to everyone, as some SMSCs do; for TLVs that is decided at the bind.
        default_alphabet: What data_coding 0 means to clients that bind from now on, as in
            `SmscConfig`: "gsm", "latin1" or "ascii". None is GSM, and ISO-8859-1 to a client bound
            with system_type "ISO", as at the gateway.
        packed_gsm: Whether GSM text is packed, as in `SmscConfig`; for clients that bind from now
            on.
        inactivity_timeout: Time without any PDU after which a bound link is closed; None never
            closes it. A new value applies to new connections. The gateway has two minutes.
        submit_status: A `command_status` for every submit_sm, 0 to accept it; or a function that
            returns one for a `SubmitView`, on the simulator's event loop. If it raises, or returns
            anything else, the message is refused with ESME_RSYSERR, and an error is logged.
        response_delay: Time from a submit_sm to its response.
        window: submit_sm of one link that may await their response; more are refused with
            ESME_RTHROTTLED. The gateway advises 1000 to 2000 for bulk.
        silent: Accept submit_sm and never respond. Receipts are sent all the same.
        drop_after: Close the connection after this many submit_sm, 1 or more: the last one is
            accepted and gets no response. None never does.
        unbind_after: Unbind after this many submit_sm over a link, 1 or more, as for maintenance;
            delayed responses are then never sent. None never does.
        id_format: "decimal", as the gateway writes its ids; with "hex_in_response" the response
            has "D0DAD" where the receipt has 855469, as some SMSCs do.
        rules: The rules that stop messages of one account; None switches all of them off. A
            `margin` is ignored: it is the client's caution. The default has no rate;
            `rules=GatewayLimits()` has the published 100 a second too, and refuses what is above
            it with ESME_RTHROTTLED.
        repeat_status: The `command_status` that refuses an identical message within the minute.
            What the gateway gives over SMPP isn't known, only that over HTTP it refuses at once
            (its error 9). ESME_RSUBMITFAIL says no more than that, and clients don't send again
            on it by themselves. 0 accepts the message; then it ends as UNDELIV with
            *repeat_error*. So does every repeat in parts: it is recognised by its whole text,
            after its parts were accepted.
        repeat_error: The delivery error of an accepted repeat. Not known either: 253,
            "forbidden", comes nearest to the status 23 that the gateway lists for repeats.
        flood_status: The `command_status` that refuses a message over the flood limit; with 0, as
            is reported of the gateway, it is accepted and ends as UNDELIV with *flood_error*.
        flood_error: The delivery error of a flood; the gateway's is 251.
        parts_error: The delivery error of a message whose parts weren't all received in
            `rules.multipart_window`: it ends as UNDELIV. The gateway's is 241.
        receipts: Whether receipts are sent, to those who request them in registered_delivery.
        receipt_delay: Time from the response to the outcome, and with it the receipt.
        receipt_before_response: The outcome comes at once, and its receipt overtakes the response.
        receipt_window: deliver_sm of one link that may await their response; the gateway's
            default is 5. A new value applies to new connections.
        receipt_queue: Most deliver_sm of one account that wait for a link; over it the oldest
            are dropped.
        redelivery_delay: Time until a deliver_sm that was refused temporarily is sent again.
        deliver_timeout: Time for a deliver_sm_resp; then the deliver_sm is sent again. A new
            value applies to new connections.
        intermediate: Whether a receipt ENROUTE is sent halfway from the response to the outcome,
            to those who request it by bit 4 of registered_delivery.
        state: The outcome of every message, a `MessageState`.
        error_code: The gateway's delivery error in the receipt, 0 to 999. It doesn't change the
            *state*: with an error of a phone, set UNDELIVERABLE too. A file, a URL and the options
            of `smsc sim` do so where they name no state.
        hlr: The answer to every HLR query.
        cost: Price in every receipt, as the gateway writes it: at most 6 characters.
        keep: How many messages are remembered, the newest ones; refused ones count too.
        keep_octets: Octets of their texts that are remembered; of one message at most 65 536. As
            many characters are kept of their parts, for query_sm.

    Raises:
        ValueError: A value out of its range.
    """

    # Binds and requests.
    accounts: Mapping[str, str] | None = field(default=None, repr=False, hash=False)
    bind_status: int = 0
    strict: bool = True
    default_alphabet: Literal["gsm", "latin1", "ascii"] | None = None
    packed_gsm: bool = False
    inactivity_timeout: float | None = 120.0

    # Responses to submit_sm.
    submit_status: int | Callable[[SubmitView], int] = 0
    response_delay: float = 0.0
    window: int = 2000
    silent: bool = False
    drop_after: int | None = None
    unbind_after: int | None = None
    id_format: Literal["decimal", "hex_in_response"] = "decimal"

    # Rules.
    rules: GatewayLimits | None = OWN_RULES
    repeat_status: int = CommandStatus.ESME_RSUBMITFAIL
    repeat_error: int = 253
    flood_status: int = 0
    flood_error: int = 251
    parts_error: int = 241

    # Outcomes and receipts.
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

    # Memory.
    keep: int = 500
    keep_octets: int = 32 * 1024 * 1024

    def __post_init__(self) -> None:
        for name in ("response_delay", "receipt_delay", "redelivery_delay"):
            _check(name, getattr(self, name), least=0)
        for name in _COUNTS:
            _check(name, getattr(self, name), least=1)
        for name in ("inactivity_timeout", "deliver_timeout"):
            value = getattr(self, name)
            if value is not None and not (is_number(value) and value > 0 and isfinite(value)):
                raise ValueError(f"{name} takes more than 0 seconds, got {shown(value)}")
        _check_error("error_code", self.error_code, least=0)
        for name in ("repeat_error", "flood_error", "parts_error"):
            _check_error(name, getattr(self, name), least=1)
        _check_kinds(self)
        if not (_is_integer(self.state) and 0 <= self.state <= 255):
            raise ValueError(f"state takes a MessageState or 0 to 255, got {shown(self.state)}")
        if not isinstance(self.cost, str):
            raise ValueError(f"cost takes a str, got {shown(self.cost)}")  # noqa: TRY004 - as the others
        if len(self.cost) > 6 or not self.cost.isascii():
            raise ValueError(f"cost takes 6 ASCII characters, got {len(self.cost)}")
        _check_choice("id_format", self.id_format, ("decimal", "hex_in_response"))
        _check_choice("default_alphabet", self.default_alphabet or "gsm", _ALPHABETS)
        if self.packed_gsm and self.default_alphabet not in {None, "gsm"}:
            raise ValueError(f"packed_gsm takes GSM only, got {self.default_alphabet}")

    def answer_to(self, rule: StoppedBy) -> tuple[int, int]:
        """Return `command_status` and delivery error of a message that a rule stops."""
        match rule:
            case "rate":
                return CommandStatus.ESME_RTHROTTLED, 0
            case "repeat":
                return self.repeat_status, self.repeat_error
            case "flood":
                return self.flood_status, self.flood_error


def _is_integer(value: object) -> bool:
    """Whether a value is an integer, a member of an enumeration too, and no truth value."""
    return isinstance(value, int) and not isinstance(value, bool)


def _check_kinds(scenario: Scenario) -> None:
    """Refuse statuses and values of a kind that would fail when a message comes."""
    status = scenario.submit_status
    statuses = {name: getattr(scenario, name) for name in _STATUSES}
    statuses["submit_status"] = 0 if callable(status) else status
    for name, value in statuses.items():
        if not (_is_integer(value) and 0 <= value <= LARGEST_STATUS):
            raise ValueError(f"{name} takes 0 to {LARGEST_STATUS}, got {shown(value)}")
    kinds = {"hlr": HlrAnswer, "rules": GatewayLimits | None}
    for name, kind in kinds.items():
        value = getattr(scenario, name)
        if not isinstance(value, kind):
            took = getattr(kind, "__name__", "GatewayLimits or None")
            raise ValueError(f"{name} takes {took}, got {shown(value)}")  # noqa: TRY004 - as the others


def _check(name: str, value: float | None, *, least: int) -> None:
    """Refuse a number below *least*."""
    # `not >=` instead of `<`: it refuses a NaN too.
    if value is not None and not (is_number(value) and value >= least and isfinite(value)):
        raise ValueError(f"{name} takes {least} or more, got {shown(value)}")


def _check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    """Refuse anything but one of a few names."""
    if value not in known:
        raise ValueError(f"{name} takes one of {', '.join(known)}, got {shown(value)}")


def _check_error(name: str, value: int, *, least: int) -> None:
    """Refuse a delivery error that doesn't fit in the three digits of a receipt."""
    if not (is_number(value) and least <= value <= 999):
        raise ValueError(f"{name} takes {least} to 999, got {shown(value)}")
