"""Lookups of many subscribers, some of which fail."""

from __future__ import annotations

import json
import sys
from concurrent.futures import CancelledError
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

from pdu import CommandStatus, DeliverSm, EsmClass, MessageState
from smsc_async.cli.failures import ExitCode, failure_of
from smsc_async.cli.lookup import LookupResult
from smsc_async.errors import ReceiptTimeoutError
from smsc_async.gateway.receipts import read_receipt
from smsc_async.messages import Ping
from smsc_async.simulator import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from smsc_async.receipts import Receipt
    from smsc_async.simulator import HostedSimulator, SubmitView

    Smsc = Callable[..., CompletedProcess[str]]

ONE, OTHER = "79995557733", "79161112233"


def receipt(stat: str, error: int) -> Receipt:
    """Return a receipt with this state and error."""
    text = f"id:1 stat:{stat} err:{error:03}".encode()
    return read_receipt(
        DeliverSm(esm_class=EsmClass(EsmClass.DELIVERY_RECEIPT), short_message=text)
    )


def answers(done: CompletedProcess[str]) -> list[Any]:
    """Return the JSON objects of the output."""
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("received", "is_reachable", "code"),
    [
        (None, None, ExitCode.REFUSED),
        (receipt("DELIVRD", 0), True, ExitCode.DONE),
        (receipt("DELIVRD", 6), False, ExitCode.REFUSED),
        (receipt("UNDELIV", 0), False, ExitCode.REFUSED),
    ],
)
def test_error_code_and_state_decide_reachability(
    received: Receipt | None,
    is_reachable: bool | None,  # noqa: FBT001 - a parameter of the test
    code: ExitCode,
) -> None:
    """«err — код ошибки, если абонент недоступен»: also in a receipt with DELIVRD."""
    answer = LookupResult(Ping(to=ONE), "", receipt=received)

    assert (is_reachable, code) == (answer.is_reachable, answer.code)


def test_failure_has_its_own_exit_code() -> None:
    """Reachability is unknown then, which isn't "no"."""
    failure = failure_of(ReceiptTimeoutError("1", timeout=30))
    answer = LookupResult(Ping(to=ONE), "", failure=failure)

    assert (None, ExitCode.NO_RECEIPT) == (answer.is_reachable, answer.code)


def test_repeated_number_is_looked_up_once(smsc: Smsc, gateway: HostedSimulator) -> None:
    """The gateway would refuse the repeat."""
    done = smsc("ping", ONE, f"+{ONE}", "7 999 555-77-33", "--url", gateway.url, "--json")

    assert (0, 1) == (done.returncode, len(gateway.messages))


def test_one_failure_does_not_affect_the_others(smsc: Smsc, gateway: HostedSimulator) -> None:
    """Charged answers are shown, and the highest exit code wins."""

    def judge(message: SubmitView) -> int:
        """Refuse one of both numbers."""
        return CommandStatus.ESME_RINVDSTADR if message.recipient == ONE else 0

    # Asked twice within a minute, once for each way of telling.
    gateway.scenario = Scenario(receipt_delay=0.01, submit_status=judge, rules=None)
    shown = smsc("hlr", ONE, OTHER, "--url", gateway.url)
    written = smsc("hlr", ONE, OTHER, "--url", gateway.url, "--json")
    by_number = {answer["to"]: answer for answer in answers(written)}

    assert (1, 1) == (shown.returncode, written.returncode)
    assert "1 of 2 reachable" in shown.stdout
    assert "ESME_RINVDSTADR" in shown.stderr
    assert (True, None) == (
        by_number["7916***33"]["reachable"],
        by_number["7916***33"]["error"],
    )
    assert (None, "refused") == (
        by_number["7999***33"]["reachable"],
        by_number["7999***33"]["error"]["outcome"],
    )


@pytest.mark.parametrize(("language", "output"), [("en", "unknown"), ("ru", "неизвестно")])
def test_missing_answer_ends_with_five(
    smsc: Smsc, gateway: HostedSimulator, language: str, output: str
) -> None:
    """A phone that is off answers late or never; the id permits a later query."""
    gateway.scenario = Scenario(receipts=False)
    done = smsc("ping", ONE, "--url", gateway.url, "--wait", "0.05", "--lang", language)

    assert 5 == done.returncode
    assert output in done.stdout
    assert gateway.messages[0].message_id in done.stderr
    assert "--wait" in done.stderr


@pytest.mark.parametrize("command", ["hlr", "ping"])
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "NUMBER"),
        ([ONE, "123"], " 2 "),
        (["Shop"], " 1 "),
        ([ONE, "--wait", "long"], "--wait"),
        ([ONE, "--sender", "Shop"], "--sender"),
    ],
)
def test_wrong_use_ends_with_two(
    smsc: Smsc, command: str, language: str, arguments: list[str], named: str
) -> None:
    """Before connecting; an invalid number is named by its position, not shown."""
    done = smsc(command, *arguments, "--url", "sim://", "--lang", language)

    assert (2, "") == (done.returncode, done.stdout)
    assert named in done.stderr
    assert f"smsc {command} --help" in done.stderr
    assert ONE not in done.stderr


@pytest.mark.parametrize("command", ["hlr", "ping"])
def test_missing_url_says_how_to_give_one(smsc: Smsc, command: str) -> None:
    """A lookup needs a gateway, as any command that sends."""
    done = smsc(command, ONE)

    assert 2 == done.returncode
    assert "SMSC_URL" in done.stderr


@pytest.mark.parametrize("command", ["hlr", "ping"])
def test_unreachable_gateway_ends_with_three(smsc: Smsc, unreachable: str, command: str) -> None:
    """Nothing was sent."""
    done = smsc(command, ONE, "--url", unreachable, "--json")

    assert 3 == done.returncode
    assert "not_sent" == json.loads(done.stdout)["error"]["outcome"]
    assert "nothing was sent" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.parametrize(
    ("scenario", "outcome", "advice"),
    [
        (
            Scenario(silent=True, receipts=False, redelivery_delay=0.01),
            "unknown: the request may",
            "message history",
        ),
        (Scenario(receipts=False, redelivery_delay=0.01), "accepted as", "smsc query "),
    ],
)
def test_interrupted_lookups_may_be_charged(
    interrupted: Smsc, gateway: HostedSimulator, scenario: Scenario, outcome: str, advice: str
) -> None:
    """Ctrl-C shows the answers so far and says what may have been sent."""
    gateway.scenario = scenario
    is_refused = Event()

    def deliver() -> None:
        """Send a message that stays undelivered until the simulator ends."""
        with suppress(RuntimeError, CancelledError):
            gateway.deliver(OTHER, "Shop", "hi")

    def is_out() -> None:
        """Wait until both requests and one answer have arrived."""
        for _ in range(2):
            gateway.wait_for_message(timeout=60)
        # It is refused, since it isn't for this command: the link has read what was sent before.
        Thread(target=deliver, daemon=True).start()
        while not gateway.stats.redelivered:
            is_refused.wait(0.01)

    done = interrupted("ping", ONE, OTHER, "--url", gateway.url, after=is_out)

    assert 130 == done.returncode
    assert "no answer yet" in done.stdout
    assert "0 of 2 reachable" in done.stdout
    assert outcome in done.stderr
    assert advice in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_only_final_states_are_answers(smsc: Smsc, gateway: HostedSimulator) -> None:
    """ENROUTE says nothing about reachability."""
    gateway.scenario = Scenario(
        receipt_delay=0.02, intermediate=True, state=MessageState.UNDELIVERABLE, error_code=1
    )
    (answer,) = answers(smsc("ping", ONE, "--url", gateway.url, "--json"))

    assert (False, "UNDELIVERABLE", 1) == (
        answer["reachable"],
        answer["state"],
        answer["error_code"],
    )
