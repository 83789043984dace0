"""One session, either end of it: what it sends, takes, refuses, waits for and how it ends."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pytest

from pdu import (
    AlertNotification,
    BindMode,
    BindTransceiver,
    BindTransceiverResp,
    CommandStatus,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    GenericNack,
    Outbind,
    PduError,
    QuerySm,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    Unbind,
    decode,
    encode,
    make_template,
)
from smsc_async.errors import LocalProtocolError, RemoteProtocolError
from smsc_async.session import (
    BindRefused,
    BindRequested,
    Bound,
    EndReason,
    LateResponseReceived,
    LinkEnded,
    PduRejected,
    PeerUnbound,
    RequestReceived,
    ResponseOverdue,
    ResponseReceived,
    ResponseUndecodable,
    Role,
    Session,
    SessionLimits,
    SessionState,
    UnexpectedResponseReceived,
    WindowFullError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.session.conftest import Pair

    Make = Callable[..., Session]
    MakePair = Callable[[SessionLimits], Pair]

S = SessionState
STATUS = CommandStatus
SUBMIT = SubmitSm(source_addr="Shop", destination_addr="79991234567", short_message=b"Code 4821")

BIND_RESP_OK = bytes.fromhex(
    "00000015"  # command_length 21
    "80000009"  # command_id     bind_transceiver_resp
    "00000000"  # command_status ESME_ROK
    "00000001"  # sequence_number 1
    "534D534300"  # system_id "SMSC"
)
ENQUIRE_LINK = bytes.fromhex("00000010 00000015 00000000 00000001")
ENQUIRE_LINK_2 = bytes.fromhex("00000010 00000015 00000000 00000002")
ENQUIRE_LINK_RESP_2 = bytes.fromhex("00000010 80000015 00000000 00000002")
UNBIND_2 = bytes.fromhex("00000010 00000006 00000000 00000002")
UNBIND_RESP_2 = bytes.fromhex("00000010 80000006 00000000 00000002")
UNBIND_42 = bytes.fromhex("00000010 00000006 00000000 0000002A")
UNBIND_RESP_42 = bytes.fromhex("00000010 80000006 00000000 0000002A")
NACK_LENGTH = bytes.fromhex("00000010 80000000 00000002 00000000")


def submit_sm_resp(number: int, message_id: str = "855469") -> bytes:
    """An accepted submit."""
    return encode(SubmitSmResp(message_id=message_id, sequence_number=number))


def header(length: int, command_id: int, status: int, number: int) -> bytes:
    """Sixteen octets as they stand on the wire."""
    return b"".join(n.to_bytes(4, "big") for n in (length, command_id, status, number))


def garbled(frame: bytes) -> bytes:
    """Return a frame with a TLV behind it whose length runs past the end."""
    return (len(frame) + 5).to_bytes(4, "big") + frame[4:] + b"\x14\1\0\7a"


@pytest.fixture
def esme(session_in: Make) -> Session:
    """An ESME bound as transceiver under number 1 at 1000.0."""
    return session_in(Role.ESME, S.BOUND_TRX)


@pytest.fixture
def smsc(session_in: Make) -> Session:
    """An SMSC with a bound transceiver since 1000.0."""
    return session_in(Role.SMSC, S.BOUND_TRX)


VARY = ("destination_addr", "short_message")


class TestBind:
    """From the connection to traffic."""

    def test_bind_of_both_ends(self, open_pair: Pair) -> None:
        """The whole exchange, seen from both sides."""
        request = BindTransceiver(system_id="shop", password="secret08")
        open_pair.esme.request(request, 1000.0)
        assert S.BINDING is open_pair.esme.state

        (asked,) = open_pair.exchange()[1]
        assert isinstance(asked, BindRequested)
        states = [open_pair.smsc.state]
        open_pair.smsc.respond(asked.pdu, BindTransceiverResp(system_id="SMSC"), 1000.0)
        assert [S.BINDING, S.BOUND_TRX] == [*states, open_pair.smsc.state]

        (bound,) = open_pair.exchange()[0]
        assert isinstance(bound, Bound)
        assert BindMode.TRANSCEIVER is bound.mode
        assert BindMode.TRANSCEIVER is open_pair.esme.mode
        assert BindTransceiverResp(system_id="SMSC", sequence_number=1) == bound.response

    @pytest.mark.parametrize(
        ("state", "mode"),
        [
            (S.BOUND_TX, BindMode.TRANSMITTER),
            (S.BOUND_RX, BindMode.RECEIVER),
            (S.BOUND_TRX, BindMode.TRANSCEIVER),
        ],
    )
    def test_mode_is_that_of_the_bind(
        self, open_pair: Pair, state: SessionState, mode: BindMode
    ) -> None:
        """Only a receiver or a transceiver gets receipts."""
        (event,) = open_pair.bind(state)

        assert isinstance(event, Bound)
        assert (mode, mode, mode) == (event.mode, open_pair.esme.mode, open_pair.smsc.mode)

    @pytest.mark.parametrize("status", [0x05, 0x0D, 0x0E, 0x0F, 0x400])
    def test_refused_bind_is_reported_at_once_with_its_status(
        self, session_in: Make, status: int
    ) -> None:
        """It was reported as "timed out" after 10 s, or, for 0x05, as success."""
        esme = session_in(Role.ESME, S.BINDING)

        (event,) = esme.receive(header(16, 0x80000009, status, 1), 1000.1)

        assert isinstance(event, BindRefused)
        assert status == event.response.command_status
        assert S.OPEN is esme.state
        assert esme.mode is None
        with pytest.raises(LocalProtocolError, match="submit_sm is not allowed in OPEN"):
            esme.request(SUBMIT, 1000.2)

    def test_generic_nack_refuses_a_bind_too(self, session_in: Make) -> None:
        """An SMSC of v3.3 doesn't know bind_transceiver."""
        esme = session_in(Role.ESME, S.BINDING)

        (event,) = esme.receive(header(16, 0x80000000, 3, 1), 1000.1)

        assert isinstance(event, BindRefused)
        assert STATUS.ESME_RINVCMDID == event.response.command_status

    def test_bind_can_be_tried_again_on_the_same_connection(self, session_in: Make) -> None:
        """SMPP v3.4 §2.2: a refused bind leaves the connection OPEN."""
        esme = session_in(Role.ESME, S.BINDING)
        esme.receive(header(16, 0x80000009, 8, 1), 1000.1)

        assert 2 == esme.request(BindTransceiver(system_id="shop"), 1000.2)
        assert 1010.2 == esme.next_deadline()

    def test_octets_behind_the_bind_response_are_read(self, session_in: Make) -> None:
        """A bind_resp and the first deliver_sm in one segment killed sessions of two clients."""
        esme = session_in(Role.ESME, S.BINDING)
        deliver_sm = encode(DeliverSm(destination_addr="Shop", sequence_number=1))

        first, second = esme.receive(BIND_RESP_OK + deliver_sm, 1000.1)

        assert isinstance(first, Bound)
        assert isinstance(second, RequestReceived)

    def test_response_without_a_bind_matches_nothing(self, session_in: Make) -> None:
        """Nothing was asked, so nothing can be answered."""
        esme = session_in(Role.ESME, S.OPEN)

        (event,) = esme.receive(BIND_RESP_OK, 1000.1)

        assert isinstance(event, UnexpectedResponseReceived)
        assert S.OPEN is esme.state

    def test_second_bind_response_is_harmless(self, esme: Session) -> None:
        """Even one that would have refused."""
        (event,) = esme.receive(header(16, 0x80000009, 0x0E, 1), 1000.1)

        assert isinstance(event, UnexpectedResponseReceived)
        assert S.BOUND_TRX is esme.state

    def test_response_of_another_mode_is_not_taken(self, session_in: Make) -> None:
        """A transceiver that was bound as receiver couldn't submit."""
        esme = session_in(Role.ESME, S.BINDING)

        (event,) = esme.receive(header(16, 0x80000001, 0, 1), 1000.1)

        assert isinstance(event, UnexpectedResponseReceived)
        assert S.BINDING is esme.state

    @pytest.mark.parametrize("body", [b"SM", b"SMSC\0\x02\x10\0\x04\x34", b"\0\x1d\0\5hi"])
    def test_garbled_bind_response_binds(self, session_in: Make, body: bytes) -> None:
        """Its header says that the session is bound; without it there would be no link at all."""
        esme = session_in(Role.ESME, S.BINDING)

        (event,) = esme.receive(header(16 + len(body), 0x80000009, 0, 1) + body, 1000.1)

        assert isinstance(event, Bound)
        assert event.response.fault is not None
        assert S.BOUND_TRX is esme.state

    @pytest.mark.parametrize("status", [0x0E, 0x0F, 0x05, 0x400])
    def test_garbled_refusal_of_a_bind_refuses_it(self, session_in: Make, status: int) -> None:
        """A wrong password that looks like a lost connection is tried again for ever."""
        esme = session_in(Role.ESME, S.BINDING)

        (event,) = esme.receive(header(22, 0x80000009, status, 1) + b"\x1d\0\5hi!", 1000.1)

        assert isinstance(event, BindRefused)
        assert status == event.response.command_status

    def test_unanswered_bind_ends_the_link(self, session_in: Make) -> None:
        """A server that accepts the connection and never speaks must not hold us."""
        esme = session_in(Role.ESME, S.BINDING)

        assert 1010.0 == esme.next_deadline()
        assert [] == esme.advance(1009.9)
        assert [LinkEnded(EndReason.BIND_OVERDUE, None, [])] == esme.advance(1010.0)

    def test_smsc_waits_for_a_bind_only_so_long(self, session_in: Make) -> None:
        """session_init_timer, SMPP v3.4 §7.2."""
        smsc = session_in(Role.SMSC, S.OPEN)

        assert 1010.0 == smsc.next_deadline()
        assert [LinkEnded(EndReason.BIND_OVERDUE, None, [])] == smsc.advance(1010.0)

    def test_smsc_takes_its_time_to_decide(self, session_in: Make) -> None:
        """The ESME did its part; the timer of its own side runs, not ours."""
        assert session_in(Role.SMSC, S.BINDING).next_deadline() is None

    def test_refused_esme_gets_a_new_term(self, session_in: Make) -> None:
        """The connection is as good as new."""
        smsc = session_in(Role.SMSC, S.BINDING)
        negative_response = BindTransceiverResp(command_status=STATUS.ESME_RINVPASWD)

        smsc.respond(
            BindTransceiver(system_id="shop", sequence_number=1), negative_response, 1005.0
        )

        assert S.OPEN is smsc.state
        assert 1015.0 == smsc.next_deadline()
        assert header(16, 0x80000009, 0x0E, 1)[4:] == smsc.data_to_send()[4:16]

    def test_bind_is_answered_once(self, smsc: Session) -> None:
        """A second answer would say something else than what the session does."""
        with pytest.raises(LocalProtocolError, match="bind_transceiver was answered before"):
            smsc.respond(BindTransceiver(system_id="shop"), BindTransceiverResp(), 1001.0)

    def test_outbind_leads_to_a_bind(self, open_pair: Pair) -> None:
        """SMPP v3.4 §2.2.1: the SMSC calls, the ESME binds on that same connection."""
        open_pair.smsc.request(Outbind(system_id="SMSC"), 1000.0)
        (event,) = open_pair.exchange()[0]
        assert isinstance(event, RequestReceived)
        assert S.OUTBOUND is open_pair.esme.state

        open_pair.bind(S.BOUND_RX)

        assert (S.BOUND_RX, S.BOUND_RX) == (open_pair.esme.state, open_pair.smsc.state)


class TestRequests:
    """Requests of ours and what becomes of them."""

    def test_response_comes_back_with_the_context(self, esme: Session) -> None:
        """The shell keeps no second table of what it asked."""
        handle = object()
        number = esme.request(SUBMIT, 1001.0, context=handle)
        assert encode(SUBMIT, sequence_number=2) == esme.data_to_send()

        (event,) = esme.receive(submit_sm_resp(2), 1001.1)

        assert isinstance(event, ResponseReceived)
        assert (2, handle) == (number, event.context)
        assert SubmitSmResp(message_id="855469", sequence_number=2) == event.response
        assert 0 == esme.window.in_flight

    def test_responses_may_come_in_any_order(self, esme: Session) -> None:
        """Matched by number, never by place."""
        for name in "abc":
            esme.request(SUBMIT, 1001.0, context=name)

        events = esme.receive(b"".join(submit_sm_resp(n) for n in (4, 2, 3)), 1001.1)

        assert ["c", "a", "b"] == [e.context for e in events if isinstance(e, ResponseReceived)]

    def test_cancelled_caller_does_not_free_the_slot(self, esme: Session) -> None:
        """The peer still owes a response, so the window still counts it."""
        caller: Future[None] = Future()
        esme.request(SUBMIT, 1001.0, context=caller)
        caller.cancel()
        del caller

        assert 1 == esme.window.in_flight
        (event,) = esme.receive(submit_sm_resp(2), 1001.1)
        assert isinstance(event, ResponseReceived)

    def test_generic_nack_fails_its_request_alone(self, esme: Session) -> None:
        """It has a status like any negative_response."""
        esme.request(SUBMIT, 1001.0, context="a")
        esme.request(SUBMIT, 1001.0, context="b")

        (event,) = esme.receive(header(16, 0x80000000, 3, 2), 1001.1)

        assert isinstance(event, ResponseReceived)
        assert "a" == event.context
        assert GenericNack(command_status=3, sequence_number=2) == event.response
        assert 1 == esme.window.in_flight

    @pytest.mark.parametrize(
        "octets",
        [
            header(16, 0x80000000, 3, 0),  # a generic_nack that names no request
            header(16, 0x80000000, 3, 99),
            header(17, 0x80000004, 0, 0) + b"\0",  # one client took this for its answer
            header(17, 0x80000004, 0, 99) + b"\0",
            header(17, 0x80000005, 0, 2) + b"\0",  # our number, the wrong response
            header(16, 0x80000015, 0, 2),
            header(16, 0x80000777, 0, 2),  # no response at all
        ],
    )
    def test_response_to_no_request_is_reported_and_harmless(
        self, esme: Session, octets: bytes
    ) -> None:
        """No slot is freed, no answer goes out, the real response is still taken."""
        esme.request(SUBMIT, 1001.0, context="a")
        esme.data_to_send()

        (event,) = esme.receive(octets, 1001.1)

        assert isinstance(event, UnexpectedResponseReceived)
        assert (1, b"") == (esme.window.in_flight, esme.data_to_send())
        assert isinstance(esme.receive(submit_sm_resp(2), 1001.2)[0], ResponseReceived)

    def test_duplicate_response_is_harmless(self, esme: Session) -> None:
        """The first one counts."""
        esme.request(SUBMIT, 1001.0)

        first, second = esme.receive(submit_sm_resp(2) + submit_sm_resp(2), 1001.1)

        assert isinstance(first, ResponseReceived)
        assert isinstance(second, UnexpectedResponseReceived)

    def test_request_of_the_peer_under_our_number_answers_nothing(self, esme: Session) -> None:
        """SMPP v3.4 §5.1.4: each direction counts for itself."""
        esme.request(SUBMIT, 1001.0)

        (event,) = esme.receive(encode(DeliverSm(destination_addr="", sequence_number=2)), 1001.1)

        assert isinstance(event, RequestReceived)
        assert 1 == esme.window.in_flight

    def test_one_overdue_request_ends_alone(self, esme: Session) -> None:
        """It used to tear the whole session down."""
        esme.request(SUBMIT, 1001.0, context="a", timeout=5.0)
        esme.request(SUBMIT, 1001.0, context="b")

        assert 1006.0 == esme.next_deadline()
        assert [ResponseOverdue(2, "a")] == esme.advance(1006.0)
        assert S.BOUND_TRX is esme.state
        assert 1 == esme.window.in_flight

    def test_response_in_hand_is_not_overdue(self, esme: Session) -> None:
        """Accepted messages were reported as timed out under load, and charged twice."""
        esme.request(SUBMIT, 1001.0, context="a")

        (event,) = esme.receive(submit_sm_resp(2), 1060.0)

        assert isinstance(event, ResponseReceived)
        assert not [e for e in esme.advance(1060.0) if isinstance(e, ResponseOverdue)]

    def test_late_response_still_gives_its_message_id(self, esme: Session) -> None:
        """That message is on its way, and its receipt will name the id."""
        esme.request(SUBMIT, 1001.0, context="a", timeout=5.0)
        esme.advance(1006.0)

        late, again = esme.receive(submit_sm_resp(2, "4711") * 2, 1007.0)

        assert isinstance(late, LateResponseReceived)
        response = SubmitSmResp(message_id="4711", sequence_number=2)
        assert (2, "a", response) == (late.sequence_number, late.context, late.response)
        assert isinstance(again, UnexpectedResponseReceived)

    def test_full_window_refuses_and_numbers_stay_dense(self, session_in: Make) -> None:
        """Numbers "should rise by 1" (SMPP v3.4 §3.2); a refused request takes none."""
        esme = session_in(Role.ESME, S.BOUND_TRX, SessionLimits(window=1))
        esme.request(SUBMIT, 1001.0)
        esme.data_to_send()

        with pytest.raises(WindowFullError):
            esme.request(SUBMIT, 1001.0)

        assert b"" == esme.data_to_send()
        esme.receive(submit_sm_resp(2), 1001.1)
        assert 3 == esme.request(SUBMIT, 1001.2)

    def test_requests_of_the_link_do_not_wait_for_a_slot(self, session_in: Make) -> None:
        """With a full window and no response they are the only way to learn why."""
        esme = session_in(Role.ESME, S.BOUND_TRX, SessionLimits(window=1))
        esme.request(SUBMIT, 1001.0)

        assert 3 == esme.request(EnquireLink(), 1001.0)
        assert 4 == esme.request(Unbind(), 1001.0)
        assert 1 == esme.window.in_flight

    def test_numbers_wrap_and_skip_what_is_awaited(self, esme: Session) -> None:
        """0x7FFFFFFF is followed by 1; a number in flight, overdue or ours is never reused."""
        esme.request(SUBMIT, 1001.0, context="in flight")  # 2
        esme.request(SUBMIT, 1001.0, context="overdue", timeout=1.0)  # 3
        esme.advance(1002.0)
        esme.request(EnquireLink(), 1002.0)  # 4
        esme.window.last_number = 0x7FFFFFFE

        assert [0x7FFFFFFF, 1, 5] == [esme.request(SUBMIT, 1003.0) for _ in range(3)]

    def test_request_that_cannot_be_encoded_leaves_no_trace(self, esme: Session) -> None:
        """A NUL in an address shifted every later field in four clients."""
        with pytest.raises(LocalProtocolError, match="destination_addr") as caught:
            esme.request(SubmitSm(destination_addr="7999\x001"), 1001.0, context="a")

        assert isinstance(caught.value.__cause__, PduError)
        assert (0, b"") == (esme.window.in_flight, esme.data_to_send())

    def test_wrong_timeout_leaves_no_trace(self, esme: Session) -> None:
        """It is found before anything is queued."""
        with pytest.raises(LocalProtocolError, match="timeout"):
            esme.request(SUBMIT, 1001.0, timeout=0.0)

        assert (0, b"") == (esme.window.in_flight, esme.data_to_send())

    def test_packed_submit_is_a_request(self, esme: Session) -> None:
        """A prepared template saves the PDU object and nothing else."""
        pack = make_template(
            SubmitSm, vary=("destination_addr", "short_message"), source_addr="Shop"
        )

        number = esme.submit_packed(pack, "79991234567", b"Code 4821", 1001.0, "a")

        assert encode(SUBMIT, sequence_number=2) == esme.data_to_send()
        (event,) = esme.receive(submit_sm_resp(2), 1001.1)
        assert isinstance(event, ResponseReceived)
        assert (2, "a") == (number, event.context)

    def test_packed_submit_asks_the_same_table(self, session_in: Make) -> None:
        """There is no way around it."""
        esme = session_in(Role.ESME, S.OPEN)

        with pytest.raises(LocalProtocolError, match="submit_sm is not allowed in OPEN"):
            esme.submit_packed(make_template(SubmitSm, vary=VARY), "79991234567", b"", 1001.0)

    def test_packed_submit_waits_for_a_slot_like_any_other(self, esme: Session) -> None:
        """The window is the same one."""
        pack = make_template(SubmitSm, vary=VARY)
        for _ in range(esme.window.size):
            esme.submit_packed(pack, "79991234567", b"", 1001.0)

        with pytest.raises(WindowFullError):
            esme.submit_packed(pack, "79991234567", b"", 1001.0)

    def test_packed_submit_may_have_a_timeout_of_its_own(self, esme: Session) -> None:
        """It is reported overdue at its own deadline."""
        pack = make_template(SubmitSm, vary=VARY)
        esme.submit_packed(pack, "79991234567", b"", 1001.0, "usual")
        esme.submit_packed(pack, "79991234567", b"", 1001.0, "short", 2.0)

        (overdue,) = esme.advance(1003.0)
        assert isinstance(overdue, ResponseOverdue)
        assert "short" == overdue.context

    def test_packed_submit_skips_numbers_in_use(self, esme: Session) -> None:
        """After the last number comes 1, which may still await its response."""
        pack = make_template(SubmitSm, vary=VARY)
        first = esme.submit_packed(pack, "79991234567", b"", 1001.0)
        esme.window.last_number = 0x7FFFFFFF - 1

        numbers = [esme.submit_packed(pack, "79991234567", b"", 1001.0) for _ in range(2)]

        assert 2 == first
        assert [0x7FFFFFFF, 1] == numbers
        esme.window.last_number = 1
        assert 3 == esme.submit_packed(pack, "79991234567", b"", 1001.0)

    def test_packed_submit_that_cannot_be_packed_leaves_no_trace(self, esme: Session) -> None:
        """The codec's error stays below this floor."""
        pack = make_template(SubmitSm, vary=VARY)

        with pytest.raises(LocalProtocolError, match="short_message"):
            esme.submit_packed(pack, "79991234567", b"x" * 255, 1001.0)

        assert (0, b"") == (esme.window.in_flight, esme.data_to_send())

    @pytest.mark.parametrize("keyword", [{"context": "a"}, {"timeout": 1.0}])
    def test_requests_of_the_link_take_neither_context_nor_timeout(
        self, esme: Session, keyword: dict[str, Any]
    ) -> None:
        """A context that never comes back would be worse than a negative_response."""
        with pytest.raises(
            LocalProtocolError, match="enquire_link takes no context and no timeout"
        ):
            esme.request(EnquireLink(), 1001.0, **keyword)

    def test_alert_notification_awaits_nothing(self, pair: Pair) -> None:
        """SMPP v3.4 §4.12: it has no response."""
        pair.smsc.request(AlertNotification(), 1000.0)

        (event,) = pair.exchange()[0]

        assert isinstance(event, RequestReceived)
        assert 0 == pair.smsc.window.in_flight

    @pytest.mark.parametrize("status", [0, 0x0B, 0x58, 0x14, 0x400])
    def test_status_of_a_garbled_response_counts(self, esme: Session, status: int) -> None:
        """The header tells whether the message was accepted; the id is what could be read."""
        esme.request(SUBMIT, 1001.0, context="a")
        frame = header(17, 0x80000004, status, 2) + b"9"  # a message_id without its NUL

        (event,) = esme.receive(frame, 1001.1)

        assert isinstance(event, ResponseReceived)
        assert (2, "a", status) == (
            event.sequence_number,
            event.context,
            event.response.command_status,
        )
        assert 0 == esme.window.in_flight

    @pytest.mark.parametrize("body", [b"9", b"9\0", b"9\0202"])
    def test_garbled_answer_to_a_query_ends_it(self, esme: Session, body: bytes) -> None:
        """Without its fields there is no answer. A body that just ends has the fields' defaults."""
        esme.request(QuerySm(message_id="9"), 1001.0, context="a")
        frame = header(16 + len(body), 0x80000003, 0, 2) + body

        (event,) = esme.receive(frame, 1001.1)

        if body.endswith(b"\0"):
            assert isinstance(event, ResponseReceived)
            return
        assert isinstance(event, ResponseUndecodable)
        assert (2, "a", frame) == (event.sequence_number, event.context, event.error.frame)
        assert isinstance(event.error.__cause__, PduError)
        assert 0 == esme.window.in_flight

    def test_garbled_refusal_of_a_query_is_one(self, esme: Session) -> None:
        """Its status says all."""
        esme.request(QuerySm(message_id="9"), 1001.0, context="a")

        (event,) = esme.receive(header(17, 0x80000003, 0x67, 2) + b"9", 1001.1)

        assert isinstance(event, ResponseReceived)
        assert 0x67 == event.response.command_status

    def test_esme_gets_a_delivery_behind_which_nothing_can_be_read(self, esme: Session) -> None:
        """A receipt that is refused is lost, or comes again for ever."""
        (event,) = esme.receive(garbled(encode(DeliverSm(short_message=b"id:9"))), 1001.0)

        assert isinstance(event, RequestReceived)
        assert event.pdu.fault is not None

    def test_smsc_refuses_parameters_that_cannot_be_read(self, session_in: Make) -> None:
        """A message isn't sent without what its sender asked for."""
        smsc = session_in(Role.SMSC, S.BOUND_TRX)

        (event,) = smsc.receive(garbled(encode(SUBMIT, sequence_number=7)), 1001.0)

        assert isinstance(event, PduRejected)
        assert CommandStatus.ESME_RINVPARLEN == event.command_status
        assert header(16, 0x80000004, 0xC2, 7) == smsc.data_to_send()

    def test_garbled_response_to_no_request_is_reported(self, esme: Session) -> None:
        """It gets no response, since SMPP has none to a response."""
        esme.data_to_send()

        (event,) = esme.receive(header(17, 0x80000003, 0, 99) + b"9", 1001.1)

        assert isinstance(event, PduRejected)
        assert event.command_status is None
        assert b"" == esme.data_to_send()


class TestAnswers:
    """Requests of the peer and their responses."""

    @pytest.mark.parametrize("number", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
    def test_number_of_the_peer_is_echoed(self, esme: Session, number: int) -> None:
        """Peers do start at 0 and do pass 0x7FFFFFFF."""
        deliver_sm = encode(DeliverSm(destination_addr="Shop", sequence_number=number))
        (event,) = esme.receive(deliver_sm, 1001.0)
        assert isinstance(event, RequestReceived)

        esme.respond(event.pdu, DeliverSmResp(), 1001.0)

        assert header(17, 0x80000005, 0, number) + b"\0" == esme.data_to_send()

    def test_answer_is_the_response_to_the_question(self, esme: Session) -> None:
        """A wrong one would be thrown away by the peer, which then asks again."""
        with pytest.raises(
            LocalProtocolError, match="deliver_sm is not answered by submit_sm_resp"
        ):
            esme.respond(DeliverSm(destination_addr=""), SubmitSmResp(), 1001.0)

        assert b"" == esme.data_to_send()

    def test_any_request_may_be_answered_by_generic_nack(self, esme: Session) -> None:
        """SMPP v3.4 §4.3."""
        esme.respond(
            DeliverSm(destination_addr="", sequence_number=5),
            GenericNack(command_status=STATUS.ESME_RSYSERR),
            1001.0,
        )

        assert header(16, 0x80000000, 8, 5) == esme.data_to_send()

    def test_answer_that_cannot_be_encoded_is_our_error(self, smsc: Session) -> None:
        """The codec's error stays below this floor."""
        with pytest.raises(LocalProtocolError, match="message_id"):
            smsc.respond(SUBMIT, SubmitSmResp(message_id="9" * 65), 1001.0)

    def test_unknown_command_is_refused_and_the_session_lives(self, esme: Session) -> None:
        """generic_nack, ESME_RINVCMDID, its number: three clients dropped the session instead."""
        (event,) = esme.receive(header(20, 0x00010203, 0, 77) + b"body", 1001.0)

        assert isinstance(event, PduRejected)
        assert STATUS.ESME_RINVCMDID is event.command_status
        assert header(16, 0x80000000, 3, 77) == esme.data_to_send()
        assert S.BOUND_TRX is esme.state

    def test_unreadable_message_is_refused_and_the_session_lives(self, esme: Session) -> None:
        """sm_length beyond the end of the PDU destroyed sessions."""
        whole = encode(DeliverSm(destination_addr="Shop", short_message=b"1234567890"))
        broken = header(len(whole) - 4, 5, 0, 9) + whole[16:-4]

        (event,) = esme.receive(broken, 1001.0)

        assert isinstance(event, PduRejected)
        assert STATUS.ESME_RX_P_APPN is event.command_status
        assert broken == event.error.frame
        assert "1234567890" not in f"{event!r} {event.error}"
        cause = event.error.__cause__
        assert cause is not None
        assert (None, None) == (cause.__traceback__, cause.__context__)
        assert header(17, 0x80000005, 0x65, 9) + b"\0" == esme.data_to_send()

    def test_unreadable_request_out_of_turn_is_out_of_turn(self, session_in: Make) -> None:
        """The state is checked first: an unbound peer learns no more than that."""
        smsc = session_in(Role.SMSC, S.OPEN)

        (event,) = smsc.receive(header(18, 4, 0, 9) + b"ab", 1001.0)

        assert isinstance(event, PduRejected)
        assert STATUS.ESME_RINVBNDSTS is event.command_status
        assert header(16, 0x80000004, 4, 9)[4:] == smsc.data_to_send()[4:16]

    def test_unknown_tlv_and_status_are_values(self, esme: Session) -> None:
        """Vendor TLVs lost messages, vendor statuses dropped sessions."""
        esme.request(SUBMIT, 1001.0)
        tlvs = (Tlv(0x2000, b"\xff\x00"),)
        deliver_sm = encode(DeliverSm(destination_addr="Shop", tlvs=tlvs, sequence_number=1))

        first, second = esme.receive(deliver_sm + header(16, 0x80000004, 0x4A1, 2), 1001.0)

        assert isinstance(first, RequestReceived)
        assert tlvs == first.pdu.tlvs
        assert isinstance(second, ResponseReceived)
        assert 0x4A1 == second.response.command_status


class TestFraming:
    """Octets before they are PDUs."""

    @pytest.mark.parametrize(
        "start", ["00000000", "0000000F", "00011171", "7FFFFFFF", "FFFFFFFF", "48545450"]
    )
    def test_impossible_length_ends_the_link_from_its_first_four_octets(
        self, esme: Session, start: str
    ) -> None:
        """Three clients buffered 4 GiB, three acted on a length of 15, one scanned garbage."""
        esme.request(SUBMIT, 1001.0, context="a")
        esme.data_to_send()

        (event,) = esme.receive(bytes.fromhex(start), 1001.1)

        assert isinstance(event, LinkEnded)
        assert (EndReason.PROTOCOL_ERROR, ["a"]) == (event.reason, event.lost)
        assert isinstance(event.error, RemoteProtocolError)
        assert isinstance(event.error.__cause__, PduError)
        assert NACK_LENGTH == esme.data_to_send()
        assert [] == esme.receive(submit_sm_resp(2), 1001.2)

    def test_frames_before_the_bad_length_are_taken(self, esme: Session) -> None:
        """That message was accepted; garbage behind it changes nothing."""
        esme.request(SUBMIT, 1001.0, context="a")
        esme.data_to_send()

        first, last = esme.receive(submit_sm_resp(2) + ENQUIRE_LINK + b"HTTP/1.1 400", 1001.1)

        assert isinstance(first, ResponseReceived)
        assert isinstance(last, LinkEnded)
        assert [] == last.lost
        assert "HTTP" in str(last.error)
        assert b"\x80\0\0\x15" == esme.data_to_send()[4:8]

    def test_unbind_before_garbage_is_an_unbind(self, esme: Session) -> None:
        """Nothing behind the end counts."""
        (event,) = esme.receive(UNBIND_42 + b"\0\0\0\0", 1001.1)

        assert isinstance(event, LinkEnded)
        assert EndReason.PEER_UNBOUND is event.reason
        assert UNBIND_RESP_42 == esme.data_to_send()

    def test_pdu_paused_in_the_middle_makes_no_difference(self, esme: Session) -> None:
        """A pause of 6 s lost framing for good in one client."""
        esme.request(SUBMIT, 1001.0, context="a")
        octets = submit_sm_resp(2)

        assert [] == esme.receive(octets[:7], 1002.0)
        assert [] == esme.advance(1008.0)
        (event,) = esme.receive(octets[7:], 1008.0)

        assert isinstance(event, ResponseReceived)

    def test_pdu_that_trickles_ends_the_link(self, session_in: Make) -> None:
        """A peer that sends one octet now and then would keep the connection open for ever."""
        limits = SessionLimits(pdu_timeout=5.0, enquire_link_interval=None)
        esme = session_in(Role.ESME, S.BOUND_TRX, limits)
        octets = encode(DeliverSm(destination_addr="Shop", sequence_number=1))
        for second in range(5):
            assert [] == esme.receive(octets[second : second + 1], 1000.0 + second)

        assert 1005.0 == esme.next_deadline()
        assert [LinkEnded(EndReason.PDU_OVERDUE, None, [])] == esme.advance(1005.0)

    def test_each_pdu_has_its_own_time_to_arrive(self, session_in: Make) -> None:
        """Under load a read nearly always ends inside a PDU."""
        limits = SessionLimits(pdu_timeout=5.0, enquire_link_interval=None)
        esme = session_in(Role.ESME, S.BOUND_TRX, limits)
        stream = ENQUIRE_LINK * 3

        esme.receive(stream[:20], 1001.0)
        assert 1006.0 == esme.next_deadline()
        esme.receive(stream[20:36], 1004.0)
        assert 1009.0 == esme.next_deadline()
        esme.receive(stream[36:], 1005.0)
        assert esme.next_deadline() is None

    def test_being_bound_gives_a_trickling_peer_no_time(self, session_in: Make) -> None:
        """Half a PDU stays half a PDU."""
        smsc = session_in(Role.SMSC, S.BINDING, SessionLimits(enquire_link_interval=None))
        smsc.receive(b"\0", 1001.0)

        smsc.respond(BindTransceiver(system_id="shop"), BindTransceiverResp(), 1010.0)

        assert 1031.0 == smsc.next_deadline()


class TestLiveness:
    """enquire_link, sent and answered."""

    def test_unresponsive_peer_gets_an_enquire_link_then_the_link_ends(self, esme: Session) -> None:
        """An unresponsive peer was never detected; a bound session hung for days."""
        esme.request(SUBMIT, 1020.0, context="a")
        esme.data_to_send()
        assert 1030.0 == esme.next_deadline()
        assert [] == esme.advance(1030.0)
        assert header(16, 0x15, 0, 3) == esme.data_to_send()

        assert 1040.0 == esme.next_deadline()
        expected = LinkEnded(EndReason.ENQUIRE_LINK_OVERDUE, None, ["a"])
        assert [expected] == esme.advance(1040.0)

    def test_answered_enquiry_starts_the_next_interval(self, esme: Session) -> None:
        """One enquiry an interval, no more."""
        esme.advance(1030.0)
        assert ENQUIRE_LINK_2 == esme.data_to_send()

        assert [] == esme.receive(ENQUIRE_LINK_RESP_2, 1031.0)

        assert 1061.0 == esme.next_deadline()

    def test_response_is_a_sign_of_life(self, esme: Session) -> None:
        """A busy link asks nothing."""
        esme.request(SUBMIT, 1010.0)
        esme.receive(submit_sm_resp(2), 1020.0)

        assert 1050.0 == esme.next_deadline()

    def test_response_to_a_packed_submit_is_a_sign_of_life(self, esme: Session) -> None:
        """Nearly all traffic is packed: without it a busy link would be probed all the time."""
        pack = make_template(SubmitSm, vary=VARY)
        esme.submit_packed(pack, "79991234567", b"", 1010.0)
        esme.receive(submit_sm_resp(2), 1020.0)

        assert 1050.0 == esme.next_deadline()

    def test_late_response_is_a_sign_of_life(self, esme: Session) -> None:
        """A slow peer isn't an unresponsive one."""
        esme.request(SUBMIT, 1001.0, timeout=1.0)
        esme.advance(1002.0)
        esme.receive(submit_sm_resp(2), 1020.0)

        assert 1050.0 == esme.next_deadline()

    def test_garbled_response_is_a_sign_of_life(self, esme: Session) -> None:
        """A malformed response shows that the peer responds."""
        esme.request(SUBMIT, 1001.0)
        esme.receive(header(17, 0x80000004, 0, 2) + b"9", 1020.0)

        assert 1050.0 == esme.next_deadline()

    def test_peer_that_talks_but_never_answers_is_noticed(self, esme: Session) -> None:
        """Its deliver_sm and enquire_link prove nothing about its other half."""
        for second in range(1001, 1040):
            deliver_sm = encode(DeliverSm(destination_addr="Shop", sequence_number=second))
            esme.receive(deliver_sm + ENQUIRE_LINK, float(second))
            assert [] == esme.advance(float(second))

        assert [LinkEnded(EndReason.ENQUIRE_LINK_OVERDUE, None, [])] == esme.advance(1040.0)

    def test_responses_do_not_stand_in_for_the_answer(self, esme: Session) -> None:
        """Once asked, the question itself is to be answered; and it is asked only once."""
        esme.advance(1030.0)
        esme.request(SUBMIT, 1031.0)
        esme.receive(submit_sm_resp(3), 1032.0)

        assert 1040.0 == esme.next_deadline()

    def test_refused_enquiry_is_answered(self, esme: Session) -> None:
        """A peer that refuses enquire_link responds, so the link stays."""
        esme.advance(1030.0)

        assert [] == esme.receive(header(16, 0x80000000, 3, 2), 1031.0)
        assert 1061.0 == esme.next_deadline()

    def test_garbled_answer_to_an_enquiry_is_an_answer(self, esme: Session) -> None:
        """Its header says all there is to say."""
        esme.advance(1030.0)

        assert [] == esme.receive(garbled(ENQUIRE_LINK_RESP_2), 1031.0)
        assert 1061.0 == esme.next_deadline()

    def test_shell_may_ask_too_but_once(self, esme: Session) -> None:
        """A health check of its own; two at a time would tell no more."""
        assert 2 == esme.request(EnquireLink(), 1001.0)
        assert 1011.0 == esme.next_deadline()

        with pytest.raises(LocalProtocolError, match="one is enough"):
            esme.request(EnquireLink(), 1002.0)

        esme.receive(ENQUIRE_LINK_RESP_2, 1003.0)
        assert 1033.0 == esme.next_deadline()

    def test_interval_shorter_than_the_answer_takes_asks_once(self, session_in: Make) -> None:
        """While an enquire_link is outstanding, the timer sends no other."""
        limits = SessionLimits(enquire_link_interval=5.0, enquire_link_timeout=10.0)
        esme = session_in(Role.ESME, S.BOUND_TRX, limits)
        esme.request(EnquireLink(), 1001.0)
        esme.data_to_send()

        assert [] == esme.advance(1010.0)
        assert (b"", 1011.0) == (esme.data_to_send(), esme.next_deadline())

    def test_enquiry_that_cannot_be_encoded_awaits_nothing(self, esme: Session) -> None:
        """Else the link would end for an answer to a question that was never asked."""
        with pytest.raises(LocalProtocolError):
            esme.request(EnquireLink(tlvs=(Tlv(0x12345, b""),)), 1001.0)

        assert 1030.0 == esme.next_deadline()

    def test_enquiry_before_the_bind_starts_no_interval(self, session_in: Make) -> None:
        """Until bound, the bind timer is the one that counts."""
        esme = session_in(Role.ESME, S.OPEN)
        esme.request(EnquireLink(), 1001.0)

        esme.receive(header(16, 0x80000015, 0, 1), 1002.0)

        assert esme.next_deadline() is None

    def test_enquiry_is_answered_while_unbinding(self, session_in: Make) -> None:
        """SMPP v3.4 §2.2: until the answer comes, the link is up."""
        esme = session_in(Role.ESME, S.UNBINDING)

        esme.receive(ENQUIRE_LINK, 1001.0)

        assert header(16, 0x80000015, 0, 1) == esme.data_to_send()

    def test_idle_link_is_cut_where_that_is_set(self, session_in: Make) -> None:
        """A gateway does so; any PDU of the peer counts, enquire_link too."""
        limits = SessionLimits(inactivity_timeout=120.0, enquire_link_interval=None)
        smsc = session_in(Role.SMSC, S.BOUND_TRX, limits)
        smsc.receive(ENQUIRE_LINK, 1060.0)

        assert 1180.0 == smsc.next_deadline()
        assert [LinkEnded(EndReason.IDLE, None, [])] == smsc.advance(1180.0)

    def test_half_a_pdu_is_no_activity(self, session_in: Make) -> None:
        """Otherwise an octet now and then would keep an unresponsive link open for ever."""
        limits = SessionLimits(
            inactivity_timeout=20.0, pdu_timeout=60.0, enquire_link_interval=None
        )
        smsc = session_in(Role.SMSC, S.BOUND_TRX, limits)
        smsc.receive(b"\0", 1010.0)

        assert 1020.0 == smsc.next_deadline()


class TestEnd:
    """How a link ends, and what is left to say."""

    def test_unbind_of_both_ends(self, pair: Pair) -> None:
        """The handshake is done, and the response reaches the wire."""
        pair.esme.unbind(1000.0)
        assert S.UNBINDING is pair.esme.state

        esme, smsc = pair.exchange()

        assert [LinkEnded(EndReason.UNBOUND, None, [])] == esme
        assert [LinkEnded(EndReason.PEER_UNBOUND, None, [])] == smsc
        assert (S.UNBOUND, S.UNBOUND) == (pair.esme.state, pair.smsc.state)

    def test_only_its_response_answers_an_unbind(self, session_in: Make) -> None:
        """Several clients took whatever came next, and the last receipts were lost."""
        esme = session_in(Role.ESME, S.UNBINDING)
        deliver_sm = encode(DeliverSm(destination_addr="Shop", sequence_number=9))

        (event,) = esme.receive(deliver_sm, 1001.0)
        assert isinstance(event, RequestReceived)
        esme.respond(event.pdu, DeliverSmResp(), 1001.0)

        assert header(17, 0x80000005, 0, 9) + b"\0" == esme.data_to_send()
        assert S.UNBINDING is esme.state

    def test_late_responses_are_taken_while_unbinding(self, esme: Session) -> None:
        """What was in flight at our unbind counts, before unbind_resp and behind it."""
        esme.request(SUBMIT, 1001.0, context="a")
        esme.request(SUBMIT, 1001.0, context="b")
        esme.unbind(1001.0)

        (first,) = esme.receive(submit_sm_resp(3) + header(16, 0x80000006, 0, 4), 1002.0)
        second, last = esme.receive(submit_sm_resp(2), 1002.5)

        assert isinstance(first, ResponseReceived)
        assert "b" == first.context
        assert isinstance(second, ResponseReceived)
        assert "a" == second.context
        assert LinkEnded(EndReason.UNBOUND, None, []) == last

    def test_responses_behind_an_unbind_are_awaited_for_one_unbind_timeout(
        self, esme: Session
    ) -> None:
        """It counts from our unbind, not from unbind_resp: leaving has an end."""
        esme.request(SUBMIT, 1001.0, context="a")
        esme.unbind(1001.0)
        esme.receive(header(16, 0x80000006, 0, 3), 1004.0)

        assert S.UNBOUND is esme.state
        assert 1006.0 == esme.next_deadline()
        assert [] == esme.advance(1005.9)
        assert [LinkEnded(EndReason.UNBOUND, None, ["a"])] == esme.advance(1006.0)
        assert [] == esme.receive_eof(1006.1)

    def test_no_request_is_sent_after_an_unbind(self, session_in: Make) -> None:
        """The peer would throw it away."""
        esme = session_in(Role.ESME, S.UNBINDING)

        with pytest.raises(LocalProtocolError, match="submit_sm is not allowed in UNBINDING"):
            esme.request(SUBMIT, 1001.0)

    def test_unanswered_unbind_ends_all_the_same(self, esme: Session) -> None:
        """After a failed unbind one client never connected again."""
        esme.unbind(1001.0)

        assert 1006.0 == esme.next_deadline()
        assert [LinkEnded(EndReason.UNBIND_OVERDUE, None, [])] == esme.advance(1006.0)
        assert S.CLOSED is esme.state

    def test_eof_after_our_unbind_is_a_clean_end(self, esme: Session) -> None:
        """Many peers close at once; even a reset says no more than that."""
        esme.unbind(1001.0)

        events = esme.receive_eof(1001.5, error=ConnectionResetError())

        assert [LinkEnded(EndReason.UNBOUND, None, [])] == events

    def test_garbled_answer_to_an_unbind_is_an_answer(self, esme: Session) -> None:
        """Its header says all there is to say."""
        esme.unbind(1001.0)

        (ended,) = esme.receive(garbled(UNBIND_RESP_2), 1001.5)

        assert LinkEnded(EndReason.UNBOUND, None, []) == ended

    def test_unbind_of_the_peer_is_answered_and_ends_an_idle_link(self, esme: Session) -> None:
        """Two clients ignored it, one closed without an answer."""
        (event,) = esme.receive(UNBIND_42, 1002.0)

        assert LinkEnded(EndReason.PEER_UNBOUND, None, []) == event
        assert UNBIND_RESP_42 == esme.data_to_send()

    def test_responses_behind_the_peers_unbind_count(self, esme: Session) -> None:
        """In the same segment or later: the peer had accepted what ended UNKNOWN."""
        for context in "abc":
            esme.request(SUBMIT, 1001.0, context=context)
        esme.data_to_send()

        unbound, first = esme.receive(UNBIND_42 + submit_sm_resp(3), 1002.0)
        assert PeerUnbound() == unbound
        assert isinstance(first, ResponseReceived)
        assert UNBIND_RESP_42 == esme.data_to_send()
        assert not esme.is_over
        assert esme.mode is None
        (second,) = esme.receive(submit_sm_resp(2), 1002.03)
        assert isinstance(second, ResponseReceived)
        third, ended = esme.receive(submit_sm_resp(4), 1003.0)

        assert isinstance(third, ResponseReceived)
        assert LinkEnded(EndReason.PEER_UNBOUND, None, []) == ended

    @pytest.mark.parametrize("end", ["silence", "eof", "overdue", "garbage"])
    def test_what_stays_unanswered_behind_the_peers_unbind_is_lost(
        self, esme: Session, end: str
    ) -> None:
        """It waits until the connection ends or the unbind timeout, whichever is first."""
        timeout = 1.0 if end == "overdue" else None
        esme.request(SUBMIT, 1001.0, context="a", timeout=timeout)
        esme.receive(UNBIND_42, 1001.5)
        ends = {
            "silence": lambda: esme.advance(1006.5),
            "eof": lambda: esme.receive_eof(1002.0, error=ConnectionResetError()),
            "overdue": lambda: esme.advance(1002.0),
            "garbage": lambda: esme.receive(b"\0\0\0\0", 1002.0),
        }

        *before, event = ends[end]()

        assert isinstance(event, LinkEnded)
        if end == "garbage":
            assert (EndReason.PROTOCOL_ERROR, ["a"]) == (event.reason, event.lost)
        elif end == "overdue":
            assert [ResponseOverdue(2, "a")] == before
            assert LinkEnded(EndReason.PEER_UNBOUND, None, []) == event
        else:
            assert LinkEnded(EndReason.PEER_UNBOUND, None, ["a"]) == event

    def test_requests_behind_the_peers_unbind_get_no_answer(self, esme: Session) -> None:
        """The peer repeats on the next link what was not answered; a refusal might be final."""
        esme.request(SUBMIT, 1001.0, context="a")
        esme.receive(UNBIND_42, 1001.5)
        esme.data_to_send()

        events = esme.receive(ENQUIRE_LINK + UNBIND_42 + header(16, 0x103, 0, 9), 1002.0)

        assert 3 == len(events)
        for event in events:
            assert isinstance(event, PduRejected)
            assert event.command_status is None
        assert b"" == esme.data_to_send()

    def test_request_taken_before_the_peers_unbind_may_be_answered(self, pair: Pair) -> None:
        """Both ends read on: the receipt that came before the unbind isn't delivered twice."""
        pair.smsc.request(DeliverSm(), 1000.0, context="receipt")
        pair.esme.request(SUBMIT, 1000.0, context="message")
        esme, smsc = pair.exchange()
        (receipt,), (message,) = esme, smsc
        assert isinstance(receipt, RequestReceived)
        assert isinstance(message, RequestReceived)
        pair.smsc.unbind(1000.0)
        esme, smsc = pair.exchange()
        assert [PeerUnbound()] == esme
        assert [] == smsc
        pair.esme.respond(receipt.pdu, DeliverSmResp(), 1000.0)
        pair.smsc.respond(message.pdu, SubmitSmResp(message_id="7"), 1000.0)

        esme, smsc = pair.exchange()

        assert [ResponseReceived, LinkEnded] == [type(event) for event in esme]
        assert [ResponseReceived, LinkEnded] == [type(event) for event in smsc]
        assert EndReason.UNBOUND is smsc[-1].reason  # type: ignore[union-attr]

    def test_crossing_unbinds_are_what_both_wanted(self, pair: Pair) -> None:
        """Neither end is surprised."""
        pair.esme.unbind(1000.0)
        pair.smsc.unbind(1000.0)

        esme, smsc = pair.exchange()

        assert [LinkEnded(EndReason.UNBOUND, None, [])] == esme == smsc

    def test_lost_connection_loses_what_is_in_flight(self, esme: Session) -> None:
        """At once: waiting for each deadline would tell nothing new."""
        esme.request(SUBMIT, 1001.0, context="late", timeout=60.0)
        esme.request(SUBMIT, 1001.0, context="soon")
        error = ConnectionResetError("reset by peer")

        events = esme.receive_eof(1002.0, error=error)

        assert [LinkEnded(EndReason.LOST, error, ["soon", "late"])] == events
        assert S.CLOSED is esme.state
        assert esme.next_deadline() is None

    def test_connection_lost_during_the_bind_says_so(self, session_in: Make) -> None:
        """It was reported as "bind timed out", ten seconds later."""
        esme = session_in(Role.ESME, S.BINDING)

        assert [LinkEnded(EndReason.LOST, None, [])] == esme.receive_eof(1000.1)

    def test_closing_is_idempotent(self, esme: Session) -> None:
        """It is called from everywhere, also while it is being called."""
        esme.request(SUBMIT, 1001.0, context="a")

        assert [LinkEnded(EndReason.CLOSED, None, ["a"])] == esme.close(1002.0)
        assert [] == esme.close(1002.0)
        assert [] == esme.receive_eof(1002.0)

    def test_half_a_pdu_is_waited_for_no_longer(self, esme: Session) -> None:
        """Its other half can't come any more."""
        esme.receive(b"\0", 1001.0)
        esme.close(1002.0)

        assert esme.next_deadline() is None

    def test_closing_after_an_unbind_only_closes(self, session_in: Make) -> None:
        """UNBOUND is a session that is over on a connection that is still there."""
        esme = session_in(Role.ESME, S.BOUND_TRX)
        esme.receive(UNBIND_42, 1001.0)
        states = [esme.state]

        assert [] == esme.receive_eof(1002.0)
        assert [S.UNBOUND, S.CLOSED] == [*states, esme.state]

    @pytest.mark.parametrize("octets", [UNBIND_42, b"\0\0\0\0"])
    def test_every_method_is_safe_after_the_end(self, esme: Session, octets: bytes) -> None:
        """Tasks that still hold the session must not fail for that."""
        esme.receive(octets, 1001.0)

        assert esme.is_over
        assert [] == esme.receive(submit_sm_resp(2) + b"\0\0\0\0", 1002.0)
        assert [] == esme.advance(1e9)
        assert esme.next_deadline() is None
        esme.respond(DeliverSm(destination_addr=""), DeliverSmResp(), 1002.0)
        assert 16 == len(esme.data_to_send())
        assert b"" == esme.data_to_send()
        for forbidden in (SUBMIT, EnquireLink(), Unbind(), BindTransceiver(system_id="shop")):
            with pytest.raises(LocalProtocolError):
                esme.request(forbidden, 1002.0)

    def test_all_that_became_due_in_a_long_pause_is_reported_once(self, esme: Session) -> None:
        """A laptop that slept: requests first, then the link, then nothing."""
        esme.request(SUBMIT, 1001.0, context="a")
        esme.request(EnquireLink(), 1001.0)

        events = esme.advance(5000.0)

        assert [
            ResponseOverdue(2, "a"),
            LinkEnded(EndReason.ENQUIRE_LINK_OVERDUE, None, []),
        ] == events
        assert [] == esme.advance(6000.0)


def test_octets_leave_in_order_and_once(esme: Session) -> None:
    """Whole PDUs of one loop turn in one write; a partial write can't tear them."""
    esme.request(SUBMIT, 1001.0)
    esme.request(SUBMIT, 1001.0)

    octets = esme.data_to_send()

    assert encode(SUBMIT, sequence_number=2) + encode(SUBMIT, sequence_number=3) == octets
    assert b"" == esme.data_to_send()


def test_next_deadline_is_the_earliest_of_all(session_in: Make) -> None:
    """One timer serves the whole connection."""
    esme = session_in(Role.ESME, S.BOUND_TRX, SessionLimits(enquire_link_interval=None))
    assert esme.next_deadline() is None

    esme.request(SUBMIT, 1001.0)
    assert 1031.0 == esme.next_deadline()
    esme.request(EnquireLink(), 1001.0)
    assert 1011.0 == esme.next_deadline()


def test_repr_is_worth_reading(esme: Session) -> None:
    """It is what one prints first when a link hangs."""
    esme.request(SUBMIT, 1001.0, context="secret")

    assert "<Session ESME BOUND_TRX, 1/10 in flight, last sequence_number 2>" == repr(esme)


def test_sessions_back_to_back_carry_messages_and_time(make_pair: MakePair) -> None:
    """The simulated gateway and the client are this pair."""
    pair = make_pair(SessionLimits(enquire_link_interval=30.0, inactivity_timeout=40.0))
    pair.bind()
    pair.esme.request(SUBMIT, pair.now, context="a")

    (event,) = pair.exchange()[1]
    assert isinstance(event, RequestReceived)
    assert decode(encode(SUBMIT, sequence_number=2)) == event.pdu
    pair.smsc.respond(event.pdu, SubmitSmResp(message_id="1"), pair.now)
    (answer,) = pair.exchange()[0]
    assert isinstance(answer, ResponseReceived)

    for _ in range(20):
        assert ([], []) == pair.wait(15.0)
