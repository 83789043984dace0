"""The simulator on loopback sockets."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
from typing import TYPE_CHECKING, Any, cast

import pytest
import trustme

from pdu import (
    BindTransceiver,
    BindTransceiverResp,
    CommandId,
    CommandStatus,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    MessageState,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    decode,
    encode,
)
from smsc_async.config import Secret, SmscConfig
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.receipts import read_receipt
from smsc_async.session import (
    Bound,
    Event,
    LinkEnded,
    RequestReceived,
    ResponseReceived,
    Role,
    Session,
    SessionLimits,
)
from smsc_async.simulator import Scenario, Simulator, SubmitView

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def _submit(text: str) -> SubmitSm:
    """Make a submit_sm of a text."""
    return SubmitSm(
        source_addr="Shop",
        destination_addr="79991234567",
        registered_delivery=1,
        data_coding=4,
        short_message=text.encode("ascii"),
    )


SUBMIT = _submit("Code 4821")
OTHERS = [_submit(f"Code {number}") for number in range(10)]
"""Ten texts, because the same one twice is a repeat."""
EVERYWHERE = "0.0.0.0"  # noqa: S104 - for the length of one test
QUICK = Scenario(receipt_delay=0.0)


class Wire:
    """A client without any code of the library but the codec."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._sequence_number = 0

    async def send(self, *pdus: Pdu) -> None:
        """Write requests in one piece."""
        octets = b""
        for pdu in pdus:
            self._sequence_number += 1
            octets += encode(pdu, sequence_number=self._sequence_number)
        self.writer.write(octets)
        await self.writer.drain()

    async def read(self) -> Any:  # noqa: ANN401 - any PDU
        """Read one PDU."""
        head = await self.reader.readexactly(4)
        (length,) = struct.unpack(">I", head)
        return decode(head + await self.reader.readexactly(length - 4))

    async def answer(self, pdu: Pdu, status: int = 0) -> None:
        """Respond to a deliver_sm."""
        response = DeliverSmResp(command_status=status)
        self.writer.write(encode(response, sequence_number=pdu.sequence_number))
        await self.writer.drain()


@contextlib.asynccontextmanager
async def _connect(simulator: Simulator, tls: ssl.SSLContext | None = None) -> AsyncIterator[Wire]:
    """Connect to a simulator."""
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port, ssl=tls)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def _bound(simulator: Simulator, **fields: Any) -> AsyncIterator[Wire]:  # noqa: ANN401 - any field of a bind
    """Connect and bind as transceiver."""
    async with _connect(simulator) as wire:
        await wire.send(BindTransceiver(**{"system_id": "demo", "password": "demo"} | fields))
        assert 0 == (await wire.read()).command_status
        yield wire


async def test_submit_receipt_and_unbind_over_a_socket() -> None:
    """A complete session, PDU by PDU."""
    async with Simulator(QUICK) as simulator, _connect(simulator) as wire:
        await wire.send(BindTransceiver(system_id="demo", password="demo"))
        assert isinstance(await wire.read(), BindTransceiverResp)
        await wire.send(EnquireLink())
        assert isinstance(await wire.read(), EnquireLinkResp)
        await wire.send(SUBMIT)
        response = await wire.read()
        assert (SubmitSmResp, "855469") == (type(response), response.message_id)
        receipt = await wire.read()
        await wire.answer(receipt)
        assert MessageState.DELIVERED is read_receipt(receipt).state
        await wire.send(Unbind())
        assert isinstance(await wire.read(), UnbindResp)
        assert b"" == await wire.reader.read()

    (message,) = simulator.messages
    assert ("Code 4821", MessageState.DELIVERED) == (message.text, message.state)
    assert 1 == simulator.stats.delivered


async def test_client_made_of_the_librarys_session_is_served() -> None:
    """Both ends run the same `Session`, each in its role."""
    async with Simulator(QUICK) as simulator:
        client = await Client.connect(simulator)
        client.session.request(
            BindTransceiver(system_id="demo", password="demo"), client.loop.time()
        )
        await client.until(Bound)
        for submit in OTHERS[:3]:
            client.session.request(submit, client.loop.time())
        client.write()
        answers = await client.until(ResponseReceived, RequestReceived, count=6)
        client.session.unbind(client.loop.time())
        (ended,) = await client.until(LinkEnded)

    assert 3 == sum(isinstance(event, ResponseReceived) for event in answers)
    assert "UNBOUND" == ended.reason.name
    assert 3 == len(simulator.messages)


class Client(asyncio.Protocol):
    """An ESME of a `Session` and a transport; it responds to every request."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.session = Session(Role.ESME, SessionLimits(), now=self.loop.time())
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.transport: asyncio.Transport

    @classmethod
    async def connect(cls, simulator: Simulator) -> Client:
        """Connect to a simulator."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(cls, "127.0.0.1", simulator.port)
        return client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Respond to requests, pass every event to the test."""
        now = self.loop.time()
        for event in self.session.receive(data, now):
            if isinstance(event, RequestReceived):
                self.session.respond(event.pdu, DeliverSmResp(), now)
            self.events.put_nowait(event)
        self.write()

    def write(self) -> None:
        """Write what is ready."""
        self.transport.write(self.session.data_to_send())

    async def until(self, *kinds: type, count: int = 1) -> list[Any]:
        """Write what is ready and return the next events, all of these kinds."""
        self.write()
        events = [await self.events.get() for _ in range(count)]
        assert all(isinstance(event, kinds) for event in events)
        return events


async def test_url_is_read_by_the_configuration() -> None:
    """Host, port and a login, as `SmscClient` needs them."""
    async with Simulator() as simulator:
        config = SmscConfig.from_url(simulator.url)

    (host,) = config.hosts
    assert ("127.0.0.1", simulator.port) == (host.name, host.port)
    assert ("demo", Secret("demo")) == (config.system_id, config.password)
    assert simulator.port > 0


async def test_url_names_an_account_of_the_scenario() -> None:
    """The simulator would refuse any other login."""
    async with Simulator(Scenario(accounts={"shop": "p@ss"})) as simulator:
        assert simulator.url.startswith("smpp://shop:p%40ss@127.0.0.1:")
        async with _bound(simulator, system_id="shop", password="p@ss"):
            pass


@pytest.mark.parametrize(("host", "place"), [(EVERYWHERE, "127.0.0.1"), ("localhost", "localhost")])
async def test_url_has_an_address_that_clients_can_connect_to(host: str, place: str) -> None:
    """0.0.0.0 is an address to listen at only."""
    async with Simulator(host=host) as simulator:
        assert f"smpp://demo:demo@{place}:{simulator.port}" == simulator.url


async def test_url_puts_ipv6_in_brackets() -> None:
    """RFC 3986 demands them."""
    try:
        async with Simulator(host="::1") as simulator:
            assert f"smpp://demo:demo@[::1]:{simulator.port}" == simulator.url
    except OSError:  # pragma: no cover - a machine without IPv6
        pytest.skip("no IPv6 here")


def test_empty_host_is_refused() -> None:
    """To asyncio it means every address of the machine, which must be asked for."""
    with pytest.raises(ValueError, match=r"'0\.0\.0\.0' is everywhere"):
        Simulator(host="")


async def test_tls_serves_smpps() -> None:
    """The gateway has a port for TLS too."""
    authority = trustme.CA()
    server, client = (
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        ssl.create_default_context(),
    )
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    async with Simulator(tls=server) as simulator:
        assert simulator.url.startswith("smpps://demo:demo@127.0.0.1:")
        async with _connect(simulator, client) as wire:
            await wire.send(BindTransceiver(system_id="demo"))
            assert 0 == (await wire.read()).command_status
    assert 0 == simulator.stats.links


async def test_each_message_is_waited_for_once() -> None:
    """In order, whether it was received before the call or after."""
    async with Simulator() as simulator, _bound(simulator) as wire:
        waiting = asyncio.create_task(simulator.wait_for_message())
        await asyncio.sleep(0)
        await wire.send(*OTHERS[:2])
        first, second = await waiting, await simulator.wait_for_message()

    assert ["855469", "855470"] == [first.message_id, second.message_id]


async def test_waiting_for_a_message_ends_with_its_timeout() -> None:
    """A test that waits for nothing must not hang."""
    async with Simulator() as simulator:
        with pytest.raises(TimeoutError, match=r"^no message came in 0.01 s$"):
            await simulator.wait_for_message(timeout=0.01)


async def test_number_of_unread_messages_is_bounded() -> None:
    """Most tests never wait for a message."""
    async with Simulator(Scenario(keep=2)) as simulator, _bound(simulator) as wire:
        await wire.send(*OTHERS[:3])
        for _ in range(3):
            await wire.read()
        assert "855470" == (await simulator.wait_for_message()).message_id

    assert (2, 3) == (len(simulator.messages), simulator.stats.messages)


async def test_scenario_may_be_changed_while_it_runs() -> None:
    """The new one applies to the next submit_sm."""
    async with Simulator() as simulator, _bound(simulator) as wire:
        simulator.scenario = Scenario(submit_status=CommandStatus.ESME_RMSGQFUL)
        await wire.send(SUBMIT)
        assert CommandStatus.ESME_RMSGQFUL == (await wire.read()).command_status


async def test_scenario_may_be_set_before_it_runs() -> None:
    """A test may prepare the simulator first."""
    simulator = Simulator()
    simulator.scenario = Scenario(bind_status=CommandStatus.ESME_RBINDFAIL)
    async with simulator, _connect(simulator) as wire:
        await wire.send(BindTransceiver(system_id="demo"))
        assert CommandStatus.ESME_RBINDFAIL == (await wire.read()).command_status


@pytest.mark.parametrize("status", [0, CommandStatus.ESME_RX_P_APPN])
async def test_delivery_returns_the_clients_status(status: int) -> None:
    """After the response to the last part: 0, or the status that ended one of them."""
    async with Simulator() as simulator, _bound(simulator) as wire:
        delivered = asyncio.create_task(
            simulator.deliver("79991234567", "Shop", "x" * 161, system_id="demo")
        )
        for answer in (0, status):
            pdu = await wire.read()
            assert isinstance(pdu, DeliverSm)
            assert not delivered.done()
            await wire.answer(pdu, answer)

        assert status == await delivered


async def test_cancelled_delivery_is_still_delivered() -> None:
    """Its deliver_sm is on its way already."""
    async with Simulator() as simulator, _bound(simulator) as wire:
        delivered = asyncio.create_task(simulator.deliver("79991234567", "Shop", "Hi"))
        pdu = await wire.read()
        delivered.cancel()
        await asyncio.gather(delivered, return_exceptions=True)
        await wire.answer(pdu)
        await wire.send(EnquireLink())
        await wire.read()

        assert 1 == simulator.stats.delivered


async def test_delivery_ends_with_the_simulator() -> None:
    """Its caller must not wait for ever."""
    async with Simulator() as simulator:
        delivered = asyncio.create_task(simulator.deliver("79991234567", "Shop", "Hi"))
        await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="closed meanwhile"):
        await delivered


async def test_subscribers_message_that_cannot_be_sent_is_refused() -> None:
    """At once, in the call itself."""
    async with Simulator() as simulator:
        with pytest.raises(InvalidMessageError, match="source_addr"):
            await simulator.deliver("7" * 21, "Shop", "Hi")


async def test_responses_of_one_turn_leave_in_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """One write is one system call, however many responses it has."""
    writes: list[int] = []
    async with Simulator() as simulator, _bound(simulator) as wire:
        (connection,) = cast("Any", simulator)._open_listener.connections.values()
        transport = connection._transport
        write = type(transport).write

        def counted(self: object, data: bytes) -> None:
            """Write, and count what this transport writes."""
            if self is transport:
                writes.append(len(data))
            write(self, data)

        monkeypatch.setattr(type(transport), "write", counted)
        await wire.send(*OTHERS)
        for _ in range(10):
            await wire.read()

    assert 1 == len(writes)


async def test_link_may_drop_in_the_middle() -> None:
    """The responses before the drop arrive, then the connection ends."""
    async with Simulator(Scenario(drop_after=2)) as simulator, _bound(simulator) as wire:
        await wire.send(*OTHERS[:3])
        assert "855469" == (await wire.read()).message_id
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await wire.read()

        assert 2 == simulator.stats.messages


async def test_receipts_of_a_closed_connection_are_sent_over_the_next() -> None:
    """Over real sockets, as in `test_outbound` without them."""
    async with Simulator(QUICK) as simulator:
        async with _bound(simulator) as wire:
            await wire.send(SUBMIT)
            await wire.read()
            await wire.read()
        async with _bound(simulator) as wire:
            assert "855469" == read_receipt(await wire.read()).message_id
            assert (1, 1) == (simulator.stats.links, simulator.stats.redelivered)


async def test_end_of_one_connection_leaves_the_others_open() -> None:
    """Clients come and go while a test runs."""
    async with Simulator() as simulator, _bound(simulator) as staying:
        async with _bound(simulator) as leaving:
            await leaving.send(Unbind())
            await leaving.read()
            assert b"" == await leaving.reader.read()
        await staying.send(EnquireLink())
        assert isinstance(await staying.read(), EnquireLinkResp)


async def test_octets_of_another_protocol_end_the_connection() -> None:
    """A browser at the wrong port gets a generic_nack."""
    async with Simulator() as simulator, _connect(simulator) as wire:
        wire.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        nack = await wire.read()
        assert (GenericNack, CommandStatus.ESME_RINVCMDLEN) == (type(nack), nack.command_status)
        assert b"" == await wire.reader.read()


async def test_links_count_by_the_loop_and_the_gateway_by_its_clock() -> None:
    """Ten minutes at once: a link would be cut after two, and the receipt is due after one."""
    async with Simulator(Scenario(receipt_delay=60.0)) as simulator, _bound(simulator) as wire:
        await wire.send(SUBMIT)
        await wire.read()
        simulator.clock.advance(600.0)
        assert isinstance(await wire.read(), DeliverSm)
        await wire.send(EnquireLink())
        assert isinstance(await wire.read(), EnquireLinkResp)


async def test_clock_without_subscribe_is_read_by_tick() -> None:
    """Any function of no argument may be the gateway's clock."""
    now = 5.0
    scenario = Scenario(receipt_delay=60.0)
    async with (
        Simulator(scenario, clock=lambda: now) as simulator,
        _bound(simulator) as wire,
    ):
        await wire.send(SUBMIT)
        await wire.read()
        now += 61.0
        simulator.tick()
        assert isinstance(await wire.read(), DeliverSm)


async def test_receipts_come_without_a_tick() -> None:
    """The event loop's clock is the default."""
    async with Simulator(Scenario(receipt_delay=0.01)) as simulator, _bound(simulator) as wire:
        await wire.send(SUBMIT)
        received = [(await wire.read()).command_id for _ in range(2)]

    assert [CommandId.SUBMIT_SM_RESP, CommandId.DELIVER_SM] == received


async def test_client_that_does_not_read_is_not_read() -> None:
    """Otherwise responses to it would fill the memory."""
    async with Simulator() as simulator, _bound(simulator):
        (connection,) = cast("Any", simulator)._open_listener.connections.values()
        connection.pause_writing()
        assert not connection._transport.is_reading()
        connection.resume_writing()
        assert connection._transport.is_reading()


async def test_second_entering_is_an_error() -> None:
    """Messages and counters of two lives would mix."""
    async with Simulator() as simulator:
        with pytest.raises(RuntimeError, match="entered before; make a new one"):
            async with simulator:
                pytest.fail("entered twice")
    with pytest.raises(RuntimeError, match="entered before"):
        await simulator.__aenter__()


async def test_port_in_use_leaves_nothing_behind() -> None:
    """The error is the operating system's own, and leaving after it is harmless."""
    async with Simulator() as first:
        second = Simulator(port=first.port)
        with pytest.raises(OSError, match="in use"):
            await second.__aenter__()
        await second.__aexit__(None, None, None)


async def test_use_before_entering_is_an_error() -> None:
    """The error says what to do; a URL without a port would not."""
    simulator = Simulator()

    for use in (lambda: simulator.url, simulator.tick):
        with pytest.raises(RuntimeError, match="enter it with `async with`"):
            use()
    with pytest.raises(RuntimeError, match="not running"):
        await simulator.wait_for_message()
    with pytest.raises(RuntimeError, match="not running"):
        await simulator.deliver("79991234567", "Shop", "Hi")
    assert ([], 0) == (simulator.messages, simulator.stats.submits)


async def test_leaving_closes_every_connection_and_leaves_no_task() -> None:
    """A client that doesn't read, nor unbind, can't hold it up."""
    before = asyncio.all_tasks()
    async with Simulator() as simulator:
        reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
        wire = Wire(reader, writer)
        await wire.send(BindTransceiver(system_id="demo"))
        await wire.read()
        await wire.send(SUBMIT)
        await simulator.wait_for_message()
    with contextlib.suppress(ConnectionError):
        await reader.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()

    assert before == asyncio.all_tasks()
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", simulator.port)


async def test_connection_made_while_leaving_is_closed() -> None:
    """It was accepted before the port was closed, and made after that."""
    async with Simulator() as simulator:
        listener = cast("Any", simulator)._open_listener
        listener._is_accepting = False
        reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
        with contextlib.suppress(ConnectionError):
            assert b"" == await reader.read()
        writer.close()

    assert 0 == simulator.stats.links


async def test_repr_shows_the_address_and_no_login() -> None:
    """The login is in the URL only."""
    async with Simulator(Scenario(accounts={"shop": "hunter2"})) as simulator:
        running = repr(simulator)

    assert f"<Simulator 127.0.0.1:{simulator.port}, running, 0 messages>" == running
    assert f"<Simulator 127.0.0.1:{simulator.port}, not running, 0 messages>" == repr(simulator)


async def test_function_of_the_scenario_sees_every_submit() -> None:
    """It runs on the simulator's event loop."""
    seen: list[SubmitView] = []

    def accept(view: SubmitView) -> int:
        """Accept everything."""
        seen.append(view)
        return 0

    async with Simulator(Scenario(submit_status=accept)) as simulator, _bound(simulator) as wire:
        await wire.send(SUBMIT)
        await wire.read()

    assert ["Code 4821"] == [message.text for message in seen]


async def test_reprs_show_numbers_and_no_text() -> None:
    """Debuggers and logs show them."""
    async with Simulator(Scenario(receipts=False)) as simulator, _bound(simulator) as wire:
        await wire.send(SUBMIT)
        await wire.read()
        listener = cast("Any", simulator)._open_listener
        (connection,) = listener.connections.values()
        calls = cast("Any", simulator)._calls
        shown = [repr(one) for one in (listener, calls, listener.handler, connection)]

    assert [
        f"<Listener port {simulator.port}, 1 connections>",
        "<WaitingCalls, 0 of 1 messages read, 0 awaited deliver_sm>",
        "<SimulatedSmsc 1 links, 1 submits, 1 messages, 0 deliver_sm waiting>",
    ] == shown[:3]
    assert shown[3].startswith("<Connection <ClientLink 'demo', 1 submits, 0 unanswered, <Session")
