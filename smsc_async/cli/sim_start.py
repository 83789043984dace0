"""What `smsc sim` shows at its start: the address, an example, and what is set.

Rule: a password of the scenario is never shown; a word stands in its place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.text import Text

from smsc_async.cli.i18n import _, _n

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsc_async.cli.console import Screen
    from smsc_async.simulator import Simulator

_PASSWORD: Final = re.compile(":[^:@/]*@")
_HOLD: Final = {
    "receipt": _("receipts are held"),
    "answer": _("responses and receipts are held"),
}
_FATES: Final = _n("fates of {number} number", "fates of {number} numbers")
_ACCOUNTS: Final = _n("{number} account", "{number} accounts")


def show_start(simulator: Simulator, screen: Screen, *, fates: int, has_keys: bool) -> None:
    """Show the address, an example, and what is set.

    Args:
        simulator: Runs.
        screen: For the output.
        fates: How many numbers have a fate.
        has_keys: Whether keys are read.
    """
    translate, accounts = screen.translate, len(simulator.scenario.accounts or ())
    url = _shown_url(simulator, translate(_("PASSWORD")))
    screen.show(
        Text.assemble(
            translate("The simulator of the gateway listens on"), " ", (url, "bold green")
        ),
        Text(translate("Try it from another terminal:"), style="dim"),
        Text(f"  smsc send 79991234567 {translate(_('hello'))} --url {url}", style="cyan"),
        wrap=False,
    )
    if accounts:
        screen.show_text(_("Write the account's password in place of PASSWORD."), "dim")
    screen.show_text(
        _("Stop with Ctrl-C. Texts are shown here, and no message leaves this machine."), "dim"
    )
    settings = "; ".join(_settings(simulator, screen, fates, accounts))
    if settings:
        text = translate(_("In force: {settings}."), settings=settings)
        screen.show(Text(text, style="yellow"), wrap=False)
    if has_keys:
        screen.show_text(_("Keys decide what becomes of the newest message: ? shows them."), "dim")
    screen.write_json(
        {
            "event": "listening",
            "url": _shown_url(simulator, "***"),
            "hold": simulator.hold,
            "chaos_seed": None if simulator.chaos is None else simulator.chaos.seed,
            "fates": fates,
            "accounts": accounts,
        }
    )


def _settings(simulator: Simulator, screen: Screen, fates: int, accounts: int) -> Iterator[str]:
    """Yield what is set and can't be seen otherwise."""
    translate = screen.translate
    if simulator.hold in _HOLD:
        yield translate(_HOLD[simulator.hold])
    if simulator.chaos is not None:
        yield translate(_("chaos with the seed {seed}"), seed=simulator.chaos.seed)
    if fates:
        yield translate.count(_FATES, fates)
    if accounts:
        yield translate.count(_ACCOUNTS, accounts)


def _shown_url(simulator: Simulator, instead: str) -> str:
    """Return the address; with *instead* for a password of the scenario."""
    url = simulator.url
    return _PASSWORD.sub(f":{instead}@", url) if simulator.scenario.accounts else url
