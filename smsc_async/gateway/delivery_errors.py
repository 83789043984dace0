"""SMSC.ru's published list of delivery errors (`err` of a receipt), in words of our own.

Each text says what happened, and what to do where that helps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from smsc_async.receipts import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Mapping

DELIVERY_ERRORS: Final[dict[int, tuple[str, str]]] = {
    0: ("ошибки нет, абонент доступен", "no error, the subscriber can be reached"),
    1: ("такого абонента нет", "there is no such subscriber"),
    2: ("почтовый ящик полон", "the mailbox is full"),
    3: ("почтовый сервер получателя не найден", "the recipient's mail server wasn't found"),
    4: ("почтовый ящик заблокирован", "the mailbox is blocked"),
    6: ("телефон выключен или вне зоны действия", "the phone is off or out of coverage"),
    11: (
        "у абонента нет этой услуги, бывает в роуминге и на городских номерах",
        "the subscriber has no such service, as in roaming or on a landline",
    ),
    12: ("сбой телефона или SIM-карты абонента", "the handset or its SIM card failed"),
    13: (
        "номер абонента заблокирован: долг, PIN-код или SIM-карта",
        "the subscriber is blocked: debt, PIN or a damaged SIM card",
    ),
    21: ("телефон абонента не поддерживает этот сервис", "the handset doesn't support the service"),
    200: (
        "тестовый режим: сообщение не отправлено и не оплачено",
        "test mode of the account: nothing was really sent or charged",
    ),
    219: (
        "SIM-карту недавно заменили, буквенные имена сутки не проходят",
        "the SIM card was replaced, named senders are blocked for a day",
    ),
    220: (
        "очередь оператора переполнена, шлюз повторяет отправку сам",
        "the operator's queue is full, the gateway tries again by itself",
    ),
    237: ("абонент не взял трубку", "the call wasn't answered"),
    238: ("текст не подходит ни под один шаблон", "the text fits none of the allowed templates"),
    239: (
        "адрес IP не разрешён в настройках аккаунта",
        "the IP address isn't allowed in the account",
    ),
    240: ("линия занята или звонок сброшен", "the line was busy or the call rejected"),
    241: (
        "не удалось преобразовать звук, или переданы не все части сообщения",
        "the audio couldn't be converted, or not all parts were handed over",
    ),
    242: ("ответил автоответчик", "an answering machine took the call"),
    243: ("для таких рассылок нужен договор", "mailings of this kind need a contract"),
    244: (
        "рассылка или ссылка в ней запрещена",
        "the mailing, or a link in it, is forbidden",
    ),
    245: (
        "оператор за сутки не сообщил статус, исход неизвестен",
        "the operator reported no status within a day, the outcome is unknown",
    ),
    246: (
        "в это время отправка запрещена настройками аккаунта",
        "the account doesn't send at this time of day",
    ),
    247: ("суточный лимит аккаунта исчерпан", "the account's daily limit is reached"),
    248: ("нет маршрута на этот номер", "there is no route to the number"),
    249: ("неверный формат номера", "the number has a wrong format"),
    250: ("номер запрещён настройками аккаунта", "the account's settings forbid the number"),
    251: (
        "слишком много сообщений на один номер: суточный лимит или больше 50 подряд",
        "too many messages to one number: the daily limit, or over 50 in a row",
    ),
    252: ("на этот номер отправлять нельзя", "messages to this number are forbidden"),
    253: (
        "остановлено спам-фильтром: текст или имя отправителя",
        "stopped by the spam filter: the text or the sender's name",
    ),
    254: ("имя отправителя не зарегистрировано", "the sender's name isn't registered"),
    255: ("оператор отклонил без объяснения", "the operator rejected it and gave no cause"),
}
"""Russian and English text by code."""

_NOT_OF_SMS: Final = frozenset({0, 2, 3, 4, 237, 240, 241, 242})
"""No error; of e-mail; of calls, of which 241 is also that of a message whose parts are missing."""

SMS_ERRORS: Final = tuple(code for code in sorted(DELIVERY_ERRORS) if code not in _NOT_OF_SMS)
"""Codes with which an SMS that was handed over as a whole may end."""


class SmscRuDeliveryError(DeliveryError):
    """A delivery error of SMSC.ru, with its list."""

    __slots__ = ()
    texts: ClassVar[Mapping[int, tuple[str, str]]] = DELIVERY_ERRORS
