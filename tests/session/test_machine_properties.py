"""Properties of a session for any behaviour of the peer, any split of the octets and any delay."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pdu import (
    BindTransceiver,
    BindTransceiverResp,
    CommandId,
    DataSmResp,
    DeliverSm,
    EnquireLink,
    GenericNack,
    SubmitSm,
    SubmitSmResp,
    UnknownPdu,
    encode,
)
from smsc_async.session import (
    Event,
    LateResponseReceived,
    LinkEnded,
    ResponseOverdue,
    ResponseReceived,
    ResponseUndecodable,
    Role,
    Session,
    SessionLimits,
    SessionState,
)
from smsc_async.session.states import BOUND

if TYPE_CHECKING:
    from collections.abc import Callable

SUBMIT = SubmitSm(destination_addr="79991234567", short_message=b"hi")
GARBLED = bytes.fromhex("00000011 80000004 00000000")  # and a message_id of one octet, no NUL

# Everything a peer may say in one breath, good, odd and broken.
STREAM = b"".join(
    [
        encode(BindTransceiverResp(system_id="SMSC", sequence_number=1)),
        encode(DeliverSm(destination_addr="Shop", short_message=b"1", sequence_number=1)),
        encode(SubmitSmResp(message_id="1", sequence_number=2)),
        encode(EnquireLink(sequence_number=2)),
        GARBLED + (3).to_bytes(4, "big") + b"9",
        encode(UnknownPdu(0x10203, b"body", 0, 77)),
        encode(SubmitSmResp(message_id="1", sequence_number=2)),
        bytes.fromhex("00000012 00000005 00000000 00000003 4142"),
        encode(GenericNack(command_status=3, sequence_number=4)),
        bytes.fromhex("0000000F"),
        encode(EnquireLink(sequence_number=4)),
    ]
)


def waiting_esme() -> Session:
    """An ESME with a bind and, as soon as it is bound, three submits in flight."""
    session = Session(Role.ESME, SessionLimits(window=3), now=0.0)
    session.request(BindTransceiver(system_id="shop"), 0.0)
    session.receive(encode(BindTransceiverResp(sequence_number=1)), 0.0)
    for context in "abc":
        session.request(SUBMIT, 0.0, context=context)
    session.data_to_send()
    return session


def shown(events: list[Event]) -> list[str]:
    """Events as text: an error is equal to another one when it says the same."""
    return [repr(event) for event in events]


@settings(max_examples=60)
@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_split_of_the_stream_gives_the_same_events(cuts: list[int]) -> None:
    """TCP knows octets, not PDUs: one read is neither one PDU nor a whole number of them."""
    whole, split = waiting_esme(), waiting_esme()
    edges = [0, *sorted(cuts), len(STREAM)]

    expected = whole.receive(STREAM, 1.0)
    events = [
        event for start, end in pairwise(edges) for event in split.receive(STREAM[start:end], 1.0)
    ]

    assert shown(expected) == shown(events)
    assert whole.data_to_send() == split.data_to_send()


def test_octet_by_octet_gives_the_same_events() -> None:
    """The finest split of all."""
    whole, split = waiting_esme(), waiting_esme()

    events = [event for octet in STREAM for event in split.receive(bytes([octet]), 1.0)]

    assert shown(whole.receive(STREAM, 1.0)) == shown(events)


@settings(max_examples=60)
@given(
    st.sampled_from([Role.ESME, Role.SMSC]),
    st.sampled_from(sorted(BOUND | {SessionState.OPEN, SessionState.BINDING}, key=str)),
    st.lists(st.binary(max_size=40), max_size=5),
)
def test_any_octets_give_events_and_nothing_else(
    role: Role, state: SessionState, chunks: list[bytes]
) -> None:
    """A peer can send what it wants, but not raise in our code."""
    session = in_state(role, state)

    for chunk in chunks:
        framed = (len(chunk) + 4).to_bytes(4, "big") + chunk if len(chunk) >= 12 else chunk
        assert isinstance(session.receive(framed, 1.0), list)
        session.data_to_send()


@settings(max_examples=60)
@given(
    st.sampled_from([Role.ESME, Role.SMSC]),
    st.sampled_from(sorted(BOUND | {SessionState.OPEN, SessionState.BINDING}, key=str)),
    st.sampled_from([*CommandId, 0x10203, 0x80010203]),
    st.integers(0, 5),
    st.binary(max_size=60),
)
def test_any_body_behind_a_known_header_gives_events_and_nothing_else(
    role: Role, state: SessionState, command_id: int, number: int, body: bytes
) -> None:
    """Here the fuzz gets past the framing, into every command."""
    session = in_state(role, state)

    session.receive(encode(UnknownPdu(command_id, body, 0, number)), 1.0)

    answer = session.data_to_send()
    assert command_id < 0x80000000 or b"" == answer
    assert b"" == answer or number == int.from_bytes(answer[12:16], "big")


def in_state(role: Role, state: SessionState) -> Session:
    """A session put into *state*, with requests in flight where it can have any."""
    session = Session(role, SessionLimits(), now=0.0)
    session._enter(state, 0.0)
    if role is Role.ESME and state in {SessionState.BOUND_TX, SessionState.BOUND_TRX}:
        session.request(SUBMIT, 0.0)
        session.request(EnquireLink(), 0.0)
    session.data_to_send()
    return session


class Link(RuleBasedStateMachine):
    """An ESME among random requests, answers, silences and losses."""

    SIZE = 4

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.made = 0
        self.awaited: dict[int, int] = {}
        self.overdue: dict[int, int] = {}
        self.ended: list[int] = []

    @initialize(near_the_wrap=st.booleans())
    def connect(self, *, near_the_wrap: bool) -> None:
        """Bind, some links short of the last number."""
        limits = SessionLimits(window=self.SIZE, response_timeout=5.0, enquire_link_interval=7.0)
        self.session = Session(Role.ESME, limits, now=self.now)
        number = self.session.request(BindTransceiver(system_id="shop"), self.now)
        self.session.receive(encode(BindTransceiverResp(sequence_number=number)), self.now)
        if near_the_wrap:
            self.session.window.last_number = 0x7FFFFFFF - 3
        self.session.data_to_send()

    def see(self, events: list[Event]) -> None:
        """Book what became of each context."""
        for event in events:
            match event:
                case ResponseReceived(number, context) | ResponseUndecodable(number, context):
                    self.end(number, context)
                case ResponseOverdue(number, context):
                    self.end(number, context)
                    self.overdue[number] = self.ended[-1]
                case LateResponseReceived(number, context):
                    assert self.overdue.pop(number) == context
                case LinkEnded(lost=lost):
                    assert sorted(self.awaited.values()) == sorted(map(int, map(str, lost)))
                    self.ended.extend(self.awaited.values())
                    self.awaited.clear()
                case _:
                    pass

    def end(self, number: int, context: object) -> None:
        """Each context ends once, and under its own number."""
        assert self.awaited.pop(number) == context
        assert context not in self.ended
        self.ended.append(int(str(context)))

    @precondition(lambda self: self.session.mode is not None and not self.session.window.is_full)
    @rule(timeout=st.sampled_from([None, None, 1.0, 20.0]))
    def submit(self, timeout: float | None) -> None:
        """Ask for something."""
        number = self.session.request(SUBMIT, self.now, context=self.made, timeout=timeout)
        assert number not in self.awaited
        assert number not in self.overdue
        assert 1 <= number <= 0x7FFFFFFF
        self.awaited[number] = self.made
        self.made += 1

    @rule(pick=st.integers(0, 9), late=st.booleans(), kind=st.sampled_from(["ok", "nack", "bad"]))
    def answer(self, pick: int, kind: str, *, late: bool) -> None:
        """Answer something, in any order, in time or not, well or badly."""
        numbers = sorted(self.overdue if late else self.awaited)
        if not numbers:
            return
        number = numbers[pick % len(numbers)]
        octets = {
            "ok": encode(SubmitSmResp(message_id="1", sequence_number=number)),
            "nack": encode(GenericNack(command_status=8, sequence_number=number)),
            "bad": GARBLED + number.to_bytes(4, "big") + b"9",
        }[kind]
        self.see(self.session.receive(octets, self.now))

    @rule(number=st.integers(0, 12))
    def answer_wrongly(self, number: int) -> None:
        """Answer with what can't be an answer."""
        before = self.session.window.in_flight
        self.see(self.session.receive(encode(DataSmResp(sequence_number=number)), self.now))
        assert before == self.session.window.in_flight

    @rule(
        seconds=st.sampled_from([0.5, 2.0, 6.0]), alive=st.sampled_from([True, True, True, False])
    )
    def wait(self, seconds: float, *, alive: bool) -> None:
        """Let time pass; a peer that is alive answers the enquiry."""
        self.now += seconds
        self.see(self.session.advance(self.now))
        octets = self.session.data_to_send()
        for at in range(len(octets) - 15) if alive else ():
            if octets[at : at + 12] == bytes.fromhex("00000010 00000015 00000000"):
                response = bytes.fromhex("00000010 80000015 00000000") + octets[at + 12 : at + 16]
                self.see(self.session.receive(response, self.now))

    @rule(end=st.sampled_from(["eof", "close", "unbind", "garbage"] + ["no"] * 12))
    def lose(self, end: str) -> None:
        """Lose the link, now and then."""
        ends: dict[str, Callable[[], list[Event]]] = {
            "eof": lambda: self.session.receive_eof(self.now),
            "close": lambda: self.session.close(self.now),
            "unbind": lambda: self.session.receive(
                bytes.fromhex("00000010 00000006 00000000 00000001"), self.now
            ),
            "garbage": lambda: self.session.receive(b"\xff\xff\xff\xff", self.now),
            "no": list,
        }
        self.see(ends[end]())

    @invariant()
    def window_is_exact(self) -> None:
        """Never above its size, never a slot too many or too few."""
        assert len(self.awaited) == self.session.window.in_flight <= self.SIZE

    @invariant()
    def next_deadline_lies_ahead(self) -> None:
        """A deadline in the past would make the shell spin, one too many wake it for nothing."""
        deadline = self.session.next_deadline()
        assert (deadline is None) == self.session.is_over
        assert deadline is None or deadline > self.now

    def teardown(self) -> None:
        """Close: then every context has ended, exactly once."""
        if hasattr(self, "session"):
            self.see(self.session.close(self.now))
            assert list(range(self.made)) == sorted(self.ended)


@pytest.mark.takes_up_to(10, reason="random lives of a link, a few dozen steps each")
def test_every_context_ends_exactly_once_in_any_life_of_a_link() -> None:
    """No fate leaks a slot, frees one twice, or leaves a caller waiting for ever."""
    run_state_machine_as_test(Link, settings=settings(max_examples=60, stateful_step_count=40))


@pytest.mark.takes_up_to(5, reason="ten thousand requests with their fates")
def test_ten_thousand_requests_leave_the_window_empty() -> None:
    """Answered, refused, garbled, late, twice or never answered: the window comes back empty."""
    rng = random.Random(7)  # noqa: S311 - a fixed course of fates
    limits = SessionLimits(window=50, response_timeout=5.0, enquire_link_interval=None)
    session = Session(Role.ESME, limits, now=0.0)
    session.request(BindTransceiver(system_id="shop"), 0.0)
    session.receive(encode(BindTransceiverResp(sequence_number=1)), 0.0)
    session.window.last_number = 0x7FFFFFFF - 5_000
    now, ended, waiting = 0.0, 0, list[int]()
    for _ in range(10_000):
        while session.window.is_full:
            now += 1.0
            ended += count_ended(session.advance(now))
        waiting.append(session.request(SUBMIT, now, timeout=rng.choice([None, None, 0.5, 9.0])))
        octets = b""
        while waiting and rng.random() < 0.6:
            number = waiting.pop(rng.randrange(len(waiting)))
            octets += fate(rng, number)
        ended += count_ended(session.receive(octets, now))
        session.data_to_send()

    ended += count_ended(session.advance(now + 100.0))

    assert 10_000 == ended
    assert 0 == session.window.in_flight


def fate(rng: random.Random, number: int) -> bytes:
    """What the peer answers, if it does."""
    accepted = encode(SubmitSmResp(message_id="1", sequence_number=number))
    return rng.choice(
        [
            accepted,
            accepted,
            accepted * 2,
            encode(SubmitSmResp(command_status=0x58, sequence_number=number)),
            encode(GenericNack(command_status=8, sequence_number=number)),
            GARBLED + number.to_bytes(4, "big") + b"9",
            b"",
        ]
    )


def count_ended(events: list[Event]) -> int:
    """How many requests these events end."""
    return sum(
        isinstance(e, ResponseReceived | ResponseUndecodable | ResponseOverdue) for e in events
    )
