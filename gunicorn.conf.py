"""How gunicorn serves Helpdesk: it reads this file in the folder in which it is started.

    gunicorn                        BIND, WEB_WORKERS and WEB_THREADS are in the environment
    kill -USR2, then -WINCH, -QUIT  an upgrade without a refused request (docs/deploy.md)

With `preload_app` workers are forked from what the master has loaded. So HUP starts workers of the
same release, with the static files that it knew.
"""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

from django.conf import settings

from helpdesk import metric_files

metric_files.choose(settings.DATA_DIR)

wsgi_app = "helpdesk.wsgi:application"
bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
preload_app = True
# A worker that says nothing for a minute is replaced; one that is told to stop finishes first.
timeout = 60
graceful_timeout = 30
# Seconds. A proxy must close its idle connections earlier, or it meets closed ones: 502.
keepalive = 30
limit_request_line = 8190
# Heartbeats are files: in memory, so that a full disk stops nobody.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
control_socket_disable = True
# Whom to trust is said once, in TRUSTED_PROXIES, and decided in helpdesk/accounts/addresses.py.
forwarded_allow_ips = ""
logconfig_dict = settings.LOGGING


def on_starting(server: Any) -> None:
    metric_files.forget_earlier()


def on_reload(server: Any) -> None:
    server.log.warning("HUP keeps the release that is loaded; USR2 starts the new one")
