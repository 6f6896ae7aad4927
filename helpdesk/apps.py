from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    name = "helpdesk"

    def ready(self) -> None:
        # Tasks that are sent from web processes belong to this app from now on.
        from helpdesk import celery  # noqa: F401
