"""What every store does, in the same words for each.

Rule: nothing here knows which store it is. Instants are compared to a thousandth of a second, since
a server counts in whole microseconds.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from smsc_async import GatewayLimits
from smsc_async.rules.verdict import Admitted, Held

if TYPE_CHECKING:
    from rules_world import World

    from smsc_async.rules.engine import Step


def about(seconds: float) -> object:
    """Return what equals a duration of about so many seconds."""
    return pytest.approx(seconds, abs=0.001)


async def admitted(world: World, step: Step) -> Admitted:
    """Ask, and expect a yes."""
    verdict, _ = await world.ask(step)
    assert isinstance(verdict, Admitted)
    return verdict


async def held(world: World, step: Step) -> tuple[str, float]:
    """Ask, and expect a no; return the rule and the seconds to wait."""
    verdict, now = await world.ask(step)
    assert isinstance(verdict, Held)
    return verdict.rule, verdict.retry_at - now


async def test_same_message_is_held_for_61_seconds(world: World) -> None:
    """«Сервер не принимает более одного одинакового запроса…в течение минуты…», and a second."""
    await admitted(world, world.step())
    world.move(20.0)

    assert ("repeat", about(41.0)) == await held(world, world.step())

    world.move(40.0)
    assert ("repeat", about(1.0)) == await held(world, world.step())
    world.move(1.1)
    await admitted(world, world.step())


async def test_fifty_pass_and_the_next_waits_for_a_gap(world: World) -> None:
    """«…блокирует отправку более 50 сообщений одному абоненту…»: 31 s after the last one."""
    for number in range(50):
        await admitted(world, world.step(f"Text {number}"))
        world.move(1.0)

    assert ("flood", about(30.0)) == await held(world, world.step("Text 50"))

    world.move(20.0)  # the attempt hasn't lengthened the row
    assert ("flood", about(10.0)) == await held(world, world.step("Text 51"))
    world.move(10.1)
    await admitted(world, world.step("Text 50"))


async def test_parts_count_singly(world: World) -> None:
    """48 and 3 are more than fifty, 48 and 2 aren't."""
    await admitted(world, world.step("long", parts=48))

    assert "flood" == (await held(world, world.step("three", parts=3)))[0]
    await admitted(world, world.step("two", parts=2))


async def test_another_subscriber_has_a_row_of_their_own(world: World) -> None:
    """And texts of their own."""
    await admitted(world, world.step(parts=50))

    await admitted(world, world.step(to="79991234568"))


async def test_rules_hold_together_or_not_at_all(world: World) -> None:
    """What the flood rule holds isn't a repeat when it is sent again."""
    first = world.step("long", parts=50)
    answer = await admitted(world, first)
    assert "flood" == (await held(world, world.step("next")))[0]

    for store in world.stores:
        store.release(first, answer)
        await store.flush()

    await admitted(world, world.step("next"))


async def test_refused_message_may_be_sent_again_at_once(world: World) -> None:
    """A definite refusal gives the reservation back."""
    step = world.step()
    store = world.stores[0]
    answer = await store.apply(step)
    assert isinstance(answer, Admitted)

    store.release(step, answer)
    await store.flush()

    await admitted(world, step)


async def test_unknown_outcome_keeps_its_reservation(world: World) -> None:
    """Nobody gives it back, so its repeat is held; and it may be sent again on purpose."""
    first = await admitted(world, world.step())
    world.move(10.0)
    await held(world, world.step())

    again = await admitted(world, world.step(token=first.token))

    assert first.token == again.token
    world.move(55.0)
    assert ("repeat", about(6.0)) == await held(world, world.step())


async def test_what_replaces_an_unknown_outcome_is_not_given_back(world: World) -> None:
    """The first one may have arrived, whatever became of the second."""
    first = await admitted(world, world.step())
    store, step = world.stores[0], world.step(token=first.token)
    again = await store.apply(step)
    assert isinstance(again, Admitted)

    store.release(step, again)
    await store.flush()

    await held(world, world.step())


async def test_message_that_is_sent_again_is_counted_once(world: World) -> None:
    """A row of fifty with it in is still one of fifty."""
    first = await admitted(world, world.step())
    await admitted(world, world.step("long", parts=49))

    await admitted(world, world.step(token=first.token))

    await held(world, world.step("next"))


async def test_foreign_token_opens_nothing(world: World) -> None:
    """It names no reservation here."""
    await admitted(world, world.step())

    assert "repeat" == (await held(world, world.step(token="somebody-1")))[0]


async def test_rate_is_kept_in_the_order_of_asking(world: World) -> None:
    """Each part has its own instant; nobody overtakes, nobody is refused."""
    world.use(GatewayLimits(rate=1.05))  # an interval of one second

    verdicts = [await world.ask(world.step(f"Text {number}", parts=2)) for number in range(4)]

    waits = [verdict.part_at(0) - now for verdict, now in verdicts if isinstance(verdict, Admitted)]
    assert [about(0.0), about(2.0), about(4.0), about(6.0)] == waits


async def test_burst_is_decided_in_its_order(world: World) -> None:
    """All asked in one turn of the loop."""
    world.use(GatewayLimits(rate=100.0))
    store = world.stores[0]

    steps = [world.step(f"Text {number}", to=f"7999{number:07d}") for number in range(250)]

    verdicts = await asyncio.gather(*map(store.apply, steps))

    instants = [verdict.not_before for verdict in verdicts if isinstance(verdict, Admitted)]
    assert 250 == len(instants)
    assert sorted(instants) == instants
    assert about(249 * 0.0105) == instants[-1] - instants[0]


async def test_minute_of_a_late_message_begins_with_its_write(world: World) -> None:
    """It waited for a slot, and the gateway counts from its arrival."""
    step, store = world.step(), world.stores[0]
    answer = await store.apply(step)
    assert isinstance(answer, Admitted)
    world.move(30.0)

    later = store.postpone(step, answer)
    await store.flush()

    assert about(30.0) == later.not_before - answer.not_before
    world.move(40.0)
    assert ("repeat", about(21.0)) == await held(world, world.step())


async def test_late_part_prolongs_the_row(world: World) -> None:
    """Gaps are counted from the last part, whenever that was written."""
    world.use(GatewayLimits(rate=1.05))
    step, store = world.step("long", parts=50), world.stores[0]
    answer = await store.apply(step)
    assert isinstance(answer, Admitted)
    world.move(55.0)  # the last part was due at 49

    later = store.postpone(step, answer, 49)
    await store.flush()

    assert about(55.0) == later.part_at(49) - answer.not_before
    assert ("flood", about(31.0)) == await held(world, world.step("next"))


async def test_message_that_is_late_by_a_row_is_counted_in_the_next(world: World) -> None:
    """The row it was admitted to is over when it is written."""
    step, store = world.step(parts=30), world.stores[0]
    answer = await store.apply(step)
    assert isinstance(answer, Admitted)
    world.move(40.0)
    await admitted(world, world.step("next", parts=20))

    store.postpone(step, answer)
    await store.flush()

    assert "flood" == (await held(world, world.step("one more")))[0]


async def test_peek_tells_what_a_worker_knows_and_remembers_nothing(world: World) -> None:
    """Without asking anybody."""
    step, store = world.step(), world.stores[0]
    assert store.peek(step, store.now()) is None
    assert store.peek(step, store.now()) is None
    await store.apply(step)

    known = store.peek(step, store.now())

    assert known is not None
    assert ("repeat", about(61.0)) == (known.rule, known.retry_at - store.now())


async def test_no_rule_holds_nothing(world: World) -> None:
    """`GatewayLimits.off()` is for another SMSC."""
    world.use(GatewayLimits.off())

    for _ in range(60):
        await admitted(world, world.step())


async def test_store_is_well_and_closes(world: World) -> None:
    """Twice does no harm."""
    for store in world.stores:
        assert not store.health().is_degraded
        await store.aclose()
        assert repr(store)
