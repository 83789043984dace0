"""A gateway without sockets, and clients of it, for tests that move time themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from pdu import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DeliverSm,
    DeliverSmResp,
    Pdu,
    SubmitSm,
    decode,
    encode,
)
from smsc_async.gateway.receipts import read_receipt
from smsc_async.simulator import Scenario
from smsc_async.simulator.smsc import SimulatedSmsc

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.receipts import Receipt

START: Final = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)

_BINDS: Final[dict[str, type[Pdu]]] = {
    "transceiver": BindTransceiver,
    "transmitter": BindTransmitter,
    "receiver": BindReceiver,
}


class Client:
    """One link to the gateway: PDUs go in as octets, and what it wrote comes out decoded."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.link = desk.brain.connect(desk.now)
        self._number = 0

    def send(self, *pdus: Pdu) -> list[Pdu]:
        """Send requests in one read, numbered on; return what is answered at once."""
        octets = b""
        for pdu in pdus:
            self._number += 1
            octets += encode(pdu, sequence_number=self._number)
        return self.send_octets(octets)

    def send_octets(self, octets: bytes) -> list[Pdu]:
        """Send octets as they are; return what is answered at once."""
        self.desk.brain.receive(self.link, octets, self.desk.now)
        return self.read()

    def read(self) -> list[Pdu]:
        """Return what the gateway has written since the last time."""
        octets, pdus = self.link.session.outgoing(), []
        while octets:
            length = int.from_bytes(octets[:4], "big")
            pdus.append(decode(octets[:length]))
            octets = octets[length:]
        return pdus

    def bind(self, mode: str = "transceiver", system_id: str = "shop", **fields: Any) -> list[Pdu]:  # noqa: ANN401 - any field of a bind
        """Bind; return what is answered at once."""
        bind: Any = _BINDS[mode]
        return self.send(bind(system_id=system_id, **fields))

    def submit(self, text: str | None = None, **fields: Any) -> list[Pdu]:  # noqa: ANN401 - any field of a submit_sm
        """Submit a text that asks for a receipt, by default one unlike the others of this link.

        Returns what is answered at once.
        """
        return self.send(submit(f"Code {self._number}" if text is None else text, **fields))

    def answer(self, *pdus: Pdu, status: int = 0) -> list[Pdu]:
        """Answer deliver_sm; return what that makes the gateway write at once."""
        responses = [
            encode(DeliverSmResp(command_status=status), sequence_number=pdu.sequence_number)
            for pdu in pdus
        ]
        return self.send_octets(b"".join(responses))

    def receipts(self) -> list[Receipt]:
        """Return the receipts that were written since the last time, unanswered."""
        return [read_receipt(pdu) for pdu in self.read() if isinstance(pdu, DeliverSm)]

    def lose(self) -> None:
        """Let the connection be gone."""
        self.desk.brain.disconnect(self.link, self.desk.now)


class Desk:
    """A brain, and a clock that only tests move."""

    def __init__(self, scenario: Scenario) -> None:
        self.now = 1000.0
        self.brain = SimulatedSmsc(scenario, now=self.now, wall=START)

    def connect(self) -> Client:
        """Return a client that isn't bound yet."""
        return Client(self)

    def client(self, mode: str = "transceiver", system_id: str = "shop") -> Client:
        """Return a client that is bound."""
        client = Client(self)
        client.bind(mode, system_id)
        client.read()
        return client

    def wait(self, seconds: float) -> None:
        """Let time pass for the brain."""
        self.now += seconds
        self.brain.advance(self.now)


def submit(text: str = "Code 4821", **fields: Any) -> SubmitSm:  # noqa: ANN401 - any field of a submit_sm
    """Return a submit_sm of an ASCII text that asks for a receipt."""
    values: dict[str, Any] = {
        "source_addr_ton": 5,
        "source_addr": "Shop",
        "dest_addr_ton": 1,
        "dest_addr_npi": 1,
        "destination_addr": "79991234567",
        "registered_delivery": 1,
        "data_coding": 4,
        "short_message": text.encode("ascii"),
    }
    return SubmitSm(**values | fields)


@pytest.fixture
def make_desk() -> Callable[..., Desk]:
    """Make a gateway with the settings one names."""
    return lambda **settings: Desk(Scenario(**settings))


@pytest.fixture
def desk() -> Desk:
    """Stand a gateway on a good day here."""
    return Desk(Scenario())


@pytest.fixture
def client(desk: Desk) -> Client:
    """Bind a client to it."""
    return desk.client()
