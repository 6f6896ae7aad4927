"""Supervisors and administrators at their desks."""

import pytest


@pytest.fixture
def supervisor(desk, client):
    client.force_login(desk.supervisor_user)
    return client


@pytest.fixture
def administrator(desk):
    """A browser without a screen in which a superuser is signed in."""
    from django.test import Client

    from helpdesk.accounts.models import User

    user = User.objects.create_superuser("ada", "ada@helpdesk.example", "demo", first_name="Ada")
    client = Client()
    client.force_login(user)
    client.user = user
    return client
