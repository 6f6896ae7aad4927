"""Settings that came and went since the release before; docs/deploy.md has all of them."""

NEW = {
    "API_TOKEN_DAYS": "API tokens that are made now expire after 180 days.",
    "DESK_URL": "Links in emails lead to the first of ALLOWED_HOSTS.",
    "EMAIL_OAUTH2_MAILBOX": "The mail server is signed in to with a password.",
    "HSTS_PRELOAD": "Browsers are no longer asked to preload the domain.",
    "HSTS_SECONDS": "Browsers insist on HTTPS for an hour, before: a year.",
    "METRICS_TOKEN": "There is no /metrics.",
    "OIDC_ISSUER": "People sign in with passwords.",
    "PASSWORD_LOGIN": "Passwords can be used, besides single sign-on.",
    "SECOND_FACTOR_FOR": "Nobody has to set up a second factor.",
    "SECRET_KEY_FALLBACKS": "A new SECRET_KEY ends all sessions.",
    "SESSION_HOURS": "Sessions end after 12 hours.",
    "SESSION_IDLE_MINUTES": "Sessions end after 8 hours without activity.",
    "STATIC_ROOT": "Static files are in DATA_DIR, before: in the code.",
    "SUPERVISOR_IDLE_MINUTES": "Sessions of supervisors end after 30 minutes without activity.",
    "SUPERVISOR_SESSION_HOURS": "Sessions of supervisors end after 12 hours.",
    "TRUSTED_PROXIES": "X-Forwarded-For is not trusted. Required with BEHIND_PROXY.",
    "WEBHOOK_PORTS": "Webhooks go to ports 443 and 8443.",
}
"""What it means that one is not set."""

GONE: dict[str, str] = {}
"""What to set instead; "" for nothing."""
