"""Whether the simulated SMSC accepts a bind, a submit_sm or a query_sm, and why not.

Rule: a decision has a refusal, or None, and sends nothing: the response is `smsc`'s. It changes
what rules remember, and the counter of what they stop. What SMPP itself excludes is in
`conformance`, the gateway's rules are in `enforcement`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pdu import CommandStatus
from smsc_async.instrumentation import call_logged
from smsc_async.simulator import refusals
from smsc_async.simulator.conformance import check_bind, check_query, check_submit
from smsc_async.simulator.records import RuleStop
from smsc_async.simulator.refusals import Refusal, refuse
from smsc_async.simulator.scenario import LARGEST_STATUS

if TYPE_CHECKING:
    from datetime import datetime

    from pdu import QuerySm
    from smsc_async.rules.limits import GatewayLimits
    from smsc_async.simulator.accounts import ClientLink
    from smsc_async.simulator.enforcement import RuleEnforcement
    from smsc_async.simulator.fates import Fate
    from smsc_async.simulator.received import ReceivedSubmit
    from smsc_async.simulator.records import SubmittedPart
    from smsc_async.simulator.scenario import Scenario, StoppedBy, SubmitView
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


class SubmitVerdict(NamedTuple):
    """What is decided about a submit_sm.

    Args:
        refusal: Why it is refused, None if it isn't.
        stop: The rule that stops it, refused or not; None for none.
        error: The delivery error with which a rule ends it after it was accepted; 0 for none.
    """

    refusal: Refusal | None = None
    stop: RuleStop | None = None
    error: int = 0


_ACCEPTED: Final = SubmitVerdict()


def verdict_on_submit(  # noqa: PLR0911, PLR0917 - the reasons in their order; one caller
    state: SmscState, link: ClientLink, submit: ReceivedSubmit, fate: Fate, number: int, now: float
) -> SubmitVerdict:
    """Decide about a submit_sm; a rule that it passes counts it.

    Args:
        state: Scenario, date and counters.
        link: Which it came over.
        submit: The request.
        fate: What becomes of it, beside what the scenario says.
        number: Of the message.
        now: The links' time.
    """
    scenario, view = state.scenario, submit.view
    if link.unanswered >= scenario.window:
        throttled = CommandStatus.ESME_RTHROTTLED
        return SubmitVerdict(refuse(throttled, refusals.WINDOW_FULL, window=scenario.window))
    if scenario.strict:
        version, at = link.interface_version, state.date_at(now)
        refusal = check_submit(submit.pdu, version=version, at=at)
        if refusal is not None:
            return SubmitVerdict(refusal)
    if fate.command_status is not None:
        return SubmitVerdict(refuse(fate.command_status, refusals.FATE))
    refusal = _refusal_of_scenario(scenario, view)
    if refusal is not None:
        return SubmitVerdict(refusal)
    rules = scenario.rules
    if rules is None:
        return _ACCEPTED
    is_part = submit.segment.total > 1
    enforcement, at_gateway = link.account.enforcement, state.schedule.time(now)
    rule = enforcement.check(
        rules, view, at_gateway, is_part=is_part, number=None if is_part else number
    )
    if rule is None:
        return _ACCEPTED
    state.stats.stopped += 1
    status, error = scenario.answer_to(rule)
    stop = stop_of(rule, rules, enforcement, state.date_at(now))
    if not status:
        return SubmitVerdict(None, stop, error)
    return SubmitVerdict(refusals.of_rule(rule, rules, status, enforcement.retry_after), stop)


def _refusal_of_scenario(scenario: Scenario, view: SubmitView) -> Refusal | None:
    """Return why the scenario refuses a submit_sm, None if it doesn't."""
    status: object = scenario.submit_status
    if callable(status):
        # An error here would end the link, and with it all other messages on it.
        status = call_logged("Scenario.submit_status", status, view)
    if type(status) is bool or not isinstance(status, int) or not 0 <= status <= LARGEST_STATUS:
        return refuse(CommandStatus.ESME_RSYSERR, refusals.NO_STATUS)
    return refuse(status, refusals.SCENARIO) if status else None


def stop_of(
    rule: StoppedBy, limits: GatewayLimits, enforcement: RuleEnforcement, date: datetime
) -> RuleStop:
    """Return the record of a rule that has just stopped a message.

    Args:
        rule: The rule.
        limits: Its number is one of these.
        enforcement: Stopped the message.
        date: The gateway's date and time.
    """
    after = enforcement.retry_after
    limit = {
        "rate": limits.rate,
        "repeat": limits.repeat_window,
        "flood": limits.flood_length,
    }[rule]
    retry_at = date + timedelta(seconds=after)
    return RuleStop(rule, limit or 0.0, retry_at, after, enforcement.twin)


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
