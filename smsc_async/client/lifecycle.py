"""The life of a client: opening, leaving, its state.

Rule: what exists only while a client is in use is its `ClientRuntime`, made at entering. After
leaving, the counters and what is unread remain.
"""

from __future__ import annotations

from threading import get_ident
from typing import TYPE_CHECKING, Self

from pdu._tracebacks import hides_locals
from smsc_async._base_errors import SmscError, check_duration
from smsc_async.client.stats import Health, Stats
from smsc_async.errors import ClientClosedError, LocalProtocolError
from smsc_async.link import LinkState

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from smsc_async.client.inbound import InboundRouter
    from smsc_async.client.runtime import ClientRuntime
    from smsc_async.config import SmscConfig
    from smsc_async.simulator import Simulator
    from smsc_async.stores import RuleStore


class ClientLifecycle:
    """Base of `SmscClient`: an async context manager with a state.

    Args:
        config: As the user gave it.
        store: Where the rules' state is.
        make_runtime: Makes what exists while the client is in use.
    """

    def __init__(
        self, config: SmscConfig, store: RuleStore, make_runtime: Callable[[], ClientRuntime]
    ) -> None:
        self.config = config
        self._store = store
        self._make_runtime = make_runtime
        self._runtime: ClientRuntime | None = None
        self._left: InboundRouter | None = None  # what was unread when it was left
        self._last_stats = Stats()
        self._last_simulator: Simulator | None = None

    @hides_locals(SmscError)
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
        self._runtime = runtime = self._make_runtime()
        if self._left is not None:
            # Before the bind: it is older than what comes, and is kept if the bind fails.
            runtime.inbound.restore(self._left)
        try:
            await runtime.open()
        except BaseException:
            self._end(runtime)
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the client, as `aclose` does; after an exception without waiting for messages."""
        await self.aclose(None if exc_type is None else 0.0)

    @hides_locals(SmscError)
    async def aclose(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - ends typed, see below
        """Refuse new messages, wait for those under way and for handlers, unbind, close.

        Messages given to `send` before go on being written until the time is over. Then what was
        never written ends NOT_SENT, and what is in flight ends UNKNOWN unless its response comes
        before the end of the link (`timeouts.unbind`). From any task; further calls wait as well,
        and of several the first to end counts. A client that isn't open has nothing to close.
        Cancelling closes at once.

        Args:
            timeout: Seconds to wait for messages, 0 to a year; None takes `timeouts.drain`.

        Raises:
            ConfigError: *timeout* is no such number.
            ClientClosedError: It is called in another event loop than the client's.
        """
        if timeout is not None:
            check_duration("timeout", timeout, may_be_zero=True)
        runtime = self._runtime
        if runtime is None:
            return
        if not runtime.is_leaving:
            runtime.check_loop()
        try:
            await runtime.close(drain=self.config.timeouts.drain if timeout is None else timeout)
        finally:
            self._end(runtime)

    @hides_locals(SmscError)
    async def reconnect(self) -> None:
        """Try at once to bind the links that aren't bound; return when one of them is.

        Ends the pauses of the reconnect policy, and the state FAILED in which nothing is tried.
        Bound links stay as they are; if all are bound it does nothing. A link that the gateway has
        unbound is closed before its place is tried: when what is in flight is answered, and after
        `timeouts.unbind` at the latest, since until then the gateway may count it and refuse one
        more. If the attempt fails, more follow by the policy, unless the gateway refuses the
        credentials after FAILED. Cancelling is safe: it ends the wait only.

        Raises:
            ConnectFailedError: No host took the connection.
            BindRefusedError: The gateway refused the bind.
            LinkLostError: It hung up during the bind.
            ClientClosedError: The client isn't open, or was left meanwhile.
        """
        await self._open_runtime().pool.reconnect()

    @property
    def simulator(self) -> Simulator | None:
        """The simulator inside `sim://`; None before the first entering, and for any other URL.

        ::

            async with SmscClient("sim://") as smsc:
                await smsc.send(Sms(to="79991234567", text="Code: 4821"))
                if smsc.simulator:
                    print(smsc.simulator.messages[0].text)

        Its rules and the client's count by one clock, unless the client was given a *clock* that is
        no `GatewayClock`, or a *store* with such a one: then it has a clock of its own. Each
        entering starts another simulator; the last one can be read after leaving.
        """
        return self._last_simulator if self._runtime is None else self._runtime.simulator

    def stats(self) -> Stats:
        """Return the counters since the client was last entered."""
        return self._last_stats if self._runtime is None else self._runtime.stats()

    def health(self) -> Health:
        """Return the state of the links and of the rules' store."""
        rules = self._store.health()
        if self._runtime is None:
            return Health(LinkState.CLOSED, rules=rules)
        pool, dispatcher = self._runtime.pool, self._runtime.dispatcher
        bound, wanted = len(dispatcher.links), self.config.binds
        return Health(pool.state, bound, pool.bound_at, dispatcher.last_error, rules, wanted)

    def _end(self, runtime: ClientRuntime) -> None:
        """Keep the counters and what is unread, unless another caller did."""
        if self._runtime is runtime:
            self._last_stats = runtime.stats()
            self._last_simulator = runtime.simulator
            self._left = runtime.inbound
            self._runtime = None

    def _open_runtime(self) -> ClientRuntime:
        """Return the runtime, or raise ClientClosedError if the client can't be used here."""
        if self._runtime is None:
            raise ClientClosedError
        self._runtime.check_loop()
        return self._runtime

    def _readable(self) -> InboundRouter:
        """Return what can be read from: of the client in use, or what was left by then."""
        if self._runtime is not None:
            self._runtime.check_loop(may_leave=True)
            return self._runtime.inbound
        if self._left is None:
            raise ClientClosedError
        return self._left

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
