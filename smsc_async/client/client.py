"""`SmscClient`: what users call. Opening and closing are in `lifecycle`.

Rule: a method here checks that the client is open, calls the rooms below and returns their result.
Nothing is decided here.
"""

from __future__ import annotations

from asyncio import CancelledError, QueueFull
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from pdu._tracebacks import hide_frames, hides_locals
from pdu.half_made import shows_half_made
from smsc_async._base_errors import SmscError, check_duration, check_kind
from smsc_async.client.admission import FAIL_AT_ONCE
from smsc_async.client.bulk import BulkSend
from smsc_async.client.deadline import submit_within
from smsc_async.client.handlers import Handlers
from smsc_async.client.lifecycle import ClientLifecycle
from smsc_async.client.requests import (
    check_bulk,
    check_clocks,
    check_request,
    check_response,
    config_of,
    query_of,
    reservation_of,
)
from smsc_async.client.rules_clock import store_for
from smsc_async.client.runtime import ClientRuntime
from smsc_async.client.submission import Submission
from smsc_async.client.wakeups import Waiter
from smsc_async.client.write_queue import WriteQueue
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.dialect import SMSC_RU, dialect_of, is_smsc_ru
from smsc_async.gateway.plan import Plan, plan
from smsc_async.gateway.receipts import read_query_result
from smsc_async.instrumentation import Hook, Hooks
from smsc_async.rules.checks import checks_of
from smsc_async.rules.limits import GatewayLimits
from smsc_async.rules.verdict import Hold

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
    from datetime import datetime
    from socket import socket

    from pdu import Pdu, QuerySmResp
    from smsc_async.client.submission import FailedSubmission
    from smsc_async.client.write_queue import BeforeWrite, T
    from smsc_async.config import SmscConfig
    from smsc_async.errors import SendError
    from smsc_async.gateway.dialect import Dialect
    from smsc_async.messages import Message, R_co
    from smsc_async.receipts import IncomingMessage, QueryResult, Receipt
    from smsc_async.rules.checks import Check
    from smsc_async.stores import RuleStore


@shows_half_made
class SmscClient(ClientLifecycle):
    """A client of the SMSC.ru gateway, or of any SMSC that speaks SMPP 3.4.

    ::

        async with SmscClient("smpp://login:password@127.0.0.1:2775") as smsc:
            sent = await smsc.send(Sms(to="79991234567", text="Код входа: 4821"))
            receipt = await sent.receipt(timeout=30)

    Entering connects and binds; from then on a lost link reconnects by itself. Leaving waits for
    the messages under way, at most `timeouts.drain` seconds, unbinds and closes; what is unread can
    be read afterwards. A client belongs to one event loop while it is in use; it may be entered
    again after it was left.

    Args:
        url_or_config: A URL as `SmscConfig.from_url` reads it, or the config itself.
        limits: The gateway's limits, which are applied before a message is sent; the published ones
            by default, `GatewayLimits.off()` for none.
        store: Where the state of these rules is: in this client by default, in Redis for several
            processes of one account. The caller closes it.
        hooks: Called with every event of the links, see `smsc_async.instrumentation`.
        clock: Clock of the rules in place of `time.monotonic`: a function that returns seconds.
            Link timers and timeouts are the event loop's. One with `subscribe`, as `GatewayClock`,
            wakes what waits when it is moved; any other does not. With *store* only its own.
        dialect: How the SMSC writes receipts and ids; `GENERIC`, or one of your own, for another
            SMSC than SMSC.ru. An outbox compares ids by the dialect of its client.
        checks: Rules of your own, asked before those of the gateway: `QuietHours`, or functions as
            `Check` describes them. What they hold raises `HeldByRuleError`.
        wall_clock: Time of day for the checks, an aware datetime; the system's by default.
        on_receipt: An async function that gets every receipt, also one that is awaited. The
            gateway gets ESME_ROK when it has returned; if it raises, or the link is lost
            meanwhile, the receipt is delivered again. Leaving waits for calls that run, at most
            `timeouts.drain` seconds.
        on_incoming: The same for incoming messages, their parts joined.
        connector: An async function of host and port that returns a connected socket, of a proxy
            for example. It makes every connection; the client adds TLS as the URL says.

    Raises:
        ConfigError: An argument can't be used.
    """

    @hides_locals(SmscError)
    def __init__(
        self,
        url_or_config: str | SmscConfig,
        *,
        limits: GatewayLimits | None = None,
        store: RuleStore | None = None,
        hooks: Iterable[Hook] = (),
        clock: Callable[[], float] | None = None,
        dialect: Dialect = SMSC_RU,
        checks: Iterable[Check] = (),
        wall_clock: Callable[[], datetime] | None = None,
        on_receipt: Callable[[Receipt], Awaitable[object]] | None = None,
        on_incoming: Callable[[IncomingMessage], Awaitable[object]] | None = None,
        connector: Callable[[str, int], Awaitable[socket]] | None = None,
    ) -> None:
        config = config_of(url_or_config, connector)
        if limits is not None:
            check_kind("limits", limits, GatewayLimits)
        check_clocks(clock, wall_clock)
        self.dialect = dialect_of(dialect)
        store = store_for(store, clock, is_simulated=config.is_simulated)
        self._limits = GatewayLimits() if limits is None else limits
        make_runtime = partial(
            ClientRuntime,
            config,
            self._limits,
            store,
            Hooks(hooks),
            dialect=self.dialect,
            checks=checks_of(checks),
            wall_clock=wall_clock,
            handlers=Handlers(on_receipt, on_incoming).checked(),
            connector=connector,
        )
        super().__init__(config, store, make_runtime)

    async def send(
        self,
        message: Message[R_co],
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - counted from the write, by the session
        within: float | None = None,
        hold: Hold | None = None,
        retry_of: SendError | None = None,
    ) -> Submission[R_co]:
        """Send a message and wait until the gateway has accepted it.

        Waits for a link and for a slot of the window, in the order of the calls. Cancelling is
        safe before the first octet is written; afterwards the message may still be delivered and
        charged, its slot stays taken until the response, and its outcome is counted in
        `stats().abandoned` and reported to the hooks. So limit a send by *within*, whose error says
        what happened, and not by `asyncio.timeout`, which loses the outcome.

        Args:
            message: Of any kind.
            timeout: Seconds for each response, from its write on; None takes the config's.
            within: Seconds for the whole send: the rules, a link, throttling, a slot and the
                response. At its end a message that wasn't written is NOT_SENT and never written,
                one that was is UNKNOWN, and goes on to its outcome like a cancelled one.
            hold: What to do if a check or a rule of the gateway holds the message; None fails at
                once, `Hold.wait(at_most=35)` waits.
            retry_of: The error of an earlier send of the same message whose outcome is unknown:
                send it again deliberately. Within a minute of the first attempt that is safe, since
                the gateway refuses repeats: a refusal then means that the first one arrived. Later
                the message may be delivered and charged twice.

        Raises:
            InvalidMessageError: The message can't travel on this bind. Nothing was sent.
            HeldByRuleError: The gateway would refuse it (a repeat, or too many in a row), or a
                check holds it. Nothing was sent; `retry_after` says when it passes.
            SendError: A check has failed. Nothing was sent; chained to the check's exception.
            SubmitRefusedError: The gateway refused it; `ThrottledError` if it was too fast for
                longer than `timeouts.throttled`, NOT_SENT if the message only waited behind others.
            ResponseTimeoutError: No response in time, or *within* ended after the write; it may
                have been sent.
            SubmitInterruptedError: The link was lost, the client was left, or *within* ended before
                the write; `outcome` says whether it was sent.
            PartsOverdueError: Not all parts could be written within the gateway's minute.
            ConfigError: *timeout* or *within* isn't above 0 and at most a year, or *hold* or
                *retry_of* is of another kind.
            ClientClosedError: The client isn't open.
        """
        try:
            runtime = self._sending_runtime()
            if within is not None:  # before the rules reserve anything
                check_duration("within", within)
            if hold is not None:
                check_kind("hold", hold, Hold)
            replaces = None if retry_of is None else reservation_of(retry_of)
            now = runtime.now()
            job, blocked = runtime.prepare(message, timeout, now, replaces)
            if within is not None:
                failure = await submit_within(runtime, job, blocked, hold or FAIL_AT_ONCE, within)
                if failure is None:
                    return Submission(job)
                raise failure  # noqa: TRY301 - hot path
            if blocked is not None:
                await runtime.admission.admit(job, blocked, hold or FAIL_AT_ONCE)
                now = runtime.now()
            # One coroutine and one waiter for each message (hot path).
            job.waiter = waiter = Waiter(runtime.wakeups)
            runtime.dispatcher.submit(job, now)
            try:
                failure = await waiter
            except CancelledError:
                runtime.withdraw(job)
                del job  # its receipts belong to `receipts()` now, whatever the traceback keeps
                raise
            if failure is None:
                return Submission(job)
            raise failure  # noqa: TRY301 - hot path
        except BaseException as error:
            hide_frames(error, SmscError)
            raise

    @hides_locals(SmscError)
    def send_many(
        self,
        messages: Iterable[Message[R_co]] | AsyncIterable[Message[R_co]],
        *,
        timeout: float | None = None,
        hold: Hold | None = None,
    ) -> AsyncGenerator[Submission[R_co] | FailedSubmission]:
        """Send messages one after the other, as fast as the window lets them; yield each outcome.

        The next message is pulled only when a slot is free, so *messages* may be endless.
        Outcomes come in the order in which they are known, each exactly once. Leaving the loop
        early stops pulling; messages already written may still be delivered, and their outcomes
        count in `stats().abandoned`.

        Args:
            messages: Any iterable or async iterable.
            timeout: Seconds for each response.
            hold: As for `send`. A message that waits takes no slot, but at most `window` * `binds`
                wait at a time: while so many are held, no other is pulled.

        Yields:
            A `Submission`, or a `FailedSubmission` with the error that `send` would raise.

        Raises:
            ConfigError: *timeout* or *hold* can't be used, as for `send`.
            ClientClosedError: The client isn't open, or is being left before the end.
        """
        runtime = self._sending_runtime()
        check_bulk(messages, timeout, hold)
        return BulkSend(runtime, timeout, hold or FAIL_AT_ONCE).run(messages)

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

    @hides_locals(SmscError)
    def plan(self, message: Message[Any]) -> Plan:
        """Return how *message* would travel: coding, parts, octets, what forced UCS-2.

        With an open client also whether a check or a rule would hold it now. Nothing is sent or
        remembered; the client needn't be open.

        Raises:
            InvalidMessageError: It can't travel on this bind.
            SendError: A check has failed.
        """
        planned = plan(message, TextSettings.from_config(self.config))
        return planned if self._runtime is None else self._runtime.preview(message, planned)

    @hides_locals(SmscError)
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
        return read_query_result(cast("QuerySmResp", response), is_smsc_ru=is_smsc_ru(self.dialect))

    @hides_locals(SmscError)
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
            ConfigError: *timeout* isn't above 0 and at most a year.
            ClientClosedError: The client isn't open.
        """
        runtime = self._open_runtime()
        if timeout is not None:
            check_duration("timeout", timeout)
        check_request(request)
        return check_response(request, await runtime.dispatcher.request(request, timeout))

    @hides_locals(SmscError)
    async def receipt(self, message_id: str, timeout: float | None = 30.0) -> Receipt:  # noqa: ASYNC109 - a wait with its own error
        """Wait for the final receipt of a message by its id.

        Also of one whose submission was dropped or whose `send` was cancelled. An unread receipt
        is returned at once. Submissions, handlers and readers get it too. Cancelling is safe.

        Args:
            message_id: As in `Submission.message_ids`: each part has its own.
            timeout: Seconds to wait, 0 or more; None waits as long as it takes.

        Raises:
            ReceiptTimeoutError: None came in time.
            ConfigError: *message_id* is no text or empty, or *timeout* no duration.
            ClientClosedError: The client isn't open, or was left meanwhile.
        """
        return await self._open_runtime().inbound.wait_for_receipt(message_id, timeout)

    def receipts(self) -> AsyncGenerator[Receipt]:
        """Return an iterator of receipts as they come, also of earlier runs and other processes.

        Before the first call the newest `config.receipts` that no submission can be asked for are
        kept; older ones are dropped and counted. From then on every receipt is yielded, and while
        `config.receipts` are unread the gateway waits (back-pressure). With `on_receipt` a reader
        gets what was handled while it reads. Several readers share the receipts. One that was
        cancelled or left by `break` has ended; until another call what is too much is refused, to
        be delivered again. Ends when the client was left and all is read.

        Raises:
            ClientClosedError: The client was never open, or belongs to another event loop.
        """
        return self._readable().read_receipts()

    def incoming(self) -> AsyncGenerator[IncomingMessage]:
        """Return an iterator of incoming messages (MO) as they come, their parts joined.

        As `receipts`, with `config.incoming` and `stats().dropped_incoming`. A message of which
        parts are missing is yielded after `timeouts.reassembly`, or when the client is left.

        Raises:
            ClientClosedError: The client was never open, or belongs to another event loop.
        """
        return self._readable().incoming.read()

    @hides_locals((SmscError, TypeError, QueueFull))
    async def take(self, event: object) -> None:
        """Route a receipt or an incoming message that came out of band, over HTTP for example.

        ::

            callback = StatusCallback(smsc.take, secret=…)     # smsc_async.contrib.callback

        It goes to its submission, to `receipts()` or to `incoming()`. A receipt that came before,
        over HTTP or SMPP, is dropped. Returns when it is stored; cancelling withdraws it.

        Raises:
            TypeError: Neither of the two; confirmed calls need another sink.
            QueueFull: Too many wait unread already, or the handler raised.
            ClientClosedError: The client isn't open, or was left before it was stored.
        """
        await self._open_runtime().inbound.take(event)

    def __repr__(self) -> str:
        return f"<SmscClient {self.config}, {self.health().state.value}>"
