"""What tests of security share: an identity provider that signs people in."""

import pytest

from helpdesk.accounts.models import REPRESENTATIVES, SUPERVISORS
from helpdesk.accounts.sso import checking
from tests.security.identity_provider import CLIENT, SECRET, IdentityProvider


@pytest.fixture
def provider(desk, settings):
    made = IdentityProvider()
    settings.OIDC_ISSUER = made.issuer
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    settings.OIDC_NAME = "Harbour ID"
    settings.OIDC_GROUPS = {"agents": REPRESENTATIVES, "leads": SUPERVISORS}
    settings.DESK_URL = ""
    checking._away_until.clear()
    yield made
    made.stop()
