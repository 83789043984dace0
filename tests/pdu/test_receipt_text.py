"""Parsing of receipt texts: usual, unusual and malformed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu import receipt_text
from pdu.enums import MessageState
from pdu.receipt_text import STAT_STATES, parse_receipt_text, parse_stat

USUAL = (
    "id:855469 sub:001 dlvrd:001 submit date:2611231030 done date:2611231031 "
    "stat:DELIVRD err:000 text:Hello, id:1 stat:none"
)
FIELDS = {
    "id": "855469",
    "sub": "001",
    "dlvrd": "001",
    "submit date": "2611231030",
    "done date": "2611231031",
    "stat": "DELIVRD",
    "err": "000",
    "text": "Hello, id:1 stat:none",
}
HLR = (
    "id:855469 stat:DELIVRD err:000 imsi:250023012345678 msc:79232510066 mcc:250 mnc:02 "
    "cn:Russian+Federation net:MegaFON+open+Joint+Stock+Company rcn: rnet:"
)


def test_usual_receipt() -> None:
    """The form nearly all SMSCs send; its text may look like a receipt again."""
    assert FIELDS == parse_receipt_text(USUAL)
    assert list(FIELDS) == list(parse_receipt_text(USUAL))


def test_hlr_result() -> None:
    """Values stay encoded, a leading zero stays a zero, and the last two are empty."""
    assert {
        "id": "855469",
        "stat": "DELIVRD",
        "err": "000",
        "imsi": "250023012345678",
        "msc": "79232510066",
        "mcc": "250",
        "mnc": "02",
        "cn": "Russian+Federation",
        "net": "MegaFON+open+Joint+Stock+Company",
        "rcn": "",
        "rnet": "",
    } == parse_receipt_text(HLR)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", {}),
        ("no receipt at all", {}),
        ("12:30 is no label", {}),
        ("id:1", {"id": "1"}),
        ("ID:1 Stat:DELIVRD Text:x", {"id": "1", "stat": "DELIVRD", "text": "x"}),
        ("stat:DELIVRD id:1", {"stat": "DELIVRD", "id": "1"}),
        ("id: sub: stat:", {"id": "", "sub": "", "stat": ""}),
        ("id:", {"id": ""}),
        ("text:", {"text": ""}),
        ("text:id:1 stat:DELIVRD", {"text": "id:1 stat:DELIVRD"}),
        ("id:1 text: a\0b text:c ", {"id": "1", "text": " a\0b text:c "}),
        ("id:1 text:one\ntwo", {"id": "1", "text": "one\ntwo"}),
        ("id:1 context:x", {"id": "1", "context": "x"}),  # a label that ends like another
        ("Submit  Date:2611231030 DONE DATE:2", {"submit date": "2611231030", "done date": "2"}),
        ("date:1 submit date:2", {"date": "1", "submit date": "2"}),
        (
            "done date:2026-11-23 10:30:00 stat:DELIVRD",
            {"done date": "2026-11-23 10:30:00", "stat": "DELIVRD"},
        ),
        ("id: 7  stat: DELIVRD ", {"id": "7", "stat": "DELIVRD"}),
        ("id:1\r\nstat:DELIVRD\r\n", {"id": "1", "stat": "DELIVRD"}),
        ("id:1 id:2 err:0A1", {"id": "1", "err": "0A1"}),  # the first counts
        ("id:5f1c-00:7 stat:UNDELIV", {"id": "5f1c-00:7", "stat": "UNDELIV"}),
        ("url:http://a/b?c:d e:f", {"url": "http://a/b?c:d", "e": "f"}),
        ("junk before id:1", {"id": "1"}),
        ("id:1 err:000\0", {"id": "1", "err": "000"}),
        ("id:1\0text:x", {"id": "1", "text": "x"}),
        ("id:Я stat:х", {"id": "Я", "stat": "х"}),
        ("ключ:1", {}),  # labels are ASCII
        ("Message-ID:1 error code:2", {"message_id": "1", "error_code": "2"}),
        ("msg  state:A Err-Code:3", {"msg_state": "A", "err_code": "3"}),
        ('{"id":"1","text":"a:b"}', {"id": '"1"', "text": '"a:b"}'}),
        ("(id:1) [stat:A]", {"id": "1)", "stat": "A]"}),
        ("x(id:1 y'id:2", {}),  # a sign inside a word
        ("\5\0\3\1\2\1id:1\x02stat:A", {"id": "1", "stat": "A"}),
    ],
)
def test_unusual_receipts(text: str, fields: dict[str, str]) -> None:
    """Any order, any case, anything missing; what is there is found."""
    assert fields == parse_receipt_text(text)


@pytest.mark.parametrize(
    "label", ["id", "sub", "dlvrd", "submit date", "done date", "stat", "err", "text"]
)
def test_any_field_may_be_missing(label: str) -> None:
    """The other fields are still found."""
    present = {key: value for key, value in FIELDS.items() if key != label}
    text = " ".join(f"{key}:{value}" for key, value in present.items())

    assert present == parse_receipt_text(text)


@pytest.mark.parametrize(
    "text",
    [
        " " * 200_000,
        "a" * 200_000,
        "id:" * 70_000,
        "id: " * 50_000,
        "submit " * 30_000,
        "submit" + " " * 200_000 + "date",
        "text" * 50_000,
        " text" * 40_000,
        "id:1 text:" * 20_000,
        "\0" * 200_000,
        "id:1 sub:2 dlvrd:" * 12_000,
        " (" * 100_000,
        "(" * 200_000,
        "message " * 25_000,
        "message" + "-" * 200_000 + "id",
        " error -" * 25_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    """200 000 characters of the worst kinds; a squared one would take minutes."""
    assert sum(map(len, parse_receipt_text(text).values())) <= len(text)


values = st.text(st.characters(), max_size=12)
labels = st.sampled_from([*FIELDS, "imsi", "ID", "Text", "x", "message-id", "(err", '"stat"'])
receipts = st.lists(st.builds("{}:{}".format, labels, values)).map(" ".join)
usual_receipts = st.builds(
    "id:{} sub:{} dlvrd:{} submit date:{} done date:{} stat:{} err:{} text:{}".format, *[values] * 8
)


@given(st.text() | receipts)
def test_any_text_parses(text: str) -> None:
    """Nothing raises, and each value was in the text."""
    fields = parse_receipt_text(text)

    assert all(value in text for value in fields.values())
    assert all(label == label.lower() for label in fields)


@given(usual_receipts | st.sampled_from([USUAL, USUAL.partition(" text:")[0]]))
def test_usual_form_is_parsed_as_any_other(text: str) -> None:
    """With the pattern of the usual form switched off, the result is equal."""
    expected = parse_receipt_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(receipt_text, "_USUAL", re.compile(r"(?!)").fullmatch)
        slow = parse_receipt_text(text)

    assert expected == slow


@pytest.mark.parametrize(
    ("stat", "state"),
    [
        ("SCHEDLD", MessageState.SCHEDULED),
        ("ENROUTE", MessageState.ENROUTE),
        ("DELIVRD", MessageState.DELIVERED),
        ("EXPIRED", MessageState.EXPIRED),
        ("DELETED", MessageState.DELETED),
        ("UNDELIV", MessageState.UNDELIVERABLE),
        ("ACCEPTD", MessageState.ACCEPTED),
        ("UNKNOWN", MessageState.UNKNOWN),
        ("REJECTD", MessageState.REJECTED),
        ("SKIPPED", MessageState.SKIPPED),
        ("ACKED", MessageState.ENROUTE),
        ("BUFFRED", MessageState.ENROUTE),
        ("BUFFERD", MessageState.ENROUTE),
        ("FAILED", MessageState.UNDELIVERABLE),
        ("UNDELIVERED", MessageState.UNDELIVERABLE),
        ("UNDELIVRD", MessageState.UNDELIVERABLE),
        ("DELIVERD", MessageState.DELIVERED),
        ("EN_ROUTE", MessageState.ENROUTE),
        ("DELIVERED", MessageState.DELIVERED),
        ("delivrd", MessageState.DELIVERED),
    ],
)
def test_stat_texts(stat: str, state: MessageState) -> None:
    """v3.4 §5.2.28 and what is seen beside it; none of the latter ends a message wrongly."""
    assert state is parse_stat(stat)


@pytest.mark.parametrize("stat", ["", "WHATEVR", "DELIVRD ", "ß"])
def test_unknown_stat_is_none(stat: str) -> None:
    """No guess: UNKNOWN is a state that an SMSC reports itself."""
    assert parse_stat(stat) is None


def test_every_state_has_a_text() -> None:
    """A state added to the enumeration is readable at once."""
    assert set(MessageState) == set(STAT_STATES.values())


@pytest.mark.parametrize("sign", [",", ";", "|", "&", ", ", " ;"])
def test_sign_between_fields_belongs_to_no_value(sign: str) -> None:
    """Some SMSCs put one there; inside a value it stays."""
    fields = parse_receipt_text(sign.join(("id:a,b", "stat:DELIVRD", "text:x, y")))

    assert {"id": "a,b", "stat": "DELIVRD", "text": "x, y"} == fields


@pytest.mark.parametrize("label", ["submit date", "Submit  Date", "submitDate", "submit_date"])
def test_dates_have_one_label(label: str) -> None:
    """However it is spelled."""
    assert {"submit date": "1"} == parse_receipt_text(f"{label}:1")
