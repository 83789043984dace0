"""What an explained PDU says of its fields: the sentences of `pdu.explain`, as templates.

Rule: names of the specification stay as they are; words and sentences are translated.
"""

from __future__ import annotations

from typing import Final

from smsc_async.cli.i18n import _

DUMPS: Final = (
    # What is wrong.
    _("a header has {needed} octets, here are {found}"),
    _("a PDU has at least {needed} octets"),
    _("only {number} octets are here"),
    _("broken: {reason}"),
    _("expected {needed} octets, found {found}"),
    _("no NUL within the {number} octets that are left"),
    _("no NUL within the {number} octet that is left"),
    _("flag {flag} is none of {known}"),
    _("too short for a TLV, ignored"),
    # Fields and meanings that are words.
    _("cut off"),
    _("trailing"),
    _("octets"),
    _("nothing"),
    _("no octets at all"),
    _("a command without a declaration"),
)
"""Sentences about octets."""
FLAGS: Final = {
    "is receipt": _("a receipt"),
    "is intermediate": _("an intermediate notification"),
    "has udh": _("with a UDH"),
    "wants receipt": _("a receipt is requested"),
}
"""Bits that have no name in the specification, by what `pdu.explain` calls them."""
