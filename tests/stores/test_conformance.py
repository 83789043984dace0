"""What every rule store does, whatever it is made of.

Rule: no test here knows which store it has, and each asks as a client does: `apply_now` first, then
`apply` if that doesn't decide. Times are compared to a thousandth of a second, since a server
counts whole microseconds.
"""

from __future__ import annotations

import asyncio
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from rules_world import decide, give_back_turns

from smsc_async import GatewayLimits
from smsc_async.rules.verdict import Admitted, Held

if TYPE_CHECKING:
    from rules_world import World

    from smsc_async.rules.engine import Step


def about(seconds: float) -> object:
    """Return what equals a duration of about so many seconds."""
    return pytest.approx(seconds, abs=0.001)


async def admitted(world: World, step: Step) -> Admitted:
    """Ask, and expect an admission."""
    verdict, _ = await world.ask(step)
    assert isinstance(verdict, Admitted)
    return verdict


async def held(world: World, step: Step) -> tuple[str, float]:
    """Ask, and expect a hold; return the rule and the seconds to wait."""
    verdict, now = await world.ask(step)
    assert isinstance(verdict, Held)
    return verdict.rule, verdict.retry_at - now


async def release(world: World, step: Step, answer: Admitted) -> None:
    """Give a reservation back where it was made, and wait until it is shared."""
    store = world.asked
    store.release(step, answer)
    await store.flush()


async def postpone(world: World, step: Step, answer: Admitted, index: int = 0) -> Admitted:
    """Record a late part where the message was admitted, and wait until that is shared."""
    store = world.asked
    later = store.postpone(step, answer, index)
    await store.flush()
    return later


async def test_identical_message_is_held_for_61_seconds(world: World) -> None:
    """«Сервер не принимает более одного одинакового запроса…в течение минуты…», and a second."""
    await admitted(world, world.step())
    world.move(20.0)

    assert ("repeat", about(41.0)) == await held(world, world.step())

    world.move(40.0)
    assert ("repeat", about(1.0)) == await held(world, world.step())


async def test_repeat_passes_exactly_at_its_retry_at(world: World) -> None:
    """A sender that waits until `retry_at` isn't held again; one millisecond earlier it is."""
    await admitted(world, world.step())

    world.move(60.999)
    assert ("repeat", about(0.001)) == await held(world, world.step())
    world.move(0.001)
    await admitted(world, world.step())


async def test_fifty_pass_and_the_next_waits_for_a_gap(world: World) -> None:
    """«…блокирует отправку более 50 сообщений одному абоненту…»: 31 s after the last one."""
    for number in range(50):
        await admitted(world, world.step(f"Text {number}"))
        world.move(1.0)

    assert ("flood", about(30.0)) == await held(world, world.step("Text 50"))

    world.move(20.0)  # the held attempt hasn't prolonged the streak
    assert ("flood", about(10.0)) == await held(world, world.step("Text 51"))


async def test_flood_passes_at_the_very_instant_of_its_retry_at(world: World) -> None:
    """The gap is 31 s and not more; a millisecond less is still the same streak."""
    await admitted(world, world.step("long", parts=50))

    world.move(30.999)
    assert ("flood", about(0.001)) == await held(world, world.step("next"))
    world.move(0.001)
    await admitted(world, world.step("next"))


@pytest.mark.parametrize("parts", [49, 50])
async def test_long_message_to_a_new_subscriber_counts_with_each_part(
    world: World, parts: int
) -> None:
    """Counted as one, it would let a flood reach the gateway."""
    await admitted(world, world.step("long", parts=parts))
    for number in range(50 - parts):
        await admitted(world, world.step(f"Text {number}"))

    assert "flood" == (await held(world, world.step("one more")))[0]


async def test_long_message_in_a_streak_counts_with_each_part(world: World) -> None:
    """48 and 3 are more than fifty, 48 and 2 aren't."""
    await admitted(world, world.step("long", parts=48))

    assert "flood" == (await held(world, world.step("three", parts=3)))[0]
    await admitted(world, world.step("two", parts=2))


async def test_another_subscriber_has_a_streak_of_their_own(world: World) -> None:
    """The fifty are counted for each subscriber."""
    await admitted(world, world.step(parts=50))

    await admitted(world, world.step(to="79991234568"))


async def test_message_held_by_one_rule_is_counted_by_none(world: World) -> None:
    """What the flood rule holds isn't a repeat when it is sent again."""
    first = world.step("long", parts=50)
    answer = await admitted(world, first)
    store = world.asked
    assert "flood" == (await held(world, world.step("next")))[0]

    store.release(first, answer)
    await store.flush()

    await admitted(world, world.step("next"))


async def test_of_two_rules_the_one_that_holds_longest_is_named(world: World) -> None:
    """A sender that waited for the other one would be held again."""
    await admitted(world, world.step("first"))
    world.move(20.0)
    await admitted(world, world.step("long", parts=49))

    assert ("repeat", about(41.0)) == await held(world, world.step("first"))

    world.move(20.0)
    assert "flood" == (await held(world, world.step("next")))[0]
    world.move(10.9)  # ten seconds of the minute are left, a tenth of a second of the gap
    assert ("repeat", about(10.1)) == await held(world, world.step("first"))


async def test_flood_is_named_if_it_holds_longer_than_the_repeat(world: World) -> None:
    """The minute of the first message is nearly over when the streak is full."""
    await admitted(world, world.step("first"))
    for number in range(2):
        world.move(25.0)
        await admitted(world, world.step(f"long {number}", parts=24 + number))

    assert ("flood", about(31.0)) == await held(world, world.step("first"))


async def test_refused_message_may_be_sent_again_at_once(world: World) -> None:
    """A definite refusal gives the reservation back."""
    step = world.step()

    await release(world, step, await admitted(world, step))

    await admitted(world, step)


async def test_refused_long_message_leaves_no_part_in_the_streak(world: World) -> None:
    """All its parts are given back, not one: else fifty messages would be a flood."""
    step = world.step("refused", parts=48)

    await release(world, step, await admitted(world, step))

    await admitted(world, world.step("long", parts=50))


async def test_late_refusal_does_not_free_a_newer_request(world: World) -> None:
    """A minute later the same text was sent again: only that reservation holds a repeat."""
    step = world.step()
    first = await admitted(world, step)
    store = world.asked
    world.move(61.0)
    await admitted(world, step)

    store.release(step, first)
    await store.flush()

    assert ("repeat", about(61.0)) == await held(world, step)


async def test_refusal_after_all_windows_changes_nothing(world: World) -> None:
    """The state of the message may be gone by then."""
    step = world.step()
    first = await admitted(world, step)
    store = world.asked
    for number in range(3):
        world.move(61.0)
        await admitted(world, world.step(f"Text {number}", to="79991234568"))

    store.release(step, first)
    await store.flush()

    await admitted(world, world.step("long", parts=50))
    assert "flood" == (await held(world, world.step("next")))[0]


async def test_unknown_outcome_keeps_its_reservation(world: World) -> None:
    """Its repeat is held, and a deliberate resend starts the minute anew."""
    first = await admitted(world, world.step())
    world.move(10.0)
    await held(world, world.step())

    again = await admitted(world, world.step(token=first.token))

    assert first.token == again.token
    world.move(55.0)
    assert ("repeat", about(6.0)) == await held(world, world.step())


async def test_what_replaces_an_unknown_outcome_is_not_given_back(world: World) -> None:
    """The first message may have arrived, whatever became of the second."""
    first = await admitted(world, world.step())
    step = world.step(token=first.token)

    await release(world, step, await admitted(world, step))

    await held(world, world.step())


async def test_message_that_is_sent_again_is_counted_once(world: World) -> None:
    """A streak of fifty that includes it is still one of fifty."""
    first = await admitted(world, world.step())
    await admitted(world, world.step("long", parts=49))

    await admitted(world, world.step(token=first.token))

    await held(world, world.step("next"))


async def test_unknown_token_replaces_nothing(world: World) -> None:
    """Only the token of the reservation itself allows a resend."""
    await admitted(world, world.step())

    assert "repeat" == (await held(world, world.step(token="other-1")))[0]


async def test_rate_is_kept_in_the_order_of_asking(world: World) -> None:
    """Each part gets its own time, an interval after the one before; none is refused."""
    world.use(GatewayLimits(rate=1.05))  # an interval of one second

    verdicts = [await world.ask(world.step(f"Text {number}", parts=2)) for number in range(4)]

    waits = [verdict.not_before - now for verdict, now in verdicts if isinstance(verdict, Admitted)]
    assert [about(0.0), about(2.0), about(4.0), about(6.0)] == waits


async def test_rate_is_shared_by_all_recipients_of_the_account(world: World) -> None:
    """Single messages to new subscribers are an interval apart, too."""
    world.use(GatewayLimits(rate=1.05))  # an interval of one second

    verdicts = [await world.ask(world.step(to=f"7999123456{number}")) for number in range(3)]

    waits = [verdict.not_before - now for verdict, now in verdicts if isinstance(verdict, Admitted)]
    assert [about(0.0), about(1.0), about(2.0)] == waits


async def test_burst_is_decided_in_its_order(world: World) -> None:
    """250 messages of one iteration of the event loop get times in the order of asking."""
    world.use(GatewayLimits(rate=100.0))
    store = world.stores[0]
    steps = [world.step(f"Text {number}", to=f"7999{number:07d}") for number in range(250)]

    verdicts = await asyncio.gather(*(decide(store, step) for step in steps))

    times = [verdict.not_before for verdict in verdicts if isinstance(verdict, Admitted)]
    assert 250 == len(times)
    assert sorted(times) == times
    assert about(249 * 0.0105) == times[-1] - times[0]


async def test_next_message_gets_the_turn_that_was_given_back(world: World) -> None:
    """It isn't another's, and after it the order goes on at the end."""
    world.use(GatewayLimits(rate=1.05))  # an interval of one second
    asked = [
        (world.step(to=f"7999123456{n}"), world.stores[n % len(world.stores)]) for n in range(4)
    ]
    answers = [await admitted(world, step) for step, _ in asked]
    first = answers[0].not_before - world.stores[0].now()

    give_back_turns(asked[2][1], answers[2])
    await asked[2][1].flush()

    waits = []
    for number in range(2):
        verdict, now = await world.ask(world.step(to=f"7999123457{number}"))
        assert isinstance(verdict, Admitted)
        waits.append(verdict.not_before - now - first)
    assert [about(2.0), about(4.0)] == waits


async def test_idle_account_sends_at_once_when_all_turns_were_given_back(world: World) -> None:
    """1500 cancelled messages delay nothing, in whatever order they are cancelled."""
    world.use(GatewayLimits(rate=100.0))
    steps = [world.step(f"Text {number}", to=f"7999{number:07d}") for number in range(1500)]
    stores = [world.stores[number % len(world.stores)] for number in range(1500)]
    answers = [await decide(store, step) for store, step in zip(stores, steps, strict=True)]
    world.move(1.0)

    cancelled = list(zip(stores, steps, answers, strict=True))
    Random(1).shuffle(cancelled)  # noqa: S311 - a fixed order
    for store, step, answer in cancelled:
        assert isinstance(answer, Admitted)
        store.release(step, answer)
        give_back_turns(store, answer)
    for store in world.stores:
        await store.flush()

    verdict, now = await world.ask(world.step("next"))
    assert isinstance(verdict, Admitted)
    assert verdict.not_before - now <= 0.0106


async def test_turn_that_has_come_is_not_given_back(world: World) -> None:
    """Another message in it would be late, and closer to the next than the rate allows."""
    world.use(GatewayLimits(rate=1.05))  # an interval of one second
    await admitted(world, world.step("one"))
    second, store = await admitted(world, world.step("two")), world.asked
    world.move(1.0)

    give_back_turns(store, second)
    give_back_turns(store, second)
    await store.flush()

    verdict, now = await world.ask(world.step("three"))
    assert isinstance(verdict, Admitted)
    assert about(1.0) == verdict.not_before - now


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.takes_up_to(5, reason="a server is asked several hundred times")
async def test_turns_that_are_used_are_an_interval_apart(world: World, seed: int) -> None:
    """However messages, cancels and pauses are mixed, and whichever worker they come from."""
    world.use(GatewayLimits(rate=10.5))  # an interval of a tenth of a second
    random = Random(seed)  # noqa: S311 - a fixed order
    used: dict[int, tuple[Any, Admitted, int, float]] = {}
    for number in range(150):
        action = random.random()
        if action < 0.6:
            parts = random.choice([1, 1, 1, 3])
            answer = await admitted(world, world.step(to=f"7999{number:07d}", parts=parts))
            ahead = world.asked.now() - world.moved
            used[number] = world.asked, answer, parts, answer.not_before - ahead
        elif action < 0.9 and used:
            store, answer, parts, at = used[chosen := random.choice(list(used))]
            if at > world.moved:
                del used[chosen]
                give_back_turns(store, answer, parts)
                await store.flush()
        else:
            world.move(random.choice([0.03, 0.1, 0.5]))

    times = sorted(at + 0.1 * part for _, _, parts, at in used.values() for part in range(parts))
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) > 0.0999


async def test_cancelled_message_may_be_sent_again_at_once(world: World) -> None:
    """Nothing of it is counted: neither as a repeat nor in the subscriber's streak."""
    world.use(GatewayLimits(rate=1.05))  # an interval of one second
    await admitted(world, world.step("first", to="79991234568"))
    step = world.step("cancelled", parts=50)
    answer = await admitted(world, step)

    give_back_turns(world.asked, answer, 50)
    await release(world, step, answer)

    again, now = await world.ask(step)
    assert isinstance(again, Admitted)
    assert about(1.0) == again.not_before - now


async def test_message_that_is_too_early_for_a_returned_turn_is_held(world: World) -> None:
    """A repeat that passed in a late turn doesn't pass in an earlier one."""
    world.use(GatewayLimits(rate=1.05))  # an interval of one second
    await admitted(world, world.step())
    world.move(50.0)
    backlog = []
    for number in range(2):
        step = world.step(to=f"7999123457{number}", parts=10)
        backlog.append((await admitted(world, step), world.asked))
    repeat, now = await world.ask(world.step())
    assert isinstance(repeat, Admitted)
    assert (about(20.0), about(11.0)) == (repeat.not_before - now, repeat.earliest - now)

    for answer, store in reversed(backlog):
        give_back_turns(store, answer, 10)
        await store.flush()

    assert "repeat" == (await held(world, world.step()))[0]


async def test_minute_of_a_late_message_begins_with_its_write(world: World) -> None:
    """It waited for a slot of the window, and the gateway counts from its arrival."""
    step = world.step()
    answer = await admitted(world, step)
    world.move(30.0)

    later = await postpone(world, step, answer)

    assert about(30.0) == later.not_before - answer.not_before
    world.move(40.0)
    assert ("repeat", about(21.0)) == await held(world, world.step())


async def test_minute_of_a_very_late_message_is_a_whole_one(world: World) -> None:
    """Written when its first minute was nearly over, it is remembered for the next."""
    step = world.step()
    answer = await admitted(world, step)
    world.move(60.5)

    await postpone(world, step, answer)

    for _ in range(3):
        world.move(20.0)
        await admitted(world, world.step(f"At {world.moved}", to="79991234568"))
    assert ("repeat", about(1.0)) == await held(world, world.step())


async def test_late_part_prolongs_the_streak(world: World) -> None:
    """Gaps are counted from the last part, whenever that was written."""
    world.use(GatewayLimits(rate=1.05))  # an interval of one second
    step = world.step("long", parts=50)
    answer = await admitted(world, step)
    world.move(55.0)  # the last part was due at 49

    later = await postpone(world, step, answer, 49)

    assert about(55.0) == later.not_before + 49 * later.interval - answer.not_before
    assert ("flood", about(31.0)) == await held(world, world.step("next"))


async def test_late_long_message_is_remembered_until_its_last_part_and_a_gap(world: World) -> None:
    """Forgotten early, it would be followed by a flood."""
    world.use(GatewayLimits(rate=1.05))  # an interval of one second
    step = world.step("long", parts=50)
    answer = await admitted(world, step)
    store = world.asked
    world.move(62.0)
    await admitted(world, world.step("other", to="79991234568"))  # old state may be dropped here
    world.move(49.0)

    store.postpone(step, answer)  # at 111: the last part is due at 160, the gap ends at 191
    await store.flush()

    world.move(13.0)
    await admitted(world, world.step("another", to="79991234568"))  # and here
    world.move(62.0)
    assert ("flood", about(5.0)) == await held(world, world.step("next"))


async def test_message_that_is_late_by_a_streak_is_counted_in_the_next(world: World) -> None:
    """The streak that it was admitted to is over when it is written."""
    step = world.step(parts=30)
    answer = await admitted(world, step)
    store = world.asked
    world.move(40.0)
    await admitted(world, world.step("next", parts=20))

    store.postpone(step, answer)
    await store.flush()

    assert "flood" == (await held(world, world.step("one more")))[0]


async def test_message_that_is_late_by_a_gap_starts_a_streak(world: World) -> None:
    """The streak that it was admitted to ends 31 s after its last message, exactly then."""
    step = world.step("late", parts=30)
    answer = await admitted(world, step)
    store = world.asked
    await admitted(world, world.step("in time", parts=20))
    world.move(31.0)

    store.postpone(step, answer)
    await store.flush()

    await admitted(world, world.step("next", parts=20))
    assert "flood" == (await held(world, world.step("one more")))[0]


async def test_late_part_counts_from_the_first_without_a_flood_rule(world: World) -> None:
    """The parts before it keep their distance: the minute doesn't begin with the late one."""
    world.use(GatewayLimits(rate=1.05, flood_gap=None))  # an interval of one second
    step = world.step("long", parts=3)
    answer = await admitted(world, step)
    world.move(30.0)

    later = await postpone(world, step, answer, 2)

    assert about(28.0) == later.not_before - answer.not_before
    assert ("repeat", about(59.0)) == await held(world, world.step("long", parts=3))


async def test_peek_predicts_a_hold_and_changes_nothing(world: World) -> None:
    """`plan` and `send_many` look ahead with it, by what this worker has sent itself."""
    step, store = world.step(), world.stores[0]
    assert store.peek(step, store.now()) is None
    assert store.peek(step, store.now()) is None
    await decide(store, step)

    known = store.peek(step, store.now())

    assert known is not None
    assert ("repeat", about(61.0)) == (known.rule, known.retry_at - store.now())


async def test_no_rule_holds_nothing(world: World) -> None:
    """`GatewayLimits.off()` is for another SMSC."""
    world.use(GatewayLimits.off())

    for _ in range(60):
        await admitted(world, world.step())


async def test_closing_a_store_twice_does_no_harm(world: World) -> None:
    """A client and its owner may both close it."""
    for store in world.stores:
        assert not store.health().is_degraded
        await store.aclose()
