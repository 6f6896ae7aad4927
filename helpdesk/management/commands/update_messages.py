"""The command behind `make messages`."""

from typing import Any

from django.core.management.base import BaseCommand

from helpdesk import translations


class Command(BaseCommand):
    help = "Brings each language's catalogue up to date with the source, and compiles it."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for language in translations.languages():
            total, missing = translations.update(language)
            path = translations.po_file(language)
            path.with_suffix(".mo").write_bytes(translations.compiled(language))
            self.stdout.write(f"{language}: {total} messages, {missing} without a translation")
