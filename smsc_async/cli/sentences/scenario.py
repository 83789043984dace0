"""What is wrong in the file of a scenario: the reasons of `ScenarioFileError`, as templates.

Rule: a template is the library's sentence word for word, with a name in braces for each value.
"""

from __future__ import annotations

from typing import Final

from smsc_async.cli.i18n import _

SCENARIO: Final = (
    # The file.
    _("takes {most} characters, got {got}; split the scenario"),
    _("isn't TOML at line {line}, column {column}; texts are written in quotes"),
    _("isn't TOML at end of document; texts are written in quotes"),
    _("isn't TOML at line {line}, column {column}; decimals follow a dot, as in 2.5"),
    _("isn't TOML at end of document; decimals follow a dot, as in 2.5"),
    _("isn't TOML; texts are written in quotes"),
    _("a key or table is given twice at line {line}, column {column}; keep one"),
    _("a key or table is given twice at end of document; keep one"),
    _("a key or table is given twice; keep one"),
    _("arrays and tables are nested too deeply"),
    _("a number has too many digits"),
    # Keys.
    _("unknown key {key}; did you mean {near}?"),
    _("unknown key {key}; known are {known}"),
    _("unknown key of {got}; did you mean {near}?"),
    _("unknown key of {got}; known are {known}"),
    _("{key} is no key of this table; write it above the first [table]"),
    _("the number is given twice; keep one"),
    # Kinds of values.
    _("a text"),
    _("a number"),
    _("an array"),
    _("a table"),
    _("a date"),
    _("a time"),
    _("takes true or false without quotes, got a text"),
    _("takes a number without quotes, got a text"),
    _("takes a whole number without quotes, got a text"),
    _("takes true or false, got {got}"),
    _("takes a number below 2^63, got {got}"),
    _("takes a whole number, got {got}"),
    _("takes a text in quotes, got {got}"),
    _("takes one of {known}, got {got}; did you mean {near}?"),
    _("takes one of {known}, got {got}"),
    _("takes a name of {kind}, or a number without quotes, got {got}; did you mean {near}?"),
    _("takes a name of {kind}, or a number without quotes, got {got}"),
    _("takes {least} to {most} or a name of {kind}, got {got}"),
    _("takes a table, or false for no rules, got {got}"),
    _("takes a table, or false for none, got {got}"),
    _("takes a table, got {got}"),
    _("takes a table for each number, got {got}"),
    _("takes a table of passwords by login, or false for any login, got {got}"),
    _('is written [fates."79991234567"], with up to {most} digits, got {got}'),
    _("takes 1 to 11 digits, or false for none, got {got}"),
    # Values.
    _("takes {least} or more, got {got}"),
    _("takes more than 0 seconds, got {got}"),
    _("takes 0 seconds or more, got {got}"),
    _("takes more than 0 and up to {most}, got {got}"),
    _("takes {least} to {most} percent, got {got}"),
    _("takes {least} to {most}, got {got}"),
    _("takes {most} ASCII characters, got {got}"),
    _("takes GSM only, got {got}"),
    _("takes a number of 9 digits at most and above 0, or None to switch the rule off, got {got}"),
    _("takes a whole number {least} to {most}, got {got}"),
    _("takes 0 s or more and below multipart_window, got {got}"),
    # Values that need or exclude each other.
    _("answer='refuse' and command_status need each other"),
    _("answer='late' needs after, the seconds until the response"),
    _("a refused message has no outcome: no state, receipt, hlr or reply"),
    _("excludes seconds; keep one of them"),
)
