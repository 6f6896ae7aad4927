"""A token ends with what it rests on: its owner's password, and their account."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from helpdesk.accounts.models import ApiToken, User
from helpdesk.accounts.tokens import make_token
from helpdesk.errors import Invalid


@pytest.fixture
def rosa(desk):
    return desk.rep_user


@pytest.fixture
def text(rosa):
    return make_token(rosa, name="Booking")[1]


def answers(text):
    return Client().get("/api/tickets", headers={"Authorization": f"Bearer {text}"}).status_code


def test_a_new_password_ends_the_tokens_made_under_the_old_one(rosa, text):
    assert answers(text) == 200
    rosa.set_password("a new and longer one")
    rosa.save()

    assert answers(text) == 401, "a token outlived the password that it was made under"
    assert answers(make_token(rosa, name="New")[1]) == 200


def test_an_account_that_comes_back_comes_back_without_its_tokens(rosa, text):
    rosa.is_active = False
    rosa.save(update_fields=["is_active"])
    rosa.is_active = True
    rosa.save(update_fields=["is_active"])

    assert answers(text) == 401, "a token came back with the account"


def test_the_tokens_of_others_and_other_changes_are_left_alone(desk, rosa, text):
    others = make_token(desk.supervisor_user, name="Reports")[1]
    rosa.first_name = "Rosalinde"
    rosa.save()
    assert answers(text) == 200, "a new name is no new password"
    rosa.set_password("a new and longer one")
    rosa.save()

    assert answers(others) == 200, "somebody else's token ended"


def test_a_password_that_is_not_written_ends_nothing(rosa, text):
    rosa.set_password("never saved, for it is not among the fields")
    rosa.save(update_fields=["first_name"])

    assert answers(text) == 200


def test_a_stronger_hash_of_the_same_password_ends_nothing(rosa, text, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    settings.PASSWORD_HASHERS += ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.PASSWORD_HASHERS += ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    before = User.objects.get(pk=rosa.pk).password
    assert User.objects.get(pk=rosa.pk).check_password("demo")

    assert User.objects.get(pk=rosa.pk).password != before, "this test needs a new hash"
    assert answers(text) == 200


def test_a_token_lives_half_a_year_at_most(rosa):
    with pytest.raises(Invalid, match="180"):
        make_token(rosa, name="For ever", days=181)
    call_command("create_api_token", rosa.username, "--name", "Command")
    for token in rosa.api_tokens.all():
        assert token.expires_at <= timezone.now() + timedelta(days=settings.API_TOKEN_DAYS)


def test_the_page_offers_no_longer_life_than_is_allowed(rosa, settings):
    settings.API_TOKEN_DAYS = 60
    client = Client()
    client.force_login(rosa)
    page = client.get("/accounts/tokens/").content.decode()

    assert 'value="60"' in page
    assert 'value="90"' not in page


def test_a_token_of_an_earlier_release_ends_with_the_longest_time_of_today(rosa, settings):
    made, text = make_token(rosa, name="Old")
    three_years = timezone.now() + timedelta(days=3 * 365)
    rows = ApiToken.objects.filter(pk=made.pk)
    rows.update(expires_at=three_years)
    assert answers(text) == 200
    rows.update(created_at=timezone.now() - timedelta(days=settings.API_TOKEN_DAYS, seconds=1))
    assert answers(text) == 401
