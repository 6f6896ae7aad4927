"""Settings, all from the environment.

On a laptop the environment is what `make run` wrote to DATA_DIR/desk.env. That file is read by the
processes of `make run` and by manage.py, which say so in HELPDESK_LAPTOP, and where DEBUG is on;
every other start is production, in which the environment is the real one.
The names are listed in docs/deploy.md.
"""

from email.utils import formataddr, parseaddr
from pathlib import Path

import environ
from botocore.config import Config
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from helpdesk.accounts.addresses import networks
from helpdesk.logs import configure_structlog, logging_config
from helpdesk.mail.address import AddressRefused, as_kept, mailable
from helpdesk.schedule import beat_schedule

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# ------------------------------------------------------------------ environment
DATA_DIR = Path(env.str("DATA_DIR", default="") or BASE_DIR / ".data").resolve()
# With a secret in the environment it is production, too, unless DEBUG says otherwise.
_laptop = env.bool("HELPDESK_LAPTOP", default=False) and not env.str("SECRET_KEY", default="")
if env.bool("DEBUG", default=_laptop):
    for written_by_make in ("desk.env", "engines.env"):
        if (DATA_DIR / written_by_make).is_file():
            env.read_env(DATA_DIR / written_by_make)

DEBUG = env.bool("DEBUG", default=False)
# There an engine whose address is missing is not running; it never means AWS, or whichever Redis
# happens to listen on the standard port.
ON_LAPTOP = (DATA_DIR / "desk.env").is_file()
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. On a laptop, start Helpdesk with `make run`, which creates one; "
        "in production set it in the environment to a long random text."
    )
# Former secrets: what they signed is still good, what is signed now is not signed with them.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SHORTEST_SECRET = 50
for _name, _secrets in (
    ("SECRET_KEY", [SECRET_KEY]),
    ("SECRET_KEY_FALLBACKS", SECRET_KEY_FALLBACKS),
):
    if not DEBUG and any(len(secret) < SHORTEST_SECRET for secret in _secrets):
        raise ImproperlyConfigured(
            f"{_name} is too short: {SHORTEST_SECRET} random characters at least, or it can be "
            "guessed from what it signs."
        )
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Where people open the desk: links in mails begin with it. Never taken from a request.
_hosts = [host for host in ALLOWED_HOSTS if not DEBUG and host[0] not in ".*"]
DESK_URL = env.str("DESK_URL", default=f"https://{_hosts[0]}" if _hosts else "").rstrip("/")

# ------------------------------------------------------------------ Django
INSTALLED_APPS = [
    "helpdesk",
    "helpdesk.accounts",
    "helpdesk.audit",
    "helpdesk.custom_fields",
    "helpdesk.dynamo_admin",
    "customers",
    "tickets",
    "reporting",
    "theme",
    "helpdesk.site.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "ninja",
    "tailwind",
    "csp",
    "django_structlog",
    "django_otp",
    "django_otp.plugins.otp_totp",
]

MIDDLEWARE = [
    "helpdesk.stack_room.StackRoomMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "helpdesk.health.HealthMiddleware",
    "helpdesk.request_cache.OnceAPageMiddleware",
    "helpdesk.metrics.MetricsMiddleware",
    "helpdesk.middleware.TracingMiddleware",
    "helpdesk.api.problems.ApiProblems",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "helpdesk.database_away.DatabaseMiddleware",
    "helpdesk.audit.acting.ActingMiddleware",
    "helpdesk.accounts.middleware.SessionMiddleware",
    "helpdesk.body_size.BodyLimitMiddleware",
    "helpdesk.accounts.middleware.PagesRequireLogin",
    "helpdesk.middleware.RequestLogMiddleware",
    "helpdesk.accounts.middleware.ReaderMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "helpdesk.middleware.ErrorMiddleware",
]

if DEBUG:
    MIDDLEWARE.insert(0, "helpdesk.query_costs.CostMiddleware")

ROOT_URLCONF = "helpdesk.urls"
WSGI_APPLICATION = "helpdesk.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tickets.web.nav.desk",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'django.sqlite3'}")}
# Each thread keeps its connection: a new one for each request costs its set-up and a cold cache.
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Web, worker and beat share the file: readers never wait, writers queue instead of failing.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # Detect a server that disappears: seconds, and milliseconds for unacknowledged data. While a
    # response is waited for nothing is sent, so only keepalives detect it.
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        {
            "connect_timeout": 5,
            "tcp_user_timeout": 15_000,
            "keepalives_idle": 15,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        }
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["helpdesk.accounts.hashing.BoundedArgon2"]
AUTHENTICATION_BACKENDS = [
    "helpdesk.accounts.guessing.GuardedBackend",
    "helpdesk.accounts.guessing.ProviderBackend",
]
from helpdesk.sign_in_settings import *  # noqa: E402, F403 (it reads the environment, too)

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
AUTH_PASSWORD_VALIDATORS += [{"NAME": "helpdesk.accounts.hashing.MaximumLengthValidator"}]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "login"
OTP_TOTP_ISSUER = "Helpdesk"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"

USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
# Days of reports are days of one of these. UTC first, then the business's own.
REPORT_TIME_ZONES = list(
    dict.fromkeys(["UTC", *env.list("REPORT_TIME_ZONES", default=[TIME_ZONE])])
)
USE_I18N = True
LANGUAGE_CODE = "en"
# Each but the first has a catalogue in locale; `make messages` updates them.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["helpdesk.formats"]

STATIC_URL = "static/"
# Outside of the code, which those who run it may not write.
STATIC_ROOT = Path(env.str("STATIC_ROOT", default="") or DATA_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "theme" / "assets"]
# Attachments: a folder, or a bucket of S3. Only ever given out by the desk itself.
ATTACHMENTS_BUCKET = env.str("ATTACHMENTS_BUCKET", default="")
_attachments: dict[str, object] = {
    "BACKEND": "helpdesk.files.WholeFiles",
    "OPTIONS": {
        "location": DATA_DIR / "attachments",
        "base_url": None,
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    },
}
if ATTACHMENTS_BUCKET:
    _attachments = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": ATTACHMENTS_BUCKET,
            "region_name": env.str("AWS_REGION", default="eu-west-1"),
            "client_config": Config(
                connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3}
            ),
        },
    }
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "attachments": _attachments,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "helpdesk.static_storage.HashedModules"
    },
}
TAILWIND_APP_NAME = "theme"

# ------------------------------------------------------------------ security
# Sessions are in the database only: if a cache were away at a logout, the session would survive.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = not DEBUG
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Browsers keep to it, and nobody can take it back: an hour, until TLS has proved itself.
SECURE_HSTS_SECONDS = 0 if DEBUG else env.int("HSTS_SECONDS", default=3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEBUG
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # preloading is the operator's decision
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
)
# Addresses and networks of proxies whose X-Forwarded-For is trusted.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
networks(tuple(TRUSTED_PROXIES))
if SECURE_PROXY_SSL_HEADER and not TRUSTED_PROXIES:
    raise ImproperlyConfigured(
        "BEHIND_PROXY is on, but TRUSTED_PROXIES is empty: everybody would come from the proxy's "
        "address, and be locked out together. Set it to the proxy's address, such as 10.0.0.7."
    )
# Asked on this machine, past the proxy; /metrics wants its token.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# The largest bodies in bytes: of a known sender, without files and with them; of a stranger.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
BODY_WITH_FILES = 12 * 1024 * 1024  # the files of a message (10 MB), and the form around them
BODY_OF_A_STRANGER = 1024 * 1024
BODY_OF_A_MAIL = 30 * 1024 * 1024  # handed in by a mail service
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

# ------------------------------------------------------------------ DynamoDB
DYNAMODB_ENDPOINT_URL = env.str("DYNAMODB_ENDPOINT_URL", default="")  # empty: AWS itself
AWS_REGION = env.str("AWS_REGION", default="eu-west-1")
# The model of each table that declares its indexes.
DYNAMODB_TABLES = [
    "customers.store.items.Customer",
    "tickets.store.ticket.Ticket",
    "reporting.store.items.TicketFacts",
    "helpdesk.audit.store.Entry",
]
DYNAMODB_TABLE_PREFIX = env.str("DYNAMODB_TABLE_PREFIX", default="helpdesk-")
# Partitions of each index; one takes about 1,000 writes a second. Only ever raised.
DYNAMODB_SHARDS = env.int("DYNAMODB_SHARDS", default=1)

# ------------------------------------------------------------------ Redis and Celery
REDIS_URL = env.str(
    "REDIS_URL", default="redis://127.0.0.1:1/0" if ON_LAPTOP else "redis://127.0.0.1:6379/0"
)
CACHES = {
    "default": {
        "BACKEND": "helpdesk.cache.ForgetfulCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "desk",  # values under "cache" were pickled by an earlier release
        "OPTIONS": {
            "serializer": "helpdesk.cache.JsonSerializer",
            "socket_connect_timeout": 1,
            "socket_timeout": 1,
        },
    }
}
CELERY_BROKER_URL = REDIS_URL
from helpdesk.worker_settings import *  # noqa: E402, F403 (after the broker's address)

# Consumers of the outbox, in their order.
# What the foundations know of the apps, by name: refusals of their domains, gauges of /metrics,
# whether their data has to be upgraded, and what the admin's front page shows.
REFUSALS = ["tickets.domain.errors.DomainError"]
METRICS = ["tickets.services.maintenance.metrics.gauges", "helpdesk.audit.metrics.gauges"]
DATA_UPGRADE_IS_DUE = "tickets.services.maintenance.data_version.upgrade_is_due"
ADMIN_DASHBOARD = "tickets.admin.dashboard.page"
# What starts a simulation of a policy or calendar that is not saved yet.
DRAFT_SIMULATION = "reporting.services.simulated_drafts.start"

OUTBOX_CONSUMERS = {
    "notifications": "tickets.services.delivery.notifications.handle_events",
    "reply email": "tickets.services.delivery.reply_email.handle_events",
    "reports": "reporting.services.facts.handle_events",
    "search": "tickets.services.lists.search.handle_events",
    "attention": "tickets.services.delivery.attention.handle_events",
    "live pages": "tickets.services.delivery.presence.handle_events",
    "webhooks": "tickets.services.delivery.webhooks.handle_events",
    "audit": "tickets.services.delivery.audit.handle_events",
}
# What updates copies of a customer's data; each follower takes the ids of tickets.
CUSTOMER_TASK = "tickets.follow_customers"
CUSTOMER_FOLLOWERS = [
    "tickets.services.lists.search.index_texts_of",
    "reporting.services.facts.update_facts",
]
# Tasks that take up what lies in the database, and functions that return what there is.
LEFT_WORK = {
    "helpdesk.deliver_audit": "helpdesk.audit.deliver.left",
    "customers.resume_files": "customers.services.imports.left",
    "reporting.resume_what_ifs": "reporting.services.simulation.left",
    "reporting.send_scheduled": "reporting.services.scheduled.due_now",
    "tickets.notify_due": "tickets.services.delivery.snooze.due",
    "tickets.resume_bulks": "tickets.services.lists.bulk.left",
    "tickets.resume_records": "tickets.services.customer_records.merge_and_erase.left",
    "tickets.resume_replans": "tickets.services.sla.recalculation.stalled",
    "tickets.resume_retention": "tickets.services.maintenance.retention.left",
    "tickets.send_webhooks": "tickets.services.delivery.webhooks.due",
}
# Each takes entries of the audit record's queue, and may get one twice.
AUDIT_FOLLOWERS = ["helpdesk.accounts.notices.tell"]
# What else follows from tickets and is held against them by verify_tickets.
TICKET_VERIFIERS = ["reporting.services.verify.drifts"]

# ------------------------------------------------------------------ API and webhooks
# Days that a token is good for at most.
API_TOKEN_DAYS = env.int("API_TOKEN_DAYS", default=180)
# Requests that one token may make in a minute; 0: as many as it likes.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=6_000)
# Whether webhooks may go to private and loopback addresses.
WEBHOOKS_TO_PRIVATE_ADDRESSES = env.bool("WEBHOOKS_TO_PRIVATE_ADDRESSES", default=False)

WEBHOOK_PORTS = [int(port) for port in env.list("WEBHOOK_PORTS", default=["443", "8443"])]

# /metrics requires this token; without one it answers in development only, on loopback.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# ------------------------------------------------------------------ make run
# Parts of `make run` that are there only while something is to be done: helpdesk/parts.py.
PARTS_FOLDER = env.str("PARTS_FOLDER", default="")
OPTIONAL_PARTS = {
    "smtp": "helpdesk.mail.development.is_on",
    "mailroom": "tickets.services.email.mailboxes.any_fetched",
}

# ------------------------------------------------------------------ mail
if DEBUG:
    EMAIL_BACKEND = "helpdesk.mail.development.FileBackend"
else:
    vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))
# The mailbox whose OAuth2 refresh token also opens the mail server of EMAIL_URL; "": none.
EMAIL_OAUTH2_MAILBOX = env.str("EMAIL_OAUTH2_MAILBOX", default="")
EMAIL_OAUTH2_LOGIN = "tickets.services.email.fetching.oauth.smtp_login"
# Where `make run` takes mail by SMTP; 0: nowhere.
DEVELOPMENT_SMTP_PORT = env.int("DEVELOPMENT_SMTP_PORT", default=0)
# IMAP without TLS, from this machine alone: for tests and tunnels.
IMAP_WITHOUT_TLS = env.bool("IMAP_WITHOUT_TLS", default=False)
EMAIL_TIMEOUT = 15
"""Seconds that the mail server may take for each answer."""
EMAIL_KINDS = {
    "reply": "tickets.services.delivery.reply_email.EMAIL",
    "acknowledgement": "tickets.services.email.replies.acknowledgement.EMAIL",
    "escalations": "tickets.services.delivery.notifications.EMAIL",
    "weekly": "reporting.services.weekly.EMAIL",
    "scheduled": "reporting.services.scheduled.EMAIL",
    "password": "helpdesk.accounts.passwords.EMAIL",
    "account": "helpdesk.accounts.notices.EMAIL",
}
EARLIER_EMAIL_KINDS = {"notice": "escalations"}
"""Names under which earlier releases have queued mail, and the present ones."""
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Helpdesk <helpdesk@localhost>")
_sender_name, _sender = parseaddr(DEFAULT_FROM_EMAIL)
if not _sender.endswith("@localhost"):
    try:
        DEFAULT_FROM_EMAIL = formataddr((_sender_name, mailable(as_kept(_sender))))
    except AddressRefused as _refused:
        raise ImproperlyConfigured(
            "DEFAULT_FROM_EMAIL is not an email address, such as Helpdesk <helpdesk@example.com>."
        ) from _refused

# ------------------------------------------------------------------ the desk
SLA_SWEEP_SECONDS = env.int("SLA_SWEEP_SECONDS", default=30)
OUTBOX_SWEEP_SECONDS = 15
# Tasks in the queue from which on the supervisors' page says that workers do not keep up.
CROWDED_QUEUE = env.int("CROWDED_QUEUE", default=500)
CLOSE_AFTER_SILENCE_HOURS = env.int("CLOSE_AFTER_SILENCE_HOURS", default=72)
REOPEN_WITHIN_DAYS = env.int("REOPEN_WITHIN_DAYS", default=14)

CELERY_BEAT_SCHEDULE = beat_schedule(sla_sweep=SLA_SWEEP_SECONDS, outbox_sweep=OUTBOX_SWEEP_SECONDS)

configure_structlog(json=not DEBUG)
LOGGING = logging_config(
    json=not DEBUG,
    level=env.str("LOG_LEVEL", default="INFO"),
    # What a command of manage.py prints may go into a file: there logs go to stderr.
    stream=env.str("HELPDESK_LOG_STREAM", default="stdout"),
)
