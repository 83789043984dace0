"""The simulated gateway on real sockets of this machine."""

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
from smsc_async.config import SmscConfig
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
from smsc_async.simulator import KeptMessage, Scenario, Simulator
from smsc_async.simulator.server import DeadlineTimer

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
"""Of ten texts: the same one twice is a repeat."""
EVERYWHERE = "0.0.0.0"  # noqa: S104 - for the length of one test
QUICK = Scenario(receipt_delay=0.0)


class Wire:
    """A client of drawn PDUs: nothing between the test and the socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._number = 0

    async def send(self, *pdus: Pdu) -> None:
        """Write requests in one piece, numbered on."""
        octets = b""
        for pdu in pdus:
            self._number += 1
            octets += encode(pdu, sequence_number=self._number)
        self.writer.write(octets)
        await self.writer.drain()

    async def read(self) -> Any:  # noqa: ANN401 - any PDU
        """Read one PDU."""
        head = await self.reader.readexactly(4)
        (length,) = struct.unpack(">I", head)
        return decode(head + await self.reader.readexactly(length - 4))

    async def answer(self, pdu: Pdu, status: int = 0) -> None:
        """Answer a deliver_sm."""
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
    """A whole visit to the gateway, PDU by PDU."""
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


async def test_the_same_session_machine_is_at_both_ends() -> None:
    """A client made of `Session` and a socket, as the library's own is."""
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
    """An ESME of a `Session` and a transport that answers whatever it is asked."""

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
        """Remember where to write."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer requests, tell the test of everything."""
        now = self.loop.time()
        for event in self.session.receive(data, now):
            if isinstance(event, RequestReceived):
                self.session.respond(event.pdu, DeliverSmResp(), now)
            self.events.put_nowait(event)
        self.write()

    def write(self) -> None:
        """Write what is ready."""
        self.transport.write(self.session.outgoing())

    async def until(self, *kinds: type, count: int = 1) -> list[Any]:
        """Write what is ready and return the next events, all of these kinds."""
        self.write()
        events = [await self.events.get() for _ in range(count)]
        assert all(isinstance(event, kinds) for event in events)
        return events


async def test_url_is_what_the_client_takes() -> None:
    """Host, port and a login, in the form that the configuration reads."""
    async with Simulator() as simulator:
        config = SmscConfig.from_url(simulator.url)

    assert f"smpp://demo:demo@127.0.0.1:{simulator.port}" == (
        f"smpp://demo:demo@{config.hosts[0].name}:{config.hosts[0].port}"
    )
    assert simulator.port > 0


async def test_url_names_an_account_of_the_scenario() -> None:
    """Otherwise the URL would be refused by its own simulator."""
    async with Simulator(Scenario(accounts={"shop": "p@ss"})) as simulator:
        assert simulator.url.startswith("smpp://shop:p%40ss@127.0.0.1:")
        async with _bound(simulator, system_id="shop", password="p@ss"):
            pass


@pytest.mark.parametrize(("host", "place"), [(EVERYWHERE, "127.0.0.1"), ("localhost", "localhost")])
async def test_url_is_where_one_reaches_it(host: str, place: str) -> None:
    """Nobody connects to 0.0.0.0; another host than loopback has to be named."""
    async with Simulator(host=host) as simulator:
        assert f"smpp://demo:demo@{place}:{simulator.port}" == simulator.url


async def test_url_puts_ipv6_in_brackets() -> None:
    """As URLs have it."""
    try:
        async with Simulator(host="::1") as simulator:
            assert f"smpp://demo:demo@[::1]:{simulator.port}" == simulator.url
    except OSError:  # pragma: no cover - a machine without IPv6
        pytest.skip("no IPv6 here")


def test_empty_host_is_refused() -> None:
    """To asyncio it means every address of the machine, and nobody asked for that."""
    with pytest.raises(ValueError, match=r"'0\.0\.0\.0' is everywhere"):
        Simulator(host="")


async def test_tls_serves_smpps() -> None:
    """The gateway has a port for it, and so has the desk."""
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


async def test_messages_can_be_waited_for() -> None:
    """Each is given out once, in order, whether it was there before or not."""
    async with Simulator() as simulator, _bound(simulator) as wire:
        waiting = asyncio.create_task(simulator.wait_for_message())
        await asyncio.sleep(0)
        await wire.send(*OTHERS[:2])
        first, second = await waiting, await simulator.wait_for_message()

    assert ["855469", "855470"] == [first.message_id, second.message_id]


async def test_waiting_for_a_message_ends() -> None:
    """With an error that says for how long."""
    async with Simulator() as simulator:
        with pytest.raises(TimeoutError, match=r"^no message came in 0.01 s$"):
            await simulator.wait_for_message(timeout=0.01)


async def test_messages_nobody_waits_for_do_not_pile_up() -> None:
    """Only the newest are kept, here too."""
    async with Simulator(Scenario(keep=2)) as simulator, _bound(simulator) as wire:
        await wire.send(*OTHERS[:3])
        for _ in range(3):
            await wire.read()
        assert "855470" == (await simulator.wait_for_message()).message_id

    assert (2, 3) == (len(simulator.messages), simulator.stats.messages)


async def test_scenario_may_be_changed_while_it_runs() -> None:
    """The next submit is judged by the new one."""
    async with Simulator() as simulator, _bound(simulator) as wire:
        simulator.scenario = Scenario(submit_status=CommandStatus.ESME_RMSGQFUL)
        await wire.send(SUBMIT)
        assert CommandStatus.ESME_RMSGQFUL == (await wire.read()).command_status


async def test_scenario_may_be_set_before_it_runs() -> None:
    """Entering is what makes it count."""
    simulator = Simulator()
    simulator.scenario = Scenario(bind_status=CommandStatus.ESME_RBINDFAIL)
    async with simulator, _connect(simulator) as wire:
        await wire.send(BindTransceiver(system_id="demo"))
        assert CommandStatus.ESME_RBINDFAIL == (await wire.read()).command_status


@pytest.mark.parametrize("status", [0, CommandStatus.ESME_RX_P_APPN])
async def test_subscriber_is_told_how_the_client_answered(status: int) -> None:
    """When it has answered every part: 0, or what ended one of them."""
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


async def test_subscriber_may_stop_waiting() -> None:
    """Cancelling takes nothing back."""
    async with Simulator() as simulator, _bound(simulator) as wire:
        delivered = asyncio.create_task(simulator.deliver("79991234567", "Shop", "Hi"))
        pdu = await wire.read()
        delivered.cancel()
        await asyncio.gather(delivered, return_exceptions=True)
        await wire.answer(pdu)
        await wire.send(EnquireLink())
        await wire.read()

        assert 1 == simulator.stats.delivered


async def test_subscriber_is_told_when_it_all_ends() -> None:
    """Nobody waits for a gateway that is gone."""
    async with Simulator() as simulator:
        delivered = asyncio.create_task(simulator.deliver("79991234567", "Shop", "Hi"))
        await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="closed meanwhile"):
        await delivered


async def test_subscribers_message_that_cannot_be_sent_is_refused() -> None:
    """At once, to whoever asked for it."""
    async with Simulator() as simulator:
        with pytest.raises(InvalidMessageError, match="source_addr"):
            await simulator.deliver("7" * 21, "Shop", "Hi")


async def test_all_of_one_turn_leaves_in_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """One write is one system call, however many responses it carries."""
    writes: list[int] = []
    async with Simulator() as simulator, _bound(simulator) as wire:
        (connection,) = cast("Any", simulator)._running.links.values()
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
    """The responses before it arrive, then the connection ends."""
    async with Simulator(Scenario(drop_after=2)) as simulator, _bound(simulator) as wire:
        await wire.send(*OTHERS[:3])
        assert "855469" == (await wire.read()).message_id
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await wire.read()

        assert 2 == simulator.stats.messages


async def test_client_that_is_gone_is_forgotten() -> None:
    """Its receipts wait for the next one."""
    async with Simulator(QUICK) as simulator:
        async with _bound(simulator) as wire:
            await wire.send(SUBMIT)
            await wire.read()
            await wire.read()
        async with _bound(simulator) as wire:
            assert "855469" == read_receipt(await wire.read()).message_id
            assert (1, 1) == (simulator.stats.links, simulator.stats.redelivered)


async def test_client_that_is_gone_takes_nobody_with_it() -> None:
    """The others stay connected."""
    async with Simulator() as simulator, _bound(simulator) as staying:
        async with _bound(simulator) as leaving:
            await leaving.send(Unbind())
            await leaving.read()
            assert b"" == await leaving.reader.read()
        await staying.send(EnquireLink())
        assert isinstance(await staying.read(), EnquireLinkResp)


async def test_foreign_octets_end_the_connection() -> None:
    """A browser at the wrong port, with a generic_nack for its trouble."""
    async with Simulator() as simulator, _connect(simulator) as wire:
        wire.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        nack = await wire.read()
        assert (GenericNack, CommandStatus.ESME_RINVCMDLEN) == (type(nack), nack.command_status)
        assert b"" == await wire.reader.read()


async def test_idle_link_is_cut_by_the_clock() -> None:
    """With a clock of one's own that is moved by two minutes."""
    now = 0.0
    async with Simulator(clock=lambda: now) as simulator, _bound(simulator) as wire:
        now += 60.0
        await wire.send(SUBMIT)
        await wire.read()
        now += 119.0
        simulator.tick()
        assert isinstance(await wire.read(), DeliverSm)
        now += 2.0
        simulator.tick()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await wire.read()


async def test_receipts_come_by_the_loops_own_clock() -> None:
    """Nobody has to tick it."""
    async with Simulator(Scenario(receipt_delay=0.01)) as simulator, _bound(simulator) as wire:
        await wire.send(SUBMIT)
        received = [(await wire.read()).command_id for _ in range(2)]

    assert [CommandId.SUBMIT_SM_RESP, CommandId.DELIVER_SM] == received


async def test_client_that_does_not_read_is_not_read() -> None:
    """Otherwise its answers would fill the memory."""
    async with Simulator() as simulator, _bound(simulator):
        (connection,) = cast("Any", simulator)._running.links.values()
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


async def test_nothing_works_before_it_runs() -> None:
    """An error that says what to do, instead of a URL without a port."""
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
    """Also that of a client that reads nothing and never says goodbye."""
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
    """One that was accepted before the port was closed, and made after it."""
    async with Simulator() as simulator:
        running = cast("Any", simulator)._running
        running.is_closing = True
        reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
        with contextlib.suppress(ConnectionError):
            assert b"" == await reader.read()
        writer.close()
        running.is_closing = False

    assert 0 == simulator.stats.links


async def test_repr_says_where_and_how_much() -> None:
    """Without the login, which is in the URL."""
    async with Simulator(Scenario(accounts={"shop": "hunter2"})) as simulator:
        running = repr(simulator)

    assert f"<Simulator 127.0.0.1:{simulator.port}, running, 0 messages>" == running
    assert f"<Simulator 127.0.0.1:{simulator.port}, not running, 0 messages>" == repr(simulator)


async def test_function_of_the_scenario_sees_every_submit() -> None:
    """It runs on the simulator's own loop and should be quick."""
    seen: list[KeptMessage] = []

    def take(message: KeptMessage) -> int:
        """Take everything."""
        seen.append(message)
        return 0

    async with Simulator(Scenario(submit_status=take)) as simulator, _bound(simulator) as wire:
        await wire.send(SUBMIT)
        await wire.read()

    assert ["Code 4821"] == [message.text for message in seen]


async def test_alarm_rings_for_the_earliest_deadline_only_once() -> None:
    """A deadline that moved away costs a ring for nothing; one that came nearer is never late."""
    rung = asyncio.Event()
    loop = asyncio.get_running_loop()
    alarm = DeadlineTimer(loop, loop.time, rung.set)
    alarm.set(None)
    alarm.set(loop.time() + 60.0)
    alarm.set(loop.time())
    alarm.set(loop.time() + 30.0)
    await rung.wait()

    assert "<DeadlineTimer at inf>" == repr(alarm)
    alarm.set(loop.time() + 60.0)
    alarm.cancel()
    alarm.cancel()
