from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "helpdesk.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        # They listen to who signs in.
        from helpdesk.accounts import confirm, events, sessions  # noqa: F401
