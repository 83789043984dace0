"""The rules in Lua, and calls of them.

Rule: `rules.lua` decides on the server what `rules.engine` decides in Python; the tests ask both
the same questions. Its keys and arguments are made here, its answers are read in `stores.redis`.
"""

from __future__ import annotations

import json
from binascii import hexlify
from hashlib import blake2b, sha1
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast

from smsc_async.rules.verdict import ANY_TIME, Admitted, Held
from smsc_async.stores._redis_turns import MICROSECONDS, microseconds
from smsc_async.stores._redis_workers import WORKER_TTL

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from smsc_async.rules.engine import Rules, Step
    from smsc_async.rules.verdict import Token, Verdict
    from smsc_async.stores._redis_turns import AccountTurns
    from smsc_async.stores._redis_workers import Workers

SCRIPT: Final = files("smsc_async.stores").joinpath("rules.lua").read_text("utf-8")
_WORKER_TTL: Final = microseconds(WORKER_TTL)
_SHA: Final = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()  # the server's name for it


class AnswerHead(NamedTuple):
    """What an answer of the script begins with.

    Args:
        server_now: When the script ran, in microseconds of the server's clock.
        free_at: The account's next free time, of the same clock.
        is_new: Whether this worker wasn't counted before this call.
        workers: The number of workers.
        present: Of those, how many have called since `Workers.since`.
        is_lost: Whether the server had lost its state.
    """

    server_now: int
    free_at: int
    is_new: int
    workers: int
    present: int
    is_lost: int


class CallAnswer(NamedTuple):
    """The answer to one call. Times are microseconds of the server's clock.

    Args:
        held_by: 0 if it is admitted, 1 for the repeat rule, 2 for flood, `PAUSED` if no turn is
            assigned, since the server has lost its state.
        at: When to write its first part, or when to try again.
        has_replaced: Whether it goes on with the reservation that it replaces.
        earliest: The earliest turn that the rules allow it; 0 for any.
    """

    held_by: int
    at: int
    has_replaced: int
    earliest: int


_new = tuple.__new__  # hot path

PAUSED: Final = 3
_HELD_BY: Final[dict[int, Literal["repeat", "flood"]]] = {1: "repeat", 2: "flood"}
_HEAD_LENGTH: Final = len(AnswerHead._fields)
_CALL_LENGTH: Final = len(CallAnswer._fields)
_CALL_PLACES: Final = range(_HEAD_LENGTH, _HEAD_LENGTH + _CALL_LENGTH)


class Answer(NamedTuple):
    """An answer of the script.

    Args:
        head: What it begins with.
        of_calls: The answer to each call, in their order.
    """

    head: AnswerHead
    of_calls: list[CallAnswer]

    @classmethod
    def read(cls, text: bytes | str) -> Answer:
        """Read what the server sent.

        Raises:
            AttributeError: It isn't an answer of this script.
            TypeError: As above.
            ValueError: As above.
        """
        numbers = list(map(int, text.split()))
        fields = [numbers[place::_CALL_LENGTH] for place in _CALL_PLACES]
        of_calls = [_new(CallAnswer, of_call) for of_call in zip(*fields, strict=True)]
        return cls(AnswerHead(*numbers[:_HEAD_LENGTH]), of_calls)


class ScriptCall:
    """One call of the script, and the future of the caller that awaits its verdict.

    Args:
        name: "apply" asks, "turn" asks for another turn of an admitted message, "release" gives
            back, "remember" records a message that is sent in any case, "return" gives back the
            turn of one part.
        step: The question.
        token: Of the reservation; of "return" the turn, in microseconds of the server's clock.
        at: Time of the first part's write, of this worker's clock; only for "remember".
        future: For the verdict; None if no caller awaits it.

    Attributes:
        interval: Seconds between two writes that the server was asked with.
    """

    __slots__ = ("at", "future", "interval", "name", "step", "token")

    def __init__(
        self,
        name: Literal["apply", "turn", "release", "remember", "return"],
        step: Step,
        token: Token,
        *,
        at: float = 0.0,
        future: asyncio.Future[Verdict] | None = None,
    ) -> None:
        self.name = name
        self.step = step
        self.token = token
        self.at = at
        self.future = future
        rules, _, _, _, _ = step
        self.interval = rules.interval

    @property
    def parts(self) -> int:
        """Number of parts of its message."""
        return self.step[3]

    @property
    def replaced(self) -> Token | None:
        """The reservation that its message replaces."""
        return self.step[4]

    @property
    def is_cancelled(self) -> bool:
        """Whether its caller was cancelled."""
        return self.future is not None and self.future.cancelled()

    @property
    def may_reserve(self) -> bool:
        """Whether the server may reserve something for it that no verdict reports."""
        future = self.future
        return (
            self.name == "apply"
            and future is not None
            and (not future.done() or future.cancelled())
        )

    def verdict(self, answer: CallAnswer, at: float) -> Admitted | Held:
        """Return the verdict of an answer that isn't `PAUSED`.

        Args:
            answer: The server's.
            at: Its time, of this worker's clock.
        """
        held_by, server_at, has_replaced, earliest = answer
        if held_by:
            return Held(_HELD_BY[held_by], at)
        token = self.replaced if has_replaced else self.token
        passes_at = at + (earliest - server_at) / MICROSECONDS if earliest else ANY_TIME
        return _new(Admitted, (token or self.token, at, self.interval, passes_at))

    def arguments(
        self, now: float, factor: float, numbers: dict[tuple[Rules, float], int]
    ) -> tuple[object, ...]:
        """Return its list of arguments, as the head of `rules.lua` describes it.

        Args:
            now: The current time, of this worker's clock.
            factor: By how much the interval is longer, see `Workers.interval_factor`.
            numbers: The numbers of the rules and intervals of all calls; completed here.
        """
        rules, _, _, parts, replaced = self.step
        if self.future is not None:
            self.interval = rules.interval * factor
        return (
            self.name,
            self.token,
            "" if replaced is None else replaced,
            parts,
            microseconds(now - self.at) if self.name == "remember" else 0,
            numbers.setdefault((rules, self.interval), len(numbers) + 1),
        )


class RuleScript:
    """The script on one server, for one account.

    Args:
        redis: A client of redis-py.
        no_script: The error of a server that hasn't loaded the script yet.
        prefix: Of all keys.
        key: Of the hashes of recipients.
        clock: Of this worker.
        workers: Of the account.
        turns: Of the account, and of this worker.
        on_lost: Called when the server has lost its state, or a part of it.
        assigned_until: Returns until when this worker has assigned times without the server, of its
            own clock.

    Attributes:
        is_leaving: Whether a call without messages ends the count of this worker.
    """

    def __init__(  # noqa: PLR0917 - made in one place
        self,
        redis: Any,  # noqa: ANN401 - a client of an extra
        no_script: type[Exception],
        prefix: str,
        key: bytes,
        clock: Callable[[], float],
        workers: Workers,
        turns: AccountTurns,
        on_lost: Callable[[], None],
        assigned_until: Callable[[], float],
    ) -> None:
        self._redis = redis
        self._no_script = no_script
        self.prefix = prefix
        self._request_prefix = f"{prefix}request:".encode()
        self._streak_prefix = f"{prefix}row:".encode()
        self._new_hash = blake2b(key=key, digest_size=16).copy  # hot path
        self._clock = clock
        self._workers = workers
        self._turns = turns
        self._on_lost = on_lost
        self._assigned_until = assigned_until
        self.is_leaving = False
        # Tests move time with it: a time in place of the server's, in microseconds.
        self.frozen_at: int | None = None

    async def run(self, calls: list[ScriptCall]) -> Answer:
        """Run the script and return its answer, also without a call."""
        frozen_at = "" if self.frozen_at is None else self.frozen_at
        now = self._clock()
        self._turns.called_at = now
        keys: list[str | bytes] = [
            f"{self.prefix}rate",
            f"{self.prefix}workers",
            f"{self.prefix}paused",
        ]
        for call in calls:
            keys += self._keys(call.step)
        keys.append(f"{self.prefix}returned")
        factor, turns = self._workers.interval_factor(now), self._turns
        life = 0 if self.is_leaving and not calls else _WORKER_TTL
        assigned = microseconds(max(0.0, self._assigned_until() - now))
        answered_at = turns.server_answered_at if self._workers.is_counted else 0
        # Nearly all is one argument: hot path.
        worker = f"{life},{self._workers.since},{assigned},{answered_at}"
        numbers: dict[tuple[Rules, float], int] = {}
        asked = json.dumps([call.arguments(now, factor, numbers) for call in calls])
        rules = json.dumps([_rules_of(*each) for each in numbers])
        told = f"[[{worker},{turns.last},{turns.assigned_until}],{rules},{asked}]"
        arguments = (frozen_at, self._workers.id, told)
        try:
            text = await self._redis.evalsha(_SHA, len(keys), *keys, *arguments)
        except self._no_script:
            text = await self._redis.eval(SCRIPT, len(keys), *keys, *arguments)
        answer = Answer.read(text)
        if answer.head.is_lost:
            self._on_lost()
        return answer

    def _keys(self, step: Step) -> tuple[bytes, bytes]:
        """Return the keys of a request and of its recipient's streak; as octets: hot path."""
        _, request, to, _, _ = step
        state = self._new_hash()
        state.update(to.encode("utf-8", "surrogatepass"))
        return (
            self._request_prefix + hexlify(cast("bytes", request)),
            self._streak_prefix + state.hexdigest().encode(),
        )


def _rules_of(rules: Rules, interval: float) -> tuple[float, ...]:
    """Return rules as the script reads them."""
    return (
        microseconds(rules.repeat_window),
        rules.flood_length if rules.flood_gap else 0,
        microseconds(rules.flood_gap),
        microseconds(interval),
    )
