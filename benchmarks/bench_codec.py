"""Benchmark of the codec: time to encode and decode a PDU, beside other codecs.

    PYTHONPATH=. python benchmarks/bench_codec.py [--rounds N] [--json FILE]

Rule: all codecs take turns in one run, in many short repeats. A ratio is the median of the ratios
within rounds, so that a change of the machine's speed affects all codecs alike. Each result is
checked before it is timed. Times are processor times, in nanoseconds a call. The exit code is 1
if a target is missed.

"construct" is a plain declaration in construct's own idioms that returns the same kinds of values:
enumerations, and TLVs in any order. Our codec is declared with the same library, so the ratio
shows the gain of the generated functions. The last three rows are the least favourable for us:
there smpp34 makes no Python object when it encodes, or decodes no field.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import platform
import sys
import time
import timeit
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import construct as c

import pdu

ROUNDS = 60
REPEAT_NS = 2_000_000  # of a repeat: short beside a stall of the machine
PEERS = {"smpp34": "1.5.0", "smpplib": "2.2.4"}

TEXT = b"Your order 4711 has been sent."  # 30 octets
LONG_TEXT = b"x" * 120
MESSAGE_ID = "855469123"
RECEIPT_TEXT = (
    b"id:855469123 sub:001 dlvrd:001 submit date:2611231030 done date:2611231031"
    b" stat:DELIVRD err:000 text:Your order 4711"
)


# --- construct, as in its manual ---

TLV = c.Struct(
    "tag" / c.Int16ub,
    "value"
    / c.Prefixed(
        c.Int16ub,
        c.Switch(
            c.this.tag,
            {0x001E: c.CString("ascii"), 0x0427: c.Int8ub, 0x0204: c.Int16ub},
            default=c.GreedyBytes,
        ),
    ),
)

SHORT_MESSAGE = (
    "service_type" / c.Default(c.CString("ascii"), ""),
    "source_addr_ton" / c.Default(c.Enum(c.Int8ub, pdu.Ton), 0),
    "source_addr_npi" / c.Default(c.Enum(c.Int8ub, pdu.Npi), 0),
    "source_addr" / c.Default(c.CString("ascii"), ""),
    "dest_addr_ton" / c.Default(c.Enum(c.Int8ub, pdu.Ton), 0),
    "dest_addr_npi" / c.Default(c.Enum(c.Int8ub, pdu.Npi), 0),
    "destination_addr" / c.CString("ascii"),
    "esm_class" / c.Default(c.Int8ub, 0),
    "protocol_id" / c.Default(c.Int8ub, 0),
    "priority_flag" / c.Default(c.Int8ub, 0),
    "schedule_delivery_time" / c.Default(c.CString("ascii"), ""),
    "validity_period" / c.Default(c.CString("ascii"), ""),
    "registered_delivery" / c.Default(c.Int8ub, 0),
    "replace_if_present_flag" / c.Default(c.Int8ub, 0),
    "data_coding" / c.Default(c.Enum(c.Int8ub, pdu.DataCoding), 0),
    "sm_default_msg_id" / c.Default(c.Int8ub, 0),
    "short_message" / c.Prefixed(c.Int8ub, c.GreedyBytes),
    "tlvs" / c.Default(c.GreedyRange(TLV), []),
)

PLAIN = c.Prefixed(
    c.Int32ub,
    c.Struct(
        "command_id" / c.Enum(c.Int32ub, pdu.CommandId),
        "command_status" / c.Default(c.Enum(c.Int32ub, pdu.CommandStatus), 0),
        "sequence_number" / c.Int32ub,
        "body"
        / c.Switch(
            c.this.command_id,
            {
                "SUBMIT_SM": c.Struct(*SHORT_MESSAGE),
                "DELIVER_SM": c.Struct(*SHORT_MESSAGE),
                "SUBMIT_SM_RESP": c.Struct(
                    "message_id" / c.CString("ascii"), "tlvs" / c.GreedyRange(TLV)
                ),
            },
            default=c.GreedyBytes,
        ),
    ),
    includelength=True,
)


# --- what is measured ---


@dataclass(frozen=True, slots=True)
class Row:
    """One operation, and the statement of each codec for it.

    Args:
        name: Its name in the table.
        expected: The result of every statement.
        ways: The statement of each contestant.
        targets: The largest ratio of our time to a contestant's.
    """

    name: str
    expected: object
    ways: dict[str, str]
    targets: dict[str, float] = field(default_factory=dict)


FIELDS = (
    "source_addr_ton=5, source_addr='SMSC.RU', dest_addr_ton=1, dest_addr_npi=1, "
    "destination_addr='79161234567', registered_delivery=1, data_coding=4, short_message=TEXT"
)
LONG_FIELDS = FIELDS.replace("TEXT", "LONG_TEXT")
BUILT = "{{'command_id': 'SUBMIT_SM', 'sequence_number': 1042, 'body': dict({}{})}}"
BUILT_TLVS = (
    ", tlvs=[{'tag': 0x204, 'value': 7}, {'tag': 0x20E, 'value': b'\\2'},"
    " {'tag': 0x20F, 'value': b'\\1'}]"
)

SUBMIT = pdu.SubmitSm(
    sequence_number=1042,
    source_addr_ton=5,
    source_addr="SMSC.RU",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr="79161234567",
    registered_delivery=1,
    data_coding=4,
    short_message=TEXT,
)
TLVS = (pdu.Tlv(0x204, b"\0\7"), pdu.Tlv(0x20E, b"\2"), pdu.Tlv(0x20F, b"\1"))
LONG_SUBMIT = pdu.SubmitSm(
    sequence_number=1042,
    source_addr_ton=5,
    source_addr="SMSC.RU",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr="79161234567",
    registered_delivery=1,
    data_coding=4,
    short_message=LONG_TEXT,
    tlvs=TLVS,
)
RESPONSE = pdu.encode(pdu.SubmitSmResp(sequence_number=1042, message_id=MESSAGE_ID))
RECEIPT = pdu.encode(
    pdu.DeliverSm(
        sequence_number=900,
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr="79161234567",
        dest_addr_ton=5,
        destination_addr="SMSC.RU",
        esm_class=4,
        short_message=RECEIPT_TEXT,
        tlvs=(
            pdu.Tlv(0x001E, MESSAGE_ID.encode() + b"\0"),
            pdu.Tlv(0x0427, b"\2"),
            pdu.Tlv(0x0423, b"\3\0\0"),
        ),
    )
)

READ_SEVEN = (
    "d.sequence_number, d.source_addr, d.destination_addr, d.esm_class, d.data_coding, "
    "d.short_message, [(t.tag, t.value) for t in d.tlvs]"
)
READ_SEVEN_PLAIN = (
    "d = PLAIN.parse(RECEIPT); b = d.body; r = (d.sequence_number, b.source_addr, "
    "b.destination_addr, b.esm_class, int(b.data_coding), b.short_message, "
    "[(t.tag, t.value) for t in b.tlvs])"
)
READ_SEVEN_SMPPLIB = (
    "d = parse_pdu(RECEIPT, client=None, need_sequence=False); "
    "r = (d.sequence, d.source_addr.decode(), d.destination_addr.decode(), d.esm_class, "
    "d.data_coding, d.short_message, [(0x1E, d.receipted_message_id), "
    "(0x427, d.message_state), (0x423, d.network_error_code)])"
)


def rows() -> list[Row]:
    """Return all operations; statements assign their result to `r`."""
    return [
        Row(
            "encode submit_sm (pack)",
            pdu.encode(SUBMIT),
            {
                "ours": f"r = pack(1042, {FIELDS})",
                "smpp34": f"r = Submit(sequence_number=1042, {FIELDS}).encode()",
                "smpplib": "d = make_pdu('submit_sm', client=None, need_sequence=False, "
                f"{FIELDS}); d.sequence = 1042; r = d.generate()",
                "construct": f"r = PLAIN.build({BUILT.format(FIELDS, '')})",
            },
            {"smpp34": 0.85, "construct": 1 / 40},
        ),
        Row(
            "decode submit_sm_resp, 3 fields read",
            (MESSAGE_ID, 0, 1042),
            {
                "ours": "d = decode(RESPONSE); "
                "r = d.message_id, d.command_status, d.sequence_number",
                "smpp34": "d = decode34(RESPONSE); b = d.body; "
                "r = b[:b.index(0)].decode('ascii'), d.command_status, d.sequence_number",
                "smpplib": "d = parse_pdu(RESPONSE, client=None); "
                "r = d.message_id.decode('ascii'), d.status, d.sequence",
                "construct": "d = PLAIN.parse(RESPONSE); "
                "r = d.body.message_id, int(d.command_status), d.sequence_number",
            },
            {"smpp34": 1.6, "construct": 1 / 40},
        ),
        Row(
            "decode a receipt, 7 fields read",
            (900, "79161234567", "SMSC.RU", 4, 0, RECEIPT_TEXT),
            {
                "ours": f"d = decode(RECEIPT); r = {READ_SEVEN}",
                "smpp34": f"d = decode34(RECEIPT); r = {READ_SEVEN}",
                "smpplib": READ_SEVEN_SMPPLIB,
                "construct": READ_SEVEN_PLAIN,
            },
            {"smpp34": 1.5, "construct": 1 / 40},
        ),
        Row(
            "encode submit_sm, 120 octets, 3 TLVs",
            pdu.encode(LONG_SUBMIT),
            {
                "ours": f"r = pack(1042, {LONG_FIELDS}, tlvs=(Tlv(0x204, b'\\0\\7'), "
                "Tlv(0x20E, b'\\2'), Tlv(0x20F, b'\\1')))",
                "smpp34": f"r = Submit(sequence_number=1042, {LONG_FIELDS}, "
                "tlvs=[Tlv34(0x204, b'\\0\\7'), Tlv34(0x20E, b'\\2'), "
                "Tlv34(0x20F, b'\\1')]).encode()",
                "construct": f"r = PLAIN.build({BUILT.format(LONG_FIELDS, BUILT_TLVS)})",
            },
        ),
        Row(
            "template, 2 fields vary",
            pdu.encode(SUBMIT),
            {
                "ours": "r = fill(1042, '79161234567', TEXT)",
                "smpp34": f"r = Submit(sequence_number=1042, {FIELDS}).encode()",
            },
        ),
        Row(
            "encode a given submit_sm",
            pdu.encode(SUBMIT),
            {"ours": "r = encode(SUBMIT)", "smpp34": "r = SUBMIT34.encode()"},
        ),
        Row(
            "decode a receipt, nothing read",
            None,
            {
                "ours": "r = decode(RECEIPT)",
                "smpp34": "r = decode34(RECEIPT)",
                "smpplib": "r = parse_pdu(RECEIPT, client=None, need_sequence=False)",
                "construct": "r = PLAIN.parse(RECEIPT)",
            },
        ),
    ]


def names() -> tuple[dict[str, Any], list[str]]:
    """Return the namespace of the statements, and the installed contestants."""
    known = {**globals(), "decode": pdu.decode, "encode": pdu.encode, "Tlv": pdu.Tlv}
    known["pack"] = pdu.pack_submit_sm
    known["fill"] = pdu.make_template(
        pdu.SubmitSm,
        vary=("destination_addr", "short_message"),
        source_addr_ton=5,
        source_addr="SMSC.RU",
        dest_addr_ton=1,
        dest_addr_npi=1,
        registered_delivery=1,
        data_coding=4,
    )
    there = ["ours", "construct"]
    for peer, version in PEERS.items():
        try:
            module = importlib.import_module(peer if peer == "smpp34" else "smpplib.smpp")
        except ImportError:
            print(f"!!! {peer} IS NOT INSTALLED: its column is left out, its targets are NOT")
            print(f"!!! MEASURED (pip install {peer}=={version})\n")
            continue
        there.append(peer)
        if peer == "smpp34":
            known |= {"Submit": module.SubmitSm, "Tlv34": module.Tlv, "decode34": module.decode}
            given = {name: getattr(SUBMIT, name) for name in SUBMIT.fields if name != "tlvs"}
            known["SUBMIT34"] = module.SubmitSm(sequence_number=1042, **given)
        else:
            known |= {"make_pdu": module.make_pdu, "parse_pdu": module.parse_pdu}
    return known, there


# --- the measurement ---


@dataclass(slots=True)
class Contest:
    """One contestant's statement for one row, and its times.

    Args:
        timer: Runs the statement.
        calls: Number of calls in one repeat.
        times: Nanoseconds a call, one for each round.
    """

    timer: timeit.Timer
    calls: int
    times: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Measure one repeat."""
        self.times.append(self.timer.timeit(self.calls) / self.calls)


def enter(row: Row, way: str, known: dict[str, Any]) -> Contest:
    """Check a contestant's result and find the number of calls for a repeat."""
    scope = dict(known)
    exec(way, scope)  # noqa: S102 - our own statements
    result = scope["r"]
    if isinstance(row.expected, tuple):
        result = result[: len(row.expected)]  # some decode TLVs, others return their octets
    assert row.expected is None or result == row.expected, (row.name, way, result)
    timer = timeit.Timer(way, globals=known, timer=time.process_time_ns)
    once = min(timer.repeat(5, 20)) / 20
    return Contest(timer, max(3, round(REPEAT_NS / once)))


def measure(rounds: int, known: dict[str, Any], there: list[str]) -> dict[str, dict[str, Contest]]:
    """Run all contestants of all rows in turn."""
    contests = {
        row.name: {who: enter(row, way, known) for who, way in row.ways.items() if who in there}
        for row in rows()
    }
    gc.collect()
    gc.disable()
    for number in range(rounds):
        for contest in contests.values():
            turns = list(contest.values())
            first = number % len(turns)
            for each in turns[first:] + turns[:first]:
                each.run()
    gc.enable()
    return contests


def ratio(ours: Contest, other: Contest) -> float:
    """Return our time divided by the other's: the median of the ratios within rounds."""
    return median(a / b for a, b in zip(ours.times, other.times, strict=True))


def machine() -> str:
    """Return the processor and the Python."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = models[0] if models else platform.processor() or "unknown processor"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{processor}, {len(models) or '?'} cores, {platform.system()}, {python}"


def report(contests: dict[str, dict[str, Contest]]) -> dict[str, Any]:
    """Print the table; return it as data."""
    print(f"{machine()}; construct {c.__version__}; ns a call: median (least)\n")
    everybody = ["ours", *PEERS, "construct"]
    print(f"{'':<38}" + "".join(f"{who:>20}" for who in everybody) + f"{'ours/smpp34':>14}")
    data: dict[str, Any] = {}
    for name, contest in contests.items():
        cells = [
            f"{median(contest[who].times):.0f} ({min(contest[who].times):.0f})"
            if who in contest else "-"
            for who in everybody
        ]  # fmt: skip
        ratios = {who: ratio(contest["ours"], each) for who, each in contest.items()}
        shown = f"{ratios['smpp34']:.2f}" if "smpp34" in ratios else "-"
        print(f"{name:<38}" + "".join(f"{cell:>20}" for cell in cells) + f"{shown:>14}")
        data[name] = {
            who: {
                "median_ns": median(each.times),
                "min_ns": min(each.times),
                "ours_to_it": ratios[who],
            }
            for who, each in contest.items()
        }
    return data


def verdicts(contests: dict[str, dict[str, Contest]]) -> list[dict[str, Any]]:
    """Print each target and whether it is met; return it as data."""
    print()
    found = []
    for row in rows():
        contest = contests[row.name]
        for who, limit in row.targets.items():
            if who not in contest:
                print(f"NOT MEASURED  {row.name}: {who} is missing")
                continue
            got = ratio(contest["ours"], contest[who])
            said = "met   " if got <= limit else "MISSED"
            print(f"{said}  {row.name}: {got:.3f} of {who}, target at most {limit:.3f}")
            found.append(
                {"row": row.name, "peer": who, "ratio": got, "target": limit, "met": got <= limit}
            )
    return found


def main() -> int:
    """Measure, print, and write the JSON file if one is requested."""
    parser = argparse.ArgumentParser(description="the codec beside other people's codecs")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"repeats ({ROUNDS})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    arguments = parser.parse_args()
    known, there = names()
    contests = measure(arguments.rounds, known, there)
    figures, targets = report(contests), verdicts(contests)
    if arguments.json:
        data = {"machine": machine(), "rows": figures, "targets": targets}
        arguments.json.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    return 0 if all(target["met"] for target in targets) else 1


if __name__ == "__main__":
    sys.exit(main())
