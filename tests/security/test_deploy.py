"""With production settings nothing is left to warn of, and what must be set stops the start."""

import os
import secrets
import subprocess
import sys

import pytest

from tests.chaos.desk import ROOT

PRODUCTION = {
    "PATH": os.environ["PATH"],
    "DEBUG": "0",
    "SECRET_KEY": secrets.token_urlsafe(60),
    "ALLOWED_HOSTS": "desk.example",
    "DATABASE_URL": "sqlite://:memory:",
}


def manage(*command, **env):
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={name: value for name, value in {**PRODUCTION, **env}.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deployment_checks_are_clean(tmp_path):
    assert manage("collectstatic", "--no-input", DATA_DIR=str(tmp_path)).returncode == 0
    done = manage("check", "--deploy", "--fail-level", "WARNING", DATA_DIR=str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_how_long_browsers_insist_on_tls_is_a_setting(tmp_path):
    show = (
        "from django.conf import settings as s;"
        "print(s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_PRELOAD, s.SECURE_HSTS_INCLUDE_SUBDOMAINS)"
    )
    ask = ("shell", "-v0", "-c", show)
    assert manage(*ask, DATA_DIR=str(tmp_path)).stdout.split() == ["3600", "False", "True"]
    chosen = {"HSTS_SECONDS": "31536000", "HSTS_PRELOAD": "1"}
    done = manage(*ask, DATA_DIR=str(tmp_path), **chosen)
    assert done.stdout.split() == ["31536000", "True", "True"], done.stderr


@pytest.mark.parametrize("missing", [None, ""])
def test_a_missing_secret_stops_the_start_with_a_clear_message(tmp_path, missing):
    done = manage("check", SECRET_KEY=missing, DATA_DIR=str(tmp_path))

    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr


def test_a_sender_that_is_no_address_stops_the_start(tmp_path):
    done = manage("check", DEFAULT_FROM_EMAIL="Desk <x,desk@posta>", DATA_DIR=str(tmp_path))

    assert done.returncode != 0
    assert "DEFAULT_FROM_EMAIL" in done.stderr


def test_a_short_secret_stops_the_start(tmp_path):
    done = manage("check", SECRET_KEY="short", DATA_DIR=str(tmp_path))

    assert done.returncode != 0, "a secret that can be guessed was accepted"
    assert "SECRET_KEY is too short" in done.stderr


def test_a_short_fallback_stops_the_start_and_a_long_one_is_used(tmp_path):
    done = manage("check", SECRET_KEY_FALLBACKS="short", DATA_DIR=str(tmp_path))
    assert done.returncode != 0
    assert "SECRET_KEY_FALLBACKS" in done.stderr

    old = secrets.token_urlsafe(60)
    show = "from django.conf import settings; print(settings.SECRET_KEY_FALLBACKS)"
    done = manage("shell", "-c", show, SECRET_KEY_FALLBACKS=old, DATA_DIR=str(tmp_path))
    assert old in done.stdout, done.stderr


def test_a_start_with_a_secret_of_its_own_leaves_a_laptops_file_alone(tmp_path):
    laptops = "SECRET_KEY=of the laptop\nDEBUG=1\nDEFAULT_FROM_EMAIL=laptop@desk.example\n"
    (tmp_path / "desk.env").write_text(laptops)
    show = "from django.conf import settings; print(settings.DEBUG, settings.DEFAULT_FROM_EMAIL)"
    done = subprocess.run(
        [sys.executable, "-c", show],
        cwd=ROOT,
        env={
            **{name: value for name, value in PRODUCTION.items() if name != "DEBUG"},
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
            "DATA_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert "False Helpdesk" in done.stdout, f"desk.env was read: {done.stdout}{done.stderr}"


def test_a_proxy_that_nobody_names_stops_the_start(tmp_path):
    """All would come from its address, and be locked out together."""
    env = {"BEHIND_PROXY": "1", "DATA_DIR": str(tmp_path)}
    for proxies in ("", "proxy.example"):
        done = manage("check", TRUSTED_PROXIES=proxies, **env)
        assert done.returncode != 0, proxies
        assert "TRUSTED_PROXIES" in done.stderr, proxies
    assert manage("check", TRUSTED_PROXIES="10.0.0.7", **env).returncode == 0


STARTS = {
    "web": ("gunicorn", "helpdesk.wsgi:application", "--preload", "--bind", "127.0.0.1:0"),
    "web, not preloaded": ("gunicorn", "helpdesk.wsgi:application", "--bind", "127.0.0.1:0"),
    "worker": ("celery", "-A", "helpdesk", "worker"),
    "beat": ("celery", "-A", "helpdesk", "beat"),
}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_a_start_with_nothing_set_beside_a_laptops_file_is_refused_in_a_clear_line(tmp_path, start):
    """`make setup` and `make test` leave a desk.env behind: no server but make run's takes it."""
    (tmp_path / "desk.env").write_text(f"DEBUG=1\nSECRET_KEY={'of the laptop ' * 5}\n")
    done = subprocess.run(
        [sys.executable, "-m", *start],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": "sqlite://:memory:",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode not in (0, None)
    told = [line for line in done.stderr.splitlines() if "SECRET_KEY is not set" in line]
    assert told, done.stderr[-2_000:]
    assert "make run" in told[-1]
    assert "production" in told[-1]


def test_what_a_person_types_on_a_laptop_reads_the_laptops_file(tmp_path):
    (tmp_path / "desk.env").write_text(f"DEBUG=1\nSECRET_KEY={'of the laptop ' * 5}\n")
    nothing_set = dict.fromkeys(("SECRET_KEY", "DEBUG", "ALLOWED_HOSTS"))
    done = manage("diffsettings", DATA_DIR=str(tmp_path), **nothing_set)
    assert "DEBUG = True" in done.stdout, done.stderr


@pytest.fixture
def demo_accounts(tmp_path):
    """The environment of a desk where the demo accounts are active."""
    env = {"DATABASE_URL": f"sqlite:///{tmp_path}/desk.sqlite3", "DATA_DIR": str(tmp_path)}
    make = (
        "from django.core.management import call_command\n"
        "from helpdesk.accounts.demo import make_demo_accounts\n"
        "call_command('migrate', verbosity=0)\n"
        "make_demo_accounts()"
    )
    made = manage("shell", "-c", make, **env)
    assert made.returncode == 0, made.stderr
    return env


def test_an_active_demo_account_ends_worker_and_beat(tmp_path, demo_accounts, subtests):
    starts = {
        "worker": (),
        "beat": ("--schedule", str(tmp_path / "beat"), "--pidfile", str(tmp_path / "pid")),
    }
    redis = "redis://127.0.0.1:1/0"  # nothing listens there, and nothing is to get that far
    for part, words in starts.items():
        with subtests.test(part):
            done = subprocess.run(
                [sys.executable, "-m", "celery", "-A", "helpdesk", part, *words],
                cwd=ROOT,
                env={**PRODUCTION, **demo_accounts, "REDIS_URL": redis},
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )

            assert done.returncode not in (0, None)
            assert "Demo accounts with a published password are active" in done.stderr
