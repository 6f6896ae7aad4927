"""What a web server serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
application = get_wsgi_application()

from helpdesk.accounts.demo import refuse_demo_accounts  # noqa: E402 (needs the apps)

refuse_demo_accounts()
