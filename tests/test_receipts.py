"""Receipts, HLR results, query results and incoming messages as values."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from pdu.enums import MessageState
from smsc_async.gateway.delivery_errors import SmscRuDeliveryError
from smsc_async.receipts import (
    COST,
    FLAGS,
    OPERATOR,
    PARTS,
    DeliveryError,
    HlrReceipt,
    IncomingMessage,
    QueryResult,
    Receipt,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN = (
    "id:855469 sub:001 dlvrd:001 submit date:2611231030 done date:261123103159"
    " stat:DELIVRD err:000 text:Kod 4821"
)
HLR = (
    "id:855469 stat:DELIVRD err:000 imsi:250023012345678 msc:79232510066 mcc:250 mnc:02"
    " cn:Russian+Federation net:MegaFON+open+Joint+Stock+Company rcn: rnet:"
)


def receipt(raw: str, tlvs: Mapping[int, bytes] | None = None) -> Receipt:
    """Make a receipt of a delivered message."""
    return Receipt(
        message_id="855469",
        state=MessageState.DELIVERED,
        error_code=0,
        to="79991234567",
        sender="Shop",
        raw=raw,
        tlvs=tlvs,
    )


def test_times_of_a_receipt_are_naive() -> None:
    """The gateway doesn't say in which time zone they are."""
    delivered = receipt(PLAIN)

    assert datetime(2026, 11, 23, 10, 30) == delivered.submitted_at  # noqa: DTZ001 - zone unknown
    assert datetime(2026, 11, 23, 10, 31, 59) == delivered.done_at  # noqa: DTZ001 - zone unknown
    assert (None, None) == (receipt("").submitted_at, receipt("").done_at)
    assert "001" == delivered.fields["dlvrd"]


def test_words_behind_a_time_are_passed_over() -> None:
    """But for those that mean another hour."""

    def submitted_at(value: str) -> datetime | None:
        """Read a time."""
        return Receipt(message_id="", raw=f"submit date:{value} stat:DELIVRD").submitted_at

    assert datetime(2026, 11, 23, 10, 30) == submitted_at("'2611231030' (UTC)")  # noqa: DTZ001 - zone unknown
    assert submitted_at("2026-11-23 10:30 pm") is None
    assert submitted_at("in the morning") is None


def test_tlvs_of_the_gateway_have_properties() -> None:
    """0x2000 to 0x2003, as the gateway's page on statuses has them."""
    tlvs = {COST: b"0.1500", FLAGS: b"\x00\x20", PARTS: b"\x00\x03", OPERATOR: b"25002"}
    complete = receipt(PLAIN, tlvs)
    silent = receipt(PLAIN)

    assert ("0.1500", 0x20, 3, "25002") == (
        complete.cost,
        complete.flags,
        complete.parts,
        complete.operator,
    )
    assert [None] * 4 == [silent.cost, silent.flags, silent.parts, silent.operator]


def test_hlr_result_has_the_subscribers_data() -> None:
    """Text, also where it looks like a number: "02" isn't "2"."""
    result = HlrReceipt(message_id="855469", raw=HLR)

    assert "250023012345678" == result.imsi
    assert "79232510066" == result.msc
    assert ("250", "02") == (result.mcc, result.mnc)
    assert "Russian Federation" == result.country
    assert "MegaFON open Joint Stock Company" == result.network
    assert ("", "") == (result.roaming_country, result.roaming_network)


@pytest.mark.parametrize(
    ("quoted", "country"),
    [
        ("%D0%A0%D0%BE%D1%81%D1%81%D0%B8%D1%8F", "Россия"),
        ("%D0%EE%F1%F1%E8%FF", "Россия"),
        ("C%C3%B4te+d%27Ivoire", "Côte d'Ivoire"),
        ("100%", "100%"),
    ],
)
def test_names_of_countries_are_unquoted(quoted: str, country: str) -> None:
    """«Строковые данные, например, страна и оператор, закодированы через функцию urlencode.»."""
    result = HlrReceipt(message_id="1", raw=f"id:1 imsi: cn:{quoted} net:")

    assert country == result.country
    assert "" == result.imsi


@pytest.mark.parametrize(
    ("state", "final"),
    [
        (MessageState.DELIVERED, True),
        (MessageState.EXPIRED, True),
        (MessageState.DELETED, True),
        (MessageState.UNDELIVERABLE, True),
        (MessageState.REJECTED, True),
        (MessageState.SKIPPED, True),
        (MessageState.SCHEDULED, False),
        (MessageState.ENROUTE, False),
        (MessageState.ACCEPTED, False),
        (MessageState.UNKNOWN, False),
    ],
)
def test_final_states(state: MessageState, final: bool) -> None:  # noqa: FBT001 - a table's column
    """Waiting for a receipt doesn't end with a state that another may follow."""
    assert final is Receipt(message_id="1", state=state).is_final


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (MessageState.DELIVERED, "DELIVERED"),
        (MessageState.SCHEDULED, "SCHEDULED"),
        (77, "77"),
        (-1, "-1"),
        (None, ""),
    ],
)
def test_every_state_has_a_name(state: MessageState | int | None, name: str) -> None:
    """`state.name` fails for a number that has none, and type checkers know."""
    assert name == Receipt(message_id="855469", state=state).state_name
    if state is not None:
        assert name == QueryResult("855469", state).state_name


def test_intermediate_notification_is_not_final() -> None:
    """Another receipt follows it, whatever state it reports."""
    assert not Receipt(message_id="1", state=MessageState.DELIVERED, is_intermediate=True).is_final


def test_receipt_is_a_value() -> None:
    """Equal by what it says, hashable, copied and pickled with all of it."""
    one = receipt(PLAIN, {PARTS: b"\x00\x01"})

    assert one == receipt(PLAIN, {PARTS: b"\x00\x01"})
    assert one != receipt(PLAIN)
    assert one != "855469"
    assert hash(one) == hash(copy.copy(one))
    assert one == pickle.loads(pickle.dumps(one))  # noqa: S301 - our own octets
    assert Receipt(message_id="1") != HlrReceipt(message_id="1")


def test_repr_of_a_receipt_shows_no_text() -> None:
    """The receipt quotes the beginning of the message: the code."""
    assert "Receipt(message_id='855469', state=DELIVERED, error_code=0, to='7999***67')" == repr(
        receipt(PLAIN)
    )
    assert "state=99" in repr(Receipt(message_id="1", state=99))


def test_error_explains_itself() -> None:
    """In Russian or English."""
    error = Receipt(message_id="1", error_code=6, error_type=SmscRuDeliveryError).error

    assert error is not None
    assert 6 == error
    assert "the phone is off or out of coverage" == error.explain()
    assert "телефон выключен или вне зоны действия" == error.explain("ru")
    assert "DeliveryError(6: the phone is off or out of coverage)" == repr(error)
    assert error.is_known


def test_no_error_is_false() -> None:
    """`if receipt.error:` reads as it should."""
    assert not receipt(PLAIN).error
    assert Receipt(message_id="1").error is None


def test_unlisted_error_is_kept() -> None:
    """The gateway's list grows, and a receipt that nothing has read has no list at all."""
    error = Receipt(message_id="1", error_code=777).error

    assert DeliveryError is type(error)

    assert not error.is_known
    assert "code 777, not listed" == error.explain("en")
    assert "code -1, not listed" == DeliveryError(-1).explain()
    assert ("no error", "ошибки нет") == (DeliveryError(0).explain(), DeliveryError().explain("ru"))
    assert "код 777, нет в списке" == error.explain("ru")


def test_incoming_message_shows_no_text() -> None:
    """A subscriber's text is personal data too."""
    message = IncomingMessage(
        sender="79991234567", recipient="79990000000", text="Да", parts=2, total=2
    )

    assert message.is_complete
    assert (
        "IncomingMessage(sender='7999***67', recipient='7999***00', text=<2 characters>, "
        "parts=2/2)" == repr(message)
    )


def test_incoming_message_that_is_no_text() -> None:
    """Octets of an unknown coding are passed on unchanged."""
    message = IncomingMessage(
        sender="79991234567", recipient="1234", text=None, octets=b"\xff\xfe", total=2
    )

    assert not message.is_complete
    assert "text=<2 octets>, parts=1/2" in repr(message)


def test_receipt_of_a_known_query_becomes_an_hlr_receipt() -> None:
    """The query is known to be an HLR query, although its receipt doesn't show it."""
    plain = Receipt(message_id="7", state=MessageState.DELIVERED, raw="id:7 mnc:02 cn:Russia")
    hlr = HlrReceipt.of(plain)

    assert ("7", MessageState.DELIVERED, "02", "Russia") == (
        hlr.message_id,
        hlr.state,
        hlr.mnc,
        hlr.country,
    )


def test_query_result_speaks_as_a_receipt_does() -> None:
    """State and error are read alike, wherever they come from."""
    result = QueryResult("7", MessageState.UNDELIVERABLE, 6)

    assert result.is_final
    assert 6 == result.error
    assert "code 6, not listed" == result.error.explain()
    assert "QueryResult(message_id='7', state=" in repr(result)
    assert result.final_at is None
