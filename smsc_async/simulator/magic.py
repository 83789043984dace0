"""Magic numbers: recipients whose digits say what becomes of a message.

Rule: the table `MAGIC_NUMBERS` is all there is; the function reads it, and so does what lists it.
A magic number is a prefix, one digit for what is set, and three for which value:

    7000000 0 006   a message to 70000000006 ends as UNDELIVERABLE with the delivery error 6

No subscriber has such a number: in country 7 no code of a network begins with 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pdu.enums import MessageState
from pdu.half_made import shows_half_made
from smsc_async._base_errors import refused
from smsc_async.simulator.codes import find_codes
from smsc_async.simulator.fates import Fate
from smsc_async.simulator.message_log import normal_number
from smsc_async.simulator.scenario import HlrAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC_PREFIX: Final = "7000000"
"""The default prefix."""

_SUFFIX: Final = 4
_PREFIX: Final = re.compile("[0-9]{1,11}")

_DELIVERED: Final = MessageState.DELIVERED
_UNDELIVERABLE: Final = MessageState.UNDELIVERABLE

_ROAMING: Final = HlrAnswer(
    msc="491710760000", roaming_country="Germany", roaming_network="Telekom Deutschland GmbH"
)
# The range of the default answer's number is MegaFON's, the network it is registered in isn't.
_PORTED: Final = HlrAnswer(
    imsi="250013012345678", msc="79168960000", mnc="01", network="Mobile TeleSystems"
)
_LONG_REPLY: Final = (
    "Здравствуйте! Заказ получен, спасибо, всё в порядке. Следующий заказ привезите, пожалуйста,"
    " после семи вечера."
)


@shows_half_made
@dataclass(frozen=True, slots=True)
class MagicNumber:
    """A row of the table: the numbers with one meaning.

    Attributes:
        what: The digit behind the prefix.
        values: The three digits behind it, as integers.
        description: What becomes of a message, in English.
        make: Makes the fate of a message from the three digits and its text.
    """

    what: int
    values: range
    description: str
    make: Callable[[int, str], Fate]

    @property
    def which(self) -> str:
        """The three digits, "006", or the first and the last, "001-255"."""
        first, last = self.values[0], self.values[-1]
        return f"{first:03}" if first == last else f"{first:03}-{last:03}"


def _row(
    what: int, first: int, description: str, fate: Fate | Callable[[int, str], Fate], last: int = 0
) -> MagicNumber:
    """Make a row; *last* is given if it is a range."""
    make = (lambda _value, _text: fate) if isinstance(fate, Fate) else fate
    return MagicNumber(what, range(first, (last or first) + 1), description, make)


MAGIC_NUMBERS: Final = (
    _row(0, 0, "delivered", Fate(state=_DELIVERED)),
    _row(
        0,
        1,
        "undeliverable, with this delivery error",
        lambda value, _: Fate(state=_UNDELIVERABLE, error_code=value),
        last=255,
    ),
    _row(1, 1, "expired", Fate(state=MessageState.EXPIRED)),
    _row(1, 2, "rejected", Fate(state=MessageState.REJECTED)),
    _row(1, 3, "deleted", Fate(state=MessageState.DELETED)),
    _row(1, 4, "unknown", Fate(state=MessageState.UNKNOWN)),
    _row(1, 5, "no receipt", Fate(receipt="never")),
    _row(1, 6, "the receipt twice", Fate(receipt="twice")),
    _row(1, 7, "the receipt before the response", Fate(receipt="early")),
    _row(1, 8, "a receipt ENROUTE first", Fate(receipt="intermediate")),
    _row(
        1,
        10,
        "delivered after as many seconds of the gateway's clock",
        lambda value, _: Fate(state=_DELIVERED, after=value),
        last=999,
    ),
    _row(
        2,
        1,
        "refused with this command_status, in decimal: 088 is ESME_RTHROTTLED",
        lambda value, _: Fate(answer="refuse", command_status=value),
        last=999,
    ),
    _row(3, 0, "accepted, never answered", Fate(answer="never")),
    _row(
        3,
        1,
        "answered as many seconds late",
        lambda value, _: Fate(answer="late", after=value),
        last=998,
    ),
    _row(3, 999, "accepted, and the link breaks before the response", Fate(answer="break")),
    _row(4, 0, "HLR and Ping: at home", Fate(state=_DELIVERED, hlr=HlrAnswer())),
    _row(4, 1, "HLR and Ping: roaming", Fate(state=_DELIVERED, hlr=_ROAMING)),
    _row(4, 2, "HLR and Ping: ported to another operator", Fate(state=_DELIVERED, hlr=_PORTED)),
    _row(
        4,
        101,
        "HLR and Ping: undeliverable, with the delivery error 1 to 99",
        lambda value, _: Fate(state=_UNDELIVERABLE, error_code=value - 100),
        last=199,
    ),
    _row(5, 0, "delivered; the subscriber replies «да»", Fate(state=_DELIVERED, reply="да")),
    _row(5, 1, "delivered; the subscriber replies «СТОП»", Fate(state=_DELIVERED, reply="СТОП")),
    _row(
        5,
        2,
        "delivered; the subscriber replies in two parts",
        Fate(state=_DELIVERED, reply=_LONG_REPLY),
    ),
    _row(
        5,
        3,
        "delivered; the subscriber replies with the text of the message",
        lambda _, text: Fate(state=_DELIVERED, reply=text or None),
    ),
    _row(
        5,
        4,
        "delivered; the subscriber replies with the one-time code of the message, if it has one",
        lambda _, text: Fate(state=_DELIVERED, reply=find_codes(text).code),
    ),
)
"""The table. No number is in two rows."""


def magic_suffix(recipient: str, prefix: str | None) -> str | None:
    """Return the four digits behind the prefix; None for a number that isn't magic.

    Args:
        recipient: `destination_addr`. A "+" and signs between the digits are ignored.
        prefix: Of the magic numbers; None if there are none.
    """
    if prefix is None:
        return None
    digits = recipient if recipient.isdigit() else normal_number(recipient)
    # First what most numbers fail (hot path).
    if not digits.startswith(prefix) or len(digits) != len(prefix) + _SUFFIX:
        return None
    suffix = digits[-_SUFFIX:]
    return suffix if suffix.isascii() and suffix.isdigit() else None


def magic_fate(recipient: str, text: str | None, prefix: str | None) -> Fate | None:
    """Return what becomes of a message to a magic number; None for any other number.

    Args:
        recipient: `destination_addr`. A "+" and signs between the digits are ignored.
        text: The text of the whole message, which some fates repeat; None where the octets are
            none.
        prefix: Of the magic numbers, see `check_prefix`; None if there are none.
    """
    suffix = magic_suffix(recipient, prefix)
    if suffix is None:
        return None
    what, value = int(suffix[0]), int(suffix[1:])
    for row in MAGIC_NUMBERS:
        if row.what == what and value in row.values:
            return row.make(value, text or "")
    return None


def check_prefix(prefix: object) -> None:
    """Refuse what is no prefix of magic numbers; None means that there are none.

    Raises:
        ConfigError: It is no text of 1 to 11 digits; a number has 15 at most.
    """
    is_prefix = isinstance(prefix, str) and _PREFIX.fullmatch(prefix)
    if prefix is not None and not is_prefix:
        rule = "takes a text of 1 to 11 digits, or None for no magic numbers"
        raise refused("magic_prefix", prefix, rule)
