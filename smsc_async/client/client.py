"""The client: what users hold in their hands, and nothing of how it works.

Rule: a method here checks that the client can be used, asks the rooms below, and gives back what
they say. Decisions are the gateway's rules and the session's; carrying is the links'.
"""

from __future__ import annotations

from asyncio import CancelledError
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, cast

from smsc_async.client.admission import AT_ONCE
from smsc_async.client.requests import check_request, check_response, query_of
from smsc_async.client.runtime import ClientRuntime
from smsc_async.client.stats import Health, Stats
from smsc_async.config import SmscConfig
from smsc_async.errors import ClientClosedError, LocalProtocolError
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.plan import Plan, plan
from smsc_async.instrumentation import Hook, Hooks
from smsc_async.link import LinkState
from smsc_async.receipts import read_query_result
from smsc_async.rules.limits import GatewayLimits
from smsc_async.stores import MemoryRuleStore

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
    from types import TracebackType

    from pdu import Pdu, QuerySmResp
    from smsc_async.client.submission import FailedSubmission, Submission
    from smsc_async.errors import SendError
    from smsc_async.messages import Message, R_co
    from smsc_async.receipts import IncomingMessage, QueryResult, Receipt
    from smsc_async.rules.verdict import Hold
    from smsc_async.stores import RuleStore


class SmscClient:
    """A client of the SMSC.ru gateway, or of any SMSC that speaks SMPP 3.4.

    ::

        async with SmscClient("smpp://login:password@127.0.0.1:2775") as smsc:
            sent = await smsc.send(Sms(to="79991234567", text="Код входа: 4821"))
            receipt = await sent.receipt(timeout=30)

    Entering connects and binds; from then on the link is built again whenever it is lost.
    Leaving lets what is under way come to its end, unbinds and closes. A client belongs to one
    event loop while it is in use; it may be entered again after it was left.

    Args:
        url_or_config: A URL as `SmscConfig.from_url` reads it, or the config itself.
        limits: The gateway's limits, which are kept before it has to refuse; its published ones
            by default, `GatewayLimits.off()` for none.
        store: Where the memory of these rules is: in this client by default, in Redis for
            several processes of one account. Whoever makes it closes it.
        hooks: Called with every event of the links, see `smsc_async.instrumentation`.
        clock: Seconds of a monotonic clock; the event loop's by default.

    Raises:
        ConfigError: The URL makes no sense.
    """

    def __init__(
        self,
        url_or_config: str | SmscConfig,
        *,
        limits: GatewayLimits | None = None,
        store: RuleStore | None = None,
        hooks: Iterable[Hook] = (),
        clock: Callable[[], float] | None = None,
    ) -> None:
        if isinstance(url_or_config, str):
            url_or_config = SmscConfig.from_url(url_or_config)
        self.config = url_or_config
        self._hooks = Hooks(hooks)
        self._clock = clock
        self._rules = (
            GatewayLimits() if limits is None else limits,
            MemoryRuleStore(clock or monotonic) if store is None else store,
        )
        self._running: ClientRuntime | None = None
        self._last_stats = Stats()

    async def __aenter__(self) -> Self:
        """Connect and bind. Cancelling is safe.

        Raises:
            ConnectFailedError: No host took the connection.
            BindRefusedError: The gateway refused the bind.
            LinkLostError: It hung up during the bind.
            ClientClosedError: The client is in use already.
        """
        if self._running is not None:
            raise ClientClosedError("it is in use already; make a second client")
        self._running = running = ClientRuntime(self.config, self._rules, self._hooks, self._clock)
        try:
            await running.open()
        except BaseException:
            self._running = None
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take no new messages, let the others end, unbind, close.

        After an exception nothing is waited for but the unbind. Cancelling closes at once.
        """
        running = self._running
        if running is None:
            return
        try:
            await running.close(drain=exc_type is None)
        finally:
            self._last_stats = running.stats()
            self._running = None

    async def send(
        self,
        message: Message[R_co],
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - counted from the write, by the session
        hold: Hold | None = None,
        retry_of: SendError | None = None,
    ) -> Submission[R_co]:
        """Send a message and wait until the gateway has accepted it.

        Waits for a link and for a slot of the window, in the order of the calls. Cancelling is
        safe before the first octet is written; afterwards the message may still be delivered and
        paid for, and its slot stays taken until the response.

        Args:
            message: Of any kind.
            timeout: Seconds for each response, from its write on; None takes the config's.
            hold: What to do if a rule of the gateway holds the message; None fails at once,
                `Hold.wait(at_most=35)` waits.
            retry_of: The error of an earlier send of the same message whose outcome is unknown:
                send it again on purpose. Within a minute of it the gateway's own rule makes that
                safe, for it takes no repeat: a refusal then says that the first one arrived.
                Later the message may be delivered and paid twice.

        Raises:
            InvalidMessageError: The message can't travel on this bind. Nothing was sent.
            HeldByRuleError: The gateway would refuse it: a repeat, or too many in a row. Nothing
                was sent; `retry_after` says when it passes.
            SubmitRefusedError: The gateway refused it; `ThrottledError` if it was too fast for
                longer than `timeouts.throttled`.
            ResponseTimeoutError: No response; it may have been sent.
            SubmitInterruptedError: The link was lost; `outcome` tells whether it was sent.
            PartsOverdueError: Not all parts could be written within the gateway's minute.
            ClientClosedError: The client isn't open.
        """
        running = self._sending()
        token = None if retry_of is None else retry_of.reservation
        now = running.now()
        submission, blocked = running.enter(message, timeout, running, now, token)
        if blocked is not None:
            await running.gate.ask(submission, blocked, hold or AT_ONCE)
            now = running.now()
        # One coroutine, and the future is all that is awaited: each more costs every message.
        submission.waiter = waiter = running.loop.create_future()
        running.links.submit(submission, now)
        try:
            await waiter
        except CancelledError:
            running.withdraw(submission)
            raise
        if submission.failure is not None:
            raise submission.failure
        return submission

    def send_many(
        self,
        messages: Iterable[Message[Any]] | AsyncIterable[Message[Any]],
        *,
        timeout: float | None = None,
        hold: Hold | None = None,
    ) -> AsyncGenerator[Submission[Any] | FailedSubmission]:
        """Send messages one after the other, as fast as the window lets them; yield each outcome.

        The next message is pulled only when a slot is free, so *messages* may be endless.
        Outcomes come in the order in which they are known, each exactly once. Leaving the loop
        early stops pulling; what was written may still be delivered.

        Args:
            messages: Any iterable or async iterable.
            timeout: Seconds for each response.
            hold: As for `send`; a message that waits keeps none of the others waiting.

        Yields:
            A `Submission`, or a `FailedSubmission` with the error that `send` would raise.

        Raises:
            ClientClosedError: The client isn't open, or is being left before the end.
        """
        return self._sending().send_many(messages, timeout, hold)

    def plan(self, message: Message[Any]) -> Plan:
        """Tell how *message* would travel: coding, parts, octets, what forced UCS-2.

        Of an open client also whether a rule would hold it now. Nothing is sent and nothing is
        remembered; the client needn't be open.

        Raises:
            InvalidMessageError: It can't travel on this bind.
        """
        planned = plan(message, TextSettings.from_config(self.config))
        return planned if self._running is None else self._running.foresee(message, planned)

    async def query(
        self,
        message: str | Submission[Any],
        *,
        sender: str = "",
        timeout: float | None = None,  # noqa: ASYNC109 - as for send
    ) -> QueryResult:
        """Ask what became of a message (query_sm). Cancelling and asking again are safe.

        The gateway blocks an address that asks for one message too often: await a receipt where
        that is possible.

        Args:
            message: Its id, or the submission itself, of which the first part is asked for.
            sender: With an id: the sender as it was submitted; empty if it was.
            timeout: Seconds for the response.

        Raises:
            RequestRefusedError: The gateway doesn't know it, or doesn't say.
            RequestTimeoutError: No response in time.
            LinkLostError: There is no link, or it was lost.
            ClientClosedError: The client isn't open.
        """
        query = query_of(message, sender, self._open().addressing)
        response = await self.request(query, timeout=timeout)
        return read_query_result(cast("QuerySmResp", response))

    async def request(
        self,
        request: Pdu,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as for send
    ) -> Pdu:
        """Send any other request of SMPP (cancel_sm, replace_sm, data_sm…); return its response.

        No rule of the gateway is applied, and which of them it takes it doesn't say.

        Raises:
            LocalProtocolError: submit_sm goes through `send`, submit_multi nowhere; or this bind
                doesn't allow the request.
            RequestRefusedError: The response's status isn't 0.
            RequestTimeoutError: No response in time.
            LinkLostError: There is no link, or it was lost.
            ClientClosedError: The client isn't open.
        """
        running = self._open()
        check_request(request)
        return check_response(request, await running.links.request(request, timeout))

    def receipts(self) -> AsyncGenerator[Receipt]:
        """Yield receipts as they come, also those of earlier runs and other processes.

        From the first call on every receipt comes here; before it those don't that a
        `Submission` took which somebody keeps. At most `config.receipts` wait unread, then the
        gateway does. Ends when the client is left. Several readers share the receipts.

        Raises:
            ClientClosedError: The client isn't open.
        """
        return self._open().inbound.receipts.read()

    def incoming(self) -> AsyncGenerator[IncomingMessage]:
        """Yield subscribers' messages as they come, their parts joined.

        At most `config.incoming` wait unread, then the gateway does. Ends when the client is
        left. Several readers share the messages.

        Raises:
            ClientClosedError: The client isn't open.
        """
        return self._open().inbound.incoming.read()

    async def take(self, event: object) -> None:
        """Take a receipt or a subscriber's message that came some other way than over SMPP.

        ::

            callback = StatusCallback(smsc.take, secret=…)     # smsc_async.contrib.callback

        It goes where the others go: to its submission, to `receipts()`, to `incoming()`. A
        receipt that was told already, over HTTP or SMPP, goes nowhere. Returns when it has its
        place; cancelling withdraws it, and the gateway tells it again.

        Raises:
            TypeError: Neither of the two; a handler that takes calls has a sink of its own.
            QueueFull: Too many wait unread already.
            ClientClosedError: The client isn't open.
        """
        await self._open().inbound.take(event)

    def stats(self) -> Stats:
        """Return what was counted since the client was last entered."""
        return self._last_stats if self._running is None else self._running.stats()

    def health(self) -> Health:
        """Return how the client stands with the gateway now."""
        rules = self._rules[1].health()
        if self._running is None:
            return Health(LinkState.CLOSED, rules=rules)
        links = self._running.links
        return Health(links.state, len(links.links), links.bound_at, links.last_error, rules)

    def __repr__(self) -> str:
        return f"<SmscClient {self.config}, {self.health().state.value}>"

    def _open(self) -> ClientRuntime:
        """Return what runs, if the client may be used here and now."""
        if self._running is None:
            raise ClientClosedError
        self._running.check_loop()
        return self._running

    def _sending(self) -> ClientRuntime:
        """Return what runs, if messages may be sent."""
        running = self._running
        # A loop that runs in this thread is the one that runs here: asking for that one takes a
        # system call, and this runs for every message.
        if (
            running is not None
            and running.may_send
            and get_ident() == running.thread
            and running.loop.is_running()
        ):
            return running
        self._open()
        raise LocalProtocolError("a receiver can't send; bind with mode=transceiver")
