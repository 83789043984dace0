r"""«Отправка голосового сообщения (звонок)»: `__CALL__: <message>\nvoice:<voice>` and a param."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from smsc_async import Coding, InvalidMessageError, SmscClient, Voice, VoiceCall

if TYPE_CHECKING:
    from tests.source_document.conftest import Reader, RecordingSmsc, Sender

TO = "79991234567"


async def test_call_on_the_wire(smsc: RecordingSmsc, said: Reader) -> None:
    r"""Word, colon, space, text, line break, "voice", colon, voice.

    «Для отправки голосового сообщения используйте команду SUBMIT_SM с текстом "__CALL__:
    <message>\nvoice:<voice>" (текст "__CALL__", двоеточие, пробел, текст сообщения, перевод
    строки, слово "voice", двоеточие, голос, используемый для озвучивания текста).»
    """
    async with SmscClient(smsc.url) as client:
        await client.send(VoiceCall(to=TO, text="Ваш код: 48 21", voice=Voice.W2))

    (submit,) = smsc.submits
    assert "__CALL__: Ваш код: 48 21\nvoice:w2" == said(submit)


@pytest.mark.parametrize(
    ("markup", "data_coding", "octets"),
    [
        (Coding.GSM, 0x00, b"\x11\x11CALL\x11\x11: \x00\nvoice:m3"),
        (Coding.LATIN1, 0x04, b"__CALL__: @\nvoice:m3"),
        (Coding.UCS2, 0x08, "__CALL__: @\nvoice:m3".encode("utf-16-be")),
    ],
)
def test_call_in_each_coding(sent: Sender, markup: Coding, data_coding: int, octets: bytes) -> None:
    r"""The document defines characters, and "_" and "@" have other octets in GSM.

    «Для отправки голосового сообщения используйте команду SUBMIT_SM с текстом "__CALL__:
    <message>\nvoice:<voice>" (текст "__CALL__", двоеточие, пробел, текст сообщения, перевод
    строки, слово "voice", двоеточие, голос, используемый для озвучивания текста).»
    """
    (submit,) = sent(VoiceCall(to=TO, text="@"), markup=markup)

    assert (data_coding, octets) == (submit.data_coding, submit.short_message)


@given(text=st.text(min_size=1), voice=st.sampled_from(Voice), markup=st.sampled_from(Coding))
def test_call_of_any_letters(
    sent: Sender, said: Reader, text: str, voice: Voice, markup: Coding
) -> None:
    r"""Decoded by the coding of its parts, the text is the document's form.

    «Для отправки голосового сообщения используйте команду SUBMIT_SM с текстом "__CALL__:
    <message>\nvoice:<voice>" (текст "__CALL__", двоеточие, пробел, текст сообщения, перевод
    строки, слово "voice", двоеточие, голос, используемый для озвучивания текста).»
    """
    assume("\nvoice:" not in text)
    assume("\n~~~\n" not in f"{text}\n")

    parts = sent(VoiceCall(to=TO, text=text, voice=voice), markup=markup)

    assert "__CALL__: " + text + "\nvoice:" + voice.value == "".join(map(said, parts))


def test_voices_are_the_eight_of_the_document() -> None:
    """No voice is missing, and none was added.

    «Возможные значения для используемого голоса:»
    """
    assert ["m", "m2", "m3", "m4", "w", "w2", "w3", "w4"] == [voice.value for voice in Voice]


@pytest.mark.parametrize("voice", ["m", "m2", "m3", "m4", "w", "w2", "w3", "w4"])
def test_every_voice(sent: Sender, said: Reader, voice: str) -> None:
    """A voice may be given as a member or by its name; it is sent as in the document.

    «m – мужской голос.» «m2 – мужской голос 2.» «m4 – мужской голос 4.»
    «w – женский голос.» «w2 – женский голос 2.» «w3 – женский голос 3.» «w4 – женский голос 4.»
    """
    (by_word,) = sent(VoiceCall(to=TO, text="x", voice=voice))  # type: ignore[arg-type]  # also by its word
    (by_member,) = sent(VoiceCall(to=TO, text="x", voice=Voice(voice)))

    assert f"__CALL__: x\nvoice:{voice}" == said(by_word) == said(by_member)


def test_voice_by_default(sent: Sender, said: Reader) -> None:
    """Without a voice the gateway's default is sent.

    «m3 (по умолчанию) – мужской голос 3.»
    """
    (submit,) = sent(VoiceCall(to=TO, text="x"))

    assert "__CALL__: x\nvoice:m3" == said(submit)


def test_other_voices_are_refused() -> None:
    """The document lists eight.

    «Возможные значения для используемого голоса:»
    """
    with pytest.raises(InvalidMessageError, match="m, m2, m3, m4, w, w2, w3, w4"):
        VoiceCall(to=TO, text="x", voice="m5")  # type: ignore[arg-type]  # refused just for that


@pytest.mark.parametrize(
    ("voice", "language", "written"),
    [(Voice.M, "en", "m,en"), (Voice.W, "fr", "w,fr"), (Voice.W, "de", "w,de")],
)
def test_language_behind_the_voice(
    sent: Sender, said: Reader, voice: Voice, language: str, written: str
) -> None:
    """The language follows after a comma without a space.

    «При отправке сообщений также возможно указание языка озвучивания текста в виде: "m,en", "w,fr",
    "w,de" и т.п.»
    """
    (submit,) = sent(VoiceCall(to=TO, text="Hello", voice=voice, language=language))

    assert f"__CALL__: Hello\nvoice:{written}" == said(submit)


@pytest.mark.parametrize(
    ("call", "param"),
    [
        (VoiceCall(to=TO, text="x", param="w=20"), "w=20"),
        (VoiceCall(to=TO, text="x", param="25,60,3"), "25,60,3"),
        (VoiceCall(to=TO, text="x", wait=25, interval=60, attempts=3), "25,60,3"),
        (VoiceCall(to=TO, text="x", attempts=1), "22,20,1"),
    ],
)
def test_param_behind_the_mark(sent: Sender, said: Reader, call: VoiceCall, param: str) -> None:
    r"""Given as text, or by wait, interval and attempts, whose defaults are the gateway's.

    «В процессе формирования сообщения в конце текста можно указать специальную комбинацию
    "\n~~~\n" (перевод строки, 3 символа тильды и снова перевод строки), после которой передать
    параметр param, определяющий некоторые характеристики звонка (более подробно можно посмотреть в
    описании).»
    """
    (submit,) = sent(call)

    assert f"__CALL__: x\nvoice:m3\n~~~\n{param}" == said(submit)


def test_call_without_param_has_no_mark(sent: Sender, said: Reader) -> None:
    r"""The parameter is optional.

    «В процессе формирования сообщения в конце текста можно указать специальную комбинацию
    "\n~~~\n" (перевод строки, 3 символа тильды и снова перевод строки), после которой передать
    параметр param, определяющий некоторые характеристики звонка (более подробно можно посмотреть в
    описании).»
    """
    (submit,) = sent(VoiceCall(to=TO, text="x"))

    assert "~" not in said(submit)
