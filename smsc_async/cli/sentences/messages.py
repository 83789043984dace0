"""Why a message is invalid: the reasons of `InvalidMessageError`, as templates.

Rule: a template is the library's sentence word for word, with a name in braces for each value.
"""

from __future__ import annotations

from typing import Final

from smsc_async.cli.i18n import _

MESSAGES: Final = (
    # Recipients and senders.
    _("a number is 10 to 15 digits with country code, got {got}; write it like '79991234567'"),
    _("a number has no decimals, got {got}; write it like '79991234567'"),
    _("810 isn't a country code, got {got}; write '+' for the 810"),
    _("a country code never begins with 0, got {got}; write it like '79991234567'"),
    _("a number of country 7 has {most} digits, got {got}; correct it"),
    _(
        "a spreadsheet has cut the number: {left} of its {total} digits are left; format the"
        " column as text or number, and save the file again"
    ),
    _("a number takes 15 digits, got {got}; use a shorter number or a name"),
    _("a name takes 11 characters, got {got}; use a shorter registered name"),
    _(
        "a name takes Latin letters, digits, space and common signs, got {got} as character"
        " {at}; use a name registered in the account"
    ),
    _("an e-mail address looks like 'name@example.com', in ASCII without spaces; got {got}"),
    _("an e-mail address takes {most} characters, got {got} ({address}); use a shorter address"),
    _(
        "{field} takes {most} characters and email_limit is {limit}, got {got} ({address});"
        " use a shorter address, or set email_limit: what the gateway does with longer ones"
        " isn't known"
    ),
    # Texts.
    _("empty, and would be paid for; Ping finds out whether a phone is on"),
    _("empty, the gateway wants one; write a few words"),
    _("nothing but spaces, and would be paid for; write a text"),
    _("holds a line break; write it in one line"),
    _(
        "a line that is just {mark} is markup: the gateway would take the rest for a comment;"
        " put a space in front"
    ),
    _(
        "a line that is just {mark} is markup: the gateway might deliver what is before it;"
        " put a space in front"
    ),
    _(
        "a line that begins with {mark} is markup: the gateway would cut the text there; put"
        " a space in front"
    ),
    _(
        "a line that begins with {mark} is markup: the gateway might take it for its own; put"
        " a space in front"
    ),
    _(
        "begins with {mark}, so the gateway would take it for another kind of message; send"
        " that kind, or put a space in front"
    ),
    _(
        "character {at} ({got}) is half a surrogate pair and can't be encoded; decode the text"
        " properly before sending it"
    ),
    _("character {at} ({got}) is half a surrogate pair and no character; remove it"),
    _("character {at} ({got}) is not in {coding}; send the text as UCS2 or replace the character"),
    _("needs {parts} parts, one message takes {most}; shorten it"),
    _(
        "needs {parts} parts, and the gateway blocks more than {most} messages in a streak to"
        " one subscriber; {remedy}"
    ),
    _(
        "needs {parts} parts, which take {seconds} s at this rate and must be in within"
        " {most} s; {remedy}"
    ),
    _("shorten it, or let the gateway cut it with LongText.PAYLOAD"),
    # Other fields.
    _("4 to 8 digits are accepted, got {got}; send other codes as an Sms"),
    _("a bot's name is 1 to 32 Latin letters, digits and '_', got {got}; write it like 'shop_bot'"),
    _("a language is two or three small Latin letters like 'en', got {got}"),
    _("one line like '22,20,5'; leave it None for none"),
    _("give param or {name}, not both"),
    _("1 s to 24 h, got {duration}; the gateway tries no longer, so send it again after that"),
    # Fields of a request.
    _("takes ASCII only, got {got}"),
    _("NUL inside a C-octet string"),
    # Rows of a table.
    _("needs the column {name}, which is empty"),
    _("a formula of the row has the error {got}; correct it"),
    _("one of {known} is needed, got {got}"),
    _("several numbers, and a message goes to one; in a table each has a row of its own"),
    _(
        "a number is written in digits 0 to 9, '+', spaces, brackets and hyphens, got {got} as"
        " character {at}; correct it"
    ),
    _("a number isn't negative; write it like '79991234567'"),
    _(
        "8 stands for +7, where no code begins with {digit}; write '+' in front of a number of"
        " another country"
    ),
    _("no country code begins with 89; write a Russian number as 7 and 10 digits"),
    _("the country code is missing; write 7 in front, or '+' if it begins with the code"),
    _("a number has no decimals; write it like '79991234567'"),
    _(
        "a character is lost (U+FFFD); the file was saved in an encoding that lacks it, so write"
        " the text again"
    ),
    _(
        "the text was read in a wrong encoding, before the file was saved or by --encoding; correct"
        " that, or write it again"
    ),
    _(
        "a spreadsheet has cut a number of the text; format the column as text, write the number"
        " again, and save the file"
    ),
    _(
        "the cell holds another row of the file; correct the quotes, or put a space behind the"
        " separator"
    ),
)
