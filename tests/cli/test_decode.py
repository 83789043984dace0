"""`smsc decode`: PDUs explained as text and as JSON."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sentences_of_sources import Sentences

import pdu
from pdu import BindTransceiver, DeliverSm, SubmitSm, Tlv, encode
from smsc_async.cli.i18n import Translator
from smsc_async.cli.sentences import in_language

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Smsc = Callable[..., CompletedProcess[str]]

ENQUIRE_LINK = "00000010 00000015 00000000 00000001"
BIND = encode(BindTransceiver(system_id="shop", password="pa55word"), sequence_number=1).hex()
SUBMIT = encode(
    SubmitSm(
        destination_addr="79991234567", data_coding=8, short_message="Код".encode("utf-16-be")
    ),
    sequence_number=2,
).hex()


def test_fields_are_named_with_their_octets(smsc: Smsc) -> None:
    """Offset, octets, field and meaning, so that no specification is needed."""
    done = smsc("decode", ENQUIRE_LINK)

    assert 0 == done.returncode
    assert "0004: 00 00 00 15" in done.stdout
    assert "enquire_link" in done.stdout
    assert "1 PDU, 16 octets, no errors" in done.stdout
    assert not done.stderr


def test_arguments_are_joined(smsc: Smsc) -> None:
    """Octets pasted without quotes are many arguments."""
    assert smsc("decode", ENQUIRE_LINK).stdout == smsc("decode", *ENQUIRE_LINK.split()).stdout


def test_text_is_shown(smsc: Smsc) -> None:
    """The text is in the octets anyway, so it isn't masked."""
    assert "'Код'" in smsc("decode", SUBMIT).stdout


@pytest.mark.parametrize(
    ("tag", "value", "shown"),
    [
        (0x2000, b"0.25", "tlv cost '0.25'"),
        (0x2001, b"\0\x0a", "tlv flags 10"),
        (0x2002, b"\0\2", "tlv parts 2"),
        (0x2003, b"25002", "tlv operator '25002'"),
        (0x2004, b"25002", "tlv 0x2004 '25002'"),
    ],
)
def test_tlvs_of_smsc_ru_are_named(smsc: Smsc, tag: int, value: bytes, shown: str) -> None:
    """A receipt of SMSC.ru has its price and its parts in TLVs of its own."""
    receipt = encode(DeliverSm(esm_class=4, tlvs=(Tlv(tag, value),)))

    line = json.loads(smsc("decode", receipt.hex(), "--json").stdout)["pdus"][0]["fields"][-1]

    assert shown == f"{line['field']} {line['meaning']}"


def test_password_stays_hidden(smsc: Smsc) -> None:
    """The output is pasted into tickets and chats."""
    for arguments in (("decode", BIND), ("decode", BIND, "--json")):
        output = smsc(*arguments).stdout
        assert "pa55word" not in output
        assert b"pa55word".hex() not in output.replace(" ", "")
        assert b"pa55word".hex(" ")[:11] not in output


def test_standard_input_is_read(smsc: Smsc) -> None:
    """`xxd capture.bin | smsc decode -`."""
    dump = b"00000000: 0000 0010 0000 0015 0000 0000 0000 0001  ................\n"

    assert smsc("decode", ENQUIRE_LINK).stdout == smsc("decode", "-", stdin=dump).stdout


def test_several_pdus_are_separated(smsc: Smsc) -> None:
    """A capture of a stream contains many."""
    done = smsc("decode", BIND + SUBMIT, "--json")
    pdus = json.loads(done.stdout)["pdus"]

    assert ["bind_transceiver", "submit_sm"] == [pdu["command"] for pdu in pdus]
    assert [0, len(BIND) // 2] == [pdu["offset"] for pdu in pdus]


def test_json_is_one_object(smsc: Smsc) -> None:
    """For any program that reads JSON."""
    done = smsc("decode", ENQUIRE_LINK, "--json")
    output = json.loads(done.stdout)

    assert 1 == done.stdout.count("\n")
    assert (True, 16) == (output["ok"], output["octets"])
    assert {
        "offset": 4,
        "octets": "00000015",
        "field": "command_id",
        "meaning": "enquire_link",
        "note": None,
    } == output["pdus"][0]["fields"][1]


@pytest.mark.parametrize(
    "octets",
    [
        SUBMIT[:-4],  # its last octets are missing
        "00000011 00000015 00000000 00000001",  # says 17, has 16
        "00000004 00000015 00000000 00000001",  # no PDU is that short
        ENQUIRE_LINK + "0000",  # something follows
        "00000014 80000004 00000000 00000001 38353534",  # no NUL where a string must end
    ],
)
def test_invalid_octets_end_with_one(smsc: Smsc, octets: str) -> None:
    """The exit code is for scripts, the offset of the error for people."""
    shown, written = smsc("decode", octets), smsc("decode", octets, "--json")

    assert (1, 1) == (shown.returncode, written.returncode)
    assert "error at 0x" in shown.stdout
    assert json.loads(written.stdout)["ok"] is False


def test_field_names_are_not_translated(smsc: Smsc) -> None:
    """They are the specification's in any language."""
    done = smsc("decode", ENQUIRE_LINK, "--lang", "ru")

    assert "command_length" in done.stdout
    assert "1 PDU, 16 октетов, ошибок нет" in done.stdout


def test_no_octets_are_a_usage_error(smsc: Smsc) -> None:
    """An empty pipe is usually a mistake."""
    done = smsc("decode", "-")

    assert (2, "") == (done.returncode, done.stdout)
    assert "no octets were given" in done.stderr


@pytest.mark.parametrize("octets", [ENQUIRE_LINK, BIND, SUBMIT])
def test_everything_fits_eighty_columns(smsc: Smsc, octets: str) -> None:
    """A wrapped line would break the table."""
    assert 80 >= max(map(len, smsc("decode", octets).stdout.splitlines()))


FIXTURES = Path(__file__).parent / "dumps" / "fixtures"
CONVERSATION = [
    ("->", "bind_transceiver"),
    ("<-", "bind_transceiver_resp"),
    ("->", "submit_sm"),
    ("->", "enquire_link"),
    ("<-", "submit_sm_resp"),
    ("<-", "enquire_link_resp"),
    ("<-", "deliver_sm"),
    ("->", "deliver_sm_resp"),
    ("->", "unbind"),
    ("<-", "unbind_resp"),
]


@pytest.mark.parametrize("name", ["conversation.pcapng", "follow-hex.txt", "tcpdump-x.txt"])
def test_file_is_decoded_with_directions(smsc: Smsc, name: str) -> None:
    """`smsc decode FILE`: a capture or a dump; who asks and who answers is in both outputs."""
    path = FIXTURES / name
    written = json.loads(smsc("decode", str(path), "--json").stdout)
    shown = smsc("decode", "-", stdin=path.read_bytes())

    assert CONVERSATION == [(pdu["direction"], pdu["command"]) for pdu in written["pdus"]]
    assert [*range(1, 11)] == [pdu["number"] for pdu in written["pdus"]]
    assert ["A", "B", "A", "A", "B"] == [pdu["side"] for pdu in written["pdus"]][:5]
    assert (True, 345, []) == (written["ok"], written["octets"], written["notes"])
    assert 0 == shown.returncode
    rows = [line for line in shown.stdout.splitlines() if line.startswith("#")]
    assert [row[6:8] for row in rows] == [arrow for arrow, _command in CONVERSATION]
    assert "10 PDUs, 345 octets, no errors" in shown.stdout
    assert 80 >= max(map(len, shown.stdout.splitlines()))


def test_streams_of_a_capture_are_told_apart(smsc: Smsc) -> None:
    """Two connections at once, and one of something else."""
    path = FIXTURES / "disorder.pcap"
    shown, written = smsc("decode", str(path)), smsc("decode", str(path), "--json")

    assert "stream 2: A 192.0.2.10:40001, B 198.51.100.20:5000" in shown.stdout
    assert "TCP connections without SMPP: 1" in shown.stdout
    output = json.loads(written.stdout)
    assert {1, 2} == {pdu["stream"] for pdu in output["pdus"]}
    assert {"A": "192.0.2.10:40001", "B": "198.51.100.20:5000"} == output["streams"][1]


def test_what_a_capture_lost_is_an_error(smsc: Smsc) -> None:
    """All PDUs that are left may be valid: "no errors" would be wrong."""
    done = smsc("decode", str(FIXTURES / "lost.pcap"), "--lang", "en")

    assert 1 == done.returncode
    assert "40 octets are missing at 0x0023 of side A" in done.stdout
    assert "9 PDUs, 265 octets, but some are missing" in done.stdout


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_mark_is_dropped(smsc: Smsc, encoding: str) -> None:
    """PowerShell redirects in UTF-16, and editors of Windows write a mark before UTF-8."""
    done = smsc("decode", "-", stdin=ENQUIRE_LINK.encode(encoding))

    assert smsc("decode", ENQUIRE_LINK).stdout == done.stdout


def test_octets_as_on_the_wire_are_read(smsc: Smsc) -> None:
    """A file of a debugger, or `nc -l 2775 >stream.bin`."""
    done = smsc("decode", "-", stdin=bytes.fromhex(BIND + SUBMIT))

    assert "2 PDUs" in done.stdout


def test_missing_file_is_a_usage_error(smsc: Smsc) -> None:
    """It would otherwise be "no octet"."""
    done = smsc("decode", "nothing.pcap", "--json")

    assert (2, "no_file") == (done.returncode, json.loads(done.stdout)["error"]["kind"])


def test_odd_token_is_refused_with_its_place(smsc: Smsc) -> None:
    """The exit code is that of other wrong input."""
    shown = smsc("decode", "-", stdin=b"0000  00 00 00 10\n0004  00 0O 00 15\n")

    assert (2, "") == (shown.returncode, shown.stdout)
    assert "line 2, column 10: '0O' isn't an octet" in shown.stderr


def test_own_output_is_read_again(smsc: Smsc) -> None:
    """A table in a ticket can be copied back."""
    shown = smsc("decode", SUBMIT + ENQUIRE_LINK)

    assert shown.stdout == smsc("decode", "-", stdin=shown.stdout.encode()).stdout


def test_direction_is_translated(smsc: Smsc) -> None:
    """The rows are for people; JSON has the arrows alone."""
    done = smsc("decode", SUBMIT, "--lang", "ru")

    assert ["#1", "->", "к", "SMSC"] == done.stdout.splitlines()[1].split()


@pytest.mark.parametrize(
    ("status", "english", "russian"),
    [
        (
            0x58,
            "refused in PDU 2: ESME_RTHROTTLED, the sending rate is exceeded",
            "отказ шлюза в PDU 2: ESME_RTHROTTLED, превышена скорость отправки",
        ),
        (0x0E, "ESME_RINVPASWD, the password is refused", "ESME_RINVPASWD, пароль отклонён"),
        (0x0400, "refused in PDU 2: 0x00000400", "отказ шлюза в PDU 2: 0x00000400"),
    ],
)
def test_refusal_is_said(smsc: Smsc, status: int, english: str, russian: str) -> None:
    """Octets without errors may say that nothing was accepted."""
    fine = "00000010 80000015 00000000 00000001"
    refusal = f"00000010 80000004 {status:08x} 00000002"
    shown = smsc("decode", fine, refusal)
    translated = smsc("decode", fine, refusal, "--lang", "ru")
    several = smsc("decode", fine, refusal, refusal, refusal)

    assert (0, 0) == (shown.returncode, translated.returncode)
    assert english in " ".join(shown.stdout.split())
    assert russian in " ".join(translated.stdout.split())
    assert "октеты без ошибок" in " ".join(translated.stdout.split())
    assert "refusals: 3, the first in PDU 2: " in " ".join(several.stdout.split())


def test_request_with_a_status_is_no_refusal(smsc: Smsc) -> None:
    """Only a response refuses."""
    assert "no errors" in smsc("decode", "00000010 00000015 00000000 00000001").stdout
    assert "refus" not in smsc("decode", "00000010 00000015 00000058 00000001").stdout


# --- in Russian ---


@pytest.mark.parametrize(
    ("octets", "texts"),
    [
        ("00000020 00000015 00000000 00000001", ["! октетов здесь только 16"]),
        ("00000010 00000015 00000000 00000001 00", ["обрезано", "! в заголовке должно быть"]),
        ("00000008 00000015 00000000 00000001", ["! в PDU не меньше октетов, чем 16"]),
        ("00000010 00000999 00000000 00000001", ["неизвестная команда"]),
        (f"{BIND[:-8]}", ["! октетов здесь только", "! повреждено: "]),
        (BIND, ["<8 символов>"]),
        (
            encode(
                SubmitSm(destination_addr="79991234567", registered_delivery=1), sequence_number=1
            ).hex(),
            ["1 запрошен отчёт"],
        ),
        (encode(DeliverSm(esm_class=4)).hex(), ["4 отчёт о доставке"]),
        (
            "0000001b 00000103 00000000 00000001 00 00000000000000 001500",
            ["слишком коротко для TLV", "остаток"],
        ),
    ],
)
def test_remarks_are_in_the_users_language(smsc: Smsc, octets: str, texts: list[str]) -> None:
    """Names of the specification stay; JSON is for programs, and stays as it is."""
    done = smsc("decode", octets, "--lang", "ru")
    shown = " ".join(done.stdout.split())

    for text in texts:
        assert text in shown
    for word in ("octets", "broken", "wants", "receipt ", "characters", "cut off", "trailing"):
        assert word not in shown.replace("receipted", "")
    english, russian = (smsc("decode", octets, "--lang", one, "--json") for one in ("en", "ru"))
    assert json.loads(english.stdout)["pdus"] == json.loads(russian.stdout)["pdus"]


def test_every_remark_of_the_sources_is_known() -> None:
    """A new one of `pdu.explain` is written down with its translation."""
    known = Translator("ru")
    source = Path(pdu.__file__).with_name("explain.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    notes = [
        text
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Line"
        for argument in call.args[4:]
        for text in Sentences(tree, function).of(argument)
    ]

    assert len(notes) > 3
    assert [] == [text for text in notes if text == in_language(text, known)]


@pytest.mark.parametrize("name", ["bad.file", "./dump", "C:\\dump", "dir/x.hex", "x.y"])
def test_file_that_is_not_there_is_named(smsc: Smsc, name: str) -> None:
    """An argument that isn't octets may be a name with a typing error."""
    done = smsc("decode", name)

    assert 2 == done.returncode
    assert re.search("there is no file|No such file", " ".join(done.stderr.split()))


@pytest.mark.parametrize("octets", ["0x0", "zz", "secret words", "a. b", "..."])
def test_octets_are_no_file(smsc: Smsc, octets: str) -> None:
    """What has the form of no name isn't repeated."""
    assert "no file" not in smsc("decode", octets).stderr
