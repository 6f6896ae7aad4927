"""What of a text is folded away, and that nothing of it ever is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.mail.reading.quotes import BlockKind, folded

LINES = st.sampled_from(
    [
        *("Hello", "", "> quoted", ">> twice", "-- ", "--", "Sent from my iPhone", "_____________"),
        *("On Mon, Feb 1, 2016 at 4:58 AM, Ann <a@x.example> wrote:", "From: Ann <a@x.example>"),
        *("Sent: Monday", "Subject: A car", "-----Original Message-----", "```", "Best regards"),
        *(
            'Am 21.04.2016 17:48 schrieb "Ann" <a@x.example',
            ">:",
            "\r",
            "- one\r",
            "\x0b",
            "\u2028",
        ),
    ]
)


def visible(text: str) -> str:
    return "".join(block.text for block in folded(text) if block.kind is BlockKind.TEXT)


@given(st.one_of(st.text(), st.lists(LINES, max_size=30).map("\n".join)))
def test_the_blocks_are_the_text_again(text):
    assert "".join(block.text for block in folded(text)) == text


@given(st.lists(LINES, max_size=30).map("\n".join))
def test_something_stays_visible(text):
    assert bool(visible(text).strip()) == bool(text.strip())


REPLY = "Yes, please.\n\n{}\n\nIs it this one?\n"


@pytest.mark.parametrize(
    "introduction",
    [
        "On Mon, Feb 1, 2016 at 4:58 AM -0800, Ann <a@x.example> wrote:",
        "Am Mo., 1. Feb. 2016 um 10:15 Uhr schrieb Ann <a@x.example>:",
        "Ann <a@x.example> schrieb am Mo., 1. Feb.\n2016 um 10:15 Uhr:",
        "Le lun. 1 févr. 2016 à 10:15, Ann <a@x.example> a écrit :",
        "El lun, 1 feb 2016 a las 10:15, Ann (<a@x.example>) escribió:",
        "Il giorno lun 1 feb 2016 alle ore 10:15 Ann <a@x.example> ha scritto:",
        "pon., 1 lut 2016 o 10:15 Ann <a@x.example> napisał(a):",
        "Op ma 1 feb. 2016 om 10:15 schreef Ann <a@x.example>:",
        "Em 1 de fevereiro de 2016 10:15, Ann <\na@x.example> escreveu:",
        "2016年2月1日(月) 10:15 Ann <a@x.example> さんは書きました:",
        "在 2016年2月1日，下午8:45，Ann <a@x.example> 写道：",
        "-----Ursprüngliche Nachricht-----\nVon: Ann <a@x.example>\nAn: B\nBetreff: Auto",
        "________________________________\nVon: Ann <a@x.example>\nGesendet: Montag\nAn: B",
        "From: Ann <a@x.example>\nSent: Monday, 1 February 2016\nTo: B\nSubject: Car",
        "De : Ann <a@x.example>\nEnvoyé : lundi 1 février 2016\nÀ : B\nObjet : Voiture",
        "De: Ann <a@x.example>\nEnviado el: lunes\nPara: B\nAsunto: Coche",
        "Da: Ann <a@x.example>\nInviato: lunedì\nA: B\nOggetto: Auto",
        "Van: Ann <a@x.example>\nVerzonden: maandag\nAan: B\nOnderwerp: Auto",
        "Od: Ann <a@x.example>\nWysłano: poniedziałek\nDo: B\nTemat: Auto",
        "差出人: Ann <a@x.example>\n送信日時: 2016年2月1日\n宛先: B\n件名: 車",
        "*From:* Ann <a@x.example>\n*Sent:* Monday\n*To:* B\n*Subject:* Car",
    ],
)
def test_case_21_quotes_are_found_in_many_languages(introduction):
    assert visible(REPLY.format(introduction)).strip() == "Yes, please."


def test_case_21_answers_between_the_lines_stay_with_what_they_answer():
    text = (
        "On Mon, Feb 1, 2016, Ann <a@x.example> wrote:\n"
        "> Is it red?\nYes.\n> And the doors?\nFour.\n> Regards, Ann\n"
    )

    assert visible(text) == "> Is it red?\nYes.\n> And the doors?\nFour.\n"


def test_case_21_an_answer_below_the_quote_is_shown_without_it():
    text = "On Mon, Feb 1, 2016, Ann <a@x.example> wrote:\n> Is it red?\n\nYes.\n"

    assert visible(text).strip() == "Yes."


@pytest.mark.parametrize(
    "text",
    [
        "> Only a quote.\n",
        "- one\n- two\n\n-- three is no signature of this line\n",
        "On this day\nI wrote:\nnothing.\n",
        "To: me\nmeans nothing.\n",
        "Look:\n```\n> code\n-- \n# comment\n```\nDone.\n",
        "Sent from my desk, which is easier than a phone.\n",
        "-- \nOnly a signature\n",
    ],
)
def test_case_21_what_is_no_quote_is_shown_whole(text):
    assert visible(text) == text


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAnn\nSome street 1",
        "--\nAnn",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Get Outlook for iOS<https://outlook.example>",
        "_______________________________________________\nusers mailing list\nusers@x.example",
    ],
)
def test_a_signature_is_folded(signature):
    text = f"Hello.\n\n{signature}\n"

    assert visible(text).strip() == "Hello."
    assert {block.kind for block in folded(text)} == {BlockKind.TEXT, BlockKind.SIGNATURE}


def test_a_long_text_below_a_separator_is_no_signature():
    text = "Hello.\n--\n" + "A line of the answer.\n" * 30

    assert visible(text) == text


def test_hostile_texts_take_little_time():
    for text in (
        ">" * 200_000,
        "On 1 " * 50_000,
        "From: \n" * 50_000,
        "--\n" * 50_000,
        "```\n" * 9_999,
    ):
        assert "".join(block.text for block in folded(text)) == text
