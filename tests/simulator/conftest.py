"""The simulated SMSC without sockets, and clients of it, for tests that move time themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from requests_by_hand import submit

from pdu import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DeliverSm,
    DeliverSmResp,
    Pdu,
    decode,
    encode,
)
from smsc_async.gateway.receipts import read_receipt
from smsc_async.listener import ClientSession
from smsc_async.simulator import Scenario
from smsc_async.simulator.smsc import SimulatedSmsc

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.receipts import Receipt
    from smsc_async.simulator import Fate

START: Final = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)

_BINDS: Final[dict[str, type[Pdu]]] = {
    "transceiver": BindTransceiver,
    "transmitter": BindTransmitter,
    "receiver": BindReceiver,
}


class Client:
    """A client of the simulated SMSC: sends PDUs as octets, decodes what is written to it."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.session = ClientSession(harness.smsc, "127.0.0.1", harness.now)
        self.link = self.session.link
        self._sequence_number = 0

    def send(self, *pdus: Pdu) -> list[Pdu]:
        """Send requests in one piece; return what is written back at once."""
        octets = b""
        for pdu in pdus:
            self._sequence_number += 1
            octets += encode(pdu, sequence_number=self._sequence_number)
        return self.send_octets(octets)

    def send_octets(self, octets: bytes) -> list[Pdu]:
        """Send octets as they are; return what is written back at once."""
        self.session.receive(octets, self.harness.now)
        return self.read()

    def read(self) -> list[Pdu]:
        """Return what the simulated SMSC has written since the last call."""
        octets, pdus = self.link.session.data_to_send(), []
        while octets:
            length = int.from_bytes(octets[:4], "big")
            pdus.append(decode(octets[:length]))
            octets = octets[length:]
        return pdus

    def bind(self, mode: str = "transceiver", system_id: str = "shop", **fields: Any) -> list[Pdu]:  # noqa: ANN401 - any field of a bind
        """Bind; return what is written back at once."""
        bind: Any = _BINDS[mode]
        return self.send(bind(system_id=system_id, **fields))

    def submit(self, text: str | None = None, **fields: Any) -> list[Pdu]:  # noqa: ANN401 - any field of a submit_sm
        """Submit a text that requests a receipt, by default one that is no repeat.

        Returns what is written back at once.
        """
        return self.send(
            submit(f"Code {self._sequence_number}" if text is None else text, **fields)
        )

    def answer(self, *pdus: Pdu, status: int = 0) -> list[Pdu]:
        """Respond to deliver_sm; return what is written back at once."""
        responses = [
            encode(DeliverSmResp(command_status=status), sequence_number=pdu.sequence_number)
            for pdu in pdus
        ]
        return self.send_octets(b"".join(responses))

    def advance(self) -> None:
        """Handle expired timers of the session."""
        self.session.advance(self.harness.now)

    def receipts(self) -> list[Receipt]:
        """Return the receipts written since the last call; they get no response."""
        return [read_receipt(pdu) for pdu in self.read() if isinstance(pdu, DeliverSm)]

    def outcomes(self) -> list[tuple[object, object]]:
        """Return state and error of the receipts written since the last call."""
        return [(receipt.state, receipt.error_code) for receipt in self.receipts()]

    def lose(self) -> None:
        """Lose the connection."""
        self.session.disconnect(self.harness.now)


class Harness:
    """A simulated SMSC, and a clock that only tests move."""

    def __init__(self, scenario: Scenario) -> None:
        self.now = 1000.0
        self.smsc = SimulatedSmsc(scenario, now=self.now, wall=START)
        self.state = self.smsc.state

    def connect(self) -> Client:
        """Return a client that isn't bound yet."""
        return Client(self)

    def client(self, mode: str = "transceiver", system_id: str = "shop") -> Client:
        """Return a client that is bound."""
        client = Client(self)
        client.bind(mode, system_id)
        client.read()
        return client

    def advance(self, seconds: float) -> None:
        """Move the clock on; the SMSC does what is due."""
        self.now += seconds
        self.smsc.advance(self.now)

    def move(self, seconds: float) -> None:
        """Move the gateway's clock; that of the links stays."""
        self.smsc.move(seconds, self.now)

    def decide(self, fate: Fate, *, again: bool = False) -> None:
        """Give the newest message its fate."""
        self.smsc.outcomes.decide(self.state.messages[-1], fate, self.now, again=again)


@pytest.fixture
def make_harness() -> Callable[..., Harness]:
    """Make a simulated SMSC with these settings of its scenario."""
    return lambda **settings: Harness(Scenario(**settings))


@pytest.fixture
def harness() -> Harness:
    """A simulated SMSC with the default scenario."""
    return Harness(Scenario())


@pytest.fixture
def client(harness: Harness) -> Client:
    """A bound client of it."""
    return harness.client()
