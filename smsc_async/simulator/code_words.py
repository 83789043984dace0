"""Words near numbers in short messages: of one-time codes, and of what isn't one.

Rule: words are in lower case and without apostrophes; a "-" stands for any ending. English,
Russian, Ukrainian, Kazakh and Uzbek, the last in both scripts.
"""

from __future__ import annotations

from typing import Final


class WordList:
    """Words, and beginnings of words.

    Args:
        entries: Separated by spaces; a beginning has two letters or more, and ends in "-".
    """

    __slots__ = ("_beginnings", "_words")

    def __init__(self, *entries: str) -> None:
        every = " ".join(entries).split()
        self._words = frozenset(entry for entry in every if not entry.endswith("-"))
        # By their first two letters: comparing with all of them takes most of a search.
        self._beginnings: dict[str, tuple[str, ...]] = {}
        for entry in every:
            if entry.endswith("-"):
                self._beginnings[entry[:2]] = (*self._beginnings.get(entry[:2], ()), entry[:-1])

    def __contains__(self, word: str) -> bool:
        return word in self._words or word.startswith(self._beginnings.get(word[:2], ()))

    def __repr__(self) -> str:
        beginnings = sum(map(len, self._beginnings.values()))
        return f"<WordList of {len(self._words) + beginnings}>"


CODES: Final = WordList(
    "code codes passcode- password- passphrase pin pins pincode- otp totp pwd",
    "код кода коду кодом коде коды кодов кодам кодами кодах парол- пин пинкод- пин-код",
    "коди кодів кодові пін пінкод-",
    "кодты кодтың кодын кодыңыз- құпиясөз- құпия-",
    "kod kodi kodni kodini kodingiz- kodlar- parol- pinkod-",
    "кодни кодини кодинг- махфий maxfiy",
)
"""A one-time code, a password."""

BEFORE_OTHER_CODES: Final = WordList(
    "promo zip postal post area country discount coupon error qr bar dress dialing sort branch",
    "product source referral booking",
    "промо почтовый почтового телефонный штрих исходный дресс реферальный",
    "поштовий телефонний пошта почта pochta",
)
"""Before "code" it makes it another kind of code."""

BEHIND_OTHER_CODES: Final = WordList(
    "товар- город- стран- регион- ошибк- скидк- организац- подразделен- заказ- акци- купон-",
    "бронир- отделен- област- оператора",
    "міста країн- помилк- знижк- замовл-",
)
"""Behind "код" it makes it another kind of code."""

ENTERING: Final = WordList(
    "enter use type введите введи укажите введіть вкажіть енгізіңіз теріңіз kiriting киритинг"
)
"""A code may follow it directly, without a word for it."""

OTHER_NUMBERS: Final = WordList(
    # Orders, contracts, documents.
    "order- contract- agreement- invoice- ticket- booking- reservation- parcel tracking",
    "reference ref policy receipt request case no",
    "заказ- договор- заявк- обращен- накладн- квитанц- чек чека чеку счет- счёт- билет- брон-",
    "посылк- трек- полис- талон- артикул- протокол- постановлен- инн снилс паспорт-",
    "замовлен- договір рахун- квит- посилк-",
    "тапсырыс- келісім- шарт- шот- buyurtma- shartnoma- буюртма- шартнома- hisob- ҳисоб-",
    # Numbers of all kinds, cards, accounts.
    "number- card- account- acct ending ends login user client id visa mastercard mir iban",
    "номер- карт- мир оканчив- заканчив- последн- логин- клиент-",
    "закінч- логін- клієнт- нөмір- raqam- рақам- karta- uzcard humo",
    # Phones.
    "phone- tel call- dial hotline whatsapp тел телефон- звон- позвон- горяч-",
    "дзвон- зателеф- қоңырау- хабарлас- qongiroq- қўнғироқ-",
    # Places and journeys.
    "office room flat apt flight train bus atm",
    "офис- каб кабинет- кв квартир- дом дома рейс- поезд- автобус- маршрут- банкомат- терминал-",
    "пвз постамат- магазин- офіс- поїзд- потяг- термінал-",
    # Sums and their limits.
    "sum amount total balance price limit usd eur rub kzt uah uzs inr rs",
    "сумм- баланс- остат- цена цены стоимост- лимит- скидк- итого",
    "сума суму залишок знижк- ціна баға сомасы қалдық- summa- narx- qoldiq-",
)
"""A number behind it is no code."""

UNITS: Final = WordList(
    # Money.
    "р руб рубл- коп тг тенге теңге грн гривен- гривн- сум сума сумов сўм сом som soum sum",
    "долл- евро євро usd eur rub kzt uah uzs dollar- euro- rouble- ruble- kopeck-",
    # Time, and years.
    "сек секунд- мин минут- час часа часов дн дня дней день сут- недел- месяц- лет",
    "г гг год года году годов sec second- min minute- hour- day days week- month- year-",
    "хв хвилин- годин- днів тижн- місяц- рік року роки років",
    "сағат күн ай жыл жылы daqiqa- soniya- soat kun yil yilda дақиқа- сония- соат йил йили",
    # Amounts of other things.
    "процент- percent- відсот- пайыз- foiz- фоиз- балл- бонус- балів бали ball- point- bonus-",
    "мил- mile- шт штук- pcs item- раз раза times чел people км кг метр- meter-",
    "гб мб кб gb mb kb мегабайт- гигабайт- тыс млн млрд thousand million ккал шаг- step-",
    "символ- цифр- digit- character-",
)
"""Behind a number it says what is counted or measured."""

YEARS: Final = WordList(
    "январ- феврал- март- апрел- май мая июн- июл- август- сентябр- октябр- ноябр- декабр- год",
    "січ- лют- берез- квіт- трав- черв- лип- серп- верес- жовт- листопад- груд-",
    "қаңтар- ақпан- наурыз- сәуір- мамыр- маусым- шілде- тамыз- қыркүйек- қазан- қараша-",
    "желтоқсан- yanvar- fevral- mart- aprel- iyun- iyul- avgust- sentabr- oktabr- noyabr-",
    "dekabr- январ- сентябр- jan- feb- mar march apr- may jun- jul- aug- sep- oct- nov- dec",
    "december copyright c с since year",
)
"""A year may follow it."""

LINKS: Final = WordList("is are это це бул in to with на по от від for")
"""It may stand between a word and its number."""

CONNECTORS: Final = WordList("и или or and та і або va ва және")
"""It stands between the members of a list."""
