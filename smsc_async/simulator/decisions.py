"""Whether the simulated SMSC accepts a bind, a submit_sm or a query_sm, and why not.

Rule: a decision has a refusal, or None, and answers nothing: the response is `smsc`'s. What SMPP
itself excludes is in `conformance`, the gateway's rules are in `enforcement`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pdu import CommandStatus
from smsc_async.simulator import refusals
from smsc_async.simulator.conformance import check_bind, check_query, check_submit
from smsc_async.simulator.refusals import refuse

if TYPE_CHECKING:
    from pdu import QuerySm
    from smsc_async.simulator.accounts import ClientLink
    from smsc_async.simulator.received import ReceivedSubmit
    from smsc_async.simulator.records import SubmittedPart
    from smsc_async.simulator.refusals import Refusal
    from smsc_async.simulator.scenario import Scenario
    from smsc_async.simulator.state import SmscState


def refusal_of_bind(scenario: Scenario, pdu: Any) -> Refusal | None:  # noqa: ANN401 - one of three binds
    """Return why a bind is refused, None if it isn't."""
    if scenario.bind_status:
        return refuse(scenario.bind_status, refusals.SCENARIO)
    if scenario.strict and (refusal := check_bind(pdu)):
        return refusal
    if scenario.accounts is None:
        return None
    password = scenario.accounts.get(pdu.system_id)
    if password is None:
        return refuse(CommandStatus.ESME_RINVSYSID, refusals.UNKNOWN_LOGIN)
    if pdu.password != password:
        return refuse(CommandStatus.ESME_RINVPASWD, refusals.WRONG_PASSWORD)
    return None


def verdict_on_submit(
    state: SmscState, link: ClientLink, submit: ReceivedSubmit, now: float
) -> tuple[Refusal | None, int]:
    """Decide about a submit_sm; a rule that it passes counts it.

    Args:
        state: Scenario, date and counters.
        link: Which it came over.
        submit: The request.
        now: Current time, in seconds.

    Returns:
        Why it is refused, None if it isn't; and the delivery error of its receipt, 0 for none.
    """
    scenario, view = state.scenario, submit.view
    if link.unanswered >= scenario.window:
        throttled = CommandStatus.ESME_RTHROTTLED
        return refuse(throttled, refusals.WINDOW_FULL, window=scenario.window), 0
    if scenario.strict:
        version, at = link.interface_version, state.date_at(now)
        refusal = check_submit(submit.pdu, version=version, at=at)
        if refusal is not None:
            return refusal, 0
    status = scenario.submit_status
    status = status(view) if callable(status) else status
    if status:
        return refuse(status, refusals.SCENARIO), 0
    rules = scenario.rules
    if rules is None:
        return None, 0
    is_part = submit.segment.total > 1
    rule = link.account.enforcement.check(rules, view, now, is_part=is_part)
    if rule is None:
        return None, 0
    state.stats.stopped += 1
    status, error = scenario.answer_to(rule)
    refusal = refusals.of_rule(rule, rules, status, link.account.enforcement.retry_after)
    return (refusal, 0) if status else (None, error)


def refusal_of_query(
    scenario: Scenario, link: ClientLink, pdu: QuerySm, part: SubmittedPart | None
) -> Refusal | None:
    """Return why a query_sm is refused, None if it isn't.

    Args:
        scenario: How strict the SMSC is.
        link: Which the query came over.
        pdu: The query.
        part: The part with its message_id, None if there is no such part.
    """
    if part is None or part.system_id != link.account.system_id:
        return refuse(CommandStatus.ESME_RINVMSGID, refusals.UNKNOWN_ID)
    return check_query(pdu, part) if scenario.strict else None
