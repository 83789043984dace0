"""`SmscClient`: what users call.

Rule: a method here checks that the client is open, calls the rooms below and returns their result.
Nothing is decided here.
"""

from __future__ import annotations

from asyncio import CancelledError
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, cast

from smsc_async.client.admission import FAIL_AT_ONCE
from smsc_async.client.bulk import BulkSend
from smsc_async.client.requests import check_request, check_response, query_of
from smsc_async.client.runtime import ClientRuntime
from smsc_async.client.stats import Health, Stats
from smsc_async.client.submission import Submission
from smsc_async.client.write_queue import WriteQueue
from smsc_async.config import SmscConfig
from smsc_async.errors import ClientClosedError, LocalProtocolError
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.plan import Plan, plan
from smsc_async.gateway.receipts import read_query_result
from smsc_async.instrumentation import Hook, Hooks
from smsc_async.link import LinkState
from smsc_async.rules.limits import GatewayLimits
from smsc_async.stores import MemoryRuleStore

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
    from types import TracebackType

    from pdu import Pdu, QuerySmResp
    from smsc_async.client.submission import FailedSubmission
    from smsc_async.client.write_queue import BeforeWrite, T
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

    Entering connects and binds; from then on a lost link reconnects by itself. Leaving waits for
    the messages under way, unbinds and closes. A client belongs to one event loop while it is in
    use; it may be entered again after it was left.

    Args:
        url_or_config: A URL as `SmscConfig.from_url` reads it, or the config itself.
        limits: The gateway's limits, which are applied before a message is sent; the published ones
            by default, `GatewayLimits.off()` for none.
        store: Where the state of these rules is: in this client by default, in Redis for several
            processes of one account. The caller closes it.
        hooks: Called with every event of the links, see `smsc_async.instrumentation`.
        clock: Seconds of a monotonic clock; the event loop's by default.

    Raises:
        ConfigError: The URL can't be used.
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
        self._limits = GatewayLimits() if limits is None else limits
        self._store = MemoryRuleStore(clock or monotonic) if store is None else store
        self._runtime: ClientRuntime | None = None
        self._last_stats = Stats()

    async def __aenter__(self) -> Self:
        """Connect and bind. Cancelling is safe.

        Raises:
            ConnectFailedError: No host took the connection.
            BindRefusedError: The gateway refused the bind.
            LinkLostError: It hung up during the bind.
            ClientClosedError: The client is in use already.
        """
        if self._runtime is not None:
            raise ClientClosedError("it is in use already; make a second client")
        self._runtime = runtime = ClientRuntime(
            self.config, self._limits, self._store, self._hooks, self._clock
        )
        try:
            await runtime.open()
        except BaseException:
            self._runtime = None
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Refuse new messages, wait for those under way, unbind, close.

        After an exception it waits only for unbind. Cancelling closes at once.
        """
        runtime = self._runtime
        if runtime is None:
            return
        try:
            await runtime.close(drain=exc_type is None)
        finally:
            self._last_stats = runtime.stats()
            self._runtime = None

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
        charged, and its slot stays taken until the response.

        Args:
            message: Of any kind.
            timeout: Seconds for each response, from its write on; None takes the config's.
            hold: What to do if a rule of the gateway holds the message; None fails at once,
                `Hold.wait(at_most=35)` waits.
            retry_of: The error of an earlier send of the same message whose outcome is unknown:
                send it again deliberately. Within a minute of the first attempt that is safe, since
                the gateway refuses repeats: a refusal then means that the first one arrived. Later
                the message may be delivered and charged twice.

        Raises:
            InvalidMessageError: The message can't travel on this bind. Nothing was sent.
            HeldByRuleError: The gateway would refuse it: a repeat, or too many in a row. Nothing
                was sent; `retry_after` says when it passes.
            SubmitRefusedError: The gateway refused it; `ThrottledError` if it was too fast for
                longer than `timeouts.throttled`.
            ResponseTimeoutError: No response; it may have been sent.
            SubmitInterruptedError: The link was lost; `outcome` says whether it was sent.
            PartsOverdueError: Not all parts could be written within the gateway's minute.
            ClientClosedError: The client isn't open.
        """
        runtime = self._sending_runtime()
        replaces = None if retry_of is None else retry_of.reservation
        now = runtime.now()
        job, blocked = runtime.prepare(message, timeout, now, replaces)
        if blocked is not None:
            await runtime.admission.admit(job, blocked, hold or FAIL_AT_ONCE)
            now = runtime.now()
        # One coroutine and one future for each message (hot path).
        job.waiter = waiter = runtime.loop.create_future()
        runtime.dispatcher.submit(job, now)
        try:
            await waiter
        except CancelledError:
            runtime.withdraw(job)
            raise
        if job.failure is not None:
            raise job.failure
        return Submission(job)

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
        early stops pulling; messages already written may still be delivered.

        Args:
            messages: Any iterable or async iterable.
            timeout: Seconds for each response.
            hold: As for `send`; a message that waits keeps none of the others waiting.

        Yields:
            A `Submission`, or a `FailedSubmission` with the error that `send` would raise.

        Raises:
            ClientClosedError: The client isn't open, or is being left before the end.
        """
        return BulkSend(self._sending_runtime(), timeout, hold or FAIL_AT_ONCE).run(messages)

    def write_queue(self, before_write: BeforeWrite[T]) -> WriteQueue[T]:
        """Return a queue that calls *before_write* just before messages are written.

        The outbox stores there that they may be on their way.

        Raises:
            ClientClosedError: The client isn't open.
            LocalProtocolError: The client is bound as a receiver.
        """
        return WriteQueue(self._sending_runtime(), before_write)

    @property
    def limits(self) -> GatewayLimits:
        """The gateway's limits that are applied before a message is sent."""
        return self._limits

    def plan(self, message: Message[Any]) -> Plan:
        """Return how *message* would travel: coding, parts, octets, what forced UCS-2.

        With an open client also whether a rule would hold it now. Nothing is sent or remembered;
        the client needn't be open.

        Raises:
            InvalidMessageError: It can't travel on this bind.
        """
        planned = plan(message, TextSettings.from_config(self.config))
        return planned if self._runtime is None else self._runtime.preview(message, planned)

    async def query(
        self,
        message: str | Submission[Any],
        *,
        sender: str = "",
        timeout: float | None = None,  # noqa: ASYNC109 - as for send
    ) -> QueryResult:
        """Query the state of a message (query_sm). Cancelling and querying again are safe.

        The gateway blocks an address that queries one message too often: await a receipt where
        possible.

        Args:
            message: Its id, or the submission itself, of which the first part is asked for.
            sender: With an id: the sender as it was submitted; empty if it was.
            timeout: Seconds for the response.

        Raises:
            RequestRefusedError: The gateway doesn't know the message, or refuses the query.
            RequestTimeoutError: No response in time.
            LinkLostError: There is no link, or it was lost.
            ClientClosedError: The client isn't open.
        """
        query = query_of(message, sender, self._open_runtime().addressing)
        response = await self.request(query, timeout=timeout)
        return read_query_result(cast("QuerySmResp", response))

    async def request(
        self,
        request: Pdu,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as for send
    ) -> Pdu:
        """Send any other SMPP request (cancel_sm, replace_sm, data_sm…); return its response.

        No rule is applied. The gateway doesn't document which requests it supports.

        Raises:
            LocalProtocolError: submit_sm goes through `send`, submit_multi nowhere; or this bind
                doesn't allow the request.
            RequestRefusedError: The response's status isn't 0.
            RequestTimeoutError: No response in time.
            LinkLostError: There is no link, or it was lost.
            ClientClosedError: The client isn't open.
        """
        runtime = self._open_runtime()
        check_request(request)
        return check_response(request, await runtime.dispatcher.request(request, timeout))

    def receipts(self) -> AsyncGenerator[Receipt]:
        """Yield receipts as they come, also those of earlier runs and other processes.

        Once iteration has begun, every receipt is yielded here; until then those are not whose
        `Submission` is still referenced. At most `config.receipts` wait unread, then the gateway
        waits. Ends when the client is left. Several readers share the receipts.

        Raises:
            ClientClosedError: The client isn't open.
        """
        return self._open_runtime().inbound.receipts.read()

    def incoming(self) -> AsyncGenerator[IncomingMessage]:
        """Yield incoming messages (MO) as they come, their parts joined.

        At most `config.incoming` wait unread, then the gateway waits. Ends when the client is left.
        Several readers share the messages.

        Raises:
            ClientClosedError: The client isn't open.
        """
        return self._open_runtime().inbound.incoming.read()

    async def take(self, event: object) -> None:
        """Route a receipt or an incoming message that came out of band, over HTTP for example.

        ::

            callback = StatusCallback(smsc.take, secret=…)     # smsc_async.contrib.callback

        It goes to its submission, to `receipts()` or to `incoming()`, like those that come over
        SMPP. A receipt that came before, over HTTP or SMPP, is dropped. Returns when it is stored;
        cancelling withdraws it, and the gateway reports it again.

        Raises:
            TypeError: Neither of the two; confirmed calls need another sink.
            QueueFull: Too many wait unread already.
            ClientClosedError: The client isn't open.
        """
        await self._open_runtime().inbound.take(event)

    def stats(self) -> Stats:
        """Return the counters since the client was last entered."""
        return self._last_stats if self._runtime is None else self._runtime.stats()

    def health(self) -> Health:
        """Return the state of the links and of the rules' store."""
        rules = self._store.health()
        if self._runtime is None:
            return Health(LinkState.CLOSED, rules=rules)
        pool, dispatcher = self._runtime.pool, self._runtime.dispatcher
        return Health(
            pool.state, len(dispatcher.links), pool.bound_at, dispatcher.last_error, rules
        )

    def __repr__(self) -> str:
        return f"<SmscClient {self.config}, {self.health().state.value}>"

    def _open_runtime(self) -> ClientRuntime:
        """Return the runtime, or raise ClientClosedError if the client can't be used here."""
        if self._runtime is None:
            raise ClientClosedError
        self._runtime.check_loop()
        return self._runtime

    def _sending_runtime(self) -> ClientRuntime:
        """Return the runtime, or raise if messages can't be sent here."""
        runtime = self._runtime
        # A loop that runs in this thread is the running loop: `get_running_loop` is a system call
        # for every message (hot path).
        if (
            runtime is not None
            and runtime.may_send
            and get_ident() == runtime.thread
            and runtime.loop.is_running()
        ):
            return runtime
        self._open_runtime()
        raise LocalProtocolError("a receiver can't send; bind with mode=transceiver")
