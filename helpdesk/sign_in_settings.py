"""The settings of signing in: sessions, second factor, single sign-on. A part of settings.py."""

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

# How long a session lasts without activity, and at most. Supervisors reach more, so theirs are
# shorter; others' last a working day.
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=8 * 60)
SESSION_HOURS = env.int("SESSION_HOURS", default=12)
SUPERVISOR_IDLE_MINUTES = env.int("SUPERVISOR_IDLE_MINUTES", default=30)
SUPERVISOR_SESSION_HOURS = env.int("SUPERVISOR_SESSION_HOURS", default=12)
SESSION_COOKIE_AGE = max(SESSION_HOURS, SUPERVISOR_SESSION_HOURS) * 3600
# Whose accounts need a second factor: nobody's, those of supervisors, or everybody's.
SECOND_FACTOR_FOR = env.str("SECOND_FACTOR_FOR", default="nobody")
if SECOND_FACTOR_FOR not in ("nobody", "supervisors", "everybody"):
    raise ImproperlyConfigured("SECOND_FACTOR_FOR is nobody, supervisors or everybody.")

# Single sign-on (docs/sign-on.md): the identity provider's address, as in its metadata; "": off.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env.str("OIDC_NAME", default="")  # on the button: "Sign in with …"
OIDC_SCOPES = env.str("OIDC_SCOPES", default="openid profile email")
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", default="groups")
# The provider's groups and what they are here: "desk-agents=Representatives,…"; empty: roles are
# given in the admin.
OIDC_GROUPS = env.dict("OIDC_GROUPS", default={})
OIDC_TRUST_EMAIL = env.bool("OIDC_TRUST_EMAIL", default=False)
OIDC_LINK_BY_EMAIL = env.bool("OIDC_LINK_BY_EMAIL", default=False)
# How long sessions go on while the provider does not answer.
OIDC_AWAY_MINUTES = env.int("OIDC_AWAY_MINUTES", default=15)
# Off: only superusers sign in with a password, at /accounts/login/?password=1.
PASSWORD_LOGIN = env.bool("PASSWORD_LOGIN", default=True)
if OIDC_ISSUER and not OIDC_CLIENT_ID:
    raise ImproperlyConfigured("OIDC_ISSUER is set, but OIDC_CLIENT_ID is not.")
if OIDC_ISSUER and not env.bool("DEBUG", default=False) and not OIDC_ISSUER.startswith("https://"):
    raise ImproperlyConfigured("OIDC_ISSUER begins with https://.")
if not set(OIDC_GROUPS.values()) <= {"Representatives", "Supervisors"}:
    raise ImproperlyConfigured("OIDC_GROUPS gives Representatives and Supervisors only.")
if not PASSWORD_LOGIN and not OIDC_ISSUER:
    raise ImproperlyConfigured(
        "PASSWORD_LOGIN is off and OIDC_ISSUER is not set: nobody could sign in."
    )
