"""Each language's catalogue has every message of the source, whole, and is what Django reads."""

import re
from gettext import c2py

import pytest
from babel.messages.mofile import read_mo
from django.utils import translation

from helpdesk import translations
from helpdesk.accounts.models import User, languages

LANGUAGES = translations.languages()
COUNTS = (0, 1, 2, 3, 5, 11, 12, 21, 22, 101, 1_000_000)
"""Some of every plural form that languages have."""
PLACEHOLDER = re.compile(r"%%?\(\w+\)s|%%|%s|\{\w+\}|<[^>]+>|&\w+;")


def forms(text):
    return list(text) if isinstance(text, tuple | list) else [text]


def spaces(text):
    """Whether a text begins and ends with spaces."""
    return text != text.lstrip(), text != text.rstrip()


def test_each_catalogue_is_of_a_language_of_the_settings():
    assert "de" in LANGUAGES
    assert sorted(LANGUAGES) == sorted(path.name for path in translations.LOCALES.iterdir())


def test_another_language_can_be_chosen_without_a_migration(settings):
    language = User._meta.get_field("language")

    settings.LANGUAGES = [*settings.LANGUAGES, ("fr", "Français")]

    assert ("fr", "Français") in language.choices
    assert language.deconstruct()[3]["choices"] is languages


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_the_messages_of_the_source_and_no_others(language):
    source = {message.id for message in translations.messages() if message.id}
    known = {message.id for message in translations.catalogue(language) if message.id}

    assert len(source) > 1_000
    assert source - known == set(), "run `make messages`, then translate what it adds"
    assert known - source == set(), "run `make messages`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_and_none_is_doubtful(language):
    catalogue = translations.catalogue(language)
    assert [
        message.id
        for message in catalogue
        if message.id and (message.fuzzy or not translations.complete(message.string))
    ] == []
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_message(language):
    for message in translations.catalogue(language):
        wanted = {tuple(sorted(PLACEHOLDER.findall(text))) for text in forms(message.id)}
        for text in forms(message.string) if message.id else []:
            assert tuple(sorted(PLACEHOLDER.findall(text))) in wanted, message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_begins_and_ends_with_spaces_where_its_message_does(language):
    for message in translations.catalogue(language):
        if not message.id:
            continue
        wanted = {spaces(text) for text in forms(message.id)}
        for said in forms(message.string):
            assert spaces(said) in wanted, said


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_the_catalogue(language):
    with translations.po_file(language).with_suffix(".mo").open("rb") as opened:
        compiled = {tuple(forms(one.id)): forms(one.string) for one in read_mo(opened) if one.id}
    catalogue = translations.catalogue(language)
    written = {one.id: one.string for one in catalogue if one.id}
    assert compiled == {tuple(forms(text)): forms(said) for text, said in written.items()}, (
        "run `make setup`"
    )

    form_of = c2py(catalogue.plural_expr)
    with translation.override(language):
        for message, said in written.items():
            if isinstance(message, str):
                assert translation.gettext(message) == said
                continue
            assert {form_of(count) for count in COUNTS} == {*range(len(said))}
            for count in COUNTS:
                assert translation.ngettext(*message, count) == said[form_of(count)]


def test_a_template_is_read_as_django_reads_it(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        "{% translate 'It’s 5 % less' %}{% blocktranslate trimmed count n=n %}\n  One\n  ticket"
        "{% plural %}{{ n }} tickets{% endblocktranslate %}"
        "{{ _('Shown') }}{% include 'x.html' with label=_(\"Given\") %}<p>Not marked</p>"
    )

    assert list(translations.messages_of(page)) == [
        "It’s 5 %% less",
        ("One ticket", "%(n)s tickets"),
        "Shown",
        "Given",
    ]
