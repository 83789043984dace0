r"""Every sentence of the gateway's document, with its tests.

Rule: the table has the whole page in its order, with menus and footer, and single blanks for line
breaks. A sentence has a test that quotes it to the letter, or a reason why it requires nothing of a
client. No test quotes what the page doesn't say.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent


class Held(NamedTuple):
    """A sentence that requires something, and the names of its tests."""

    sentence: str
    tests: tuple[str, ...]


class Silent(NamedTuple):
    """A sentence that requires nothing of an SMPP client or its simulator, and why."""

    sentence: str
    reason: str


MENU = "a menu of the site"
HEADING = "a heading; what stands under it is below"
FOOTER = "the footer of the site"
POINTER = "points to another page, and says nothing itself"

DOCUMENT: tuple[Held | Silent, ...] = (
    Silent("Тарифы Услуги API Партнерам О сервисе Контакты", MENU),
    Silent("8 (800) 700 7672 Бесплатно по России", MENU),
    Silent("Интеграция с сервисом (API)", HEADING),
    Silent(
        "API позволяет рассылать сообщения через ваши проекты и сервисы по протоколам HTTP/HTTPS,"
        " SMTP и SMPP.",
        "an introduction; this client is the one for SMPP",
    ),
    Silent(
        "Готовые библиотеки на разных языках программирования подключаются к вашему проекту и"
        " помогают отправлять сообщения из любого места с помощью одной команды.",
        "tells of the gateway's own libraries",
    ),
    Held(
        "Для упрощенной авторизации вместо пары логин и пароль можно использовать специальный"
        " API-ключ.",
        ("test_api.py::test_key_of_any_length_travels_whole",),
    ),
    Silent("HTTP/HTTPS SMTP SMPP SOAP OMS SMS-команды Библиотеки и примеры кода", MENU),
    Silent("Отправка сообщения", HEADING),
    Silent("Отправка SMS-сообщения", HEADING),
    Held(
        "Для отправки SMS-сообщения используйте команду SUBMIT_SM согласно спецификации.",
        (
            "test_sms.py::test_every_kind_leaves_as_one_submit_sm",
            "test_sms.py::test_submit_sm_to_the_octet",
        ),
    ),
    Silent("Поддерживаются следующие кодировки:", "begins the list below; there are three"),
    Held(
        "7-битная GSM для латинского текста с поддержкой европейских символов − (coding = 0);",
        ("test_sms.py::test_latin_text_is_gsm",),
    ),
    Held(
        "8-битная ISO-8859-1 (ASCII) для латинского текста или бинарных данных − (coding = 1);",
        ("test_sms.py::test_latin1_by_choice", "test_sms.py::test_binary_data"),
    ),
    Held(
        "UCS2 (UCS-2BE или UTF-16BE) для национальных алфавитов (например, русского) − (coding ="
        " 2).",
        ("test_sms.py::test_national_alphabets_are_ucs2",),
    ),
    Held(
        "Поле coding кодируется двумя битами в составном поле data_coding, поэтому data_coding ="
        " coding * 4.",
        (
            "test_sms.py::test_data_coding_is_coding_times_four",
            "test_sms.py::test_flash_leaves_the_two_bits_alone",
        ),
    ),
    Held(
        "Для использования кодировки ISO-8859-1 (ASCII) вместо GSM при подключении нужно указать:"
        ' system-type = "ISO"',
        (
            "test_sms.py::test_iso_is_said_at_the_bind",
            "test_sms.py::test_without_iso_system_type_is_empty",
            "test_sms.py::test_iso_leaves_other_alphabets_alone",
        ),
    ),
    Held(
        "В текст SMS-сообщения можно добавлять комментарии, предназначенные для просмотра"
        " отправителем истории сообщений в личном кабинете.",
        ("test_comments.py::test_any_comment_may_be_added",),
    ),
    Held(
        "Команда SUBMIT_MULTI для множественной рассылки пока не реализована.",
        (
            "test_sms.py::test_submit_multi_is_refused_before_it_leaves",
            "test_sms.py::test_simulator_refuses_submit_multi",
        ),
    ),
    Held(
        "Сервер не принимает более одного одинакового запроса на отправку SMS-сообщений в течение"
        " минуты для защиты от ошибок и зацикливаний в программе на стороне Клиента для того,"
        " чтобы снизить нагрузку и не расходовать средства Клиента, а также не допустить"
        " многократной отправки сообщения одному абоненту.",
        (
            "test_rules.py::test_identical_request_is_held_for_a_minute",
            "test_rules.py::test_what_is_not_identical_passes",
            "test_rules.py::test_numbers_are_those_of_the_document",
            "test_rules.py::test_no_admitted_request_is_a_repeat_at_the_gateway",
        ),
    ),
    Held(
        "Сервер также блокирует отправку более 50 сообщений одному абоненту, которые были"
        " отправлены с перерывом между сообщениями менее 30-ти секунд, для защиты от флуда и"
        " лишнего списания средств со счета Клиента, так как многие операторы не пропускают"
        " большое количество сообщений одному абоненту за короткий промежуток времени.",
        (
            "test_rules.py::test_fifty_first_message_in_a_row_is_held",
            "test_rules.py::test_another_subscriber_has_a_row_of_their_own",
            "test_rules.py::test_messages_half_a_minute_apart_are_never_a_flood",
            "test_rules.py::test_no_admitted_messages_are_a_flood_at_the_gateway",
        ),
    ),
    Held(
        "При отправке составного сообщения все SMS-части должны быть переданы на сервер в течение"
        " минуты.",
        ("test_rules.py::test_parts_have_a_minute",),
    ),
    Held(
        "В противном случае оператор может отклонить сообщение, так как для проверки на фильтры и"
        " шаблоны все SMS-части предварительно необходимо склеить, и большинство операторов"
        " ожидает не более минуты.",
        ("test_rules.py::test_parts_have_a_minute",),
    ),
    Silent("Комментарии в SMS-сообщениях", HEADING),
    Held(
        "При отправке SMS-сообщений можно добавлять в конец текста любой комментарий, уточняющий"
        " либо дополняющий SMS-сообщение для отправителя.",
        ("test_comments.py::test_any_comment_may_be_added",),
    ),
    Held(
        "Данный текст не будет отправляться абонентам и влиять на стоимость SMS и доступен для"
        " просмотра и фильтрации в списке отправленных сообщений в личном кабинете.",
        (
            "test_comments.py::test_second_mark_is_refused",
            "test_comments.py::test_mark_in_a_text_is_refused",
            "test_comments.py::test_simulator_keeps_the_comment_from_the_subscriber",
            "test_comments.py::test_simulator_charges_nothing_for_the_comment",
        ),
    ),
    Held(
        "Для добавления комментария необходимо в конце текста SMS-сообщения, предназначенного для"
        r' отправки, указать специальную комбинацию "\n~~~\n" (перевод строки, 3 символа тильды и'
        " снова перевод строки), и после этого любой текст, который будет считаться"
        " комментарием, не будет отправлен абоненту, но отобразится в истории.",
        (
            "test_comments.py::test_comment_stands_at_the_end_of_every_kind",
            "test_comments.py::test_mark_in_each_coding",
        ),
    ),
    Silent("Отправка e-mail сообщения", HEADING),
    Held(
        'Для отправки e-mail сообщения используйте команду SUBMIT_SM с текстом "__MAIL__:'
        r' <message>\nsubj:<subject>" (текст "__MAIL__", двоеточие, пробел, текст сообщения,'
        ' перевод строки, слово "subj", двоеточие, тема e-mail сообщения).',
        (
            "test_email.py::test_email_on_the_wire",
            "test_email.py::test_email_in_each_coding",
            "test_email.py::test_email_of_any_letters",
            "test_email.py::test_email_that_would_be_read_otherwise_is_refused",
        ),
    ),
    Silent("Отправка голосового сообщения (звонок)", HEADING),
    Held(
        'Для отправки голосового сообщения используйте команду SUBMIT_SM с текстом "__CALL__:'
        r' <message>\nvoice:<voice>" (текст "__CALL__", двоеточие, пробел, текст сообщения,'
        ' перевод строки, слово "voice", двоеточие, голос, используемый для озвучивания текста).',
        (
            "test_call.py::test_call_on_the_wire",
            "test_call.py::test_call_in_each_coding",
            "test_call.py::test_call_of_any_letters",
        ),
    ),
    Held(
        "Возможные значения для используемого голоса:",
        (
            "test_call.py::test_voices_are_the_eight_of_the_document",
            "test_call.py::test_other_voices_are_refused",
        ),
    ),
    Held("m – мужской голос.", ("test_call.py::test_every_voice",)),
    Held("m2 – мужской голос 2.", ("test_call.py::test_every_voice",)),
    Held("m3 (по умолчанию) – мужской голос 3.", ("test_call.py::test_voice_by_default",)),
    Held("m4 – мужской голос 4.", ("test_call.py::test_every_voice",)),
    Held("w – женский голос.", ("test_call.py::test_every_voice",)),
    Held("w2 – женский голос 2.", ("test_call.py::test_every_voice",)),
    Held("w3 – женский голос 3.", ("test_call.py::test_every_voice",)),
    Held("w4 – женский голос 4.", ("test_call.py::test_every_voice",)),
    Held(
        "При отправке сообщений также возможно указание языка озвучивания текста в виде:"
        ' "m,en", "w,fr", "w,de" и т.п.',
        ("test_call.py::test_language_behind_the_voice",),
    ),
    Held(
        "В процессе формирования сообщения в конце текста можно указать специальную комбинацию"
        r' "\n~~~\n" (перевод строки, 3 символа тильды и снова перевод строки), после которой'
        " передать параметр param, определяющий некоторые характеристики звонка (более подробно"
        " можно посмотреть в описании).",
        (
            "test_call.py::test_param_behind_the_mark",
            "test_call.py::test_call_without_param_has_no_mark",
        ),
    ),
    Silent("Отправка viber-сообщения", HEADING),
    Held(
        "Для отправки viber-сообщения используйте команду SUBMIT_SM с текстом"
        ' "__VIBER__: <message>" (текст "__VIBER__", двоеточие, пробел, текст сообщения).',
        ("test_viber.py::test_viber_on_the_wire", "test_viber.py::test_viber_in_each_coding"),
    ),
    Held(
        "При формировании текста сообщения можно использовать специальные макросы для создания"
        " кнопки, при нажатии на которую будет происходить открытие браузера и переход по"
        " указанной в макросе ссылке, а также прикреплять файлы.",
        ("test_viber.py::test_macros_pass_untouched",),
    ),
    Silent(
        "Более подробно дополнительные возможности при отправке viber-сообщений описаны в"
        " документации к http-протоколу.",
        POINTER,
    ),
    Silent("Отправка soc-сообщения", HEADING),
    Held(
        "Для отправки soc-сообщения, отправляемого пользователям социальных сетей"
        ' "Одноклассники", "ВКонтакте" или пользователям "Mail.Ru Агент", используйте команду'
        ' SUBMIT_SM с текстом "__SOC__: <message>" (текст "__SOC__", двоеточие, пробел, текст'
        " сообщения).",
        (
            "test_social.py::test_social_on_the_wire",
            "test_social.py::test_social_in_each_coding",
            "test_social.py::test_social_of_any_letters",
        ),
    ),
    Silent("Отправка сообщения в Telegram", HEADING),
    Held(
        "Для отправки кода подтверждения в Telegram используйте команду SUBMIT_SM с текстом"
        ' "__TGM__: <code>" (текст "__TGM__", двоеточие, пробел, код подтверждения).',
        (
            "test_telegram_code.py::test_code_on_the_wire",
            "test_telegram_code.py::test_code_in_each_coding",
        ),
    ),
    Held(
        "К отправке принимаются только числовые коды длиной от 4 до 8 цифр.",
        (
            "test_telegram_code.py::test_every_code_of_four_to_eight_digits",
            "test_telegram_code.py::test_other_codes_are_refused_at_birth",
            "test_telegram_code.py::test_digits_of_other_scripts_are_refused",
            "test_telegram_code.py::test_number_is_refused",
        ),
    ),
    Silent("Отправка сообщения в чат-бот Telegram", HEADING),
    Held(
        "Для отправки сообщения в чат-бот Telegram используйте команду SUBMIT_SM с текстом"
        r' "__BOT__: <message>\nbot:@<bot_name>" (текст "__BOT__", двоеточие, пробел, текст'
        ' сообщения, перевод строки, текст "bot", двоеточие, имя бота).',
        (
            "test_telegram_bot.py::test_bot_on_the_wire",
            "test_telegram_bot.py::test_bot_in_each_coding",
            "test_telegram_bot.py::test_bot_text_of_any_letters",
            "test_telegram_bot.py::test_bot_message_that_would_be_read_otherwise_is_refused",
        ),
    ),
    Silent("Отправка HLR-запроса", HEADING),
    Held(
        "Для отправки HLR-запроса используйте команду SUBMIT_SM с текстом __HLR__.",
        (
            "test_hlr.py::test_query_and_its_result_on_the_wire",
            "test_hlr.py::test_query_in_each_coding",
        ),
    ),
    Held(
        "Результат запроса приходит в обычном статусе (Delivery Report), который можно получить"
        " как по SMPP-подключению, так и по HTTP на свой обработчик.",
        ("test_hlr.py::test_result_comes_by_smpp_and_by_http_alike",),
    ),
    Held(
        "Формат статуса с результатом HLR-запроса, возвращаемого по SMPP: id:<id> stat:<status>"
        " err:<err> imsi:<imsi> msc:<msc> mcc:<mcc> mnc:<mnc> cn:<cn> net:<net> rcn:<rcn>"
        " rnet:<rnet>",
        (
            "test_hlr.py::test_php_regular_expression_agrees_on_random_lines",
            "test_hlr.py::test_simulator_answers_in_the_same_format",
            "test_mangled_receipts.py::test_mangled_receipts_are_read_without_an_exception",
        ),
    ),
    Held("Описание параметров:", ("test_hlr.py::test_example_of_the_document",)),
    Silent("Параметр Значение", "the heads of the table's columns"),
    Held("id Идентификатор сообщения.", ("test_hlr.py::test_example_of_the_document",)),
    Held("status Статус сообщения.", ("test_hlr.py::test_example_of_the_document",)),
    Held(
        "err Код ошибки, если абонент недоступен (список).",
        (
            "test_hlr.py::test_example_of_the_document",
            "test_hlr.py::test_subscriber_out_of_reach",
        ),
    ),
    Held(
        "imsi Уникальный код IMSI SIM-карты абонента.",
        ("test_hlr.py::test_example_of_the_document",),
    ),
    Held(
        "msc Номер сервис-центра оператора, в сети которого находится абонент.",
        ("test_hlr.py::test_example_of_the_document",),
    ),
    Held("mcc Числовой код страны абонента.", ("test_hlr.py::test_example_of_the_document",)),
    Held("mnc Числовой код оператора абонента.", ("test_hlr.py::test_example_of_the_document",)),
    Held(
        "cn Название страны регистрации абонента.",
        ("test_hlr.py::test_example_of_the_document",),
    ),
    Held(
        "net Название оператора регистрации абонента.",
        ("test_hlr.py::test_example_of_the_document",),
    ),
    Held(
        "rcn Название роуминговой страны абонента при нахождении в чужой сети.",
        ("test_hlr.py::test_subscriber_abroad",),
    ),
    Held(
        "rnet Название роумингового оператора абонента при нахождении в чужой сети.",
        ("test_hlr.py::test_subscriber_abroad",),
    ),
    Held(
        "Строковые данные, например, страна и оператор, закодированы через функцию urlencode.",
        ("test_hlr.py::test_names_are_urlencoded",),
    ),
    Held(
        "Пример результата HLR-запроса: id:855469 stat:DELIVRD err:000 imsi:250023012345678"
        " msc:79232510066 mcc:250 mnc:02 cn:Russian+Federation"
        " net:MegaFON+open+Joint+Stock+Company rcn: rnet:",
        (
            "test_hlr.py::test_example_of_the_document",
            "test_hlr.py::test_query_and_its_result_on_the_wire",
        ),
    ),
    Held(
        'Пример кода на PHP для разбора строки с результатом HLR-запроса: $dlr = strtr($dlr, ": ",'
        ' "=&"); // $dlr - строка статуса parse_str($dlr, $m); // $m - массив параметров,'
        ' $m["id"], $m["err"], $m["imsi"] и тд.',
        ("test_hlr.py::test_php_parse_str_agrees_on_random_lines",),
    ),
    Held(
        r'Пример разбора через регулярные выражения: preg_match("/^id:(\d+) stat:(\w+) err:(\d+)'
        r" imsi:(\d*) msc:(\d*) mcc:(\d*) mnc:(\d*) cn:([^ ]*) net:([^ ]*) rcn:([^ ]*)"
        r' rnet:([^ ]*)/", $dlr, $m); // $dlr - строка статуса for ($i = 6; $i <= 9; $i++) $m[$i]'
        " = urldecode($m[$i]); // $m - массив параметров, $m[1] = id, $m[2] = status, $m[3] = err"
        " и тд.",
        ("test_hlr.py::test_php_regular_expression_agrees_on_random_lines",),
    ),
    Held(
        "Для отправки Ping-SMS используйте команду SUBMIT_SM с текстом __PING__.",
        ("test_ping.py::test_ping_on_the_wire", "test_ping.py::test_ping_in_each_coding"),
    ),
    Silent("© 2003–2024 ООО «СМС-центр» Лицензия № 166255", FOOTER),
    Silent("support@smsc.ru Контакты", FOOTER),
    Silent("Дизайн — Студия Артемия Лебедева", FOOTER),
    Silent("Информация о сайте", FOOTER),
    Silent("SMS-центр для Android Яндекс.Метрика", FOOTER),
)

HELD = [row for row in DOCUMENT if isinstance(row, Held)]


@cache
def docstrings() -> dict[str, str]:
    """Return the docstrings of this folder's tests by name, with single blanks for line breaks."""
    found = {}
    for path in HERE.glob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                said = ast.get_docstring(node) or ""
                found[f"{path.name}::{node.name}"] = " ".join(said.split())
    return found


@pytest.mark.parametrize("row", HELD, ids=lambda row: row.sentence[:40])
def test_tests_exist_and_quote_their_sentence(row: Held) -> None:
    """A renamed test or a wrong letter in a quote fails here."""
    assert row.tests
    for test in row.tests:
        assert test in docstrings()
        assert f"«{row.sentence}»" in docstrings()[test], test


def test_every_quote_is_of_the_document() -> None:
    """The table lists every quote with its test; no quote is made up."""
    listed = {(test, row.sentence) for row in HELD for test in row.tests}
    quoted = {
        (test, sentence)
        for test, said in docstrings().items()
        for sentence in re.findall("«(.*?)»", said)
    }

    assert set() == quoted - listed


def test_every_sentence_is_listed_once() -> None:
    """A doubled row could hide a missing one."""
    assert [] == [
        sentence for sentence, times in Counter(row[0] for row in DOCUMENT).items() if times > 1
    ]


def test_what_asks_nothing_says_why() -> None:
    """A sentence without a test needs a reason."""
    assert all(row.reason for row in DOCUMENT if isinstance(row, Silent))
