"""A new kind of message takes two edits: a class, and a row in the table of kinds.

Rule: a copy of the packages gets just these edits, and a process of its own uses the new kind
everywhere: client, simulator, outbox, plan and command line. The gateway has no such kind and
never will, so the edits don't meet a real one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

import pdu
import smsc_async

if TYPE_CHECKING:
    from subprocess import CompletedProcess

CLASS = '''

@message_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Pager(_TextMessage):
    """A message to a pager.

    Args:
        to: Recipient's number with country code.
        sender: Name it comes from; "" is the account's default.
        text: At least 1 character.
        comment: Shown in the account's history only.

    Raises:
        InvalidMessageError: The gateway would refuse or misread it.
    """

    service_prefix: ClassVar[str] = "__PAGER__: "
'''
# Each file's edits: a text that stands in it once, and what is put behind it.
PATCH = {
    "smsc_async/messages.py": [
        ('    service_prefix: ClassVar[str] = "__SOC__: "\n', CLASS),
    ],
    "smsc_async/gateway/kinds.py": [
        ("    HlrQuery,\n", "    Pager,\n"),
        ('    Kind(Social, "social", flags=12),\n', '    Kind(Pager, "pager", flags=14),\n'),
    ],
}

USE = dedent(
    """
    import asyncio, pickle, sys
    import smsc_async
    from smsc_async import InvalidMessageError, Sms, SmscClient
    from smsc_async.gateway.markup import parse, render
    from smsc_async.messages import Pager
    from smsc_async.outbox import Outbox
    from smsc_async.simulator import Scenario, Simulator

    assert smsc_async.__file__.startswith(sys.argv[1]), smsc_async.__file__
    PAGER = Pager(to="79991234567", sender="Shop", text="Код входа: 4821", comment="order 17")

    async def main():
        async with Simulator(Scenario(receipt_delay=0)) as simulator:
            async with SmscClient(simulator.url) as smsc:
                sent = await smsc.send(PAGER)
                receipt = await sent.receipt(timeout=30)
                plan = smsc.plan(PAGER)
            received = simulator.messages[-1].message
        async with Outbox(sys.argv[1] + "/outbox.sqlite") as outbox:
            kept = await outbox.get(await outbox.put(PAGER))
        return received, receipt.flags, plan.parts, kept.message

    received, flags, parts, kept = asyncio.run(main())
    assert type(received) is Pager
    assert received == PAGER == kept == pickle.loads(pickle.dumps(PAGER))
    assert (14, 1) == (flags, parts)
    assert "__PAGER__: Код входа: 4821\\n~~~\\norder 17" == render(PAGER)
    assert PAGER == parse(render(PAGER), to=PAGER.to, sender=PAGER.sender)
    assert "4821" not in repr(PAGER)
    for text in ("__PAGER__: Код входа: 4821", "__PAGER__: x\\n", "__PAGER__:"):
        try:
            Sms(to=PAGER.to, text=text)
        except InvalidMessageError as error:
            assert "another kind" in str(error)
        else:
            raise AssertionError(text)
    """
)


@pytest.fixture(scope="module")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the packages, wherever they are installed, and apply the patch."""
    root = tmp_path_factory.mktemp("pager")
    for package in (pdu, smsc_async):
        source = Path(package.__file__ or "").parent
        shutil.copytree(source, root / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, edits in PATCH.items():
        path = root / name
        code = path.read_text(encoding="utf-8")
        for anchor, added in edits:
            assert 1 == code.count(anchor), anchor
            code = code.replace(anchor, anchor + added)
        path.write_text(code, encoding="utf-8")
    return root


def run(patched: Path, *arguments: str) -> CompletedProcess[str]:
    """Run Python on the patched copy."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("SMSC_")}
    return subprocess.run(  # noqa: S603 - our own lines, never through a shell
        [sys.executable, *arguments],
        cwd=patched,
        # asyncio's debug mode reports slow steps on a busy machine.
        env={
            **variables,
            "PYTHONPATH": str(patched),
            "PYTHONSAFEPATH": "1",
            "PYTHONASYNCIODEBUG": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def smsc(patched: Path, *arguments: str) -> CompletedProcess[str]:
    """Run the command line of the patched copy."""
    return run(patched, "-m", "smsc_async", *arguments, "--json", "--lang", "en")


def test_patch_is_two_files() -> None:
    """This is the promise to those who add a kind; a third file here breaks it."""
    assert {"smsc_async/messages.py", "smsc_async/gateway/kinds.py"} == {*PATCH}


@pytest.mark.takes_up_to(10, reason="Python is started")
def test_new_kind_is_sent_kept_and_planned(patched: Path) -> None:
    """Client, simulator, outbox and plan know it, and an Sms can't become it unnoticed."""
    done = run(patched, "-c", USE, str(patched))

    assert "" == done.stderr
    assert 0 == done.returncode


@pytest.mark.takes_up_to(10, reason="Python is started")
def test_new_kind_is_planned_and_sent_from_the_command_line(patched: Path) -> None:
    """`--kind pager` has the options of its fields, and no others."""
    planned = smsc(patched, "plan", "Your code: 4821", "--kind", "pager", "--comment", "order 17")
    sent = smsc(
        patched, "send", "79991234567", "Your code: 4821", "--kind", "pager", "--url", "sim://"
    )
    refused = smsc(patched, "plan", "x", "--kind", "pager", "--flash")

    assert (0, 0, 2) == (planned.returncode, sent.returncode, refused.returncode)
    assert 1 == json.loads(planned.stdout)["parts"]
    assert "delivered" == json.loads(sent.stdout)["state"].lower()
    assert "sms" in refused.stderr


@pytest.mark.takes_up_to(10, reason="Python is started")
def test_rows_of_a_file_may_be_of_the_new_kind(patched: Path, tmp_path: Path) -> None:
    """The column `kind` takes it like any other."""
    file = tmp_path / "clients.csv"
    file.write_text("to,text,kind,comment\n79991234567,hello,pager,order 17\n", encoding="utf-8")

    done = smsc(patched, "bulk", str(file), "--url", "sim://")

    assert 0 == done.returncode, done.stderr
    assert 1 == json.loads(done.stdout.splitlines()[-1])["accepted"]
