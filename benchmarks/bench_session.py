"""Benchmark of the session: octets in, events out, without a socket.

    PYTHONPATH=.:benchmarks python benchmarks/bench_session.py [--rounds N] [--json FILE]

Rule: the codec is included, since the session encodes and decodes; socket, event loop and client
are not. A batch is what one iteration of the event loop would process. Times are processor times,
in nanoseconds a message; a time that grows with the window is a defect.
"""

from __future__ import annotations

import argparse
import gc
import json
import struct
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from machine import describe
from measuring import SENDER, TEXT, recipient

import pdu
from smsc_async.session import Role, Session, SessionLimits

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 40
MESSAGES = 2000  # of one round
NUMBER_AT = 12  # offset of the sequence_number in a PDU
NUMBER = struct.Struct(">I")

SUBMIT = pdu.SubmitSm(
    source_addr_ton=5,
    source_addr=SENDER,
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr=recipient(0),
    registered_delivery=1,
    short_message=TEXT.encode(),
)
RESPONSE = pdu.encode(pdu.SubmitSmResp(message_id="855469123"), sequence_number=1)
RECEIPT = pdu.encode(
    pdu.DeliverSm(
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr=recipient(0),
        dest_addr_ton=5,
        destination_addr=SENDER,
        esm_class=4,
        short_message=b"id:855469123 sub:001 dlvrd:001 submit date:2611231030"
        b" done date:2611231031 stat:DELIVRD err:000 text:Your order 4711",
        tlvs=(pdu.Tlv(0x001E, b"855469123\0"), pdu.Tlv(0x0427, b"\2")),
    ),
    sequence_number=1,
)

Figures = dict[str, list[float]]


def bound(window: int) -> Session:
    """Return a bound session with nothing left to write."""
    session = Session(Role.ESME, SessionLimits(window=window), now=0.0)
    number = session.request(pdu.BindTransceiver(system_id="bench"), 0.0)
    session.data_to_send()
    session.receive(pdu.encode(pdu.BindTransceiverResp(), sequence_number=number), 0.0)
    return session


def renumbered(frame: bytes, numbers: list[int]) -> bytes:
    """Return one copy of the frame for each number."""
    octets = bytearray(frame * len(numbers))
    for index, number in enumerate(numbers):
        NUMBER.pack_into(octets, index * len(frame) + NUMBER_AT, number)
    return bytes(octets)


def submits(session: Session, batch: int, figures: Figures) -> None:
    """Time sending a batch and reading its responses, repeatedly."""
    request, clock = session.request, time.process_time_ns
    requesting = receiving = 0
    for turn in range(MESSAGES // batch):
        now = float(turn)
        began = clock()
        numbers = [request(SUBMIT, now, context=SUBMIT) for _ in range(batch)]
        session.data_to_send()
        requesting += clock() - began
        data = renumbered(RESPONSE, numbers)
        began = clock()
        events = session.receive(data, now)
        session.next_deadline()
        receiving += clock() - began
        assert len(events) == batch
    messages = MESSAGES // batch * batch
    figures.setdefault("request and write", []).append(requesting / messages)
    figures.setdefault("read the response", []).append(receiving / messages)


def receipts(session: Session, batch: int, figures: Figures) -> None:
    """Time reading a batch of receipts and answering each."""
    clock = time.process_time_ns
    spent = 0
    data = renumbered(RECEIPT, list(range(1, batch + 1)))
    for turn in range(MESSAGES // batch):
        now = float(turn)
        began = clock()
        for event in session.receive(data, now):
            session.respond(event.pdu, pdu.DeliverSmResp(), now)  # type: ignore[union-attr]
        assert session.data_to_send()
        spent += clock() - began
    messages = MESSAGES // batch * batch
    figures.setdefault("read a receipt and answer", []).append(spent / messages)


def standing(session: Session, window: int, figures: Figures) -> None:
    """Time `next_deadline` and the timer call while the window is full and nothing is due."""
    numbers = [session.request(SUBMIT, 1e6) for _ in range(window)]
    session.data_to_send()
    began = time.process_time_ns()
    for _ in range(MESSAGES):
        session.next_deadline()
        session.advance(1e6)
    spent = time.process_time_ns() - began
    figures.setdefault("timers, window full", []).append(spent / MESSAGES)
    session.receive(renumbered(RESPONSE, numbers), 1e6)


WAYS: tuple[Callable[[Session, int, Figures], None], ...] = (submits, receipts, standing)


def measure(windows: list[int], rounds: int) -> dict[int, Figures]:
    """Measure all windows in turn; a batch is at most 100 messages, since one read is bounded."""
    figures: dict[int, Figures] = {window: {} for window in windows}
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for window in windows:
            session = bound(window)
            submits(session, min(window, 100), figures[window])
            receipts(session, 100, figures[window])
            standing(session, window, figures[window])
    gc.enable()
    return figures


def main() -> None:
    """Measure, print, and write the JSON file if one is requested."""
    parser = argparse.ArgumentParser(description="the session machine without a socket")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"repeats ({ROUNDS})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    asked = parser.parse_args()
    windows = [1, 10, 100, 1000]
    figures = measure(windows, asked.rounds)
    print(f"{describe()}; ns a message: median (least)\n")
    print(f"{'window':<28}" + "".join(f"{window:>16}" for window in windows))
    for name in figures[1]:
        cells = [
            f"{median(figures[window][name]):.0f} ({min(figures[window][name]):.0f})"
            for window in windows
        ]
        print(f"{name:<28}" + "".join(f"{cell:>16}" for cell in cells))
    if asked.json:
        rows = {
            name: {str(window): median(figures[window][name]) for window in windows}
            for name in figures[1]
        }
        asked.json.write_text(json.dumps({"machine": describe(), "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
