"""`smsc bulk`: sends each message of a CSV file once, however often the command is run.

Rule: a row is stored in the outbox next to the file before its message is sent, so an interrupted
run is resumed by the same command. A message with an unknown outcome is sent again only on request.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from smsc_async.cli.arguments import parse_duration, unacceptable_value, value_out_of_range
from smsc_async.cli.bulk_repeats import find_repeats
from smsc_async.cli.bulk_report import show_rejected
from smsc_async.cli.bulk_run import BulkOptions, BulkRun
from smsc_async.cli.common_options import STANDARD_INPUT
from smsc_async.cli.console import Screen, label_grid
from smsc_async.cli.csv_input import CsvFile, read_csv, unreadable_file
from smsc_async.cli.failures import NOT_SENT, ExitCode, Failure, failure_before_sending
from smsc_async.cli.i18n import _
from smsc_async.cli.kinds import DEFAULT_KIND, MessageKind
from smsc_async.cli.runner import LONGEST_WAIT, SendProgress, read_config, run_async
from smsc_async.cli.tables.asking import encoding_question
from smsc_async.cli.tables.table import DEFAULT_OPTIONS, TableOptions
from smsc_async.errors import ConfigError
from smsc_async.gateway.coding import TextSettings
from smsc_async.outbox import OutboxState
from smsc_async.rules.limits import GatewayLimits

if TYPE_CHECKING:
    from smsc_async.stores.base import RuleStore

_LEAST_RATE, _MOST_RATE = 0.01, 1_000_000


def bulk_command(
    file: str,
    *,
    table: Annotated[TableOptions, Parameter(name="*")] = DEFAULT_OPTIONS,
    kind: MessageKind = DEFAULT_KIND,
    sender: str = "",
    url: str | None = None,
    rate: float | None = None,
    rules: str | None = None,
    rules_account: str = "default",
    wait_receipts: Annotated[float | None, Parameter(converter=parse_duration)] = None,
    result: Path | None = None,
    resend_refused: Annotated[bool, Parameter(negative="")] = False,
    resend_unknown: Annotated[bool, Parameter(negative="")] = False,
    may_pay_twice: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Send the messages of a CSV or .xlsx file, each of them once.

    The state of each row is stored beside the file, in FILE.outbox: an interrupted command is
    resumed by running it again, and nothing is sent twice as long as that file exists, also if
    the table is saved again in another format.

    What became of each row is written to FILE.result.csv, also after Ctrl-C: row, to, id, state
    and error.

    Invalid rows and those that the gateway refuses are written with the reason to
    FILE.rejected.csv; once corrected, that file can be sent. Corrections in it that weren't sent
    aren't overwritten.

    Only its own receipts are acknowledged: those of other programs of the login, and incoming
    messages, stay with the gateway.

    Rows with the same recipient and the same text are all sent, as far apart as the gateway takes
    repeats: about a minute each. How many there are is shown before sending and by --dry-run.

    Messages are sent at once: for a time of day, start the command by at or cron.

    Args:
        file: A header, then one row per message; the separator is found. Columns, in English or
            Russian: to,text[,template,sender,comment,kind,subject,voice,language,bot,coding].
        table: How the file is read.
        kind: For rows without a kind.
        sender: For rows without a sender.
        url: Gateway; default: $SMSC_URL. Other users see a password given here (ps).
        rate: Maximum parts per second; default: 100.
        rules: Share the rules of the account with its other programs: redis://host:6379/0;
            $SMSC_RULES_SECRET is their secret, if they have one. Needs
            pip install 'smsc-async[redis]'.
        rules_account: Name of the account there, the same in all its programs.
        wait_receipts: Wait for the delivery receipts, 5m if no time is given: 90s, 15m, 2h.
        result: File for the results; default: FILE.result.csv.
        resend_refused: Send rows again that the gateway refused.
        resend_unknown: Send rows again whose outcome is unknown, while the gateway refuses repeats
            (for about a minute).
        may_pay_twice: With --resend-unknown or --resend-refused: also later; they may be charged
            twice.
        dry_run: Show the number of messages and parts, and the rejected rows; send nothing.
        screen: For the output.

    Examples:
        smsc bulk clients.csv --dry-run
        smsc bulk clients.csv --encoding windows-1251 --sender Shop --url sim://
        smsc bulk clients.xlsx --map to=Phone --text "Hello, {Name}!"
        smsc bulk clients.csv --rate 20 --wait-receipts 15m
    """
    progress = SendProgress(NOT_SENT)
    if may_pay_twice and not (resend_unknown or resend_refused):
        raise failure_before_sending(
            "bulk.option",
            _("--may-pay-twice alone sends nothing again"),
            advice=_("add --resend-unknown or --resend-refused, or leave it out"),
        )
    if file == STANDARD_INPUT:
        reason = screen.translate("a file is needed: the .outbox file is stored next to it")
        raise unreadable_file("-", reason)
    if result is not None and str(result) == STANDARD_INPUT:
        raise unacceptable_value("--result", "-", "smsc bulk")
    if table.text == "-":  # of other commands it is the standard input
        raise unacceptable_value("--text", "-", "smsc bulk")
    if rate is not None and not _LEAST_RATE <= rate <= _MOST_RATE:
        raise value_out_of_range(
            "--rate", f"{rate:g}", "smsc bulk", least=_LEAST_RATE, most=_MOST_RATE
        )
    read = partial(read_csv, kind=kind, sender=sender, translate=screen.translate)
    csv_file = read(Path(file), table, confirm=encoding_question(screen))

    def read_table(path: Path, encoding: str) -> CsvFile:
        """Read a CSV file with the same options."""
        return read(path, replace(table, encoding=encoding, sheet=None))

    csv_file.notes.show(csv_file.path.name, screen)
    if dry_run and url is None and not os.environ.get("SMSC_URL"):
        url = "sim://"  # a plan needs no gateway
    config = read_config(url, progress)
    _check_rows(csv_file)
    resent = {OutboxState.REFUSED} if resend_refused else set()
    resent |= {OutboxState.UNKNOWN} if resend_unknown else set()
    options = BulkOptions(
        resent=frozenset(resent),
        may_pay_twice=may_pay_twice,
        limits=GatewayLimits() if rate is None else GatewayLimits(rate=rate),
        store=None if rules is None else _shared_rules(rules, rules_account),
        wait=None if wait_receipts is None else min(wait_receipts, LONGEST_WAIT),
        result=result,
        read_table=read_table,
    )
    bulk_run = BulkRun(csv_file, config, progress, screen, options)
    if dry_run:
        return run_async(_show_dry(bulk_run), progress, screen)
    try:
        return run_async(bulk_run.run(), progress, screen)
    except Failure as failure:
        bulk_run.complete(failure)
        raise


def _check_rows(csv_file: CsvFile) -> None:
    """Refuse a file that has a header only.

    Raises:
        Failure: It has no rows.
    """
    if not csv_file.rows:
        raise failure_before_sending(
            "bulk.no_rows",
            _("the file has no rows below its header"),
            advice=_("add a row for each message"),
        )


def _shared_rules(url: str, account: str) -> RuleStore:
    """Return the store of the rules at a URL of Redis.

    Raises:
        Failure: The extra is missing, or the URL or the name of the account is invalid.
    """
    from smsc_async.stores.redis import RedisRuleStore  # noqa: PLC0415 -- needs the extra when used

    try:
        return RedisRuleStore(url, account=account, secret=os.environ.get("SMSC_RULES_SECRET", ""))
    except ImportError:
        failure = failure_before_sending(
            "bulk.no_redis",
            _("--rules needs the package redis, which isn't installed"),
            advice=_("install it: pip install 'smsc-async[redis]'"),
        )
    except ConfigError as error:
        if error.name == "account":
            raise unacceptable_value("--rules-account", account, "smsc bulk") from None
        failure = failure_before_sending(
            "bulk.rules",
            _("--rules isn't a URL of Redis"),
            advice=_("write it as redis://127.0.0.1:6379/0, with TLS rediss://"),
        )
    # Outside of the handler: the URL may hold a password.
    raise failure


async def _show_dry(bulk_run: BulkRun) -> int:
    """Show what would be sent, and the rejected rows with their reasons."""
    csv_file, screen = bulk_run.csv_file, bulk_run.screen
    translate = screen.translate
    planned, earlier = await bulk_run.check()
    earlier.show(screen)
    to_send = earlier.to_send(planned.valid, bulk_run.options.resent)
    settings = TextSettings.from_config(bulk_run.config)
    find_repeats(to_send, settings, bulk_run.options.limits).show(screen)
    show_rejected(planned.rejected, screen)
    done, rows = len(earlier.accepted), []
    if done:
        text = translate("{done}; left {left}", done=done, left=len(planned.valid) - done)
        rows.append((translate("accepted already"), Text(text, style="bold")))
    screen.show(
        label_grid(
            (translate("messages"), Text(str(len(planned.valid)), style="bold")),
            (translate("parts"), Text(str(planned.parts), style="bold")),
            (translate("rejected"), Text(str(len(planned.rejected)))),
            *rows,
        ),
        Text(translate("Nothing was sent."), style="dim"),
    )
    screen.write_json(
        {
            "rows": len(csv_file.rows),
            "messages": len(planned.valid),
            "parts": planned.parts,
            "accepted_earlier": done,
            "rejected": len(planned.rejected),
        }
    )
    return ExitCode.REFUSED if planned.rejected else ExitCode.DONE
