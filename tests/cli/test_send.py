"""`smsc send` against the simulator: outcomes and exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pdu.enums import CommandStatus, MessageState
from smsc_async.client.client import SmscClient
from smsc_async.errors import BindRefusedError
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

TO = "79995557733"
TEXT = "Код входа: 4821"


def test_delivered_message_ends_with_zero(smsc: Smsc, gateway: HostedSimulator) -> None:
    """Accepted and delivered, with the id for a later query."""
    done = smsc("send", TO, TEXT, "--sender", "Shop", "--url", gateway.url)
    (message,) = gateway.messages

    assert (0, "") == (done.returncode, done.stderr)
    assert message.message_id in done.stdout
    assert "DELIVERED" in done.stdout
    assert (TEXT, "Shop", TO) == (message.text, message.sender, message.recipient)


def test_json_holds_the_outcome(smsc: Smsc, gateway: HostedSimulator) -> None:
    """In one object; the number stays masked."""
    output = json.loads(smsc("send", TO, "x" * 200, "--url", gateway.url, "--json").stdout)

    assert list(gateway.messages[0].message_ids) == output["message_ids"]
    assert ("7999***33", 2, "DELIVERED", 0) == (
        output["to"],
        output["parts"],
        output["state"],
        output["error_code"],
    )


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("я" * 67 * 10, "en", "the message has 10 parts, and each is charged"),
        ("я" * 1200, "ru", "в сообщении 18 частей, каждая платная"),
        ("x" * 153 * 21, "ru", "в сообщении 21 часть, каждая платная"),
        ("x" * 153 * 22, "ru", "в сообщении 22 части, каждая платная"),
    ],
)
def test_long_message_says_its_parts(
    smsc: Smsc, gateway: HostedSimulator, text: str, language: str, said: str
) -> None:
    """A file may have been pasted; the output is as always, and nothing is asked."""
    done = smsc("send", TO, text, "--url", gateway.url, "--json", "--lang", language)

    assert (0, f"{said}\n") == (done.returncode, done.stderr)
    assert "DELIVERED" == json.loads(done.stdout)["state"]


@pytest.mark.parametrize("text", ["я" * 67 * 9, "x" * 153 * 9])
def test_shorter_message_says_nothing(smsc: Smsc, gateway: HostedSimulator, text: str) -> None:
    """Nine parts are usual for a long letter."""
    assert "" == smsc("send", TO, text, "--url", gateway.url).stderr


def test_parts_of_another_kind_are_not_called_charged(smsc: Smsc, gateway: HostedSimulator) -> None:
    """Its price doesn't depend on them."""
    call = ("--kind", "viber", "--no-wait")
    done = smsc("send", TO, "я" * 1500, *call, "--url", gateway.url)

    assert "the message is sent as 23 parts\n" == done.stderr


def test_undelivered_message_ends_with_one(smsc: Smsc, gateway: HostedSimulator) -> None:
    """With the gateway's reason in the user's language."""
    gateway.scenario = Scenario(receipt_delay=0.01, state=MessageState.UNDELIVERABLE, error_code=6)
    done = smsc("send", TO, TEXT, "--url", gateway.url, "--lang", "ru")

    assert 1 == done.returncode
    assert "UNDELIVERABLE" in done.stdout
    assert "телефон выключен или вне зоны действия" in done.stdout


def test_refused_message_ends_with_one(smsc: Smsc, gateway: HostedSimulator) -> None:
    """A refused message isn't charged, and the output says so."""
    gateway.scenario = Scenario(submit_status=CommandStatus.ESME_RINVSRCADR)
    done = smsc("send", TO, TEXT, "--url", gateway.url)

    assert (1, "") == (done.returncode, done.stdout)
    assert "ESME_RINVSRCADR" in done.stderr
    assert "aren't charged" in done.stderr


def test_missing_response_ends_with_four(smsc: Smsc, gateway: HostedSimulator) -> None:
    """The message may have been sent: sending it again may be charged twice."""
    gateway.scenario = Scenario(silent=True, receipts=False)
    done = smsc("send", TO, TEXT, "--url", f"{gateway.url}?timeout=0.05", "--json")

    assert 4 == done.returncode
    assert "unknown" in done.stderr
    assert "unknown" == json.loads(done.stdout)["error"]["outcome"]


def test_missing_receipt_ends_with_five(smsc: Smsc, gateway: HostedSimulator) -> None:
    """The message is accepted, and its id is shown."""
    gateway.scenario = Scenario(receipts=False)
    done = smsc("send", TO, TEXT, "--url", gateway.url, "--wait", "0.05", "--json")
    error = json.loads(done.stdout)["error"]

    assert (5, "accepted") == (done.returncode, error["outcome"])
    assert [gateway.messages[0].message_id] == error["message_ids"]
    assert "--wait" in done.stderr


def test_no_wait_ends_after_the_response(smsc: Smsc, gateway: HostedSimulator) -> None:
    """Acceptance is enough for some uses."""
    gateway.scenario = Scenario(receipts=False)

    for number, arguments in enumerate((["--no-wait"], ["--wait", "0"])):
        done = smsc("send", TO, f"{TEXT} {number}", "--url", gateway.url, "--json", *arguments)
        assert (0, None) == (done.returncode, json.loads(done.stdout)["state"])


def test_wrong_password_ends_with_three(smsc: Smsc, gateway: HostedSimulator) -> None:
    """The login is refused; the password isn't shown."""
    gateway.scenario = Scenario(accounts={"shop": "rightone"})
    url = gateway.url.replace("rightone", "wrongone")
    done = smsc("send", TO, TEXT, "--url", url)

    assert 3 == done.returncode
    assert "refused the password" in done.stderr
    assert "wrongone" not in done.stderr


def test_unreachable_gateway_ends_with_three(smsc: Smsc) -> None:
    """Nothing was sent and nothing is charged."""
    with Simulator().in_thread() as simulator:
        url = simulator.url
    done = smsc("send", TO, TEXT, "--url", url)

    assert 3 == done.returncode
    assert "nothing was sent" in done.stderr


def test_url_comes_from_the_environment(
    smsc: Smsc, gateway: HostedSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password there isn't in the list of processes."""
    monkeypatch.setenv("SMSC_URL", gateway.url)

    assert 0 == smsc("send", TO, TEXT).returncode
    assert 1 == len(gateway.messages)


def test_invalid_url_in_the_environment_is_reported(
    smsc: Smsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unset and invalid are different errors."""
    monkeypatch.setenv("SMSC_URL", "http://shop:pa55word@example.com")
    done = smsc("send", TO, TEXT)

    assert 2 == done.returncode
    assert "smpp" in done.stderr
    assert "pa55word" not in done.stderr


def test_missing_url_says_how_to_give_one(smsc: Smsc) -> None:
    """It is the first error a new user meets."""
    done = smsc("send", TO, TEXT)

    assert 2 == done.returncode
    assert "SMSC_URL" in done.stderr
    assert "sim://" in done.stderr


def test_dry_run_sends_nothing(smsc: Smsc) -> None:
    """It needs neither a URL nor a gateway."""
    done = smsc("send", TO, TEXT, "--dry-run")

    assert 0 == done.returncode
    assert "UCS-2" in done.stdout
    assert "Nothing was sent." in done.stdout


def test_dry_run_writes_json(smsc: Smsc) -> None:
    """The object of `smsc plan`."""
    sent, plan = smsc("send", TO, TEXT, "--dry-run", "--json"), smsc("plan", TEXT, "--json")

    assert plan.stdout == sent.stdout


def test_dry_run_uses_the_settings_of_the_url(smsc: Smsc, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a bind with system_type ISO the text is ISO-8859-1, in the plan as on the wire."""
    monkeypatch.setenv("SMSC_URL", "sim://?system_type=ISO")
    done = smsc("send", TO, "Ç©", "--dry-run", "--json")

    assert 2 == json.loads(done.stdout)["octets"][0]


@pytest.mark.parametrize(
    ("parameter", "arguments"), [("", ["--smart"]), ("?smart_text=1", ["--no-wait"])]
)
def test_smart_text_is_sent_as_it_is_planned(
    smsc: Smsc, gateway: HostedSimulator, parameter: str, arguments: list[str]
) -> None:
    """Set by the option or in the URL, and shown by the dry run."""
    command = ["send", TO, "Don’t — wait…", "--url", gateway.url + parameter, *arguments]
    shown, sent = smsc(*command, "--dry-run"), smsc(*command)

    assert (0, 0) == (shown.returncode, sent.returncode)
    assert "plain ones" in shown.stdout
    assert "Don't - wait..." == gateway.messages[0].text


@pytest.mark.parametrize(
    ("arguments", "wire"),
    [
        ([TO, "hi", "--kind", "viber"], "__VIBER__: hi"),
        ([TO, "hi", "--kind", "social"], "__SOC__: hi"),
        ([TO, "4821", "--kind", "telegram-code"], "__TGM__: 4821"),
        ([TO, "hi", "--kind", "telegram-bot", "--bot", "@shop"], "__BOT__: hi\nbot:@shop"),
        ([TO, "hi", "--kind", "call", "--voice", "w2"], "__CALL__: hi\nvoice:w2"),
        (["me@mail.ru", "hi", "--kind", "email", "--subject", "s"], "__MAIL__: hi\nsubj:s"),
    ],
)
def test_every_kind_is_sent(
    smsc: Smsc, gateway: HostedSimulator, arguments: list[str], wire: str
) -> None:
    """In the gateway's markup; the address stays masked."""
    done = smsc("send", *arguments, "--url", gateway.url, "--json")
    (message,) = gateway.messages

    assert (0, wire, arguments[0]) == (done.returncode, message.text, message.recipient)
    assert arguments[0] not in done.stdout
    assert "***" in json.loads(done.stdout)["to"]


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--kind", "pigeon"], "telegram-code"),
        (["--kind", "email"], "--subject"),
        (["--kind", "telegram-bot"], "--bot"),
        (["--kind", "viber", "--coding", "gsm"], "--coding"),
        (["--kind", "call", "--call-wait", "200"], "--call-wait"),
        (["--kind", "call", "--call-wait", "soon"], "--call-wait"),
        (["--kind", "call", "--call-wait", "20", "--param", "1"], "--param"),
        (["--kind", "telegram-code"], "code"),
        (["--subject", "s"], "email"),
    ],
)
def test_option_of_another_kind_is_refused(
    smsc: Smsc, arguments: list[str], named: str, language: str
) -> None:
    """By its name, and nothing is sent: the user relies on the option."""
    done = smsc("send", TO, TEXT, *arguments, "--url", "sim://", "--lang", language)

    assert (2, "") == (done.returncode, done.stdout)
    assert named in done.stderr
    assert TEXT not in done.stderr


def test_standard_input_is_the_text(smsc: Smsc, gateway: HostedSimulator) -> None:
    """`echo … | smsc send TO -`, with options after it."""
    smsc("send", TO, "-", "--url", gateway.url, stdin="строка\n".encode())

    assert "строка" == gateway.messages[0].text


def test_empty_standard_input_sends_nothing(smsc: Smsc) -> None:
    """An empty message would be charged."""
    done = smsc("send", TO, "-", "--url", "sim://")

    assert 2 == done.returncode
    assert "nothing was sent" in done.stderr


def test_dash_after_an_option_is_its_value(smsc: Smsc, gateway: HostedSimulator) -> None:
    """Only TEXT is read from standard input."""
    smsc("send", TO, "hi", "--comment", "-", "--url", gateway.url)

    assert "hi\n~~~\n-" == gateway.messages[0].text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--text=-5% today"], "-5% today"),
        (["--", "--json"], "--json"),
    ],
)
def test_text_may_begin_with_a_dash(
    smsc: Smsc, gateway: HostedSimulator, arguments: list[str], text: str
) -> None:
    """In both ways that the advice names."""
    smsc("send", "--url", gateway.url, TO, *arguments)

    assert text == gateway.messages[0].text


@pytest.mark.parametrize(
    "arguments",
    [
        ["123", TEXT],
        [TO, TEXT, "--sender", "Очень длинное имя"],
        [TO, ""],
        [TO, TEXT, "--coding", "gsm"],
        [TO, TEXT, "--validity", "3d"],
        [TO, TEXT, "--validity", "48h"],
        [TO, TEXT, "more"],
        [TO],
    ],
)
def test_wrong_use_ends_with_two(smsc: Smsc, arguments: list[str]) -> None:
    """Before connecting; neither the text nor the complete number is repeated."""
    done = smsc("send", *arguments, "--url", "sim://")

    assert (2, "") == (done.returncode, done.stdout)
    assert "nothing was sent" in done.stderr
    assert TEXT not in done.stderr
    assert TO not in done.stderr


def test_embedded_simulator_needs_no_account(smsc: Smsc) -> None:
    """`--url sim://` tries the command without one."""
    done = smsc("send", TO, TEXT, "--url", "sim://")

    assert (0, "") == (done.returncode, done.stderr)


def test_unexpected_error_reports_the_outcome(
    smsc: Smsc, gateway: HostedSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect after the write must not look as if nothing was sent."""

    async def broken(*_: object, **__: object) -> None:
        """Raise while the receipt is awaited."""
        raise ZeroDivisionError(TEXT)

    monkeypatch.setattr("smsc_async.client.submission.Submission.receipt", broken)
    done = smsc("send", TO, TEXT, "--url", gateway.url)
    shown = smsc("send", TO, "hi", "--url", gateway.url, "--debug")

    assert (4, 4) == (done.returncode, shown.returncode)
    assert "Traceback" not in done.stderr
    assert "in broken" in shown.stderr
    assert "ZeroDivisionError" in done.stderr
    assert f"accepted as {gateway.messages[0].message_id}" in done.stderr
    assert TEXT not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.takes_up_to(15, reason="a process is started")
async def test_interrupted_message_may_have_been_sent() -> None:
    """Ctrl-C before the response: exit code 130, outcome unknown."""
    async with Simulator(Scenario(silent=True, receipts=False)) as gateway:
        command = [sys.executable, "-m", "smsc_async", "send", TO, "hi", "--url", gateway.url]
        process = await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        await gateway.wait_for_message(timeout=300)
        process.send_signal(signal.SIGINT)
        _, output = await process.communicate()

    assert 130 == process.returncode
    assert "unknown" in output.decode()
    assert "check the message history of the account first" in output.decode()
    assert "Traceback" not in output.decode()


@pytest.mark.parametrize(
    ("status", "code", "binds"),
    [
        (CommandStatus.ESME_RBINDFAIL, 0, [0x50, 0x34]),
        (CommandStatus.ESME_RINVPASWD, 3, [0x50]),
    ],
)
def test_bind_of_smpp_5_0_is_an_offer(  # noqa: PLR0917 - what it needs comes by name
    smsc: Smsc,
    gateway: HostedSimulator,
    monkeypatch: pytest.MonkeyPatch,
    status: CommandStatus,
    code: int,
    binds: list[int],
) -> None:
    """An SMSC on this machine may not know it; a wrong password is not tried twice."""
    enter, found = SmscClient.__aenter__, []

    async def refuse(self: SmscClient) -> SmscClient:
        """Refuse a bind of SMPP 5.0."""
        found.append(self.config.interface_version)
        if self.config.interface_version == 0x50:
            raise BindRefusedError(status)
        return await enter(self)

    monkeypatch.setattr(SmscClient, "__aenter__", refuse)
    done = smsc("send", TO, TEXT, "--url", gateway.url)

    assert (code, binds) == (done.returncode, found)


@pytest.mark.parametrize(
    ("url", "versions"),
    [
        ("smpp://a:b@gateway.invalid", [0x34]),
        ("smpp://a:b@gateway.invalid?interface_version=5.0", [0x50]),
    ],
)
def test_gateway_gets_the_bind_of_the_url(
    smsc: Smsc, monkeypatch: pytest.MonkeyPatch, url: str, versions: list[int]
) -> None:
    """Nothing is offered to a gateway: it might count a refused bind."""
    found = []

    async def refuse(self: SmscClient) -> SmscClient:
        """Refuse any bind."""
        found.append(self.config.interface_version)
        raise BindRefusedError(CommandStatus.ESME_RBINDFAIL)

    monkeypatch.setattr(SmscClient, "__aenter__", refuse)

    assert 3 == smsc("send", TO, TEXT, "--url", url).returncode
    assert versions == found
