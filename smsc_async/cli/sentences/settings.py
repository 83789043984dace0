"""Why a setting, a URL or a file is invalid: the reasons of `ConfigError`, as templates.

Rule: a template is the library's sentence word for word, with a name in braces for each value.
"""

from __future__ import annotations

from typing import Final

from smsc_async.cli.i18n import _

SETTINGS: Final = (
    # Any setting.
    _("a whole number {least} to {most}, got {got}"),
    _("{least} to {most} seconds, got {got}"),
    _("{least} to {most} times, got {got}"),
    _("{least} to {most} of the wait, got {got}"),
    _("one of {known}, got {got}"),
    _("one of {known}"),
    _("a whole number, got {got}"),
    _("a number, got {got}"),
    _("decimals follow a dot, as in 2.5, got {got}"),
    _("1 or 0, got {got}"),
    _("given twice; keep one"),
    _("takes ASCII only, no Cyrillic and no control characters"),
    _("takes {most} characters, got {got}; if the gateway issued it, set long_password=1"),
    _("takes {most} characters, got {got}"),
    # The URL.
    _("no scheme; it begins with smpp://, smpps://, smsc://, sim://"),
    _("unknown scheme {got}, did you mean {near}?; known are {known}"),
    _("unknown scheme {got}; known are {known}"),
    _("unknown scheme, did you mean {near}?; known are {known}"),
    _("unknown scheme; known are {known}"),
    _("no user; write {url}, or set {login} and {password} or {file}"),
    _("no user; write {url}"),
    _("'@', '?' and '#' in user or password are written %40, %3F and %23"),
    _("a percent sign that encodes no character is written %25"),
    _("percent-encoded characters are in UTF-8"),
    _("host, host:port or [IPv6]:port expected, got {got}"),
    _("1 to 65535, got {got}; write user:password@ before the host, IPv6 in brackets"),
    _("unknown parameter, did you mean {near}?; known are {known}"),
    _("unknown parameter of {got}; known are {known}"),
    _("is for TLS; use smpps:// or smsc://"),
    _("is for the embedded simulator; use sim://"),
    _("the simulator takes no host; use smpp:// to connect to one"),
    _("no host to connect to; write it after user:password@"),
    _(
        "a login without a password; leave it out and set SMSC_LOGIN, or add the password"
        " (login:@ if it is empty)"
    ),
    _("empty; the login of the account belongs here"),
    _(
        "takes a domain name or an IP address, each part of a name with 1 to 63 characters,"
        " 253 in all, got {got}"
    ),
    # Single settings.
    _("{got} s is above the maximum of {most}"),
    _("only GSM is packed; set default_alphabet=gsm"),
    _("the simulator is on loopback; use smpp://"),
    _("one port serves one link, and binds is {binds}; leave out the port"),
    _(
        "takes an IP address of this machine, with or without a port: IPv4:port, [IPv6]:port,"
        " got {got}"
    ),
    _("a key needs its certificate: cert_file"),
    _("no certificates there: {reason}"),
    _("no certificate with its key there: {reason}"),
    # The environment.
    _(
        "not set; give it a URL like 'smsc://login:password@' (or 'sim://' to try out), or"
        " set {login} and {password} or {file}"
    ),
    _("has credentials, and {name} is set too; keep one of the two"),
    _("not set; a password needs its login"),
    _("not set; set it or {name} beside the login"),
    _("{name} is set too; keep one of the two"),
    _("has several lines or control characters; leave only the login, on one line"),
    _("has several lines or control characters; leave only the password, on one line"),
    _("the file has several lines or control characters; leave only the password, on one line"),
    _("the file can't be read: {reason}"),
    _("the file has over {most} octets; it takes a password alone"),
    _("the file isn't text in ASCII"),
    _("the file is empty; write the password into it"),
    _("invalid path"),
)
