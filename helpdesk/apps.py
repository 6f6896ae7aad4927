from django.apps import AppConfig
from django.core import checks


class HelpdeskConfig(AppConfig):
    name = "helpdesk"

    def ready(self) -> None:
        # Tasks that are sent from web processes belong to this app from now on.
        from helpdesk import celery, static_files  # noqa: F401

        checks.register(static_files.check, deploy=True)
