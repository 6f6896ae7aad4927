"""One folding for all searches: what a text is compared by, and the words it is cut into."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.domain.folding import folded, folded_in_place, words_asked, words_to_find


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Łódź", "lodz"),
        ("Sørensen", "sorensen"),
        ("Đorđević", "dordevic"),
        ("Straße STRASSE", "strasse strasse"),
        ("Işıl İpek", "isil ipek"),
        ("Æsir Œuvre", "aesir oeuvre"),
        ("Ｆｕｌｌ ﬁne ℌ", "full fine h"),
        ("O’Brien O‘Brien OʼBrien O´Brien O`Brien", "o'brien o'brien o'brien o'brien o'brien"),
        ("Con\u00adtai\u200bner", "container"),
        ("e\u0301t\u00e9", "ete"),
        ("ｶﾞｽ", "ガス"),
        ("김철수", "김철수"),
        ("مُحَمَّد", "محمد"),
    ],
)
def test_letters_are_compared_as_a_keyboard_without_them_would_write(written, plain):
    assert folded(written) == plain
    assert folded(unicodedata.normalize("NFD", written)) == plain


@given(st.text())
def test_what_is_folded_stays_as_it_is(text):
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Müller-Lüdenscheidt", ["ludenscheidt", "muller", "muller ludens"]),
        ("Bianchi/Verdi", ["verdi", "bianchi verdi", "VERDI/bianchi"]),
        ("Kraftwerk (Logistik)", ["logistik", "(logistik)"]),
        ("O’Brien", ["O'Brien", "OBrien", "o’brien", "brien", "o brien"]),
        ("OBrien", ["O'Brien", "O’Brien"]),
        ("dell'Auto", ["auto", "dellauto", "dell’auto"]),
        ("Picard, Jean-Luc", ["jean", "luc picard", "Jean-Luc"]),
        ("山田太郎", ["太郎", "山田", "田太", "郎", "山田太郎"]),
        ("株式会社Tokyoトヨタ", ["tokyo", "トヨタ", "会社", "ヨタ"]),
        ("김철수", ["철수", "김"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("C++ & Söhne_GmbH", ["gmbh", "sohne"]),
    ],
)
def test_every_word_is_found_whatever_separates_it(written, asked):
    own = words_to_find(written)
    for text in asked:
        assert words_asked(text), text
        assert all(any(word.startswith(part) for word in own) for part in words_asked(text)), text


def test_other_words_are_not_found():
    assert not any(word.startswith("iller") for word in words_to_find("Müller-Lüdenscheidt"))
    assert words_asked("' - ’ _ ()") == []
    assert words_asked("हिन्दी") == ["हिन्दी"]  # vowel signs belong to the word


@given(st.text())
def test_a_text_is_found_by_itself_and_by_each_of_its_words(text):
    own = words_to_find(text)
    for part in words_asked(text):
        assert any(word.startswith(part) for word in own)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_places_in_what_is_folded_lead_back_to_what_was_written(text):
    plain, places = folded_in_place(text)

    assert len(plain) == len(places)
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)
    assert [sign for sign in plain if sign.isspace()] or folded(plain) == folded(text)
