"""The WSGI application, to be loaded once and then forked (`gunicorn --preload`)."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from helpdesk import metric_files

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
metric_files.choose(settings.DATA_DIR)
application = get_wsgi_application()

from django.db import connections  # noqa: E402 (needs the apps, as the next do)
from django.urls import get_resolver  # noqa: E402

from helpdesk import static_files  # noqa: E402
from helpdesk.accounts.demo import refuse_demo_accounts  # noqa: E402

refuse_demo_accounts()
static_files.report_missing()
_pages = get_resolver().url_patterns  # every page's code is there before the fork, not after it
connections.close_all()  # a connection must not be shared over a fork
gc.freeze()  # what is there now stays in the memory that all workers share
