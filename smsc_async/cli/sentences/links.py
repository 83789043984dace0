"""What happened on a link and to a message: the sentences of the other errors, as templates.

Rule: a template is the library's sentence word for word, with a name in braces for each value.
"""

from __future__ import annotations

from typing import Final

from smsc_async.cli.i18n import _

LINKS: Final = (
    # No connection.
    _("no connection to {hosts}: {reason}"),
    _("nothing listens there; check host and port"),
    _("the name doesn't resolve; check it and the network"),
    _("it hung up at once; check that the account lists this address, and the port"),
    _("no answer in {seconds} s; check host, port and firewall"),
    _("no TLS there: {reason}"),
    _("{reason}; a plain port wants smpp://"),
    _("the certificate doesn't verify: {reason}; {remedy}"),
    _("if this machine's clock is right, the gateway needs a new one"),
    _("check this machine's clock"),
    _("if it is the gateway's own, give it as ca_file"),
    _("its CA isn't trusted here; give that CA as ca_file"),
    _("check the host's name, or give the one in the certificate as server_hostname"),
    _("a CA of your own is given as ca_file"),
    # Binds.
    _("{bind} refused: {status} for system_id {login} at {host}; {remedy}"),
    _("{bind} refused: {status} for system_id {login}; {remedy}"),
    _("check login and password; SMSC.ru blocks an address for a while after a few wrong ones"),
    _(
        "check login and password, and that the account permits SMPP, this mode and the"
        " address of this machine"
    ),
    _("check system_type"),
    _("the login is bound already; end the other program, or lower binds"),
    _("the gateway doesn't know this bind; try another mode"),
    _("the gateway can't take it now; try again later"),
    _("{bind} got no response in {seconds} s; check that SMPP is spoken at that port"),
    _("{bind} got no response, {reason}; check that SMPP is spoken at that port"),
    _("{bind} got no response, {reason}; a TLS port wants smpps://"),
    # Why a link ended.
    _("link lost: {reason}"),
    _("unbound by us"),
    _("unbound by the peer"),
    _("closed by us"),
    _("the connection was lost"),
    _("the connection was closed by the gateway"),
    _("no bind in time"),
    _("enquire_link got no response"),
    _("unbind got no response"),
    _("nothing was received for too long"),
    _("a PDU did not arrive whole in time"),
    _("the peer broke the protocol"),
    _("no link for {seconds} s; reconnect() tries again"),
    _("no link for {seconds} s; reconnect() tries again; {reason}"),
    _("no link for {seconds} s; {reason}"),
    _("no link for {seconds} s"),
    _("no bound link has a free slot"),
    _("the client stopped"),
    _("the client is closed: {reason}"),
    # Messages that weren't sent, or perhaps were.
    _("{reason} (outcome={outcome})"),
    _("message to {to} is held: {reason}; send it after the wait (retry_after={seconds})"),
    _("the same message was sent a moment ago, and the gateway takes no repeat that soon"),
    _("too many messages in a row to one subscriber, only a pause ends the row"),
    _("a rule of the gateway would refuse it"),
    _("the shared rule store is unreachable, and sending without it isn't allowed"),
    _(
        "its turn in the account's rate comes in {wait} s, which leaves no time for the"
        " response within {within} s"
    ),
    _("submit_sm to {to} refused: {status}"),
    _("submit_sm to {to} not written, the gateway is refusing: {status}"),
    _("submit_sm to {to} got no response in {seconds} s; it may have been delivered"),
    _("submit_sm to {to} interrupted: {reason}"),
    _("the link was lost"),
    _("its response could not be read"),
    _("it wasn't written within {seconds} s: {reason}"),
    _("it was left while this message was held"),
    _("it was left before the receipt came"),
    _("it was left before this was stored"),
    _("the outbox needs it open"),
    _("it was left before this message's turn came"),
    _("it was left before send_many had sent all"),
    _("its links have ended"),
    _("{accepted} of {total} parts to {to} were accepted in time; the rest isn't sent"),
    # Receipts and queries.
    _("no answer in {seconds} s; it may still come"),
    _(
        "no final receipt for message_id {message_id} in {seconds} s; the message may be"
        " delivered all the same: wait again"
    ),
    _(
        "no final receipt for message_id {message_id} in {seconds} s; the message may be"
        " delivered all the same: wait again; receipts of unknown ids: {unknown}, see"
        " message_ids"
    ),
    _("{request} refused: {status}"),
    _("{request} got no response in {seconds} s"),
    _("{request} was answered by generic_nack with ESME_ROK"),
    _("{request} was answered with ESME_ROK and no state"),
)
